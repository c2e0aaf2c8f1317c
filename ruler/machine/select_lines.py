"""Selects the lines of a block of text that match any rule, for the python engine.

In: bytes with one JSON event a line, ``\\n`` between. Out: the selected lines, byte for byte, and how far it came.
Lines of JSON white space are no events. The first line that is neither blank nor an event ends the selection, so that
whoever asked can say so in its place among the selected lines, and go on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain
from typing import NamedTuple

from ruler.errors import EventError

JSON_WHITE_SPACE = b" \t\r\n"

PIECE_BYTES = 16 * 1024  # what is cut into lines at once: little is done in vain when an early line is refused


class LineSelection(NamedTuple):
    """What ``select_lines`` selected, and how far it came."""

    output: bytes  # the selected lines, in order, each ending in "\n"
    selected: int  # how many they are
    lines: int  # how many lines were handled, blank ones and the refused one included
    consumed: int  # how many bytes they take: the place to go on at
    refused: EventError | None  # why the last line handled is no event; None when all were


def select_lines(
    matches_any: Callable[[bytes], bool], data: bytes | memoryview, invert: bool, at_most: int
) -> LineSelection:
    """Select lines for which ``matches_any`` is true, or false with ``invert``, until there are ``at_most``."""
    wanted = not invert
    selected: list[bytes] = []
    refused = None
    line_count = consumed = 0
    for line in _lines(data):
        line_count += 1
        consumed += len(line)
        try:
            if matches_any(line) is wanted:
                selected.append(line)
                if len(selected) >= at_most:
                    break
        except EventError as error:
            if line.strip(JSON_WHITE_SPACE):
                refused = _without_line_end(matches_any, line, error)
                break
    if selected and not selected[-1].endswith(b"\n"):
        selected.append(b"\n")
        return LineSelection(b"".join(selected), len(selected) - 1, line_count, consumed, refused)
    return LineSelection(b"".join(selected), len(selected), line_count, consumed, refused)


def _without_line_end(matches_any: Callable[[bytes], bool], line: bytes, error: EventError) -> EventError:
    r"""Return ``error`` as it is worded for ``line`` without its ``\n``, which may move the offset of an end."""
    try:
        matches_any(line.removesuffix(b"\n"))
    except EventError as worded:
        return worded
    return error


def _lines(data: bytes | memoryview) -> Iterator[bytes]:
    r"""Yield each line with its ``\n``; the last may have none."""
    return chain.from_iterable(map(BytesIO, _pieces(data)))


def _pieces(data: bytes | memoryview) -> Iterator[bytes]:
    """Yield ``data`` in pieces that end where a line ends."""
    start, size = 0, PIECE_BYTES
    while start < len(data):
        piece = bytes(data[start : start + size])
        end = len(piece) if start + size >= len(data) else piece.rfind(b"\n") + 1
        if end == 0:  # a line longer than the piece; doubled, so that a line of any length is copied twice at most
            size *= 2
            continue
        yield piece[:end]
        start, size = start + end, PIECE_BYTES
