//! Regular expressions as instructions: what an automaton stands at.
//!
//! In: steps in postfix order (`model.rs`). Out: instructions, with repetitions written out.
//!
//! ```text
//! (ab)*    0: to 1 or 4    1: reads a    2: reads b    3: to 1 or 4    4: accepts
//! ```
//!
//! Instructions read characters, not bytes: a class such as `\p{L}` is one instruction, where written out over bytes it
//! would be some hundred.

use crate::model::RegexpStep;

/// First and last code points of the ranges of a set of characters, ascending and apart.
pub type Ranges = Box<[(u32, u32)]>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Read a character of this set, and go on to the next instruction.
    Read(u32),
    /// Go on at one of two places.
    Fork(u32, u32),
    Accept,
}

#[derive(Debug)]
pub struct Program {
    /// The last one accepts.
    pub instructions: Box<[Instruction]>,
    pub sets: Box<[Ranges]>,
}

/// More than this no regular expression has that the compiler lets through (`MOST_STATES` in `iregexp.py`).
const MOST_INSTRUCTIONS: usize = 1 << 14;

/// A part that is not placed yet.
#[derive(Clone, Copy)]
enum Relative {
    Read(u32),
    /// To a place so far ahead or back, or to another.
    Fork(i32, i32),
}

struct Part {
    code: Vec<Relative>,
    /// Whether it accepts the empty text.
    is_nullable: bool,
    /// Whether it accepts what it accepts several times over: repeating it once more adds nothing.
    is_closed: bool,
}

impl Program {
    /// The program of `steps`; one that accepts nothing when they are no regular expression, or one beyond all budgets.
    pub fn new(steps: &[RegexpStep]) -> Program {
        let mut sets = Vec::new();
        let parts = written_out(steps, &mut sets).unwrap_or_else(|| {
            sets = vec![Ranges::default()];
            vec![Relative::Read(0)]
        });
        let place = |at: usize, far: i32| (at as i32 + far) as u32;
        let mut instructions: Vec<Instruction> = parts
            .iter()
            .enumerate()
            .map(|(at, part)| match *part {
                Relative::Read(set) => Instruction::Read(set),
                Relative::Fork(one, other) => Instruction::Fork(place(at, one), place(at, other)),
            })
            .collect();
        instructions.push(Instruction::Accept);
        Program { instructions: instructions.into(), sets: sets.into() }
    }

    /// How much it is for an automaton: sets are mostly shared, so their ranges count little.
    pub fn size(&self) -> usize {
        self.instructions.len() + self.sets.iter().map(|set| set.len()).sum::<usize>() / 32
    }

    pub fn memory_bytes(&self) -> usize {
        let sets: usize = self.sets.iter().map(|set| size_of_val(set) + size_of_val(&**set)).sum();
        size_of_val(&*self.instructions) + sets
    }
}

fn written_out(steps: &[RegexpStep], sets: &mut Vec<Ranges>) -> Option<Vec<Relative>> {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps {
        let part = match step {
            RegexpStep::Characters(ranges) => Part::of(vec![Relative::Read(number_of_set(ranges, sets)?)]),
            RegexpStep::Sequence(count) => Part::in_sequence(taken(&mut parts, *count)?),
            RegexpStep::Union(count) => Part::any_of(taken(&mut parts, *count)?)?,
            RegexpStep::Repeat { low, high } => parts.pop()?.repeated(*low, *high)?,
        };
        if part.code.len() > MOST_INSTRUCTIONS {
            return None;
        }
        parts.push(part);
    }
    let part = parts.pop()?;
    parts.is_empty().then_some(part.code)
}

fn number_of_set(ranges: &str, sets: &mut Vec<Ranges>) -> Option<u32> {
    let ends: Vec<u32> = ranges.chars().map(u32::from).collect();
    let (pairs, []) = ends.as_chunks::<2>() else { return None };
    let set: Ranges = pairs.iter().map(|&[first, last]| (first, last)).collect();
    let number = sets.iter().position(|known| *known == set).unwrap_or_else(|| {
        sets.push(set);
        sets.len() - 1
    });
    u32::try_from(number).ok()
}

fn taken(parts: &mut Vec<Part>, count: u32) -> Option<Vec<Part>> {
    let first = parts.len().checked_sub(count as usize)?;
    Some(parts.split_off(first))
}

impl Part {
    fn of(code: Vec<Relative>) -> Part {
        Part { code, is_nullable: false, is_closed: false }
    }

    fn in_sequence(parts: Vec<Part>) -> Part {
        let is_nullable = parts.iter().all(|part| part.is_nullable);
        let is_closed = parts.is_empty();
        Part { code: parts.into_iter().flat_map(|part| part.code).collect(), is_nullable, is_closed }
    }

    fn any_of(mut parts: Vec<Part>) -> Option<Part> {
        let is_nullable = parts.iter().any(|part| part.is_nullable);
        let mut joined = parts.pop()?.code;
        while let Some(Part { mut code, .. }) = parts.pop() {
            let (length, after) = (code.len() as i32, joined.len() as i32);
            code.insert(0, Relative::Fork(1, length + 2));
            code.push(Relative::Fork(after + 1, after + 1));
            code.append(&mut joined);
            joined = code;
            if joined.len() > MOST_INSTRUCTIONS {
                return None;
            }
        }
        Some(Part { is_nullable, ..Part::of(joined) })
    }

    /// What repeats nothing new leaves no instruction: else `(((a)?)?)?` in a large repetition would be many for one
    /// character.
    fn repeated(self, low: u32, high: Option<u32>) -> Option<Part> {
        let low = if self.is_nullable { 0 } else { low };
        match high {
            Some(1) if self.is_nullable => return Some(self),
            None if self.is_closed && low == 1 => return Some(self),
            None if self.is_closed && self.is_nullable => return Some(self),
            None if self.is_closed && low == 0 => return Some(self.optional()),
            _ => {}
        }
        let times = high.unwrap_or(low).max(low).max(1) as usize;
        if times.checked_mul(self.code.len() + 1)? > MOST_INSTRUCTIONS {
            return None;
        }
        let length = self.code.len() as i32;
        let mut code = Vec::new();
        match high {
            None => {
                (1..low).for_each(|_| code.extend(&self.code));
                code.extend(&self.code);
                code.push(Relative::Fork(-length, 1));
                let looped = Part { code, is_nullable: false, is_closed: low < 2 };
                return Some(if low == 0 { looped.optional() } else { looped });
            }
            Some(high) => {
                (0..low).for_each(|_| code.extend(&self.code));
                for left in (1..=high.checked_sub(low)?).rev() {
                    code.push(Relative::Fork(1, left as i32 * (length + 1)));
                    code.extend(&self.code);
                }
            }
        }
        Some(Part { is_nullable: low == 0, ..Part::of(code) })
    }

    fn optional(mut self) -> Part {
        self.code.insert(0, Relative::Fork(1, self.code.len() as i32 + 1));
        self.is_nullable = true;
        self
    }
}
