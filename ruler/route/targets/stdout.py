r"""A target that writes deliveries to standard output, as JSON lines.

In: deliveries. Out: the data of each on a line of its own, as lines.py makes it. Ok means that the pipe, the terminal
or the file behind standard output has taken the line.

Idea: a full pipe must hold up neither the loop nor the end of the process. So a thread writes, no more at a time than
a pipe takes that takes anything, and looks in between whether the target was closed.

Always: lines are not mixed, however many targets write to one descriptor, and no line begins inside of another: the
rest of one that was begun goes out before anything else. Once the reader has gone, every delivery is Reject; or none
is answered, where the process is to end then (``on_closed``).
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakValueDictionary

from ruler.route.model import OK, Delivery, Outcome, Reject, Retry
from ruler.route.options import problem
from ruler.route.targets.line_file import Appended
from ruler.route.targets.lines import line_of

STANDARD_OUTPUT = 1
PIPE_BYTES = 4096  # at least so many can be written without waiting, where a pipe takes any
BLOCK_BYTES = 256 * 1024
STOP_SECONDS = 0.1  # how long a write to a full pipe goes on after the target was closed
GIVEN_UP = "it takes no more, and the target was closed"


class StdoutTarget:
    """Writes deliveries to standard output, or to another descriptor, which stays open. SetupError without any."""

    in_order = True
    on_closed: Callable[[], None] | None = None  # called when the reader has gone, on the loop; a process may end then

    def __init__(self, descriptor: int = STANDARD_OUTPUT) -> None:
        if descriptor == STANDARD_OUTPUT and sys.__stdout__ is None:  # its number may be that of another file by now
            raise problem(
                ("uri",),
                "standard output is closed",
                why="the process was started without one, so nobody would get what is delivered there",
                write='"file:..." for a file, or > and a file behind the command',
            )
        self._stream = _streams.setdefault(descriptor, _Stream(descriptor))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ruler stdout")
        self._is_closed = threading.Event()

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        lines = [line_of(delivery.data) for delivery in deliveries]
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._thread, self._stream.append, lines, self._is_closed)
        except (BrokenPipeError, ConnectionResetError):
            if self.on_closed is not None:
                self.on_closed()
                await loop.create_future()  # no answer: what was not taken stays open, until the router stops
            return [Reject("standard output is closed: what read it has ended")] * len(lines)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            return [Reject("standard output is closed")] * len(lines)
        retry = Retry(reason=f"standard output: {done.problem}")
        return [OK] * done.taken + [retry] * (len(lines) - done.taken)

    async def close(self) -> None:
        """Give up what a full pipe does not take."""
        self._is_closed.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)


class _Stream:
    """A descriptor that targets write lines to, one batch at a time."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._turn = threading.Lock()
        self._begun = b""  # the rest of a line that was begun

    def append(self, lines: Sequence[bytes], is_closed: threading.Event) -> Appended:
        """Write lines until all are written, or cannot be, or the target is closed. OSError when it never can be."""
        while not self._turn.acquire(timeout=STOP_SECONDS):
            if is_closed.is_set():
                return Appended(0, GIVEN_UP)
        try:
            return self._append(lines, is_closed)
        finally:
            self._turn.release()

    def _append(self, lines: Sequence[bytes], is_closed: threading.Event) -> Appended:
        block = memoryview(self._begun + b"".join(lines))
        end = len(self._begun)  # of what must go out before a line is counted
        written, problem = self._write(block, is_closed)
        if written < end:
            self._begun = bytes(block[written:end])
            return Appended(0, problem)
        self._begun = b""
        for count, line in enumerate(lines):
            if end + len(line) > written:
                self._begun = bytes(block[written : end + len(line)]) if written > end else b""
                return Appended(count, problem)
            end += len(line)
        return Appended(len(lines))

    def _write(self, block: memoryview, is_closed: threading.Event) -> tuple[int, str]:
        """Returns how many bytes are written, and why not all."""
        chunk = BLOCK_BYTES if stat.S_ISREG(os.fstat(self.descriptor).st_mode) else PIPE_BYTES
        written = 0
        while written < len(block):
            if not select.select([], [self.descriptor], [], STOP_SECONDS)[1]:
                if is_closed.is_set():
                    return written, GIVEN_UP
                continue
            try:
                written += os.write(self.descriptor, block[written : written + chunk])
            except BlockingIOError:  # someone made the descriptor non-blocking, and was faster
                continue
            except OSError as error:
                if error.errno in (errno.EPIPE, errno.ECONNRESET, errno.EBADF):
                    raise  # it will not come back
                return written, error.strerror or str(error)
        return written, ""


_streams: WeakValueDictionary[int, _Stream] = WeakValueDictionary()  # by descriptor, while any target has it
