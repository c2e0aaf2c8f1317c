//! Finds all stored wildcards that accept a value. The twin of `ruler/machine/wildcards.py`.
//!
//! Each wildcard is filed under one literal that its values must contain: up to eleven bytes of one of its pieces, those
//! whose grams (four bytes) the fewest other wildcards contain. Literals of eleven bytes are found by a pass over every
//! fourth place of a value. For shorter ones a pass looks at each gram; where some literal begins with it, the literals
//! of four, six and eight bytes that stand there are looked up. What is filed under those is verified.
//!
//! ```text
//! *error*disk*   filed under "disk"             a*z    filed under "z" at a value's end
//!
//! a value's grams ──filter──▶ few ──filters──▶ literals that stand there ──table──▶ buckets, each verified once
//! ```
//!
//! Unlike the twin, which compiles an Aho-Corasick automaton anew after changes, this changes in place: adding
//! is a few look-ups, and a search never waits or owes anything. What grams are frequent is learned from the wildcards
//! only, so early ones are filed badly; each addition files one older bucket anew.
//!
//! - `literals`  which literals a wildcard has, and what each is expected to cost
//! - `gram_counts`  how many wildcards contain a gram
//! - `samples`   finds the literals of eleven bytes
//! - `filter`    turns away the grams that no literal begins with, and what is no literal
//! - `bucket`    the wildcards of one literal, verified together
//! - `gram_set`  tells a bucket which pieces a value lacks

mod bucket;
mod filter;
mod gram_counts;
mod gram_set;
mod literals;
mod samples;
#[cfg(test)]
mod tests;

use crate::machine::shrink::{shrink_list, shrink_table};
use crate::machine::slab::NONE;
use bucket::Bucket;
use filter::{ByteHasher, GramFilter};
use gram_counts::GramCounts;
use gram_set::GramSet;
use hashbrown::HashTable;
use literals::{for_each_literal, load_up_to_eight, Literal, Place, GRAM, GRAM_LENGTHS, LONGEST, SAMPLED, STRIDE};
use samples::Samples;
use smallvec::SmallVec;

#[derive(Debug, Default)]
pub struct WildcardIndex {
    buckets: Vec<Bucket>,
    free: Vec<u32>,         // empty buckets
    table: HashTable<Slot>, // by literal
    hasher: ByteHasher,
    grams: GramFilter,                   // of the grams that literals begin with
    literals: [GramFilter; LONGEST + 1], // of the literals that may stand anywhere, by length
    counts: [[u32; LONGEST + 1]; 3],     // literals in the table, by place and length
    samples: Samples,                    // of the literals that are sampled
    contained: GramCounts,               // of the grams of all wildcards
    next_to_refile: u32,                 // a bucket
    size: usize,
}

/// A literal in use.
#[derive(Clone, Copy, Debug)]
struct Slot {
    literal: Literal,
    bucket: u32,
    only_literal: u32, // of the bucket; spares going there
}

/// What a search writes on. One may serve any number of indexes, one after the other.
#[derive(Debug, Default)]
pub struct WildcardScratch {
    met: Vec<u32>, // by bucket: the last search that met it
    search: u32,
    ends: Vec<usize>,
    grams: GramSet,
}

impl WildcardScratch {
    fn begin_search(&mut self, bucket_count: usize) {
        if self.met.len() < bucket_count {
            self.met.resize(bucket_count, 0);
        }
        self.grams.clear();
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.met.fill(0);
            self.search = 1;
        }
    }
}

/// Wildcards of one bucket that are filed anew at a time, and the longest: an addition pays for it.
const REFILED: usize = 4;
const LONGEST_REFILED: usize = 256;

/// How much less a literal must cost than the one by which a wildcard is filed, for it to be filed anew.
const WORTH_MOVING: u64 = 2;

impl WildcardIndex {
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Store `id` under `pieces`, the texts between the asterisks.
    pub fn add(&mut self, pieces: &[Box<[u8]>], id: u32) {
        self.size += 1;
        self.contained.add(pieces);
        self.file(pieces, id);
        if !self.contained.fits(self.size) {
            self.recount();
        }
        self.refile();
    }

