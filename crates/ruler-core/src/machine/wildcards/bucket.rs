//! The wildcards that are filed under one literal, verified together.
//!
//! They are sorted by their pieces, and each knows how many pieces it shares with the one before. Where the first k
//! pieces end when each is found leftmost is the same for all that share them, so it is found once; and when a
//! piece is not found, all that share it are passed over:
//!
//! ```text
//! *a*b*c    shares 0    a at 3, b at 7, c is not the end
//! *a*b*d    shares 3    d is the end: accepted        ("" is the first piece of all)
//! *a*x*y    shares 2    x is not found after 4
//! *a*x*z    shares 3    passed over
//! ```
//!
//! Leftmost first is right: where a piece ends earliest, the most is left for those that follow.

use super::literals::{Literal, Place};
use crate::machine::shrink::shrink_list;

#[derive(Debug)]
pub struct Bucket {
    pub literal: Literal,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    shared: u32, // pieces in common with the member before, the last piece of each aside
    id: u32,
    text: Text,
}

impl Bucket {
    pub fn new(literal: Literal) -> Bucket {
        Bucket { literal, members: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn add(&mut self, pieces: &[Box<[u8]>], id: u32) {
        let text = Text::new(pieces);
        let at = self.place_of(&text, id).unwrap_or_else(|at| at);
        if self.members.is_empty() {
            self.members.reserve_exact(1); // most buckets hold one
        }
        self.members.insert(at, Member { shared: 0, id, text });
        self.note_shared(at);
        self.note_shared(at + 1);
    }

    /// Forget a member; false when there is none such.
    pub fn remove(&mut self, pieces: &[Box<[u8]>], id: u32) -> bool {
        let Ok(at) = self.place_of(&Text::new(pieces), id) else { return false };
        self.members.remove(at);
        self.note_shared(at);
        shrink_list(&mut self.members);
        true
    }

    /// Appends the ids of the members that accept `value`, where the literal first stands at `literal_at`.
    ///
    /// `ends` is scratch.
    pub fn find(&self, value: &[u8], literal_at: usize, ends: &mut Vec<usize>, found: &mut Vec<u32>) {
        // A piece that begins with the literal stands nowhere before it; so where it stands there, it is leftmost.
        let likely = if self.literal.place == Place::Anywhere { literal_at } else { usize::MAX };
        ends.clear(); // of the first pieces of the member at hand, as far as they were looked for
        let mut missing = usize::MAX; // the piece that was not found, by its number
        for member in &self.members {
            if member.shared as usize > missing {
                continue;
            }
            missing = usize::MAX;
            ends.truncate(member.shared as usize);
            let last = member.text.last();
            if !value.ends_with(last) {
                continue;
            }
            for piece in member.text.before_last().skip(ends.len()) {
                let end = match ends.last() {
                    None => value.starts_with(piece).then_some(piece.len()),
                    Some(&from) => find_piece(value, from, piece, likely, self.literal),
                };
                match end {
                    Some(end) => ends.push(end),
                    None => {
                        missing = ends.len();
                        break;
                    }
                }
            }
            if missing == usize::MAX && ends.last().is_none_or(|&end| end + last.len() <= value.len()) {
                found.push(member.id);
            }
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let texts: usize = self.members.iter().map(|member| member.text.bytes.len()).sum();
        texts + self.members.capacity() * size_of::<Member>()
    }

    fn place_of(&self, text: &Text, id: u32) -> Result<usize, usize> {
        self.members.binary_search_by(|member| member.text.bytes.cmp(&text.bytes).then(member.id.cmp(&id)))
    }

    /// Set what the member at `at`, if there is one, shares with the one before.
    fn note_shared(&mut self, at: usize) {
        let Some((member, before)) = self.members.get_mut(..=at).and_then(|members| members.split_last_mut()) else {
            return;
        };
        member.shared = before.last().map_or(0, |before| {
            let pairs = before.text.before_last().zip(member.text.before_last());
            pairs.take_while(|(one, other)| one == other).count() as u32
        });
    }
}

/// Where `piece` first ends in `value`, looking from `from` on.
#[inline]
fn find_piece(value: &[u8], from: usize, piece: &[u8], likely: usize, literal: Literal) -> Option<usize> {
    if from <= likely && literal.begins(piece) && value.get(likely..).is_some_and(|text| text.starts_with(piece)) {
        return Some(likely + piece.len());
    }
    let text = &value[from..];
    let at = match piece {
        [byte] => memchr::memchr(*byte, text)?,
        _ => memchr::memmem::find(text, piece)?,
    };
    Some(from + at + piece.len())
}

/// The pieces of a wildcard in one allocation, each but the last after its length. Sorting the bytes puts those with
/// common first pieces together.
#[derive(Debug)]
struct Text {
    bytes: Box<[u8]>,
    last_at: u32,
}

/// Lengths from here on take four more bytes.
const LONG: u8 = u8::MAX;

impl Text {
    fn new(pieces: &[Box<[u8]>]) -> Text {
        let mut bytes = Vec::with_capacity(pieces.iter().map(|piece| piece.len() + 1).sum());
        let (last, before) = pieces.split_last().map_or((&[][..], &[][..]), |(last, before)| (last, before));
        for piece in before {
            match u8::try_from(piece.len()) {
                Ok(length) if length < LONG => bytes.push(length),
                _ => {
                    bytes.push(LONG);
                    bytes.extend((piece.len() as u32).to_le_bytes());
                }
            }
            bytes.extend_from_slice(piece);
        }
        let last_at = bytes.len() as u32;
        bytes.extend_from_slice(last);
        Text { bytes: bytes.into(), last_at }
    }

    #[inline]
    fn last(&self) -> &[u8] {
        &self.bytes[self.last_at as usize..]
    }

    #[inline]
    fn before_last(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..self.last_at as usize];
        std::iter::from_fn(move || {
            let (&short, after) = rest.split_first()?;
            let (length, after) = match (short, after.split_first_chunk()) {
                (LONG, Some((long, after))) => (u32::from_le_bytes(*long) as usize, after),
                _ => (usize::from(short), after),
            };
            let (piece, after) = after.split_at_checked(length)?;
            rest = after;
            Some(piece)
        })
    }
}
