"""The document of a rule set: what it means, every error in it with its place, and its digest."""

from __future__ import annotations

import gc
import json
import random
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import ruler
from ruler.findings import Finding
from ruler.patterns.reader import read_document
from ruler.route import RuleSet, RuleSetError, read_rule_set, rule_set_of_mapping, rule_set_of_text
from ruler.route.documents.assemble import Assembly
from ruler.route.documents.pattern_text import canonical_pattern
from ruler.route.documents.toml_text import toml_document
from ruler.route.rule_set import BrakeSettings, RetrySettings, TargetSettings

DESIGN: dict[str, Any] = {
    "targets": {
        "ops": {
            "uri": "https://ops.example/hook",
            "order": "key",
            "rate": 500,
            "burst": 100,
            "concurrency": 32,
            "retry": {"attempts": 8, "max_age": "300s"},
            "dead_letter": "dlq",
        },
        "dlq": {"uri": "file:dead.jsonl"},
    },
    "rules": {
        "ec2-running": {
            "pattern": {"source": ["aws.ec2"], "detail": {"state": ["running"]}},
            "targets": ["ops"],
            "input": {"select": "/detail"},
            "tags": ["ec2"],
            "shadow": False,
            "examples": {"match": [{"source": "aws.ec2", "detail": {"state": "running"}}], "no_match": [{}]},
        }
    },
}
TOML = """\
[targets.ops]
uri = "https://ops.example/hook"
order = "key"
rate = 5e2
burst = 1_00
concurrency = 32
retry = { attempts = 8, max_age = "5m" }
dead_letter = "dlq"

[targets.dlq]
uri = 'file:dead.jsonl'

[rules.ec2-running]
pattern.source = ["aws.ec2"]
pattern.detail.state = ["running"]
targets = ["ops"]
input.select = "/detail"
tags = ["ec2"]

[rules.ec2-running.examples]
match = [{ source = "aws.ec2", detail = { state = "running" } }]
"""


def errors_of(text: str, **kwargs: Any) -> list[Finding]:
    with pytest.raises(RuleSetError) as refused:
        rule_set_of_text(text, name="routes.json", **kwargs)
    return refused.value.findings


def errors_of_rule(**members: Any) -> list[Finding]:
    """The errors of a rule set with one rule and the target ops."""
    rule = {"pattern": {"a": [1]}, "targets": ["ops"], **members}
    rule = {name: value for name, value in rule.items() if value is not None}
    return errors_of(json.dumps({"targets": {"ops": {"uri": "file:x"}}, "rules": {"r": rule}}))


def errors_of_target(**members: Any) -> list[Finding]:
    return errors_of(json.dumps({"targets": {"ops": {"uri": "file:x", **members}}}))


def told(findings: list[Finding]) -> list[tuple[str | None, str]]:
    return [(finding.pointer, finding.code) for finding in findings]


# ----- what a document means


def test_the_document_of_the_design_is_read(engine: str) -> None:
    """Its members, and the defaults of those that it does not have."""
    found = rule_set_of_text(json.dumps(DESIGN), engine=engine)
    assert found.targets["ops"] == TargetSettings(
        "ops",
        uri="https://ops.example/hook",
        order="key",
        rate=500.0,
        burst=100,
        concurrency=32,
        retry=RetrySettings(8, 300.0),
        dead_letter="dlq",
    )
    rule = found.rules["ec2-running"]
    assert (rule.targets, rule.input.kind, rule.tags, rule.is_shadow) == (("ops",), "select", ("ec2",), False)
    assert found.matcher.engine == engine
    assert found.matcher.rules_for_event({"source": "aws.ec2", "detail": {"state": "running"}}) == ["ec2-running"]
    assert found.version == found.digest[:12]


def test_json_toml_and_python_objects_mean_the_same() -> None:
    """One digest, whatever a rule set is written in."""
    in_json = rule_set_of_text(json.dumps(DESIGN))
    assert rule_set_of_text(TOML, form="toml").digest == in_json.digest
    assert rule_set_of_mapping(DESIGN).digest == in_json.digest
    assert rule_set_of_text(json.dumps(DESIGN, indent=3).encode()).digest == in_json.digest


def test_a_target_has_a_brake_unless_it_says_no() -> None:
    """An object sets it, false takes it away; what is left out is as without any."""
    targets = {name: {"uri": "file:x"} for name in ("set", "off", "default")}
    targets["set"] |= {"brake": {"share": 0.25, "pause": "1m"}}  # type: ignore[dict-item]
    targets["off"] |= {"brake": False}  # type: ignore[dict-item]
    found = rule_set_of_mapping({"targets": targets}).targets
    assert found["set"].brake == BrakeSettings(share=0.25, window=60.0, least=20, pause=60.0)
    assert (found["off"].brake, found["default"].brake) == (None, BrakeSettings())


def test_words_of_eventbridge_are_understood(engine: str) -> None:
    """A pattern in a string, InputPath and InputTransformer, as the service shows them."""
    rules = {
        "path": {"pattern": '{"a": [1]}', "targets": ["ops"], "input": {"InputPath": "$.a"}},
        "template": {
            "pattern": {"a": [1]},
            "targets": ["ops"],
            "input": {"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": '{"is": <a>}'}},
        },
    }
    found = rule_set_of_mapping({"targets": {"ops": {"uri": "file:x"}}, "rules": rules})
    assert [rule.input.kind for rule in found.rules.values()] == ["input_path", "input_transformer"]
    assert found.matcher.rules_for_event({"a": 1}) == ["path", "template"]


