//! Finds all stored ranges that contain a number. The twin of `ruler/machine/numeric_ranges.py`, which draws the idea.
//!
//! One-sided ranges stand in one sorted set a side. Two-sided ranges stand in cells: the 64 ordered bits of a double
//! divide the numbers into cells of 2^0, 2^4, 2^8 ... doubles. A range stands at the smallest level where its bounds
//! lie in different cells: in the cell of its lower bound, in that of its upper bound, and in the at most 14 between.
//!
//! Cost of a search: a look-up or two for each level in use, at most 16, and what is found. Bounds themselves are
//! compared exactly: rounding to a double keeps order, so it never parts a range from a number it contains.

mod cells;
mod marks;
#[cfg(test)]
mod tests;

use crate::model::NumericRange;
use crate::number::Number;
use cells::Cells;
use marks::{Mark, Marks};

/// Whether `number` lies in `range`.
#[inline]
pub fn contains(range: &NumericRange, number: Number) -> bool {
    range.low.is_none_or(|low| if low.is_open { low.number < number } else { low.number <= number })
        && range.high.is_none_or(|high| if high.is_open { number < high.number } else { number <= high.number })
}

#[derive(Debug, Default)]
pub struct NumericRangeIndex {
    lows: Marks,  // of ranges with no upper bound
    highs: Marks, // of ranges with no lower bound
    cells: Cells, // ranges with both
    size: usize,
}

impl NumericRangeIndex {
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Store `id` under `range`.
    pub fn add(&mut self, range: &NumericRange, id: u32) {
        self.size += usize::from(match (Mark::low(range, id), Mark::high(range, id)) {
            (Some(low), Some(high)) => self.cells.add(low, high),
            (Some(low), None) => self.lows.add(low),
            (None, Some(high)) => self.highs.add(high),
            (None, None) => false, // not a range
        });
    }

    /// Forget `id` under `range`.
    pub fn remove(&mut self, range: &NumericRange, id: u32) {
        self.size -= usize::from(match (Mark::low(range, id), Mark::high(range, id)) {
            (Some(low), Some(high)) => self.cells.remove(low, high),
            (Some(low), None) => self.lows.remove(low),
            (None, Some(high)) => self.highs.remove(high),
            (None, None) => false,
        });
    }

    /// Appends the ids of the ranges that contain `number`, each once; false when they are more than `at_most`, and
    /// `found` is then as it was.
    pub fn find(&self, number: Number, at_most: usize, found: &mut Vec<u32>) -> bool {
        let before = found.len();
        let full = before.saturating_add(at_most).saturating_add(1); // one too many, where collecting may end
        self.lows.extend_below(number, full, found);
        self.highs.extend_from(number, full, found);
        self.cells.extend_containing(number, full, found);
        let is_few = found.len() < full;
        if !is_few {
            found.truncate(before);
        }
        is_few
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        self.lows.memory_bytes() + self.highs.memory_bytes() + self.cells.memory_bytes()
    }
}
