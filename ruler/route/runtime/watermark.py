"""How far a source is done: the last position before the first that is not.

In: for each batch, its counts of deliveries not answered, which the router counts down. Out: the low watermark.

    admit counts [1, 0, 2] of positions 10, 11, 12       position: None
    counts are [0, 0, 2]; advance() -> 2                 position: 11
    counts are [0, 0, 0]; advance() -> 1                 position: 12

Always: every position up to ``position`` has a count of 0, and the next one has not. One for each ``Position.source``.
An event costs its place in two lists and no object; ``advance`` costs what it passes, and little when that is nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ruler.route.model import Position


class Watermark:
    """The low watermark of one source."""

    __slots__ = ("_next", "_segments", "position")

    def __init__(self) -> None:
        self.position: Position | None = None  # the last that is done
        self._segments: deque[tuple[list[int], Sequence[int], Sequence[Position | None]]] = deque()
        self._next = 0  # in the first segment: the first that has not been passed

    def admit(self, counts: list[int], places: Sequence[int], positions: Sequence[Position | None]) -> None:
        """Add events at the end: the count of ``positions[i]`` is ``counts[places[i]]``, as it stands at any time."""
        if places:
            self._segments.append((counts, places, positions))

    def advance(self) -> int:
        """Move over what is done. Return how many events were passed."""
        passed = 0
        segments = self._segments
        while segments:
            counts, places, positions = segments[0]
            begin = index = self._next
            end = len(places)
            while index < end and not counts[places[index]]:
                index += 1
            if index > begin:
                passed += index - begin
                self.position = positions[index - 1]
            if index < end:
                self._next = index
                break
            segments.popleft()
            self._next = 0
        return passed

    @property
    def is_empty(self) -> bool:
        """Whether all that was admitted is done."""
        return not self._segments
