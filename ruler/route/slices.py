r"""Finds values in JSON text by their paths, as slices of the text: nothing is decoded, so nothing is spelled anew.

In: the bytes of an event that has been matched, so they are JSON, and steps. Out: the slice of the value, or None.

    {"a": [1.0, {"b": "\u00e9"}]}   a, 1, b  ->  b'"\\u00e9"'

A step is a name of an object, an index of an array, a token of a JSON Pointer (a name in an object, an index in an
array), or EACH: all values of an array or an object. Behind EACH a path has many values; they become one array.

Idea: one regular expression takes a whole member or element, nested values included, up to NESTED deep; what is deeper
is passed bracket by bracket. Always: no recursion; the cost of a path is its length times the event's, at most. Of two
members with one name the last counts, as in matching.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

import orjson

NESTED = 8  # levels that the regular expression knows; events are seldom deeper

_STRING = rb'"(?:[^"\\]++|\\.)*+"'


def _value(levels: int) -> bytes:
    """A pattern for a value with so many brackets inside each other. Possessive throughout, so it never goes back."""
    inner = rb"[^\[\]{}\"]++|" + _STRING
    pattern = rb"[\[{](?:" + inner + rb")*+[\]}]"
    for _ in range(levels - 1):
        pattern = rb"[\[{](?:" + inner + rb"|" + pattern + rb")*+[\]}]"
    return _STRING + rb"|" + pattern + rb"|[^\[\]{}\",\s]++"


_SPACE = rb"[ \t\r\n]*+"
_take_element = re.compile(_SPACE + rb"(" + _value(NESTED) + rb")" + _SPACE + rb"([,\]])", re.DOTALL).match
_take_member = re.compile(
    _SPACE + rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE + rb"(" + _value(NESTED) + rb")" + _SPACE + rb"([,}])",
    re.DOTALL,
).match
_take_name = re.compile(_SPACE + rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE, re.DOTALL).match
_past_space = re.compile(_SPACE).match
_next_bracket = re.compile(_STRING + rb"|([\[{])|([\]}])", re.DOTALL).finditer


class Kind(Enum):
    """What a step is."""

    NAME = "name"
    INDEX = "index"
    TOKEN = "token"
    EACH = "each"


class Step(NamedTuple):
    """One step into a value."""

    kind: Kind
    name: bytes = b""  # UTF-8
    element: int = -1  # the index of an element; of a token that is no index: -1


EACH = Step(Kind.EACH)
Span = tuple[int, int]


def name_step(name: str) -> Step:
    return Step(Kind.NAME, name.encode("utf-8", "surrogatepass"))


def index_step(index: int) -> Step:
    return Step(Kind.INDEX, element=index)


def value_at(data: bytes, steps: Sequence[Step]) -> bytes | None:
    """Return the text of the value that ``steps`` lead to; None when there is none.

    >>> value_at(b'{"a": [5, 1.50]}', (name_step("a"), index_step(1)))
    b'1.50'
    >>> value_at(b'{"a": [{"b": 1}, {}, {"b": 2}]}', (name_step("a"), EACH, name_step("b")))
    b'[1,2]'
    """
    start = _past_space(data).end()  # type: ignore[union-attr]
    spans: list[Span] = [(start, len(data.rstrip(b" \t\r\n")))]
    has_many = False
    for step in steps:
        if step.kind is Kind.EACH:
            has_many = True
            spans = [inner for span in spans for inner in _each(data, span)]
        else:
            spans = [inner for span in spans if (inner := _step_into(data, span, step)) is not None]
        if not spans:
            break
    if has_many:
        return b"[" + b",".join([data[start:end] for start, end in spans]) + b"]"
    return data[slice(*spans[0])] if spans else None


def members(data: bytes, span: Span) -> Iterator[tuple[bytes, Span]]:
    """Yield the members of the object at ``span``: the name as it is written, quotes included, and the value."""
    position = span[0] + 1
    end = span[1] - 1
    while True:
        found = _take_member(data, position, end + 1)
        if found is not None:
            yield found[1], found.span(2)
            position = found.end()
        else:
            named = _take_name(data, position, end + 1)
            if named is None:  # an empty object
                return
            value_start = named.end()
            value_end = _past_nested(data, value_start)
            yield named[1], (value_start, value_end)
            position = _past_space(data, value_end).end() + 1  # type: ignore[union-attr]
        if position > end:
            return


def elements(data: bytes, span: Span) -> Iterator[Span]:
    """Yield the elements of the array at ``span``."""
    position = span[0] + 1
    end = span[1] - 1
    while True:
        found = _take_element(data, position, end + 1)
        if found is not None:
            yield found.span(1)
            position = found.end()
        else:
            start = _past_space(data, position).end()  # type: ignore[union-attr]
            if start >= end:  # an empty array
                return
            value_end = _past_nested(data, start)
            yield start, value_end
            position = _past_space(data, value_end).end() + 1  # type: ignore[union-attr]
        if position > end:
            return


def _step_into(data: bytes, span: Span, step: Step) -> Span | None:
    opening = data[span[0]]
    if opening == 0x7B and step.kind is not Kind.INDEX:
        return _member(data, span, step.name)
    if opening == 0x5B and step.kind is not Kind.NAME and step.element >= 0:
        for index, inner in enumerate(elements(data, span)):
            if index == step.element:
                return inner
    return None


def _member(data: bytes, span: Span, name: bytes) -> Span | None:
    plain = b'"%s"' % name
    last = None
    for written, value in members(data, span):
        if written == plain or (b"\\" in written and _utf8(orjson.loads(written)) == name):
            last = value
    return last


def _utf8(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _each(data: bytes, span: Span) -> list[Span]:
    opening = data[span[0]]
    if opening == 0x5B:
        return list(elements(data, span))
    if opening != 0x7B:
        return []
    last: dict[str, Span] = {}
    for written, value in members(data, span):
        name = orjson.loads(written)
        last.pop(name, None)  # the last one counts, at its place
        last[name] = value
    return list(last.values())


def _past_nested(data: bytes, start: int) -> int:
    """Where the array or object at ``start`` ends."""
    depth = 0
    for found in _next_bracket(data, start):
        if found.lastindex == 1:
            depth += 1
        elif found.lastindex == 2:
            depth -= 1
            if depth == 0:
                return found.end()
    raise AssertionError("brackets that do not close, in text that has been matched")
