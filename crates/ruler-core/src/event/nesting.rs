//! The brackets that are open, and the way past those of a container that no rule looks into.

use super::index::{Index, Text};
use super::row::Block;
use super::wide::BLOCK;

/// Objects and arrays around a value, the event itself included.
pub const MAX_DEPTH: usize = 1024;

/// Where a reading stands: a block and which of its bytes are behind.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    pub block: Block,
    /// The brackets that are not behind.
    left: u64,
    /// The bytes that are.
    pub done: u64,
    /// The number of the block after this.
    pub number: usize,
}

impl Cursor {
    /// Go to the next block; false after the last.
    #[inline(always)]
    pub fn next_block<const LAZY: bool>(&mut self, index: &mut Index, bytes: &[u8]) -> bool {
        let Some(block) = index.block::<LAZY>(bytes, self.number) else {
            return false;
        };
        *self = Cursor { left: block.brackets, done: 0, number: self.number + 1, block };
        true
    }

    /// The next bracket of the block, as a bit.
    #[inline(always)]
    pub fn next_bracket(&self) -> Option<u64> {
        (self.left != 0).then_some(self.left & self.left.wrapping_neg())
    }

    /// Where the block begins.
    #[inline(always)]
    pub fn base(&self) -> usize {
        (self.number - 1) * BLOCK
    }

    /// Where what is behind ends.
    #[inline(always)]
    pub fn behind(&self) -> usize {
        self.number * BLOCK - self.done.leading_zeros() as usize
    }

    /// The string that goes on from `start`, which lies in this block or behind it: nearly always it ends in it, too.
    #[inline(always)]
    pub fn text_from<const LAZY: bool>(&self, index: &mut Index, bytes: &[u8], start: usize) -> Option<Text> {
        let within = start - self.base();
        let quotes = if within < BLOCK { self.block.quotes >> within } else { 0 };
        if quotes == 0 {
            return index.text_from::<LAZY>(bytes, start);
        }
        let inside = quotes ^ (quotes - 1);
        let is_special = (self.block.special >> within) & inside != 0;
        Some(Text { end: start + quotes.trailing_zeros() as usize, is_special })
    }

    /// Where the byte of a bit stands.
    #[inline(always)]
    pub fn place_of(&self, bit: u64) -> usize {
        self.base() + bit.trailing_zeros() as usize
    }
}

/// Which kinds of brackets are open: one bit each, the innermost lowest, 1 for `{`.
#[derive(Debug)]
pub struct Nesting {
    pub depth: usize,
    innermost: u64,
    /// What stood where it may not: colons in arrays, and in objects what is odd there.
    pub odd: u64,
    /// The word of each 64 levels that are full.
    pub outer: Outer,
}

/// Memory of a `Nesting`, kept from event to event: clearing it would cost as much as passing a block.
pub type Outer = Box<[u64; MAX_DEPTH / 64 + 1]>;

impl Nesting {
    /// Nothing is open. Whatever is in `outer` is written before it is read.
    pub fn new(outer: Outer) -> Nesting {
        Nesting { depth: 0, innermost: 0, odd: 0, outer }
    }

    /// Put the bytes up to a bracket behind; returns them.
    #[inline(always)]
    pub fn pass(&mut self, at: &mut Cursor, bracket: u64) -> u64 {
        let through = bracket ^ (bracket - 1);
        let segment = through & !at.done;
        at.done = through;
        at.left ^= bracket;
        self.note_odd(&at.block, segment);
        segment
    }

    /// Put what is left of the block behind; returns it.
    #[inline(always)]
    pub fn pass_rest(&mut self, at: &mut Cursor) -> u64 {
        let segment = !at.done;
        self.note_odd(&at.block, segment);
        segment
    }

    #[inline(always)]
    fn note_odd(&mut self, block: &Block, segment: u64) {
        let object = (self.innermost & 1).wrapping_neg();
        self.odd |= segment & ((block.odd & object) | (block.colons & !object));
    }

