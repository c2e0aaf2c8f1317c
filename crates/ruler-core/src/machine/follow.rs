//! Which edges of a state are followed on an outcome; at each the smaller side is gone through. See `walk.py`.
//!
//! The kinds that few states have are followed in `follow_rare.rs`.

use super::clause::Kind;
use super::id_set::hash_id;
use super::name_state::{EdgeMap, Edges};
use super::outcome::{dedup_tail, BlockedView, View};
use super::path_trie::PathId;
use super::pattern::Own;
use super::slab::NONE;
use super::{Machine, Version};
use smallvec::SmallVec;

/// So few clauses are looked up without asking whether there are fewer edges.
const FEW_CLAUSES: usize = 2;

/// So few ranged edges are judged one by one, without listing the ranges that contain a number.
pub const FEW_RANGES: usize = 16;

/// Open or rare edges, fewer than which are not worth remembering which of them are followed.
const MANY_OPEN: usize = 64;
/// Hits by which such answers are remembered.
const MOST_HITS: usize = 4;
const REMEMBERED: usize = 64;
const LONGEST_REMEMBERED: usize = 4096;

/// Which edges are followed on values that few of many are followed on: going through ten thousand anything-buts that
/// exclude the same common value, to find that three do not, is done once a value and not once an event. Also through
/// the edges of rare kinds of a state and path.
#[derive(Default)]
pub struct OpenMemo {
    answers: Vec<Option<OpenAnswer>>,
}

/// Edges whose answers are remembered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    Open(EdgeMap),
    Rare(PathId),
}

struct OpenAnswer {
    version: Version,
    state: u32,
    edges: Remembered,
    hits: SmallVec<[u32; MOST_HITS]>,
    is_blocked: bool,
    followed: Vec<u32>,
}

impl OpenMemo {
    fn slot(state: u32, hits: &[u32]) -> usize {
        let hash = hits.iter().fold(hash_id(state), |hash, &hit| hash.rotate_left(5) ^ hash_id(hit));
        (hash % REMEMBERED as u64) as usize
    }

    /// Append to `found` what `follow` does for `edges`, of which there are so many, remembered where that pays.
    ///
    /// An outcome without numbers is all in its hits, if not in the anything-buts that are listed as blocked.
    pub(super) fn remember(
        &mut self,
        machine: &Machine,
        (state, edges, edge_count): (u32, Remembered, usize),
        outcome: &View<'_>,
        found: &mut Vec<u32>,
        follow: impl FnOnce(&mut OpenMemo, &mut Vec<u32>),
    ) {
        let is_remembered = edge_count > MANY_OPEN
            && outcome.hits.len() <= MOST_HITS
            && outcome.numbers.is_empty()
            && outcome.is_of_hits();
        if !is_remembered {
            follow(self, found);
            return;
        }
        self.answers.resize_with(REMEMBERED, || None);
        let slot = OpenMemo::slot(state, outcome.hits);
        let is_blocked = matches!(outcome.blocked, BlockedView::ByHits);
        if let Some(known) = &self.answers[slot] {
            let is_this = known.version == machine.version && known.state == state && known.edges == edges;
            if is_this && known.is_blocked == is_blocked && *known.hits == *outcome.hits {
                found.extend_from_slice(&known.followed);
                return;
            }
        }
        let start = found.len();
        follow(self, found);
        let followed = &found[start..];
        if followed.len() <= LONGEST_REMEMBERED && followed.len() < edge_count / 4 {
            self.answers[slot] = Some(OpenAnswer {
                version: machine.version,
                state,
                edges,
                hits: outcome.hits.into(),
                is_blocked,
                followed: followed.to_vec(),
            });
        }
    }
}

impl Machine {
    /// Append to `found` the state behind each edge that a value with this outcome satisfies, each once.
    #[inline]
    pub(super) fn follow(
        &self,
        state: u32,
        edges: &Edges,
        outcome: &View<'_>,
        memo: &mut OpenMemo,
        found: &mut Vec<u32>,
    ) {
        if !edges.closed.is_empty() && !outcome.hits.is_empty() {
            self.follow_hits(state, edges.closed, Kind::Closed, outcome.hits, found);
        }
        if !edges.ranged.is_empty() {
            self.follow_ranged(state, edges.path, edges.ranged, Kind::Ranged, outcome, found);
        }
        if !edges.open.is_empty() {
            self.follow_open(state, edges.open, Kind::Open, outcome, memo, found);
        }
        if edges.have_rare() {
            self.follow_rare(state, edges, outcome, memo, found);
        }
    }

    /// Follow the edges of `map`, whose clauses are of `kind`, closed, ranged or split, and have one of `hits`.
    pub(super) fn follow_hits(&self, state: u32, map: EdgeMap, kind: Kind, hits: &[u32], found: &mut Vec<u32>) {
        if let Some(next) = map.single() {
            if self.is_hit(&self.clauses[self.states.states[next].clause], hits) {
                found.push(next);
            }
            return;
        }
        if hits.len() > 1 || self.patterns[hits[0]].links != NONE {
            let clause_count: usize = hits.iter().map(|&hit| self.clause_count(hit)).sum();
            if clause_count > FEW_CLAUSES && self.states.edge_count(map) < clause_count {
                let is_hit = |&next: &u32| self.is_hit(&self.clauses[self.states.states[next].clause], hits);
                found.extend(self.states.edges(map).filter(is_hit));
                return;
            }
        }
        let start = found.len();
        for &hit in hits {
            let node = &self.patterns[hit];
            if kind == Kind::Closed {
                match node.own() {
                    Own::State(next) if self.states.states[next].parent == state => found.push(next),
                    Own::Clause(clause) => found.extend(self.states.shared_edge(state, clause)),
                    _ => {}
                }
            }
            if node.links != NONE {
                let clauses = self.sets.iter(self.links[node.links].clauses);
                found.extend(clauses.filter_map(|clause| self.edge(state, clause, kind)));
            }
        }
        if hits.len() > 1 && found.len() > start + 1 {
            found[start..].sort_unstable(); // a clause that is reached through several patterns is followed once
            dedup_tail(found, start);
        }
    }

