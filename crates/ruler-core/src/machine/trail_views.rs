//! Finds, among an event's values at one path, those consistent with an element of an array. Twin of `trail_views.py`,
//! which explains groups, what is around, and what the limits are for.
//!
//! Elements are numbered in the order of the event, so those inside one are a range of numbers, and the values inside
//! an element, sorted by element, are neighbours. Only elements of arrays with two objects or arrays count here: the
//! others tell nothing apart.

use super::outcome::{Event, Outcome, OutcomePool, View};
use super::path_trie::PathId;
use super::slab::NONE;
use super::value_matcher::SearchScratch;
use super::Machine;
use hashbrown::{DefaultHashBuilder, HashMap};
use std::ops::Range;

/// Steps that judging sub-rules by trying may take, an event.
const STEPS_ANYWAY: i64 = 262_144;
const STEPS_PER_FIELD: i64 = 64;

pub type Map<K, V> = HashMap<K, V, DefaultHashBuilder>;

/// One value of an event, by what it does to the clauses of its path, and the element it lies in, or NONE.
#[derive(Clone, Copy)]
pub struct EvaluatedField {
    pub outcome: Outcome,
    pub element: u32,
}

/// An element of an array that tells values apart.
#[derive(Clone, Copy)]
pub struct TrailElement {
    pub parent: u32,
    /// The innermost element around this one whose array has a shorter path.
    shallower: u32,
    pub array: u32,
    /// Names in the path of the array.
    depth: u32,
    /// The last element inside this one.
    last: u32,
}

/// Values of one path that are consistent with the same elements: places in `CutFields::order`.
pub struct Group {
    pub fields: Range<u32>,
    /// Hits of all values, less what looking for single clauses has cost.
    hit_budget: Option<i64>,
    /// Pattern and element of every hit, ascending; made when it pays.
    hits: Option<Vec<(u32, u32)>>,
}

impl Group {
    fn new(fields: Range<u32>) -> Group {
        Group { fields, hit_budget: None, hits: None }
    }
}

/// Where values lie that a guard accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    Nowhere,
    /// Some outside all arrays that tell values apart, so they are consistent with every trail.
    Outside,
    InArrays,
}

/// The fields of one path with trails cut to one depth, indexed by element.
pub struct CutFields {
    /// Numbers of evaluated fields, by cut element; those of no element come last.
    pub order: Vec<u32>,
    pub groups: Vec<Group>,
    /// The elements that hold values themselves, in no array within them, ascending; the groups before the others.
    pub elements: Vec<u32>,
    /// Of all values, and of those in no element, in `groups`.
    pub everything: u32,
    outermost: u32,
    /// The links of what is around elements: group, and the next one outwards.
    links: Vec<(u32, u32)>,
    /// Answers of `link_at` given so far.
    link_of: Map<u32, u32>,
}

/// The evaluated fields of one event and their indexes, made when first asked for.
pub struct TrailViews<'a> {
    pub machine: &'a Machine,
    pub event: Event<'a>,
    pub pool: &'a mut OutcomePool,
    search: &'a mut SearchScratch,
    pub elements: Vec<TrailElement>,
    /// For each element of the event, the innermost at or around it that tells values apart.
    telling: Vec<u32>,
    pub fields: Vec<EvaluatedField>,
    of_path: Map<PathId, Range<u32>>,
    pub cuts: Vec<CutFields>,
    /// By path, guard or NONE, and depth.
    cut_of: Map<(PathId, u32, u32), u32>,
    offences: Map<u32, Offence>,
    outside: Map<PathId, bool>,
    /// None until the first step is taken: it depends on how many values there are, which takes counting them.
    steps_left: Option<i64>,
}

