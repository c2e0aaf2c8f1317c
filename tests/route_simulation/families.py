"""Prebuilt rule sets, each in several versions, and what every target must get of every kind of event.

A family is a router's life with its rules: version after version, each of which may be changed to any other while
events are on their way. What is expected is worked out here from the document by the oracle and plain Python, not by
the code under test; it does not depend on the number that tells events of one kind apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import oracle

from ruler.route import RuleSet, TargetSettings, rule_set_of_mapping

# The kinds of events. {n} is the number of the event, by which the ledger tells it from others.
KINDS = {
    "a": '{{"n":{n},"kind":"a","size":1,"detail":{{"n":{n},"s":"x"}}}}',
    "b": '{{"n":{n},"kind":"b","size":9,"detail":{{"n":{n},"s":"y"}}}}',
    "big": '{{"n":{n},"kind":"a","size":90,"detail":{{"n":{n},"s":"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}}}}',
    "bare": '{{"n":{n},"kind":"a","size":5}}',
    "unmatched": '{{"n":{n},"kind":"z","size":0}}',
    "cut": '{{"n":{n},"kind":"a","si',
    "text": "event {n} is not JSON",
}
POISON = {"cut", "text"}


class Wanted(NamedTuple):
    """One delivery that is to be made of an event."""

    target: str
    rules: tuple[str, ...]
    data_of: Callable[[int], bytes] | None  # by the number of the event; None where there is nothing to send


@dataclass(frozen=True)
class Version:
    """One version of a rule set, and what it makes of each kind of event."""

    name: str
    rule_set: RuleSet
    wanted: Mapping[str, tuple[Wanted, ...]]  # by the kind of event; poison has none

    @property
    def can_be_used(self) -> bool:
        """Whether all its targets can be made."""
        return all(settings.uri != CANNOT_BE_MADE for settings in self.targets.values())

    @property
    def targets(self) -> Mapping[str, TargetSettings]:
        return self.rule_set.targets


@dataclass(frozen=True)
class Family:
    """Versions of one rule set that follow each other."""

    name: str
    versions: tuple[Version, ...]
    in_order: frozenset[str] = frozenset()  # targets that take a batch one after the other
    max_batch: Mapping[str, int] | None = None  # what targets say of themselves
    kinds: tuple[str, ...] = tuple(KINDS)
    targets: tuple[str, ...] = ()  # all that there are in any version
    provided: tuple[str, ...] = ()  # targets that the program brings, which have no URI


# ----- what is expected


def _wanted(document: Mapping[str, Any], kind: str) -> tuple[Wanted, ...]:
    if kind in POISON:
        return ()
    groups: dict[tuple[str, str], list[str]] = {}
    text = KINDS[kind].format(n=0)
    for name, rule in sorted(document["rules"].items()):
        if rule.get("shadow") or not oracle.matches(json.dumps(rule["pattern"]), text):
            continue
        shape = rule.get("input")
        for target in rule["targets"]:
            groups.setdefault((target, json.dumps(shape)), []).append(name)
    return tuple(
        Wanted(target, tuple(names), _shape(json.loads(shape), kind)) for (target, shape), names in groups.items()
    )


def _shape(shape: Mapping[str, Any] | None, kind: str) -> Callable[[int], bytes] | None:
    """What a target gets of an event of the kind. Only the shapes that the documents below use."""
    if shape is None:
        return lambda number: KINDS[kind].format(n=number).encode()
    if shape == {"select": "/detail"}:
        if "detail" not in json.loads(KINDS[kind].format(n=0)):
            return None
        return lambda number: json.dumps(
            json.loads(KINDS[kind].format(n=number))["detail"], separators=(",", ":")
        ).encode()
    assert shape == NUMBER_ALONE, shape
    return lambda number: f'{{"number":{number}}}'.encode()


# ----- the documents

NUMBER_ALONE = {"input_transformer": {"paths": {"n": "$.n"}, "template": '{"number": <n>}'}}
ALL = {"n": [{"exists": True}], "kind": ["a", "b"]}
A, B = {"kind": ["a"]}, {"kind": ["b"]}
LARGE = {"size": [{"numeric": [">=", 9]}]}
QUICK = {"attempts": 4, "max_age": "60s", "first_delay": "50ms", "max_delay": "800ms"}
CANNOT_BE_MADE = "sim:cannot be made"
SHORT = {"attempts": 6, "max_age": "2s", "first_delay": "300ms", "max_delay": "1s"}


def _target(name: str, **members: Any) -> dict[str, Any]:
    found = {"uri": f"sim:{name}", "timeout": "2s", "retry": QUICK} | members
    return {name: value for name, value in found.items() if value is not None}


def _rule(pattern: Mapping[str, Any], *targets: str, **members: Any) -> dict[str, Any]:
    return {"pattern": pattern, "targets": list(targets)} | members


def _plain() -> list[dict[str, Any]]:
    """Two targets, one in order; then the order's target has other settings, then it is gone, then rules differ."""
    targets = {
        "log": _target("log", concurrency=3, batch=5),
        "ops": _target("ops", order="key", concurrency=4, batch=3),
        "dlq": _target("dlq", batch=2),
    }
    rules = {"all": _rule(ALL, "log"), "only-a": _rule(A, "ops"), "large": _rule(LARGE, "ops")}
    first = {"dead_letter": "dlq", "targets": targets, "rules": rules}
    faster = targets | {"ops": _target("ops", order="key", concurrency=1, batch=8)}
    fewer = {name: each for name, each in targets.items() if name != "ops"}
    return [
        first,
        first | {"targets": faster},
        first | {"targets": fewer, "rules": {"all": _rule(ALL, "log")}},
        first | {"rules": {"all": _rule(A, "log"), "only-b": _rule(B, "ops", "log")}},
    ]


