//! The literal by which a wildcard is found: some text of up to eight bytes that its values must contain.

/// Where in a value a literal must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    Begin,
    End,
}

/// Up to eight bytes and where they must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The first byte lowest, zero above `length`.
    pub bytes: u64,
    pub length: u8,
    pub place: Place,
}

/// Longest literal: what one register holds.
pub const LONGEST: usize = 8;

/// Bytes that are looked for anywhere in a value: the first of a literal. Those of a shorter literal are all it has.
pub const GRAM: usize = 4;

/// Literals of one piece that are considered, so that a wildcard of a megabyte is not added a megabyte times.
const CONSIDERED: usize = 32;

impl Literal {
    /// The literal of the first eight bytes of `text`.
    pub fn new(text: &[u8], place: Place) -> Literal {
        let length = text.len().min(LONGEST);
        Literal { bytes: load(&text[..length]), length: length as u8, place }
    }

    /// The literal of the last eight bytes of `text`, at the end of values.
    pub fn of_end(text: &[u8]) -> Literal {
        Literal::new(&text[text.len().saturating_sub(LONGEST)..], Place::End)
    }

    /// How many bytes are looked for first.
    pub fn gram_length(self) -> usize {
        usize::from(self.length).min(GRAM)
    }

    /// What a search computes anew at each place of a value: its hash finds all literals that could stand there.
    pub fn key(self) -> Key {
        match self.place {
            Place::Anywhere => Key { bytes: u64::from(self.bytes as u32), kind: self.gram_length() as u8 },
            Place::Begin => Key { bytes: self.bytes, kind: 0x10 | self.length },
            Place::End => Key { bytes: self.bytes, kind: 0x20 | self.length },
        }
    }

    /// Whether the literal stands at the beginning of `text`.
    #[inline]
    pub fn begins(self, text: &[u8]) -> bool {
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
        }
    }
}

/// The beginning of a literal, as it is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    bytes: u64,
    kind: u8, // tells lengths and places apart
}

impl Key {
    /// The key of all literals that begin with `gram`, the first `length` bytes of some place in a value.
    #[inline]
    pub fn of_gram(gram: u32, length: usize) -> Key {
        Key { bytes: u64::from(gram), kind: length as u8 }
    }
}

/// Calls `consider` with each literal by which the wildcard of `pieces` could be found; at least one, always the same.
pub fn for_each_literal(pieces: &[Box<[u8]>], mut consider: impl FnMut(Literal)) {
    let (first, last) = (pieces.first().map_or(&[][..], |piece| piece), pieces.last().map_or(&[][..], |piece| piece));
    if !first.is_empty() {
        consider(Literal::new(first, Place::Begin));
    }
    if !last.is_empty() {
        consider(Literal::of_end(last));
    }
    for (index, piece) in pieces.iter().enumerate() {
        if piece.len() >= GRAM {
            piece.windows(GRAM).take(CONSIDERED).enumerate().for_each(|(at, _)| {
                consider(Literal::new(&piece[at..], Place::Anywhere));
            });
        } else if index > 0 && index + 1 < pieces.len() {
            consider(Literal::new(piece, Place::Anywhere));
        }
    }
    if pieces.iter().all(|piece| piece.is_empty()) {
        consider(Literal::new(b"", Place::Begin)); // stands in every value
    }
}

/// `text`, of eight bytes or fewer, as a number: the first byte lowest.
#[inline]
pub fn load(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |so_far, &byte| so_far << 8 | u64::from(byte))
}

#[inline]
fn load_up_to_eight(text: &[u8]) -> u64 {
    match text.first_chunk::<LONGEST>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load(text),
    }
}
