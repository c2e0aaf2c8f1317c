//! One per used path, shared by every rule: finds the patterns that accept a value. Twin of `value_matcher.py`.
//!
//! Texts and numbers are found where they are interned; the other types have indexes of their own. What is found are
//! pattern ids; what they mean for clauses is `outcome.rs`.

use super::address_blocks::AddressBlockIndex;
use super::folding::fold;
use super::number_cells::NumberCells;
use super::numeric_ranges::NumericRangeIndex;
use super::pattern::{hash_text, Key, PatternNode, TextKind};
use super::prefixes::{PrefixIndex, SuffixIndex};
use super::regexps::{RegexpIndex, RegexpScratch};
use super::slab::{Slab, NONE};
use super::wildcards::{WildcardIndex, WildcardScratch};
use crate::event::fields::literal;
use crate::number::Number;
use crate::number_text::end_and_cell;
use hashbrown::{DefaultHashBuilder, HashTable};

/// The patterns of one path.
pub struct ValueMatcher {
    /// All of them, by key.
    pub interned: HashTable<u32>,
    pub text_count: u32,
    pub number_count: u32,
    pub anything_but_count: u32,
    /// Those of them that exclude ranges.
    pub split_count: u32,
    pub all_of_count: u32,
    /// The patterns null, false and true.
    literals: [u32; 3],
    /// The clause that holds only without a value.
    pub absent_clause: u32,
    pub clause_count: u32,
    pub ranges: Option<Box<NumericRangeIndex>>,
    number_cells: Option<Box<NumberCells>>,
    strings: Option<Box<StringIndexes>>,
}

impl Default for ValueMatcher {
    fn default() -> ValueMatcher {
        ValueMatcher {
            interned: HashTable::new(),
            text_count: 0,
            number_count: 0,
            anything_but_count: 0,
            split_count: 0,
            all_of_count: 0,
            literals: [NONE; 3],
            absent_clause: NONE,
            clause_count: 0,
            ranges: None,
            number_cells: None,
            strings: None,
        }
    }
}

/// The indexes over strings, apart from that of exact texts.
///
/// Each stands apart and is there only while it holds something: so asking a path that has none costs one cache line.
#[derive(Default)]
struct StringIndexes {
    prefixes: Option<Box<PrefixIndex>>,
    suffixes: Option<Box<SuffixIndex>>,
    wildcards: Option<Box<WildcardIndex>>,
    wildcards_ignore_case: Option<Box<WildcardIndex>>, // of folded pieces
    regexps: Option<Box<RegexpIndex>>,
    blocks: Option<Box<AddressBlockIndex>>,
    prefixes_ignore_case: Option<Box<PrefixIndex>>,
    suffixes_ignore_case: Option<Box<SuffixIndex>>,
    equals_ignore_case_count: usize, // found where they are interned
}

/// Working memory of a search.
#[derive(Default)]
pub struct SearchScratch {
    wildcards: WildcardScratch,
    regexps: RegexpScratch,
    folded: Vec<u8>,
}

impl SearchScratch {
    pub fn shrink(&mut self, limit: usize) {
        if self.folded.capacity() > limit {
            self.folded = Vec::new();
        }
        self.regexps.shrink();
    }
}

fn literal_index(literal: Option<bool>) -> usize {
    literal.map_or(0, |value| 1 + usize::from(value))
}

impl ValueMatcher {
    // -- matching -----------------------------------------------------------------------------------------------

    /// Append to `found` the patterns that accept a string, each once.
    #[inline]
    pub fn find_text(
        &self,
        text: &[u8],
        patterns: &Slab<PatternNode>,
        hasher: &DefaultHashBuilder,
        scratch: &mut SearchScratch,
        found: &mut Vec<u32>,
    ) {
        if self.text_count > 0 {
            found.extend(self.find_interned(TextKind::Exact, text, patterns, hasher));
        }
        if let Some(strings) = &self.strings {
            self.search(strings, text, patterns, hasher, scratch, found);
        }
    }

