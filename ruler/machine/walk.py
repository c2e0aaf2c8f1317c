"""One event's trip through the name states, with array trails left aside.

In: the start state and the values of the used paths (flatten.py). Out: the final states whose sub-rules match, or
would if all values were consistent.

Each path's value matcher runs once, and only when a state that the walk reaches asks for that path. At each
state the smaller side is gone through: the state's paths or the event's, its edges or the satisfied clauses.
A walk only reads the machine.

Where the event has *joints*, arrays whose elements must be told apart, what is found may be too much, never too
little. ``depends_on_trails`` tells which final states are certain all the same; only the others are worth a walk
with trails (trail_walk.py), and most events have none.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.machine.flatten import Joints, Values
from ruler.machine.name_state import Edges, NameState
from ruler.machine.path_trie import PathNode
from ruler.machine.value_matcher import NOTHING, Outcome, ValueMatcher

# So few ranged edges are judged one by one, without asking how many ranges contain the number.
FEW_RANGES = 16


def walk(start: NameState, values: Values, first_only: bool = False, joints: Joints | None = None) -> list[NameState]:
    """Return the final states reached, in no promised order; with ``first_only`` at most one.

    Below ``joints``, ``exists: false`` is taken to hold although there are values: a match may not reach them.
    Uses ``values`` up: a value gives way to its outcome, a tuple, when its path is first asked for.
    """
    ends: list[NameState] = []
    todo = [start]
    for state in todo:  # grows while it is walked
        if state.rule_ids:
            ends.append(state)
            if first_only:
                return ends
        edges_of = state.edges
        if edges_of:
            matchers: Iterable[ValueMatcher] = edges_of
            if len(edges_of) > len(values):
                matchers = [matcher for matcher in values if matcher in edges_of]
            for matcher in matchers:
                if matcher in values:
                    outcome = values[matcher]
                    kind = outcome.__class__
                    if kind is not tuple:
                        outcome = matcher.outcome_of_all(outcome) if kind is list else matcher.outcome(outcome)
                        values[matcher] = outcome
                    if outcome is not NOTHING or edges_of[matcher].open:
                        _follow(matcher, edges_of[matcher], outcome, todo)
        if state.absent:
            _follow_absent(state, values, joints, todo)
    return ends


def depends_on_trails(end: NameState, values: Values, joints: Joints) -> bool:
    """Return whether trails can still decide against the sub-rule that ends at ``end``."""
    passed: set[PathNode] = set()  # joints that a clause before lies at or below
    for clause in end.clauses():
        here = joints.intersection(clause.value_matcher.path_node.line())
        if not passed.isdisjoint(here) or (here and clause.holds_when_absent and clause.value_matcher in values):
            return True
        passed |= here
    return False


def _follow_absent(state: NameState, values: Values, joints: Joints | None, todo: list[NameState]) -> None:
    absent = state.absent
    todo.extend([absent[clause] for clause in absent if clause.value_matcher not in values])
    if joints is not None:
        reached = set(todo)  # a clause that accepts values too may have led to its state just now
        for clause, next_state in absent.items():
            matcher = clause.value_matcher
            if matcher in values and next_state not in reached and not joints.isdisjoint(matcher.path_node.line()):
                todo.append(next_state)


def _follow(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each edge whose clause is satisfied, each once."""
    hits = outcome[0]
    closed = edges.closed
    if hits and closed:
        if len(closed) < len(hits):
            todo.extend([closed[clause] for clause in closed if clause in hits])
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
        todo.extend([state for clause, state in ranged.items() if clause in hits or clause.contains_any(numbers)])
    else:
        all_hits = matcher.range_hits(numbers).union(hits)
        todo.extend([ranged[clause] for clause in all_hits if clause in ranged])


def one_by_one(matcher: ValueMatcher, edges: Edges, numbers: list[int | float]) -> bool:
    """Return whether judging each ranged edge beats listing every range that contains one of ``numbers``."""
    ranges = matcher.ranges
    count = len(edges.ranged)
    return count <= FEW_RANGES or ranges is None or count <= sum(map(ranges.one_sided_count, numbers))


def _follow_open(edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    _, blocked, _ = outcome
    if not blocked:
        todo.extend(edges.open.values())
    else:
        # Only clauses of blocked patterns can fail, so few blocked patterns leave most edges unjudged.
        failing = {
            clause
            for pattern in blocked
            for clause in pattern.clauses
            if clause in edges.open and not clause.accepts(outcome)
        }
        todo.extend([state for clause, state in edges.open.items() if clause not in failing])
