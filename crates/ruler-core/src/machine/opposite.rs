//! What is left of the numbers when some are excluded: by this an anything-but that excludes ranges judges them.
//! The twin of `opposite_ranges` in `numeric_ranges.py`.
//!
//! ```text
//! > 5, 3, < 0   are excluded    ──▶    >= 0 and < 3;  > 3 and <= 5    are left
//! ```
//!
//! Always: what is left is disjoint and ascends. Excluded single numbers part it; one that is left alone is a range from
//! it to itself.

use crate::model::{Bound, NumericRange, Pattern};
use crate::number::Number;

/// A place between numbers: before one, or (true) right after it. None is below all where a range begins, and above
/// all where it ends.
type Mark = Option<(Number, bool)>;

/// Whether `pattern` accepts numbers only.
pub fn is_of_numbers(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::Number(_) | Pattern::NumericRange(_))
}

/// The ranges of the numbers that no range and no number of `excluded` accepts.
pub fn left_by(excluded: &[Pattern]) -> Box<[NumericRange]> {
    let mut spans: Vec<(Mark, Mark)> = excluded.iter().filter_map(span).collect();
    spans.sort_unstable_by_key(|span| span.0); // None comes first
    let mut left = Vec::new();
    let mut from: Mark = None;
    for (low, high) in spans {
        if low > from {
            left.push(range_between(from, low));
        }
        match high {
            None => return left.into(),
            Some(_) => from = from.max(high),
        }
    }
    left.push(range_between(from, None));
    left.into()
}

/// Whether one of `ranges`, disjoint and ascending, contains one of `numbers`, which ascend.
pub fn contain_any(ranges: &[NumericRange], numbers: &[Number]) -> bool {
    if ranges.len() < numbers.len() {
        return ranges.iter().any(|range| super::outcome::contains_one(range, numbers));
    }
    numbers.iter().any(|&number| {
        let ends_before = |range: &NumericRange| {
            range.high.is_some_and(|high| high.number < number || (high.number == number && high.is_open))
        };
        let place = ranges.partition_point(ends_before);
        ranges.get(place).is_some_and(|range| super::numeric_ranges::contains(range, number))
    })
}

fn span(pattern: &Pattern) -> Option<(Mark, Mark)> {
    match pattern {
        Pattern::Number(number) => Some((Some((*number, false)), Some((*number, true)))),
        Pattern::NumericRange(range) => {
            Some((range.low.map(|low| (low.number, low.is_open)), range.high.map(|high| (high.number, !high.is_open))))
        }
        _ => None,
    }
}

fn range_between(from: Mark, to: Mark) -> NumericRange {
    NumericRange {
        low: from.map(|(number, is_open)| Bound { number, is_open }),
        high: to.map(|(number, is_after)| Bound { number, is_open: !is_after }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::numeric_ranges::contains;
    use proptest::prelude::*;

    fn number(value: i64) -> Number {
        Number::from_i64(value)
    }

    fn range(low: Option<(i64, bool)>, high: Option<(i64, bool)>) -> Pattern {
        let bound = |(value, is_open)| Bound { number: number(value), is_open };
        Pattern::NumericRange(NumericRange { low: low.map(bound), high: high.map(bound) })
    }

    fn excluded() -> impl Strategy<Value = Vec<Pattern>> {
        let bound = || prop::option::of((0..12i64, any::<bool>()));
        let some_range = (bound(), bound()).prop_filter_map("a range", |(low, high)| match (low, high) {
            (None, None) => None,
            (Some(low), Some(high)) if low.0 >= high.0 => None,
            (low, high) => Some(range(low, high)),
        });
        let one = (0..12i64).prop_map(|value| Pattern::Number(number(value)));
        prop::collection::vec(prop_oneof![some_range, one, Just(Pattern::Text("3".as_bytes().into()))], 1..6)
    }

    #[test]
    fn the_example_holds() {
        let ranges = [range(Some((5, true)), None), range(None, Some((0, true))), Pattern::Number(number(3))];
        let left = left_by(&ranges).iter().map(|range| Pattern::NumericRange(*range)).collect::<Vec<_>>();
        assert_eq!(left, [range(Some((0, false)), Some((3, true))), range(Some((3, true)), Some((5, false)))]);
        assert!(left_by(&[range(Some((5, true)), None), range(None, Some((5, false)))]).is_empty());
    }

    proptest! {
        #[test]
        fn a_number_is_left_when_nothing_excludes_it(excluded in excluded()) {
            let left = left_by(&excluded);
            let halves = (-2..28).map(|half| Number::from_f64(f64::from(half) / 2.0));
            for each in halves {
                let is_excluded = excluded.iter().any(|pattern| match pattern {
                    Pattern::Number(number) => *number == each,
                    Pattern::NumericRange(range) => contains(range, each),
                    _ => false,
                });
                prop_assert_eq!(left.iter().filter(|range| contains(range, each)).count(), usize::from(!is_excluded));
                prop_assert_eq!(contain_any(&left, &[each]), !is_excluded);
                let others: Vec<Number> = (100..110).map(number).collect();
                let with_others = [&[each][..], &others].concat();
                let has_other = contain_any(&left, &others);
                prop_assert_eq!(contain_any(&left, &with_others), !is_excluded || has_other);
            }
        }
    }
}
