"""What all-of, none-of and $and cost, counted in steps as in test_cost.py: it follows what matches, not the rules.

Also of values and of arrays: each further element costs as much as the one before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from test_cost import assert_linear, steps

from ruler import Matcher

FEW, MANY = 10, 1000
HARDLY_MORE = 2  # times the steps of few rules; ten times is what is promised

Rule = Callable[[int], dict[str, Any]]
Event = Callable[[int], dict[str, Any]]


def all_of(*parts: Any) -> list[Any]:
    return [{"all-of": list(parts)}]


def none_of(*excluded: Any) -> list[Any]:
    return [{"none-of": list(excluded)}]


# name: (the rule of a number, the event of a serial number). The same few rules match, however many there are.
GROWTH: dict[str, tuple[Rule, Event]] = {
    "all-of with a common part": (
        lambda i: {"a": all_of({"wildcard": "*net*"}, {"wildcard": f"*u{i}u*"})},
        lambda k: {"a": f"{k} net u5u"},
    ),
    "all-of with a common part of the tightest kind": (
        lambda i: {"a": all_of({"prefix": "net"}, {"wildcard": f"*u{i}u*"})},
        lambda k: {"a": f"net {k} u5u"},
    ),
    "all-of with a list of its own": (
        lambda i: {"a": all_of([f"v{i}", "x"], {"prefix": "v"}, {"suffix": "5"})},
        lambda k: {"a": "v5", "k": k},
    ),
    "all-of with an anything-but of its own": (
        lambda i: {"a": all_of({"wildcard": f"*w{i}w*"}, {"anything-but": ["x", f"y{i}"]})},
        lambda k: {"a": f"{k} w5w"},
    ),
    "all-of with ranges, few of which contain the number": (
        lambda i: {"a": all_of({"numeric": [">=", i, "<", i + 3]}, {"anything-but": i})},
        lambda k: {"a": 5 + k / 1000},
    ),
    "all-of inside all-of": (
        lambda i: {"a": all_of({"prefix": "v"}, [{"all-of": [{"suffix": f"-{i}"}, {"wildcard": "*m*"}]}, f"q{i}"])},
        lambda k: {"a": f"v m {k}-5"},
    ),
    "all-of in one of several values": (
        lambda i: {"a": all_of({"wildcard": "*net*"}, {"wildcard": f"*u{i}u*"})},
        lambda k: {"a": [f"{k} net u5u", "net", "u7u", 8, None]},
    ),
    "all-of beside a field of an object in an array": (
        lambda i: {"a": {"x": all_of({"prefix": "n"}, {"suffix": f"-{i}"}), "y": [f"v{i}"]}},
        lambda k: {"a": [{"x": f"n{k}-5", "y": "v5"}, {"x": "n-7", "y": "v8"}]},
    ),
    "doubtful all-of AND exact": (
        lambda i: {"a": all_of([{"anything-but": f"n{i}"}, "p"], [{"anything-but": f"m{i}"}, "q"]), "b": [f"v{i}"]},
        lambda k: {"a": "n7", "b": "v5"},
    ),
    "none-of AND exact": (
        lambda i: {"a": none_of(f"n{i}", {"prefix": f"m{i}-"}), "b": [f"v{i}"]},
        lambda k: {"a": f"m7-{k}", "b": "v5"},
    ),
    "none-of of anything-but": (
        lambda i: {"a": none_of({"anything-but": f"v{i}"})},
        lambda k: {"a": "v5", "k": k},
    ),
    "none-of of anything-but, for several values": (
        lambda i: {"a": none_of({"anything-but": [f"v{i}", f"w{i}"]})},
        lambda k: {"a": ["v5", "w5", "v5"], "k": k},
    ),
    "none-of of all-of AND exact": (
        lambda i: {"a": none_of({"all-of": [{"prefix": "n"}, {"suffix": f"-{i}"}]}), "b": [f"v{i}"]},
        lambda k: {"a": f"n{k}-7", "b": "v5"},
    ),
    "none-of beside a field of an object in an array": (
        lambda i: {"a": {"x": [f"v{i}"], "y": none_of(f"n{i}")}},
        lambda k: {"a": [{"x": "v5", "y": "n5"}, {"x": "v7", "y": "n8"}, {"x": "v5", "y": "n8"}]},
    ),
    "a value or none-of AND exact": (
        lambda i: {"a": [f"v{i}", *none_of("x", f"n{i}")], "b": [f"v{i}"]},
        lambda k: {"a": ["v5", "x"], "b": "v5"},
    ),
    "$and of two values": (
        lambda i: {"$and": [{"a": [f"v{i}"]}, {"a": [f"w{i}"]}]},
        lambda k: {"a": ["v5", "w5", "v7", "w8"], "k": k},
    ),
    "$and of a common value and another": (
        lambda i: {"$and": [{"a": ["b"]}, {"a": [f"w{i}"]}]},
        lambda k: {"a": ["b", "w5", "c"], "k": k},
    ),
    "$and of a value and none-of": (
        lambda i: {"$and": [{"a": [f"v{i}"]}, {"a": none_of(f"w{i}")}], "b": [f"u{i}"]},
        lambda k: {"a": ["v5", "w7"], "b": "u5"},
    ),
    "$and of two values, each in an array of its own": (
        lambda i: {"$and": [{"a": [f"v{i}"]}, {"a": [f"w{i}"]}]},
        lambda k: {"a": [["v5", "w5"], ["v7"], ["w7"]]},
    ),
}


def the_fifth_or(rule: Any, fifth: Any) -> Rule:
    """``rule`` with its number in place of ``#``; ``fifth`` for the fifth, which matches."""
    return lambda i: {"a": [fifth] if i == 5 else json.loads(json.dumps(rule).replace("#", str(i)))}


