"""Which values of an event each alternative of a clause accepts.

In: a located clause and the values at its path. Out: an Acceptance.

    [1, {"prefix": "a"}], values "ab", 2, 1  ->  by alternative: [value 1], [value "ab"]; in all: "ab", 1

Lists of exact strings and numbers are looked up and not tried one by one. The others are tried on each value, at
most TRIED_AT_MOST times for a clause: beyond that the last values are not looked at, and ``looked_at`` says so.
Source: sections 5 to 8 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ruler.explain.event_view import Leaf
from ruler.patterns.acceptance import accepts
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


def acceptance_of(clause: LocatedClause, leaves: Sequence[Leaf]) -> Acceptance:
    """Return what ``clause`` makes of ``leaves``."""
    patterns = [alternative.pattern for alternative in clause.alternatives]
    tried = sum(_cost(pattern) for pattern in patterns)
    looked_at = leaves if tried * len(leaves) <= TRIED_AT_MOST else leaves[: max(1, TRIED_AT_MOST // tried)]
    by_value = _by_value(looked_at) if any(_is_looked_up(pattern) for pattern in patterns) else {}
    by_alternative = [_accepted(pattern, looked_at, by_value) for pattern in patterns]
    accepted = {id(leaf) for found in by_alternative for leaf in found}
    return Acceptance(
        clause,
        leaves,
        by_alternative,
        [leaf for leaf in looked_at if id(leaf) in accepted],
        any(isinstance(pattern, Absent) for pattern in patterns),
        len(looked_at),
    )


def accepts_any(patterns: Iterable[Pattern], leaves: Sequence[Leaf]) -> bool:
    """Return whether any of ``patterns`` accepts any of ``leaves``; as ``acceptance_of``, without telling which."""
    keys: set[object] | None = None
    others = []
    for pattern in patterns:
        if _is_looked_up(pattern):
            keys = {_key(leaf.value) for leaf in leaves} if keys is None else keys
            if _key(pattern.value) in keys:  # type: ignore[union-attr]
                return True
        elif not isinstance(pattern, Absent):
            others.append(pattern)
    cost = sum(map(_cost, others))
    most = len(leaves) if not cost else max(1, TRIED_AT_MOST // cost)
    return any(_is_accepted(pattern, leaf) for leaf in leaves[:most] for pattern in others)


def _accepted(pattern: Pattern, leaves: Sequence[Leaf], by_value: dict[object, list[Leaf]]) -> list[Leaf]:
    if isinstance(pattern, Exact | Literal):
        return by_value.get(_key(pattern.value), [])
    if isinstance(pattern, Exists):
        return list(leaves)
    if isinstance(pattern, Absent):
        return []
    return [leaf for leaf in leaves if _is_accepted(pattern, leaf)]


def _is_accepted(pattern: Pattern, leaf: Leaf) -> bool:
    # A list of strings to exclude is looked up as well: it may be as long as the event.
    if isinstance(pattern, AnythingBut) and not isinstance(leaf.value, bool | None):
        if Exact(leaf.value) in pattern.excluded:
            return False
        return not any(accepts(each, leaf.value) for each in pattern.excluded if not isinstance(each, Exact))
    return accepts(pattern, leaf.value)


def _is_looked_up(pattern: Pattern) -> bool:
    return isinstance(pattern, Exact | Literal)


def _cost(pattern: Pattern) -> int:
    if isinstance(pattern, AnythingBut):
        return len(pattern.excluded)
    return 0 if _is_looked_up(pattern) else 1


def _by_value(leaves: Sequence[Leaf]) -> dict[object, list[Leaf]]:
    found: dict[object, list[Leaf]] = {}
    for leaf in leaves:
        found.setdefault(_key(leaf.value), []).append(leaf)
    return found


def _key(value: object) -> object:
    """Return what equal values have in common: in Python 1 and True are equal."""
    return (value,) if isinstance(value, bool) else value
