//! What a machine is given: sub-rules in normal form. The twin of `ruler/patterns/model.py`, which defines each.
//!
//! Texts are UTF-8 bytes, since that is what they are compared with. Ignore-case forms hold folded text (`folding.rs`).

use crate::number::Number;

/// One test on one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Equal to this string.
    Text(Box<[u8]>),
    /// Equal to this number.
    Number(Number),
    /// `Some(true)`, `Some(false)`, or null.
    Literal(Option<bool>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    EqualsIgnoreCase(Box<[u8]>),
    PrefixIgnoreCase(Box<[u8]>),
    SuffixIgnoreCase(Box<[u8]>),
    /// The texts between the asterisks: the first stands at the beginning, the last at the end. Two or more.
    Wildcard(Box<[Box<[u8]>]>),
    NumericRange(NumericRange),
    Cidr(Cidr),
    /// Every value.
    Exists,
    /// No value: `{"exists": false}`.
    Absent,
    /// Every value that none of these accepts; sorted, distinct, one or more. Never NumericRange, Exists, Absent,
    /// AnythingBut or Literal inside.
    AnythingBut(Box<[Pattern]>),
}

/// The numbers between two bounds; at least one bound; low < high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericRange {
    pub low: Option<Bound>,
    pub high: Option<Bound>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound {
    pub number: Number,
    /// True for `>` and `<`: the bound itself is outside.
    pub is_open: bool,
}

/// The addresses whose first `bits` bits are those of `network`, whose other bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// 4 or 6.
    pub version: u8,
    /// An IPv4 address stands in the low 32 bits.
    pub network: u128,
    /// 0-32 or 0-128.
    pub bits: u8,
}

/// One path and its patterns, of which any may accept; sorted, distinct, one or more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clause {
    /// Names from root to leaf joined by dots, UTF-8.
    pub path: Box<[u8]>,
    pub patterns: Box<[Pattern]>,
}

/// Clauses that must all match; sorted, distinct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubRule {
    pub clauses: Box<[Clause]>,
}
