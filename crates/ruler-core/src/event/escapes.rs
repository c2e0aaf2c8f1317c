//! Backslashes in strings: which characters they escape, whether they may, and what the string means.

/// Checks the escapes of one event in the order of the text.
#[derive(Debug, Default)]
pub struct EscapeCheck {
    /// Where the `u` of the second half of a surrogate pair must stand.
    second_half: usize,
}

impl EscapeCheck {
    /// Whether the escaped character at `at` is one of JSON's, and if it is half of a pair stands beside the other.
    pub fn is_right(&mut self, bytes: &[u8], at: usize) -> bool {
        match bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => match code_unit(bytes, at) {
                Some(0xd800..=0xdbff) => {
                    self.second_half = at + 6;
                    bytes.get(at + 5) == Some(&b'\\')
                        && bytes.get(at + 6) == Some(&b'u')
                        && matches!(code_unit(bytes, at + 6), Some(0xdc00..=0xdfff))
                }
                Some(0xdc00..=0xdfff) => self.second_half == at,
                Some(_) => true,
                None => false,
            },
            _ => false,
        }
    }
}

/// The four hexadecimal digits after the `u` at `at`.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at + 1..at + 5)?.iter().try_fold(0, |unit, &byte| Some(unit << 4 | (byte as char).to_digit(16)?))
}

/// Append what the inside of a string means. Where escapes are wrong (only without validation) they mean something.
pub fn unescape(inside: &[u8], meaning: &mut Vec<u8>) {
    let mut rest = inside;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        meaning.extend_from_slice(&rest[..at]);
        let (character, length) = escaped_character(&rest[at + 1..]);
        meaning.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = rest.get(at + 1 + length..).unwrap_or_default();
    }
    meaning.extend_from_slice(rest);
}

/// The character that an escape means, and how many bytes after the backslash belong to it.
fn escaped_character(after: &[u8]) -> (char, usize) {
    match after.first() {
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'n') => ('\n', 1),
        Some(b'r') => ('\r', 1),
        Some(b't') => ('\t', 1),
        Some(b'u') => match (code_unit(after, 0), code_unit(after, 6)) {
            (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 11)
            }
            (Some(unit), _) => (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 5),
            (None, _) => (char::REPLACEMENT_CHARACTER, 1),
        },
        Some(&byte) => (byte as char, 1),
        None => (char::REPLACEMENT_CHARACTER, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::strings::escaped_bytes;

    fn meaning(inside: &str) -> String {
        let mut bytes = Vec::new();
        unescape(inside.as_bytes(), &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn escapes_mean_what_json_says() {
        assert_eq!(meaning(r#"a\"\\\/\b\f\n\r\tz"#), "a\"\\/\u{8}\u{c}\n\r\tz");
        assert_eq!(meaning(r"\u0041\ud83d\ude00é\u00e9"), "A😀éé");
    }

    #[test]
    fn halves_of_pairs_and_unknown_escapes_are_wrong() {
        for (text, right) in [
            (r"\ud83d\ude00", [true, true].as_slice()),
            (r"\ud83d\u0041", &[false]),
            (r"\ude00", &[false]),
            (r"\ud83dx", &[false]),
            (r"\ud83d\\ude00", &[false]),
            (r"\u00g0", &[false]),
            (r"\u00", &[false]),
            (r"\x", &[false]),
            (r"\", &[false]),
        ] {
            let mut check = EscapeCheck::default();
            let mut carry = false;
            let backslashes =
                text.bytes().enumerate().filter(|(_, byte)| *byte == b'\\').fold(0_u64, |bits, (at, _)| bits | 1 << at);
            let escaped = escaped_bytes(backslashes, 0, &mut carry);
            let found: Vec<bool> =
                (0..64).filter(|at| escaped >> at & 1 == 1).map(|at| check.is_right(text.as_bytes(), at)).collect();
            assert_eq!(found.contains(&false), right.contains(&false), "{text}");
        }
    }
}
