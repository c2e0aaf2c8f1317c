"""Tells of lines that are no events: the first ten one by one, then how many, then what they look like together.

For people, or with the form "json" as one record for each line, without a limit and without a total.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ruler import EventError
from ruler.findings import Finding, Source, printable
from ruler.machine.select_lines import JSON_WHITE_SPACE
from ruler_cli.rule_options import tell
from ruler_cli.streams import write_message

SHOWN_BAD_LINES = 10

# Lines of JSON that is laid out over several lines: brackets alone, or a member of an object.
_PART_OF_JSON = re.compile(rb'[\[{}\],]+|"(?:[^"\\]|\\.)*"\s*:.*', re.DOTALL)
_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*\{")
_HINT_JSON = (
    "each line must be one whole JSON object; `jq -c .` writes each on one line, `jq -c '.[]'` takes an array apart"
)
_HINT_UTF16 = "this looks like UTF-16; `iconv -f UTF-16 -t UTF-8` converts it"


class BadLine(NamedTuple):
    """A line that is no event."""

    number: int
    line: bytes
    error: EventError


class BadLines:
    """The bad lines of one run, told as they come."""

    def __init__(self, form: str) -> None:
        self.form = form  # "human" or "json"
        self.count = 0
        self.hint = ""  # what the lines look like, "" when they look like nothing known

    @property
    def will_tell(self) -> bool:
        """Whether ``take`` writes something about the next one."""
        return self.count < SHOWN_BAD_LINES or self.form == "json"

    def take(self, input_name: str, bad_line: BadLine) -> None:
        """Count a line, and tell of it."""
        will_tell = self.will_tell
        self.count += 1
        if not will_tell:
            return
        self.hint = self.hint or _hint(*bad_line)
        reason = _reason(bad_line.error)
        if self.form == "human":
            write_message(f"{printable(input_name)}:{bad_line.number}: {reason}")
        else:
            offset = bad_line.error.offset
            column = None if offset is None else offset + 1
            source = Source(input_name, "")
            tell(Finding(source, bad_line.error.code, reason, line=bad_line.number, column=column), self.form)

    def tell_total(self) -> None:
        """Tell people how many there were, and what to do about them."""
        if self.count and self.form == "human":
            write_message(f"ruler: {total_of_bad_lines(self.count)}")
            if self.hint:
                write_message(f"ruler: {self.hint}")


def _reason(error: EventError) -> str:
    place = "" if error.offset is None else f"at byte {error.offset + 1}: "
    return f"{place}{printable(error.what)}"


def _hint(number: int, line: bytes, error: EventError) -> str:
    """Return what to do with a whole input that has such a line; "" when the line alone is wrong."""
    if error.code == "not-utf8":
        return _HINT_UTF16 if number == 1 and line[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    line = line.strip(JSON_WHITE_SPACE)
    is_part = _PART_OF_JSON.fullmatch(line) or _ARRAY_OF_OBJECTS.match(line)
    return _HINT_JSON if is_part else ""


def total_of_bad_lines(count: int) -> str:
    """Return in words how many lines there were, and how many of them were told."""
    total = "1 line could not be read as an event" if count == 1 else f"{count} lines could not be read as events"
    return f"{total}; the first {SHOWN_BAD_LINES} are shown above" if count > SHOWN_BAD_LINES else total
