//! What one search of each index costs, by how much is stored: `cargo run --release -p ruler-core --example index_costs`.
//!
//! Words after that choose among them: `... index_costs detections '700 bytes'`.
//!
//! Prints nanoseconds a search, the least of several rounds, and bytes held a pattern. What is stored beyond the first
//! ten patterns is not found by any of the values, so what a line shows is the cost of size alone.

mod processes;

use processes::Processes;
use ruler_core::machine::address_blocks::AddressBlockIndex;
use ruler_core::machine::folding::fold;
use ruler_core::machine::numeric_ranges::NumericRangeIndex;
use ruler_core::machine::prefixes::{PrefixIndex, SuffixIndex};
use ruler_core::machine::wildcards::{WildcardIndex, WildcardScratch};
use ruler_core::model::{Bound, Cidr, NumericRange};
use ruler_core::number::Number;
use std::collections::HashSet;
use std::hint::black_box;
use std::time::Instant;

/// SplitMix64: the same numbers every time.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A word of `shortest` to `longest` letters that looks like English ones as far as grams go.
    fn word(&mut self, shortest: usize, longest: usize) -> String {
        const SYLLABLES: [&str; 48] = [
            "an", "ter", "re", "in", "ing", "con", "de", "pro", "ver", "men", "ti", "on", "ex", "sub", "port", "er",
            "al", "ate", "st", "and", "the", "for", "com", "per", "ment", "ble", "ous", "lo", "ca", "ma", "di", "se",
            "tion", "qu", "ick", "wor", "ld", "ha", "nd", "le", "vi", "sion", "un", "gra", "ph", "is", "to", "ry",
        ];
        let length = shortest + self.below(longest - shortest + 1);
        let mut word = String::new();
        while word.len() < length {
            word.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
        }
        word.truncate(length);
        word
    }

    fn text(&mut self, length: usize) -> String {
        let mut text = String::new();
        while text.len() < length {
            text.push_str(&self.word(3, 10));
            text.push(' ');
        }
        text.truncate(length);
        text
    }
}

/// Nanoseconds that `search` takes for one of `values`.
fn time<V>(values: &[V], mut search: impl FnMut(&V, &mut Vec<u32>)) -> (f64, f64) {
    let mut found = Vec::new();
    let mut best = f64::INFINITY;
    let mut hits = 0;
    let passes = 5_000usize.div_ceil(values.len());
    for _ in 0..9 {
        hits = 0;
        let start = Instant::now();
        for _ in 0..passes {
            for value in values {
                found.clear();
                search(black_box(value), &mut found);
                hits += black_box(&found).len();
            }
        }
        best = best.min(start.elapsed().as_nanos() as f64 / (passes * values.len()) as f64);
    }
    (best, hits as f64 / (passes * values.len()) as f64)
}

fn report(what: &str, stored: usize, (nanoseconds, hits): (f64, f64), added: std::time::Duration, memory_bytes: usize) {
    println!(
        "{what:40} {stored:>8} stored {nanoseconds:>9.1} ns a search, {hits:>5.2} hits, {:>7.1} ms to add, {:>6} bytes each",
        added.as_secs_f64() * 1e3,
        memory_bytes / stored
    );
}

fn wildcards(what: &str, wildcards: &[String], values: &[String]) {
    if std::env::args().nth(2).is_some_and(|wanted| !format!("{what}, {} stored", wildcards.len()).contains(&wanted)) {
        return;
    }
    let mut seen = HashSet::new(); // a machine gives an index each pattern once
    let wildcards: Vec<&String> = wildcards.iter().filter(|&text| seen.insert(text)).collect();
    let pieces: Vec<Vec<Box<[u8]>>> =
        wildcards.iter().map(|text| text.split('*').map(|piece| piece.as_bytes().into()).collect()).collect();
    let mut index = WildcardIndex::default();
    let start = Instant::now();
    for (id, pieces) in (0..).zip(&pieces) {
        index.add(pieces, id);
    }
    let added = start.elapsed();
    let mut scratch = WildcardScratch::default();
    let cost = time(values, |value, found| index.find(value.as_bytes(), &mut scratch, found));
    report(what, pieces.len(), cost, added, index.memory_bytes());
}

