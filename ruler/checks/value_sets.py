"""Says what patterns accept together: every value, none, or all that another pattern accepts.

In: patterns (patterns/model.py). Out: yes or no, or a value as evidence.

    "x" and {"anything-but": "x"}            accept every value
    {"prefix": "ab"} beside {"prefix": "a"}  is covered
    {"numeric": [">", 1, "<", 1.0000000000000002]}  accepts no value, nor does {"all-of": ["x", "y"]}

Idea: literals are three, numbers are asked about by their bounds (number_sets.py), strings by a search over the
patterns' states (string_sets.py), blocks of addresses by arithmetic (cidr_sets.py).

Always: an answer that says "every", "none" or "covered" is true. When it cannot be found within the budget the answer
is no. It is found whenever it is true and the budget lasts, except where blocks of addresses mix with other patterns
for strings. ``{"exists": false}`` and none-of accept no value: they are about values that a path does not have, and
one is covered by another that holds wherever it does.
Source: sections 5 to 8 and 13 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ruler.checks.budget import Budget, Undecided
from ruler.checks.cidr_sets import do_blocks_meet, is_block_covered
from ruler.checks.number_sets import is_empty_range, telling_numbers
from ruler.checks.string_sets import Every, Formula, Not, sample_strings, string_for, strings_of
from ruler.patterns.acceptance import Value, accepts, excluded_by, is_number
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Cidr,
    Exact,
    Excludable,
    Exists,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Regexp,
)
from ruler.patterns.regexp_walk import RegexpWalk

EVERY_VALUE = Exists()


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was looked for: apart from None, which is the value null."""

    value: Value


def accepts_no_value(patterns: Iterable[Pattern], budget: Budget | None = None) -> bool:
    """Return whether no value is accepted by any of ``patterns``, and none of them holds without a value."""
    return all(_is_empty(pattern, budget) for pattern in patterns)


def _is_empty(pattern: Pattern, budget: Budget | None) -> bool:
    if isinstance(pattern, AllOf | Regexp):  # every other one accepts something, but for ranges
        return ValueSet((), budget).covers(pattern)
    return is_empty_range(pattern)


def is_covered(pattern: Pattern, others: Iterable[Pattern]) -> bool:
    """Return whether every value that ``pattern`` accepts is accepted by one of ``others``.

    >>> is_covered(EVERY_VALUE, [Exact("x"), AnythingBut(frozenset({Exact("x")}))])
    True
    """
    return ValueSet(others).covers(pattern)


