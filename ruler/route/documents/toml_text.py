r"""Reads TOML as the JSON that it means, with the place of each value in the TOML.

    [rules.big]                           {"rules": {"big": {"pattern": {"total": [1]}}}}
    pattern.total = [1]

tomllib says what a text means, and whether it is TOML at all; it says nothing of places. So a second pass goes over the
text, which is TOML by then, and notes where each name and each value begins. Dates and times, and numbers that are not
finite, are no values of JSON: they are noted as doubts, which a reader reports.

Always: the JSON is what tomllib found, whatever the second pass does; a place that it does not find is that of the
value around it.
Source: TOML 1.0.
"""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from array import array
from typing import Any

import orjson

from ruler.errors import Location, RuleError
from ruler.lines import Lines
from ruler.patterns.reader import read_document, too_deep
from ruler.rule_sources.placed import Doubt, GeneratedDocument, PlacedLines

DEEPEST = 128  # tables and arrays inside each other: the pattern of a rule is seldom ten deep
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_STRING = r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\''
_KEY = rf"(?:[A-Za-z0-9_-]+|{_STRING})"
_find_keys = re.compile(_KEY, re.DOTALL).finditer
_take_keys = re.compile(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*+", re.DOTALL).match
_take_string = re.compile(_STRING, re.DOTALL).match
_take_space = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+").match
_take_bare = re.compile(r"[^,\]}#\n]*+").match

Places = dict[Location, int]


def toml_document(text: str) -> GeneratedDocument:
    """Return the JSON that ``text`` means; raises RuleError when it is no TOML."""
    lines = Lines(text)
    try:
        value = tomllib.loads(text)
        places = _Places(text).read()
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error, text, lines) from None
    except RecursionError:
        raise too_deep(DEEPEST, 1, 1) from None
    writer = _Writer(text, places)
    writer.write_value(value, (), 0, 0, 0)
    writer.origins.append(len(text))
    generated = "".join(writer.pieces)
    placed = PlacedLines(lines, lambda: writer.origins)
    try:
        inner = read_document(generated)
    except RuleError as error:
        raise placed.moved(error, generated) from None
    return GeneratedDocument(generated, inner.root, places=placed, doubts=writer.doubts)


def _not_toml(error: tomllib.TOMLDecodeError, text: str, lines: Lines) -> RuleError:
    message = str(error)
    found = _PLACE.search(message)
    line, column = lines.place(len(text))
    if found is not None and found[1] is not None:
        line, column = int(found[1]), int(found[2])
    what = _PLACE.sub("", message).replace("Invalid", "unexpected").replace("invalid", "unexpected")
    what = what.replace("illegal", "unexpected").replace("Illegal", "unexpected")
    return RuleError(
        "file-not-toml",
        f"the text is not TOML: {what[:1].lower()}{what[1:]}",
        why="the name of the file says that it is TOML",
        write='name = "value" on a line, [table] before the names of a table',
        line=line,
        column=column,
    )