def test_targets_that_the_program_brings_need_no_uri() -> None:
    """They may stand in the document for their settings, or not at all."""
    text = '{"targets": {"one": {"order": "key"}}, "rules": {"r": {"pattern": {"a": [1]}, "targets": ["one", "two"]}}}'
    found = rule_set_of_text(text, provided=("one", "two"))
    assert found.targets["one"].order == "key"
    assert found.targets["two"] == TargetSettings("two")
    assert told(errors_of(text, provided=("two",))) == [("/targets/one", "route-target")]


def test_members_for_others_are_let_be() -> None:
    """A configuration holds more than its rule set."""
    text = '{"source": {"file": "x"}, "rules": {}}'
    assert rule_set_of_text(text, also=("source",)).rules == {}
    assert told(errors_of(text)) == [("/source", "route-member-unknown")]


def test_the_files_of_a_directory_are_one_rule_set(tmp_path: Path) -> None:
    """JSON and TOML; a rule may lead to a target of another file; paths of examples begin at the directory."""
    (tmp_path / "targets.toml").write_text('dead_letter = "dlq"\n[targets]\nops.uri = "file:x"\ndlq.uri = "file:y"\n')
    rule = {"pattern": {"a": [1]}, "targets": ["ops"], "examples": {"match": ["events/one.json"]}}
    (tmp_path / "rules.json").write_text(json.dumps({"rules": {"r": rule}}))
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "one.json").write_text('{"a": 1}')
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "notes.txt").write_text("{")
    found = read_rule_set(tmp_path)
    assert (list(found.rules), list(found.targets), found.dead_letter) == (["r"], ["dlq", "ops"], "dlq")
    assert found.targets["ops"].dead_letter == "dlq"
    assert found.targets["dlq"].dead_letter == ""


def test_errors_of_a_directory_are_those_of_all_files(tmp_path: Path) -> None:
    """A name that two files have is told where it comes again."""
    (tmp_path / "a.json").write_text('{"version": "1", "targets": {"t": {"uri": "file:x"}}, "rules": {"r": {}}}')
    (tmp_path / "b.toml").write_text('version = "2"\n[targets.t]\nuri = "file:y"\n[rules.r]\npattern = {a = 1}\n')
    with pytest.raises(RuleSetError) as refused:
        read_rule_set(tmp_path)
    findings = refused.value.findings
    assert [(Path(each.source.name).name, each.line, each.code) for each in findings] == [
        ("a.json", 1, "route-rule"),
        ("a.json", 1, "route-rule"),
        ("b.toml", 1, "route-twice"),
        ("b.toml", 2, "route-twice"),
        ("b.toml", 4, "route-rule"),
        ("b.toml", 4, "route-twice"),
    ]
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(RuleSetError) as refused:
        read_rule_set(tmp_path)
    assert refused.value.findings[0].code == "unterminated"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file that is not there, and a directory without documents."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(RuleSetError) as refused:
            read_rule_set(path)
        assert refused.value.findings[0].code in ("file-unreadable", "file-without-rules")


# ----- dialects

PIPES = {"dialect": "eventbridge-pipes", "targets": {"ops": {"uri": "file:x"}}}


def test_rules_are_held_to_the_dialect_of_the_document(engine: str) -> None:
    """Everything that its service refuses is told at its place, also of rules in strings; of others their errors."""
    rules = """{"dialect": "eventbridge-pipes", "rules": {
      "two": {"shadow": true, "pattern": {"a": [{"wildcard": "x*"}], "b": [{"all-of": [{"prefix": "x"}]}]}},
      "string": {"shadow": true, "pattern": "{\\"a\\": [{\\"wildcard\\": \\"x*\\"}]}"},
      "no-rule": {"shadow": true, "pattern": {"a": 1}},
      "good": {"shadow": true, "pattern": {"a": [{"prefix": "x"}]}}}}"""
    findings = errors_of(rules, engine=engine)
    assert [(each.line, each.column, each.code) for each in findings] == [
        (2, 49, "dialect-operator"),
        (2, 76, "dialect-operator"),
        (3, 55, "dialect-operator"),
        (4, 52, "clause-not-array"),
    ]
    assert findings[0].hint == '{"prefix": "x"}'
    assert "Amazon EventBridge Pipes" in findings[0].why


def test_the_default_dialect_takes_the_whole_language() -> None:
    """And what a service takes is read, examples run, and a part is held to the same."""
    rule = {"pattern": {"a": [{"prefix": "x"}]}, "targets": ["ops"], "examples": {"match": [{"a": "xy"}]}}
    found = rule_set_of_mapping({**PIPES, "rules": {"r": rule}})
    assert (found.matcher.dialect, found.part("ops").matcher.dialect) == ("eventbridge-pipes", "eventbridge-pipes")
    extended = {"pattern": {"a": [{"all-of": [{"prefix": "x"}]}]}, "targets": ["ops"]}
    assert rule_set_of_mapping({"targets": PIPES["targets"], "rules": {"r": extended}}).matcher.dialect == "ruler"
    with pytest.raises(RuleSetError, match="is refused in the dialect eventbridge-pipes"):
        rule_set_of_mapping({**PIPES, "rules": {"r": extended}})


