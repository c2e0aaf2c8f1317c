use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn prefixes_of(index: &PrefixIndex, value: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(value, &mut found);
    found
}

fn suffixes_of(index: &SuffixIndex, value: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(value, &mut found);
    found
}

#[test]
fn the_empty_text_begins_and_ends_every_value() {
    let (mut prefixes, mut suffixes) = (PrefixIndex::default(), SuffixIndex::default());
    prefixes.add(b"", 1);
    prefixes.add("大".as_bytes(), 2);
    suffixes.add(b"", 3);
    suffixes.add("雨".as_bytes(), 4);
    assert_eq!(vec![1], prefixes_of(&prefixes, b""));
    assert_eq!(vec![1, 2], prefixes_of(&prefixes, "大雨".as_bytes()));
    assert_eq!(vec![3], suffixes_of(&suffixes, b""));
    assert_eq!(vec![3, 4], suffixes_of(&suffixes, "大雨".as_bytes()));
    prefixes.remove(b"");
    assert_eq!(vec![2], prefixes_of(&prefixes, "大雨".as_bytes()));
}

#[test]
fn a_node_may_have_every_byte_as_a_child() {
    let mut index = PrefixIndex::default();
    for byte in 0..=u8::MAX {
        index.add(&[b'x', byte], u32::from(byte));
    }
    for byte in 0..=u8::MAX {
        assert_eq!(vec![u32::from(byte)], prefixes_of(&index, &[b'x', byte, byte]));
        index.remove(&[b'x', byte]);
        index.remove(&[b'x', byte]); // what is not stored is not removed again
        assert_eq!(usize::from(u8::MAX - byte), index.len());
        assert!(prefixes_of(&index, &[b'x', byte, byte]).is_empty());
    }
    assert_eq!(0, index.memory_bytes());
}

#[test]
fn a_very_long_text_needs_no_depth() {
    let mut index = SuffixIndex::default();
    let texts: Vec<Vec<u8>> = (0..3000).map(|length| vec![b'a'; length]).collect();
    for (id, text) in (0..).zip(&texts) {
        index.add(text, id);
    }
    assert_eq!(3000, suffixes_of(&index, &[b'a'; 4000]).len());
    let most = index.memory_bytes();
    texts.iter().skip(10).for_each(|text| index.remove(text));
    assert!(index.memory_bytes() < most / 20);
    assert_eq!(10, suffixes_of(&index, &[b'a'; 4000]).len());
}

proptest! {
    #[test]
    fn finds_what_comparing_each_finds_and_edits_leave_no_trace(
        edits in prop::collection::vec((any::<bool>(), "[abc]{0,5}|a{14,20}b?|[a-z]{1,2}"), 1..120),
        values in prop::collection::vec("[abc]{0,8}|a{0,22}|[a-z]{3}", 1..8),
    ) {
        let (mut prefixes, mut suffixes) = (PrefixIndex::default(), SuffixIndex::default());
        let mut stored = BTreeMap::new();
        for (id, (is_added, text)) in (0..).zip(&edits) {
            let text = text.as_bytes();
            if *is_added && !stored.contains_key(text) {
                stored.insert(text, id);
                prefixes.add(text, id);
                suffixes.add(text, id);
            } else {
                stored.remove(text);
                prefixes.remove(text);
                suffixes.remove(text);
            }
            prop_assert_eq!((stored.len(), stored.len()), (prefixes.len(), suffixes.len()));
        }
        for value in &values {
            let value = value.as_bytes();
            let mut expected: Vec<_> = stored.iter().filter(|(text, _)| value.starts_with(text)).collect();
            expected.sort_by_key(|(text, _)| text.len());
            prop_assert_eq!(expected.iter().map(|(_, &id)| id).collect::<Vec<_>>(), prefixes_of(&prefixes, value));
            let mut expected: Vec<_> = stored.iter().filter(|(text, _)| value.ends_with(text)).collect();
            expected.sort_by_key(|(text, _)| text.len());
            prop_assert_eq!(expected.iter().map(|(_, &id)| id).collect::<Vec<_>>(), suffixes_of(&suffixes, value));
        }
        let (mut fresh_prefixes, mut fresh_suffixes) = (PrefixIndex::default(), SuffixIndex::default());
        for (text, &id) in &stored {
            fresh_prefixes.add(text, id);
            fresh_suffixes.add(text, id);
        }
        prop_assert_eq!(fresh_prefixes.0.structure().0, prefixes.0.structure().0);
        if !stored.is_empty() {
            prop_assert_eq!(fresh_prefixes.0.structure(), prefixes.0.structure());
            prop_assert_eq!(fresh_suffixes.0.structure(), suffixes.0.structure());
        } else {
            prop_assert_eq!((0, 0), (prefixes.memory_bytes(), suffixes.memory_bytes()));
        }
    }
}
