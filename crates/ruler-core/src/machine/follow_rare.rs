//! Following the edges of the kinds that few states have: clauses with an all-of, and those with guards (none-of).
//!
//! From what indexes found one gets to these through inner clauses (`clause.rs`): a pattern that is hit is in a part of
//! an all-of, which may be in a part of another, or in a guard. So clauses are named by what the value does, and rules
//! are tried one by one only where those at hand are fewer.

use super::clause::{Guards, Inner, Kind};
use super::follow::{OpenMemo, Remembered};
use super::name_state::{EdgeMap, Edges};
use super::outcome::{dedup_tail, BlockedView, View};
use super::path_trie::PathId;
use super::Machine;

/// So few edges are judged one by one, without looking for what else could be named.
const FEW_EDGES: usize = 4;

impl Machine {
    #[cold]
    pub(super) fn follow_rare(
        &self,
        state: u32,
        edges: &Edges,
        outcome: &View<'_>,
        memo: &mut OpenMemo,
        found: &mut Vec<u32>,
    ) {
        let rare = self.states.rare(edges);
        let edge_count = rare.maps().into_iter().map(|map| self.states.edge_count(map)).sum();
        let all = (state, Remembered::Rare(edges.path), edge_count);
        memo.remember(self, all, outcome, found, |memo, found| {
            self.follow_rare_values(state, edges, outcome, memo, found);
            self.follow_rare_guards(state, edges, outcome, found);
        });
    }

    /// Follow the edges that are followed although the path has values.
    fn follow_rare_guards(&self, state: u32, edges: &Edges, outcome: &View<'_>, found: &mut Vec<u32>) {
        let rare = self.states.rare(edges);
        if !rare.guarded.is_empty() {
            self.follow_guarded(state, edges.path, rare.guarded, outcome, found);
        }
        if !rare.guarded_open.is_empty() {
            self.follow_open_guarded(state, rare.guarded_open, outcome, found);
        }
        let holds = |&next: &u32| self.holds_apart(next, outcome);
        found.extend(self.states.edges(rare.guarded_judged).filter(holds));
    }

    /// Follow those edges of these kinds that are followed because of a value.
    pub(super) fn follow_rare_values(
        &self,
        state: u32,
        edges: &Edges,
        outcome: &View<'_>,
        memo: &mut OpenMemo,
        found: &mut Vec<u32>,
    ) {
        let rare = self.states.rare(edges);
        if !rare.compound.is_empty() {
            self.follow_compound(state, edges.path, rare.compound, outcome, found);
        }
        if outcome.has_others && !rare.split.is_empty() {
            self.follow_open(state, rare.split, Kind::Split, outcome, memo, found);
        } else if !rare.split.is_empty() {
            self.follow_ranged(state, edges.path, rare.split, Kind::Split, outcome, found);
        }
        let accepts = |&next: &u32| self.accepts(self.states.states[next].clause, outcome);
        found.extend(self.states.edges(rare.judged).filter(accepts));
    }

    /// Follow the edges of clauses with an all-of that some part names.
    fn follow_compound(&self, state: u32, path: PathId, map: EdgeMap, outcome: &View<'_>, found: &mut Vec<u32>) {
        let edge_count = self.states.edge_count(map);
        let start = found.len();
        for value in outcome.each() {
            let before = found.len();
            let are_named = edge_count > FEW_EDGES
                && self.each_satisfied(path, &value, edge_count, |clause| {
                    found.extend(self.edge(state, clause, Kind::Compound));
                });
            if !are_named {
                found.truncate(before);
                let accepts = |&next: &u32| self.accepts(self.states.states[next].clause, &value);
                found.extend(self.states.edges(map).filter(accepts));
            }
        }
        found[start..].sort_unstable();
        dedup_tail(found, start);
    }

    /// Follow the edges of clauses that hold although their path has values: unless each of their guards accepts one.
    ///
    /// What a value satisfies names the clauses that may fail, through one of their guards.
    fn follow_guarded(&self, state: u32, path: PathId, map: EdgeMap, outcome: &View<'_>, found: &mut Vec<u32>) {
        let edge_count = self.states.edge_count(map);
        let mut failing: Vec<u32> = Vec::new();
        let mut note = |clause: u32| {
            for (guarded, next) in self.guarded_edges(state, clause, Guards::Closed) {
                if !self.holds_without(guarded, outcome) {
                    failing.push(next);
                }
            }
        };
        let are_named = edge_count > FEW_EDGES
            && outcome.each().all(|value| self.each_satisfied(path, &value, edge_count, &mut note));
        failing.sort_unstable();
        let holds = |next: &u32| match are_named {
            true => failing.binary_search(next).is_err(),
            false => self.holds_without(self.states.states[*next].clause, outcome),
        };
        let followed = self.states.edges(map).filter(holds);
        found.extend(followed.filter(|&next| !self.is_followed(next, outcome)));
    }

