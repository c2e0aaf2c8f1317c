//! What the values of one path do to its clauses. The twin of `Outcome` in `value_matcher.py`.
//!
//! An outcome lists pattern ids, never clauses: the patterns hit, and the anything-buts blocked, both ascending; and
//! the numbers to judge ranges by. For a single value the blocked are not even listed: they are those that exclude a
//! pattern that was hit. So an outcome is as large as what the indexes found.

use super::clause::ClauseNode;
use super::numeric_ranges::contains;
use super::opposite::contain_any;
use super::path_trie::PathId;
use super::pattern::{Key, Stored};
use super::slab::NONE;
use super::value_matcher::{SearchScratch, ValueMatcher};
use super::Machine;
use crate::event::fields::{next_in_array, Fields, Value};
use crate::model::NumericRange;
use crate::number::Number;
use std::ops::Range;

/// The event that is being matched.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    pub fields: &'a Fields,
    pub text: &'a [u8],
}

/// Owns what outcomes refer to.
#[derive(Default)]
pub struct OutcomePool {
    ids: Vec<u32>,
    numbers: Vec<Number>,
    /// The hits of one value each: of all, and of those that are no numbers.
    segments: Vec<Range<usize>>,
    of_others: Vec<Range<usize>>,
}

impl OutcomePool {
    pub fn clear(&mut self) {
        self.ids.clear();
        self.numbers.clear();
        self.segments.clear();
        self.of_others.clear();
    }

    pub fn shrink(&mut self, limit: usize) {
        self.ids.shrink_to(limit);
        self.numbers.shrink_to(limit);
        self.segments.shrink_to(limit);
        self.of_others.shrink_to(limit);
    }

    #[inline]
    pub fn view(&self, outcome: &Outcome) -> View<'_> {
        View {
            hits: &self.ids[outcome.hits.0 as usize..outcome.hits.1 as usize],
            numbers: &self.numbers[outcome.numbers.0 as usize..outcome.numbers.1 as usize],
            blocked: match outcome.blocked {
                Blocked::None => BlockedView::None,
                Blocked::ByHits => BlockedView::ByHits,
                Blocked::Listed(start, end) => BlockedView::Listed(&self.ids[start as usize..end as usize]),
            },
            has_others: outcome.has_others,
        }
    }
}

/// Spans in an `OutcomePool`.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    hits: (u32, u32),
    numbers: (u32, u32),
    blocked: Blocked,
    has_others: bool,
}

#[derive(Clone, Copy, Default)]
enum Blocked {
    #[default]
    None,
    ByHits,
    Listed(u32, u32),
}

/// Whether several values, as far as they were looked at, each block some anything-but.
struct Blocking {
    all: bool,
    /// Those that are no numbers, where an anything-but excludes ranges.
    others: bool,
}

/// An outcome as it is read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The patterns that an index found, ascending.
    pub hits: &'a [u32],
    /// The values to judge ranges by, ascending; none where the path has no ranges.
    pub numbers: &'a [Number],
    pub blocked: BlockedView<'a>,
    /// Whether some value is no number, where `numbers` are listed.
    pub has_others: bool,
}

/// The anything-buts that no value satisfies. Those that exclude ranges: that no value satisfies which is no number.
#[derive(Clone, Copy)]
pub enum BlockedView<'a> {
    None,
    /// The excluders of the hits.
    ByHits,
    Listed(&'a [u32]),
}

impl Outcome {
    pub fn hit_count(&self) -> usize {
        (self.hits.1 - self.hits.0) as usize
    }
}

