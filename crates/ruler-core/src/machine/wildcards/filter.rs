//! Says of nearly all grams of a value that nothing is filed under them: one load and a few shifts each.
//!
//! A Bloom filter of two bits, both in one word. It answers "no" only when the gram was not added since it was built.
//! Grams are not taken out: the owner builds it anew when too many that were added are gone.

use std::hash::{BuildHasher, RandomState};

/// Grams a word when the filter is full: about 1 stray gram in 70 then passes, and costs a look-up of some 10 ns.
const GRAMS_PER_WORD: usize = 4;

#[derive(Debug)]
pub struct GramFilter {
    words: Box<[u64]>, // a power of two, or none
    shift: u32,
    multiplier: u64,
    room: usize, // grams that may still be added before the filter lets too many through
    gone: usize, // grams that were removed, and are let through all the same
}

impl Default for GramFilter {
    fn default() -> GramFilter {
        GramFilter { words: Box::default(), shift: u64::BITS - 1, multiplier: 1, room: 0, gone: 0 }
    }
}

impl GramFilter {
    /// A filter of `grams`, with room for as many again.
    pub fn of(grams: impl ExactSizeIterator<Item = u64>) -> GramFilter {
        if grams.len() == 0 {
            return GramFilter::default();
        }
        let words = (grams.len() * 2).div_ceil(GRAMS_PER_WORD).next_power_of_two().max(4);
        let mut filter = GramFilter {
            words: vec![0; words].into(),
            shift: 64 - words.trailing_zeros(),
            // Drawn, so that nobody can write grams that all pass.
            multiplier: RandomState::new().hash_one(words) | 1,
            room: words * GRAMS_PER_WORD,
            gone: 0,
        };
        grams.for_each(|gram| filter.insert(gram));
        filter
    }

    /// Whether nothing was ever added.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether `gram` may have been added.
    #[inline]
    pub fn may_hold(&self, gram: u64) -> bool {
        let (word, bits) = self.place(gram);
        self.words.get(word).copied().unwrap_or(0) & bits == bits
    }

    /// Add `gram`; false when the filter has no room for it and must be built anew.
    #[must_use]
    pub fn add(&mut self, gram: u64) -> bool {
        let has_room = self.room > 0;
        if has_room {
            self.insert(gram);
        }
        has_room
    }

    /// Note that a gram is gone; false when so many are that the filter must be built anew.
    #[must_use]
    pub fn remove(&mut self) -> bool {
        self.gone += 1;
        self.gone <= self.words.len() * GRAMS_PER_WORD / 4
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.words)
    }

    fn insert(&mut self, gram: u64) {
        self.room -= 1;
        let (word, bits) = self.place(gram);
        self.words[word] |= bits;
    }

    #[inline]
    fn place(&self, gram: u64) -> (usize, u64) {
        // The highest bits of the product, since only they depend on all of the gram.
        let hash = gram.wrapping_add(1).wrapping_mul(self.multiplier);
        let bits = 1 << ((hash >> (self.shift - 6)) & 63) | 1 << ((hash >> (self.shift - 12)) & 63);
        ((hash >> self.shift) as usize, bits)
    }
}
