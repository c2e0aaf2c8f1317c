"""When the deliveries came that are not answered: how old the oldest of them is.

In: entries that come to an outlet, and entries that are answered. Out: the time at which the oldest came.

    batch A, 3 entries at 10.0 s; batch B, 2 entries at 11.5 s     oldest_at 10.0
    the 3 of A are answered                                        oldest_at 11.5

Idea: entries come batch by batch, so one count for each batch is enough, in the order in which batches came.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from ruler.route.runtime.flight import Batch, Entry


class Ages:
    """Counts of entries by batch, the oldest batch first."""

    __slots__ = ("_began", "_counts", "oldest_at")

    def __init__(self) -> None:
        self.oldest_at: float | None = None  # None while there is no entry
        self._counts: dict[Batch, int] = {}
        # Ordered, as a plain dict finds its first slowly once many were taken out.
        self._began: OrderedDict[Batch, float] = OrderedDict()

    def add(self, entries: Sequence[Entry], now: float) -> None:
        """Note entries of one batch that come now."""
        batch = entries[0][0]
        if batch in self._counts:  # a dead letter comes to a target that the batch came to before
            self._counts[batch] += len(entries)
            return
        self._counts[batch] = len(entries)
        self._began[batch] = now
        if self.oldest_at is None:
            self.oldest_at = now

    def remove(self, entries: Iterable[Entry]) -> None:
        """Note entries that are answered."""
        counts = self._counts
        for entry in entries:
            batch = entry[0]
            count = counts[batch] = counts[batch] - 1
            if not count:
                del counts[batch], self._began[batch]
                self.oldest_at = next(iter(self._began.values()), None)