def test_a_dialect_that_is_none_is_told_and_a_directory_has_one(tmp_path: Path) -> None:
    """The near word is proposed; the second file that names a dialect is told of the first."""
    finding = errors_of('{"dialect": "EventBridge"}')[0]
    assert (finding.code, finding.pointer, finding.hint) == ("route-value", "/dialect", '"dialect": "eventbridge"')
    assert told(errors_of('{"dialect": 5}')) == [("/dialect", "route-value")]
    (tmp_path / "a.json").write_text('{"dialect": "lambda"}')
    (tmp_path / "b.json").write_text(
        json.dumps({"rules": {"r": {"pattern": {"a": [{"regexp": "x"}]}, "shadow": True}}})
    )
    with pytest.raises(RuleSetError) as refused:
        read_rule_set(tmp_path)
    assert told(refused.value.findings) == [("/rules/r/pattern/a/0", "dialect-operator")]
    (tmp_path / "b.json").write_text('{"dialect": "lambda"}')
    with pytest.raises(RuleSetError, match=r'"dialect" stands in .*a\.json already'):
        read_rule_set(tmp_path)


# ----- errors


def test_every_error_of_a_document_is_told_in_one_go() -> None:
    """Each at its place, in the order of the text, with what to write."""
    text = """{
  "targets": {
    "ops": {"url": "https://ops.example", "retry": {"max_age": 300}, "dead_letter": "dlg"},
    "dlq": {"uri": "dead.jsonl"}
  },
  "rules": {
    "ec2": {"pattern": {"source": "aws.ec2"}, "targets": ["op"], "input": {"select": "detail"}, "tag": []}
  }
}"""
    assert "\n".join(map(str, errors_of(text))) == RECORDED