impl<'a> TrailViews<'a> {
    pub fn new(
        machine: &'a Machine,
        event: Event<'a>,
        pool: &'a mut OutcomePool,
        search: &'a mut SearchScratch,
    ) -> TrailViews<'a> {
        let (elements, telling) = trail_elements(machine, event);
        TrailViews {
            machine,
            event,
            pool,
            search,
            elements,
            telling,
            fields: Vec::new(),
            of_path: Map::default(),
            cuts: Vec::new(),
            cut_of: Map::default(),
            offences: Map::default(),
            outside: Map::default(),
            steps_left: None,
        }
    }

    /// Take some of the steps that an event may take to judge sub-rules by trying; false when there are not as many.
    pub fn take_steps(&mut self, count: i64) -> bool {
        let Event { fields, text } = self.event;
        let steps_left = self.steps_left.get_or_insert_with(|| {
            let count_of = |&path: &PathId| fields.each_of_path(path, text).count() as i64;
            STEPS_ANYWAY + STEPS_PER_FIELD * fields.present.iter().map(count_of).sum::<i64>()
        });
        *steps_left -= count;
        *steps_left >= 0
    }

    pub fn has_values(&self, path: PathId) -> bool {
        self.event.fields.of_path(path).is_some()
    }

    pub fn view(&self, field: u32) -> View<'_> {
        self.pool.view(&self.fields[field as usize].outcome)
    }

    /// The numbers of the evaluated fields of a path.
    pub fn fields_of(&mut self, path: PathId) -> Range<u32> {
        if let Some(range) = self.of_path.get(&path) {
            return range.clone();
        }
        let start = self.fields.len() as u32;
        if let Some(matcher) = self.machine.matcher(path) {
            for field in self.event.fields.each_of_path(path, self.event.text) {
                let outcome = self.machine.outcome_of_value(matcher, self.event, &field.value, self.search, self.pool);
                let element = self.telling.get(field.element as usize).copied().unwrap_or(NONE);
                self.fields.push(EvaluatedField { outcome, element });
            }
        }
        let range = start..self.fields.len() as u32;
        self.of_path.insert(path, range.clone());
        range
    }

    /// Whether some value of the path is consistent with every trail.
    pub fn has_value_outside_arrays(&mut self, path: PathId) -> bool {
        if let Some(&known) = self.outside.get(&path) {
            return known;
        }
        let answer = self.fields_of(path).any(|field| self.fields[field as usize].element == NONE);
        self.outside.insert(path, answer);
        answer
    }

    /// The values, of the path of the inner clause `guard`, that it accepts.
    pub fn offending(&mut self, guard: u32) -> Vec<u32> {
        let fields = self.fields_of(self.machine.clauses[guard].path);
        fields.filter(|&field| self.machine.accepts(guard, &self.view(field))).collect()
    }

    /// Where there are such values.
    pub fn offence(&mut self, guard: u32) -> Offence {
        if let Some(&known) = self.offences.get(&guard) {
            return known;
        }
        let offending = self.offending(guard);
        let is_outside = |&field: &u32| self.fields[field as usize].element == NONE;
        let offence = match offending.is_empty() {
            true => Offence::Nowhere,
            false if offending.iter().any(is_outside) => Offence::Outside,
            false => Offence::InArrays,
        };
        self.offences.insert(guard, offence);
        offence
    }

    /// `element` without the elements of arrays whose paths have more than `depth` names.
    pub fn cut(&self, mut element: u32, depth: u32) -> u32 {
        while element != NONE && self.elements[element as usize].depth > depth {
            element = self.elements[element as usize].shallower;
        }
        element
    }

    /// The elements from `element` outwards.
    pub fn line(&self, element: u32) -> impl Iterator<Item = u32> + '_ {
        let known = |element: u32| (element != NONE).then_some(element);
        std::iter::successors(known(element), move |&element| known(self.elements[element as usize].parent))
    }

    // -- cut fields ---------------------------------------------------------------------------------------------

    /// The values of a path with trails cut to `depth`: a number of `cuts`.
    pub fn cut_fields(&mut self, path: PathId, depth: u32) -> u32 {
        self.cut_offending(path, None, depth)
    }

    /// The same of those values only that `guard` accepts.
    pub fn cut_offending(&mut self, path: PathId, guard: Option<u32>, depth: u32) -> u32 {
        let key = (path, guard.unwrap_or(NONE), depth);
        if let Some(&known) = self.cut_of.get(&key) {
            return known;
        }
        let fields = match guard {
            None => self.fields_of(path).collect(),
            Some(guard) => self.offending(guard),
        };
        let mut order: Vec<(u32, u32)> =
            fields.into_iter().map(|field| (self.cut(self.fields[field as usize].element, depth), field)).collect();
        if !order.is_sorted() {
            order.sort_unstable(); // NONE is the highest, so what lies in no element comes last
        }
        let mut cut = CutFields {
            order: order.iter().map(|&(_, field)| field).collect(),
            groups: Vec::new(),
            elements: Vec::new(),
            everything: 0,
            outermost: NONE,
            links: Vec::new(),
            link_of: Map::default(),
        };
        let mut start = 0;
        for run in order.chunk_by(|one, other| one.0 == other.0) {
            let end = start + run.len() as u32;
            cut.groups.push(Group::new(start..end));
            start = end;
            if run[0].0 != NONE {
                cut.elements.push(run[0].0);
            } else {
                cut.links.push((cut.groups.len() as u32 - 1, NONE));
                cut.outermost = 0;
            }
        }
        cut.everything = cut.groups.len() as u32;
        cut.groups.push(Group::new(0..start));
        self.cuts.push(cut);
        let number = self.cuts.len() as u32 - 1;
        self.cut_of.insert(key, number);
        number
    }

    /// The indexes of those `CutFields::elements` inside `anchor`, itself included.
    pub fn inside(&self, cut: u32, anchor: u32) -> Range<u32> {
        let elements = &self.cuts[cut as usize].elements;
        let start = elements.partition_point(|&element| element < anchor);
        let last = self.elements[anchor as usize].last;
        let count = elements[start..].partition_point(|&element| element <= last);
        start as u32..(start + count) as u32
    }

    /// The link of the groups around `anchor`, and of no element; NONE when there are none.
    pub fn around(&mut self, cut: u32, anchor: u32) -> u32 {
        let TrailViews { cuts, elements, .. } = self;
        let cut = &mut cuts[cut as usize];
        let mut climbed: Vec<u32> = Vec::new();
        let mut element = elements[anchor as usize].parent;
        let mut link = loop {
            if element == NONE {
                break cut.outermost;
            }
            if let Some(&known) = cut.link_of.get(&element) {
                break known;
            }
            climbed.push(element);
            element = elements[element as usize].parent;
        };
        for inner in climbed.into_iter().rev() {
            if let Ok(group) = cut.elements.binary_search(&inner) {
                cut.links.push((group as u32, link));
                link = cut.links.len() as u32 - 1;
            }
            cut.link_of.insert(inner, link);
        }
        link
    }

    /// The group of a link and the next link outwards.
    pub fn link(&self, cut: u32, link: u32) -> (u32, u32) {
        self.cuts[cut as usize].links[link as usize]
    }

    /// Whether any of these values is consistent with `anchor`.
    pub fn has_consistent_with(&mut self, cut: u32, anchor: u32) -> bool {
        if self.cuts[cut as usize].order.is_empty() {
            return false;
        }
        anchor == NONE || !self.inside(cut, anchor).is_empty() || self.around(cut, anchor) != NONE
    }

    /// Pattern and element of every hit in a group, ascending; None while looking for `clause_count` clauses in each
    /// value is cheaper: that pays until it has cost as much as listing all hits once would.
    pub fn group_hits(&mut self, cut: u32, group: u32, clause_count: usize) -> Option<&[(u32, u32)]> {
        let TrailViews { cuts, fields, pool, .. } = self;
        let CutFields { order, groups, .. } = &mut cuts[cut as usize];
        let group = &mut groups[group as usize];
        if group.hits.is_none() {
            let members = &order[group.fields.start as usize..group.fields.end as usize];
            let all = || members.iter().map(|&field| &fields[field as usize]);
            let budget =
                group.hit_budget.get_or_insert_with(|| all().map(|field| field.outcome.hit_count() as i64).sum());
            if members.len() == 1 {
                return None;
            }
            *budget -= (clause_count * members.len()) as i64;
            if *budget > 0 {
                return None;
            }
            let mut hits: Vec<(u32, u32)> = all()
                .flat_map(|field| pool.view(&field.outcome).hits.iter().map(|&hit| (hit, field.element)))
                .collect();
            hits.sort_unstable();
            hits.dedup();
            group.hits = Some(hits);
        }
        group.hits.as_deref()
    }
}

