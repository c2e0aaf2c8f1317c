"""What is proposed for a rule that does not match an event makes it match, and is as little as can be."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import extension_strategies
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from ruler import Matcher
from ruler.explain import judge
from ruler.explain.clause_changes import MOST_SHOWN
from ruler.explain.proposals import MOST_VERIFICATIONS, Proposal, propose
from ruler.machine.decode import decode
from ruler.patterns.compiler import Limits
from ruler.patterns.located import locate_node, locate_rule
from ruler.patterns.reader import read_document


def proposals(rule: Any, event: Any) -> dict[str, Proposal]:
    """What is proposed, by what it changes."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in (rule, event)]
    found = propose(locate_rule(texts[0]), decode(texts[1]))
    by_kind = {proposal.changes: proposal for proposal in found}
    assert len(by_kind) == len(found)
    return by_kind


def matches(rule: str, event: str, engine: str = "python") -> bool:
    """Whether the rule matches the event."""
    return Matcher({"r": rule}, engine=engine).matches_any(event)


# -- whatever the rule and the event


def check(rule: str, event: str, engine: str) -> dict[str, Proposal]:
    """AssertionError unless every proposal does what it promises."""
    decoded = decode(event)
    found = propose(locate_rule(rule), decoded)
    assert json.dumps(decode(event)) == json.dumps(decoded), "the event was changed"
    if matches(rule, event, engine):
        assert not found
    for proposal in found:
        if proposal.changes == "event":
            assert matches(rule, proposal.result, engine)
            assert decode(proposal.result) == json.loads(proposal.result)
        else:
            assert matches(proposal.result, event, engine)
        assert proposal.edit_count >= 1
        assert proposal.text
    return {proposal.changes: proposal for proposal in found}


@settings(max_examples=200)
@given(strategies.rule_sets_and_events | strategies.single_values)
def test_a_proposal_makes_the_rule_match(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """Its result, read as the event or as the rule, matches on both engines; the event given stays as it is."""
    rules, event = rules_and_event
    for rule in rules:
        check(rule, event, engine)


@given(extension_strategies.rule_sets_and_events(*extension_strategies.SUBJECTS))
def test_a_proposal_makes_a_rule_with_extensions_match(engine: str, drawn: tuple[list[str], list[str]]) -> None:
    """Whatever is nested in whatever."""
    rules, events = drawn
    for rule in rules:
        check(rule, events[0], engine)


@pytest.mark.parametrize(
    ("subjects", "kind"),
    [
        (extension_strategies.SUBJECTS, "rule"),
        # No event satisfies many of the drawn all-ofs, and many clauses that $and joins.
        (("none-of", "regexp", "ignore-case-and-negation"), "event"),
    ],
)
def test_most_misses_with_extensions_get_a_proposal(subjects: tuple[str, ...], kind: str) -> None:
    """At least 19 in 20 of a fixed sample."""
    found = []

    @settings(max_examples=60, derandomize=True, database=None)
    @given(extension_strategies.rule_sets_and_events(*subjects))
    def count(drawn: tuple[list[str], list[str]]) -> None:
        rules, events = drawn
        missed = [rule for rule in rules if not matches(rule, events[0])]
        found.extend(kind in proposals(rule, events[0]) for rule in missed)

    count()
    assert len(found) > 50
    assert sum(found) >= 0.95 * len(found)


def test_most_misses_get_both_proposals() -> None:
    """At least 99 in 100 of a fixed sample, so that the property above is about something."""
    counts = {"misses": 0, "event": 0, "rule": 0}

    @settings(max_examples=200, derandomize=True, database=None)
    @given(strategies.rule_sets_and_events)
    def count(rules_and_event: tuple[list[str], str]) -> None:
        rules, event = rules_and_event
        for rule in rules:
            if not matches(rule, event):
                counts["misses"] += 1
                for kind in proposals(rule, event):
                    counts[kind] += 1

    count()
    assert counts["misses"] > 200
    assert counts["event"] >= 0.99 * counts["misses"]
    assert counts["rule"] >= 0.99 * counts["misses"]


# -- smallest, by brute force


SCALARS = [1, 2, 0.5, 301, "a", "b", "ab", "", "K", "10.0.0.1", "::1", True, False, None]


@given(strategies.leaves.map(strategies.text_of), st.sampled_from(SCALARS))
def test_one_value_takes_one_edit(clause: str, value: Any) -> None:
    """Where any value of a small domain, or none, would match a rule with one path, there is a proposal of one edit."""
    rule = f'{{"a": {clause}}}'
    event = json.dumps({"a": value})
    matcher = Matcher({"r": rule})
    if matcher.matches_any(event):
        return
    found = proposals(rule, event)
    if any(matcher.matches_any({"a": each}) for each in SCALARS) or matcher.matches_any({}):
        assert found["event"].edit_count == 1
    assert found["rule"].edit_count == 1


SMALL = [1, 2, "a"]
small_clauses = st.lists(st.sampled_from([*SMALL, {"exists": False}, {"anything-but": 1}]), min_size=1, max_size=2)
small_objects = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from(SMALL), max_size=3)