RECORDED = """\
routes.json:3:13: "url" is not a member of a target; did you mean "uri"?
    "ops": {"url": "https://ops.example", "retry": {"max_age": 300}, "dead_letter": "dlg"},
            ^
  why:   the members of a target are uri, order, rate, burst, concurrency, batch, timeout, retry, \
brake, dead_letter, options
  write: "uri"
routes.json:3:64: found the number 300, expected a duration
    "ops": {"url": "https://ops.example", "retry": {"max_age": 300}, "dead_letter": "dlg"},
                                                               ^
  why:   so long after the first attempt, at most; a duration is a number and a unit: ms, s, m, h or d
  write: "max_age": "300s"
routes.json:3:85: no target is called "dlg"; did you mean "dlq"?
    "ops": {"url": "https://ops.example", "retry": {"max_age": 300}, "dead_letter": "dlg"},
                                                                                    ^
  why:   the targets of this rule set are "dlq", "ops"
  write: "dlq"
routes.json:4:20: "dead.jsonl" has no scheme
    "dlq": {"uri": "dead.jsonl"}
                   ^
  why:   the URI says what a target is: its scheme, and where it stands
  write: "file:dead.jsonl" for a file
routes.json:7:35: ec2: $.source: found the string "aws.ec2", expected an array
    "ec2": {"pattern": {"source": "aws.ec2"}, "targets": ["op"], "input": {"select": "detail"}...
                                  ^
  why:   a clause lists every value it accepts, even when there is one
  write: ["aws.ec2"]
routes.json:7:59: no target is called "op"; did you mean "ops"?
    "ec2": {"pattern": {"source": "aws.ec2"}, "targets": ["op"], "input": {"select": "detail"}...
                                                          ^
  why:   the targets of this rule set are "dlq", "ops"
  write: "ops"
routes.json:7:86: "detail" is not a JSON Pointer
    ...ce": "aws.ec2"}, "targets": ["op"], "input": {"select": "detail"}, "tag": []}
                                                               ^
  why:   a pointer begins with /
  write: "/detail/state", for example
routes.json:7:97: "tag" is not a member of a rule; did you mean "tags"?
    ...c2"}, "targets": ["op"], "input": {"select": "detail"}, "tag": []}
                                                               ^
  why:   the members of a rule are pattern, targets, input, tags, shadow, examples, arn, description
  write: "tags\""""


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"order": "keys"}, ("/targets/ops/order", "route-value")),
        ({"rate": 0}, ("/targets/ops/rate", "route-value")),
        ({"rate": "5"}, ("/targets/ops/rate", "route-value")),
        ({"rate": 1e7}, ("/targets/ops/rate", "route-value")),
        ({"burst": 5}, ("/targets/ops/burst", "route-target")),
        ({"rate": 1, "burst": 1.5}, ("/targets/ops/burst", "route-value")),
        ({"concurrency": 1025}, ("/targets/ops/concurrency", "route-value")),
        ({"batch": 0}, ("/targets/ops/batch", "route-value")),
        ({"timeout": "0s"}, ("/targets/ops/timeout", "route-value")),
        ({"timeout": "25h"}, ("/targets/ops/timeout", "route-value")),
        ({"timeout": "1 s"}, ("/targets/ops/timeout", "route-value")),
        ({"retry": 5}, ("/targets/ops/retry", "route-value")),
        ({"retry": {"attempts": 0}}, ("/targets/ops/retry/attempts", "route-value")),
        ({"retry": {"attempts": True}}, ("/targets/ops/retry/attempts", "route-value")),
        ({"retry": {"first_delay": "5s", "max_delay": "1s"}}, ("/targets/ops/retry", "route-target")),
        ({"retry": {"jitter": 1}}, ("/targets/ops/retry/jitter", "route-member-unknown")),
        ({"brake": True}, ("/targets/ops/brake", "route-value")),
        ({"brake": {"share": 1}}, ("/targets/ops/brake/share", "route-value")),
        ({"brake": {"share": "half"}}, ("/targets/ops/brake/share", "route-value")),
        ({"brake": {"window": 60}}, ("/targets/ops/brake/window", "route-value")),
        ({"brake": {"least": 0}}, ("/targets/ops/brake/least", "route-value")),
        ({"brake": {"pause": "2d"}}, ("/targets/ops/brake/pause", "route-value")),
        ({"brake": {"ratio": 0.5}}, ("/targets/ops/brake/ratio", "route-member-unknown")),
        ({"dead_letter": ""}, ("/targets/ops/dead_letter", "route-value")),
        ({"dead_letter": "ops"}, ("/targets/ops/dead_letter", "route-dead-letter-cycle")),
        ({"options": []}, ("/targets/ops/options", "route-value")),
        ({"options": json.loads("[" * 40 + "]" * 40)}, ("/targets/ops/options", "route-value")),
        ({"options": {"a": json.loads("[" * 40 + "]" * 40)}}, ("/targets/ops/options", "route-value")),
        ({"uri": "fil:x"}, ("/targets/ops/uri", "route-uri")),
        ({"uri": "x"}, ("/targets/ops/uri", "route-uri")),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_its_place(members: dict[str, Any], expected: tuple[str, str]) -> None:
    """Limits, types, words and URIs of targets."""
    findings = errors_of(json.dumps({"targets": {"ops": {"uri": "file:x", **members}}}), schemes=("file", "https"))
    assert told(findings) == [expected]
    assert findings[0].why and findings[0].hint


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"pattern": None}, ("/rules/r", "route-rule")),
        ({"pattern": []}, ("/rules/r/pattern", "rule-not-object")),
        ({"pattern": {"a": 1}}, ("/rules/r/pattern/a", "clause-not-array")),
        ({"pattern": '{"a": 1}'}, ("/rules/r/pattern", "clause-not-array")),
        ({"pattern": "{"}, ("/rules/r/pattern", "unterminated")),
        ({"targets": None}, ("/rules/r", "route-rule")),
        ({"targets": []}, ("/rules/r", "route-rule")),
        ({"targets": "ops"}, ("/rules/r/targets", "route-value")),
        ({"targets": ["ops", "ops"]}, ("/rules/r/targets/1", "route-twice")),
        ({"targets": ["ops", "oops"]}, ("/rules/r/targets/1", "route-target-unknown")),
        ({"targets": [5]}, ("/rules/r/targets/0", "route-value")),
        ({"shadow": "true"}, ("/rules/r/shadow", "route-value")),
        ({"tags": ["a", "a"]}, ("/rules/r/tags/1", "route-twice")),
        ({"description": 5}, ("/rules/r/description", "route-value")),
        ({"input": "/a"}, ("/rules/r/input", "route-value")),
        ({"input": {}}, ("/rules/r/input", "route-input")),
        ({"input": {"select": "/a", "input_path": "$.a"}}, ("/rules/r/input", "route-input")),
        ({"input": {"select": 5}}, ("/rules/r/input/select", "route-value")),
        ({"input": {"input_path": "a"}}, ("/rules/r/input/input_path", "route-path")),
        ({"input": {"input_transformer": {}}}, ("/rules/r/input/input_transformer", "route-input")),
        (
            {"input": {"input_transformer": {"template": "<a>"}}},
            ("/rules/r/input/input_transformer/template", "route-template"),
        ),
        (
            {"input": {"input_transformer": {"template": '"<aws.events.rule-arn>"'}}},
            ("/rules/r/input/input_transformer/template", "route-template"),
        ),
        (
            {"input": {"input_transformer": {"paths": {"a.b": "$"}, "template": '"x"'}}},
            ("/rules/r/input/input_transformer/paths/a.b", "route-input"),
        ),
        (
            {"input": {"input_transformer": {"paths": {f"p{n}": "$" for n in range(101)}, "template": '"x"'}}},
            ("/rules/r/input/input_transformer/paths", "route-input"),
        ),
        ({"examples": []}, ("/rules/r/examples", "route-value")),
        ({"examples": {"match": "one.json"}}, ("/rules/r/examples/match", "route-value")),
        ({"examples": {"match": [5]}}, ("/rules/r/examples/match/0", "route-value")),
        ({"examples": {"match": ["none.json"]}}, ("/rules/r/examples/match/0", "route-example")),
        ({"examples": {"match": [{"a": 2}]}}, ("/rules/r/examples/match/0", "route-example")),
        ({"examples": {"no_match": [{"a": 2}, {"a": 1}]}}, ("/rules/r/examples/no_match/1", "route-example")),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_place(members: dict[str, Any], expected: tuple[str, str]) -> None:
    """Patterns, targets, inputs and examples; one mistake is one finding."""
    findings = errors_of_rule(**members)
    assert told(findings) == [expected]
    assert findings[0].why and findings[0].hint
    assert (findings[0].line, findings[0].source.name) == (1, "routes.json")


