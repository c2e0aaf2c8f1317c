//! All sub-rules compiled together.

pub mod path_trie;
