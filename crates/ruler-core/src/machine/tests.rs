//! The machine against plain recursion over sub-rules, on random rules, edits and events.

use super::numeric_ranges::contains;
use super::path_trie::PathId;
use super::{Machine, RuleId, Scratch};
use crate::event::fields::{Fields, Value, NONE};
use crate::model::{Bound, Clause, NumericRange, Pattern, SubRule};
use crate::number::Number;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// An event, or a part of one.
#[derive(Clone, Debug)]
enum Json {
    Text(&'static str),
    Number(i64),
    Literal(Option<bool>),
    Array(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

// -- fields ---------------------------------------------------------------------------------------------------------

/// Flattens as an event reader does, by plain recursion.
struct Flatten<'a> {
    machine: &'a Machine,
    fields: Fields,
    arrays: u32,
}

fn fields_of(machine: &Machine, event: &Json) -> Fields {
    let mut flatten = Flatten { machine, fields: Fields::default(), arrays: 0 };
    flatten.fields.clear(machine.paths().id_count());
    flatten.go(Some(PathId::ROOT), event, NONE);
    flatten.fields
}

impl Flatten<'_> {
    fn go(&mut self, path: Option<PathId>, value: &Json, element: u32) {
        let Some(path) = path else { return };
        let paths = self.machine.paths();
        let scalar = match value {
            Json::Object(members) => {
                let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
                let is_spelled_twice = |name: &&str| {
                    name.match_indices('.').any(|(end, _)| names.contains(&&name[..end]))
                        && paths.descendant(path, name.as_bytes()).is_some()
                };
                self.fields.spelled_twice |= names.iter().any(is_spelled_twice);
                members.iter().for_each(|(name, member)| {
                    self.go(self.machine.paths().descendant(path, name.as_bytes()), member, element);
                });
                return;
            }
            Json::Array(items) => {
                self.arrays += 1;
                let array = self.arrays;
                let is_container = |item: &&Json| matches!(item, Json::Object(_) | Json::Array(_));
                let is_joint = paths.is_joint(path);
                if is_joint && items.iter().filter(is_container).count() > 1 {
                    self.fields.joints.push(path);
                }
                for item in items {
                    let mut inner = element;
                    if is_joint && is_container(&item) {
                        inner = self.fields.elements.len() as u32;
                        let parent = element;
                        self.fields.elements.push(crate::event::fields::Element { parent, array, path });
                    }
                    self.go(Some(path), item, inner);
                }
                return;
            }
            Json::Text(text) => {
                let start = self.fields.unescaped.len();
                self.fields.unescaped.extend_from_slice(text.as_bytes());
                Value::Unescaped { start, end: self.fields.unescaped.len() }
            }
            Json::Number(number) => Value::Number(Number::from_i64(*number)),
            Json::Literal(literal) => Value::Literal(*literal),
        };
        if paths.is_used(path) {
            self.fields.add(path, scalar, element);
        }
    }
}

fn matches(machine: &Machine, scratch: &mut Scratch, event: &Json) -> Vec<RuleId> {
    let mut rules = Vec::new();
    let fields = fields_of(machine, event);
    machine.match_fields(&fields, b"", scratch, false, &mut rules).unwrap();
    let mut first = Vec::new();
    machine.match_fields(&fields, b"", scratch, true, &mut first).unwrap();
    assert_eq!(rules.is_empty(), first.is_empty());
    assert!(first.iter().all(|rule| rules.contains(rule)));
    rules
}

// -- the oracle -----------------------------------------------------------------------------------------------------

type Trail = BTreeMap<u32, usize>;

fn leaves(value: &Json, path: String, trail: &Trail, arrays: &mut u32, found: &mut Vec<(String, Json, Trail)>) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                let inner = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                leaves(member, inner, trail, arrays, found);
            }
        }
        Json::Array(items) => {
            *arrays += 1;
            let array = *arrays;
            for (index, item) in items.iter().enumerate() {
                let mut inner = trail.clone();
                if matches!(item, Json::Object(_) | Json::Array(_)) {
                    inner.insert(array, index);
                }
                leaves(item, path.clone(), &inner, arrays, found);
            }
        }
        scalar => found.push((path, scalar.clone(), trail.clone())),
    }
}