    /// Forget `id` under `pieces`.
    pub fn remove(&mut self, pieces: &[Box<[u8]>], id: u32) {
        // What it is filed under depends on what there was when it was filed, so all its literals are tried.
        let mut left: Option<Slot> = None;
        for_each_literal(pieces, |literal| {
            if left.is_none() {
                left = self.slot_of(literal).filter(|slot| self.buckets[slot.bucket as usize].remove(pieces, id));
            }
        });
        let Some(slot) = left else { return };
        self.size -= 1;
        self.contained.remove(pieces);
        if self.buckets[slot.bucket as usize].is_empty() {
            self.remove_bucket(slot);
        } else {
            self.note_only(slot.literal);
        }
        if !self.contained.fits(self.size) {
            self.recount();
        }
    }

    /// Appends the ids of the wildcards that accept `value`, each once, in no promised order.
    pub fn find(&self, value: &[u8], scratch: &mut WildcardScratch, found: &mut Vec<u32>) {
        if self.size == 0 {
            return;
        }
        scratch.begin_search(self.buckets.len());
        let mut search = Search { index: self, value, scratch, found };
        search.at_the_ends();
        search.one_byte();
        search.short::<2>();
        search.short::<3>();
        search.anywhere();
        search.sampled();
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        self.table.allocation_size()
            + self.buckets.capacity() * size_of::<Bucket>()
            + self.free.capacity() * size_of::<u32>()
            + self.buckets.iter().map(Bucket::memory_bytes).sum::<usize>()
            + self.grams.memory_bytes()
            + self.literals.iter().map(GramFilter::memory_bytes).sum::<usize>()
            + self.samples.memory_bytes()
            + self.contained.memory_bytes()
    }

    /// File a wildcard under the literal that costs searches least.
    fn file<P: AsRef<[u8]>>(&mut self, pieces: &[P], id: u32) {
        let Some((_, literal)) = self.best_literal(pieces) else { return };
        let bucket = self.slot_of(literal).map_or_else(|| self.add_bucket(literal), |slot| slot.bucket);
        self.buckets[bucket as usize].add(pieces, id);
        self.note_only(literal);
    }

    /// File the wildcards of one bucket anew where that is worth it: more is known now of what is frequent.
    fn refile(&mut self) {
        let number = self.next_to_refile as usize;
        self.next_to_refile = if number + 1 < self.buckets.len() { number as u32 + 1 } else { 0 };
        let Some(bucket) = self.buckets.get(number) else { return };
        let mut moved = Vec::new();
        for (text, id) in bucket.texts().take(REFILED).filter(|(text, _)| text.len() <= LONGEST_REFILED) {
            let pieces: SmallVec<[&[u8]; 4]> = text.pieces().collect();
            let now = self.cost(bucket.literal, bucket.len() - 1);
            if self.best_literal(&pieces).is_some_and(|(cost, _)| cost * WORTH_MOVING < now) {
                let pieces: Vec<Box<[u8]>> = pieces.into_iter().map(Box::from).collect();
                moved.push((pieces, id));
            }
        }
        if moved.is_empty() {
            return;
        }
        let Some(slot) = self.slot_of(bucket.literal) else { return };
        for (pieces, id) in moved {
            self.buckets[number].remove(&pieces, id);
            self.file(&pieces, id);
        }
        if self.buckets[number].is_empty() {
            self.remove_bucket(slot);
        } else {
            self.note_only(slot.literal);
        }
    }

    /// Count the grams of all wildcards anew, with as many counters as there should be.
    fn recount(&mut self) {
        let mut contained = GramCounts::with_room(self.size);
        for (text, _) in self.buckets.iter().flat_map(Bucket::texts) {
            let pieces: SmallVec<[&[u8]; 4]> = text.pieces().collect();
            contained.add(&pieces);
        }
        self.contained = contained;
    }

