"""The drawing of a machine, its counts, and the invariants that ``_check`` proves.

The whole drawing of a machine with every pattern type is kept in describe.txt; RULER_REWRITE=1 in the environment
writes it anew, and the difference is reviewed like code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ruler import MachineError, Matcher
from ruler.machine.build import Machine
from ruler.machine.clause import GUARDED, JUDGED, NOTHING, AllOfNode, ClauseNode, InnerClause, PatternNode
from ruler.machine.engine import PythonEngine
from ruler.machine.inner_clauses import follow_guarded
from ruler.machine.name_state import Edges, NameState
from ruler.machine.path_trie import PathNode, descendant
from ruler.machine.pattern_texts import PATTERN_NAMES
from ruler.machine.value_matcher import ValueMatcher
from ruler.patterns.model import Clause, Exact, Pattern, Prefix

DRAWING = Path(__file__).parent / "describe.txt"

EVERY_PATTERN: dict[Any, dict[str, Any]] = {
    "plain": {"text": ["running", 'quote " \\', "é", ""], "number": [1, -2.5, 9007199254740993, 1e300]},
    "literals": {"flag": [True, False, None, "true"]},
    "prefix": {"text": [{"prefix": "ab"}, {"prefix": ""}, {"prefix": {"equals-ignore-case": "AB"}}]},
    "suffix": {"text": [{"suffix": "yz"}, {"suffix": {"equals-ignore-case": "YZ"}}]},
    "ignoring case": {"text": [{"equals-ignore-case": "STRASSE"}]},
    "wildcards": {"text": [{"wildcard": "a*b"}, {"wildcard": "*x*"}, {"wildcard": "\\**\\\\"}, {"wildcard": "*end"}]},
    "one-sided": {"number": [{"numeric": [">", 0]}, {"numeric": ["<=", 2.5]}]},
    "two-sided": {"number": [{"numeric": [">=", 0, "<", 5]}], "text": ["running"]},
    "equal": {"number": [{"numeric": ["=", 7]}]},
    "addresses": {"address": [{"cidr": "10.1.2.3/8"}, {"cidr": "2001:db8::/32"}, {"cidr": "::ffff:10.0.0.0/104"}]},
    "exists": {"there": [{"exists": True}], "gone": [{"exists": False}]},
    "gone or null": {"gone": [None, {"exists": False}]},
    "anything-but": {"text": [{"anything-but": ["x", "y"]}], "number": [{"anything-but": 5}]},
    "anything-but inner": {
        "text": [
            {"anything-but": {"prefix": ["p", "q"]}},
            {"anything-but": {"suffix": "s"}},
            {"anything-but": {"equals-ignore-case": "E"}},
            {"anything-but": {"wildcard": "*w*"}},
        ]
    },
    "or": {"$or": [{"a": {"b": [1]}}, {"a.c": [2], "text": ["running"]}]},
    "extensions": {
        "text": [
            {"all-of": [{"wildcard": "*net*"}, ["user", {"prefix": "u"}], {"anything-but": "log"}]},
            {"wildcard": {"equals-ignore-case": "*Ab*"}},
            {"regexp": "[a-f]+(x|yz){2}"},
        ],
        "number": [{"anything-but": {"numeric": [">", 5]}}],
    },
    "none of": {"gone": [{"none-of": ["x", {"all-of": [{"prefix": "p"}, {"suffix": "s"}]}]}, {"exists": False}]},
    "both": {"$and": [{"text": ["running"]}, {"text": [{"none-of": ["x"]}]}, {"text": [{"prefix": "r"}]}]},
    "same as plain": {"number": [1.0, -2.5, 9007199254740993, 1e300], "text": ["running", 'quote " \\', "é", ""]},
    ("a", "tuple"): {"odd name\n": {"": ["x"]}},
}


def test_drawing_of_every_pattern_type(engine: str) -> None:
    """The drawing is the recorded one, and is the same whatever the order in which rules were added."""
    drawing = Matcher(EVERY_PATTERN, engine=engine).describe() + "\n"
    if os.environ.get("RULER_REWRITE"):
        DRAWING.write_text(drawing, encoding="utf-8")
    assert DRAWING.read_text(encoding="utf-8") == drawing
    one_by_one = Matcher(EVERY_PATTERN, engine=engine)
    for name in [name for name in EVERY_PATTERN if name != "plain"]:
        one_by_one.remove_rule(name)
    for name in reversed(list(EVERY_PATTERN)):
        if name != "plain":
            one_by_one.add_rule(name, EVERY_PATTERN[name])
    same_order = Matcher({name: EVERY_PATTERN[name] for name in one_by_one}, engine=engine)
    assert same_order.describe() == one_by_one.describe()


def test_every_pattern_type_is_drawn_and_counted(engine: str) -> None:
    """The recorded machine holds each pattern type that there is, and each has a name of its own."""
    stats = Matcher(EVERY_PATTERN, engine=engine).stats()
    assert set(PATTERN_NAMES.values()) == set(stats.patterns)
    assert len(set(PATTERN_NAMES.values())) == len(PATTERN_NAMES)


def test_names_of_one_state_stand_in_the_order_of_answers(engine: str) -> None:
    """Also when a name went and came back: it is the last one then, whatever number the engine gives it."""
    matcher = Matcher({name: {"a": [1]} for name in "pqr"}, engine=engine)
    matcher.remove_rule("p")
    matcher.add_rule("p", {"a": [1]})
    assert matcher.rules_for_event({"a": 1}) == ["q", "r", "p"]
    assert matcher.describe() == "start\n  a ∈ {1}  → q, r, p"


def test_drawing_of_an_empty_machine(engine: str) -> None:
    """Nothing but the start."""
    assert Matcher(engine=engine).describe() == "start"


def test_stats_count_shared_parts_once(engine: str) -> None:
    """Two rules with a common clause: one clause, one pattern; the same sub-rule under two names is one."""
    matcher = Matcher(
        {
            "one": {"a": ["x"], "b": [{"numeric": [">", 1]}]},
            "two": {"a": ["x"], "b": [{"numeric": [">", 2]}, {"exists": False}]},
            "three": {"a": ["x"], "b": [{"numeric": [">", 2.0]}, {"exists": False}]},
            "four": {"$or": [{"a": ["x"]}, {"c.d": [{"anything-but": ["x", "y"]}, {"wildcard": "x*y*"}]}]},
        },
        engine=engine,
    )
    stats = matcher.stats()
    assert stats.rules == 4
    assert stats.sub_rules == 4
    assert stats.states == 5  # start, a, a b, a b, c.d
    assert stats.clauses == 4
    assert stats.paths == 3
    expected = {"absent": 1, "anything-but": 1, "exact": 3, "numeric": 2, "wildcard": 1}
    assert expected == stats.patterns
    for name in list(matcher):
        matcher.remove_rule(name)
    assert Matcher(engine=engine).stats() == matcher.stats()


# ----- invariants: each is broken by hand, and must be named

RULES: dict[str, dict[str, Any]] = {
    "one": {"a": {"x": ["v"], "y": [{"prefix": "p"}]}, "b": [{"numeric": [">", 1]}]},
    "two": {"a": {"x": ["v"], "y": [{"anything-but": ["n", "m"]}]}},
    "three": {"c.d": ["w", {"exists": False}]},
    "four": {"b": [{"wildcard": "*a*b"}]},
    "five": {"c.e": [{"all-of": [{"prefix": "p"}, {"suffix": "s"}]}, {"none-of": ["n"]}]},
}


def node_of(machine: Machine, path: str) -> PathNode:
    node = descendant(machine.root, path)
    assert node is not None
    return node


def matcher_of(machine: Machine, path: str) -> ValueMatcher:
    matcher = node_of(machine, path).value_matcher
    assert matcher is not None
    return matcher


def first_edge(machine: Machine) -> tuple[ClauseNode, NameState]:
    """The clause a.x = "v" and the state behind it."""
    ((clause, state),) = machine.start.edges[matcher_of(machine, "a.x")].closed.items()
    return clause, state


def final_state(machine: Machine, rule_id: int) -> NameState:
    (state,) = [state for state in machine.final_states.values() if rule_id in state.rule_ids]
    return state


def an_edge_miscounted(machine: Machine) -> None:
    first_edge(machine)[0].edge_count += 1


def a_joint_miscounted(machine: Machine) -> None:
    node_of(machine, "a").joint_count += 1


def a_joint_of_the_root_miscounted(machine: Machine) -> None:
    machine.root.joint_count -= 1


def empty_edges_kept(machine: Machine) -> None:
    machine.start.edges[matcher_of(machine, "a.y")] = Edges(0)


def a_clause_not_interned(machine: Machine) -> None:
    clause, _ = first_edge(machine)
    del clause.value_matcher.clauses[clause.clause]


def a_twin_of_a_clause_on_an_edge(machine: Machine) -> None:
    clause, state = first_edge(machine)
    twin = ClauseNode(clause.clause, clause.value_matcher)
    twin.edge_count = 1
    clause.value_matcher.clauses[clause.clause] = twin
    assert state.clause is clause


def an_unused_clause_kept(machine: Machine) -> None:
    matcher_of(machine, "a.x").clause_node(Clause("a.x", frozenset([Exact("other")])))


def a_state_that_leads_nowhere(machine: Machine) -> None:
    state = final_state(machine, 3)
    state.rule_ids.clear()


def a_final_state_forgotten(machine: Machine) -> None:
    del machine.final_states[next(iter(machine.final_states))]


def final_states_swapped(machine: Machine) -> None:
    one, other = list(machine.final_states)[:2]
    states = machine.final_states
    states[one], states[other] = states[other], states[one]


def a_wrong_parent(machine: Machine) -> None:
    final_state(machine, 0).parent = machine.start


def an_edge_in_the_wrong_kind(machine: Machine) -> None:
    edges = machine.start.edges[matcher_of(machine, "a.x")]
    edges.open, edges.closed = edges.closed, edges.open


def two_sets_of_edges_over_one_path(machine: Machine) -> None:
    matcher = matcher_of(machine, "a.x")
    other = Edges(0)
    other.absent = dict(machine.start.edges[matcher].closed)
    machine.start.absent[matcher] = other


def a_shared_depth_misjudged(machine: Machine) -> None:
    machine.start.edges[matcher_of(machine, "a.x")].shared_depth = 7


def open_edges_imagined(machine: Machine) -> None:
    machine.start.edges[matcher_of(machine, "a.x")].takes_any = True


def edges_miscounted(machine: Machine) -> None:
    machine.start.edges[matcher_of(machine, "a.x")].count += 1


def followed_edges_remembered_too_long(machine: Machine) -> None:
    matcher = matcher_of(machine, "c.e")
    edges = machine.start.absent[matcher]
    hits, blocked, _ = matcher.outcome("n")
    matcher.followed.keep((edges, follow_guarded, id(hits), id(blocked)), ([machine.start], hits, blocked))


def split_patterns_miscounted(machine: Machine) -> None:
    matcher_of(machine, "a.x").split_count += 1


def all_ofs_miscounted(machine: Machine) -> None:
    matcher_of(machine, "a.x").all_of_count += 1


def inner_clause(machine: Machine, pattern: Pattern) -> InnerClause:
    """One of {prefix p}, {suffix s} and {n} on path c.e."""
    return matcher_of(machine, "c.e").inner_clauses[frozenset([pattern])]


def all_of_node(machine: Machine) -> AllOfNode:
    (node,) = [each for each in matcher_of(machine, "c.e").patterns.values() if isinstance(each, AllOfNode)]
    return node


def uses_miscounted(machine: Machine) -> None:
    inner_clause(machine, Prefix("p")).use_count += 1


def a_guard_forgotten(machine: Machine) -> None:
    (clause,) = matcher_of(machine, "c.e").clauses.values()
    clause.guards = ()


def a_guard_without_its_clause(machine: Machine) -> None:
    inner_clause(machine, Exact("n")).guarded = ()


def an_all_of_without_a_part(machine: Machine) -> None:
    all_of_node(machine).parts = all_of_node(machine).parts[:1]


def an_all_of_under_a_strange_key(machine: Machine) -> None:
    all_of_node(machine).key = inner_clause(machine, Exact("n"))


def an_all_of_not_filed(machine: Machine) -> None:
    key = all_of_node(machine).key
    assert key is not None
    key.filed = ()


def a_guard_not_interned(machine: Machine) -> None:
    matcher = matcher_of(machine, "c.e")
    del matcher.inner_clauses[frozenset([Exact("n")])]
    matcher.patterns[Exact("n")].clauses = ()
    del matcher.patterns[Exact("n")]
    del matcher.exact["n"]


def an_edge_that_holds_beside_values_forgotten(machine: Machine) -> None:
    edges = machine.start.absent[matcher_of(machine, "c.e")]
    assert edges.rare is not None
    del edges.rare[GUARDED]


def an_empty_set_of_rare_edges_kept(machine: Machine) -> None:
    edges = machine.start.absent[matcher_of(machine, "c.e")]
    assert edges.rare is not None
    edges.rare[JUDGED] = {}


def an_outcome_remembered_too_long(machine: Machine) -> None:
    matcher = matcher_of(machine, "a.y")
    matcher.outcome("pq")
    (value,) = matcher._remembered
    matcher._remembered[value] = NOTHING


def clauses_out_of_order(machine: Machine) -> None:
    """A chain with b before a.x, correct in all but the order."""
    one, two = (next(iter(matcher_of(machine, path).clauses.values())) for path in ("b", "a.x"))
    sub_rule = type(next(iter(machine.final_states)))(frozenset([one.clause, two.clause]))
    state = machine.start
    for clause in (one, two):
        state = state.next_state(clause) or state.extend(clause)
        clause.edge_count += 1
    state.rule_ids[9] = None
    machine.final_states[sub_rule] = state


def names_with_dots_misjudged(machine: Machine) -> None:
    machine.root.dotted_names = ()


def an_unused_path_kept(machine: Machine) -> None:
    machine.root.children["unused"] = PathNode("unused", machine.root)


def an_unused_value_matcher_kept(machine: Machine) -> None:
    node = machine.root.children["unused"] = PathNode("unused", machine.root)
    node.value_matcher = ValueMatcher(node)


def a_pattern_without_its_clause(machine: Machine) -> None:
    matcher_of(machine, "a.x").patterns[Exact("v")].clauses = ()


def a_pattern_without_its_excluder(machine: Machine) -> None:
    matcher_of(machine, "a.y").patterns[Exact("n")].excluders = ()


def an_unused_pattern_kept(machine: Machine) -> None:
    matcher = matcher_of(machine, "a.x")
    matcher.patterns[Prefix("z")] = PatternNode(Prefix("z"))


def a_pattern_missing_from_its_index(machine: Machine) -> None:
    del matcher_of(machine, "a.x").exact["v"]


def a_range_missing_from_its_index(machine: Machine) -> None:
    matcher_of(machine, "b").ranges = None


def a_prefix_missing_from_its_index(machine: Machine) -> None:
    index = next(iter(matcher_of(machine, "a.y")._string_indexes.values()))
    index.remove(Prefix("p"))


BREAKS: dict[Callable[[Machine], None], str] = {
    an_edge_miscounted: "a clause miscounts its edges",
    a_joint_miscounted: "a path miscounts the sub-rules that join below it",
    a_joint_of_the_root_miscounted: "a path miscounts the sub-rules that join below it",
    empty_edges_kept: "a state keeps an empty set of edges",
    a_clause_not_interned: "a clause on an edge is not interned",
    a_twin_of_a_clause_on_an_edge: "a clause on an edge is not interned",
    an_unused_clause_kept: "a clause is kept that is on no edge",
    a_state_that_leads_nowhere: "a state leads nowhere",
    a_final_state_forgotten: "final states and rule ids disagree",
    final_states_swapped: "a final state spells another sub-rule",
    a_wrong_parent: "a state does not know where it is reached from",
    an_edge_in_the_wrong_kind: "an edge is misplaced",
    two_sets_of_edges_over_one_path: "a state has two sets of edges over one path",
    a_shared_depth_misjudged: "edges misjudge what their path shares with the one before",
    open_edges_imagined: "edges misjudge whether any value may do",
    edges_miscounted: "edges that any value may do for are miscounted",
    followed_edges_remembered_too_long: "what is remembered of edges no longer holds",
    split_patterns_miscounted: "split patterns are miscounted",
    all_ofs_miscounted: "all-ofs are miscounted",
    uses_miscounted: "an inner clause miscounts its uses",
    a_guard_forgotten: "a clause misses a guard",
    a_guard_without_its_clause: "a guard misses a clause",
    an_all_of_without_a_part: "an all-of misses a part",
    an_all_of_under_a_strange_key: "an all-of is filed under what is no part",
    an_all_of_not_filed: "an inner clause misses an all-of",
    a_guard_not_interned: "an inner clause in use is not interned",
    an_edge_that_holds_beside_values_forgotten: "an edge that holds beside values is misplaced",
    an_empty_set_of_rare_edges_kept: "a state keeps an empty set of edges",
    an_outcome_remembered_too_long: "an outcome is remembered that no longer holds",
    clauses_out_of_order: "the clauses of a sub-rule are out of order",
    names_with_dots_misjudged: "a path misjudges the names with dots below it",
    an_unused_path_kept: "a path is kept that nothing uses",
    an_unused_value_matcher_kept: "a value matcher is kept that nothing uses",
    a_pattern_without_its_clause: "a pattern misses a clause",
    a_pattern_without_its_excluder: "a pattern misses an excluder",
    an_unused_pattern_kept: "patterns and clauses disagree",
    a_pattern_missing_from_its_index: "indexes and patterns disagree",
    a_range_missing_from_its_index: "indexes and patterns disagree",
    a_prefix_missing_from_its_index: "indexes and patterns disagree",
}


@pytest.mark.parametrize(("break_it", "what"), BREAKS.items(), ids=[each.__name__ for each in BREAKS])
def test_check_names_the_invariant_that_is_broken(break_it: Callable[[Machine], None], what: str) -> None:
    """A machine is sound, one thing is changed by hand, and ``_check`` says which invariant that breaks."""
    matcher = Matcher(RULES, engine="python")
    assert isinstance(matcher._engine, PythonEngine)
    matcher._check()
    break_it(matcher._engine._machine)
    with pytest.raises(MachineError) as caught:
        matcher._check()
    assert what in str(caught.value)


def test_every_invariant_is_broken_once() -> None:
    """Each text in the checker belongs to a way of breaking it that is tried here."""
    source = (Path(__file__).parent.parent / "ruler" / "machine" / "check.py").read_text(encoding="utf-8")
    claims = [line.rsplit('"', 2)[1] for line in source.splitlines() if "_require(" in line and '"' in line]
    assert len(claims) > 10
    assert set(claims) <= set(BREAKS.values())
