//! Which bytes are inside of strings: all that is between a quote and the next that no backslash escapes.

use super::classes::Classes;
use super::wide::{Wide, ROW};

/// What some blocks leave for those that follow.
#[derive(Clone, Copy, Debug, Default)]
pub struct StringCarry {
    /// Whether a backslash escapes the first byte to come.
    is_escaped: bool,
    /// Whether it is inside a string.
    pub in_string: bool,
}

/// The strings of some blocks.
#[derive(Clone, Copy)]
pub struct Strings<W> {
    /// The bytes before which a backslash stands that escapes them.
    pub escaped: W,
    /// The quotes that are not escaped.
    pub quotes: W,
    /// The bytes of strings, opening quotes included, closing ones not.
    pub inside: W,
}

impl<W: Wide> Strings<W> {
    #[inline(always)]
    pub fn of(classes: &Classes<W>, zero: W, carry: &mut StringCarry) -> Strings<W> {
        let (mut quotes, mut escaped) = (classes.quotes, zero);
        if carry.is_escaped || !classes.backslashes.is_zero() {
            escaped = escaped_bytes(classes.backslashes, zero, &mut carry.is_escaped);
            quotes = quotes & !escaped;
        }
        Strings { escaped, quotes, inside: quotes.parity_up_to(&mut carry.in_string) }
    }
}

/// The bytes that a backslash before them escapes.
#[inline(always)]
pub fn escaped_bytes<W: Wide>(backslashes: W, zero: W, is_escaped: &mut bool) -> W {
    let even = zero.load(&[0x5555_5555_5555_5555; ROW], 0);
    let carried = zero.shifted(zero.or_last(*is_escaped));
    let backslashes = backslashes & !carried;
    let after = backslashes.shifted(zero) | carried;
    // A run of backslashes escapes what follows it when its length is odd: add at its start, and see where it ends.
    let odd_starts = backslashes & !even & !after;
    *is_escaped = false;
    let even_ends = odd_starts.plus(backslashes, is_escaped);
    (even ^ even_ends.shifted(zero)) & after
}
