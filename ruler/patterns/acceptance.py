"""Says whether one pattern accepts one value, by looking at the two: for those who explain an answer.

The machine finds the patterns that accept a value among many at once; this asks one. Tests hold the two together.
Values are those of a decoded event (machine/decode.py): str, int, float, True, False, None.

>>> accepts(Prefix("aws."), "aws.s3"), accepts(Exact(1), True), accepts(AnythingBut(frozenset({Exact("x")})), None)
(True, False, True)

Source: sections 5 to 8 and 13 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.patterns.addresses import parse_address
from ruler.patterns.folding import fold
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
from ruler.patterns.regexp_walk import matches_whole

Value = str | int | float | bool | None
_EVERY_VALUE: frozenset[Pattern] = frozenset({Exists()})


def accepts(pattern: Pattern, value: Value) -> bool:
    """Return whether ``pattern`` accepts ``value``. ``Absent`` and ``NoneOf`` accept none.

    Cost: linear in the value; for a regular expression times its size. No recursion deeper than patterns nest.
    """
    match pattern:
        case Exact(wanted):
            return is_number(value) == is_number(wanted) and not isinstance(value, bool) and value == wanted
        case Literal(literal):
            return value is literal
        case Exists():
            return True
        case Absent() | NoneOf():
            return False
        case AllOf(parts):
            return all(any(accepts(each, value) for each in part) for part in parts)
        case AnythingBut(excluded):
            return not any(accepts(each, value) for each in excluded)
        case NumericRange():
            return is_number(value) and _is_in_range(pattern, value)  # type: ignore[arg-type]
    return isinstance(value, str) and _accepts_string(pattern, value)


def may_hold_without_value(patterns: Iterable[Pattern]) -> bool:
    """Return whether a clause of ``patterns`` can hold by the values that its path does not have.

    It can where ``{"exists": false}`` or ``none-of`` is among them; every other pattern needs a value to accept.
    """
    return any(isinstance(pattern, Absent | NoneOf) for pattern in patterns)


def excluded_by(guard: Absent | NoneOf) -> frozenset[Pattern]:
    """Return the patterns of which no value may be accepted where ``guard`` holds: any value, for Absent."""
    return guard.excluded if isinstance(guard, NoneOf) else _EVERY_VALUE


def is_number(value: Value) -> bool:
    """Return whether ``value`` is a JSON number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _accepts_string(pattern: Pattern, value: str) -> bool:
    match pattern:
        case Prefix(text):
            return value.startswith(text)
        case Suffix(text):
            return value.endswith(text)
        case EqualsIgnoreCase(folded):
            return fold(value) == folded
        case PrefixIgnoreCase(folded):
            return fold(value).startswith(folded)
        case SuffixIgnoreCase(folded):
            return fold(value).endswith(folded)
        case Wildcard(pieces):
            return has_pieces(value, pieces)
        case WildcardIgnoreCase(folded_pieces):
            return has_pieces(fold(value), folded_pieces)
        case Regexp(program):
            return matches_whole(program, value)
        case Cidr():
            return _is_in_block(pattern, value)
    raise AssertionError(f"no pattern for strings: {pattern!r}")


def _is_in_range(pattern: NumericRange, value: int | float) -> bool:
    low, high = pattern.low, pattern.high
    is_above = low is None or (value > low if pattern.low_is_open else value >= low)
    return is_above and (high is None or (value < high if pattern.high_is_open else value <= high))


def has_pieces(value: str, pieces: tuple[str, ...]) -> bool:
    """Return whether ``value`` is ``pieces`` in order with anything between. Takes each at its first place."""
    first, *middle, last = pieces
    if not value.startswith(first):
        return False
    place = len(first)
    for piece in middle:
        found = value.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(value) - len(last) >= place and value.endswith(last)


def _is_in_block(pattern: Cidr, value: str) -> bool:
    address = parse_address(value)
    if address is None:
        return False
    version, number = address
    free_bits = (32 if version == 4 else 128) - pattern.bits
    return version == pattern.version and number >> free_bits == pattern.network >> free_bits
