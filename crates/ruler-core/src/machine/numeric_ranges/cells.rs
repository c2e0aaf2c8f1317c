//! Two-sided ranges in cells of doubles.
//!
//! The cells of one bound and those wholly inside a range stand in two tables, because a range has two of the first
//! and up to fourteen of the second, which hold nothing but ids.

use super::marks::{Mark, Marks};
use crate::machine::shrink::shrink_table;
use crate::number::Number;
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::hash::BuildHasher;

/// Sixteen cells in one of the next level. See `numeric_ranges.py` for what two cost.
const BITS_A_LEVEL: u32 = 4;
const LEVELS: usize = 64 / BITS_A_LEVEL as usize;

/// One cell: its level, and the bits above the level of all numbers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cell {
    bits: u64,
    level: u8,
}

#[derive(Debug, Default)]
pub struct Cells {
    edges: HashTable<Edge>,
    spans: HashTable<Span>,
    narrow: HashTable<Narrow>,
    hasher: DefaultHashBuilder,
    edge_counts: [u32; LEVELS], // cells in the tables, by level
    span_counts: [u32; LEVELS],
}

/// Ranges that begin or end in a cell and not both.
#[derive(Debug)]
struct Edge {
    cell: Cell,
    beginning: Marks,
    ending: Marks,
}

/// Ranges that begin before a cell and end after it.
#[derive(Debug)]
struct Span {
    cell: Cell,
    ids: SmallVec<[u32; 4]>, // sorted
}

/// Ranges between integers that round to one double, which has these bits.
#[derive(Debug)]
struct Narrow {
    cell: Cell,
    ranges: Vec<(Mark, Mark)>, // sorted
}

impl Cells {
    /// False when the range was there.
    pub fn add(&mut self, low: Mark, high: Mark) -> bool {
        let Place { level, first, last } = Place::of(low.number, high.number);
        let hasher = &self.hasher;
        if first == last {
            let cell = Cell { bits: first, level: 0 };
            let ranges = &mut entry_or(&mut self.narrow, hasher, cell, Narrow::new).ranges;
            let place = ranges.binary_search(&(low, high));
            place.inspect_err(|&place| ranges.insert(place, (low, high))).is_err()
        } else {
            let Cells { edges, spans, edge_counts, span_counts, .. } = self;
            let mut new_edge = |cell| {
                edge_counts[usize::from(level)] += 1;
                Edge::new(cell)
            };
            if !entry_or(edges, hasher, Cell { bits: first, level }, &mut new_edge).beginning.add(low) {
                return false;
            }
            entry_or(edges, hasher, Cell { bits: last, level }, &mut new_edge).ending.add(high);
            for bits in first + 1..last {
                let span = entry_or(spans, hasher, Cell { bits, level }, |cell| {
                    span_counts[usize::from(level)] += 1;
                    Span { cell, ids: SmallVec::new() }
                });
                if let Err(place) = span.ids.binary_search(&low.id) {
                    span.ids.insert(place, low.id);
                }
            }
            true
        }
    }

    /// False when the range was not there.
    pub fn remove(&mut self, low: Mark, high: Mark) -> bool {
        let Place { level, first, last } = Place::of(low.number, high.number);
        let hasher = &self.hasher;
        let was_there;
        if first == last {
            (was_there, _) = change(&mut self.narrow, hasher, Cell { bits: first, level: 0 }, |narrow| {
                let place = narrow.ranges.binary_search(&(low, high));
                place
                    .inspect(|&place| {
                        narrow.ranges.remove(place);
                    })
                    .is_ok()
            });
            return was_there;
        }
        let cell = |bits| Cell { bits, level };
        let mut gone;
        (was_there, gone) = change(&mut self.edges, hasher, cell(first), |edge| edge.beginning.remove(low));
        if !was_there {
            return false;
        }
        let (_, is_gone) = change(&mut self.edges, hasher, cell(last), |edge| edge.ending.remove(high));
        gone += is_gone;
        self.edge_counts[usize::from(level)] -= gone;
        for bits in first + 1..last {
            let (_, gone) = change(&mut self.spans, hasher, cell(bits), |span| {
                let place = span.ids.binary_search(&low.id);
                place
                    .inspect(|&place| {
                        span.ids.remove(place);
                    })
                    .is_ok()
            });
            self.span_counts[usize::from(level)] -= gone;
        }
        true
    }

