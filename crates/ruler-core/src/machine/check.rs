//! Asserts every invariant of a machine. For tests: it goes through everything and is slow. The twin of `check.py`.

use super::canonical_order::canonical_order;
use super::clause::{ClauseNode, Guards, Inner, Kind};
use super::name_state::{Branches, EdgeMap, RareEdges, START};
use super::path_trie::PathId;
use super::pattern::{Key, Own};
use super::slab::NONE;
use super::Machine;
use crate::model::Clause;
use std::collections::{BTreeMap, BTreeSet};

fn require(holds: bool, what: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(what.to_string())
    }
}

impl Machine {
    /// The first broken invariant, if any.
    pub fn check(&self) -> Result<(), String> {
        let states: Vec<u32> = self.reachable().into_iter().map(|(state, _)| state).collect();
        self.check_states(&states)?;
        self.check_finals(&states)?;
        self.check_clauses(&states)?;
        self.check_paths(&states)?;
        self.check_patterns(&states)?;
        self.check_tables(&states)
    }

    fn check_states(&self, states: &[u32]) -> Result<(), String> {
        require(states.len() == self.states.states.len(), "a state is kept that cannot be reached")?;
        for &state in states {
            let node = &self.states.states[state];
            let is_needed = state == START || !self.states.is_leaf(state) || !node.rules.is_empty();
            require(is_needed, "a state leads nowhere")?;
            let Some(branches) = self.states.branches_of(state) else { continue };
            let count = branches.all().len();
            require(matches!(branches, Branches::One(_)) == (count == 1), "a state keeps few edges as if many")?;
            let absent = branches.all().iter().filter(|edges| !edges.absent.is_empty()).count();
            require(branches.with_absent().len() == absent, "edges without a value are out of place")?;
            for edges in branches.all() {
                let found = branches.of_path(edges.path).is_some_and(|found| std::ptr::eq(found, edges));
                require(found, "a state has two sets of edges over one path")?;
                let is_empty = self.states.maps(edges).all(EdgeMap::is_empty);
                require(!is_empty, "a state keeps an empty set of edges")?;
                let has_rare = self.states.rare(edges) != RareEdges::default();
                require(edges.have_rare() == has_rare, "a state keeps an empty set of edges of rare kinds")?;
                let shared = match node.clause {
                    NONE => 0,
                    clause => self.paths.shared_depth(self.clauses[clause].path, edges.path),
                };
                require(edges.shared_depth == shared, "edges misjudge what their path shares with the one before")?;
                for next in self.states.maps(edges).flat_map(|map| self.states.edges(map)) {
                    let child = &self.states.states[next];
                    require(child.parent == state, "a state does not know where it is reached from")?;
                    let clause = &self.clauses[child.clause];
                    let found = self.states.edge(state, child.clause, clause);
                    require(found == Some(next), "an edge is not found")?;
                    let has = |map: EdgeMap| self.states.edges(map).filter(|&other| other == next).count();
                    let rare = self.states.rare(edges);
                    let is_placed = [
                        (edges.closed, clause.kind == Kind::Closed),
                        (edges.ranged, clause.kind == Kind::Ranged),
                        (edges.open, clause.kind.is_open()),
                        (edges.absent, clause.holds_when_absent()),
                        (rare.compound, clause.kind == Kind::Compound),
                        (rare.split, clause.kind == Kind::Split),
                        (rare.judged, clause.kind == Kind::Judged),
                        (rare.guarded, clause.guards == Guards::Closed),
                        (rare.guarded_open, clause.guards == Guards::Open),
                        (rare.guarded_judged, clause.guards == Guards::Judged),
                    ];
                    let is_placed = is_placed.into_iter().all(|(map, belongs)| has(map) == usize::from(belongs));
                    require(is_placed, "an edge is misplaced")?;
                }
            }
        }
        Ok(())
    }

