r"""Finds values in JSON text by their paths, as slices of the text: nothing is decoded, so nothing is spelled anew.

In: the bytes of an event that has been matched, so they are JSON, and steps. Out: the slice of the value, or None.

    {"a": [1.0, {"b": "\u00e9"}]}   a, 1, b  ->  b'"\\u00e9"'

A step is a name of an object, an index of an array, a token of a JSON Pointer (a name in an object, an index in an
array), or EACH: all values of an array or an object. Behind EACH a path has many values; they become one array.

Idea: one regular expression takes a whole member or element, nested values included, up to NESTED deep, so the members
of an object are found in one call; what is deeper is passed bracket by bracket. Always: no recursion; the cost of a
path is its length times the event's, at most. Of two members with one name the last counts, as in matching.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

import orjson

OBJECT, ARRAY = b"{["  # how they begin
NESTED = 8  # levels that the regular expression knows; events are seldom deeper

_STRING = rb'"[^"\\]*+(?:"|(?:\\.[^"\\]*+)++")'


def value_pattern(levels: int) -> bytes:
    """A pattern for a value with so many brackets inside each other. Possessive throughout, so it never goes back."""
    inner = rb"[^\[\]{}\"]++|" + _STRING
    pattern = rb"[\[{](?:" + inner + rb")*+[\]}]"
    for _ in range(levels - 1):
        pattern = rb"[\[{](?:" + inner + rb"|" + pattern + rb")*+[\]}]"
    return _STRING + rb"|" + pattern + rb"|[^\[\]{}\",\s]++"


_SPACE = rb"[ \t\r\n]*+"
_ELEMENT = _SPACE + rb"(" + value_pattern(NESTED) + rb")" + _SPACE + rb"[,\]]"
_NAME = _SPACE + rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE
_MEMBER = _NAME + rb"(" + value_pattern(NESTED) + rb")" + _SPACE + rb"[,}]"
_find_elements = re.compile(_ELEMENT, re.DOTALL).findall
_find_members = re.compile(_MEMBER, re.DOTALL).findall
_take_element = re.compile(_ELEMENT, re.DOTALL).match
_take_member = re.compile(_MEMBER, re.DOTALL).match
_take_name = re.compile(_NAME, re.DOTALL).match
_is_known_whole = re.compile(value_pattern(NESTED + 1), re.DOTALL).fullmatch
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
    quoted: bytes = b""  # the name, in quotes, as it is written without any escape
    element: int = -1  # the index of an element; of a token that is no index: -1


EACH = Step(Kind.EACH)


def name_step(name: str) -> Step:
    return Step(Kind.NAME, b'"%s"' % _utf8(name))


def token_step(name: str, element: int) -> Step:
    """A token of a JSON Pointer; ``element`` is -1 for one that is no index."""
    return Step(Kind.TOKEN, b'"%s"' % _utf8(name), element)


def index_step(index: int) -> Step:
    return Step(Kind.INDEX, element=index)


def value_at(data: bytes, steps: Sequence[Step]) -> bytes | None:
    """Return the text of the value that ``steps`` lead to; None when there is none.

    >>> value_at(b'{"a": [5, 1.50]}', (name_step("a"), index_step(1)))
    b'1.50'
    >>> value_at(b'{"a": [{"b": 1}, {}, {"b": 2}]}', (name_step("a"), EACH, name_step("b")))
    b'[1,2]'
    """
    values = [trimmed(data)]
    has_many = False
    for step in steps:
        if step.kind is Kind.EACH:
            has_many = True
            values = [inner for value in values for inner in _each(value)]
        else:
            values = [inner for value in values if (inner := _inner(value, step)) is not None]
        if not values:
            break
    if has_many:
        return b"[" + b",".join(values) + b"]"
    return values[0] if values else None


class Paths:
    """Several paths, by name. Paths that begin alike are followed together, so an object is gone through once.

    >>> Paths({"x": (name_step("a"), name_step("x")), "y": (name_step("a"), name_step("y"))}).values(b'{"a": {"x": 1}}')
    {'x': b'1', 'y': None}
    """

    __slots__ = ("_alone", "_tree", "names")

    def __init__(self, paths: Mapping[str, Sequence[Step]]) -> None:
        self.names = tuple(paths)
        self._tree = _Branch()
        self._alone: list[tuple[str, Sequence[Step]]] = []  # those with other steps than names
        for name, steps in paths.items():
            if all(step.kind is Kind.NAME for step in steps):
                self._tree.add(name, steps)
            else:
                self._alone.append((name, steps))

    def values(self, data: bytes) -> dict[str, bytes | None]:
        """Return the text of the value of each path, as ``value_at`` finds it."""
        found: dict[str, bytes | None] = dict.fromkeys(self.names)
        waiting = [(self._tree, trimmed(data))]
        while waiting:
            branch, value = waiting.pop()
            for name in branch.ends:
                found[name] = value
            if branch.inner and value[0] == OBJECT:
                by_name = members_by_name(value)
                waiting += [(inner, by_name[name]) for name, inner in branch.inner.items() if name in by_name]
        for name, steps in self._alone:
            found[name] = value_at(data, steps)
        return found


class _Branch:
    """What is behind a common beginning of paths."""

    __slots__ = ("ends", "inner")

    def __init__(self) -> None:
        self.ends: list[str] = []  # paths that end here
        self.inner: dict[bytes, _Branch] = {}  # by the next name, in quotes

    def add(self, name: str, steps: Sequence[Step]) -> None:
        branch = self
        for step in steps:
            branch = branch.inner.setdefault(step.quoted, _Branch())
        branch.ends.append(name)


def trimmed(data: bytes) -> bytes:
    """The text without the white space around it."""
    return data.strip(b" \t\r\n")


def members_by_name(data: bytes) -> dict[bytes, bytes]:
    """Return the values of an object by their names, in quotes and without escapes; the last of equal names counts."""
    if b"\\" not in data:
        return dict(members(data))
    return {_unescaped(name): value for name, value in members(data)}


def members(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the members of an object: the name as it is written, quotes included, and the value."""
    if _is_known(data):
        return _find_members(data, 1)
    found = []
    position, end = 1, len(data) - 1
    while position < end:
        match = _take_member(data, position)
        if match is not None:
            found.append((match[1], match[2]))
            position = match.end()
        else:
            named = _take_name(data, position)
            assert named is not None
            value_end = _past_nested(data, named.end())
            found.append((named[1], data[named.end() : value_end]))
            position = _past_space(data, value_end).end() + 1  # type: ignore[union-attr]
    return found


