r"""Decides which lines of a block are selected, and what is written for them.

In: a block of whole lines. Out: steps (``Step``), each what to write for some selected lines: the lines themselves
(``line_selector``), or for each the names of its rules (``names_output``) or a JSON object with both
(``tagged_output``). A step ends at a line that is no event, so that the caller can say so in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ruler import EventError, Matcher
from ruler.machine.select_lines import JSON_WHITE_SPACE
from ruler_cli.bad_lines import BadLine


class Step(NamedTuple):
    """Selected lines, and the line that is no event behind them, if one is."""

    output: bytes  # what to write, line ends included
    selected: int  # for how many lines
    lines: int  # how many lines were handled since the step before
    bad_line: BadLine | None


Selector = Callable[[bytes | memoryview, int, int], Iterator[Step]]
"""(block, number of its first line, most lines wanted) -> steps, made as they are asked for."""

_ENDS_A_LINE = re.compile("[\x7f-\x9f\u2028\u2029]")  # JSON may leave these as they are
_NEEDS_ESCAPE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\\\]")


def line_selector(matcher: Matcher[str], invert: bool) -> Selector:
    """Return a selector that writes the selected lines. It asks for no names, so matching can stop early."""

    def select(block: bytes | memoryview, first_number: int, most: int) -> Iterator[Step]:
        rest = memoryview(block)
        number = first_number
        while rest and most > 0:
            found = matcher.select_lines(rest, invert=invert, at_most=most)
            number += found.lines
            most -= found.selected
            bad_line = None
            if found.refused is not None:
                bad_line = BadLine(number - 1, _last_line(bytes(rest[: found.consumed])), found.refused)
            yield Step(found.output, found.selected, found.lines, bad_line)
            rest = rest[found.consumed :]

    return select


def _last_line(lines: bytes) -> bytes:
    lines = lines.removesuffix(b"\n")
    return lines[lines.rfind(b"\n") + 1 :]


def names_selector(matcher: Matcher[str], invert: bool, output: Callable[[list[str], int, bytes], bytes]) -> Selector:
    """Return a selector that writes ``output(names, line number, line)``; inverted, names are none."""
    wanted = not invert

    def select(block: bytes | memoryview, first_number: int, most: int) -> Iterator[Step]:
        lines = bytes(block).removesuffix(b"\n").split(b"\n")
        answers = matcher.rules_for_events(lines)
        outputs: list[bytes] = []
        number = told = first_number - 1  # told: the last line of the step before
        for number, line in enumerate(lines, first_number):
            try:
                names = next(answers)
            except EventError as error:
                if line.strip(JSON_WHITE_SPACE):
                    yield Step(b"".join(outputs), len(outputs), number - told, BadLine(number, line, error))
                    told = number
                    most -= len(outputs)
                    outputs.clear()
                continue
            if bool(names) is wanted:
                outputs.append(output(names, number, line))
                if len(outputs) >= most:
                    break
        yield Step(b"".join(outputs), len(outputs), number - told, None)

    return select


def names_output(names: Iterable[str]) -> Callable[[list[str], int, bytes], bytes]:
    """Return the output of ``--output names``: names with a tab between; ``names`` are all there can be."""
    written = {name: escaped_name(name).encode() for name in names}

    def output(names: list[str], number: int, line: bytes) -> bytes:
        return b"\t".join([written[name] for name in names]) + b"\n"

    return output


def tagged_output(names: Iterable[str]) -> Callable[[list[str], int, bytes], bytes]:
    """Return the output of ``--output tagged``: ``{"rules": ["a"], "line": 3, "event": {...}}``."""
    written = {name: _json_string(name).encode() for name in names}

    def output(names: list[str], number: int, line: bytes) -> bytes:
        rules = b", ".join([written[name] for name in names])
        return b'{"rules": [%b], "line": %d, "event": %b}\n' % (rules, number, line.strip(JSON_WHITE_SPACE))

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
