"""The lines of a text, so that a place in it is found in logarithmic time.

    "ab\\ncd"  ->  offset 4 is line 2, column 2

Always: lines end with "\\n" alone, as in ``Document.line_and_column``; lines and columns count from 1, in characters.
"""

from __future__ import annotations

from bisect import bisect_right


class Lines:
    """The beginnings of the lines of one text."""

    def __init__(self, text: str) -> None:
        self.starts = [0]
        end = text.find("\n")
        while end >= 0:
            self.starts.append(end + 1)
            end = text.find("\n", end + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of ``offset``, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column."""
        return self.starts[line - 1] + column - 1
