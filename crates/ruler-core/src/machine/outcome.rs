//! What the values of one path do to its clauses. The twin of `Outcome` in `value_matcher.py`.
//!
//! An outcome lists pattern ids, never clauses: the patterns hit, and the anything-buts blocked, both ascending; and
//! the numbers to judge ranges by. For a single value the blocked are not even listed: they are those that exclude a
//! pattern that was hit. So an outcome is as large as what the indexes found.
//!
//! An all-of asks what one value does, so where a path has one the outcome of several values also keeps those that it
//! is made of. Values with equal hits, as there are in long arrays, count once.

use super::clause::{ClauseNode, Kind, PatternList};
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
    /// What each value hits and its number, where values are kept apart.
    apart: Vec<(Range<usize>, Option<Number>)>,
    parts: Vec<Outcome>,
}

impl OutcomePool {
    pub fn clear(&mut self) {
        self.ids.clear();
        self.numbers.clear();
        self.segments.clear();
        self.of_others.clear();
        self.apart.clear();
        self.parts.clear();
    }

    pub fn shrink(&mut self, limit: usize) {
        self.ids.shrink_to(limit);
        self.numbers.shrink_to(limit);
        self.segments.shrink_to(limit);
        self.of_others.shrink_to(limit);
        self.apart.shrink_to(limit);
        self.parts.shrink_to(limit);
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
            parts: outcome.parts,
            pool: self,
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
    parts: (u32, u32),
}

#[derive(Clone, Copy, Default)]
enum Blocked {
    #[default]
    None,
    ByHits,
    Listed(u32, u32),
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
    /// The distinct outcomes that it is made of, the one first that blocks the fewest; none where it is that of one
    /// value, and where the path has no all-of.
    parts: (u32, u32),
    pool: &'a OutcomePool,
}

impl<'a> View<'a> {
    /// The outcomes that it is made of, or itself.
    #[inline]
    pub fn each(&self) -> impl Iterator<Item = View<'a>> + 'a {
        let (pool, parts) = (self.pool, self.parts());
        let itself = parts.is_empty().then_some(*self);
        itself.into_iter().chain(parts.iter().map(move |part| pool.view(part)))
    }

    /// Looked up when asked for, since few paths have any.
    #[inline]
    fn parts(&self) -> &'a [Outcome] {
        match self.parts {
            (0, 0) => &[],
            (start, end) => &self.pool.parts[start as usize..end as usize],
        }
    }

    /// Whether hits and numbers say all of it, but for whether some value blocks nothing.
    #[inline]
    pub fn is_of_hits(&self) -> bool {
        self.parts().is_empty() && !matches!(self.blocked, BlockedView::Listed(_))
    }

    /// Whether it blocks no anything-but; by the value that blocks the fewest, where all-ofs ask.
    #[inline]
    pub fn blocks_nothing(&self, by_one_value: bool) -> bool {
        match self.parts().first() {
            Some(least) if by_one_value => matches!(least.blocked, Blocked::None),
            _ => matches!(self.blocked, BlockedView::None),
        }
    }

    /// The one of `each` that blocks the fewest anything-buts: what it does not block, no all-of fails for.
    #[inline]
    pub fn least_blocked(&self) -> View<'a> {
        self.parts().first().map_or(*self, |part| self.pool.view(part))
    }
}

/// The anything-buts that no value satisfies. Those that exclude ranges: that no value satisfies which is no number.
#[derive(Clone, Copy)]
pub enum BlockedView<'a> {
    None,
    /// The excluders of the hits.
    ByHits,
    Listed(&'a [u32]),
}

