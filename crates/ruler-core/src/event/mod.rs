//! An event's bytes to its fields.

pub mod fields;
