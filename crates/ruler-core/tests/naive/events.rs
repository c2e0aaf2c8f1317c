//! Any bytes as an event: whether it is one, and the fields that are gathered.

use super::choices::Choices;
use super::json::{self, Json};
use super::rules::{self, Leaf};
use ruler_core::event::fields::{Fields, Value, NONE};
use ruler_core::event::{Instructions, Reader, Validate};
use ruler_core::machine::path_trie::{PathId, PathTrie};
use ruler_core::machine::{Machine, Scratch};
use ruler_core::model::{Clause, Pattern, SubRule};
use std::cell::RefCell;

const WAYS: [Instructions; 3] = [Instructions::Plain, Instructions::Avx2, Instructions::Avx512];

/// Sets of rules; a rule is its paths. Which paths are used, and together, is all that reading depends on.
const RULE_SETS: [&[&[&str]]; 6] = [
    &[],
    &[&["a"]],
    &[&["a", "b"], &["a.b", "a.c"], &["b.a.b", "b.a.c", "c"]],
    &[&["", "a.", ".a"], &["a..b", "a.b.c"], &["."]],
    &[&["b.c"], &["a.b.a", "a.b.b"]],
    &[&["a.n0", "a.n1", "a.n2", "a.n3", "a.n4", "a.n5", "a.n6", "a.n7", "a.n8", "a.n9", "é.x", "x.y.z"]],
];

/// A machine and what reads for it, kept from event to event as a thread keeps them.
struct Bench {
    sub_rules: Vec<SubRule>,
    machine: Machine,
    readers: Vec<(Instructions, Reader)>,
    fields: Fields,
    scratch: Scratch,
}

thread_local! {
    static BENCHES: RefCell<Vec<Bench>> = RefCell::new(RULE_SETS.iter().map(|rules| Bench::new(rules)).collect());
}

/// Panics where the reader takes what is no event or refuses what is one, or finds other fields in it than are there.
pub fn check_event(bytes: &[u8]) {
    let expected = json::parse(bytes);
    BENCHES.with_borrow_mut(|benches| benches.iter_mut().for_each(|bench| bench.check(bytes, expected.as_ref())));
}

/// As `check_event`, for the event that these decisions write and damage.
pub fn check_written_event(decisions: &[u8]) {
    check_event(&written(&mut Choices::new(decisions)));
}

impl Bench {
    fn new(rules: &[&[&str]]) -> Bench {
        let clause = |path: &&str| Clause { path: path.as_bytes().into(), patterns: [Pattern::Exists].into() };
        let sub_rules = rules.iter().map(|paths| {
            let mut clauses: Vec<Clause> = paths.iter().map(clause).collect();
            clauses.sort();
            SubRule { clauses: clauses.into() }
        });
        let sub_rules: Vec<SubRule> = sub_rules.collect();
        let mut machine = Machine::default();
        for sub_rule in &sub_rules {
            let id = machine.reserve();
            machine.add(id, sub_rule);
        }
        let readers = WAYS.map(|way| (way, Reader::limited_to(way))).into();
        Bench { sub_rules, machine, readers, fields: Fields::default(), scratch: Scratch::default() }
    }

    fn check(&mut self, bytes: &[u8], expected: Option<&Json>) {
        let leaves = expected.map(|event| rules::leaves(&event.last_members()));
        let gathered = leaves.as_ref().map(|leaves| self.relevant(leaves));
        let answer = leaves.as_ref().filter(|leaves| leaves.len() < 40).map(|leaves| self.answer(leaves));
        let has_duplicates = expected.is_some_and(Json::has_duplicates);
        let Bench { machine, readers, fields, scratch, .. } = self;
        for (way, reader) in readers {
            for validate in [Validate::Full, Validate::Used] {
                let told = || format!("{way:?} {validate:?} {:?}", String::from_utf8_lossy(bytes));
                let outcome = reader.read(bytes, machine.paths(), validate, fields);
                let mut found = Vec::new();
                let matched = machine.match_fields(fields, bytes, scratch, false, &mut found);
                if validate == Validate::Full {
                    assert_eq!(expected.is_some(), outcome.is_ok(), "{}", told());
                }
                let (Some(event), Some(gathered)) = (expected, &gathered) else { continue };
                if validate == Validate::Used && has_duplicates {
                    continue;
                }
                assert!(outcome.is_ok(), "{}", told());
                assert_eq!(*gathered, canonical(&fields_of(fields, machine.paths(), bytes)), "{}", told());
                check_lists(fields, machine.paths(), &told());
                check_joints(fields, machine.paths(), event, &told());
                if let Some(answer) = &answer {
                    assert_eq!(Ok(()), matched, "{}", told());
                    assert_eq!(*answer, found, "{}", told());
                }
            }
        }
    }

