//! The automaton of a group of regular expressions, built as far as values lead into it.
//!
//! A state is a set of instructions (`program.rs`) where a match can stand; a step for a class of characters is found
//! once and remembered in a table. What is remembered is bounded: then all of it is dropped and begun anew. Where that
//! happens too often, as it does where nearly every character leads to a state that was never met, sets are gone through
//! without remembering any. Either way a character costs at most the size of the group's programs.

use super::classes::Classes;
use super::program::{Instruction, Program, Ranges};
use hashbrown::{HashMap, HashTable};

/// States and steps of a group that are kept, in words of four bytes.
const MOST_WORDS: usize = if cfg!(test) { 1 << 8 } else { 1 << 18 };
const MOST_STATES: usize = 10_000;

/// Each state that is made should be of use so often before all are dropped.
const STEPS_A_STATE: u64 = 10;
/// Else so many characters go without states, before it is tried again.
const PLAIN_STEPS: u64 = if cfg!(test) { 50 } else { 1 << 16 };

const UNKNOWN: u32 = u32::MAX;
/// From here no text is accepted any more.
const DEAD: u32 = u32::MAX - 1;

#[derive(Debug)]
pub struct GroupStates {
    instructions: Vec<Instruction>,
    /// By instruction that accepts: whose it is.
    ids: HashMap<u32, u32>,
    classes: Classes,
    begin: Box<[u32]>,
    states: States,
    /// Characters read since the states were dropped last.
    steps: u64,
    /// Characters that are still to be read without states.
    plain_steps: u64,
    set: SetMaker,
    now: Vec<u32>,
    /// What all of this took, for tests of what a search costs.
    pub work: u64,
}

/// States by number: the instructions of each, and its step for each class.
#[derive(Debug, Default)]
struct States {
    instructions: Vec<u32>,
    /// By state: where its instructions end in the list.
    ends: Vec<u32>,
    /// By state and class.
    steps: Vec<u32>,
    by_instructions: HashTable<u32>,
}

/// Working memory to make sets of instructions.
#[derive(Debug, Default)]
struct SetMaker {
    made: Vec<u32>,
    todo: Vec<u32>,
    /// By instruction: the last set it was met for.
    met: Vec<u32>,
    number: u32,
}

impl GroupStates {
    /// For programs with their ids.
    pub fn new<'a>(programs: impl Iterator<Item = (&'a Program, u32)>) -> GroupStates {
        let mut instructions = Vec::new();
        let mut ids = HashMap::new();
        let mut sets: Vec<&Ranges> = Vec::new();
        let mut numbers: HashMap<&Ranges, u32> = HashMap::new();
        let mut begins = Vec::new();
        for (program, id) in programs {
            let first = instructions.len() as u32;
            begins.push(first);
            let of_set = |set: &'a Ranges| {
                *numbers.entry(set).or_insert_with(|| {
                    sets.push(set);
                    sets.len() as u32 - 1
                })
            };
            let of_sets: Vec<u32> = program.sets.iter().map(of_set).collect();
            instructions.extend(program.instructions.iter().map(|instruction| match *instruction {
                Instruction::Read(set) => Instruction::Read(of_sets[set as usize]),
                Instruction::Fork(one, other) => Instruction::Fork(first + one, first + other),
                Instruction::Accept => Instruction::Accept,
            }));
            ids.insert(instructions.len() as u32 - 1, id);
        }
        let classes = Classes::new(&sets);
        let mut set = SetMaker { met: vec![0; instructions.len()], ..SetMaker::default() };
        set.begin();
        begins.into_iter().for_each(|begin| set.add(begin, &instructions));
        let begin = set.finish().into();
        GroupStates {
            instructions,
            ids,
            classes,
            begin,
            states: States::default(),
            steps: 0,
            plain_steps: 0,
            set,
            now: Vec::new(),
            work: 0,
        }
    }

    /// Append the ids of the programs that accept all of `text`.
    pub fn find(&mut self, text: &[u8], found: &mut Vec<u32>) {
        let mut at = 0;
        if self.plain_steps == 0 {
            match self.find_by_states(text, &mut at) {
                Some(DEAD) => return,
                Some(state) => {
                    let accepting = self.states.instructions_of(state).iter();
                    found.extend(accepting.filter_map(|instruction| self.ids.get(instruction)));
                    return;
                }
                None => {} // the rest goes without states
            }
        } else {
            self.now.clear();
            self.now.extend_from_slice(&self.begin);
        }
        self.find_plainly(&text[at..]);
        found.extend(self.now.iter().filter_map(|instruction| self.ids.get(instruction)));
    }

    /// The state behind `text`. None where states were made in vain: then it was read up to `at`, to the set in `now`.
    fn find_by_states(&mut self, text: &[u8], at: &mut usize) -> Option<u32> {
        if self.states.is_empty() {
            self.states.number_of(&self.begin, self.classes.count());
        }
        let count = self.classes.count();
        let mut state = 0;
        while let Some((class, length)) = self.classes.first(&text[*at..]) {
            self.steps += 1;
            *at += length;
            let known = self.states.steps[state as usize * count + class];
            if known < DEAD {
                state = known;
                continue;
            }
            if known == DEAD {
                return Some(DEAD);
            }
            self.now.clear();
            self.now.extend_from_slice(self.states.instructions_of(state));
            self.step(class);
            if self.now.is_empty() {
                self.states.steps[state as usize * count + class] = DEAD;
                return Some(DEAD);
            }
            if self.states.are_many() {
                let were_useful = self.steps >= STEPS_A_STATE * self.states.ends.len() as u64;
                self.drop_states();
                if !were_useful {
                    self.plain_steps = PLAIN_STEPS;
                    return None;
                }
                self.states.number_of(&self.begin, count);
                state = self.states.number_of(&self.now, count);
            } else {
                let next = self.states.number_of(&self.now, count);
                self.states.steps[state as usize * count + class] = next;
                state = next;
            }
        }
        Some(state)
    }

    /// Go on from the set in `now`.
    fn find_plainly(&mut self, text: &[u8]) {
        let mut at = 0;
        while let Some((class, length)) = self.classes.first(&text[at..]) {
            at += length;
            self.plain_steps = self.plain_steps.saturating_sub(1);
            self.step(class);
            if self.now.is_empty() {
                return;
            }
        }
    }

    /// Go on with a character of `class` from each instruction in `now`.
    fn step(&mut self, class: usize) {
        self.set.begin();
        for &from in &self.now {
            if let Instruction::Read(set) = self.instructions[from as usize] {
                if self.classes.has(set, class) {
                    self.set.add(from + 1, &self.instructions);
                }
            }
        }
        self.work += self.now.len() as u64 + 1;
        self.set.finish();
        std::mem::swap(&mut self.now, &mut self.set.made);
    }

    fn drop_states(&mut self) {
        self.states = States::default();
        self.steps = 0;
    }

    /// Words of four bytes held, roughly.
    pub fn words(&self) -> usize {
        self.instructions.len() * 5 + self.classes.memory_words() + self.states.words()
    }
}

