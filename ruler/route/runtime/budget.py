"""How many events and bytes may be in flight, and who waits for room.

In: takes and gives of (events, bytes). Out: whether there is room now; or a future that ends when there is.

    Budget(2, 100):  take 2 events, 50 bytes: yes.  take 1, 10: waits.  give 1, 20: the one that waits has room.

Room is given in the order in which it was asked for: who comes later does not overtake who waits. What is larger than
the whole budget is let in when nothing else is in flight. ``add`` is for bytes that come of what is in already, such
as shaped deliveries; it never waits, so it may go over the limit by what one batch makes.

Always: events and bytes are those taken and not given back; after any give, the first that waits does not fit.
``try_take`` may be called by any thread; the rest by the loop's.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from threading import Lock


class Budget:
    """Room for events and bytes."""

    __slots__ = ("_lock", "_waiting", "_waking", "bytes", "events", "max_bytes", "max_events", "shed")

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.events = 0
        self.bytes = 0
        self.shed = 0  # events that were refused because there was no room
        # Who waits, the first come first. Ordered, as a plain dict finds its first slowly once many were taken out.
        self._waiting: OrderedDict[asyncio.Future[None], tuple[int, int]] = OrderedDict()
        self._waking = 0  # who was let in, and does not know yet
        self._lock = Lock()

    def try_take(self, events: int, size: int) -> bool:
        """Take room now if there is any and nobody waits for it. For any thread."""
        with self._lock:
            if self._waiting or self._waking or not self._fits(events, size):
                return False
            self.events += events
            self.bytes += size
            return True

    async def take(self, events: int, size: int) -> None:
        """Wait for room, and take it. Cancelling gives it back."""
        if self.try_take(events, size):
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting[future] = events, size
        loop.call_soon(self._let_in)  # there may be room, when those know of theirs who were let in just now
        try:
            await future
        except BaseException:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._waking -= 1
                self.give(events, size)  # it was given in the same turn as the waiting was cancelled
            else:
                with self._lock:
                    self._waiting.pop(future, None)
                self._let_in()  # those behind may fit where this one did not
            raise
        self._waking -= 1

    def count_shed(self) -> None:
        """Count an event that is refused because there is no room. For any thread."""
        with self._lock:
            self.shed += 1

    def add(self, size: int) -> None:
        """Count more bytes of what is in flight."""
        with self._lock:
            self.bytes += size

    def give(self, events: int, size: int) -> None:
        """Give room back."""
        with self._lock:
            self.events -= events
            self.bytes -= size
        if self._waiting:
            self._let_in()

    def refuse_waiting(self, error: Exception) -> None:
        """Let all who wait get the error."""
        with self._lock:
            waiting, self._waiting = self._waiting, OrderedDict()
        for future in waiting:
            if not future.done():
                future.set_exception(error)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _fits(self, events: int, size: int) -> bool:
        if not self.events and self.bytes <= 0:
            return True
        return self.events + events <= self.max_events and self.bytes + size <= self.max_bytes

    def _let_in(self) -> None:
        """Let in who waits, first come first, as long as there is room."""
        with self._lock:
            while self._waiting:
                future, (events, size) = next(iter(self._waiting.items()))
                if not future.done():  # else it was cancelled, and does not know yet
                    if not self._fits(events, size):
                        return
                    self.events += events
                    self.bytes += size
                    self._waking += 1
                    future.set_result(None)
                del self._waiting[future]
