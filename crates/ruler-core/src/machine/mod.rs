//! All sub-rules compiled together: adding, removing, and the walk of one event. The twin of `ruler/machine`.
//!
//! In: sub-rules under rule ids, and events as fields. Out: the ids of the rules that match.
//!
//! - `path_trie`        the paths that rules use
//! - `pattern` `clause` what is interned, and who needs it; `value_matcher` finds the patterns that accept a value
//! - `name_state`       the trie of clauses; `canonical_order` the order in which a sub-rule takes its way through it
//! - `build`            adds and removes sub-rules
//! - `opposite`         what an anything-but that excludes ranges leaves of the numbers
//! - `outcome` `follow` `follow_rare` what values do to clauses, and which edges are followed then
//! - `walk`             one event; `trail_walk`, `trail_views`, `consistency` where array elements must be told apart
//! - `scratch`          what a thread keeps from event to event
//! - `describe` `check` parts counted and listed; every invariant asserted
//!
//! Everything has a number and lies in a slab (`slab.rs`, `id_set.rs`): at a million rules what counts is how many
//! bytes a rule takes and how many cache lines an event touches. Reading a machine changes nothing, so any number of
//! threads may match with scratches of their own.

pub mod address_blocks;
mod build;
mod canonical_order;
mod check;
mod clause;
mod consistency;
mod describe;
pub mod folding;
mod folding_table;
mod follow;
mod follow_rare;
mod id_set;
mod name_state;
mod number_cells;
pub mod numeric_ranges;
mod opposite;
mod outcome;
pub mod path_trie;
mod pattern;
pub mod prefixes;
pub mod regexps;
mod scratch;
pub mod shrink;
mod slab;
#[cfg(test)]
mod tests;
mod trail_views;
mod trail_walk;
mod value_matcher;
mod walk;
pub mod wildcards;

pub use describe::{StateView, Stats};
pub use scratch::Scratch;

use clause::{ClauseNode, Inner, PatternList};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use id_set::{IdSet, IdSets};
use name_state::States;
use path_trie::PathTrie;
use pattern::{Links, PatternNode};
use slab::Slab;
use std::sync::atomic::{AtomicU64, Ordering};
use value_matcher::ValueMatcher;

/// A rule of a machine. Ids are used again after removal.
pub type RuleId = u32;

/// The elements of an event's arrays combine in too many ways to tell which rules match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyCombinations;

/// All rules compiled together.
#[derive(Default)]
pub struct Machine {
    paths: PathTrie,
    /// By path id; those of used paths.
    matchers: Vec<Option<Box<ValueMatcher>>>,
    patterns: Slab<PatternNode>,
    links: Slab<Links>,
    clauses: Slab<ClauseNode>,
    lists: Slab<PatternList>,
    /// The clauses with several patterns, by path and patterns.
    listed: HashTable<u32>,
    /// By clause: the inner ones.
    inners: HashMap<u32, Inner>,
    states: States,
    rules: Slab<Rule>,
    sets: IdSets,
    hasher: DefaultHashBuilder,
    final_count: usize,
    next_order: u64,
    version: Version,
}

#[derive(Default)]
struct Rule {
    /// Ascending in the order in which rules were reserved.
    order: u64,
    /// The states in which its sub-rules end.
    finals: IdSet,
}

/// Differs between any two machines and any two contents of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    machine: u64,
    changes: u64,
}

impl Default for Version {
    fn default() -> Version {
        static MACHINES: AtomicU64 = AtomicU64::new(1);
        Version { machine: MACHINES.fetch_add(1, Ordering::Relaxed), changes: 0 }
    }
}

impl Machine {
    /// The paths that rules use, for whoever reads events.
    #[inline]
    pub fn paths(&self) -> &PathTrie {
        &self.paths
    }

    /// Where a rule stands in the order of answers: ascending as they were reserved.
    pub fn order_of(&self, rule: RuleId) -> u64 {
        self.rules[rule].order
    }

    #[inline]
    fn matcher(&self, path: path_trie::PathId) -> Option<&ValueMatcher> {
        self.matchers.get(path.index())?.as_deref()
    }
}