    fn check_finals(&self, states: &[u32]) -> Result<(), String> {
        let mut of_states: BTreeSet<(u32, u32)> = BTreeSet::new();
        let mut final_count = 0;
        for &state in states {
            let rules = self.states.states[state].rules;
            final_count += usize::from(!rules.is_empty());
            of_states.extend(self.sets.iter(rules).map(|rule| (rule, state)));
        }
        let of_rules: BTreeSet<(u32, u32)> = self
            .rule_slots()
            .flat_map(|(id, rule)| self.sets.iter(rule.finals).map(move |state| (id, state)))
            .collect();
        require(of_states == of_rules && final_count == self.final_count, "final states and rule ids disagree")?;
        for &state in states.iter().filter(|&&state| !self.states.states[state].rules.is_empty()) {
            let ids = self.states.clauses_to(state);
            let clauses: Vec<Clause> = ids.iter().map(|&id| self.clause_model(&self.clauses[id])).collect();
            let paths: Vec<PathId> = ids.iter().map(|&id| self.clauses[id].path).collect();
            let order = canonical_order(&self.paths, &clauses, &paths);
            require(order.is_sorted(), "the clauses of a sub-rule are out of order")?;
        }
        Ok(())
    }

    fn check_clauses(&self, states: &[u32]) -> Result<(), String> {
        let mut edges: BTreeMap<u32, (u32, u32)> = BTreeMap::new(); // clause -> count and xor
        for &state in states.iter().filter(|&&state| state != START) {
            let (count, xor) = edges.entry(self.states.states[state].clause).or_default();
            *count += 1;
            *xor ^= state;
        }
        let only_inner = self.inners.keys().filter(|clause| !edges.contains_key(clause)).count();
        require(edges.len() + only_inner == self.clauses.len(), "a clause is kept that is on no edge and not inner")?;
        for (&id, &(count, xor)) in &edges {
            let node = &self.clauses[id];
            require(node.edge_count == count && node.edge_xor == xor, "a clause miscounts its edges")?;
            self.check_interned(id, node)?;
        }
        for &id in self.inners.keys().filter(|id| !edges.contains_key(id)) {
            let node = &self.clauses[id];
            require(node.edge_count == 0 && node.edge_xor == 0, "a clause miscounts its edges")?;
            self.check_interned(id, node)?;
        }
        self.check_inners(edges.keys().copied())
    }

    fn check_interned(&self, id: u32, node: &ClauseNode) -> Result<(), String> {
        let Some(matcher) = self.matcher(node.path) else {
            return Err("a clause on an edge is not interned".to_string());
        };
        if node.is_single {
            require(self.own_clause(node.patterns) == Some(id), "a clause on an edge is not interned")?;
            let own = if node.edge_count == 1 { Own::State(node.edge_xor) } else { Own::Clause(id) };
            require(self.patterns[node.patterns].own() == own, "a pattern misjudges its own clause")
        } else if node.patterns == NONE {
            require(matcher.absent_clause == id, "a clause on an edge is not interned")
        } else {
            require(self.listed.iter().any(|&listed| listed == id), "a clause on an edge is not interned")
        }
    }

