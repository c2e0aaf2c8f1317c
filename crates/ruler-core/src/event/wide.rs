//! Bitmaps of several blocks as one number, so that one instruction judges all of their bytes.
//!
//! The lowest bit is the first byte. Three ways, chosen once at run time: eight blocks by AVX-512, four by AVX2 (both in
//! `wide_simd.rs`), and one in plain Rust for any other processor, which is the definition of the others.

use std::ops::{BitAnd, BitOr, BitOrAssign, BitXor, Not};

/// Bytes in a block.
pub const BLOCK: usize = 64;

/// Blocks in a row, the most that any way takes at once.
pub const ROW: usize = 8;

/// Bytes in a row.
pub const ROW_BYTES: usize = ROW * BLOCK;

/// The bitmaps of the blocks of a row that stand side by side.
///
/// A value is proof that the processor has the instructions of its type, as only `zero` makes one out of nothing.
pub trait Wide:
    Copy + BitAnd<Output = Self> + BitOr<Output = Self> + BitOrAssign + BitXor<Output = Self> + Not<Output = Self>
{
    /// How many blocks there are in a value: divides `ROW`.
    const BLOCKS: usize;

    /// No bits.
    ///
    /// # Safety
    /// The processor must have the instructions that the type is named after.
    unsafe fn zero() -> Self;

    /// The blocks of `row` from `first` on.
    fn load(self, row: &[u64; ROW], first: usize) -> Self;

    /// Write the blocks to `row` from `first` on.
    fn store(self, row: &mut [u64; ROW], first: usize);

    /// Each bit one place up, after the last bit of `before`.
    fn shifted(self, before: Self) -> Self;

    /// These bits, and the last of all if `bit`.
    fn or_last(self, bit: bool) -> Self;

    /// The sum of two numbers, and whether it does not fit.
    fn plus(self, other: Self, carry: &mut bool) -> Self;

    /// Each bit becomes the parity of the bits up to it, and of `is_odd`, which becomes that of all.
    fn parity_up_to(self, is_odd: &mut bool) -> Self;

    fn is_zero(self) -> bool;

    /// Whether a block has all its bits.
    fn has_full_block(self) -> bool;
}

impl Wide for u64 {
    const BLOCKS: usize = 1;

    unsafe fn zero() -> u64 {
        0
    }

    #[inline(always)]
    fn load(self, row: &[u64; ROW], first: usize) -> u64 {
        row[first]
    }

    #[inline(always)]
    fn store(self, row: &mut [u64; ROW], first: usize) {
        row[first] = self;
    }

    #[inline(always)]
    fn shifted(self, before: u64) -> u64 {
        self << 1 | before >> 63
    }

    #[inline(always)]
    fn or_last(self, bit: bool) -> u64 {
        self | u64::from(bit) << 63
    }

    #[inline(always)]
    fn plus(self, other: u64, carry: &mut bool) -> u64 {
        let (sum, first) = self.overflowing_add(other);
        let (sum, second) = sum.overflowing_add(u64::from(*carry));
        *carry = first | second;
        sum
    }

    #[inline(always)]
    fn parity_up_to(self, is_odd: &mut bool) -> u64 {
        let parity = parity_up_to(self) ^ u64::from(*is_odd).wrapping_neg();
        *is_odd = parity >> 63 != 0;
        parity
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self == 0
    }

    #[inline(always)]
    fn has_full_block(self) -> bool {
        self == u64::MAX
    }
}

fn parity_up_to(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |parity, shift| parity ^ (parity << shift))
}

/// For each bit of a byte, the lowest first: which bytes of the first block of `text` have it. Those after its end have
/// none. In plain Rust.
pub fn planes(text: &[u8], _: u64) -> [u64; 8] {
    let mut planes = [0; 8];
    for (eight, bytes) in first_block(text).as_chunks::<8>().0.iter().enumerate() {
        for (plane, byte) in planes.iter_mut().zip(turned(u64::from_le_bytes(*bytes)).to_le_bytes()) {
            *plane |= u64::from(byte) << (8 * eight);
        }
    }
    planes
}

/// The first block of `text`, with zeros after its end.
#[inline(always)]
pub fn first_block(text: &[u8]) -> [u8; BLOCK] {
    match text.first_chunk::<BLOCK>() {
        Some(block) => *block,
        None => {
            let mut block = [0; BLOCK];
            block[..text.len()].copy_from_slice(text);
            block
        }
    }
}

/// Eight rows of eight bits, with rows and columns exchanged: first in squares of one bit, then of two, then of four.
fn turned(square: u64) -> u64 {
    [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)].iter().fold(
        square,
        |square, (shift, mask)| {
            let apart = (square ^ (square >> shift)) & mask;
            square ^ apart ^ (apart << shift)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_the_bits_of_the_bytes() {
        for length in 0..=BLOCK {
            let text: Vec<u8> = (0..length).map(|at| (at * at * 31 + length) as u8).collect();
            let planes = planes(&text, 0);
            for at in 0..BLOCK {
                for (bit, plane) in planes.iter().enumerate() {
                    assert_eq!(plane >> at & 1, u64::from(text.get(at).unwrap_or(&0) >> bit & 1));
                }
            }
        }
    }
}
