//! Rules that were read and are not yet in force, written one behind the other.
//!
//! In: texts of rules, which are only carried, and their sub-rules. Out: the same, rule by rule, in the order of writing.
//! In boxes of their own a million rules are millions of small allocations, which the C library keeps after they are
//! freed; here they are three lists. What is unpacked is dropped before the next rule is, so its places are used again.

use crate::model::{Bound, Cidr, Clause, NumericRange, Pattern, RegexpStep, SubRule};
use crate::number::Number;

#[derive(Default)]
pub struct Packed {
    rule_count: usize,
    /// Counts, lengths, texts, and a tag before each pattern.
    bytes: Vec<u8>,
    numbers: Vec<Number>,
    blocks: Vec<Cidr>,
}

impl Packed {
    pub fn rule_count(&self) -> usize {
        self.rule_count
    }

    pub fn push(&mut self, text: &str, sub_rules: &[SubRule]) {
        self.text(text.as_bytes());
        self.all(sub_rules, |packed, sub_rule| packed.all(&sub_rule.clauses, Packed::clause));
        self.rule_count += 1;
    }

    /// What was pushed, from the beginning.
    pub fn unpack(&self) -> Unpacking<'_> {
        Unpacking { bytes: &self.bytes, numbers: self.numbers.iter(), blocks: self.blocks.iter() }
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn count(&mut self, mut count: usize) {
        while count >= 0x80 {
            self.bytes.push(count as u8 | 0x80);
            count >>= 7;
        }
        self.bytes.push(count as u8);
    }

    fn text(&mut self, text: &[u8]) {
        self.count(text.len());
        self.bytes.extend_from_slice(text);
    }

    fn all<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Packed, &T)) {
        self.count(items.len());
        items.iter().for_each(|item| write(self, item));
    }

    fn clause(&mut self, clause: &Clause) {
        self.text(&clause.path);
        self.all(&clause.patterns, Packed::pattern);
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Text(text) => self.tagged(b't', text),
            Pattern::Prefix(text) => self.tagged(b'p', text),
            Pattern::Suffix(text) => self.tagged(b's', text),
            Pattern::EqualsIgnoreCase(text) => self.tagged(b'T', text),
            Pattern::PrefixIgnoreCase(text) => self.tagged(b'P', text),
            Pattern::SuffixIgnoreCase(text) => self.tagged(b'S', text),
            Pattern::Number(number) => {
                self.bytes.push(b'n');
                self.numbers.push(*number);
            }
            Pattern::Literal(None) => self.bytes.push(b'0'),
            Pattern::Literal(Some(false)) => self.bytes.push(b'f'),
            Pattern::Literal(Some(true)) => self.bytes.push(b'y'),
            Pattern::Exists => self.bytes.push(b'e'),
            Pattern::Absent => self.bytes.push(b'a'),
            Pattern::Wildcard(pieces) => {
                self.bytes.push(b'w');
                self.all(pieces, |packed, piece| packed.text(piece));
            }
            Pattern::WildcardIgnoreCase(pieces) => {
                self.bytes.push(b'W');
                self.all(pieces, |packed, piece| packed.text(piece));
            }
            Pattern::Regexp(program) => {
                self.bytes.push(b'x');
                self.all(program, Packed::step);
            }
            Pattern::NumericRange(range) => {
                self.bytes.push(b'r');
                self.bound(range.low);
                self.bound(range.high);
            }
            Pattern::Cidr(block) => {
                self.bytes.push(b'c');
                self.blocks.push(*block);
            }
            Pattern::AnythingBut(excluded) => {
                self.bytes.push(b'!');
                self.all(excluded, Packed::pattern);
            }
            Pattern::AllOf(parts) => {
                self.bytes.push(b'&');
                self.all(parts, |packed, part| packed.all(part, Packed::pattern));
            }
            Pattern::NoneOf(excluded) => {
                self.bytes.push(b'~');
                self.all(excluded, Packed::pattern);
            }
        }
    }

    fn step(&mut self, step: &RegexpStep) {
        match step {
            RegexpStep::Characters(ranges) => self.tagged(b'c', ranges.as_bytes()),
            RegexpStep::Sequence(count) => self.counted(b',', *count),
            RegexpStep::Union(count) => self.counted(b'|', *count),
            RegexpStep::Repeat { low, high: None } => self.counted(b'+', *low),
            RegexpStep::Repeat { low, high: Some(high) } => {
                self.counted(b'{', *low);
                self.count(*high as usize);
            }
        }
    }

    fn counted(&mut self, tag: u8, count: u32) {
        self.bytes.push(tag);
        self.count(count as usize);
    }

    fn tagged(&mut self, tag: u8, text: &[u8]) {
        self.bytes.push(tag);
        self.text(text);
    }

    fn bound(&mut self, bound: Option<Bound>) {
        self.bytes.push(bound.map_or(b'-', |bound| if bound.is_open { b'(' } else { b'[' }));
        self.numbers.extend(bound.map(|bound| bound.number));
    }
}