impl Machine {
    /// The outcome of all values of a path together, any of which may satisfy a clause.
    pub(super) fn outcome_of_path(
        &self,
        event: Event<'_>,
        path: PathId,
        search: &mut SearchScratch,
        pool: &mut OutcomePool,
    ) -> Outcome {
        let (Some(matcher), Some(of_path)) = (self.matcher(path), event.fields.of_path(path)) else {
            return Outcome::default();
        };
        let first = &event.fields.fields[of_path.first as usize].value;
        if of_path.count == 1 && !matches!(first, Value::Numbers { .. }) {
            return self.outcome_of_value(matcher, event, first, search, pool);
        }
        let (hits_start, numbers_start) = (pool.ids.len(), pool.numbers.len());
        let mut blocking = Blocking { all: matcher.anything_but_count > 0, others: matcher.split_count > 0 };
        let mut has_others = false;
        pool.segments.clear();
        pool.of_others.clear();
        for field in event.fields.iter_path(path) {
            if let Value::Numbers { start, end } = field.value {
                has_others |= self.find_in_array(matcher, event, start, end, &mut blocking, pool);
                continue;
            }
            let start = pool.ids.len();
            let number = self.find_patterns(matcher, event, &field.value, search, &mut pool.ids);
            pool.numbers.extend(number);
            has_others |= number.is_none();
            self.note_blocking(start, number.is_none(), &mut blocking, pool);
        }
        let blocked = self.blocked_by_values(&blocking, numbers_start, pool);
        pool.numbers[numbers_start..].sort_unstable();
        pool.ids[hits_start..].sort_unstable();
        dedup_tail(&mut pool.ids, hits_start);
        let hits_end = pool.ids.len();
        pool.ids.extend_from_slice(&blocked);
        Outcome {
            hits: (hits_start as u32, hits_end as u32),
            numbers: (numbers_start as u32, pool.numbers.len() as u32),
            blocked: match blocked.is_empty() {
                true => Blocked::None,
                false => Blocked::Listed(hits_end as u32, pool.ids.len() as u32),
            },
            has_others,
        }
    }

    /// Append what indexes find for each number and literal of an array. Returns whether there are literals, as far as
    /// that matters.
    fn find_in_array(
        &self,
        matcher: &ValueMatcher,
        event: Event<'_>,
        start: usize,
        end: usize,
        blocking: &mut Blocking,
        pool: &mut OutcomePool,
    ) -> bool {
        if !matcher.needs_numbers() && !matcher.has_literals() {
            blocking.all = false;
            return false;
        }
        let mut at = start;
        if !blocking.all && !matcher.has_literals() {
            if let Some(cells) = matcher.number_cells().filter(|_| !matcher.lists_numbers()) {
                while let Some((first, number_end)) = cells.next_candidate(event.text, at, end) {
                    if let Some(number) = Number::parse(&event.text[first..number_end]) {
                        matcher.find_number(number, &self.patterns, &self.hasher, &mut pool.ids);
                    }
                    at = number_end;
                }
                return false;
            }
        }
        let mut has_others = false;
        while let Some(first) = next_in_array(event.text, at, end) {
            let found_before = pool.ids.len();
            let number;
            (at, number) = matcher.find_in_text(event.text, first, &self.patterns, &self.hasher, &mut pool.ids);
            pool.numbers.extend(number);
            has_others |= number.is_none();
            self.note_blocking(found_before, number.is_none(), blocking, pool);
        }
        has_others
    }

    /// Note what a value does to anything-buts, of which the patterns from `start` on were found. One that blocks none
    /// satisfies them all.
    #[inline]
    fn note_blocking(&self, start: usize, is_other: bool, blocking: &mut Blocking, pool: &mut OutcomePool) {
        let blocks = |pool: &OutcomePool| pool.ids[start..].iter().any(|&pattern| self.has_excluders(pattern));
        if blocking.all {
            blocking.all = blocks(pool);
            pool.segments.push(start..pool.ids.len());
        }
        if blocking.others && is_other {
            blocking.others = blocks(pool);
            pool.of_others.push(start..pool.ids.len());
        }
    }

    /// The anything-buts blocked by all values, and those that exclude ranges and are blocked by all that are no numbers.
    fn blocked_by_values(&self, blocking: &Blocking, numbers_start: usize, pool: &mut OutcomePool) -> Vec<u32> {
        let OutcomePool { ids, segments, of_others, numbers } = pool;
        let mut blocked = if blocking.all { self.blocked_by_all(ids, segments) } else { Vec::new() };
        if blocking.others && numbers.len() > numbers_start {
            let is_split = |&id: &u32| matches!(self.patterns[id].stored, Stored::Split(_));
            blocked.extend(self.blocked_by_all(ids, of_others).into_iter().filter(is_split)); // no number blocks one
            blocked.sort_unstable();
        }
        blocked
    }