fn all_wildcards(draw: &mut Draw) {
    let values: Vec<String> = (0..500).map(|_| draw.text(400)).collect();
    let short: Vec<String> = (0..500).map(|_| draw.text(30)).collect();
    for count in [10, 2_500, 10_000, 100_000] {
        let texts: Vec<String> = (0..count).map(|_| format!("*{}*", draw.word(4, 12))).collect();
        wildcards("*word*, English-like, 400 bytes", &texts, &values);
    }
    for count in [10, 2_500, 10_000, 100_000] {
        let letters = |draw: &mut Draw| (0..4 + draw.below(9)).map(|_| (b'a' + draw.below(26) as u8) as char).collect();
        let texts: Vec<String> = (0..count)
            .map(|_| {
                format!("*{}*", {
                    let s: String = letters(draw);
                    s
                })
            })
            .collect();
        wildcards("*word*, random letters, 400 bytes", &texts, &values);
    }
    for count in [10, 10_000, 100_000] {
        let texts: Vec<String> = (0..count).map(|_| format!("*{}*{}*", draw.word(5, 12), draw.word(5, 12))).collect();
        wildcards("*word*word*, English-like, 400 bytes", &texts, &values);
    }
    for count in [10, 10_000, 100_000] {
        let texts: Vec<String> =
            (0..count).map(|_| format!("{}*{}*{}", draw.word(5, 12), draw.word(5, 12), draw.word(3, 8))).collect();
        wildcards("word*word*word, English-like, 400 bytes", &texts, &values);
    }
    let letter = |draw: &mut Draw| (b'a' + draw.below(26) as u8) as char;
    for count in [10, 1_000] {
        let texts: Vec<String> = (0..count).map(|_| format!("*{}*{}*", letter(draw), letter(draw))).collect();
        wildcards("*x*y*, 30 bytes", &texts, &short);
    }
    for count in [10, 1_000] {
        let texts: Vec<String> = (0..count).map(|_| format!("{}*{}", letter(draw), letter(draw))).collect();
        wildcards("x*y, 30 bytes", &texts, &short);
    }
    for count in [10, 1_000] {
        let texts: Vec<String> = (1..=count)
            .map(|number| format!("*{}*q", "a*".repeat(number % 60 + 1) + &"b*".repeat(number / 60)))
            .map(|text| text.replace("**", "*"))
            .collect();
        wildcards("*a*a*..b*q, 30 bytes", &texts, &short);
    }
}

/// Wildcards as detection rules have them, over values made of the same words.
fn all_detections(draw: &mut Draw) {
    let mut processes = Processes::new(draw);
    let commands: Vec<String> = (0..500).map(|_| processes.command(28)).collect();
    let images: Vec<String> = (0..500).map(|_| processes.image()).collect();
    for (length, values) in [("700", &commands), ("60", &images)] {
        for count in [10, 2_500, 10_000, 100_000] {
            let texts: Vec<String> = (0..count).map(|_| format!("*{}*", processes.wanted())).collect();
            wildcards(&format!("*detected*, {length} bytes"), &texts, values);
        }
        for count in [10, 10_000, 100_000] {
            let texts: Vec<String> =
                (0..count).map(|_| format!("*{}*{}*", processes.word(), processes.pair())).collect();
            wildcards(&format!("*word*wordWord*, {length} bytes"), &texts, values);
        }
        for count in [10, 10_000, 100_000] {
            let texts: Vec<String> =
                (0..count).map(|_| format!("*{}*{}*", processes.word(), processes.word())).collect();
            wildcards(&format!("*word*word* of 600, {length} bytes"), &texts, values);
        }
    }
}

