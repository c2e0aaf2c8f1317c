//! All blocks of an event as bitmaps, with everything checked on the way that needs no memory of nesting.
//!
//! In: the bytes of an event. Out: for each 64 bytes where strings, brackets, colons and commas are; false when the
//! bytes cannot be JSON. What is left to `read.rs`: that brackets fit, that objects have names and arrays have none
//! (`Block::odd` marks what only an array may hold), and that it is one object.
//!
//! Idea: what may follow what is a matter of neighbours once white space is skipped. The end of each token marks the
//! place after it; where that is white space an addition makes the mark ripple to the next token; and there a mask tells
//! whether that token may stand. No token is looked at alone, so no branch depends on the text but two a block: are
//! there backslashes, are there numbers.
//!
//! ```text
//! {"a" : [1, 2]}     after_name    .....x........  must be a colon, or a comma or bracket of an array
//! ```

use super::escapes::{escaped, EscapeCheck};
use super::masks::{self, ExponentMasks, Masks, NumberMasks, BLOCK};
use super::numbers::NumberCarry;
#[cfg(target_arch = "x86_64")]
use super::simd;

/// What is known of 64 bytes; the lowest bit is the first byte. Nothing inside a string is marked but its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block {
    /// Where strings begin and end: quotes that are not escaped.
    pub quotes: u64,
    /// Those of them that begin one.
    pub starts: u64,
    pub brackets: u64,
    /// `{` and `[`.
    pub opens: u64,
    /// `{` and `}`.
    pub curly: u64,
    pub colons: u64,
    pub commas: u64,
    /// What may not stand in an object: no name after a comma, no colon after a name, no value after a colon.
    pub odd: u64,
}

/// The bitmaps of one event. Serves event after event.
#[derive(Debug, Default)]
pub struct Index {
    pub blocks: Vec<Block>,
    pub has_backslash: bool,
    /// For blocks that are made when they are asked for (`begin`): what the last one left.
    carry: Carry,
    /// Bytes of numbers that might be too large for a double.
    suspects: Vec<usize>,
}

/// What a block leaves for the next: each is 0 or 1, for the bit before its first.
#[derive(Debug, Default)]
struct Carry {
    backslash: u64,
    /// All ones inside a string.
    in_string: u64,
    in_name: u64,
    scalar: u64,
    after_curly: u64,
    after_comma: u64,
    /// After `[` or a colon.
    after_opening: u64,
    after_name: u64,
    after_value: u64,
    numbers: NumberCarry,
    all_number: bool,
    /// Where the literal that was last met ends.
    literal_end: usize,
    escapes: EscapeCheck,
}

/// The token after each of `ends`, across white space, and after each byte before one of `marked`.
#[inline(always)]
fn following<const HAS_WHITE: bool>(ends: u64, marked: u64, white: u64, carry: &mut u64) -> u64 {
    let after = ends << 1 | marked | *carry;
    *carry = ends >> 63;
    if !HAS_WHITE {
        return after;
    }
    let (rippled, overflow) = white.overflowing_add(after & white);
    *carry |= u64::from(overflow);
    (after | rippled) & !white
}

