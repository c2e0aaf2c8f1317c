"""Rules in dialects: matchers refuse what a service refuses, and what is proposed instead means what it says."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
from pathlib import Path

import oracle
import pytest
from cases import all_cases, extension_cases, extension_subjects
from cli_runner import Shell

import ruler
from ruler import Coverage, Matcher, RuleError
from ruler.dialects.equivalents import Equivalent
from ruler.dialects.judge import refusals
from ruler.dialects.load import dialect
from ruler.dialects.model import OPERATORS, OperatorRow, Verdict
from ruler.dialects.names import DEFAULT_DIALECT, DIALECTS
from ruler.dialects.refused import words_of
from ruler.patterns.compiler import compile_rule
from ruler.patterns.located import locate_rule

SERVICES = [name for name in DIALECTS if name != DEFAULT_DIALECT]
REFUSED_WITH_EQUIVALENT = [
    *((name, '[{"all-of": [{"prefix": "a"}]}]', '[{"prefix": "a"}]') for name in SERVICES),
    *((name, '[{"regexp": "ab?"}]', '["a", "ab"]') for name in SERVICES),
    ("eventbridge-pipes", '[{"wildcard": "a*"}]', '[{"prefix": "a"}]'),
    ("eventbridge-pipes", '[{"wildcard": "*a"}]', '[{"suffix": "a"}]'),
    ("eventbridge-pipes", '[{"wildcard": "a"}]', '["a"]'),
    ("eventbridge-pipes", '[{"anything-but": {"wildcard": "a"}}]', '[{"anything-but": "a"}]'),
    ("eventbridge", '[{"wildcard": {"equals-ignore-case": "A*"}}]', '[{"prefix": {"equals-ignore-case": "a"}}]'),
    ("eventbridge", '[{"all-of": [{"prefix": "ab"}, {"suffix": "ba"}]}]', '[{"wildcard": "ab*ba"}, "aba"]'),
    ("lambda", '[{"all-of": [{"numeric": [">", 1]}, {"numeric": ["<=", 5]}]}]', '[{"numeric": [">", 1, "<=", 5]}]'),
    ("lambda", '[{"all-of": [{"numeric": [">=", 1]}, {"numeric": ["<=", 1]}]}]', "[1]"),
    ("sns-body", '[{"all-of": [{"anything-but": "b"}, {"anything-but": ["a"]}]}]', '[{"anything-but": ["a", "b"]}]'),
    ("sns-attributes", '[{"all-of": [["a", "b", 1], {"anything-but": "a"}]}]', '["b", 1]'),
    ("event-ruler", '[{"none-of": ["a"]}]', '[{"anything-but": "a"}, {"exists": false}]'),
    ("event-ruler", '[{"anything-but": {"numeric": [">", 1]}}]', '[{"numeric": ["<=", 1]}]'),
    ("event-ruler", '[{"cidr": "10.0.0.1/32"}]', '["10.0.0.1"]'),
]
UNKNOWN = [
    ("eventbridge", '[{"exactly": "a"}]', '["a"]'),
    ("lambda", '[{"wildcard": "a*"}]', '[{"prefix": "a"}]'),
    ("sns-body", '[{"anything-but": "a"}]', '[{"anything-but": ["a"]}]'),
    ("sns-attributes", '[{"anything-but": 1}]', '[{"anything-but": [1]}]'),
    ("sns-body", '[{"anything-but": {"suffix": ["a"]}}]', '[{"anything-but": {"suffix": "a"}}]'),
]
WITHOUT_EQUIVALENT = [
    ("eventbridge", '[{"regexp": "[0-9]+"}]'),
    ("eventbridge", '[{"all-of": [{"prefix": "a"}, {"wildcard": "*b*"}]}]'),
    ("eventbridge-pipes", '[{"wildcard": "a*b"}]'),
    ("eventbridge-pipes", '[{"none-of": [{"prefix": "a"}]}]'),
    ("sns-body", '[{"wildcard": {"equals-ignore-case": "a*"}}]'),
    ("event-ruler", '[{"none-of": [null]}]'),
    ("event-ruler", '[{"anything-but": {"cidr": "10.0.0.0/8"}}]'),
    ("event-ruler", '[{"all-of": ["a", "b"]}]'),
]
TEXTS = ["", "a", "b", "ab", "aba", "abba", "A", "AB", "x", "\n", "a\n", "10.0.0.1"]
VALUES = [*TEXTS, 0, 1, 1.5, 5, 6, None, True, False, {}, [], ["a", "b"], ["b", "x"], [1, 2], ["a"]]
EVENTS = ["{}", *(json.dumps({"a": value}) for value in VALUES)]


def equivalents_of(rule: str, name: str) -> list[Equivalent]:
    located = locate_rule(rule)
    found = (words_of(each, located, dialect(name)).equivalent for each in refusals(located, dialect(name)))
    return [each for each in found if each is not None]


def rewritten(rule: str, found: Equivalent) -> str:
    return rule[: found.start] + found.text + rule[found.end :]


# ----- matchers


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("row", OPERATORS.values(), ids=OPERATORS)
def test_a_matcher_refuses_what_a_page_refuses_and_nothing_else(name: str, row: OperatorRow) -> None:
    """What is unknown is accepted, and told by check."""
    rule = row.example if row.example.startswith("{") else f'{{"a": {row.example}}}'
    is_refused = dialect(name).operators[row.name].verdict is Verdict.REFUSED
    matcher: Matcher[str] = Matcher(dialect=name)
    if is_refused:
        with pytest.raises(RuleError) as raised:
            matcher.add_rule("r", rule)
        assert raised.value.code == "dialect-operator"
        assert raised.value.rule_name == "r"
        assert ", read 2026-" in raised.value.why
        assert len(matcher) == 0
    else:
        matcher.add_rule("r", rule)
    matcher._check()


@pytest.mark.parametrize("method", ["add_rule", "add_rules", "replace_rule"])
def test_a_refused_change_changes_nothing(engine: str, method: str) -> None:
    """Whichever way a rule comes."""
    matcher: Matcher[str] = Matcher({"r": {"a": ["x"]}}, dialect="eventbridge", engine=engine)
    before = matcher.describe()
    refused = {"a": [{"regexp": "x|y"}]}
    with pytest.raises(RuleError, match="dialect eventbridge"):
        if method == "add_rules":
            matcher.add_rules({"good": {"a": ["y"]}, "r": refused})
        else:
            getattr(matcher, method)("r", refused)
    assert before == matcher.describe()
    assert list(matcher) == ["r"]


@pytest.mark.parametrize("make", [lambda: Matcher(dialect="event-bridge"), lambda: Coverage(dialect="event-bridge")])
def test_an_unknown_dialect_is_a_value_error_with_the_nearest(make: object) -> None:
    """And with all that there are."""
    with pytest.raises(ValueError, match='did you mean "eventbridge"\\? dialects are ruler, event-ruler') as raised:
        make()  # type: ignore[operator]
    assert not isinstance(raised.value, RuleError)


def test_the_dialect_survives_copies_and_pickles() -> None:
    """So what was refused before is refused after."""
    matcher: Matcher[str] = Matcher({"r": {"a": ["x"]}}, dialect="sns-body")
    for each in (matcher.copy(), pickle.loads(pickle.dumps(matcher))):
        assert each.dialect == "sns-body"
        with pytest.raises(RuleError, match="dialect sns-body"):
            each.add_rule("s", '{"a": [{"none-of": ["x"]}]}')


def test_limits_and_names_of_a_service_are_refused_too() -> None:
    """With what was found and what is allowed, or the name."""
    with pytest.raises(RuleError) as raised:
        Matcher({"r": {name: ["x"] for name in "abcdef"}}, dialect="sns-body")
    assert (raised.value.code, raised.value.what) == (
        "dialect-limit",
        "paths in one sub-rule: 6, and sns-body takes at most 5",
    )
    with pytest.raises(RuleError) as raised:
        Matcher({"r": '{\n"eventSource": ["x"]}'}, dialect="eventbridge-pipes")
    assert (raised.value.code, raised.value.line, raised.value.column) == ("dialect-name", 2, 16)


def test_what_is_no_rule_gets_advice_that_the_dialect_accepts() -> None:
    """An error of the language names no extension where they are refused."""
    rule = '{"a": [{"prefix": "x", "suffix": "y"}]}'
    with pytest.raises(RuleError, match="wildcard") as raised:
        Matcher({"r": rule}, dialect="eventbridge")
    assert "all-of" not in str(raised.value)
    with pytest.raises(RuleError, match="all-of"):
        Matcher({"r": rule})


def test_the_default_dialect_reads_no_file_of_dialects() -> None:
    """Neither importing nor matching costs what only other dialects need."""
    program = "import sys, ruler; ruler.Matcher({'r': {'a': [1]}}).rules_for_event({'a': 1}); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "ruler.dialects.names" in loaded
    assert not {"tomllib", "ruler.dialects.load", "ruler.dialects.refused"} & set(loaded)


# ----- equivalents


@pytest.mark.parametrize(("name", "refused", "accepted"), [*REFUSED_WITH_EQUIVALENT, *UNKNOWN])
def test_the_equivalent_is_accepted_and_means_what_is_said(name: str, refused: str, accepted: str) -> None:
    """Without a caution it matches the same events, by the oracle; with one, the caution is told and events differ."""
    rule = f'{{"a": {refused}}}'
    [found] = equivalents_of(rule, name)
    other = rewritten(rule, found)
    assert json.loads(other) == {"a": json.loads(accepted)}
    assert refusals(locate_rule(other), dialect(name)) == []
    differing = [event for event in EVENTS if oracle.matches(rule, event) != oracle.matches(other, event)]
    assert not (found.keeps_meaning and differing)
    assert found.caution in found.words


@pytest.mark.parametrize(("name", "refused"), WITHOUT_EQUIVALENT)
def test_nothing_is_proposed_where_nothing_is_known(name: str, refused: str) -> None:
    """Also where the only other form is unknown in that dialect, or would never match."""
    assert equivalents_of(f'{{"a": {refused}}}', name) == []


def test_a_none_of_differs_from_its_equivalent_for_arrays_alone() -> None:
    """Which is what the caution says."""
    rule = '{"a": [{"none-of": ["a", "b"]}]}'
    [found] = equivalents_of(rule, "eventbridge")
    differing = [
        event for event in EVENTS if oracle.matches(rule, event) != oracle.matches(rewritten(rule, found), event)
    ]
    assert differing == ['{"a": ["b", "x"]}']
    assert "arrays" in found.caution


def test_many_spellings_keep_the_meaning_for_all_values() -> None:
    """Every pair of simple patterns under all-of, in every dialect: what is proposed without a caution is the same."""
    simple = ['"a"', "1", "null", '{"prefix": "a"}', '{"suffix": "b"}', '{"wildcard": "a*b*"}', '{"numeric": [">", 1]}']
    simple += [
        '{"numeric": ["<=", 5]}',
        '{"anything-but": "a"}',
        '{"anything-but": [1]}',
        '{"exists": true}',
        '["a", 5]',
    ]
    proposed = 0
    for one, other in itertools.product(simple, simple):
        rule = f'{{"a": [{{"all-of": [{one}, {other}]}}]}}'
        for found in equivalents_of(rule, "eventbridge"):
            proposed += 1
            for event in EVENTS:
                assert oracle.matches(rule, event) == oracle.matches(rewritten(rule, found), event), rule
    assert proposed > 60


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"$and": [{"a": [1]}, {"b": [2]}]}', '{"a": [1], "b": [2]}'),
        ('{"x": {"c": [3], "$and": [{"a": [1]}, {"b": {"d": [2]}}]}}', '{"x": {"c": [3], "a": [1], "b": {"d": [2]}}}'),
        ('{"$and": [{"$or": [{"a": [1]}, {"b": [2]}]}, {"c": [3]}]}', '{"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}'),
        ('{"$and": [{"a": [1]}, {"a": [2]}]}', None),
        ('{"a": [1], "$and": [{"a": [2]}, {"b": [2]}]}', None),
    ],
)
def test_and_is_taken_apart_where_that_means_the_same(rule: str, expected: str | None) -> None:
    """Two clauses of one path cannot stand in one object."""
    found = [rewritten(rule, each) for each in equivalents_of(rule, "eventbridge")]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize("name", SERVICES)
def test_equivalents_of_conformance_rules_get_the_answers_of_their_cases(name: str) -> None:
    """Every rule of a case, every proposal that keeps the meaning, one at a time: the event gets the same answer."""
    proposed = 0
    for case in [*all_cases(), *itertools.chain.from_iterable(map(extension_cases, extension_subjects()))]:
        for rule_id, rule in case.rules.items():
            if rule_id in case.rule_errors or case.event_error or len(rule) > 2000:
                continue
            for found in equivalents_of(rule, name):
                other = rewritten(rule, found)
                compile_rule(other)
                if found.keeps_meaning:
                    proposed += 1
                    assert oracle.matches(rule, case.event) == oracle.matches(other, case.event), (case.id, other)
    assert proposed > 40


# ----- check


def test_check_tells_refused_and_unknown_with_page_and_date() -> None:
    """Refused is an error, unknown a warning; each once, with the page that says so."""
    rules = {"r": {"a": [{"wildcard": "a*"}, {"cidr": "10.0.0.0/8"}, {"cidr": "11.0.0.0/8"}]}}
    found = ruler.check(rules, dialect="eventbridge-pipes")
    assert [(each.code, each.severity, each.pointer) for each in found] == [
        ("dialect-operator", "error", "/r/a/0"),
        ("dialect-operator-unknown", "warning", "/r/a/1"),
    ]
    assert all("Amazon EventBridge" in each.why and "read 2026-11-21" in each.why for each in found)
    assert "1 more of its kind" in found[1].message
    assert [each.line for each in found] == [None, None]


def test_check_takes_the_dialect_of_the_source() -> None:
    """A filter policy is held to Amazon SNS, unless another dialect is asked for."""
    policy = '{"FilterPolicy": {"a": {"b": [{"exactly": "x"}]}}, "FilterPolicyScope": "MessageAttributes"}'
    assert [each.code for each in ruler.check(policy)] == ["dialect-operator", "dialect-operator-unknown"]
    assert ruler.check(policy, dialect="event-ruler") == []
    assert ruler.check('{"r": {"a": [{"all-of": [{"regexp": "[0-9]+"}]}]}}') == []


def test_fix_writes_only_what_keeps_the_meaning(tmp_path: Path) -> None:
    """An error of a dialect is no licence: its rule has a meaning. The rest is for --fix-all."""
    shell = Shell(tmp_path)
    text = '{"r": {"a": [{"wildcard": "a*"}], "b": [{"none-of": ["x"]}]}}'
    path = shell.write("rules.json", text)
    assert shell.run("check", "--fix", "--dialect", "eventbridge-pipes", path).code == 2
    assert (tmp_path / path).read_text() == text.replace('{"wildcard": "a*"}', '{"prefix": "a"}')
    assert shell.run("check", "--fix-all", "--dialect", "eventbridge-pipes", path).code == 0
    assert '[{"anything-but": "x"}, {"exists": false}]' in (tmp_path / path).read_text()


@pytest.mark.parametrize("command", ["filter", "explain", "coverage"])
def test_commands_hold_rules_to_a_dialect(command: str, tmp_path: Path) -> None:
    """What is refused ends the command with 2, at its place in the text; so does a name that is none."""
    shell = Shell(tmp_path)
    refused = shell.run(command, "--dialect", "sns-body", "-e", '{"a": [{"regexp": "x|y"}]}', given=b"{}")
    assert refused.code == 2
    assert "pattern-1:1:8: $.a[0]" in refused.errors
    wrong = shell.run(command, "--dialect", "eventbus", "-e", '{"a": [1]}', given=b"{}")
    assert wrong.code == 2
    assert '"eventbus" is not a dialect' in wrong.errors


def test_test_event_pattern_is_held_to_the_service_it_stands_for(tmp_path: Path) -> None:
    """Unless another dialect is named."""
    shell = Shell(tmp_path)
    given = ["--event-pattern", '{"a": [{"exists": false}, {"wildcard": "a*"}]}', "--event", "{}"]
    assert shell.run("test-event-pattern", *given).code == 0
    assert shell.run("test-event-pattern", "--dialect", "eventbridge-pipes", *given).code == 2
    extended = ["--event-pattern", '{"a": [{"none-of": ["x"]}]}', "--event", "{}"]
    assert shell.run("test-event-pattern", *extended).code == 2
