//! How many of the stored wildcards contain a gram: what rules look for often, values have often too.
//!
//! ```text
//! *accessToken*  *accessRule*  *accessMap*      "acce" 3    "ssRu" 1: better to find the second by
//! ```
//!
//! One row of counters, addressed by a hash. Grams that share a counter are taken to be more frequent than they are,
//! which costs time at worst. Always: adding and removing the same grams leaves no trace.

use super::literals::for_each_gram;

/// Counters a wildcard: ordinary ones have ten grams, many of them in common.
const COUNTERS_EACH: usize = 8;

#[derive(Debug, Default)]
pub struct GramCounts {
    counters: Box<[u32]>, // a power of two, or none
    shift: u32,
}

impl GramCounts {
    /// Counters for twice as many wildcards as there are.
    pub fn with_room(wildcards: usize) -> GramCounts {
        if wildcards == 0 {
            return GramCounts::default();
        }
        let size = (wildcards * 2 * COUNTERS_EACH).next_power_of_two().max(64);
        GramCounts { counters: vec![0; size].into(), shift: 64 - size.trailing_zeros() }
    }

    /// Whether so many wildcards are too many, or so few that the counters take too much memory.
    pub fn fits(&self, wildcards: usize) -> bool {
        let most = self.counters.len() / COUNTERS_EACH;
        if wildcards == 0 {
            return most == 0;
        }
        wildcards <= most && (wildcards > most / 16 || most <= 8)
    }

    pub fn add<P: AsRef<[u8]>>(&mut self, pieces: &[P]) {
        for_each_gram(pieces, |gram| {
            if let Some(counter) = self.counters.get_mut(place(self.shift, gram)) {
                *counter = counter.saturating_add(1);
            }
        });
    }

    pub fn remove<P: AsRef<[u8]>>(&mut self, pieces: &[P]) {
        for_each_gram(pieces, |gram| {
            if let Some(counter) = self.counters.get_mut(place(self.shift, gram)) {
                *counter = counter.saturating_sub(1);
            }
        });
    }

    /// About how many wildcards contain `gram`; never too few.
    #[inline]
    pub fn count(&self, gram: u32) -> u32 {
        self.counters.get(place(self.shift, gram)).copied().unwrap_or(0)
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.counters)
    }
}

/// Not drawn: whoever writes wildcards whose grams collide makes some of them cost more, as one that is frequent does.
#[inline]
fn place(shift: u32, gram: u32) -> usize {
    (u64::from(gram).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize
}
