//! One event's trip through the name states, when array trails matter. The twin of `trail_walk.py`, which explains it.
//!
//! A position is a name state and the innermost array element that the values chosen so far lie in. Where trails do not
//! lie on one line, or `exists: false` is not certain, a sub-rule is judged again as a whole: alone in the order of
//! paths (a *chain*), or by trying (`consistency.rs`).

use super::clause::Kind;
use super::consistency::sub_rule_holds;
use super::follow::OpenMemo;
use super::name_state::{Edges, State, START};
use super::outcome::Event;
use super::path_trie::PathId;
use super::pattern::Own;
use super::scratch::Scratch;
use super::slab::NONE;
use super::trail_views::{Map, Offence, TrailViews};
use super::{Machine, TooManyCombinations};
use hashbrown::{DefaultHashBuilder, HashSet};

type Set<T> = HashSet<T, DefaultHashBuilder>;

/// Append to `ends` those of `doubtful` final states whose sub-rules match; with `first_only` at most one.
///
/// All others that the event can reach are known already, so only what leads to these is walked.
pub fn walk_with_trails(
    machine: &Machine,
    event: Event<'_>,
    scratch: &mut Scratch,
    doubtful: &[u32],
    first_only: bool,
    ends: &mut Vec<u32>,
) -> Result<(), TooManyCombinations> {
    let Scratch { search, pool, memo, .. } = scratch;
    pool.clear();
    let mut views = TrailViews::new(machine, event, pool, search);
    let part = Part::to(machine, doubtful);
    let mut walk = TrailWalk::new(machine, Way::Machine(&part), event.fields.spelled_twice);
    walk.run(&mut views, memo, first_only)?;
    ends.extend(walk.ends);
    Ok(())
}

/// One clause of a sub-rule that is judged alone in the order of paths.
struct ChainLink {
    clause: u32,
    path: PathId,
    shared_depth: u32,
}

/// What of a machine leads to some final states.
///
/// All lists ascend.
struct Part {
    ends: Vec<u32>,
    states: Vec<u32>,
    /// The edges between them.
    outs: Vec<OutKey>,
}

impl Part {
    fn to(machine: &Machine, ends: &[u32]) -> Part {
        let mut states: Vec<u32> = ends.iter().flat_map(|&end| machine.states.line(end)).collect();
        states.sort_unstable();
        states.dedup();
        let out = |&state: &u32| {
            let State { parent, clause, .. } = machine.states.states[state];
            (parent, machine.clauses[clause].path)
        };
        let mut outs: Vec<OutKey> = states.iter().map(out).collect();
        outs.sort_unstable();
        outs.dedup();
        let mut ends = ends.to_vec();
        ends.sort_unstable();
        Part { ends, states, outs }
    }
}

/// What is walked.
#[derive(Clone, Copy)]
enum Way<'a> {
    Machine(&'a Part),
    /// A sub-rule alone. Then clauses come in the order of paths, and `exists: false` is judged for good when it is met;
    /// states are numbers of links, the end the one after the last.
    Chain(&'a [ChainLink]),
}

/// Edges over one path as this walk sees them.
#[derive(Clone, Copy)]
enum Out<'a> {
    Machine(&'a Edges),
    /// From the link of this number to the next.
    Chain(u32, &'a ChainLink),
}

impl Out<'_> {
    fn path(&self) -> PathId {
        match self {
            Out::Machine(edges) => edges.path,
            Out::Chain(_, link) => link.path,
        }
    }

    fn shared_depth(&self) -> u32 {
        match self {
            Out::Machine(edges) => edges.shared_depth,
            Out::Chain(_, link) => link.shared_depth,
        }
    }
}

/// A state and a path: what names a set of edges.
type OutKey = (u32, PathId);
/// A state, an element, and whether it is unsure that the sub-rule holds so far.
type Position = (u32, u32, bool);

/// The walk and its working memory.
struct TrailWalk<'a> {
    machine: &'a Machine,
    way: Way<'a>,
    spelled_twice: bool,
    todo: Vec<Position>,
    met: Set<Position>,
    /// What was followed from where.
    judged: Set<(OutKey, u32, bool)>,
    /// See `not_yet`.
    following: Map<(OutKey, bool, u32), u32>,
    /// Answers of `satisfied_around`, in `answers`.
    around: Map<(OutKey, u32), u32>,
    answers: Vec<Vec<u32>>,
    ends: Set<u32>,
    /// Final states whose sub-rules were judged apart and do not match.
    failed: Set<u32>,
    found: Vec<(u32, u32)>,
    reached: Vec<u32>,
}

