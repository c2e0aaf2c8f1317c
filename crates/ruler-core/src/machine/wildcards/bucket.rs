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

use super::gram_set::{GramSet, Wanted};
use super::literals::{Literal, Place};
use crate::machine::slab::NONE;
use smallvec::SmallVec;

#[derive(Debug)]
pub struct Bucket {
    pub literal: Literal,
    members: SmallVec<[Member; 1]>, // most buckets hold one
}

#[derive(Debug)]
struct Member {
    shared: u32, // pieces in common with the member before, the last piece of each aside
    id: u32,
    literal_in: Option<(u16, u8)>, // the first piece in which the bucket's literal stands, and where
    is_literal: bool,              // *literal*: found when the literal is
    others: Wanted,                // of what a value must contain besides the literal
    text: Text,
}

impl Bucket {
    pub fn new(literal: Literal) -> Bucket {
        Bucket { literal, members: SmallVec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The id of the only member, if it asks for the literal and no more; else NONE.
    pub fn only_literal(&self) -> u32 {
        match &self.members[..] {
            [member] if member.is_literal => member.id,
            _ => NONE,
        }
    }

    /// The wildcards and their ids.
    pub fn texts(&self) -> impl Iterator<Item = (&Text, u32)> {
        self.members.iter().map(|member| (&member.text, member.id))
    }

    pub fn add<P: AsRef<[u8]>>(&mut self, pieces: &[P], id: u32) {
        let text = Text::new(pieces);
        let at = self.place_of(&text, id).unwrap_or_else(|at| at);
        let literal_in = literal_in(self.literal, &text);
        let is_literal = self.literal.is_whole(pieces);
        let others = match other_piece(pieces, literal_in) {
            Some(piece) => Wanted::of(piece),
            None => Wanted::default(),
        };
        self.members.insert(at, Member { shared: 0, id, literal_in, is_literal, others, text });
        self.note_shared(at);
        self.note_shared(at + 1);
    }

    /// Forget a member; false when there is none such.
    pub fn remove(&mut self, pieces: &[Box<[u8]>], id: u32) -> bool {
        let Ok(at) = self.place_of(&Text::new(pieces), id) else { return false };
        self.members.remove(at);
        self.note_shared(at);
        if self.members.len() < self.members.capacity() / 4 {
            self.members.shrink_to_fit();
        }
        true
    }

    /// Appends the ids of the members that accept `value`, where the literal first stands at `literal_at`.
    ///
    /// `ends` is scratch, and `grams` are those of the value.
    pub fn find(
        &self,
        value: &[u8],
        literal_at: usize,
        ends: &mut Vec<usize>,
        grams: &mut GramSet,
        found: &mut Vec<u32>,
    ) {
        ends.clear(); // of the first pieces of the member at hand, as far as they were looked for
        let mut missing = usize::MAX; // the piece that was not found, by its number
        for member in &self.members {
            if member.shared as usize > missing {
                continue;
            }
            missing = usize::MAX;
            ends.truncate(member.shared as usize);
            if member.is_literal {
                found.push(member.id);
                continue;
            }
            if !grams.may_hold(value, member.others) {
                continue;
            }
            let last = member.text.last();
            if !value.ends_with(last) {
                continue;
            }
            for piece in member.text.before_last().skip(ends.len()) {
                let end = match ends.last() {
                    None => value.starts_with(piece).then_some(piece.len()),
                    Some(&from) => {
                        // The piece that holds the literal stands nowhere before it.
                        let here = member.literal_in.filter(|&(number, _)| usize::from(number) == ends.len());
                        let earliest = here.and_then(|(_, offset)| literal_at.checked_sub(usize::from(offset)));
                        find_piece(value, from, piece, earliest, grams)
                    }
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
        texts + if self.members.spilled() { self.members.capacity() * size_of::<Member>() } else { 0 }
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

/// Where `piece` first ends in `value`, looking from `from` on; it does not stand before `earliest`.
#[inline]
fn find_piece(value: &[u8], from: usize, piece: &[u8], earliest: Option<usize>, grams: &mut GramSet) -> Option<usize> {
    let from = from.max(earliest.unwrap_or(0));
    let text = value.get(from..)?;
    let at = match piece {
        _ if earliest.is_some() && text.starts_with(piece) => 0,
        [byte] => memchr::memchr(*byte, text)?,
        _ if !grams.may_hold(value, Wanted::of(piece)) => return None,
        _ => memchr::memmem::find(text, piece)?,
    };
    Some(from + at + piece.len())
}

/// The first piece in which `literal` stands, and where; None where it must stand at an end of the value.
fn literal_in(literal: Literal, text: &Text) -> Option<(u16, u8)> {
    if !matches!(literal.place, Place::Anywhere | Place::Sampled) {
        return None;
    }
    text.before_last().zip(0..=u16::MAX).find_map(|(piece, number)| {
        let at = (0..piece.len()).position(|at| literal.begins(&piece[at..]))?;
        Some((number, u8::try_from(at).ok()?))
    })
}

/// The longest piece but the one in which the bucket's literal stands.
fn other_piece<P: AsRef<[u8]>>(pieces: &[P], literal_in: Option<(u16, u8)>) -> Option<&[u8]> {
    let literal_in = literal_in.map(|(number, _)| usize::from(number));
    let others = pieces.iter().map(AsRef::as_ref).enumerate().filter(|&(number, _)| Some(number) != literal_in);
    others.map(|(_, piece)| piece).max_by_key(|piece| piece.len())
}

/// The pieces of a wildcard in one allocation, each but the last after its length. Sorting the bytes puts those with
/// common first pieces together.
#[derive(Debug)]
pub struct Text {
    bytes: Box<[u8]>,
    last_at: u32,
}

/// Lengths from here on take four more bytes.
const LONG: u8 = u8::MAX;

impl Text {
    fn new<P: AsRef<[u8]>>(pieces: &[P]) -> Text {
        let mut bytes = Vec::with_capacity(pieces.iter().map(|piece| piece.as_ref().len() + 1).sum());
        let (last, before) = pieces.split_last().map_or((&[][..], &[][..]), |(last, before)| (last.as_ref(), before));
        for piece in before.iter().map(AsRef::as_ref) {
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

    /// Bytes of all pieces, and of their lengths.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// All pieces.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.before_last().chain(std::iter::once(self.last()))
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
