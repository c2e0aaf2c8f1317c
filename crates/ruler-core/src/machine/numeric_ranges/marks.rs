//! Bounds in order, each with the id of its range: a sorted set that is a plain list as long as it is small.

use crate::model::NumericRange;
use crate::number::Number;
use std::collections::BTreeSet;

/// One bound of a range, placed between numbers: before `number` or right after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub number: Number,
    is_after: bool,
    pub id: u32,
}

impl Mark {
    /// Where the range begins.
    pub fn low(range: &NumericRange, id: u32) -> Option<Mark> {
        range.low.map(|low| Mark { number: low.number, is_after: low.is_open, id })
    }

    /// Where the range ends.
    pub fn high(range: &NumericRange, id: u32) -> Option<Mark> {
        range.high.map(|high| Mark { number: high.number, is_after: !high.is_open, id })
    }

    /// Whether the mark stands before `number` itself.
    #[inline]
    pub fn is_before(&self, number: Number) -> bool {
        (self.number, self.is_after) < (number, true)
    }
}

/// The mark right after `number`, before all of that place that are stored.
fn after(number: Number) -> Mark {
    Mark { number, is_after: true, id: 0 }
}

/// So many are a list, where adding moves at most 1.5 KB; more are a tree.
const FEW: usize = 64;

#[derive(Debug)]
pub enum Marks {
    Few(Vec<Mark>),
    Many(BTreeSet<Mark>),
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::Few(Vec::new())
    }
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        matches!(self, Marks::Few(list) if list.is_empty())
    }

    /// False when it was there.
    pub fn add(&mut self, mark: Mark) -> bool {
        match self {
            Marks::Few(list) => {
                let Err(place) = list.binary_search(&mark) else { return false };
                if list.len() < FEW {
                    if list.is_empty() {
                        list.reserve_exact(1); // most cells hold one
                    }
                    list.insert(place, mark);
                } else {
                    *self = Marks::Many(list.drain(..).chain([mark]).collect());
                }
                true
            }
            Marks::Many(tree) => tree.insert(mark),
        }
    }

    /// False when it was not there.
    pub fn remove(&mut self, mark: Mark) -> bool {
        match self {
            Marks::Few(list) => {
                let Ok(place) = list.binary_search(&mark) else { return false };
                list.remove(place);
                if list.len() < list.capacity() / 4 || list.is_empty() {
                    list.shrink_to(list.len() * 2);
                }
                true
            }
            Marks::Many(tree) => {
                let was_there = tree.remove(&mark);
                if tree.len() <= FEW / 2 {
                    *self = Marks::Few(tree.iter().copied().collect());
                }
                was_there
            }
        }
    }

    /// Appends the ids of marks before `number`, until `found` holds `full`.
    #[inline]
    pub fn extend_below(&self, number: Number, full: usize, found: &mut Vec<u32>) {
        let room = full.saturating_sub(found.len());
        match self {
            Marks::Few(list) => {
                let count = list.partition_point(|mark| mark.is_before(number));
                found.extend(list[..count].iter().take(room).map(|mark| mark.id));
            }
            Marks::Many(tree) => found.extend(tree.range(..after(number)).take(room).map(|mark| mark.id)),
        }
    }

    /// Appends the ids of marks after `number`, until `found` holds `full`.
    #[inline]
    pub fn extend_from(&self, number: Number, full: usize, found: &mut Vec<u32>) {
        let room = full.saturating_sub(found.len());
        match self {
            Marks::Few(list) => {
                let count = list.partition_point(|mark| mark.is_before(number));
                found.extend(list[count..].iter().take(room).map(|mark| mark.id));
            }
            Marks::Many(tree) => found.extend(tree.range(after(number)..).take(room).map(|mark| mark.id)),
        }
    }

    pub fn memory_bytes(&self) -> usize {
        size_of::<Mark>()
            * match self {
                Marks::Few(list) => list.capacity(),
                Marks::Many(tree) => tree.len() * 3 / 2, // its nodes are two thirds full
            }
    }
}