    /// The literal under which one more wildcard of `pieces` costs a search least, and what it costs.
    fn best_literal<P: AsRef<[u8]>>(&self, pieces: &[P]) -> Option<(u64, Literal)> {
        let mut best: Option<(u64, Literal)> = None;
        for_each_literal(pieces, |literal| {
            let least = best.map_or(u64::MAX, |(least, _)| least);
            if self.cost(literal, 0) < least {
                let slot = self.slot_of(literal);
                let alike = slot.map_or(0, |slot| self.buckets[slot.bucket as usize].len());
                let cost = self.cost(literal, alike);
                let has_place =
                    literal.place != Place::Sampled || slot.is_some() || !self.samples.is_crowded(literal, self.hasher);
                if cost < least && has_place {
                    best = Some((cost, literal));
                }
            }
        });
        best
    }

    /// What one more wildcard under `literal` costs a search, in no unit, where so many are filed under it.
    fn cost(&self, literal: Literal, alike: usize) -> u64 {
        let places = if literal.place == Place::Sampled { STRIDE as u64 } else { 1 };
        literal.likelihood() * (places * (4 + alike as u64 * 4) + self.frequency(literal) * 2)
    }

    /// How many wildcards contain what is looked for first; of a literal that is sampled, all that may be met.
    fn frequency(&self, literal: Literal) -> u64 {
        if literal.place != Place::Sampled {
            return literal.gram().map_or(0, |gram| u64::from(self.contained.count(gram)));
        }
        let text = literal.sampled_text();
        let mut counts = [0; SAMPLED - GRAM + 1];
        for (count, gram) in counts.iter_mut().zip(text.windows(GRAM)) {
            *count = u64::from(self.contained.count(load_up_to_eight(gram) as u32));
        }
        counts.windows(LONGEST - GRAM + 1).map(|counts| counts.iter().min().copied().unwrap_or(0)).sum()
    }

    #[inline]
    fn slot_at(&self, hash: u64, literal: Literal) -> Option<Slot> {
        self.table.find(hash, |slot| slot.literal == literal).copied()
    }

    fn slot_of(&self, literal: Literal) -> Option<Slot> {
        self.slot_at(literal.hash(self.hasher), literal)
    }

    /// Let the slot of `literal` say what its bucket holds.
    fn note_only(&mut self, literal: Literal) {
        if let Some(slot) = self.table.find_mut(literal.hash(self.hasher), |slot| slot.literal == literal) {
            slot.only_literal = self.buckets[slot.bucket as usize].only_literal();
        }
    }

    fn add_bucket(&mut self, literal: Literal) -> u32 {
        let bucket = match self.free.pop() {
            Some(bucket) => {
                self.buckets[bucket as usize] = Bucket::new(literal);
                bucket
            }
            None => {
                self.buckets.push(Bucket::new(literal));
                u32::try_from(self.buckets.len() - 1).expect("fewer than 2^32 wildcards")
            }
        };
        let hasher = self.hasher;
        let hash_of = |slot: &Slot| slot.literal.hash(hasher);
        let slot = Slot { literal, bucket, only_literal: NONE };
        self.table.insert_unique(hash_of(&slot), slot, hash_of);
        if literal.place == Place::Sampled {
            self.samples.add(literal, bucket, hasher);
        } else {
            *self.count(literal) += 1;
            self.add_to_filters(literal);
        }
        bucket
    }

    fn remove_bucket(&mut self, slot: Slot) {
        let literal = slot.literal;
        let hash = literal.hash(self.hasher);
        if let Ok(entry) = self.table.find_entry(hash, |other| other.bucket == slot.bucket) {
            entry.remove();
        }
        if literal.place == Place::Sampled {
            self.samples.remove(literal, slot.bucket, self.hasher);
        } else {
            *self.count(literal) -= 1;
            self.remove_from_filters(literal);
        }
        self.free.push(slot.bucket);
        let hasher = self.hasher;
        shrink_table(&mut self.table, |slot| slot.literal.hash(hasher));
        if self.free.len() > 8 + self.buckets.len() * 3 / 4 || self.size == 0 {
            self.renumber_buckets();
        }
    }

