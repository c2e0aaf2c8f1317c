//! Case folding: two strings are the same without regard to case when they fold to the same string.
//! The twin of `ruler/patterns/folding.py`.
//!
//! In: UTF-8. Out: its Unicode *simple* case folding, one code point for one; lengths in bytes may change.
//!
//! ```text
//! "Straße" -> "straße"    "ẞ" -> "ß"    "Σ", "σ", "ς" -> "σ"    "K" (U+212A) -> "k"
//! ```

use super::folding_table::{Range, RANGES};

/// `text` with every character replaced by its simple case folding: `text` itself when that changes nothing, else
/// `buffer`, which is overwritten. Bytes that are no UTF-8 stay.
pub fn fold<'a>(text: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let first = length_without(text, |byte| byte.is_ascii_uppercase() || !byte.is_ascii());
    if first == text.len() {
        return text;
    }
    buffer.clear();
    buffer.extend_from_slice(&text[..first]);
    let mut is_changed = false;
    let mut rest = &text[first..];
    while !rest.is_empty() {
        // What is not ASCII comes in runs as a rule, so both are taken a run at a time.
        let ascii = length_without(rest, |byte| !byte.is_ascii());
        let start = buffer.len();
        buffer.extend_from_slice(&rest[..ascii]);
        buffer[start..].make_ascii_lowercase();
        is_changed |= buffer[start..] != rest[..ascii];
        rest = &rest[ascii..];
        while let Some((code_point, length)) = decode(rest) {
            match offset_of(code_point).and_then(|offset| char::from_u32(code_point.wrapping_add_signed(offset))) {
                Some(folded) => {
                    is_changed = true;
                    buffer.extend_from_slice(folded.encode_utf8(&mut [0; 4]).as_bytes());
                }
                None => buffer.extend_from_slice(&rest[..length]),
            }
            rest = &rest[length..];
        }
    }
    if is_changed {
        buffer
    } else {
        text
    }
}

/// How many bytes stand before the first that `is_such`.
#[inline]
fn length_without(text: &[u8], is_such: impl Fn(&u8) -> bool) -> usize {
    // By blocks, because a loop that looks at all of a block becomes a few vector instructions.
    const BLOCK: usize = 16;
    let has_none = |block: &&[u8]| !block.iter().fold(false, |has_one, byte| has_one | is_such(byte));
    let start = text.chunks_exact(BLOCK).take_while(has_none).count() * BLOCK;
    start + text[start..].iter().position(&is_such).unwrap_or(text.len() - start)
}

/// The first character and its length in bytes, where `text` begins with one that is not ASCII.
#[inline]
fn decode(text: &[u8]) -> Option<(u32, usize)> {
    let low = |byte: u8| u32::from(byte & 0x3F);
    Some(match *text {
        [first @ 0xE0..=0xEF, second, third, ..] => (u32::from(first & 0xF) << 12 | low(second) << 6 | low(third), 3),
        [first @ 0xC0..=0xDF, second, ..] => (u32::from(first & 0x1F) << 6 | low(second), 2),
        [first @ 0xF0..=0xF7, second, third, fourth, ..] => {
            (u32::from(first & 7) << 18 | low(second) << 12 | low(third) << 6 | low(fourth), 4)
        }
        [first, ..] if first >= 0x80 => (u32::MAX, 1), // no UTF-8: it stays
        _ => return None,
    })
}

/// Code points of one page: a page has few ranges, most have none.
const PAGE: u32 = 32;
const PAGES: usize = (RANGES[RANGES.len() - 1].last / PAGE + 1) as usize;

/// By page: the first range that does not end before it.
static FIRST_RANGES: [u16; PAGES] = first_ranges();

const fn first_ranges() -> [u16; PAGES] {
    let mut firsts = [0; PAGES];
    let mut page = 0;
    let mut range = 0;
    while page < PAGES {
        while RANGES[range].last < page as u32 * PAGE {
            range += 1;
        }
        firsts[page] = range as u16;
        page += 1;
    }
    firsts
}

/// How far `code_point` moves when it is folded; None where it stays.
#[inline]
fn offset_of(code_point: u32) -> Option<i32> {
    let first = *FIRST_RANGES.get((code_point / PAGE) as usize)?;
    let Range { first, step, offset, .. } =
        RANGES[usize::from(first)..].iter().find(|range| range.last >= code_point)?;
    (code_point >= *first && (code_point - first).is_multiple_of(*step)).then_some(*offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(text: &str) -> String {
        let mut buffer = b"what was there".to_vec();
        String::from_utf8(fold(text.as_bytes(), &mut buffer).to_vec()).unwrap()
    }

    /// By trying each range.
    fn plainly_folded(text: &str) -> String {
        let fold_one = |character: char| {
            let code_point = u32::from(character);
            let range = RANGES.iter().find(|range| {
                (range.first..=range.last).contains(&code_point)
                    && (code_point - range.first).is_multiple_of(range.step)
            });
            range.map_or(character, |range| char::from_u32(code_point.wrapping_add_signed(range.offset)).unwrap())
        };
        text.chars().map(fold_one).collect()
    }

    #[test]
    fn the_twin_s_examples() {
        for (text, expected) in [
            ("", ""),
            ("ABC xyz[@`{", "abc xyz[@`{"),
            ("Straße", "straße"),
            ("ẞ", "ß"),
            ("ΑΣςσ ẞ", "ασσσ ß"),
            ("\u{212A}elvin", "kelvin"),
            ("İıI", "İıi"),
            ("ȺȾ", "ⱥⱦ"),
            ("😀大雨", "😀大雨"),
            ("\u{10400}\u{1E921}\u{10FFFF}", "\u{10428}\u{1E943}\u{10FFFF}"),
        ] {
            assert_eq!(expected, folded(text));
        }
    }

    #[test]
    fn every_character_folds_as_its_range_says() {
        let all: String = ('\0'..='\u{1FFFF}').collect();
        assert_eq!(plainly_folded(&all), folded(&all));
    }

    #[test]
    fn what_folding_leaves_is_not_copied() {
        for text in ["", "abc", "straße", "大雨 😀"] {
            let mut buffer = Vec::new();
            assert_eq!(text.as_ptr(), fold(text.as_bytes(), &mut buffer).as_ptr());
        }
    }

    proptest! {
        #[test]
        fn folding_is_done_after_one_pass(text in "[kKſsSßẞΣσςa-cA-C0İıȺ😀]{0,40}|\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(plainly_folded(&text), once.clone());
            prop_assert_eq!(once.clone(), folded(&once));
        }

        #[test]
        fn bytes_that_are_no_text_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            fold(&bytes, &mut Vec::new());
        }
    }
}
