"""What a match costs, counted and not timed: the instructions that Python runs, and how much its containers grow.

The counts are the same on every run and every computer. They leave out what C does inside one call, such as a
union with a set that is there already, or a search in a string. Each bound is that of the design: cost follows the
event and what it matches, not the number of rules, and is linear in the event.

``KNOWN`` marks what does not hold yet; such a test fails when it begins to hold, so that its mark is taken away.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import pytest

from ruler import Matcher

GROWING = {"add", "append", "extend", "update", "setdefault", "difference_update"}


class Count:
    """Counts the work of one call: instructions of Python, and items that lists, sets and dicts grow by in C."""

    def __init__(self) -> None:
        self.steps = 0
        self._sizes: list[int] = []

    def of(self, function: Callable[[], object]) -> int:
        trace, profile = sys.gettrace(), sys.getprofile()
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        try:
            function()
        finally:
            sys.settrace(trace)
            sys.setprofile(profile)
        return self.steps

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._instruction

    def _instruction(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            self.steps += 1
        return self._instruction

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event not in ("c_call", "c_return") or argument.__name__ not in GROWING:
            return
        owner = argument.__self__
        if not isinstance(owner, list | set | dict):
            return
        if event == "c_call":
            self._sizes.append(len(owner))
        elif self._sizes:
            self.steps += len(owner) - self._sizes.pop()


def steps(matcher: Matcher[Any], event: str) -> tuple[int, list[Any]]:
    """The steps of one match, and its answer."""
    answer: list[Any] = []
    return Count().of(lambda: answer.extend(matcher.rules_for_event(event))), answer


def assert_linear(sizes: Sequence[int], counts: Sequence[int]) -> None:
    """Fail when an element costs more steps between the last two of the three sizes than between the first two."""
    slopes = [
        (high - low) / (larger - smaller)
        for smaller, larger, low, high in zip(sizes, sizes[1:], counts, counts[1:], strict=False)
    ]
    assert slopes[1] <= 1.3 * max(slopes[0], 1), f"{slopes} steps an element"


def test_counts_are_the_same_each_time() -> None:
    """A measure that moved would be no measure; and it does see what it should."""
    matcher = Matcher({"r": {"a": [{"prefix": "x"}]}}, engine="python")
    steps(matcher, '{"a":"x"}')  # the first is searched for, later ones are remembered
    assert len({steps(matcher, '{"a":"x"}')[0] for _ in range(3)}) == 1
    assert Count().of(lambda: [each for each in range(1000)]) > 1000  # noqa: C416
    assert Count().of(lambda: set().update(range(1000))) > 1000


def test_counted_functions_are_not_left_traced() -> None:
    """After counting, the interpreter runs as before."""
    before = sys.gettrace(), sys.getprofile()
    Count().of(lambda: None)
    assert before == (sys.gettrace(), sys.getprofile())


# ----- growth in rules

KNOWN: dict[str, str] = {
    "a common value listed on the path that sorts first": "among equally long lists the path decides, not how shared",
}

FEW, MANY = 10, 2000


def of_all_kinds(number: int) -> dict[str, Any]:
    """The rule of this number: one of nine kinds of pattern, all on one path."""
    kinds: list[Any] = [
        f"v{number}-",
        {"prefix": f"v{number}-"},
        {"suffix": f"-v{number}"},
        {"equals-ignore-case": f"V{number}-"},
        {"wildcard": f"*-v{number}-*"},
        {"wildcard": f"v{number}-*z"},
        {"cidr": f"10.{number // 250}.{number % 250}.0/24"},
        {"numeric": [">", 1000 + number]},
        {"prefix": {"equals-ignore-case": f"w{number}-"}},
    ]
    return {"a": [kinds[number % len(kinds)]]}


# name: (the rule of a number, rules beside those, the event of a serial number)
Growth = tuple[Callable[[int], dict[str, Any]], dict[str, Any], Callable[[int], dict[str, Any]]]
GROWTH: dict[str, Growth] = {
    "exact": (lambda i: {"a": [f"v{i}"]}, {}, lambda k: {"a": "v5", "k": k}),
    "exact numbers": (lambda i: {"a": [i]}, {}, lambda k: {"a": 5.0, "k": k}),
    "exact AND a common exact": (lambda i: {"a": ["x"], "b": [f"v{i}"]}, {}, lambda k: {"a": "x", "b": "v5"}),
    "one of several AND exact": (
        lambda i: {"a": ["x", f"w{i}"], "b": [f"v{i}"]},
        {},
        lambda k: {"a": "x", "b": "v5"},
    ),
    "prefix": (lambda i: {"a": [{"prefix": f"v{i}-"}]}, {}, lambda k: {"a": f"v5-{k}"}),
    "suffix": (lambda i: {"a": [{"suffix": f"-v{i}"}]}, {}, lambda k: {"a": f"{k}-v5"}),
    "equals-ignore-case": (lambda i: {"a": [{"equals-ignore-case": f"V{i}K"}]}, {}, lambda k: {"a": "v5\u212a"}),
    "prefix ignoring case": (
        lambda i: {"a": [{"prefix": {"equals-ignore-case": f"V{i}K"}}]},
        {},
        lambda k: {"a": f"v5k{k}"},
    ),
    "wildcard *word*": (lambda i: {"a": [{"wildcard": f"*w{i}w*"}]}, {}, lambda k: {"a": f"{k} is w5w there"}),
    "wildcard ignoring case": (
        lambda i: {"a": [{"wildcard": {"equals-ignore-case": f"*W{i}w*z"}}]},
        {},
        lambda k: {"a": f"{k} is w5W Z"},
    ),
    "wildcard a*b": (lambda i: {"a": [{"wildcard": f"v{i}-*z"}]}, {}, lambda k: {"a": f"v5-{k}z"}),
    "wildcard *a*b*": (lambda i: {"a": [{"wildcard": f"*v{i}-*w{i}-*"}]}, {}, lambda k: {"a": f"{k}v5-w5-{k}"}),
    "one-sided numeric AND exact": (
        lambda i: {"a": [{"numeric": [">", -i]}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": k, "b": "v5"},
    ),
    "one-sided numeric, few hits, AND a common exact": (
        lambda i: {"a": [{"numeric": [">", 10 * i]}], "b": ["x"]},
        {},
        lambda k: {"a": 55 + k / 1000, "b": "x"},
    ),
    "two-sided numeric, few hits": (
        lambda i: {"a": [{"numeric": [">=", i, "<", i + 3]}]},
        {},
        lambda k: {"a": 5 + k / 1000},
    ),
    "cidr": (
        lambda i: {"a": [{"cidr": f"10.{i // 250}.{i % 250}.0/24"}]},
        {},
        lambda k: {"a": f"10.0.5.{k % 250}"},
    ),
    "anything-but AND exact": (
        lambda i: {"a": [{"anything-but": f"n{i}"}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": "n7", "b": "v5"},
    ),
    "anything-but prefix AND exact": (
        lambda i: {"a": [{"anything-but": {"prefix": f"n{i}-"}}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": f"n7-{k}", "b": "v5"},
    ),
    "anything-but ignoring case AND exact": (
        lambda i: {"a": [{"anything-but": {"suffix": {"equals-ignore-case": f"-N{i}"}}}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": f"{k}-n7", "b": "v5"},
    ),
    "anything-but cidr AND exact": (
        lambda i: {"a": [{"anything-but": {"cidr": f"10.{i // 250}.{i % 250}.0/24"}}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": f"10.0.7.{k % 250}", "b": "v5"},
    ),
    "anything-but numeric, few numbers left": (
        lambda i: {"a": [{"anything-but": {"numeric": ["<", 10 * i]}}], "b": ["x"]},
        {},
        lambda k: {"a": 55 + k / 1000, "b": "x"},
    ),
    "anything-but numeric with two bounds, few numbers left": (
        lambda i: {"a": [{"all-of": [{"anything-but": {"numeric": [sign, i]}} for sign in ("<", ">")]}]},
        {},
        lambda k: {"a": 5, "k": k},
    ),
    "anything-but numeric AND exact, another type": (
        lambda i: {"a": [{"anything-but": {"numeric": ["<", 10 * i]}}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": f"{k}", "b": "v5"},
    ),
    "anything-but numeric AND exact, several types": (
        lambda i: {"a": [{"anything-but": {"numeric": ["<", 10 * i]}}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": [f"{k}", 55, None], "b": "v5"},
    ),
    "exists AND exact": (
        lambda i: {"a": [{"exists": True}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": k, "b": "v5"},
    ),
    "absent AND exact": (lambda i: {"a": [{"exists": False}], "b": [f"v{i}"]}, {}, lambda k: {"b": "v5", "k": k}),
    "$or": (
        lambda i: {"$or": [{"a": [f"v{i}"]}, {"b": [f"v{i}"]}], "c": [f"w{i}"]},
        {},
        lambda k: {"a": "v7", "b": "v5", "c": "w5"},
    ),
    "several kinds on one path": (of_all_kinds, {}, lambda k: {"a": f"v5-{k}z"}),
    "a path for each rule": (lambda i: {f"p{i}": ["x"]}, {}, lambda k: {"p5": "x", "p7": "y", "q": k}),
    "a nested path for each rule": (
        lambda i: {"a": {f"p{i}": {"z": ["x"]}}},
        {},
        lambda k: {"a": {"p5": {"z": "x"}, "p7": {"z": "y"}}, "k": k},
    ),
    "a name with dots for each rule": (
        lambda i: {f"a.p{i}": ["x"]},
        {},
        lambda k: {"a.p5": "x", "a": {"p7": "y"}},
    ),
    "two fields of one object in an array": (
        lambda i: {"a": {"x": [f"v{i}"], "y": [f"w{i}"]}},
        {},
        lambda k: {"a": [{"x": f"v{n}", "y": f"w{n}"} for n in (5, 7)] + [{"x": "v2", "y": "w3"}]},
    ),
    "absent in an object in an array": (
        lambda i: {"a": {"x": [f"v{i}"], "y": [{"exists": False}]}},
        {},
        lambda k: {"a": [{"x": "v5"}, {"x": "v7", "y": 1}]},
    ),
    "prefix and suffix on one path, exact on another": (
        lambda i: {"a": [{"prefix": "v"}, {"prefix": f"w{i}"}], "b": [f"v{i}"]},
        {"s": {"a": [{"suffix": "z"}]}},
        lambda k: {"a": f"v{k}z", "b": "v5"},
    ),
    "anything-but of a common value AND exact": (
        lambda i: {"a": [{"anything-but": ["n", f"n{i}"]}], "b": [f"v{i}"]},
        {},
        lambda k: {"a": "n", "b": "v5"},
    ),
    "value or absent, AND a common exact": (
        lambda i: {"a": [f"v{i}", {"exists": False}], "b": ["x"]},
        {},
        lambda k: {"a": "v5", "b": "x"},
    ),
    "two-sided ranges of other rules around the number": (
        lambda i: {"a": [{"numeric": [">", -i - 1, "<", 1000 + i]}], "b": [f"v{i}"]},
        {f"x{i}": {"a": [{"numeric": [">", 500 + i, "<", 1000 + i]}], "b": ["x"]} for i in range(20)},
        lambda k: {"a": k % 100, "b": "x"},
    ),
    "wildcards with a long common piece": (
        lambda i: {"a": [{"wildcard": f"*ConnectionError: *host{i}-*"}]},
        {},
        lambda k: {"a": f"ConnectionError: {k} host5- down"},
    ),
    "array values that clauses of other rules accept": (
        lambda i: {"a": {"x": ["v", f"w{i}"], "y": [{"prefix": "p"}]}, "b": [f"v{i}"]},
        {},
        lambda k: {"a": [{"x": "v", "y": "p"}, {"x": "v", "y": "q"}], "b": "v5"},
    ),
    "a common value listed on the path that sorts first": (
        lambda i: {"a": ["x", f"w{i}"], "b": [f"u{i}", f"v{i}"]},
        {},
        lambda k: {"a": "x", "b": "v5"},
    ),
}


def known(names: dict[str, Any]) -> list[Any]:
    """The names as parameters; those of ``KNOWN`` are expected to fail."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=KNOWN[name])) if name in KNOWN else name
        for name in names
    ]


