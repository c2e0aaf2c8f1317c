//! The grammar of numbers, checked for all numbers of a block at once.
//!
//! ```text
//! [1.5e+3, 20]      ends of runs are found by addition: a carry ripples through the digits after a dot, and what it
//!   .               stops at may be `e` but no second dot
//! ```
//!
//! Nothing is converted here. Whether a number is too large for a double is looked at apart, only where there is an
//! exponent or a run of digits longer than a block (`check.rs`).

use super::classes::Classes;
use super::wide::Wide;

/// What numbers leave for the blocks that follow: bits of the last blocks, or what an addition carries.
#[derive(Clone, Copy, Debug)]
pub struct NumberCarry<W> {
    dots: W,
    signs: W,
    first_zeros: W,
    in_fraction: bool,
    exponents: W,
    after_exponents: W,
    in_exponent: bool,
}

/// Each bit one place up, after what the blocks before had.
#[inline(always)]
fn next<W: Wide>(bits: W, before: &mut W) -> W {
    let shifted = bits.shifted(*before);
    *before = bits;
    shifted
}

/// Where runs of `ones` end that begin with a bit of `starts`, or go on from the blocks before.
#[inline(always)]
fn after_runs<W: Wide>(ones: W, starts: W, carry: &mut bool) -> W {
    ones.plus(starts, carry) & !ones
}

impl<W: Wide> NumberCarry<W> {
    pub fn new(zero: W) -> NumberCarry<W> {
        NumberCarry {
            dots: zero,
            signs: zero,
            first_zeros: zero,
            in_fraction: false,
            exponents: zero,
            after_exponents: zero,
            in_exponent: false,
        }
    }

    /// The bits, not 0, at which something is wrong with the numbers of some blocks, none of which has an exponent.
    ///
    /// `inside` are their bytes, `starts` the first of each, which are digits or minuses. Each other byte is judged by the one before it:
    /// that says all but where zeros lead and how many dots there are.
    #[inline(always)]
    pub fn plain_faults(&mut self, inside: W, starts: W, classes: &Classes<W>) -> W {
        let (digits, dots) = (classes.digits & inside, classes.dots & inside);
        let (zeros, minuses) = (classes.zeros & inside, classes.minuses & inside);
        let after_dot = next(dots, &mut self.dots);
        let after_sign = next(minuses, &mut self.signs);
        let after_fraction = after_runs(digits, after_dot & digits, &mut self.in_fraction);
        ((after_dot | after_sign) & !digits)
            | (after_fraction & dots)
            | (minuses & !starts)
            | (next((starts | after_sign) & zeros, &mut self.first_zeros) & digits)
    }

    /// The same for any numbers.
    #[inline(always)]
    pub fn faults(&mut self, inside: W, starts: W, classes: &Classes<W>) -> W {
        let (digits, dots, zeros) = (classes.digits & inside, classes.dots & inside, classes.zeros & inside);
        let exponents = classes.exponents & inside;
        let signs = (classes.minuses | classes.pluses) & inside;
        let after_dot = next(dots, &mut self.dots);
        let after_sign = next(signs, &mut self.signs);
        let after_fraction = after_runs(digits, after_dot & digits, &mut self.in_fraction);
        let after_exponent = next(exponents, &mut self.exponents);
        let two_after = next(after_exponent, &mut self.after_exponents);
        let first_digits = (after_exponent | (two_after & after_sign)) & digits;
        let after_digits = after_runs(digits, first_digits, &mut self.in_exponent);
        let first_zeros = (starts | (after_sign & !two_after)) & zeros;
        ((after_dot | after_sign) & !digits)
            | (after_fraction & dots)
            | (after_exponent & !(digits | signs))
            | (after_digits & (dots | exponents))
            | (signs & !(starts | after_exponent))
            | (inside & !(digits | dots | signs | exponents))
            | (next(first_zeros, &mut self.first_zeros) & digits)
    }

    /// Whether an exponent may go on from the blocks before.
    #[inline(always)]
    pub fn may_be_in_exponent(&self) -> bool {
        self.in_exponent || !(self.exponents | self.after_exponents).is_zero()
    }
}
