"""Findings: what is wrong or suspicious in rules, as text for people and as a record for programs.

As text: the place, the source line with a caret, and advice.

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

from ruler.errors import Location, RuleError, json_path
from ruler.paint import Paint, plain

# Controls, and what reorders or breaks text: bidirectional marks, line separators, byte order mark, and
# surrogates, which are how Python carries file names that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_INDENT = re.compile(r"\s{0,1000}")  # bounded: a line may be megabytes of white space with a finding in every few
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

EMPTY_NAME = '""'
TAB_CELLS = 4
LONGEST_EXCERPT = 90  # characters of a source line; with indent and "..." on both sides, 100
LONGEST_BEFORE = 56  # of these, the characters before the column when a line is cut


ERROR, WARNING = "error", "warning"  # severities
DECODED = "<rules>"  # the name of the source of rules that were never text; their findings have no lines


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
class Edit:
    """``text`` in place of the characters from ``start`` to ``end`` of a source."""

    start: int  # offset from 0, in characters
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of a source that end what was found; they do not overlap, and stand in text order."""

    description: str  # 'write {"prefix": "img/"}'
    edits: tuple[Edit, ...]
    keeps_meaning: bool  # whether the rule matches the same events as before


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in rules, or on the way to them: what, where, why, and what to write instead."""

    source: Source
    code: str  # stable, for programs: "clause-not-array"
    message: str
    why: str = ""
    hint: str = ""  # what to write
    line: int | None = None  # from 1; None when it is about the file and not about its text
    column: int | None = None  # from 1, in characters
    rule: str = ""  # the name of the rule, "[0]" for one without, "" when it is about the file
    location: Location | None = None  # in the rule; None when it is about the file
    pointer: str | None = None  # RFC 6901, from the top of the source: "/s3-put/source"
    severity: str = ERROR
    fix: Fix | None = None

    @property
    def subject(self) -> str:
        """``s3-put: $.source``, or "" when it is about the file."""
        if self.location is None:
            return ""
        path = json_path(self.location)
        # A pattern's source has the name of its rule; once is enough.
        return path if self.rule == self.source.name else f"{self.rule or EMPTY_NAME}: {path}"

    @property
    def has_meaning(self) -> bool:
        """Whether the rule means something as it is: it has no error, or one that only its dialect makes of it."""
        return self.severity != ERROR or self.code.startswith("dialect-")

    def record(self) -> dict[str, object]:
        """Return the finding as ``--format json`` writes it: a value for each name, None where there is none."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "why": self.why or None,
            "hint": self.hint or None,
            "rule": self.rule if self.location is not None else None,
            "path": None if self.location is None else json_path(self.location),
            "file": None if self.source.name == DECODED else self.source.name,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "fix": None if self.fix is None else _fix_record(self.fix),
        }

    def __str__(self) -> str:
        return self.text()

    def text(self, paint: Paint = plain) -> str:
        """Return the finding for people; ``paint`` colours its parts for a terminal."""
        if self.line is None and self.location is None:
            return f"ruler: {printable(self.source.name)}: {printable(self.message)}"
        lines = [self._headline(paint)]
        source_lines = self.source.lines
        if self.line is not None and self.line <= len(source_lines) and not self.source.is_blank:
            line, caret = excerpt(source_lines[self.line - 1], self.column or 1)
            lines += [line, paint("bad" if self.severity == ERROR else "warning", caret)]
        if self.why:
            lines.append(f"  {paint('label', 'why:')}   {printable(self.why)}")
        if self.hint:
            lines.append(f"  {paint('label', 'write:')} {printable(self.hint)}")
        return "\n".join(lines)

    def _headline(self, paint: Paint) -> str:
        place = ""
        if self.line is not None:
            place = paint("place", f"{printable(self.source.name)}:{self.line}:{self.column or 1}:") + " "
        subject = f"{printable(self.subject)}: " if self.subject else ""
        if self.severity == ERROR:
            return f"{place}{subject}{paint('bad', printable(self.message))}"
        return f"{place}{paint('warning', self.severity)}: {subject}{printable(self.message)} [{self.code}]"


def _fix_record(fix: Fix) -> dict[str, object]:
    edits = [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits]
    return {"description": fix.description, "keeps_meaning": fix.keeps_meaning, "edits": edits}


def finding_of_text(source: Source, error: RuleError) -> Finding:
    """Return the finding for a text that is no JSON."""
    return Finding(source, error.code, error.what, error.why, error.write, error.line or 1, error.column or 1)


def in_text_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of one source as they stand in it, those of the whole source first."""
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.column or 0))


def json_pointer(steps: Iterable[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of names and indexes: ``("a/b", 0)`` is ``/a~1b/0``, ``()`` is the top.

    >>> json_pointer(("a/b", 0, "~"))
    '/a~1b/0/~0'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


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

    A line end is left out. The cost does not grow with the length of the line.

    >>> print("\\n".join(excerpt('{"a": 1, }', 10)))
        {"a": 1, }
                 ^
    """
    length = len(line) - line.endswith("\r")
    index = min(column - 1, length)
    indent = _INDENT.match(line)
    start = min(indent.end() if indent is not None else 0, index)
    is_cut_before = length - start > LONGEST_EXCERPT and index - start > LONGEST_BEFORE
    if is_cut_before:
        start = index - LONGEST_BEFORE
    end = min(length, start + LONGEST_EXCERPT)
    before = "".join([_cell(character) for character in line[start:index]])
    after = "".join([_cell(character) for character in line[index:end]])
    if is_cut_before:
        before = f"...{before}"
    if end < length:
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
