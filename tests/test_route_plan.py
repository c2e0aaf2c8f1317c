"""Planning: events and a rule set -> deliveries, against an evaluation rule by rule."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import orjson
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

import ruler
from ruler.errors import EventError
from ruler.route import Delivery, Event, Plan, Planner, Position, Route, RuleSet, rule_set_of_mapping
from ruler.route import plan as plan_module
from ruler.route.inputs.select import pointer_steps
from ruler.route.plan import plan

TARGETS = {name: {"uri": f"file:{name}.jsonl"} for name in ("a", "b", "c")}
ABSENT = object()
FEWER = settings.default.max_examples // 4  # each example compiles several rule sets
TEMPLATE = '{"rule": <aws.events.rule-name>, "a": <a>}'


def rule_set(rules: dict[str, Any], **kwargs: Any) -> RuleSet:
    return rule_set_of_mapping({"targets": TARGETS, "rules": rules}, **kwargs)


def delivered(found: Plan) -> list[tuple[str, tuple[str, ...], bytes]]:
    return [(each.target, each.rules, each.data) for each in found.deliveries]


# ----- against the naive evaluation

inputs = st.sampled_from(
    [
        None,
        None,
        {"select": "/a"},
        {"input_path": "$"},
        {"input_path": "$.a"},
        {"input_transformer": {"paths": {"a": "$.a"}, "template": TEMPLATE}},
        {"input_transformer": {"paths": {"a": "$.a"}, "template": '"is <a>"'}},
    ]
)


@st.composite
def rules_of_sets(draw: st.DrawFn) -> dict[str, Any]:
    rules = {}
    for name in draw(st.lists(st.sampled_from(["r", "q", "Z", "é", "a b"]), unique=True, max_size=5)):
        rule: dict[str, Any] = {"pattern": draw(strategies.rules)}
        rule["targets"] = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1))
        rule["shadow"] = draw(st.integers(0, 4)) == 0
        if (chosen := draw(inputs)) is not None:
            rule["input"] = chosen
        rules[name] = rule
    return rules


def naive(rules: dict[str, Any], event: bytes) -> set[tuple[str, str, str, tuple[str, ...]]] | None:
    """(target, kind of input, rule when the input names it, rules); None for what is no event."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for name, rule in sorted(rules.items()):
        try:
            if not ruler.matches(rule["pattern"], event) or rule["shadow"]:
                continue
        except EventError:
            return None
        shape = json.dumps(rule.get("input", ""))
        shape = "" if shape == '{"input_path": "$"}' else shape
        of_rule = name if "rule-name" in shape else ""
        for target in rule["targets"]:
            groups.setdefault((target, shape.strip('"'), of_rule), []).append(name)
    return {(*group, tuple(names)) for group, names in groups.items()}


def shape_of(delivery: Delivery) -> tuple[str, str, str, tuple[str, ...]]:
    kind, _, rest = delivery.route.input.partition("\0")
    text, _, of_rule = rest.partition("\0")
    if kind == "input_transformer":
        paths, template = json.loads(text)
        text = json.dumps({kind: {"paths": paths, "template": template}})
    elif kind:
        text = json.dumps({kind: text})
    return delivery.target, text, of_rule, delivery.rules


def has_naive_data(delivery: Delivery) -> bool:
    """Whether a target gets what decoding the event says it should."""
    kind, _, rest = delivery.route.input.partition("\0")
    if not kind:
        return delivery.data == delivery.event.data
    value = orjson.loads(delivery.event.data).get("a", ABSENT)
    if kind != "input_transformer":
        return bool(delivery.problem) if value is ABSENT else orjson.loads(delivery.data) == value
    made = orjson.loads(delivery.data)
    if "rule-name" in rest:
        return bool(made == {"rule": delivery.rules[0], "a": "" if value is ABSENT else value})
    return isinstance(made, str) and made.startswith("is ")


events_as_bytes = st.one_of(
    strategies.events.map(str.encode), st.sampled_from([b"", b"{", b"[]", b"5", b'{"a": 1e999}', b"{}", b"\xff"])
)


