//! The cells that a path's exact numbers lie in: most numbers of an event lie in none, and need not be converted.

use super::shrink::shrink_table;
use crate::number::Number;
use crate::number_text::{cells_of, end_and_cell, Cell};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

#[derive(Default)]
pub struct NumberCells {
    /// With how many numbers lie there.
    cells: HashTable<(Cell, u32)>,
    hasher: DefaultHashBuilder,
    /// A bit of each cell's hash: turns most cells away while there are few. It may keep bits of cells that went.
    bits: [u64; 4],
}

/// Spreads a cell over the bits; whoever finds cells that share one gains nothing but the search that follows.
#[inline]
fn bit_of(cell: Cell) -> (usize, u64) {
    let hash = cell.bits().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> 62) as usize, 1 << (hash >> 56 & 63))
}

impl NumberCells {
    /// Whether a number of this cell can be one of those that were added.
    #[inline]
    pub fn contains(&self, cell: Cell) -> bool {
        let (place, bit) = bit_of(cell);
        self.bits[place] & bit != 0 && self.has(cell)
    }

    #[cold]
    fn has(&self, cell: Cell) -> bool {
        self.cells.find(self.hasher.hash_one(cell), |known| known.0 == cell).is_some()
    }

    /// Where the next number of an array, from `at` to `end`, stands that can be one of those that were added.
    pub fn next_candidate(&self, text: &[u8], mut at: usize, end: usize) -> Option<(usize, usize)> {
        while at < end {
            let byte = text[at];
            if byte != b'-' && !byte.is_ascii_digit() {
                at += 1;
                continue;
            }
            let (number_end, cell) = end_and_cell(text, at);
            if cell.is_none_or(|cell| self.contains(cell)) {
                return Some((at, number_end));
            }
            at = number_end;
        }
        None
    }

    pub fn add(&mut self, number: Number) {
        let NumberCells { cells, hasher, bits } = self;
        for cell in cells_of(number.to_f64()).into_iter().flatten() {
            let (place, bit) = bit_of(cell);
            bits[place] |= bit;
            let entry = cells.entry(hasher.hash_one(cell), |known| known.0 == cell, |known| hasher.hash_one(known.0));
            entry.or_insert((cell, 0)).into_mut().1 += 1;
        }
    }

    pub fn remove(&mut self, number: Number) {
        let NumberCells { cells, hasher, .. } = self;
        for cell in cells_of(number.to_f64()).into_iter().flatten() {
            if let Ok(mut entry) = cells.find_entry(hasher.hash_one(cell), |known| known.0 == cell) {
                entry.get_mut().1 -= 1;
                if entry.get().1 == 0 {
                    entry.remove();
                }
            }
        }
        shrink_table(cells, |known| hasher.hash_one(known.0));
    }

    pub fn memory_bytes(&self) -> usize {
        self.cells.allocation_size()
    }
}
