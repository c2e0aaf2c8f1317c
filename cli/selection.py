r"""Decides which lines of a block are selected, and what is written for them.

In: a list of lines. Out: a list of outputs, the bytes to write for each selected line, without line
end. An output is the line itself (``lines``), the names of its rules (``names``) or a JSON object with
both (``tagged``).

Blank lines are not events. The matcher refuses them like any other text that is no event, so only a
refused line is looked at twice and the others pay nothing for the question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

from ruler import EventError, Matcher

JSON_WHITE_SPACE = b" \t\r\n"

Scan = Callable[[list[bytes], int, int], list[bytes]]
"""(lines, number of the first, most outputs wanted) -> outputs."""

BadLine = Callable[[int, bytes, EventError, list[bytes]], int]
"""(line number, line, why it is no event, outputs so far) -> how many outputs it took out of the list.

It takes all, to write them before a message, or none. It raises StopReading to read no further.
"""

_ENDS_A_LINE = re.compile("[\x7f-\x9f\u2028\u2029]")  # JSON may leave these as they are
_NEEDS_ESCAPE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\\\]")


class StopReading(Exception):
    """Raised by a BadLine when its line ends the run."""


def scan_for_lines(matcher: Matcher[str], invert: bool, bad_line: BadLine) -> Scan:
    """Return a scan whose outputs are the selected lines. Asks for no names, so matching can stop early."""
    matches_any = matcher.matches_any
    wanted = not invert

    def scan(lines: list[bytes], first_number: int, most: int) -> list[bytes]:
        selected: list[bytes] = []
        for number, line in enumerate(lines, first_number):
            try:
                if matches_any(line) is wanted:
                    selected.append(line)
                    if len(selected) >= most:
                        break
            except EventError as error:
                if line.strip(JSON_WHITE_SPACE):
                    most -= bad_line(number, line, error, selected)
        return selected

    return scan


def scan_for_names(
    matcher: Matcher[str], invert: bool, bad_line: BadLine, output: Callable[[list[str], int, bytes], bytes]
) -> Scan:
    """Return a scan whose outputs are ``output(names, line number, line)``; inverted, names are none."""
    rules_for_event = matcher.rules_for_event
    wanted = not invert

    def scan(lines: list[bytes], first_number: int, most: int) -> list[bytes]:
        selected: list[bytes] = []
        for number, line in enumerate(lines, first_number):
            try:
                names = rules_for_event(line)
            except EventError as error:
                if line.strip(JSON_WHITE_SPACE):
                    most -= bad_line(number, line, error, selected)
                continue
            if bool(names) is wanted:
                selected.append(output(names, number, line))
                if len(selected) >= most:
                    break
        return selected

    return scan


def names_output(names: Iterable[str]) -> Callable[[list[str], int, bytes], bytes]:
    """Return the output of ``--output names``: names with a tab between; ``names`` are all there can be."""
    written = {name: escaped_name(name).encode() for name in names}

    def output(names: list[str], number: int, line: bytes) -> bytes:
        return b"\t".join([written[name] for name in names])

    return output


def tagged_output(names: Iterable[str]) -> Callable[[list[str], int, bytes], bytes]:
    """Return the output of ``--output tagged``: ``{"rules": ["a"], "line": 3, "event": {...}}``."""
    written = {name: _json_string(name).encode() for name in names}

    def output(names: list[str], number: int, line: bytes) -> bytes:
        rules = b", ".join([written[name] for name in names])
        return b'{"rules": [%b], "line": %d, "event": %b}' % (rules, number, line.strip(JSON_WHITE_SPACE))

    return output


def escaped_name(name: str) -> str:
    r"""Return ``name`` on one line and without tabs, so that names can be told apart.

    A name with a control character, a line separator or a backslash is written as inside a JSON string;
    so a written name that holds a backslash is the inside of a JSON string, and any other is itself.

    >>> print(escaped_name("plain"), escaped_name("two\nlines"), escaped_name("back\\slash"))
    plain two\nlines back\\slash
    """
    return _json_string(name)[1:-1] if _NEEDS_ESCAPE.search(name) else name


def _json_string(text: str) -> str:
    return _ENDS_A_LINE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
