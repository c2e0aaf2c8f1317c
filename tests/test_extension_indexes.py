"""The patterns that the extensions bring to the indexes of the Python engine: one value, one path, many rules.

How they nest in all-of and none-of, and how arrays tell elements apart, is tested elsewhere.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ruler import Matcher
from ruler.machine.numeric_ranges import opposite_ranges
from ruler.patterns.model import Exact, Excludable, NumericRange

# ----- anything-but of numbers


def below(bound: int, *, is_open: bool = True) -> NumericRange:
    return NumericRange(None, False, bound, is_open)


def above(bound: int, *, is_open: bool = True) -> NumericRange:
    return NumericRange(bound, is_open, None, False)


@pytest.mark.parametrize(
    ("excluded", "opposite"),
    [
        ([above(5)], [below(5, is_open=False)]),
        ([above(5), Exact(3), Exact("x")], [below(3), NumericRange(3, True, 5, False)]),
        ([below(5), above(5)], [NumericRange(5, False, 5, False)]),
        ([below(6), above(5, is_open=False)], [NumericRange(float("inf"), True, None, False)]),
        ([NumericRange(1, False, 3, True), NumericRange(2, False, 4, False)], [below(1), above(4)]),
        (
            [NumericRange(1, False, 9, True), Exact(5), NumericRange(2, False, 3, False)],
            [below(1), above(9, is_open=False)],
        ),
        ([NumericRange(1, False, 2, True), NumericRange(2, False, 3, True)], [below(1), above(3, is_open=False)]),
        (
            [NumericRange(1, False, 2, True), NumericRange(2, True, 3, True)],
            [below(1), NumericRange(2, False, 2, False), above(3, is_open=False)],
        ),
    ],
)
def test_the_opposite_of_ranges_is_what_they_leave(excluded: list[Excludable], opposite: list[NumericRange]) -> None:
    """Ranges that ascend, with single numbers where two ranges nearly meet; none left is a range beyond all numbers."""
    assert opposite == opposite_ranges(excluded)


RULES: dict[Any, Any] = {
    **{number: [{"anything-but": {"numeric": [">", number]}}] for number in range(40)},
    "x": [{"all-of": [{"anything-but": {"numeric": [">", 5]}}, {"anything-but": ["x", "y"]}]}],
    "3": [{"all-of": [{"anything-but": {"numeric": [">=", 5]}}, {"anything-but": 3}]}],
    "either": [{"anything-but": {"numeric": ["<", 100]}}, {"numeric": ["<", 2]}],
    "both": [
        {"all-of": [{"anything-but": {"numeric": ["<", 100]}}, {"anything-but": "x"}]},
        {"anything-but": {"prefix": "x"}},
    ],
    "never": [{"all-of": [{"anything-but": {"numeric": ["<", 6]}}, {"anything-but": {"numeric": [">", 5]}}]}],
}


def of_few(values: list[Any]) -> set[str]:
    """Which of the named rules accept one of ``values``, by their meaning."""
    found = set()
    for value in values:
        is_number = isinstance(value, int)
        if value <= 5 if is_number else value not in ("x", "y"):
            found.add("x")
        if not is_number or (value < 5 and value != 3):
            found.add("3")
        if not is_number or value >= 100 or value < 2:
            found.add("either")
        if value != "x":
            found.add("both")
        if not is_number:
            found.add("never")
    return found


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize(
    "values", [[3], [5], [200], ["x"], [None], [3, 4], [3, 50], [50, "x"], [6, "y", "x"], ["x", None], [200, "x", 3]]
)
def test_anything_but_of_numbers_judges_numbers_and_others_apart(values: list[Any], count: int) -> None:
    """Few such rules on a path or many; what one value does never hides what another does."""
    rules = {name: {"a": clause} for name, clause in RULES.items() if isinstance(name, str) or name < count}
    matcher: Matcher[Any] = Matcher(rules, engine="python")
    accepted = {
        number for number in range(count) if any(not isinstance(value, int) or value <= number for value in values)
    }
    for event in ({"a": values}, {"a": values, "z": [{"a": 1}]}):
        assert accepted | of_few(values) == set(matcher.rules_for_event(json.dumps(event)))
    matcher._check()


def test_values_of_elements_are_judged_apart() -> None:
    """Where trails decide, each element has an outcome of its own."""
    rule = {"o": {"k": [1], "a": [{"anything-but": {"numeric": [">", 5]}}]}}
    matcher: Matcher[str] = Matcher({"r": rule}, engine="python")
    for event, expected in [
        ([{"k": 1, "a": 6}, {"k": 0, "a": 5}], []),
        ([{"k": 1, "a": 5}, {"k": 0, "a": 6}], ["r"]),
        ([{"k": 1, "a": [6, "x"]}, {"k": 0, "a": 6}], ["r"]),
    ]:
        assert expected == matcher.rules_for_event(json.dumps({"o": event}))


def test_opposites_are_not_counted_as_patterns() -> None:
    """``stats`` counts what rules say: the range that is excluded, once, however its opposite is kept."""
    rules = {
        "r": {"a": [{"anything-but": {"numeric": [">", 1, "<", 5]}}]},
        "s": {"a": [{"all-of": [{"anything-but": {"numeric": [">", 1, "<", 5]}}, {"anything-but": 7}]}]},
    }
    matcher: Matcher[str] = Matcher(rules, engine="python")
    assert {"anything-but": 2, "exact": 1, "numeric": 1} == matcher.stats().patterns
    for name in rules:
        matcher.remove_rule(name)
        matcher._check()
    assert {} == matcher.stats().patterns


# ----- wildcards that ignore case, and regular expressions


def test_new_patterns_are_drawn_and_counted() -> None:
    """By names that both engines use; each text is one spelling of the pattern."""
    rules = {
        "w": {"a": [{"wildcard": {"equals-ignore-case": "A*B"}}]},
        "r": {"a": [{"regexp": "(a|b)+[0-9]{2}"}]},
        "n": {"a": [{"anything-but": {"wildcard": {"equals-ignore-case": "A*B"}}}]},
    }
    matcher: Matcher[str] = Matcher(rules, engine="python")
    assert {"anything-but": 1, "regexp": 1, "wildcard ignore-case": 1} == matcher.stats().patterns
    lines = [
        'a ∈ {anything-but {wildcard ignore-case "a*b"}}  → n',
        'a ∈ {regexp "[a-b]+[0-9]{2}"}  → r',
        'a ∈ {wildcard ignore-case "a*b"}  → w',
    ]
    assert ["start", *(f"  {line}" for line in lines)] == matcher.describe().splitlines()
    for value, expected in [("AxB", "w"), ("abab12", "nr"), ("ab1", "n"), (12, "n"), (["ab", "ab12"], "nrw")]:
        assert sorted(expected) == sorted(matcher.rules_for_event({"a": value}))
        matcher._check()
    for name in rules:
        matcher.remove_rule(name)
        matcher._check()
    assert "start" == matcher.describe()


def test_one_regexp_of_many_rules_is_one_pattern() -> None:
    """Whatever its spelling; it is gone with the last rule that has it."""
    texts = ["[ab]x*", "(a|b)x*", "[a-b]x{0,}"]
    matcher: Matcher[int] = Matcher({i: {"a": [{"regexp": text}]} for i, text in enumerate(texts)}, engine="python")
    assert {"regexp": 1} == matcher.stats().patterns
    for number in range(3):
        assert list(range(number, 3)) == matcher.rules_for_event({"a": "bxx"})
        matcher.remove_rule(number)
    assert [] == matcher.rules_for_event({"a": "bxx"})


def test_a_failing_clause_of_a_regexp_costs_its_rule_only() -> None:
    """Regexps beside patterns of other types, in one clause and in several."""
    rules = {
        "either": {"a": [{"regexp": "[0-9]{4}"}, {"prefix": "x"}, 5]},
        "both": {"a": [{"regexp": "[a-z]+-(ok|no)"}], "b": [{"regexp": "a?b?"}]},
    }
    matcher: Matcher[str] = Matcher(rules, engine="python")
    for event, expected in [
        ({"a": "2024"}, ["either"]),
        ({"a": 5}, ["either"]),
        ({"a": "xyz-ok", "b": ""}, ["either", "both"]),
        ({"a": "yz-ok", "b": "ba"}, []),
        ({"a": ["yz-ok", None], "b": ["ba", "b"]}, ["both"]),
    ]:
        assert expected == matcher.rules_for_event(event)
