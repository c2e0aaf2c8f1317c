//! Hundreds of rules at once, most of one kind on few paths: where indexes change their form as they grow and shrink.
//!
//! Scripts of `rules.rs` are small and any bytes are one; these take thousands of decisions, so a seed draws them.

use super::choices::Choices;
use super::regexps;
use super::rules::{self, Script};
use ruler_core::model::{Bound, Cidr, Clause, NumericRange, Pattern, RegexpStep, SubRule};
use ruler_core::number::Number;

const KINDS: usize = 17;
const ALPHABETS: [&[&str]; 4] = [
    &["a", "b"],
    &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"],
    &["a", "A", "k", "K", "\u{212a}", "ß", "ẞ", "ς", "Σ", "σ", "é", "😀"],
    &["ab", "longer", "a text longer than sixteen bytes ", "-", "x"],
];

/// Panics where the machine answers anything but what plain recursion finds, as it grows, shrinks and grows again.
pub fn check_many(seed: u64) {
    let bytes = random_bytes(seed, 200_000);
    let mut drawing = Drawing::new(&bytes);
    let mut script = Script::default();
    for _ in 0..2 {
        for _ in 0..drawing.choices.far_below(300) {
            let sub_rules = (0..=drawing.choices.below(16) / 15).map(|_| drawing.sub_rule()).collect();
            script.add(sub_rules);
        }
        drawing.ask(&mut script, 5);
        let kept = drawing.choices.below(8);
        script.remove_where(|_| drawing.choices.below(8) >= kept);
        drawing.ask(&mut script, 3);
    }
    script.remove_where(|_| true);
    assert_eq!(1, script.machine.states().len());
    drawing.ask(&mut script, 1);
}

fn random_bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Draws the rules of one script and events that have something to do with them.
struct Drawing<'a> {
    choices: Choices<'a>,
    /// The one kind of most patterns; `KINDS` for a mixture.
    kind: usize,
    alphabet: &'static [&'static str],
    paths: Vec<String>,
    /// Of patterns, whole or in part: what values are made of.
    texts: Vec<String>,
    numbers: Vec<f64>,
}

