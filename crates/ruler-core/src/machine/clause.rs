//! Interned clauses: one node for each distinct clause of a path, however many edges it is on.
//!
//! Most clauses have one pattern, are found through it, and are on one edge; they are kept in 20 bytes. Always: a
//! clause is on an edge.

use super::slab::NONE;
use crate::machine::path_trie::PathId;
use crate::model::NumericRange;

/// How a clause is judged on a value: see `value_matcher.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value satisfies it.
    None,
    /// Only patterns that an index finds.
    Closed,
    /// Also an anything-but that excludes ranges: ranged for numbers, open for other values.
    Split,
    /// Also numeric ranges.
    Ranged,
    /// Also patterns that accept almost every value.
    Open,
}

pub struct ClauseNode {
    pub path: PathId,
    /// The pattern, when there is one; else in `Machine::lists`, or NONE without any.
    pub patterns: u32,
    pub edge_count: u32,
    /// The states its edges lead to, xor-ed together: the only one, when there is one.
    pub edge_xor: u32,
    pub kind: Kind,
    pub is_single: bool,
    /// Every value satisfies it.
    pub always: bool,
    pub holds_when_absent: bool,
}

impl Default for ClauseNode {
    fn default() -> ClauseNode {
        ClauseNode {
            path: PathId::ROOT,
            patterns: NONE,
            edge_count: 0,
            edge_xor: 0,
            kind: Kind::None,
            is_single: false,
            always: false,
            holds_when_absent: false,
        }
    }
}

const _: () = assert!(size_of::<ClauseNode>() == 20);

/// The patterns of a clause that has several.
#[derive(Default)]
pub struct PatternList {
    /// All, ascending; without absence.
    pub patterns: Box<[u32]>,
    /// The anything-buts, but for those that exclude ranges.
    pub open: Box<[u32]>,
    pub ranges: Box<[NumericRange]>,
    pub rare: Option<Box<RarePatterns>>,
}

/// What few lists have.
#[derive(Default)]
pub struct RarePatterns {
    /// The anything-buts that exclude ranges.
    pub split: Box<[u32]>,
}

impl PatternList {
    pub fn memory_bytes(&self) -> usize {
        let rare = self.rare.as_ref().map_or(0, |rare| size_of_val(&**rare) + size_of_val(&*rare.split));
        size_of_val(&*self.patterns) + size_of_val(&*self.open) + size_of_val(&*self.ranges) + rare
    }

    /// The anything-buts that exclude ranges.
    pub fn split(&self) -> &[u32] {
        self.rare.as_ref().map_or(&[], |rare| &rare.split)
    }
}