class ValueSet:
    """The values that some patterns accept together. Patterns come and go; plain values are looked up."""

    def __init__(self, patterns: Iterable[Pattern] = (), budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self.patterns: dict[Pattern, None] = {}  # all of them, in order
        self.others: dict[Pattern, None] = {}  # those that are no plain values
        self.values: set[str | int | float] = set()
        self.works: dict[Pattern, int] = {}  # of those that take long
        for pattern in patterns:
            self.add(pattern)

    def add(self, pattern: Pattern) -> None:
        """Let the values of ``pattern`` be accepted too."""
        self.patterns[pattern] = None
        if isinstance(pattern, Exact):
            self.values.add(pattern.value)
        else:
            self.others[pattern] = None

    def discard(self, pattern: Pattern) -> None:
        """Take ``pattern`` away; it is there."""
        del self.patterns[pattern]
        if isinstance(pattern, Exact):
            self.values.discard(pattern.value)
        else:
            del self.others[pattern]

    def accepts(self, value: Value) -> bool:
        """Return whether any of the patterns accepts ``value``."""
        if (isinstance(value, str) or is_number(value)) and value in self.values:
            return True
        length = len(value) if isinstance(value, str) else 0
        for pattern in self.others:
            self.budget.spend(1 + length // 64)
            if self.is_accepted(pattern, value):
                return True
        return False

    def is_accepted(self, pattern: Pattern, value: Value) -> bool:
        """Return whether ``pattern`` accepts ``value``; of a regular expression the steps are spent."""
        if isinstance(pattern, AllOf | Regexp):
            work = self.works.get(pattern)
            if work is None:
                work = self.works[pattern] = _work(pattern)
            self.budget.spend(work * (1 + len(value)) if isinstance(value, str) else 1 + work // 64)
        return accepts(pattern, value)

    def covers(self, pattern: Pattern) -> bool:
        """Return whether every value of ``pattern`` is accepted; False when the budget does not last."""
        try:
            return self.gap(pattern) is None
        except Undecided:
            return False

    def gap(self, pattern: Pattern) -> Found | None:
        """Return a value that ``pattern`` accepts and this set does not, or None; may raise Undecided."""
        self.budget.begin_question()
        self.budget.spend(1)
        if pattern in self.patterns:
            return None
        if isinstance(pattern, Absent | NoneOf):
            self.find_weaker_guard(pattern)
            return None
        if EVERY_VALUE in self.others:
            return None
        if isinstance(pattern, Exact | Literal):
            return None if self.accepts(pattern.value) else Found(pattern.value)
        if isinstance(pattern, NumericRange):
            return self.number_gap(pattern)
        if isinstance(pattern, AllOf | AnythingBut | Exists):
            return self.literal_gap(pattern) or self.number_gap(pattern) or self.string_gap(pattern)
        return self.string_gap(pattern)

    def find_weaker_guard(self, guard: Absent | NoneOf) -> None:
        """Return when one of the patterns holds without a value wherever ``guard`` does, else raise Undecided."""
        excluded = ValueSet(sorted(excluded_by(guard), key=repr), self.budget)
        for other in self.others:
            if isinstance(other, Absent | NoneOf) and all(
                excluded.covers(each) for each in sorted(excluded_by(other), key=repr)
            ):
                return
        raise Undecided

    def literal_gap(self, pattern: Pattern) -> Found | None:
        literals = (literal for literal in (None, True, False) if accepts(pattern, literal))
        return next((Found(literal) for literal in literals if not self.accepts(literal)), None)

    def number_gap(self, pattern: Pattern) -> Found | None:
        self.budget.spend(len(self.patterns))
        for number in telling_numbers((pattern, *self.patterns)):
            self.budget.spend(1)
            if self.is_accepted(pattern, number) and not self.accepts(number):
                return Found(number)
        return None

    def string_gap(self, pattern: Pattern) -> Found | None:
        for sample in sample_strings(pattern):
            if not self.accepts(sample):
                return Found(sample)
        if isinstance(pattern, Cidr) and is_block_covered(pattern, self.blocks()):
            return None
        found = string_for(self.string_question(pattern), self.budget)
        if found is None:
            return None
        if not self.is_accepted(pattern, found) or self.accepts(found):
            raise Undecided  # a block was taken for more, or for less, than it is
        return Found(found)

    def blocks(self) -> Iterator[Cidr]:
        return (pattern for pattern in self.others if isinstance(pattern, Cidr))

    def string_question(self, pattern: Pattern) -> Formula:
        """The formula for a string of ``pattern`` that is not accepted.

        Blocks become something simpler, always such that a string is rather found than overlooked: one that is
        looked into becomes every text like an address; those that accept are left out.
        """
        unseen = list(self.blocks())  # addresses that nobody needs to look at
        if isinstance(pattern, AnythingBut):
            unseen += [each for each in pattern.excluded if isinstance(each, Cidr)]
        refused: list[Formula] = []  # by anything-buts: none of them may accept what is looked for
        others: list[Pattern] = [*map(Exact, self.values)]
        for other in self.others:
            if isinstance(other, AnythingBut):
                excluded = [each for each in other.excluded if not _is_beside(each, pattern, unseen)]
                refused.append(strings_of(excluded, self.budget, is_wide=True))
            else:
                others.append(other)
        wanted = strings_of([pattern], self.budget, is_wide=True)
        return Every([wanted, Not(strings_of(others, self.budget, is_wide=False)), *refused])


def _work(pattern: Pattern) -> int:
    """Return how many steps ``pattern`` takes for one character, more than others take."""
    match pattern:
        case Regexp(program):
            return 1 + len(RegexpWalk(program).instructions) // 2
        case AllOf(parts):
            return 1 + sum(_work(each) for part in parts for each in part)
        case AnythingBut(excluded):
            return len(excluded)
    return 1


def _is_beside(excluded: Excludable, pattern: Pattern, unseen: list[Cidr]) -> bool:
    """Whether what an anything-but excludes is known to be no value that is in question."""
    if isinstance(excluded, Cidr):
        return is_block_covered(excluded, unseen) or (
            isinstance(pattern, Cidr) and not do_blocks_meet(excluded, pattern)
        )
    if isinstance(excluded, Exact) and isinstance(pattern, Cidr):
        return not accepts(pattern, excluded.value)
    return False
