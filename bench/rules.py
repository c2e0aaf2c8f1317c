"""Rule sets for the scenarios, by kind: ``rule_set({"kind": "growth-exact", "count": 1000, "seed": 1})``.

Out: rule name -> rule text. ``given`` takes the rules as written in the scenario, or, with ``scenario`` and
``variants`` in place of ``list``, those that variants of a scenario file list, all together.

A kind that begins with ``growth-`` answers with `HITS` rules that match something, always the same ones, and fills up
with rules of the same shape that never match, so that growth is measured with the number of matches held still. The
fillers are as awkward as they can be without matching: they begin (or end, for suffixes) as real values do.
``wildcard-heavy`` draws rules with 5 to 20 wildcards each for the events of process starts. ``mixed`` draws rules as
people write them against the EventBridge-style events, ``growth-mixed-common`` those that all peers can express, and
``plain`` those that even the Python peers can. ``batches`` asks for fields at the beginning, at the end and inside the
arrays of the events of that name. The kinds below it are made to be hard: see each function. Those that begin with
``extension-`` are of `bench/extension_rules.py`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bench.extension_rules import EXTENSION_KINDS
from bench.generators import batches, processes, runs
from bench.generators import vocabulary as words
from bench.generators.draw import Draw
from bench.generators.streets import STREETS
from bench.rule_parts import HITS, NAMES, Rule, absent_word, growing, in_properties, never

_SCENARIOS = Path(__file__).resolve().parent / "scenarios"


def rule_set(wanted: Mapping[str, Any]) -> dict[str, str]:
    """The rules of a scenario's ``rules`` table, as text, by name."""
    kind = wanted["kind"]
    if kind == "given":
        texts = wanted["list"] if "list" in wanted else _listed_in(wanted["scenario"], wanted["variants"])
        return {f"rule-{index}": text for index, text in enumerate(texts)}
    draw = Draw(wanted.get("seed", 1))
    rules = KINDS[kind](draw)
    return {f"{kind}-{index}": json.dumps(next(rules), ensure_ascii=False) for index in range(wanted["count"])}


def _listed_in(scenario: str, variants: Sequence[str]) -> list[str]:
    """The rule texts that these variants of a scenario list, in the order of ``variants``."""
    table = tomllib.loads((_SCENARIOS / f"{scenario}.toml").read_text(encoding="utf-8"))
    lists = {variant["name"]: variant["rules"].get("list", []) for variant in table["variant"]}
    return [text for name in variants for text in lists[name]]


def _exact(name: str) -> Rule:
    return in_properties(STREET=[name])


def _prefix(name: str) -> Rule:
    return in_properties(STREET=[{"prefix": name[:6]}])


def _suffix(name: str) -> Rule:
    return in_properties(STREET=[{"suffix": name[-6:]}])


def _mixed_case(name: str) -> Rule:
    return in_properties(STREET=[{"equals-ignore-case": name.title()}])


def _contains(name: str) -> Rule:
    return in_properties(STREET=[{"wildcard": f"*{name[1:6]}*"}])


def _exact_then_anything_but(name: str) -> Rule:
    """The exact value stands on the path that sorts first."""
    return in_properties(ODD_EVEN=["O"], STREET=[name], ST_TYPE=[{"anything-but": [name, "BLVD"]}])


def _anything_but_then_exact(name: str) -> Rule:
    """The anything-but stands on the path that sorts first and accepts nearly every lot."""
    return in_properties(BLKLOT=[{"anything-but": [f"{name} 1", f"{name} 2"]}], STREET=[name])


_LOTS = ("0001004", "0004016", "0010003", "0019011", "0033008", "0051002", "0068009", "0077013", "0095004", "0105006")


def _lots(draw: Draw) -> Iterator[Rule]:
    """Every event has another value, so no search finds its memory where the last one left it."""
    yield from (in_properties(BLKLOT=[lot]) for lot in _LOTS)
    while True:
        yield in_properties(BLKLOT=[f"{draw.below(10000):04}{draw.below(1000):03}{draw.word(2)}"])


