"""Which values of an event each alternative of a clause accepts.

In: a located clause and the values at its path. Out: an Acceptance.

    [1, {"prefix": "a"}], values "ab", 2, 1  ->  by alternative: [value 1], [value "ab"]; in all: "ab", 1

Lists of exact strings and numbers are looked up and not tried one by one. The others are tried on each value, at
most TRIED_AT_MOST times for a clause: beyond that the last values are not looked at, and ``looked_at`` says so.
Source: sections 5 to 8 of the semantics.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ruler.explain.event_view import EventView, Leaf
from ruler.patterns.acceptance import accepts, may_hold_without_value
from ruler.patterns.located import LocatedClause
from ruler.patterns.model import Absent, AnythingBut, Exact, Exists, Literal, Pattern

TRIED_AT_MOST = 1_000_000  # patterns tried on values for one clause, about half a second


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """What a clause makes of the values at its path."""

    clause: LocatedClause
    leaves: Sequence[Leaf]  # in the order of the event
    by_alternative: list[list[Leaf]]
    accepted: list[Leaf]  # those that any alternative accepts, in the order of the event
    has_absent: bool  # exists false is among the alternatives
    looked_at: int  # values; fewer than there are when there are too many

    @property
    def holds_alone(self) -> bool:
        """Whether the clause by itself would match the event."""
        return bool(self.accepted) or (self.has_absent and not self.leaves)

    @property
    def may_hold(self) -> bool:
        """Whether the clause may hold beside others; False where no choice of values helps."""
        return bool(self.accepted) or self.has_absent or self.looked_at < len(self.leaves)


class PathValues:
    """The values at one path, for all clauses that ask about it."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = leaves

    @cached_property
    def by_value(self) -> dict[object, list[Leaf]]:
        """The values by what equal ones have in common."""
        found: dict[object, list[Leaf]] = {}
        for leaf in self.leaves:
            found.setdefault(_key(leaf.value), []).append(leaf)
        return found

    def first(self, count: int) -> PathValues:
        """Return the first ``count`` values."""
        return self if count >= len(self.leaves) else PathValues(self.leaves[:count])


class EventValues:
    """The values of an event by their paths; what is worked out for one clause is there for the next."""

    def __init__(self, view: EventView) -> None:
        self._leaves = view.leaves
        self._known: dict[str, PathValues] = {}

    def at(self, path: str) -> PathValues:
        """Return the values at ``path``; none where the event has no such path."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = PathValues(self._leaves.get(path, ()))
        return found


def acceptance_of(clause: LocatedClause, values: PathValues) -> Acceptance:
    """Return what ``clause`` makes of ``values``, those at its path."""
    patterns = clause.patterns
    looked_at = values.first(_tried_values(patterns))
    by_alternative = [_accepted(pattern, looked_at) for pattern in patterns]
    lists = [found for found in by_alternative if found]
    accepted = lists[0] if lists else []
    if len(lists) > 1:
        ids = {id(leaf) for found in lists for leaf in found}
        accepted = [leaf for leaf in looked_at.leaves if id(leaf) in ids]
    has_absent = may_hold_without_value(patterns)
    return Acceptance(clause, values.leaves, by_alternative, accepted, has_absent, len(looked_at.leaves))


def accepts_any(patterns: Collection[Pattern], values: PathValues) -> bool:
    """Return whether any of ``patterns`` accepts any of ``values``; as ``acceptance_of``, without telling which."""
    if any(_key(each.value) in values.by_value for each in patterns if isinstance(each, Exact | Literal)):
        return True
    others = [pattern for pattern in patterns if not isinstance(pattern, Exact | Literal | Absent)]
    leaves = values.first(_tried_values(others)).leaves if others else ()
    return any(_is_accepted(pattern, leaf) for leaf in leaves for pattern in others)


def _tried_values(patterns: Iterable[Pattern]) -> int:
    """Return how many values ``patterns`` are tried on."""
    cost = sum(map(_cost, patterns))
    return sys.maxsize if not cost else max(1, TRIED_AT_MOST // cost)


def _accepted(pattern: Pattern, values: PathValues) -> list[Leaf]:
    if isinstance(pattern, Exact | Literal):
        return values.by_value.get(_key(pattern.value), [])
    if isinstance(pattern, Exists):
        return list(values.leaves)
    if isinstance(pattern, Absent):
        return []
    return [leaf for leaf in values.leaves if _is_accepted(pattern, leaf)]


def _is_accepted(pattern: Pattern, leaf: Leaf) -> bool:
    # A list of strings to exclude is looked up as well: it may be as long as the event.
    if isinstance(pattern, AnythingBut) and not isinstance(leaf.value, bool | None):
        if Exact(leaf.value) in pattern.excluded:
            return False
        return not any(accepts(each, leaf.value) for each in pattern.excluded if not isinstance(each, Exact))
    return accepts(pattern, leaf.value)


def _cost(pattern: Pattern) -> int:
    if isinstance(pattern, AnythingBut):
        return len(pattern.excluded)
    return 0 if isinstance(pattern, Exact | Literal) else 1


def _key(value: object) -> object:
    """Return what equal values have in common: in Python 1 and True are equal."""
    return (value,) if isinstance(value, bool) else value
