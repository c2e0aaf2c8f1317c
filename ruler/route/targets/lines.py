r"""A target that appends deliveries to a file, as JSON lines.

    LinesTarget("dead.jsonl")        {"total": 12}\n{"total": 15}\n

In: deliveries. Out: the data of each on a line of its own, in their order, one write for a batch. Line ends inside of
the data, which are white space of JSON, become spaces; everything else is written as it is spelled.

Always: the file holds whole lines only (line_file.py says how, and what is durable when). What cannot be written, as
the disk is full, is Retry; of a write that was cut short, the lines that are whole are Ok. A thread of the target's own
writes, so that a slow disk holds up nobody else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ruler.route.model import OK, Delivery, Outcome, Retry
from ruler.route.targets.line_file import LineFile
from ruler.route.targets.threads import Threads

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
        self._thread = Threads(1, "ruler lines")

    @property
    def path(self) -> str:
        return self._file.path

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        lines = [line_of(delivery.data) for delivery in deliveries]
        done = await self._thread.run(self._file.append, lines)
        if done.taken == len(lines):
            return [OK] * len(lines)
        retry = Retry(reason=f"{self._file.shown}: {done.problem}")
        return [OK] * done.taken + [retry] * (len(lines) - done.taken)

    async def close(self) -> None:
        """Let go of the file, once what is being written is."""
        await self._thread.close()
        self._file.close()
