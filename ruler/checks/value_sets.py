"""Says what patterns accept together: every value, none, or all that another pattern accepts.

In: patterns (patterns/model.py). Out: yes or no, or a value as evidence.

    "x" and {"anything-but": "x"}            accept every value
    {"prefix": "ab"} beside {"prefix": "a"}  is covered
    {"numeric": [">", 1, "<", 1.0000000000000002]}  accepts no value

Idea: literals are three, numbers are asked about by their bounds (number_sets.py), strings by a search over the
patterns' states (string_sets.py), blocks of addresses by arithmetic (cidr_sets.py).

Always: an answer that says "every", "none" or "covered" is true. When it cannot be found within the budget the answer
is no. It is found whenever it is true and the budget lasts, except where blocks of addresses mix with other patterns
for strings. ``{"exists": false}`` accepts no value; it is about paths without any.
Source: sections 5 to 8 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ruler.checks.budget import Budget, Undecided
from ruler.checks.cidr_sets import do_blocks_meet, is_block_covered
from ruler.checks.number_sets import is_empty_range, telling_numbers
from ruler.checks.string_sets import (
    AddressLike,
    StringQuestion,
    acceptors_of,
    sample_strings,
    unaccepted_string,
)
from ruler.patterns.acceptance import Value, accepts, is_number
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Cidr,
    Exact,
    Excludable,
    Exists,
    Literal,
    NumericRange,
    Pattern,
)

EVERY_VALUE = Exists()


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was looked for: apart from None, which is the value null."""

    value: Value


def accepts_every_value(patterns: Iterable[Pattern]) -> bool:
    """Return whether each value is accepted by one of ``patterns``.

    >>> accepts_every_value([Exact("x"), AnythingBut(frozenset({Exact("x")}))])
    True
    """
    return is_covered(EVERY_VALUE, patterns)


def accepts_no_value(patterns: Iterable[Pattern]) -> bool:
    """Return whether no value is accepted by any of ``patterns``; ``Absent`` accepts none, but is satisfied by none."""
    return all(is_empty_range(pattern) for pattern in patterns)


def is_covered(pattern: Pattern, others: Iterable[Pattern]) -> bool:
    """Return whether every value that ``pattern`` accepts is accepted by one of ``others``."""
    return ValueSet(others).covers(pattern)


def uncovered_value(patterns: Iterable[Pattern]) -> Found | None:
    """Return a value that none of ``patterns`` accepts; None when there is none, or none was found in the budget."""
    try:
        return ValueSet(patterns).gap(EVERY_VALUE)
    except Undecided:
        return None


class ValueSet:
    """The values that some patterns accept together. Patterns come and go; plain values are looked up."""

    def __init__(self, patterns: Iterable[Pattern] = (), budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self.patterns: dict[Pattern, None] = {}  # all of them, in order
        self.others: dict[Pattern, None] = {}  # those that are no plain values
        self.values: set[str | int | float] = set()
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
            if accepts(pattern, value):
                return True
        return False

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
        if isinstance(pattern, Absent):
            raise Undecided  # it is about paths without values
        if EVERY_VALUE in self.others:
            return None
        if isinstance(pattern, Exact | Literal):
            return None if self.accepts(pattern.value) else Found(pattern.value)
        if isinstance(pattern, NumericRange):
            return self.number_gap(pattern)
        if isinstance(pattern, AnythingBut | Exists):
            for literal in (None, True, False):
                if not self.accepts(literal) and accepts(pattern, literal):
                    return Found(literal)
            return self.number_gap(pattern) or self.string_gap(pattern)
        return self.string_gap(pattern)

    def number_gap(self, pattern: Pattern) -> Found | None:
        self.budget.spend(len(self.patterns))
        for number in telling_numbers((pattern, *self.patterns)):
            self.budget.spend(1)
            if accepts(pattern, number) and not self.accepts(number):
                return Found(number)
        return None

    def string_gap(self, pattern: Pattern) -> Found | None:
        for sample in sample_strings(pattern):
            if not self.accepts(sample):
                return Found(sample)
        if isinstance(pattern, Cidr) and is_block_covered(pattern, self.blocks()):
            return None
        question = self.string_question(pattern)
        found = None if question is None else unaccepted_string(question, self.budget)
        if found is None:
            return None
        if not accepts(pattern, found) or self.accepts(found):
            raise Undecided  # a block was taken for more, or for less, than it is
        return Found(found)

    def blocks(self) -> Iterator[Cidr]:
        return (pattern for pattern in self.others if isinstance(pattern, Cidr))

    def string_question(self, pattern: Pattern) -> StringQuestion | None:
        """The search for a string of ``pattern`` that is not accepted; None when it is known that there is none.

        Blocks become something simpler, always such that a string is rather found than overlooked: one that is
        looked into becomes every text like an address; those that accept are left out.
        """
        question = StringQuestion()
        unseen = list(self.blocks())  # addresses that nobody needs to look at
        if isinstance(pattern, Cidr):
            question.wanted = [AddressLike()]
        elif isinstance(pattern, AnythingBut):
            unseen += [each for each in pattern.excluded if isinstance(each, Cidr)]
            question.unwanted = acceptors_of(pattern.excluded, self.budget)
        elif not isinstance(pattern, Exists):
            question.wanted = acceptors_of([pattern], self.budget)
        for other in self.others:
            if isinstance(other, AnythingBut):
                excluded = [each for each in other.excluded if not _is_beside(each, pattern, unseen)]
                group = acceptors_of(excluded, self.budget)
                if any(isinstance(each, Cidr) for each in excluded):
                    group.append(AddressLike())
                if not group:
                    return None  # accepts every string in question
                question.excluding.append(group)
        question.accepting = acceptors_of(self.patterns, self.budget)
        return question


def _is_beside(excluded: Excludable, pattern: Pattern, unseen: list[Cidr]) -> bool:
    """Whether what an anything-but excludes is known to be no value that is in question."""
    if isinstance(excluded, Cidr):
        return is_block_covered(excluded, unseen) or (
            isinstance(pattern, Cidr) and not do_blocks_meet(excluded, pattern)
        )
    if isinstance(excluded, Exact) and isinstance(pattern, Cidr):
        return not accepts(pattern, excluded.value)
    return False