@settings(max_examples=FEWER)
@given(rules=rules_of_sets(), given_events=st.lists(events_as_bytes, max_size=6))
def test_a_plan_is_what_each_rule_by_itself_decides(
    engine: str, rules: dict[str, Any], given_events: list[bytes]
) -> None:
    """Which target gets something for which rules, in which shape; which events are poison, unmatched, in shadow."""
    whole = rule_set(rules)
    events = [Event(data, position=Position("s", index)) for index, data in enumerate(given_events)]
    found = plan(events, whole)
    expected = [naive(rules, data) for data in given_events]
    if not rules:  # with no rule nothing is asked of the events
        expected = [None if poisonous(data) else set() for data in given_events]

    assert [0 if each is None else len(each) for each in expected] == found.counts
    remaining = iter(found.deliveries)
    by_event = [[next(remaining) for _ in range(count)] for count in found.counts]
    for wanted, made, event in zip(expected, by_event, events, strict=True):
        assert {shape_of(each) for each in made} == (wanted or set())
        assert all(each.event == event for each in made)
        assert [each.target for each in made] == sorted(each.target for each in made)
    assert [each.event for each in found.poison] == [
        event for event, each in zip(events, expected, strict=True) if each is None
    ]
    assert all(map(has_naive_data, found.deliveries))
    shadows = Counter(
        name
        for data, each in zip(given_events, expected, strict=True)
        for name, rule in rules.items()
        if each is not None and rule["shadow"] and ruler.matches(rule["pattern"], data)
    )
    assert shadows == found.shadow
    assert len(given_events) == found.matched + found.unmatched + len(found.poison)


def poisonous(data: bytes) -> bool:
    try:
        ruler.matches({"a": [1]}, data)
    except EventError:
        return True
    return False


@settings(max_examples=FEWER)
@given(rules=rules_of_sets(), given_events=st.lists(events_as_bytes, min_size=1, max_size=6), data=st.data())
def test_a_plan_does_not_depend_on_what_was_planned_before(
    rules: dict[str, Any], given_events: list[bytes], data: st.DataObject
) -> None:
    """Batches of any size, and a planner that has planned before, give the same deliveries with the same ids."""
    whole = rule_set(rules)
    events = [Event(each, position=Position("s", index)) for index, each in enumerate(given_events)]
    planner = Planner(whole)
    planner.plan(events)
    cut = data.draw(st.integers(0, len(events)))
    pieces = [planner.plan(events[:cut]), planner.plan(events[cut:])]
    found = plan(events, rule_set(dict(reversed(rules.items()))))
    assert [each for piece in pieces for each in piece.deliveries] == found.deliveries
    assert [each for piece in pieces for each in piece.poison] == found.poison
    ids = [each.id for each in found.deliveries]
    assert ids == [each.id for piece in pieces for each in piece.deliveries]
    assert len(set(ids)) == len(ids)


def test_so_many_sets_of_rules_that_not_all_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered has a limit, and does not change the answers."""
    monkeypatch.setattr(plan_module, "MOST_REMEMBERED", 6)
    rules = {f"r{n}": {"pattern": {f"f{n}": [1]}, "targets": ["a"]} for n in range(4)}
    events = [Event(json.dumps({f"f{n}": 1 for n in range(4) if bits >> n & 1}).encode()) for bits in range(16)] * 2
    planner = Planner(rule_set(rules))
    names = [each.rules for each in planner.plan(events).deliveries]
    expected = [tuple(f"r{n}" for n in range(4) if bits >> n & 1) for bits in range(1, 16)]
    assert expected * 2 == names
    assert sum(map(len, planner._fans)) <= 6


def test_what_is_remembered_counts_its_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set of few rules with many targets takes the room of its routes: of all that occur few are kept."""
    monkeypatch.setattr(plan_module, "MOST_REMEMBERED", 100)
    targets = [f"t{n}" for n in range(8)]
    rules = {f"r{n}": {"pattern": {f"f{n}": [1]}, "targets": targets} for n in range(4)}
    document = {"targets": {name: {"uri": "stdout:"} for name in targets}, "rules": rules}
    planner = Planner(rule_set_of_mapping(document))
    for bits in range(1, 16):
        event = Event(json.dumps({f"f{n}": 1 for n in range(4) if bits >> n & 1}).encode())
        assert [each.target for each in planner.plan([event]).deliveries] == targets
        assert sum(len(fan.whole) for fan in planner._fans.values()) <= 25


# ----- what is delivered


def test_one_delivery_for_an_event_and_a_target_lists_all_rules() -> None:
    """In the order of their names; another input of the same target is another delivery."""
    rules = {
        "z": {"pattern": {"a": [{"exists": True}]}, "targets": ["b", "a"]},
        "y": {"pattern": {"a": [1]}, "targets": ["a"]},
        "x": {"pattern": {"a": [1]}, "targets": ["a"], "input": {"select": "/a"}},
    }
    found = plan([Event(b'{"a": 1}')], rule_set(rules))
    assert delivered(found) == [
        ("a", ("y", "z"), b'{"a": 1}'),
        ("a", ("x",), b"1"),
        ("b", ("z",), b'{"a": 1}'),
    ]
    assert found.counts == [3]


