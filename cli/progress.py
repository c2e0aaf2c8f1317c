r"""Shows on a terminal how far a long run has come: one line of standard error, written over and over, then erased.

    1,250,000 events, 310,000 a second, 1.2 of 3.4 GB

Nothing is written where standard error is no terminal. The first line comes after a moment, so that short runs show
none.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Sequence

SECONDS_BETWEEN = 0.25
ERASE = "\r\x1b[K"
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class Progress:
    """How many events and bytes were read, and the line that says so."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float], total_bytes: int | None) -> None:
        self._write = write
        self._clock = clock
        self._total_bytes = total_bytes  # None when nobody knows
        self._bytes = 0
        self._began = self._written_at = clock()
        self._is_shown = False

    def add(self, byte_count: int, events: int) -> None:
        """Note ``byte_count`` more bytes, with which ``events`` were read in all; show it when it is time."""
        self._bytes += byte_count
        now = self._clock()
        if now - self._written_at >= SECONDS_BETWEEN:
            self._written_at = now
            self._is_shown = True
            self._write(ERASE + self._line(events, now - self._began))

    def erase(self) -> None:
        """Take the line away: before other messages, and at the end."""
        if self._is_shown:
            self._is_shown = False
            self._write(ERASE)

    def _line(self, events: int, seconds: float) -> str:
        return f"{events:,} events, {events / seconds:,.0f} a second, {_amount(self._bytes, self._total_bytes)}"


class NoProgress(Progress):
    """Shows nothing."""

    def __init__(self) -> None:
        super().__init__(lambda text: None, lambda: 0.0, None)


def progress_of(files: Sequence[str], *, is_quiet: bool) -> Progress:
    """Return the progress of reading ``files``; ``-`` is standard input."""
    is_terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if is_quiet or not is_terminal:
        return NoProgress()
    return Progress(_write, time.monotonic, total_bytes(files))


def total_bytes(files: Sequence[str]) -> int | None:
    """Return the size of all ``files`` together; None when one is no regular file."""
    total = 0
    for path in files:
        try:
            found = os.fstat(0) if path == "-" else os.stat(path)
        except OSError:  # told of where it is read
            continue
        if not stat.S_ISREG(found.st_mode):
            return None
        total += found.st_size
    return total


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        pass


def _amount(read: int, total: int | None) -> str:
    """``1.2 GB``, or ``1.2 of 3.4 GB`` when the total is known."""
    size, unit = next((pair for pair in _UNITS if pair[0] <= (total or read)), (1.0, "bytes"))
    digits = 0 if unit == "bytes" else 1
    of_total = "" if total is None else f" of {total / size:.{digits}f}"
    return f"{read / size:.{digits}f}{of_total} {unit}"
