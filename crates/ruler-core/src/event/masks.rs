//! Sorts 64 bytes of JSON text at a time into classes, one bit a byte.
//!
//! The lowest bit is the first byte. Three ways, chosen once at run time: AVX-512, AVX2, and plain Rust for any other
//! processor. `Masks` hold what every block needs, `NumberMasks` what those with scalars need, `ExponentMasks` what few do.

/// Bytes in a block.
pub const BLOCK: usize = 64;

/// Which bytes of a block are what, strings not yet told apart from the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    pub quotes: u64,
    pub backslashes: u64,
    /// Below U+0020.
    pub controls: u64,
    /// Space, tab, line feed, carriage return.
    pub white: u64,
    /// `{` and `[`.
    pub opens: u64,
    /// `}` and `]`.
    pub closes: u64,
    pub commas: u64,
    pub colons: u64,
    /// `{` and `}`.
    pub curly: u64,
    pub is_ascii: bool,
}

/// The bytes that most numbers are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberMasks {
    pub digits: u64,
    pub zeros: u64,
    pub minuses: u64,
    pub dots: u64,
}

/// The other bytes of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExponentMasks {
    /// `e` and `E`.
    pub exponents: u64,
    pub pluses: u64,
}

/// A block as it is classified.
pub type Bytes = [u8; BLOCK];

/// A whole block.
pub fn load(block: &[u8; BLOCK]) -> Bytes {
    *block
}

/// The last bytes of a text, fewer than a block, with spaces after them.
pub fn load_rest(rest: &[u8]) -> Bytes {
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// The masks of a block in plain Rust, a byte at a time: the definition of the others, and for processors without them.
pub fn masks(block: Bytes) -> Masks {
    let mut masks = Masks { is_ascii: block.is_ascii(), ..Masks::default() };
    for (index, byte) in block.iter().enumerate() {
        let bit = 1 << index;
        match byte {
            b'"' => masks.quotes |= bit,
            b'\\' => masks.backslashes |= bit,
            b' ' => masks.white |= bit,
            b'\t' | b'\n' | b'\r' => {
                masks.white |= bit;
                masks.controls |= bit;
            }
            0..=0x1f => masks.controls |= bit,
            b'{' | b'[' => masks.opens |= bit,
            b'}' | b']' => masks.closes |= bit,
            b',' => masks.commas |= bit,
            b':' => masks.colons |= bit,
            _ => {}
        }
        if matches!(byte, b'{' | b'}') {
            masks.curly |= bit;
        }
    }
    masks
}

/// The number masks of a block in plain Rust.
pub fn numbers(block: Bytes) -> NumberMasks {
    let mut masks = NumberMasks::default();
    for (index, byte) in block.iter().enumerate() {
        let bit = 1 << index;
        match byte {
            b'0'..=b'9' => masks.digits |= bit,
            b'-' => masks.minuses |= bit,
            b'.' => masks.dots |= bit,
            _ => {}
        }
        if *byte == b'0' {
            masks.zeros |= bit;
        }
    }
    masks
}

/// The exponent masks of a block in plain Rust.
pub fn exponents(block: Bytes) -> ExponentMasks {
    let mut masks = ExponentMasks::default();
    for (index, byte) in block.iter().enumerate() {
        match byte {
            b'+' => masks.pluses |= 1 << index,
            b'e' | b'E' => masks.exponents |= 1 << index,
            _ => {}
        }
    }
    masks
}

/// Which bytes of a block are `byte`, in plain Rust.
pub fn places_of(block: &[u8; BLOCK], byte: u8) -> u64 {
    block.iter().rev().fold(0, |bits, &each| bits << 1 | u64::from(each == byte))
}

/// Each bit becomes the parity of the bits up to it: ones from an opening quote up to before its closing one.
pub fn parity_up_to(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |parity, shift| parity ^ (parity << shift))
}