impl<'a> TrailWalk<'a> {
    fn new(machine: &'a Machine, way: Way<'a>, spelled_twice: bool) -> TrailWalk<'a> {
        let mut walk = TrailWalk {
            machine,
            way,
            spelled_twice,
            todo: Vec::new(),
            met: Set::default(),
            judged: Set::default(),
            following: Map::default(),
            around: Map::default(),
            answers: Vec::new(),
            ends: Set::default(),
            failed: Set::default(),
            found: Vec::new(),
            reached: Vec::new(),
        };
        walk.todo.push((START, NONE, spelled_twice));
        walk
    }

    fn run(
        &mut self,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
        first_only: bool,
    ) -> Result<(), TooManyCombinations> {
        while let Some((state, trail, unsure)) = self.todo.pop() {
            if self.is_final(state) && !self.ends.contains(&state) && self.ends_at(state, unsure, views, memo)? {
                self.ends.insert(state);
                if first_only {
                    return Ok(());
                }
            }
            match self.way {
                Way::Machine(part) => {
                    let start = part.outs.partition_point(|&(from, _)| from < state);
                    let Some(branches) = self.machine.states.branches_of(state) else { continue };
                    let outs = part.outs[start..].iter().take_while(|&&(from, _)| from == state);
                    let all_edges = outs.filter_map(|&(_, path)| branches.of_path(path));
                    for edges in all_edges.clone().filter(|edges| self.machine.states.accept_values(edges)) {
                        if views.has_values(edges.path) {
                            self.follow(state, Out::Machine(edges), trail, unsure, views, memo);
                        }
                    }
                    for edges in all_edges.filter(|edges| !edges.absent.is_empty()) {
                        self.follow_absent(Out::Machine(edges), trail, unsure, views);
                    }
                }
                Way::Chain(chain) => {
                    let Some(link) = chain.get(state as usize) else { continue };
                    let out = Out::Chain(state, link);
                    if self.machine.clauses[link.clause].kind != Kind::None && views.has_values(link.path) {
                        self.follow(state, out, trail, unsure, views, memo);
                    }
                    if self.machine.clauses[link.clause].holds_when_absent() {
                        self.follow_absent(out, trail, unsure, views);
                    }
                }
            }
        }
        Ok(())
    }

    fn is_final(&self, state: u32) -> bool {
        match self.way {
            Way::Chain(chain) => state as usize == chain.len(),
            Way::Machine(part) => part.ends.binary_search(&state).is_ok(),
        }
    }

    fn is_leaf(&self, state: u32) -> bool {
        match self.way {
            Way::Chain(chain) => state as usize == chain.len(),
            Way::Machine(_) => self.machine.states.is_leaf(state),
        }
    }

    fn go_to(&mut self, state: u32, trail: u32, unsure: bool) {
        if !self.leads_on(state) {
            return;
        }
        // No clause comes after a leaf to clash with.
        let trail = if self.is_leaf(state) { NONE } else { trail };
        let position = (state, trail, unsure);
        if self.met.insert(position) {
            self.todo.push(position);
        }
    }

    /// Whether the sub-rule that ends at `state` matches, now that a position has reached it.
    fn ends_at(
        &mut self,
        state: u32,
        unsure: bool,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
    ) -> Result<bool, TooManyCombinations> {
        if unsure && (self.failed.contains(&state) || !self.holds(state, views, memo)?) {
            self.failed.insert(state);
            return Ok(false);
        }
        Ok(true)
    }

    /// Judge the sub-rule that ends at `state` as a whole.
    fn holds(&self, state: u32, views: &mut TrailViews<'_>, memo: &mut OpenMemo) -> Result<bool, TooManyCombinations> {
        let clauses = in_path_order(self.machine, state);
        if self.spelled_twice || comes_back(self.machine, &clauses) || is_torn(self.machine, &clauses) {
            return sub_rule_holds(self.machine, &clauses, views);
        }
        let chain = chain(self.machine, &clauses);
        let mut walk = TrailWalk::new(self.machine, Way::Chain(&chain), false);
        walk.run(views, memo, true)?;
        Ok(!walk.ends.is_empty())
    }

    fn anchor(&self, trail: u32, depth: u32, views: &TrailViews<'_>) -> u32 {
        // With a path spelled twice any value will do here: what is found is judged again as a whole.
        if self.spelled_twice {
            NONE
        } else {
            views.cut(trail, depth)
        }
    }

    /// Go to each state behind an edge of one path that a value consistent with `trail` satisfies.
    fn follow(
        &mut self,
        state: u32,
        out: Out<'_>,
        trail: u32,
        unsure: bool,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
    ) {
        let key = (state, out.path());
        let anchor = self.anchor(trail, out.shared_depth(), views);
        if !self.judged.insert((key, anchor, unsure)) {
            return;
        }
        let cut = views.cut_fields(out.path(), out.shared_depth());
        if anchor == NONE {
            let everything = views.cuts[cut as usize].everything;
            self.go_inside(state, out, cut, everything, unsure, views, memo);
            return;
        }
        if !self.judged.contains(&(key, NONE, unsure)) {
            let inside = views.inside(cut, anchor);
            let mut index = inside.start;
            while let Some(group) = self.not_yet(key, unsure, &mut index, inside.end) {
                self.go_inside(state, out, cut, group, unsure, views, memo);
            }
        }
        let around = views.around(cut, anchor);
        if let Some(answer) = self.satisfied_around(state, out, cut, around, views, memo) {
            for place in 0..self.answers[answer].len() {
                self.go_to(self.answers[answer][place], anchor, unsure);
            }
        }
    }

    /// Go on from values inside the element the match stands in: their own trails hold all of its trail.
    #[allow(clippy::too_many_arguments)] // one of two callers' steps, with the state of both
    fn go_inside(
        &mut self,
        state: u32,
        out: Out<'_>,
        cut: u32,
        group: u32,
        unsure: bool,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
    ) {
        self.satisfied(state, out, cut, group, views, memo);
        let mut found = std::mem::take(&mut self.found);
        for (next, own) in found.drain(..) {
            self.go_to(next, if self.spelled_twice { NONE } else { own }, unsure);
        }
        self.found = found;
    }

    /// The next of the indexes from `index` to `end` that these edges were not followed from yet; `index` moves on.
    ///
    /// Where arrays are nested, an element's values are also values of every element around it; this way each is gone
    /// through once, not once a level. `following` leads from an index that is done to the next that may not be, over
    /// ever longer stretches (union-find).
    fn not_yet(&mut self, key: OutKey, unsure: bool, index: &mut u32, end: u32) -> Option<u32> {
        while *index < end {
            let at = *index;
            let after = self.following.get(&(key, unsure, at)).copied();
            let next = match after {
                None => at + 1,
                Some(after) => self.following.get(&(key, unsure, after)).copied().unwrap_or(after),
            };
            self.following.insert((key, unsure, at), next);
            *index = next;
            if after.is_none() {
                return Some(at);
            }
        }
        None
    }

    /// The states behind edges that some value around an element satisfies, as a number of `answers`.
    fn satisfied_around(
        &mut self,
        state: u32,
        out: Out<'_>,
        cut: u32,
        mut around: u32,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
    ) -> Option<usize> {
        let key = (state, out.path());
        let mut climbed: Vec<(u32, u32)> = Vec::new();
        let mut answer = None;
        while around != NONE {
            if let Some(&known) = self.around.get(&(key, around)) {
                answer = Some(known as usize);
                break;
            }
            let (group, outer) = views.link(cut, around);
            climbed.push((around, group));
            around = outer;
        }
        for (link, group) in climbed.into_iter().rev() {
            self.satisfied(state, out, cut, group, views, memo);
            let mut more: Vec<u32> = self.found.drain(..).map(|(next, _)| next).collect();
            more.sort_unstable();
            more.dedup();
            let so_far: &[u32] = answer.map_or(&[], |answer: usize| &self.answers[answer]);
            more.retain(|next| so_far.binary_search(next).is_err());
            if answer.is_none() || !more.is_empty() {
                more.extend_from_slice(so_far);
                more.sort_unstable();
                self.answers.push(more);
                answer = Some(self.answers.len() - 1);
            }
            self.around.insert((key, link), answer.unwrap_or_default() as u32);
        }
        answer
    }

    /// Go on where a clause holds without a value, or may.
    fn follow_absent(&mut self, out: Out<'_>, trail: u32, unsure: bool, views: &mut TrailViews<'_>) {
        let anchor = self.anchor(trail, out.shared_depth(), views);
        let has_values = views.has_values(out.path());
        match out {
            Out::Chain(state, link) => {
                if !has_values || holds_at(self.machine, link, anchor, views) {
                    self.go_to(state + 1, anchor, unsure);
                }
            }
            Out::Machine(edges) => {
                let machine = self.machine;
                for next in machine.states.edges(edges.absent) {
                    if !self.leads_on(next) {
                        continue;
                    }
                    match has_values.then(|| holds_without(machine, machine.states.states[next].clause, views)) {
                        None | Some(Some(true)) => self.go_to(next, anchor, unsure),
                        Some(None) => self.go_to(next, anchor, true),
                        Some(Some(false)) => {}
                    }
                }
            }
        }
    }

    /// Whether a state leads to one that is asked for.
    fn leads_on(&self, state: u32) -> bool {
        !matches!(self.way, Way::Machine(part) if part.states.binary_search(&state).is_err())
    }

    /// Put into `found` the states behind edges that some value of a group satisfies, each with elements of such values.
    fn satisfied(
        &mut self,
        state: u32,
        out: Out<'_>,
        cut: u32,
        group: u32,
        views: &mut TrailViews<'_>,
        memo: &mut OpenMemo,
    ) {
        self.found.clear();
        let members = views.cuts[cut as usize].groups[group as usize].fields.clone();
        let edges = match out {
            Out::Machine(edges) => edges,
            Out::Chain(from, link) => {
                for place in members {
                    let field = views.cuts[cut as usize].order[place as usize];
                    if self.machine.accepts(link.clause, &views.view(field)) {
                        self.found.push((from + 1, views.fields[field as usize].element));
                    }
                }
                return;
            }
        };
        let accepts_rare = edges.have_rare() && self.machine.states.rare(edges).accept_values();
        let mut one_by_one = !edges.ranged.is_empty() || !edges.open.is_empty() || accepts_rare;
        let mut skip_closed = true;
        if !edges.closed.is_empty() {
            let edge_count = self.machine.states.edge_count(edges.closed);
            match views.group_hits(cut, group, edge_count) {
                Some(hits) => follow_group(self.machine, state, edges, hits, &mut self.found),
                None => (one_by_one, skip_closed) = (true, false),
            }
        }
        if !one_by_one {
            return;
        }
        for place in members {
            let field = views.cuts[cut as usize].order[place as usize];
            let view = views.view(field);
            self.reached.clear();
            if !skip_closed && !view.hits.is_empty() {
                self.machine.follow_hits(state, edges.closed, Kind::Closed, view.hits, &mut self.reached);
            }
            if !edges.ranged.is_empty() {
                self.machine.follow_ranged(state, edges.path, edges.ranged, Kind::Ranged, &view, &mut self.reached);
            }
            if !edges.open.is_empty() {
                self.machine.follow_open(state, edges.open, Kind::Open, &view, memo, &mut self.reached);
            }
            if accepts_rare {
                self.machine.follow_rare_values(state, edges, &view, memo, &mut self.reached);
            }
            let element = views.fields[field as usize].element;
            self.found.extend(self.reached.iter().map(|&next| (next, element)));
        }
    }
}

