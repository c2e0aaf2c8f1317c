"""Events from the lines of standard input: a pipe, a file or a terminal.

In: a descriptor, 0 unless told otherwise. Out: an event for each line that is not blank; the end at the end of input.

    tail -f orders.jsonl | ruler run config.toml          stdin-5f0c2a91:0  stdin-5f0c2a91:52  ...

Not durable: what was read from a pipe cannot be read again. After a crash the events that were in flight are gone, and
what the writer of the pipe still holds goes nowhere. For what must not be lost, write to a file and use LinesSource.

Idea: the loop tells when there is something, and then one read does not block; no thread waits, so that a process can
end while its input is silent. Positions count bytes. Their source has a name of its own in each process, or else the
first line of every process would be the same event to a receiver that tells repetitions by the ids of deliveries.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence

from ruler.route.model import Event, Position
from ruler.route.sources.errors import SourceError
from ruler.route.sources.line_cutter import LONGEST_LINE, LineCutter, events_of

READ_BYTES = 256 * 1024
STANDARD_INPUT = 0


class StdinSource:
    """The lines of standard input, or of another ``descriptor``, which is not closed. Nothing of it is durable."""

    def __init__(
        self,
        descriptor: int = STANDARD_INPUT,
        *,
        name: str = "",
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name or f"stdin-{secrets.token_hex(4)}"
        self.position: Position | None = None  # of the last event that is done
        self.longest_line = LONGEST_LINE
        self._descriptor = descriptor
        self._wall_clock = wall_clock
        self._stirred = asyncio.Event()
        self._is_paused = False
        self._is_closed = False

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield the events that a read brings, some at a time. SourceError when input cannot be read."""
        cutter = LineCutter(longest=self.longest_line)
        is_at_end = False
        while not is_at_end:
            block = await self._read()
            if block is None:
                return
            is_at_end = not block
            lines = cutter.end() if is_at_end else cutter.add(block)
            first = 0
            while first < len(lines):
                while self._is_paused and not self._is_closed:
                    await self._stir()
                if self._is_closed:
                    return
                events = events_of(lines, first, max_events, max_bytes, self.name, self._wall_clock())
                first += len(events)
                yield events

    def done(self, position: Position) -> None:
        """Take notice of it; it is written nowhere."""
        if self.position is None or position.offset > self.position.offset:
            self.position = position

    async def pause(self) -> None:
        """Give no more events for now, and read no more, so that who writes to the pipe waits."""
        self._is_paused = True

    async def resume(self) -> None:
        """Give events again."""
        self._is_paused = False
        self._stirred.set()

    async def close(self) -> None:
        """Read no more."""
        self._is_closed = True
        self._stirred.set()

    async def _read(self) -> bytes | None:
        """The next block, b"" at the end; None when the source is closed. Waits for it, and while paused."""
        while not self._is_closed:
            if self._is_paused:
                await self._stir()
                continue
            await self._wait_for_input()
            if self._is_closed or self._is_paused:
                continue
            try:
                return os.read(self._descriptor, READ_BYTES)
            except BlockingIOError:
                await asyncio.sleep(0)  # another reader of a non-blocking input was faster
            except OSError as error:
                what, why = f"cannot be read: {error.strerror}", "events are read from standard input"
                raise SourceError("source-unreadable", "standard input", what, why=why, write="< and a file") from None
        return None

    async def _wait_for_input(self) -> None:
        """Wait until a read does not block, or the source is stirred."""
        loop = asyncio.get_running_loop()
        self._stirred.clear()
        try:
            loop.add_reader(self._descriptor, self._stirred.set)
        except PermissionError:  # a regular file, which the system cannot wait for, and needs not
            await asyncio.sleep(0)
            return
        except OSError as error:
            what, why = f"cannot be read: {error.strerror}", "events are read from standard input"
            raise SourceError("source-unreadable", "standard input", what, why=why, write="< and a file") from None
        try:
            await self._stirred.wait()
        finally:
            loop.remove_reader(self._descriptor)

    async def _stir(self) -> None:
        self._stirred.clear()
        await self._stirred.wait()
