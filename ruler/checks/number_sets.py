"""Says whether the numbers that one pattern accepts are all accepted by others, and names one that is not.

In: patterns, seen as sets of the numbers an event can have: the integers from -2**63 to 2**64-1, and the doubles.
Out: a number, or None.

    {"numeric": [">", 1, "<", 1.0000000000000002]}  accepts no number: there is no double between the two

Idea: between two neighbouring bounds all numbers are alike. So it is enough to ask about the least number, about each
bound, and about the number next above each bound. Source: section 5 of the semantics.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

from ruler.patterns.model import AllOf, AnythingBut, Exact, Number, NumericRange, Pattern
from ruler.patterns.numbers import LARGEST_INTEGER, SMALLEST_INTEGER, canonical

LEAST_NUMBER: Number = -sys.float_info.max


def next_number(number: Number) -> Number | None:
    """Return the least number above ``number`` that an event can have, or None above the greatest double.

    >>> next_number(1), next_number(2**53), next_number(2**64)
    (1.0000000000000002, 9007199254740993, 1.8446744073709556e+19)
    """
    nearest = float(number)
    above = nearest if nearest > number else math.nextafter(nearest, math.inf)
    whole = math.floor(number) + 1
    if SMALLEST_INTEGER <= whole <= LARGEST_INTEGER and whole < above:
        return whole
    return None if math.isinf(above) else canonical(above)


def telling_numbers(patterns: Iterable[Pattern]) -> list[Number]:
    """Return numbers, ascending, among which is one of every kind that ``patterns`` tell apart."""
    found: set[Number] = {LEAST_NUMBER}
    for bound in _bounds(patterns):
        found.add(bound)
        above = next_number(bound)
        if above is not None:
            found.add(above)
    return sorted(found)


def is_empty_range(pattern: Pattern) -> bool:
    """Return whether ``pattern`` is a numeric range in which no number lies."""
    if not isinstance(pattern, NumericRange):
        return False
    low, high = pattern.low, pattern.high
    least: Number | None = LEAST_NUMBER
    if low is not None:
        least = next_number(low) if pattern.low_is_open else low
    if least is None:
        return True
    return high is not None and (least >= high if pattern.high_is_open else least > high)


def _bounds(patterns: Iterable[Pattern]) -> Iterable[Number]:
    for pattern in patterns:
        match pattern:
            case Exact(value) if not isinstance(value, str):
                yield value
            case NumericRange(low, _, high, _):
                yield from (bound for bound in (low, high) if bound is not None)
            case AnythingBut(excluded):
                yield from _bounds(excluded)
            case AllOf(parts):
                for part in parts:
                    yield from _bounds(part)