    /// The leaves at used paths, with only those arrays in their trails where elements must be told apart.
    fn relevant(&self, leaves: &[Leaf]) -> Vec<Leaf> {
        let is_used = |leaf: &&Leaf| self.clauses().any(|clause| *clause.path == *leaf.path.as_bytes());
        let relevant = leaves.iter().filter(is_used).map(|leaf| {
            let trail = leaf.trail.iter().filter(|element| self.is_joint(&element.path)).cloned().collect();
            Leaf { trail, ..leaf.clone() }
        });
        canonical(&relevant.collect::<Vec<_>>())
    }

    fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.sub_rules.iter().flat_map(|sub_rule| &sub_rule.clauses)
    }

    fn is_joint(&self, path: &str) -> bool {
        let below = format!("{path}.");
        let is_below = |clause: &&Clause| *clause.path == *path.as_bytes() || clause.path.starts_with(below.as_bytes());
        self.sub_rules.iter().any(|sub_rule| sub_rule.clauses.iter().filter(is_below).count() > 1)
    }

    fn answer(&self, leaves: &[Leaf]) -> Vec<u32> {
        let matches = |index: &u32| rules::sub_rule_matches(&self.sub_rules[*index as usize], leaves);
        (0..self.sub_rules.len() as u32).filter(matches).collect()
    }
}

/// Leaves with their arrays, and the elements of each, numbered as they are met: whoever numbered them first.
fn canonical(leaves: &[Leaf]) -> Vec<Leaf> {
    let (mut arrays, mut elements) = (Vec::new(), Vec::new());
    fn number<T: PartialEq>(known: &mut Vec<T>, item: T) -> usize {
        known.iter().position(|each| *each == item).unwrap_or_else(|| {
            known.push(item);
            known.len() - 1
        })
    }
    let mut numbered = leaves.to_vec();
    for element in numbered.iter_mut().flat_map(|leaf| &mut leaf.trail) {
        let index = number(&mut elements, (element.array, element.index));
        *element = rules::Element { array: number(&mut arrays, element.array), index, path: element.path.clone() };
    }
    numbered
}

/// What the reader gathered, in the order of the event.
fn fields_of(fields: &Fields, paths: &PathTrie, bytes: &[u8]) -> Vec<Leaf> {
    let live = fields.fields.iter().filter(|field| field.is_live).flat_map(|field| field.each(bytes));
    let leaf = |field: ruler_core::event::fields::Field| {
        let text = |text: &[u8]| Json::Text(String::from_utf8(text.to_vec()).unwrap());
        let value = match field.value {
            Value::Text { start, end } => text(&bytes[start..end]),
            Value::Unescaped { start, end } => text(&fields.unescaped[start..end]),
            Value::NumberText { start, end } => {
                Json::Number(ruler_core::number::Number::parse(&bytes[start..end]).unwrap())
            }
            Value::Number(number) => Json::Number(number),
            Value::Literal(literal) => Json::Literal(literal),
            Value::Numbers { .. } => unreachable!("each value is a field of its own"),
        };
        let around = (field.element != NONE).then_some(field.element);
        let elements = std::iter::successors(around, |&element| {
            let parent = fields.elements[element as usize].parent;
            (parent != NONE).then_some(parent)
        });
        let mut trail: Vec<rules::Element> = elements
            .map(|index| {
                let element = &fields.elements[index as usize];
                rules::Element {
                    array: element.array as usize,
                    index: index as usize,
                    path: path_text(paths, element.path).into(),
                }
            })
            .collect();
        trail.reverse();
        Leaf { path: path_text(paths, field.path), value, trail }
    };
    live.map(leaf).collect()
}

fn path_text(paths: &PathTrie, path: PathId) -> String {
    let mut names: Vec<&[u8]> =
        paths.line(path).filter(|&node| node != PathId::ROOT).map(|node| paths.name(node)).collect();
    names.reverse();
    String::from_utf8(names.join(&b'.')).unwrap()
}

