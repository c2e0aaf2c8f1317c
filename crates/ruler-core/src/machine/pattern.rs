//! Interned patterns: one node for each distinct pattern of a path, however many rules use it.
//!
//! A million rules are mostly a million short exact texts, so a node is half a cache line: a text of up to 21 bytes
//! lies in it, and what most patterns have one of (a clause with just this pattern) is one number.
//! Always: a node has a clause or an excluder.

use super::id_set::IdSet;
use super::slab::{ID_LIMIT, NONE};
use crate::model::{Cidr, NumericRange, Pattern, RegexpStep};
use crate::number::Number;
use hashbrown::DefaultHashBuilder;
use std::hash::{BuildHasher, Hasher};

/// The pattern types that are one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    Exact,
    Prefix,
    Suffix,
    EqualsIgnoreCase,
    PrefixIgnoreCase,
    SuffixIgnoreCase,
}

const SHORT: usize = 21;

/// What a pattern is, as it is kept.
#[derive(Default)]
pub enum Stored {
    #[default]
    Exists,
    Short {
        kind: TextKind,
        length: u8,
        bytes: [u8; SHORT],
    },
    Long {
        kind: TextKind,
        text: Box<[u8]>,
    },
    Number(Number),
    Literal(Option<bool>),
    NumericRange(Box<NumericRange>),
    Cidr(Box<Cidr>),
    Wildcard(Box<[Box<[u8]>]>),
    WildcardIgnoreCase(Box<[Box<[u8]>]>),
    Regexp(Box<[RegexpStep]>),
    /// The ids of what is excluded, ascending.
    AnythingBut(Box<[u32]>),
    Split(Box<Split>),
    /// The inner clauses that are its parts, ascending.
    AllOf(Box<[u32]>),
}

/// An anything-but that excludes ranges. To list what a number blocks would cost a step for each rule that does not
/// match, so numbers are judged by what is left of them, and other values as by any anything-but.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Split {
    /// The ids of what is excluded and accepts other values than numbers, ascending.
    pub others: Box<[u32]>,
    /// What is excluded of the numbers: numbers and ranges.
    pub numbers: Box<[Pattern]>,
    /// What is left of them: ascending, disjoint.
    pub left: Box<[NumericRange]>,
    /// The ids of what is left.
    pub left_ids: Box<[u32]>,
}

impl Split {
    /// The ids of the patterns that it is judged by.
    pub fn watched(&self) -> impl Iterator<Item = u32> + '_ {
        self.others.iter().chain(&self.left_ids).copied()
    }
}