    /// Open a bracket; false when that is too deep.
    #[inline(always)]
    pub fn push(&mut self, is_curly: bool) -> bool {
        if self.depth.is_multiple_of(64) {
            if self.depth >= MAX_DEPTH {
                return false;
            }
            self.outer[self.depth / 64] = self.innermost;
        }
        self.innermost = self.innermost << 1 | u64::from(is_curly);
        self.depth += 1;
        true
    }

    /// Close the innermost bracket; false when it is of the other kind, or there is none.
    #[inline(always)]
    pub fn pop(&mut self, is_curly: bool) -> bool {
        if self.depth == 0 || (self.innermost & 1 != 0) != is_curly {
            return false;
        }
        self.depth -= 1;
        self.innermost >>= 1;
        if self.depth.is_multiple_of(64) {
            self.innermost = self.outer[self.depth / 64];
        }
        true
    }

    /// Pass the rest of the innermost container, its bracket too; false when that cannot be.
    ///
    /// With `COUNT_ONLY` brackets are only counted, whatever their kind.
    #[inline(always)]
    pub fn leave<const COUNT_ONLY: bool>(&mut self, at: &mut Cursor, index: &mut Index, bytes: &[u8]) -> bool {
        if COUNT_ONLY {
            self.leave_counting(at, index, bytes)
        } else {
            self.leave_checking(at, index, bytes)
        }
    }

    #[inline(always)]
    fn leave_checking(&mut self, at: &mut Cursor, index: &mut Index, bytes: &[u8]) -> bool {
        let outside = self.depth - 1;
        loop {
            if !self.pass_arrays(at, outside) {
                while let Some(bit) = at.next_bracket() {
                    self.pass(at, bit);
                    let is_curly = at.block.curly & bit != 0;
                    if at.block.opens & bit != 0 {
                        if !self.push(is_curly) {
                            return false;
                        }
                    } else if !self.pop(is_curly) {
                        return false;
                    } else if self.depth == outside {
                        return true;
                    }
                }
                self.pass_rest(at);
            }
            if !at.next_block::<false>(index, bytes) {
                return false;
            }
        }
    }

    /// Put the rest of a block behind at once when all in it are arrays, and the container that is left goes on.
    ///
    /// As many levels as it closes, and the one then reached, must be arrays now: then it does not matter which bracket
    /// closes which. Levels are counted within one word.
    #[inline(always)]
    fn pass_arrays(&mut self, at: &mut Cursor, outside: usize) -> bool {
        let opened = (at.left & at.block.opens).count_ones() as usize;
        let closed = (at.left & !at.block.opens).count_ones() as usize;
        let within_word = self.depth % 64;
        if at.left & at.block.curly != 0
            || at.block.colons & !at.done != 0
            || closed >= within_word
            || within_word + opened >= 64
            || self.depth - closed <= outside
            || self.innermost & ((2 << closed) - 1) != 0
        {
            return false;
        }
        self.innermost = self.innermost >> closed << opened;
        self.depth = self.depth + opened - closed;
        true
    }

    #[inline(always)]
    fn leave_counting(&mut self, at: &mut Cursor, index: &mut Index, bytes: &[u8]) -> bool {
        let outside = self.depth - 1;
        let mut depth = self.depth;
        loop {
            let opened = (at.left & at.block.opens).count_ones() as usize;
            let closed = (at.left & !at.block.opens).count_ones() as usize;
            if depth - outside > closed {
                depth = depth + opened - closed;
            } else {
                while let Some(bit) = at.next_bracket() {
                    at.left ^= bit;
                    if at.block.opens & bit != 0 {
                        depth += 1;
                    } else {
                        depth -= 1;
                        if depth == outside {
                            at.done = bit ^ (bit - 1);
                            return self.pop(self.innermost & 1 != 0);
                        }
                    }
                }
            }
            if !at.next_block::<true>(index, bytes) {
                return false;
            }
        }
    }
}
