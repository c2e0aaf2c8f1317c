"""Events from memory, for tests and programs.

    source = MemorySource([Event(b'{"a":1}'), b'{"a":2}'])       memory:0  memory:1
    source.position                                               the last one that is done, None before

Always: positions count the events as they were given to it, so that ``MemorySource(events, behind=position)`` goes on
where another one of the same events came to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from ruler.route.model import Event, Position


class MemorySource:
    """Gives ``events``, which are Events or their bytes, and ends. ``name`` is what positions say.

    An event that has a position keeps it; these must ascend.
    """

    def __init__(
        self, events: Iterable[Event | bytes], *, name: str = "memory", behind: Position | None = None
    ) -> None:
        self.name = name
        self.position = behind  # of the last event that is done
        self.is_paused = False
        self.is_closed = False
        self._events = events
        self._stirred = asyncio.Event()

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield the events, as they are asked for: at most so many, and of so many bytes unless one alone has more."""
        behind = self.position
        batch: list[Event] = []
        size = 0
        for number, each in enumerate(self._events):
            event = each if isinstance(each, Event) else Event(each)
            if event.position is None:
                event = event._replace(position=Position(self.name, number))
            if behind is not None and event.position is not None and event.position.offset <= behind.offset:
                continue
            if batch and (len(batch) >= max_events or size + len(event.data) > max_bytes):
                if not await self._may_go_on():
                    return
                yield batch
                batch, size = [], 0
            batch.append(event)
            size += len(event.data)
        if batch and await self._may_go_on():
            yield batch

    def done(self, position: Position) -> None:
        """Take notice that this event, and all before it, is done."""
        if self.position is None or position.offset > self.position.offset:
            self.position = position

    async def pause(self) -> None:
        """Give no more events for now."""
        self.is_paused = True

    async def resume(self) -> None:
        """Give events again."""
        self.is_paused = False
        self._stirred.set()

    async def close(self) -> None:
        """Give no more events."""
        self.is_closed = True
        self._stirred.set()

    async def _may_go_on(self) -> bool:
        """Wait while paused; return whether the source is open."""
        while self.is_paused and not self.is_closed:
            self._stirred.clear()
            await self._stirred.wait()
        return not self.is_closed