@given(
    st.dictionaries(st.sampled_from(["x", "y", "z"]), small_clauses, min_size=1, max_size=3),
    st.lists(small_objects, min_size=1, max_size=3),
)
def test_no_proposal_has_two_edits_where_one_is_enough(clauses: dict[str, Any], elements: list[Any]) -> None:
    """Also among the elements of an array: that one is changed in which most clauses hold already."""
    rule, event = {"a": clauses}, {"a": elements}
    matcher = Matcher({"r": rule})
    if not matcher.matches_any(event) and any(map(matcher.matches_any, with_one_edit(elements))):
        assert proposals(rule, event)["event"].edit_count == 1


def with_one_edit(elements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every event that differs in one member of one element."""
    for index, name in itertools.product(range(len(elements)), "xyz"):
        others = {each: value for each, value in elements[index].items() if each != name}
        for element in (others, *({**others, name: value} for value in SMALL)):
            yield {"a": [*elements[:index], element, *elements[index + 1 :]]}


# -- each kind of change, in words


EVENT_TEXTS = [
    # numbers
    (
        {"detail": {"total": [{"numeric": [">", 1000]}]}},
        {"detail": {"total": 990}},
        "set /detail/total to 1001 (now 990)",
    ),
    ({"n": [{"numeric": [">=", 1000]}]}, {"n": 990}, "set /n to 1000 (now 990)"),
    ({"n": [{"numeric": ["<", 5]}]}, {"n": 8}, "set /n to 4 (now 8)"),
    ({"n": [{"numeric": [">", 0, "<=", 5]}]}, {"n": 8}, "set /n to 5 (now 8)"),
    ({"n": [{"numeric": [">", 0, "<=", 5]}]}, {"n": -8}, "set /n to 1 (now -8)"),
    ({"n": [{"numeric": [">", 0.5, "<", 0.6]}]}, {"n": 0.5}, "set /n to 0.51 (now 0.5)"),
    ({"n": [{"numeric": [">", 0, "<", 5e-324]}, 7]}, {"n": 0}, "set /n to 7 (now 0)"),
    ({"n": [{"numeric": [">", 1.7e308]}]}, {"n": 0}, "set /n to 1.7000000000000001e+308 (now 0)"),
    ({"n": [{"numeric": [">", 18446744073709551614]}]}, {"n": 1}, "set /n to 18446744073709551615 (now 1)"),
    ({"n": [{"numeric": [">", 1000]}]}, {"n": "1200"}, 'set /n to 1200 (now "1200")'),
    ({"n": [1200]}, {"n": "1200"}, 'set /n to 1200 (now "1200")'),
    ({"n": ["1200"]}, {"n": 1200}, 'set /n to "1200" (now 1200)'),
    # strings
    ({"s": ["running", "stopped"]}, {"s": "runing"}, 'set /s to "running" (now "runing")'),
    ({"s": ["stopped", "running"]}, {"s": "RUNNING"}, 'set /s to "running" (now "RUNNING")'),
    ({"s": ["running"]}, {"s": "running "}, 'set /s to "running" (now "running ")'),
    ({"s": [{"prefix": "aws."}]}, {"s": "AWS.s3"}, 'set /s to "aws.s3" (now "AWS.s3")'),
    ({"s": [{"prefix": "aws."}]}, {"s": "s3"}, 'set /s to "aws.s3" (now "s3")'),
    ({"s": [{"prefix": "aws."}]}, {"s": "aws"}, 'set /s to "aws." (now "aws")'),
    ({"s": [{"prefix": {"equals-ignore-case": "Aws."}}]}, {"s": "s3"}, 'set /s to "Aws.s3" (now "s3")'),
    ({"s": [{"suffix": ".png"}]}, {"s": "a.PNG"}, 'set /s to "a.png" (now "a.PNG")'),
    ({"s": [{"suffix": ".png"}]}, {"s": "a"}, 'set /s to "a.png" (now "a")'),
    ({"s": [{"equals-ignore-case": "Yes"}]}, {"s": "no"}, 'set /s to "Yes" (now "no")'),
    ({"s": [{"wildcard": "arn:*:s3:*"}]}, {"s": "arn:aws:S3:x"}, 'set /s to "arn:aws:s3:x" (now "arn:aws:S3:x")'),
    ({"s": [{"wildcard": "a*c*e"}]}, {"s": "xcx"}, 'set /s to "axcxe" (now "xcx")'),
    ({"s": [{"wildcard": "a*c*e"}]}, {"s": ""}, 'set /s to "ace" (now "")'),
    ({"s": [{"cidr": "10.0.0.0/8"}]}, {"s": "11.2.3.4"}, 'set /s to "10.0.0.1" (now "11.2.3.4")'),
    ({"s": [{"cidr": "10.0.0.7/32"}]}, {"s": "11.2.3.4"}, 'set /s to "10.0.0.7" (now "11.2.3.4")'),
    ({"s": [{"cidr": "2001:db8::/32"}]}, {"s": 1}, 'set /s to "2001:db8::1" (now 1)'),
    ({"s": [{"anything-but": "a"}]}, {"s": "a"}, 'set /s to "ax" (now "a")'),
    ({"s": [{"anything-but": {"prefix": "a"}}]}, {"s": "ab"}, 'set /s to "xab" (now "ab")'),
    ({"s": [{"anything-but": [5, 6]}]}, {"s": 5}, "set /s to 7 (now 5)"),
    ({"s": [{"anything-but": {"wildcard": "*"}}]}, {"s": "a"}, 'set /s to 0 (now "a")'),
    ({"s": [True]}, {"s": "true"}, 'set /s to true (now "true")'),
    # what is absent, and what must be
    ({"detail": {"state": ["running"]}}, {"detail": {"id": 1}}, 'add "state": "running" to /detail'),
    ({"detail": {"a": {"b": [1], "c": [2]}}}, {"detail": {}}, 'add "a": {"b": 1, "c": 2} to /detail'),
    ({"s": [{"exists": True}]}, {}, 'add "s": "..." to the event'),
    ({"s": [{"anything-but": "..."}]}, {}, 'add "s": "x" to the event'),
    (
        {"detail": {"error": [{"exists": False}]}},
        {"detail": {"error": "timeout"}},
        'remove /detail/error (now "timeout")',
    ),
    ({"s": [{"exists": False}], "t": [1]}, {"s": ["a", "b"], "t": 1}, 'remove /s (now ["a", "b"])'),
    ({"s": [{"exists": False}]}, {"s": [{"b": 1}, 5, 6]}, "remove /s/2 (now 6); remove /s/1 (now 5)"),
    # objects and arrays
    ({"a": [1]}, {"a": {"b": 1}}, 'set /a to 1 (now {"b": 1})'),
    ({"a": [1]}, {"a": {}}, "set /a to 1 (now {})"),
    ({"a": [1], "a.b": [2]}, {"a": {"b": 3}}, "set /a/b to 2 (now 3); put /a into an array with 1 after it"),
    ({"a": [1], "a.b": [2]}, {}, 'add "a": 1 to the event; add "a.b": 2 to the event'),
    ({"a": {"b": [1]}}, {"a": 5}, 'set /a to {"b": 1} (now 5)'),
    ({"a": {"b": [1]}}, {"a": [5]}, 'add {"b": 1} to /a'),
    ({"a": [{"exists": False}], "a.b": [1]}, {"a": 5}, 'set /a to {"b": 1} (now 5)'),
    (
        {"a": [2], "a.b": [1], "a.c": [1]},
        {"a": 5},
        'set /a to 2 (now 5); add "a.b": 1 to the event; add "a.c": 1 to the event',
    ),
    ({"a": {"b": {"c": [1]}}}, {"a.b": {}}, 'add "c": 1 to /a.b'),
    ({"tags": ["x"]}, {"tags": []}, 'add "x" to /tags'),
    ({"tags": ["x"]}, {"tags": ["alpha", "beta"]}, 'add "x" to /tags'),
    ({"tags": ["alpha"]}, {"tags": ["beta", "Alpha"]}, 'set /tags/1 to "alpha" (now "Alpha")'),
    ({"a": {"x": [1], "y": [2]}}, {"a": [{"x": 1}, {"y": 2}]}, 'add "y": 2 to /a/0'),
    ({"a": {"x": [1], "y": [2]}}, {"a": [{"x": 0, "y": 3}, {"x": 3, "y": 2}]}, "set /a/1/x to 1 (now 3)"),
    ({"a": {"x": [1], "y": [2], "z": [3]}}, {"a": [{"x": 7}, {"y": 2, "z": 3}]}, 'add "x": 1 to /a/1'),
    ({"a/b": {"~": [1]}}, {"a/b": {"~": 2}}, "set /a~1b/~0 to 1 (now 2)"),
    # extensions
    (
        {"s": [{"all-of": [{"wildcard": "*net*"}, {"prefix": "a "}]}]},
        {"s": "net user"},
        'set /s to "a net user" (now "net user")',
    ),
    ({"s": [{"all-of": [{"prefix": "a"}, ["ab", {"suffix": "c"}]]}]}, {"s": "aB"}, 'set /s to "ab" (now "aB")'),
    ({"n": [{"all-of": [{"numeric": [">=", 5]}, {"anything-but": [5, 6]}]}]}, {"n": 1}, "set /n to 7 (now 1)"),
    ({"s": [{"none-of": ["x", {"prefix": "te"}]}]}, {"s": ["live", "test"]}, 'remove /s/1 (now "test")'),
    ({"s": [{"none-of": ["x", {"prefix": "te"}]}]}, {"s": ["x", "test"]}, 'remove /s (now ["x", "test"])'),
    ({"s": [{"none-of": ["x"]}]}, {"s": "x"}, 'remove /s (now "x")'),
    (
        {"a": {"x": [1], "y": [{"none-of": [2]}]}},
        {"a": [{"x": 1, "y": 2}, {"x": "1", "y": 3}]},
        'set /a/1/x to 1 (now "1")',
    ),
    ({"$and": [{"s": ["a"]}, {"s": ["b"]}]}, {"s": ["a", "c"]}, 'add "b" to /s'),
    ({"$and": [{"s": ["a"]}, {"s": ["b"]}]}, {"s": "a"}, 'put /s into an array with "b" after it'),
    ({"$and": [{"s": ["a"]}, {"s": ["b"]}, {"s": ["c"]}]}, {"s": "a"}, 'put /s into an array with "b", "c" after it'),
    ({"$and": [{"s": ["a"]}, {"s": ["b"]}]}, {}, 'add "s": ["a", "b"] to the event'),
    ({"s": [{"regexp": "[a-z]+-[0-9]{4}"}]}, {"s": "Shop_12"}, 'set /s to "shop-1200" (now "Shop_12")'),
    ({"s": [{"regexp": "[a-z]+-[0-9]{4}"}]}, {}, 'add "s": "x-0000" to the event'),
    ({"s": [{"regexp": "^ab$"}]}, {"s": "ab"}, 'set /s to "^ab$" (now "ab")'),
    ({"s": [{"wildcard": {"equals-ignore-case": "*Foo*bar"}}]}, {"s": "xfOOy"}, 'set /s to "xfOOybar" (now "xfOOy")'),
    # $or: the nearest branch
    ({"$or": [{"a": [1], "b": [2]}, {"c": ["Yes"]}]}, {"c": "yes"}, 'set /c to "Yes" (now "yes")'),
]


@pytest.mark.parametrize(("rule", "event", "expected"), EVENT_TEXTS)
def test_a_change_of_the_event_in_words(rule: Any, event: Any, expected: str) -> None:
    """What to set, add or remove, where in the event, and what is there now."""
    proposal = proposals(rule, event)["event"]
    assert expected == proposal.text
    assert expected.count("; ") + 1 == proposal.edit_count


RULE_TEXTS = [
    ('{"n": [{"numeric": [">", 1000]}]}', {"n": 990}, '{"numeric": [">=", 990]}', '{"numeric": [">", 1000]}', "$.n[0]"),
    ('{"n":[{"numeric":[ ">=",5, "<",  9 ]}]}', {"n": 9}, '{"numeric":[ ">=",5, "<=",  9 ]}', None, "$.n[0]"),
    ('{"n":[{"numeric":[">=",5,"<",9]}]}', {"n": 4.5}, '{"numeric":[">=",4.5,"<",9]}', None, "$.n[0]"),
    ('{"n":[{"numeric":["=",5]}]}', {"n": 4}, '[{"numeric":["=",5]}, 4]', '[{"numeric":["=",5]}]', "$.n"),
    ('{"n":[{"numeric":[">",5]}]}', {"n": "7"}, '[{"numeric":[">",5]}, "7"]', '[{"numeric":[">",5]}]', "$.n"),
    ('{"s": ["Yes", "no"]}', {"s": "yes"}, '{"equals-ignore-case": "Yes"}', '"Yes"', "$.s[0]"),
    ('{"s": ["running"]}', {"s": "stopped"}, '["running", "stopped"]', '["running"]', "$.s"),
    ('{"s": ["running"]}', {"s": "running "}, '["running", "running "]', '["running"]', "$.s"),
    ('{"s": ["1200"]}', {"s": 1200}, '["1200", 1200]', '["1200"]', "$.s"),
    ('{"s": [{"prefix": "aws."}]}', {"s": "AWS.x"}, '{"prefix": {"equals-ignore-case": "aws."}}', None, "$.s[0]"),
    ('{"s": [{"suffix": ".png"}]}', {"s": "a.PNG"}, '{"suffix": {"equals-ignore-case": ".png"}}', None, "$.s[0]"),
    ('{"s": [{"prefix": "aws."}]}', {"s": "s3"}, '[{"prefix": "aws."}, "s3"]', '[{"prefix": "aws."}]', "$.s"),
    ('{"s": [{"anything-but": ["a", "b", "c"]}]}', {"s": "b"}, '{"anything-but": ["a", "c"]}', None, "$.s[0]"),
    ('{"s": [{"anything-but": ["a", "b", "c"]}]}', {"s": "a"}, '{"anything-but": ["b", "c"]}', None, "$.s[0]"),
    (
        '{"s": [{"anything-but": {"prefix": ["a", "ab", "x", "abc", "y"]}}]}',
        {"s": "abc"},
        '{"anything-but": {"prefix": ["x", "y"]}}',
        None,
        "$.s[0]",
    ),
    ('{"s": [{"anything-but": "a"}]}', {"s": "a"}, '{"exists": true}', '{"anything-but": "a"}', "$.s[0]"),
    ('{"s": ["on"]}', {}, '["on", {"exists": false}]', '["on"]', "$.s"),
    ('{"s": ["on"]}', {"s": {"state": "off"}}, '["on", {"exists": false}]', '["on"]', "$.s"),
    ('{"s": ["on"]}', {"s": {"x": 1, "state": "on"}}, '"s": {"state": ["on"]}', '"s": ["on"]', "$.s"),
    ('{"s": ["on"]}', {"d": {"s": "on"}}, '"d": {"s": ["on"]}', '"s": ["on"]', "$.s"),
    ('{"s": ["on"], "d": {"x": [1]}}', {"d": {"s": "on", "x": 1}}, '"d.s": ["on"]', '"s": ["on"]', "$.s"),
    ('{"d": {"State": ["on"]}}', {"d": {"state": "on"}}, '"state"', '"State"', "$.d.State"),
    ('{"Det": {"s": ["on"], "t": [1]}}', {"det": {"s": "on", "t": 1}}, '"det"', '"Det"', "$.Det"),
    ('{"$or": [{"s": ["on"]}, {"t": [1]}]}', {"d": {"s": "on"}}, '"d": {"s": ["on"]}', '"s": ["on"]', '$["$or"][0].s'),
    ('{"s": [{"exists": false}]}', {"s": 1}, '[{"exists": false}, {"exists": true}]', '[{"exists": false}]', "$.s"),
    ('{"s": [1], "s": [2]}', {"s": 1}, "[2, 1]", "[2]", "$.s"),
    ('{"$or": [{"a": [1], "b": [2]}, {"c": ["Y"]}]}', {"c": "n"}, '["Y", "n"]', '["Y"]', '$["$or"][1].c'),
    (
        '{"s": [{"all-of": ["A", {"prefix": ""}]}]}',
        {"s": "a"},
        '{"all-of": [{"equals-ignore-case": "A"}, {"prefix": ""}]}',
        None,
        "$.s[0]",
    ),
    (
        '{"n": [{"all-of": [{"numeric": [">", 5]}, {"anything-but": 7}]}]}',
        {"n": 1},
        '{"all-of": [{"numeric": [">=", 1]}, {"anything-but": 7}]}',
        None,
        "$.n[0]",
    ),
    (
        '{"s": [{"all-of": ["a", {"prefix": "a"}]}]}',
        {"s": "ab"},
        '{"all-of": [["a", "ab"], {"prefix": "a"}]}',
        None,
        "$.s[0]",
    ),
    (
        '{"s": [{"all-of": [{"prefix": "a"}, ["ab", "ac"]]}]}',
        {"s": "ad"},
        '{"all-of": [{"prefix": "a"}, ["ab", "ac", "ad"]]}',
        None,
        "$.s[0]",
    ),
    ('{"s": [{"none-of": ["x", "y", "z"]}]}', {"s": "y"}, '{"none-of": ["x", "z"]}', None, "$.s[0]"),
    ('{"s": [{"none-of": ["x"]}]}', {"s": "x"}, '[{"none-of": ["x"]}, "x"]', '[{"none-of": ["x"]}]', "$.s"),
    ('{"s": [{"regexp": "^[a-z]+$"}]}', {"s": "ab"}, '{"regexp": "[a-z]+"}', None, "$.s[0]"),
    ('{"$and": [{"s": ["a"]}, {"s": ["b"]}]}', {"s": ["a", "c"]}, '["b", "a"]', '["b"]', '$["$and"][1].s'),
]


@pytest.mark.parametrize(("rule", "event", "new", "old", "path"), RULE_TEXTS)
def test_a_change_of_the_rule_in_words(rule: str, event: Any, new: str, old: str | None, path: str) -> None:
    """What to write, in place of what, and where; the rest of the rule stays as it is, character by character."""
    if old is None:  # the one pattern of the rule
        old = rule[rule.index("[") + 1 : -2]
    proposal = proposals(rule, event)["rule"]
    assert f"write {new} in place of {old} at {path}" == proposal.text
    before, _, after = rule.rpartition(old)
    assert before + new + after == proposal.result
    assert proposal.edit_count == 1


_LONG = '{"wildcard": "*one*"}, {"wildcard": "*two*"}, {"wildcard": "*three*"}, {"wildcard": "*four*"}'
_ALL = "one two three four"


@pytest.mark.parametrize(
    ("clause", "value", "words"),
    [
        (
            f'[{{"all-of": [{_LONG}, {{"anything-but": {{"suffix": ".log"}}}}]}}]',
            f"{_ALL}.log",
            'leave {"anything-but": {"suffix": ".log"}} out of the list at $.s[0]["all-of"]',
        ),
        (
            f'[{{"all-of": [{{"anything-but": {{"suffix": ".log"}}}}, {_LONG}]}}]',
            f"{_ALL}.log",
            'leave {"anything-but": {"suffix": ".log"}} out of the list at $.s[0]["all-of"]',
        ),
        (f'[{{"all-of": [{_LONG}]}}]', "x", 'add "x" to the list at $.s'),
        (
            f'[{{"all-of": [{_LONG}]}}]',
            "one two three",
            'write [{"wildcard": "*four*"}, "one two three"] in place of {"wildcard": "*four*"} at $.s[0]["all-of"][3]',
        ),
        (
            f'[{{"all-of": [{_LONG}, ["{_ALL} five", "b"]]}}]',
            _ALL,
            'add "one two three four" to the list at $.s[0]["all-of"][4]',
        ),
        (
            f'[{{"none-of": [{_LONG}, "a"]}}]',
            "one two",
            'leave {"wildcard": "*one*"}, {"wildcard": "*two*"} out of the list at $.s[0]["none-of"]',
        ),
        (
            '[{"all-of": [{"numeric": [">", 5]}, {"anything-but": [1000000, 2000000, 3000000, 4000000]}]}]',
            3,
            'write [">=", 3] in place of [">", 5] at $.s[0]["all-of"][0].numeric',
        ),
    ],
)
def test_of_a_long_clause_only_what_changes_is_shown(clause: str, value: Any, words: str) -> None:
    """What would be cut in its middle, where the change may be, is not shown; and the changed rule matches."""
    proposal = proposals(f'{{"s": {clause}}}', {"s": value})["rule"]
    assert words == proposal.text
    assert matches(proposal.result, json.dumps({"s": value}))


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ('{"prefix": "a"}, {"anything-but": "ab"}', '{"prefix": "a"}'),
        ('{"anything-but": "ab"}, {"prefix": "a"}', '{"prefix": "a"}'),
        ('{"prefix": "a"}, {"anything-but": ["ab", "ac"]}', '{"prefix": "a"}, {"anything-but": ["ac"]}'),
        ('{"anything-but": "ab"}', '{"exists": true}'),
    ],
)
def test_a_part_of_all_of_that_only_excludes_the_value_is_left_out(parts: str, left: str) -> None:
    """A part that accepts everything would say nothing; the last one has nothing to be left out of."""
    proposal = proposals(f'{{"s": [{{"all-of": [{parts}]}}]}}', {"s": "ab"})["rule"]
    assert f'{{"s": [{{"all-of": [{left}]}}]}}' == proposal.result


def test_a_rule_among_others_is_cut_out_of_its_text() -> None:
    """Offsets count in the whole document, and only the rule is returned."""
    document = read_document('{"one": {"a": [1]}, "two": {"b": [2]} }')
    rule = locate_node(document, document.root.value[1][2])
    found = {proposal.changes: proposal for proposal in propose(rule, {"b": 3})}
    assert found["rule"].result == '{"b": [2, 3]}'
    assert found["rule"].text == "write [2, 3] in place of [2] at $.b"


def test_raised_limits_hold_for_the_changed_rule() -> None:
    """A matcher may allow more paths; what it took is not too large once it is changed."""
    rule = locate_rule({f"p{index}": [1] for index in range(300)}, limits=Limits(max_paths=300))
    assert {proposal.changes for proposal in propose(rule, {})} == {"event", "rule"}


@pytest.mark.parametrize("other", [{"x": 2}, {"y": 3}, {}, {"y": 2}])
def test_an_element_far_back_in_a_long_array_is_found(other: dict[str, int]) -> None:
    """Where one of ten thousand elements has what one clause wants, that is the one to change."""
    elements: list[dict[str, int]] = [other] * 10_000
    elements[7000] = {"x": 1}
    found = proposals({"a": {"x": [1], "y": [4]}}, {"a": elements})
    assert found["event"].text == 'add "y": 4 to /a/7000'


def test_several_edits_are_joined() -> None:
    """In the order of the paths; the texts between them stay."""
    rule = '{"b": [ 1 ],\n "a": {"x": ["Y" ,2]}, "c": [3]}'
    found = proposals(rule, {"a": {"x": "y"}, "b": 2, "c": 3})
    assert found["event"].text == 'set /a/x to "Y" (now "y"); set /b to 1 (now 2)'
    assert found["event"].result == '{"a": {"x": "Y"}, "b": 1, "c": 3}'
    assert found["rule"].text == (
        'write {"equals-ignore-case": "Y"} in place of "Y" at $.a.x[0]; write [ 1, 2 ] in place of [ 1 ] at $.b'
    )
    assert found["rule"].result == '{"b": [ 1, 2 ],\n "a": {"x": [{"equals-ignore-case": "Y"} ,2]}, "c": [3]}'
    assert [found[kind].edit_count for kind in ("event", "rule")] == [2, 2]


def test_the_json_form_has_every_field() -> None:
    """As plain values, for ``--format json``."""
    assert proposals({"a": [1]}, {"a": 2})["event"].as_dict() == {
        "changes": "event",
        "text": "set /a to 1 (now 2)",
        "result": '{"a": 1}',
        "edit_count": 1,
    }


def test_what_no_event_can_hold_is_not_proposed() -> None:
    """No number above the largest one, so the event cannot be changed; the rule can."""
    found = proposals({"a": [{"numeric": [">", 1.7976931348623157e308]}]}, {"a": 1})
    assert list(found) == ["rule"]


def test_a_rule_that_matches_gets_no_proposal() -> None:
    """There is nothing to change."""
    assert proposals({"a": [1]}, {"a": 1}) == {}


def test_what_the_engine_refuses_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is proposed on the word of the search alone."""
    monkeypatch.setattr(judge, "matches", lambda *_: False)
    assert proposals({"a": [1]}, {"a": 2}) == {}


# -- hostile

DEPTH = 1000
HOSTILE = {
    "a deep rule and event": ('{"a":' * DEPTH + "[1]" + "}" * DEPTH, '{"a":' * DEPTH + "2" + "}" * DEPTH),
    "a deep rule and nothing": ('{"a":' * DEPTH + "[1]" + "}" * DEPTH, "{}"),
    "deep arrays": ('{"a":[1],"b":[1]}', '{"a":' + "[" * DEPTH + "2" + "]" * DEPTH + "}"),
    "deep arrays to take away": ('{"a":[{"exists":false}]}', '{"a":' + "[" * DEPTH + "2" + "]" * DEPTH + "}"),
    "many dots": (json.dumps({"." * 1500: [1]}), '{"":' * DEPTH + "1" + "}" * DEPTH),
    "elements all alike": (
        '{"x":{"a":[1],"b":[2],"c":[3]}}',
        json.dumps({"x": [{"a": 1, "b": 0, "c": 3}] * 3000}),
    ),
    "no two clauses in one element": (
        json.dumps({"x": {f"p{index}": [1] for index in range(100)}}),
        json.dumps({"x": [{f"p{index}": 1} for index in range(100)]}),
    ),
    "long strings": (
        json.dumps({"t": [{"wildcard": "*a*b*c*"}, "x" * 100_000, {"prefix": "y" * 100_000}]}),
        json.dumps({"t": "z" * 300_000}),
    ),
    "many alternatives and values": (
        json.dumps({"t": [f"v{index}" for index in range(5000)]}),
        json.dumps({"t": [f"w{index}" for index in range(1000)]}),
    ),
    "many sub-rules": (
        json.dumps({"$or": [{f"a{index}": [1], "b": [index]} for index in range(1024)]}),
        '{"a":1,"b":5000}',
    ),
    "a product of sub-rules": (
        json.dumps({f"x{index}": {"$or": [{"a": [1], "c": ["x"]}, {"b": [2]}]} for index in range(10)}),
        '{"x1":{"a":2}}',
    ),
    "many clauses": (
        json.dumps({f"p{index}": [1] for index in range(256)}),
        json.dumps({f"p{index}": 2 for index in range(256)}),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_answered_with_few_questions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is asked a bounded number of times, whatever the input, and its answer is still found."""
    asked = []
    ask = judge.matches
    monkeypatch.setattr(judge, "matches", lambda *each: asked.append(None) or ask(*each))  # type: ignore[func-returns-value]
    found = proposals(*HOSTILE[name])
    assert {"event", "rule"} == set(found)
    assert len(asked) <= 1 + 2 * MOST_VERIFICATIONS
    assert matches(HOSTILE[name][0], found["event"].result)
    assert matches(found["rule"].result, HOSTILE[name][1])


def test_what_is_never_right_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when every guess is refused, the engine is asked no more often."""
    asked = []
    monkeypatch.setattr(judge, "matches", lambda *_: asked.append(None))
    rule = {"x": {"$or": [{"a": [1, 2], "b": [{"exists": False}]}, {"b": [2], "c": ["x"]}]}}
    assert proposals(rule, {"x": [{"a": 0, "b": index} for index in range(100)]}) == {}
    assert 2 < len(asked) <= 1 + 2 * MOST_VERIFICATIONS


def test_a_path_of_too_many_names_is_left_alone() -> None:
    """Its prefixes alone would be gigabytes."""
    assert proposals({"." * 100_000: [1]}, {}) == {}


def test_many_edits_are_told_in_part() -> None:
    """The first of them and how many more; the result has them all."""
    found = proposals(*HOSTILE["many clauses"])
    for proposal in found.values():
        assert proposal.edit_count == 256
        *told, more = proposal.text.split("; ")
        assert MOST_SHOWN == len(told)
        assert more == f"and {256 - MOST_SHOWN} more"
