"""One event's trip through the name states, when array trails cannot matter.

In: the start state and the values of the used paths (flatten.py). Out: the ids of the rules that match.

Each path's value matcher runs once, and only when a state that the walk reaches asks for that path. At each
state the smaller side is gone through: the state's paths or the event's, its edges or the satisfied clauses.
A walk only reads the machine.
"""

from __future__ import annotations

from ruler.machine.flatten import Values
from ruler.machine.name_state import Edges, NameState
from ruler.machine.value_matcher import Outcome, ValueMatcher

# So few ranged edges are judged one by one, without asking how many ranges contain the number.
FEW_RANGES = 16


def walk(start: NameState, values: Values, first_only: bool) -> list[int]:
    """Return the rule ids found, possibly repeated, in no promised order; with ``first_only`` those of one state."""
    outcomes: dict[ValueMatcher, Outcome] = {}
    rule_ids: list[int] = []
    todo = [start]
    while todo:
        state = todo.pop()
        if state.rule_ids:
            rule_ids.extend(state.rule_ids)
            if first_only:
                return rule_ids
        if state.edges:
            by_path = state.edges
            if len(by_path) <= len(values):
                matchers = [matcher for matcher in by_path if matcher in values]
            else:
                matchers = [matcher for matcher in values if matcher in by_path]
            for matcher in matchers:
                outcome = outcomes.get(matcher)
                if outcome is None:
                    value = values[matcher]
                    if value.__class__ is list:
                        outcome = matcher.outcome_of_all(value)
                    else:
                        outcome = matcher.outcome(value)
                    outcomes[matcher] = outcome
                follow(matcher, by_path[matcher], outcome, todo)
        if state.absent:
            for clause, next_state in state.absent.items():
                if clause.value_matcher not in values:
                    todo.append(next_state)
    return rule_ids


def follow(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each edge whose clause is satisfied, each once."""
    hits = outcome.hits
    closed = edges.closed
    if closed and hits:
        if len(closed) < len(hits):
            todo.extend([state for clause, state in closed.items() if clause in hits])
        else:
            todo.extend([closed[clause] for clause in hits if clause in closed])
    if edges.ranged:
        _follow_ranged(matcher, edges, outcome, todo)
    if edges.open:
        _follow_open(edges, outcome, todo)


def _follow_ranged(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    ranged = edges.ranged
    hits, _, numbers = outcome
    if numbers is None:
        todo.extend([ranged[clause] for clause in hits if clause in ranged])
    elif one_by_one(matcher, edges, numbers):
        todo.extend(
            [state for clause, state in ranged.items() if clause in hits or clause.contains_any(numbers)]
        )
    else:
        all_hits = matcher.range_hits(numbers).union(hits)
        todo.extend([ranged[clause] for clause in all_hits if clause in ranged])


def one_by_one(matcher: ValueMatcher, edges: Edges, numbers: list[int | float]) -> bool:
    """Return whether judging each ranged edge beats listing every range that contains one of ``numbers``."""
    ranges = matcher.ranges
    count = len(edges.ranged)
    return count <= FEW_RANGES or ranges is None or count <= sum(map(ranges.one_sided_count, numbers))


def _follow_open(edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    if not outcome.blocked:
        todo.extend(edges.open.values())
    else:
        # Only clauses of blocked patterns can fail, so few blocked patterns leave most edges unjudged.
        failing = {
            clause
            for pattern in outcome.blocked
            for clause in pattern.clauses
            if clause in edges.open and not clause.accepts(outcome)
        }
        todo.extend([state for clause, state in edges.open.items() if clause not in failing])