def test_the_errors_of_python_objects_have_paths_and_no_lines() -> None:
    """Nobody has seen a text."""
    rules = {
        "r": {"pattern": '{"a": 1}', "targets": ["ops"], "shadow": 1},
        "s": {"pattern": {"b": 1}, "targets": ["ops"]},
    }
    with pytest.raises(RuleSetError) as refused:
        rule_set_of_mapping({"targets": {"ops": {"uri": "file:x", "rate": -1}}, "rules": rules})
    assert [str(each).splitlines()[0] for each in refused.value.findings] == [
        "$.targets.ops.rate: found the number -1, expected a number above 0, at most 1,000,000",
        "$.rules.r.shadow: found the number 1, expected true or false",
        "r: $.a: found the number 1, expected an array",
        "s: $.b: found the number 1, expected an array",
    ]
    with pytest.raises(RuleSetError, match="set") as refused:
        rule_set_of_mapping({"rules": {"r": {"targets": {"ops"}}}})
    assert told(refused.value.findings) == [(None, "unsupported-type")]


def test_a_template_is_wrong_at_its_character_in_the_document() -> None:
    """Escapes before it are counted as they are written."""
    text = (
        '{"targets": {"ops": {"uri": "file:x"}}, "rules": {"r": {"pattern": {"a": [1]}, "targets": ["ops"],\n'
        '"input": {"input_transformer": {"template": "{\\"\\u00e9\\ud83d\\ude00\\": <nothing>}"}}}}}'
    )
    [finding] = errors_of(text)
    assert text.splitlines()[1].index("<") + 1 == finding.column
    assert finding.line == 2


def test_dead_letters_that_go_in_a_circle_are_told_once() -> None:
    """However long the circle is, and not for those that lead into it."""
    targets = {name: {"uri": "file:x", "dead_letter": to} for name, to in zip("abcd", "bcac", strict=True)}
    [finding] = errors_of(json.dumps({"targets": targets}))
    assert finding.message == 'dead letters go in a circle: "a" -> "b" -> "c" -> "a"'


def test_the_common_target_of_dead_letters_never_makes_a_circle() -> None:
    """It is that of each target without one, but for itself and those that its own dead letters go to."""
    targets = {name: {"uri": "file:x"} for name in ("a", "dlq", "last")} | {"b": {"uri": "file:x", "dead_letter": "a"}}
    targets["dlq"]["dead_letter"] = "last"
    found = rule_set_of_mapping({"dead_letter": "dlq", "targets": targets})
    assert {name: each.dead_letter for name, each in found.targets.items()} == {
        "a": "dlq",
        "b": "a",
        "dlq": "last",
        "last": "",
    }
    assert told(errors_of('{"dead_letter": "dlq"}')) == [("/dead_letter", "route-target-unknown")]


@pytest.mark.parametrize(
    ("text", "form", "code"),
    [
        ("", "json", "empty-text"),
        ("{} {}", "json", "text-after-rule"),
        ("[]", "json", "route-value"),
        ("5", "json", "route-value"),
        ('{"rules": []}', "json", "route-value"),
        ('{"rules": {"r": []}}', "json", "route-value"),
        ('{"rules": {"": {"pattern": {"a": [1]}, "shadow": true}}}', "json", "route-name"),
        ('{"targets": {"a b": {"uri": "file:x"}}}', "json", "route-name"),
        ('{"version": 5}', "json", "route-value"),
        ('{"rules": {}, "rules": {}}', "json", "route-member-twice"),
        ("rules = ", "toml", "file-not-toml"),
        ("[rules]\n[rules]", "toml", "file-not-toml"),
        ("version = 2026-11-22", "toml", "route-value"),
        ("a = " + "[" * 5000, "toml", "file-not-toml too-deep"),
        ("a = " + "[" * 140 + "]" * 140, "toml", "too-deep"),
    ],
)
def test_a_text_that_is_no_document_is_told_so(text: str, form: str, code: str) -> None:
    """Texts that are not JSON or TOML, or hold something else; never a word of rules where a rule set is meant."""
    findings = errors_of(text, form=form)
    assert findings[0].code in code.split()
    assert "a rule is" not in str(findings[0])


def test_text_that_is_not_utf8_is_told_at_its_byte() -> None:
    """In both forms."""
    for form in ("json", "toml"):
        with pytest.raises(RuleSetError) as refused:
            rule_set_of_text(b'a = "\n\xff"', form=form)
        assert (refused.value.findings[0].code, refused.value.findings[0].line) == ("not-utf8", 2)


def test_every_code_is_in_the_docs() -> None:
    """docs/rule-sets.md lists what programs may meet, and nothing else."""
    root = Path(__file__).parent.parent
    sources = "".join(path.read_text(encoding="utf-8") for path in (root / "ruler" / "route").rglob("*.py"))
    listed = set(re.findall(r"`(route-[a-z-]+)`", (root / "docs" / "rule-sets.md").read_text(encoding="utf-8")))
    assert {*re.findall(r'"(route-[a-z-]+)"', sources), "route-member-unknown", "route-member-twice"} == listed


