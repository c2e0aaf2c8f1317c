//! Adds and removes sub-rules. The twin of `build.py`.
//!
//! A sub-rule is added by interning its clauses and walking or making one state a clause; it is removed from its final
//! state upwards, dropping each state, clause, pattern and path that nothing else uses.
//! Always (`check.rs`): a machine after any additions and removals equals one that was never given what was removed.

use super::canonical_order::canonical_order;
use super::clause::{ClauseNode, Guards, Inner, Kind, PatternList, RarePatterns};
use super::id_set::shrink;
use super::name_state::{State, START};
use super::opposite::{is_of_numbers, left_by};
use super::path_trie::PathId;
use super::pattern::{Key, Links, Own, PatternNode, Split};
use super::slab::{Slab, NONE};
use super::{Machine, Rule, RuleId};
use crate::model::{Clause, Pattern, SubRule};
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;

impl Machine {
    /// A new rule without sub-rules, later in the order of answers than all others.
    pub fn reserve(&mut self) -> RuleId {
        let order = self.next_order;
        self.next_order += 1;
        self.rules.add(Rule { order, ..Rule::default() })
    }

    /// Forget a rule and all its sub-rules.
    pub fn release(&mut self, rule: RuleId) {
        self.clear_rule(rule);
        self.rules.remove(rule);
    }

    /// Make events that match `sub_rule` answer `rule`. Adding the same pair again changes nothing.
    pub fn add(&mut self, rule: RuleId, sub_rule: &SubRule) {
        self.version.changes += 1;
        let state = self.make_states(sub_rule);
        if self.sets.add(&mut self.rules[rule].finals, state) {
            if self.states.states[state].rules.is_empty() {
                self.final_count += 1;
                self.count_joints(state, 1);
            }
            self.sets.add(&mut self.states.states[state].rules, rule);
        }
    }

    /// Put `sub_rules` in place of all sub-rules of `rule`; what both need is not torn down.
    pub fn replace(&mut self, rule: RuleId, sub_rules: &[SubRule]) {
        let before = self.finals(rule);
        let mut wanted = Vec::with_capacity(sub_rules.len());
        for sub_rule in sub_rules {
            self.add(rule, sub_rule);
            wanted.push(self.make_states(sub_rule)); // walks only
        }
        wanted.sort_unstable();
        before.into_iter().filter(|state| wanted.binary_search(state).is_err()).for_each(|state| {
            self.remove_final(rule, state);
        });
    }

    /// Remove all sub-rules of `rule`.
    pub fn clear_rule(&mut self, rule: RuleId) {
        self.finals(rule).into_iter().for_each(|state| self.remove_final(rule, state));
    }

    fn finals(&self, rule: RuleId) -> Vec<u32> {
        self.sets.iter(self.rules[rule].finals).collect()
    }

    fn remove_final(&mut self, rule: RuleId, state: u32) {
        self.version.changes += 1;
        self.sets.remove(&mut self.rules[rule].finals, state);
        self.sets.remove(&mut self.states.states[state].rules, rule);
        if self.states.states[state].rules.is_empty() {
            self.final_count -= 1;
            self.count_joints(state, -1);
            self.prune_states(state);
            if self.final_count == 0 {
                self.states.states.tidy(); // the start stays, so it never becomes empty
            }
        }
    }

    /// Note or forget the sub-rule that ends at `state` in the paths that its clauses have in common.
    fn count_joints(&mut self, state: u32, change: i32) {
        if self.states.line(state).nth(1).is_some() {
            let clauses = self.states.line(state).map(|state| self.states.states[state].clause);
            let paths: Vec<PathId> = clauses.map(|clause| self.clauses[clause].path).collect();
            self.paths.count_joints(&paths, change);
        }
    }

    /// The last state of `sub_rule`, made with those before it where they are new.
    fn make_states(&mut self, sub_rule: &SubRule) -> u32 {
        if let [only] = &*sub_rule.clauses {
            let clause = self.intern_clause(only);
            return self.step(START, clause);
        }
        let clauses: Vec<u32> = sub_rule.clauses.iter().map(|clause| self.intern_clause(clause)).collect();
        let paths: Vec<PathId> = clauses.iter().map(|&clause| self.clauses[clause].path).collect();
        let order = canonical_order(&self.paths, &sub_rule.clauses, &paths);
        order.into_iter().fold(START, |state, place| self.step(state, clauses[place]))
    }