    /// Append to `found` the pattern that is a number.
    #[inline]
    pub fn find_number(
        &self,
        number: Number,
        patterns: &Slab<PatternNode>,
        hasher: &DefaultHashBuilder,
        found: &mut Vec<u32>,
    ) {
        if self.number_count > 0 {
            let key = Key::Number(number);
            found.extend(self.interned.find(key.hash(hasher), |&id| patterns[id].stored.key() == key));
        }
    }

    /// Append to `found` the patterns that accept the number or literal that begins at `first`. Returns its end, at
    /// least where nothing else begins before it, and the number when ranges are to be judged by it.
    #[inline]
    pub fn find_in_text(
        &self,
        text: &[u8],
        first: usize,
        patterns: &Slab<PatternNode>,
        hasher: &DefaultHashBuilder,
        found: &mut Vec<u32>,
    ) -> (usize, Option<Number>) {
        if let Some(literal) = literal(text[first]) {
            self.find_literal(literal, found);
            return (first + 1, None);
        }
        let (end, cell) = end_and_cell(text, first);
        if !self.lists_numbers() {
            let cells = self.number_cells.as_ref();
            if cells.is_none_or(|cells| cell.is_some_and(|cell| !cells.contains(cell))) {
                return (end, None);
            }
        }
        let number = Number::parse(&text[first..end]);
        if let Some(number) = number {
            self.find_number(number, patterns, hasher, found);
        }
        (end, number.filter(|_| self.lists_numbers()))
    }

    /// Whether outcomes list numbers, for ranges to be judged by.
    #[inline]
    pub fn lists_numbers(&self) -> bool {
        self.ranges.is_some() || self.split_count > 0 // of which nothing may be left of the numbers
    }

    /// Whether anything asks what number a value is.
    #[inline]
    pub fn needs_numbers(&self) -> bool {
        self.number_count > 0 || self.lists_numbers()
    }

    #[inline]
    pub fn number_cells(&self) -> Option<&NumberCells> {
        self.number_cells.as_deref()
    }

    #[inline]
    pub fn has_literals(&self) -> bool {
        self.literals != [NONE; 3]
    }

    #[inline]
    pub fn find_literal(&self, literal: Option<bool>, found: &mut Vec<u32>) {
        let id = self.literals[literal_index(literal)];
        if id != NONE {
            found.push(id);
        }
    }

    #[inline]
    fn find_interned(
        &self,
        kind: TextKind,
        text: &[u8],
        patterns: &Slab<PatternNode>,
        hasher: &DefaultHashBuilder,
    ) -> Option<u32> {
        let key = Key::Text(kind, text);
        self.interned.find(hash_text(hasher, kind, text), |&id| patterns[id].stored.key() == key).copied()
    }

    #[inline(never)] // leaves `find_text` small for paths with nothing but exact values
    fn search(
        &self,
        strings: &StringIndexes,
        text: &[u8],
        patterns: &Slab<PatternNode>,
        hasher: &DefaultHashBuilder,
        scratch: &mut SearchScratch,
        found: &mut Vec<u32>,
    ) {
        if let Some(prefixes) = &strings.prefixes {
            prefixes.find(text, found);
        }
        if let Some(suffixes) = &strings.suffixes {
            suffixes.find(text, found);
        }
        if let Some(wildcards) = &strings.wildcards {
            wildcards.find(text, &mut scratch.wildcards, found);
        }
        if let Some(regexps) = &strings.regexps {
            regexps.find(text, &mut scratch.wildcards, &mut scratch.regexps, found);
        }
        if let Some(blocks) = &strings.blocks {
            blocks.find(text, found);
        }
        if strings.ignores_case() {
            let folded = fold(text, &mut scratch.folded);
            if strings.equals_ignore_case_count > 0 {
                found.extend(self.find_interned(TextKind::EqualsIgnoreCase, folded, patterns, hasher));
            }
            if let Some(prefixes) = &strings.prefixes_ignore_case {
                prefixes.find(folded, found);
            }
            if let Some(suffixes) = &strings.suffixes_ignore_case {
                suffixes.find(folded, found);
            }
            if let Some(wildcards) = &strings.wildcards_ignore_case {
                wildcards.find(folded, &mut scratch.wildcards, found);
            }
        }
    }

