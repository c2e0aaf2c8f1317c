//! Finds all stored wildcards that accept a value. The twin of `ruler/machine/wildcards.py`.
//!
//! Each wildcard is filed under one literal that its values must contain: up to eight bytes of one of its pieces.
//! A pass over a value looks at each four bytes of it; those that some literal begins with name the candidates,
//! and only these are verified.
//!
//! ```text
//! *error*disk*   filed under "disk"             a*z    filed under "z" at a value's end
//!
//! a value's grams ──filter──▶ few ──table──▶ literals that stand there ──▶ buckets, each verified once
//! ```
//!
//! Unlike the twin, which compiles an Aho-Corasick automaton anew after changes, this changes in place: adding
//! is a few look-ups, and a search never waits or owes anything.
//!
//! - `literals`  which literals a wildcard has, and what each is expected to cost
//! - `filter`    turns away the grams that no literal begins with
//! - `bucket`    the wildcards of one literal, verified together
//! - `gram_set`  tells a bucket which pieces a value lacks

mod bucket;
mod filter;
mod gram_set;
mod literals;
#[cfg(test)]
mod tests;

use crate::machine::shrink::{shrink_list, shrink_table};
use bucket::Bucket;
use filter::GramFilter;
use gram_set::GramSet;
use hashbrown::{DefaultHashBuilder, HashTable};
use literals::{for_each_literal, Key, Literal, Place, GRAM, LONGEST};
use std::hash::BuildHasher;

#[derive(Debug, Default)]
pub struct WildcardIndex {
    buckets: Vec<Bucket>,
    free: Vec<u32>,         // empty buckets
    table: HashTable<Slot>, // by key of the literal
    hasher: DefaultHashBuilder,
    filters: [GramFilter; GRAM], // of the grams of literals that may stand anywhere, by length - 1
    counts: [[u32; LONGEST + 1]; 3], // literals in the table, by place and length (of the gram, where anywhere)
    size: usize,
}

/// A literal in use.
#[derive(Clone, Copy, Debug)]
struct Slot {
    literal: Literal,
    bucket: u32,
}

/// What a search writes on. One may serve any number of indexes, one after the other.
#[derive(Debug, Default)]
pub struct WildcardScratch {
    met: Vec<u32>, // by bucket: the last search that met it
    search: u32,
    ends: Vec<usize>,
    grams: GramSet,
}

impl WildcardScratch {
    fn begin_search(&mut self, bucket_count: usize) {
        if self.met.len() < bucket_count {
            self.met.resize(bucket_count, 0);
        }
        self.grams.clear();
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.met.fill(0);
            self.search = 1;
        }
    }
}

/// Buckets with a common gram that are counted before it is taken to be as bad as they come.
const MOST_COUNTED: usize = 64;

