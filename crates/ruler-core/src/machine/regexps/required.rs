//! What every value that a regular expression accepts must contain: pieces as a wildcard has them.
//!
//! ```text
//! user-[0-9]+(@|:).*log    ──▶    "user-", "log"    as in user-*log
//! ```
//!
//! In: steps in postfix order. Out: the texts between the asterisks, two or more, of a wildcard that accepts all that the
//! regular expression accepts, and as a rule more. So the wildcards' index says which are worth a closer look.

use crate::model::RegexpStep;

/// Longer pieces are cut: nobody looks for as much.
const LONGEST: usize = 64;

/// A wildcard that every accepted text satisfies.
struct Need {
    /// One piece, where only this text is accepted; else as a wildcard has them.
    pieces: Vec<Vec<u8>>,
}

pub fn required_pieces(steps: &[RegexpStep]) -> Box<[Box<[u8]>]> {
    let mut needs: Vec<Need> = Vec::new();
    for step in steps {
        let need = match step {
            RegexpStep::Characters(ranges) => Need::of_characters(ranges),
            RegexpStep::Sequence(count) => taken(&mut needs, *count).into_iter().fold(Need::text(b""), Need::then),
            RegexpStep::Union(count) => Need::any_of(taken(&mut needs, *count)),
            RegexpStep::Repeat { low, high } => {
                needs.pop().map_or_else(Need::nothing, |need| need.repeated(*low, *high))
            }
        };
        needs.push(need);
    }
    let mut pieces = needs.pop().unwrap_or_else(Need::nothing).pieces;
    if pieces.len() == 1 {
        pieces.push(Vec::new());
    }
    pieces.into_iter().map(Vec::into_boxed_slice).collect()
}

fn taken(needs: &mut Vec<Need>, count: u32) -> Vec<Need> {
    needs.split_off(needs.len().saturating_sub(count as usize))
}

impl Need {
    fn nothing() -> Need {
        Need { pieces: vec![Vec::new(), Vec::new()] }
    }

    fn text(text: &[u8]) -> Need {
        Need { pieces: vec![text.into()] }
    }

    fn of_characters(ranges: &str) -> Need {
        let mut ends = ranges.chars();
        match (ends.next(), ends.next(), ends.next()) {
            (Some(first), Some(last), None) if first == last => Need::text(first.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => Need::nothing(),
        }
    }

    fn is_text(&self) -> bool {
        self.pieces.len() == 1
    }

    /// Bytes that every accepted text has at least.
    fn length(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    fn then(mut self, mut next: Need) -> Need {
        let mut middle = self.pieces.pop().unwrap_or_default();
        middle.append(&mut next.pieces[0]);
        next.pieces[0] = middle;
        self.pieces.append(&mut next.pieces);
        self.tidy()
    }

    fn any_of(needs: Vec<Need>) -> Need {
        let Some((one, others)) = needs.split_first() else { return Need::nothing() };
        if others.iter().all(|other| one.pieces == other.pieces) {
            return Need { pieces: one.pieces.clone() };
        }
        let first = |need: &Need| need.pieces[0].clone();
        let last = |need: &Need| need.pieces[need.pieces.len() - 1].clone();
        let begin = others.iter().fold(first(one), |so_far, other| common(&so_far, &other.pieces[0], 0));
        let mut end = others.iter().fold(last(one), |so_far, other| {
            let last = &other.pieces[other.pieces.len() - 1];
            common(&so_far, last, usize::MAX)
        });
        // They may be the same bytes of a short text.
        let shortest = needs.iter().map(Need::length).min().unwrap_or(0);
        let surplus = (begin.len() + end.len()).saturating_sub(shortest).min(end.len());
        end.drain(..surplus);
        Need { pieces: vec![begin, end] }
    }

    fn repeated(self, low: u32, high: Option<u32>) -> Need {
        if low == 0 {
            return Need::nothing();
        }
        if !self.is_text() {
            return self; // the first time has all but the last piece, the last time that
        }
        let times = (low as usize).min(LONGEST / self.length().max(1) + 1);
        let text = self.pieces[0].repeat(times);
        match high == Some(low) && times == low as usize {
            true => Need::text(&text),
            false => Need { pieces: vec![text, Vec::new()] },
        }
    }

    /// Without empty pieces in the middle and with short ones; a text that is cut is one no more.
    fn tidy(mut self) -> Need {
        if self.is_text() && self.length() > LONGEST {
            self.pieces.push(Vec::new());
        }
        let last = self.pieces.len() - 1;
        for (index, piece) in self.pieces.iter_mut().enumerate() {
            let surplus = piece.len().saturating_sub(LONGEST);
            match index == last && index > 0 {
                true => drop(piece.drain(..surplus)),
                false => piece.truncate(LONGEST),
            }
        }
        let mut index = 0;
        self.pieces.retain(|piece| {
            index += 1;
            !piece.is_empty() || index == 1 || index == last + 1
        });
        self
    }
}

/// What `one` and `other` begin with in common; with `usize::MAX`, what they end with.
fn common(one: &[u8], other: &[u8], from: usize) -> Vec<u8> {
    if from == 0 {
        return one.iter().zip(other).take_while(|(one, other)| one == other).map(|(one, _)| *one).collect();
    }
    let count = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    one[one.len() - count..].into()
}
