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

from collections.abc import Collection, Iterable
from typing import Any

from ruler.machine.clause import ABSENCE, NOTHING, ClauseNode, Outcome
from ruler.machine.flatten import Joints, Values
from ruler.machine.followed import MANY_EDGES, follow_many
from ruler.machine.inner_clauses import follow_guarded, follow_rare
from ruler.machine.name_state import Edges, NameState
from ruler.machine.path_trie import PathNode
from ruler.machine.value_matcher import ValueMatcher

# So few ranged edges are judged one by one, without listing the ranges that contain a number.
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
                    if outcome is not NOTHING or edges_of[matcher].takes_any:
                        _follow(matcher, edges_of[matcher], outcome, todo)
        if state.absent:
            for matcher, edges in state.absent.items():
                if matcher not in values:
                    todo.extend(edges.absent.values())
                elif joints is not None and not joints.isdisjoint(matcher.path_node.line()):
                    outcome = values[matcher]
                    is_judged = outcome.__class__ is tuple  # then a clause that accepts the values was followed above
                    for clause, next_state in edges.absent.items():
                        if not (is_judged and clause.accepts(outcome)):
                            todo.append(next_state)
                elif edges.rare is not None:
                    if edges.count > MANY_EDGES:
                        follow_many(matcher, edges, outcome_at(matcher, values), todo, follow_guarded)
                    else:
                        follow_guarded(matcher, edges, outcome_at(matcher, values), todo)
    return ends


def outcome_at(matcher: ValueMatcher, values: Values) -> Outcome:
    """Return the outcome of a path that has values, in whose place it is put."""
    outcome: Any = values[matcher]
    kind = outcome.__class__
    if kind is not tuple:
        outcome = matcher.outcome_of_all(outcome) if kind is list else matcher.outcome(outcome)
        values[matcher] = outcome
    return outcome  # type: ignore[no-any-return]


def depends_on_trails(end: NameState, values: Values, joints: Joints) -> bool:
    """Return whether trails can still decide against the sub-rule that ends at ``end``."""
    passed: set[PathNode] = set()  # joints that a clause before lies at or below
    for clause in end.clauses():
        if clause.value_matcher not in values:
            continue  # it holds without a value, so it clashes with none
        here = joints.intersection(clause.value_matcher.path_node.line())
        if here and clause.guards:
            if clause.guards == ABSENCE or not clause.holds_without_value(outcome_at(clause.value_matcher, values)):
                return True
            continue  # no guard is satisfied anywhere, so it holds, and without a value
        if not passed.isdisjoint(here):
            return True
        passed |= here
    return False


def _follow(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each edge whose clause is satisfied, each once."""
    if outcome[0] and edges.closed:
        _follow_hits(edges.closed, outcome[0], todo)
    if edges.ranged:
        follow_ranged(matcher, edges.ranged, outcome, todo)
    if edges.takes_any:
        if edges.count > MANY_EDGES:
            follow_many(matcher, edges, outcome, todo, follow_any)
        else:
            follow_any(matcher, edges, outcome, todo)


def follow_any(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each open, split or rare edge whose clause is satisfied, each once."""
    _follow_open(edges.open, outcome, todo)
    if edges.split:
        _follow_split(matcher, edges.split, outcome, todo)
    if edges.rare is not None:
        follow_rare(matcher, edges.rare, outcome, todo)


def _follow_hits(edges: dict[ClauseNode, NameState], hits: Collection[ClauseNode], todo: list[NameState]) -> None:
    if len(edges) < len(hits):
        todo.extend([edges[clause] for clause in edges if clause in hits])
    else:
        todo.extend([edges[clause] for clause in hits if clause in edges])


def follow_ranged(
    matcher: ValueMatcher, ranged: dict[ClauseNode, NameState], outcome: Outcome, todo: list[NameState]
) -> None:
    """Append to ``todo`` the state behind each ranged edge whose clause is satisfied, each once."""
    hits, numbers = outcome[0], outcome[2]
    if numbers is None:
        _follow_hits(ranged, hits, todo)
        return
    if len(ranged) <= FEW_RANGES and len(numbers) == 1 and not hits:  # the common case, without a call for each edge
        key = (numbers[0], 1)
        for clause, state in ranged.items():
            for low, high in clause.ranges:
                if low < key <= high:
                    todo.append(state)
                    break
        return
    in_range = None if len(ranged) <= FEW_RANGES else matcher.range_hits(numbers, at_most=len(ranged))
    if in_range is None:
        todo.extend([state for clause, state in ranged.items() if clause in hits or clause.contains_any(numbers)])
    else:
        todo.extend([ranged[clause] for clause in in_range.union(hits) if clause in ranged])


def _follow_split(
    matcher: ValueMatcher, split: dict[ClauseNode, NameState], outcome: Outcome, todo: list[NameState]
) -> None:
    """Append to ``todo`` the state behind each split edge whose clause is satisfied, each once."""
    if outcome[2].__class__ is list:
        follow_ranged(matcher, split, outcome, todo)
    else:  # some value is no number
        _follow_open(split, outcome, todo)


def _follow_open(opened: dict[ClauseNode, NameState], outcome: Outcome, todo: list[NameState]) -> None:
    """Append to ``todo`` the state behind each open edge whose clause is satisfied, each once."""
    blocked = outcome[1]
    if not blocked:
        todo.extend(opened.values())
        return
    # Only clauses of blocked patterns can fail: go through those, or through the edges if they are fewer.
    doubtful: Iterable[ClauseNode] = opened
    if len(blocked) < len(opened) and sum(len(pattern.clauses) for pattern in blocked) < len(opened):
        doubtful = [clause for pattern in blocked for clause in pattern.clauses if clause in opened]
    failing = {clause for clause in doubtful if not clause.accepts(outcome)}
    todo.extend([state for clause, state in opened.items() if clause not in failing])
