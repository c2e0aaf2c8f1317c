//! Judges one sub-rule by trying: the definition of array consistency. The twin of `consistency.py`, which says when.

use super::path_trie::PathId;
use super::trail_views::TrailViews;
use super::{Machine, TooManyCombinations};
use hashbrown::HashSet;

/// Elements by their arrays, ascending by array.
type Chosen = Vec<(u32, u32)>;

/// A clause with the places where it can be satisfied, and where the values are that keep it from holding without one.
struct Candidate {
    path: PathId,
    lines: Vec<Chosen>,
    /// Of the values that a guard accepts, one list a guard; of all values, for `exists: false`.
    guard_lines: Vec<Vec<Chosen>>,
    step_count: i64,
}

impl Candidate {
    fn new(machine: &Machine, clause: u32, views: &mut TrailViews<'_>) -> Candidate {
        let node = &machine.clauses[clause];
        let fields = views.fields_of(node.path);
        let accepting = fields.clone().filter(|&field| machine.accepts(clause, &views.view(field))).collect();
        let lines = distinct_lines(views, accepting);
        let mut guard_lines = Vec::new();
        if machine.has_absent(node) {
            guard_lines.push(distinct_lines(views, fields.collect()));
        }
        for &guard in machine.guards_of(node) {
            let offending = views.offending(guard);
            guard_lines.push(distinct_lines(views, offending));
        }
        // Comparing a trail takes a step for each of its elements.
        let all_lines = lines.iter().chain(guard_lines.iter().flatten());
        let step_count = 1 + all_lines.map(|line| 1 + line.len() as i64).sum::<i64>();
        Candidate { path: node.path, lines, guard_lines, step_count }
    }

    /// What is chosen after this clause where `chosen` was before it and `before` before its path, of the arrays that
    /// still matter.
    fn choices(&self, before: &Chosen, chosen: &Chosen, arrays_after: &[u32]) -> Vec<Chosen> {
        let nothing = Chosen::new();
        let mut lines: Vec<&Chosen> = self.lines.iter().filter(|line| is_consistent(line, chosen)).collect();
        let holds = |lines: &Vec<Chosen>| !lines.iter().any(|line| is_consistent(line, before));
        if self.guard_lines.iter().any(holds) {
            lines.push(&nothing);
        }
        let kept = |line: &Chosen| {
            let mut kept: Chosen = chosen.iter().chain(line).copied().collect();
            kept.retain(|(array, _)| arrays_after.binary_search(array).is_ok());
            kept.sort_unstable();
            kept.dedup();
            kept
        };
        lines.into_iter().map(kept).collect()
    }
}

/// Whether values can be chosen that satisfy all `clauses`, which ascend by path, at consistent places.
pub fn sub_rule_holds(
    machine: &Machine,
    clauses: &[u32],
    views: &mut TrailViews<'_>,
) -> Result<bool, TooManyCombinations> {
    let candidates: Vec<Candidate> = clauses.iter().map(|&clause| Candidate::new(machine, clause, views)).collect();
    let arrays_after = arrays_after(&candidates);
    let mut arrays_after = arrays_after[1..].iter();
    let mut attempts: HashSet<Chosen> = HashSet::from([Chosen::new()]);
    for of_path in candidates.chunk_by(|one, other| one.path == other.path) {
        // What was chosen before the path is kept only where a guard may have to look past what was chosen on it.
        let looks_back = of_path.len() > 1 && of_path.iter().any(|candidate| !candidate.guard_lines.is_empty());
        let with_before = |chosen: Chosen| (looks_back.then(|| chosen.clone()), chosen);
        let mut pairs: HashSet<(Option<Chosen>, Chosen)> = attempts.into_iter().map(with_before).collect();
        for (candidate, arrays) in of_path.iter().zip(arrays_after.by_ref()) {
            if !views.take_steps(candidate.step_count * pairs.len() as i64) {
                return Err(TooManyCombinations);
            }
            let choices = |(before, chosen): &(Option<Chosen>, Chosen)| {
                let choices = candidate.choices(before.as_ref().unwrap_or(chosen), chosen, arrays);
                choices.into_iter().map(|chosen| (before.clone(), chosen)).collect::<Vec<_>>()
            };
            pairs = pairs.iter().flat_map(choices).collect();
        }
        attempts = pairs.into_iter().map(|(_, chosen)| chosen).collect();
    }
    Ok(!attempts.is_empty())
}

/// The distinct trails of some fields, each as its elements.
fn distinct_lines(views: &TrailViews<'_>, fields: Vec<u32>) -> Vec<Chosen> {
    let mut trails: Vec<u32> = fields.into_iter().map(|field| views.fields[field as usize].element).collect();
    trails.sort_unstable();
    trails.dedup();
    let line = |trail: u32| {
        let mut line: Chosen =
            views.line(trail).map(|element| (views.elements[element as usize].array, element)).collect();
        line.sort_unstable();
        line
    };
    trails.into_iter().map(line).collect()
}

fn is_consistent(line: &Chosen, chosen: &Chosen) -> bool {
    line.iter().all(|&(array, element)| match chosen.binary_search_by_key(&array, |&(array, _)| array) {
        Ok(place) => chosen[place].1 == element,
        Err(_) => true,
    })
}

/// For each clause, the arrays that it or a later clause can still clash in, ascending.
fn arrays_after(candidates: &[Candidate]) -> Vec<Vec<u32>> {
    let mut after: Vec<Vec<u32>> = vec![Vec::new()];
    for candidate in candidates.iter().rev() {
        let lines = candidate.lines.iter().chain(candidate.guard_lines.iter().flatten()).flatten();
        let mut arrays: Vec<u32> = lines.map(|&(array, _)| array).collect();
        arrays.extend(after.last().into_iter().flatten());
        arrays.sort_unstable();
        arrays.dedup();
        after.push(arrays);
    }
    after.reverse();
    after
}
