"""Draws a machine as text and counts its parts: for debugging, and for tests that compare machines.

    start
      detail.state ∈ {"running", prefix "pend"}
        detail.total ∈ {> 1000}  → big-order
      detail.user absent  → no-user

One line a state, below the state it is reached from; rules stand behind the arrow. The same rules give the same
text, whatever was added and removed on the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ruler.machine.build import Machine
from ruler.machine.name_state import NameState
from ruler.machine.path_trie import PathNode
from ruler.machine.pattern_texts import PATTERN_NAMES, describe_clause
from ruler.machine.stats import Counts, StateRow
from ruler.machine.value_matcher import ValueMatcher
from ruler.patterns.model import Absent, AnythingBut, NoneOf, NumericRange, Pattern


def counts(machine: Machine, rule_count: int) -> Counts:
    """Count the parts of a machine. Cost: one pass over all of it."""
    matchers = _value_matchers(machine.root)
    patterns: Counter[str] = Counter()
    for matcher in matchers:
        patterns.update(PATTERN_NAMES[type(pattern)] for pattern in _counted(matcher))
        for clause in matcher.clauses.values():
            if clause.guards:
                kinds = set(map(type, clause.clause.patterns))
                patterns.update(PATTERN_NAMES[kind] for kind in (Absent, NoneOf) if kind in kinds)
    return (
        rule_count,
        len(machine.final_states),
        len(states(machine.start)),
        sum(len(matcher.clauses) for matcher in matchers),
        {kind: count for kind, count in sorted(patterns.items()) if count},
        len(matchers),
        None,
    )


def _counted(matcher: ValueMatcher) -> set[Pattern]:
    """Return the patterns that clauses list and those that anything-but excludes, each once."""
    found: set[Pattern] = set()
    for pattern, node in matcher.patterns.items():
        if node.clauses or not isinstance(pattern, NumericRange):  # else a part of an opposite
            found.add(pattern)
        if isinstance(pattern, AnythingBut):
            found |= pattern.excluded
    return found


def describe(rows: Sequence[StateRow], name_of: Callable[[int], Any]) -> str:
    """Return a drawing of the states in ``rows``, the start first; ``name_of`` gives the name of a rule id."""
    children: list[list[tuple[str, int]]] = [[] for _ in rows]
    for index, (parent, clause, _) in enumerate(rows):
        if clause is not None:
            children[parent].append((describe_clause(clause), index))
    lines: list[str] = []
    todo = [(0, "start", 0)]
    while todo:
        depth, label, index = todo.pop()
        names = ", ".join(str(name_of(rule_id)) for rule_id in rows[index][2])
        lines.append("  " * depth + label + (f"  → {names}" if names else ""))
        todo.extend((depth + 1, text, child) for text, child in sorted(children[index], reverse=True))
    return "\n".join(lines)


def state_rows(machine: Machine) -> list[StateRow]:
    """Return a row for the start and for every state behind it, the one before first."""
    found = states(machine.start)
    index_of: dict[NameState | None, int] = {state: index for index, state in enumerate(found)}
    return [
        (index_of.get(state.parent, -1), None if state.clause is None else state.clause.clause, sorted(state.rule_ids))
        for state in found
    ]


def states(start: NameState) -> list[NameState]:
    """Return ``start`` and every state that can be reached from it."""
    found = [start]
    for state in found:  # grows while it is walked
        found.extend(state.children())
    return found


def _value_matchers(root: PathNode) -> list[ValueMatcher]:
    nodes = [root]
    for node in nodes:  # grows while it is walked
        nodes.extend(node.children.values())
    return [node.value_matcher for node in nodes if node.value_matcher is not None]
