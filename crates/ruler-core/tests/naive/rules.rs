//! Any bytes as a script of edits and events: the machine against plain recursion over sub-rules.

use super::choices::Choices;
use super::json::{self, Json};
use super::regexps;
use ruler_core::event::fields::Fields;
use ruler_core::event::{Reader, Validate};
use ruler_core::machine::{Machine, RuleId, Scratch};
use ruler_core::model::{Bound, Cidr, Clause, NumericRange, Pattern, SubRule};
use ruler_core::number::Number;
use std::net::IpAddr;
use std::rc::Rc;

/// One element of one array of an event, both under numbers of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub array: usize,
    pub index: usize,
    /// The path of the array; shared, since a trail of 1000 elements is copied 1000 times.
    pub path: Rc<str>,
}

/// A scalar of an event and the elements, objects or arrays, that lead to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub path: String,
    pub value: Json,
    pub trail: Vec<Element>,
}

pub fn joined(path: Option<&str>, name: &str) -> String {
    path.map_or(name.to_owned(), |path| format!("{path}.{name}"))
}

/// All scalars of an event without duplicate names, in its order.
pub fn leaves(event: &Json) -> Vec<Leaf> {
    fn go(value: &Json, path: Option<&str>, trail: &[Element], arrays: &mut usize, found: &mut Vec<Leaf>) {
        match value {
            Json::Object(members) => {
                members.iter().for_each(|(name, member)| go(member, Some(&joined(path, name)), trail, arrays, found));
            }
            Json::Array(items) => {
                *arrays += 1;
                let array = *arrays;
                let array_path: Rc<str> = path.unwrap_or_default().into();
                for (index, item) in items.iter().enumerate() {
                    let mut inner = trail.to_vec();
                    if item.is_container() {
                        inner.push(Element { array, index, path: array_path.clone() });
                    }
                    go(item, path, &inner, arrays, found);
                }
            }
            scalar => found.push(Leaf {
                path: path.unwrap_or_default().to_owned(),
                value: scalar.clone(),
                trail: trail.to_vec(),
            }),
        }
    }
    let mut found = Vec::new();
    go(event, None, &[], &mut 0, &mut found);
    found
}

// -- what matches what ----------------------------------------------------------------------------------------------

pub fn sub_rule_matches(sub_rule: &SubRule, leaves: &[Leaf]) -> bool {
    let mut clauses: Vec<&Clause> = sub_rule.clauses.iter().collect();
    clauses.sort_by(|one, other| one.path.cmp(&other.path));
    holds(&clauses, leaves, &[], None)
}

/// What is chosen, and before the first clause of a path what was then.
type Before<'a> = Option<(&'a [u8], &'a [Element])>;

fn holds(clauses: &[&Clause], leaves: &[Leaf], chosen: &[Element], before: Before<'_>) -> bool {
    let Some((clause, rest)) = clauses.split_first() else { return true };
    let before = before.filter(|(path, _)| *path == &*clause.path).unwrap_or((&clause.path, chosen));
    let is_apart = |one: &Element, other: &Element| one.array == other.array && one.index != other.index;
    let of_path = |chosen: &[Element]| -> Vec<&Leaf> {
        let is_consistent = |leaf: &Leaf| !leaf.trail.iter().any(|one| chosen.iter().any(|other| is_apart(one, other)));
        leaves.iter().filter(|leaf| *leaf.path.as_bytes() == *clause.path && is_consistent(leaf)).collect()
    };
    let accepted = of_path(chosen).into_iter().filter(|leaf| accepts_any(&clause.patterns, &leaf.value));
    let mut more = accepted.map(|leaf| [chosen, &leaf.trail].concat());
    if more.any(|chosen| holds(rest, leaves, &chosen, Some(before))) {
        return true;
    }
    let beheld = of_path(before.1);
    let holds_without = clause.patterns.iter().any(|pattern| match pattern {
        Pattern::Absent => beheld.is_empty(),
        Pattern::NoneOf(excluded) => !beheld.iter().any(|leaf| accepts_any(excluded, &leaf.value)),
        _ => false,
    });
    holds_without && holds(rest, leaves, chosen, Some(before))
}

fn accepts_any(patterns: &[Pattern], value: &Json) -> bool {
    patterns.iter().any(|pattern| accepts(pattern, value))
}

fn accepts(pattern: &Pattern, value: &Json) -> bool {
    match (pattern, value) {
        (Pattern::Exists, _) => true,
        (Pattern::AnythingBut(excluded), _) => !accepts_any(excluded, value),
        (Pattern::AllOf(parts), _) => parts.iter().all(|part| accepts_any(part, value)),
        (Pattern::Number(number), Json::Number(value)) => number == value,
        (Pattern::NumericRange(range), Json::Number(value)) => {
            range.low.is_none_or(|low| low.number < *value || (low.number == *value && !low.is_open))
                && range.high.is_none_or(|high| *value < high.number || (high.number == *value && !high.is_open))
        }
        (Pattern::Literal(literal), Json::Literal(value)) => literal == value,
        (_, Json::Text(value)) => accepts_text(pattern, value),
        _ => false,
    }
}

