//! The order in which a sub-rule's clauses are judged. The twin of the second half of `name_state.py`, which says why.

use super::path_trie::{PathId, PathTrie};
use crate::model::{Clause, Pattern};
use std::cmp::Ordering;

/// Looseness of the pattern types, number of patterns; lower comes first.
type Rank = (u8, usize);

/// The places of `clauses` in the order in which a walk judges them; `paths` are theirs.
pub fn canonical_order(trie: &PathTrie, clauses: &[Clause], paths: &[PathId]) -> Vec<usize> {
    let ranks: Vec<Rank> = clauses.iter().map(rank).collect();
    let mut best: Vec<(PathId, Rank)> =
        paths.iter().zip(&ranks).flat_map(|(&path, &rank)| trie.line(path).map(move |node| (node, rank))).collect();
    best.sort_unstable();
    best.dedup_by_key(|(node, _)| *node); // the lowest rank of each node stands first
    let best_at = |node: PathId| best[best.partition_point(|(other, _)| *other < node)].1;
    let lines: Vec<Vec<(Rank, PathId)>> = paths
        .iter()
        .map(|&path| {
            let mut line: Vec<_> = trie.line(path).map(|node| (best_at(node), node)).collect();
            line.reverse();
            line
        })
        .collect();
    let mut order: Vec<usize> = (0..clauses.len()).collect();
    order.sort_by(|&one, &other| {
        compare(trie, &lines[one], &lines[other])
            .then_with(|| ranks[one].cmp(&ranks[other]))
            .then_with(|| clauses[one].cmp(&clauses[other]))
    });
    order
}

fn compare(trie: &PathTrie, one: &[(Rank, PathId)], other: &[(Rank, PathId)]) -> Ordering {
    let different = one.iter().zip(other).find(|(step, other_step)| step.1 != other_step.1);
    match different {
        Some((step, other_step)) => {
            step.0.cmp(&other_step.0).then_with(|| trie.name(step.1).cmp(trie.name(other_step.1)))
        }
        None => one.len().cmp(&other.len()),
    }
}

fn rank(clause: &Clause) -> Rank {
    (clause.patterns.iter().map(looseness).max().unwrap_or(0), clause.patterns.len())
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
        Pattern::Wildcard(_) => 4,
        Pattern::Exists | Pattern::Absent => 5,
        Pattern::AnythingBut(_) => 6,
    }
}