impl WildcardIndex {
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Store `id` under `pieces`, the texts between the asterisks.
    pub fn add(&mut self, pieces: &[Box<[u8]>], id: u32) {
        let mut best: Option<(u64, Literal)> = None;
        for_each_literal(pieces, |literal| {
            let cost = self.cost(literal);
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, literal));
            }
        });
        let Some((_, literal)) = best else { return };
        let bucket = self.slot_of(literal).map_or_else(|| self.add_bucket(literal), |slot| slot.bucket);
        self.buckets[bucket as usize].add(pieces, id);
        self.size += 1;
    }

    /// Forget `id` under `pieces`.
    pub fn remove(&mut self, pieces: &[Box<[u8]>], id: u32) {
        // What it is filed under depends on what there was when it was added, so all its literals are tried.
        let mut left: Option<Slot> = None;
        for_each_literal(pieces, |literal| {
            if left.is_none() {
                left = self.slot_of(literal).filter(|slot| self.buckets[slot.bucket as usize].remove(pieces, id));
            }
        });
        let Some(slot) = left else { return };
        self.size -= 1;
        if self.buckets[slot.bucket as usize].is_empty() {
            self.remove_bucket(slot);
        }
    }

    /// Appends the ids of the wildcards that accept `value`, each once, in no promised order.
    pub fn find(&self, value: &[u8], scratch: &mut WildcardScratch, found: &mut Vec<u32>) {
        if self.size == 0 {
            return;
        }
        scratch.begin_search(self.buckets.len());
        let mut search = Search { index: self, value, scratch, found };
        search.at_the_ends();
        search.one_byte();
        search.anywhere::<2>();
        search.anywhere::<3>();
        search.anywhere::<4>();
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        self.table.allocation_size()
            + self.buckets.capacity() * size_of::<Bucket>()
            + self.free.capacity() * size_of::<u32>()
            + self.buckets.iter().map(Bucket::memory_bytes).sum::<usize>()
            + self.filters.iter().map(GramFilter::memory_bytes).sum::<usize>()
    }

    /// What one more wildcard under `literal` costs a search, in no unit.
    fn cost(&self, literal: Literal) -> u64 {
        let key = literal.key();
        let alike = self.table.iter_hash(self.hasher.hash_one(key)).take(MOST_COUNTED);
        let sharing: usize = alike
            .map(|slot| match slot.literal {
                same if same == literal => self.buckets[slot.bucket as usize].len() * 4,
                other => usize::from(other.key() == key), // met and compared, but not verified
            })
            .sum();
        literal.likelihood() * (4 + sharing as u64)
    }

    fn slot_of(&self, literal: Literal) -> Option<Slot> {
        self.table.find(self.hasher.hash_one(literal.key()), |slot| slot.literal == literal).copied()
    }

    fn add_bucket(&mut self, literal: Literal) -> u32 {
        let bucket = match self.free.pop() {
            Some(bucket) => {
                self.buckets[bucket as usize] = Bucket::new(literal);
                bucket
            }
            None => {
                self.buckets.push(Bucket::new(literal));
                u32::try_from(self.buckets.len() - 1).expect("fewer than 2^32 wildcards")
            }
        };
        let hasher = &self.hasher;
        let hash_of = |slot: &Slot| hasher.hash_one(slot.literal.key());
        let slot = Slot { literal, bucket };
        self.table.insert_unique(hash_of(&slot), slot, hash_of);
        *self.count(literal) += 1;
        if literal.place == Place::Anywhere && !self.filters[literal.gram_length() - 1].add(literal.bytes as u32) {
            self.rebuild_filter(literal.gram_length());
        }
        bucket
    }

    fn remove_bucket(&mut self, slot: Slot) {
        let literal = slot.literal;
        let hash = self.hasher.hash_one(literal.key());
        if let Ok(entry) = self.table.find_entry(hash, |other| other.bucket == slot.bucket) {
            entry.remove();
        }
        *self.count(literal) -= 1;
        let is_last = *self.count(literal) == 0;
        if literal.place == Place::Anywhere && (is_last || !self.filters[literal.gram_length() - 1].remove()) {
            self.rebuild_filter(literal.gram_length());
        }
        self.free.push(slot.bucket);
        let hasher = &self.hasher;
        shrink_table(&mut self.table, |slot| hasher.hash_one(slot.literal.key()));
        if self.free.len() > 8 + self.buckets.len() * 3 / 4 || self.size == 0 {
            self.renumber_buckets();
        }
    }

    /// Close the gaps between the buckets.
    fn renumber_buckets(&mut self) {
        self.buckets.retain(|bucket| !bucket.is_empty());
        shrink_list(&mut self.buckets);
        self.free = Vec::new();
        let hasher = &self.hasher;
        let hash_of = |slot: &Slot| hasher.hash_one(slot.literal.key());
        self.table.clear();
        for (number, bucket) in self.buckets.iter().enumerate() {
            let slot = Slot { literal: bucket.literal, bucket: number as u32 };
            self.table.insert_unique(hash_of(&slot), slot, hash_of);
        }
    }

    fn rebuild_filter(&mut self, gram_length: usize) {
        let is_such = |literal: Literal| literal.place == Place::Anywhere && literal.gram_length() == gram_length;
        let literals = self.table.iter().map(|slot| slot.literal).filter(|&literal| is_such(literal));
        let grams: Vec<u32> = literals.map(|literal| literal.bytes as u32).collect();
        self.filters[gram_length - 1] = GramFilter::of(grams.into_iter());
    }

    fn count(&mut self, literal: Literal) -> &mut u32 {
        match literal.place {
            Place::Anywhere => &mut self.counts[0][literal.gram_length()],
            Place::Begin => &mut self.counts[1][usize::from(literal.length)],
            Place::End => &mut self.counts[2][usize::from(literal.length)],
        }
    }
}

/// One search under way.
struct Search<'a> {
    index: &'a WildcardIndex,
    value: &'a [u8],
    scratch: &'a mut WildcardScratch,
    found: &'a mut Vec<u32>,
}

impl Search<'_> {
    /// Literals that must stand where the value begins or ends: one look-up for each length in use.
    fn at_the_ends(&mut self) {
        let (index, value) = (self.index, self.value);
        for length in 0..=LONGEST.min(value.len()) {
            if index.counts[1][length] > 0 {
                self.look_up(Literal::new(&value[..length], Place::Begin).key(), 0);
            }
            if index.counts[2][length] > 0 {
                let at = value.len() - length;
                self.look_up(Literal::new(&value[at..], Place::End).key(), at);
            }
        }
    }

    /// Literals of one byte, which may be all over a value: each byte is looked up once.
    fn one_byte(&mut self) {
        if self.index.counts[0][1] == 0 {
            return;
        }
        let filter = &self.index.filters[0];
        let mut seen = [false; 256];
        for (at, &byte) in self.value.iter().enumerate() {
            if !std::mem::replace(&mut seen[usize::from(byte)], true) && filter.may_hold(u32::from(byte)) {
                self.look_up(Key::of_gram(u32::from(byte), 1), at);
            }
        }
    }

    /// Literals whose gram has `LENGTH` bytes, two to four.
    fn anywhere<const LENGTH: usize>(&mut self) {
        let (index, value) = (self.index, self.value);
        if index.counts[0][LENGTH] == 0 {
            return;
        }
        let filter = &index.filters[LENGTH - 1];
        for (at, window) in value.windows(LENGTH).enumerate() {
            let mut bytes = [0; GRAM];
            bytes[..LENGTH].copy_from_slice(window);
            let gram = u32::from_le_bytes(bytes);
            if filter.may_hold(gram) {
                self.look_up(Key::of_gram(gram, LENGTH), at);
            }
        }
    }

    /// Verify the buckets of the literals with `key` that stand at `at`, which are not met again in this search.
    fn look_up(&mut self, key: Key, at: usize) {
        let (index, text) = (self.index, &self.value[at..]);
        for slot in index.table.iter_hash(index.hasher.hash_one(key)) {
            if slot.literal.key() == key && slot.literal.begins(text) {
                let WildcardScratch { met, search, ends, grams } = &mut *self.scratch;
                let last_search = std::mem::replace(&mut met[slot.bucket as usize], *search);
                if last_search != *search {
                    index.buckets[slot.bucket as usize].find(self.value, at, ends, grams, self.found);
                }
            }
        }
    }
}
