//! Where the text of a number ends and roughly what number it is, found without converting it.
//!
//! A *cell* is what numbers written without an exponent share that begin alike: the sign, how many digits stand before
//! the dot, and the first seven digits, zeros put where they are fewer. Where the numbers a rule asks for lie in other
//! cells, no more of a number needs to be read than this.
//!
//! ```text
//! -122.42200352825247   ->  -, 3, 1224220        37.5   ->  +, 2, 3750000        12345678, 1e3   ->  no cell
//! ```
//!
//! Always: the cells of numbers ascend as the numbers do, so a cell is a stretch of numbers, at least 10^-7 of them long.

/// The sign, the count of digits before the dot, and seven digits, one a byte and the first lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell(u64);

impl Cell {
    #[inline]
    pub fn bits(self) -> u64 {
        self.0
    }
}

/// Bytes looked at together.
const WORD: usize = 8;
const EACH: u64 = 0x0101_0101_0101_0101;

/// The end of the number that begins at `start`, and its cell if it has one.
///
/// In what is no JSON the end is some place after `start`.
#[inline(always)]
pub fn end_and_cell(bytes: &[u8], start: usize) -> (usize, Option<Cell>) {
    match plain_end_and_cell(bytes, start) {
        Some((end, cell)) => (end, Some(cell)),
        None => (end_of_any(bytes, start), None),
    }
}

/// The same for a number that has a cell.
#[inline(always)]
fn plain_end_and_cell(bytes: &[u8], start: usize) -> Option<(usize, Cell)> {
    let is_negative = bytes.get(start) == Some(&b'-');
    let start = start + usize::from(is_negative);
    let digits = word(bytes, start)? ^ (EACH * u64::from(b'0'));
    let others = non_digits(digits);
    let before_dot = others.trailing_zeros() / 8;
    if before_dot == 0 || before_dot as usize == WORD {
        return None;
    }
    let place = u64::from(before_dot) << 56 | u64::from(is_negative) << 63;
    let before = (1 << (before_dot * 8)) - 1;
    let is_dot = (digits >> (before_dot * 8)) as u8 == b'.' ^ b'0';
    if !is_dot {
        let end = start + before_dot as usize;
        return has_ended(bytes, end).then_some((end, Cell(digits & before | place)));
    }
    let length = (others & (others - 1)).trailing_zeros() / 8; // 8 when all others are digits
    let without_dot = digits & before | digits >> 8 & !before;
    let cell = Cell(without_dot & ((1 << ((length - 1) * 8)) - 1) | place);
    let mut end = start + length as usize;
    if length as usize == WORD {
        end = end_of_digits(bytes, end)?;
    }
    has_ended(bytes, end).then_some((end, cell))
}

/// Where the digits from `at` on end.
#[inline(always)]
fn end_of_digits(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let others = non_digits(word(bytes, at)? ^ (EACH * u64::from(b'0')));
        if others != 0 {
            return Some(at + others.trailing_zeros() as usize / 8);
        }
        at += WORD;
    }
}

/// The highest bit of each byte that is above 9.
#[inline(always)]
fn non_digits(digits: u64) -> u64 {
    let high = EACH * 0x80;
    (((digits & !high) + EACH * (0x80 - 10)) | digits) & high
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<WORD>().map(|word| u64::from_le_bytes(*word))
}

/// Whether a number whose digits end at `end` has no exponent, and no second dot.
#[inline(always)]
fn has_ended(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|&byte| byte == b',' || !is_part(byte))
}

#[cold]
fn end_of_any(bytes: &[u8], start: usize) -> usize {
    let length = bytes[start..].iter().skip(1).position(|&byte| !is_part(byte));
    length.map_or(bytes.len(), |length| start + 1 + length)
}

#[inline(always)]
fn is_part(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// The cells of all texts that are the double, in the order of numbers; None where those have no cell.
///
/// The doubles next to it bound what is rounded to it. They and all between lie in one cell or two neighbours, since
/// they differ by 10^-15 of themselves.
pub fn cells_of(double: f64) -> [Option<Cell>; 2] {
    let cells = [double.next_down(), double.next_up()].map(|bound| {
        let text = format!("{bound}        "); // room for a word
        end_and_cell(text.as_bytes(), 0).1
    });
    if cells[0] == cells[1] {
        [cells[0], None]
    } else {
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use proptest::prelude::*;

    fn cell(text: &str) -> Option<Cell> {
        let (end, cell) = end_and_cell(format!("{text}        ").as_bytes(), 0);
        assert_eq!(end, text.len(), "{text}");
        cell
    }

    #[test]
    fn numbers_that_begin_alike_share_a_cell() {
        assert_eq!(cell("-122.42200352825247"), cell("-122.42209"));
        assert_ne!(cell("-122.42200352825247"), cell("122.42200352825247"));
        assert_ne!(cell("-122.4220"), cell("-122.4221"));
        assert_ne!(cell("12.5"), cell("125"));
        assert_eq!(cell("5"), cell("5.0"));
        assert_eq!(cell("5"), cell("5.000000000000000000000000000000000000001"));
        assert_eq!(cell("1234567"), cell("1234567.9"));
        for text in ["12345678", "12345678.5", "1e3", "1.5E+3", "1.123456789123456789e-7", "-0e0"] {
            assert_eq!(cell(text), None);
        }
    }

    #[test]
    fn whatever_is_no_number_ends_after_its_first_byte() {
        for text in ["-", "--", "-,", "1.", "1..2", "-.", "1-", "1e", "00", "9"] {
            for padding in ["", "        "] {
                assert!(end_and_cell(format!("{text}{padding}").as_bytes(), 0).0 >= 1);
            }
        }
    }

    fn assert_found(text: &str) {
        let number = Number::parse(text.as_bytes()).unwrap();
        let found = cell(text);
        let (end, unpadded) = end_and_cell(text.as_bytes(), 0);
        assert_eq!(end, text.len());
        assert!(unpadded.is_none() || unpadded == found, "{text}");
        assert!(found.is_none() || cells_of(number.to_f64()).contains(&found), "{text}");
    }

    #[test]
    fn a_text_that_rounds_to_a_number_lies_in_one_of_its_cells() {
        let nines = "9".repeat(40);
        for whole in ["0", "1", "9", "10", "99", "999999", "1000000", "9999999", "10000000", "299", "123456"] {
            for fraction in ["", ".0", ".5", &format!(".{nines}"), &format!(".{}1", "0".repeat(40)), ".1", ".12345678"]
            {
                assert_found(&format!("{whole}{fraction}"));
                assert_found(&format!("-{whole}{fraction}"));
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_lies_in_a_cell_of_its_number(text in "-?(0|[1-9][0-9]{0,9})([.][0-9]{1,24})?([eE][+-]?[0-9]{1,2})?") {
            assert_found(&text);
        }

        #[test]
        fn texts_next_to_a_number_lie_in_one_of_its_cells(whole in 0..20_000_000_u32, places in 0..9_usize) {
            let double = f64::from(whole) / 10_f64.powi(places as i32);
            for near in [double.next_down(), double, double.next_up()] {
                assert_found(&format!("{near}"));
                assert_found(&format!("{near:.30}"));
            }
        }
    }
}