impl Drawing<'_> {
    fn new(bytes: &[u8]) -> Drawing<'_> {
        let mut choices = Choices::new(bytes);
        let kind = choices.below(KINDS + 4) % (KINDS + 1); // ranges, and what excludes, more often
        let alphabet = choices.one_of(&ALPHABETS);
        let path_count = choices.one_of(&[1, 2, 3, 30]);
        let paths =
            (0..path_count).map(|index| ["n", "l.x", "l.y"].map(|start| format!("{start}{index}"))).collect::<Vec<_>>();
        Drawing { choices, kind, alphabet, paths: paths.concat(), texts: Vec::new(), numbers: Vec::new() }
    }

    fn path(&mut self) -> String {
        self.paths[self.choices.below(self.paths.len())].clone()
    }

    fn sub_rule(&mut self) -> SubRule {
        let mut clauses: Vec<Clause> = (0..=self.choices.below(5) / 2).map(|_| self.clause()).collect();
        clauses.sort();
        clauses.dedup();
        SubRule { clauses: clauses.into() }
    }

    fn clause(&mut self) -> Clause {
        let mut patterns = vec![self.pattern()];
        for _ in 0..self.choices.below(6) / 3 {
            let kind = self.choices.below(KINDS); // mostly another one
            patterns.push(self.excludable(kind));
        }
        patterns.sort();
        patterns.dedup();
        Clause { path: self.path().into_bytes().into(), patterns: patterns.into() }
    }

    fn pattern(&mut self) -> Pattern {
        let is_usual = self.kind < KINDS && self.choices.below(16) != 0;
        match if is_usual { self.kind } else { self.choices.below(KINDS + 2) } {
            0 => self.range(),
            1 => Pattern::AnythingBut([self.excludable(9)].into()),
            2 => Pattern::AnythingBut([self.excludable(4)].into()),
            12 => self.anything_but_range(),
            14 => self.regexp(),
            15 => self.all_of(2),
            16 => Pattern::NoneOf(self.part(1)),
            KINDS => Pattern::Exists,
            kind if kind > KINDS => Pattern::Absent,
            kind => self.excludable(kind),
        }
    }

    /// Some with a part that all of a script share, some of nothing but anything-buts.
    fn all_of(&mut self, levels: u32) -> Pattern {
        let mut parts: Vec<_> = (0..1 + self.choices.below(3)).map(|_| self.part(levels - 1)).collect();
        if self.choices.below(2) == 0 {
            parts.push([Pattern::Suffix(self.alphabet[0].as_bytes().into())].into());
        }
        parts.sort();
        parts.dedup();
        Pattern::AllOf(parts.into())
    }

    fn part(&mut self, levels: u32) -> Box<[Pattern]> {
        let mut patterns = vec![self.of_one_value(levels)];
        if self.choices.below(3) == 0 {
            patterns.push(self.of_one_value(levels));
        }
        patterns.sort();
        patterns.dedup();
        patterns.into()
    }

    fn of_one_value(&mut self, levels: u32) -> Pattern {
        match self.choices.below(12) {
            0 => self.range(),
            1..=4 => Pattern::AnythingBut([self.excludable(4)].into()),
            5 => self.anything_but_range(),
            6 if levels > 0 => self.all_of(levels),
            _ => {
                let kind = 3 + self.choices.below(6); // no wildcards, which plain recursion is slow at
                self.excludable(kind)
            }
        }
    }

    fn excludable(&mut self, kind: usize) -> Pattern {
        match kind {
            3 | 4 => Pattern::Text(self.text().into_bytes().into()),
            5 => Pattern::Prefix(self.text().into_bytes().into()),
            6 => Pattern::Suffix(self.text().into_bytes().into()),
            7 => Pattern::EqualsIgnoreCase(rules::folded(&self.text()).into_bytes().into()),
            8 => Pattern::PrefixIgnoreCase(rules::folded(&self.text()).into_bytes().into()),
            9 => self.wildcard(),
            10 => self.block(),
            13 => self.wildcard_ignore_case(),
            _ => Pattern::SuffixIgnoreCase(rules::folded(&self.text()).into_bytes().into()),
        }
    }

    /// A word, remembered for events.
    fn text(&mut self) -> String {
        let length = self.choices.below(4) + self.choices.below(4) * self.choices.below(4);
        let text: String = (0..length).map(|_| self.choices.one_of(self.alphabet)).collect();
        self.texts.push(text.clone());
        text
    }

    fn wildcard(&mut self) -> Pattern {
        let mut pieces: Vec<String> = (0..2 + self.choices.below(4)).map(|_| self.text()).collect();
        let last = pieces.len() - 1;
        for (index, piece) in pieces.iter_mut().enumerate() {
            if index == 0 || index == last {
                if self.choices.below(4) != 0 {
                    piece.clear();
                }
            } else if piece.is_empty() {
                piece.push('a');
            }
        }
        self.texts.push(pieces.join(""));
        self.texts.push(pieces.join("a"));
        Pattern::Wildcard(pieces.into_iter().map(|piece| piece.into_bytes().into()).collect())
    }

    fn wildcard_ignore_case(&mut self) -> Pattern {
        let Pattern::Wildcard(pieces) = self.wildcard() else { unreachable!() };
        let folded = |piece: &[u8]| rules::folded(std::str::from_utf8(piece).unwrap()).into_bytes().into();
        Pattern::WildcardIgnoreCase(pieces.iter().map(|piece| folded(piece)).collect())
    }

    /// Words, perhaps with something between and around them.
    fn regexp(&mut self) -> Pattern {
        let mut steps = Vec::new();
        let mut count = 0;
        for _ in 0..=self.choices.below(3) {
            if self.choices.below(2) == 0 {
                steps.extend(regexps::regexp(&mut self.choices));
                count += 1;
            }
            for character in self.text().chars() {
                steps.push(RegexpStep::Characters([character, character].iter().collect::<String>().into()));
                count += 1;
            }
        }
        if count != 1 {
            steps.push(RegexpStep::Sequence(count));
        }
        Pattern::Regexp(steps.into())
    }

    /// Of ranges, and often of something else.
    fn anything_but_range(&mut self) -> Pattern {
        let mut excluded: Vec<Pattern> = (0..=self.choices.below(4) / 3).map(|_| self.range()).collect();
        if self.choices.below(2) == 0 {
            let kind = 3 + self.choices.below(9);
            excluded.push(self.excludable(kind));
        }
        if !excluded.iter().any(|pattern| matches!(pattern, Pattern::NumericRange(_))) {
            excluded.push(Pattern::Number(Number::from_f64(7.0)));
        }
        excluded.sort();
        excluded.dedup();
        Pattern::AnythingBut(excluded.into())
    }

    fn number(&mut self) -> f64 {
        let whole = f64::from(self.choices.far_below(2000) as u32) - 1000.0;
        let number = match self.choices.below(8) {
            0 => whole * 1e300,
            1 => whole / 1024.0,
            _ => whole,
        };
        self.numbers.push(number);
        number
    }

    fn range(&mut self) -> Pattern {
        let one = self.number();
        let other = if self.choices.below(2) == 0 { one + f64::from(self.choices.byte()) } else { self.number() };
        let open = self.choices.byte();
        let low = Bound { number: Number::from_f64(one.min(other)), is_open: open & 1 != 0 };
        let high = Bound { number: Number::from_f64(one.max(other)), is_open: open & 2 != 0 };
        let (low, high) = match self.choices.below(6) {
            0 => (Some(low), None),
            1 => (None, Some(high)),
            _ if low.number == high.number => return Pattern::Number(low.number),
            _ => (Some(low), Some(high)),
        };
        Pattern::NumericRange(NumericRange { low, high })
    }

    fn block(&mut self) -> Pattern {
        let bits = self.choices.below(33) as u8;
        let address = self.address();
        let network = u128::from(address) >> (32 - bits) << (32 - bits);
        Pattern::Cidr(Cidr { version: 4, network, bits })
    }

    fn address(&mut self) -> u32 {
        let address =
            u32::from_be_bytes([10, self.choices.byte() & 3, self.choices.byte() & 0x81, self.choices.byte()]);
        self.texts.push(std::net::Ipv4Addr::from(address).to_string());
        address
    }

    fn ask(&mut self, script: &mut Script, times: usize) {
        assert_eq!(Ok(()), script.machine.check());
        for _ in 0..times {
            let event = self.event();
            script.ask(&event);
        }
    }

    /// Some members, and an array of objects: not many, since the naive twin tries every combination of them.
    fn event(&mut self) -> String {
        let mut members: Vec<String> = Vec::new();
        let starts = self.paths.len() / 3;
        for index in 0..starts {
            if self.choices.below(starts / 4 + 2) > starts / 4 {
                continue;
            }
            members.push(format!("\"n{index}\":{}", self.value()));
        }
        let most = self.choices.one_of(&[0, 1, 2, 3, 12, 24]);
        let elements = (0..self.choices.below(most + 1)).map(|_| {
            let index = self.choices.below(starts);
            match self.choices.below(4) {
                0 => format!("{{\"x{index}\":{}}}", self.scalar()),
                1 => format!("{{\"y{index}\":{}}}", self.scalar()),
                _ => format!("{{\"x{index}\":{},\"y{index}\":{}}}", self.scalar(), self.scalar()),
            }
        });
        let elements: Vec<String> = elements.collect();
        members.push(format!("\"l\":[{}]", elements.join(",")));
        format!("{{{}}}", members.join(","))
    }

    fn value(&mut self) -> String {
        match self.choices.below(8) {
            0 => self.choices.one_of(&["null", "true", "0", "[]"]).to_owned(),
            1..=4 => {
                let items: Vec<String> = (0..self.choices.below(8)).map(|_| self.scalar()).collect();
                format!("[{}]", items.join(","))
            }
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> String {
        let is_number = matches!(self.kind, 0 | 12 | 15..) && self.choices.below(2) == 0;
        if is_number && !self.numbers.is_empty() {
            let near = self.numbers[self.choices.far_below(self.numbers.len())];
            return format!("{}", near + self.choices.one_of(&[0.0, 0.0, 0.5, -1.0, 64.0]));
        }
        let words = match self.choices.below(64) {
            0 => 400,
            words => words % 4,
        };
        let text: String = (0..words).map(|_| self.known_text()).collect();
        serde_json::to_string(&text).unwrap()
    }

    fn known_text(&mut self) -> String {
        if self.texts.is_empty() || self.choices.below(8) == 0 {
            return self.choices.one_of(self.alphabet).to_owned();
        }
        self.texts[self.choices.far_below(self.texts.len())].clone()
    }
}
