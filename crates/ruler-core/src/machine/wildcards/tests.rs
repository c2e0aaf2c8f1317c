use super::*;
use proptest::prelude::*;

fn pieces_of(text: &str) -> Vec<Box<[u8]>> {
    text.split('*').map(|piece| piece.as_bytes().into()).collect()
}

/// By trying every place: what a wildcard means.
fn accepts(pieces: &[Box<[u8]>], value: &[u8]) -> bool {
    fn rest(pieces: &[Box<[u8]>], value: &[u8]) -> bool {
        match pieces {
            [] => value.is_empty(),
            [last] => value.ends_with(last),
            [piece, others @ ..] => (0..=value.len())
                .any(|from| value[from..].starts_with(piece) && rest(others, &value[from + piece.len()..])),
        }
    }
    value.starts_with(&pieces[0]) && rest(&pieces[1..], &value[pieces[0].len()..])
}

fn found_in(index: &WildcardIndex, value: &[u8], scratch: &mut WildcardScratch) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(value, scratch, &mut found);
    found.sort_unstable();
    found
}

fn check(wildcard: &str, value: &str, expected: bool) {
    let mut index = WildcardIndex::default();
    index.add(&pieces_of(wildcard), 7);
    let expected_ids: &[u32] = if expected { &[7] } else { &[] };
    assert_eq!(expected_ids, found_in(&index, value.as_bytes(), &mut WildcardScratch::default()), "{wildcard} {value}");
    assert_eq!(expected, accepts(&pieces_of(wildcard), value.as_bytes()), "the oracle on {wildcard} {value}");
}

#[test]
fn the_hard_cases() {
    for (wildcard, value, expected) in [
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("ab*ba", "aba", false),
        ("ab*ba", "abba", true),
        ("a*b", "a\nb", true),
        ("a*b", "aXbXb", true),
        ("*ab*ab*", "abab", true),
        ("*ab*ab*", "aab", false),
        ("*aba*ba*", "ababa", true),
        ("*aba*ba*", "aba", false),
        ("*abc*c", "abc", false),
        ("*abc*c", "abcc", true),
        ("大*雨", "大a雨", true),
        ("*大雨*x", "a大雨x", true),
        ("*\u{e9}*x", "\u{e8}\u{a9}x", false),
        ("*", "", true),
        ("*", "x", true),
        ("*\0\0*x", "\0x", false),
        ("*abcd\0*", "abcd", false),
        ("*abcd\0*", "abcd\0", true),
        ("12345678*12345678", "12345678", false),
        ("123456789*123456789", "123456789123456789", true),
        ("x*", "", false),
        ("*long piece of a wildcard*", "the long piece of a wildcard.", true),
    ] {
        check(wildcard, value, expected);
    }
}

#[test]
fn a_wildcard_is_found_once_however_often_its_literal_occurs() {
    let mut index = WildcardIndex::default();
    index.add(&pieces_of("*word*"), 1);
    index.add(&pieces_of("*a*"), 2);
    assert_eq!(vec![1, 2], found_in(&index, b"word word a word a", &mut WildcardScratch::default()));
}

#[test]
fn scratch_may_go_from_index_to_index_and_round_its_counter() {
    let (mut one, mut other) = (WildcardIndex::default(), WildcardIndex::default());
    one.add(&pieces_of("*word*"), 1);
    other.add(&pieces_of("*some*"), 2);
    other.add(&pieces_of("*word*x*"), 3);
    let mut scratch = WildcardScratch { search: u32::MAX - 2, ..WildcardScratch::default() };
    for _ in 0..4 {
        assert_eq!(vec![1], found_in(&one, b"some word", &mut scratch));
        assert_eq!(vec![2, 3], found_in(&other, b"some wordx", &mut scratch));
    }
}

#[test]
fn memory_is_given_back() {
    let mut index = WildcardIndex::default();
    let wildcards: Vec<_> = (0..5000).map(|number| pieces_of(&format!("*w{number}*x{}*", number * 7))).collect();
    for (id, wildcard) in (0..).zip(&wildcards) {
        index.add(wildcard, id);
    }
    let most = index.memory_bytes();
    for (id, wildcard) in (0..).zip(&wildcards).skip(50) {
        index.remove(wildcard, id);
    }
    assert!(index.memory_bytes() < most / 20, "{} of {most}", index.memory_bytes());
    assert_eq!(vec![7], found_in(&index, b"w7 x49 w70", &mut WildcardScratch::default()));
    for (id, wildcard) in (0..).zip(&wildcards).take(50) {
        index.remove(wildcard, id);
        index.remove(wildcard, id); // what is not stored is not removed again
    }
    assert_eq!((0, 0), (index.len(), index.memory_bytes()));
}

fn wildcard() -> impl Strategy<Value = String> {
    // Few letters and pieces up to nine long, so that literals collide and overlap.
    "[ab]{0,2}(\\*[ab]{1,3}|\\*[abc]{4,9}){0,3}\\*[ab]{0,5}"
}

/// The index finds in a value what each of its wildcards accepts by itself.
fn assert_finds(index: &WildcardIndex, stored: &[(String, u32)], value: &[u8], scratch: &mut WildcardScratch) {
    let accepting = stored.iter().filter(|(text, _)| accepts(&pieces_of(text), value));
    let mut expected: Vec<u32> = accepting.map(|&(_, id)| id).collect();
    expected.sort_unstable();
    assert_eq!(expected, found_in(index, value, scratch));
}