def test_a_template_that_names_its_rule_makes_a_delivery_for_each_rule() -> None:
    """Their bytes differ; without the name of the rule two rules of one input share a delivery."""
    named = {"input_transformer": {"paths": {"a": "$.a"}, "template": TEMPLATE}}
    plain = {"input_transformer": {"paths": {"a": "$.a"}, "template": '{"a": <a>}'}}
    rules = {
        f"{kind}-{n}": {"pattern": {"a": [1]}, "targets": ["a"], "input": given}
        for kind, given in (("named", named), ("plain", plain))
        for n in (1, 2)
    }
    assert sorted(delivered(plan([Event(b'{"a": 1}')], rule_set(rules)))) == [
        ("a", ("named-1",), b'{"rule":"named-1","a":1}'),
        ("a", ("named-2",), b'{"rule":"named-2","a":1}'),
        ("a", ("plain-1", "plain-2"), b'{"a":1}'),
    ]


def test_an_event_without_the_value_is_a_problem_of_its_delivery() -> None:
    """The delivery is made, with the reason for which it belongs to the dead letters; others of the event are not."""
    rules = {
        "part": {"pattern": {"a": [1]}, "targets": ["a"], "input": {"select": "/detail"}},
        "whole": {"pattern": {"a": [1]}, "targets": ["b"]},
    }
    found = plan([Event(b'{"a": 1}')], rule_set(rules))
    assert [(each.target, each.data, each.problem) for each in found.deliveries] == [
        ("a", b"", "the event has nothing at /detail"),
        ("b", b'{"a": 1}', ""),
    ]


def test_a_rule_in_shadow_is_counted_and_delivers_nothing() -> None:
    """The event is matched all the same."""
    rules = {"s": {"pattern": {"a": [1]}, "shadow": True}, "t": {"pattern": {"a": [2]}, "targets": ["a"]}}
    found = plan([Event(b'{"a": 1}'), Event(b'{"a": [1, 2]}'), Event(b'{"a": 3}')], rule_set(rules))
    assert found.shadow == {"s": 2}
    assert found.counts == [0, 1, 0]
    assert (found.matched, found.unmatched) == (2, 1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no JSON", "not-json"),
        (b"[1]", "not-object"),
        (b'{"a": "\xff"}', "not-utf8"),
        (b'{"a": ' + b"[" * 1024 + b"]" * 1024 + b"}", "too-deep"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "too-large"),
    ],
)
def test_data_that_are_no_event_are_told_apart(engine: str, data: bytes, code: str) -> None:
    """Untouched, at their place among the others, which are planned as if they were alone."""
    good = Event(b'{"a": 1}')
    found = plan([good, Event(data), good], rule_set({"r": {"pattern": {"a": [1]}, "targets": ["a"]}}))
    assert [(each.event.original, each.code) for each in found.poison] == [(data, code)]
    assert found.poison[0].reason
    assert found.counts == [1, 0, 1]


def test_poison_stands_in_the_order_of_the_events() -> None:
    """Whether it is found before matching or in it."""
    good, large, broken = Event(b'{"a": 1}'), Event(b'{"a": "%s"}' % (b"x" * 90)), Event(b"{")
    events = [good, large, broken, good, large, broken]
    rules = {"r": {"pattern": {"a": [1]}, "targets": ["a"]}}
    found = plan(events, rule_set(rules), largest_event=80)
    assert [each.code for each in found.poison] == ["too-large", "not-json"] * 2
    assert [each.event for each in found.poison] == [large, broken] * 2
    assert found.counts == [1, 0, 0, 1, 0, 0]


def test_an_entry_of_put_events_is_opened_and_the_dead_letter_holds_what_came() -> None:
    """Rules judge the event that EventBridge would make; an entry that is none is poison."""
    entry = b'{"Source": "shop", "DetailType": "order", "Detail": "{\\"total\\": 5.0}"}'
    rules = {"r": {"pattern": {"source": ["shop"], "detail": {"total": [5]}}, "targets": ["a"]}}
    events = [Event(b'{"Source": "shop"}'), Event(entry, position=Position("s", 4)), Event(b"x" * 100)]
    found = plan(events, rule_set(rules), form="put-events", largest_event=99)
    assert found.counts == [0, 1, 0]
    [made] = found.deliveries
    assert made.event.original == entry
    assert json.loads(made.data)["detail"] == {"total": 5.0}
    assert [each.code for each in found.poison] == ["not-put-events", "too-large"]


