"""Which clauses of a sub-rule that does not match are to blame.

In: what each clause accepts. Out: the clauses that fail, and, where values are there and accepted but lie in different
elements of one array, the few clauses that cannot match together.

A clause with a value that is accepted does not fail. ``exists: false`` and none-of depend on the clauses before them:
one of these fails when it does not match together with those that do not fail.
Source: sections 9 and 13 of the semantics.
"""

from __future__ import annotations

from collections.abc import Sequence

from ruler.explain.accepting import Acceptance
from ruler.explain.choice import Budget, OutOfBudget, conflict, match_together


def verdicts(clauses: Sequence[Acceptance], budget: Budget) -> tuple[list[Acceptance], list[Acceptance]]:
    """Return the clauses that fail, and those that are apart (none, or two or more)."""
    failed = [each for each in clauses if not each.holds_alone]
    if all(leaf.element is None for each in clauses for leaf in each.leaves):
        return failed, []
    apart: list[Acceptance] = []
    try:
        together = [each for each in clauses if each.accepted and not each.guards]
        apart = conflict(together, budget)
        for each in clauses:
            if apart or not each.guards:
                continue
            extended = [clause for clause in clauses if clause is each or clause in together]
            if match_together(extended, budget):
                failed = [clause for clause in failed if clause is not each]
                together = extended
            elif each.accepted:
                apart = conflict(extended, budget)
    except OutOfBudget:  # too many elements of arrays: those that may be apart are told together
        pass
    return failed, apart if apart or failed else list(clauses)