# ----- places in TOML


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('[targets.ops]\nuri = "file:x"\nrate = 0\n', 3, 8),
        ('[targets]\nops = { uri = "file:x", rate = 0 }\n', 2, 32),
        ('targets.ops.uri = "file:x"\ntargets . "ops" . rate = -1', 2, 26),
        ("# a\n\n[ targets . ops ] # b\nuri = \"\"\"file:x\"\"\" # c\nretry.max_age = '''5'''", 5, 17),
        ('[targets.ops]\nuri = "file:x"\n[targets.ops.retry]\nattempts = 0', 4, 12),
        ('[targets.ops]\nuri = "file:x"\noptions.a = [\n  [1, 2], # "]"\n]\nconcurrency = 0', 6, 15),
        ('[targets.ops]\nuri = "file:x"\noptions.a = "# no \\" comment"\nbatch = "]"', 4, 9),
        ('[targets.ops]\nuri = "file:x"\n[rules.r]\ntargets = ["ops"]\npattern.a = [1, {prefix = 5}]', 5, 27),
        ('[targets.ops]\nuri = "file:x"\n[rules.r]\ntargets = ["ops"]\npattern = \'{"a": 5}\'', 5, 18),
        ('[targets.ops]\nuri = "file:x"\n[[targets.ops.options.x]]\n[[targets.ops.options.x]]\na = 1979-05-27', 5, 5),
        ('[targets.ops]\nuri = "file:x"\n"ra\\u0074e" = 0', 3, 15),
        ('[targets.ops]\nuri = "file:x"\nrat = 5', 3, 1),
    ],
)
def test_an_error_in_toml_is_told_at_its_line_and_column(text: str, line: int, column: int) -> None:
    """In tables, inline tables, dotted names, lists over several lines, behind comments and strings of every kind."""
    [finding] = errors_of(text, form="toml")
    assert (finding.line, finding.column) == (line, column)


toml_names = st.sampled_from(["a", "b-1", '"q.\\u00e9"', "'l i'", '"#"'])
toml_scalars = st.sampled_from(
    ["1", "-0.5", "1e3", "true", '"s"', "'l]'", '"""m\n#"""', "'''x\n'''", '"\\""', '""""q"""', "0x10"]
)
toml_values = st.recursive(
    toml_scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[ # c ]\n" + ", \n".join(items) + "]"),
        st.dictionaries(toml_names, inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{name} = {value}" for name, value in items.items()) + "}"
        ),
    ),
    max_leaves=6,
)


@st.composite
def toml_texts(draw: st.DrawFn) -> str:
    lines = []
    for number in range(draw(st.integers(0, 3))):
        header = f"t{number}.{draw(toml_names)}"
        lines.append(draw(st.sampled_from(["[{}]", "[ {} ] # c", "[[{}]]\n[[{}]]"])).format(header, header))
        members = draw(st.dictionaries(toml_names, toml_values, max_size=3))
        lines += [f"{name}{draw(st.sampled_from(['', '.x']))} = {value}" for name, value in members.items()]
    return "\n".join(lines)


@given(toml_texts())
def test_the_place_of_a_value_in_toml_is_where_it_stands(text: str) -> None:
    """Each scalar begins, at the place that is told, with what it is in the text; each name too."""
    import tomllib

    document = toml_document(text)
    assert json.loads(document.text) == tomllib.loads(text)
    waiting = [document.root]
    while waiting:
        node = waiting.pop()
        start = document.places.origins[node.start]
        if node.kind == "object":
            for name, name_start, value in node.value:
                at = document.places.origins[name_start]
                assert text[at : at + 1] in (name[:1], '"', "'")
                waiting.append(value)
        elif node.kind == "array":
            waiting += node.value
        elif node.kind == "string":
            assert text[start] in "\"'"
        else:
            assert text[start] in "-0123456789tf"


# ----- the digest

pattern_texts = st.recursive(
    st.lists(
        st.one_of(
            st.integers(0, 2),
            st.sampled_from(["a", "é"]),
            st.none(),
            st.sampled_from([{"prefix": "p"}, {"exists": True}]),
        ),
        min_size=1,
        max_size=3,
    ),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=5,
).filter(lambda pattern: isinstance(pattern, dict))


def respelled(value: Any, shuffle: random.Random) -> str:
    """The JSON of a value, its members in another order, strings and whole numbers in another spelling."""
    space = shuffle.choice(["", " ", "\n"])
    if isinstance(value, dict):
        members = [f"{respelled(name, shuffle)}:{space}{respelled(inner, shuffle)}" for name, inner in value.items()]
        shuffle.shuffle(members)
        return "{" + ("," + space).join(members) + space + "}"
    if isinstance(value, list):
        return "[" + ("," + space).join(respelled(inner, shuffle) for inner in value) + "]"
    if isinstance(value, str) and shuffle.random() < 0.5:
        return '"' + "".join(f"\\u{ord(character):04x}" for character in value) + '"'
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return shuffle.choice([json.dumps(value), f"{value:.1f}", f"{value}e0"])
    return json.dumps(value)


@given(patterns=st.lists(pattern_texts, min_size=1, max_size=3), seed=st.integers(0, 10**6))
def test_the_digest_depends_neither_on_order_nor_on_spelling(patterns: list[Any], seed: int) -> None:
    """Members in any order, escapes and white space in strings, numbers that are equal."""
    rules = {f"r{n}": {**DESIGN["rules"]["ec2-running"], "pattern": each} for n, each in enumerate(patterns)}
    for rule in rules.values():
        del rule["examples"]
    document = {
        "targets": {
            "ops": {**DESIGN["targets"]["ops"], "options": {"b": 1, "a": ["x"]}, "burst": 100, "concurrency": 32},
            "dlq": DESIGN["targets"]["dlq"],
        },
        "rules": rules,
    }
    whole_numbers = json.dumps(document)
    shuffled = respelled(document, random.Random(seed))
    assert rule_set_of_text(whole_numbers).digest == rule_set_of_text(shuffled).digest