def steps_with(rule_count: int, name: str) -> tuple[int, set[Any]]:
    rule_of, beside, event_of = GROWTH[name]
    matcher: Matcher[Any] = Matcher(
        {**{number: rule_of(number) for number in range(rule_count)}, **beside}, engine="python"
    )
    for serial in range(120):  # wildcards are compiled and the flattening function is written
        matcher.rules_for_event(event_of(serial))
    count, answer = steps(matcher, json.dumps(event_of(999)))
    return count, set(answer)


@pytest.mark.parametrize("name", known(GROWTH))
def test_cost_does_not_grow_with_rules_that_do_not_match(name: str) -> None:
    """200 times as many rules, the same few of which match: at most twice the steps."""
    few, matched_of_few = steps_with(FEW, name)
    many, matched_of_many = steps_with(MANY, name)
    assert matched_of_few == matched_of_many
    assert many <= 2 * few, f"{few} steps with {FEW} rules, {many} with {MANY}"


# ----- growth in the event

TWO_FIELDS = {"a": {"x": [1], "y": [2]}}
# Values of both fields, those of the first, those of the second: together BAD and OTHER match where trails are ignored.
GOOD, BAD, OTHER = {"x": 1, "y": 2}, {"x": 1, "y": 3}, {"x": 0, "y": 2}


