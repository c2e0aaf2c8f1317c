r"""Reads the lines of a file of dead letters, up to where it ended when reading began.

In: an open file, and a pattern or none. Out: Found, one for each line that is not blank: the letter, or what is wrong.

    {"target": "ops", ...}\n  ->  Found(number=1, letter=Letter(...))
    half a line               ->  Found(number=2, problem="no dead letter: ...")

Always: the end is fixed at the start, so that a file that new dead letters are added to meanwhile has an end. Memory
follows the longest line, at most LONGEST_LETTER bytes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ruler.errors import EventError
from ruler.matcher import Matcher
from ruler.route.dead_letters import Letter, letter_of
from ruler.route.letter_members import LetterError
from ruler.route.replay.marks import hash_of

LONGEST_LETTER = 64 * 1024 * 1024  # bytes of a line
WHITE_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the file."""

    number: int  # of the line, from 1
    offset: int  # of its first byte
    hash: bytes = b""
    letter: Letter | None = None
    problem: str = ""  # why there is no letter


class Letters:
    """The dead letters of a file, opened for reading. Its end is that of now."""

    def __init__(self, file: BinaryIO, where: Matcher[str] | None = None) -> None:
        self._file = file
        self._where = where
        found = os.fstat(file.fileno())
        self._end = found.st_size if stat.S_ISREG(found.st_mode) else None  # None for a pipe, which ends by itself
        self.not_selected = 0  # letters that the pattern does not select

    def __iter__(self) -> Iterator[Found]:
        """Yield what stands on each line that is not blank and that the pattern selects. OSError."""
        offset = number = 0
        while self._end is None or offset < self._end:
            line = self._file.readline(LONGEST_LETTER + 1)
            if not line:
                return
            number += 1
            start, offset = offset, offset + len(line)
            if len(line) > LONGEST_LETTER:
                while line and not line.endswith(b"\n"):
                    line = self._file.readline(LONGEST_LETTER)
                    offset += len(line)
                yield Found(number, start, problem=f"longer than the {LONGEST_LETTER:,} bytes that a letter may have")
                continue
            line = line.strip(WHITE_SPACE)
            if line:
                found = self._found(line, number, start)
                if found is not None:
                    yield found

    def _found(self, line: bytes, number: int, offset: int) -> Found | None:
        """What stands on a line; None for a letter that the pattern does not select."""
        try:
            letter = letter_of(line)
            if self._where is not None and not self._where.matches_any(line):
                self.not_selected += 1
                return None
        except (LetterError, EventError) as error:
            return Found(number, offset, problem=error.what)
        return Found(number, offset, hash_of(line), letter)