    /// The state behind the edge of `clause`, made when there is none.
    fn step(&mut self, from: u32, clause: u32) -> u32 {
        let node = &self.clauses[clause];
        if let Some(state) = self.states.edge(from, clause, node) {
            return state;
        }
        let shared_depth = match self.states.states[from].clause {
            NONE => 0,
            last => self.paths.shared_depth(self.clauses[last].path, node.path),
        };
        let state = self.states.extend(from, clause, node, shared_depth);
        let node = &mut self.clauses[clause];
        let only = node.edge_xor;
        node.edge_count += 1;
        node.edge_xor ^= state;
        match node.edge_count {
            1 => {}
            2 => [only, state].into_iter().for_each(|state| self.states.share(state)),
            _ => self.states.share(state),
        }
        self.note_own(clause);
        state
    }

    /// Drop `state` and each state before it that leads nowhere and ends no sub-rule.
    fn prune_states(&mut self, mut state: u32) {
        while state != START && self.states.is_leaf(state) && self.states.states[state].rules.is_empty() {
            let State { parent, clause, .. } = self.states.states[state];
            match self.clauses[clause].edge_count {
                1 => {}
                2 => [self.clauses[clause].edge_xor ^ state, state]
                    .into_iter()
                    .for_each(|state| self.states.unshare(state)),
                _ => self.states.unshare(state),
            }
            self.states.cut(state, &self.clauses[clause]);
            let node = &mut self.clauses[clause];
            node.edge_count -= 1;
            node.edge_xor ^= state;
            if node.edge_count == 0 && !node.is_inner {
                self.release_clause(clause);
            } else {
                self.note_own(clause);
            }
            state = parent;
        }
    }

    /// Bring the short cut from a clause's only pattern up to date.
    fn note_own(&mut self, clause: u32) {
        let node = &self.clauses[clause];
        if node.is_single {
            let own = if node.edge_count == 1 { Own::State(node.edge_xor) } else { Own::Clause(clause) };
            self.patterns[node.patterns].set_own(own);
        }
    }

    // -- clauses ------------------------------------------------------------------------------------------------

    /// The clause that has only this pattern.
    pub(super) fn own_clause(&self, pattern: u32) -> Option<u32> {
        match self.patterns[pattern].own() {
            Own::Nothing => None,
            Own::Clause(clause) => Some(clause),
            Own::State(state) => Some(self.states.states[state].clause),
        }
    }

    /// The id of `clause`, made with its path and patterns when it is new.
    fn intern_clause(&mut self, clause: &Clause) -> u32 {
        let path = match self.paths.descendant(PathId::ROOT, &clause.path) {
            Some(path) if self.paths.is_used(path) => path,
            _ => self.use_path(&clause.path),
        };
        self.intern_patterns(path, &clause.patterns)
    }

    /// The id of the clause of these patterns at a used path.
    fn intern_patterns(&mut self, path: PathId, patterns: &[Pattern]) -> u32 {
        match patterns {
            [Pattern::Absent] => self.intern_absent(path),
            [] | [Pattern::NoneOf(_)] | [_, _, ..] => self.intern_list(path, patterns),
            [pattern] => {
                let pattern = self.intern_pattern(path, pattern);
                match self.own_clause(pattern) {
                    Some(clause) => clause,
                    None => self.add_single(path, pattern),
                }
            }
        }
    }

    fn use_path(&mut self, path: &[u8]) -> PathId {
        let path = self.paths.use_path(path);
        if self.matchers.len() < self.paths.id_count() {
            self.matchers.resize_with(self.paths.id_count(), || None);
        }
        self.matchers[path.index()] = Some(Box::default());
        path
    }

    fn matcher_mut(&mut self, path: PathId) -> &mut super::ValueMatcher {
        self.matchers[path.index()].get_or_insert_default()
    }