/// Follow closed edges on the hits of a whole group, going through the fewer: edges or distinct hits.
fn follow_group(machine: &Machine, state: u32, edges: &Edges, hits: &[(u32, u32)], found: &mut Vec<(u32, u32)>) {
    let edge_count = machine.states.edge_count(edges.closed);
    if edge_count < hits.len() {
        for next in machine.states.edges(edges.closed) {
            let clause = &machine.clauses[machine.states.states[next].clause];
            for &pattern in machine.patterns_of(clause) {
                let start = hits.partition_point(|&(hit, _)| hit < pattern);
                let of_pattern = hits[start..].iter().take_while(|&&(hit, _)| hit == pattern);
                found.extend(of_pattern.map(|&(_, element)| (next, element)));
            }
        }
        return;
    }
    for run in hits.chunk_by(|one, other| one.0 == other.0) {
        let mut go = |next: u32| found.extend(run.iter().map(|&(_, element)| (next, element)));
        let node = &machine.patterns[run[0].0];
        if node.own() != Own::Nothing {
            let clause = machine.own_clause(run[0].0);
            clause.and_then(|clause| machine.edge(state, clause, Kind::Closed)).into_iter().for_each(&mut go);
        }
        if node.links != NONE {
            let clauses = machine.sets.iter(machine.links[node.links].clauses);
            clauses.filter_map(|clause| machine.edge(state, clause, Kind::Closed)).for_each(&mut go);
        }
    }
}

