//! One event's trip through the name states, with array trails left aside. The twin of `walk.py`, which says more.
//!
//! Each path's values are searched once, and only when a state that the walk reaches asks for that path. Where the
//! event has joints, what is found may be too much, never too little: then a walk with trails follows, unless no
//! final state depends on them.

use super::name_state::{Edges, START};
use super::outcome::Event;
use super::path_trie::PathId;
use super::scratch::Scratch;
use super::trail_walk::walk_with_trails;
use super::{Machine, RuleId, TooManyCombinations};
use crate::event::fields::Fields;

impl Machine {
    /// Append the ids of the rules that match, each once, in the order in which they were reserved.
    ///
    /// `event` is the text that the spans of `fields` point into. With `first_only` at least one is found if any
    /// matches, and the walk ends there.
    pub fn match_fields(
        &self,
        fields: &Fields,
        event: &[u8],
        scratch: &mut Scratch,
        first_only: bool,
        rules: &mut Vec<RuleId>,
    ) -> Result<(), TooManyCombinations> {
        let event = Event { fields, text: event };
        scratch.begin(self.paths.id_count());
        let has_joints = !fields.joints.is_empty();
        self.walk(event, scratch, first_only && !has_joints, has_joints);
        let mut result = Ok(());
        if has_joints && !scratch.ends.is_empty() {
            result = self.keep_across(event, scratch, first_only);
        }
        if result.is_ok() {
            self.answer(scratch, rules);
        }
        scratch.end(fields.fields.len());
        result
    }

    /// Keep only those ends that match although the event has arrays whose elements must be told apart.
    fn keep_across(
        &self,
        event: Event<'_>,
        scratch: &mut Scratch,
        first_only: bool,
    ) -> Result<(), TooManyCombinations> {
        let mut ends = std::mem::take(&mut scratch.ends);
        let event_stamp = scratch.event_stamp();
        let mut doubtful: Vec<u32> = Vec::new();
        ends.retain(|&end| {
            let is_certain = !self.depends_on_trails(end, event, event_stamp, scratch);
            if !is_certain {
                doubtful.push(end);
            }
            is_certain
        });
        let is_settled = doubtful.is_empty() || (first_only && !ends.is_empty());
        if !is_settled {
            if event.fields.spelled_twice {
                doubtful.append(&mut ends); // judged too, so that it takes as many steps as in Python
            }
            walk_with_trails(self, event, scratch, &doubtful, first_only, &mut ends)?;
        }
        scratch.ends = ends;
        Ok(())
    }

    fn answer(&self, scratch: &mut Scratch, rules: &mut Vec<RuleId>) {
        if let [end] = *scratch.ends {
            if let Some(rule) = self.states.states[end].rules.single() {
                rules.push(rule); // nearly always; spares looking up its order
                return;
            }
        }
        let answers = &mut scratch.answers;
        for &end in &scratch.ends {
            let of_end = self.sets.iter(self.states.states[end].rules);
            answers.extend(of_end.map(|rule| (self.rules[rule].order, rule)));
        }
        answers.sort_unstable();
        answers.dedup();
        rules.extend(answers.iter().map(|&(_, rule)| rule));
    }

    /// Put the final states reached into `scratch.ends`; with `first_only` at most one.
    ///
    /// Below joints, `exists: false` is taken to hold although there are values: a match may not reach them.
    fn walk(&self, event: Event<'_>, scratch: &mut Scratch, first_only: bool, has_joints: bool) {
        let event_stamp = scratch.event_stamp();
        event.fields.joints.iter().for_each(|&joint| scratch.set_joint(joint, event_stamp));
        let mut todo = std::mem::take(&mut scratch.todo);
        todo.push(START);
        while let Some(state) = todo.pop() {
            let node = &self.states.states[state];
            if !node.rules.is_empty() {
                scratch.ends.push(state);
                if first_only {
                    break;
                }
            }
            let Some(branches) = self.states.branches_of(state) else { continue };
            if branches.all().len() > event.fields.present.len() {
                let of_present = event.fields.present.iter().filter_map(|&path| branches.of_path(path));
                of_present.for_each(|edges| self.walk_edges(event, state, edges, scratch, &mut todo));
            } else {
                for edges in branches.all() {
                    if event.fields.of_path(edges.path).is_some() {
                        self.walk_edges(event, state, edges, scratch, &mut todo);
                    }
                }
            }
            for edges in branches.with_absent() {
                if event.fields.of_path(edges.path).is_none() {
                    todo.extend(self.states.edges(edges.absent));
                } else if has_joints && self.paths.line(edges.path).any(|node| scratch.is_joint(node, event_stamp)) {
                    self.pass_absent(edges, scratch, &mut todo);
                }
            }
        }
        scratch.todo = todo;
    }

    /// Follow the edges over a path that has values.
    #[inline]
    fn walk_edges(&self, event: Event<'_>, state: u32, edges: &Edges, scratch: &mut Scratch, todo: &mut Vec<u32>) {
        if !edges.ask_for_values() {
            return;
        }
        let event_stamp = scratch.event_stamp();
        let outcome = match scratch.outcome(edges.path, event_stamp) {
            Some(outcome) => outcome,
            None => {
                let outcome = self.outcome_of_path(event, edges.path, &mut scratch.search, &mut scratch.pool);
                scratch.set_outcome(edges.path, event_stamp, outcome);
                outcome
            }
        };
        let outcome = scratch.pool.view(&outcome);
        self.follow(state, edges, &outcome, &mut scratch.memo, todo);
    }

    /// Follow absent edges over a path whose values a match may not reach.
    fn pass_absent(&self, edges: &Edges, scratch: &Scratch, todo: &mut Vec<u32>) {
        let outcome = scratch.outcome(edges.path, scratch.event_stamp());
        todo.extend(self.states.edges(edges.absent).filter(|&next| match &outcome {
            // Then a clause that accepts the values, or holds whichever a match reaches, was followed on them.
            Some(outcome) => {
                let (clause, values) = (self.states.states[next].clause, scratch.pool.view(outcome));
                !self.accepts(clause, &values) && !self.holds_without(clause, &values)
            }
            None => true,
        }));
    }

    /// Whether trails can still decide against the sub-rule that ends at `end`: whether two of its clauses have values
    /// below one joint, or one with `exists: false` has values below any, or one with none-of such that it excludes.
    fn depends_on_trails(&self, end: u32, event: Event<'_>, event_stamp: u32, scratch: &mut Scratch) -> bool {
        let mut passed: Vec<PathId> = Vec::new();
        for state in self.states.line(end) {
            let id = self.states.states[state].clause;
            let clause = &self.clauses[id];
            if event.fields.of_path(clause.path).is_none() {
                continue; // it holds without a value, so it clashes with none
            }
            if clause.guards.judge_values() {
                let outcome = scratch.outcome(clause.path, event_stamp);
                if outcome.is_some_and(|outcome| self.holds_without(id, &scratch.pool.view(&outcome))) {
                    continue; // whichever values are looked at
                }
            }
            for node in self.paths.line(clause.path) {
                if scratch.is_joint(node, event_stamp) {
                    if clause.holds_when_absent() || passed.contains(&node) {
                        return true;
                    }
                    passed.push(node);
                }
            }
        }
        false
    }
}
