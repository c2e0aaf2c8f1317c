r"""Documents whose text does not stand in the source as it is, with the place of each character in the source.

A pattern is often the text in a JSON string. Its quotes are escaped there, so its characters stand elsewhere:

    {"EventPattern": "{\"source\": \"aws.s3\"}"}     the pattern's text is {"source": "aws.s3"}
                                ^ offset 28          where its second value begins, at offset 11

``StringDocument`` is such a text. ``LineDocument`` is one line of JSON lines. ``GeneratedDocument`` is JSON that was
made from other text, as from YAML.

Always: lines and columns of a placed document are those of the source; offsets of its nodes count in its own text.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ruler.errors import RuleError
from ruler.findings import Edit, Fix
from ruler.lines import Lines
from ruler.patterns.reader import Document, Node, read_document

# One character of a string's value, or a run of characters that stand for themselves.
_find_characters = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|[^\\]+", re.DOTALL
).finditer
_PLACE = re.compile("line ([0-9]+), column ([0-9]+)")


class PlacedLines(Lines):
    """Places of the characters of a text that stand elsewhere: ``origins`` are their offsets in the source."""

    def __init__(self, source_lines: Lines, find_origins: Callable[[], Sequence[int]]) -> None:
        self.source_lines = source_lines
        self._find_origins = find_origins

    @cached_property
    def origins(self) -> Sequence[int]:
        """For each character of the text its offset in the source, then that of the end. Found when first asked for."""
        return self._find_origins()

    def place(self, offset: int) -> tuple[int, int]:
        return self.source_lines.place(self.origins[offset])

    def offset(self, line: int, column: int) -> int:
        return bisect_left(self.origins, self.source_lines.offset(line, column))

    def moved(self, error: RuleError, text: str) -> RuleError:
        """Return ``error``, whose places count in ``text``, with those of the source."""
        lines = Lines(text)

        def place(line: int, column: int) -> tuple[int, int]:
            return self.place(min(lines.offset(line, column), len(text)))

        def place_in_words(found: re.Match[str]) -> str:
            line, column = place(int(found[1]), int(found[2]))
            return f"line {line}, column {column}"

        if error.line is not None and error.column is not None:
            error.line, error.column = place(error.line, error.column)
        if error.code == "unterminated":  # its words name the place of what is not closed, and nothing of the user's
            error.what = _PLACE.sub(place_in_words, error.what)
        return error


@dataclass(frozen=True, kw_only=True)
class PlacedDocument(Document):
    """A document whose text stands in the source in another way; ``places`` knows where."""

    places: PlacedLines

    @cached_property
    def lines(self) -> Lines:
        return self.places


@dataclass(frozen=True, kw_only=True)
class StringDocument(PlacedDocument):
    """The text that a string of ``outer`` holds."""

    outer: Document


@dataclass(frozen=True, kw_only=True)
class LineDocument(PlacedDocument):
    """One line of a text of JSON lines."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a generated document that cannot stand in a rule: what the JSON has in its place is a stand-in."""

    offset: int  # in the generated text
    code: str
    what: str
    why: str
    write: str


@dataclass(frozen=True, kw_only=True)
class GeneratedDocument(PlacedDocument):
    """JSON that was made from text of another language; ``doubts`` stand in ascending order of their offsets."""

    doubts: Sequence[Doubt] = field(default=())


def string_document(outer: Document, node: Node) -> StringDocument:
    """Return the document in the string ``node`` of ``outer``; raises RuleError with its place in the source."""
    source_lines = outer.places.source_lines if isinstance(outer, PlacedDocument) else outer.lines
    places = PlacedLines(source_lines, lambda: _string_origins(outer, node))
    try:
        inner = read_document(node.value)
    except RuleError as error:
        raise places.moved(error, node.value) from None
    return StringDocument(inner.text, inner.root, places=places, outer=outer)


def line_document(text: str, start: int, source_lines: Lines) -> LineDocument:
    """Return the document of one line, which begins at ``start``; raises RuleError with its place in the source."""
    places = PlacedLines(source_lines, lambda: range(start, start + len(text) + 1))
    try:
        inner = read_document(text)
    except RuleError as error:
        raise places.moved(error, text) from None
    return LineDocument(text, inner.root, places=places)


def is_editable(document: Document) -> bool:
    """Whether an edit of ``document`` is an edit of the source: not when its text was made from other text."""
    outer = document.outer if isinstance(document, StringDocument) else document
    return not isinstance(outer, GeneratedDocument)


def fix_in_source(document: Document, fix: Fix) -> Fix | None:
    """Return ``fix``, whose edits are of ``document``, with edits of the source; None when they cannot be mapped."""
    if not isinstance(document, PlacedDocument):
        return fix
    if not is_editable(document):
        return None
    is_string = isinstance(document, StringDocument)
    origins = document.places.origins
    edits = (
        Edit(origins[edit.start], origins[edit.end], _in_string(edit.text) if is_string else edit.text)
        for edit in fix.edits
    )
    return replace(fix, edits=tuple(edits))


def _string_origins(outer: Document, node: Node) -> Sequence[int]:
    places = _places_in_string(outer, node)
    if not isinstance(outer, PlacedDocument):
        return places
    origins = outer.places.origins
    return array("q", [origins[place] for place in places])


def _places_in_string(outer: Document, node: Node) -> Sequence[int]:
    """For each character of the string ``node`` its offset in the text of ``outer``; at last that of the end quote."""
    places = array("q")
    for found in _find_characters(outer.text, node.start + 1, node.end - 1):
        if outer.text[found.start()] == "\\":
            places.append(found.start())
        else:
            places.extend(range(found.start(), found.end()))
    places.append(node.end - 1)
    return places


def _in_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
