//! Classes of characters that a group of regular expressions does not tell apart.
//!
//! ```text
//! [a-z] and [0-9a-f]    ──▶    0: the rest    1: 0-9    2: a-f    3: g-z
//! ```
//!
//! A state has one step for each class, so that a step is one look into a table, whatever character it is for.

use super::program::Ranges;
use hashbrown::HashMap;

#[derive(Debug)]
pub struct Classes {
    ascii: [u32; 128],
    /// Where other runs of characters of one class begin, ascending; the first at 128.
    starts: Box<[u32]>,
    of_runs: Box<[u32]>,
    count: usize,
    /// By set: the classes in it, a bit each.
    members: Box<[u64]>,
    words: usize, // a set
}

const LAST: u32 = char::MAX as u32;

impl Classes {
    pub fn new(sets: &[&Ranges]) -> Classes {
        let ends = sets.iter().flat_map(|set| set.iter().flat_map(|&(first, last)| [first, last.saturating_add(1)]));
        let mut starts: Vec<u32> = ends.chain([0, 128]).filter(|&start| start <= LAST).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut of_runs = vec![0u32; starts.len()];
        let mut count = 1;
        for set in sets {
            // Each class of which the set has a part becomes two.
            let mut parts: HashMap<u32, u32> = HashMap::new();
            for run in runs_of(set, &starts) {
                let class = parts.entry(of_runs[run]).or_insert_with(|| {
                    count += 1;
                    count - 1
                });
                of_runs[run] = *class;
            }
        }
        let count = renumbered(&mut of_runs);
        let words = count.div_ceil(64);
        let mut members = vec![0; words * sets.len()];
        for (number, set) in sets.iter().enumerate() {
            for run in runs_of(set, &starts) {
                let class = of_runs[run] as usize;
                members[number * words + class / 64] |= 1 << (class % 64);
            }
        }
        let mut ascii = [0; 128];
        for (byte, class) in ascii.iter_mut().enumerate() {
            *class = of_runs[starts.partition_point(|&start| start <= byte as u32) - 1];
        }
        let others = starts.partition_point(|&start| start < 128);
        let (starts, of_runs) = (starts[others..].into(), of_runs[others..].into());
        Classes { ascii, starts, of_runs, count, members: members.into(), words }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub fn has(&self, set: u32, class: usize) -> bool {
        self.members[set as usize * self.words + class / 64] >> (class % 64) & 1 != 0
    }

    /// The class of the character that `text` begins with, and the character's length.
    #[inline]
    pub fn first(&self, text: &[u8]) -> Option<(usize, usize)> {
        let &byte = text.first()?;
        if byte < 128 {
            return Some((self.ascii[usize::from(byte)] as usize, 1));
        }
        Some(self.first_of_others(text))
    }

    fn first_of_others(&self, text: &[u8]) -> (usize, usize) {
        let (character, length) = decode(text);
        let run = self.starts.partition_point(|&start| start <= character).saturating_sub(1);
        (self.of_runs[run] as usize, length)
    }

    pub fn memory_words(&self) -> usize {
        self.starts.len() * 2 + self.members.len() * 2
    }
}

/// The places in `starts` of the runs that lie in `set`, of whose ranges each is some runs.
fn runs_of<'a>(set: &'a Ranges, starts: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
    set.iter().flat_map(move |&(first, last)| {
        starts.partition_point(|&start| start < first)..starts.partition_point(|&start| start <= last)
    })
}

/// Number the classes that are in use from 0 on, in order of appearance. Returns how many there are.
fn renumbered(of_runs: &mut [u32]) -> usize {
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    for class in of_runs {
        let next = numbers.len() as u32;
        *class = *numbers.entry(*class).or_insert(next);
    }
    numbers.len()
}

/// The character that `text` begins with, which is not ASCII, and its length; bytes that are no UTF-8 are one of no
/// meaning each.
fn decode(text: &[u8]) -> (u32, usize) {
    let low = |byte: u8| u32::from(byte & 0x3F);
    match *text {
        [first @ 0xC0..=0xDF, second, ..] => (u32::from(first & 0x1F) << 6 | low(second), 2),
        [first @ 0xE0..=0xEF, second, third, ..] => (u32::from(first & 0xF) << 12 | low(second) << 6 | low(third), 3),
        [first @ 0xF0..=0xF7, second, third, fourth, ..] => {
            (u32::from(first & 7) << 18 | low(second) << 12 | low(third) << 6 | low(fourth), 4)
        }
        _ => (128, 1),
    }
}