def test_a_key_is_taken_from_the_event_when_it_has_none() -> None:
    """At a pointer; a key that the source gave stays."""
    rules = {"r": {"pattern": {"user": [{"exists": True}]}, "targets": ["a"]}}
    events = [Event(b'{"user": "anna"}'), Event(b'{"user": 5}', key=b"given"), Event(b'{"user": 1.50}')]
    found = plan(events, rule_set(rules), key_steps=pointer_steps("/user"))
    assert [each.key for each in found.deliveries] == [b"anna", b"given", b"1.50"]


# ----- ids


def test_the_id_of_a_delivery_never_changes() -> None:
    """Receivers keep ids for long, so how they are made must stay: these are from the first version."""
    route = Route("ops", ("big",), "d1", "v1")
    assert Delivery(Event(b"{}", position=Position("orders.jsonl", 42)), route, b"{}").id == FIRST_IDS[0]
    assert Delivery(Event(b"{}", id="e-1"), route, b"{}").id == FIRST_IDS[1]
    assert Delivery(Event(b"{}"), route, b"{}").id == FIRST_IDS[2]


FIRST_IDS = (
    "2303750e84cdf9fd87bb38ec0af20f90",
    "dfbe517007ae879cfdd5f367550004b7",
    "be8d178d2f518592696229a15a289a0f",
)


def test_settings_of_targets_leave_ids_as_they_are() -> None:
    """A target that is only to get the same more slowly would take what is given again for something else."""
    rules = {"r": {"pattern": {"a": [1]}, "targets": ["ops"]}}
    found = []
    for setting in ({}, {"rate": 5}, {"uri": "file:other", "brake": False}):
        targets = {"ops": {"uri": "file:x", **setting}}
        sets = rule_set_of_mapping({"targets": targets, "rules": rules})
        found.append((sets.digest, plan([Event(b'{"a": 1}')], sets).deliveries[0].id))
    assert len({digest for digest, _ in found}) == 3
    assert len({id for _, id in found}) == 1


def test_an_id_tells_apart_what_differs_and_nothing_else() -> None:
    """Position or id of the event, rule set, target, input; not the attempt, the rules, or the version's name."""
    event, route = Event(b"{}", position=Position("s", 1), id="x"), Route("a", ("r",), "d", "v", "select\0/a\0")
    one = Delivery(event, route, b"1")
    same = [
        one._replace(attempt=7),
        one._replace(event=event._replace(id="y", key=b"k", timestamp=5.0)),
        one._replace(route=Route("a", ("r", "q"), "d", "w", "select\0/a\0")),
    ]
    other = [
        one._replace(event=event._replace(position=Position("s", 2))),
        one._replace(event=event._replace(position=Position("t", 1))),
        one._replace(event=event._replace(position=None)),
        one._replace(event=event._replace(position=None, id="")),
        one._replace(route=Route("b", ("r",), "d", "v", "select\0/a\0")),
        one._replace(route=Route("a", ("r",), "e", "v", "select\0/a\0")),
        one._replace(route=Route("a", ("r",), "d", "v", "")),
        one._replace(route=Route("ad", ("r",), "", "v", "select\0/a\0")),
    ]
    assert {each.id for each in same} == {one.id}
    assert len({each.id for each in [one, *other]}) == len(other) + 1


def test_ids_are_the_same_in_another_process() -> None:
    """Nothing that a process draws at random, such as the hash of strings, takes part."""
    program = (
        "from ruler.route import *; from ruler.route.plan import plan\n"
        "targets = {'a': {'uri': 'file:a'}}; rules = {'r': {'pattern': {'a': [1]}, 'targets': ['a']}}\n"
        "rule_set = rule_set_of_mapping({'targets': targets, 'rules': rules})\n"
        "print([each.id for each in plan([Event(b'{\"a\": 1}')], rule_set).deliveries])"
    )
    runs = {
        subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True).stdout for _ in range(2)
    }
    assert len(runs) == 1 and runs != {b"[]\n"}


def test_matching_alone_loads_nothing_of_routing() -> None:
    """``import ruler`` stays as light as it is."""
    program = "import sys, ruler; print([name for name in sys.modules if name.startswith('ruler.route')])"
    assert subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True).stdout == b"[]\n"
