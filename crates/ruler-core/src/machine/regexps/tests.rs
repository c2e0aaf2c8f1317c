//! The index against its naive twin, with budgets so small that automata are dropped and given up all the time.

use super::required::required_pieces;
use super::*;
use proptest::prelude::*;

#[allow(dead_code)]
#[path = "../../../tests/naive/choices.rs"]
mod choices;
#[path = "../../../tests/naive/regexps.rs"]
mod regexps;

const LETTERS: [char; 9] = ['a', 'b', 'k', 'é', '.', ' ', '5', 'Z', '\u{10ffff}'];

fn one(ranges: &str) -> RegexpStep {
    RegexpStep::Characters(ranges.into())
}

/// A text, letter by letter.
fn letters(text: &str) -> Vec<RegexpStep> {
    text.chars().map(|letter| one(&format!("{letter}{letter}"))).collect()
}

/// `text`, and behind it the last step repeated any number of times.
fn text_then_any(text: &str, ranges: &str) -> Vec<RegexpStep> {
    let count = text.chars().count() as u32 + 1;
    let any = [one(ranges), RegexpStep::Repeat { low: 0, high: None }, RegexpStep::Sequence(count)];
    [letters(text), any.into()].concat()
}

fn found(index: &RegexpIndex, value: &str, scratch: &mut RegexpScratch) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(value.as_bytes(), &mut WildcardScratch::default(), scratch, &mut found);
    found.sort_unstable();
    found
}

fn texts(steps: &[RegexpStep]) -> Vec<String> {
    required_pieces(steps).iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

proptest! {
    #[test]
    fn finds_what_the_naive_twin_accepts(
        seeds in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 1..40),
        values in prop::collection::vec(prop::collection::vec(prop::sample::select(&LETTERS[..]), 0..30), 1..12),
        gone in any::<u64>(),
    ) {
        let programs: Vec<_> = seeds.iter().map(|seed| regexps::regexp(&mut choices::Choices::new(seed))).collect();
        let values: Vec<String> = values.into_iter().map(|value| value.into_iter().collect()).collect();
        let mut index = RegexpIndex::default();
        let mut scratch = RegexpScratch::default();
        (0..).zip(&programs).for_each(|(id, program)| index.add(program, id));
        for is_gone in [false, true] {
            let is_kept = |id: u32| !is_gone || gone >> (id % 64) & 1 == 0;
            for (id, program) in (0..).zip(&programs).filter(|&(id, _)| !is_kept(id)) {
                index.remove(program, id);
            }
            prop_assert_eq!(index.len(), (0..programs.len() as u32).filter(|&id| is_kept(id)).count());
            for value in values.iter().chain(&values) {
                let expected: Vec<u32> = (0..)
                    .zip(&programs)
                    .filter(|&(id, program)| is_kept(id) && regexps::accepts(program, value))
                    .map(|(id, _)| id)
                    .collect();
                prop_assert_eq!(found(&index, value, &mut scratch), expected, "{:?} {:?}", value, programs);
            }
        }
        (0..).zip(&programs).for_each(|(id, program)| index.remove(program, id));
        prop_assert!(index.is_empty() && index.required.is_empty());
        prop_assert_eq!((index.buckets.len(), index.by_pieces.len()), (0, 0));
    }
}

#[test]
fn what_a_value_must_contain_is_told() {
    assert_eq!(texts(&text_then_any("user-", "09")), ["user-", ""]);
    let middle = [vec![one("az"), RegexpStep::Repeat { low: 1, high: None }], letters("x-y"), vec![one("09")]].concat();
    assert_eq!(texts(&[middle, vec![RegexpStep::Sequence(5)]].concat()), ["", "x-y", ""]);
    let either = [letters("ab"), vec![RegexpStep::Sequence(2)], letters("ac"), vec![RegexpStep::Sequence(2)]].concat();
    assert_eq!(texts(&[either, vec![RegexpStep::Union(2)]].concat()), ["a", ""]);
    let overlapping = [letters("a"), letters("aba"), vec![RegexpStep::Sequence(3), RegexpStep::Union(2)]].concat();
    assert_eq!(texts(&overlapping), ["a", ""]);
    let thrice = [letters("ab"), vec![RegexpStep::Sequence(2), RegexpStep::Repeat { low: 3, high: None }]].concat();
    assert_eq!(texts(&thrice), ["ababab", ""]);
    assert_eq!(texts(&[one("az")]), ["", ""]);
}

