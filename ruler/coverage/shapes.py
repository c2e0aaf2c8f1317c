"""The shape of an event, its paths and the kinds of value there, and how many events had which.

In: a decoded event. Out: its fields as text, ascending, and how many of them were left out.

    {"id": 7, "tags": ["a", null], "at": {}}  ->  ("at: empty object", "id: number", "tags[]: null or string")

Always: work follows the size of the event and memory has a bound, whatever names the event has: a path longer than
LONGEST_PATH is cut and what stands there is not looked into, a shape keeps MOST_FIELDS fields, and a matcher's events
are kept apart in a limited number of shapes; events of shapes that come later are counted together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruler.coverage.report import Shape

LONGEST_PATH = 200  # characters
MOST_FIELDS = 100  # of one shape
MOST_SHAPES = 200

_KINDS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def fields_of(event: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """Return the fields of ``event``, at most MOST_FIELDS, and how many more it has."""
    kinds: dict[str, set[str]] = {}
    waiting: list[tuple[str, Any]] = list(event.items())
    while waiting:
        path, value = waiting.pop()
        is_too_long = len(path) > LONGEST_PATH
        if is_too_long:
            path = f"{path[:LONGEST_PATH]}..."
        if value.__class__ is dict:
            if value and not is_too_long:
                waiting += [(f"{path}.{name}", inner) for name, inner in value.items()]
                continue
            kind = "object" if value else "empty object"
        elif value.__class__ is list:
            if value and not is_too_long:
                waiting += [(f"{path}[]", inner) for inner in value]
                continue
            kind = "array" if value else "empty array"
        else:
            kind = _KINDS[value.__class__]
        kinds.setdefault(path, set()).add(kind)
    shown = sorted(kinds)[:MOST_FIELDS]
    return tuple(f"{path}: {' or '.join(sorted(kinds[path]))}" for path in shown), len(kinds) - len(shown)


@dataclass(slots=True)
class Shapes:
    """Counts events by shape, ``most`` shapes apart."""

    most: int = MOST_SHAPES
    events: int = 0
    events_of_others: int = 0
    _counts: dict[tuple[tuple[str, ...], int], int] = field(default_factory=dict)
    _firsts: dict[tuple[tuple[str, ...], int], str] = field(default_factory=dict)

    def add(self, event: dict[str, Any], place: str) -> None:
        """Count ``event``, which stands at ``place``."""
        self.events += 1
        shape = fields_of(event)
        if shape in self._counts:
            self._counts[shape] += 1
        elif len(self._counts) < self.most:
            self._counts[shape] = 1
            self._firsts[shape] = place
        else:
            self.events_of_others += 1

    def counted(self) -> tuple[Shape, ...]:
        """Return the shapes, those of most events first; equals in the order in which they came."""
        rows = sorted(self._counts.items(), key=lambda row: -row[1])
        return tuple(Shape(fields, more, count, self._firsts[fields, more]) for (fields, more), count in rows)