impl States {
    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn words(&self) -> usize {
        self.instructions.len() + self.steps.len() + self.ends.len() * 3
    }

    fn are_many(&self) -> bool {
        self.words() > MOST_WORDS || self.ends.len() >= MOST_STATES
    }

    fn instructions_of(&self, state: u32) -> &[u32] {
        of_state(&self.instructions, &self.ends, state)
    }

    /// The number of the state of these instructions, which ascend; made where there is none.
    fn number_of(&mut self, wanted: &[u32], class_count: usize) -> u32 {
        let States { instructions, ends, steps, by_instructions } = self;
        let hash = hash_of(wanted);
        let known = by_instructions.find(hash, |&state| of_state(instructions, ends, state) == wanted);
        if let Some(&known) = known {
            return known;
        }
        let state = ends.len() as u32;
        instructions.extend_from_slice(wanted);
        ends.push(instructions.len() as u32);
        steps.resize(steps.len() + class_count, UNKNOWN);
        by_instructions.insert_unique(hash, state, |&state| hash_of(of_state(instructions, ends, state)));
        state
    }
}

fn of_state<'a>(instructions: &'a [u32], ends: &[u32], state: u32) -> &'a [u32] {
    let state = state as usize;
    let start = if state == 0 { 0 } else { ends[state - 1] };
    &instructions[start as usize..ends[state] as usize]
}

fn hash_of(instructions: &[u32]) -> u64 {
    let mix = |hash: u64, &at: &u32| (hash.rotate_left(5) ^ u64::from(at)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let hash = instructions.iter().fold(0, mix);
    hash ^ hash >> 32
}

impl SetMaker {
    fn begin(&mut self) {
        self.made.clear();
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.met.fill(0);
            self.number = 1;
        }
    }

    /// Add where a match can stand without reading on from `start`.
    fn add(&mut self, start: u32, instructions: &[Instruction]) {
        self.todo.push(start);
        while let Some(at) = self.todo.pop() {
            if std::mem::replace(&mut self.met[at as usize], self.number) == self.number {
                continue;
            }
            match instructions[at as usize] {
                Instruction::Fork(one, other) => self.todo.extend([one, other]),
                Instruction::Read(_) | Instruction::Accept => self.made.push(at),
            }
        }
    }

    fn finish(&mut self) -> &[u32] {
        self.made.sort_unstable();
        &self.made
    }
}
