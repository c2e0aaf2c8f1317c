//! A machine's parts, counted and listed. The twin of `describe.py`, which draws what is listed here.

use super::clause::{ClauseNode, Guards};
use super::name_state::START;
use super::path_trie::PathId;
use super::pattern::{Key, Own, TextKind};
use super::slab::NONE;
use super::value_matcher::ValueMatcher;
use super::{Machine, Rule, RuleId};
use crate::model::{Clause, Pattern};
use std::collections::BTreeMap;

/// What a machine holds, in counts. Shared parts count once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Distinct ones, over all rules.
    pub sub_rules: usize,
    /// The start included.
    pub states: usize,
    /// Distinct ones.
    pub clauses: usize,
    /// Distinct ones of a path, by kind, in order of kind; what anything-but excludes included.
    pub patterns: Vec<(&'static str, usize)>,
    /// Distinct paths that some rule uses.
    pub paths: usize,
    /// Counted from capacities.
    pub memory_bytes: usize,
}

/// One name state, for drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateView {
    /// The state it is reached from, as a place in the list; None at the start.
    pub parent: Option<usize>,
    /// On the edge from there.
    pub clause: Option<Clause>,
    /// In the order of answers.
    pub rules: Vec<RuleId>,
}

impl Machine {
    /// Count the parts. Cost: one pass over all of it.
    pub fn stats(&self) -> Stats {
        let mut patterns: BTreeMap<&'static str, usize> = BTreeMap::new();
        let matchers = self.matchers.iter().flatten();
        for matcher in matchers {
            for &pattern in matcher.interned.iter().filter(|&&pattern| self.is_counted(pattern)) {
                *patterns.entry(self.patterns[pattern].stored.key().type_name()).or_default() += 1;
            }
            for key in self.excluded_uncounted(matcher) {
                *patterns.entry(key.type_name()).or_default() += 1;
            }
        }
        let clauses = || self.clauses.slots().iter().filter(|clause| clause.edge_count > 0);
        patterns.insert("absent", clauses().filter(|clause| self.has_absent(clause)).count());
        patterns.insert("none-of", clauses().filter(|clause| !self.guards_of(clause).is_empty()).count());
        patterns.retain(|_, count| *count > 0);
        Stats {
            sub_rules: self.final_count,
            states: self.states.states.len(),
            clauses: clauses().count(),
            patterns: patterns.into_iter().collect(),
            paths: self.paths.used_count(),
            memory_bytes: self.memory_bytes(),
        }
    }

    /// Whether a pattern is one of a rule, not only a range of what an anything-but leaves of the numbers.
    fn is_counted(&self, pattern: u32) -> bool {
        let node = &self.patterns[pattern];
        let is_listed = || node.links != NONE && !self.links[node.links].clauses.is_empty();
        !matches!(node.stored.key(), Key::NumericRange(_)) || node.own() != Own::Nothing || is_listed()
    }