def ignoring_case(keyword: str, *texts: str) -> list[Any]:
    return [{"anything-but": {keyword: {"equals-ignore-case": list(texts)}}}]


# What all rules but the fifth exclude. Which of them are followed is found once for what the values have in common.
GROWTH |= {
    "none-of that excludes each event": (
        the_fifth_or(none_of({"prefix": "n"}, "m#"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}"},
    ),
    "none-of that excludes each event by two patterns": (
        the_fifth_or(none_of({"prefix": "n"}, {"suffix": "z"}, "m#"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}z"},
    ),
    "none-of that excludes each event by an exact value": (
        the_fifth_or(none_of("n", "m#"), "n"),
        lambda k: {"a": "n", "k": k},
    ),
    "none-of that excludes each event, of several values": (
        the_fifth_or(none_of({"prefix": "n"}, "m#"), {"prefix": "n"}),
        lambda k: {"a": [f"n{k}", f"n{k + 1}", f"n{k}-{k}"]},
    ),
    "none-of of all-of that excludes each event": (
        the_fifth_or(none_of({"all-of": [{"prefix": "n"}, {"suffix": "z"}]}, "m#"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}z"},
    ),
    "anything-but of a prefix in any case that excludes each event": (
        the_fifth_or(ignoring_case("prefix", "n", "m#"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}"},
    ),
    "anything-but of suffixes in any case that excludes each event": (
        the_fifth_or(ignoring_case("suffix", *"0123456789", "m#"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}"},
    ),
    "anything-but of a wildcard in any case that excludes each event": (
        the_fifth_or(ignoring_case("wildcard", "*n*", "m#*"), {"prefix": "n"}),
        lambda k: {"a": f"n{k}"},
    ),
    "anything-but of address blocks that exclude each event": (
        the_fifth_or([{"anything-but": {"cidr": ["0.0.0.0/1", "128.0.0.0/1", "2001:db8::#/128"]}}], {"prefix": "10"}),
        lambda k: {"a": f"10.{k // 250}.{k % 250}.1"},
    ),
    "anything-but of address blocks that exclude each value": (
        the_fifth_or([{"anything-but": {"cidr": ["0.0.0.0/1", "128.0.0.0/1", "2001:db8::#/128"]}}], {"prefix": "10"}),
        lambda k: {"a": [f"10.{k // 250}.{k % 250}.1", "10.0.0.7"]},
    ),
}


def steps_with(rule_count: int, name: str) -> tuple[int, set[Any]]:
    rule_of, event_of = GROWTH[name]
    matcher: Matcher[Any] = Matcher({number: rule_of(number) for number in range(rule_count)}, engine="python")
    for serial in range(120):  # wildcards are compiled and the flattening function is written
        matcher.rules_for_event(event_of(serial))
    count, answer = steps(matcher, json.dumps(event_of(999)))
    return count, set(answer)


@pytest.mark.parametrize("name", GROWTH)
def test_cost_does_not_grow_with_rules_that_do_not_match(name: str) -> None:
    """A hundred times as many rules, the same few of which match."""
    few, matched_of_few = steps_with(FEW, name)
    many, matched_of_many = steps_with(MANY, name)
    assert matched_of_few == matched_of_many != set()
    assert many <= HARDLY_MORE * few, f"{few} steps with {FEW} rules, {many} with {MANY}"


# ----- growth in the event

BOTH = all_of({"prefix": "n"}, {"suffix": "-u"})
NOT_TWO = {"a": {"x": [1], "y": none_of(2)}}


def alternating(size: int, *each: Any) -> list[Any]:
    return list(each) * (size // len(each))


# name: (the rule, the event of a size, whether it matches)
SHAPES: dict[str, tuple[dict[str, Any], Callable[[int], dict[str, Any]], bool]] = {
    "all-of, each part in another scalar": ({"a": BOTH}, lambda n: {"a": alternating(n, "n", "-u")}, False),
    "all-of, scalars that differ": ({"a": BOTH}, lambda n: {"a": [f"n{i}" for i in range(n)]}, False),
    "all-of, scalars of all kinds": (
        {"a": all_of(["p", {"numeric": [">", 5]}], {"anything-but": [6, 7]}, {"anything-but": "p"})},
        lambda n: {"a": alternating(n, 1, "p", None, 6, 2.5, "q")},
        False,
    ),
    "all-of of anything-buts": (
        {"a": all_of(["p", {"anything-but": "n"}], ["q", {"anything-but": "m"}])},
        lambda n: {"a": alternating(n, "n", "m")},
        False,
    ),
    "all-of in objects": (
        {"a": {"x": BOTH, "y": [1]}},
        lambda n: {"a": alternating(n, {"x": "n", "y": 1}, {"x": "-u", "y": 1}, {"x": "n-u", "y": 2})},
        False,
    ),
    "none-of, scalars": ({"a": none_of("x")}, lambda n: {"a": [*(f"v{i}" for i in range(n)), "x"]}, False),
    "none-of beside a field": (NOT_TWO, lambda n: {"a": alternating(n, {"x": 1, "y": 2}, {"x": 3, "y": 4})}, False),
    "none-of beside a field in the last": (NOT_TWO, lambda n: {"a": [{"x": 1, "y": 2}] * n + [{"x": 1}]}, True),
    "none-of between two fields": (
        {"a": {"x": [1], "y": none_of(2), "z": [3]}},
        lambda n: {"a": alternating(n, {"x": 1, "y": 1, "z": 4}, {"x": 1, "y": 2, "z": 3})},
        False,
    ),
    "none-of on a path that sorts first": (
        {"a": {"b": none_of(2), "x": [1]}},
        lambda n: {"a": alternating(n, {"x": 1, "b": 3}, {"b": 2})},
        False,
    ),
    "none-of of all-of beside a field": (
        {"a": {"x": [1], "y": [{"none-of": BOTH}]}},
        lambda n: {"a": alternating(n, {"x": 1, "y": "n-u"}, {"x": 3, "y": "n"})},
        False,
    ),
    "$and, scalars": (
        {"$and": [{"a": ["x"]}, {"a": [{"prefix": "y"}]}]},
        lambda n: {"a": alternating(n, "x", "z")},
        False,
    ),
    "$and, in no array both": (
        {"$and": [{"a": ["x"]}, {"a": ["y"]}]},
        lambda n: {"a": alternating(n, ["x", "z"], ["y"])},
        False,
    ),
    "$and, three deep": (
        {"$and": [{"a.b": ["x"]}, {"a.b": ["y"]}, {"a.c": none_of("z")}]},
        lambda n: {"a": alternating(n, {"b": [["x"], ["y"]], "c": "z"}, {"b": ["x", "y"], "c": ["z", "w"]})},
        False,
    ),
}
SIZES = (48, 300, 996)


@pytest.mark.parametrize("name", SHAPES)
def test_cost_is_linear_in_the_event(name: str) -> None:
    """What one more element costs does not rise with the elements there are."""
    rule, event_of, does_match = SHAPES[name]
    counts = []
    for size in SIZES:
        count, answer = steps(Matcher({"r": rule}, engine="python"), json.dumps(event_of(size)))
        assert does_match is bool(answer)
        counts.append(count)
    assert_linear(SIZES, counts)


def test_many_none_ofs_over_an_array_cost_their_sum() -> None:
    """What one more rule costs that no value stands against does not rise with the elements."""

    def cost(rule_count: int, size: int) -> int:
        rules = {i: {"a": {"x": [1], "y": none_of(f"n{i}", {"prefix": f"m{i}-"})}} for i in range(rule_count)}
        event = {
            "a": [{"x": 1, "y": f"v{i}"} for i in range(size)] + [{"x": 2, "y": f"m{i % 20}-"} for i in range(size)]
        }
        return steps(Matcher(rules, engine="python"), json.dumps(event))[0]

    short, long = [cost(120, size) - cost(20, size) for size in (25, 100)]
    assert long <= 1.5 * short


def test_nested_all_ofs_are_judged_once_a_part() -> None:
    """Thirty-two levels, all of which but the innermost accept: the cost of a level does not rise with the levels."""

    def cost(levels: int) -> int:
        rule: Any = {"prefix": "z"}
        for level in range(levels):
            rule = {"all-of": [{"prefix": "v"}, [rule, f"q{level}"]]}
        return steps(Matcher({"r": {"a": [rule]}}, engine="python"), '{"a":"value"}')[0]

    one, two, three = cost(2), cost(17), cost(32)
    assert three - two <= 1.3 * max(two - one, 100)