/// Reads what `Packed` has written. Reading more than that panics.
pub struct Unpacking<'a> {
    bytes: &'a [u8],
    numbers: std::slice::Iter<'a, Number>,
    blocks: std::slice::Iter<'a, Cidr>,
}

impl<'a> Unpacking<'a> {
    /// The text and the sub-rules of the next rule.
    pub fn rule(&mut self) -> (Box<str>, Box<[SubRule]>) {
        let text = std::str::from_utf8(self.text()).expect("a text was written");
        (text.into(), self.all(|packed| SubRule { clauses: packed.all(Unpacking::clause) }))
    }

    fn byte(&mut self) -> u8 {
        let (&byte, rest) = self.bytes.split_first().expect("a byte was written");
        self.bytes = rest;
        byte
    }

    fn count(&mut self) -> usize {
        let mut count = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            count |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
        }
        count
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.count();
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        text
    }

    fn all<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Box<[T]> {
        (0..self.count()).map(|_| read(self)).collect()
    }

    fn clause(&mut self) -> Clause {
        Clause { path: self.text().into(), patterns: self.all(Unpacking::pattern) }
    }

    fn pattern(&mut self) -> Pattern {
        match self.byte() {
            b't' => Pattern::Text(self.text().into()),
            b'p' => Pattern::Prefix(self.text().into()),
            b's' => Pattern::Suffix(self.text().into()),
            b'T' => Pattern::EqualsIgnoreCase(self.text().into()),
            b'P' => Pattern::PrefixIgnoreCase(self.text().into()),
            b'S' => Pattern::SuffixIgnoreCase(self.text().into()),
            b'n' => Pattern::Number(self.number()),
            b'0' => Pattern::Literal(None),
            b'f' => Pattern::Literal(Some(false)),
            b'y' => Pattern::Literal(Some(true)),
            b'e' => Pattern::Exists,
            b'a' => Pattern::Absent,
            b'w' => Pattern::Wildcard(self.all(|packed| packed.text().into())),
            b'W' => Pattern::WildcardIgnoreCase(self.all(|packed| packed.text().into())),
            b'x' => Pattern::Regexp(self.all(Unpacking::step)),
            b'r' => Pattern::NumericRange(NumericRange { low: self.bound(), high: self.bound() }),
            b'c' => Pattern::Cidr(*self.blocks.next().expect("a block was written")),
            b'!' => Pattern::AnythingBut(self.all(Unpacking::pattern)),
            b'&' => Pattern::AllOf(self.all(|packed| packed.all(Unpacking::pattern))),
            b'~' => Pattern::NoneOf(self.all(Unpacking::pattern)),
            tag => unreachable!("{tag} was not written"),
        }
    }

    fn step(&mut self) -> RegexpStep {
        match self.byte() {
            b'c' => RegexpStep::Characters(std::str::from_utf8(self.text()).expect("a text was written").into()),
            b',' => RegexpStep::Sequence(self.count() as u32),
            b'|' => RegexpStep::Union(self.count() as u32),
            b'+' => RegexpStep::Repeat { low: self.count() as u32, high: None },
            b'{' => RegexpStep::Repeat { low: self.count() as u32, high: Some(self.count() as u32) },
            tag => unreachable!("{tag} was not written"),
        }
    }

    fn number(&mut self) -> Number {
        *self.numbers.next().expect("a number was written")
    }

    fn bound(&mut self) -> Option<Bound> {
        match self.byte() {
            b'-' => None,
            tag => Some(Bound { number: self.number(), is_open: tag == b'(' }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Vec<(String, Vec<SubRule>)> {
        let text = |text: &str| -> Box<[u8]> { text.as_bytes().into() };
        let number = Number::from_i64(i64::MAX);
        let bound = |number, is_open| Some(Bound { number, is_open });
        let regexp = Pattern::Regexp(
            [
                RegexpStep::Characters("".into()),
                RegexpStep::Characters("azéé\u{10ffff}\u{10ffff}".into()),
                RegexpStep::Union(2),
                RegexpStep::Repeat { low: 0, high: None },
                RegexpStep::Repeat { low: 2, high: Some(1000) },
                RegexpStep::Sequence(0),
                RegexpStep::Sequence(200),
            ]
            .into(),
        );
        let all_of = Pattern::AllOf([[Pattern::Prefix(text("p"))].into(), [Pattern::Literal(None)].into()].into());
        let patterns = vec![
            Pattern::Text(text("")),
            Pattern::Text("x".repeat(20_000).into_bytes().into()),
            Pattern::Number(number),
            Pattern::Number(Number::from_f64(0.1)),
            Pattern::Literal(None),
            Pattern::Literal(Some(false)),
            Pattern::Literal(Some(true)),
            Pattern::Prefix(text("p")),
            Pattern::Suffix(text("s")),
            Pattern::EqualsIgnoreCase(text("e")),
            Pattern::PrefixIgnoreCase(text("pi")),
            Pattern::SuffixIgnoreCase(text("si")),
            Pattern::Wildcard([text(""), text("a"), text("")].into()),
            Pattern::NumericRange(NumericRange { low: bound(Number::from_u64(3), true), high: bound(number, false) }),
            Pattern::NumericRange(NumericRange { low: bound(number, false), high: None }),
            Pattern::NumericRange(NumericRange { low: None, high: bound(number, true) }),
            Pattern::Cidr(Cidr { version: 6, network: 5 << 100, bits: 28 }),
            Pattern::Exists,
            Pattern::Absent,
            Pattern::AnythingBut([Pattern::Number(number), Pattern::Wildcard([text("b"), text("c")].into())].into()),
            Pattern::WildcardIgnoreCase([text("b"), text("c")].into()),
            regexp.clone(),
            Pattern::AllOf([[regexp.clone(), Pattern::Exists].into(), [all_of].into()].into()),
            Pattern::NoneOf([regexp, Pattern::Literal(None)].into()),
        ];
        let clause = |path: &str, patterns: &[Pattern]| Clause { path: text(path), patterns: patterns.into() };
        let apart = |pattern| SubRule { clauses: [clause("a", std::slice::from_ref(pattern))].into() };
        let together = SubRule { clauses: [clause("ä.b", &patterns), clause("c", &patterns[..1])].into() };
        vec![
            ("one rule of each".into(), patterns.iter().map(apart).collect()),
            ("é".repeat(100), vec![together]),
            (String::new(), vec![]),
        ]
    }

    #[test]
    fn rules_come_out_as_they_went_in() {
        let mut packed = Packed::default();
        rules().iter().for_each(|(text, sub_rules)| packed.push(text, sub_rules));
        assert_eq!(packed.rule_count(), 3);
        let mut unpacking = packed.unpack();
        for (text, sub_rules) in rules() {
            assert_eq!(unpacking.rule(), (text.into_boxed_str(), sub_rules.into_boxed_slice()));
        }
        assert!(unpacking.bytes.is_empty() && unpacking.numbers.as_slice().is_empty());
    }
}
