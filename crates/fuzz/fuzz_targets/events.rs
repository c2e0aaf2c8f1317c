//! Arbitrary bytes as an event: the reader against a strict reader, and its fields against a naive walk.

#![no_main]

#[allow(dead_code)] // each target uses a part
#[path = "../../ruler-core/tests/naive/mod.rs"]
mod naive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| naive::check_event(bytes));
