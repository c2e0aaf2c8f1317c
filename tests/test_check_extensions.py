"""Warnings about the extensions are true, and their fixes are right: held to the oracle over random nestings."""

from __future__ import annotations

import json

import oracle
import pytest
from extension_strategies import SUBJECTS, array_rules_with, one_path_events, one_path_rules
from hypothesis import given
from hypothesis import strategies as st
from strategies import array_events
from test_extensions import matches

from ruler.checks.apply import apply_fixes, fix_text, is_safe
from ruler.checks.budget import Budget
from ruler.checks.check import check_rule_sets
from ruler.checks.dead_branches import dead_branches
from ruler.checks.registry import EITHER, KEEPS_MEANING, NO_FIX, WARNINGS
from ruler.findings import ERROR, Finding, Source
from ruler.patterns.compiler import compile_rule, expand
from ruler.patterns.model import SubRule
from ruler.patterns.reader import read_document
from ruler.rule_sources import rules_of_text

pairs = st.one_of(
    st.tuples(one_path_rules(*SUBJECTS), st.lists(one_path_events, min_size=1, max_size=6)),
    st.tuples(array_rules_with(*SUBJECTS), st.lists(array_events, min_size=1, max_size=6)),
)


def findings_of(text: str) -> list[Finding]:
    """What is found in a file with rules."""
    return check_rule_sets([rules_of_text(Source("rules.json", text), text.encode())])[0]


def rule_in(text: str) -> str:
    """The one rule of a file."""
    [rule] = rules_of_text(Source("rules.json", text), text.encode()).rules
    return rule.text


@given(pairs)
def test_fixes_that_keep_the_meaning_keep_the_answers(drawn: tuple[str, list[str]]) -> None:
    """Each by itself, and all together; what they say they do is what the table says."""
    rule, events = drawn
    text = f'{{"r": {rule}}}'
    findings = findings_of(text)
    safe = [finding for finding in findings if is_safe(finding)]
    before = [oracle.matches(rule, event) for event in events]
    for each in [*([finding] for finding in safe), safe]:
        after = rule_in(apply_fixes(text, each)[0])
        assert before == [oracle.matches(after, event) for event in events]
    for finding in findings:
        kind = WARNINGS[finding.code].fix
        assert finding.fix is None or kind == EITHER or finding.fix.keeps_meaning == (kind == KEEPS_MEANING)
        assert finding.fix is None or kind != NO_FIX


@given(pairs)
def test_fixing_ends_with_a_rule_that_is_right(drawn: tuple[str, list[str]]) -> None:
    """Also with those that change the meaning; nothing safe is left."""
    rule, _ = drawn
    for also_unsafe in (False, True):
        fixed = fix_text(f'{{"r": {rule}}}', findings_of, also_unsafe=also_unsafe)
        assert fixed.is_done
        assert [] == [finding for finding in findings_of(fixed.text) if is_safe(finding) or finding.severity == ERROR]
        assert compile_rule(rule_in(fixed.text)).sub_rules


@given(pairs)
def test_what_accepts_nothing_or_everything_does(drawn: tuple[str, list[str]]) -> None:
    """By itself: a clause with the alternative alone never matches, and one that accepts everything always does."""
    rule, events = drawn
    document = f'{{"r": {rule}}}'
    for finding in findings_of(document):
        if finding.code not in ("accepts-nothing", "accepts-everything"):
            continue
        assert finding.location is not None
        assert finding.column is not None
        start = finding.column - 1
        text = document[start : json.JSONDecoder().raw_decode(document, start)[1]]
        path = next(step for step in reversed(finding.location) if isinstance(step, str))
        for event in events:
            if finding.code == "accepts-nothing":
                assert not oracle.matches(f'{{"{path}":[{text}]}}', event)
            elif "every event" in finding.message:
                assert oracle.matches(f'{{"{path}":{text}}}', event)
            else:
                exists = f'{{"{path}":[{{"exists":true}}]}}'
                assert oracle.matches(exists, event) <= oracle.matches(f'{{"{path}":{text}}}', event)


