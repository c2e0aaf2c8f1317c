//! Arbitrary bytes as decisions on how to write and damage an event: gets deep where arbitrary bytes seldom do.

#![no_main]

#[allow(dead_code)] // each target uses a part
#[path = "../../ruler-core/tests/naive/mod.rs"]
mod naive;

libfuzzer_sys::fuzz_target!(|decisions: &[u8]| naive::check_written_event(decisions));