/// The lists by path hold the live fields, and `present` the paths that have some.
fn check_lists(fields: &Fields, paths: &PathTrie, told: &str) {
    let listed = |path: PathId| fields.iter_path(path).filter(|field| field.is_live && field.path == path).count();
    let total: usize = fields.present.iter().map(|&path| listed(path)).sum();
    assert_eq!(fields.fields.iter().filter(|field| field.is_live).count(), total, "{told}");
    for &path in &fields.present {
        let of_path = fields.of_path(path).unwrap();
        assert!(paths.is_used(path) && of_path.count > 0, "{told}");
        assert_eq!(of_path.count as usize, fields.iter_path(path).count(), "{told}");
    }
}

/// Where elements must be told apart is known, and it is not claimed of other places.
fn check_joints(fields: &Fields, paths: &PathTrie, event: &Json, told: &str) {
    let mut joints: Vec<String> = fields.joints.iter().map(|&path| path_text(paths, path)).collect();
    joints.sort();
    joints.dedup();
    let joints_of = |event: &Json| {
        let mut found = Vec::new();
        gather_joints(event, None, &mut found);
        found.retain(|path| {
            paths
                .descendant(PathId::ROOT, path.as_bytes())
                .is_some_and(|path| path != PathId::ROOT && paths.is_joint(path))
        });
        found
    };
    assert!(joints_of(&event.last_members()).iter().all(|path| joints.contains(path)), "{told}");
    let possible = joints_of(event);
    assert!(joints.iter().all(|path| possible.contains(path)), "{told}");
    let is_twice = is_spelled_twice(&event.last_members(), PathId::ROOT, paths);
    assert!(fields.spelled_twice || !is_twice, "{told}");
    assert!(!fields.spelled_twice || is_spelled_twice(event, PathId::ROOT, paths), "{told}");
}

fn gather_joints(value: &Json, path: Option<&str>, found: &mut Vec<String>) {
    match value {
        Json::Array(items) => {
            if items.iter().filter(|item| item.is_container()).count() > 1 {
                found.push(path.unwrap_or_default().to_owned());
            }
            items.iter().for_each(|item| gather_joints(item, path, found));
        }
        Json::Object(members) => {
            members.iter().for_each(|(name, member)| gather_joints(member, Some(&rules::joined(path, name)), found));
        }
        _ => {}
    }
}

