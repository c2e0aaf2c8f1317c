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

use super::literals::Literal;
use crate::machine::shrink::shrink_list;
use std::cmp::Ordering;

#[derive(Debug)]
pub struct Bucket {
    pub literal: Literal,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    shared: u32, // pieces in common with the member before, the last piece of each aside
    id: u32,
    pieces: Box<[Box<[u8]>]>,
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
        let at = self.place_of(pieces, id).unwrap_or_else(|at| at);
        if self.members.is_empty() {
            self.members.reserve_exact(1); // most buckets hold one
        }
        self.members.insert(at, Member { shared: 0, id, pieces: pieces.into() });
        self.note_shared(at);
        self.note_shared(at + 1);
    }

    /// Forget a member; false when there is none such.
    pub fn remove(&mut self, pieces: &[Box<[u8]>], id: u32) -> bool {
        let Ok(at) = self.place_of(pieces, id) else { return false };
        self.members.remove(at);
        self.note_shared(at);
        shrink_list(&mut self.members);
        true
    }

    /// Appends the ids of the members that accept `value`. `ends` is scratch.
    pub fn find(&self, value: &[u8], ends: &mut Vec<usize>, found: &mut Vec<u32>) {
        ends.clear(); // of the first pieces of the member at hand, as far as they were looked for
        let mut missing = u32::MAX; // the piece that was not found, by its number
        for member in &self.members {
            if member.shared > missing {
                continue;
            }
            missing = u32::MAX;
            ends.truncate(member.shared as usize);
            let Some((last, before)) = member.pieces.split_last() else { continue };
            if !value.ends_with(last) {
                continue;
            }
            while let Some(piece) = before.get(ends.len()) {
                match ends.last() {
                    None if value.starts_with(piece) => ends.push(piece.len()),
                    Some(&from) if let Some(at) = find_piece(&value[from..], piece) => {
                        ends.push(from + at + piece.len());
                    }
                    _ => {
                        missing = ends.len() as u32;
                        break;
                    }
                }
            }
            if missing == u32::MAX && ends.last().is_none_or(|&end| end + last.len() <= value.len()) {
                found.push(member.id);
            }
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let pieces = self.members.iter().flat_map(|member| &member.pieces);
        let texts: usize = pieces.map(|piece| size_of::<Box<[u8]>>() + piece.len()).sum();
        texts + self.members.capacity() * size_of::<Member>()
    }

    fn place_of(&self, pieces: &[Box<[u8]>], id: u32) -> Result<usize, usize> {
        self.members.binary_search_by(|member| compare(&member.pieces, pieces).then(member.id.cmp(&id)))
    }

    /// Set what the member at `at`, if there is one, shares with the one before.
    fn note_shared(&mut self, at: usize) {
        let Some((member, before)) = self.members.get_mut(..=at).and_then(|members| members.split_last_mut()) else {
            return;
        };
        member.shared = before.last().map_or(0, |before| {
            let (one, other) = (&before.pieces, &member.pieces);
            let most = one.len().min(other.len()).saturating_sub(1);
            one.iter().zip(other).take(most).take_while(|(one, other)| one == other).count() as u32
        });
    }
}

/// In order of the pieces before the last, so that those that share the most stand together; then of the last.
fn compare(one: &[Box<[u8]>], other: &[Box<[u8]>]) -> Ordering {
    let split = |pieces: &[Box<[u8]>]| pieces.len().saturating_sub(1);
    one[..split(one)].cmp(&other[..split(other)]).then_with(|| one.last().cmp(&other.last()))
}

/// Where `piece` first stands in `text`.
#[inline]
fn find_piece(text: &[u8], piece: &[u8]) -> Option<usize> {
    match piece {
        [byte] => memchr::memchr(*byte, text),
        _ => memchr::memmem::find(text, piece),
    }
}