    /// Appends the ids of the ranges that contain `number`, until `found` holds `full`.
    #[inline]
    pub fn extend_containing(&self, number: Number, full: usize, found: &mut Vec<u32>) {
        let all_bits = number.ordered_bits();
        for level in 0..LEVELS {
            let (edges, spans) = (self.edge_counts[level], self.span_counts[level]);
            if edges | spans == 0 {
                continue;
            }
            let cell = Cell { bits: all_bits >> (level as u32 * BITS_A_LEVEL), level: level as u8 };
            let hash = self.hasher.hash_one(cell);
            if let Some(edge) = self.edges.find(hash, |edge| edge.cell == cell) {
                edge.beginning.extend_below(number, full, found);
                edge.ending.extend_from(number, full, found);
            }
            if spans > 0 {
                if let Some(span) = self.spans.find(hash, |span| span.cell == cell) {
                    found.extend(span.ids.iter().take(full.saturating_sub(found.len())));
                }
            }
        }
        if !self.narrow.is_empty() {
            let cell = Cell { bits: all_bits, level: 0 };
            if let Some(narrow) = self.narrow.find(self.hasher.hash_one(cell), |narrow| narrow.cell == cell) {
                let containing =
                    narrow.ranges.iter().filter(|(low, high)| low.is_before(number) && !high.is_before(number));
                found.extend(containing.take(full.saturating_sub(found.len())).map(|(low, _)| low.id));
            }
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let edges = self.edges.iter().map(|edge| edge.beginning.memory_bytes() + edge.ending.memory_bytes());
        let spans = self.spans.iter().filter(|span| span.ids.spilled()).map(|span| span.ids.capacity() * 4);
        let narrow = self.narrow.iter().map(|narrow| narrow.ranges.capacity() * size_of::<(Mark, Mark)>());
        edges.chain(spans).chain(narrow).sum::<usize>()
            + self.edges.allocation_size()
            + self.spans.allocation_size()
            + self.narrow.allocation_size()
    }
}

/// The level of a range, and its first and last cell there; one cell only where both bounds round to one double.
struct Place {
    level: u8,
    first: u64,
    last: u64,
}

impl Place {
    fn of(low: Number, high: Number) -> Place {
        let (low, high) = (low.ordered_bits(), high.ordered_bits());
        let highest = 63 - ((low ^ high) | 1).leading_zeros(); // the highest bit in which they differ
        let level = highest / BITS_A_LEVEL;
        let shift = level * BITS_A_LEVEL;
        Place { level: level as u8, first: low >> shift, last: high >> shift }
    }
}

/// What stands in a table by its cell, and goes when it is empty.
trait Celled {
    fn cell(&self) -> Cell;
    fn is_empty(&self) -> bool;
}

impl Edge {
    fn new(cell: Cell) -> Edge {
        Edge { cell, beginning: Marks::default(), ending: Marks::default() }
    }
}

impl Narrow {
    fn new(cell: Cell) -> Narrow {
        Narrow { cell, ranges: Vec::new() }
    }
}

impl Celled for Edge {
    fn cell(&self) -> Cell {
        self.cell
    }

    fn is_empty(&self) -> bool {
        self.beginning.is_empty() && self.ending.is_empty()
    }
}

impl Celled for Span {
    fn cell(&self) -> Cell {
        self.cell
    }

    fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl Celled for Narrow {
    fn cell(&self) -> Cell {
        self.cell
    }

    fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// What stands at `cell`, made where there was nothing.
fn entry_or<'a, T: Celled>(
    table: &'a mut HashTable<T>,
    hasher: &DefaultHashBuilder,
    cell: Cell,
    make: impl FnOnce(Cell) -> T,
) -> &'a mut T {
    let is_it = |stored: &T| stored.cell() == cell;
    table
        .entry(hasher.hash_one(cell), is_it, |stored| hasher.hash_one(stored.cell()))
        .or_insert_with(|| make(cell))
        .into_mut()
}

/// Calls `remove` with what stands at `cell`. Returns its answer, false where nothing stands there, and how many
/// entries of the table are gone with it.
fn change<T: Celled>(
    table: &mut HashTable<T>,
    hasher: &DefaultHashBuilder,
    cell: Cell,
    remove: impl FnOnce(&mut T) -> bool,
) -> (bool, u32) {
    let hash_of = |stored: &T| hasher.hash_one(stored.cell());
    let Ok(mut entry) = table.find_entry(hasher.hash_one(cell), |stored| stored.cell() == cell) else {
        return (false, 0);
    };
    let was_there = remove(entry.get_mut());
    let is_gone = entry.get().is_empty();
    if is_gone {
        entry.remove();
        shrink_table(table, hash_of);
    }
    (was_there, u32::from(is_gone))
}