/// One block through everything that is checked; returns what is known of it and the bits that are wrong.
#[inline(always)]
fn check_block(
    masks: Masks,
    numbers: impl FnOnce() -> NumberMasks,
    exponents: impl FnOnce() -> ExponentMasks,
    parity_up_to: impl FnOnce(u64) -> u64,
    (bytes, base): (&[u8], usize),
    carry: &mut Carry,
    suspects: &mut Vec<usize>,
) -> (Block, u64) {
    let mut faults = 0;
    let mut quotes = masks.quotes;
    if masks.backslashes | carry.backslash != 0 {
        let escaped = escaped(masks.backslashes, &mut carry.backslash);
        quotes &= !escaped;
        faults |= u64::from(!are_right(escaped, bytes, base, &mut carry.escapes));
    }
    let inside = parity_up_to(quotes) ^ carry.in_string; // opening quotes included, closing ones not
    carry.in_string = ((inside as i64) >> 63) as u64;
    faults |= masks.controls & inside;
    let tokens = Tokens {
        quotes,
        inside,
        opens: masks.opens & !inside,
        closes: masks.closes & !inside,
        curly: masks.curly,
        commas: masks.commas & !inside,
        colons: masks.colons & !inside,
        white: masks.white & !inside,
    };
    let Tokens { opens, closes, commas, colons, white, .. } = tokens;
    let scalars = !(inside | quotes | opens | closes | commas | colons | white);
    let after_scalar_byte = scalars << 1 | carry.scalar;
    let scalar_starts = scalars & !after_scalar_byte;
    if scalars | carry.scalar != 0 {
        let text = (bytes, base);
        let masks = numbers();
        let masks = NumberMasks {
            digits: masks.digits & scalars,
            minuses: masks.minuses & scalars,
            zeros: masks.zeros & scalars,
            dots: masks.dots & scalars,
        };
        faults |= check_scalars((scalars, scalar_starts), masks, exponents, text, carry, suspects);
    }
    carry.scalar = scalars >> 63;
    let after_scalar = after_scalar_byte & !scalars;
    let has_names = quotes | inside | colons | (opens & masks.curly) | carry.after_name | carry.after_curly != 0;
    let (odd, misplaced) = if !has_names && white == 0 {
        check_numbers_only(&tokens, scalar_starts, after_scalar, carry)
    } else if white == 0 {
        check_neighbours::<false>(&tokens, scalar_starts, after_scalar, carry)
    } else {
        check_neighbours::<true>(&tokens, scalar_starts, after_scalar, carry)
    };
    let block = Block {
        quotes,
        starts: quotes & inside,
        brackets: opens | closes,
        opens,
        curly: masks.curly,
        colons,
        commas,
        odd,
    };
    (block, faults | misplaced)
}

/// The tokens of a block that are not scalars; all outside of strings but `quotes` and `inside`.
struct Tokens {
    quotes: u64,
    /// The bytes of strings, opening quotes included, closing ones not.
    inside: u64,
    opens: u64,
    closes: u64,
    /// `{` and `}`, in strings too.
    curly: u64,
    commas: u64,
    colons: u64,
    white: u64,
}

/// As `check_neighbours`, for blocks without strings, colons, `{` and white space: most of a long array of numbers.
#[inline(always)]
fn check_numbers_only(tokens: &Tokens, scalar_starts: u64, after_scalar: u64, carry: &mut Carry) -> (u64, u64) {
    let &Tokens { opens, closes, commas, .. } = tokens;
    let values = scalar_starts | opens;
    let after_comma = following::<false>(commas, 0, 0, &mut carry.after_comma);
    let after_opening = following::<false>(opens, 0, 0, &mut carry.after_opening);
    let after_value = following::<false>(closes, after_scalar, 0, &mut carry.after_value);
    let misplaced = (after_opening & !(values | closes)) | (after_comma & !values) | (after_value & !(commas | closes));
    (after_comma | (after_opening & closes), misplaced)
}

/// Which tokens may not follow the one before them: in an object, and anywhere.
///
/// A bracket that closes after a colon, or in an object after `[`, is among the first: it closes the wrong kind, or
/// there is a colon in an array, which is refused where nesting is known.
#[inline(always)]
fn check_neighbours<const HAS_WHITE: bool>(
    tokens: &Tokens,
    scalar_starts: u64,
    after_scalar: u64,
    carry: &mut Carry,
) -> (u64, u64) {
    let &Tokens { quotes, inside, opens, closes, curly, commas, colons, white } = tokens;
    let strings = quotes & inside;
    let string_ends = quotes & !inside;
    let values = strings | scalar_starts | opens;
    let after_curly = following::<HAS_WHITE>(opens & curly, 0, white, &mut carry.after_curly);
    let after_comma = following::<HAS_WHITE>(commas, 0, white, &mut carry.after_comma);
    let after_opening = following::<HAS_WHITE>((opens & !curly) | colons, 0, white, &mut carry.after_opening);

    // Strings that stand where a name may: after `{`, or after a comma, in an array too.
    let name_starts = strings & (after_curly | after_comma);
    let (sum, first) = inside.overflowing_add(name_starts);
    let (sum, second) = sum.overflowing_add(carry.in_name);
    carry.in_name = u64::from(first | second);
    let name_ends = sum & string_ends;
    let value_ends = (string_ends ^ name_ends) | closes;
    let after_name = following::<HAS_WHITE>(name_ends, 0, white, &mut carry.after_name);
    let after_value = following::<HAS_WHITE>(value_ends, after_scalar, white, &mut carry.after_value);

    let misplaced = (after_curly & !(strings | closes))
        | (after_opening & !(values | closes))
        | (after_comma & !values)
        | (after_name & !(colons | commas | closes))
        | (after_value & !(commas | closes));
    let odd = (after_comma & !strings) | (after_name & !colons) | (after_opening & closes);
    (odd, misplaced)
}

