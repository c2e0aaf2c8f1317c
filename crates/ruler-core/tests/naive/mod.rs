//! What the reader and the machine must equal, done the obvious way: a tree of serde_json and plain recursion.
//!
//! Tests and fuzz targets (crates/fuzz) share this. `check_event`, `check_written_event` and `check_edits` take any bytes,
//! and panic where the core differs, so that whoever finds the bytes, a generator or a fuzzer, finds the fault.

pub mod choices;
pub mod events;
pub mod json;
pub mod many;
pub mod regexps;
pub mod rules;

pub use events::{check_event, check_written_event};
pub use many::check_many;
pub use rules::check_edits;
