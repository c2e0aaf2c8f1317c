//! Checks all that JSON asks of bytes and that needs no memory of nesting, many blocks at a time.
//!
//! In: the bytes of an event. Out: rows of bitmaps that say where strings, brackets, colons and commas are; false when
//! the bytes cannot be JSON. What is left to `read.rs`: that brackets fit, that objects have names and arrays have none
//! (`odd` marks what only an array may hold), and that it is one object.
//!
//! Idea: what may follow what is a matter of neighbours once white space is skipped. The end of each token marks the
//! place after it; where that is white space an addition makes the mark ripple to the next token; and there a mask tells
//! whether that token may stand. No token is looked at alone but literals, so hardly a branch depends on the text.
//!
//! ```text
//! {"a" : [1, 2]}     after_name    .....x........  must be a colon, or a comma or bracket of an array
//! ```

use super::classes::Classes;
use super::escapes::EscapeCheck;
use super::instructions::Instructions;
use super::numbers::NumberCarry;
use super::reuse::empty;
use super::row::Row;
use super::strings::{StringCarry, Strings};
use super::wide::{planes, Wide, BLOCK, ROW, ROW_BYTES};

/// What is noted of an event besides bitmaps. Serves event after event.
#[derive(Debug, Default)]
pub struct Notes {
    pub has_backslash: bool,
    /// Whether an escape or a literal is wrong.
    is_wrong: bool,
    /// Bytes of numbers that might be too large for a double.
    suspects: Vec<usize>,
    escapes: EscapeCheck,
}

/// What blocks leave for those that follow: the bits of the last blocks, or what an addition carries.
struct Carry<W> {
    zero: W,
    strings: StringCarry,
    in_name: bool,
    in_literal: bool,
    in_long_number: bool,
    scalars: W,
    after_curly: W,
    after_comma: W,
    /// After `[` or a colon.
    after_opening: W,
    after_name: W,
    after_value: W,
    numbers: NumberCarry<W>,
}

impl<W: Wide> Carry<W> {
    #[inline(always)]
    fn new(zero: W) -> Carry<W> {
        Carry {
            zero,
            strings: StringCarry::default(),
            in_name: false,
            in_literal: false,
            in_long_number: false,
            scalars: zero,
            after_curly: zero,
            after_comma: zero,
            after_opening: zero,
            after_name: zero,
            after_value: zero,
            numbers: NumberCarry::new(zero),
        }
    }
}

/// The tokens of some blocks that are not scalars; all outside of strings but `curly`.
struct Tokens<W> {
    strings: Strings<W>,
    opens: W,
    closes: W,
    /// `{` and `}`, in strings too.
    curly: W,
    commas: W,
    colons: W,
    white: W,
}

/// What the tokens of some blocks say of each other.
struct Neighbours<W> {
    /// Strings that stand where a name may: after `{`, or after a comma, in an array too.
    names: W,
    /// What may not stand in an object.
    odd: W,
    /// What may stand nowhere.
    misplaced: W,
}

/// Where some blocks stand.
#[derive(Clone, Copy)]
struct Place<'a> {
    event: &'a [u8],
    /// The first byte of their row.
    row_start: usize,
    /// The first of them in it.
    first: usize,
}

/// Begins with a cache line, and so does all else that the function around it keeps on its stack: bitmaps that find no
/// register would otherwise be stored across two lines, or not, as the stack of the caller happens to end. That was a
/// tenth of the time of an event.
#[repr(align(64))]
struct Aligned([u64; ROW]);