fn accepts_text(pattern: &Pattern, value: &str) -> bool {
    let (bytes, folded) = (value.as_bytes(), folded(value));
    match pattern {
        Pattern::Text(text) => **text == *bytes,
        Pattern::Prefix(text) => bytes.starts_with(text),
        Pattern::Suffix(text) => bytes.ends_with(text),
        Pattern::EqualsIgnoreCase(text) => **text == *folded.as_bytes(),
        Pattern::PrefixIgnoreCase(text) => folded.as_bytes().starts_with(text),
        Pattern::SuffixIgnoreCase(text) => folded.as_bytes().ends_with(text),
        Pattern::Wildcard(pieces) => {
            bytes.strip_prefix(&*pieces[0]).is_some_and(|rest| pieces_follow(&pieces[1..], rest))
        }
        Pattern::WildcardIgnoreCase(pieces) => {
            folded.as_bytes().strip_prefix(&*pieces[0]).is_some_and(|rest| pieces_follow(&pieces[1..], rest))
        }
        Pattern::Regexp(steps) => regexps::accepts(steps, value),
        Pattern::Cidr(block) => address(value).is_some_and(|(version, address)| {
            let width = if block.version == 4 { 32 } else { 128 };
            let network = |address: u128| address.checked_shr(width - u32::from(block.bits)).unwrap_or(0);
            version == block.version && network(address) == network(block.network)
        }),
        _ => false,
    }
}

/// Whether each piece but the last stands somewhere behind the one before, and the last at the end.
fn pieces_follow(pieces: &[Box<[u8]>], text: &[u8]) -> bool {
    match pieces {
        [last] => text.ends_with(last),
        [piece, rest @ ..] => (0..=text.len())
            .any(|start| text[start..].strip_prefix(&**piece).is_some_and(|text| pieces_follow(rest, text))),
        [] => false,
    }
}

fn address(text: &str) -> Option<(u8, u128)> {
    match text.parse().ok()? {
        IpAddr::V4(address) => Some((4, u32::from(address).into())),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => Some((4, u32::from(address).into())),
            None => Some((6, address.into())),
        },
    }
}