    // -- changing -----------------------------------------------------------------------------------------------

    /// Enter a pattern, new here, in the index of its type.
    pub fn index(&mut self, key: Key<'_>, id: u32) {
        match key {
            Key::Exists => {}
            Key::AnythingBut(_) => self.anything_but_count += 1,
            Key::Split(_) => {
                self.anything_but_count += 1;
                self.split_count += 1;
            }
            Key::AllOf(_) => self.all_of_count += 1,
            Key::Text(TextKind::Exact, _) => self.text_count += 1,
            Key::Number(number) => {
                self.number_count += 1;
                self.number_cells.get_or_insert_default().add(number);
            }
            Key::Literal(literal) => self.literals[literal_index(literal)] = id,
            Key::NumericRange(range) => self.ranges.get_or_insert_default().add(range, id),
            Key::Text(kind, text) => {
                let strings = self.strings.get_or_insert_default();
                match kind {
                    TextKind::Prefix => strings.prefixes.get_or_insert_default().add(text, id),
                    TextKind::Suffix => strings.suffixes.get_or_insert_default().add(text, id),
                    TextKind::PrefixIgnoreCase => strings.prefixes_ignore_case.get_or_insert_default().add(text, id),
                    TextKind::SuffixIgnoreCase => strings.suffixes_ignore_case.get_or_insert_default().add(text, id),
                    TextKind::EqualsIgnoreCase | TextKind::Exact => strings.equals_ignore_case_count += 1,
                }
            }
            Key::Cidr(block) => {
                self.strings.get_or_insert_default().blocks.get_or_insert_default().add(block, id);
            }
            Key::Wildcard(pieces) => {
                self.strings.get_or_insert_default().wildcards.get_or_insert_default().add(pieces, id);
            }
            Key::WildcardIgnoreCase(pieces) => {
                self.strings.get_or_insert_default().wildcards_ignore_case.get_or_insert_default().add(pieces, id);
            }
            Key::Regexp(program) => {
                self.strings.get_or_insert_default().regexps.get_or_insert_default().add(program, id);
            }
        }
    }

    /// Undo `index`.
    pub fn unindex(&mut self, key: Key<'_>, id: u32) {
        match key {
            Key::Exists => {}
            Key::AnythingBut(_) => self.anything_but_count -= 1,
            Key::Split(_) => {
                self.anything_but_count -= 1;
                self.split_count -= 1;
            }
            Key::AllOf(_) => self.all_of_count -= 1,
            Key::Text(TextKind::Exact, _) => self.text_count -= 1,
            Key::Number(number) => {
                self.number_count -= 1;
                if let Some(cells) = &mut self.number_cells {
                    cells.remove(number);
                }
                self.number_cells.take_if(|_| self.number_count == 0);
            }
            Key::Literal(literal) => self.literals[literal_index(literal)] = NONE,
            Key::NumericRange(range) => {
                if let Some(ranges) = &mut self.ranges {
                    ranges.remove(range, id);
                }
                self.ranges.take_if(|ranges| ranges.is_empty());
            }
            Key::Text(..) | Key::Cidr(_) | Key::Wildcard(_) | Key::WildcardIgnoreCase(_) | Key::Regexp(_) => {
                if let Some(strings) = &mut self.strings {
                    strings.remove(key, id);
                }
                self.strings.take_if(|strings| strings.len() == 0);
            }
        }
    }

    /// How many patterns the indexes hold.
    pub fn indexed_count(&self) -> usize {
        let literals = self.literals.iter().filter(|&&id| id != NONE).count();
        let ranges = self.ranges.as_ref().map_or(0, |ranges| ranges.len());
        let strings = self.strings.as_ref().map_or(0, |strings| strings.len());
        self.text_count as usize + self.number_count as usize + literals + ranges + strings
    }

    pub fn memory_bytes(&self) -> usize {
        let ranges = self.ranges.as_ref().map_or(0, |ranges| size_of_val(&**ranges) + ranges.memory_bytes());
        let strings = self.strings.as_ref().map_or(0, |strings| strings.memory_bytes());
        let cells = self.number_cells.as_ref().map_or(0, |cells| size_of_val(&**cells) + cells.memory_bytes());
        size_of::<ValueMatcher>() + self.interned.allocation_size() + ranges + strings + cells
    }
}