/// Whether a clause holds where its path has values and none of them is chosen; None where trails decide.
///
/// The values that a guard accepts are *offending*: every value, for `exists: false`.
fn holds_without(machine: &Machine, clause: u32, views: &mut TrailViews<'_>) -> Option<bool> {
    let node = &machine.clauses[clause];
    let mut holds = Some(false);
    if machine.has_absent(node) && !views.has_value_outside_arrays(node.path) {
        holds = None;
    }
    for &guard in machine.guards_of(node) {
        match views.offence(guard) {
            Offence::Nowhere => return Some(true),
            Offence::InArrays => holds = None,
            Offence::Outside => {}
        }
    }
    holds
}

/// Whether the clause of a link, whose path has values, holds because none that offends is consistent with `anchor`.
fn holds_at(machine: &Machine, link: &ChainLink, anchor: u32, views: &mut TrailViews<'_>) -> bool {
    let node = &machine.clauses[link.clause];
    let mut holds = |guard: Option<u32>| {
        let cut = views.cut_offending(link.path, guard, link.shared_depth);
        !views.has_consistent_with(cut, anchor)
    };
    (machine.has_absent(node) && holds(None)) || machine.guards_of(node).iter().any(|&guard| holds(Some(guard)))
}

/// The clauses of the sub-rule that ends at `state`, by path; those of one path as the walk judges them.
fn in_path_order(machine: &Machine, state: u32) -> Vec<u32> {
    let mut clauses: Vec<(Vec<u8>, u32)> = machine
        .states
        .clauses_to(state)
        .into_iter()
        .map(|clause| (machine.path_text(machine.clauses[clause].path), clause))
        .collect();
    clauses.sort_by(|one, other| one.0.cmp(&other.0));
    clauses.into_iter().map(|(_, clause)| clause).collect()
}