/// Simple folding of the letters in `TEXTS`, one by one.
pub fn folded(text: &str) -> String {
    let fold = |letter: char| match letter {
        'ς' | 'Σ' => 'σ',
        'ẞ' => 'ß',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    text.chars().map(fold).collect()
}

// -- scripts --------------------------------------------------------------------------------------------------------

const TEXTS: [&str; 26] = [
    "",
    "a",
    "b",
    "ab",
    "A",
    "aB",
    "ba",
    "aab",
    "abab",
    "k",
    "K",
    "\u{212a}",
    "ß",
    "ẞ",
    "ς",
    "Σ",
    "é",
    "a text that is longer than a short one",
    "a text that is longer than a short two",
    "10.0.0.1",
    "10.128.0.0",
    "010.0.0.1",
    "::ffff:10.0.0.1",
    "2001:DB8::1",
    "::",
    "1",
];
const PIECES: [&str; 8] = ["a", "b", "ab", "ba", "aa", "k", "é", "longer"];
const NUMBERS: [f64; 10] = [0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e300, -1e300, 5e-324, 18446744073709551616.0];
const INTEGERS: [u64; 5] = [7, 9007199254740992, 9007199254740993, u64::MAX, u64::MAX - 1];
const PATHS: [&str; 12] = ["a", "b", "a.b", "a.c", "b.c", "a.b.c", "a-", "", "a.", "c", "c.a.b", "n"];
const NAMES: [&str; 9] = ["a", "b", "c", "a", "b", "a.b", "a-", "", "n"];

/// Panics where the machine answers anything but what plain recursion finds, or breaks an invariant.
pub fn check_edits(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut script = Script::default();
    for _ in 0..24 {
        if choices.is_empty() {
            break;
        }
        script.edit(&mut choices);
        assert_eq!(Ok(()), script.machine.check());
        let event = event_text(&mut choices);
        script.ask(&event);
    }
    script.rules.iter().for_each(|(id, _)| script.machine.release(*id));
    assert_eq!(Ok(()), script.machine.check());
    assert_eq!(1, script.machine.states().len());
}

#[derive(Default)]
pub struct Script {
    pub machine: Machine,
    /// In the order of reserving.
    rules: Vec<(RuleId, Vec<SubRule>)>,
    reader: Reader,
    fields: Fields,
    scratch: Scratch,
}

impl Script {
    fn edit(&mut self, choices: &mut Choices<'_>) {
        let which = choices.below(8);
        let at = choices.below(self.rules.len().max(1));
        match (which, self.rules.get_mut(at)) {
            (0, Some((id, sub_rules))) => {
                *sub_rules = some(choices, sub_rule);
                self.machine.replace(*id, sub_rules);
            }
            (1, Some((id, sub_rules))) => {
                sub_rules.push(sub_rule(choices));
                self.machine.add(*id, &sub_rules[sub_rules.len() - 1]);
            }
            (2, Some((id, _))) => {
                self.machine.release(*id);
                self.rules.remove(at);
            }
            (3, Some((_, sub_rules))) => {
                let copied = sub_rules.clone();
                self.add(copied);
            }
            _ => {
                let sub_rules = some(choices, sub_rule);
                self.add(sub_rules);
            }
        }
    }

    pub fn add(&mut self, sub_rules: Vec<SubRule>) {
        let id = self.machine.reserve();
        sub_rules.iter().for_each(|sub_rule| self.machine.add(id, sub_rule));
        self.rules.push((id, sub_rules));
    }

    pub fn remove_where(&mut self, mut is_gone: impl FnMut(&RuleId) -> bool) {
        let Script { rules, machine, .. } = self;
        rules.retain(|(id, _)| {
            let is_gone = is_gone(id);
            if is_gone {
                machine.release(*id);
            }
            !is_gone
        });
    }

    /// Panics where the machine answers another thing than plain recursion.
    pub fn ask(&mut self, text: &str) {
        let event = json::parse(text.as_bytes()).unwrap();
        let leaves = leaves(&event.last_members());
        let matches = |sub_rules: &[SubRule]| sub_rules.iter().any(|sub_rule| sub_rule_matches(sub_rule, &leaves));
        let matching = self.rules.iter().filter(|(_, sub_rules)| matches(sub_rules));
        let expected: Vec<RuleId> = matching.map(|(id, _)| *id).collect();
        for attempt in 0..3 {
            let first_only = attempt == 1; // the third time finds what is remembered of the first two
            let Script { machine, reader, fields, scratch, rules } = self;
            reader.read(text.as_bytes(), machine.paths(), Validate::Full, fields).unwrap();
            let mut found = Vec::new();
            machine.match_fields(fields, text.as_bytes(), scratch, first_only, &mut found).unwrap();
            if first_only {
                assert_eq!(expected.is_empty(), found.is_empty(), "{text} {rules:?}");
                assert!(found.iter().all(|id| expected.contains(id)), "{text} {rules:?}");
            } else {
                assert_eq!(expected, found, "{text} {rules:?}");
            }
        }
    }
}

/// One to three of something.
fn some<T>(choices: &mut Choices<'_>, mut one: impl FnMut(&mut Choices<'_>) -> T) -> Vec<T> {
    (0..=choices.below(3)).map(|_| one(choices)).collect()
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Box<[T]> {
    items.sort();
    items.dedup();
    items.into()
}

fn sub_rule(choices: &mut Choices<'_>) -> SubRule {
    let clause = |choices: &mut Choices<'_>| Clause {
        path: choices.one_of(&PATHS).as_bytes().into(),
        patterns: sorted(some(choices, pattern)),
    };
    let mut clauses = some(choices, clause);
    if choices.below(4) == 1 {
        clauses.extend(some(choices, clause));
    }
    SubRule { clauses: sorted(clauses) }
}

fn text(choices: &mut Choices<'_>) -> Box<[u8]> {
    choices.one_of(&TEXTS).as_bytes().into()
}

fn folded_text(choices: &mut Choices<'_>) -> Box<[u8]> {
    folded(choices.one_of(&TEXTS)).into_bytes().into()
}

fn folded_bytes(text: &[u8]) -> Box<[u8]> {
    folded(std::str::from_utf8(text).unwrap()).into_bytes().into()
}

fn number(choices: &mut Choices<'_>) -> Number {
    match choices.below(3) {
        0 => Number::from_u64(choices.one_of(&INTEGERS)),
        _ => Number::from_f64(choices.one_of(&NUMBERS)),
    }
}

fn excludable(choices: &mut Choices<'_>) -> Pattern {
    match choices.below(12) {
        0 | 1 => Pattern::Text(text(choices)),
        2 => Pattern::Number(number(choices)),
        3 => Pattern::Prefix(text(choices)),
        4 => Pattern::Suffix(text(choices)),
        5 => Pattern::EqualsIgnoreCase(folded_text(choices)),
        6 => Pattern::PrefixIgnoreCase(folded_text(choices)),
        7 => Pattern::SuffixIgnoreCase(folded_text(choices)),
        8 => Pattern::Cidr(block(choices)),
        9 => Pattern::WildcardIgnoreCase(pieces(choices).iter().map(|piece| folded_bytes(piece)).collect()),
        _ => Pattern::Wildcard(pieces(choices)),
    }
}