    fn intern_absent(&mut self, path: PathId) -> u32 {
        let known = self.matcher_mut(path).absent_clause;
        if known != NONE {
            return known;
        }
        let id = self.clauses.add(ClauseNode { path, guards: Guards::Absent, ..ClauseNode::default() });
        let matcher = self.matcher_mut(path);
        matcher.absent_clause = id;
        matcher.clause_count += 1;
        id
    }

    fn add_single(&mut self, path: PathId, pattern: u32) -> u32 {
        let kind = self.kind_of(pattern);
        let id = self.clauses.add(ClauseNode { path, patterns: pattern, kind, is_single: true, ..Default::default() });
        self.patterns[pattern].set_own(Own::Clause(id));
        self.matcher_mut(path).clause_count += 1;
        id
    }

    fn kind_of(&self, pattern: u32) -> Kind {
        let kinds = |parts: &[u32]| parts.iter().map(|&part| self.clauses[part].kind).collect::<Vec<_>>();
        match self.patterns[pattern].stored.key() {
            Key::Exists => Kind::Always,
            Key::AnythingBut(_) => Kind::Open,
            Key::Split(_) => Kind::Split,
            Key::AllOf(parts) if kinds(parts).iter().any(|kind| kind.is_named()) => Kind::Compound,
            Key::AllOf(parts) if kinds(parts).iter().all(|kind| kind.is_open()) => Kind::Open,
            Key::AllOf(_) => Kind::Judged,
            Key::NumericRange(_) => Kind::Ranged,
            _ => Kind::Closed,
        }
    }

    /// The kind of a clause that has several patterns.
    fn kind_of_all(&self, patterns: &[u32]) -> Kind {
        let kinds: Vec<Kind> = patterns.iter().map(|&pattern| self.kind_of(pattern)).collect();
        match kinds.iter().copied().max().unwrap_or(Kind::None) {
            Kind::Split if kinds.contains(&Kind::Compound) => Kind::Judged,
            kind => kind,
        }
    }

    fn guards_of_kinds(&self, guards: &[u32], has_absent: bool) -> Guards {
        let kinds = || guards.iter().map(|&guard| self.clauses[guard].kind);
        match guards {
            [] if has_absent => Guards::Absent,
            [] => Guards::Never,
            _ if kinds().any(Kind::is_named) => Guards::Closed,
            _ if kinds().all(Kind::is_open) => Guards::Open,
            _ => Guards::Judged,
        }
    }

    fn intern_list(&mut self, path: PathId, patterns: &[Pattern]) -> u32 {
        let list = self.pattern_list(path, patterns);
        let key = ListKey::of(path, patterns.contains(&Pattern::Absent), &list);
        let hash = key.hash(&self.hasher);
        let is_same = |&id: &u32| self.clauses[id].list_key(&self.lists) == key;
        if let Some(&known) = self.listed.find(hash, is_same) {
            return known;
        }
        let kind = self.kind_of_all(&list.patterns);
        let guards = self.guards_of_kinds(list.guards(), key.has_absent);
        let patterns = self.lists.add(list);
        let id = self.clauses.add(ClauseNode { path, patterns, kind, guards, ..ClauseNode::default() });
        let Machine { listed, clauses, lists, hasher, .. } = self;
        listed.insert_unique(hash, id, |&id| clauses[id].list_key(lists).hash(hasher));
        for pattern in self.lists[patterns].patterns.clone() {
            self.change_links(pattern, |sets, links| {
                sets.add(&mut links.clauses, id);
            });
        }
        self.note_guards(id);
        self.matcher_mut(path).clause_count += 1;
        id
    }

