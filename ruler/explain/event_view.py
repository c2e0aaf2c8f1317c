"""The values that an event has at some paths, each with its place in the event and the array elements it lies in.

In: a decoded event (machine/decode.py) and the paths of interest. Out: for each path its values, and the objects
and arrays that stand there instead of a value.

    {"a": [{"x": 1}, {"x": []}]}, paths a.x  ->  value 1 at /a/0/x, in element 0 of the array /a;
                                                 an empty array at /a/1/x, in element 1 of the array /a

Always: the values of a path stand in the order of the event. Time and memory follow the event and the length of the
paths asked for, whatever names the event has. Only what lies on the way to these paths is looked at.
Source: sections 1, 3 and 9 of the semantics.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ruler.findings import json_pointer
from ruler.patterns.acceptance import Value


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where something stands in the event: a step, a name or an index, from the place it stands in."""

    parent: Place | None  # None for the event itself
    step: str | int

    @property
    def steps(self) -> tuple[str | int, ...]:
        """The names and indexes from the event: ("a", 0, "x")."""
        steps: list[str | int] = []
        place = self
        while place.parent is not None:
            steps.append(place.step)
            place = place.parent
        return tuple(reversed(steps))

    @property
    def pointer(self) -> str:
        """The JSON Pointer (RFC 6901): "/a/0/x"; "" for the event itself."""
        return json_pointer(self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """An array trail: one element of an array, and the elements around it. Only objects and arrays are elements."""

    outer: Element | None
    array: Place  # one object for each array, so that arrays are compared by identity
    index: int

    @property
    def indexes(self) -> dict[Place, int]:
        """The trail as the semantics have it: array -> index."""
        indexes: dict[Place, int] = {}
        element: Element | None = self
        while element is not None:
            indexes[element.array] = element.index
            element = element.outer
        return indexes


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One value of the event."""

    path: str
    value: Value
    place: Place
    element: Element | None  # None outside of arrays, and directly inside of one that no other array leads to


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """An object or an array that stands at a path of interest: no value."""

    path: str
    kind: str  # "object", "empty object", "array" or "empty array"
    place: Place
    element: Element | None


@dataclass(slots=True)
class EventView:
    """What an event has at the paths of interest; a path that is missing in ``leaves`` has no value."""

    event: dict[str, Any]
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)
    containers: dict[str, list[Container]] = field(default_factory=dict)


def view_event(event: dict[str, Any], paths: Iterable[str]) -> EventView:
    """Return the values and containers of ``event``, as ``decode`` returns it, at ``paths``."""
    return _Viewer(event, frozenset(paths)).view


class _Viewer:
    def __init__(self, event: dict[str, Any], paths: frozenset[str]) -> None:
        self.paths = paths
        self.sorted_paths = sorted(paths)  # not every prefix of them: a path of 100,000 dots has that many
        self.view = EventView(event)
        # A stack, since events nest deeper than Python's calls may; what comes first is taken first.
        waiting: list[tuple[Any, str | None, Place, Element | None]] = [(event, None, Place(None, ""), None)]
        while waiting:
            waiting += reversed(self._inside(*waiting.pop()))

    def _inside(
        self, node: Any, path: str | None, place: Place, element: Element | None
    ) -> list[tuple[Any, str | None, Place, Element | None]]:
        """Take notice of ``node``; return what stands in it and may matter."""
        if node.__class__ is dict:
            self._note_container(path, "object" if node else "empty object", place, element)
            inside = []
            for name, value in node.items():
                inner_path = name if path is None else f"{path}.{name}"
                if self._is_on_the_way(inner_path):
                    inside.append((value, inner_path, Place(place, name), element))
            return inside
        if node.__class__ is list:
            self._note_container(path, "array" if node else "empty array", place, element)
            return [
                (each, path, Place(place, index), Element(element, place, index) if _is_container(each) else element)
                for index, each in enumerate(node)
            ]
        if path in self.paths:
            self.view.leaves.setdefault(path, []).append(Leaf(path, node, place, element))
        return []

    def _is_on_the_way(self, path: str) -> bool:
        """Return whether ``path`` is one of the paths, or leads to one after a dot."""
        if path in self.paths:
            return True
        before = path + "."
        index = bisect_left(self.sorted_paths, before)
        return index < len(self.sorted_paths) and self.sorted_paths[index].startswith(before)

    def _note_container(self, path: str | None, kind: str, place: Place, element: Element | None) -> None:
        if path in self.paths:
            self.view.containers.setdefault(path, []).append(Container(path, kind, place, element))


def _is_container(node: Any) -> bool:
    return node.__class__ is dict or node.__class__ is list
