//! What is known of the bytes of an event, as bitmaps; the lowest bit is the first byte.

use super::wide::ROW;

/// The bitmaps of eight blocks, each kind side by side. Nothing inside a string is marked but its quotes.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub struct Row {
    /// Where strings begin and end: quotes that are not escaped.
    pub quotes: [u64; ROW],
    /// Those of them that begin a string that may be a name: when checked, one after `{` or a comma, else any.
    pub names: [u64; ROW],
    /// In strings, dots and what a backslash before it escapes: what can make a name mean more than its bytes.
    pub special: [u64; ROW],
    pub brackets: [u64; ROW],
    /// `{` and `[`.
    pub opens: [u64; ROW],
    /// `{` and `}`, in strings too.
    pub curly: [u64; ROW],
    pub colons: [u64; ROW],
    pub commas: [u64; ROW],
    /// What may not stand in an object: no name after a comma, no colon after a name, no value after a colon.
    pub odd: [u64; ROW],
}

/// The bitmaps of one block; as in `Row`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block {
    pub quotes: u64,
    pub names: u64,
    pub special: u64,
    pub brackets: u64,
    pub opens: u64,
    pub curly: u64,
    pub colons: u64,
    pub commas: u64,
    pub odd: u64,
}

impl Row {
    #[inline(always)]
    pub fn block(&self, number: usize) -> Block {
        Block {
            quotes: self.quotes[number],
            names: self.names[number],
            special: self.special[number],
            brackets: self.brackets[number],
            opens: self.opens[number],
            curly: self.curly[number],
            colons: self.colons[number],
            commas: self.commas[number],
            odd: self.odd[number],
        }
    }
}
