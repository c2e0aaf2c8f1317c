"""Chooses the values by which a sub-rule matches an event, and finds the clauses that cannot match together.

In: what each clause of a sub-rule accepts (accepting.py). Out: a value, or absence, for each path; or a few clauses
of which no values can be chosen.

The first choice is the plain one: path after path the first accepted value that is consistent with those before. Where
that comes to an end, the elements of the arrays are gone through (element_tree.py). Where absence is asked for, or one
path leads to two arrays, the python engine is asked about an event that has the same arrays and no other values than
0 and 1: 1 for the values that may be chosen, 0 for the others, which are only there.

    {"a": [{"x": 1}, {"x": 2}], "b": "s"}  ->  {"a": [{"x": 1}, {"x": 0}], "b": 1}

A clause matches with some values when it matches with one of them, so halving the values finds the first that goes,
in about log2(n) questions; then it is fixed, and the next path has its turn.
Always: what is chosen is accepted, consistent, and confirmed; each question costs as much as matching such an event.
Limit: WORK, in values times clauses of all questions together; where it is reached, nothing is chosen and of the
clauses that cannot match together some more are named than need be.
Source: section 9 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ruler.explain import judge
from ruler.explain.accepting import Acceptance
from ruler.explain.element_tree import ElementTree, TwoArrays
from ruler.explain.event_view import Leaf, Place
from ruler.patterns.model import Absent, Clause, Exact, Pattern, SubRule

Choice = dict[str, Leaf | None]  # path -> the value; None: it has none, and a pattern asks for that
Trail = dict[Place, int]

CHOSEN, ONLY_THERE = 1, 0
_VALUE: frozenset[Pattern] = frozenset({Exact(CHOSEN)})
_ABSENCE: frozenset[Pattern] = frozenset({Absent()})


WORK = 20_000_000  # values times clauses of all questions for one rule, or for all details: some seconds


class Budget:
    """How much may still be asked."""

    def __init__(self, work: int = WORK) -> None:
        self.left = work

    def spend(self, work: int) -> None:
        """Raise OutOfBudget when ``work`` is more than is left."""
        self.left -= work
        if self.left < 0:
            raise OutOfBudget


class OutOfBudget(Exception):
    """WORK is reached: the answer is not known."""


def choose(clauses: Sequence[Acceptance], budget: Budget) -> Choice | None:
    """Return the values by which the clauses of a sub-rule match, paths ascending; None when they do not.

    None as well where ``budget`` is used up before they are found.
    """
    plain = plain_choice(clauses)
    if plain is not None:
        return plain
    undecided = _undecided(clauses)
    try:
        chosen = _choice_of(undecided, budget)
    except OutOfBudget:
        return None
    return None if chosen is None else {each.clause.path: chosen.get(each.clause.path) for each in clauses}


def _choice_of(clauses: Sequence[Acceptance], budget: Budget) -> Choice | None:
    if not _asks_for_absence(clauses):
        try:
            chosen = ElementTree([each.accepted for each in clauses]).choice((1 << len(clauses)) - 1)
            return None if chosen is None else {each.clause.path: chosen[i] for i, each in enumerate(clauses)}
        except TwoArrays:
            pass
    return _Questions(clauses, budget).choice()


def match_together(clauses: Sequence[Acceptance], budget: Budget) -> bool:
    """Return whether values can be chosen for all of ``clauses``, paths ascending. Raises OutOfBudget."""
    return plain_choice(clauses) is not None or _Questions(_undecided(clauses), budget).ask()


def conflict(clauses: Sequence[Acceptance], budget: Budget) -> list[Acceptance]:
    """Return a few of ``clauses`` that do not match together, and would with any of them left out; [] when all do.

    With absence among them the last is not certain: leaving a path out may also make a value count again.
    Raises OutOfBudget when not even the first question can be asked.
    """
    if plain_choice(clauses) is not None:
        return []
    clauses = _undecided(clauses)
    if not _asks_for_absence(clauses):
        try:
            found = ElementTree([each.accepted for each in clauses]).conflict(len(clauses))
            return [clauses[index] for index in found]
        except TwoArrays:
            pass
    return _Questions(clauses, budget).conflict()


def _undecided(clauses: Sequence[Acceptance]) -> list[Acceptance]:
    """Return ``clauses`` without those that ask for absence where the event has nothing: they always hold."""
    return [each for each in clauses if each.leaves or not each.has_absent]


def _asks_for_absence(clauses: Sequence[Acceptance]) -> bool:
    return any(each.has_absent for each in clauses)


def plain_choice(clauses: Sequence[Acceptance]) -> Choice | None:
    """Return path after path the first value that goes with those before; None when that comes to an end."""
    trail: Trail = {}
    chosen: Choice = {}
    for each in clauses:
        leaf = next((leaf for leaf in each.accepted if _is_consistent(leaf, trail)), None)
        if leaf is None and not (each.has_absent and not any(_is_consistent(leaf, trail) for leaf in each.leaves)):
            return None
        chosen[each.clause.path] = leaf
        if leaf is not None:
            _extend(trail, leaf)
    return chosen


def _is_consistent(leaf: Leaf, trail: Trail) -> bool:
    element = leaf.element
    while element is not None:
        if trail.get(element.array, element.index) != element.index:
            return False
        element = element.outer
    return True


def _extend(trail: Trail, leaf: Leaf) -> None:
    if leaf.element is not None:
        trail.update(leaf.element.indexes)


class _Questions:
    """Asks the engine about the clauses of one sub-rule, with fewer and fewer values to choose from."""

    def __init__(self, clauses: Sequence[Acceptance], budget: Budget) -> None:
        self.clauses = clauses
        self.budget = budget
        self.weight = 1 + sum(len(each.leaves) for each in clauses)
        self.sketch = Sketch(leaf for each in clauses for leaf in each.leaves)
        self.patterns = {each.clause.path: _VALUE | _ABSENCE if each.has_absent else _VALUE for each in clauses}
        for each in clauses:
            self.sketch.write(each.accepted, CHOSEN)

    def ask(self, paths: Iterable[str] | None = None) -> bool:
        asked = list(self.patterns if paths is None else paths)
        self.budget.spend(self.weight * len(asked))
        sub_rule = SubRule(frozenset(Clause(path, self.patterns[path]) for path in asked))
        return judge.matches([sub_rule], self.sketch.event)

    def choice(self) -> Choice | None:
        if not self.ask():
            return None
        chosen: Choice = {}
        trail: Trail = {}
        for each in self.clauses:
            leaf = self.first_value(each, [leaf for leaf in each.accepted if _is_consistent(leaf, trail)])
            chosen[each.clause.path] = leaf
            if leaf is not None:
                _extend(trail, leaf)
        return chosen if self.ask() else None

    def first_value(self, each: Acceptance, candidates: list[Leaf]) -> Leaf | None:
        """Fix the first of ``candidates`` with which all match, or absence, and return it."""
        path = each.clause.path
        self.sketch.write(each.accepted, ONLY_THERE)
        self.sketch.write(candidates, CHOSEN)
        self.patterns[path] = _VALUE
        if not candidates or (each.has_absent and not self.ask()):
            self.patterns[path] = _ABSENCE
            return None
        low, high = 0, len(candidates)  # not with the first ``low`` of them, but with the first ``high``
        while high - low > 1:
            middle = (low + high) // 2
            self.sketch.write(candidates[low:middle], CHOSEN)
            self.sketch.write(candidates[middle:high], ONLY_THERE)
            if self.ask():
                high = middle
            else:
                low = middle
        self.sketch.write(candidates, ONLY_THERE)
        self.sketch.write(candidates[low:high], CHOSEN)
        return candidates[low]

    def conflict(self) -> list[Acceptance]:
        paths = [each.clause.path for each in self.clauses]
        if self.ask():
            return []
        needed = paths
        try:
            low, high = 0, len(paths)  # the first ``low`` match together, the first ``high`` do not
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.ask(paths[:middle]) else (low, middle)
                needed = paths[:high]
            for path in paths[: high - 1]:
                fewer = [each for each in needed if each != path]
                if not self.ask(fewer):
                    needed = fewer
        except OutOfBudget:
            pass  # what is needed so far
        return [each for each in self.clauses if each.clause.path in needed]


class Sketch:
    """An event with the places and arrays of some values, and numbers in their stead that can be changed."""

    @staticmethod
    def with_values(leaves: Sequence[Leaf]) -> Sketch:
        """Return the part of an event in which ``leaves`` stand, with their values."""
        sketch = Sketch(leaves)
        for leaf in leaves:
            container, key = sketch._cells[leaf]
            container[key] = leaf.value
        return sketch

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.event: dict[str, Any] = {}
        self._containers: dict[Place, Any] = {}
        self._cells: dict[Leaf, tuple[Any, str | int]] = {}
        for leaf in leaves:
            container = self._container_of(leaf.place)
            if isinstance(container, dict):
                self._cells[leaf] = container, leaf.place.step
                container[leaf.place.step] = ONLY_THERE
            else:
                self._cells[leaf] = container, len(container)
                container.append(ONLY_THERE)

    def write(self, leaves: Iterable[Leaf], number: int) -> None:
        for leaf in leaves:
            container, key = self._cells[leaf]
            container[key] = number

    def _container_of(self, place: Place) -> Any:
        """Return the object or array that ``place`` stands in, made with all around it where it is new.

        Elements of arrays without values are left out: which is which matters, and not how many there are.
        """
        missing = []
        while place.parent is not None and place.parent not in self._containers:
            missing.append(place)
            place = place.parent
        container: Any = None
        if place.parent is not None:
            missing.append(place)
        for place in reversed(missing):
            parent = place.parent
            assert parent is not None
            container = self._containers.get(parent)
            if container is None:
                container = self._new_container(parent, is_object=isinstance(place.step, str))
        return container

    def _new_container(self, place: Place, *, is_object: bool) -> Any:
        made: Any = {} if is_object else []
        if place.parent is None:
            made = self.event
        else:
            around = self._containers[place.parent]
            if isinstance(around, dict):
                around[place.step] = made
            else:
                around.append(made)
        self._containers[place] = made
        return made
