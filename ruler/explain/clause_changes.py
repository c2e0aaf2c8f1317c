"""Finds which clauses of a sub-rule must change, and at which values of the event, so that all of them hold together.

In: the clauses of a sub-rule, and for a clause and an array trail the ways in which it can hold there: as things are,
or after an edit. Out: plans, cheapest first: for each clause one way, all of them in consistent elements of arrays.

    clauses a.x = 1 and a.y = 2, event {"a": [{"x": 1, "y": 0}, {"x": 0, "y": 0}]}
    ->  keep /a/0/x, edit /a/0/y      (one edit; in element 1 it would be two)

Idea: clauses are taken in the order in which the machine takes them, and after each only the cheapest partial plans
are kept, so the work is bounded; where more elements of arrays look alike than are kept, a cheaper plan can be missed.
Always: a plan is a guess that the caller verifies. Source: section 9 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruler.explain.accepted_values import nearest_value, work_of
from ruler.explain.event_view import Element, EventView, Leaf, Place
from ruler.patterns.acceptance import Value, accepts
from ruler.patterns.located import Alternative, LocatedClause
from ruler.patterns.model import AllOf, Pattern, Regexp
from ruler.patterns.regexp_walk import RegexpWalk

MOST_PLANS = 64  # partial plans kept after each clause
MOST_ALIKE = 12  # of these, in the same elements of arrays; the cheapest can contradict themselves
MOST_WAYS = 64  # ways of one clause that are tried for one partial plan
MOST_SCANNED = 20_000  # values of one path that are looked at
MOST_LEAVES = 1000  # values of one path that are chosen from: so many that are accepted, and so many that are not
MOST_ALTERNATIVES = 32  # alternatives for each value that are asked for the nearest value
MOST_STEPS = 150_000  # of one search, each a value asked for or an array compared: about a tenth of a second
MOST_SHOWN = 20  # edits that are told one by one

Trail = dict[Place, int]


class Effort:
    """What is left to spend on one search."""

    def __init__(self) -> None:
        self.steps = MOST_STEPS

    def spend(self, steps: int = 1) -> bool:
        """Return whether there was so much left."""
        self.steps -= steps
        return self.steps >= 0

    def renew(self) -> None:
        """Allow as much again for another search."""
        self.steps = MOST_STEPS


@dataclass(frozen=True, slots=True)
class Way:
    """One way for a clause to hold; ``edits`` is empty when it holds as things are."""

    trail: Trail  # the array elements chosen so far, with those of this way
    edits: tuple[Any, ...] = ()
    weight: float = 0.0  # how large the edits are, from 0; compared only between ways with equally many


@dataclass(frozen=True, slots=True)
class Plan:
    """A way for each clause so far."""

    edits: tuple[Any, ...] = ()
    weight: float = 0.0
    trail: Trail = field(default_factory=dict)

    @property
    def cost(self) -> tuple[int, float]:
        """What plans are compared by."""
        return len(self.edits), self.weight


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of the event that a clause accepts, or else the alternative that comes nearest to accepting it."""

    leaf: Leaf
    is_accepted: bool = False
    weight: float = 1.0
    alternative: Alternative | None = None  # None: no value that JSON can hold is near any
    value: Value = None  # the nearest value that the alternative accepts


def cheapest_plans(
    clauses: Iterable[LocatedClause], ways: Callable[[LocatedClause, Trail], Iterator[Way]], effort: Effort
) -> list[Plan]:
    """Return complete plans, cheapest first; none when some clause can hold in no way.

    When the effort runs out on the way there is one plan, which takes the first way of each clause that is left.
    """
    plans = [Plan()]
    for clause in clauses:
        extended = []
        for plan in plans:
            for count, way in enumerate(ways(clause, plan.trail)):
                extended.append(Plan(plan.edits + way.edits, plan.weight + way.weight, way.trail))
                if count == MOST_WAYS or not effort.spend(1 + len(way.trail)):
                    break
        # Without effort only the best goes on, so that the end is reached.
        plans = _best(extended)[: MOST_PLANS if effort.spend(0) else 1]
    return plans


def _best(plans: list[Plan]) -> list[Plan]:
    """Return the cheapest plans, of those in the same elements of arrays no more than a few."""
    kept: list[Plan] = []
    counts: dict[frozenset[tuple[Place, int]], int] = {}
    for plan in sorted(plans, key=lambda plan: plan.cost):
        elements = frozenset(plan.trail.items())
        counts[elements] = counts.get(elements, 0) + 1
        if counts[elements] <= MOST_ALIKE:
            kept.append(plan)
            if len(kept) == MOST_PLANS:
                break
    return kept


