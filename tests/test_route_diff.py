"""What differs between two rule sets, and in what they deliver."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ruler.route import Event, Position, RuleSet, diff_deliveries, diff_rule_sets, rule_set_of_mapping
from ruler.route.plan import plan

OLD: dict[str, Any] = {
    "targets": {"ops": {"uri": "file:ops.jsonl"}, "dlq": {"uri": "file:dead.jsonl"}},
    "rules": {
        "running": {"pattern": {"state": ["running"]}, "targets": ["ops"]},
        "big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]},
    },
}
EVENTS = [Event(json.dumps(event).encode()) for event in ({"state": "running"}, {"total": 10}, {"total": 5}, [])]


def changed(change: Any) -> RuleSet:
    document = copy.deepcopy(OLD)
    change(document)
    return rule_set_of_mapping(document)


def test_rule_sets_that_mean_the_same_do_not_differ() -> None:
    """Order and spelling are no difference, neither in the sets nor in what they deliver."""
    old = rule_set_of_mapping(OLD)
    new = rule_set_of_mapping({name: dict(reversed(OLD[name].items())) for name in reversed(OLD)})
    assert diff_rule_sets(old, new).is_empty
    assert str(diff_rule_sets(old, new)) == "rules: the same\ntargets: the same"
    found = diff_deliveries(old, new, EVENTS)
    assert (found.events, found.differing, found.targets) == (4, 0, {})


def test_what_is_added_removed_and_changed_is_named() -> None:
    """Of rules and targets that both have, the members that differ."""

    def change(document: dict[str, Any]) -> None:
        del document["rules"]["big"]
        document["rules"]["running"] |= {"tags": ["x"], "shadow": True, "pattern": {"state": ["running", "on"]}}
        document["rules"]["new"] = {"pattern": {"a": [1]}, "targets": ["ops"]}
        document["targets"]["ops"] |= {"rate": 5, "retry": {"attempts": 3}}
        document["targets"]["log"] = {"uri": "file:log.jsonl"}
        document["dead_letter"] = "dlq"

    found = diff_rule_sets(rule_set_of_mapping(OLD), changed(change))
    assert str(found) == (
        "rules: 1 added, 1 removed, 1 changed\n"
        "  + new\n"
        "  - big\n"
        "  ~ running\n"
        '      pattern: {"state":["running"]} -> {"state":["running","on"]}\n'
        "      tags: none -> x\n"
        "      shadow: false -> true\n"
        "targets: 1 added, 1 changed\n"
        "  + log\n"
        "  ~ ops\n"
        "      rate: none -> 5\n"
        "      burst: none -> 5\n"
        "      retry.attempts: 8 -> 3\n"
        "      dead_letter: none -> dlq\n"
        "dead_letter: none -> dlq"
    )
    assert not found.is_empty
    assert json.loads(json.dumps(found.as_dict()))["rules"]["added"] == ["new"]


def test_settings_are_shown_as_documents_have_them() -> None:
    """Durations with their unit, what is inside others with a dot, a brake that is taken away."""

    def change(document: dict[str, Any]) -> None:
        document["targets"]["ops"] |= {"retry": {"max_age": "1.5h"}, "brake": False, "order": "key", "timeout": "5s"}
        document["version"] = "2"

    assert str(diff_rule_sets(rule_set_of_mapping(OLD), changed(change))) == (
        "rules: the same\n"
        "targets: 1 changed\n"
        "  ~ ops\n"
        "      order: none -> key\n"
        "      timeout: 30s -> 5s\n"
        "      retry.max_age: 300s -> 5400s\n"
        "      brake: true -> false\n"
        "version: none -> 2"
    )


def test_what_may_be_secret_is_not_shown() -> None:
    """A diff ends up in logs and reviews: neither passwords in addresses nor values of options do."""

    def change(document: dict[str, Any]) -> None:
        uri = "https://me:secret-1@ops.example/hook"
        document["targets"]["ops"] |= {"uri": uri, "options": {"headers": {"authorization": "secret-2"}}}

    found = diff_rule_sets(rule_set_of_mapping(OLD), changed(change))
    assert "      uri: file:ops.jsonl -> https://ops.example\n      options.headers" in str(found)
    assert "secret" not in json.dumps(found.as_dict()) + str(found)


def test_long_values_are_shown_from_where_they_differ() -> None:
    """So that the difference is seen, and a line stays a line."""

    def change(document: dict[str, Any]) -> None:
        document["rules"]["running"]["description"] = "x" * 500 + "\nnew"

    document = copy.deepcopy(OLD)
    document["rules"]["running"]["description"] = "x" * 500 + "old"
    shown = str(diff_rule_sets(rule_set_of_mapping(document), changed(change)))
    assert f"      description: ...{'x' * 20}old -> ...{'x' * 20}\\nnew\n" in shown


def test_samples_tell_where_events_stand() -> None:
    """Where the position of an event is known, it is what people look for."""
    new = changed(lambda document: document["rules"].pop("big"))
    events = [Event(b'{"total": 10}', position=Position("orders.jsonl", line)) for line in range(4, 20)]
    found = diff_deliveries(rule_set_of_mapping(OLD), new, events)
    assert str(found).splitlines()[1:3] == ["  ops: 16 fewer", "    - orders.jsonl:4, by big"]
    assert len(found.targets["ops"].samples) == 5


def test_what_would_be_delivered_otherwise_is_counted_by_target() -> None:
    """More, fewer, and with other bytes; with the first events that show it, and the rules that lead there."""

    def change(document: dict[str, Any]) -> None:
        document["rules"]["running"]["input"] = {"select": "/state"}
        document["rules"]["big"]["pattern"] = {"total": [{"numeric": ["<", 9]}]}
        document["rules"]["big"]["targets"] = ["dlq", "ops"]

    found = diff_deliveries(rule_set_of_mapping(OLD), changed(change), EVENTS)
    assert str(found) == (
        "of 4 events, 3 would be delivered differently\n"
        "  dlq: 1 more\n"
        "    + event 3, by big\n"
        "  ops: 1 more, 1 fewer, 1 with other bytes\n"
        "    ~ event 1, by running\n"
        "    - event 2, by big\n"
        "    + event 3, by big"
    )


def test_other_rules_with_the_same_bytes_are_no_difference() -> None:
    """What counts is what a target gets."""
    new = changed(
        lambda document: document["rules"].update(copy={"pattern": {"state": ["running"]}, "targets": ["ops"]})
    )
    assert diff_deliveries(rule_set_of_mapping(OLD), new, EVENTS).differing == 0


small_rules = st.dictionaries(
    st.sampled_from("rst"),
    st.fixed_dictionaries(
        {
            "pattern": st.fixed_dictionaries({"a": st.lists(st.integers(0, 2), min_size=1, max_size=2)}),
            "targets": st.lists(st.sampled_from(["ops", "dlq"]), min_size=1, unique=True),
        },
        optional={"input": st.sampled_from([{"select": "/a"}, {"select": "/b"}])},
    ),
    max_size=3,
)


@given(small_rules, small_rules, st.lists(st.sampled_from([b'{"a": 0}', b'{"a": [1, 2]}', b'{"a": 2}', b"{}", b"["])))
def test_counts_are_those_of_the_two_plans(old_rules: Any, new_rules: Any, data: list[bytes]) -> None:
    """For each target: after = before + more - fewer; going back swaps more and fewer."""
    old, new = (rule_set_of_mapping({"targets": OLD["targets"], "rules": each}) for each in (old_rules, new_rules))
    events = [Event(each) for each in data]
    found, back = diff_deliveries(old, new, events), diff_deliveries(new, old, events)
    assert found.events == len(events)
    assert found.differing == back.differing
    for target in ("ops", "dlq"):
        before, after = (sum(each.target == target for each in plan(events, sets).deliveries) for sets in (old, new))
        more, fewer = (d.more, d.fewer) if (d := found.targets.get(target)) else (0, 0)
        assert after == before + more - fewer
        returned = back.targets.get(target)
        assert (more, fewer) == ((returned.fewer, returned.more) if returned else (0, 0))