    #[inline]
    pub(super) fn outcome_of_value(
        &self,
        matcher: &ValueMatcher,
        event: Event<'_>,
        value: &Value,
        search: &mut SearchScratch,
        pool: &mut OutcomePool,
    ) -> Outcome {
        let (start, numbers_start) = (pool.ids.len(), pool.numbers.len());
        let number = self.find_patterns(matcher, event, value, search, &mut pool.ids);
        pool.numbers.extend(number);
        let hits = &mut pool.ids[start..];
        if hits.len() > 1 {
            hits.sort_unstable();
        }
        let blocks = matcher.anything_but_count > 0 && hits.iter().any(|&pattern| self.has_excluders(pattern));
        Outcome {
            hits: (start as u32, pool.ids.len() as u32),
            numbers: (numbers_start as u32, pool.numbers.len() as u32),
            blocked: if blocks { Blocked::ByHits } else { Blocked::None },
            has_others: number.is_none(),
        }
    }

    /// Append the patterns that indexes find for a value; return its number when ranges are to be judged by it.
    #[inline]
    fn find_patterns(
        &self,
        matcher: &ValueMatcher,
        event: Event<'_>,
        value: &Value,
        search: &mut SearchScratch,
        found: &mut Vec<u32>,
    ) -> Option<Number> {
        let number = match *value {
            Value::Text { start, end } => {
                matcher.find_text(&event.text[start..end], &self.patterns, &self.hasher, search, found);
                return None;
            }
            Value::Unescaped { start, end } => {
                let text = &event.fields.unescaped[start..end];
                matcher.find_text(text, &self.patterns, &self.hasher, search, found);
                return None;
            }
            Value::Literal(literal) => {
                matcher.find_literal(literal, found);
                return None;
            }
            _ if !matcher.needs_numbers() => return None,
            Value::NumberText { start, end } => Number::parse(&event.text[start..end])?,
            Value::Number(number) => number,
            Value::Numbers { .. } => return None, // several values, which `find_in_array` takes one by one
        };
        matcher.find_number(number, &self.patterns, &self.hasher, found);
        matcher.lists_numbers().then_some(number)
    }

    fn has_excluders(&self, pattern: u32) -> bool {
        let links = self.patterns[pattern].links;
        links != NONE && !self.links[links].excluders.is_empty()
    }

    fn excludes(&self, pattern: u32, excluder: u32) -> bool {
        let links = self.patterns[pattern].links;
        links != NONE && self.sets.contains(self.links[links].excluders, excluder)
    }

