"""Events in flight: what of them is still to be answered, and what follows when all is.

In: entries that are answered. Out: events settled: room given back, watermarks moved, receipts handed out.

    a batch of 3 events, counts [1, 2, 0]:  one answer for the second -> [1, 1, 0], another -> [1, 0, 0]: it is settled

An entry is one delivery on its way: (batch, place of its event in the batch, delivery, when it was first tried or
None). A tuple, and one list of counts for a batch, so that an event costs no object of its own.

Always: the count of an event is the number of its deliveries that no target has answered, dead letters of them
included; an event of which a delivery was taken by nobody keeps a count of FAILED, so its position is never done.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ruler.route.dead_letters import LetterRoute
from ruler.route.model import Delivery, Event, Receipt
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.problems import RouterError
from ruler.route.runtime.status import RouterStatus
from ruler.route.runtime.watermark import Watermark

FAILED = -1
ReceiptFuture = asyncio.Future[Receipt] | concurrent.futures.Future[Receipt]  # the latter for another thread


class Reader(Protocol):
    """A source that is read, as the flight sees it (feed.py)."""

    def settled(self, batch: Batch, events: int) -> None:
        """Take notice that so many more events of a batch are settled, or failed, and move the watermarks."""

    def fail(self, error: Exception) -> None:
        """Read no more, and end with the error."""


def is_dead_letter(delivery: Delivery) -> bool:
    """Whether a delivery takes a dead letter to a target for such; that of a replay goes to its own target again."""
    return isinstance(delivery.route, LetterRoute)


class Put:
    """An event that was put, and who waits for its receipt."""

    __slots__ = ("dead_letters", "delivered", "error", "event", "future")

    def __init__(self, event: Event, future: ReceiptFuture) -> None:
        self.event = event
        self.future = future
        self.delivered = 0
        self.dead_letters = 0
        self.error: Exception | None = None

    def answer(self, version: str) -> None:
        """Hand out the receipt, or the error."""
        if self.future.done():  # whoever waited has given up; the deliveries did not
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(Receipt(version, self.delivered, self.dead_letters))


class Batch:
    """Events that were planned together: from one source, or put in one turn of the loop."""

    __slots__ = ("counts", "failed", "marks", "puts", "reader", "sizes", "version")

    def __init__(
        self, counts: list[int], sizes: list[int], version: str, reader: Reader | None, puts: Sequence[Put] = ()
    ) -> None:
        self.counts = counts  # of each event: its deliveries that are not answered
        self.sizes = sizes  # of each event: its bytes in the budget
        self.version = version  # of the rule set that judged them
        self.reader = reader  # None for events that were put
        self.puts = puts
        self.marks: Sequence[Watermark] = ()  # those of the sources of its events
        self.failed: set[int] = set()  # the places of events of which a delivery was taken by nobody


Entry = tuple[Batch, int, Delivery, float | None]


class Flight:
    """All events in flight."""

    __slots__ = ("_budget", "_on_idle", "_status", "puts", "unsettled")

    def __init__(self, budget: Budget, status: RouterStatus, on_idle: Callable[[], None]) -> None:
        self._budget = budget
        self._status = status
        self._on_idle = on_idle
        self.unsettled = 0  # events
        self.puts: dict[Put, None] = {}  # of these: those that were put, in their order

    def admit(self, batch: Batch) -> None:
        """Begin to count a batch; events without deliveries are settled at once."""
        counts = batch.counts
        self.unsettled += len(counts)
        self.puts.update(dict.fromkeys(batch.puts))
        if 0 in counts:
            self._settle(batch, [place for place, count in enumerate(counts) if not count])

    def answered(self, entries: Iterable[Entry]) -> None:
        """Count down for deliveries that their targets have answered, and settle events of which all are."""
        settled: dict[Batch, list[int]] = {}
        for batch, place, delivery, _ in entries:
            counts = batch.counts
            if batch.puts:
                put = batch.puts[place]
                if is_dead_letter(delivery):
                    put.dead_letters += 1
                else:
                    put.delivered += 1
            left = counts[place] - 1
            counts[place] = left
            if not left:
                if batch.failed and place in batch.failed:
                    counts[place] = FAILED  # now, since to settle another batch moves the watermark over this one too
                if batch in settled:
                    settled[batch].append(place)
                else:
                    settled[batch] = [place]
        for batch, places in settled.items():
            self._settle(batch, places)

    def failed(self, entry: Entry, error: RouterError) -> None:
        """Note that nobody takes a delivery: its event fails when its others are answered."""
        batch, place = entry[0], entry[1]
        if place not in batch.failed:
            self._status.undeliverable += 1
        batch.failed.add(place)
        if batch.puts and batch.puts[place].error is None:
            batch.puts[place].error = error
        if batch.reader is not None:
            batch.reader.fail(error)
        batch.counts[place] -= 1
        if not batch.counts[place]:
            batch.counts[place] = FAILED
            self._settle(batch, [place])

    def _settle(self, batch: Batch, places: list[int]) -> None:
        """All deliveries of these events are answered, or failed."""
        self.unsettled -= len(places)
        sizes = batch.sizes
        freed = sum([sizes[place] for place in places])
        self._status.settled += len(places)
        if batch.reader is not None:
            self._budget.give(0, freed)
            batch.reader.settled(batch, len(places))
        else:
            self._budget.give(len(places), freed)
            for place in places:
                put = batch.puts[place]
                self.puts.pop(put, None)
                put.answer(batch.version)
        if not self.unsettled:
            self._on_idle()
