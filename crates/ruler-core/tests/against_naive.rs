//! The reader and the machine against their naive twins, on random bytes and on those that once found a fault.
//!
//! The bounded runner of the fuzz targets in crates/fuzz, for a stable compiler: the same cases each time, a few seconds
//! of them. RULER_FUZZ_CASES=1000000 asks for more, RULER_FUZZ_SEED=7 for others.

mod naive;

use naive::{check_edits, check_event, check_many, check_written_event};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::path::Path;

/// As many cases as usual, from the usual seed, unless the environment says otherwise.
fn config(usual: u32) -> ProptestConfig {
    let cases = number_in("RULER_FUZZ_CASES").map_or(usual, |cases| cases as u32);
    let rng_seed = RngSeed::Fixed(number_in("RULER_FUZZ_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: expected a number")))
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

/// Naive readers recurse: 1024 levels need more stack than a test has.
fn on_a_large_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).unwrap();
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn bytes_of_json_in_any_order_are_an_event_when_a_strict_reader_says_so() {
    let pieces = &b"{}[]:,\"\\\"\"a.b10-+eEu \ntrl\x80\xc3\xa9\x01"[..];
    let inside = prop::collection::vec(prop::sample::select(pieces), 0..24);
    proptest!(config(2_000), |(inside in inside, space in 0..70usize)| {
        let space = &b" ".repeat(space)[..];
        check_event(&[space, &inside].concat());
        check_event(&[space, b"{\"a\":", &inside, b"}"].concat());
        check_event(&[space, b"{\"a\":[", &inside, b"]}"].concat());
    });
}

#[test]
fn damaged_events_are_read_as_a_strict_reader_reads_them() {
    on_a_large_stack(|| {
        proptest!(config(10_000), |(bytes in bytes(160))| {
            check_written_event(&bytes);
        });
    });
}

#[test]
fn a_machine_answers_as_plain_recursion_after_any_edits() {
    proptest!(config(8_000), |(bytes in bytes(400))| check_edits(&bytes));
}

#[test]
fn a_machine_of_hundreds_of_rules_answers_as_plain_recursion() {
    proptest!(config(100), |(seed in any::<u64>())| check_many(seed));
}

#[test]
fn events_at_the_limit_of_depth_are_told_apart() {
    on_a_large_stack(|| {
        for depth in 1022..=1026 {
            for (open, inside, close) in
                [("[", "", "]"), ("{\"a\":", "1", "}"), ("{\"z\":", "1", "}"), ("[[],", "0", "]")]
            {
                let text = format!("{{\"a\":{}{inside}{}}}", open.repeat(depth - 1), close.repeat(depth - 1));
                check_event(text.as_bytes());
                check_event(text.replacen("\"a\"", "\"unused\"", 1).as_bytes());
                check_event(&text.as_bytes()[..text.len() - 1]);
                check_event(text.replacen(close, "", 1).as_bytes());
            }
        }
    });
}

#[test]
fn every_piece_that_json_lacks_is_refused_at_every_place_of_a_block() {
    for space in 0..=66 {
        for piece in
            ["01", "1.", "-", "1e309", "tru", "\u{feff}", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "1 2", "1,", ""]
        {
            check_event(format!("{}{{\"a\":{piece}}}", " ".repeat(space)).as_bytes());
            check_event(format!("{{\"pad\":\"{}\",\"a\":[{piece},0]}}", "x".repeat(space)).as_bytes());
        }
    }
}

/// What fuzzing found once: each file is one input.
#[test]
fn what_was_found_once_stays_found() {
    type Check = fn(&[u8]);
    let targets: [(&str, Check); 3] =
        [("events", check_event), ("written_events", check_written_event), ("sub_rules", check_edits)];
    on_a_large_stack(|| {
        for (name, check) in targets {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions").join(name);
            let Ok(files) = std::fs::read_dir(directory) else { continue }; // a source distribution has none
            for file in files {
                check(&std::fs::read(file.unwrap().path()).unwrap());
            }
        }
    });
}
