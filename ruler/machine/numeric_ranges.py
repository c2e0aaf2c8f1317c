"""Finds all stored ranges that contain a number.

One-sided ranges (``>= 5``) stand in one sorted mapping a side: those that contain a number are all on one
side of it. A two-sided range stands at one node of an implied binary trie over the bits of a double, ordered
as the numbers are: the node where the bits of its two bounds part. A number meets its own nodes only, one a
level that is in use (at most 65), and at a node one comparison decides:

    2 ..... node ..... 9        a number on the left of the node's middle is below every upper bound there,
        low ... high            so the ranges that contain it are those with a small enough lower bound

Cost of a search: a dict look-up a level in use (about log2 of the number of ranges when they are of like
width), a bisection, and what is found. Rounding to a double keeps order, so it never parts a range from a
number it contains; bounds themselves are compared exactly. Source of the idea: the centred interval tree.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Generic, TypeVar

from sortedcontainers import SortedDict

from ruler.patterns.model import Number, NumericRange

T = TypeVar("T")

# A bound as a key that sorts as the bounds do. A range contains v when its low key is below (v, 1) and its
# high key is not.
BoundKey = tuple[Number, int]

_PACK = struct.Struct("<d").pack
_UNPACK = struct.Struct("<Q").unpack
_SIGN = 1 << 63
_ALL_BITS = (1 << 64) - 1


def low_key(bounds: NumericRange) -> BoundKey:
    """Return the key of the lower bound; -infinity where there is none."""
    return (float("-inf"), 0) if bounds.low is None else (bounds.low, int(bounds.low_is_open))


def high_key(bounds: NumericRange) -> BoundKey:
    """Return the key of the upper bound; infinity where there is none."""
    return (float("inf"), 1) if bounds.high is None else (bounds.high, int(not bounds.high_is_open))


def ordered_bits(number: Number) -> int:
    """Return the 64 bits of the nearest double as an integer that sorts as the numbers do."""
    bits: int = _UNPACK(_PACK(number + 0.0))[0]  # adding 0.0 makes -0.0 into 0.0
    return bits ^ _ALL_BITS if bits & _SIGN else bits | _SIGN


class _TrieNode(Generic[T]):
    """The two-sided ranges whose bounds part here, sorted once by each bound."""

    __slots__ = ("by_high", "by_low")

    def __init__(self) -> None:
        # (own key, the other bound's key) -> what is stored
        self.by_low: SortedDict[tuple[BoundKey, BoundKey], T] = SortedDict()
        self.by_high: SortedDict[tuple[BoundKey, BoundKey], T] = SortedDict()


class NumericRangeIndex(Generic[T]):
    """A mapping from numeric ranges to values that is searched by number."""

    __slots__ = ("_highs", "_levels", "_lows", "size")

    def __init__(self) -> None:
        self._lows: SortedDict[BoundKey, T] = SortedDict()  # ranges with no upper bound
        self._highs: SortedDict[BoundKey, T] = SortedDict()  # ranges with no lower bound
        # bits below the level -> leading bits -> node
        self._levels: dict[int, dict[int, _TrieNode[T]]] = {}
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
            level, leading = _place(bounds.low, bounds.high)
            node = self._levels.setdefault(level, {}).setdefault(leading, _TrieNode())
            node.by_low[(low, high)] = stored
            node.by_high[(high, low)] = stored

    def remove(self, bounds: NumericRange) -> None:
        """Forget ``bounds``, which must be stored."""
        self.size -= 1
        low, high = low_key(bounds), high_key(bounds)
        if bounds.high is None:
            del self._lows[low]
        elif bounds.low is None:
            del self._highs[high]
        else:
            level, leading = _place(bounds.low, bounds.high)
            nodes = self._levels[level]
            del nodes[leading].by_low[(low, high)]
            del nodes[leading].by_high[(high, low)]
            if not nodes[leading].by_low:
                del nodes[leading]
                if not nodes:
                    del self._levels[level]

    def one_sided_count(self, number: Number) -> int:
        """Return how many one-sided ranges contain ``number``, without listing them."""
        key = (number, 1)
        below: int = self._lows.bisect_left(key)
        above: int = len(self._highs) - self._highs.bisect_left(key)
        return below + above

    def find(self, number: Number) -> list[T]:
        """Return what is stored for each range that contains ``number``."""
        key = (number, 1)
        found: list[T] = []
        if self._lows:
            found.extend(map(self._lows.__getitem__, self._lows.irange(None, key, (True, False))))
        if self._highs:
            found.extend(map(self._highs.__getitem__, self._highs.irange(key)))
        if self._levels:
            bits = ordered_bits(number)
            for level, nodes in self._levels.items():
                node = nodes.get(bits >> level)
                if node is not None:
                    found.extend(_find_at(node, level, bits, key))
        return found


def _place(low: Number, high: Number) -> tuple[int, int]:
    """Return the node of a two-sided range: how many low bits part its bounds, and the bits before."""
    low_bits = ordered_bits(low)
    level = (low_bits ^ ordered_bits(high)).bit_length()
    return level, low_bits >> level


def _find_at(node: _TrieNode[T], level: int, bits: int, key: BoundKey) -> Iterator[T]:
    if level == 0:
        # Both bounds round to the double that the number rounds to; few ranges are so narrow.
        return (stored for (low, high), stored in node.by_low.items() if low < key <= high)
    if bits >> (level - 1) & 1:  # right of the middle, so above every lower bound here
        return map(node.by_high.__getitem__, node.by_high.irange((key,)))
    return map(node.by_low.__getitem__, node.by_low.irange(None, (key,), (True, False)))