fn accepts(pattern: &Pattern, value: &Json) -> bool {
    match (pattern, value) {
        (Pattern::Exists, _) => true,
        (Pattern::AnythingBut(excluded), _) => !accepts_any(excluded, value),
        (Pattern::AllOf(parts), _) => parts.iter().all(|part| accepts_any(part, value)),
        (Pattern::Text(text), Json::Text(value)) => **text == *value.as_bytes(),
        (Pattern::Prefix(text), Json::Text(value)) => value.as_bytes().starts_with(text),
        (Pattern::Suffix(text), Json::Text(value)) => value.as_bytes().ends_with(text),
        (Pattern::EqualsIgnoreCase(text), Json::Text(value)) => **text == *value.to_lowercase().as_bytes(),
        (Pattern::Number(number), Json::Number(value)) => *number == Number::from_i64(*value),
        (Pattern::NumericRange(range), Json::Number(value)) => contains(range, Number::from_i64(*value)),
        (Pattern::Literal(literal), Json::Literal(value)) => literal == value,
        _ => false,
    }
}

fn accepts_any(patterns: &[Pattern], value: &Json) -> bool {
    patterns.iter().any(|pattern| accepts(pattern, value))
}

/// Whether values can be chosen for `clauses`; `before` is the path of the clause before, and the trail before its path.
fn holds(clauses: &[&Clause], leaves: &[(String, Json, Trail)], chosen: &Trail, before: (&[u8], &Trail)) -> bool {
    let Some((clause, rest)) = clauses.split_first() else { return true };
    let before = if *clause.path == *before.0 { before } else { (&*clause.path, chosen) };
    let of_path = |chosen: &Trail| -> Vec<&(String, Json, Trail)> {
        let is_consistent =
            |trail: &Trail| trail.iter().all(|(array, index)| chosen.get(array).is_none_or(|at| at == index));
        leaves.iter().filter(|leaf| leaf.0.as_bytes() == &*clause.path && is_consistent(&leaf.2)).collect()
    };
    for (_, value, trail) in of_path(chosen) {
        if accepts_any(&clause.patterns, value) {
            let mut more = chosen.clone();
            more.extend(trail);
            if holds(rest, leaves, &more, before) {
                return true;
            }
        }
    }
    let beheld = of_path(before.1);
    let holds_without = clause.patterns.iter().any(|pattern| match pattern {
        Pattern::Absent => beheld.is_empty(),
        Pattern::NoneOf(excluded) => !beheld.iter().any(|leaf| accepts_any(excluded, &leaf.1)),
        _ => false,
    });
    holds_without && holds(rest, leaves, chosen, before)
}

fn oracle(rules: &BTreeMap<RuleId, Vec<SubRule>>, event: &Json) -> Vec<RuleId> {
    let mut found = Vec::new();
    leaves(event, String::new(), &Trail::new(), &mut 0, &mut found);
    let sub_rule_holds = |sub_rule: &SubRule| {
        let mut clauses: Vec<&Clause> = sub_rule.clauses.iter().collect();
        clauses.sort_by(|one, other| one.path.cmp(&other.path));
        holds(&clauses, &found, &Trail::new(), (b"no path", &Trail::new()))
    };
    rules.iter().filter(|(_, sub_rules)| sub_rules.iter().any(sub_rule_holds)).map(|(&id, _)| id).collect()
}

// -- strategies: few names, few values ------------------------------------------------------------------------------

const TEXTS: [&str; 6] = ["", "a", "ab", "b", "A", "a text that is longer than a short one"];
const NAMES: [&str; 4] = ["a", "b", "a-", "c"];
const DOTTED: [&str; 4] = ["a.b", "a.c", "b.c", "a.b.c"];

fn text() -> impl Strategy<Value = Box<[u8]>> {
    prop::sample::select(&TEXTS[..]).prop_map(|text| text.as_bytes().into())
}

fn excludable() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        4 => text().prop_map(Pattern::Text),
        2 => (0..4i64).prop_map(|number| Pattern::Number(Number::from_i64(number))),
        1 => text().prop_map(Pattern::Prefix),
        1 => text().prop_map(Pattern::Suffix),
        1 => prop::sample::select(&["", "a", "ab"][..]).prop_map(|text| Pattern::EqualsIgnoreCase(text.as_bytes().into())),
    ]
}

