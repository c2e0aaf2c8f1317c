"""What a machine is given: sub-rules, in a normal form that needs no rule text to understand.

A rule compiles to sub-rules, a sub-rule is a set of clauses, a clause is one path and the patterns
of which any may accept a value. Everything here is immutable and hashable, so equal clauses and
equal patterns of different rules are found to be the same one.

    {"a": ["x", {"prefix": "y"}]}  ->  SubRule({Clause("a", {Exact("x"), Prefix("y")})})

Normal form: two spellings of one meaning are one pattern. ``exactly`` and ``numeric =`` become Exact; a
wildcard without ``*`` becomes Exact, ``x*`` a Prefix, ``*x`` a Suffix, ``*`` an empty Prefix; the same without
regard to case becomes EqualsIgnoreCase, PrefixIgnoreCase and so on. ``none-of`` of ``exists`` is Absent.

AllOf, NoneOf, Regexp, WildcardIgnoreCase, an AnythingBut of a NumericRange, and several clauses on one path come from
extensions: no rule of a dialect without them holds one (``extensions`` of compiler.Limits).
"""

from __future__ import annotations

from dataclasses import dataclass

Number = int | float  # an int from -2**63 to 2**64-1, or a finite float; Python compares them exactly


@dataclass(frozen=True, slots=True)
class Exact:
    """Accepts the values equal to one string or one number."""

    value: str | Number


@dataclass(frozen=True, slots=True)
class Literal:
    """Accepts ``true``, ``false`` or ``null``: apart from Exact because in Python ``True == 1``."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class Prefix:
    """Accepts the strings that begin with ``text``; an empty text accepts every string."""

    text: str


@dataclass(frozen=True, slots=True)
class Suffix:
    """Accepts the strings that end with ``text``."""

    text: str


@dataclass(frozen=True, slots=True)
class EqualsIgnoreCase:
    """Accepts the strings whose folded form (patterns/folding.py) is ``folded``."""

    folded: str


@dataclass(frozen=True, slots=True)
class PrefixIgnoreCase:
    """Accepts the strings whose folded form begins with ``folded``."""

    folded: str


@dataclass(frozen=True, slots=True)
class SuffixIgnoreCase:
    """Accepts the strings whose folded form ends with ``folded``."""

    folded: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Accepts the strings made of ``pieces``, in order, with anything between: ``a*b`` is ``("a", "b")``.

    The first piece stands at the beginning, the last at the end; either may be empty, no other is.
    Invariant: two pieces or more, and not the one-sided forms that are a Prefix or a Suffix.
    """

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WildcardIgnoreCase:
    """Accepts the strings whose folded form a Wildcard of the same pieces, which are folded, accepts."""

    folded_pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regexp:
    """Accepts the strings that an I-Regexp (RFC 9485) describes from beginning to end.

    ``program`` is the expression in postfix order (patterns/iregexp.py): flat, so that nobody needs recursion, and
    without spelling, so that ``[ab]`` and ``[ba]`` are one pattern. Invariant: within the budgets of iregexp.py.
    """

    program: tuple[RegexpStep, ...]


@dataclass(frozen=True, slots=True)
class Characters:
    """Accepts one character: "az" those from a to z, "09az" digits too. Ranges ascend, are apart, hold no surrogate.

    Empty, it accepts none. A string, not a tuple of numbers: categories have hundreds of ranges, and a string
    remembers its hash.
    """

    ranges: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Joins the last ``count`` parts, one after the other. 0 is the empty text; 1 never occurs."""

    count: int


@dataclass(frozen=True, slots=True)
class Union:
    """Joins the last ``count`` parts, two or more, any of which may stand."""

    count: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """Repeats the last part ``low`` to ``high`` times; None is without bound. Never just once."""

    low: int
    high: int | None


RegexpStep = Characters | Sequence | Union | Repeat


@dataclass(frozen=True, slots=True)
class NumericRange:
    """Accepts the numbers between two bounds, either of which may be None (no bound on that side).

    Invariant: at least one bound; low < high where both are given.
    """

    low: Number | None
    low_is_open: bool  # True for >, False for >=
    high: Number | None
    high_is_open: bool  # True for <, False for <=


@dataclass(frozen=True, slots=True)
class Cidr:
    """Accepts the strings that are an address of ``version`` whose first ``bits`` bits are ``network``'s.

    Invariant: the host bits of ``network`` are zero; IPv4-mapped IPv6 blocks are version 4.
    """

    version: int  # 4 or 6
    network: int  # the first address of the block, as an integer
    bits: int  # 0-32 or 0-128


@dataclass(frozen=True, slots=True)
class Exists:
    """Accepts every value."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Holds when the path has no value consistent with the trail so far: ``{"exists": false}``."""


# What anything-but can exclude: ranges, blocks and what ignores case inside a piece by the extensions only.
Excludable = (
    Exact
    | Prefix
    | Suffix
    | EqualsIgnoreCase
    | PrefixIgnoreCase
    | SuffixIgnoreCase
    | Wildcard
    | WildcardIgnoreCase
    | Cidr
    | NumericRange
)


@dataclass(frozen=True, slots=True)
class AnythingBut:
    """Accepts every value that none of ``excluded`` accepts. Invariant: at least one is excluded."""

    excluded: frozenset[Excludable]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Accepts a value when each of ``parts`` does; a part accepts it when any of its patterns does.

    Invariants: no part is empty; none holds Absent, NoneOf or Exists; a part of one pattern is no AllOf, and at most
    one such part is an AnythingBut; there are two parts, or one with several patterns.
    """

    parts: frozenset[frozenset[Pattern]]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Holds when no value of the path, of those consistent with the trail so far, is accepted by any of ``excluded``.

    Accepts no value itself. Absent is the NoneOf of Exists, and is what stands for it. Invariant: at least one is
    excluded; none is Absent, NoneOf or Exists.
    """

    excluded: frozenset[Pattern]


Pattern = Excludable | Literal | Exists | Absent | AnythingBut | AllOf | NoneOf | Regexp


@dataclass(frozen=True, slots=True)
class Clause:
    """One path and its patterns; a value is accepted when any of them accepts it.

    ``path`` is the names from root to leaf joined by dots; a dot inside a name is the same as a step.
    """

    path: str
    patterns: frozenset[Pattern]


@dataclass(frozen=True, slots=True)
class SubRule:
    """Clauses that must all match, at consistent places of the event's arrays.

    ``$and`` makes several clauses on one path, of which each chooses a value of its own.
    """

    clauses: frozenset[Clause]
