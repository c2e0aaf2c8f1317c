r"""Cuts blocks of bytes into lines, wherever the blocks end.

In: blocks, one after the other. Out: lines, each with the offset of its first byte; the last one when it has ended.

    b'{"a":1}\r\n\n{"b"'  ->  (0, b'{"a":1}')          b':2}\n'  ->  (10, b'{"b":2}')

``\n`` ends a line, and a ``\r`` before it is no part of it. Lines of nothing but white space are left out.
Always: what is kept of a line that has not ended is at most ``longest`` bytes. Of a longer line the first ``longest``
bytes are given, when it has ended: more than an event may have, so that the plan makes it poison.
"""

from __future__ import annotations

from collections.abc import Sequence

from ruler.route.model import NO_HEADERS, Event, Position

LONGEST_LINE = 4 * 1024 * 1024  # bytes; four times what an event may have, so that most poison is kept whole

Line = tuple[int, bytes]  # the offset of its first byte, and the line without its end


class LineCutter:
    """Cuts one stream. ``offset``: where the stream begins; ``start``: where the line begins that has not ended."""

    __slots__ = ("_kept", "_passed", "_pieces", "cut_lines", "longest", "start")

    def __init__(self, offset: int = 0, longest: int = LONGEST_LINE) -> None:
        self.start = offset
        self.longest = longest
        self.cut_lines = 0  # how many were longer than ``longest``
        self._pieces: list[bytes] = []  # of the line that has not ended, as far as they are kept
        self._kept = 0  # bytes in them
        self._passed = 0  # bytes of that line that are not kept

    def add(self, block: bytes) -> list[Line]:
        """Return the lines that end in ``block``."""
        lines = block.split(b"\n")
        rest = lines.pop()
        if not lines:
            self._keep(rest)
            return []
        found: list[Line] = []
        if self._kept:
            self._keep(lines.pop(0))
            found += self._ended()
            self.start += 1
        offset, longest = self.start, self.longest
        for line in lines:
            end = offset + len(line) + 1
            if len(line) > longest:  # within one block: only where blocks are larger than that
                self.cut_lines += 1
                found.append((offset, line[:longest]))
                offset = end
                continue
            if line[-1:] == b"\r":
                line = line[:-1]
            if line and not line.isspace():
                found.append((offset, line))
            offset = end
        self.start = offset
        self._keep(rest)
        return found

    def end(self) -> list[Line]:
        """Return the last line where nothing ended it, and take it as ended."""
        return self._ended() if self._kept else []

    @property
    def is_within_line(self) -> bool:
        """Whether a line has begun and not ended."""
        return self._kept > 0

    def _keep(self, piece: bytes) -> None:
        room = self.longest - self._kept
        if len(piece) > room:
            self._passed += len(piece) - room
            piece = piece[:room]
        if piece:
            self._pieces.append(piece)
            self._kept += len(piece)

    def _ended(self) -> list[Line]:
        """The line at hand, if it is not blank; nothing of it is kept any more, and ``start`` is where it ends."""
        start, line = self.start, b"".join(self._pieces)
        is_cut = self._passed > 0
        self.start += self._kept + self._passed
        self._pieces, self._kept, self._passed = [], 0, 0
        if is_cut:  # given even if what is kept is blank: nobody knows what the rest was
            self.cut_lines += 1
            return [(start, line)]
        line = line.removesuffix(b"\r")
        return [(start, line)] if line and not line.isspace() else []


def events_of(
    lines: Sequence[Line], first: int, max_events: int, max_bytes: int, source: str, timestamp: float
) -> list[Event]:
    """Return the events of ``lines`` from ``first`` on: at most so many, and of so many bytes unless one has more."""
    taken = lines[first : first + max_events]
    size = 0
    for count, (_, line) in enumerate(taken):
        size += len(line)
        if size > max_bytes and count:
            taken = taken[:count]
            break
    headers = NO_HEADERS
    return [Event(line, None, headers, Position(source, offset), timestamp) for offset, line in taken]
