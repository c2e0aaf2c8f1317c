//! All sub-rules compiled together.

pub mod address_blocks;
pub mod folding;
mod folding_table;
pub mod numeric_ranges;
pub mod path_trie;
pub mod prefixes;
pub mod shrink;
pub mod wildcards;
