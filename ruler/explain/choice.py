"""Chooses the values by which a sub-rule matches an event, and finds the clauses that cannot match together.

In: what each clause of a sub-rule accepts (accepting.py). Out: a value, or none, for each clause; or a few clauses
of which no values can be chosen.

The first choice is the plain one: clause after clause, paths ascending, the first accepted value that is consistent
with those before. Where that comes to an end, the elements of the arrays are gone through (element_tree.py). Where a
clause may hold without a value, or one path leads to two arrays, the python engine is asked about an event that has
the same arrays, and numbers in place of the values. A number says which clauses may choose the value, and which guards
it offends; what is left to choose from is changed by other numbers.

    {"a": [{"x": 1}, {"x": 2}], "b": "s"}, a.x = 1 and b = "s"  ->  {"a": [{"x": 1}, {"x": 0}], "b": 2}

A clause matches with some values when it matches with one of them, so halving the values finds the first that goes,
in about log2(n) questions; then it is fixed, and the next clause has its turn.
Always: what is chosen is accepted, consistent, and confirmed; each question costs as much as matching such an event.
Limit: WORK, in values times clauses of all questions together; where it is reached, nothing is chosen and of the
clauses that cannot match together some more are named than need be.
Source: sections 9 and 13 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ruler.explain import judge
from ruler.explain.accepting import Acceptance, Guard
from ruler.explain.element_tree import ElementTree, TwoArrays
from ruler.explain.event_view import Leaf, Place
from ruler.explain.results import ChosenValue
from ruler.patterns.model import Absent, Clause, Exact, NoneOf, Pattern, SubRule
from ruler.patterns.reader import Node

Choice = list[Leaf | None]  # for each clause the value; None: it holds without one
Trail = dict[Place, int]

ONLY_THERE = 0  # the number of a value that nothing asks for
_NOWHERE = Exact(-1)


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
    """Return the values by which the clauses of a sub-rule, paths ascending, match; None when they do not.

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
    if chosen is None:
        return None
    found = dict(zip(map(id, undecided), chosen, strict=True))
    return [found.get(id(each)) for each in clauses]


def _choice_of(clauses: Sequence[Acceptance], budget: Budget) -> Choice | None:
    if not _has_guards(clauses):
        try:
            chosen = ElementTree([each.accepted for each in clauses]).choice((1 << len(clauses)) - 1)
            return None if chosen is None else [chosen[index] for index in range(len(clauses))]
        except TwoArrays:
            pass
    return _Questions(clauses, budget).choice()


def match_together(clauses: Sequence[Acceptance], budget: Budget) -> bool:
    """Return whether values can be chosen for all of ``clauses``, paths ascending. Raises OutOfBudget."""
    return plain_choice(clauses) is not None or _Questions(_undecided(clauses), budget).ask()


def conflict(clauses: Sequence[Acceptance], budget: Budget) -> list[Acceptance]:
    """Return a few of ``clauses`` that do not match together, and would with any of them left out; [] when all do.

    With guards among them the last is not certain: leaving a clause out may also make a value count again.
    Raises OutOfBudget when not even the first question can be asked.
    """
    if plain_choice(clauses) is not None:
        return []
    clauses = _undecided(clauses)
    if not _has_guards(clauses):
        try:
            found = ElementTree([each.accepted for each in clauses]).conflict(len(clauses))
            return [clauses[index] for index in found]
        except TwoArrays:
            pass
    return _Questions(clauses, budget).conflict()


def _undecided(clauses: Sequence[Acceptance]) -> list[Acceptance]:
    """Return ``clauses`` without those that a guard makes hold whatever is chosen."""
    return [each for each in clauses if not each.holds_freely]


def _has_guards(clauses: Sequence[Acceptance]) -> bool:
    return any(each.guards for each in clauses)


def plain_choice(clauses: Sequence[Acceptance]) -> Choice | None:
    """Return clause after clause the first value that goes with those before; None when that comes to an end."""
    trail: Trail = {}
    before: Trail = {}
    path: str | None = None
    chosen: Choice = []
    for each in clauses:
        if each.clause.path != path:
            path, before = each.clause.path, dict(trail)
        leaf = next((leaf for leaf in each.accepted if _is_consistent(leaf, trail)), None)
        if leaf is None and not _holding(each.guards, before):
            return None
        chosen.append(leaf)
        if leaf is not None:
            _extend(trail, leaf)
    return chosen


def chosen_values(clauses: Sequence[Acceptance], choice: Choice, text: Callable[[Node], str]) -> list[ChosenValue]:
    """Return what made each of ``clauses`` hold, with the alternatives that accept it or hold without a value.

    Guards look at what is consistent with what was chosen on paths before their own.
    """
    trail: Trail = {}
    before: Trail = {}
    path: str | None = None
    found = []
    for each, leaf in zip(clauses, choice, strict=True):
        if each.clause.path != path:
            path, before = each.clause.path, dict(trail)
        if leaf is None:
            by = [guard.alternative for guard in _holding(each.guards, before)]
        else:
            pairs = zip(each.clause.alternatives, each.by_alternative, strict=True)
            by = [alternative for alternative, accepted in pairs if any(one is leaf for one in accepted)]
            _extend(trail, leaf)
        is_absent = leaf is None and not any(_is_consistent(one, before) for one in each.leaves)
        accepted_by = tuple((text(alternative.node), alternative.location) for alternative in by)
        found.append(ChosenValue(each.clause.path, leaf, accepted_by, is_absent))
    return found


