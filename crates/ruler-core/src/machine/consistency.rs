//! Judges one sub-rule by trying: the definition of array consistency. The twin of `consistency.py`, which says when.

use super::trail_views::TrailViews;
use super::{Machine, TooManyCombinations};
use hashbrown::HashSet;

/// Elements by their arrays, ascending by array.
type Chosen = Vec<(u32, u32)>;

/// A clause with the places where it can be satisfied and where its path has values.
struct Candidate {
    holds_when_absent: bool,
    lines: Vec<Chosen>,
    value_lines: Vec<Chosen>,
    step_count: i64,
}

impl Candidate {
    fn new(machine: &Machine, clause: u32, views: &mut TrailViews<'_>) -> Candidate {
        let node = &machine.clauses[clause];
        let fields = views.fields_of(node.path);
        let element = |field: u32| views.fields[field as usize].element;
        let accepting = fields.clone().filter(|&field| machine.accepts(clause, views.view(field)));
        let lines = distinct_lines(views, accepting.map(element).collect());
        let holds_when_absent = node.holds_when_absent;
        let value_lines =
            if holds_when_absent { distinct_lines(views, fields.map(element).collect()) } else { Vec::new() };
        // Comparing a trail takes a step for each of its elements.
        let step_count = 1 + lines.iter().chain(&value_lines).map(|line| 1 + line.len() as i64).sum::<i64>();
        Candidate { holds_when_absent, lines, value_lines, step_count }
    }
}

impl Candidate {
    /// What is chosen after this clause where `chosen` was before it, of the arrays that still matter.
    fn choices(&self, chosen: &Chosen, arrays_after: &[u32]) -> Vec<Chosen> {
        let nothing = Chosen::new();
        let mut lines: Vec<&Chosen> = self.lines.iter().filter(|line| is_consistent(line, chosen)).collect();
        if self.holds_when_absent && !self.value_lines.iter().any(|line| is_consistent(line, chosen)) {
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
    let mut attempts: HashSet<Chosen> = HashSet::from([Chosen::new()]);
    for (candidate, arrays_after) in candidates.iter().zip(&arrays_after[1..]) {
        if !views.take_steps(candidate.step_count * attempts.len() as i64) {
            return Err(TooManyCombinations);
        }
        attempts = attempts.iter().flat_map(|chosen| candidate.choices(chosen, arrays_after)).collect();
    }
    Ok(!attempts.is_empty())
}

/// The distinct trails, each as its elements.
fn distinct_lines(views: &TrailViews<'_>, mut trails: Vec<u32>) -> Vec<Chosen> {
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
        let lines = candidate.lines.iter().chain(&candidate.value_lines).flatten();
        let mut arrays: Vec<u32> = lines.map(|&(array, _)| array).collect();
        arrays.extend(after.last().into_iter().flatten());
        arrays.sort_unstable();
        arrays.dedup();
        after.push(arrays);
    }
    after.reverse();
    after
}
