"""What ``ruler.check`` finds: each warning where it belongs, and not where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ruler
from ruler.checks import wildcard_complexity
from ruler.checks.registry import WARNINGS
from ruler.errors import json_path
from ruler.findings import Finding
from ruler.patterns.wildcards import pattern_of_pieces


def codes(rules: Any) -> list[str]:
    """The codes of what is found, in order."""
    return [finding.code for finding in ruler.check(rules)]


def codes_of_rule(rule: str) -> list[str]:
    return codes(f'{{"r": {rule}}}')


# ----- what is checked


def test_rules_without_faults_have_no_findings() -> None:
    assert [] == ruler.check('{"r": {"a": [1]}}')
    assert [] == ruler.check(b'[{"name": "r", "rule": {"a": [1]}}]')
    assert [] == ruler.check({"r": {"a": [1]}, "s": '{"b": [2]}', 3: {"c": [None]}})
    assert [] == ruler.check({})


def test_every_error_comes_before_every_warning_each_in_text_order() -> None:
    """Over all rules; a rule with errors has no warnings."""
    text = """{
      "a": {"x": [{"wildcard": "q*"}], "y": [{"cidr": "10.0.0.1/8"}]},
      "b": {"x": 1, "y": 2, "z": [{"wildcard": "q*"}]},
      "c": {"x": 3},
      "d": {"x": [{"wildcard": "*q"}]}}"""
    found = ruler.check(text)
    expected = [("clause-not-array", 3)] * 2 + [("clause-not-array", 4)]
    expected += [("wildcard-is-prefix", 2), ("cidr-host-bits", 2), ("wildcard-is-suffix", 5)]
    assert expected == [(each.code, each.line) for each in found]
    assert ["error"] * 3 + ["warning"] * 3 == [each.severity for each in found]


def test_errors_of_the_text_and_of_the_file_are_findings() -> None:
    """Nothing is raised for what the rules hold."""
    assert ["unterminated"] == codes('{"r": ')
    assert ["not-utf8"] == codes(b'{"r": {"a": ["\xff"]}}')
    assert ["file-not-rules"] == codes('"x"')
    assert ["rule-name-twice"] == codes('{"r": {"a": [1]}, "r": {"a": [2]}}')
    assert ["not-utf8"] == codes('{"r": {"a": ["\ud800"]}}')  # what UTF-8 has no form for, in a str


@pytest.mark.parametrize("path", ["rules.json", "/etc/rules.json", "rules/s3"])
def test_a_path_is_not_read(path: str) -> None:
    """It says that the text of the file is meant."""
    [finding] = ruler.check(path)
    assert f"found '{path}', expected the text of a rule file" == finding.message
    assert f"check(Path('{path}').read_bytes())" == finding.hint


def test_what_are_no_rules_at_all_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a mapping of names to rules, or the text of a rule file; found list"):
        ruler.check([{"name": "r"}])  # type: ignore[arg-type]


def test_findings_of_decoded_rules_have_no_lines() -> None:
    """Their text says the rule and the JSONPath, and no file, which there is none of."""
    error, warning = ruler.check({"bad": {"a": 1}, "odd": {"b": [{"wildcard": "x*"}]}})
    assert str(error).splitlines()[0] == "bad: $.a: found the number 1, expected an array"
    first, why, write = str(warning).splitlines()
    assert first == 'warning: odd: $.b[0].wildcard: the wildcard "x*" is only a prefix [wildcard-is-prefix]'
    assert why.startswith("  why:   ")
    assert write == '  write: {"prefix": "x"} in place of the whole object'
    assert (warning.line, warning.column, warning.fix) == (None, None, None)
    record = warning.record()
    assert (record["file"], record["line"], record["column"], record["pointer"]) == (
        None,
        None,
        None,
        "/odd/b/0/wildcard",
    )


def test_warnings_of_decoded_rules_stand_in_the_order_of_the_rule() -> None:
    rule = {"a": [{"wildcard": "*x"}], "b": [{"cidr": "10.0.0.1/8"}], "c": {"numeric": [">", 5]}}
    assert ["wildcard-is-suffix", "cidr-host-bits", "pattern-type-as-name"] == codes({"r": rule})


def test_a_rule_in_a_mapping_may_be_text() -> None:
    """Then lines count in that text."""
    [finding] = ruler.check({"r": '{\n"a": 1}'})
    assert ("r", 2, 6) == (finding.source.name, finding.line, finding.column)
    assert ["rule-not-object"] == codes({"r": ["a"]})


def test_a_finding_is_a_record_of_json_values() -> None:
    """The members that every command with ``--format json`` writes."""
    [finding] = ruler.check('{"a/b": {"key": [{"wildcard": "img/*"}]}}')
    assert isinstance(finding, Finding)
    record = json.loads(json.dumps(finding.record()))
    assert ("warning", "wildcard-is-prefix", "a/b", "$.key[0].wildcard") == tuple(
        record[name] for name in ("severity", "code", "rule", "path")
    )
    assert (None, "/a~1b/key/0/wildcard", 1, 31) == tuple(
        record[name] for name in ("file", "pointer", "line", "column")
    )
    edits = [{"start": 17, "end": 38, "text": '{"prefix": "img/"}'}]
    assert {"description": 'write {"prefix": "img/"}', "keeps_meaning": True, "edits": edits} == record["fix"]


# ----- each warning: where it is, and where it is not

FOUND = [
    ("duplicate-name", '{"a": [1], "a": [2]}'),
    ("duplicate-name", '{"$or": [{"a": [1], "a": [2]}, {"b": [1]}]}'),
    ("dotted-path-clash", '{"a": {"b": [1]}, "a.b": [2]}'),
    ("branch-overridden", '{"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}'),
    ("address-not-cidr", '{"a": ["10.0.0.0/8"]}'),
    ("address-not-cidr", '{"a": [1, "fe80::/10"]}'),
    ("address-not-cidr", '{"a": [{"cidr": "10.1.0.0/16"}, "10.0.0.0"]}'),
    ("cidr-host-bits", '{"a": [{"cidr": "10.0.0.1/8"}]}'),
    ("cidr-host-bits", '{"a": [{"cidr": "::ffff:10.0.0.1/104"}]}'),
    ("pattern-type-as-name", '{"a": {"numeric": ["=", 5]}}'),
    ("pattern-type-as-name", '{"a": {"b": {"cidr": ["10.0.0.0/8"]}}}'),
    ("pattern-type-as-name", '{"a": {"wildcard": ["a*b"]}}'),
    ("pattern-type-as-name", '{"a": {"anything-but": [1, 2]}}'),
    ("exists-on-object", '{"a": [{"exists": true}], "a.b": [1]}'),
    ("exists-on-object", '{"a": ["x"], "a": {"b": {"c": [1]}}}'),
    ("wildcard-is-prefix", '{"a": [{"wildcard": "a*"}]}'),
    ("wildcard-is-prefix", '{"a": [{"anything-but": {"wildcard": ["a*"]}}]}'),
    ("wildcard-is-suffix", '{"a": [{"wildcard": "*a"}]}'),
    ("wildcard-is-exact", '{"a": [{"wildcard": ""}]}'),
    ("wildcard-too-complex", '{"a": [{"wildcard": "*a*a*a*a*a*a*"}]}'),
    ("wildcard-too-complex", '{"a": [{"anything-but": {"wildcard": ["*a*a*a*b", "*a*a*a*c"]}}]}'),
    ("accepts-everything", '{"a": [{"anything-but": 1}, {"anything-but": 2}]}'),
    ("accepts-nothing", '{"a": [{"numeric": [">", 1, "<", 1.0000000000000002]}]}'),
    ("redundant-alternative", '{"a": [{"prefix": "a"}, {"prefix": "ab"}]}'),
    ("dead-branch", '{"$or": [{"a": [1]}, {"a": [1], "b": [2]}]}'),
    ("redundant-part", '{"a": [{"all-of": [{"prefix": "a"}, {"prefix": "ab"}]}]}'),
    ("regexp-anchor", '{"a": [{"regexp": "^[a-z]+$"}]}'),
]


@pytest.mark.parametrize(("code", "rule"), FOUND)
def test_a_warning_is_found(code: str, rule: str) -> None:
    """Once, and with every part that a person needs."""
    [finding] = [each for each in ruler.check(f'{{"r": {rule}}}') if each.code == code]
    assert ("warning", "r", 1) == (finding.severity, finding.rule, finding.line)
    assert finding.why
    assert finding.hint


def test_every_warning_has_a_case() -> None:
    """Those of dialects are in test_dialect_rules.py."""
    of_dialects = {"dialect-operator-unknown", "dialect-limit-unknown"}
    assert set(WARNINGS) - of_dialects == {code for code, _ in FOUND}


@pytest.mark.parametrize(
    "rule",
    [
        '{"a": {"b": [1]}, "a": {"c": [2]}}',  # equal names that hold objects merge
        '{"$or": [{"a": [1]}, {"a": [2]}]}',  # branches of one $or do not hide each other
        '{"a": ["10.0.0.1", {"cidr": "10.1.0.0/16"}]}',  # a host beside a block
        '{"a": ["10.0.0.0", "1.0.0.0"]}',  # no block in sight: a version, perhaps
        '{"a": ["0.0.0.0", "::", {"cidr": "10.1.0.0/16"}]}',
        '{"detail": {"cidrIp": ["0.0.0.0/0"]}}',  # a field that holds blocks
        '{"a": [{"cidr": "10.0.0.0/8"}, {"cidr": "2001:DB8:0::/32"}]}',
        '{"numeric": [">", 5]}',  # a field at the top
        '{"a": {"numeric": ["x"]}}',  # no argument of numeric
        '{"a": {"prefix": ["x"], "b": [1]}}',  # the object has other fields
        '{"a": {"exists": [1]}}',
        '{"a": {"prefix": [{"prefix": "x"}]}}',
        '{"a": {"cidr": ["x"]}}',
        '{"a.b": [1], "a.c": [2], "a-b": [3]}',
        '{"a": [{"wildcard": "*"}]}',
        '{"a": [{"wildcard": "a*b"}, {"wildcard": "*c*"}]}',
        '{"a": [{"anything-but": {"wildcard": ["a*", "*b"]}}]}',  # of two kinds: one list cannot say it
        '{"a": [{"wildcard": "*abc*def*ghi*"}]}',
    ],
)
def test_nothing_is_found_in_what_may_well_be_right(rule: str) -> None:
    assert [] == codes_of_rule(rule)


def test_a_path_that_another_rule_uses_as_an_object_is_found() -> None:
    """In whichever order they stand; a path beside it is not."""
    user, tester = '"s": {"detail": {"id": [1]}}', '"r": {"detail": [{"exists": false}]}'
    for text in (f"{{{user}, {tester}}}", f"{{{tester}, {user}}}"):
        [finding] = ruler.check(text)
        assert ("exists-on-object", "r") == (finding.code, finding.rule)
        assert finding.message == '"detail" is an object where the rule "s" tests "detail.id", so it is always absent'
    assert [] == codes(f'{{{user}, "r": {{"detail-type": [{{"exists": true}}]}}}}')


def test_no_sensible_rule_is_warned_of() -> None:
    """Rules of the kinds that people write for AWS events, together and each alone: a false alarm costs trust."""
    text = (Path(__file__).parent / "warnings" / "sensible-rules.json").read_text("utf-8")
    rules = json.loads(text)
    assert len(rules) > 50
    assert [] == [str(finding) for finding in ruler.check(text)]
    assert [] == [str(finding) for name, rule in rules.items() for finding in ruler.check({name: rule})]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # Other events, so the path may be a value there.
        ('"r": {"s": ["x"], "a": [{"exists": true}]}, "o": {"s": ["y", null], "a": {"b": [1]}}', []),
        ('"r": {"s": ["x", "y"], "a": [{"exists": true}]}, "o": {"s": ["y"], "a": {"b": [1]}}', ["r"]),
        ('"r": {"s": [{"prefix": "x"}], "a": [{"exists": true}]}, "o": {"s": ["y"], "a": {"b": [1]}}', ["r"]),
        # A value of its own says that events differ; not so when one event needs both.
        ('"r": {"a": ["x"]}, "o": {"a": {"b": [1]}}', []),
        ('"r": {"a": [null]}, "o": {"a": {"b": [1]}}', []),
        ('"r": {"a": [null, {"exists": false}]}, "o": {"a": {"b": [1]}}', []),
        ('"r": {"a": ["x"], "a.b": [1]}', ["r"]),
        ('"r": {"$or": [{"a": ["x"]}, {"a.b": [1]}]}', []),
        ('"r": {"$or": [{"a": [{"exists": true}]}, {"a.b": [1]}]}', ["r"]),
        # Absence of a path inside is no use of an object.
        ('"r": {"a": ["x"], "a.b": [{"exists": false}]}', []),
        ('"r": {"a": [{"exists": true}]}, "o": {"a.b": [{"exists": false}]}', []),
    ],
)
def test_only_what_is_an_object_in_the_same_events_is_warned_of(rules: str, expected: list[str]) -> None:
    """One event would need both, or exists asks about what is an object in events that may be the same."""
    assert expected == [each.rule for each in ruler.check(f"{{{rules}}}") if each.code == "exists-on-object"]


def test_blocks_that_events_carry_are_not_warned_of() -> None:
    """By the name of the path, as all addresses, or because the rule says so."""
    assert codes('{"r": {"ip": ["10.0.0.0/8"], "host": ["10.0.0.0/8"]}}') == ["address-not-cidr"] * 2
    sensible = [
        '"ipRanges": {"items": ["10.0.0.0/8"]}',
        '"to": ["0.0.0.0/0", "::/0"]',
        '"ip": [{"exactly": "10.0.0.0/8"}]',
    ]
    for rule in sensible:
        assert codes(f'{{"r": {{{rule}}}}}') == []


@pytest.mark.parametrize(
    ("earlier", "later", "what"),
    [
        ('"a": [1]', '"$or": [{"a": [2]}, {"b": [3]}]', "is overridden in some branches"),
        ('"a": [1]', '"a": [2]', "has no"),
    ],
)
def test_a_hidden_clause_names_both_places(earlier: str, later: str, what: str) -> None:
    """The finding stands at the hidden one, and says where the other is."""
    [finding] = [each for each in ruler.check(f'{{"r": {{\n{earlier},\n{later}}}}}') if each.code != "dead-branch"]
    assert (2, 1) == (finding.line, finding.column)
    assert what in finding.message
    assert "on line 3" in finding.message


def test_a_clause_that_still_counts_in_some_branch_is_not_removed() -> None:
    """Only one without effect has a fix."""
    [partly] = ruler.check('{"r": {"c": [0], "a": [1], "$or": [{"a": [2]}, {"b": [3]}]}}')
    assert partly.fix is None
    [hidden] = ruler.check('{"r": {"$or": [{"a": [2], "c": [0]}, {"b": [3]}], "a": [1]}}')
    assert hidden.fix is not None


# ----- the complexity of wildcards


def beginnings(*wildcards: str) -> int:
    """How many beginnings of the wildcards one value matches, when nothing stops the search."""
    patterns = [pattern_of_pieces(wildcard.split("*")) for wildcard in wildcards]
    return wildcard_complexity.hardest_value(patterns, 100_000)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wildcards", "count"),
    [
        (("*z*",), 3),
        (("1*2345",), 2),
        (("1*2",), 2),
        (("*aa*",), 4),
        (tuple(f"*:stack/shop-{name}/*" for name in "abc"), 9),
        (tuple(f"*:stack/shop-{name}/*" for name in "abcd"), 12),
    ],
)
def test_beginnings_of_wildcards_are_counted(
    wildcards: tuple[str, ...], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first four as Event Ruler's own tests or documentation have them, or as one counts by hand."""
    monkeypatch.setattr(wildcard_complexity, "MOST_BEGINNINGS", 1000)
    assert count == beginnings(*wildcards)
    patterns = [pattern_of_pieces(wildcard.split("*")) for wildcard in wildcards]
    assert count <= sum(map(wildcard_complexity.bound, patterns))  # type: ignore[arg-type]


