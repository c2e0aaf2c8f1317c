//! The cells that a path's exact numbers lie in: most numbers of an event lie in none, and need not be converted.

use super::shrink::shrink_table;
use crate::number::Number;
use crate::number_text::{cells_of, Cell};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

#[derive(Default)]
pub struct NumberCells {
    /// With how many numbers lie there.
    cells: HashTable<(Cell, u32)>,
    hasher: DefaultHashBuilder,
}

impl NumberCells {
    /// Whether a number of this cell can be one of those that were added.
    #[inline]
    pub fn contains(&self, cell: Cell) -> bool {
        self.cells.find(self.hasher.hash_one(cell), |known| known.0 == cell).is_some()
    }

    pub fn add(&mut self, number: Number) {
        let NumberCells { cells, hasher } = self;
        for cell in cells_of(number.to_f64()).into_iter().flatten() {
            let entry = cells.entry(hasher.hash_one(cell), |known| known.0 == cell, |known| hasher.hash_one(known.0));
            entry.or_insert((cell, 0)).into_mut().1 += 1;
        }
    }

    pub fn remove(&mut self, number: Number) {
        let NumberCells { cells, hasher } = self;
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
