//! Finds all stored regular expressions that accept a value. The twin of `ruler/machine/regexps.py`.
//!
//! Most say some text that every accepted value contains: `user-[0-9]+\.log` a wildcard `user-*.log`. They are filed
//! under this wildcard, in an index of wildcards, and cost nothing until that accepts a value. All under one wildcard,
//! and all that say no text, stand in groups; a group has one automaton, which goes through the value once.
//!
//! ```text
//! a value ──wildcards──▶ few buckets ──▶ groups, each one pass, which ends where none can match any more
//! ```
//!
//! - `required`  the wildcard by which a regular expression is found
//! - `program`   a regular expression as instructions
//! - `classes`   characters that a group does not tell apart
//! - `states`    the automaton of a group, built as far as values lead into it
//!
//! A machine is only read, so automata are in the working memory of a search, by the number of their group; a group that
//! changes gets another number.

mod classes;
mod program;
mod required;
mod states;
#[cfg(test)]
mod tests;

use super::shrink::{shrink_list, shrink_table};
use super::slab::Slab;
use super::wildcards::{WildcardIndex, WildcardScratch};
use crate::model::RegexpStep;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use program::Program;
use required::required_pieces;
use states::GroupStates;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

/// Regular expressions of one automaton, and how large their programs may be together (one alone may be larger).
const MOST_MEMBERS: usize = 256;
const LARGEST_GROUP: usize = 4096;

type Pieces = Box<[Box<[u8]>]>;

#[derive(Default)]
pub struct RegexpIndex {
    /// The wildcards that regular expressions are filed under, by number of bucket.
    required: WildcardIndex,
    buckets: Slab<Bucket>,
    by_pieces: HashTable<u32>,
    hasher: DefaultHashBuilder,
    size: usize,
}

/// The regular expressions under one wildcard.
#[derive(Debug, Default)]
struct Bucket {
    pieces: Pieces,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    /// Differs between any two groups of any machines, and any two contents of one.
    number: u64,
    members: Vec<Member>,
    size: usize,
}

#[derive(Debug)]
struct Member {
    id: u32,
    program: Program,
}

/// What a search writes on. One may serve any number of indexes, one after the other.
#[derive(Debug, Default)]
pub struct RegexpScratch {
    buckets: Vec<u32>,
    /// By number of group.
    automata: HashMap<u64, Automaton>,
    words: usize,
}

#[derive(Debug)]
struct Automaton {
    states: GroupStates,
    /// Counted in `RegexpScratch::words`.
    words: usize,
    /// How often `shrink` was called since it was last of use.
    idle: u8,
}

/// Words of four bytes that all automata of a thread may take: 16 MiB.
const MOST_WORDS: usize = 1 << 22;
/// An automaton that is of no use for so long is dropped: perhaps its group is no more.
const LONGEST_IDLE: u8 = 100;

impl RegexpScratch {
    /// Drop what was of no use for long.
    pub fn shrink(&mut self) {
        self.automata.retain(|_, automaton| {
            automaton.idle += 1;
            automaton.idle < LONGEST_IDLE
        });
        self.words = self.automata.values().map(|automaton| automaton.words).sum();
    }

    fn find(&mut self, group: &Group, text: &[u8], found: &mut Vec<u32>) {
        if self.words > MOST_WORDS {
            self.automata.clear();
            self.words = 0;
        }
        let automaton = self.automata.entry(group.number).or_insert_with(|| {
            let programs = group.members.iter().map(|member| (&member.program, member.id));
            Automaton { states: GroupStates::new(programs), words: 0, idle: 0 }
        });
        automaton.states.find(text, found);
        automaton.idle = 0;
        self.words -= automaton.words;
        automaton.words = automaton.states.words();
        self.words += automaton.words;
    }
}

impl RegexpIndex {
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Store `id` under `steps`.
    pub fn add(&mut self, steps: &[RegexpStep], id: u32) {
        self.size += 1;
        let pieces = required_pieces(steps);
        let bucket = self.bucket_of(&pieces).unwrap_or_else(|| self.add_bucket(pieces));
        self.buckets[bucket].add(Member { id, program: Program::new(steps) });
    }

    /// Forget `id` under `steps`.
    pub fn remove(&mut self, steps: &[RegexpStep], id: u32) {
        let pieces = required_pieces(steps);
        let Some(bucket) = self.bucket_of(&pieces) else { return };
        if !self.buckets[bucket].remove(id) {
            return;
        }
        self.size -= 1;
        if self.buckets[bucket].groups.is_empty() {
            self.remove_bucket(bucket);
        }
    }

