"""Deliveries that wait until they are tried again, by time.

In: entries, each with the moment from which on it may be sent. Out: those whose moment has come, the earliest first.
Always: two of one moment come out in the order in which they came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from ruler.route.runtime.flight import Entry

TINY = 1e-6  # seconds: a timer may fire this much early


class Retries:
    """Entries by time."""

    __slots__ = ("_heap", "_numbers")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Entry]] = []
        self._numbers = count()  # so that entries are never compared

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first_at(self) -> float | None:
        """When the first of them may be sent."""
        return self._heap[0][0] if self._heap else None

    def add(self, entry: Entry, when: float) -> None:
        """Let an entry wait until then."""
        heappush(self._heap, (when, next(self._numbers), entry))

    def due(self, now: float) -> Iterator[Entry]:
        """Take out those that may be sent now."""
        heap = self._heap
        while heap and heap[0][0] <= now + TINY:
            yield heappop(heap)[2]

    def take_all(self) -> list[tuple[float, Entry]]:
        """Take out all, the earliest first."""
        taken = [(when, entry) for when, _, entry in sorted(self._heap)]
        self._heap.clear()
        return taken
