"""Random choices that are the same on every Python version and machine.

In: an integer seed. Out: numbers and picks. Only ``random()`` and ``getrandbits()`` of ``random.Random``
are used, because Python keeps those two stable for a seed; ``choice``, ``shuffle`` and ``gauss`` have
changed before and may again. No function of the C mathematics library is used either: their last digit
differs between systems.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of choices fixed by its seed."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self.fraction = source.random
        self.bits = source.getrandbits

    def below(self, limit: int) -> int:
        """An integer from 0 to ``limit - 1``; ``limit`` stays under 2**53."""
        return int(self.fraction() * limit)

    def between(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.fraction() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as the next."""
        return items[self.below(len(items))]

    def pick_skewed(self, items: Sequence[T]) -> T:
        """One of the items, early ones far more often: of 100 items the first comes in one draw of ten."""
        fraction = self.fraction()
        return items[int(fraction * fraction * len(items))]

    def hexadecimal(self, digits: int) -> str:
        """That many hexadecimal digits."""
        return f"{self.bits(4 * digits):0{digits}x}"

    def word(self, length: int) -> str:
        """That many capital letters, which spell no word of the generators' vocabulary except by accident."""
        return "".join(chr(65 + self.below(26)) for _ in range(length))
