"""A located rule is the rule the compiler makes, each part with its place; patterns accept what the machine says."""

from __future__ import annotations

import json
from typing import Any

import strategies
from hypothesis import given
from hypothesis import strategies as st

from ruler import Matcher
from ruler.machine.decode import decode
from ruler.patterns.acceptance import accepts
from ruler.patterns.compiler import compile_rule
from ruler.patterns.located import locate_rule


@given(strategies.rules)
def test_located_sub_rules_are_those_of_the_compiler(text: str) -> None:
    """The same sub-rules in the same order, and each part's place leads to it."""
    located = locate_rule(text)
    assert compile_rule(text).sub_rules == tuple(each.sub_rule for each in located.sub_rules)
    for sub_rule in located.sub_rules:
        paths = [clause.path for clause in sub_rule.clauses]
        assert sorted(set(paths)) == paths
        for clause in sub_rule.clauses:
            for index, alternative in enumerate(clause.alternatives):
                assert (*clause.location, index) == alternative.location
                assert clause.node.value[index] is alternative.node


def test_branches_and_overwritten_clauses_have_their_places() -> None:
    """Nested branches are named from outside in, and a later clause is known to hide an earlier one."""
    text = '{"a": [1], "$or": [{"a": [2]}, {"$or": [{"b": [3]}, {"c": [4]}]}], "a": [5]}'
    rule = locate_rule(text)
    assert [sub_rule.branches for sub_rule in rule.sub_rules] == [
        (("$or", 0),),
        (("$or", 1), ("$or", 1, "$or", 0)),
        (("$or", 1), ("$or", 1, "$or", 1)),
    ]
    hidden = [(each.path, rule.text(each.earlier), rule.text(each.later)) for each in rule.overwritten]
    assert sorted(hidden) == [("a", "[1]", "[2]"), ("a", "[1]", "[5]"), ("a", "[2]", "[5]")]


@given(strategies.leaves.map(strategies.text_of), strategies.scalars.map(str))
def test_accepting_one_by_one_is_what_the_machine_does(clause: str, value: str) -> None:
    """Each alternative alone accepts a value exactly when a rule with that alternative matches it."""
    [sub_rule] = locate_rule(f'{{"a": {clause}}}').sub_rules
    event = f'{{"a": {value}}}'
    decoded: Any = decode(event)["a"]
    for alternative in sub_rule.clauses[0].alternatives:
        text = clause_of(alternative.node.start, alternative.node.end, clause)
        assert accepts(alternative.pattern, decoded) == Matcher({"r": f'{{"a": [{text}]}}'}).matches_any(event)


def clause_of(start: int, end: int, clause: str) -> str:
    """The text of an alternative: offsets count from the beginning of the rule."""
    before = len('{"a": ')
    return clause[start - before : end - before]


@given(st.lists(st.text(alphabet="ab", max_size=3), min_size=1, max_size=4), st.text(alphabet="ab", max_size=8))
def test_wildcards_accept_what_the_machine_does(pieces: list[str], value: str) -> None:
    """Also where pieces overlap: ``a*a`` does not accept "a"."""
    wildcard = "*".join(pieces)
    if "**" in wildcard:
        return
    [sub_rule] = locate_rule({"a": [{"wildcard": wildcard}]}).sub_rules
    pattern = sub_rule.clauses[0].alternatives[0].pattern
    matcher = Matcher({"r": {"a": [{"wildcard": wildcard}]}})
    assert accepts(pattern, value) == matcher.matches_any(json.dumps({"a": value}))