def test_the_search_for_a_hard_value_is_bounded() -> None:
    """It gives up without a warning."""
    patterns = [pattern_of_pieces(("", *(f"{a}{b}" for b in "abcdefgh"), "")) for a in "abcdefgh"]
    _, _, steps = wildcard_complexity.hardest_value(patterns, 50)  # type: ignore[arg-type]
    assert steps <= 50 + len("abcdefgh")


# ----- bounds


def test_warnings_of_one_rule_end_at_a_thousand_and_say_so() -> None:
    """Last, as a warning that has the place of the last one told."""
    blocks = [f'{{"cidr": "10.{number // 250}.{number % 250}.1/24"}}' for number in range(1500)]
    found = ruler.check(f'{{"r": {{"a": [{", ".join(blocks)}]}}}}')
    assert ["cidr-host-bits"] * 1000 + ["findings-left-out"] == [each.code for each in found]
    assert ("warning", "$.a[999].cidr") == (found[-1].severity, json_path(found[-1].location or ()))
    assert 1000 == len(ruler.check(f'{{"r": {{"a": [{", ".join(blocks[:1000])}]}}}}'))


def test_errors_of_one_rule_end_at_a_thousand_and_say_so() -> None:
    clauses = [f'"{number}": 1' for number in range(1500)]
    found = ruler.check(f'{{"r": {{{", ".join(clauses)}}}}}')
    assert ["clause-not-array"] * 1000 + ["findings-left-out"] == [each.code for each in found]
    assert ("error", None) == (found[-1].severity, found[-1].fix)
    assert 999 == len(ruler.check(f'{{"r": {{{", ".join(clauses[:999])}}}}}'))


@pytest.mark.parametrize("elements", ['"x", ' * 999 + '"x"', "[], " * 999 + "[]"], ids=("warnings", "errors"))
def test_findings_below_a_very_long_name_are_few(elements: str) -> None:
    """Each has the name in its place: together they would take gigabytes."""
    found = ruler.check(f'{{"r": {{"{"n" * 600_000}": [{elements}]}}}}')
    assert 3 == len(found)
    assert "findings-left-out" == found[-1].code


def test_deep_rules_are_checked() -> None:
    """As deep as rules may be, in objects, in branches, and in one path."""
    deep = '{"a":' * 1020 + "[1]" + "}" * 1020
    assert [] == codes_of_rule(deep)
    branches = '{"$or":[' * 150 + '{"a":[1]}' + ',{"b":[2]}]}' * 150
    assert set(codes_of_rule(branches)) <= {"dead-branch"}
    assert [] == codes_of_rule('{"' + ".".join("a" * 50_000) + '": [1]}')
