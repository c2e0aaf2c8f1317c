"""Follows edges whose clauses have inner clauses: parts of all-of, and guards of none-of.

In: edges of one state over one path, and the outcome of the path's values. Out: the states to go on to. As for other
edges the smaller side is gone through: the edges, or the clauses that the outcome leads to.

    two all-ofs, filed under *net* and *user-17*; the value "a net"     hits {*net*}, so only the first is looked at

What seldom accepts is found from the inner clauses that are satisfied (``satisfied``), what seldom refuses from those
that may not be (``doubted``). For none-of it is the other way round: it fails where its guard is satisfied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ruler.machine.clause import (
    COMPOUND,
    DOUBTFUL,
    GUARDED,
    JUDGED,
    JUDGED_GUARDS,
    OPEN,
    TIGHTLY_GUARDED,
    ClauseNode,
    OneOutcome,
    Outcome,
    outcomes_of,
)
from ruler.machine.value_matcher import ValueMatcher

if TYPE_CHECKING:
    from ruler.machine.name_state import Edges, NameState

EdgesOfKind = dict[ClauseNode, "NameState"]


def follow_rare(matcher: ValueMatcher, rare: dict[int, EdgesOfKind], outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each edge of a rare kind whose clause a value satisfies, each once."""
    if COMPOUND in rare:
        edges = rare[COMPOUND]
        found = satisfied(matcher, outcome, at_most=len(edges))
        if found is None:
            todo.extend([state for clause, state in edges.items() if clause.accepts(outcome)])
        else:
            todo.extend([edges[clause] for clause in found if clause in edges])
    if DOUBTFUL in rare:
        edges = rare[DOUBTFUL]
        candidates = doubted(outcome, at_most=len(edges))
        among = edges if candidates is None else [clause for clause in candidates if clause in edges]
        failing = {clause for clause in among if not clause.accepts(outcome)}
        todo.extend([state for clause, state in edges.items() if clause not in failing])
    if JUDGED in rare:
        todo.extend([state for clause, state in rare[JUDGED].items() if clause.accepts(outcome)])


def follow_guarded(matcher: ValueMatcher, edges_of: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each edge that holds beside the values of its path, each once.

    Those that a value satisfies are left out: they are followed on that.
    """
    rare = edges_of.rare
    assert rare is not None
    if GUARDED in rare:
        edges = rare[GUARDED]
        found = satisfied(matcher, outcome, at_most=len(edges))
        among = _guarded(found, edges)
        failing = {clause for clause in among if not clause.holds_without_value(outcome)}
        _follow_unless_accepted([each for each in edges.items() if each[0] not in failing], outcome, todo)
    if TIGHTLY_GUARDED in rare:
        edges = rare[TIGHTLY_GUARDED]
        among = _guarded(doubted(outcome, at_most=len(edges)), edges)
        holding = {clause: edges[clause] for clause in among if clause.holds_without_value(outcome)}
        _follow_unless_accepted(holding.items(), outcome, todo)
    if JUDGED_GUARDS in rare:
        edges = rare[JUDGED_GUARDS]
        holding = {clause: state for clause, state in edges.items() if clause.holds_without_value(outcome)}
        _follow_unless_accepted(holding.items(), outcome, todo)


def _follow_unless_accepted(
    edges: Iterable[tuple[ClauseNode, NameState]], outcome: Outcome, todo: list[NameState]
) -> None:
    todo.extend([state for clause, state in edges if not (clause.accepts_values() and clause.accepts(outcome))])


def _guarded(guards: set[ClauseNode] | None, edges: EdgesOfKind) -> Iterable[ClauseNode]:
    """Return the clauses of ``edges`` that have one of ``guards``; all where there are fewer, or it is not known."""
    if guards is None or sum(len(guard.guarded) for guard in guards) > len(edges):
        return edges
    return [clause for guard in guards for clause in guard.guarded if clause in edges]


def satisfied(matcher: ValueMatcher, outcome: Outcome, at_most: int) -> set[ClauseNode] | None:
    """Return the clauses that are satisfied, of those that seldom are; None when that takes too many steps.

    That is, of the clauses that are closed, ranged or compound all, of others some. Inner clauses are among them.
    """
    found: set[ClauseNode] = set()
    for one in outcomes_of(outcome):
        steps = _satisfied_by_one(matcher, one, at_most, found)
        if steps is None:
            return None
        at_most -= steps
    return found


def _satisfied_by_one(matcher: ValueMatcher, outcome: OneOutcome, at_most: int, found: set[ClauseNode]) -> int | None:
    """Add to ``found`` what one value satisfies; return the steps that took, None if too many."""
    hits, _, numbers = outcome
    steps = len(hits)
    if steps > at_most:
        return None
    now = set(hits)
    if numbers and matcher.ranges is not None:
        in_range = matcher.range_hits(numbers, at_most - steps)
        if in_range is None:
            return None
        steps += len(in_range)
        now |= in_range
    if matcher.all_of_count:
        todo = [clause for clause in now if clause.filed]
        for inner in todo:  # grows while it is walked
            steps += len(inner.filed)
            if steps > at_most:
                return None
            for all_of in inner.filed:
                if all_of.accepts(outcome):
                    todo.extend([clause for clause in all_of.clauses if clause.filed and clause not in now])
                    now.update(all_of.clauses)
    found |= now
    return steps


def doubted(outcome: Outcome, at_most: int) -> set[ClauseNode] | None:
    """Return clauses among which are all open and doubtful ones that no value satisfies; None when that is too many.

    Such a clause is not satisfied by the value that blocks least, and so is led to by what that one blocks.
    """
    blocked = min((one[1] for one in outcomes_of(outcome)), key=len)
    if len(blocked) > at_most:
        return None
    found: set[ClauseNode] = set()
    todo = [clause for pattern in blocked for clause in pattern.clauses]
    for clause in todo:  # grows while it is walked
        if clause not in found:
            found.add(clause)
            if len(todo) > at_most:
                return None
            if clause.kind in (OPEN, DOUBTFUL):
                todo.extend([further for all_of in clause.filed for further in all_of.clauses])
    return found
