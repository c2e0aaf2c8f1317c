//! Arrays of numbers, whose text the reader leaves as it is, against judging each item by itself.

use proptest::prelude::*;
use ruler_core::event::fields::Fields;
use ruler_core::event::{Reader, Validate};
use ruler_core::machine::{Machine, Scratch};
use ruler_core::model::{Bound, Clause, NumericRange, Pattern, SubRule};
use ruler_core::number::Number;

/// Spellings that lie next to each other: equal, of one cell, of neighbouring cells, of none.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "0.0000001",
    "1",
    "1.0",
    "1e0",
    "10E-1",
    "1.0000000000000000000001",
    "0.99999999999999999999",
    "37.72529401331397",
    "37.72529401331398",
    "37.725294",
    "37.7252",
    "3.772529401331397e1",
    "-122.4634157509688",
    "-122.46341575096880",
    "-122.4634",
    "122.4634157509688",
    "9999999",
    "9999999.9999999999",
    "10000000",
    "1e7",
    "12345678.5",
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0",
    "18446744073709551617",
    "5",
    "5.5",
];
const OTHERS: &[&str] = &["true", "false", "null", "{}", "[]", "\"5\"", "{\"b\":5}", "\"\\u005d,7\"", "[[\"[\"]]"];

fn number(text: &str) -> Number {
    Number::parse(text.as_bytes()).unwrap()
}

fn a_number() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(NUMBERS).prop_map(str::to_string),
        1 => "-?(0|[1-9][0-9]{0,8})([.][0-9]{1,20})?(e-?[0-9])?",
    ]
}

/// An item, perhaps in arrays of its own.
fn an_item() -> impl Strategy<Value = (String, usize)> {
    (prop_oneof![12 => a_number(), 1 => prop::sample::select(OTHERS).prop_map(str::to_string)], 0..3_usize)
}

fn a_pattern() -> impl Strategy<Value = Pattern> {
    let range = (a_number(), any::<bool>(), any::<bool>()).prop_map(|(bound, is_open, is_low)| {
        let bound = Some(Bound { number: number(&bound), is_open });
        let (low, high) = if is_low { (bound, None) } else { (None, bound) };
        Pattern::NumericRange(NumericRange { low, high })
    });
    prop_oneof![
        4 => a_number().prop_map(|text| Pattern::Number(number(&text))),
        1 => a_number().prop_map(|text| Pattern::AnythingBut([Pattern::Number(number(&text))].into())),
        1 => prop::sample::select(vec![None, Some(true), Some(false)]).prop_map(Pattern::Literal),
        1 => range,
    ]
}

fn accepts(pattern: &Pattern, item: &str) -> bool {
    let value = (item.starts_with('-') || item.starts_with(|first: char| first.is_ascii_digit())).then(|| number(item));
    let literal = match item {
        "true" => Some(Some(true)),
        "false" => Some(Some(false)),
        "null" => Some(None),
        _ => None,
    };
    let is_value = value.is_some() || literal.is_some() || item.contains('"') && !item.contains('{');
    match pattern {
        Pattern::Number(number) => value == Some(*number),
        Pattern::Literal(wanted) => literal == Some(*wanted),
        Pattern::AnythingBut(excluded) => is_value && excluded.iter().all(|each| !accepts(each, item)),
        Pattern::NumericRange(NumericRange { low: Some(low), .. }) => {
            value.is_some_and(|value| value > low.number || !low.is_open && value == low.number)
        }
        Pattern::NumericRange(NumericRange { high: Some(high), .. }) => {
            value.is_some_and(|value| value < high.number || !high.is_open && value == high.number)
        }
        _ => false,
    }
}

fn rule(clauses: &[(&str, &Pattern)]) -> SubRule {
    let clause = |&(path, pattern): &(&str, &Pattern)| Clause {
        path: path.as_bytes().into(),
        patterns: [pattern.clone()].into(),
    };
    SubRule { clauses: clauses.iter().map(clause).collect() }
}

fn answers(machine: &Machine, event: &str, validate: Validate) -> Vec<u32> {
    let (mut fields, mut found) = (Fields::default(), Vec::new());
    Reader::default().read(event.as_bytes(), machine.paths(), validate, &mut fields).unwrap();
    machine.match_fields(&fields, event.as_bytes(), &mut Scratch::default(), false, &mut found).unwrap();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_item_that_is_accepted_is_found(
        items in prop::collection::vec(an_item(), 0..12),
        patterns in prop::collection::vec(a_pattern(), 1..6),
        removed in 0..3_usize,
        space in prop::sample::select(vec!["", " ", "\n\t "]),
    ) {
        let mut machine = Machine::default();
        let ids: Vec<u32> = patterns.iter().map(|pattern| {
            let id = machine.reserve();
            machine.add(id, &rule(&[("a", pattern)]));
            machine.add(id, &rule(&[("x.a", pattern), ("x.b", &Pattern::Exists)])); // of one element of "x"
            id
        }).collect();
        ids.iter().take(removed).for_each(|&id| machine.release(id));
        let texts = items.iter().map(|(item, depth)| format!("{}{item}{}", "[".repeat(*depth), "]".repeat(*depth)));
        let array = format!("[{space}{}{space}]", texts.collect::<Vec<_>>().join(&format!("{space},{space}")));
        let expected: Vec<u32> = ids.iter().zip(&patterns).skip(removed)
            .filter(|(_, pattern)| items.iter().any(|(item, _)| accepts(pattern, item)))
            .map(|(&id, _)| id).collect();
        for validate in [Validate::Full, Validate::Used] {
            for event in [
                format!("{{\"a\":{array}}}"),
                format!("{{\"x\":[{{\"a\":{array}}},{{\"b\":1,\"a\":{array}}}]}}"),
            ] {
                prop_assert_eq!(&answers(&machine, &event, validate), &expected, "{}", &event);
            }
            for event in [
                format!("{{\"x\":[{{\"a\":{array}}},{{\"b\":1}}]}}"),
                format!("{{\"a\":{array},\"x\":{{}},\"a\":0.125}}"),
            ] {
                if validate == Validate::Full {
                    let replaced = answers(&machine, &event, validate);
                    let last = if event.ends_with("0.125}") { vec!["0.125"] } else { vec![] };
                    let expected: Vec<u32> = ids.iter().zip(&patterns).skip(removed)
                        .filter(|(_, pattern)| last.iter().any(|item| accepts(pattern, item)))
                        .map(|(&id, _)| id).collect();
                    prop_assert_eq!(&replaced, &expected, "{}", &event);
                }
            }
        }
    }
}
