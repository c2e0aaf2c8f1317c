"""Tells a person what is wrong with rules: the place, the source line with a caret, and advice.

    rules.json:3:14: s3-put: $.source: found the string "aws.s3", expected an array
        "s3-put": {"source": "aws.s3"}
                             ^
      why:   a clause lists every value it accepts, even when there is one
      write: ["aws.s3"]

Always: what came from a file or an argument is printed without control characters, so no rule can
move the cursor or colour the terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ruler import RuleError
from ruler.errors import json_path

# Controls, and what reorders or breaks text: bidirectional marks, line separators, byte order mark, and
# surrogates, which are how Python carries file names that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

EMPTY_NAME = '""'
TAB_CELLS = 4
LONGEST_EXCERPT = 90  # characters of a source line; with indent and "..." on both sides, 100
LONGEST_BEFORE = 56  # of these, the characters before the column when a line is cut


@dataclass(frozen=True)
class Source:
    """A text that holds rules: ``name`` is what messages call it, a file's path or "pattern-1"."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def is_blank(self) -> bool:
        """Whether there is nothing to show."""
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why rules cannot be used."""

    source: Source
    what: str
    why: str = ""
    write: str = ""
    line: int | None = None  # from 1; None when it is about the file and not about its text
    column: int | None = None  # from 1, in characters
    subject: str = ""  # "s3-put: $.source", or "" when it is about the file

    def __str__(self) -> str:
        if self.line is None or self.column is None:
            return f"ruler: {printable(self.source.name)}: {printable(self.what)}"
        place = f"{printable(self.source.name)}:{self.line}:{self.column}: "
        subject = f"{printable(self.subject)}: " if self.subject else ""
        lines = [f"{place}{subject}{printable(self.what)}"]
        if self.line <= len(self.source.lines) and not self.source.is_blank:
            lines += excerpt(self.source.lines[self.line - 1].removesuffix("\r"), self.column)
        if self.why:
            lines.append(f"  why:   {printable(self.why)}")
        if self.write:
            lines.append(f"  write: {printable(self.write)}")
        return "\n".join(lines)


def problem_of_file(source: Source, error: RuleError) -> Problem:
    """Return the problem of a text that is no JSON."""
    return Problem(source, error.what, error.why, error.write, error.line or 1, error.column or 1)


def problem_of_rule(source: Source, rule_name: str, error: RuleError, line: int, column: int) -> Problem:
    """Return the problem of one rule, at a place in the source."""
    location = json_path(error.location)
    # A pattern's source has the name of its rule; once is enough.
    subject = location if rule_name == source.name else f"{rule_name or EMPTY_NAME}: {location}"
    return Problem(source, error.what, error.why, error.write, line, column, subject)


def in_text_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems of one source as they stand in it, those of the whole source first."""
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def printable(text: str) -> str:
    r"""Return ``text`` with escapes for what a terminal would obey or hide.

    >>> print(printable("red \x1b[31m, two\nlines"))
    red \u001b[31m, two\nlines
    """
    return _UNPRINTABLE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if "\udc80" <= character <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def excerpt(line: str, column: int) -> list[str]:
    """Return the part of ``line`` around ``column`` and a caret under that column, both indented.

    >>> print("\\n".join(excerpt('{"a": 1, }', 10)))
        {"a": 1, }
                 ^
    """
    index = min(column - 1, len(line))
    start = min(len(line) - len(line.lstrip()), index)
    is_cut_before = len(line) - start > LONGEST_EXCERPT and index - start > LONGEST_BEFORE
    if is_cut_before:
        start = index - LONGEST_BEFORE
    end = min(len(line), start + LONGEST_EXCERPT)
    before = "".join([_cell(character) for character in line[start:index]])
    after = "".join([_cell(character) for character in line[index:end]])
    if is_cut_before:
        before = f"...{before}"
    if end < len(line):
        after = f"{after}..."
    return [f"    {before}{after}".rstrip(), f"    {' ' * _width(before)}^"]


def _cell(character: str) -> str:
    return " " * TAB_CELLS if character == "\t" else printable(character)


def _width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