/// What is still asked of the values of a path while they are gone through.
struct Gathering {
    /// Whether each value so far blocks some anything-but.
    may_block: bool,
    /// Whether those do that are no numbers, where an anything-but excludes ranges.
    others_may_block: bool,
    /// Whether all-ofs ask for each value by itself.
    keeps_apart: bool,
    /// Whether some value is no number, where numbers are listed.
    has_others: bool,
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
        let mut gathering = Gathering {
            may_block: matcher.anything_but_count > 0,
            others_may_block: matcher.split_count > 0,
            keeps_apart: matcher.all_of_count > 0,
            has_others: false,
        };
        pool.segments.clear();
        pool.of_others.clear();
        for field in event.fields.iter_path(path) {
            if let Value::Numbers { start, end } = field.value {
                self.find_in_array(matcher, event, start, end, &mut gathering, pool);
                continue;
            }
            let start = pool.ids.len();
            let number = self.find_patterns(matcher, event, &field.value, search, &mut pool.ids);
            pool.numbers.extend(number);
            self.note_value(start, number, &mut gathering, pool);
        }
        let blocked = self.blocked_by_values(&gathering, numbers_start, pool);
        let parts = if gathering.keeps_apart { self.distinct_parts(pool) } else { Vec::new() };
        pool.numbers[numbers_start..].sort_unstable();
        pool.ids[hits_start..].sort_unstable();
        dedup_tail(&mut pool.ids, hits_start);
        let (hits_end, numbers_end) = (pool.ids.len(), pool.numbers.len());
        pool.ids.extend_from_slice(&blocked);
        let blocked_end = pool.ids.len();
        Outcome {
            hits: (hits_start as u32, hits_end as u32),
            numbers: (numbers_start as u32, numbers_end as u32),
            blocked: match blocked.is_empty() {
                true => Blocked::None,
                false => Blocked::Listed(hits_end as u32, blocked_end as u32),
            },
            has_others: gathering.has_others,
            parts: self.keep_parts(parts, pool),
        }
    }

    /// Append what indexes find for each number and literal of an array.
    fn find_in_array(
        &self,
        matcher: &ValueMatcher,
        event: Event<'_>,
        start: usize,
        end: usize,
        gathering: &mut Gathering,
        pool: &mut OutcomePool,
    ) {
        if !matcher.needs_numbers() && !matcher.has_literals() {
            let nothing = pool.ids.len();
            self.note_value(nothing, None, gathering, pool);
            return;
        }
        let mut at = start;
        if !gathering.may_block && !gathering.keeps_apart && !matcher.has_literals() {
            if let Some(cells) = matcher.number_cells().filter(|_| !matcher.lists_numbers()) {
                while let Some((first, number_end)) = cells.next_candidate(event.text, at, end) {
                    if let Some(number) = Number::parse(&event.text[first..number_end]) {
                        matcher.find_number(number, &self.patterns, &self.hasher, &mut pool.ids);
                    }
                    at = number_end;
                }
                return;
            }
        }
        while let Some(first) = next_in_array(event.text, at, end) {
            let found_before = pool.ids.len();
            let number;
            (at, number) = matcher.find_in_text(event.text, first, &self.patterns, &self.hasher, &mut pool.ids);
            pool.numbers.extend(number);
            self.note_value(found_before, number, gathering, pool);
        }
    }

    /// Note what a value does to anything-buts and all-ofs, of which the patterns from `start` on were found. One that
    /// blocks no anything-but satisfies them all.
    #[inline]
    fn note_value(&self, start: usize, number: Option<Number>, gathering: &mut Gathering, pool: &mut OutcomePool) {
        let blocks = |pool: &OutcomePool| pool.ids[start..].iter().any(|&pattern| self.has_excluders(pattern));
        gathering.has_others |= number.is_none();
        if gathering.may_block {
            gathering.may_block = blocks(pool);
            pool.segments.push(start..pool.ids.len());
        }
        if gathering.others_may_block && number.is_none() {
            gathering.others_may_block = blocks(pool);
            pool.of_others.push(start..pool.ids.len());
        }
        if gathering.keeps_apart {
            let finds_nothing = start == pool.ids.len() && number.is_none();
            let found_nothing = pool.apart.last().is_some_and(|(hits, number)| hits.is_empty() && number.is_none());
            if !(finds_nothing && found_nothing) {
                pool.apart.push((start..pool.ids.len(), number));
            }
        }
    }

    /// The anything-buts blocked by all values, and those that exclude ranges and are blocked by all that are no numbers.
    fn blocked_by_values(&self, gathering: &Gathering, numbers_start: usize, pool: &mut OutcomePool) -> Vec<u32> {
        let OutcomePool { ids, segments, of_others, numbers, .. } = pool;
        let mut blocked = if gathering.may_block { self.blocked_by_all(ids, segments) } else { Vec::new() };
        if gathering.others_may_block && numbers.len() > numbers_start {
            let is_split = |&id: &u32| matches!(self.patterns[id].stored, Stored::Split(_));
            blocked.extend(self.blocked_by_all(ids, of_others).into_iter().filter(is_split)); // no number blocks one
            blocked.sort_unstable();
        }
        blocked
    }

    /// What the distinct ones of `pool.apart` hit, and their numbers; the one first that blocks the fewest anything-buts.
    fn distinct_parts(&self, pool: &mut OutcomePool) -> Vec<(Vec<u32>, Option<Number>)> {
        let OutcomePool { ids, apart, .. } = pool;
        apart.iter().for_each(|(segment, _)| ids[segment.clone()].sort_unstable());
        apart.sort_unstable_by(|one, other| {
            ids[one.0.clone()].cmp(&ids[other.0.clone()]).then_with(|| one.1.cmp(&other.1))
        });
        apart.dedup_by(|one, other| ids[one.0.clone()] == ids[other.0.clone()] && one.1 == other.1);
        let mut parts: Vec<_> = apart.drain(..).map(|(segment, number)| (ids[segment].to_vec(), number)).collect();
        let count = |hits: &[u32]| hits.iter().map(|&hit| self.excluder_count(hit)).sum::<usize>();
        if let Some((least, _)) = parts.iter().enumerate().min_by_key(|(_, (hits, _))| count(hits)) {
            parts.swap(0, least);
        }
        parts
    }

    /// Put outcomes of single values into the pool.
    fn keep_parts(&self, parts: Vec<(Vec<u32>, Option<Number>)>, pool: &mut OutcomePool) -> (u32, u32) {
        let parts_start = pool.parts.len();
        for (hits, number) in parts {
            let (start, numbers_start) = (pool.ids.len(), pool.numbers.len());
            pool.ids.extend_from_slice(&hits);
            pool.numbers.extend(number);
            let blocks = hits.iter().any(|&pattern| self.has_excluders(pattern));
            pool.parts.push(Outcome {
                hits: (start as u32, pool.ids.len() as u32),
                numbers: (numbers_start as u32, pool.numbers.len() as u32),
                blocked: if blocks { Blocked::ByHits } else { Blocked::None },
                has_others: number.is_none(),
                parts: (0, 0),
            });
        }
        (parts_start as u32, pool.parts.len() as u32)
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
        if let Some(number) = number {
            pool.numbers.push(number);
        }
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
            parts: (0, 0),
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
    pub(super) fn accepts(&self, clause: u32, outcome: &View<'_>) -> bool {
        let node = &self.clauses[clause];
        node.kind == Kind::Always
            || self.is_hit(node, outcome.hits)
            || (!outcome.numbers.is_empty() && self.contains_any(node, outcome.numbers))
            || (node.kind >= Kind::Compound && self.meets_unfound(node, outcome))
    }

    /// Whether one value satisfies each part of an all-of. Recursion: all-ofs nest as deep as rules let them, 32.
    fn meets_all_of(&self, parts: &[u32], outcome: &View<'_>) -> bool {
        outcome.each().any(|value| parts.iter().all(|&part| self.accepts(part, &value)))
    }

    /// Whether the value with this outcome satisfies each part of an all-of; false of another pattern.
    pub(super) fn accepts_all_of(&self, pattern: u32, value: &View<'_>) -> bool {
        match self.patterns[pattern].stored.key() {
            Key::AllOf(parts) => parts.iter().all(|&part| self.accepts(part, value)),
            _ => false,
        }
    }

    /// Whether a clause holds where its path has values with this outcome, and none of them is chosen.
    pub(super) fn holds_without(&self, clause: u32, outcome: &View<'_>) -> bool {
        self.guards_of(&self.clauses[clause]).iter().any(|&guard| !self.accepts(guard, outcome))
    }

    /// The inner clauses of the clause's none-ofs.
    #[inline]
    pub(super) fn guards_of<'a>(&'a self, clause: &ClauseNode) -> &'a [u32] {
        match clause {
            ClauseNode { is_single: true, .. } | ClauseNode { patterns: NONE, .. } => &[],
            ClauseNode { patterns, .. } => self.lists[*patterns].guards(),
        }
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

    /// Whether a value satisfies one of the clause's patterns that no index finds: anything-buts and all-ofs.
    fn meets_unfound(&self, clause: &ClauseNode, outcome: &View<'_>) -> bool {
        if clause.is_single {
            return match self.patterns[clause.patterns].stored.key() {
                Key::AnythingBut(_) => self.is_not_blocked(clause.patterns, outcome),
                Key::Split(_) => outcome.has_others && self.is_not_blocked(clause.patterns, outcome),
                Key::AllOf(parts) => self.meets_all_of(parts, outcome),
                _ => false,
            };
        }
        if clause.patterns == NONE {
            return false;
        }
        let list = &self.lists[clause.patterns];
        list.open.iter().any(|&open| self.is_not_blocked(open, outcome))
            || list.rare.is_some() && self.meets_rare(list, outcome)
    }

    #[cold]
    fn meets_rare(&self, list: &PatternList, outcome: &View<'_>) -> bool {
        let meets_all_of = |&all_of: &u32| match self.patterns[all_of].stored.key() {
            Key::AllOf(parts) => self.meets_all_of(parts, outcome),
            _ => false,
        };
        // Numbers are judged by what is left of them.
        (outcome.has_others && list.split().iter().any(|&split| self.is_not_blocked(split, outcome)))
            || list.all_ofs().iter().any(meets_all_of)
    }

    #[inline]
    fn is_not_blocked(&self, excluder: u32, outcome: &View<'_>) -> bool {
        match outcome.blocked {
            BlockedView::None => true,
            BlockedView::ByHits => !outcome.hits.iter().any(|&pattern| self.excludes(pattern, excluder)),
            BlockedView::Listed(blocked) => blocked.binary_search(&excluder).is_err(),
        }
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
