"""Asserts every invariant of a machine. For tests: it goes through everything and is slow."""

from __future__ import annotations

from collections import Counter

from ruler.errors import MachineError
from ruler.machine.build import Machine
from ruler.machine.clause import EVERY_VALUE, AllOfNode, ClauseNode, InnerClause, guard_kind, watched_patterns
from ruler.machine.describe import states
from ruler.machine.name_state import NameState, canonical_order
from ruler.machine.path_trie import PathNode, dotted_names, shared_depth
from ruler.machine.value_matcher import ValueMatcher
from ruler.patterns.model import Absent, AllOf, AnythingBut, NoneOf


def check(machine: Machine) -> None:
    """Raise MachineError that names the first broken invariant; return None when all hold."""
    all_states = states(machine.start)
    _check_states(machine, all_states)
    _check_clauses(all_states)
    _check_paths(machine, all_states)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise MachineError(what)


def _check_states(machine: Machine, all_states: list[NameState]) -> None:
    for state in all_states:
        _require(state is machine.start or not state.is_leaf or bool(state.rule_ids), "a state leads nowhere")
        for edges in (*state.edges.values(), *state.absent.values()):
            _require(edges.rare is None or all(edges.rare.values()), "a state keeps an empty set of edges")
        for edges in state.edges.values():
            _require(edges.accept_values(), "a state keeps an empty set of edges")
        for matcher, edges in state.absent.items():
            _require(bool(edges.absent), "a state keeps an empty set of edges")
            _require(state.edges.get(matcher, edges) is edges, "a state has two sets of edges over one path")
        for matcher, edges in (*state.edges.items(), *state.absent.items()):
            shared = (
                0 if state.clause is None else shared_depth(state.clause.value_matcher.path_node, matcher.path_node)
            )
            _require(edges.shared_depth == shared, "edges misjudge what their path shares with the one before")
        for child in state.children():
            _require(child.parent is state, "a state does not know where it is reached from")
            _require(child.clause is not None and state.next_state(child.clause) is child, "an edge is misplaced")
            assert child.clause is not None
            kind = guard_kind(child.clause)
            kept = None if kind is None else state.absent[child.clause.value_matcher].of_kind(kind).get(child.clause)
            _require(kind is None or kept is child, "an edge that holds beside values is misplaced")
        for edges in (*state.edges.values(), *state.absent.values()):
            takes_any = [edges.open, edges.split, *(edges.rare or {}).values()]
            _require(edges.takes_any == any(takes_any), "edges misjudge whether any value may do")
            _require(edges.count == sum(map(len, takes_any)), "edges that any value may do for are miscounted")
    final = {state for state in all_states if state.rule_ids}
    _require(set(machine.final_states.values()) == final, "final states and rule ids disagree")
    for sub_rule, state in machine.final_states.items():
        clauses = state.clauses()
        _require({node.clause for node in clauses} == sub_rule.clauses, "a final state spells another sub-rule")
        _require(canonical_order(clauses) == clauses, "the clauses of a sub-rule are out of order")


def _check_clauses(all_states: list[NameState]) -> None:
    edge_counts = Counter(state.clause for state in all_states if state.clause is not None)
    for clause, count in edge_counts.items():
        _require(clause.edge_count == count, "a clause miscounts its edges")
        _require(clause.value_matcher.clauses.get(clause.clause) is clause, "a clause on an edge is not interned")


def _check_paths(machine: Machine, all_states: list[NameState]) -> None:
    joints: Counter[PathNode] = Counter()
    for state in machine.final_states.values():
        below: Counter[PathNode] = Counter()
        for clause in state.clauses():
            node: PathNode | None = clause.value_matcher.path_node
            while node is not None:
                below[node] += 1
                node = node.parent
        joints.update(node for node, count in below.items() if count > 1)
    used = {state.clause for state in all_states if state.clause is not None}
    nodes = [machine.root]
    for node in nodes:  # grows while it is walked
        nodes.extend(node.children.values())
        _require(node.joint_count == joints[node], "a path miscounts the sub-rules that join below it")
        _require(node.dotted_names == dotted_names(node), "a path misjudges the names with dots below it")
        if node.value_matcher is None:
            _require(node is machine.root or bool(node.children), "a path is kept that nothing uses")
        else:
            _check_value_matcher(node.value_matcher, used)


def _check_value_matcher(matcher: ValueMatcher, used: set[ClauseNode]) -> None:
    _require(bool(matcher.clauses), "a value matcher is kept that nothing uses")
    clauses_of: dict[object, set[ClauseNode]] = {}
    excluders_of: dict[object, set[object]] = {}
    for node in (*matcher.clauses.values(), *matcher.inner_clauses.values()):
        _require(isinstance(node, InnerClause) or node in used, "a clause is kept that is on no edge")
        for pattern in node.clause.patterns:
            if not isinstance(pattern, Absent | NoneOf):
                clauses_of.setdefault(pattern, set()).add(node)
            if isinstance(pattern, AnythingBut):
                for watched in watched_patterns(pattern):
                    excluders_of.setdefault(watched, set()).add(matcher.patterns.get(pattern))
    _require(set(matcher.patterns) == clauses_of.keys() | excluders_of.keys(), "patterns and clauses disagree")
    for pattern, pattern_node in matcher.patterns.items():
        _require(set(pattern_node.clauses) == clauses_of.get(pattern, set()), "a pattern misses a clause")
        _require(set(pattern_node.excluders) == excluders_of.get(pattern, set()), "a pattern misses an excluder")
    _check_inner_clauses(matcher)
    matcher.check_indexes()
    _require(all(matcher.followed.still_hold(matcher)), "what is remembered of edges no longer holds")


def _check_inner_clauses(matcher: ValueMatcher) -> None:
    uses: Counter[ClauseNode] = Counter()
    guarded: dict[ClauseNode, set[ClauseNode]] = {}
    filed: dict[ClauseNode, set[AllOfNode]] = {}
    for node in (*matcher.clauses.values(), *matcher.inner_clauses.values()):
        excluded = {pattern.excluded for pattern in node.clause.patterns if isinstance(pattern, NoneOf)}
        guards = [guard for guard in node.guards if guard is not EVERY_VALUE]
        _require({guard.clause.patterns for guard in guards} == excluded, "a clause misses a guard")
        uses.update(guards)
        for guard in guards:
            guarded.setdefault(guard, set()).add(node)
    for pattern, all_of in matcher.patterns.items():
        if isinstance(pattern, AllOf) and isinstance(all_of, AllOfNode):
            _require({part.clause.patterns for part in all_of.parts} == pattern.parts, "an all-of misses a part")
            _require(all_of.key is None or all_of.key in all_of.parts, "an all-of is filed under what is no part")
            uses.update(all_of.parts)
            for part in all_of.filed_under():
                filed.setdefault(part, set()).add(all_of)
    for inner in matcher.inner_clauses.values():
        _require(inner.use_count == uses[inner] > 0, "an inner clause miscounts its uses")
        _require(set(inner.guarded) == guarded.get(inner, set()), "a guard misses a clause")
        _require(set(inner.filed) == filed.get(inner, set()), "an inner clause misses an all-of")
    _require(set(uses) <= set(matcher.inner_clauses.values()), "an inner clause in use is not interned")