    /// Appends the ids of the regular expressions that accept all of `value`, each once, in no promised order.
    pub fn find(
        &self,
        value: &[u8],
        wildcards: &mut WildcardScratch,
        scratch: &mut RegexpScratch,
        found: &mut Vec<u32>,
    ) {
        let mut buckets = std::mem::take(&mut scratch.buckets);
        buckets.clear();
        self.required.find(value, wildcards, &mut buckets);
        for &bucket in &buckets {
            for group in &self.buckets[bucket].groups {
                scratch.find(group, value, found);
            }
        }
        scratch.buckets = buckets;
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        self.required.memory_bytes()
            + self.buckets.memory_bytes()
            + self.buckets.slots().iter().map(Bucket::memory_bytes).sum::<usize>()
            + self.by_pieces.allocation_size()
    }

    fn bucket_of(&self, pieces: &Pieces) -> Option<u32> {
        let is_it = |&bucket: &u32| self.buckets[bucket].pieces == *pieces;
        self.by_pieces.find(self.hasher.hash_one(pieces), is_it).copied()
    }

    fn add_bucket(&mut self, pieces: Pieces) -> u32 {
        let number = self.buckets.add(Bucket::default());
        self.required.add(&pieces, number);
        self.buckets[number].pieces = pieces;
        let RegexpIndex { by_pieces, buckets, hasher, .. } = self;
        let hash = |&bucket: &u32| hasher.hash_one(&buckets[bucket].pieces);
        by_pieces.insert_unique(hash(&number), number, hash);
        number
    }

    fn remove_bucket(&mut self, number: u32) {
        let RegexpIndex { by_pieces, buckets, hasher, .. } = self;
        let hash = |&bucket: &u32| hasher.hash_one(&buckets[bucket].pieces);
        if let Ok(entry) = by_pieces.find_entry(hash(&number), |&other| other == number) {
            entry.remove();
        }
        shrink_table(by_pieces, hash);
        let Bucket { pieces, .. } = self.buckets.remove(number);
        self.required.remove(&pieces, number);
    }
}

impl Bucket {
    fn add(&mut self, member: Member) {
        let size = member.program.size();
        match self.groups.last_mut().filter(|group| group.has_room_for(size)) {
            Some(group) => group.add(member),
            None => self.groups.push(Group::of(member)),
        }
    }

    /// False when there is no such member.
    fn remove(&mut self, id: u32) -> bool {
        let place = self.groups.iter().position(|group| group.members.iter().any(|member| member.id == id));
        let Some(place) = place else { return false };
        self.groups[place].remove(id);
        if self.groups[place].members.is_empty() {
            self.groups.remove(place);
            shrink_list(&mut self.groups);
        } else if place + 1 < self.groups.len() {
            // The last one fills the gap, so that there are not ever more groups of ever fewer members.
            let last = self.groups.len() - 1;
            let size = self.groups[last].members.last().map_or(usize::MAX, |member| member.program.size());
            if self.groups[place].has_room_for(size) {
                if let Some(member) = self.groups[last].pop() {
                    self.groups[place].add(member);
                }
                self.groups.truncate(last + usize::from(!self.groups[last].members.is_empty()));
            }
        }
        true
    }

    fn memory_bytes(&self) -> usize {
        let pieces: usize = self.pieces.iter().map(|piece| size_of_val(piece) + piece.len()).sum();
        let groups: usize = self.groups.iter().map(Group::memory_bytes).sum();
        pieces + self.groups.capacity() * size_of::<Group>() + groups
    }
}

impl Group {
    fn of(member: Member) -> Group {
        Group { number: next_number(), size: member.program.size(), members: vec![member] }
    }

    fn has_room_for(&self, size: usize) -> bool {
        self.members.len() < MOST_MEMBERS && self.size.saturating_add(size) <= LARGEST_GROUP
    }

    fn add(&mut self, member: Member) {
        self.number = next_number();
        self.size += member.program.size();
        self.members.push(member);
    }

    fn pop(&mut self) -> Option<Member> {
        let member = self.members.pop()?;
        self.number = next_number();
        self.size -= member.program.size();
        Some(member)
    }

    fn remove(&mut self, id: u32) {
        let Some(place) = self.members.iter().position(|member| member.id == id) else { return };
        self.number = next_number();
        self.size -= self.members.remove(place).program.size();
        shrink_list(&mut self.members);
    }

    fn memory_bytes(&self) -> usize {
        let programs: usize = self.members.iter().map(|member| member.program.memory_bytes()).sum();
        self.members.capacity() * size_of::<Member>() + programs
    }
}

fn next_number() -> u64 {
    static GROUPS: AtomicU64 = AtomicU64::new(1);
    GROUPS.fetch_add(1, Ordering::Relaxed)
}