def _exact_on_three(name: str) -> Rule:
    return in_properties(ODD_EVEN=["O", "E"], STREET=[name], ST_TYPE=["ST", "AVE", "BLVD"])


def _never_on_three(draw: Draw) -> Rule:
    """Each of the three values occurs, or might; streets and their types in many events, so the first two are met."""
    name, street_type = draw.pick(STREETS)
    return in_properties(STREET=[name], ST_TYPE=[street_type], TO_ST=[f"{draw.between(100, 9999)}-{draw.word(4)}"])


def _anything_but(name: str) -> Rule:
    return in_properties(ODD_EVEN=[{"anything-but": ["O", name]}], STREET=[name])


def _never_anything_but(draw: Draw) -> Rule:
    """Excludes both values there are, and one of its own: every event blocks every such rule."""
    return in_properties(ODD_EVEN=[{"anything-but": ["O", "E", draw.word(6)]}])


def _overlapping(draw: Draw) -> Iterator[Rule]:
    """Ranges that lie over each other by hundreds, each in one of forty gaps between two whole house numbers."""
    for index in range(HITS):
        yield in_properties(FROM_ST=[{"numeric": [">=", 2000 + 40 * index, "<=", 2001 + 40 * index]}])
    while True:
        house = 100 * draw.between(1, 40)
        low, high = sorted((draw.between(1, 99_999), draw.between(1, 99_999)))
        yield in_properties(FROM_ST=[{"numeric": [">=", house + low / 100_000, "<=", house + high / 100_000]}])


def _two_words(name: str) -> Rule:
    return in_properties(STREET=[{"wildcard": f"*{name[1:3]}*{name[3:6]}*"}])


def _two_words_long(draw: Draw) -> Iterator[Rule]:
    """On command lines of 700 letters. Of a filler's words the first occurs; the second begins as one that does."""
    for index in range(HITS):
        yield _command_line(processes.WORDS[40 * index], processes.WORDS[40 * index + 25])
    while True:
        yield _command_line(draw.pick(processes.WORDS), f"{draw.pick(processes.WORDS)}{draw.word(3)}")


def _command_line(first: str, second: str) -> Rule:
    return {"detail": {"commandLine": [{"wildcard": f"*{first}*{second}*"}]}}


def _detection(draw: Draw) -> Rule:
    """A detection rule: on each of five texts one to four wildcards, of which one must match, and exact conditions."""
    texts = {
        path: [{"wildcard": f"*{_detected(draw)}*"} for _ in range(draw.between(1, 4))] for path in processes.PATHS
    }
    return {"detail-type": ["Process Start"], "detail": {**texts, "integrityLevel": [draw.pick(("High", "System"))]}}


def _detected(draw: Draw) -> str:
    """What rules look for: an option, the beginning of a program's name, or two words; rarely one that is frequent."""
    kind = draw.below(10)
    if kind == 0:
        return draw.pick(processes.WORDS)
    if kind < 4:
        return f"-{processes.pair(draw)} {draw.pick(processes.WORDS)[:4]}"
    if kind < 6:
        return f"\\\\{processes.pair(draw)}"
    return processes.pair(draw)


def _detections(draw: Draw) -> Iterator[Rule]:
    """The first rule matches one event in some, for it asks for what stands in most."""
    common = {
        "image": "\\\\",
        "parentImage": "C:",
        "commandLine": ".exe",
        "parentCommandLine": ".exe",
        "scriptBlock": "; -",
    }
    texts = {path: [{"wildcard": f"*{text}*"}] for path, text in common.items()}
    yield {"detail-type": ["Process Start"], "detail": {**texts, "integrityLevel": ["High"]}}
    while True:
        yield _detection(draw)


def _number(draw: Draw) -> Rule:
    """Between two house numbers, which are whole: no lot has one."""
    low = draw.between(1, 9000) + draw.between(1, 400) / 1000
    return in_properties(FROM_ST=[{"numeric": [">", low, "<", low + draw.between(1, 500) / 1000]}])


