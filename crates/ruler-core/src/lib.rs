//! The data plane of `ruler`: sub-rules in, and for each event the rules that match. The twin of `ruler/machine`.
//!
//! ```text
//! event bytes ──event──▶ fields ──machine──▶ rule ids
//! ```
//!
//! - `model`    what a machine is given: sub-rules in normal form (twin of `ruler/patterns/model.py`)
//! - `number`   numbers as the semantics compare them; `number_text`, what is known of them before
//! - `event`    an event's bytes to its fields, driven by the paths that rules use
//! - `machine`  the machine: adding, removing, and the walk of one event
//! - `packed`   rules that were read and are not yet in force
//! - `trim`     when to give memory back to the system
//!
//! Nothing here reads rule text or knows Python. What matches what is defined by the Python engine.

#![forbid(unsafe_op_in_unsafe_fn)]

#[cfg(test)]
extern crate self as ruler_core; // for what unit tests share with the naive twins in `tests`

pub mod event;
pub mod machine;
pub mod model;
pub mod number;
pub mod number_text;
pub mod packed;
pub mod trim;
