//! All blocks of an event as bitmaps, checked as a whole or made one after another without a check.

use super::check::{self, Notes};
use super::classes::Classes;
use super::instructions::Instructions;
use super::row::{Block, Row};
use super::strings::{StringCarry, Strings};
use super::wide::{planes, Wide, BLOCK, ROW, ROW_BYTES};

/// The bitmaps of one event. Serves event after event.
#[derive(Debug, Default)]
pub struct Index {
    /// Of which the first blocks, `made`, are those of the event.
    rows: Vec<Row>,
    made: usize,
    notes: Notes,
    /// No better ones are used, whatever the processor has: by default all of them.
    pub instructions: Instructions,
    pub has_backslash: bool,
    /// For blocks that are made when they are asked for (`begin`): what the last one left.
    strings: StringCarry,
}

/// A string, its opening quote left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where its closing quote stands.
    pub end: usize,
    /// Whether it holds an escape or a dot.
    pub is_special: bool,
}

/// Rows that are kept when an event needs far fewer: 512 KB of text.
const ROWS_KEPT: usize = 1024;

/// Blocks in half a row.
const HALF: usize = ROW / 2;

/// Defines one compilation of the pass over the next blocks that checks nothing: a row of them, or half.
macro_rules! define_locate {
    ($name:ident, $wide:ty, $planes:path, $blocks:expr $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        fn $name(event: &[u8], index: &mut Index) {
            // SAFETY: this function is compiled for the instructions, so it runs only where they are.
            let zero = unsafe { <$wide>::zero() };
            let text = &event[index.made * BLOCK..];
            let row = &mut index.rows[index.made / ROW];
            let start = index.made % ROW;
            index.made += text.len().div_ceil(BLOCK).min($blocks);
            let firsts = (start..start + $blocks).step_by(<$wide>::BLOCKS);
            for (first, text) in firsts.zip(text.chunks(<$wide>::BLOCKS * BLOCK)) {
                let classes = Classes::of($planes(text, zero));
                let strings = Strings::of(&classes, zero, &mut index.strings);
                index.has_backslash |= !classes.backslashes.is_zero();
                let outside = !strings.inside;
                let opens = classes.opens & outside;
                strings.quotes.store(&mut row.quotes, first);
                (strings.quotes & strings.inside).store(&mut row.names, first);
                ((classes.dots & strings.inside) | strings.escaped).store(&mut row.special, first);
                (opens | (classes.closes & outside)).store(&mut row.brackets, first);
                opens.store(&mut row.opens, first);
                classes.curly.store(&mut row.curly, first);
                (classes.colons & outside).store(&mut row.colons, first);
                (classes.commas & outside).store(&mut row.commas, first);
            }
        }
    };
}

define_locate!(locate_plain, u64, planes, HALF);

#[cfg(target_arch = "x86_64")]
mod compiled {
    use super::super::instructions::best;
    use super::super::wide_simd::{planes_of_half, Avx2, Avx512};
    use super::*;

    define_locate!(locate_avx2, Avx2, Avx2::planes, HALF, "avx2,bmi1,bmi2,lzcnt,popcnt");
    define_locate!(
        locate_half_avx512,
        Avx2,
        planes_of_half,
        HALF,
        "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,gfni,avx2,bmi1,bmi2,lzcnt,popcnt"
    );
    define_locate!(
        locate_avx512,
        Avx512,
        Avx512::planes,
        ROW,
        "avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,avx2,bmi1,bmi2,lzcnt,popcnt"
    );