/// The scalars of a block: numbers in digits, minuses and dots here, all others apart.
#[inline(always)]
fn check_scalars(
    (scalars, starts): (u64, u64),
    masks: NumberMasks,
    exponents: impl FnOnce() -> ExponentMasks,
    (bytes, base): (&[u8], usize),
    carry: &mut Carry,
    suspects: &mut Vec<usize>,
) -> u64 {
    let NumberMasks { digits, minuses, zeros, dots } = masks;
    let plain = scalars & (digits | minuses | dots);
    let mut in_numbers = scalars;
    let faults = if plain == scalars && starts & dots == 0 && !carry.numbers.is_in_exponent() {
        carry.numbers.plain_faults(starts, &masks)
    } else {
        let literals_at = (scalars, starts & !(digits | minuses));
        let (inside, wrong) = pass_literals(literals_at, (bytes, base), &mut carry.literal_end);
        in_numbers = inside;
        let ExponentMasks { exponents, pluses } = exponents();
        let masks = NumberMasks {
            digits: digits & inside,
            minuses: minuses & inside,
            zeros: zeros & inside,
            dots: dots & inside,
        };
        let exponent_masks = ExponentMasks { exponents: exponents & inside, pluses: pluses & inside };
        let all = masks.digits | masks.minuses | masks.dots | exponent_masks.exponents | exponent_masks.pluses;
        let faults = carry.numbers.faults(starts & inside, &masks, &exponent_masks) | (inside & !all);
        let mut left = exponent_masks.exponents;
        while left != 0 && faults == 0 {
            suspects.push(base + left.trailing_zeros() as usize);
            left &= left - 1;
        }
        faults | u64::from(wrong)
    };
    let all_number = in_numbers == u64::MAX;
    if all_number && !carry.all_number {
        suspects.push(base);
    }
    carry.all_number = all_number;
    faults
}

/// The bytes of `scalars` that no literal covers, and whether one of those that begin at `starts` is none.
#[inline(never)]
fn pass_literals((scalars, starts): (u64, u64), (bytes, base): (&[u8], usize), literal_end: &mut usize) -> (u64, bool) {
    let mut is_wrong = false;
    let mut in_numbers = scalars & !bits_below(*literal_end, base);
    let mut left = starts;
    while left != 0 {
        let at = base + left.trailing_zeros() as usize;
        let length = literal_length(bytes, at);
        is_wrong |= length == 0;
        *literal_end = at + length;
        in_numbers &= !(bits_below(*literal_end, base) & !bits_below(at, base));
        left &= left - 1;
    }
    (in_numbers, is_wrong)
}

/// The bits of the block at `base` whose bytes stand before `end`.
#[inline(always)]
fn bits_below(end: usize, base: usize) -> u64 {
    match end.saturating_sub(base) {
        count @ 0..64 => (1 << count) - 1,
        _ => u64::MAX,
    }
}

/// The length of the literal at `at`; 0 when there is none, or it goes on.
#[inline(always)]
fn literal_length(bytes: &[u8], at: usize) -> usize {
    let length = match bytes.get(at..at + 4) {
        Some(b"true" | b"null") => 4,
        Some(b"fals") if bytes.get(at + 4) == Some(&b'e') => 5,
        _ => return 0,
    };
    match bytes.get(at + length) {
        None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') => length,
        Some(_) => 0,
    }
}

#[cold]
fn are_right(mut escaped: u64, bytes: &[u8], base: usize, check: &mut EscapeCheck) -> bool {
    while escaped != 0 {
        if !check.is_right(bytes, base + escaped.trailing_zeros() as usize) {
            return false;
        }
        escaped &= escaped - 1;
    }
    true
}