/// Whether some object has a name with dots that leads to a node, and another name that is the beginning of it.
fn is_spelled_twice(value: &Json, node: PathId, paths: &PathTrie) -> bool {
    match value {
        Json::Array(items) => items.iter().any(|item| is_spelled_twice(item, node, paths)),
        Json::Object(members) => members.iter().any(|(name, member)| {
            let Some(child) = paths.descendant(node, name.as_bytes()) else { return false };
            let begins = |(other, _): &(String, Json)| {
                name.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            members.iter().any(begins) || is_spelled_twice(member, child, paths)
        }),
        _ => false,
    }
}

// -- texts ----------------------------------------------------------------------------------------------------------

const NAMES: [&str; 20] = [
    "a",
    "b",
    "c",
    "a",
    "b",
    "a.b",
    "",
    "a.",
    ".",
    ".a",
    "x",
    "n3",
    "n7",
    "\\u0061",
    "a\\u002eb",
    "\\u00e9",
    "é",
    "a..b",
    "x.y",
    "a name that no rule uses and that is longer than what stands in one block of 64 bytes, by much",
];
const SCALARS: [&str; 40] = [
    "1",
    "0",
    "\"\"",
    "\"a\"",
    "true",
    "false",
    "null",
    "-0",
    "-1",
    "1.5",
    "1e5",
    "1E-5",
    "0.5e+10",
    "12345678901234567890",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e308",
    "1e-400",
    "1.7976931348623157e308",
    "0e999999999999",
    "9007199254740993",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"\\\\\\\"\"",
    "\"{[,:\"",
    "\"}],\"",
    "\"\\ud83d\\ude00\"",
    "\"é😀\"",
    "\"\\/\\b\\f\\n\\r\\t\"",
    "\"\u{7f}\"",
    "\"\\u0000\"",
    "\"a\\u0041\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "[1,[2],{\"b\":3}]",
    "{\"b\":1,\"c\":2}",
];
/// What JSON does not have, or has only elsewhere.
const FAULTS: [&[u8]; 56] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"0",
    b"1",
    b"-",
    b"+",
    b".",
    b"e",
    b"E",
    b" ",
    b"\t",
    b"\n",
    b"\x0c",
    b"\x00",
    b"\x1f",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"\xa9",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\x80",
    b"\xef\xbb\xbf",
    b"1e309",
    b"-1e400",
    b"01",
    b"1.",
    b".5",
    b"1e",
    b"1e+",
    b"--1",
    b"+1",
    b"NaN",
    b"tru",
    b"nul",
    b"True",
    b"falsee",
    b"\\u12",
    b"\\ud800",
    b"\\udc00",
    b"\\x",
    b"\\\"",
    b"\"a\":",
    b"\"a\"",
    b"{}",
    b"[]",
    b"null",
    b"/**/",
    b"'",
    b"{\"a\":1}",
];
const WHITE: [&str; 8] =
    ["", "", "", "", " ", "\n", "\r\n\t ", "                                                       "];

/// An event, and mostly some damage to it, standing anywhere relative to blocks of 64 bytes.
fn written(choices: &mut Choices<'_>) -> Vec<u8> {
    let damage = choices.below(4);
    let mut text = String::new();
    if choices.below(3) == 1 {
        text.push_str(&" ".repeat(choices.below(130)));
    }
    write_object(choices, 5, &mut text);
    text.push_str(choices.one_of(&WHITE));
    let mut bytes = text.into_bytes();
    for _ in 0..damage {
        damage_once(choices, &mut bytes);
    }
    bytes
}

fn write_object(choices: &mut Choices<'_>, depth: usize, text: &mut String) {
    text.push('{');
    if depth == 5 && choices.below(3) == 1 {
        text.push_str(&format!("\"pad\":\"{}\",", "x".repeat(choices.below(130))));
        text.push_str("\"b\":0");
    } else {
        write_member(choices, depth, text);
    }
    while !choices.is_empty() && choices.below(3) != 0 {
        text.push(',');
        write_member(choices, depth, text);
    }
    text.push('}');
    text.push_str(choices.one_of(&WHITE));
}

fn write_member(choices: &mut Choices<'_>, depth: usize, text: &mut String) {
    text.push_str(choices.one_of(&WHITE));
    text.push_str(&format!("\"{}\"", choices.one_of(&NAMES)));
    text.push_str(choices.one_of(&WHITE));
    text.push(':');
    write_value(choices, depth - 1, text);
}

fn write_value(choices: &mut Choices<'_>, depth: usize, text: &mut String) {
    text.push_str(choices.one_of(&WHITE));
    match choices.below(if depth == 0 { 4 } else { 9 }) {
        0 => text.push_str(&choices.below(12).to_string()),
        1 | 2 => text.push_str(choices.one_of(&SCALARS)),
        3 => match choices.below(4) {
            0 => text.push_str(&format!("\"{}\"", "s".repeat(choices.below(130)))),
            1 => text.push_str(&format!("\"{}\\\"\"", "\\\\".repeat(choices.below(70)))),
            2 => text.push_str(&format!("1{}", "0".repeat(choices.far_below(400)))),
            _ => text.push_str(&format!("-0.{}1e-{}", "0".repeat(choices.below(130)), choices.below(400))),
        },
        4 | 5 => write_object(choices, depth, text),
        6 if choices.below(16) == 1 => {
            let levels = 960 + choices.below(80);
            text.push_str(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        }
        _ => {
            text.push('[');
            write_value(choices, depth - 1, text);
            while !choices.is_empty() && choices.below(3) != 0 {
                text.push(',');
                write_value(choices, depth - 1, text);
            }
            text.push(']');
        }
    }
    text.push_str(choices.one_of(&WHITE));
}

fn damage_once(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    let at = choices.far_below(bytes.len() + 1);
    let end = (at + choices.below(9)).min(bytes.len());
    match choices.below(6) {
        0 => {
            bytes.splice(at..at, choices.one_of(&FAULTS).iter().copied());
        }
        1 => {
            bytes.splice(at..end, choices.one_of(&FAULTS).iter().copied());
        }
        2 => {
            bytes.drain(at..end);
        }
        3 => bytes.truncate(at),
        4 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << choices.below(8);
            }
        }
    }
}