fn range() -> impl Strategy<Value = Pattern> {
    (-1..3i64, 1..4i64, any::<(bool, bool)>(), 0..3).prop_map(|(low, width, (low_open, high_open), sides)| {
        let bound = |number, is_open| Some(Bound { number: Number::from_i64(number), is_open });
        let low_bound = if sides == 1 { None } else { bound(low, low_open) };
        let high_bound = if sides == 2 { None } else { bound(low + width, high_open) };
        Pattern::NumericRange(NumericRange { low: low_bound, high: high_bound })
    })
}

/// Patterns that judge one value; all-ofs within all-ofs among them.
fn of_one_value() -> impl Strategy<Value = Pattern> {
    let plain = prop_oneof![
        6 => excludable(),
        1 => prop::sample::select(&[None, Some(true), Some(false)][..]).prop_map(Pattern::Literal),
        2 => range(),
        3 => set_of(prop_oneof![5 => excludable(), 1 => range()], 3).prop_map(Pattern::AnythingBut),
    ];
    plain.prop_recursive(3, 8, 3, |inner| all_of(inner.boxed()))
}

fn set_of(pattern: impl Strategy<Value = Pattern>, most: usize) -> impl Strategy<Value = Box<[Pattern]>> {
    prop::collection::btree_set(pattern, 1..=most).prop_map(|set| set.into_iter().collect())
}

fn all_of(inner: BoxedStrategy<Pattern>) -> impl Strategy<Value = Pattern> {
    prop::collection::btree_set(set_of(inner, 2), 1..4).prop_map(|parts| Pattern::AllOf(parts.into_iter().collect()))
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        12 => of_one_value(),
        1 => Just(Pattern::Exists),
        2 => Just(Pattern::Absent),
        2 => set_of(of_one_value(), 3).prop_map(Pattern::NoneOf),
    ]
}

fn sub_rule() -> impl Strategy<Value = SubRule> {
    let path = prop_oneof![2 => prop::sample::select(&NAMES[..]), 3 => prop::sample::select(&DOTTED[..])];
    let clause = (path, prop::collection::btree_set(pattern(), 1..4))
        .prop_map(|(path, patterns)| Clause { path: path.as_bytes().into(), patterns: patterns.into_iter().collect() });
    prop::collection::btree_set(clause, 1..5).prop_map(|clauses| SubRule { clauses: clauses.into_iter().collect() })
}

/// Sub-rules that the events of `arrays` often match but for their trails.
fn loose_sub_rule() -> impl Strategy<Value = SubRule> {
    let plain = prop_oneof![
        3 => prop::sample::select(&["a", "b"][..]).prop_map(exact),
        1 => Just(Pattern::Number(Number::from_i64(1))),
        1 => prop::sample::select(&["a", "b"][..]).prop_map(|text| Pattern::AnythingBut([exact(text)].into())),
        1 => range(),
        1 => range().prop_map(|range| Pattern::AnythingBut([range].into())),
    ];
    let all_of = prop::sample::select(&["a", "b"][..])
        .prop_map(|text| Pattern::AllOf([[Pattern::Prefix(Box::default())].into(), other_than(text)].into()));
    let none_of = set_of(prop_oneof![3 => plain.clone(), 1 => all_of.clone()], 2);
    let plain = prop_oneof![
        6 => plain,
        1 => all_of,
        2 => none_of.prop_map(Pattern::NoneOf),
        1 => Just(Pattern::Absent),
        1 => Just(Pattern::Exists),
    ];
    let path = prop::sample::select(&["a", "a", "a.b", "a.b", "a.c", "a.b.c", "a.b.c", "b", "b.c", "a-"][..]);
    let clause = (path, prop::collection::btree_set(plain, 1..4))
        .prop_map(|(path, patterns)| Clause { path: path.as_bytes().into(), patterns: patterns.into_iter().collect() });
    prop::collection::btree_set(clause, 2..5).prop_map(|clauses| SubRule { clauses: clauses.into_iter().collect() })
}

/// A part of an all-of that accepts anything but one text.
fn other_than(text: &str) -> Box<[Pattern]> {
    [Pattern::AnythingBut([exact(text)].into())].into()
}

fn plain_text() -> impl Strategy<Value = Json> + Clone {
    prop::sample::select(&["a", "b"][..]).prop_map(Json::Text)
}

