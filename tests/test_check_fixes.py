"""Fixes: those that keep the meaning do so, all remove what they fix, and nothing else changes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Members, Spelled, text_of

from ruler.checks.apply import apply_fixes, fix_text, is_safe
from ruler.checks.check import check_rule_sets
from ruler.checks.registry import CHANGES_MEANING, EITHER, KEEPS_MEANING, NO_FIX, WARNINGS
from ruler.findings import ERROR, Edit, Finding, Fix, Source
from ruler.matcher import Matcher
from ruler.patterns.compiler import compile_rule
from ruler.rule_sources import rules_of_text


def findings_of(text: str) -> list[Finding]:
    return check_rule_sets([rules_of_text(Source("rules.json", text), text.encode())])[0]


def fixed(text: str, *, also_unsafe: bool = False) -> str:
    """The text after all its fixes."""
    result = fix_text(text, findings_of, also_unsafe=also_unsafe)
    assert result.is_done
    return result.text


GROUPS = (
    {"duplicate-name", "dotted-path-clash", "branch-overridden"},
    {"accepts-everything", "accepts-nothing", "redundant-alternative", "dead-branch"},
)

# ----- rules that have something to warn of, and events that tell rules apart

NAMES = st.sampled_from(["a", "a", "b", "a.b", "c"])
ALTERNATIVES = st.one_of(
    st.sampled_from([Spelled("1"), Spelled("2"), Spelled('"a"'), Spelled('"ab"'), Spelled('"a*b"'), Spelled("null")]),
    st.sampled_from(["10.0.0.1/8", "10.1.2.3/15", "10.0.0.0/8", "::ffff:10.0.0.1/104", "2001:db8::1/32"]).map(
        lambda block: Members([("cidr", block)])
    ),
    st.sampled_from(["a*", "*b", "ab", "a\\*b", "*", "a*b", "", "\\\\*"]).map(
        lambda text: Members([("wildcard", text)])
    ),
    st.lists(st.sampled_from(["a*", "b*", "*b", "ab"]), min_size=1, max_size=2).map(
        lambda texts: Members([("anything-but", Members([("wildcard", texts)]))])
    ),
    st.just(Members([("exists", False)])),
    strategies.tests_of_values,
)
LEAVES = st.lists(ALTERNATIVES, min_size=1, max_size=2)


def objects(depth: int) -> st.SearchStrategy[Members]:
    """An object of a rule in which names come again, in branches and outside them."""
    member: st.SearchStrategy[Any] = st.tuples(NAMES, LEAVES)
    if depth:
        inner = objects(depth - 1)
        branches = st.lists(inner, min_size=2, max_size=2)
        member = st.one_of(member, member, st.tuples(NAMES, inner), st.tuples(st.just("$or"), branches))
    return st.lists(member, min_size=1, max_size=3).map(Members)


@st.composite
def rules(draw: st.DrawFn) -> str:
    rule = draw(objects(1).map(text_of))
    assume(len(rule) < 1000)
    return rule


VALUES = st.sampled_from(
    [
        1,
        2,
        "a",
        "ab",
        "b",
        "a*b",
        "axb",
        "",
        "\\x",
        "*",
        None,
        "10.0.0.0",
        "10.1.2.3",
        "10.200.0.1",
        "11.0.0.1",
        "2001:db8::9",
    ]
)
EVENTS = st.recursive(
    VALUES | st.lists(VALUES, max_size=2),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b", "c", "a.b"]), inner, max_size=3)
        | st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=2), max_size=2)
    ),
    max_leaves=6,
)
EVENT_LISTS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c", "a.b"]), EVENTS, max_size=4), max_size=8)


def answers(rule: str, events: list[Any]) -> list[bool]:
    matcher: Matcher[str] = Matcher()
    matcher.add_rule("r", rule)
    return [bool(matcher.rules_for_event(event)) for event in events]


@settings(max_examples=100)
@given(rules(), EVENT_LISTS)
def test_fixes_that_keep_the_meaning_keep_the_answers(rule: str, events: list[Any]) -> None:
    """Each by itself, and all together."""
    text = f'{{"r": {rule}}}'
    safe = [finding for finding in findings_of(text) if is_safe(finding)]
    before = answers(rule, events)
    for each in [*([finding] for finding in safe), safe]:
        after = json_member(apply_fixes(text, each)[0])
        assert before == answers(after, events)


def json_member(text: str) -> str:
    """The text of the rule in a file that holds one."""
    [rule] = rules_of_text(Source("rules.json", text), text.encode()).rules
    return rule.text


@settings(max_examples=100)
@given(rules())
def test_a_fix_removes_what_it_fixes(rule: str) -> None:
    """It is not found again, or fewer like it are: of three equal branches two are left, told in the same words.

    What a fix uncovers may be another finding: a branch that adds nothing hides what is in it.
    """
    text = f'{{"r": {rule}}}'
    findings = findings_of(text)
    for finding in findings:
        if finding.fix is None:
            continue
        after = findings_of(apply_fixes(text, [finding])[0])
        assert all(each.severity != ERROR for each in after)
        group = next((codes for codes in GROUPS if finding.code in codes), {finding.code})
        same = [each for each in findings if each.code in group]
        left = [each for each in after if each.code in group]
        told = {(each.code, each.location, each.message) for each in left}
        assert (finding.code, finding.location, finding.message) not in told or len(left) < len(same)


@settings(max_examples=100)
@given(rules())
def test_fixing_ends_and_leaves_nothing_to_fix(rule: str) -> None:
    text = fixed(f'{{"r": {rule}}}')
    assert [] == [finding for finding in findings_of(text) if is_safe(finding)]
    assert compile_rule(json_member(text)).sub_rules


@settings(max_examples=100)
@given(rules())
def test_what_a_fix_may_do_is_what_the_table_says(rule: str) -> None:
    for finding in findings_of(f'{{"r": {rule}}}'):
        kind = WARNINGS[finding.code].fix
        if finding.fix is None or kind == EITHER:
            continue
        assert kind != NO_FIX
        assert (kind == KEEPS_MEANING) == finding.fix.keeps_meaning
        assert (kind == CHANGES_MEANING) != finding.fix.keeps_meaning


# ----- formatting

UGLY = """\
{\r
  "r" : {"source":"aws.s3" ,\t"k":  {"prefix": "x"}, "é": [ {"Prefix" : "大雨"} ],
\t\t"n":[{"numeric":[ ">" , "1" ]}] },\r

  "s":{ "a" :[1],   "b":[2], "a": [ 3 ]
  , "w": [ {"wildcard" : "img/*"},{ "wildcard":"*.png" } ] , "ip":[{"cidr":"10.0.0.1/8"}]}}
