"""Threads of a target, for functions that block.

In: functions. Out: what they return, or raise. ``Threads(1, "lines")`` runs one at a time, the others wait.

Who waits for a thread and is cancelled leaves nothing behind. A pool by itself keeps what it was given until a thread
is free: where a disk hangs, and all that was to be written is tried again and again, that is more and more.

Always: nothing is given to the threads that one of them cannot begin at once. A function that has begun goes on,
whoever is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """At most ``most`` threads, started as they are needed. For one loop."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._busy: set[asyncio.Future[Any]] = set()  # what has begun and not ended

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Wait for a thread, run the function in it, and return what it returns."""
        while len(self._busy) >= self._most:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
        work = asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        self._busy.add(work)
        work.add_done_callback(self._ended)
        return await asyncio.shield(work)

    async def close(self) -> None:
        """Wait for what has begun."""
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        finally:
            for work in list(self._busy):
                work.cancel()  # the loop may end before it does, and nobody asks for its answer

    def _ended(self, work: asyncio.Future[Any]) -> None:
        self._busy.discard(work)
        if not work.cancelled():
            work.exception()  # who was cancelled does not ask for it