fn all_prefixes(draw: &mut Draw) {
    for count in [10, 10_000, 100_000] {
        let mut words: Vec<String> = (0..count).map(|_| draw.word(6, 16)).collect();
        words.sort();
        words.dedup();
        let values: Vec<String> = (0..500).map(|_| draw.text(30)).collect();
        let mut index = PrefixIndex::default();
        let start = Instant::now();
        for (id, word) in (0..).zip(&words) {
            index.add(word.as_bytes(), id);
        }
        let added = start.elapsed();
        let cost = time(&values, |value, found| index.find(value.as_bytes(), found));
        report("prefix", words.len(), cost, added, index.memory_bytes());
        let mut index = SuffixIndex::default();
        let start = Instant::now();
        for (id, word) in (0..).zip(&words) {
            index.add(word.as_bytes(), id);
        }
        let added = start.elapsed();
        let cost = time(&values, |value, found| index.find(value.as_bytes(), found));
        report("suffix", words.len(), cost, added, index.memory_bytes());
    }
}

fn all_ranges(draw: &mut Draw) {
    for (what, width) in [("numeric range, narrow", 5), ("numeric range, of all widths", 0)] {
        for count in [10usize, 10_000, 100_000] {
            let bound = |number: usize, is_open| Some(Bound { number: Number::from_u64(number as u64), is_open });
            let ranges: Vec<NumericRange> = (0..count)
                .map(|_| {
                    let low = draw.below(count * 10);
                    // 1/x: few are wide, so about ten contain a number however many there are.
                    let width = if width > 0 { width } else { 1 + count * 10 / (1 + draw.below(count * 10)) };
                    NumericRange { low: bound(low, false), high: bound(low + width, true) }
                })
                .collect();
            let values: Vec<Number> = (0..500).map(|_| Number::from_u64(draw.below(count * 10) as u64)).collect();
            let mut index = NumericRangeIndex::default();
            let start = Instant::now();
            for (id, range) in (0..).zip(&ranges) {
                index.add(range, id);
            }
            let added = start.elapsed();
            let cost = time(&values, |&value, found| _ = index.find(value, 1000, found));
            report(what, count, cost, added, index.memory_bytes());
        }
    }
}

fn all_blocks(draw: &mut Draw) {
    for count in [10, 10_000, 100_000] {
        let mut index = AddressBlockIndex::default();
        let start = Instant::now();
        for id in 0..count {
            let bits = 16 + draw.below(17) as u8;
            let network = u128::from(draw.next() as u32 >> (32 - bits) << (32 - bits));
            index.add(&Cidr { version: 4, network, bits }, id);
        }
        let added = start.elapsed();
        let values: Vec<String> =
            (0..500).map(|_| std::net::Ipv4Addr::from_bits(draw.next() as u32).to_string()).collect();
        let cost = time(&values, |value, found| index.find(value.as_bytes(), found));
        report("cidr, 17 mask lengths", count as usize, cost, added, index.memory_bytes());
        let texts: Vec<String> = (0..500).map(|_| draw.text(30)).collect();
        let cost = time(&texts, |value, found| index.find(value.as_bytes(), found));
        report("cidr, values that are no address", count as usize, cost, added, index.memory_bytes());
    }
}

fn all_foldings(draw: &mut Draw) {
    for length in [30, 400] {
        let lower: Vec<String> = (0..500).map(|_| draw.text(length)).collect();
        let upper: Vec<String> = lower.iter().map(|text| text.to_uppercase()).collect();
        let greek: Vec<String> =
            lower.iter().map(|text| text.replace(['a', 'e', 'i', 'o', 'n', 't', 'r'], "Σ")).collect();
        for (what, values) in [("lower case", lower), ("upper case", upper), ("half Greek", greek)] {
            let mut buffer = Vec::new();
            let (nanoseconds, _) = time(&values, |value, _| _ = black_box(fold(value.as_bytes(), &mut buffer)));
            println!("fold, {what}, {} bytes: {nanoseconds:.1} ns", values[0].len());
        }
    }
}

fn main() {
    let mut draw = Draw(1);
    let wanted = std::env::args().nth(1).unwrap_or_default();
    type Subject = (&'static str, fn(&mut Draw));
    let subjects: [Subject; 6] = [
        ("prefixes", all_prefixes),
        ("ranges", all_ranges),
        ("blocks", all_blocks),
        ("foldings", all_foldings),
        ("wildcards", all_wildcards),
        ("detections", all_detections),
    ];
    subjects.iter().filter(|(name, _)| name.contains(&wanted)).for_each(|(_, run)| run(&mut draw));
}