    /// The patterns of a clause, interned; so are the clauses that guard it.
    fn pattern_list(&mut self, path: PathId, patterns: &[Pattern]) -> PatternList {
        let (mut ids, mut guards): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for pattern in patterns {
            match pattern {
                Pattern::Absent => {}
                Pattern::NoneOf(excluded) => guards.push(self.intern_patterns(path, excluded)),
                _ => ids.push(self.intern_pattern(path, pattern)),
            }
        }
        ids.sort_unstable();
        guards.sort_unstable();
        guards.dedup();
        let keys = || ids.iter().map(|&id| (id, self.patterns[id].stored.key()));
        let of_type = |is_it: fn(&Key<'_>) -> bool| -> Box<[u32]> {
            keys().filter(|(_, key)| is_it(key)).map(|(id, _)| id).collect()
        };
        let open = of_type(|key| matches!(key, Key::AnythingBut(_)));
        let split = of_type(|key| matches!(key, Key::Split(_)));
        let all_ofs = of_type(|key| matches!(key, Key::AllOf(_)));
        let ranges = keys()
            .filter_map(|(_, key)| if let Key::NumericRange(range) = key { Some(*range) } else { None })
            .collect();
        let is_rare = !(split.is_empty() && all_ofs.is_empty() && guards.is_empty());
        let rare = is_rare.then(|| {
            let has_absent = patterns.contains(&Pattern::Absent);
            Box::new(RarePatterns { split, all_ofs, guards: guards.into(), has_absent })
        });
        PatternList { patterns: ids.into(), open, ranges, rare }
    }

    /// Forget a clause that is on no edge any more and not inner, the patterns that only it used, and its path when that
    /// was all.
    fn release_clause(&mut self, id: u32) {
        let path = self.clauses[id].path;
        self.drop_clause(path, id);
        let matcher = self.matcher_mut(path);
        if matcher.clause_count == 0 {
            self.matchers[path.index()] = None;
            self.paths.disuse(path);
            if self.paths.id_count() < self.matchers.len() {
                self.matchers.truncate(self.paths.id_count());
                self.matchers.shrink_to_fit();
            }
            if self.paths.used_count() == 0 {
                self.matchers = Vec::new();
            }
        }
    }

    /// Forget a clause, and the patterns and inner clauses that only it used.
    fn drop_clause(&mut self, path: PathId, id: u32) {
        self.matcher_mut(path).clause_count -= 1;
        if self.clauses[id].is_single {
            let pattern = self.clauses.remove(id).patterns;
            self.patterns[pattern].set_own(Own::Nothing);
            self.drop_unused(path, pattern);
        } else if self.clauses[id].patterns == NONE {
            self.clauses.remove(id);
            self.matcher_mut(path).absent_clause = NONE;
        } else {
            self.release_list(path, id);
        }
    }

    fn release_list(&mut self, path: PathId, id: u32) {
        let Machine { listed, clauses, lists, hasher, .. } = self;
        let hash = |&id: &u32| clauses[id].list_key(lists).hash(hasher);
        if let Ok(entry) = listed.find_entry(hash(&id), |&other| other == id) {
            entry.remove();
        }
        shrink_or_free(listed, hash);
        let list = self.clauses.remove(id).patterns;
        let list = self.lists.remove(list);
        for &pattern in &list.patterns {
            self.change_links(pattern, |sets, links| {
                sets.remove(&mut links.clauses, id);
            });
            self.drop_unused(path, pattern);
        }
        for &guard in list.guards() {
            self.change_inner(guard, -1, |sets, inner| {
                sets.remove(&mut inner.guarded, id);
            });
            self.disuse_inner(path, guard);
        }
    }

    // -- inner clauses ------------------------------------------------------------------------------------------

    /// Count one more or one less that needs an inner clause, and change whom it names.
    fn change_inner(&mut self, clause: u32, change: i32, names: impl FnOnce(&mut super::IdSets, &mut Inner)) {
        let Machine { clauses, inners, sets, .. } = self;
        clauses[clause].is_inner = true;
        let inner = inners.entry(clause).or_default();
        inner.use_count = inner.use_count.checked_add_signed(change).expect("inner clauses are counted up first");
        names(sets, inner);
        if inner.use_count == 0 {
            clauses[clause].is_inner = false;
            inners.remove(&clause);
            if inners.is_empty() {
                *inners = Default::default();
            }
        }
    }

    /// Forget an inner clause when nothing needs it any more.
    fn disuse_inner(&mut self, path: PathId, clause: u32) {
        let node = &self.clauses[clause];
        if !node.is_inner && node.edge_count == 0 {
            self.drop_clause(path, clause);
        }
    }