@given(pairs)
def test_dead_branches_add_nothing(drawn: tuple[str, list[str]]) -> None:
    """Without their sub-rules the rule matches as before, whatever stands in arrays."""
    rule, events = drawn
    document = read_document(rule)
    expansion = expand(document, document.root)
    dead, alive = dead_branches(expansion, document.root, Budget())
    sub_rules = [SubRule(frozenset(clause for clause, _ in expansion.sub_rules[index])) for index in alive]
    for event in events if dead else ():
        assert oracle.matches(rule, event) == any(matches(each, event) for each in sub_rules)


CASES = [
    ('{"a": [{"all-of": [{"prefix": "a"}, {"prefix": "ab"}]}]}', [("redundant-part", '$.a[0]["all-of"][0]')]),
    ('{"a": [{"all-of": [{"prefix": "ab"}, {"prefix": "a"}]}]}', [("redundant-part", '$.a[0]["all-of"][1]')]),
    ('{"a": [{"all-of": [{"prefix": "a"}, {"anything-but": 5}]}]}', [("redundant-part", '$.a[0]["all-of"][1]')]),
    ('{"a": [{"all-of": [{"exists": true}, "x"]}]}', [("redundant-part", '$.a[0]["all-of"][0]')]),
    (
        '{"a": [{"all-of": [{"wildcard": "a*b"}, {"prefix": "a"}, {"suffix": "b"}]}]}',
        [("redundant-part", '$.a[0]["all-of"][1]'), ("redundant-part", '$.a[0]["all-of"][2]')],
    ),
    ('{"a": [{"all-of": [["a", "a", "b"], {"prefix": ""}]}]}', [("redundant-part", '$.a[0]["all-of"][1]')]),
    (
        '{"a": [{"all-of": [[{"prefix": "a"}, "ab"], {"suffix": "c"}]}]}',
        [("redundant-alternative", '$.a[0]["all-of"][0][1]')],
    ),
    ('{"a": [{"all-of": ["x", "y"]}]}', [("accepts-nothing", "$.a[0]")]),
    ('{"a": [{"all-of": [{"numeric": [">", 5]}, {"prefix": "a"}]}, "b"]}', [("accepts-nothing", "$.a[0]")]),
    ('{"a": [{"all-of": [{"cidr": "10.0.0.0/8"}, {"prefix": "11."}]}]}', []),  # true, and not decided
    ('{"a": [{"regexp": "a[^\\\\p{L}\\\\P{L}]"}]}', [("accepts-nothing", "$.a[0]")]),
    ('{"a": [{"regexp": "[a-z]+"}, {"regexp": "[a-f]+[0-9]?"}]}', []),
    ('{"a": [{"regexp": "[a-z]+"}, {"regexp": "[a-f]+"}]}', [("redundant-alternative", "$.a[1]")]),
    ('{"a": [{"regexp": "[^5]*"}, {"anything-but": "x"}]}', [("accepts-everything", "$.a")]),
    ('{"a": [{"none-of": ["ab", {"prefix": "a"}]}]}', [("redundant-alternative", '$.a[0]["none-of"][0]')]),
    ('{"a": [{"none-of": ["a", "b"]}, {"none-of": ["a"]}]}', [("redundant-alternative", "$.a[0]")]),
    ('{"a": [{"none-of": ["a"]}, {"exists": false}]}', [("redundant-alternative", "$.a[1]")]),
    ('{"a": ["a", {"none-of": ["a"]}]}', [("accepts-everything", "$.a")]),
    ('{"a": ["a", {"none-of": ["a", "b"]}]}', []),
    ('{"a": [{"none-of": [{"all-of": ["a", "b"]}]}]}', [("accepts-everything", "$.a")]),
    (
        '{"a": [{"wildcard": {"equals-ignore-case": "a*"}}]}',
        [("wildcard-is-prefix", '$.a[0].wildcard["equals-ignore-case"]')],
    ),
    ('{"a": [{"none-of": [{"wildcard": "*a"}]}]}', [("wildcard-is-suffix", '$.a[0]["none-of"][0].wildcard')]),
    ('{"a": [{"anything-but": {"cidr": ["10.0.0.1/8"]}}]}', [("cidr-host-bits", '$.a[0]["anything-but"].cidr[0]')]),
    ('{"a": [{"none-of": ["10.0.0.0/8"]}]}', [("address-not-cidr", '$.a[0]["none-of"][0]')]),
    ('{"a": {"all-of": [{"prefix": "x"}, {"suffix": "y"}]}}', [("pattern-type-as-name", "$.a")]),
    ('{"a": [{"regexp": "^[a-z]+$"}]}', [("regexp-anchor", "$.a[0].regexp")]),
    (
        '{"a": [{"all-of": [{"regexp": "ab.*"}, {"regexp": ".*x$"}]}]}',
        [("regexp-anchor", '$.a[0]["all-of"][1].regexp')],
    ),
    ('{"a": [{"regexp": "\\\\^[a-z]+[$]"}]}', []),
    (
        '{"$and": [{"$or": [{"a": [1]}, {"a": [1], "b": [2]}]}, {"c": [1]}]}',
        [("dead-branch", '$["$and"][0]["$or"][1]')],
    ),
    ('{"$or": [{"$and": [{"a": ["x"]}, {"a": ["y"]}]}, {"a": ["x"]}]}', [("dead-branch", '$["$or"][0]')]),
    ('{"$or": [{"$and": [{"a": ["x"]}, {"a": ["y"]}]}, {"a": [{"all-of": [{"prefix": "z"}, {"suffix": "y"}]}]}]}', []),
    # What is chosen for a.x decides which element none-of looks at.
    ('{"a": {"$or": [{"x": [1], "y": [{"none-of": [2]}]}, {"y": [{"none-of": [2]}]}]}}', []),
    (
        '{"a": {"$or": [{"z": [1], "y": [{"none-of": [2]}]}, {"y": [{"none-of": [2]}]}]}}',
        [("dead-branch", '$.a["$or"][0]')],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), CASES, ids=[rule for rule, _ in CASES])
