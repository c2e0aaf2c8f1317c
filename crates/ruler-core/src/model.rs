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
    /// A string whose folded form a wildcard of these pieces accepts.
    WildcardIgnoreCase(Box<[Box<[u8]>]>),
    /// A string that a regular expression describes from beginning to end, in postfix order.
    Regexp(Box<[RegexpStep]>),
    NumericRange(NumericRange),
    Cidr(Cidr),
    /// Every value.
    Exists,
    /// No value: `{"exists": false}`.
    Absent,
    /// Every value that none of these accepts; sorted, distinct, one or more. Never Exists, Absent, AnythingBut, AllOf,
    /// NoneOf, Regexp or Literal inside.
    AnythingBut(Box<[Pattern]>),
    /// A value that each of these parts accepts; a part is patterns of which any may accept. Both sorted, distinct, one
    /// or more. Never Absent, NoneOf or Exists inside.
    AllOf(Box<[Box<[Pattern]>]>),
    /// No value of the path that any of these accepts; sorted, distinct, one or more. Never Absent, NoneOf or Exists
    /// inside.
    NoneOf(Box<[Pattern]>),
}

/// One step of a regular expression in postfix order: each takes its parts from those before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegexpStep {
    /// One character: "09az" is a digit or a letter. Ranges ascend and are apart.
    Characters(Box<str>),
    /// The last so many parts, one after the other.
    Sequence(u32),
    /// The last so many parts, any of which may stand.
    Union(u32),
    /// The last part, `low` to `high` times; None is without bound.
    Repeat { low: u32, high: Option<u32> },
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

/// Clauses that must all match; distinct, sorted by path. Those of one path keep the order they were given in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubRule {
    pub clauses: Box<[Clause]>,
}