    /// The state behind the edge of `clause` from `state`, if the clause is of this kind.
    #[inline]
    pub(super) fn edge(&self, state: u32, clause: u32, kind: Kind) -> Option<u32> {
        let node = &self.clauses[clause];
        self.states.edge(state, clause, node).filter(|_| node.kind == kind)
    }

    pub(super) fn clause_count(&self, pattern: u32) -> usize {
        let node = &self.patterns[pattern];
        let own = usize::from(node.own() != Own::Nothing);
        own + if node.links == NONE { 0 } else { self.sets.len(self.links[node.links].clauses) }
    }

    /// Follow the edges of clauses that have ranges, or `Kind::Split` where all values are numbers.
    pub(super) fn follow_ranged(
        &self,
        state: u32,
        path: PathId,
        map: EdgeMap,
        kind: Kind,
        outcome: &View<'_>,
        found: &mut Vec<u32>,
    ) {
        let &View { hits, numbers, .. } = outcome;
        if numbers.is_empty() {
            if !hits.is_empty() {
                self.follow_hits(state, map, kind, hits, found);
            }
            return;
        }
        let edge_count = self.states.edge_count(map);
        let start = found.len();
        if edge_count > FEW_RANGES && self.follow_ranges(state, path, kind, outcome, edge_count, found) {
            if !hits.is_empty() {
                self.follow_hits(state, map, kind, hits, found);
            }
            found[start..].sort_unstable();
            dedup_tail(found, start);
            return;
        }
        found.extend(self.states.edges(map).filter(|&next| {
            let clause = &self.clauses[self.states.states[next].clause];
            self.is_hit(clause, hits) || self.contains_any(clause, numbers)
        }));
    }

    /// Follow the edges with a range that contains a number; false, and none, when that takes too many ranges.
    fn follow_ranges(
        &self,
        state: u32,
        path: PathId,
        kind: Kind,
        outcome: &View<'_>,
        at_most: usize,
        found: &mut Vec<u32>,
    ) -> bool {
        let Some(ranges) = self.matcher(path).and_then(|matcher| matcher.ranges.as_ref()) else { return true };
        let mut patterns = Vec::new();
        for &number in outcome.numbers {
            if !ranges.find(number, at_most - patterns.len(), &mut patterns) {
                return false;
            }
        }
        if kind == Kind::Split {
            let mut splits: Vec<u32> = patterns.iter().flat_map(|&range| self.excluders(range)).collect();
            splits.sort_unstable();
            splits.dedup();
            if splits.iter().map(|&split| self.clause_count(split)).sum::<usize>() > at_most {
                return false;
            }
            patterns.append(&mut splits);
        }
        for pattern in patterns {
            let edges = self.clauses_with(pattern).filter_map(|clause| self.edge(state, clause, kind));
            edges.for_each(|next| found.push(next)); // `extend` would ask for each again where to go on
        }
        true
    }

    /// The clauses with a pattern, inner ones among them.
    #[inline(always)] // else it is made in memory for each pattern, at the price of all that is done with it
    pub(super) fn clauses_with(&self, pattern: u32) -> impl Iterator<Item = u32> + '_ {
        let links = self.patterns[pattern].links;
        let listed = if links == NONE { Default::default() } else { self.links[links].clauses };
        self.own_clause(pattern).into_iter().chain(self.sets.iter(listed))
    }

    #[inline(never)]
    pub(super) fn follow_open(
        &self,
        state: u32,
        map: EdgeMap,
        kind: Kind,
        outcome: &View<'_>,
        memo: &mut OpenMemo,
        found: &mut Vec<u32>,
    ) {
        if outcome.blocks_nothing(kind == Kind::Open) {
            found.extend(self.states.edges(map));
            return;
        }
        let edges = (state, Remembered::Open(map), self.states.edge_count(map));
        memo.remember(self, edges, outcome, found, |_, found| self.follow_unblocked(state, map, kind, outcome, found));
    }

    /// Follow open edges when some anything-buts are blocked. Only clauses of those can fail: go through them, or
    /// through the edges if they are fewer.
    fn follow_unblocked(&self, state: u32, map: EdgeMap, kind: Kind, outcome: &View<'_>, found: &mut Vec<u32>) {
        if let Some(only) = map.single() {
            if self.accepts(self.states.states[only].clause, outcome) {
                found.push(only);
            }
            return;
        }
        let mut failing: Vec<u32> = Vec::new();
        let are_few = self.each_doubtful(&doubt(kind, outcome), self.states.edge_count(map), |clause| {
            if let Some(next) = self.edge(state, clause, kind) {
                if !self.accepts(clause, outcome) {
                    failing.push(next);
                }
            }
        });
        if !are_few {
            let accepts = |&next: &u32| self.accepts(self.states.states[next].clause, outcome);
            found.extend(self.states.edges(map).filter(accepts));
            return;
        }
        failing.sort_unstable();
        found.extend(self.states.edges(map).filter(|next| failing.binary_search(next).is_err()));
    }
}

/// By what clauses of a kind may fail: with an all-of, by the value that blocks least, as each part asks of one value.
#[inline]
fn doubt<'a>(kind: Kind, outcome: &View<'a>) -> View<'a> {
    match kind {
        Kind::Open => outcome.least_blocked(),
        _ => *outcome,
    }
}