def variations() -> list[tuple[str, dict[str, Any]]]:
    """The design's document with one thing changed in each."""
    found = []
    for path, value in (
        ("dead_letter", "dlq"),
        ("targets.ops.uri", "https://other.example"),
        ("targets.ops.order", "none"),
        ("targets.ops.rate", 501),
        ("targets.ops.burst", 99),
        ("targets.ops.concurrency", 31),
        ("targets.ops.batch", 99),
        ("targets.ops.timeout", "31s"),
        ("targets.ops.retry.attempts", 9),
        ("targets.ops.retry.max_age", "301s"),
        ("targets.ops.retry.first_delay", "1s"),
        ("targets.ops.retry.max_delay", "31s"),
        ("targets.ops.brake", False),
        ("targets.ops.brake.share", 0.25),
        ("targets.ops.brake.window", "61s"),
        ("targets.ops.brake.least", 21),
        ("targets.ops.brake.pause", "31s"),
        ("targets.ops.options", {"method": "PUT"}),
        ("targets.new", {"uri": "file:x"}),
        ("rules.ec2-running.pattern.detail.state", ["running", "on"]),
        ("rules.ec2-running.targets", ["dlq"]),
        ("rules.ec2-running.input", {"input_path": "$.detail"}),
        ("rules.ec2-running.input", {"select": "/source"}),
        ("rules.ec2-running.tags", ["ec2", "x"]),
        ("rules.ec2-running.shadow", True),
        ("rules.ec2-running.arn", "arn:x"),
        ("rules.new", {"pattern": {"a": [1]}, "targets": ["ops"]}),
    ):
        document = json.loads(json.dumps(DESIGN))
        *outer, last = path.split(".")
        inner = document
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[last] = value
        found.append((f"{path}={value}", document))
    return found


def test_whatever_decides_what_is_delivered_changes_the_digest() -> None:
    """Each setting of targets, each member of rules; no two of these documents have one digest."""
    digests = {name: rule_set_of_mapping(document).digest for name, document in variations()}
    assert len({*digests.values(), rule_set_of_mapping(DESIGN).digest}) == len(digests) + 1


def test_what_decides_nothing_does_not_change_the_digest() -> None:
    """Examples, descriptions, the name of the version, defaults that are written out."""
    document = json.loads(json.dumps(DESIGN))
    del document["rules"]["ec2-running"]["examples"]
    document["rules"]["ec2-running"]["description"] = "for people"
    document["targets"]["dlq"] |= {"order": "none", "concurrency": 16, "timeout": "0.5m", "retry": {"attempts": 8}}
    document["version"] = "monday"
    document["dialect"] = "eventbridge"
    found = rule_set_of_mapping(document)
    assert found.digest == rule_set_of_mapping(DESIGN).digest
    assert found.version == "monday"


def test_the_digest_of_rules_is_that_of_what_is_delivered_to_which_name() -> None:
    """Settings of targets, tags and where dead letters go do not change it; each other member of rules does."""
    own = rule_set_of_mapping(DESIGN).rules_digest
    decisive, others = [], []
    for name, document in variations():
        (decisive if name.startswith("rules.") and ".tags" not in name else others).append(document)
    digests = {rule_set_of_mapping(document).rules_digest for document in decisive}
    assert len(digests | {own}) == len(decisive) + 1
    assert {rule_set_of_mapping(document).rules_digest for document in others} == {own}


def test_the_digests_are_pinned() -> None:
    """Ids of deliveries are made of that of rules, and receivers keep those: another is another rule set to them."""
    assert rule_set_of_mapping(DESIGN).digest == "7b98db351ba6851234baebf011b38701"
    assert rule_set_of_mapping(DESIGN).rules_digest == "7fe2e27c12632d5282c3f6586da38178"


@given(first=strategies.rules, data=st.data())
def test_patterns_of_one_canonical_spelling_match_the_same_events(first: str, data: st.DataObject) -> None:
    """Also where a clause stands over another of its path, and the order of members decides."""
    seed = data.draw(st.integers(0, 1000))
    second = respelled_tree(first, random.Random(seed))
    documents = [read_document(text) for text in (first, second)]
    try:
        ruler.Matcher({"r": second})
    except ruler.RuleError:
        return
    one, two = (canonical_pattern(document, document.root) for document in documents)
    if one == two:
        event = data.draw(strategies.events)
        assert ruler.matches(first, event) == ruler.matches(second, event)


@pytest.mark.parametrize(
    ("one", "two", "is_same"),
    [
        ('{"a.b": [1], "c": [2]}', '{"c": [2], "a.b": [1]}', True),
        ('{"$or": [{"a": [1]}, {"b": [1]}], "c": [2]}', '{"c": [2], "$or": [{"a": [1]}, {"b": [1]}]}', True),
        ('{"a.b": [1], "a": {"b": [2]}}', '{"a": {"b": [2]}, "a.b": [1]}', False),
        ('{"a": [1], "a": [2]}', '{"a": [2], "a": [1]}', False),
    ],
)
def test_order_counts_only_where_a_clause_stands_over_another(one: str, two: str, is_same: bool) -> None:
    """Of two clauses of one path the later one counts, so their order is part of what a pattern means."""
    found = [canonical_pattern(document, document.root) for document in map(read_document, (one, two))]
    assert (found[0] == found[1]) == is_same
    event = {"a": {"b": 1}, "c": 2} if "b" in one else {"a": 1}
    assert (ruler.matches(one, event) == ruler.matches(two, event)) or not is_same