    /// Half rows at first, since reading often ends there.
    #[inline(always)]
    pub fn locate(event: &[u8], index: &mut Index) {
        match best(index.instructions) {
            // SAFETY: the processor has these instructions, or `best` would not say so.
            Instructions::Avx512 if index.made < ROW => unsafe { locate_half_avx512(event, index) },
            // SAFETY: as above.
            Instructions::Avx512 => unsafe { locate_avx512(event, index) },
            // SAFETY: as above.
            Instructions::Avx2 => unsafe { locate_avx2(event, index) },
            Instructions::Plain => locate_plain(event, index),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod compiled {
    pub use super::locate_plain as locate;
}

impl Index {
    /// Make the bitmaps of `bytes`; false when they are not JSON, whatever their nesting.
    pub fn check(&mut self, bytes: &[u8]) -> bool {
        self.make_room(bytes.len());
        self.made = bytes.len().div_ceil(BLOCK);
        let rows = &mut self.rows[..bytes.len().div_ceil(ROW_BYTES)];
        let is_right = check::check(bytes, self.instructions, &mut self.notes, rows);
        self.has_backslash = self.notes.has_backslash;
        is_right
    }

    /// Get ready to make the bitmaps of `bytes` as they are asked for, without checking anything.
    pub fn begin(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.made = 0;
        self.has_backslash = false;
        self.strings = StringCarry::default();
    }

    /// The block of a number, None after the last. With `LAZY`, it is made when it is not there yet.
    #[inline(always)]
    pub fn block<const LAZY: bool>(&mut self, bytes: &[u8], number: usize) -> Option<Block> {
        self.has::<LAZY>(bytes, number).then(|| self.rows[number / ROW].block(number % ROW))
    }

    /// The blocks from a number on.
    pub fn blocks_from(&self, number: usize) -> impl Iterator<Item = Block> + '_ {
        (number..self.made).map(|number| self.rows[number / ROW].block(number % ROW))
    }

    /// Whether there is a block of a number; made as `block` says, and all before it: white space may be longer than a row.
    #[inline(always)]
    fn has<const LAZY: bool>(&mut self, bytes: &[u8], number: usize) -> bool {
        while LAZY && number >= self.made && self.made * BLOCK < bytes.len() {
            compiled::locate(bytes, self);
        }
        number < self.made
    }

    /// Room for the rows of an event, whose bitmaps are written before they are read.
    #[inline(always)]
    fn make_room(&mut self, length: usize) {
        let needed = length.div_ceil(ROW_BYTES);
        if self.rows.len() < needed {
            self.rows.resize(needed, Row::default());
        } else if self.rows.len() > ROWS_KEPT && self.rows.len() / 8 > needed {
            self.rows.truncate(needed.max(ROWS_KEPT));
            self.rows.shrink_to_fit();
        }
    }

    /// The string that goes on from `start`, which is behind its quote.
    pub fn text_from<const LAZY: bool>(&mut self, bytes: &[u8], start: usize) -> Option<Text> {
        let mut number = start / BLOCK;
        let mut wanted = u64::MAX << (start % BLOCK);
        let mut special = 0;
        while self.has::<LAZY>(bytes, number) {
            let (row, block) = (&self.rows[number / ROW], number % ROW);
            let quotes = row.quotes[block] & wanted;
            let inside = wanted & (quotes ^ quotes.wrapping_sub(1));
            special |= row.special[block] & inside;
            if quotes != 0 {
                let end = number * BLOCK + quotes.trailing_zeros() as usize;
                return Some(Text { end, is_special: special != 0 });
            }
            number += 1;
            wanted = u64::MAX;
        }
        None
    }

    /// The first comma or bracket at or after `at`: where a number ends that begins there, but for white space.
    #[inline(always)]
    pub fn end_from<const LAZY: bool>(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut number = at / BLOCK;
        let mut wanted = u64::MAX << (at % BLOCK);
        while self.has::<LAZY>(bytes, number) {
            let (row, block) = (&self.rows[number / ROW], number % ROW);
            let ends = (row.commas[block] | row.brackets[block]) & wanted;
            if ends != 0 {
                return Some(number * BLOCK + ends.trailing_zeros() as usize);
            }
            number += 1;
            wanted = u64::MAX;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_does_not_depend_on_the_one_before_it() {
        let mut index = Index::default();
        assert!(index.check(br#"["xxxxxx\ud83d\ude00"]"#));
        assert!(!index.check(br#"["xxxxxx......\ude00"]"#));
        for length in [5_000_000, 560_000, 40, 600_000] {
            assert!(index.check(format!("[{}]", " ".repeat(length)).as_bytes()), "{length}");
        }
    }

    #[test]
    fn blocks_are_made_however_far_the_next_is() {
        for length in [0, 500, 2000, 5000] {
            let text = format!("{}\"x.y\"", " ".repeat(length));
            let mut index = Index::default();
            index.begin(text.as_bytes());
            let found = Text { end: length + 4, is_special: true };
            assert_eq!(index.text_from::<true>(text.as_bytes(), length + 1), Some(found));
            assert_eq!(index.text_from::<true>(text.as_bytes(), length + 5), None);
        }
    }
}