    /// Close the gaps between the buckets.
    fn renumber_buckets(&mut self) {
        self.buckets.retain(|bucket| !bucket.is_empty());
        shrink_list(&mut self.buckets);
        self.free = Vec::new();
        let hasher = self.hasher;
        let hash_of = |slot: &Slot| slot.literal.hash(hasher);
        self.table.clear();
        self.samples = Samples::default();
        for (number, bucket) in self.buckets.iter().enumerate() {
            let slot = Slot { literal: bucket.literal, bucket: number as u32, only_literal: bucket.only_literal() };
            self.table.insert_unique(hash_of(&slot), slot, hash_of);
            if slot.literal.place == Place::Sampled {
                self.samples.add(slot.literal, slot.bucket, hasher);
            }
        }
    }

    fn add_to_filters(&mut self, literal: Literal) {
        if literal.place != Place::Anywhere {
            return;
        }
        if !self.literals[usize::from(literal.length)].add(self.hasher.hash(literal.bytes)) {
            self.rebuild_literal_filter(literal.length);
        }
        if literal.gram().is_some_and(|gram| !self.grams.add(self.hasher.hash_gram(gram))) {
            self.rebuild_gram_filter();
        }
    }

    fn remove_from_filters(&mut self, literal: Literal) {
        if literal.place != Place::Anywhere {
            return;
        }
        let is_last = *self.count(literal) == 0;
        if is_last || !self.literals[usize::from(literal.length)].remove() {
            self.rebuild_literal_filter(literal.length);
        }
        if literal.gram().is_some() && (is_last || !self.grams.remove()) {
            self.rebuild_gram_filter();
        }
    }

    fn rebuild_literal_filter(&mut self, length: u8) {
        let such = self.table.iter().map(|slot| slot.literal).filter(|literal| literal.place == Place::Anywhere);
        let literals: Vec<u64> =
            such.filter(|literal| literal.length == length).map(|literal| self.hasher.hash(literal.bytes)).collect();
        self.literals[usize::from(length)] = GramFilter::of(literals.into_iter());
    }

    fn rebuild_gram_filter(&mut self) {
        let grams: Vec<u64> =
            self.table.iter().filter_map(|slot| slot.literal.gram()).map(|gram| self.hasher.hash_gram(gram)).collect();
        self.grams = GramFilter::of(grams.into_iter());
    }

    fn count(&mut self, literal: Literal) -> &mut u32 {
        &mut self.counts[literal.place as usize][usize::from(literal.length)]
    }
}

/// Places of a value that are looked at together.
const PLACES: usize = 64;

/// One search under way.
struct Search<'a> {
    index: &'a WildcardIndex,
    value: &'a [u8],
    scratch: &'a mut WildcardScratch,
    found: &'a mut Vec<u32>,
}