    /// The anything-buts that exclude `pattern`.
    pub(super) fn excluders(&self, pattern: u32) -> impl Iterator<Item = u32> + '_ {
        let links = self.patterns[pattern].links;
        let set = if links == NONE { Default::default() } else { self.links[links].excluders };
        self.sets.iter(set)
    }

    /// How many anything-buts exclude `pattern`.
    pub(super) fn excluder_count(&self, pattern: u32) -> usize {
        match self.patterns[pattern].links {
            NONE => 0,
            links => self.sets.len(self.links[links].excluders),
        }
    }

    /// The anything-buts blocked by every value; `segments` are the hits of one value each. Ascending.
    ///
    /// Starts with the value that blocks the fewest. Values with equal hits, as there are in long arrays, count once.
    fn blocked_by_all(&self, ids: &mut [u32], segments: &mut Vec<Range<usize>>) -> Vec<u32> {
        segments.iter().for_each(|segment| ids[segment.clone()].sort_unstable());
        segments.sort_unstable_by(|one, other| ids[one.clone()].cmp(&ids[other.clone()]));
        segments.dedup_by(|one, other| ids[one.clone()] == ids[other.clone()]);
        let count =
            |segment: &Range<usize>| ids[segment.clone()].iter().map(|&id| self.excluder_count(id)).sum::<usize>();
        let Some(least) = segments.iter().min_by_key(|segment| count(segment)) else { return Vec::new() };
        let mut blocked: Vec<u32> = ids[least.clone()].iter().flat_map(|&pattern| self.excluders(pattern)).collect();
        blocked.sort_unstable();
        blocked.dedup();
        for segment in segments.iter() {
            blocked.retain(|&excluder| ids[segment.clone()].iter().any(|&pattern| self.excludes(pattern, excluder)));
            if blocked.is_empty() {
                break;
            }
        }
        blocked
    }

    // -- clauses ------------------------------------------------------------------------------------------------

    /// Whether a value with this outcome satisfies the clause.
    pub(super) fn accepts(&self, clause: u32, outcome: View<'_>) -> bool {
        let node = &self.clauses[clause];
        node.always
            || self.is_hit(node, outcome.hits)
            || (!outcome.numbers.is_empty() && self.contains_any(node, outcome.numbers))
            || self.is_not_blocked(node, outcome)
    }

    /// Whether one of the clause's patterns is among `hits`.
    #[inline]
    pub(super) fn is_hit(&self, clause: &ClauseNode, hits: &[u32]) -> bool {
        if hits.is_empty() {
            return false;
        }
        if clause.is_single {
            return hits.binary_search(&clause.patterns).is_ok();
        }
        let patterns = self.patterns_of(clause);
        let (few, many) = if patterns.len() < hits.len() { (patterns, hits) } else { (hits, patterns) };
        few.iter().any(|id| many.binary_search(id).is_ok())
    }

    /// The clause's patterns, ascending.
    #[inline]
    pub(super) fn patterns_of<'a>(&'a self, clause: &'a ClauseNode) -> &'a [u32] {
        match clause {
            ClauseNode { is_single: true, patterns, .. } => std::slice::from_ref(patterns),
            ClauseNode { patterns: NONE, .. } => &[],
            ClauseNode { patterns, .. } => &self.lists[*patterns].patterns,
        }
    }

    fn is_not_blocked(&self, clause: &ClauseNode, outcome: View<'_>) -> bool {
        let (open, split): (&[u32], &[u32]) = match clause {
            ClauseNode { patterns: NONE, .. } => (&[], &[]),
            ClauseNode { is_single: true, patterns, .. } => match self.patterns[*patterns].stored.key() {
                Key::AnythingBut(_) => (std::slice::from_ref(patterns), &[]),
                Key::Split(_) => (&[], std::slice::from_ref(patterns)),
                _ => (&[], &[]),
            },
            ClauseNode { patterns, .. } => (&self.lists[*patterns].open, self.lists[*patterns].split()),
        };
        let split = if outcome.has_others { split } else { &[] }; // numbers are judged by what is left of them
        open.iter().chain(split).any(|&excluder| match outcome.blocked {
            BlockedView::None => true,
            BlockedView::ByHits => !outcome.hits.iter().any(|&pattern| self.excludes(pattern, excluder)),
            BlockedView::Listed(blocked) => blocked.binary_search(&excluder).is_err(),
        })
    }

    /// Whether one of the clause's ranges contains one of `numbers`, which ascend, or an anything-but leaves one.
    pub(super) fn contains_any(&self, clause: &ClauseNode, numbers: &[Number]) -> bool {
        if clause.patterns == NONE {
            return false;
        }
        if clause.is_single {
            return match self.patterns[clause.patterns].stored.key() {
                Key::NumericRange(range) => contains_one(range, numbers),
                Key::Split(split) => contain_any(&split.left, numbers),
                _ => false,
            };
        }
        let list = &self.lists[clause.patterns];
        list.ranges.iter().any(|range| contains_one(range, numbers))
            || list.split().iter().any(|&id| match self.patterns[id].stored.key() {
                Key::Split(split) => contain_any(&split.left, numbers),
                _ => false,
            })
    }
}

/// Whether `range` contains one of `numbers`, which ascend.
pub fn contains_one(range: &NumericRange, numbers: &[Number]) -> bool {
    let first = match range.low {
        None => 0,
        Some(low) if low.is_open => numbers.partition_point(|&number| number <= low.number),
        Some(low) => numbers.partition_point(|&number| number < low.number),
    };
    numbers.get(first).is_some_and(|&number| contains(range, number))
}

/// Remove what stands twice in a row from `start` on.
pub fn dedup_tail(ids: &mut Vec<u32>, start: usize) {
    let mut kept = start;
    for index in start..ids.len() {
        if index == start || ids[index] != ids[kept - 1] {
            ids[kept] = ids[index];
            kept += 1;
        }
    }
    ids.truncate(kept);
}