/// Defines one compilation of the pass over all blocks, for one set of instructions.
macro_rules! define_check_all {
    ($name:ident, $ways:path, $parity:path $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        fn $name(bytes: &[u8], index: &mut Index) -> bool {
            use $ways as ways;
            let mut carry = Carry::default();
            let (mut faults, mut is_ascii, mut backslashes) = (0, true, 0);
            let (blocks, suspects) = (&mut index.blocks, &mut index.suspects);
            let (chunks, rest) = bytes.as_chunks::<BLOCK>();
            let mut base = 0;
            macro_rules! check {
                ($block:expr) => {
                    let block = $block;
                    let masks = ways::masks(block);
                    is_ascii &= masks.is_ascii;
                    backslashes |= masks.backslashes;
                    let (block, block_faults) = check_block(
                        masks,
                        || ways::numbers(block),
                        || ways::exponents(block),
                        |bits| $parity(bits),
                        (bytes, base),
                        &mut carry,
                        suspects,
                    );
                    faults |= block_faults;
                    blocks.push(block);
                };
            }
            for block in chunks {
                check!(ways::load(block));
                base += BLOCK;
            }
            if !rest.is_empty() {
                check!(ways::load_rest(rest));
            }
            index.has_backslash = backslashes != 0;
            faults == 0
                && carry.in_string | carry.after_name | carry.after_comma | carry.after_opening | carry.scalar == 0
                && (is_ascii || simdutf8::basic::from_utf8(bytes).is_ok())
        }
    };
}

/// Defines one compilation of the pass over the next blocks that checks nothing.
macro_rules! define_locate {
    ($name:ident, $ways:path, $parity:path $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        fn $name(bytes: &[u8], index: &mut Index) {
            use $ways as ways;
            let end = bytes.len().div_ceil(BLOCK).min(index.blocks.len() + BLOCKS_AT_ONCE);
            for number in index.blocks.len()..end {
                let base = number * BLOCK;
                let masks = ways::masks(match bytes[base..].first_chunk::<BLOCK>() {
                    Some(block) => ways::load(block),
                    None => ways::load_rest(&bytes[base..]),
                });
                index.has_backslash |= masks.backslashes != 0;
                let mut quotes = masks.quotes;
                if masks.backslashes | index.carry.backslash != 0 {
                    quotes &= !escaped(masks.backslashes, &mut index.carry.backslash);
                }
                let inside = $parity(quotes) ^ index.carry.in_string;
                index.carry.in_string = ((inside as i64) >> 63) as u64;
                index.blocks.push(Block {
                    quotes,
                    starts: quotes & inside,
                    brackets: (masks.opens | masks.closes) & !inside,
                    opens: masks.opens & !inside,
                    curly: masks.curly,
                    colons: masks.colons & !inside,
                    commas: masks.commas & !inside,
                    odd: 0,
                });
            }
        }
    };
}

/// Enough to make little of starting, few enough to waste little when an event is settled early.
const BLOCKS_AT_ONCE: usize = 3;

define_locate!(locate_plain, super::masks, masks::parity_up_to);
define_check_all!(check_all_plain, super::masks, masks::parity_up_to);
#[cfg(target_arch = "x86_64")]
mod compiled {
    use super::*;
    use std::sync::OnceLock;

    define_locate!(locate_avx2, simd::avx2, simd::parity_up_to, "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq");
    define_check_all!(check_all_avx2, simd::avx2, simd::parity_up_to, "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq");
    define_locate!(
        locate_avx512,
        simd::avx512,
        simd::parity_up_to,
        "avx512f,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq"
    );
    define_check_all!(
        check_all_avx512,
        simd::avx512,
        simd::parity_up_to,
        "avx512f,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq"
    );

    fn has_avx512() -> bool {
        instructions() == Instructions::Avx512
    }