\t"""
FIXED = """\
{\r
  "r" : {"source":["aws.s3"] ,\t"k":  [{"prefix": "x"}], "é": [ {"prefix" : "大雨"} ],
\t\t"n":[{"numeric":[ ">" , 1 ]}] },\r

  "s":{ "b":[2], "a": [ 3 ]
  , "w": [ {"prefix": "img/"},{"suffix": ".png"} ] , "ip":[{"cidr":"10.0.0.0/8"}]}}
\t"""


def test_a_fix_changes_nothing_else() -> None:
    """Spaces, tabs, line ends and the order of everything stay."""
    assert FIXED == fixed(UGLY)


@given(
    st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4), st.text(max_size=4)), max_size=5), st.text(max_size=4)
)
def test_edits_replace_just_their_characters(pieces: list[tuple[str, str, str]], end: str) -> None:
    """What stands between two edits is what stood there."""
    text, expected, findings = "", "", []
    for kept, old, new in pieces:
        text, expected = text + kept, expected + kept
        fix = Fix("", (Edit(len(text), len(text) + len(old), new),), True)
        findings.append(Finding(Source("", ""), "", "", fix=fix))
        text, expected = text + old, expected + new
    assert expected + end == apply_fixes(text + end, findings)[0]


def test_of_fixes_that_overlap_the_first_is_applied() -> None:
    outer = Finding(Source("", ""), "outer", "", fix=Fix("", (Edit(0, 4, "x"),), True))
    inner = Finding(Source("", ""), "inner", "", fix=Fix("", (Edit(2, 3, "y"),), True))
    text, applied = apply_fixes("abcdef", [inner, outer])
    assert ("xef", ["outer"]) == (text, [finding.code for finding in applied])


def test_fixing_that_never_ends_is_stopped() -> None:
    """Two fixes that undo each other are a bug, not a reason to hang."""

    def swapped(text: str) -> list[Finding]:
        return [Finding(Source("", ""), "x", "", fix=Fix("", (Edit(0, 1, "b" if text == "a" else "a"),), True))]

    assert not fix_text("a", swapped).is_done


# ----- fixes of errors


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('{"a": "x"}', '{"a": ["x"]}'),
        ('{"a": null, "b": {"c": 1.50}}', '{"a": [null], "b": {"c": [1.50]}}'),
        ('{"a": {"prefix": "x"}}', '{"a": [{"prefix": "x"}]}'),
        ('{"a": {"anything-but": {"prefix": "x"}}}', '{"a": [{"anything-but": {"prefix": "x"}}]}'),
        ('{"a": [{"prefx": "x"}]}', '{"a": [{"prefix": "x"}]}'),
        ('{"a": [{"perfix": "x"}]}', '{"a": [{"prefix": "x"}]}'),
        ('{"a": [{"Suffix" : "x"}]}', '{"a": [{"suffix" : "x"}]}'),
        ('{"a": [{"equalsIgnoreCase": "x"}]}', '{"a": [{"equals-ignore-case": "x"}]}'),
        ('{"a": [{"numeric": [">", "1", "<", "2"]}]}', '{"a": [{"numeric": [">", 1, "<", 2]}]}'),
        ('{"a": [{"exists": "False"}]}', '{"a": [{"exists": false}]}'),
    ],
)
def test_an_error_with_a_certain_fix_is_fixed(wrong: str, right: str) -> None:
    assert f'{{"r": {right}}}' == fixed(f'{{"r": {wrong}}}')


@pytest.mark.parametrize(
    "wrong",
    [
        '{"a": {"cidr": "x"}}',  # would not compile
        '{"a": {"prefix": "x", "suffix": "y"}}',
        '{"a": [{"prefx": 5}]}',
        '{"a": [{"fix": "x"}]}',
        '{"a": [{"startsWith": "x"}]}',  # another language's word: what it means is proposed, not written
        '{"a": [{"prefx": "x", "suffix": "y"}]}',
        '{"a": [{"numeric": [">", "5", "<", "1"]}]}',  # would not compile
        '{"a": [{"numeric": [">", "five"]}]}',
        '{"a": [{"numeric": [">", "05"]}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"$not": [{"a": [1]}, {"b": [2]}]}',
        '{"$or": "x"}',
    ],
)
def test_an_error_without_a_certain_fix_has_none(wrong: str) -> None:
    findings = findings_of(f'{{"r": {wrong}}}')
    assert findings
    assert [None] * len(findings) == [finding.fix for finding in findings]


@given(
    strategies.rules | st.sampled_from(['{"a": "x"}', '{"a": {"prefix": "x"}}']),
    st.integers(0, 10),
    st.sampled_from('"[]{}:x1'),
)
def test_damaged_rules_are_fixed_or_left_alone(rule: str, place: int, character: str) -> None:
    """Whatever the text, a fix never raises, and makes no rule that is not JSON of one that is."""
    text = f'{{"r": {rule[:place]}{character}{rule[place:]}}}'
    result = fix_text(text, findings_of, also_unsafe=True)
    assert [] == [each for each in findings_of(result.text) if each.fix is not None] or not result.is_done
    if re.match(r"\s*\{", text) and not any(
        each.line is not None and each.location is None for each in findings_of(text)
    ):
        json.loads(result.text)
