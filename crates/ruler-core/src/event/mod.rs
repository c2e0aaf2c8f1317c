//! An event's bytes to its fields.
//!
//! ```text
//! bytes ──wide──▶ bit planes ──classes──▶ quotes, digits... ──check──▶ rows of bitmaps ──read──▶ fields
//! ```
//!
//! - `wide`, `wide_simd`   bitmaps of up to 512 bytes as one number; the only place that knows a processor
//! - `classes`             which bytes are quotes, brackets, digits and so on
//! - `strings`, `numbers`, `escapes`  the parts of JSON that the check is made of
//! - `check`               every rule of JSON but nesting
//! - `index`, `row`        the bitmaps of an event, checked, or made as they are asked for
//! - `nesting`             which brackets are open, and the way past what no rule looks into
//! - `read`, `places`      follows the brackets, and at used paths the names, and gathers the fields
//! - `fields`              what comes out
//! - `reuse`               lists that serve event after event

mod check;
mod classes;
pub mod escapes;
pub mod fields;
pub mod index;
mod instructions;
pub mod nesting;
pub mod numbers;
mod places;
pub mod read;
mod reuse;
mod row;
mod strings;
mod wide;
#[cfg(target_arch = "x86_64")]
mod wide_simd;

pub use instructions::Instructions;
pub use nesting::MAX_DEPTH;
pub use read::{Reader, Rejected, Validate};