/// The elements of an event that tell values apart, and for each element the innermost such at or around it.
fn trail_elements(machine: &Machine, event: Event<'_>) -> (Vec<TrailElement>, Vec<u32>) {
    let all = &event.fields.elements;
    let mut counts: Vec<u32> = Vec::new(); // by array
    for element in all {
        let array = element.array as usize;
        if counts.len() <= array {
            counts.resize(array + 1, 0);
        }
        counts[array] += 1;
    }
    let mut elements: Vec<TrailElement> = Vec::with_capacity(all.len());
    let mut telling: Vec<u32> = Vec::with_capacity(all.len());
    for element in all {
        let parent = telling.get(element.parent as usize).copied().unwrap_or(NONE);
        if counts[element.array as usize] < 2 {
            telling.push(parent);
            continue;
        }
        let depth = machine.paths.depth(element.path);
        let shallower = match elements.get(parent as usize) {
            Some(around) if around.depth >= depth => around.shallower,
            _ => parent,
        };
        let number = elements.len() as u32;
        elements.push(TrailElement { parent, shallower, array: element.array, depth, last: number });
        telling.push(number);
    }
    for number in (0..elements.len()).rev() {
        let TrailElement { parent, last, .. } = elements[number];
        if let Some(around) = elements.get_mut(parent as usize) {
            around.last = around.last.max(last);
        }
    }
    (elements, telling)
}
