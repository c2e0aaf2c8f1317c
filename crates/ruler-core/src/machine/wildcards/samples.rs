//! Finds long literals by looking at one place of a value in four.
//!
//! ```text
//! a literal of eleven bytes     accessToken
//! its four windows of eight     accessTo  ccessTok  cessToke  essToken
//! a value's places   ...|x&ac|cess|Toke|n=1&|...   "cessToke" begins at a multiple of four, wherever the literal stands
//! ```
//!
//! Most wildcards that many rules have are long enough. Eight bytes of a value are hardly ever those of a literal that
//! does not stand there, so next to nothing is looked up in vain.

use super::filter::{ByteHasher, GramFilter};
use super::literals::{load_up_to_eight, Literal, STRIDE};
use crate::machine::shrink::shrink_table;
use hashbrown::HashTable;

/// Buckets under one window. A literal whose windows have as many is not sampled, so a place costs no more than these.
const CROWD: usize = 8;

#[derive(Debug, Default)]
pub struct Samples {
    filter: GramFilter, // of the windows
    table: HashTable<Sample>,
}

/// A window of a literal; its bytes are those in its bucket's literal.
#[derive(Clone, Copy, Debug)]
struct Sample {
    fingerprint: u32,
    bucket: u32,
}

impl Samples {
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub fn add(&mut self, literal: Literal, bucket: u32, hasher: ByteHasher) {
        for window in windows_of(literal) {
            let fingerprint = fingerprint(window, hasher);
            let hash = spread(fingerprint);
            self.table.insert_unique(hash, Sample { fingerprint, bucket }, |sample| spread(sample.fingerprint));
            if !self.filter.add(hash) {
                self.rebuild_filter();
            }
        }
    }

    pub fn remove(&mut self, literal: Literal, bucket: u32, hasher: ByteHasher) {
        for window in windows_of(literal) {
            let fingerprint = fingerprint(window, hasher);
            let is_this = |sample: &Sample| sample.fingerprint == fingerprint && sample.bucket == bucket;
            if let Ok(entry) = self.table.find_entry(spread(fingerprint), is_this) {
                entry.remove();
            }
            if self.table.is_empty() || !self.filter.remove() {
                self.rebuild_filter();
            }
        }
        shrink_table(&mut self.table, |sample| spread(sample.fingerprint));
    }

    /// Whether one of the literal's windows has as many buckets as it may have.
    pub fn is_crowded(&self, literal: Literal, hasher: ByteHasher) -> bool {
        windows_of(literal).any(|window| self.at(window, hasher).count() >= CROWD)
    }

    /// The buckets with a literal that may have this window; perhaps one more than once.
    #[inline]
    pub fn at(&self, window: u64, hasher: ByteHasher) -> impl Iterator<Item = u32> + '_ {
        let fingerprint = fingerprint(window, hasher);
        let samples = self.table.iter_hash(spread(fingerprint));
        samples.filter(move |sample| sample.fingerprint == fingerprint).map(|sample| sample.bucket)
    }

    /// A bit for each place of a block but the last, lowest first: whether a window may begin there.
    #[inline]
    pub fn met_in(&self, block: &[[u8; STRIDE]], hasher: ByteHasher) -> u64 {
        let mut met = 0;
        for (number, pair) in block.windows(2).enumerate() {
            let window = u64::from(u32::from_le_bytes(pair[1])) << 32 | u64::from(u32::from_le_bytes(pair[0]));
            met |= self.filter.bit(spread(fingerprint(window, hasher))) << number;
        }
        met
    }

    pub fn memory_bytes(&self) -> usize {
        self.filter.memory_bytes() + self.table.allocation_size()
    }

    fn rebuild_filter(&mut self) {
        let hashes: Vec<u64> = self.table.iter().map(|sample| spread(sample.fingerprint)).collect();
        self.filter = GramFilter::of(hashes.into_iter());
    }
}

fn windows_of(literal: Literal) -> impl Iterator<Item = u64> {
    let text = literal.sampled_text();
    (0..STRIDE).map(move |at| load_up_to_eight(&text[at..]))
}

#[inline]
fn fingerprint(window: u64, hasher: ByteHasher) -> u32 {
    (hasher.hash(window) >> 32) as u32
}

/// Filter and table look at the highest and the lowest bits.
#[inline]
fn spread(fingerprint: u32) -> u64 {
    u64::from(fingerprint) << 32 | u64::from(fingerprint)
}
