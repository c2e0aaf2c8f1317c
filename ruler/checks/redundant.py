"""Finds the alternatives of a list that add nothing: others of the list accept all that they accept.

In: alternatives of which any may accept a value. Out: the indexes of those that add nothing, and what covers each.

    [{"prefix": "ab"}, {"prefix": "a"}]  ->  the first, by the second

Always: the list without all that are found accepts what it accepted. Of two that say the same the later is found, of
one that is narrower than another the narrower. Of very long lists plain values are not compared pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ruler.checks.budget import Budget
from ruler.checks.value_sets import ValueSet
from ruler.patterns.located import Alternative
from ruler.patterns.model import Exact, Pattern

MOST_COMPARED = 50  # alternatives of one list that are compared pair by pair


class Redundancy:
    """What adds nothing among ``alternatives``, those at ``left_out`` not counted."""

    def __init__(self, alternatives: Sequence[Alternative], budget: Budget, left_out: frozenset[int] = frozenset()):
        self.alternatives = alternatives
        self.budget = budget
        self.left_out = left_out
        self.patterns: dict[Pattern, Alternative] = {}  # distinct, each with its first alternative
        for alternative in alternatives:
            self.patterns.setdefault(alternative.pattern, alternative)

    def found(self) -> dict[int, Alternative | None]:
        """Return the alternatives that others cover: index -> the one that does, None for several together."""
        found: dict[int, Alternative | None] = {}
        indexes: dict[Pattern, int] = {}
        for index, alternative in enumerate(self.alternatives):
            if index not in self.left_out and indexes.setdefault(alternative.pattern, index) != index:
                found[index] = self.patterns[alternative.pattern]
        kept = ValueSet(indexes, self.budget)
        covered = [*self.covered_by_one(kept), *self.covered_by_all(kept)]
        for pattern in covered:
            found[indexes[pattern]] = self.coverer(pattern, kept)
        return found

    def covered_by_one(self, kept: ValueSet) -> Iterator[Pattern]:
        """Take from ``kept`` the patterns that a single other covers, so that the narrower one is reported."""
        if len(kept.others) > MOST_COMPARED:
            return
        for pattern in reversed(list(kept.patterns if len(kept.values) <= MOST_COMPARED else kept.others)):
            kept.discard(pattern)
            if self.coverer(pattern, kept) is None:
                kept.add(pattern)
            else:
                yield pattern

    def covered_by_all(self, kept: ValueSet) -> Iterator[Pattern]:
        """Take from ``kept`` the patterns that all others together cover, the later first."""
        for alternative in reversed(self.alternatives):
            pattern = alternative.pattern
            if pattern in kept.patterns:
                kept.discard(pattern)
                if kept.covers(pattern):
                    yield pattern
                else:
                    kept.add(pattern)

    def coverer(self, pattern: Pattern, kept: ValueSet) -> Alternative | None:
        """The first alternative of ``kept`` that alone accepts all that ``pattern`` does."""
        few = kept.others if len(kept.values) > MOST_COMPARED or isinstance(pattern, Exact) else kept.patterns
        found = [self.patterns[each] for each in few if ValueSet([each], self.budget).covers(pattern)]
        return min(found, key=lambda each: each.node.start, default=None)
