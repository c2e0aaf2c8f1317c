//! Arbitrary bytes as a script of edits: the machine against plain recursion, its invariants after each edit.

#![no_main]

#[allow(dead_code)] // each target uses a part
#[path = "../../ruler-core/tests/naive/mod.rs"]
mod naive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| naive::check_edits(bytes));
