"""Finds all stored ranges that contain a number.

One-sided ranges (``>= 5``) stand in one sorted mapping a side: those that contain a number are all on one side of it.

Two-sided ranges stand in cells. The 64 bits of a double, ordered as the numbers are, divide the numbers into cells
of 2**0, 2**4, 2**8 ... doubles, sixteen of one level in one of the next. A range stands at the smallest level where
its bounds still lie in different cells: in the cell of its lower bound, in that of its upper bound, and in the at most
14 between. A number meets one cell a level, and there

    low ── cell ──┐ ┌── cell ──┐ ┌── cell ── high       contains it: those that start here with low enough a bound,
     5      7     9 9          12 12        14  15      all that span the cell, those that end here with a high one

Cost of a search: a dict look-up a level in use (at most 16, about log16 of the number of ranges when they are of like
width), bisections in cells that hold something, and what is found. Rounding to a double keeps order, so it never
parts a range from a number it contains; bounds themselves are compared exactly. Refused: the same with two cells to
one (a centred interval tree), which asks four times as many levels: 100,000 narrow ranges then cost 3.5 times what
10 cost, and so 1.6 times (CPython 3.11, 2026-11-20, ``python -m bench.run --quick --only growth-numeric``).
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import islice
from typing import Generic, TypeVar

from sortedcontainers import SortedDict

from ruler.patterns.model import Exact, Excludable, Number, NumericRange

T = TypeVar("T")

# A bound as a key that sorts as the bounds do. A range contains v when its low key is below (v, 1) and its
# high key is not.
BoundKey = tuple[Number, int]

_LOWEST: BoundKey = (float("-inf"), 0)
_HIGHEST: BoundKey = (float("inf"), 1)

_PACK = struct.Struct("<d").pack
_UNPACK = struct.Struct("<Q").unpack
_SIGN = 1 << 63
_ALL_BITS = (1 << 64) - 1

_BITS_A_LEVEL = 4  # sixteen cells in one


def low_key(bounds: NumericRange) -> BoundKey:
    """Return the key of the lower bound; -infinity where there is none."""
    return _LOWEST if bounds.low is None else (bounds.low, int(bounds.low_is_open))


def high_key(bounds: NumericRange) -> BoundKey:
    """Return the key of the upper bound; infinity where there is none."""
    return _HIGHEST if bounds.high is None else (bounds.high, int(not bounds.high_is_open))


def opposite_ranges(excluded: Iterable[Excludable]) -> list[NumericRange]:
    """Return ranges that contain the numbers which no range and no number of ``excluded`` accepts, and only those.

    {> 5, 3}  ->  < 3; > 3 and <= 5. A single number comes as a range from it to itself; when no number is left, the
    answer is one range that is beyond them all.
    """
    found = []
    position = _LOWEST
    for low, high in sorted(filter(None, map(_span_of_numbers, excluded))):
        if position < low:
            found.append(_range_between(position, low))
        position = max(position, high)
    if position < _HIGHEST:
        found.append(_range_between(position, _HIGHEST))
    return found or [NumericRange(_HIGHEST[0], True, None, False)]


def accepts_numbers(pattern: Excludable) -> bool:
    """Return whether ``pattern`` is a range or a single number."""
    return _span_of_numbers(pattern) is not None


def _span_of_numbers(pattern: Excludable) -> tuple[BoundKey, BoundKey] | None:
    if isinstance(pattern, NumericRange):
        return low_key(pattern), high_key(pattern)
    if isinstance(pattern, Exact) and not isinstance(pattern.value, str):
        return (pattern.value, 0), (pattern.value, 1)
    return None


def _range_between(low: BoundKey, high: BoundKey) -> NumericRange:
    return NumericRange(
        None if low == _LOWEST else low[0],
        low_is_open=low[1] == 1,
        high=None if high == _HIGHEST else high[0],
        high_is_open=high[1] == 0,
    )


def ordered_bits(number: Number) -> int:
    """Return the 64 bits of the nearest double as an integer that sorts as the numbers do."""
    bits: int = _UNPACK(_PACK(number + 0.0))[0]  # adding 0.0 makes -0.0 into 0.0
    return bits ^ _ALL_BITS if bits & _SIGN else bits | _SIGN


class _Side(Generic[T]):
    """Ranges sorted by one bound, and where that is equal by the other; three lists side by side."""

    # Plain lists: a cell holds few ranges as a rule, and asking a SortedDict takes a microsecond.
    __slots__ = ("keys", "others", "stored")

    def __init__(self) -> None:
        self.keys: list[BoundKey] = []
        self.others: list[BoundKey] = []
        self.stored: list[T] = []

    def add(self, key: BoundKey, other: BoundKey, stored: T) -> None:
        index = self._index(key, other)
        self.keys.insert(index, key)
        self.others.insert(index, other)
        self.stored.insert(index, stored)

    def remove(self, key: BoundKey, other: BoundKey) -> None:
        index = self._index(key, other)
        del self.keys[index], self.others[index], self.stored[index]

    def _index(self, key: BoundKey, other: BoundKey) -> int:
        first = bisect_left(self.keys, key)
        return bisect_left(self.others, other, first, bisect_right(self.keys, key, first))


class _Cell(Generic[T]):
    """What a number in one cell has to ask."""

    __slots__ = ("ending", "spanning", "starting")

    def __init__(self) -> None:
        self.starting: _Side[T] = _Side()  # by lower bound
        self.ending: _Side[T] = _Side()  # by upper bound
        self.spanning: dict[tuple[BoundKey, BoundKey], T] = {}

    def is_empty(self) -> bool:
        return not (self.starting.keys or self.ending.keys or self.spanning)


class NumericRangeIndex(Generic[T]):
    """A mapping from numeric ranges to values that is searched by number."""

    __slots__ = ("_highs", "_levels", "_lows", "_narrow", "size")

    def __init__(self) -> None:
        self._lows: SortedDict[BoundKey, T] = SortedDict()  # ranges with no upper bound
        self._highs: SortedDict[BoundKey, T] = SortedDict()  # ranges with no lower bound
        self._levels: dict[int, dict[int, _Cell[T]]] = {}  # bits below the level -> bits above -> cell
        self._narrow: dict[int, dict[tuple[BoundKey, BoundKey], T]] = {}  # ranges within one double, by its bits
        self.size = 0  # stored ranges

    def add(self, bounds: NumericRange, stored: T) -> None:
        """Store under ``bounds``, which must not be stored yet."""
        self.size += 1
        low, high = low_key(bounds), high_key(bounds)
        if bounds.high is None:
            self._lows[low] = stored
        elif bounds.low is None:
            self._highs[high] = stored
        else:
            self._add_two_sided(low, high, stored)

    def remove(self, bounds: NumericRange) -> None:
        """Forget ``bounds``, which must be stored."""
        self.size -= 1
        low, high = low_key(bounds), high_key(bounds)
        if bounds.high is None:
            del self._lows[low]
        elif bounds.low is None:
            del self._highs[high]
        else:
            self._remove_two_sided(low, high)

    def find(self, number: Number, at_most: int) -> list[T] | None:
        """Return what is stored for each range that contains ``number``; None when they are more than ``at_most``."""
        key = (number, 1)
        enough = at_most + 1  # of one side or cell
        found: list[T] = []
        # By irange alone: what asks a SortedDict for positions makes it build an index, which a match must not do.
        if self._lows:
            below = self._lows.irange(None, key, (True, False))
            found.extend(map(self._lows.__getitem__, islice(below, enough)))
        if self._highs:
            found.extend(map(self._highs.__getitem__, islice(self._highs.irange(key), enough)))
        if self._levels or self._narrow:
            bits = ordered_bits(number)
            for level, cells in self._levels.items():
                cell = cells.get(bits >> level)
                if cell is None:
                    continue
                keys = cell.starting.keys
                if keys and keys[0] < key:  # spares most cells the bisection
                    found.extend(cell.starting.stored[: min(bisect_left(keys, key), enough)])
                keys = cell.ending.keys
                if keys and keys[-1] >= key:
                    first = bisect_left(keys, key)
                    found.extend(cell.ending.stored[first : first + enough])
                if cell.spanning:
                    found.extend(islice(cell.spanning.values(), enough))
            if bits in self._narrow:
                narrow = self._narrow[bits].items()
                found.extend([stored for (low, high), stored in narrow if low < key <= high])
        return found if len(found) <= at_most else None

    def _add_two_sided(self, low: BoundKey, high: BoundKey, stored: T) -> None:
        level, first, last = _place(low, high)
        if first == last:
            self._narrow.setdefault(first, {})[(low, high)] = stored
            return
        cells = self._levels.setdefault(level, {})
        for number in range(first, last + 1):
            cell = cells.get(number)
            if cell is None:
                cell = cells[number] = _Cell()
            if number == first:
                cell.starting.add(low, high, stored)
            elif number == last:
                cell.ending.add(high, low, stored)
            else:
                cell.spanning[(low, high)] = stored

    def _remove_two_sided(self, low: BoundKey, high: BoundKey) -> None:
        level, first, last = _place(low, high)
        if first == last:
            del self._narrow[first][(low, high)]
            if not self._narrow[first]:
                del self._narrow[first]
            return
        cells = self._levels[level]
        for number in range(first, last + 1):
            cell = cells[number]
            if number == first:
                cell.starting.remove(low, high)
            elif number == last:
                cell.ending.remove(high, low)
            else:
                del cell.spanning[(low, high)]
            if cell.is_empty():
                del cells[number]
        if not cells:
            del self._levels[level]


def _place(low: BoundKey, high: BoundKey) -> tuple[int, int, int]:
    """Return the level of a two-sided range and its first and last cell there; one cell only at level 0."""
    low_bits, high_bits = ordered_bits(low[0]), ordered_bits(high[0])
    level = max(0, (low_bits ^ high_bits).bit_length() - 1) // _BITS_A_LEVEL * _BITS_A_LEVEL
    return level, low_bits >> level, high_bits >> level