impl Search<'_> {
    /// Literals that must stand where the value begins or ends: one look-up for each length in use.
    fn at_the_ends(&mut self) {
        let (index, value) = (self.index, self.value);
        for length in 0..=LONGEST.min(value.len()) {
            if index.counts[1][length] > 0 {
                self.look_up(Literal::new(&value[..length], Place::Begin), 0);
            }
            if index.counts[2][length] > 0 {
                let at = value.len() - length;
                self.look_up(Literal::new(&value[at..], Place::End), at);
            }
        }
    }

    /// Literals of one byte, which may be all over a value: each byte is looked up once.
    fn one_byte(&mut self) {
        if self.index.counts[0][1] == 0 {
            return;
        }
        let filter = &self.index.literals[1];
        let mut seen = [false; 256];
        for (at, &byte) in self.value.iter().enumerate() {
            if !std::mem::replace(&mut seen[usize::from(byte)], true)
                && filter.may_hold(self.index.hasher.hash(byte.into()))
            {
                self.look_up(Literal::new(&[byte], Place::Anywhere), at);
            }
        }
    }

    /// Literals of `LENGTH` bytes, two or three.
    fn short<const LENGTH: usize>(&mut self) {
        let (index, value) = (self.index, self.value);
        if index.counts[Place::Anywhere as usize][LENGTH] == 0 {
            return;
        }
        let filter = &index.literals[LENGTH];
        for (at, window) in value.windows(LENGTH).enumerate() {
            let literal = Literal::new(window, Place::Anywhere);
            if filter.may_hold(index.hasher.hash(literal.bytes)) {
                self.look_up(literal, at);
            }
        }
    }

    /// Literals that begin with a gram.
    ///
    /// The grams of 64 places are asked for before the answers are looked at: where one place in ten has a gram that
    /// some literal begins with, going to see it at once costs more, by a branch that nothing can predict, than asking.
    fn anywhere(&mut self) {
        let (filter, hasher, value) = (&self.index.grams, self.index.hasher, self.value);
        if filter.is_empty() {
            return;
        }
        let mut start = 0;
        while start + GRAM <= value.len() {
            let block = &value[start..value.len().min(start + PLACES + GRAM - 1)];
            let mut met = 0u64;
            for (place, window) in block.windows(GRAM).enumerate() {
                let gram = window.first_chunk().map_or(0, |gram| u32::from_le_bytes(*gram));
                met |= filter.bit(hasher.hash_gram(gram)) << place;
            }
            while met != 0 {
                self.at_gram(start + met.trailing_zeros() as usize);
                met &= met - 1;
            }
            start += PLACES;
        }
    }

    /// Literals that begin with the gram at `at`.
    fn at_gram(&mut self, at: usize) {
        let text = &self.value[at..];
        let bytes = load_up_to_eight(text);
        let literal_of = |length: usize| Literal {
            bytes: bytes & (u64::MAX >> (64 - 8 * length)),
            tail: Default::default(),
            length: length as u8,
            place: Place::Anywhere,
        };
        // All are asked for before one is looked up, as above.
        let hashes = GRAM_LENGTHS.map(|length| self.index.hasher.hash(literal_of(length).bytes));
        let mut met = 0u64;
        for (number, (length, hash)) in GRAM_LENGTHS.into_iter().zip(hashes).enumerate() {
            met |= (self.index.literals[length].bit(hash) & u64::from(length <= text.len())) << number;
        }
        while met != 0 {
            let number = met.trailing_zeros() as usize;
            self.look_up_hashed(hashes[number], literal_of(GRAM_LENGTHS[number]), at);
            met &= met - 1;
        }
    }

    fn look_up(&mut self, literal: Literal, at: usize) {
        self.look_up_hashed(self.index.hasher.hash(literal.bytes), literal, at);
    }

    /// Verify the bucket of a literal that stands at `at`.
    fn look_up_hashed(&mut self, hash: u64, literal: Literal, at: usize) {
        if let Some(Slot { bucket, only_literal, .. }) = self.index.slot_at(hash, literal) {
            self.verify(bucket, only_literal, at);
        }
    }

    /// Literals that are long enough to be seen from one place in four.
    fn sampled(&mut self) {
        let (index, value) = (self.index, self.value);
        if index.samples.is_empty() {
            return;
        }
        let (fours, _) = value.as_chunks::<STRIDE>();
        for first in (0..fours.len().saturating_sub(1)).step_by(PLACES) {
            let block = &fours[first..fours.len().min(first + PLACES + 1)];
            let mut met = index.samples.met_in(block, index.hasher);
            while met != 0 {
                let place = first + met.trailing_zeros() as usize;
                self.at_sample(place * STRIDE);
                met &= met - 1;
            }
        }
    }

    /// Literals of which eight bytes stand at `at`.
    fn at_sample(&mut self, at: usize) {
        let (index, value) = (self.index, self.value);
        for bucket in index.samples.at(load_up_to_eight(&value[at..]), index.hasher) {
            let literal = index.buckets[bucket as usize].literal;
            let earliest = at.saturating_sub(STRIDE - 1);
            if let Some(begin) = (earliest..=at).find(|&begin| literal.begins(&value[begin..])) {
                self.verify(bucket, NONE, begin);
            }
        }
    }

    /// Verify a bucket whose literal first stands at `at`, unless it was met before in this search.
    fn verify(&mut self, bucket: u32, only_literal: u32, at: usize) {
        let WildcardScratch { met, search, ends, grams } = &mut *self.scratch;
        let last_search = std::mem::replace(&mut met[bucket as usize], *search);
        if last_search == *search {
            return;
        }
        if only_literal != NONE {
            self.found.push(only_literal);
        } else {
            self.index.buckets[bucket as usize].find(self.value, at, ends, grams, self.found);
        }
    }
}