class Choices:
    """The values of one event for the clauses of one rule, worked out once for each clause that is asked for."""

    def __init__(self, view: EventView, effort: Effort) -> None:
        self.view = view
        self.effort = effort
        self._choices: dict[int, list[Choice]] = {}  # by the identity of the clause
        self._grouped: dict[int, dict[Place | None, dict[int, list[Choice]]]] = {}  # see grouped
        self._trails: dict[int, Trail] = {}  # by the identity of the element
        self._steps: dict[int, tuple[int, Pattern]] = {}  # that a pattern takes for a character, by its identity

    def of_clause(self, clause: LocatedClause) -> list[Choice]:
        """Return the values at the path of ``clause``, first what it accepts, then what is nearest to that."""
        found = self._choices.get(id(clause))
        if found is None:
            accepted, others = self._judged(clause)
            found = [Choice(leaf, is_accepted=True, weight=0.0) for leaf in accepted]
            found += sorted((self._nearest(clause, leaf) for leaf in others), key=lambda choice: choice.weight)
            self._choices[id(clause)] = found
        return found

    def consistent(self, clause: LocatedClause, trail: Trail) -> Iterator[tuple[Choice, Trail]]:
        """Yield the choices that are consistent with ``trail``, in their order, each with the trail of both."""
        candidates: list[Choice] = []
        for array, by_index in self.grouped(clause).items():
            if array in trail:
                candidates += by_index.get(trail[array], [])
            else:
                candidates += (choice for choices in by_index.values() for choice in choices)
        self.effort.spend(len(candidates) // 10)
        candidates.sort(key=lambda choice: choice.weight)
        for choice in candidates:
            joined = self.joined(trail, choice.leaf.element)
            if joined is not None:
                yield choice, joined

    def grouped(self, clause: LocatedClause) -> dict[Place | None, dict[int, list[Choice]]]:
        """Return the choices by the outermost array and index that they are in; None for those in no array."""
        groups = self._grouped.get(id(clause))
        if groups is None:
            groups = self._grouped[id(clause)] = {}
            for choice in self.of_clause(clause):
                outermost = next(reversed(self.trail_of(choice.leaf.element).items()), (None, 0))
                groups.setdefault(outermost[0], {}).setdefault(outermost[1], []).append(choice)
        return groups

    def trail_of(self, element: Element | None) -> Trail:
        """Return the trail of ``element``, innermost array first."""
        if element is None:
            return {}
        trail = self._trails.get(id(element))
        if trail is None:
            trail = self._trails[id(element)] = element.indexes
            self.effort.spend(len(trail))
        return trail

    def _judged(self, clause: LocatedClause) -> tuple[list[Leaf], list[Leaf]]:
        """Return the first values that ``clause`` accepts, and the first that it does not."""
        accepted: list[Leaf] = []
        others: list[Leaf] = []
        for leaf in self.view.leaves.get(clause.path, [])[:MOST_SCANNED]:
            leaves = accepted if self.accepts(clause, leaf.value) else others
            if len(leaves) < MOST_LEAVES:
                leaves.append(leaf)
        return accepted, others

    def leaves(self, path: str) -> list[Leaf]:
        """Return the first values at ``path``."""
        return self.view.leaves.get(path, [])[:MOST_LEAVES]

    def _nearest(self, clause: LocatedClause, leaf: Leaf) -> Choice:
        best = Choice(leaf)
        for alternative in clause.alternatives[:MOST_ALTERNATIVES]:
            length = len(leaf.value) if isinstance(leaf.value, str) else 1
            if not self.effort.spend(work_of(alternative.pattern, length)):
                break
            nearest = nearest_value(alternative, leaf.value)
            if nearest is not None and (best.alternative is None or nearest[0] < best.weight):
                best = Choice(leaf, False, nearest[0], alternative, nearest[1])
        return best

    def accepts(self, clause: LocatedClause, value: Value) -> bool:
        """Return whether an alternative of ``clause`` accepts ``value``, as far as the effort goes."""
        return any(self.is_accepted(alternative.pattern, value) for alternative in clause.alternatives)

    def is_accepted(self, pattern: Pattern, value: Value) -> bool:
        """Return whether ``pattern`` accepts ``value``, as far as the effort goes."""
        steps = self._steps.get(id(pattern))
        if steps is None:
            steps = self._steps[id(pattern)] = (_steps_of(pattern), pattern)
        length = len(value) if isinstance(value, str) else 0
        return self.effort.spend(1 + steps[0] * length) and accepts(pattern, value)

    def joined(self, trail: Trail, element: Element | None) -> Trail | None:
        """Return ``trail`` with that of ``element``, None when they are in two elements of one array."""
        if element is None:
            return trail
        more = self.trail_of(element)
        self.effort.spend(len(more))
        if any(trail.get(array, index) != index for array, index in more.items()):
            return None
        return {**trail, **more}


def _steps_of(pattern: Pattern) -> int:
    """Return how many steps a pattern takes for each character of a value: one that walks takes many."""
    match pattern:
        case Regexp(program):
            return 1 + len(RegexpWalk(program).instructions) // 4
        case AllOf(parts):
            return sum(_steps_of(each) for part in parts for each in part)
    return 0


def prefixes_of(path: str) -> Iterator[str]:
    """Yield the paths on the way to ``path``, as ``a`` and ``a.b`` are for ``a.b.c``."""
    return (path[:index] for index, character in enumerate(path) if character == ".")


def listed_edits(words: Iterable[str], count: int) -> str:
    """Return the words of the first of ``count`` edits, and how many others there are."""
    shown = list(words)
    more = f"and {count - len(shown)} more"
    return "; ".join(shown if count == len(shown) else [*shown, more])
