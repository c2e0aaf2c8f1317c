"""One source that is read: batches in, positions out.

In: a source, room in the budget. Out: batches for the router; ``source.done`` when a watermark has moved.

    read a batch -> wait for room, the source paused meanwhile -> admit -> read the next
    the source ends, or the router stops -> wait until what was admitted is settled -> close the source

Always: a position is told to the source once, in order, and only when it and all before it are settled. A batch that
was read and not admitted when the router stops was never begun: a source that keeps positions gives it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from ruler.route.model import Event, Source
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.flight import Batch
from ruler.route.runtime.limits import CLOSE_SECONDS, Limits
from ruler.route.runtime.problems import RouterError
from ruler.route.runtime.status import RouterStatus
from ruler.route.runtime.watermark import Watermark

logger = logging.getLogger("ruler.route.feed")
MOST_MARKS = 1024  # watermarks kept that have nothing to wait for


class Feed:
    """A source that is read. ``run`` reads it; the flight calls ``settled`` and ``fail``."""

    def __init__(
        self,
        source: Source,
        admit: Callable[[Feed, Sequence[Event], list[int]], None],
        budget: Budget,
        limits: Limits,
        status: RouterStatus,
        may_read: asyncio.Event,
    ) -> None:
        self.source = source
        self.error: Exception | None = None
        self.ended = asyncio.Event()
        self._admit = admit
        self._budget = budget
        self._limits = limits
        self._status = status
        self._may_read = may_read
        self._marks: dict[str | None, Watermark] = {}  # by the source of positions; None for events without one
        self._unsettled = 0
        self._in_flight = 0  # events that hold room in the budget
        self._reading: asyncio.Task[None] | None = None
        self._is_ending = self._is_closed = False
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Read until the source ends, fails, or is to be read no more; then wait for what was admitted, and close."""
        self._status.sources += 1
        self._reading = asyncio.get_running_loop().create_task(self._read())
        try:
            await self._until_read(self._reading)
            if self._unsettled:
                await self._settled.wait()
        finally:
            self._is_closed = True
            self._reading.cancel()
            self._budget.give(self._in_flight - self._unsettled, 0)  # the rest when it is settled
            try:
                await self._close_source()
            finally:
                self._status.sources -= 1
                self.ended.set()
        if self.error is not None:
            raise self.error

    def end_reading(self) -> None:
        """Read no more. What was admitted goes on."""
        self._is_ending = True
        if self._reading is not None:
            self._reading.cancel()

    def give_up(self) -> None:
        """Wait no longer for what was admitted."""
        self._settled.set()

    def begin(self, batch: Batch, events: Sequence[Event]) -> None:
        """Follow a batch that is admitted, so that positions are done in order."""
        self._unsettled += len(events)
        self._settled.clear()
        if len(self._marks) > MOST_MARKS:
            self._marks = {source: mark for source, mark in self._marks.items() if not mark.is_empty}
        marks = []
        for source, places in _by_source(events).items():
            mark = self._marks.get(source)
            if mark is None:
                mark = self._marks[source] = Watermark()
            mark.admit(batch.counts, places, [events[place].position for place in places])
            marks.append(mark)
        batch.marks = marks

    def settled(self, batch: Batch, events: int) -> None:
        """Move the watermarks of a batch of which so many more events are settled."""
        self._unsettled -= events
        if self._is_closed:
            self._budget.give(events, 0)
            return
        try:
            passed = 0
            for mark in batch.marks:
                moved = mark.advance()
                if moved and mark.position is not None:
                    self.source.done(mark.position)
                passed += moved
        except Exception as error:  # a source that cannot record that is one that has failed
            self.fail(error)
        if passed:
            self._in_flight -= passed
            self._budget.give(passed, 0)
        if not self._unsettled:
            self._settled.set()

    def fail(self, error: Exception) -> None:
        """Read no more, and end with the error; the first counts."""
        if self.error is None:
            self.error = error
        self.end_reading()

    async def _until_read(self, reading: asyncio.Task[None]) -> None:
        """Wait until nothing more is read, and note why. Cancelling this does not cancel the reading."""
        await asyncio.wait([reading])
        if reading.cancelled():
            if not self._is_ending:
                self.error = self.error or RouterError("the source was cancelled from within")
            return
        error = reading.exception()
        if isinstance(error, Exception):  # run() ends with it when what the source gave is settled
            self.error = self.error or error

    async def _read(self) -> None:
        limits = self._limits
        most = min(limits.batch_events, limits.max_events)
        batches = self.source.batches(max_events=most, max_bytes=min(limits.batch_bytes, limits.max_bytes))
        try:
            async for events in batches:
                if events:
                    sizes = [len(event.data) for event in events]
                    await self._make_room(len(events), sum(sizes))
                    self._in_flight += len(events)
                    self._admit(self, events, sizes)
                await asyncio.sleep(0)  # a source that never waits must not keep others from their turn
        finally:
            await _close_batches(batches)

    async def _make_room(self, events: int, size: int) -> None:
        """Take room in the budget. While there is none, or a dead letter is stuck, the source is paused."""
        if self._may_read.is_set() and self._budget.try_take(events, size):
            return
        self._status.sources_waiting += 1
        try:
            await self.source.pause()
            await self._budget.take(events, size)
            try:
                while not self._may_read.is_set():
                    await self._may_read.wait()
                await self.source.resume()
            except BaseException:
                self._budget.give(events, size)
                raise
        finally:
            self._status.sources_waiting -= 1

    async def _close_source(self) -> None:
        """Close the source, which records its positions."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._reading is not None and not self._reading.done():
                    await asyncio.wait([self._reading])
                await self.source.close()
        except Exception as error:  # an earlier error is the one to be raised; else this one
            if self.error is not None:
                logger.error("a source was not closed: %r", error)
            else:
                self.error = error


def _by_source(events: Sequence[Event]) -> dict[str | None, Sequence[int]]:
    """The places of events by the source of their positions."""
    first = events[0].position
    name = None if first is None else first.source
    if name is not None and all(each.position is not None and each.position.source == name for each in events):
        return {name: range(len(events))}
    found: dict[str | None, list[int]] = {}
    for place, each in enumerate(events):
        found.setdefault(None if each.position is None else each.position.source, []).append(place)
    return dict(found)


async def _close_batches(batches: AsyncIterator[Sequence[Event]]) -> None:
    """End an iterator that was left before its end, where it can be."""
    close = getattr(batches, "aclose", None)
    if close is not None:
        await close()
