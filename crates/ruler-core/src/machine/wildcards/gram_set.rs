//! Says of most pieces that they do not occur in a value, at a fraction of what looking for them costs.
//!
//! The four-byte grams of the value in a set of 4,096 bits. Candidates that share a word with the value and miss
//! another are the common case when many wildcards have several pieces. What it gains is not settled: one run each
//! gave 49 microseconds with it and 61 without for 100,000 wildcards `*word*word*` over 400 bytes, and no difference
//! for 10,000 (2026-11-21, `cargo run --release -p ruler-core --example index_costs wildcards`, a busy machine).

use super::literals::GRAM;

/// Questions that are not worth making the set for.
const FREE_QUESTIONS: u32 = 4;

/// In longer values so many bits are set that asking says little.
const LONGEST_VALUE: usize = 2048;

const WORDS: usize = 64;

#[derive(Debug)]
pub struct GramSet {
    words: [u64; WORDS],
    questions: u32, // asked of the value at hand
}

impl Default for GramSet {
    fn default() -> GramSet {
        GramSet { words: [0; WORDS], questions: 0 }
    }
}

impl GramSet {
    /// Forget the value.
    pub fn clear(&mut self) {
        self.questions = 0;
    }

    /// False only when `piece` does not occur in `value`, which must be the same until the set is cleared.
    #[inline]
    pub fn may_occur(&mut self, value: &[u8], piece: &[u8]) -> bool {
        let (Some(first), Some(last)) = (piece.first_chunk::<GRAM>(), piece.last_chunk::<GRAM>()) else { return true };
        if self.questions < FREE_QUESTIONS || value.len() > LONGEST_VALUE {
            self.questions += 1;
            return true;
        }
        if self.questions == FREE_QUESTIONS {
            self.questions += 1;
            self.fill(value);
        }
        self.holds(*first) && self.holds(*last)
    }

    #[cold]
    fn fill(&mut self, value: &[u8]) {
        self.words = [0; WORDS];
        for at in 0..value.len().saturating_sub(GRAM - 1) {
            if let Some(gram) = value[at..].first_chunk() {
                let (word, bit) = place(*gram);
                self.words[word] |= bit;
            }
        }
    }

    #[inline]
    fn holds(&self, gram: [u8; GRAM]) -> bool {
        let (word, bit) = place(gram);
        self.words[word] & bit != 0
    }
}

/// By the high bits of a product, as in `GramFilter`; not drawn, since the worst a hostile value can do is to fill
/// the set, and then every piece is looked for.
#[inline]
fn place(gram: [u8; GRAM]) -> (usize, u64) {
    let hash = u32::from_le_bytes(gram).wrapping_mul(0x9E37_79B1) >> 20;
    (hash as usize / 64, 1 << (hash % 64))
}