def _holding(guards: Iterable[Guard], before: Trail) -> list[Guard]:
    """Return the guards that no value offends, of those that are consistent with what was chosen before."""
    return [guard for guard in guards if not any(_is_consistent(leaf, before) for leaf in guard.offending)]


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
    """Asks the engine about the clauses of one sub-rule, with fewer and fewer values to choose from.

    Each clause and each guard has a bit. The bits of a value say what it is to them, and its number stands for its
    bits; so a clause accepts the numbers of all bits with its own, and a guard excludes those with its own.
    """

    def __init__(self, clauses: Sequence[Acceptance], budget: Budget) -> None:
        self.clauses = clauses
        self.budget = budget
        self.weight = 1 + sum(len(each.leaves) for each in clauses)
        self.sketch = Sketch(leaf for each in clauses for leaf in each.leaves)
        self.bits: dict[Leaf, int] = {}
        self.numbers = {0: ONLY_THERE}  # of the bits of values, as they occurred
        self.may_choose = [True] * len(clauses)
        self.may_go_without = [bool(each.guards) for each in clauses]
        self.guards: list[list[tuple[Guard, int]]] = []  # of each clause, with their bits
        bit = len(clauses)
        for index, each in enumerate(clauses):
            self.mark(each.accepted, index, is_set=True)
            self.guards.append([])
            for guard in each.guards:
                self.guards[index].append((guard, bit))
                self.mark(guard.offending, bit, is_set=True)
                bit += 1

    def mark(self, leaves: Iterable[Leaf], bit: int, *, is_set: bool) -> None:
        """Say whether ``leaves`` may be chosen by the clause, or offend the guard, of this bit."""
        for leaf in leaves:
            bits = self.bits.get(leaf, 0)
            bits = bits | 1 << bit if is_set else bits & ~(1 << bit)
            self.bits[leaf] = bits
            self.sketch.write([leaf], self.numbers.setdefault(bits, len(self.numbers)))

    def marked(self, bit: int) -> frozenset[Pattern]:
        """Return what accepts the values of this bit."""
        found = frozenset[Pattern](Exact(number) for bits, number in self.numbers.items() if bits >> bit & 1)
        return found or frozenset((_NOWHERE,))

    def clause(self, index: int) -> Clause:
        """Return the clause at ``index``, as it may hold now."""
        patterns: set[Pattern] = set(self.marked(index)) if self.may_choose[index] else set()
        for guard, bit in self.guards[index] if self.may_go_without[index] else ():
            is_absent = isinstance(guard.alternative.pattern, Absent)
            patterns.add(Absent() if is_absent else NoneOf(self.marked(bit)))
        return Clause(self.clauses[index].clause.path, frozenset(patterns or {_NOWHERE}))

    def ask(self, indexes: Iterable[int] | None = None) -> bool:
        """Return whether the clauses at ``indexes`` match together, all of them unless given."""
        asked = list(range(len(self.clauses)) if indexes is None else indexes)
        self.budget.spend(self.weight * len(asked))
        return judge.matches([SubRule(frozenset(map(self.clause, asked)))], self.sketch.event)

    def choice(self) -> Choice | None:
        if not self.ask():
            return None
        chosen: Choice = []
        trail: Trail = {}
        for index, each in enumerate(self.clauses):
            leaf = self.first_value(index, [leaf for leaf in each.accepted if _is_consistent(leaf, trail)])
            chosen.append(leaf)
            if leaf is not None:
                _extend(trail, leaf)
        return chosen if self.ask() else None

    def first_value(self, index: int, candidates: list[Leaf]) -> Leaf | None:
        """Fix the first of ``candidates`` with which all match, or that there is none, and return it."""
        each = self.clauses[index]
        self.mark(each.accepted, index, is_set=False)
        self.mark(candidates, index, is_set=True)
        self.may_go_without[index] = False
        if not candidates or (each.guards and not self.ask()):
            self.may_choose[index], self.may_go_without[index] = False, True
            return None
        low, high = 0, len(candidates)  # not with the first ``low`` of them, but with the first ``high``
        while high - low > 1:
            middle = (low + high) // 2
            self.mark(candidates[low:middle], index, is_set=True)
            self.mark(candidates[middle:high], index, is_set=False)
            if self.ask():
                high = middle
            else:
                low = middle
        self.mark(candidates, index, is_set=False)
        self.mark(candidates[low:high], index, is_set=True)
        return candidates[low]

    def conflict(self) -> list[Acceptance]:
        if self.ask():
            return []
        needed = list(range(len(self.clauses)))
        try:
            low, high = 0, len(needed)  # the first ``low`` match together, the first ``high`` do not
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.ask(range(middle)) else (low, middle)
                needed = list(range(high))
            for index in range(high - 1):
                fewer = [each for each in needed if each != index]
                if not self.ask(fewer):
                    needed = fewer
        except OutOfBudget:
            pass  # what is needed so far
        return [self.clauses[index] for index in needed]


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
        for leaf in dict.fromkeys(leaves):  # several clauses may have the same
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
