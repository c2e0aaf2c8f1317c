r"""Finds values by way of the decoded event, and has their spelling from the text: as slices.py does, only faster.

In: the bytes of an event that has been matched, and steps. Out: the slice of the value; None where there is none.

    {"n": 7, "s": "é", "f": 1.50}      n  ->  7, which is spelled in one way        s  ->  "é", likewise
                                       f  ->  1.5, which is not: so it is what stands behind the only "f" of the text

Idea: decoding an event costs a fifth of looking for one value in its text. In a text without a backslash a string, a
whole number, a boolean and null have one spelling each. Of other values the decoded event tells that they are there,
and when the text has their name once, it is there. In all other cases slices.py looks for the value.
Always: the answers are those of slices.py. The worst case costs what it costs there, and decoding besides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import orjson

from ruler.route.inputs.slices import NESTED, Kind, Paths, Step, value_at, value_pattern

_take_value = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+(" + value_pattern(NESTED) + rb")[ \t\r\n]*+[,}]", re.DOTALL).match


class _Answer(Enum):
    """What else than the slice of a value there may be."""

    NOTHING = "there is no such value"
    UNSURE = "who looks at the text may tell"


NOTHING, UNSURE = _Answer.NOTHING, _Answer.UNSURE


class QuickPath:
    """One path, followed through decoded events."""

    __slots__ = ("_quoted", "_way", "is_followed", "steps")

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.is_followed = bool(steps) and all(step.kind is not Kind.EACH for step in steps)
        self._way = tuple((_name_of(step), step.element) for step in steps)
        quoted = steps[-1].quoted if steps else b""
        # Between two strings of a text stands a comma or a colon, so "," might be the end of one and the next's begin.
        self._quoted = b"" if b"," in quoted or b":" in quoted else quoted

    def walked(self, decoded: Any) -> tuple[Any, Any]:
        """Return the decoded value, NOTHING when there is none, and what it is in."""
        outer = None
        for name, element in self._way:
            outer = decoded
            if isinstance(decoded, dict):
                decoded = decoded.get(name, NOTHING)
            elif isinstance(decoded, list) and 0 <= element < len(decoded):
                decoded = decoded[element]
            else:
                return NOTHING, outer
        return decoded, outer

    def text(self, data: bytes, decoded: Any) -> bytes | _Answer:
        """Return the text of the value in ``data``, which has no backslash, and is ``decoded``."""
        value, outer = self.walked(decoded)
        if isinstance(value, str):
            return b'"%s"' % value.encode()
        if value is None:
            return b"null"
        if value.__class__ is int and value:  # 0 may be spelled -0
            return b"%d" % value
        if value is NOTHING:
            return _Answer.NOTHING
        if value is True or value is False:
            return b"true" if value else b"false"
        if not self._quoted or data.count(self._quoted) != 1 or not isinstance(outer, dict):
            return UNSURE
        # The value is in an object, and the text has its name once, so this is its name.
        found = _take_value(data, data.find(self._quoted) + len(self._quoted))
        return UNSURE if found is None else bytes(found[1])


def quick_value_at(data: bytes, path: QuickPath) -> bytes | None:
    """Return the text of the value that the path leads to; None when there is none.

    >>> from ruler.route.inputs.slices import name_step
    >>> quick_value_at(b'{"a": {"b": 1.50}}', QuickPath((name_step("a"), name_step("b"))))
    b'1.50'
    """
    if path.is_followed and b"\\" not in data:
        found = path.text(data, orjson.loads(data))
        if found is NOTHING:
            return None
        if isinstance(found, bytes):
            return found
    return value_at(data, path.steps)


class QuickPaths:
    """Several paths, by name.

    >>> from ruler.route.inputs.slices import name_step
    >>> QuickPaths({"x": (name_step("a"), name_step("x")), "y": (name_step("y"),)}).values(b'{"a": {"x": 1}}')
    {'x': b'1', 'y': None}
    """

    __slots__ = ("_in_text", "_quick")

    def __init__(self, paths: Mapping[str, Sequence[Step]]) -> None:
        self._in_text = Paths(paths)
        quick = {name: QuickPath(steps) for name, steps in paths.items()}
        self._quick = quick if all(path.is_followed for path in quick.values()) else {}

    def values(self, data: bytes) -> dict[str, bytes | None]:
        """Return the text of the value of each path, as ``value_at`` finds it."""
        if not self._quick or b"\\" in data:
            return self._in_text.values(data)
        decoded = orjson.loads(data)
        values: dict[str, bytes | None] = {}
        for name, path in self._quick.items():
            found = path.text(data, decoded)
            if isinstance(found, bytes):
                values[name] = found
            elif found is NOTHING:
                values[name] = None
            else:
                return self._in_text.values(data)
        return values


def _name_of(step: Step) -> str | None:
    """The name that a step leads to in an object; None, which is no name, for an index."""
    return None if step.kind is Kind.INDEX else step.quoted[1:-1].decode("utf-8", "surrogatepass")