def elements(data: bytes) -> list[bytes]:
    """Return the elements of an array."""
    if _is_known(data):
        return _find_elements(data, 1)
    found = []
    position, end = 1, len(data) - 1
    while position < end:
        match = _take_element(data, position)
        if match is not None:
            found.append(match[1])
            position = match.end()
        else:
            start = _past_space(data, position).end()  # type: ignore[union-attr]
            value_end = _past_nested(data, start)
            found.append(data[start:value_end])
            position = _past_space(data, value_end).end() + 1  # type: ignore[union-attr]
    return found


def _is_known(data: bytes) -> bool:
    """Whether the regular expressions know all that is nested in an object or array."""
    return data.count(b"[") + data.count(b"{") <= NESTED or _is_known_whole(data) is not None


def _inner(value: bytes, step: Step) -> bytes | None:
    opening = value[0]
    if opening == OBJECT and step.kind is not Kind.INDEX:
        return members_by_name(value).get(step.quoted)
    if opening == ARRAY and step.kind is not Kind.NAME and step.element >= 0:
        found = elements(value)
        return found[step.element] if step.element < len(found) else None
    return None


def _each(value: bytes) -> list[bytes]:
    opening = value[0]
    if opening == ARRAY:
        return elements(value)
    if opening != OBJECT:
        return []
    last: dict[bytes, bytes] = {}
    for written, inner in members(value):
        name = _unescaped(written)
        last.pop(name, None)  # the last one counts, at its place
        last[name] = inner
    return list(last.values())


def _unescaped(written: bytes) -> bytes:
    return b'"%s"' % _utf8(orjson.loads(written)) if b"\\" in written else written


def _utf8(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


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