fn chain(machine: &Machine, clauses: &[u32]) -> Vec<ChainLink> {
    let path = |place: usize| machine.clauses[clauses[place]].path;
    let shared = |place: usize| if place == 0 { 0 } else { machine.paths.shared_depth(path(place - 1), path(place)) };
    (0..clauses.len())
        .map(|place| ChainLink { clause: clauses[place], path: path(place), shared_depth: shared(place) })
        .collect()
}

/// Whether a clause that may choose a value or do without stands beside another of its path: it looks at what was chosen
/// before the path, and then chooses on it.
fn is_torn(machine: &Machine, clauses: &[u32]) -> bool {
    let has_both = |clause: u32| {
        let node = &machine.clauses[clause];
        node.holds_when_absent() && node.kind != Kind::None
    };
    clauses.windows(2).any(|pair| {
        machine.clauses[pair[0]].path == machine.clauses[pair[1]].path && pair.iter().any(|&clause| has_both(clause))
    })
}

/// Whether going through the clauses' paths in order leaves what is below some path, and later enters it again.
fn comes_back(machine: &Machine, clauses: &[u32]) -> bool {
    let mut entered: Set<PathId> = Set::default();
    let mut inside: Set<PathId> = Set::default();
    for &clause in clauses {
        let line: Set<PathId> = machine.paths.line(machine.clauses[clause].path).collect();
        if line.iter().any(|node| entered.contains(node) && !inside.contains(node)) {
            return true;
        }
        entered.extend(&line);
        inside = line;
    }
    false
}