fn trail_event() -> impl Strategy<Value = Json> {
    arrays(prop_oneof![Just(Json::Text("a")), Just(Json::Text("b")), (0..3i64).prop_map(Json::Number)])
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(Json::Text),
        2 => (-1..5i64).prop_map(Json::Number),
        1 => prop::sample::select(&[None, Some(true), Some(false)][..]).prop_map(Json::Literal),
    ]
}

fn event() -> impl Strategy<Value = Json> {
    let value = scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array), object(inner)]
    });
    prop_oneof![object(value), trail_event()]
}

/// Events made for array trails: arrays of objects within arrays of objects, now and then one path in two spellings.
fn arrays(plain: impl Strategy<Value = Json> + Clone + 'static) -> impl Strategy<Value = Json> {
    let inner_names = prop::sample::select(&["b", "c"][..]);
    let objects = |name: BoxedStrategy<&'static str>, value: BoxedStrategy<Json>| {
        let object = prop::collection::btree_map(name, value, 0..3)
            .prop_map(|members| Json::Object(members.into_iter().collect()));
        prop::collection::vec(prop_oneof![4 => object, 1 => plain_text()], 1..5).prop_map(Json::Array).boxed()
    };
    let innermost = objects(Just("c").boxed(), plain.clone().boxed());
    let inner = prop_oneof![3 => plain.clone(), 1 => innermost];
    let middle = objects(inner_names.boxed(), inner.boxed());
    let list = |item: BoxedStrategy<Json>| {
        prop_oneof![1 => plain_text(), 2 => prop::collection::vec(item, 1..4).prop_map(Json::Array)].boxed()
    };
    let lists = list(list(list(plain_text().boxed())));
    let outer = prop_oneof![
        1 => plain,
        4 => middle.clone(),
        1 => prop::collection::vec(middle, 1..3).prop_map(Json::Array),
        1 => lists,
    ];
    let names = prop::sample::select(&["a", "a", "a", "a", "b", "b", "a-", "a.b"][..]);
    prop::collection::btree_map(names, outer, 1..4).prop_map(|members| Json::Object(members.into_iter().collect()))
}

fn object(value: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    let name = prop_oneof![12 => prop::sample::select(&NAMES[..]), 1 => prop::sample::select(&DOTTED[..])];
    prop::collection::btree_map(name, value, 0..4).prop_map(|members| Json::Object(members.into_iter().collect()))
}

