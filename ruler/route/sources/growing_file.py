"""One open file of lines that others write to: gives its events, and tells how far it is done.

In: a descriptor, which stays with the file whatever it is called, and where to begin. Out: events with positions; a
Mark for the position file, made of what was read and not of what the file holds by now.

    read()   ->  lines            give(256, ...)  ->  events           done(offset)   ->  mark() moves

Idea: each read begins some bytes before what is new, and these must be the same as last time. So a file that was cut
short, or cut and written anew, is noticed at the next read, before anything else is taken from it (Changed).

Always: memory is one block, its lines, where those begin that are given and not done, and a line that has not ended
(line_cutter.py). What is given is not kept: that is the router's, and it lets go of an event when that is delivered,
long before its position is done where one before it waits.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from ruler.route.model import Event
from ruler.route.sources.line_cutter import LONGEST_LINE, Line, LineCutter, events_of
from ruler.route.sources.position_file import NO_PRINT, Mark, Print

READ_BYTES = 256 * 1024  # of the cache of the system in some 50 microseconds, so a thread would cost more
TAIL_BYTES = 64  # read again each time
HEAD_BYTES = 1024  # by which a file is known again, beside its last done line


class Changed(Exception):
    """A file holds other bytes than were read of it; the text says which."""


class GrowingFile:
    """The file behind a descriptor. ``name`` is what its positions say; it begins at ``mark``, or at its beginning."""

    def __init__(
        self, descriptor: int, name: str, generation: int, mark: Mark | None = None, *, longest: int = LONGEST_LINE
    ) -> None:
        start = mark.offset if mark else 0
        self.descriptor = descriptor
        self.name = name
        self.generation = generation
        self.inode = os.fstat(descriptor).st_ino
        self.read_offset = start
        self.gone_since: float | None = None  # when it was seen that the name leads to another file
        self.is_readable = True  # until it turns out to hold other bytes
        self._tail = os.pread(descriptor, min(TAIL_BYTES, start), max(0, start - TAIL_BYTES))
        self._head = os.pread(descriptor, HEAD_BYTES, 0)
        self._cutter = LineCutter(start, longest)
        self._lines: list[Line] = []  # read and not given
        self._next = 0  # which of them is given next
        # Batches that are not done: the offsets of their lines, the last line, and where the batch ends.
        self._given: deque[tuple[Sequence[int], Print, int]] = deque()
        self._last_given = -1  # offsets of lines
        self._done = -1
        self._offset = start  # where to go on, behind all batches that are done
        self._line = mark.line if mark else NO_PRINT  # the last line of these

    def read(self) -> bool:
        """Read what comes next; return whether there was anything. Raises Changed and OSError."""
        if not self.is_readable:
            return False
        tail = self._tail
        data = os.pread(self.descriptor, len(tail) + READ_BYTES, self.read_offset - len(tail))
        if not data.startswith(tail):
            raise Changed(self._change())
        if len(data) == len(tail):
            return False
        self._lines = self._cutter.add(data[len(tail) :]) if tail else self._cutter.add(data)
        self._next = 0
        self.read_offset += len(data) - len(tail)
        self._tail = data[-TAIL_BYTES:]
        if len(self._head) < HEAD_BYTES:
            self._head = os.pread(self.descriptor, HEAD_BYTES, 0)
        return True

    def end_line(self) -> None:
        """Take the last line as ended, though nothing ends it."""
        if not self.has_lines:
            self._lines, self._next = self._cutter.end(), 0

    def stop_reading(self) -> None:
        """Read no more of it; a line that has not ended is gone."""
        self.is_readable = False
        self._cutter = LineCutter(self._cutter.start)

    def give(self, max_events: int, max_bytes: int, timestamp: float) -> list[Event]:
        """Return the next events: at most so many, and of so many bytes unless the first one has more."""
        events = events_of(self._lines, self._next, max_events, max_bytes, self.name, timestamp)
        if not events:
            return []
        self._next += len(events)
        end = self._lines[self._next][0] if self.has_lines else self._cutter.start
        if not self.has_lines:
            self._lines, self._next = [], 0
        offsets = [_offset(event) for event in events]
        self._last_given = offsets[-1]
        self._given.append((offsets, Print.of(offsets[-1], events[-1].data), end))
        return events

    def done(self, offset: int) -> bool:
        """Take notice that the line at ``offset`` is done, and all before it; return whether that is news."""
        if offset > self._last_given:
            raise ValueError(f"{self.name}:{offset} is done, and was never given")
        if offset <= self._done:
            return False
        self._done = offset
        given = self._given
        while given and given[0][0][-1] <= offset:
            _, self._line, self._offset = given.popleft()
        return True

    def mark(self) -> Mark:
        """How far the file is done, for the position file."""
        offset = self._offset
        if self._given:
            offsets = self._given[0][0]
            count = bisect_right(offsets, self._done)
            if count:  # not all of them, or the batch would be gone
                offset = offsets[count]
        return Mark(self.generation, self.inode, offset, self._line, Print.of(0, self._head))

    @property
    def has_lines(self) -> bool:
        """Whether lines were read that are not given."""
        return self._next < len(self._lines)

    @property
    def is_within_line(self) -> bool:
        return self._cutter.is_within_line

    @property
    def is_done(self) -> bool:
        """Whether all that was read is done."""
        return not self._given and not self.has_lines and not self.is_within_line

    @property
    def cut_lines(self) -> int:
        """How many lines were longer than what is kept of one."""
        return self._cutter.cut_lines

    @property
    def done_offset(self) -> int:
        """Behind the last done line."""
        return self.mark().offset

    def close(self) -> None:
        os.close(self.descriptor)

    def _change(self) -> str:
        size = os.fstat(self.descriptor).st_size
        if size < self.read_offset:
            return f"shorter than before: {size:,} bytes, and {self.read_offset:,} were read"
        return f"other bytes than before stand in front of byte {self.read_offset:,}, up to which it was read"


def _offset(event: Event) -> int:
    assert event.position is not None
    return event.position.offset
