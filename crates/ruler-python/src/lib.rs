//! The binding of `ruler-core` to Python: conversions, names, locks. Built as `ruler._native`.
//!
//! - `engine`   the class `Engine`: what ruler/engine.py asks of an engine
//! - `rules`    what is kept by rule id, beside the machine: names and texts
//! - `shared`   the lock around both, and how it is waited for without the GIL
//! - `prepare`  sub-rules of ruler/patterns/model.py to those of the core; `show` the other way
//! - `heap`     gives free memory back to the system
//! - `events`   an event's bytes, borrowed; everything else is left to ruler/machine/decode.py
//! - `decoded`  the fields of an event that is a dict
//! - `answers`  the iterator over many events; `chunk` what many of them match, in several threads
//! - `lines`    the lines of a block of text that match
//!
//! Whatever has words, errors of events above all, comes from the Python engine, so that both say the same.

use pyo3::prelude::*;

mod answers;
mod chunk;
mod decoded;
mod engine;
mod events;
mod heap;
mod lines;
mod prefetch;
mod prepare;
mod rules;
mod shared;
mod show;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()
}
