"""How near sub-rules are to matching an event: how many of their clauses fail each by itself.

In: the values of an event (accepting.py), and the clauses of sub-rules. Out: a Distance, less for a nearer one.

    {"a": [1], "b": [2]}, event {"a": 1}  ->  (1, 1): one clause fails, and its path has no value

Always: a clause is looked at once, in however many sub-rules it is; values that lie in different elements of arrays
count as if they lay together. Reasons and proposals rank by this alone, so they speak of the same sub-rules.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.explain.accepting import EventValues, may_hold_alone
from ruler.explain.event_view import EventView
from ruler.patterns.located import LocatedClause
from ruler.patterns.model import Clause

Distance = tuple[int, int]  # clauses that nothing satisfies, and of these those whose path has no value


class Misses:
    """Counts the clauses of sub-rules that fail each by itself; one object in many sub-rules is looked at once."""

    def __init__(self, view: EventView) -> None:
        self.values = EventValues(view)
        self.known: dict[int, Distance] = {}  # by the identity of the clause

    def distance(self, clauses: Iterable[Clause | LocatedClause]) -> Distance:
        """Return how far the sub-rule of ``clauses`` is from matching."""
        failing = absent = 0
        for clause in clauses:
            found = self.known.get(id(clause))
            if found is None:
                found = self.known[id(clause)] = self._of_clause(clause)
            failing += found[0]
            absent += found[1]
        return failing, absent

    def _of_clause(self, clause: Clause | LocatedClause) -> Distance:
        values = self.values.at(clause.path)
        if may_hold_alone(clause.patterns, values):
            return 0, 0
        return 1, not values.leaves