def respelled_tree(text: str, shuffle: random.Random) -> str:
    """The JSON with the members of its objects in another order; equal names stay."""

    def written(node: Any) -> str:
        if node.kind == "object":
            members = [f"{json.dumps(name)}:{written(value)}" for name, _, value in node.value]
            shuffle.shuffle(members)
            return "{" + ",".join(members) + "}"
        if node.kind == "array":
            return "[" + ",".join(map(written, node.value)) + "]"
        return text[node.start : node.end]

    return written(read_document(text).root)


def test_a_pattern_may_nest_as_deep_as_patterns_do() -> None:
    """The digest of one that is a thousand objects deep is made without recursion."""
    deep = '{"a":' * 1000 + "[1]" + "}" * 1000
    text = f'{{"rules": {{"r": {{"pattern": {deep}, "shadow": true}}}}}}'
    assert rule_set_of_text(text).digest


# ----- the garbage collector


def test_the_collector_is_stopped_while_a_document_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It looked at all rules again and again. Afterwards it runs, whatever was read, and in whatever thread."""
    seen: list[bool] = []
    original = Assembly.assembled

    def assembled(self: Assembly) -> Any:
        seen.append(gc.isenabled())
        return original(self)

    monkeypatch.setattr(Assembly, "assembled", assembled)
    (tmp_path / "routes.json").write_text("{}")
    assert gc.isenabled()
    with ThreadPoolExecutor(2) as threads:
        readings = [threads.submit(rule_set_of_text, text) for text in ("{}", '{"rules": 5}') * 4]
        failed = [each.exception() is not None for each in readings]
    rule_set_of_mapping({})
    read_rule_set(tmp_path)
    assert failed == [False, True] * 4
    assert seen == [False] * 10
    assert gc.isenabled()


# ----- rule sets


def test_a_rule_set_does_not_change() -> None:
    """Another version is another rule set."""
    found = rule_set_of_mapping(DESIGN)
    with pytest.raises(AttributeError):
        found.version = "other"
    with pytest.raises(AttributeError):
        del found.rules
    with pytest.raises(TypeError):
        found.rules["x"] = found.rules["ec2-running"]  # type: ignore[index]


def part_of(rule_set: RuleSet, pattern: str) -> tuple[list[str], list[str]]:
    part = rule_set.part(pattern)
    assert (part.digest, part.version, part.whole) == (rule_set.digest, rule_set.version, rule_set)
    assert part.rules_digest == rule_set.rules_digest
    assert list(part.matcher) == list(part.rules)
    return list(part.rules), list(part.targets)


def test_a_part_has_the_targets_of_a_glob_and_the_rules_that_lead_there() -> None:
    """With the targets of their dead letters, and the digest of the whole."""
    targets = {name: {"uri": "file:x"} for name in ("ops-a", "ops-b", "lake", "dlq", "last")}
    targets["ops-a"]["dead_letter"] = "dlq"
    targets["dlq"]["dead_letter"] = "last"
    rules = {
        "both": {"pattern": {"a": [1]}, "targets": ["ops-a", "lake"]},
        "lake": {"pattern": {"a": [2]}, "targets": ["lake"]},
        "shadow": {"pattern": {"a": [3]}, "targets": ["ops-b"], "shadow": True},
    }
    found = rule_set_of_mapping({"targets": targets, "rules": rules, "version": "v"})
    assert part_of(found, "ops-*") == (["both", "shadow"], ["dlq", "last", "ops-a", "ops-b"])
    assert part_of(found, "lake") == (["both", "lake"], ["lake"])
    assert found.part("ops-*").rules["both"].targets == ("ops-a",)
    with pytest.raises(ValueError, match="no target is called nothing\\*; there are dlq, lake"):
        found.part("nothing*")


def test_hostile_documents_cost_no_more_than_their_length() -> None:
    """A thousand unknown names, and a thousand targets that nobody describes, are told within the limits."""
    names = ",".join(f'"unknown-{n}": 1' for n in range(20_000))
    findings = errors_of(f"{{{names}}}")
    assert len(findings) == 1001
    targets = json.dumps([f"t{n}" for n in range(20_000)])
    findings = errors_of(f'{{"rules": {{"r": {{"pattern": {{"a": [1]}}, "targets": {targets}}}}}}}')
    assert len(findings) == 1001


def test_what_to_write_is_in_the_language_of_the_document() -> None:
    """Advice in a TOML document can be written there as it stands; in JSON it is JSON."""
    texts = {
        "toml": "[targets.ops]\nuri = 'file:x'\nbrake = 3\n",
        "json": '{"targets": {"ops": {"uri": "file:x", "brake": 3}}}',
    }
    wanted = {
        "toml": 'brake = {share = 0.5, window = "60s", least = 20, pause = "30s"}',
        "json": '"brake": {"share": 0.5, "window": "60s", "least": 20, "pause": "30s"}',
    }
    for form, text in texts.items():
        with pytest.raises(RuleSetError) as raised:
            rule_set_of_text(text, form=form)
        assert [wanted[form]] == [finding.hint for finding in raised.value.findings]
    assert tomllib.loads(wanted["toml"])