def _numeric(draw: Draw) -> Iterator[Rule]:
    for index in range(HITS):
        test = ["=", 1200 + 7 * index] if index % 2 else [">=", 2000 + 10 * index, "<=", 2001 + 10 * index]
        yield in_properties(FROM_ST=[{"numeric": test}])
    while True:
        yield _number(draw)


def _address(block: str) -> Rule:
    return {"detail": {"sourceIPAddress": [{"cidr": block}]}}


def _cidr(draw: Draw) -> Iterator[Rule]:
    """Fillers lie in 100.64.0.0/10, in 172.16.0.0/12 and in corners of 2001:db8::/32 that no event uses."""
    for index in range(HITS - 2):
        yield _address(f"10.{index * 16}.0.0/12")
    yield _address("203.0.113.0/26")
    yield _address("2001:db8:3::/48")
    while True:
        if draw.chance(0.5):
            yield _address(f"100.{draw.between(64, 127)}.{draw.below(256)}.{16 * draw.below(16)}/28")
        elif draw.chance(0.5):
            yield _address(f"172.{draw.between(16, 31)}.{draw.below(256)}.{16 * draw.below(16)}/28")
        else:
            yield _address(f"2001:db8:{draw.between(4096, 65535):x}:{draw.bits(16):x}::/64")


def _mixed(draw: Draw) -> Iterator[Rule]:
    """Rules as people write them: most name a source and a few things, many with a pattern."""
    return _drawn_from(_MIXED, draw)


def _drawn_from(templates: Sequence[Callable[[Draw], Rule]], draw: Draw) -> Iterator[Rule]:
    while True:
        yield draw.pick(templates)(draw)


def _with_few_hits(rules: Iterator[Rule], draw: Draw) -> Iterator[Rule]:
    """All but the first few of these rules ask in one clause for what no event holds."""
    yield from islice(rules, 2 * HITS)
    for rule in rules:
        clauses = list(_clauses_of(rule))
        names, name = draw.pick(clauses)
        names[name] = [{"prefix": draw.word(6)}] if draw.chance(0.3) else [draw.word(6)]
        yield rule


def _clauses_of(rule: Rule) -> Iterator[tuple[Rule, str]]:
    """The object and the name of each clause."""
    for name, value in rule.items():
        if isinstance(value, dict):
            yield from _clauses_of(value)
        else:
            yield rule, name


def _state_rule(draw: Draw) -> Rule:
    return {
        "source": ["aws.ec2"],
        "account": [words.account(draw)],
        "detail": {"state": [draw.pick(words.STATES)], "launched-by": [draw.pick(words.USERS)]},
    }


def _volume_rule(draw: Draw) -> Rule:
    return {
        "source": ["aws.ec2"],
        "region": [draw.pick(words.REGIONS)],
        "detail": {
            "instance-type": [{"prefix": draw.pick(words.INSTANCE_TYPES)[:2]}],
            "volumes": {"encrypted": [False], "size-gib": [{"numeric": [">", 8 * draw.between(32, 63)]}]},
        },
    }


def _object_rule(draw: Draw) -> Rule:
    ending = draw.pick(words.FILE_ENDINGS)
    key = draw.pick(
        (
            {"suffix": ending},
            {"prefix": draw.pick(words.FOLDERS)},
            {"wildcard": f"{draw.pick(words.FOLDERS)}/*{ending}"},
            {"suffix": {"equals-ignore-case": ending}},
            {"anything-but": {"suffix": ending}},
        )
    )
    return {
        "source": ["aws.s3"],
        "detail": {"bucket": {"name": [draw.pick(words.BUCKETS)]}, "object": {"key": [key]}},
    }


def _tag_rule(draw: Draw) -> Rule:
    value = str(draw.between(1000, 1099))
    return {"account": [words.account(draw)], "detail": {"tags": {"key": ["cost-center"], "value": [value]}}}