    /// Enter a clause, new here, in its guards.
    fn note_guards(&mut self, id: u32) {
        let guards = self.guards_of(&self.clauses[id]).to_vec();
        let first_named = guards.iter().copied().find(|&guard| self.clauses[guard].kind.is_named());
        for guard in guards {
            self.change_inner(guard, 1, |sets, inner| {
                if first_named.is_none_or(|first| first == guard) {
                    sets.add(&mut inner.guarded, id);
                }
            });
        }
    }

    /// Enter an all-of, new here, in its parts.
    fn file_all_of(&mut self, id: u32, parts: &[u32]) {
        let key = self.key_of(parts);
        let is_doubtful = self.kind_of(id).is_open();
        for &part in parts {
            self.change_inner(part, 1, |sets, inner| {
                if is_doubtful {
                    sets.add(&mut inner.doubted, id);
                } else if key == Some(part) {
                    sets.add(&mut inner.keyed, id);
                }
            });
        }
    }

    /// The part that an all-of is best looked for by: that lets the least through, and that few others have for this yet.
    /// None when no part is named by what it accepts.
    fn key_of(&self, parts: &[u32]) -> Option<u32> {
        let cost = |part: u32| {
            let patterns = self.patterns_of(&self.clauses[part]).iter();
            let let_through: u64 = patterns.map(|&pattern| self.patterns[pattern].stored.key().let_through()).sum();
            let filed_count = self.inner(part).map_or(0, |inner| self.sets.len(inner.keyed));
            let_through * (1 + filed_count as u64)
        };
        let named = parts.iter().copied().filter(|&part| self.clauses[part].kind.is_named());
        named.min_by_key(|&part| cost(part))
    }

    // -- patterns -----------------------------------------------------------------------------------------------

    /// The id of `pattern`, which is neither absence nor none-of; made when it is new.
    fn intern_pattern(&mut self, path: PathId, pattern: &Pattern) -> u32 {
        match pattern {
            Pattern::AnythingBut(excluded) => self.intern_anything_but(path, excluded),
            Pattern::AllOf(parts) => self.intern_all_of(path, parts),
            _ => self.intern_key(path, Key::of(pattern).unwrap_or(Key::Exists)).0,
        }
    }

    fn intern_all_of(&mut self, path: PathId, parts: &[Box<[Pattern]>]) -> u32 {
        let mut ids: Vec<u32> = parts.iter().map(|part| self.intern_patterns(path, part)).collect();
        ids.sort_unstable();
        ids.dedup();
        let (id, is_new) = self.intern_key(path, Key::AllOf(&ids));
        if is_new {
            self.file_all_of(id, &ids);
        }
        id
    }

    fn intern_anything_but(&mut self, path: PathId, excluded: &[Pattern]) -> u32 {
        if excluded.iter().any(|pattern| matches!(pattern, Pattern::NumericRange(_))) {
            return self.intern_split(path, excluded);
        }
        let ids = self.intern_excluded(path, excluded.iter());
        let (id, is_new) = self.intern_key(path, Key::AnythingBut(&ids));
        if is_new {
            self.add_excluder(id, ids);
        }
        id
    }

    fn intern_split(&mut self, path: PathId, excluded: &[Pattern]) -> u32 {
        let others = self.intern_excluded(path, excluded.iter().filter(|pattern| !is_of_numbers(pattern))).into();
        let left = left_by(excluded);
        let left_ids = left.iter().map(|range| self.intern_key(path, Key::NumericRange(range)).0).collect();
        let numbers = excluded.iter().filter(|pattern| is_of_numbers(pattern)).cloned().collect();
        let split = Split { others, numbers, left, left_ids };
        let (id, is_new) = self.intern_key(path, Key::Split(&split));
        if is_new {
            self.add_excluder(id, split.watched());
        }
        id
    }

