use super::*;
use crate::model::Bound;
use proptest::prelude::*;

fn range(low: Option<(&str, bool)>, high: Option<(&str, bool)>) -> NumericRange {
    let bound = |(text, is_open): (&str, bool)| Bound { number: number(text), is_open };
    NumericRange { low: low.map(bound), high: high.map(bound) }
}

fn number(text: &str) -> Number {
    Number::parse(text.as_bytes()).unwrap()
}

fn found_in(index: &NumericRangeIndex, number: Number) -> Vec<u32> {
    let mut found = Vec::new();
    assert!(index.find(number, usize::MAX, &mut found));
    found.sort_unstable();
    found
}

#[test]
fn open_bounds_are_outside_and_closed_ones_inside() {
    for (low, high) in [("1", "5"), ("-5", "-1"), ("9007199254740992", "9007199254740993"), ("-0.1", "0.1")] {
        for (low_is_open, high_is_open) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut index = NumericRangeIndex::default();
            index.add(&range(Some((low, low_is_open)), Some((high, high_is_open))), 1);
            index.add(&range(Some((low, low_is_open)), None), 2);
            index.add(&range(None, Some((high, high_is_open))), 3);
            let expected = if low_is_open { vec![3] } else { vec![1, 2, 3] };
            assert_eq!(expected, found_in(&index, number(low)));
            let expected = if high_is_open { vec![2] } else { vec![1, 2, 3] };
            assert_eq!(expected, found_in(&index, number(high)));
        }
    }
}

#[test]
fn integers_beside_one_double_are_told_apart() {
    let mut index = NumericRangeIndex::default();
    index.add(&range(Some(("18446744073709551613", true)), Some(("18446744073709551615", true))), 1);
    index.add(&range(Some(("18446744073709551615", false)), None), 2);
    assert_eq!(vec![1], found_in(&index, number("18446744073709551614")));
    assert_eq!(vec![2], found_in(&index, number("18446744073709551615")));
    assert_eq!(vec![2], found_in(&index, number("18446744073709551616")));
    assert!(found_in(&index, number("18446744073709551613")).is_empty());
}

#[test]
fn too_many_leave_what_was_found_before() {
    let mut index = NumericRangeIndex::default();
    for id in 0..30u64 {
        let (low, high) = (id.to_string(), (id + 40).to_string());
        index.add(&range(Some((&low, false)), Some((&high, false))), id as u32 * 3);
        index.add(&range(Some((&low, false)), None), id as u32 * 3 + 1);
        index.add(&range(None, Some((&high, false))), id as u32 * 3 + 2);
    }
    let mut found = vec![1000];
    assert!(!index.find(number("35"), 89, &mut found));
    assert_eq!(vec![1000], found);
    assert!(index.find(number("35"), 90, &mut found));
    assert_eq!(91, found.len());
    assert!(!index.find(number("35"), 0, &mut found));
    assert!(index.find(number("1e300"), 30, &mut Vec::new()));
}

#[test]
fn memory_is_given_back() {
    let mut index = NumericRangeIndex::default();
    let ranges: Vec<NumericRange> = (0..3000)
        .map(|id| {
            let (low, high) = (id.to_string(), (id * 3 + 1).to_string());
            range((id % 7 != 0).then_some((&*low, false)), (id % 5 != 1).then_some((&*high, true)))
        })
        .filter(|range| range.low.is_some() || range.high.is_some())
        .collect();
    for (id, range) in (0..).zip(&ranges) {
        index.add(range, id);
    }
    let most = index.memory_bytes();
    for (id, range) in (0..).zip(&ranges).skip(30) {
        index.remove(range, id);
    }
    assert!(index.memory_bytes() < most / 20, "{} of {most}", index.memory_bytes());
    for (id, range) in (0..).zip(&ranges) {
        index.remove(range, id); // also those that are gone
    }
    assert_eq!((0, 0), (index.len(), index.memory_bytes()));
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-6i64..6).prop_map(Number::from_i64),
        (-6i32..6).prop_map(|halves| Number::from_f64(f64::from(halves) / 2.0)),
        (0u64..6).prop_map(|more| Number::from_u64((1 << 53) - 3 + more)),
        (0u64..6).prop_map(|less| Number::from_u64(u64::MAX - less)),
        (0i64..6).prop_map(|more| Number::from_i64(i64::MIN + more)),
        (-300i32..300).prop_map(|exponent| Number::from_f64(10f64.powi(exponent))),
        any::<i64>().prop_map(Number::from_i64),
    ]
}

fn any_range() -> impl Strategy<Value = NumericRange> {
    let bounds = (any_number(), any_number(), any::<bool>(), any::<bool>(), 0..4);
    bounds.prop_filter_map("an empty range", |(one, other, low_is_open, high_is_open, sides)| {
        let low = (sides != 0).then_some(Bound { number: one.min(other), is_open: low_is_open });
        let high = (sides != 1).then_some(Bound { number: one.max(other), is_open: high_is_open });
        (one != other || sides < 2).then_some(NumericRange { low, high })
    })
}

proptest! {
    #[test]
    fn finds_what_asking_each_range_finds(
        edits in prop::collection::vec((any::<bool>(), any_range()), 1..200),
        numbers in prop::collection::vec(any_number(), 1..20),
        at_most in 0usize..40,
    ) {
        let mut index = NumericRangeIndex::default();
        let mut stored: Vec<(NumericRange, u32)> = Vec::new();
        for (id, (is_added, range)) in (0..).zip(edits) {
            if is_added || stored.len() < 70 {
                index.add(&range, id);
                stored.push((range, id));
            } else {
                let (range, id) = stored.swap_remove(id as usize % stored.len());
                index.remove(&range, id);
            }
            prop_assert_eq!(stored.len(), index.len());
        }
        for number in numbers {
            let containing = stored.iter().filter(|(range, _)| contains(range, number));
            let mut expected: Vec<u32> = containing.map(|&(_, id)| id).collect();
            expected.sort_unstable();
            prop_assert_eq!(&expected, &found_in(&index, number));
            prop_assert_eq!(expected.len() <= at_most, index.find(number, at_most, &mut Vec::new()));
        }
        for (range, id) in stored {
            index.remove(&range, id);
        }
        prop_assert_eq!((0, 0), (index.len(), index.memory_bytes()));
    }
}
