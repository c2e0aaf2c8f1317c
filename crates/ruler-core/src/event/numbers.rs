//! The grammar of numbers, checked for all numbers of a block at once.
//!
//! ```text
//! [1.5e+3, 20]      ends of runs are found by addition: a carry ripples through the digits after a dot, and what it
//!   .               stops at may be `e` but no second dot
//! ```
//!
//! Nothing is converted here. Whether a number is too large for a double is looked at apart, only where there is an
//! exponent or a run of digits longer than a block (`index.rs`).

use super::masks::{ExponentMasks, NumberMasks};

/// What the numbers of a block leave for the next: each is 0 or 1, for the bit before its first.
#[derive(Clone, Copy, Debug, Default)]
pub struct NumberCarry {
    dot: u64,
    sign: u64,
    first_zero: u64,
    in_fraction: u64,
    exponent: u64,
    after_exponent: u64,
    in_exponent: u64,
}

/// Shift up by one, with what the block before carried.
#[inline(always)]
fn next(bits: u64, carry: &mut u64) -> u64 {
    let shifted = bits << 1 | *carry;
    *carry = bits >> 63;
    shifted
}

/// Where runs of `ones` end that begin with a bit of `starts`, or go on from the block before.
#[inline(always)]
fn after_runs(ones: u64, starts: u64, carry: &mut u64) -> u64 {
    let (sum, first) = ones.overflowing_add(starts);
    let (sum, second) = sum.overflowing_add(*carry);
    *carry = u64::from(first | second);
    sum & !ones
}

impl NumberCarry {
    /// The bits, not 0, at which something is wrong with the numbers of a block, none of which has an exponent.
    ///
    /// `starts` are their first bytes, which are digits or minuses. Each other byte is judged by the one before it:
    /// that says all but where zeros lead and how many dots there are.
    #[inline(always)]
    pub fn plain_faults(&mut self, starts: u64, masks: &NumberMasks) -> u64 {
        let &NumberMasks { digits, zeros, minuses, dots } = masks;
        let after_dot = next(dots, &mut self.dot);
        let after_sign = next(minuses, &mut self.sign);
        let after_fraction = after_runs(digits, after_dot & digits, &mut self.in_fraction);
        ((after_dot | after_sign) & !digits)
            | (after_fraction & dots)
            | (minuses & !starts)
            | (next((starts | after_sign) & zeros, &mut self.first_zero) & digits)
    }

    /// The same for any numbers; all masks inside of numbers.
    #[inline(always)]
    pub fn faults(&mut self, starts: u64, masks: &NumberMasks, exponent_masks: &ExponentMasks) -> u64 {
        let &NumberMasks { digits, zeros, minuses, dots } = masks;
        let &ExponentMasks { exponents, pluses } = exponent_masks;
        let signs = minuses | pluses;
        let after_dot = next(dots, &mut self.dot);
        let after_sign = next(signs, &mut self.sign);
        let after_fraction = after_runs(digits, after_dot & digits, &mut self.in_fraction);
        let after_exponent = next(exponents, &mut self.exponent);
        let two_after = next(after_exponent, &mut self.after_exponent);
        let first_digits = (after_exponent | (two_after & after_sign)) & digits;
        let after_digits = after_runs(digits, first_digits, &mut self.in_exponent);
        let first_zeros = (starts | (after_sign & !two_after)) & zeros;
        ((after_dot | after_sign) & !digits)
            | (after_fraction & dots)
            | (after_exponent & !(digits | signs))
            | (after_digits & (dots | exponents))
            | (signs & !(starts | after_exponent))
            | (next(first_zeros, &mut self.first_zero) & digits)
    }

    /// Whether the block before ended in or after the `e` of an exponent.
    #[inline(always)]
    pub fn is_in_exponent(&self) -> bool {
        self.exponent | self.after_exponent | self.in_exponent != 0
    }
}