#[test]
fn repeating_what_is_repeated_takes_no_room() {
    let mut steps = letters("a");
    for _ in 0..300 {
        steps.push(RegexpStep::Repeat { low: 0, high: Some(1) });
        steps.push(RegexpStep::Repeat { low: 1, high: None });
        steps.push(RegexpStep::Repeat { low: 0, high: None });
    }
    steps.push(RegexpStep::Repeat { low: 0, high: Some(1000) });
    assert!(Program::new(&steps).instructions.len() < 6000);
    let mut index = RegexpIndex::default();
    index.add(&steps, 7);
    let mut scratch = RegexpScratch::default();
    assert_eq!(found(&index, &"a".repeat(5000), &mut scratch), [7]);
    assert!(found(&index, &("a".repeat(5000) + "b"), &mut scratch).is_empty());
}

#[test]
fn what_is_no_regular_expression_accepts_nothing() {
    let nested = [one("aa"), RegexpStep::Repeat { low: 0, high: Some(u32::MAX) }];
    let strange: [&[RegexpStep]; 6] = [
        &[],
        &[RegexpStep::Sequence(2)],
        &[RegexpStep::Repeat { low: 0, high: None }],
        &[one("aa"), one("bb")],
        &[one("abc")],
        &nested,
    ];
    for steps in strange {
        let mut index = RegexpIndex::default();
        index.add(steps, 1);
        assert!(found(&index, "a", &mut RegexpScratch::default()).is_empty(), "{steps:?}");
        index.remove(steps, 1);
        assert!(index.is_empty());
    }
}

fn work(scratch: &RegexpScratch) -> u64 {
    scratch.automata.values().map(|automaton| automaton.states.work).sum()
}

#[test]
fn a_thousand_with_texts_of_their_own_cost_a_value_what_those_cost_that_it_contains() {
    let mut index = RegexpIndex::default();
    (0..1000).for_each(|number| index.add(&text_then_any(&format!("user-{number:03}-"), "az"), number));
    let mut scratch = RegexpScratch::default();
    assert_eq!(found(&index, "user-017-abc", &mut scratch), [17]);
    assert!(work(&scratch) < 100, "{}", work(&scratch));
    assert!(found(&index, &"user-".repeat(1000), &mut scratch).is_empty());
    assert!(work(&scratch) < 100, "{}", work(&scratch));
}

#[test]
fn a_value_costs_its_length_times_the_size_of_the_programs_at_most() {
    // Any letters, an a, and ten more: each character leads to a new state.
    let any = || [one("az"), RegexpStep::Repeat { low: 0, high: None }];
    let ten = [one("az"), RegexpStep::Repeat { low: 10, high: Some(10) }, RegexpStep::Sequence(3)];
    let steps = [&any()[..], &letters("a"), &ten].concat();
    let mut index = RegexpIndex::default();
    index.add(&steps, 0);
    let size = Program::new(&steps).size() as u64;
    let mut state = 1u32;
    let value: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 {
            'a'
        } else {
            'b'
        }
    })
    .take(20_000)
    .collect();
    let mut scratch = RegexpScratch::default();
    found(&index, &value, &mut scratch);
    assert!(work(&scratch) <= 20_001 * (size + 1), "{}", work(&scratch));
    assert!(scratch.words < 4000, "{}", scratch.words);
}