fn excluded(choices: &mut Choices<'_>) -> Pattern {
    match choices.below(6) {
        0 => range(choices),
        _ => excludable(choices),
    }
}

fn pattern(choices: &mut Choices<'_>) -> Pattern {
    match choices.below(20) {
        0 => Pattern::Exists,
        1 | 2 => Pattern::Absent,
        3..=5 => Pattern::NoneOf(sorted(some(choices, |choices| of_one_value(choices, 3)))),
        _ => of_one_value(choices, 3),
    }
}

/// A pattern that judges one value, with all-ofs in it at most so deep.
fn of_one_value(choices: &mut Choices<'_>, levels: u32) -> Pattern {
    match choices.below(20) {
        10 | 11 => Pattern::Regexp(regexps::regexp(choices)),
        0 => Pattern::Literal(choices.one_of(&[None, Some(true), Some(false)])),
        1 | 2 => range(choices),
        3..=5 => Pattern::AnythingBut(sorted(some(choices, excluded))),
        6..=9 if levels > 0 => Pattern::AllOf(sorted(some(choices, |choices| {
            sorted((0..=choices.below(2)).map(|_| of_one_value(choices, levels - 1)).collect())
        }))),
        _ => excludable(choices),
    }
}

fn range(choices: &mut Choices<'_>) -> Pattern {
    let (one, other) = (number(choices), number(choices));
    let open = choices.byte();
    let low = Bound { number: one.min(other), is_open: open & 1 != 0 };
    let high = Bound { number: one.max(other), is_open: open & 2 != 0 };
    let (low, high) = match choices.below(4) {
        0 => (Some(low), None),
        1 => (None, Some(high)),
        _ if one == other => (Some(low), None),
        _ => (Some(low), Some(high)),
    };
    Pattern::NumericRange(NumericRange { low, high })
}

fn block(choices: &mut Choices<'_>) -> Cidr {
    let (version, width, base): (u8, u8, u128) = match choices.below(3) {
        0 => (6, 128, 0x2001_0db8 << 96 | 1),
        _ => (4, 32, 0x0a80_0001),
    };
    let bits = (choices.below(usize::from(width) + 1)) as u8;
    let mask = (!0u128).checked_shl(u32::from(width - bits)).unwrap_or(0);
    Cidr { version, network: base & mask, bits }
}

fn pieces(choices: &mut Choices<'_>) -> Box<[Box<[u8]>]> {
    let end = |choices: &mut Choices<'_>| match choices.below(2) {
        0 => Box::default(),
        _ => choices.one_of(&PIECES).as_bytes().into(),
    };
    let mut pieces: Vec<Box<[u8]>> = vec![end(choices)];
    for _ in 0..choices.below(4) {
        pieces.push(choices.one_of(&PIECES).as_bytes().into());
    }
    pieces.push(end(choices));
    pieces.into()
}

/// A small event made of what rules are made of.
fn event_text(choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    let mut budget = 12;
    write_object(choices, 4, &mut budget, &mut text);
    text
}

fn write_object(choices: &mut Choices<'_>, depth: usize, budget: &mut usize, text: &mut String) {
    let members = (0..=choices.below(3)).map(|_| {
        let name = choices.one_of(&NAMES);
        let mut member = format!("\"{name}\":");
        write_value(choices, depth - 1, budget, &mut member);
        member
    });
    let members: Vec<String> = members.collect();
    text.push_str(&format!("{{{}}}", members.join(",")));
}

fn write_value(choices: &mut Choices<'_>, depth: usize, budget: &mut usize, text: &mut String) {
    *budget = budget.saturating_sub(1);
    match choices.below(if depth == 0 || *budget == 0 { 4 } else { 8 }) {
        0 => text.push_str(&serde_json::to_string(choices.one_of(&TEXTS)).unwrap()),
        1 => text.push_str(&choices.one_of(&NUMBERS).to_string()),
        2 => text.push_str(&choices.one_of(&INTEGERS).to_string()),
        3 => {
            let words = (0..choices.below(4)).map(|_| choices.one_of(&PIECES)).collect::<String>();
            text.push_str(choices.one_of(&["true", "false", "null", &format!("\"{words}\"")]));
        }
        4 | 5 => write_object(choices, depth, budget, text),
        _ => {
            let items = (0..choices.below(4)).map(|_| {
                let mut item = String::new();
                write_value(choices, depth - 1, budget, &mut item);
                item
            });
            let items: Vec<String> = items.collect();
            text.push_str(&format!("[{}]", items.join(",")));
        }
    }
}
