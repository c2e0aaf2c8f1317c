r"""Targets that write deliveries as JSON lines: a file, and standard output.

    LinesTarget("dead.jsonl")    StdoutTarget()        {"total": 12}\n{"total": 15}\n

In: deliveries. Out: the data of each on a line of its own, in their order, one write for a batch. Line ends inside of
the data, which are white space of JSON, become spaces; everything else is written as it is spelled.

Always: a file holds whole lines only (line_file.py says how, and what is durable when). What cannot be written, as the
disk is full, is Retry; of a write that was cut short, the lines that are whole are Ok.
Standard output: Ok means that the pipe, the terminal or the file behind it has taken the line. Once its reader has
gone, every delivery is Reject, with that as the reason.

Each target has a thread of its own for writing, so that a slow disk or a full pipe holds up nobody else.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import select
import stat
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ruler.route.model import OK, Delivery, Outcome, Reject, Retry
from ruler.route.targets.line_file import Appended, LineFile

STANDARD_OUTPUT = 1
PIPE_BYTES = 4096  # at least so many can be written without waiting, where a pipe takes any
BLOCK_BYTES = 256 * 1024
STOP_SECONDS = 0.1  # how long a write to a full pipe goes on after the target was closed

_break_line = re.compile(rb"[\r\n][ \t\r\n]*").sub  # linear: what follows a line end is taken at once


def line_of(data: bytes) -> bytes:
    r"""``data``, which is JSON, on one line, with its line end. A string of JSON holds no line end that is not escaped.

    >>> line_of(b'{"a":\n  1.0}'), line_of(b'{"a": "x\\ny"}')
    (b'{"a": 1.0}\n', b'{"a": "x\\ny"}\n')
    """
    if b"\n" in data or b"\r" in data:
        data = _break_line(b" ", data)
    return data + b"\n"


class LinesTarget:
    """Appends deliveries to a file. ``sync``: they are on the disk before they are Ok."""

    in_order = True

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False) -> None:
        self._file = LineFile(path, sync=sync)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ruler lines")

    @property
    def path(self) -> str:
        return self._file.path

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        lines = [line_of(delivery.data) for delivery in deliveries]
        done = await asyncio.get_running_loop().run_in_executor(self._thread, self._file.append, lines)
        if done.taken == len(lines):
            return [OK] * len(lines)
        retry = Retry(reason=f"{self._file.shown}: {done.problem}")
        return [OK] * done.taken + [retry] * (len(lines) - done.taken)

    async def close(self) -> None:
        """Let go of the file, once what is being written is."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
        self._file.close()


class StdoutTarget:
    """Writes deliveries to standard output, or to another descriptor, which stays open."""

    in_order = True

    def __init__(self, descriptor: int = STANDARD_OUTPUT) -> None:
        self.descriptor = descriptor
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ruler stdout")
        self._is_stopped = threading.Event()
        self._begun = b""  # the rest of a line that was begun: it goes out before any other

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        lines = [line_of(delivery.data) for delivery in deliveries]
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._thread, self._append, lines)
        except (BrokenPipeError, ConnectionResetError):
            return [Reject("standard output is closed: what read it has ended")] * len(lines)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            return [Reject("standard output is closed")] * len(lines)
        retry = Retry(reason=f"standard output: {done.problem}")
        return [OK] * done.taken + [retry] * (len(lines) - done.taken)

    async def close(self) -> None:
        """Give up what a full pipe does not take."""
        self._is_stopped.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    def _append(self, lines: Sequence[bytes]) -> Appended:
        block = memoryview(self._begun + b"".join(lines))
        end = len(self._begun)  # of what must go out before a line is counted
        written, problem = self._write(block)
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

    def _write(self, block: memoryview) -> tuple[int, str]:
        """Write until all is written, or it cannot be, or the target is closed: (bytes written, why not all)."""
        chunk = BLOCK_BYTES if stat.S_ISREG(os.fstat(self.descriptor).st_mode) else PIPE_BYTES
        written = 0
        while written < len(block):
            ready = select.select([], [self.descriptor], [], STOP_SECONDS)[1]
            if not ready:
                if self._is_stopped.is_set():
                    return written, "it takes no more, and the target was closed"
                continue
            try:
                written += os.write(self.descriptor, block[written : written + chunk])
            except (BrokenPipeError, ConnectionResetError):
                raise
            except BlockingIOError:  # someone made the descriptor non-blocking, and was faster
                continue
            except OSError as error:
                if error.errno == errno.EBADF:
                    raise
                return written, error.strerror or str(error)
        return written, ""