    /// The ids of patterns that an anything-but excludes, ascending.
    fn intern_excluded<'a>(&mut self, path: PathId, excluded: impl Iterator<Item = &'a Pattern>) -> Vec<u32> {
        let mut ids: Vec<u32> = excluded.filter_map(Key::of).map(|key| self.intern_key(path, key).0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn add_excluder(&mut self, excluder: u32, watched: impl IntoIterator<Item = u32>) {
        for inner in watched {
            self.change_links(inner, |sets, links| {
                sets.add(&mut links.excluders, excluder);
            });
        }
    }

    /// The id of the pattern with this key, and whether it is new.
    fn intern_key(&mut self, path: PathId, key: Key<'_>) -> (u32, bool) {
        let hash = key.hash(&self.hasher);
        let Machine { patterns, matchers, hasher, .. } = self;
        let matcher = matchers[path.index()].get_or_insert_default();
        if let Some(&known) = matcher.interned.find(hash, |&id| patterns[id].stored.key() == key) {
            return (known, false);
        }
        let id = patterns.add(PatternNode::new(key.store()));
        matcher.interned.insert_unique(hash, id, |&id| patterns[id].stored.key().hash(hasher));
        matcher.index(key, id);
        (id, true)
    }

    /// Undo the interning of a pattern, and of what it excludes, when nothing needs it any more.
    fn drop_unused(&mut self, path: PathId, id: u32) {
        if self.patterns[id].own() != Own::Nothing || self.patterns[id].links != NONE {
            return;
        }
        let Machine { patterns, matchers, hasher, .. } = self;
        let matcher = matchers[path.index()].get_or_insert_default();
        let key = patterns[id].stored.key();
        matcher.unindex(key, id);
        if let Ok(entry) = matcher.interned.find_entry(key.hash(hasher), |&other| other == id) {
            entry.remove();
        }
        shrink_or_free(&mut matcher.interned, |&id| patterns[id].stored.key().hash(hasher));
        let node = self.patterns.remove(id);
        match node.stored.key() {
            Key::AnythingBut(excluded) => self.remove_excluder(path, id, excluded.iter().copied()),
            Key::Split(split) => self.remove_excluder(path, id, split.watched()),
            Key::AllOf(parts) => self.remove_all_of(path, id, parts),
            _ => {}
        }
    }

    fn remove_all_of(&mut self, path: PathId, id: u32, parts: &[u32]) {
        for &part in parts {
            self.change_inner(part, -1, |sets, inner| {
                sets.remove(&mut inner.keyed, id);
                sets.remove(&mut inner.doubted, id);
            });
            self.disuse_inner(path, part); // as often as all-ofs nest
        }
    }

    fn remove_excluder(&mut self, path: PathId, excluder: u32, watched: impl Iterator<Item = u32>) {
        for inner in watched {
            self.change_links(inner, |sets, links| {
                sets.remove(&mut links.excluders, excluder);
            });
            self.drop_unused(path, inner); // once: anything-but holds no anything-but
        }
    }

    /// Change who needs a pattern.
    fn change_links(&mut self, pattern: u32, change: impl FnOnce(&mut super::IdSets, &mut Links)) {
        let Machine { patterns, links, sets, .. } = self;
        let node = &mut patterns[pattern];
        if node.links == NONE {
            node.links = links.add(Links::default());
        }
        change(sets, &mut links[node.links]);
        if links[node.links].clauses.is_empty() && links[node.links].excluders.is_empty() {
            links.remove(node.links);
            node.links = NONE;
        }
    }
}

/// What tells the clauses apart that have several patterns, or a none-of.
#[derive(PartialEq, Eq, Hash)]
struct ListKey<'a> {
    path: u32,
    has_absent: bool,
    patterns: &'a [u32],
    guards: &'a [u32],
}

impl ListKey<'_> {
    fn of(path: PathId, has_absent: bool, list: &PatternList) -> ListKey<'_> {
        ListKey { path: path.0, has_absent, patterns: &list.patterns, guards: list.guards() }
    }

    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one(self)
    }
}

impl ClauseNode {
    fn list_key<'a>(&self, lists: &'a Slab<PatternList>) -> ListKey<'a> {
        let list = &lists[self.patterns];
        let has_absent = self.guards == Guards::Absent || list.rare.as_ref().is_some_and(|rare| rare.has_absent);
        ListKey::of(self.path, has_absent, list)
    }
}

/// Give memory back when a table is mostly empty, all of it when it is quite empty.
fn shrink_or_free(table: &mut hashbrown::HashTable<u32>, hash: impl Fn(&u32) -> u64) {
    if table.is_empty() {
        *table = hashbrown::HashTable::new();
    } else {
        shrink(table, hash);
    }
}
