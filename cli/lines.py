r"""Reads an input a block of whole lines at a time.

In: a raw (unbuffered) file. Out: blocks of bytes that end where a line ends. Behind each read come all lines that it
completed, so a caller that handles a block at once is never behind a slow pipe.
Only ``\n`` ends a line: ``b'{"a":1}\r\n{}'`` is ``b'{"a":1}\r'`` and ``b'{}'``.
Always: memory follows the longest line, not the file; a line of any length is joined once, and no other is copied.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Iterator
from io import FileIO

READ_BYTES = 256 * 1024  # big enough that the cost per block vanishes, small enough for the cache

STANDARD_INPUT = 0


def open_input(path: str) -> FileIO:
    """Open ``path`` for raw reading; ``-`` is standard input. Raises OSError."""
    if path == "-":
        return FileIO(STANDARD_INPUT, "r", closefd=False)
    return FileIO(path, "r")


def is_also_output(file: FileIO, output: int) -> bool:
    """Whether ``file`` is the regular file that ``output`` writes to: it would never come to its end."""
    if file.fileno() == output:  # the output was closed, and opening the file took its number
        return False
    try:
        there = os.fstat(output)
    except OSError:
        return False
    return stat.S_ISREG(there.st_mode) and os.path.samestat(there, os.fstat(file.fileno()))


def blocks_of_lines(file: FileIO) -> Iterator[bytes | memoryview]:
    r"""Yield the lines of ``file`` with their ``\n``: behind each read, the line it completed and those it holds whole.

    A last line without ``\n`` is a line like any other, in a block of its own. A view is one of bytes, which stay as
    they are. Raises OSError.
    """
    read = file.read
    pieces: list[bytes] = []  # of the line that no read has completed yet
    while True:
        chunk = read(READ_BYTES)
        if chunk is None:  # a non-blocking input that has nothing now
            select.select([file], [], [])
            continue
        if not chunk:
            break
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            pieces.append(chunk)
            continue
        start = 0
        if pieces:
            start = chunk.find(b"\n") + 1
            pieces.append(chunk[:start])
            yield b"".join(pieces)
        if start < end:
            yield memoryview(chunk)[start:end]
        pieces = [chunk[end:]] if end < len(chunk) else []
    if pieces:
        yield b"".join(pieces)
