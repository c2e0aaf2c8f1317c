//! The order in which a sub-rule's clauses are judged. The twin of the second half of `name_state.py`, which says why.

use super::path_trie::{PathId, PathTrie};
use crate::model::{Clause, Pattern};
use std::cmp::Ordering;

/// Looseness of the pattern types, number of patterns; lower comes first.
type Rank = (u8, usize);

/// The best and the worst rank of a group of clauses; lower comes first.
type Span = (Rank, Rank);

/// The places of `clauses` in the order in which a walk judges them; `paths` are theirs.
pub fn canonical_order(trie: &PathTrie, clauses: &[Clause], paths: &[PathId]) -> Vec<usize> {
    let ranks: Vec<Rank> = clauses.iter().map(rank).collect();
    let mut ranked: Vec<(PathId, Rank)> =
        paths.iter().zip(&ranks).flat_map(|(&path, &rank)| trie.line(path).map(move |node| (node, rank))).collect();
    ranked.sort_unstable();
    let groups = ranked.chunk_by(|(one, _), (other, _)| one == other);
    let spans: Vec<(PathId, Span)> = groups.map(|group| (group[0].0, (group[0].1, group[group.len() - 1].1))).collect();
    let span_at = |node: PathId| spans[spans.partition_point(|(other, _)| *other < node)].1;
    let lines: Vec<Vec<(Span, PathId)>> = paths
        .iter()
        .map(|&path| {
            let mut line: Vec<_> = trie.line(path).map(|node| (span_at(node), node)).collect();
            line.reverse();
            line
        })
        .collect();
    let mut order: Vec<usize> = (0..clauses.len()).collect();
    order.sort_by(|&one, &other| {
        compare(trie, &lines[one], &lines[other])
            .then_with(|| has_guards(&clauses[other]).cmp(&has_guards(&clauses[one])))
            .then_with(|| ranks[one].cmp(&ranks[other])) // and clauses of one path that are alike stay as they are
    });
    order
}

fn compare(trie: &PathTrie, one: &[(Span, PathId)], other: &[(Span, PathId)]) -> Ordering {
    let different = one.iter().zip(other).find(|(step, other_step)| step.1 != other_step.1);
    match different {
        Some((step, other_step)) => {
            step.0.cmp(&other_step.0).then_with(|| trie.name(step.1).cmp(trie.name(other_step.1)))
        }
        None => one.len().cmp(&other.len()),
    }
}

/// Whether the clause may hold without a value: such look at what was chosen before their path.
fn has_guards(clause: &Clause) -> bool {
    clause.patterns.iter().any(|pattern| matches!(pattern, Pattern::Absent | Pattern::NoneOf(_)))
}

fn rank(clause: &Clause) -> Rank {
    (loosest(&clause.patterns), clause.patterns.len())
}

fn loosest(patterns: &[Pattern]) -> u8 {
    patterns.iter().map(looseness).max().unwrap_or(0)
}

/// How much a pattern type lets through, roughly.
fn looseness(pattern: &Pattern) -> u8 {
    match pattern {
        Pattern::Text(_) | Pattern::Number(_) | Pattern::EqualsIgnoreCase(_) => 0,
        Pattern::Cidr(_)
        | Pattern::Prefix(_)
        | Pattern::Suffix(_)
        | Pattern::PrefixIgnoreCase(_)
        | Pattern::SuffixIgnoreCase(_) => 1,
        Pattern::Literal(_) => 2,
        Pattern::NumericRange(_) => 3,
        Pattern::Wildcard(_) | Pattern::WildcardIgnoreCase(_) | Pattern::Regexp(_) => 4,
        Pattern::Exists | Pattern::Absent | Pattern::NoneOf(_) => 5,
        Pattern::AnythingBut(_) => 6,
        Pattern::AllOf(parts) => parts.iter().map(|part| loosest(part)).min().unwrap_or(0),
    }
}
