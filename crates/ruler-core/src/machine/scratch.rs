//! What a thread keeps from event to event: working memory only, good for any machine at any time.

use super::follow::OpenMemo;
use super::outcome::{Outcome, OutcomePool};
use super::path_trie::PathId;
use super::value_matcher::SearchScratch;

/// Room that is kept for the next event, in items of each list; more is given back.
const KEPT: usize = 1 << 14;

/// Working memory of `Machine::match_fields`.
#[derive(Default)]
pub struct Scratch {
    pub(super) search: SearchScratch,
    pub(super) pool: OutcomePool,
    pub(super) memo: OpenMemo,
    pub(super) todo: Vec<u32>,
    pub(super) ends: Vec<u32>,
    pub(super) answers: Vec<(u64, u32)>,
    /// By path id.
    marks: Vec<Mark>,
    /// Marks with another stamp are of an earlier event, or an earlier question.
    stamp: u32,
    events_until_shrink: u8,
}

/// Looking at all that could be given back costs 10 ns, so most events do not.
const EVENTS_A_SHRINK: u8 = 64;

#[derive(Clone, Copy, Default)]
struct Mark {
    outcome: Outcome,
    outcome_stamp: u32,
    joint_stamp: u32,
}

impl Scratch {
    /// Make ready for an event of a machine with so many path ids.
    pub(super) fn begin(&mut self, path_count: usize) {
        if self.marks.len() < path_count {
            self.marks.resize(path_count, Mark::default());
        } else if self.marks.len() > KEPT && self.marks.len() / 4 > path_count {
            self.marks.truncate(path_count);
            self.marks.shrink_to_fit();
        }
        self.next_stamp();
        self.pool.clear();
        self.todo.clear();
        self.ends.clear();
        self.answers.clear();
    }

    /// Give back what an unusual event took: after one of many fields, and else now and then.
    #[inline]
    pub(super) fn end(&mut self, field_count: usize) {
        self.events_until_shrink = self.events_until_shrink.saturating_sub(1);
        if field_count > KEPT || self.events_until_shrink == 0 {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.events_until_shrink = EVENTS_A_SHRINK;
        self.pool.clear();
        self.pool.shrink(KEPT);
        self.search.shrink(KEPT);
        for list in [&mut self.todo, &mut self.ends] {
            if list.capacity() > KEPT {
                *list = Vec::new();
            }
        }
        if self.answers.capacity() > KEPT {
            self.answers = Vec::new();
        }
    }

    /// A stamp that no mark has.
    fn next_stamp(&mut self) -> u32 {
        if self.stamp == u32::MAX {
            self.marks.fill(Mark::default());
            self.stamp = 0;
        }
        self.stamp += 1;
        self.stamp
    }

    #[inline]
    pub(super) fn outcome(&self, path: PathId, event_stamp: u32) -> Option<Outcome> {
        let mark = &self.marks[path.index()];
        (mark.outcome_stamp == event_stamp).then_some(mark.outcome)
    }

    #[inline]
    pub(super) fn set_outcome(&mut self, path: PathId, event_stamp: u32, outcome: Outcome) {
        let mark = &mut self.marks[path.index()];
        mark.outcome = outcome;
        mark.outcome_stamp = event_stamp;
    }

    pub(super) fn set_joint(&mut self, path: PathId, event_stamp: u32) {
        if let Some(mark) = self.marks.get_mut(path.index()) {
            mark.joint_stamp = event_stamp;
        }
    }

    pub(super) fn is_joint(&self, path: PathId, event_stamp: u32) -> bool {
        self.marks[path.index()].joint_stamp == event_stamp
    }

    pub(super) fn event_stamp(&self) -> u32 {
        self.stamp
    }
}
