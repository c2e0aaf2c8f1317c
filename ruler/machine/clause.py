"""What a value matcher interns: patterns and clauses of one path, and what values do to them.

In: a clause (patterns/model.py) and the outcome of a value, or of several. Out: whether the clause is satisfied.
value_matcher.py makes the nodes and says what the kinds of clause are; here is how each is judged.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from ruler.machine.looseness import looseness
from ruler.machine.numeric_ranges import BoundKey, accepts_numbers, high_key, low_key, opposite_ranges
from ruler.patterns.model import Absent, AnythingBut, Clause, Excludable, Exists, Number, NumericRange, Pattern

if TYPE_CHECKING:
    from ruler.machine.value_matcher import ValueMatcher


class PatternNode:
    """One interned pattern of a path and who needs it."""

    __slots__ = ("clauses", "excluders", "pattern")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.clauses: Collection[ClauseNode] = ()  # satisfied when the pattern accepts a value
        # The anything-buts blocked by it; of a range, the split ones of whose opposite it is a part.
        self.excluders: Collection[PatternNode] = ()


# How a clause is judged on a value; see value_matcher.py; JUDGED is what has no way of its own (inner_clauses.py).
CLOSED, RANGED, OPEN, SPLIT, COMPOUND, DOUBTFUL, JUDGED = range(7)

# How a clause with guards is judged where there are values: most hold, most fail, or there is no telling.
GUARDED, TIGHTLY_GUARDED, JUDGED_GUARDS = range(7, 10)


class ClauseNode:
    """One interned clause of a path, as edges of the name states refer to it."""

    __slots__ = (
        "all_ofs",
        "always",
        "clause",
        "edge_count",
        "guards",
        "kind",
        "open_patterns",
        "ranges",
        "split_patterns",
        "value_matcher",
    )

    # Of inner clauses only: what to look at where it is satisfied, or where it may not be if it is open.
    filed: Collection[AllOfNode] = ()
    guarded: Collection[ClauseNode] = ()

    def __init__(self, clause: Clause, value_matcher: ValueMatcher) -> None:
        self.clause = clause
        self.value_matcher = value_matcher
        self.edge_count = 0
        self.kind = CLOSED  # until its patterns are known
        self.open_patterns: tuple[PatternNode, ...] = ()  # its anything-buts, those that are split left out
        self.split_patterns: tuple[PatternNode, ...] = ()
        self.all_ofs: tuple[AllOfNode, ...] = ()
        self.always = Exists() in clause.patterns  # every value satisfies it
        # What no value may satisfy for the clause to hold without one: any of these.
        self.guards: tuple[ClauseNode, ...] = ABSENCE if Absent() in clause.patterns else ()
        # Of any numbers that satisfy it; a split pattern comes with the ranges of its opposite.
        self.ranges: tuple[tuple[BoundKey, BoundKey], ...] = tuple(
            (low_key(each), high_key(each)) for pattern in clause.patterns for each in _accepted_ranges(pattern)
        )

    def contains_any(self, numbers: list[Number]) -> bool:
        """Return whether one of the ranges contains one of ``numbers``, which are sorted."""
        for low, high in self.ranges:
            bound, is_open = low
            index = bisect_right(numbers, bound) if is_open else bisect_left(numbers, bound)
            if index < len(numbers) and (numbers[index], 1) <= high:
                return True
        return False

    def accepts(self, outcome: Outcome) -> bool:
        """Return whether a value with this outcome satisfies the clause."""
        hits, blocked, numbers = outcome[0], outcome[1], outcome[2]
        return (
            self.always
            or self in hits
            or any(pattern not in blocked for pattern in self.open_patterns)
            or bool(numbers and self.ranges and self.contains_any(numbers))
            or bool(
                self.split_patterns
                and numbers.__class__ is not list
                and any(pattern not in blocked for pattern in self.split_patterns)
            )
            or any(all_of.accepts(one) for all_of in self.all_ofs for one in outcomes_of(outcome))
        )

    def holds_without_value(self, outcome: Outcome) -> bool:
        """Return whether some guard is satisfied by none of the values that have this outcome together."""
        return any(not guard.accepts(outcome) for guard in self.guards)

    def accepts_values(self) -> bool:
        """Return whether any pattern can accept a value: more than guards are among the alternatives."""
        return len(self.clause.patterns) > len(self.guards)

    def settle_kind(self) -> None:
        """Note the kind, once all patterns are known."""
        if self.always or self.open_patterns:
            self.kind = OPEN
        elif any(all_of.is_doubtful for all_of in self.all_ofs):
            self.kind = DOUBTFUL
        elif self.all_ofs:
            self.kind = JUDGED if self.split_patterns or any(each.key is None for each in self.all_ofs) else COMPOUND
        elif self.split_patterns:
            self.kind = SPLIT
        else:
            self.kind = RANGED if self.ranges else CLOSED


def guard_kind(clause: ClauseNode) -> int | None:
    """Return how the guards of ``clause`` are judged where there are values; None where they fail for certain."""
    kinds = {guard.kind for guard in clause.guards if guard is not EVERY_VALUE}
    if not kinds:
        return None
    if not kinds.isdisjoint((CLOSED, RANGED, COMPOUND)):  # which few values satisfy
        return GUARDED
    return TIGHTLY_GUARDED if kinds <= {OPEN, DOUBTFUL} else JUDGED_GUARDS


class InnerClause(ClauseNode):
    """A part of all-ofs, or what none-ofs exclude. Counts them as uses."""

    __slots__ = ("filed", "guarded", "use_count")

    def __init__(self, clause: Clause, value_matcher: ValueMatcher) -> None:
        super().__init__(clause, value_matcher)
        self.filed = ()
        self.guarded = ()
        self.use_count = 0


class AllOfNode(PatternNode):
    """An all-of of a path: its parts, and the one it is filed under, None where it is under all or none."""

    __slots__ = ("is_doubtful", "key", "parts")

    def __init__(self, pattern: Pattern, parts: tuple[InnerClause, ...]) -> None:
        super().__init__(pattern)
        self.parts = parts  # the tightest first
        keys = [part for part in parts if part.kind in (CLOSED, RANGED, COMPOUND)]
        # Also by what is filed there already: among many with one common part, each is filed under a part of its own.
        self.key = min(keys, key=_cost_as_key, default=None)
        self.is_doubtful = all(part.kind in (OPEN, DOUBTFUL) for part in parts)

    def accepts(self, outcome: OneOutcome) -> bool:
        """Return whether a value with this outcome satisfies all parts. Cost: their number, nested ones included."""
        return all(part.accepts(outcome) for part in self.parts)

    def filed_under(self) -> tuple[InnerClause, ...]:
        """Return the parts that lead here: see ``ClauseNode.filed``."""
        if self.key is not None:
            return (self.key,)
        return self.parts if self.is_doubtful else ()


def _cost_as_key(part: InnerClause) -> int:
    return (1 + looseness(part.clause.patterns)) * (1 + len(part.filed))


# What the values of one path do to its clauses: the clauses satisfied through an index; the anything-buts that no
# value satisfies; and the values to judge ranges by, sorted, None when there are none. A plain tuple, because one
# is made for every path of every event (a NamedTuple costs 0.15 microseconds more).
OneOutcome = tuple[Collection[ClauseNode], Collection[PatternNode], "list[Number] | None"]
# Of several values, where the path has an all-of: also their own, those that are alike once.
Outcome = OneOutcome | tuple[Collection[ClauseNode], Collection[PatternNode], "list[Number] | None", "list[OneOutcome]"]

NOTHING: OneOutcome = ((), (), None)


def outcomes_of(outcome: Outcome) -> Sequence[OneOutcome]:
    """Return the outcomes of the values one by one, where they are kept."""
    return outcome[3] if len(outcome) == 4 else (outcome,)


class MixedNumbers(list[Number]):
    """The numbers of an outcome, where the path has other values beside them, and split patterns.

    Of those, ``blocked`` then holds the ones that no other value satisfies, whatever the numbers do.
    """

    __slots__ = ()


def is_split(pattern: Pattern) -> bool:
    """Return whether ``pattern`` is an anything-but that numbers and other values are judged by in different ways."""
    return isinstance(pattern, AnythingBut) and any(isinstance(each, NumericRange) for each in pattern.excluded)


def watched_patterns(pattern: AnythingBut) -> Iterable[Excludable]:
    """Return the patterns to judge an anything-but by: what it excludes; if it is split, of numbers the opposite."""
    if not is_split(pattern):
        return pattern.excluded
    return [*[each for each in pattern.excluded if not accepts_numbers(each)], *opposite_ranges(pattern.excluded)]


def _accepted_ranges(pattern: Pattern) -> list[NumericRange]:
    if isinstance(pattern, NumericRange):
        return [pattern]
    return opposite_ranges(pattern.excluded) if isinstance(pattern, AnythingBut) and is_split(pattern) else []


class _EveryValue(ClauseNode):
    """The guard of ``exists: false``, which every value satisfies: of all paths, so it belongs to none."""

    def __init__(self) -> None:
        self.always = True
        self.kind = OPEN


EVERY_VALUE = _EveryValue()
# The guards of a clause whose only one is that of ``exists: false``.
ABSENCE = (EVERY_VALUE,)