def test_what_is_warned_of(rule: str, expected: list[tuple[str, str]]) -> None:
    """Each code, where it stands, and rules that are right."""
    found = [(each.code, each.subject.removeprefix("r: ")) for each in findings_of(f'{{"r": {rule}}}')]
    assert expected == found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"a": [{"regexp": "^[a-z]+$"}]}', '{"a": [{"regexp": "[a-z]+"}]}'),
        ('{"a": [{"regexp": "^ab"}]}', None),
        ('{"a": [{"regexp": "^a|b$"}]}', None),
        ('{"a": [{"regexp": "^$"}]}', '{"a": [{"regexp": ""}]}'),
        ('{"a": [{"all-of": ["ab", {"prefix": "a"}]}]}', '{"a": [{"all-of": ["ab"]}]}'),
        (
            '{"a": [{"wildcard": {"equals-ignore-case": "a*"}}]}',
            '{"a": [{"prefix": {"equals-ignore-case": "a"}}]}',
        ),
        ('{"a": [{"allOf": ["x"]}]}', '{"a": [{"all-of": ["x"]}]}'),
        ('{"a": [{"noneof": ["x"]}]}', '{"a": [{"none-of": ["x"]}]}'),
        ('{"a": [{"oneOf": ["x"]}]}', None),
        ('{"a": [{"regex": "x"}]}', None),
        ('{"a": [{"all-of": [{"Prefix": "x"}]}]}', '{"a": [{"all-of": [{"prefix": "x"}]}]}'),
        ('{"a": [{"all-of": [{"Exists": false}]}]}', None),
    ],
)
def test_what_a_fix_writes(rule: str, expected: str | None) -> None:
    """The one finding, and the rule with its fix; None where it has none."""
    [finding] = findings_of(f'{{"r": {rule}}}')
    if expected is None:
        assert finding.fix is None
    else:
        assert expected == rule_in(apply_fixes(f'{{"r": {rule}}}', [finding])[0])
