"""Why a path has no value, and what of the event may have been meant: for clauses that nothing satisfies.

In: an event, and a path that has no value there. Out: Reasons, the most telling first.

    {"Detail": {"state": "on"}}, path detail.state  ->  the event has Detail.state, which differs only in case

Always: at most LISTED_PATHS paths of the event are compared, so a large event costs no more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ruler.explain.event_view import Container, Leaf, view_event
from ruler.explain.results import Reason
from ruler.explain.shown import LONGEST_POINTER, cut, shown
from ruler.patterns.folding import fold

LISTED_PATHS = 5_000  # different paths of the event that a missing one is compared with
VISITED = 50_000  # objects, arrays and values of the event that are looked at for them
LONGEST_PATH = 500  # characters; longer paths are not compared
PARTS_LOOKED_AT = 16  # of a path, from its end, for a value that stands in its way

# What is told first. An array that is not empty has one of these inside of it, or a value.
_HELD = ("object", "empty object", "empty array")


class EventPaths:
    """The paths at which an event has values, in its order: as many as are compared."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.paths = list(_paths_of(event))
        self.by_letters: dict[str, str] = {}
        for path in self.paths:
            self.by_letters.setdefault(_letters(path), path)

    def like(self, wanted: str) -> tuple[str, Reason] | None:
        """Return what path of the event may have been meant by ``wanted``, and how the two differ."""
        if len(wanted) > LONGEST_PATH:
            return None
        same_letters = self.by_letters.get(_letters(wanted))
        if same_letters is not None and _letters(wanted):
            how = "in case" if fold(same_letters) == fold(wanted) else "in punctuation"
            return _like("path-differs-in-case", same_letters, f", which differs only {how}")
        near = next((path for path in self.paths if _is_one_edit(path, wanted)), None)
        if near is not None:
            return _like("path-misspelt", near, ", which differs in one letter")
        deeper = next((path for path in self.paths if path.endswith(f".{wanted}")), None)
        if deeper is not None:
            return _like("path-elsewhere", deeper, f": it is inside of {_named(deeper[: -len(wanted) - 1])}")
        outer = next((path for path in self.paths if wanted.endswith(f".{path}")), None)
        if outer is not None:
            return _like("path-elsewhere", outer, f": it is not inside of {_named(wanted[: -len(outer) - 1])}")
        return None

    def inside(self, outer: str) -> Iterator[str]:
        """Yield the paths of values inside of the object at ``outer``."""
        return (path for path in self.paths if path.startswith(f"{outer}."))


def why_no_value(
    wanted: str, event: dict[str, Any], containers: Sequence[Container], event_paths: EventPaths
) -> list[Reason]:
    """Return why ``wanted`` has no value in ``event``; ``containers`` are what stands there instead."""
    if containers:
        return [_why_container(wanted, containers, event_paths)]
    reasons = [no_such_path(wanted)]
    value = _value_on_the_way(wanted, event)
    if value is not None:
        rest = wanted[len(value.path) + 1 :]
        reasons.append(
            Reason(
                "path-below-value",
                f"{_named(value.path)} is the value {shown(value.value)}, so there is no {_named(rest)} inside of it",
                value,
            )
        )
    similar = event_paths.like(wanted)
    return reasons + ([similar[1]] if similar is not None else [])


def no_such_path(wanted: str) -> Reason:
    """Return the plain reason: there is no such path."""
    return Reason("absent", f"the event has no path {_named(wanted)}")


def _why_container(wanted: str, containers: Sequence[Container], event_paths: EventPaths) -> Reason:
    kind = next(kind for kind in _HELD if any(each.kind == kind for each in containers))
    place = cut(next(each for each in containers if each.kind == kind).place.pointer, LONGEST_POINTER)
    if kind == "object":
        inner = next(event_paths.inside(wanted), None)
        such = f", such as {_named(inner)}" if inner is not None else ""
        text = (
            f"the path holds an object at {place}, which is no value; what is inside of it has paths of its own{such}"
        )
        return Reason("object-no-value", text)
    code = f"{kind.replace(' ', '-')}-no-value"
    return Reason(code, f"the path holds an {kind} at {place}, so it has no value")


def _value_on_the_way(wanted: str, event: dict[str, Any]) -> Leaf | None:
    """Return the value nearest to ``wanted`` that stands where the rule looks for an object."""
    parts = wanted.split(".")
    shorter = [".".join(parts[:end]) for end in range(len(parts) - 1, max(0, len(parts) - 1 - PARTS_LOOKED_AT), -1)]
    leaves = view_event(event, shorter).leaves
    return next((leaves[path][0] for path in shorter if path in leaves), None)


def _paths_of(event: dict[str, Any]) -> dict[str, None]:
    """Return the distinct paths of values, in the order of the event, as far as they are looked at."""
    found: dict[str, None] = {}
    waiting: list[tuple[str | None, Any]] = [(None, event)]
    visited = 0
    while waiting and visited < VISITED and len(found) < LISTED_PATHS:
        path, node = waiting.pop()
        visited += 1
        if node.__class__ is dict:
            inside = [(name if path is None else f"{path}.{name}", value) for name, value in _first(node.items())]
            waiting += reversed([each for each in inside if len(each[0]) <= LONGEST_PATH])
        elif node.__class__ is list:
            waiting += reversed([(path, each) for each in _first(node)])
        elif path is not None:
            found[path] = None
    return found


def _first(inside: Any) -> list[Any]:
    return [each for each, _ in zip(inside, range(VISITED), strict=False)]


def _letters(path: str) -> str:
    """Return ``path`` in lower case, without the marks that names are written with."""
    return fold(path).replace("-", "").replace("_", "").replace(" ", "")


def _is_one_edit(one: str, other: str) -> bool:
    """Whether two paths differ in one letter, or in two neighbours that changed places."""
    if abs(len(one) - len(other)) > 1 or len(other) < 3:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    is_swap = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return is_swap or left[1:] == right[1:] or left == right[1:] or left[1:] == right


def _like(code: str, path: str, difference: str) -> tuple[str, Reason]:
    return path, Reason(code, f"the event has {_named(path)}{difference}")


def _named(path: str) -> str:
    return shown(path)