/// Nothing is left of the index when all that is stored is removed.
fn assert_empty_without(index: &mut WildcardIndex, stored: Vec<(String, u32)>) {
    stored.iter().for_each(|(text, id)| index.remove(&pieces_of(text), *id));
    assert_eq!((0, 0), (index.len(), index.memory_bytes()));
}

proptest! {
    #[test]
    fn finds_what_trying_every_place_finds(
        edits in prop::collection::vec((any::<bool>(), wildcard()), 1..40),
        values in prop::collection::vec("[abc]{0,20}", 1..8),
    ) {
        let mut index = WildcardIndex::default();
        let mut stored: Vec<(String, u32)> = Vec::new();
        for (id, (is_added, text)) in (0..).zip(edits) {
            if is_added || stored.is_empty() {
                index.add(&pieces_of(&text), id);
                stored.push((text, id));
            } else {
                let (text, id) = stored.swap_remove(id as usize % stored.len());
                index.remove(&pieces_of(&text), id);
            }
            prop_assert_eq!(stored.len(), index.len());
        }
        let mut scratch = WildcardScratch::default();
        for value in values {
            let value = value.as_bytes();
            let accepting = stored.iter().filter(|(text, _)| accepts(&pieces_of(text), value));
            let mut expected: Vec<u32> = accepting.map(|&(_, id)| id).collect();
            expected.sort_unstable();
            prop_assert_eq!(expected, found_in(&index, value, &mut scratch));
        }
        assert_empty_without(&mut index, stored);
    }
}

fn sharing_wildcard() -> impl Strategy<Value = String> {
    // Few words, so that literals of four, six and eight bytes begin with the same grams and are filed anew.
    let word =
        prop::sample::select(vec!["accessToken", "access", "accessRule", "acce", "ruleAcc", "token", "To", "rule1"]);
    prop::collection::vec(word, 1..3).prop_map(|words| format!("*{}*", words.join("*")))
}

proptest! {
    #[test]
    fn finds_the_same_however_often_buckets_are_filed_anew(
        texts in prop::collection::vec(sharing_wildcard(), 1..100),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..100),
        values in prop::collection::vec("(access|Token|Rule|rule|Acc|token|1|x){0,8}", 1..4),
    ) {
        let mut index = WildcardIndex::default();
        let mut stored: Vec<(String, u32)> = texts.into_iter().zip(0..).collect();
        stored.iter().for_each(|(text, id)| index.add(&pieces_of(text), *id));
        for place in removed.iter().take(stored.len() - 1) {
            let (text, id) = stored.swap_remove(place.index(stored.len()));
            index.remove(&pieces_of(&text), id);
        }
        let mut scratch = WildcardScratch::default();
        for value in values {
            assert_finds(&index, &stored, value.as_bytes(), &mut scratch);
        }
        assert_empty_without(&mut index, stored);
    }
}

/// Slices of these have windows in common, and some are periodic.
const LONG_TEXTS: [&str; 3] =
    ["accessTokenRuleAccessTokenRole", "aaaaaaaaaaaaaaaabaaaaaaaaaaaaa", "abcabcabcabcabcabdabcabcabcabc"];

fn slice(longest: usize) -> impl Strategy<Value = String> {
    let text = prop::sample::select(LONG_TEXTS.to_vec());
    (text, 0..30usize, 1..=longest).prop_map(|(text, from, length)| text[from..(from + length).min(30)].to_owned())
}

proptest! {
    #[test]
    fn finds_long_literals_wherever_they_stand(
        edits in prop::collection::vec((0..4u8, prop::collection::vec(slice(16), 1..3)), 1..80),
        values in prop::collection::vec(prop::collection::vec(slice(30), 1..4), 1..6),
    ) {
        let mut index = WildcardIndex::default();
        let mut stored: Vec<(String, u32)> = Vec::new();
        for (id, (kind, pieces)) in (0..).zip(edits) {
            if kind > 0 || stored.is_empty() {
                let text = format!("*{}*", pieces.join("*"));
                index.add(&pieces_of(&text), id);
                stored.push((text, id));
            } else {
                let (text, id) = stored.swap_remove(id as usize % stored.len());
                index.remove(&pieces_of(&text), id);
            }
        }
        let mut scratch = WildcardScratch::default();
        for value in values {
            let value = value.concat();
            assert_finds(&index, &stored, value.as_bytes(), &mut scratch);
        }
        assert_empty_without(&mut index, stored);
    }
}

#[test]
fn windows_that_many_literals_share_are_not_crowded() {
    let mut index = WildcardIndex::default();
    let wildcards: Vec<_> = (0..2000).map(|number| pieces_of(&format!("*sameWord{number:03x}*"))).collect();
    for (id, wildcard) in (0..).zip(&wildcards) {
        index.add(wildcard, id);
    }
    assert_eq!(vec![0x123], found_in(&index, b"a sameWord123 b", &mut WildcardScratch::default()));
    let same = literals::load_up_to_eight(b"sameWord");
    assert!(index.samples.at(same, index.hasher).count() <= 8);
}
