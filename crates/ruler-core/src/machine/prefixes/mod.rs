//! Finds all stored texts that a value begins or ends with, in one pass. The twin of `ruler/machine/prefixes.py`.
//!
//! ```text
//! "ab", "abcd", "abx":   root ──"ab"──▶ ● ──"cd"──▶ ●
//!                                       └──"x"───▶ ●
//! ```
//!
//! A radix trie: each edge is a piece of text, each node may hold the id of the text that leads to it. Suffixes use
//! the same trie read from the end: neither values nor texts are turned around.
//!
//! - `trie`       the nodes, and how they are split and joined
//! - `children`   which child of a node a byte leads to
//! - `reading`    what reading forward and backward differ in

mod children;
mod reading;
#[cfg(test)]
mod tests;
mod trie;

use reading::{Backward, Forward};
use trie::Trie;

/// The stored texts that a value begins with.
#[derive(Debug, Default)]
pub struct PrefixIndex(Trie<Forward>);

/// The stored texts that a value ends with.
#[derive(Debug, Default)]
pub struct SuffixIndex(Trie<Backward>);

macro_rules! trie_index {
    ($index:ty, $finds:literal) => {
        impl $index {
            /// Store `id` under `text`, which must not be stored yet; it may be empty.
            pub fn add(&mut self, text: &[u8], id: u32) {
                self.0.add(text, id);
            }

            /// Forget `text`.
            pub fn remove(&mut self, text: &[u8]) {
                self.0.remove(text);
            }

            #[doc = $finds]
            #[inline]
            pub fn find(&self, value: &[u8], found: &mut Vec<u32>) {
                self.0.find(value, found);
            }

            /// How many texts are stored.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            pub fn is_empty(&self) -> bool {
                self.0.len() == 0
            }

            /// Bytes held.
            pub fn memory_bytes(&self) -> usize {
                self.0.memory_bytes()
            }
        }
    };
}

trie_index!(PrefixIndex, "Appends the ids of the texts that `value` begins with, the shortest first.");
trie_index!(SuffixIndex, "Appends the ids of the texts that `value` ends with, the shortest first.");