/// What a pattern is, as it is asked for and compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    Exists,
    Text(TextKind, &'a [u8]),
    Number(Number),
    Literal(Option<bool>),
    NumericRange(&'a NumericRange),
    Cidr(&'a Cidr),
    Wildcard(&'a [Box<[u8]>]),
    WildcardIgnoreCase(&'a [Box<[u8]>]),
    Regexp(&'a [RegexpStep]),
    AnythingBut(&'a [u32]),
    Split(&'a Split),
    AllOf(&'a [u32]),
}

impl Stored {
    #[inline]
    pub fn key(&self) -> Key<'_> {
        match self {
            Stored::Exists => Key::Exists,
            Stored::Short { kind, length, bytes } => Key::Text(*kind, &bytes[..usize::from(*length)]),
            Stored::Long { kind, text } => Key::Text(*kind, text),
            Stored::Number(number) => Key::Number(*number),
            Stored::Literal(literal) => Key::Literal(*literal),
            Stored::NumericRange(range) => Key::NumericRange(range),
            Stored::Cidr(block) => Key::Cidr(block),
            Stored::Wildcard(pieces) => Key::Wildcard(pieces),
            Stored::WildcardIgnoreCase(pieces) => Key::WildcardIgnoreCase(pieces),
            Stored::Regexp(program) => Key::Regexp(program),
            Stored::AnythingBut(excluded) => Key::AnythingBut(excluded),
            Stored::Split(split) => Key::Split(split),
            Stored::AllOf(parts) => Key::AllOf(parts),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Stored::Long { text, .. } => text.len(),
            Stored::NumericRange(_) => size_of::<NumericRange>(),
            Stored::Cidr(_) => size_of::<Cidr>(),
            Stored::Wildcard(pieces) | Stored::WildcardIgnoreCase(pieces) => {
                pieces.iter().map(|piece| size_of_val(piece) + piece.len()).sum()
            }
            Stored::Regexp(program) => program.iter().map(step_bytes).sum(),
            Stored::AnythingBut(ids) | Stored::AllOf(ids) => size_of_val(&**ids),
            Stored::Split(split) => {
                let Split { others, numbers, left, left_ids } = &**split;
                let ids = size_of_val(&**others) + size_of_val(&**left_ids);
                size_of::<Split>() + ids + size_of_val(&**numbers) + size_of_val(&**left)
            }
            _ => 0,
        }
    }
}

fn step_bytes(step: &RegexpStep) -> usize {
    let ranges = if let RegexpStep::Characters(ranges) = step { ranges.len() } else { 0 };
    size_of_val(step) + ranges
}

impl<'a> Key<'a> {
    /// The key of a pattern; None for those made of others, which must be interned first, and for absence, which no
    /// value is judged by.
    pub fn of(pattern: &'a Pattern) -> Option<Key<'a>> {
        Some(match pattern {
            Pattern::Text(text) => Key::Text(TextKind::Exact, text),
            Pattern::Prefix(text) => Key::Text(TextKind::Prefix, text),
            Pattern::Suffix(text) => Key::Text(TextKind::Suffix, text),
            Pattern::EqualsIgnoreCase(text) => Key::Text(TextKind::EqualsIgnoreCase, text),
            Pattern::PrefixIgnoreCase(text) => Key::Text(TextKind::PrefixIgnoreCase, text),
            Pattern::SuffixIgnoreCase(text) => Key::Text(TextKind::SuffixIgnoreCase, text),
            Pattern::Number(number) => Key::Number(*number),
            Pattern::Literal(literal) => Key::Literal(*literal),
            Pattern::NumericRange(range) => Key::NumericRange(range),
            Pattern::Cidr(block) => Key::Cidr(block),
            Pattern::Wildcard(pieces) => Key::Wildcard(pieces),
            Pattern::WildcardIgnoreCase(pieces) => Key::WildcardIgnoreCase(pieces),
            Pattern::Regexp(program) => Key::Regexp(program),
            Pattern::Exists => Key::Exists,
            Pattern::AnythingBut(_) | Pattern::AllOf(_) | Pattern::NoneOf(_) | Pattern::Absent => return None,
        })
    }

    pub fn store(self) -> Stored {
        match self {
            Key::Exists => Stored::Exists,
            Key::Text(kind, text) if text.len() <= SHORT => {
                let mut bytes = [0; SHORT];
                bytes[..text.len()].copy_from_slice(text);
                Stored::Short { kind, length: text.len() as u8, bytes }
            }
            Key::Text(kind, text) => Stored::Long { kind, text: text.into() },
            Key::Number(number) => Stored::Number(number),
            Key::Literal(literal) => Stored::Literal(literal),
            Key::NumericRange(range) => Stored::NumericRange(Box::new(*range)),
            Key::Cidr(block) => Stored::Cidr(Box::new(*block)),
            Key::Wildcard(pieces) => Stored::Wildcard(pieces.into()),
            Key::WildcardIgnoreCase(pieces) => Stored::WildcardIgnoreCase(pieces.into()),
            Key::Regexp(program) => Stored::Regexp(program.into()),
            Key::AnythingBut(excluded) => Stored::AnythingBut(excluded.into()),
            Key::Split(Split { others, numbers, left, left_ids }) => Stored::Split(Box::new(Split {
                others: others.clone(),
                numbers: numbers.clone(),
                left: left.clone(),
                left_ids: left_ids.clone(),
            })),
            Key::AllOf(parts) => Stored::AllOf(parts.into()),
        }
    }

    #[inline]
    pub fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        match self {
            Key::Text(kind, text) => hash_text(hasher, *kind, text),
            _ => hasher.hash_one(self),
        }
    }

    /// How many values it accepts, roughly and against the others; for choosing what is looked for first.
    pub fn let_through(&self) -> u64 {
        let of_text = |length: usize| 1 + (256 >> length.min(8));
        match self {
            Key::Text(TextKind::Exact | TextKind::EqualsIgnoreCase, _) | Key::Number(_) => 1,
            Key::Text(_, text) => of_text(text.len()),
            Key::Cidr(_) => 8,
            Key::Literal(_) => 16,
            Key::Wildcard(pieces) | Key::WildcardIgnoreCase(pieces) => {
                of_text(pieces.iter().map(|each| each.len()).sum())
            }
            Key::NumericRange(_) | Key::Regexp(_) | Key::AllOf(_) => 64,
            Key::Exists | Key::AnythingBut(_) | Key::Split(_) => 1024,
        }
    }

    /// What people call the pattern type: `PATTERN_NAMES` in `describe.py`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Key::Exists => "exists",
            Key::Text(TextKind::Exact, _) | Key::Number(_) => "exact",
            Key::Text(TextKind::Prefix, _) => "prefix",
            Key::Text(TextKind::Suffix, _) => "suffix",
            Key::Text(TextKind::EqualsIgnoreCase, _) => "equals-ignore-case",
            Key::Text(TextKind::PrefixIgnoreCase, _) => "prefix ignore-case",
            Key::Text(TextKind::SuffixIgnoreCase, _) => "suffix ignore-case",
            Key::Literal(_) => "literal",
            Key::NumericRange(_) => "numeric",
            Key::Cidr(_) => "cidr",
            Key::Wildcard(_) => "wildcard",
            Key::WildcardIgnoreCase(_) => "wildcard ignore-case",
            Key::Regexp(_) => "regexp",
            Key::AnythingBut(_) | Key::Split(_) => "anything-but",
            Key::AllOf(_) => "all-of",
        }
    }
}

/// Seeded for each process, so that nobody can choose values that collide.
#[inline]
pub fn hash_text(hasher: &DefaultHashBuilder, kind: TextKind, text: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(text);
    state.write_u8(kind as u8);
    state.finish()
}

/// One interned pattern and who needs it.
#[repr(align(32))] // two to a cache line, none across two
pub struct PatternNode {
    pub stored: Stored,
    own: u32,
    /// In `Machine::links`; NONE when nobody but the own clause needs the pattern.
    pub links: u32,
}

/// Who needs a pattern, apart from the clause that has only this pattern.
#[derive(Default)]
pub struct Links {
    /// The clauses with this pattern among others.
    pub clauses: IdSet,
    /// The anything-buts that exclude it; of a range, those of which it is a part of what is left.
    pub excluders: IdSet,
}

/// What leads on from a pattern to the clause that has only this pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    Nothing,
    Clause(u32),
    /// The clause is on one edge, which leads to this state. (It knows its clause; most values are done two cache
    /// misses earlier so.)
    State(u32),
}

impl Default for PatternNode {
    fn default() -> PatternNode {
        PatternNode::new(Stored::Exists)
    }
}

impl PatternNode {
    pub fn new(stored: Stored) -> PatternNode {
        PatternNode { stored, own: NONE, links: NONE }
    }

    #[inline]
    pub fn own(&self) -> Own {
        match self.own {
            NONE => Own::Nothing,
            id if id < ID_LIMIT => Own::Clause(id),
            id => Own::State(id & !ID_LIMIT),
        }
    }

    pub fn set_own(&mut self, own: Own) {
        self.own = match own {
            Own::Nothing => NONE,
            Own::Clause(id) => id,
            Own::State(id) => id | ID_LIMIT,
        };
    }

    pub fn memory_bytes(&self) -> usize {
        self.stored.memory_bytes()
    }
}

const _: () = assert!(size_of::<PatternNode>() == 32);