    /// The distinct numbers and ranges that anything-buts exclude by what they leave, and that are not counted yet.
    fn excluded_uncounted<'a>(&'a self, matcher: &'a ValueMatcher) -> Vec<Key<'a>> {
        if matcher.split_count == 0 {
            return Vec::new();
        }
        let splits = matcher.interned.iter().filter_map(|&pattern| match self.patterns[pattern].stored.key() {
            Key::Split(split) => Some(split),
            _ => None,
        });
        let mut excluded: Vec<&Pattern> = splits.flat_map(|split| split.numbers.iter()).collect();
        excluded.sort_unstable();
        excluded.dedup();
        let is_counted = |key: &Key<'_>| {
            let is_it = |&id: &u32| self.patterns[id].stored.key() == *key;
            matcher.interned.find(key.hash(&self.hasher), is_it).is_some_and(|&id| self.is_counted(id))
        };
        excluded.into_iter().filter_map(Key::of).filter(|key| !is_counted(key)).collect()
    }

    /// Bytes held, counted from capacities.
    pub fn memory_bytes(&self) -> usize {
        let matchers: usize = self.matchers.iter().flatten().map(|matcher| matcher.memory_bytes()).sum();
        let texts: usize = self.patterns.slots().iter().map(|pattern| pattern.memory_bytes()).sum();
        let lists: usize = self.lists.slots().iter().map(|list| list.memory_bytes()).sum();
        size_of::<Machine>()
            + self.paths.memory_bytes()
            + self.matchers.capacity() * size_of::<usize>()
            + matchers
            + self.patterns.memory_bytes()
            + texts
            + self.links.memory_bytes()
            + self.clauses.memory_bytes()
            + self.lists.memory_bytes()
            + lists
            + self.listed.allocation_size()
            + self.inners.allocation_size()
            + self.states.memory_bytes()
            + self.rules.memory_bytes()
            + self.sets.memory_bytes()
    }

    /// All states, the start first, each after the one it is reached from.
    pub fn states(&self) -> Vec<StateView> {
        let mut views: Vec<StateView> = Vec::with_capacity(self.states.states.len());
        for (state, parent) in self.reachable() {
            let clause = self.states.states[state].clause;
            let mut rules: Vec<RuleId> = self.sets.iter(self.states.states[state].rules).collect();
            rules.sort_unstable_by_key(|&rule| self.order_of(rule));
            let clause = (clause != NONE).then(|| self.clause_model(&self.clauses[clause]));
            views.push(StateView { parent, clause, rules });
        }
        views
    }

    /// The states that can be reached, the start first, each with the place of the one it is reached from.
    pub(super) fn reachable(&self) -> Vec<(u32, Option<usize>)> {
        let mut found = vec![(START, None)];
        let mut place = 0;
        while let Some(&(state, _)) = found.get(place) {
            let mut next: Vec<u32> = self
                .states
                .branches_of(state)
                .into_iter()
                .flat_map(|branches| branches.all())
                .flat_map(|edges| self.states.maps(edges))
                .flat_map(|map| self.states.edges(map))
                .collect();
            next.sort_unstable();
            next.dedup();
            found.extend(next.into_iter().map(|next| (next, Some(place))));
            place += 1;
        }
        found
    }

    /// The names of a path, joined by dots.
    pub(super) fn path_text(&self, path: PathId) -> Vec<u8> {
        let mut line: Vec<PathId> = self.paths.line(path).filter(|&node| node != PathId::ROOT).collect();
        line.reverse();
        let names: Vec<&[u8]> = line.into_iter().map(|node| self.paths.name(node)).collect();
        names.join(&b'.')
    }

    pub(super) fn clause_model(&self, clause: &ClauseNode) -> Clause {
        Clause { path: self.path_text(clause.path).into(), patterns: self.patterns_model(clause) }
    }

    fn patterns_model(&self, clause: &ClauseNode) -> Box<[Pattern]> {
        let mut patterns: Vec<Pattern> = self.patterns_of(clause).iter().map(|&id| self.pattern_model(id)).collect();
        if self.has_absent(clause) {
            patterns.push(Pattern::Absent);
        }
        let excluded = |&guard: &u32| Pattern::NoneOf(self.patterns_model(&self.clauses[guard]));
        patterns.extend(self.guards_of(clause).iter().map(excluded));
        patterns.sort_unstable();
        patterns.into()
    }

    /// Whether `{"exists": false}` is among the clause's patterns.
    pub(super) fn has_absent(&self, clause: &ClauseNode) -> bool {
        match clause.guards {
            Guards::Never => false,
            Guards::Absent => true,
            Guards::Closed | Guards::Open | Guards::Judged => {
                self.lists[clause.patterns].rare.as_ref().is_some_and(|rare| rare.has_absent)
            }
        }
    }

    fn pattern_model(&self, id: u32) -> Pattern {
        match self.patterns[id].stored.key() {
            Key::AnythingBut(excluded) => {
                let mut excluded: Vec<Pattern> = excluded.iter().map(|&id| self.plain_model(id)).collect();
                excluded.sort_unstable();
                Pattern::AnythingBut(excluded.into())
            }
            Key::AllOf(parts) => {
                let mut parts: Vec<_> = parts.iter().map(|&part| self.patterns_model(&self.clauses[part])).collect();
                parts.sort_unstable();
                Pattern::AllOf(parts.into())
            }
            Key::Split(split) => {
                let others = split.others.iter().map(|&id| self.plain_model(id));
                let mut excluded: Vec<Pattern> = others.chain(split.numbers.iter().cloned()).collect();
                excluded.sort_unstable();
                Pattern::AnythingBut(excluded.into())
            }
            _ => self.plain_model(id),
        }
    }

    /// The pattern of `id`, which is made of no others.
    fn plain_model(&self, id: u32) -> Pattern {
        match self.patterns[id].stored.key() {
            Key::Exists | Key::AnythingBut(_) | Key::Split(_) | Key::AllOf(_) => Pattern::Exists,
            Key::Text(kind, text) => match kind {
                TextKind::Exact => Pattern::Text(text.into()),
                TextKind::Prefix => Pattern::Prefix(text.into()),
                TextKind::Suffix => Pattern::Suffix(text.into()),
                TextKind::EqualsIgnoreCase => Pattern::EqualsIgnoreCase(text.into()),
                TextKind::PrefixIgnoreCase => Pattern::PrefixIgnoreCase(text.into()),
                TextKind::SuffixIgnoreCase => Pattern::SuffixIgnoreCase(text.into()),
            },
            Key::Number(number) => Pattern::Number(number),
            Key::Literal(literal) => Pattern::Literal(literal),
            Key::NumericRange(range) => Pattern::NumericRange(*range),
            Key::Cidr(block) => Pattern::Cidr(*block),
            Key::Wildcard(pieces) => Pattern::Wildcard(pieces.into()),
            Key::WildcardIgnoreCase(pieces) => Pattern::WildcardIgnoreCase(pieces.into()),
            Key::Regexp(program) => Pattern::Regexp(program.into()),
        }
    }

    /// The rules, for checks: id and what is kept.
    pub(super) fn rule_slots(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.slots().iter().enumerate().map(|(id, rule)| (id as RuleId, rule))
    }
}