    /// The same where every guard is open: most values are accepted, so what is blocked names the clauses that hold.
    fn follow_open_guarded(&self, state: u32, map: EdgeMap, outcome: &View<'_>, found: &mut Vec<u32>) {
        let edge_count = self.states.edge_count(map);
        let mut named: Vec<u32> = Vec::new();
        let are_named = edge_count > FEW_EDGES
            && self.each_doubtful(&outcome.least_blocked(), edge_count, |clause| {
                named.extend(self.guarded_edges(state, clause, Guards::Open).map(|(_, next)| next));
            });
        if !are_named {
            named.clear();
            named.extend(self.states.edges(map));
        }
        named.sort_unstable();
        named.dedup();
        found.extend(named.into_iter().filter(|&next| self.holds_apart(next, outcome)));
    }

    /// Whether the clause on the edge to a state holds without a value, and the edge is not followed anyway.
    fn holds_apart(&self, state: u32, outcome: &View<'_>) -> bool {
        self.holds_without(self.states.states[state].clause, outcome) && !self.is_followed(state, outcome)
    }

    /// Whether the edge to a state is followed because of the values.
    fn is_followed(&self, state: u32, outcome: &View<'_>) -> bool {
        let clause = self.states.states[state].clause;
        self.clauses[clause].kind != Kind::None && self.accepts(clause, outcome)
    }

    /// The edges from `state` of the clauses that `clause` guards.
    fn guarded_edges(&self, state: u32, clause: u32, guards: Guards) -> impl Iterator<Item = (u32, u32)> + '_ {
        let guarded = self.inner(clause).map_or(Default::default(), |inner| inner.guarded);
        self.sets.iter(guarded).filter_map(move |guarded| {
            let node = &self.clauses[guarded];
            let next = self.states.edge(state, guarded, node).filter(|_| node.guards == guards);
            next.map(|next| (guarded, next))
        })
    }

    /// What is known of a clause as an inner one.
    #[inline]
    pub(super) fn inner(&self, clause: u32) -> Option<&Inner> {
        match self.clauses[clause].is_inner {
            true => self.inners.get(&clause),
            false => None,
        }
    }

    /// Call `visit` with each clause of `path`, inner ones among them, that is satisfied through a pattern that an index
    /// finds, a range, or an all-of; now and then twice. False, perhaps too late, when that takes more than `at_most`
    /// steps.
    ///
    /// `value` is the outcome of one value, or of several where the path has no all-of.
    fn each_satisfied(&self, path: PathId, value: &View<'_>, at_most: usize, mut visit: impl FnMut(u32)) -> bool {
        let mut patterns = value.hits.to_vec();
        let mut steps = patterns.len() + value.numbers.len();
        if let Some(ranges) = self.matcher(path).and_then(|matcher| matcher.ranges.as_ref()) {
            for &number in value.numbers {
                if steps > at_most || !ranges.find(number, at_most - steps, &mut patterns) {
                    return false;
                }
            }
        }
        let mut place = 0;
        while let Some(&pattern) = patterns.get(place) {
            steps += self.clause_count(pattern);
            if steps > at_most {
                return false;
            }
            for clause in self.clauses_with(pattern) {
                visit(clause);
                let Some(inner) = self.inner(clause) else { continue };
                steps += inner.name_count(&self.sets);
                if steps > at_most {
                    return false;
                }
                let keyed = self.sets.iter(inner.keyed);
                patterns.extend(keyed.filter(|&all_of| self.accepts_all_of(all_of, value)));
            }
            place += 1;
        }
        true
    }

    /// Call `visit` with each clause, inner ones among them, that has an anything-but which is blocked, or an all-of of
    /// open parts that depends on one; now and then twice. False, perhaps too late, when that takes more than `at_most`
    /// steps.
    pub(super) fn each_doubtful(&self, outcome: &View<'_>, at_most: usize, mut visit: impl FnMut(u32)) -> bool {
        let blocked_count = match outcome.blocked {
            BlockedView::None => 0,
            BlockedView::ByHits => outcome.hits.iter().map(|&hit| self.excluder_count(hit)).sum(),
            BlockedView::Listed(blocked) => blocked.len(),
        };
        if blocked_count >= at_most {
            return false;
        }
        let mut patterns: Vec<u32> = match outcome.blocked {
            BlockedView::None => return true,
            BlockedView::ByHits => outcome.hits.iter().flat_map(|&hit| self.excluders(hit)).collect(),
            BlockedView::Listed(listed) => listed.to_vec(),
        };
        let mut steps: usize = patterns.iter().map(|&pattern| self.clause_count(pattern)).sum();
        let mut place = 0;
        while let Some(&pattern) = patterns.get(place) {
            if steps >= at_most {
                return false;
            }
            for clause in self.clauses_with(pattern) {
                visit(clause);
                let Some(inner) = self.inner(clause) else { continue };
                steps += inner.name_count(&self.sets);
                if steps >= at_most {
                    return false;
                }
                let known = patterns.len();
                patterns.extend(self.sets.iter(inner.doubted));
                steps += patterns[known..].iter().map(|&all_of| self.clause_count(all_of)).sum::<usize>();
            }
            place += 1;
        }
        true
    }
}
