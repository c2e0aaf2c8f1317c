"""Selects the lines of a block of text that match any rule, for the python engine.

In: bytes with one JSON event a line, ``\\n`` between. Out: the selected lines, byte for byte, and how far it came.
Lines of JSON white space are no events. The first line that is neither blank nor an event ends the selection, so that
whoever asked can say so in its place among the selected lines, and go on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

from ruler.errors import EventError

JSON_WHITE_SPACE = b" \t\r\n"

# What is cut into lines at once: little at first and then twice as much each time, so that where an early line ends the
# selection, no more was cut in vain than was read.
FIRST_PIECE_BYTES, LARGEST_PIECE_BYTES = 256, 64 * 1024


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
    line_count = byte_count = 0
    for line in chain.from_iterable(map(_lines, _pieces(data))):
        line_count += 1
        byte_count += len(line)
        try:
            if matches_any(line) is wanted:
                selected.append(line)
                if len(selected) >= at_most:
                    break
        except EventError as error:
            if line.strip(JSON_WHITE_SPACE):
                refused = error
                break
    consumed = min(byte_count + line_count, len(data))  # the last line may lack its end
    selected_count = len(selected)
    if selected:
        selected.append(b"")
    return LineSelection(b"\n".join(selected), selected_count, line_count, consumed, refused)


def _lines(piece: bytes) -> list[bytes]:
    return piece.removesuffix(b"\n").split(b"\n")


def _pieces(data: bytes | memoryview) -> Iterator[bytes]:
    """Yield ``data`` in pieces that end where a line ends; one holds a long line whole."""
    start, size = 0, FIRST_PIECE_BYTES
    while start < len(data):
        piece = bytes(data[start : start + size])
        end = len(piece) if start + size >= len(data) else piece.rfind(b"\n") + 1
        if end:
            yield piece[:end]
            start += end
        if size < LARGEST_PIECE_BYTES or not end:
            size *= 2
