//! Interned clauses: one node for each distinct clause of a path, however many edges it is on.
//!
//! A part of an all-of, and what a none-of excludes, are clauses too: *inner clauses*, which other clauses of their path
//! need whether they are on an edge or not. `Inner` says who needs one; few clauses have it.
//!
//! Most clauses have one pattern, are found through it, and are on one edge; they are kept in 20 bytes. Always: a
//! clause is on an edge or inner.

use super::id_set::{IdSet, IdSets};
use super::slab::NONE;
use crate::machine::path_trie::PathId;
use crate::model::NumericRange;

/// How a clause is judged on a value: see `value_matcher.py`. Mostly as its loosest pattern, so they ascend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No value satisfies it.
    None,
    /// Only patterns that an index finds.
    Closed,
    /// Also numeric ranges.
    Ranged,
    /// Also all-ofs with some part of the kinds above.
    Compound,
    /// Also an anything-but that excludes ranges: ranged for numbers, open for other values.
    Split,
    /// Also other all-ofs that are not open: they are tried one by one.
    Judged,
    /// Also patterns that accept almost every value: anything-but, and all-ofs of nothing else.
    Open,
    /// Every value satisfies it.
    Always,
}

impl Kind {
    /// Whether what satisfies the clause is found by indexes, and so names it.
    #[inline]
    pub fn is_named(self) -> bool {
        matches!(self, Kind::Closed | Kind::Ranged | Kind::Compound)
    }

    #[inline]
    pub fn is_open(self) -> bool {
        self >= Kind::Open
    }
}

/// When a clause holds without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    Never,
    /// When its path has no value.
    Absent,
    /// When one of its none-ofs holds, which their inner clauses decide: its *guards*. One is named by what it accepts.
    Closed,
    /// The same, and each of the guards accepts almost every value.
    Open,
    /// The same, and the guards are of other kinds: they are tried one by one.
    Judged,
}

impl Guards {
    /// Whether it may hold where its path has values, whatever a match reaches.
    #[inline]
    pub fn judge_values(self) -> bool {
        !matches!(self, Guards::Never | Guards::Absent)
    }
}

pub struct ClauseNode {
    pub path: PathId,
    /// The pattern, when there is one; else in `Machine::lists`, or NONE without any.
    pub patterns: u32,
    pub edge_count: u32,
    /// The states its edges lead to, xor-ed together: the only one, when there is one.
    pub edge_xor: u32,
    pub kind: Kind,
    pub guards: Guards,
    pub is_single: bool,
    /// Whether `Machine::inners` says who needs it.
    pub is_inner: bool,
}

impl ClauseNode {
    #[inline]
    pub fn holds_when_absent(&self) -> bool {
        self.guards != Guards::Never
    }
}

impl Default for ClauseNode {
    fn default() -> ClauseNode {
        ClauseNode {
            path: PathId::ROOT,
            patterns: NONE,
            edge_count: 0,
            edge_xor: 0,
            kind: Kind::None,
            guards: Guards::Never,
            is_single: false,
            is_inner: false,
        }
    }
}

const _: () = assert!(size_of::<ClauseNode>() == 20);

/// The patterns of a clause that has several, or a none-of.
#[derive(Default)]
pub struct PatternList {
    /// All that values are judged by, ascending.
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
    /// Ascending; also among `PatternList::patterns`.
    pub all_ofs: Box<[u32]>,
    /// The inner clauses of the none-ofs, ascending.
    pub guards: Box<[u32]>,
    /// Whether `{"exists": false}` stands beside them.
    pub has_absent: bool,
}

impl PatternList {
    pub fn all_ofs(&self) -> &[u32] {
        self.rare.as_ref().map_or(&[], |rare| &rare.all_ofs)
    }

    pub fn guards(&self) -> &[u32] {
        self.rare.as_ref().map_or(&[], |rare| &rare.guards)
    }

    pub fn memory_bytes(&self) -> usize {
        let rare = self
            .rare
            .as_ref()
            .map_or(0, |rare| size_of_val(&**rare) + 4 * (rare.split.len() + rare.all_ofs.len() + rare.guards.len()));
        size_of_val(&*self.patterns) + size_of_val(&*self.open) + size_of_val(&*self.ranges) + rare
    }

    /// The anything-buts that exclude ranges.
    pub fn split(&self) -> &[u32] {
        self.rare.as_ref().map_or(&[], |rare| &rare.split)
    }
}

/// Who needs an inner clause.
#[derive(Default)]
pub struct Inner {
    /// How often an all-of has it as a part, or a clause as a guard.
    pub use_count: u32,
    /// The all-ofs that are looked for when it accepts a value: one part of each that has a part which is named so.
    pub keyed: IdSet,
    /// The all-ofs of open parts, which are in doubt when it may not accept a value.
    pub doubted: IdSet,
    /// The clauses whose guard it is: of `Guards::Closed` the first that is named so, of others each.
    pub guarded: IdSet,
}

impl Inner {
    pub fn sets(&self) -> [IdSet; 3] {
        [self.keyed, self.doubted, self.guarded]
    }

    /// How many it names.
    pub fn name_count(&self, sets: &IdSets) -> usize {
        self.sets().iter().map(|&set| sets.len(set)).sum()
    }
}