/// One edit of a machine; numbers choose among the rules that there are.
#[derive(Clone, Debug)]
enum Edit {
    New(Vec<SubRule>),
    Add(usize, SubRule),
    Copy(usize, usize),
    Replace(usize, Vec<SubRule>),
    Release(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let sub_rules = || prop::collection::vec(sub_rule(), 1..4);
    prop_oneof![
        4 => sub_rules().prop_map(Edit::New),
        2 => (any::<usize>(), sub_rule()).prop_map(|(rule, sub_rule)| Edit::Add(rule, sub_rule)),
        1 => any::<(usize, usize)>().prop_map(|(from, to)| Edit::Copy(from, to)),
        1 => (any::<usize>(), sub_rules()).prop_map(|(rule, sub_rules)| Edit::Replace(rule, sub_rules)),
        3 => any::<usize>().prop_map(Edit::Release),
    ]
}

fn apply(machine: &mut Machine, rules: &mut BTreeMap<RuleId, Vec<SubRule>>, edit: Edit) {
    let nth =
        |rules: &BTreeMap<RuleId, Vec<SubRule>>, index: usize| rules.keys().nth(index % rules.len().max(1)).copied();
    match edit {
        Edit::New(sub_rules) => {
            let id = machine.reserve();
            sub_rules.iter().for_each(|sub_rule| machine.add(id, sub_rule));
            rules.insert(id, sub_rules);
        }
        Edit::Add(index, sub_rule) => {
            if let Some(id) = nth(rules, index) {
                machine.add(id, &sub_rule);
                rules.entry(id).or_default().push(sub_rule);
            }
        }
        Edit::Copy(from, to) => {
            if let (Some(from), Some(to)) = (nth(rules, from), nth(rules, to)) {
                for sub_rule in rules[&from].clone() {
                    machine.add(to, &sub_rule);
                    rules.entry(to).or_default().push(sub_rule);
                }
            }
        }
        Edit::Replace(index, sub_rules) => {
            if let Some(id) = nth(rules, index) {
                machine.replace(id, &sub_rules);
                rules.insert(id, sub_rules);
            }
        }
        Edit::Release(index) => {
            if let Some(id) = nth(rules, index) {
                machine.release(id);
                rules.remove(&id);
            }
        }
    }
}

/// What two machines have in common that were given the same rules: counts, and the tree of clauses.
fn shape(machine: &Machine) -> (super::Stats, Vec<(Vec<Clause>, usize)>) {
    let stats = super::Stats { memory_bytes: 0, ..machine.stats() };
    let views = machine.states();
    let mut tree: Vec<(Vec<Clause>, usize)> = Vec::new();
    for view in &views {
        let mut line = view.parent.map_or(Vec::new(), |parent| tree[parent].0.clone());
        line.extend(view.clause.clone());
        tree.push((line, view.rules.len()));
    }
    tree.sort();
    (stats, tree)
}

/// A machine of these rules finds in each event what plain recursion finds.
fn assert_as_recursion(all: Vec<Vec<SubRule>>, events: &[Json]) {
    let (mut machine, mut scratch) = (Machine::default(), Scratch::default());
    let mut rules = BTreeMap::new();
    all.into_iter().for_each(|sub_rules| apply(&mut machine, &mut rules, Edit::New(sub_rules)));
    for event in events {
        assert_eq!(oracle(&rules, event), matches(&machine, &mut scratch, event));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_machine_finds_what_plain_recursion_finds(
        sub_rules in prop::collection::vec(prop::collection::vec(sub_rule(), 1..3), 1..6),
        events in prop::collection::vec(event(), 1..6),
    ) {
        assert_as_recursion(sub_rules, &events);
    }

    #[test]
    fn a_machine_tells_array_elements_apart_as_plain_recursion_does(
        sub_rules in prop::collection::vec(prop::collection::vec(loose_sub_rule(), 1..3), 1..8),
        events in prop::collection::vec(trail_event(), 1..6),
    ) {
        assert_as_recursion(sub_rules, &events);
    }

    #[test]
    fn many_clauses_of_one_path_are_told_apart_as_plain_recursion_does(
        patterns in prop::collection::vec(prop::collection::btree_set(pattern(), 1..3), 1..60),
        values in prop::collection::vec(prop::collection::vec(scalar(), 0..4), 1..6),
    ) {
        let clause = |patterns: BTreeSet<Pattern>| {
            let clause = Clause { path: b"a".as_slice().into(), patterns: patterns.into_iter().collect() };
            vec![SubRule { clauses: [clause].into() }]
        };
        let events = values.into_iter().map(|values| Json::Object(vec![("a", Json::Array(values))]));
        assert_as_recursion(patterns.into_iter().map(clause).collect(), &events.collect::<Vec<_>>());
    }

    #[test]
    fn a_machine_after_any_edits_equals_a_new_one(
        edits in prop::collection::vec(edit(), 1..12),
        event in event(),
    ) {
        let (mut machine, mut scratch) = (Machine::default(), Scratch::default());
        let mut rules = BTreeMap::new();
        for edit in edits {
            apply(&mut machine, &mut rules, edit);
            prop_assert_eq!(machine.check(), Ok(()));
            let mut found = matches(&machine, &mut scratch, &event);
            found.sort();
            prop_assert_eq!(oracle(&rules, &event), found);
        }
        let mut fresh = Machine::default();
        for sub_rules in rules.values() {
            let id = fresh.reserve();
            sub_rules.iter().for_each(|sub_rule| fresh.add(id, sub_rule));
        }
        prop_assert_eq!(shape(&machine), shape(&fresh));
        rules.keys().for_each(|&id| machine.release(id));
        prop_assert_eq!(machine.check(), Ok(()));
        prop_assert!(machine.stats().memory_bytes <= Machine::default().stats().memory_bytes + 1024);
    }
}

fn one(path: &str, pattern: Pattern) -> SubRule {
    SubRule { clauses: [Clause { path: path.as_bytes().into(), patterns: [pattern].into() }].into() }
}

fn exact(text: &str) -> Pattern {
    Pattern::Text(text.as_bytes().into())
}

#[test]
fn ten_thousand_anything_buts_that_exclude_one_value_are_remembered_per_contents() {
    let (mut machine, mut scratch) = (Machine::default(), Scratch::default());
    let blocked = Json::Object(vec![("a", Json::Text("a"))]);
    for number in 0..500 {
        let id = machine.reserve();
        let excluded = [exact(&number.to_string()), exact("a")].into();
        machine.add(id, &one("a", Pattern::AnythingBut(excluded)));
    }
    for _ in 0..3 {
        assert!(matches(&machine, &mut scratch, &blocked).is_empty());
    }
    let id = machine.reserve();
    machine.add(id, &one("a", Pattern::AnythingBut([exact("b")].into())));
    for _ in 0..3 {
        assert_eq!(matches(&machine, &mut scratch, &blocked), [id]);
    }
    let mut other = Machine::default();
    let id = other.reserve();
    other.add(id, &one("a", exact("a")));
    assert_eq!(matches(&other, &mut scratch, &blocked), [id]);
}

#[test]
fn many_paths_ranges_and_values_leave_nothing_behind() {
    let (mut machine, mut scratch) = (Machine::default(), Scratch::default());
    let mut ids = Vec::new();
    for number in 0..300i64 {
        let id = machine.reserve();
        machine.add(id, &one(&format!("n{number}.x"), exact("a")));
        machine.add(id, &one(&format!("n{number}.y"), Pattern::Absent));
        let bound = Bound { number: Number::from_i64(number), is_open: false };
        machine.add(id, &one("r", Pattern::NumericRange(NumericRange { low: Some(bound), high: None })));
        ids.push(id);
        if number % 50 == 0 {
            assert_eq!(machine.check(), Ok(()));
        }
    }
    let event = Json::Object(vec![("r", Json::Array(vec![Json::Number(3), Json::Number(-1), Json::Text("a")]))]);
    assert_eq!(matches(&machine, &mut scratch, &event).len(), 300);
    for &id in &ids {
        machine.release(id);
        if id % 50 == 0 {
            assert_eq!(machine.check(), Ok(()));
        }
    }
    assert_eq!(machine.check(), Ok(()));
    assert!(machine.stats().memory_bytes < Machine::default().stats().memory_bytes + 1024);
}

/// A rule on so many arrays that are chosen from twice, first in one order and then in the other, and an event in
/// which all first choices go together but the last clause clashes with its own.
fn combinations(array_count: usize) -> Result<Vec<RuleId>, super::TooManyCombinations> {
    const ARRAYS: [&str; 8] = ["w", "w-", "w--", "w---", "w----", "w-----", "w------", "w-------"];
    let arrays = &ARRAYS[..array_count];
    let clause = |path: String, text: &str| Clause { path: path.into_bytes().into(), patterns: [exact(text)].into() };
    let mut clauses: Vec<Clause> = arrays.iter().map(|array| clause(array.to_string(), "v")).collect();
    clauses.extend(arrays.iter().map(|array| clause(format!("{array}.c"), if *array == "w" { "last" } else { "z" })));
    clauses.sort();
    let mut machine = Machine::default();
    let id = machine.reserve();
    machine.add(id, &SubRule { clauses: clauses.into() });
    machine.add(id, &one("q.r", exact("nothing")));
    let object = |text| Json::Object(vec![("c", Json::Text(text))]);
    let of_array = |array: &&'static str| {
        let mut items = vec![Json::Array(vec![Json::Text("v"), object("z")]); 8];
        if *array == "w" {
            items.push(object("last"));
        }
        (*array, Json::Array(items))
    };
    let mut members: Vec<(&'static str, Json)> = arrays.iter().map(of_array).collect();
    members.extend([("q", Json::Text("a")), ("q.r", Json::Text("a"))]); // spelled twice: trails are on no line
    let fields = fields_of(&machine, &Json::Object(members));
    assert!(fields.spelled_twice);
    let mut rules = Vec::new();
    machine.match_fields(&fields, b"", &mut Scratch::default(), false, &mut rules).map(|()| rules)
}

#[test]
fn an_event_whose_arrays_combine_in_too_many_ways_is_refused() {
    assert_eq!(combinations(3), Ok(vec![]));
    assert_eq!(combinations(8), Err(super::TooManyCombinations));
}

#[test]
fn a_machine_can_be_shared_and_a_scratch_sent() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Machine>();
    sent::<Scratch>();
}
