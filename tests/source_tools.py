"""What tests of sources share: running, reading, and the end of a process without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from ruler.route import Event, Source
from ruler.route.sources import LinesSource

T = TypeVar("T")
PATIENCE = 20.0  # seconds until a test that waits has failed


def run(main: Callable[[], Awaitable[T]]) -> T:
    async def within() -> T:
        async with asyncio.timeout(PATIENCE):
            return await main()

    return asyncio.run(within())


async def all_events(source: Source, max_events: int = 256, max_bytes: int = 1 << 22) -> list[Event]:
    """Every event of a source that ends; it is closed then, and nothing is done."""
    try:
        return [event async for batch in source.batches(max_events=max_events, max_bytes=max_bytes) for event in batch]
    finally:
        await source.close()


async def some(batches: AsyncIterator[Sequence[Event]], count: int) -> list[Event]:
    """The next ``count`` events."""
    found: list[Event] = []
    while len(found) < count:
        found += await anext(batches)
    assert len(found) == count
    return found


def places(events: Sequence[Event]) -> list[tuple[int, bytes]]:
    return [(event.position.offset, event.data) for event in events if event.position is not None]


def crash(source: LinesSource) -> None:
    """What the end of a process does: nothing is written, and the lock is gone."""
    source._position_file.close()
    for file in source._files:
        file.close()
    source._files.clear()