def _call_rule(draw: Draw) -> Rule:
    return {
        "source": ["aws.iam"],
        "detail": {
            "eventName": [draw.pick(words.IAM_CALLS), draw.pick(words.IAM_CALLS)],
            "sourceIPAddress": [
                {"cidr": f"10.{draw.below(256)}.{draw.below(256)}.0/20"},
                {"cidr": "203.0.113.0/28"},
            ],
            "userIdentity": {"userName": [{"anything-but": [draw.pick(words.USERS), "svc-deploy"]}]},
        },
    }


def _failure_rule(draw: Draw) -> Rule:
    return {
        "detail": {"errorCode": [{"exists": True}], "userIdentity": {"userName": [draw.pick(words.USERS)]}},
        "account": [words.account(draw)],
    }


def _health_rule(draw: Draw) -> Rule:
    return {
        "source": ["aws.health"],
        "account": [words.account(draw)],
        "detail": {
            "eventTypeCode": [{"suffix": draw.pick(words.HEALTH_EVENTS)}],
            "affectedEntities": {
                "status": [{"equals-ignore-case": "impaired"}],
                "tags": {"team": [draw.pick(words.TEAMS)]},
            },
        },
    }


def _order_rule(draw: Draw) -> Rule:
    low = draw.between(1, 60) * 50
    return {
        "source": [{"prefix": "shop"}],
        "detail": {
            "total": [{"numeric": [">=", low, "<", low + 50]}],
            "customer": {"country": [{"equals-ignore-case": draw.pick(words.COUNTRIES)}]},
        },
    }


def _item_rule(draw: Draw) -> Rule:
    return {
        "source": ["shop"],
        "detail": {
            "items": {"name": [draw.pick(words.PRODUCTS)], "quantity": [{"numeric": [">=", 4]}]},
            "customer": {"id": [{"numeric": ["=", draw.between(1, 20000)]}]},
        },
    }


def _attention_rule(draw: Draw) -> Rule:
    branches = [
        {"detail": {"fraud-score": [{"numeric": [">", 0.9]}]}},
        {"detail": {"coupon": [{"prefix": {"equals-ignore-case": "vip"}}], "paid": [False]}},
    ]
    return {"account": [words.account(draw)], "region": [draw.pick(words.REGIONS)], "$or": branches}


def _picture_rule(draw: Draw) -> Rule:
    """As `_object_rule`, with the patterns that every engine knows."""
    key = draw.pick(
        (
            {"suffix": draw.pick(words.FILE_ENDINGS)},
            {"prefix": draw.pick(words.FOLDERS)},
            {"wildcard": f"{draw.pick(words.FOLDERS)}/*{draw.pick(words.FILE_ENDINGS)}"},
        )
    )
    return {
        "account": [words.account(draw)],
        "detail": {"bucket": {"name": [draw.pick(words.BUCKETS)]}, "object": {"key": [key]}},
    }


def _session_rule(draw: Draw) -> Rule:
    return {
        "source": ["aws.iam"],
        "detail": {
            "eventName": [draw.pick(words.IAM_CALLS), draw.pick(words.IAM_CALLS)],
            "userIdentity": {"userName": [{"anything-but": [draw.pick(words.USERS), "svc-deploy"]}]},
            "awsRegion": [draw.pick(words.REGIONS)],
            "requestParameters": {"userName": [draw.pick(words.USERS)]},
        },
    }


def _plain(draw: Draw) -> Iterator[Rule]:
    """Exact values and prefixes on one to four fields, which every Python peer can express."""
    return _drawn_from(_PLAIN, draw)


def _plain_state(draw: Draw) -> Rule:
    return {
        "source": ["aws.ec2"],
        "account": [words.account(draw)],
        "detail": {
            "state": [draw.pick(words.STATES)],
            "instance-type": [{"prefix": draw.pick(words.INSTANCE_TYPES)[:2]}],
        },
    }