impl Place<'_> {
    /// Call `note` with the place of each of `bits`, in order.
    #[inline(always)]
    fn each<W: Wide>(self, bits: W, mut note: impl FnMut(usize)) {
        let mut blocks = Aligned([0; ROW]);
        bits.store(&mut blocks.0, self.first);
        for (start, &block) in (self.row_start..).step_by(BLOCK).zip(&blocks.0) {
            let mut left = block;
            while left != 0 {
                note(start + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

/// The token after each of `ends`, across white space, and after each byte before one of `marked`.
#[inline(always)]
fn following<W: Wide, const HAS_WHITE: bool>(ends: W, marked: W, white: W, before: &mut W) -> W {
    let after = ends.shifted(*before) | marked;
    *before = ends;
    if !HAS_WHITE {
        return after;
    }
    let mut goes_on = false;
    let rippled = white.plus(after & white, &mut goes_on);
    *before = ends.or_last(goes_on);
    (after | rippled) & !white
}

/// Some blocks of a row through everything that is checked; returns the bits that are wrong.
///
/// `present` are the bytes that belong to the event.
#[inline(always)]
fn check_blocks<W: Wide>(
    classes: &Classes<W>,
    present: W,
    place: Place<'_>,
    carry: &mut Carry<W>,
    notes: &mut Notes,
    row: &mut Row,
) -> W {
    let strings = Strings::of(classes, carry.zero, &mut carry.strings);
    if !strings.escaped.is_zero() {
        notes.has_backslash = true;
        notes.is_wrong |= !are_escapes(strings.escaped, place, &mut notes.escapes);
    }
    let Strings { quotes, inside, .. } = strings;
    let outside = !inside;
    let tokens = Tokens {
        strings,
        opens: classes.opens & outside,
        closes: classes.closes & outside,
        curly: classes.curly,
        commas: classes.commas & outside,
        colons: classes.colons & outside,
        white: classes.white & outside,
    };
    let Tokens { opens, closes, curly, commas, colons, white, .. } = tokens;
    let scalars = present & !(inside | quotes | opens | closes | commas | colons | white);
    let after_scalar_byte = scalars.shifted(carry.scalars);
    carry.scalars = scalars;
    let starts = scalars & !after_scalar_byte;
    let wrong_scalars = check_scalars((scalars, starts), classes, place, carry, notes);
    let after_scalar = after_scalar_byte & !scalars;
    let Neighbours { names, odd, misplaced } = if white.is_zero() {
        check_neighbours::<W, false>(&tokens, starts, after_scalar, carry)
    } else {
        check_neighbours::<W, true>(&tokens, starts, after_scalar, carry)
    };
    quotes.store(&mut row.quotes, place.first);
    names.store(&mut row.names, place.first);
    ((classes.dots & inside) | strings.escaped).store(&mut row.special, place.first);
    (opens | closes).store(&mut row.brackets, place.first);
    opens.store(&mut row.opens, place.first);
    curly.store(&mut row.curly, place.first);
    commas.store(&mut row.commas, place.first);
    colons.store(&mut row.colons, place.first);
    odd.store(&mut row.odd, place.first);
    (classes.controls & inside) | wrong_scalars | (misplaced & present)
}

/// Which tokens may be names, and which may not follow the one before them: in an object, and anywhere.
///
/// A bracket that closes after a colon, or in an object after `[`, is among the first: it closes the wrong kind, or
/// there is a colon in an array, which is refused where nesting is known.
#[inline(always)]
fn check_neighbours<W: Wide, const HAS_WHITE: bool>(
    tokens: &Tokens<W>,
    scalar_starts: W,
    after_scalar: W,
    carry: &mut Carry<W>,
) -> Neighbours<W> {
    let &Tokens { strings: Strings { quotes, inside, .. }, opens, closes, curly, commas, colons, white } = tokens;
    let (strings, string_ends) = (quotes & inside, quotes & !inside);
    let zero = carry.zero;
    let values = strings | scalar_starts | opens;
    let after_curly = following::<W, HAS_WHITE>(opens & curly, zero, white, &mut carry.after_curly);
    let after_comma = following::<W, HAS_WHITE>(commas, zero, white, &mut carry.after_comma);
    let after_opening = following::<W, HAS_WHITE>((opens & !curly) | colons, zero, white, &mut carry.after_opening);

    let names = strings & (after_curly | after_comma);
    let name_ends = inside.plus(names, &mut carry.in_name) & string_ends;
    let value_ends = (string_ends ^ name_ends) | closes;
    let after_name = following::<W, HAS_WHITE>(name_ends, zero, white, &mut carry.after_name);
    let after_value = following::<W, HAS_WHITE>(value_ends, after_scalar, white, &mut carry.after_value);

    let misplaced = (after_curly & !(strings | closes))
        | (after_opening & !(values | closes))
        | (after_comma & !values)
        | (after_name & !(colons | commas | closes))
        | (after_value & !(commas | closes));
    let odd = (after_comma & !strings) | (after_name & !colons) | (after_opening & closes);
    Neighbours { names, odd, misplaced }
}

/// The scalars of some blocks: numbers without exponents here, all others apart. Returns the bits that are wrong.
#[inline(always)]
fn check_scalars<W: Wide>(
    (scalars, starts): (W, W),
    classes: &Classes<W>,
    place: Place<'_>,
    carry: &mut Carry<W>,
    notes: &mut Notes,
) -> W {
    let mut in_numbers = scalars;
    let literals = starts & !(classes.digits | classes.minuses);
    if carry.in_literal || !literals.is_zero() {
        notes.is_wrong |= !are_literals(literals, place);
        in_numbers = scalars & scalars.plus(literals, &mut carry.in_literal);
    }
    let starts = starts & in_numbers;
    let others = in_numbers & !(classes.digits | classes.minuses | classes.dots);
    let wrong = if others.is_zero() && !carry.numbers.may_be_in_exponent() {
        carry.numbers.plain_faults(in_numbers, starts, classes)
    } else {
        let wrong = carry.numbers.faults(in_numbers, starts, classes);
        if wrong.is_zero() {
            note_exponents(in_numbers & classes.exponents, place, &mut notes.suspects);
        }
        wrong
    };
    if in_numbers.has_full_block() {
        note_long_numbers(in_numbers, place, &mut carry.in_long_number, &mut notes.suspects);
    } else {
        carry.in_long_number = false;
    }
    wrong
}

/// Whether escapes of JSON stand at `escaped`.
#[inline(always)]
fn are_escapes<W: Wide>(escaped: W, place: Place<'_>, check: &mut EscapeCheck) -> bool {
    let mut are_right = true;
    place.each(escaped, |at| are_right &= check.is_right(place.event, at));
    are_right
}

/// Whether literals stand at `starts`.
#[inline(always)]
fn are_literals<W: Wide>(starts: W, place: Place<'_>) -> bool {
    let mut are_right = true;
    place.each(starts, |at| are_right &= is_literal(place.event, at));
    are_right
}

/// Whether a literal stands at `at`, and ends there.
#[inline]
fn is_literal(bytes: &[u8], at: usize) -> bool {
    let length = match bytes.get(at..at + 4) {
        Some(b"true" | b"null") => 4,
        Some(b"fals") if bytes.get(at + 4) == Some(&b'e') => 5,
        _ => return false,
    };
    matches!(bytes.get(at + length), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
}

/// Note numbers with exponents.
#[inline(always)]
fn note_exponents<W: Wide>(exponents: W, place: Place<'_>, suspects: &mut Vec<usize>) {
    place.each(exponents, |at| suspects.push(at));
}

/// Note the first of blocks that hold nothing but a number: one that a double cannot hold has such, or an exponent.
#[inline(always)]
fn note_long_numbers<W: Wide>(in_numbers: W, place: Place<'_>, in_long_number: &mut bool, suspects: &mut Vec<usize>) {
    let mut blocks = [0; ROW];
    in_numbers.store(&mut blocks, place.first);
    for (number, block) in blocks.iter().enumerate().skip(place.first).take(W::BLOCKS) {
        let is_full = *block == u64::MAX;
        if is_full && !*in_long_number {
            suspects.push(place.row_start + number * BLOCK);
        }
        *in_long_number = is_full;
    }
}

/// Which bits of the blocks of a row belong to an event that goes on for `length` bytes.
fn present(length: usize) -> [u64; ROW] {
    std::array::from_fn(|block| match length.saturating_sub(block * BLOCK) {
        count @ 0..BLOCK => (1 << count) - 1,
        _ => u64::MAX,
    })
}

/// Defines one compilation of the check, for one set of instructions. There are as many rows as the event needs.
macro_rules! define_check {
    ($name:ident, $wide:ty, $planes:path $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        fn $name(event: &[u8], notes: &mut Notes, rows: &mut [Row]) -> bool {
            // SAFETY: this function is compiled for the instructions, so it runs only where they are.
            let zero = unsafe { <$wide>::zero() };
            let mut carry = Carry::<$wide>::new(zero);
            let (mut faults, mut not_ascii, mut row_start) = (zero, zero, 0);
            for (text, row) in event.chunks(ROW_BYTES).zip(rows) {
                let present = if text.len() == ROW_BYTES { [u64::MAX; ROW] } else { present(text.len()) };
                for (first, text) in (0..ROW).step_by(<$wide>::BLOCKS).zip(text.chunks(<$wide>::BLOCKS * BLOCK)) {
                    let classes = Classes::of($planes(text, zero));
                    not_ascii |= classes.not_ascii;
                    let (present, place) = (zero.load(&present, first), Place { event, row_start, first });
                    faults |= check_blocks(&classes, present, place, &mut carry, notes, row);
                }
                row_start += ROW_BYTES;
            }
            faults.is_zero()
                && !notes.is_wrong
                && !carry.strings.in_string
                && (not_ascii.is_zero() || simdutf8::basic::from_utf8(event).is_ok())
                && notes.suspects.iter().all(|&at| is_finite(event, at))
        }
    };
}

/// Whether the number that the byte at `at` belongs to is finite as a double. The number is known to be well formed.
#[cold]
fn is_finite(bytes: &[u8], at: usize) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let start = bytes[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let end = bytes[at..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |length| at + length);
    crate::number::Number::parse(&bytes[start..end]).is_some()
}

define_check!(check_plain, u64, planes);

#[cfg(target_arch = "x86_64")]
mod compiled {
    use super::super::instructions::{best, Instructions};
    use super::super::wide_simd::{Avx2, Avx512};
    use super::*;

    define_check!(check_avx2, Avx2, Avx2::planes, "avx2,bmi1,bmi2,lzcnt,popcnt");
    define_check!(
        check_avx512,
        Avx512,
        Avx512::planes,
        "avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,avx2,bmi1,bmi2,lzcnt,popcnt"
    );

    pub fn check(event: &[u8], at_most: Instructions, notes: &mut Notes, rows: &mut [Row]) -> bool {
        match best(at_most) {
            // SAFETY: the processor has these instructions, or `best` would not say so.
            Instructions::Avx512 => unsafe { check_avx512(event, notes, rows) },
            // SAFETY: as above.
            Instructions::Avx2 => unsafe { check_avx2(event, notes, rows) },
            Instructions::Plain => check_plain(event, notes, rows),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod compiled {
    use super::super::instructions::Instructions;
    use super::*;

    pub fn check(event: &[u8], _: Instructions, notes: &mut Notes, rows: &mut [Row]) -> bool {
        check_plain(event, notes, rows)
    }
}

/// Fill `rows`, of which there are as many as `event` needs; false when it cannot be JSON.
#[inline]
pub fn check(event: &[u8], at_most: Instructions, notes: &mut Notes, rows: &mut [Row]) -> bool {
    empty(&mut notes.suspects);
    notes.escapes = EscapeCheck::default();
    notes.is_wrong = false;
    notes.has_backslash = false;
    compiled::check(event, at_most, notes, rows)
}

#[cfg(test)]
mod tests {
    use crate::event::index::Index;
    use crate::event::Instructions;

    /// What the bitmaps alone must refuse, at every place relative to the borders of blocks.
    #[test]
    fn what_no_nesting_makes_right_is_refused_wherever_it_stands() {
        let wrong = [
            "[1 2]",
            "[,]",
            "[1,]",
            "{,}",
            "{\"a\":1,}",
            "{1:2}",
            "[01]",
            "[-]",
            "[1.]",
            "[.5]",
            "[1e]",
            "[1e+]",
            "[+1]",
            "[1.2.3]",
            "[1e5.5]",
            "[1e5e5]",
            "[--1]",
            "[1-2]",
            "[-01]",
            "[00]",
            "[tru]",
            "[truex]",
            "[nul]",
            "[falsee]",
            "[True]",
            "[\"a\" \"b\"]",
            "[\"\u{1}\"]",
            "[\"\t\"]",
            "[\"\\x\"]",
            "[\"\\u12\"]",
            "[\"\\ud800\"]",
            "[1e309]",
            "[-1e400]",
            "[\"a]",
            "[\u{c}]",
            "[1\u{b}]",
            "{\"a\":1:2}",
            "{\"a\":\"b\":1}",
            "[{}{}]",
            "[[]1]",
            "['a']",
            "[1;2]",
            "[\\\"a\"]",
            "[1\\n]",
        ];
        let right = [
            "[]",
            "{}",
            "[1, 2]",
            "{\"a\" : 1 , \"b\":[ ] }",
            "[0]",
            "[-0]",
            "[0.5e-10]",
            "[1E+5]",
            "[123456789012345678901234567890]",
            "[true,false,null]",
            "[\"\\\\\"]",
            "[\"\\\\\\\"\"]",
            "[\"\\ud83d\\ude00\"]",
            "[\"é😀\"]",
            "[1e308]",
            "[[],[[]],{}]",
            "[\"{[,:\"]",
            "[\"\u{7f}\"]",
        ];
        for way in [Instructions::Plain, Instructions::Avx2, Instructions::Avx512] {
            let mut index = Index::default();
            index.instructions = way;
            let mut check = |bytes: &[u8]| index.check(bytes);
            for space in 0..=130 {
                for text in wrong {
                    let text = format!("{}{text}", " ".repeat(space));
                    assert!(!check(text.as_bytes()), "{way:?}: {text:?}");
                }
                for text in right {
                    let text = format!("{}{text}", " ".repeat(space));
                    assert!(check(text.as_bytes()), "{way:?}: {text:?}");
                }
                let long = format!("[\"{}\",{}1]", "x".repeat(space), "0.".repeat(usize::from(space > 0)));
                assert!(check(long.as_bytes()), "{way:?}: {long:?}");
                let digits = "1".repeat(240 + space);
                assert_eq!(check(format!("[{digits}]").as_bytes()), digits.len() <= 309, "{way:?}: {}", digits.len());
            }
        }
    }
}
