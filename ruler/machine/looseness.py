"""How much patterns let through, roughly: it decides what is judged first, never the answer.

In: patterns, any of which may accept a value. Out: a number; those that let less through have a lower one.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

# Of ``exists`` before ``anything-but``, see name_state.py. An all-of is as loose as its tightest part.
RANKS: dict[type, int] = {
    Exact: 0,
    EqualsIgnoreCase: 0,
    Cidr: 1,
    Prefix: 1,
    Suffix: 1,
    PrefixIgnoreCase: 1,
    SuffixIgnoreCase: 1,
    Literal: 2,
    NumericRange: 3,
    Wildcard: 4,
    WildcardIgnoreCase: 4,
    Regexp: 4,
    Exists: 5,
    Absent: 5,
    NoneOf: 5,
    AnythingBut: 6,
}


def looseness(patterns: Iterable[Pattern]) -> int:
    """Return how much the loosest of ``patterns`` lets through."""
    return max(
        min(map(looseness, pattern.parts)) if isinstance(pattern, AllOf) else RANKS[type(pattern)]
        for pattern in patterns
    )
