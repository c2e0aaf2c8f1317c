"""Finds the keys of events, by which deliveries are kept in order.

In: the bytes of an event, and the steps of a JSON Pointer. Out: the value there; None where there is none.

    {"order": {"id": "A-17"}}  /order/id  ->  A-17          {"n": 1.50}  /n  ->  1.50          {"n": null}  ->  None

Idea: nearly all keys are strings or whole numbers, so the event is decoded at once, which costs a fifth of finding the
value in the text; only a value that may be spelled in several ways is then found in the text (slices.py).
Always: two events have one key when they spell the value alike, but for escapes in strings. Of two members with one
name the last one counts, as in matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ruler.route.model import Event
from ruler.route.slices import Kind, Step, value_at


class KeyFinder:
    """Finds the keys of many events at one path."""

    __slots__ = ("_path", "steps")

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self._path: tuple[tuple[str | None, int], ...] | None = None  # None for steps to several values
        if all(step.kind is not Kind.EACH for step in self.steps):
            self._path = tuple((_name_of(step), step.element) for step in self.steps)

    def key_of(self, data: bytes) -> bytes | None:
        """Return the key of an event: the value at the steps, a string without its quotes; None where there is none.

        A null is no key. The data need not be an event: then there is no key either.

        >>> from ruler.route.select import pointer_steps
        >>> finder = KeyFinder(pointer_steps("/user"))
        >>> finder.key_of(b'{"user": "anna"}'), finder.key_of(b'{"user": null}'), finder.key_of(b'{"user": 1.50}')
        (b'anna', None, b'1.50')
        """
        try:
            value: Any = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(value, dict):
            return None
        if self._path is None:
            return value_at(data, self.steps)
        for name, element in self._path:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and 0 <= element < len(value):
                value = value[element]
            else:
                return None
        if isinstance(value, str):
            return value.encode()
        if value is None:
            return None
        if value.__class__ is int and value:  # 0 may be spelled -0, and True is no number
            return b"%d" % value
        return value_at(data, self.steps)


def with_key(event: Event, key: bytes | None) -> Event:
    """Return ``event`` with this key. In half the time of ``_replace``."""
    data, _, headers, position, timestamp, id, received = event
    return Event(data, key, headers, position, timestamp, id, received)


def _name_of(step: Step) -> str | None:
    """The name that a step leads to in an object; None, which is no name, for an index."""
    return None if step.kind is Kind.INDEX else step.quoted[1:-1].decode("utf-8", "surrogatepass")
