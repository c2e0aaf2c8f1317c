//! The two directions in which a trie reads texts. Labels are kept as they stand in the text in both.

pub trait Reading {
    /// The byte that is read first.
    fn first(text: &[u8]) -> Option<u8>;

    /// `text` parted into what is read first, `length` bytes, and the rest.
    fn part(text: &[u8], length: usize) -> (&[u8], &[u8]);

    /// What is left of `text` after `label`, when it is read first.
    fn after<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a [u8]>;

    /// How many bytes are the same in both, from where reading begins.
    fn common_length(one: &[u8], other: &[u8]) -> usize;

    /// The text of which `upper` is read first and then `lower`.
    fn join(upper: &[u8], lower: &[u8]) -> Vec<u8>;
}

#[derive(Debug, Default)]
pub struct Forward;

#[derive(Debug, Default)]
pub struct Backward;

impl Reading for Forward {
    #[inline]
    fn first(text: &[u8]) -> Option<u8> {
        text.first().copied()
    }

    fn part(text: &[u8], length: usize) -> (&[u8], &[u8]) {
        text.split_at(length)
    }

    #[inline]
    fn after<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a [u8]> {
        text.strip_prefix(label)
    }

    fn common_length(one: &[u8], other: &[u8]) -> usize {
        one.iter().zip(other).take_while(|(one, other)| one == other).count()
    }

    fn join(upper: &[u8], lower: &[u8]) -> Vec<u8> {
        [upper, lower].concat()
    }
}

impl Reading for Backward {
    #[inline]
    fn first(text: &[u8]) -> Option<u8> {
        text.last().copied()
    }

    fn part(text: &[u8], length: usize) -> (&[u8], &[u8]) {
        let (rest, first) = text.split_at(text.len() - length);
        (first, rest)
    }

    #[inline]
    fn after<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a [u8]> {
        text.strip_suffix(label)
    }

    fn common_length(one: &[u8], other: &[u8]) -> usize {
        one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
    }

    fn join(upper: &[u8], lower: &[u8]) -> Vec<u8> {
        [lower, upper].concat()
    }
}
