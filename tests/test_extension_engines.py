"""Both engines over what is hard about all-of, none-of and several clauses on one path: depth, length, and limits.

What the extensions mean is held to the oracle elsewhere (test_conformance.py, test_extensions.py).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import require_native

from ruler import EventError, Matcher


@pytest.fixture(autouse=True)
def both_engines() -> None:
    """Nothing to compare without the extension: skipped, or with RULER_REQUIRE_NATIVE=1 failed."""
    require_native()


def answers(rules: list[Any], event: Any) -> list[Any]:
    """What each engine answers, an EventError as its text; the machines are checked, and drawn alike."""
    text = json.dumps(event)
    found: list[Any] = []
    drawn = []
    for engine in ("native", "python"):
        matcher: Matcher[int] = Matcher(engine=engine)
        matcher.add_rules({number: json.dumps(rule) for number, rule in enumerate(rules)})
        matcher._check()
        drawn.append(matcher.describe())
        try:
            found.append(sorted(matcher.rules_for_event(text)))
        except EventError as error:
            found.append(str(error))
        for number in range(len(rules)):
            matcher.remove_rule(number)
        matcher._check()
    assert drawn[0] == drawn[1]
    return found


def nested(levels: int, own: str) -> Any:
    """An all-of so deep, of which each level asks for the same and something else."""
    inner: Any = {"suffix": own}
    for level in range(levels):
        inner = {"all-of": [[inner, f"no-{level}"], {"prefix": "a"}, {"anything-but": f"b{level}"}]}
    return inner


def test_the_deepest_all_of_is_judged_alike() -> None:
    """Thirty-one levels, shared by rules of which one ends otherwise, in all-of and in none-of."""
    rules = [{"t": [nested(31, own)]} for own in ("x", "y")] + [{"t": [{"none-of": [nested(31, "x")]}]}]
    assert answers(rules, {"t": "a-x"}) == [[0], [0]]
    assert answers(rules, {"t": "a-y"}) == [[1, 2], [1, 2]]
    assert answers(rules, {"t": ["b3", "no-30", "a"]}) == [[2], [2]]


def test_one_value_of_a_long_array_must_satisfy_all() -> None:
    """Ten thousand values that each lack something, and one more that lacks nothing."""
    rule = {"t": [{"all-of": [{"prefix": "a"}, {"suffix": "z"}, {"anything-but": "a-z"}]}]}
    numbers = {"n": [{"all-of": [{"numeric": [">", 3]}, {"anything-but": 5}, {"anything-but": {"numeric": [">", 6]}}]}]}
    texts: list[Any] = [f"a{number}" for number in range(5000)] + [f"{number}z" for number in range(5000)] + ["a-z"]
    event = {"t": texts, "n": [1, 2, 3, 5, *range(7, 10_000)]}
    assert answers([rule, numbers], event) == [[], []]
    assert answers([rule, numbers], {"t": [*texts, "a--z"], "n": [*event["n"], 4]}) == [[0, 1], [0, 1]]


def test_many_clauses_of_one_path_each_choose_a_value() -> None:
    """As many as a sub-rule may have, over arrays that hold all values, and all but one."""
    rule = {"$and": [{"t": [f"v{number}"]} for number in range(250)]}
    values = [f"v{number}" for number in range(250)]
    assert answers([rule], {"t": values}) == [[0], [0]]
    assert answers([rule], {"t": values[1:]}) == [[], []]
    assert answers([rule], {"t": [values[:9], values[9:]]}) == [[], []]


@pytest.mark.parametrize("count", [40, 116, 117, 140, 141, 400])
def test_the_limit_of_array_combinations_is_the_same_with_none_of(count: int) -> None:
    """An event that spells a path twice, and clauses with guards beside others of their path."""
    rule = {"x": [1], "y": [1], "z": [{"none-of": [1, {"prefix": "a"}]}]}
    several = {
        "$and": [{"x": [1]}, {"y": [1, {"none-of": [2]}]}, {"y": [{"numeric": ["<", 2]}]}, {"z": [{"none-of": [1]}]}]
    }
    elements = [{"b": [{"x": 1, "z": 1}, {"y": 1, "z": 1}]}] * count + [{"b": {"x": 1, "y": 1}}]
    event = {"a": elements, "a.b": [{"x": 1, "y": 1}]}
    for inner in (rule, several):
        native, python = answers([{"a": {"b": inner}}], event)
        assert native == python