def _plain_call(draw: Draw) -> Rule:
    return {
        "detail-type": [{"prefix": "AWS API Call"}],
        "detail": {
            "eventName": [draw.pick(words.IAM_CALLS)],
            "userIdentity": {"userName": [draw.pick(words.USERS)]},
            "awsRegion": [draw.pick(words.REGIONS)],
        },
    }


def _plain_object(draw: Draw) -> Rule:
    return {
        "account": [{"prefix": words.account(draw)[:5]}],
        "detail": {
            "bucket": {"name": [draw.pick(words.BUCKETS)]},
            "object": {"key": [{"prefix": draw.pick(words.FOLDERS)}]},
        },
    }


def _plain_envelope(draw: Draw) -> Rule:
    return {
        "source": [{"prefix": draw.pick(("aws.", "shop"))}],
        "region": [draw.pick(words.REGIONS)],
        "account": [words.account(draw), words.account(draw)],
    }


def _of_batches(draw: Draw) -> Iterator[Rule]:
    """Three rules in turns: on what stands before the entries, behind them, and in them."""
    while True:
        yield {
            "account": [words.account(draw)],
            "detail": {
                "warehouse": [draw.pick(batches.WAREHOUSES)],
                "priority": [{"numeric": [">", draw.between(1, 8)]}],
            },
        }
        yield {
            "region": [draw.pick(words.REGIONS)],
            "detail": {"summary": {"status": [draw.pick(batches.OUTCOMES)], "checked-by": [draw.pick(words.USERS)]}},
        }
        yield _entry_rule(draw)


def _entry_rule(draw: Draw) -> Rule:
    """Two or three fields of one entry; few entries have them all."""
    if draw.chance(0.3):
        entry: Rule = {
            "level": ["error"],
            "service": [draw.pick(batches.SERVICES)],
            "milliseconds": [{"numeric": [">", 900]}],
        }
    else:
        entry = {"sku": [{"prefix": batches.sku(draw)[:5]}], "state": [draw.pick(batches.STATES), "missing"]}
    return {"detail": {"warehouse": [draw.pick(batches.WAREHOUSES)], "entries": entry}}


def _stars(draw: Draw) -> Iterator[Rule]:
    """``a*aa*a*bc``: the pieces before the last fit nearly everywhere in nearly every text of the events of runs."""
    while True:
        pieces = ["a" * draw.between(1, 3) for _ in range(draw.between(3, 6))]
        ending = f"{draw.pick(runs.ENDINGS)}{draw.pick(runs.ENDINGS)}"
        yield {"detail": {"text": [{"wildcard": "*".join([*pieces, ending])}]}}


def _all_but_one_street(draw: Draw) -> Iterator[Rule]:
    """Each accepts nearly every lot."""
    while True:
        yield in_properties(STREET=[{"anything-but": [draw.pick(NAMES), draw.word(6)]}])


def _one_account_left(draw: Draw) -> Iterator[Rule]:
    """Each excludes all accounts but one, and a word of its own: each accepts few events, and all look at one field."""
    while True:
        left = draw.pick(words.ACCOUNTS)
        yield {"account": [{"anything-but": [*(each for each in words.ACCOUNTS if each != left), draw.word(6)]}]}


def _wide_ranges(draw: Draw) -> Iterator[Rule]:
    """Each lies around the middle house numbers, so about half of all ranges hold any one number."""
    while True:
        low, high = draw.between(100, 200_000) / 100, draw.between(210_000, 450_000) / 100
        yield in_properties(FROM_ST=[{"numeric": [">=", low, "<=", high]}])


def _narrow_ranges(draw: Draw) -> Iterator[Rule]:
    """Anywhere among the house numbers, of every width up to four: of 10,000 four or five hold any one number."""
    while True:
        low = draw.between(10_000, 440_000) / 100
        yield in_properties(FROM_ST=[{"numeric": [">=", low, "<", low + draw.between(1, 400) / 100]}])


