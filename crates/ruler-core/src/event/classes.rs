//! Sorts the bytes of JSON text into classes, many blocks at a time.
//!
//! In: for each of the eight bits of a byte, which bytes have it. So a class is a formula of eight bitmaps, the same for
//! all processors, and costs a few instructions for all the bytes of a row.

use super::wide::Wide;

/// Which bytes of some blocks are what, strings not yet told apart from the rest.
pub struct Classes<W> {
    pub quotes: W,
    pub backslashes: W,
    /// Below U+0020.
    pub controls: W,
    /// Space, tab, line feed, carriage return.
    pub white: W,
    /// `{` and `[`.
    pub opens: W,
    /// `}` and `]`.
    pub closes: W,
    /// Those of them that are `{` and `}`.
    pub curly: W,
    pub commas: W,
    pub colons: W,
    pub digits: W,
    pub zeros: W,
    pub minuses: W,
    pub pluses: W,
    pub dots: W,
    /// `e` and `E`.
    pub exponents: W,
    pub not_ascii: W,
}

impl<W: Wide> Classes<W> {
    /// The classes of the bytes whose bits are given, the lowest first. What is not used is not computed.
    #[inline(always)]
    pub fn of([bit0, bit1, bit2, bit3, bit4, bit5, bit6, bit7]: [W; 8]) -> Classes<W> {
        let low_columns = !(bit7 | bit6);
        // By the first hexadecimal digit: 0, 2, 3, and 5 or 7.
        let column0 = low_columns & !(bit5 | bit4);
        let column2 = low_columns & bit5 & !bit4;
        let column3 = low_columns & bit5 & bit4;
        let column57 = bit6 & bit4 & !bit7;
        // By the second: 0, 2, 9 to e.
        let low_half = !(bit3 | bit2);
        let row0 = low_half & !(bit1 | bit0);
        let row2 = low_half & bit1 & !bit0;
        let row9 = bit3 & !bit2 & !bit1 & bit0;
        let row_a = bit3 & !bit2 & bit1 & !bit0;
        let row_b = bit3 & !bit2 & bit1 & bit0;
        let row_c = bit3 & bit2 & !bit1 & !bit0;
        let row_d = bit3 & bit2 & !bit1 & bit0;
        let row_e = bit3 & bit2 & bit1 & !bit0;
        let opens = column57 & row_b;
        let closes = column57 & row_d;
        Classes {
            quotes: column2 & row2,
            backslashes: column57 & row_c & !bit5,
            controls: low_columns & !bit5,
            white: (column2 & row0) | (column0 & (row9 | row_a | row_d)),
            opens,
            closes,
            curly: (opens | closes) & bit5,
            commas: column2 & row_c,
            colons: column3 & row_a,
            digits: column3 & !(bit3 & (bit2 | bit1)),
            zeros: column3 & row0,
            minuses: column2 & row_d,
            pluses: column2 & row_b,
            dots: column2 & row_e,
            exponents: bit6 & bit2 & bit0 & !(bit7 | bit4 | bit3 | bit1),
            not_ascii: bit7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::wide::planes;

    #[test]
    fn every_byte_is_in_its_classes_alone() {
        for byte in 0..=u8::MAX {
            let classes = Classes::of(planes(&[byte], 0));
            let found = [
                (classes.quotes, byte == b'"'),
                (classes.backslashes, byte == b'\\'),
                (classes.controls, byte < b' '),
                (classes.white, b" \t\n\r".contains(&byte)),
                (classes.opens, b"{[".contains(&byte)),
                (classes.closes, b"}]".contains(&byte)),
                (classes.curly, b"{}".contains(&byte)),
                (classes.commas, byte == b','),
                (classes.colons, byte == b':'),
                (classes.digits, byte.is_ascii_digit()),
                (classes.zeros, byte == b'0'),
                (classes.minuses, byte == b'-'),
                (classes.pluses, byte == b'+'),
                (classes.dots, byte == b'.'),
                (classes.exponents, b"eE".contains(&byte)),
                (classes.not_ascii, !byte.is_ascii()),
            ];
            for (number, (bits, expected)) in found.into_iter().enumerate() {
                assert_eq!(bits & 1 == 1, expected, "{byte:#x}, class {number}");
            }
        }
    }
}
