//! An event's bytes to its fields.
//!
//! ```text
//! bytes ──masks──▶ 64 classified bytes ──index──▶ bitmaps, grammar checked ──read──▶ fields
//! ```
//!
//! - `masks`, `simd`  which of 64 bytes are quotes, brackets, digits and so on
//! - `index`          all blocks of an event, with every rule of JSON but nesting checked on the way
//! - `numbers`, `escapes`  the parts of that for numbers, and for backslashes in strings
//! - `nesting`        which brackets are open, and the way past what no rule looks into
//! - `read`           follows the brackets, and at used paths the names, and gathers the fields
//! - `fields`         what comes out

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
mod row;
mod strings;
mod wide;
#[cfg(target_arch = "x86_64")]
mod wide_simd;

pub use instructions::Instructions;
pub use nesting::MAX_DEPTH;
pub use read::{Reader, Rejected, Validate};