def _ordered() -> list[dict[str, Any]]:
    """Targets in order with all shapes of sends: one at a time, many at a time, whole batches in order."""
    targets = {
        "one": _target("one", order="key", concurrency=1, batch=1),
        "many": _target("many", order="key", concurrency=8, batch=4),
        "whole": _target("whole", order="key", concurrency=2, batch=10),
        "dlq": _target("dlq", order="key", concurrency=2, batch=4),
    }
    rules = {"all": _rule(ALL, "many", "one", "whole"), "only-a": _rule(A, "whole")}
    first = {"dead_letter": "dlq", "targets": targets, "rules": rules}
    slower = {name: each | {"retry": SHORT} for name, each in targets.items()}
    freer = targets | {"many": targets["many"] | {"order": "none"}}
    return [first, first | {"targets": slower}, first | {"targets": freer}]


def _inputs() -> list[dict[str, Any]]:
    """Deliveries that are a part of the event, two for one target, some that cannot be made; a rule in shadow."""
    targets = {"shop": _target("shop", order="key", batch=4), "dlq": _target("dlq"), "odd": _target("odd", uri=None)}
    rules = {
        "all": _rule(ALL, "shop"),
        "details": _rule(ALL, "shop", "odd", input={"select": "/detail"}),
        "numbers": _rule(LARGE, "shop", input=NUMBER_ALONE),
        "quiet": _rule(A, "odd", shadow=True),
    }
    first = {"dead_letter": "dlq", "targets": targets, "rules": rules}
    return [
        first,
        first | {"rules": rules | {"quiet": _rule(A, "odd")}},
        first | {"rules": rules | {"details": _rule(B, "odd", input=NUMBER_ALONE)}},
    ]


def _chained() -> list[dict[str, Any]]:
    """Dead letters that have dead letters, and a target of dead letters that takes ordinary events too."""
    targets = {
        "ops": _target("ops", order="key", retry=QUICK | {"attempts": 2}, dead_letter="second"),
        "log": _target("log", concurrency=2, retry=SHORT),
        "second": _target("second", retry=QUICK | {"attempts": 2}, dead_letter="last", batch=3),
        "last": _target("last", batch=2, concurrency=1),
    }
    rules = {"all": _rule(ALL, "ops"), "large": _rule(LARGE, "last", "log")}
    first = {"dead_letter": "last", "targets": targets, "rules": rules}
    straight = targets | {"ops": _target("ops", order="key", retry=QUICK | {"attempts": 2}, dead_letter="last")}
    return [first, first | {"targets": straight}]