    /// Whether inner clauses are counted and filed as the all-ofs and guards ask that need them; `clauses` are those on
    /// edges.
    fn check_inners(&self, clauses: impl Iterator<Item = u32>) -> Result<(), String> {
        let mut use_counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut names: BTreeSet<(&str, u32, u32)> = BTreeSet::new(); // set, inner clause, whom it names
        for (&id, inner) in &self.inners {
            require(self.clauses[id].is_inner, "an inner clause does not know that it is one")?;
            names.extend(self.sets.iter(inner.keyed).map(|all_of| ("keyed", id, all_of)));
            names.extend(self.sets.iter(inner.doubted).map(|all_of| ("doubted", id, all_of)));
            names.extend(self.sets.iter(inner.guarded).map(|clause| ("guarded", id, clause)));
        }
        let kind = |clause: u32| self.clauses[clause].kind;
        for (matcher, &pattern) in
            self.matchers.iter().flatten().flat_map(|matcher| matcher.interned.iter().map(move |id| (matcher, id)))
        {
            let Key::AllOf(parts) = self.patterns[pattern].stored.key() else { continue };
            parts.iter().for_each(|&part| *use_counts.entry(part).or_default() += 1);
            require(parts.is_sorted() && matcher.all_of_count > 0, "an all-of is not counted")?;
            let filed = |set: &'static str| -> Vec<u32> {
                parts.iter().copied().filter(|&part| names.contains(&(set, part, pattern))).collect()
            };
            let is_named = parts.iter().any(|&part| kind(part).is_named());
            let is_open = parts.iter().all(|&part| kind(part).is_open());
            let is_well = filed("keyed").len() == usize::from(is_named)
                && filed("keyed").into_iter().all(|part| kind(part).is_named())
                && filed("doubted").len() == if is_open { parts.len() } else { 0 };
            require(is_well, "an all-of is misfiled")?;
        }
        for clause in clauses {
            let guards = self.guards_of(&self.clauses[clause]);
            guards.iter().for_each(|&guard| *use_counts.entry(guard).or_default() += 1);
            let filed = || guards.iter().filter(|&&guard| names.contains(&("guarded", guard, clause)));
            let is_named = guards.iter().any(|&guard| kind(guard).is_named());
            require(
                filed().count() == if is_named { 1 } else { guards.len() },
                "a clause is misfiled under its guards",
            )?;
            let is_well = !is_named || filed().all(|&guard| kind(guard).is_named());
            require(is_well, "a clause is filed under a guard that nothing names")?;
        }
        let known: BTreeMap<u32, u32> = self.inners.iter().map(|(&id, inner)| (id, inner.use_count)).collect();
        require(known == use_counts, "an inner clause miscounts who needs it")?;
        let is_named_by_user = |&(kind, inner, named): &(&str, u32, u32)| match kind {
            "guarded" => self.guards_of(&self.clauses[named]).contains(&inner),
            _ => matches!(self.patterns[named].stored.key(), Key::AllOf(parts) if parts.contains(&inner)),
        };
        require(names.iter().all(is_named_by_user), "an inner clause names what does not need it")?;
        let marked = self.clauses.slots().iter().filter(|clause| clause.is_inner).count();
        require(marked == self.inners.len(), "a clause takes itself for an inner one")
    }

    fn check_paths(&self, states: &[u32]) -> Result<(), String> {
        let mut joints: BTreeMap<PathId, u32> = BTreeMap::new();
        for &state in states.iter().filter(|&&state| !self.states.states[state].rules.is_empty()) {
            let mut below: BTreeMap<PathId, u32> = BTreeMap::new();
            for clause in self.states.clauses_to(state) {
                self.paths.line(self.clauses[clause].path).for_each(|node| *below.entry(node).or_default() += 1);
            }
            for (node, _) in below.into_iter().filter(|&(_, count)| count > 1) {
                *joints.entry(node).or_default() += 1;
            }
        }
        let mut todo = vec![PathId::ROOT];
        let mut used = 0;
        while let Some(node) = todo.pop() {
            todo.extend(self.paths.children(node));
            let count = joints.get(&node).copied().unwrap_or_default();
            require(self.paths.joint_count(node) == count, "a path miscounts the sub-rules that join below it")?;
            let is_needed = node == PathId::ROOT || self.paths.is_used(node) || self.paths.has_children(node);
            require(is_needed, "a path is kept that nothing uses")?;
            used += usize::from(self.paths.is_used(node));
            require(self.matcher(node).is_some() == self.paths.is_used(node), "a path and its value matcher disagree")?;
        }
        require(used == self.paths.used_count(), "used paths are miscounted")?;
        let matcher_count = self.matchers.iter().flatten().count();
        require(matcher_count == used, "a value matcher is kept that nothing uses")
    }

    fn check_patterns(&self, states: &[u32]) -> Result<(), String> {
        let mut clauses: BTreeSet<u32> = states.iter().map(|&state| self.states.states[state].clause).collect();
        clauses.extend(self.inners.keys());
        let mut clauses_of: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let mut excluders_of: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let mut clause_counts: BTreeMap<PathId, u32> = BTreeMap::new();
        for &id in clauses.iter().filter(|&&id| id != NONE) {
            let node: &ClauseNode = &self.clauses[id];
            *clause_counts.entry(node.path).or_default() += 1;
            for &pattern in self.patterns_of(node) {
                clauses_of.entry(pattern).or_default().insert(id);
                let watched: Vec<u32> = match self.patterns[pattern].stored.key() {
                    Key::AnythingBut(excluded) => excluded.into(),
                    Key::Split(split) => split.watched().collect(),
                    _ => continue,
                };
                for inner in watched {
                    excluders_of.entry(inner).or_default().insert(pattern);
                }
            }
        }
        let mut pattern_count = 0;
        for (index, matcher) in self.matchers.iter().enumerate() {
            let Some(matcher) = matcher else { continue };
            let path = PathId(index as u32);
            let clause_count = clause_counts.get(&path).copied().unwrap_or_default();
            require(matcher.clause_count == clause_count && clause_count > 0, "a value matcher miscounts its clauses")?;
            let (mut expected, mut split_count) = (0, 0);
            for &id in &matcher.interned {
                pattern_count += 1;
                let node = &self.patterns[id];
                let key = node.stored.key();
                expected +=
                    usize::from(!matches!(key, Key::AnythingBut(_) | Key::Split(_) | Key::AllOf(_) | Key::Exists));
                split_count += u32::from(matches!(key, Key::Split(_)));
                let found = matcher.interned.find(key.hash(&self.hasher), |&other| other == id);
                require(found.is_some(), "an exact value leads to another pattern")?;
                let mut found: BTreeSet<u32> = self.own_clause(id).into_iter().collect();
                if node.links != NONE {
                    found.extend(self.sets.iter(self.links[node.links].clauses));
                }
                require(Some(&found) == clauses_of.get(&id).or(Some(&BTreeSet::new())), "a pattern misses a clause")?;
                let excluders: BTreeSet<u32> = self.excluders(id).collect();
                let known = excluders_of.get(&id).cloned().unwrap_or_default();
                require(excluders == known, "a pattern misses an excluder")?;
                require(!found.is_empty() || !excluders.is_empty(), "a pattern is kept that nothing uses")?;
            }
            require(matcher.indexed_count() == expected, "indexes and patterns disagree")?;
            require(matcher.split_count == split_count, "anything-buts of ranges are miscounted")?;
        }
        require(pattern_count == self.patterns.len(), "patterns and clauses disagree")
    }

    /// Whether as many tables and lists are held as something refers to.
    fn check_tables(&self, states: &[u32]) -> Result<(), String> {
        let lists = self.clauses.slots().iter().filter(|clause| !clause.is_single && clause.patterns != NONE).count();
        require(
            self.lists.len() == lists && self.listed.len() == lists,
            "a list of patterns is kept that nothing uses",
        )?;
        let linked = self.patterns.slots().iter().filter(|pattern| pattern.links != NONE).count();
        require(self.links.len() == linked, "links are kept that no pattern refers to")?;
        let of_links = self.links.slots().iter().flat_map(|links| [links.clauses, links.excluders]);
        let of_states = states.iter().map(|&state| self.states.states[state].rules);
        let of_rules = self.rule_slots().map(|(_, rule)| rule.finals);
        let of_inners = self.inners.values().flat_map(Inner::sets);
        let large =
            of_links.chain(of_states).chain(of_rules).chain(of_inners).filter(|&set| self.sets.len(set) > 1).count();
        require(self.sets.table_count() == large, "a set is kept that nothing refers to")?;
        let branches = states.iter().filter_map(|&state| self.states.branches_of(state));
        let all_edges = || branches.clone().flat_map(|branches| branches.all());
        let maps = all_edges().flat_map(|edges| self.states.maps(edges));
        let large = maps.filter(|&map| self.states.edge_count(map) > 1).count();
        let rare_count = all_edges().filter(|edges| edges.have_rare()).count();
        require(self.states.rare_count() == rare_count, "edges of rare kinds are kept that nothing refers to")?;
        require(self.states.table_count() == large, "a table of edges is kept that nothing refers to")?;
        let edge_counts = self.clauses.slots().iter().map(|clause| clause.edge_count as usize);
        let shared = edge_counts.filter(|&count| count > 1).sum::<usize>();
        require(self.states.shared_count() == shared, "an edge is noted that is not there")?;
        require(self.states.branches.len() == branches.count(), "a state keeps an empty set of edges")
    }
}
