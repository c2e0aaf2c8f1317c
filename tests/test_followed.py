"""What the Python engine remembers of a state's many edges: no answer that has ceased to hold, and never too much."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from test_cost import steps
from test_threads import read_while

from ruler import Matcher
from ruler.machine.engine import PythonEngine
from ruler.machine.followed import _MOST_WEIGHT, MANY_EDGES
from ruler.machine.path_trie import descendant
from ruler.machine.value_matcher import ValueMatcher

RULE_COUNT = 3 * MANY_EDGES

# Rules of many numbers, all of which exclude values that begin with n; # stands for the number.
EXCLUDING: dict[str, Any] = {
    "none-of": [{"none-of": [{"prefix": "n"}, "m#"]}],
    "anything-but": [{"anything-but": {"wildcard": ["n*", "m#*"]}}],
    "all-of": [{"all-of": [[{"anything-but": {"prefix": "n"}}, "p"], [{"anything-but": {"prefix": ["n", "m#"]}}]]}],
    "value or none-of": ["v#", {"none-of": [{"prefix": "n"}, {"suffix": "m#"}]}],
}
EVENTS = ['{"a":"nv"}', '{"a":"nw"}', '{"a":["nv","nw"]}', '{"a":[["nv"],["nw"]]}', '{"a":"m7"}', '{"a":null}', "{}"]


def rules_of(kind: str) -> dict[Any, dict[str, Any]]:
    return {i: {"a": json.loads(json.dumps(EXCLUDING[kind]).replace("#", str(i)))} for i in range(RULE_COUNT)}


def matcher_of_path(matcher: Matcher[Any], path: str) -> ValueMatcher:
    assert isinstance(matcher._engine, PythonEngine)
    node = descendant(matcher._engine._machine.root, path)
    assert node is not None
    assert node.value_matcher is not None
    return node.value_matcher


@pytest.mark.parametrize("kind", EXCLUDING)
def test_answers_follow_each_change(kind: str) -> None:
    """Before a rule comes, while it is there and once it is gone, and so twice: as a matcher that never matched."""
    rules = rules_of(kind)
    matcher: Matcher[Any] = Matcher(rules, engine="python")
    passing: list[tuple[str, dict[str, Any]]] = [
        ("x", {"a": [{"none-of": [{"suffix": "w"}]}]}),
        ("y", {"a": [{"anything-but": {"suffix": "v"}}]}),
        ("z", {"a": [{"all-of": [{"prefix": "n"}, {"anything-but": "nv"}]}], "b": [{"exists": False}]}),
    ]

    def agree() -> None:
        expected = Matcher(
            {name: rule for name, rule in [*rules.items(), *passing] if name in matcher}, engine="python"
        )
        for event in EVENTS * 2:
            assert set(expected.rules_for_event(event)) == set(matcher.rules_for_event(event))
        matcher._check()

    agree()
    assert matcher_of_path(matcher, "a").followed.answers  # else nothing is shown here
    for name, rule in passing * 2:
        matcher.add_rule(name, rule)
        agree()
        matcher.remove_rule(name)
        agree()
    matcher.remove_rule(7)
    agree()


def test_a_change_is_seen_by_the_next_match_of_any_thread() -> None:
    """A rule that is in force is found, and one that is not is not, while threads remember answers all the time."""
    matcher: Matcher[Any] = Matcher(rules_of("none-of"), engine="python")
    rule = {"a": [{"none-of": [{"suffix": "w"}]}]}
    lock = threading.Lock()

    def read() -> None:
        for event in EVENTS:
            matcher.rules_for_event(event)

    def edit(step: int) -> None:
        with lock:
            matcher.add_rule("x", rule)
            for _ in range(2):
                assert matcher.rules_for_event('{"a":"nv"}') == ["x"]
                assert matcher.rules_for_event('{"a":"nw"}') == []
            matcher.remove_rule("x")
            assert matcher.rules_for_event('{"a":"nv"}') == []

    read_while(edit, read, edit_count=60)
    matcher._check()


def test_what_is_remembered_is_bounded() -> None:
    """However many values there are that each hit something else, in one value or in several."""
    rules = rules_of("none-of") | {f"p{i}": {"a": [{"prefix": f"n{i}-"}], "b": [1]} for i in range(2000)}
    rules |= {f"s{i}": {"a": [{"suffix": f"-{i}"}], "b": [1]} for i in range(40)}
    matcher: Matcher[Any] = Matcher(rules, engine="python")
    followed_before = matcher_of_path(matcher, "a").followed
    for i in range(2000):
        matcher.rules_for_event({"a": f"n{i}-{i % 40}"})
        matcher.rules_for_event({"a": [f"n{i}-{i % 40}", f"n{i}-", "m7", "m8"]})
        followed = matcher_of_path(matcher, "a").followed
        assert followed.weight <= _MOST_WEIGHT
        assert 16 * len(followed.answers) <= followed.weight
    assert followed is followed_before
    assert len(matcher_of_path(matcher, "a")._combinations) <= 512


def test_values_that_never_recur_cost_hardly_more() -> None:
    """Each value hits a pattern of its own: remembering it costs little beside finding out, and is no use."""
    own = {f"p{i}": {"a": [{"anything-but": {"prefix": ["n", f"n{i}-"]}}]} for i in range(RULE_COUNT)}
    matcher: Matcher[Any] = Matcher(own, engine="python")
    for _ in range(120):
        matcher.rules_for_event({"a": "z"})
    recurring = [steps(matcher, json.dumps({"a": f"n{i}-x"}))[0] for i in range(50)]
    few: Matcher[Any] = Matcher({name: own[name] for name in list(own)[:MANY_EDGES]}, engine="python")
    for _ in range(120):
        few.rules_for_event({"a": "z"})
    plain = [steps(few, json.dumps({"a": f"n{i}-x"}))[0] for i in range(50)]  # remembers nothing
    assert min(plain) > 1000  # each goes through all edges
    assert max(recurring) <= 1.3 * RULE_COUNT / MANY_EDGES * max(plain)


def test_sets_without_such_edges_remember_nothing() -> None:
    """Neither few edges nor closed ones are worth it."""
    rules: dict[Any, Any] = {i: {"a": [f"v{i}", {"prefix": f"w{i}-"}]} for i in range(RULE_COUNT)}
    rules |= {f"n{i}": {"a": [{"anything-but": ["x", f"y{i}"]}]} for i in range(10)}
    matcher: Matcher[Any] = Matcher(rules, engine="python")
    for event in ('{"a":"v5"}', '{"a":"x"}', '{"a":["w5-","v7"]}'):
        matcher.rules_for_event(event)
    assert not matcher_of_path(matcher, "a").followed.answers
    assert not matcher_of_path(matcher, "a")._combinations
