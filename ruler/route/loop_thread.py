"""An asyncio loop in a thread of its own, for programs that have none.

In: coroutines. Out: what they return, or raise, in the thread that asks.
Always: however the loop ends, ``at_end`` has run on it before, and what was left on it is cancelled, so that nobody
waits for it for ever. When ``close`` returns the thread is gone. The thread does not keep a program alive that ends
without closing it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A thread with a running loop. OSError, or whatever it is, when there can be none."""

    def __init__(self, name: str, at_end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._at_end = at_end
        self._is_over = asyncio.Event()
        self._started: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self.loop = self._started.result()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, which has not ended, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        """End the loop and the thread."""
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self.loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._life())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)  # of whoever starts the thread, and waits

    async def _life(self) -> None:
        self._started.set_result(asyncio.get_running_loop())
        try:
            await self._is_over.wait()
        finally:  # also when something on the loop has called sys.exit, and all that is left is cancelled
            await self._at_end()
