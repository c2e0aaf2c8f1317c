//! Regular expressions done the obvious way: a tree, and the places where a part can end.

use super::choices::Choices;
use ruler_core::model::RegexpStep;
use std::collections::BTreeSet;

const CHARACTERS: [&str; 12] = ["aa", "bb", "ab", "kk", "az", "09az", "AZ", "éé", "\u{80}\u{10ffff}", "  ", "..", "09"];

enum Part {
    Characters(Vec<char>),
    Sequence(Vec<Part>),
    Union(Vec<Part>),
    Repeat(Box<Part>, u32, Option<u32>),
}

/// Whether the regular expression of `steps` accepts all of `value`.
pub fn accepts(steps: &[RegexpStep], value: &str) -> bool {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps {
        let part = match step {
            RegexpStep::Characters(ranges) => Part::Characters(ranges.chars().collect()),
            RegexpStep::Sequence(count) => Part::Sequence(parts.split_off(parts.len() - *count as usize)),
            RegexpStep::Union(count) => Part::Union(parts.split_off(parts.len() - *count as usize)),
            RegexpStep::Repeat { low, high } => Part::Repeat(Box::new(parts.pop().unwrap()), *low, *high),
        };
        parts.push(part);
    }
    let value: Vec<char> = value.chars().collect();
    ends(&parts[0], &value, &BTreeSet::from([0])).contains(&value.len())
}

/// Where the part can end when it begins at any of `starts`.
fn ends(part: &Part, value: &[char], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
    match part {
        Part::Characters(ranges) => {
            let is_one = |letter: &char| ranges.chunks(2).any(|range| range[0] <= *letter && *letter <= range[1]);
            starts.iter().filter(|&&at| value.get(at).is_some_and(is_one)).map(|at| at + 1).collect()
        }
        Part::Sequence(parts) => parts.iter().fold(starts.clone(), |starts, part| ends(part, value, &starts)),
        Part::Union(parts) => parts.iter().flat_map(|part| ends(part, value, starts)).collect(),
        Part::Repeat(part, low, high) => {
            let once = |starts: &BTreeSet<usize>| ends(part, value, starts);
            let mut now = (0..*low).fold(starts.clone(), |starts, _| once(&starts));
            let mut found = now.clone();
            for _ in *low..high.unwrap_or(low + value.len() as u32 + 1) {
                now = once(&now);
                if now.is_subset(&found) {
                    break; // and so are all that follow
                }
                found.extend(&now);
            }
            found
        }
    }
}

/// Some regular expression, of steps that stand on a stack as the compiler leaves them.
pub fn regexp(choices: &mut Choices<'_>) -> Box<[RegexpStep]> {
    let mut steps: Vec<RegexpStep> = Vec::new();
    let mut height = 0;
    for _ in 0..=choices.below(12) {
        match choices.below(8) {
            0 if height > 1 => {
                let count = 2 + choices.below(height - 1);
                steps.push(RegexpStep::Union(count as u32));
                height -= count - 1;
            }
            1 | 2 if height > 1 => {
                let count = 2 + choices.below(height - 1);
                steps.push(RegexpStep::Sequence(count as u32));
                height -= count - 1;
            }
            3 if height > 0 => {
                let low = choices.below(3) as u32;
                let high = if choices.below(2) == 0 {
                    None
                } else {
                    Some(low + choices.below(2) as u32 + u32::from(low == 0))
                };
                steps.push(RegexpStep::Repeat { low, high });
            }
            4 => {
                steps.push(RegexpStep::Sequence(0));
                height += 1;
            }
            _ => {
                steps.push(RegexpStep::Characters(choices.one_of(&CHARACTERS).into()));
                height += 1;
            }
        }
    }
    if height > 1 {
        steps.push(RegexpStep::Sequence(height as u32));
    }
    steps.into()
}