    /// Whether this processor has AVX2 and what came with it: counting and finding bits in one instruction.
    #[inline]
    pub fn has_avx2() -> bool {
        instructions() != Instructions::Plain
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Instructions {
        Plain,
        Avx2,
        Avx512,
    }

    /// What this processor has, found out once: asking for each feature in turn costs 5 ns an event.
    #[inline]
    fn instructions() -> Instructions {
        static FOUND: OnceLock<Instructions> = OnceLock::new();
        *FOUND.get_or_init(|| {
            let has_avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("pclmulqdq");
            match has_avx2 {
                false => Instructions::Plain,
                true if is_x86_feature_detected!("avx512bw") => Instructions::Avx512,
                true => Instructions::Avx2,
            }
        })
    }

    pub fn check_all(bytes: &[u8], index: &mut Index) -> bool {
        if has_avx512() {
            // SAFETY: the instructions were just found to be there.
            unsafe { check_all_avx512(bytes, index) }
        } else if has_avx2() {
            // SAFETY: the instructions were just found to be there.
            unsafe { check_all_avx2(bytes, index) }
        } else {
            check_all_plain(bytes, index)
        }
    }

    pub fn locate(bytes: &[u8], index: &mut Index) {
        if has_avx512() {
            // SAFETY: the instructions were just found to be there.
            unsafe { locate_avx512(bytes, index) }
        } else if has_avx2() {
            // SAFETY: the instructions were just found to be there.
            unsafe { locate_avx2(bytes, index) }
        } else {
            locate_plain(bytes, index)
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use compiled::has_avx2;

#[cfg(not(target_arch = "x86_64"))]
mod compiled {
    pub use super::{check_all_plain as check_all, locate_plain as locate};
}

impl Index {
    /// Make the bitmaps of `bytes`; false when they are not JSON, whatever their nesting.
    pub fn check(&mut self, bytes: &[u8]) -> bool {
        self.clear(bytes);
        compiled::check_all(bytes, self) && self.suspects.iter().all(|&at| is_finite(bytes, at))
    }

    /// Get ready to make the bitmaps of `bytes` as they are asked for, without checking anything.
    pub fn begin(&mut self, bytes: &[u8]) {
        self.clear(bytes);
        self.has_backslash = false;
        self.carry = Carry::default();
    }

    /// The block of a number, None after the last. With `LAZY`, it is made when it is not there yet.
    #[inline(always)]
    pub fn block<const LAZY: bool>(&mut self, bytes: &[u8], number: usize) -> Option<&Block> {
        if LAZY && number >= self.blocks.len() && number * BLOCK < bytes.len() {
            compiled::locate(bytes, self);
        }
        self.blocks.get(number)
    }

    fn clear(&mut self, bytes: &[u8]) {
        self.blocks.clear();
        self.blocks.reserve(bytes.len() / BLOCK + 1);
        self.suspects.clear();
    }

    /// The first quote at or after `at`.
    #[inline(always)]
    pub fn quote_from<const LAZY: bool>(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut number = at / BLOCK;
        let mut quotes = self.block::<LAZY>(bytes, number)?.quotes & (u64::MAX << (at % BLOCK));
        while quotes == 0 {
            number += 1;
            quotes = self.block::<LAZY>(bytes, number)?.quotes;
        }
        Some(number * BLOCK + quotes.trailing_zeros() as usize)
    }
}

/// Whether the number that the byte at `at` belongs to is finite as a double. The number is known to be well formed.
#[cold]
fn is_finite(bytes: &[u8], at: usize) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let start = bytes[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let end = bytes[at..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |length| at + length);
    crate::number::Number::parse(&bytes[start..end]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        type Check = fn(&[u8], &mut Index) -> bool;
        let ways: [(&str, Check); 2] = [
            ("best", |bytes, index| index.check(bytes)),
            ("plain", |bytes, index| {
                index.clear(bytes);
                check_all_plain(bytes, index) && index.suspects.iter().all(|&at| is_finite(bytes, at))
            }),
        ];
        for (way, check) in ways {
            let mut index = Index::default();
            for space in 0..=130 {
                for text in wrong {
                    let text = format!("{}{text}", " ".repeat(space));
                    assert!(!check(text.as_bytes(), &mut index), "{way}: {text:?}");
                }
                for text in right {
                    let text = format!("{}{text}", " ".repeat(space));
                    assert!(check(text.as_bytes(), &mut index), "{way}: {text:?}");
                }
                let long = format!("[\"{}\",{}1]", "x".repeat(space), "0.".repeat(usize::from(space > 0)));
                assert!(check(long.as_bytes(), &mut index), "{way}: {long:?}");
                let digits = "1".repeat(240 + space);
                assert_eq!(
                    check(format!("[{digits}]").as_bytes(), &mut index),
                    digits.len() <= 309,
                    "{way}: {}",
                    digits.len()
                );
            }
        }
    }
}