def _alike_but_the_last(draw: Draw) -> Iterator[Rule]:
    """The first fields, by path, ask the same of every event, and nearly every event passes; the last one decides."""
    while True:
        first = {"geometry": {"type": ["Polygon"]}}
        yield first | in_properties(BLKLOT=[{"prefix": "0"}], ODD_EVEN=["O", "E"], TO_ST=[f"{draw.between(1, 9999)}"])


def _own_first(draw: Draw) -> Iterator[Rule]:
    """Each rule's first field asks something of its own that every event passes; the last one decides."""
    while True:
        first = {"geometry": {"type": [{"anything-but": [draw.word(6)]}]}}
        yield first | in_properties(BLKLOT=[{"prefix": "0"}], ODD_EVEN=["O", "E"], TO_ST=[f"{draw.between(1, 9999)}"])


_MIXED: tuple[Callable[[Draw], Rule], ...] = (
    _state_rule,
    _volume_rule,
    _object_rule,
    _object_rule,
    _tag_rule,
    _call_rule,
    _failure_rule,
    _health_rule,
    _order_rule,
    _item_rule,
    _attention_rule,
)

_COMMON: tuple[Callable[[Draw], Rule], ...] = (
    _state_rule,
    _volume_rule,
    _picture_rule,
    _picture_rule,
    _tag_rule,
    _session_rule,
    _failure_rule,
    _order_rule,
    _item_rule,
)
"""Of the mixed rules those that Event Ruler and both Quaminas can express, or something like them."""

_PLAIN: tuple[Callable[[Draw], Rule], ...] = (_plain_state, _plain_call, _plain_object, _plain_envelope)

KINDS: dict[str, Callable[[Draw], Iterator[Rule]]] = {
    "growth-exact": growing(_exact, lambda draw: _exact(never(draw))),
    "growth-prefix": growing(_prefix, lambda draw: in_properties(STREET=[{"prefix": never(draw)}])),
    "growth-suffix": growing(
        _suffix, lambda draw: in_properties(STREET=[{"suffix": f"{draw.word(6)} {draw.pick(NAMES)}"}])
    ),
    "growth-equals-ignore-case": growing(_mixed_case, lambda draw: _mixed_case(never(draw))),
    "growth-anything-but-after-exact": growing(
        _exact_then_anything_but, lambda draw: _exact_then_anything_but(never(draw))
    ),
    "growth-anything-but-before-exact": growing(
        _anything_but_then_exact, lambda draw: _anything_but_then_exact(never(draw))
    ),
    "growth-contains": growing(_contains, lambda draw: in_properties(STREET=[{"wildcard": f"*{absent_word(draw)}*"}])),
    "growth-numeric": _numeric,
    "growth-cidr": _cidr,
    "growth-exact-on-three-paths": growing(_exact_on_three, _never_on_three),
    "growth-two-words": growing(
        _two_words, lambda draw: in_properties(STREET=[{"wildcard": f"*{absent_word(draw)[:4]}*{absent_word(draw)}*"}])
    ),
    "growth-two-words-long": _two_words_long,
    "growth-overlapping": _overlapping,
    "growth-anything-but": growing(_anything_but, _never_anything_but),
    "growth-exact-many-values": _lots,
    "growth-mixed": lambda draw: _with_few_hits(_mixed(draw), draw),
    "growth-mixed-common": lambda draw: _with_few_hits(_drawn_from(_COMMON, draw), draw),
    "wildcard-heavy": _detections,
    "mixed": _mixed,
    "plain": _plain,
    "batches": _of_batches,
    "stars": _stars,
    "all-but-one-street": _all_but_one_street,
    "one-account-left": _one_account_left,
    "wide-ranges": _wide_ranges,
    "narrow-ranges": _narrow_ranges,
    "alike-but-the-last": _alike_but_the_last,
    "own-first": _own_first,
    **EXTENSION_KINDS,
}
"""Kind -> endless rules drawn from a seed; the first ones are the same whatever the count."""
