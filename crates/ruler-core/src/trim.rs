//! Tells when large changes have left so much memory free that it is worth giving back to the system.
//!
//! In: how many rules a change has brought, and how many there are. Out: whether the time has come.
//! Freeing is not enough: the C library keeps most of what is freed, and asking it for that goes through all of the heap,
//! which may hold much that is not ours. So this is for many rules only, and seldom.
//! Always: between two times at least `MANY_RULES` rules have come or gone, and a quarter of those there are, so that
//! on average a rule pays a constant for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Adding so many takes at least ten times as long as going through the heap that they leave.
const MANY_RULES: usize = 10_000;

/// Knows when enough has come free.
#[derive(Default)]
pub struct Trim(Mutex<Marks>);

#[derive(Default)]
struct Marks {
    /// The most rules there were since the last time.
    most: usize,
    /// The most rules there were since there were none: the last few can keep much from being freed.
    most_since_none: usize,
    is_due: bool,
}

impl Trim {
    /// Note a change that brought `new_count` rules at once and left `count`.
    pub fn note(&self, new_count: usize, count: usize) {
        let mut marks = self.marks();
        let had = marks.most_since_none;
        marks.most = marks.most.max(count);
        marks.most_since_none = if count == 0 { 0 } else { had.max(count) };
        marks.is_due |= new_count >= MANY_RULES && new_count >= count / 4
            || marks.most >= MANY_RULES && count <= marks.most / 4
            || had >= MANY_RULES && count == 0;
        if marks.is_due {
            marks.most = count;
        }
    }

    /// Whether there is memory to give back. Says so once.
    pub fn take_due(&self) -> bool {
        std::mem::take(&mut self.marks().is_due)
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // nothing can panic half-way through a change of marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(changes: impl IntoIterator<Item = (usize, usize)>) -> Vec<usize> {
        let trim = Trim::default();
        let noted = changes.into_iter().filter(|&(new_count, count)| {
            trim.note(new_count, count);
            trim.take_due()
        });
        noted.map(|(_, count)| count).collect()
    }

    #[test]
    fn many_rules_at_once_are_due_when_they_are_many_of_all() {
        assert_eq!(dues([(9_999, 9_999), (10_000, 19_999), (10_000, 40_000), (10_000, 50_000)]), [19_999, 40_000]);
    }

    #[test]
    fn removing_one_by_one_is_due_at_each_quarter_and_at_the_end() {
        assert_eq!(dues((0..=100_000).map(|gone| (0, 100_000 - gone))), [25_000, 6_250, 0]);
    }

    #[test]
    fn few_rules_that_come_and_go_are_never_due() {
        let turn = (0..=9_000).map(|count| (1, count)).chain((0..9_000).map(|gone| (0, 8_999 - gone)));
        assert!(dues(turn.clone().chain(turn)).is_empty());
    }
}
