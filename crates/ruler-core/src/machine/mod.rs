//! All sub-rules compiled together.

pub mod path_trie;
pub mod prefixes;
pub mod shrink;
pub mod wildcards;
