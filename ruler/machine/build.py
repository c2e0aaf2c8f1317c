"""The machine: adds and removes sub-rules, and answers events.

In: sub-rules (patterns/model.py) under rule ids, and events as dicts. Out: rule ids.
A sub-rule is added by interning its clauses and walking or making one state a clause; it is removed from its final
state upwards, dropping each state, clause, pattern and path that nothing else uses.
Always (``check.py``): a machine after any additions and removals equals one that was never given what was removed.

A machine does no locking: see ``ruler/matcher.py`` for changes while other threads match.
"""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import Any

from ruler.machine.clause import ClauseNode
from ruler.machine.flatten import Joints, Values, flatten, flatten_with_trails
from ruler.machine.name_state import NameState, canonical_order
from ruler.machine.path_trie import PathNode, count_joints, descendant, node_at, prune
from ruler.machine.straight_flatten import WORTHWHILE_AFTER, FlattenFunction, straight_flatten
from ruler.machine.trail_walk import walk_with_trails
from ruler.machine.value_matcher import ValueMatcher
from ruler.machine.walk import depends_on_trails, walk
from ruler.patterns.model import Clause, SubRule

_rule_ids = attrgetter("rule_ids")


class Machine:
    """All rules compiled together."""

    __slots__ = ("_events_until_straight", "_paths_version", "_straight", "final_states", "root", "start")

    engine = "python"

    def __init__(self) -> None:
        self.root = PathNode("", None)
        self.start = NameState(None, None)
        self.final_states: dict[SubRule, NameState] = {}
        # A function written for the paths as they were at a version of them; used while that is the version.
        self._straight: tuple[int, FlattenFunction | None] = (-1, None)
        self._paths_version = 0  # odd while paths are being changed
        self._events_until_straight = WORTHWHILE_AFTER

    # -- matching ------------------------------------------------------------------------------------------

    def match(self, event: dict[str, Any], first_only: bool = False) -> list[int]:
        """Return the ids of the rules that match, ascending; with ``first_only`` those of one state that does.

        Cost: the part of the event that rules use, and what matches.
        """
        paths_version, flatten_event = self._straight
        if flatten_event is None or paths_version != self._paths_version:
            values, joints = self._flatten_plainly(event)
        else:
            values, joints = flatten_event(event)
        if joints is None:
            ends = walk(self.start, values, first_only)
        else:
            ends = self._ends_across(event, values, joints, first_only)
        if not ends:
            return []
        rule_ids = list(ends[0].rule_ids) if len(ends) == 1 else set(chain.from_iterable(map(_rule_ids, ends)))
        return sorted(rule_ids)

    def _ends_across(self, event: dict[str, Any], values: Values, joints: Joints, first_only: bool) -> list[NameState]:
        """Return the final states of an event that has arrays whose elements must be told apart."""
        ends = walk(self.start, values, joints=joints)
        certain = [end for end in ends if not depends_on_trails(end, values, joints)]
        if len(certain) == len(ends) or (certain and first_only):
            return certain
        fields, spelled_twice = flatten_with_trails(self.root, event)
        return walk_with_trails(self.start, fields, spelled_twice, first_only)

    def _flatten_plainly(self, event: dict[str, Any]) -> tuple[Values, Joints | None]:
        """Flatten with the plain function, and once that has been done often enough have a faster one written."""
        self._events_until_straight -= 1
        if self._events_until_straight <= 0 and self._straight[0] != self._paths_version:
            # Tagged with the version before reading the paths: if another thread changes them now, it is never used.
            paths_version = self._paths_version
            self._straight = (paths_version, straight_flatten(self.root))
        return flatten(self.root, event)

    # -- adding and removing -------------------------------------------------------------------------------

    def add(self, sub_rule: SubRule, rule_id: int) -> None:
        """Make events that match ``sub_rule`` answer ``rule_id``. Adding the same pair again changes nothing."""
        state = self.final_states.get(sub_rule)
        if state is None:
            state = self._make_states(sub_rule)
            self.final_states[sub_rule] = state
        state.rule_ids[rule_id] = None

    def remove(self, sub_rule: SubRule, rule_id: int) -> None:
        """Undo ``add``, which must have been called with the same pair."""
        state = self.final_states[sub_rule]
        del state.rule_ids[rule_id]
        if not state.rule_ids:
            del self.final_states[sub_rule]
            state.forget_path_order()
            count_joints(_path_nodes(state), -1)
            self._prune_states(state)

    def _make_states(self, sub_rule: SubRule) -> NameState:
        state = self.start
        for clause in canonical_order([self._clause_node(clause) for clause in sub_rule.clauses]):
            next_state = state.next_state(clause)
            if next_state is None:
                next_state = state.extend(clause)
                clause.edge_count += 1
            state = next_state
        count_joints(_path_nodes(state), +1)
        return state

    def _clause_node(self, clause: Clause) -> ClauseNode:
        path_node = descendant(self.root, clause.path)
        if path_node is None or path_node.value_matcher is None:
            self._paths_version += 1
            path_node = node_at(self.root, clause.path)
            path_node.value_matcher = ValueMatcher(path_node)
            self._paths_changed()
        matcher = path_node.value_matcher
        return matcher.clause_node(clause)

    def _release(self, clause: ClauseNode) -> None:
        """Forget a clause on no edge, and its path when no other clause uses it."""
        matcher = clause.value_matcher
        matcher.release(clause)
        if not matcher.clauses:
            self._paths_version += 1
            matcher.path_node.value_matcher = None
            prune(matcher.path_node)
            self._paths_changed()

    def _paths_changed(self) -> None:
        self._paths_version += 1
        self._events_until_straight = WORTHWHILE_AFTER

    def _prune_states(self, state: NameState) -> None:
        """Drop ``state`` and each state before it that leads nowhere and ends no sub-rule."""
        while state.parent is not None and state.clause is not None and state.is_leaf and not state.rule_ids:
            clause = state.clause
            state.parent.cut(clause)
            clause.edge_count -= 1
            if clause.edge_count == 0:
                self._release(clause)
            state = state.parent


def _path_nodes(final_state: NameState) -> list[PathNode]:
    return [clause.value_matcher.path_node for clause in final_state.clauses()]
