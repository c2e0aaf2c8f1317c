"""Which values of an event each alternative of a clause accepts.

In: a located clause and the values at its path. Out: an Acceptance.

    [1, {"prefix": "a"}], values "ab", 2, 1  ->  by alternative: [value 1], [value "ab"]; in all: "ab", 1

Lists of exact strings and numbers are looked up and not tried one by one. The others are tried on each value, at
most TRIED_AT_MOST times for a clause, and regular expressions for at most WALKED_AT_MOST steps: beyond that the last
values are not looked at, and ``looked_at`` says so. What holds without a value, ``{"exists": false}`` and none-of, is a
Guard: which values offend it.
Source: sections 5 to 8 and 13 of the semantics.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from ruler.explain.event_view import EventView, Leaf
from ruler.patterns.acceptance import accepts
from ruler.patterns.located import Alternative, LocatedClause
from ruler.patterns.model import Absent, AllOf, AnythingBut, Exact, Exists, Literal, NoneOf, Pattern, Regexp
from ruler.patterns.regexp_walk import RegexpWalk

TRIED_AT_MOST = 1_000_000  # patterns tried on values for one clause, about half a second
WALKED_AT_MOST = 5_000_000  # characters times the sizes of regular expressions, one or two seconds at the worst


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """An alternative that holds where the path has none of the values that offend it."""

    alternative: Alternative
    offending: Sequence[Leaf]  # in the order of the event


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """What a clause makes of the values at its path."""

    clause: LocatedClause
    leaves: Sequence[Leaf]  # in the order of the event
    by_alternative: list[list[Leaf]]
    accepted: list[Leaf]  # those that any alternative accepts, in the order of the event
    guards: list[Guard]
    looked_at: int  # values; fewer than there are when there are too many

    @property
    def holds_freely(self) -> bool:
        """Whether the clause holds whatever is chosen for others: a guard is offended by nothing."""
        return any(not guard.offending for guard in self.guards)

    @property
    def holds_alone(self) -> bool:
        """Whether the clause by itself would match the event."""
        return bool(self.accepted) or self.holds_freely

    @property
    def may_hold(self) -> bool:
        """Whether the clause may hold beside others; False where no choice of values helps."""
        return bool(self.accepted or self.guards) or self.looked_at < len(self.leaves)


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
    looked_at = values.first(_tried_values(patterns, values))
    by_alternative = [_accepted(pattern, looked_at) for pattern in patterns]
    guards = [
        Guard(alternative, _offending(alternative.pattern, looked_at))
        for alternative in clause.alternatives
        if isinstance(alternative.pattern, Absent | NoneOf)
    ]
    return Acceptance(
        clause, values.leaves, by_alternative, _joined(by_alternative, looked_at), guards, len(looked_at.leaves)
    )


def _joined(lists: list[list[Leaf]], values: PathValues) -> list[Leaf]:
    """Return the values of all ``lists``, in the order of the event."""
    filled = [found for found in lists if found]
    if len(filled) < 2:
        return filled[0] if filled else []
    ids = {id(leaf) for found in filled for leaf in found}
    return [leaf for leaf in values.leaves if id(leaf) in ids]


def _offending(pattern: Absent | NoneOf, values: PathValues) -> Sequence[Leaf]:
    if isinstance(pattern, Absent):
        return values.leaves
    return _joined([_accepted(each, values) for each in pattern.excluded], values)


def may_hold_alone(patterns: Collection[Pattern], values: PathValues) -> bool:
    """Return whether a clause of ``patterns`` by itself would match; as ``acceptance_of``, without telling how."""
    if any(_key(each.value) in values.by_value for each in patterns if isinstance(each, Exact | Literal)):
        return True
    others = [pattern for pattern in patterns if not isinstance(pattern, Exact | Literal | Absent)]
    looked_at = values.first(_tried_values(others, values))
    leaves = looked_at.leaves if others else ()
    if any(_is_accepted(pattern, leaf) for leaf in leaves for pattern in others):
        return True
    return any(isinstance(each, Absent | NoneOf) and not _offending(each, looked_at) for each in patterns)


def _tried_values(patterns: Iterable[Pattern], values: PathValues) -> int:
    """Return how many of ``values`` the ``patterns`` are tried on."""
    patterns = list(patterns)
    cost = sum(map(_cost, patterns))
    count = sys.maxsize if not cost else max(1, TRIED_AT_MOST // cost)
    size = sum(map(_size, patterns))
    if not size:
        return count
    left = WALKED_AT_MOST
    for index, leaf in enumerate(values.leaves[:count]):
        left -= size * (1 + len(leaf.value)) if isinstance(leaf.value, str) else 1
        if left < 0:
            return index
    return count


def _accepted(pattern: Pattern, values: PathValues) -> list[Leaf]:
    if isinstance(pattern, Exact | Literal):
        return values.by_value.get(_key(pattern.value), [])
    if isinstance(pattern, Exists):
        return list(values.leaves)
    if isinstance(pattern, Absent | NoneOf):
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
    if isinstance(pattern, AllOf | NoneOf):
        return 1 + sum(map(_cost, _inside(pattern)))
    return 0 if isinstance(pattern, Exact | Literal) else 1


def _size(pattern: Pattern) -> int:
    """Return how many steps the regular expressions in ``pattern`` take for one character."""
    if isinstance(pattern, Regexp):
        return len(RegexpWalk(pattern.program).instructions)
    return sum(map(_size, _inside(pattern))) if isinstance(pattern, AllOf | NoneOf) else 0


def _inside(pattern: AllOf | NoneOf) -> Iterable[Pattern]:
    return pattern.excluded if isinstance(pattern, NoneOf) else chain.from_iterable(pattern.parts)


def _key(value: object) -> object:
    """Return what equal values have in common: in Python 1 and True are equal."""
    return (value,) if isinstance(value, bool) else value