impl StringIndexes {
    #[inline]
    fn ignores_case(&self) -> bool {
        self.equals_ignore_case_count > 0
            || self.prefixes_ignore_case.is_some()
            || self.suffixes_ignore_case.is_some()
            || self.wildcards_ignore_case.is_some()
    }

    fn remove(&mut self, key: Key<'_>, id: u32) {
        match key {
            Key::Text(TextKind::Prefix, text) => {
                remove(&mut self.prefixes, |index| index.remove(text), PrefixIndex::is_empty);
            }
            Key::Text(TextKind::Suffix, text) => {
                remove(&mut self.suffixes, |index| index.remove(text), SuffixIndex::is_empty);
            }
            Key::Text(TextKind::PrefixIgnoreCase, text) => {
                remove(&mut self.prefixes_ignore_case, |index| index.remove(text), PrefixIndex::is_empty);
            }
            Key::Text(TextKind::SuffixIgnoreCase, text) => {
                remove(&mut self.suffixes_ignore_case, |index| index.remove(text), SuffixIndex::is_empty);
            }
            Key::Text(TextKind::EqualsIgnoreCase, _) => self.equals_ignore_case_count -= 1,
            Key::Regexp(program) => {
                remove(&mut self.regexps, |index| index.remove(program, id), RegexpIndex::is_empty);
            }
            Key::Cidr(block) => remove(&mut self.blocks, |index| index.remove(block), AddressBlockIndex::is_empty),
            Key::Wildcard(pieces) => {
                remove(&mut self.wildcards, |index| index.remove(pieces, id), WildcardIndex::is_empty);
            }
            Key::WildcardIgnoreCase(pieces) => {
                remove(&mut self.wildcards_ignore_case, |index| index.remove(pieces, id), WildcardIndex::is_empty);
            }
            _ => {}
        }
    }

    fn len(&self) -> usize {
        let prefixes = [&self.prefixes, &self.prefixes_ignore_case].into_iter().flatten().map(|index| index.len());
        let suffixes = [&self.suffixes, &self.suffixes_ignore_case].into_iter().flatten().map(|index| index.len());
        let wildcards = [&self.wildcards, &self.wildcards_ignore_case].into_iter().flatten().map(|index| index.len());
        let blocks = self.blocks.as_ref().map_or(0, |index| index.len());
        let regexps = self.regexps.as_ref().map_or(0, |index| index.len());
        prefixes.chain(suffixes).chain(wildcards).sum::<usize>() + blocks + regexps + self.equals_ignore_case_count
    }

    fn memory_bytes(&self) -> usize {
        let bytes = |index: &PrefixIndex| size_of_val(index) + index.memory_bytes();
        let prefixes = [&self.prefixes, &self.prefixes_ignore_case].into_iter().flatten().map(|index| bytes(index));
        let bytes = |index: &SuffixIndex| size_of_val(index) + index.memory_bytes();
        let suffixes = [&self.suffixes, &self.suffixes_ignore_case].into_iter().flatten().map(|index| bytes(index));
        let bytes = |index: &WildcardIndex| size_of_val(index) + index.memory_bytes();
        let wildcards = [&self.wildcards, &self.wildcards_ignore_case].into_iter().flatten().map(|index| bytes(index));
        let blocks = self.blocks.as_ref().map_or(0, |index| size_of_val(&**index) + index.memory_bytes());
        let regexps = self.regexps.as_ref().map_or(0, |index| size_of_val(&**index) + index.memory_bytes());
        size_of::<StringIndexes>() + prefixes.chain(suffixes).chain(wildcards).sum::<usize>() + blocks + regexps
    }
}

/// Remove something from an index that holds it, and the index when that was all.
fn remove<I>(index: &mut Option<Box<I>>, remove: impl FnOnce(&mut I), is_empty: impl FnOnce(&I) -> bool) {
    if let Some(index) = index {
        remove(index);
    }
    index.take_if(|index| is_empty(index));
}
