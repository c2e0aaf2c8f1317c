//! The literal by which a wildcard is found: some text of up to eleven bytes that its values must contain.

use super::filter::ByteHasher;

/// Where in a value a literal must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Anywhere,
    Begin,
    End,
    /// Anywhere, and so long that one of every four neighbouring places tells of it: see `samples.rs`.
    Sampled,
}

/// Up to eight bytes, or `SAMPLED`, and where they must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Literal {
    /// The first byte lowest, zero above `length`.
    pub bytes: u64,
    /// Those after the first eight.
    pub tail: [u8; SAMPLED - LONGEST],
    pub length: u8,
    pub place: Place,
}

const _: () = assert!(size_of::<Literal>() == 16);

/// Longest literal but for those that are sampled: what one register holds.
pub const LONGEST: usize = 8;

/// Bytes of a literal that is sampled: wherever it stands, eight of them begin at a multiple of `STRIDE`.
pub const SAMPLED: usize = LONGEST + STRIDE - 1;

/// From one sampled place of a value to the next.
pub const STRIDE: usize = 4;

/// Bytes that are looked for first, anywhere in a value: those that a literal begins with.
pub const GRAM: usize = 4;

/// Lengths of literals that may stand anywhere and begin with a gram. Each takes another look where a gram is met.
pub const GRAM_LENGTHS: [usize; 3] = [4, 6, 8];

/// Literals of one piece that are considered, so that a wildcard of a megabyte is not added a megabyte times.
const CONSIDERED: usize = 32;

impl Literal {
    /// The literal of the first eight bytes of `text`; of fewer where it may stand anywhere, see `GRAM_LENGTHS`.
    pub fn new(text: &[u8], place: Place) -> Literal {
        let mut length = text.len().min(LONGEST);
        if place == Place::Anywhere && length > GRAM {
            length &= !1;
        }
        Literal { bytes: load(&text[..length]), tail: Default::default(), length: length as u8, place }
    }

    pub fn sampled(text: &[u8; SAMPLED]) -> Literal {
        let [bytes @ .., one, two, three] = *text;
        let bytes = u64::from_le_bytes(bytes);
        Literal { bytes, tail: [one, two, three], length: SAMPLED as u8, place: Place::Sampled }
    }

    /// What `Literal::sampled` was given.
    pub fn sampled_text(self) -> [u8; SAMPLED] {
        let mut text = [0; SAMPLED];
        text[..LONGEST].copy_from_slice(&self.bytes.to_le_bytes());
        text[LONGEST..].copy_from_slice(&self.tail);
        text
    }

    #[inline]
    pub fn hash(self, hasher: ByteHasher) -> u64 {
        let hash = hasher.hash(self.bytes);
        match self.place {
            Place::Sampled => hasher.hash(hash ^ load(&self.tail)),
            _ => hash,
        }
    }

    /// The literal of the last eight bytes of `text`, at the end of values.
    pub fn of_end(text: &[u8]) -> Literal {
        Literal::new(&text[text.len().saturating_sub(LONGEST)..], Place::End)
    }

    /// Whether what the wildcard of `pieces` asks for is this literal, anywhere, and no more.
    pub fn is_whole<P: AsRef<[u8]>>(self, pieces: &[P]) -> bool {
        match pieces {
            [first, piece, last] => {
                matches!(self.place, Place::Anywhere | Place::Sampled)
                    && first.as_ref().is_empty()
                    && last.as_ref().is_empty()
                    && piece.as_ref().len() == usize::from(self.length)
            }
            _ => false,
        }
    }

    /// The first bytes, which are looked for first; None where there are fewer, or they stand at an end.
    pub fn gram(self) -> Option<u32> {
        (self.place == Place::Anywhere && usize::from(self.length) >= GRAM).then_some(self.bytes as u32)
    }

    /// Whether the literal stands at the beginning of `text`.
    #[inline]
    pub fn begins(self, text: &[u8]) -> bool {
        if self.place == Place::Sampled {
            return text.first_chunk().is_some_and(|text| *text == self.sampled_text());
        }
        let unused = 64 - 8 * u32::from(self.length);
        let differ = self.bytes ^ load_up_to_eight(text);
        text.len() >= usize::from(self.length) && differ.checked_shl(unused).unwrap_or(0) == 0
    }

    /// How likely it is, of a thousand values, that a value contains it: a guess that has only to order literals.
    ///
    /// From English text and log lines of 100 to 400 bytes: one letter is in most values, each of the first four
    /// letters makes the next far less likely, after that a word is a word. At a value's end only one place counts.
    pub fn likelihood(self) -> u64 {
        const ANYWHERE: [u64; LONGEST + 1] = [1000, 600, 200, 50, 12, 10, 9, 8, 8];
        const AT_AN_END: [u64; LONGEST + 1] = [1000, 60, 12, 6, 4, 3, 3, 2, 2];
        match self.place {
            Place::Anywhere => ANYWHERE[usize::from(self.length)],
            Place::Begin | Place::End => AT_AN_END[usize::from(self.length)],
            Place::Sampled => 1, // for each of the places in it that may be met
        }
    }
}

/// Calls `consider` with each literal by which the wildcard of `pieces` could be found; at least one, always the same.
pub fn for_each_literal<P: AsRef<[u8]>>(pieces: &[P], mut consider: impl FnMut(Literal)) {
    let first = pieces.first().map_or(&[][..], AsRef::as_ref);
    let last = pieces.last().map_or(&[][..], AsRef::as_ref);
    if !first.is_empty() {
        consider(Literal::new(first, Place::Begin));
    }
    if !last.is_empty() {
        consider(Literal::of_end(last));
    }
    for (index, piece) in pieces.iter().map(AsRef::as_ref).enumerate() {
        let long = piece.windows(SAMPLED).take(CONSIDERED).filter_map(<[u8]>::first_chunk);
        long.for_each(|text| consider(Literal::sampled(text)));
        if piece.len() >= GRAM {
            piece.windows(GRAM).take(CONSIDERED).enumerate().for_each(|(at, _)| {
                consider(Literal::new(&piece[at..], Place::Anywhere));
            });
        } else if index > 0 && index + 1 < pieces.len() {
            consider(Literal::new(piece, Place::Anywhere));
        }
    }
    if pieces.iter().all(|piece| piece.as_ref().is_empty()) {
        consider(Literal::new(b"", Place::Begin)); // stands in every value
    }
}

/// Calls `consider` with the first four bytes of each literal that may stand anywhere.
pub fn for_each_gram<P: AsRef<[u8]>>(pieces: &[P], mut consider: impl FnMut(u32)) {
    for piece in pieces {
        for window in piece.as_ref().windows(GRAM).take(CONSIDERED) {
            consider(load(window) as u32);
        }
    }
}

/// `text`, of eight bytes or fewer, as a number: the first byte lowest.
#[inline]
pub fn load(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |so_far, &byte| so_far << 8 | u64::from(byte))
}

/// The first eight bytes of `text` as a number, or all it has.
#[inline]
pub fn load_up_to_eight(text: &[u8]) -> u64 {
    match text.first_chunk::<LONGEST>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load(text),
    }
}