class _Writer:
    """Writes JSON, and where each character of it comes from."""

    def __init__(self, text: str, places: Places) -> None:
        self.text = text
        self.places = places
        self.pieces: list[str] = []
        self.origins = array("q")
        self.doubts: list[Doubt] = []

    def write(self, piece: str, origin: int) -> None:
        self.pieces.append(piece)
        self.origins.extend([origin] * len(piece))

    def write_value(self, value: Any, location: Location, name_origin: int, around: int, depth: int) -> None:
        """Write a value; ``name_origin`` is where its name stands, ``around`` where the value around it does."""
        if depth > DEEPEST:
            raise too_deep(DEEPEST, *Lines(self.text).place(around))
        origin = self.places.get(location, name_origin or around)
        if isinstance(value, dict):
            self.write("{", origin)
            for index, (name, inner) in enumerate(value.items()):
                at = self.places.get((*location, name, _NAME), origin)
                self.write(", " if index else "", at)
                self.write_string(name, at)
                self.write(": ", at)
                self.write_value(inner, (*location, name), at, origin, depth + 1)
            self.write("}", origin)
        elif isinstance(value, list):
            self.write("[", origin)
            for index, inner in enumerate(value):
                self.write(", " if index else "", origin)
                self.write_value(inner, (*location, index), 0, origin, depth + 1)
            self.write("]", origin)
        elif isinstance(value, str):
            self.write_string(value, origin)
        else:
            self.write_scalar(value, origin)

    def write_string(self, value: str, origin: int) -> None:
        """Write a string; its characters stand where they do, when they stand as they are."""
        written = orjson.dumps(value).decode()
        first = origin
        while first < len(self.text) and self.text[first] in "\"'":
            first += 1
        if not self.text.startswith(value, first):
            self.write(written, origin)
            return
        self.pieces.append(written)
        self.origins.append(origin)
        if len(written) == len(value) + 2:
            self.origins.extend(range(first, first + len(value)))
        else:
            for offset, character in enumerate(value, first):
                self.origins.extend([offset] * (len(orjson.dumps(character).decode()) - 2))
        self.origins.append(first + len(value))

    def write_scalar(self, value: Any, origin: int) -> None:
        is_date = isinstance(value, datetime.date | datetime.time)
        if is_date or (isinstance(value, float) and not math.isfinite(value)):
            shown = str(value) if is_date else {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
            what = f"found {'the date or time' if is_date else 'the number'} {shown}"
            why = "documents hold what JSON can say: strings, finite numbers, true, false, lists and tables"
            write = f'"{shown}", a string' if is_date else "a finite number"
            self.doubts.append(Doubt(len(self.origins), "route-value", what, why, write))
            self.write("null", origin)
        elif isinstance(value, int) and not isinstance(value, bool):
            self.write(f"{value:d}", origin)
        else:
            self.write(orjson.dumps(value).decode(), origin)


_NAME = "\0name"  # behind a location: where the name stands and not the value


class _Places:
    """Notes where names and values begin in a text that is TOML."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places: Places = {}
        self.table: Location = ()
        self.counts: dict[Location, int] = {}  # of arrays of tables: how many there are so far

    def read(self) -> Places:
        position = self.past_space(0)
        while position < len(self.text):
            position = self.header(position) if self.text[position] == "[" else self.member(position, self.table)
            position = self.past_space(position)
        return self.places

    def past_space(self, position: int) -> int:
        return _take_space(self.text, position).end()  # type: ignore[union-attr]

    def note(self, location: Location, offset: int, name_offset: int | None = None) -> None:
        self.places.setdefault(location, offset)
        if name_offset is not None:
            self.places.setdefault((*location, _NAME), name_offset)

    def keys(self, position: int) -> tuple[list[tuple[str, int]], int]:
        """The names of a dotted key with their offsets, and where it ends."""
        found = _take_keys(self.text, position)
        if found is None:
            return [], len(self.text)
        keys = [(_name_of(each[0]), each.start()) for each in _find_keys(self.text, position, found.end())]
        return keys, found.end()

    def resolved(self, location: Location) -> Location:
        """The location with the index of the last table, where it is that of an array of tables."""
        return (*location, self.counts[location] - 1) if location in self.counts else location

    def header(self, position: int) -> int:
        is_array = self.text.startswith("[[", position)
        keys, end = self.keys(self.past_space(position + 1 + is_array))
        location: Location = ()
        for name, offset in keys:
            location = (*self.resolved(location), name)
            self.note(location, position, offset)
        if is_array:
            self.counts[location] = self.counts.get(location, 0) + 1
        self.table = self.resolved(location)
        self.note(self.table, position)
        closing = self.text.find("]", end)
        return len(self.text) if closing < 0 else closing + 1 + is_array

    def member(self, position: int, table: Location) -> int:
        """``a.b = value``: returns where the value ends."""
        keys, end = self.keys(position)
        start = self.past_space(self.text.find("=", end) + 1)
        location = table
        for name, offset in keys:
            location = (*location, name)
            self.note(location, start, offset)
        return self.value(start, location)

    def value(self, start: int, location: Location) -> int:
        """Note what stands in the value that begins at ``start``; return where it ends."""
        self.note(location, start)
        opening = self.text[start : start + 1]
        if opening == "[":
            return self.array(start + 1, location)
        if opening == "{":
            return self.inline_table(start + 1, location)
        found = _take_string(self.text, start) or _take_bare(self.text, start)
        return found.end() if found is not None else len(self.text)

    def array(self, position: int, location: Location) -> int:
        index = 0
        position = self.past_space(position)
        while position < len(self.text) and self.text[position] != "]":
            position = self.past_space(self.value(position, (*location, index)))
            position = self.past_comma(position)
            index += 1
        return position + 1

    def inline_table(self, position: int, location: Location) -> int:
        position = self.past_space(position)
        while position < len(self.text) and self.text[position] != "}":
            position = self.past_space(self.member(position, location))
            position = self.past_comma(position)
        return position + 1

    def past_comma(self, position: int) -> int:
        return self.past_space(position + (self.text[position : position + 1] == ","))


def _name_of(key: str) -> str:
    """The name that a part of a key means."""
    if key[:1] not in ("'", '"'):
        return key
    return next(iter(tomllib.loads(f"{key} = 0")))