def _without_dead_letters() -> list[dict[str, Any]]:
    """What is refused for good ends the run."""
    targets = {"ops": _target("ops", order="key", batch=3), "log": _target("log", batch=4, concurrency=2)}
    first = {"targets": targets, "rules": {"all": _rule(ALL, "log"), "only-a": _rule(A, "ops")}}
    return [first, first | {"rules": {"all": _rule(ALL, "log", "ops")}}]


def _limited() -> list[dict[str, Any]]:
    """Few sends at a time, and only as many a second as the bucket lets through."""
    targets = {
        "slow": _target("slow", rate=4, burst=3, concurrency=2, batch=5, retry=QUICK | {"max_age": "600s"}),
        "lane": _target("lane", rate=10, burst=1, order="key", concurrency=2, retry=QUICK | {"max_age": "600s"}),
        "dlq": _target("dlq", rate=5, burst=2, batch=2),
    }
    first = {"dead_letter": "dlq", "targets": targets, "rules": {"all": _rule(ALL, "slow"), "a": _rule(A, "lane")}}
    other = targets | {"slow": targets["slow"] | {"concurrency": 1}, "lane": targets["lane"] | {"rate": 5}}
    free = targets | {"slow": _target("slow", concurrency=2, batch=5)}
    return [first, first | {"targets": other}, first | {"targets": free}]


def _moved() -> list[dict[str, Any]]:
    """Targets that move: another URI, another timeout; and one that cannot be made, so that nothing changes."""
    targets = {"ops": _target("ops", order="key", batch=3), "log": _target("log", batch=3), "dlq": _target("dlq")}
    first = {"dead_letter": "dlq", "targets": targets, "rules": {"all": _rule(ALL, "log", "ops")}}
    return [
        first,
        first | {"targets": targets | {"ops": targets["ops"] | {"uri": "sim:ops/2"}}},
        first | {"targets": targets | {"ops": targets["ops"] | {"timeout": "1s"}, "dlq": _target("dlq", timeout="3s")}},
        first | {"targets": targets | {"ops": targets["ops"] | {"uri": CANNOT_BE_MADE}}},
    ]


def _braked() -> list[dict[str, Any]]:
    """Targets that pause when too much of little fails."""
    brake = {"share": 0.4, "window": "30s", "least": 2, "pause": "3s"}
    targets = {
        "ops": _target("ops", order="key", batch=3, brake=brake, retry=QUICK | {"attempts": 2}),
        "log": _target("log", batch=4, brake=brake, retry=SHORT),
        "dlq": _target("dlq", brake=brake),
    }
    first = {"dead_letter": "dlq", "targets": targets, "rules": {"all": _rule(ALL, "log"), "only-a": _rule(A, "ops")}}
    return [first, first | {"targets": targets | {"log": _target("log", batch=4, brake=False)}}]


DOCUMENTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "plain": _plain,
    "ordered": _ordered,
    "inputs": _inputs,
    "chained": _chained,
    "without dead letters": _without_dead_letters,
    "limited": _limited,
    "moved": _moved,
    "braked": _braked,
}
OF_TARGETS: dict[str, dict[str, Any]] = {
    "ordered": {"in_order": frozenset({"whole"})},
    "plain": {"max_batch": {"log": 2}},
    "inputs": {"provided": ("odd",)},
    "without dead letters": {"kinds": tuple(kind for kind in KINDS if kind not in POISON)},
}


@cache
def family(name: str, engine: str = "python") -> Family:
    """The family of this name, built once."""
    of_targets = OF_TARGETS.get(name, {})
    provided = of_targets.get("provided", ())
    versions = []
    for count, document in enumerate(DOCUMENTS[name]()):
        wanted = {kind: _wanted(document, kind) for kind in KINDS}
        rule_set = rule_set_of_mapping(document | {"version": f"v{count}"}, provided=provided, engine=engine)
        versions.append(Version(rule_set.version, rule_set, wanted))
    targets = tuple(sorted({each for version in versions for each in version.targets}))
    return Family(name, tuple(versions), targets=targets, **of_targets)