def nested(size: int) -> list[Any]:
    """``size`` objects, three arrays of objects deep."""
    return [{"b": [{"c": [GOOD, BAD]}, {"c": [BAD, OTHER]}]} for _ in range(size // 4)]


def alternating(size: int, one: Any, other: Any) -> list[Any]:
    return [one, other] * (size // 2)


# name: (rules, the event of a size, whether anything matches)
Shape = tuple[dict[str, Any], Callable[[int], dict[str, Any]], bool]
SHAPES: dict[str, Shape] = {
    "scalars, exact": ({"r": {"a": ["v1"]}}, lambda n: {"a": [f"v{i}" for i in range(n)]}, True),
    "scalars, prefix": ({"r": {"a": [{"prefix": "v1"}]}}, lambda n: {"a": [f"v{i}" for i in range(n)]}, True),
    "scalars, long and prefix": (
        {"r": {"a": [{"prefix": "v1"}]}},
        lambda n: {"a": [f"v{i}" + "x" * 200 for i in range(n)]},
        True,
    ),
    "scalars, wildcard": (
        {"r": {"a": [{"wildcard": "*v*1"}]}},
        lambda n: {"a": [f"v{i}" for i in range(n)]},
        True,
    ),
    "scalars, ranges": (
        {"r": {"a": [{"numeric": [">", 0, "<", 5]}]}},
        lambda n: {"a": list(range(5, n + 5))},
        False,
    ),
    "scalars, anything-but": (
        {"r": {"a": [{"anything-but": ["v", "w"]}]}},
        lambda n: {"a": ["v", "w"] * (n // 2)},
        False,
    ),
    "objects, both fields in each": ({"r": TWO_FIELDS}, lambda n: {"a": [GOOD] * n}, True),
    "objects, both fields in the last": ({"r": TWO_FIELDS}, lambda n: {"a": [BAD] * (n - 1) + [GOOD]}, True),
    "objects, both fields in none": ({"r": TWO_FIELDS}, lambda n: {"a": alternating(n, BAD, OTHER)}, False),
    "objects, fields with many values": (
        {"r": TWO_FIELDS},
        lambda n: {"a": [{"x": [1] * (n // 2), "y": [3] * (n // 2)}, GOOD]},
        True,
    ),
    "two arrays, the second without a match": (
        {"r": {**TWO_FIELDS, "b": {"x": [1], "y": [2]}}},
        lambda n: {"a": [GOOD] * (n // 2), "b": alternating(n // 2, BAD, OTHER)},
        False,
    ),
    "nested three deep": (
        {"r": {"a": {"b": {"c": {"x": [1], "y": [2]}}}}},
        lambda n: {"a": nested(n)},
        True,
    ),
    "nested three deep, fields at each level": (
        {"r": {"a": {"k": [1], "b": {"k": [1], "c": {"x": [1], "y": [2]}}}}},
        lambda n: {"a": [{"k": 1, "b": [{"k": 1, "c": [OTHER, BAD]}, {"k": 1, "c": [BAD]}]} for _ in range(n // 4)]},
        False,
    ),
    "one long array in another": (
        {"r": {"a": {"k": [1], "b": {"x": [1], "y": [2]}}}},
        lambda n: {"a": [{"k": 1, "b": [BAD] * n}, {"k": 0, "b": [GOOD]}]},
        False,
    ),
    "arrays of arrays": (
        {"r": TWO_FIELDS},
        lambda n: {"a": [[BAD, OTHER], [OTHER, BAD]] * (n // 4)},
        False,
    ),
    "arrays of arrays of scalars": ({"r": {"a": [5]}}, lambda n: {"a": [[0, 1], [[2]]] * (n // 3)}, False),
    "absent beside a field": (
        {"r": {"a": {"x": [1], "y": [{"exists": False}]}}},
        lambda n: {"a": [BAD] * n},
        False,
    ),
    "absent beside a field in the last": (
        {"r": {"a": {"x": [1], "y": [{"exists": False}]}}},
        lambda n: {"a": [BAD] * (n - 1) + [{"x": 1}]},
        True,
    ),
    "absent between two fields": (
        {"r": {"a": {"x": [1], "y": [{"exists": False}], "z": [3]}}},
        lambda n: {"a": alternating(n, {"x": 1, "z": 4}, {"x": 1, "y": 2, "z": 3})},
        False,
    ),
    "absent before a field": (
        {"r": {"a": {"b": [{"exists": False}], "x": [1]}}},
        lambda n: {"a": alternating(n, {"x": 1}, {"b": 1})},
        False,
    ),
    "scalars and objects in one array": (
        {"r": {"a": [5], "a.x": [1], "a.y": [2]}},
        lambda n: {"a": [*alternating(n, 5, BAD), OTHER]},
        False,
    ),
    "names with dots in an array": (
        {"r": {"a": {"b": {"x": [1], "y": [2]}}}},
        lambda n: {"a": alternating(n, {"b.x": 1, "b.y": 3}, {"b": OTHER})},
        False,
    ),
    "one path spelled in two ways": (
        {"r": {"a": {"b": {"x": [1]}, "c": [2]}}},
        lambda n: {"a": [*[{"b": {"x": 0}, "c": 2}] * (n // 2), {"b": {"x": 1}}], "a.b": [{"x": 0}] * (n // 2)},
        False,
    ),
    "fields that no rule names": ({"r": {"a": [1]}}, lambda n: {"a": 1, "b": [GOOD] * n}, True),
    "many names": ({"r": {"a": {"x": [1]}}}, lambda n: {"a": {f"n{i}": 1 for i in range(n)}}, False),
}

SIZES = (48, 300, 1000)


@pytest.mark.parametrize("name", known(SHAPES))
def test_cost_is_linear_in_the_event(name: str) -> None:
    """What one more element costs does not rise with the elements there are."""
    rules, event_of, does_match = SHAPES[name]
    counts = []
    for size in SIZES:
        matcher = Matcher(rules, engine="python")
        count, answer = steps(matcher, json.dumps(event_of(size)))
        assert does_match is bool(answer)
        counts.append(count)
    assert_linear(SIZES, counts)


def test_sibling_arrays_cost_their_sum() -> None:
    """Clauses that take turns between two arrays: N + M steps, not N * M."""
    rules = {"r": {"a": {"x": [1], "y": [{"prefix": "q"}]}, "b": {"x": [1], "y": [{"anything-but": 3}]}}}

    def cost(first: int, second: int) -> int:
        a, b = [{"x": 1, "y": "q"}] * first, [{"x": 1, "y": 3}] * second
        return steps(Matcher(rules, engine="python"), json.dumps({"a": a, "b": b}))[0]

    apart = cost(400, 2) + cost(2, 400)
    assert cost(400, 400) <= 1.1 * apart


def test_arrays_of_one_array_cost_their_sum() -> None:
    """Two arrays in each element of a third: the choice made in one is forgotten before the other."""
    rules = {"r": {"o": {"k": [1], "a": {"x": [1], "y": [1]}, "b": {"x": [1], "y": [2]}}}}

    def cost(first: int, second: int) -> int:
        element = {"k": 1, "a": [{"x": 1, "y": 1}] * first, "b": [{"x": 1, "y": 3}] * second}
        return steps(Matcher(rules, engine="python"), json.dumps({"o": [element, element]}))[0]

    apart = cost(200, 2) + cost(2, 200)
    assert cost(200, 200) <= 1.1 * apart


def test_nesting_of_arrays_costs_no_more_than_a_constant() -> None:
    """Objects and scalars of one path at each of many levels: the cost of a level does not rise with the levels."""
    rules = {"r": {"a": [0], "a.x": [1], "a.y": [2]}}

    def cost(levels: int) -> int:
        value: list[Any] = [OTHER, BAD]
        for _ in range(levels):
            value = [0, BAD, value]
        return steps(Matcher(rules, engine="python"), json.dumps({"a": value}))[0]

    one, two, three = cost(30), cost(130), cost(230)
    assert three - two <= 1.3 * (two - one)
