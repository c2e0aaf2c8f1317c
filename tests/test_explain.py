"""Explanations say what the engine says, with a reason for each clause that fails; matches name values that matched."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import extension_strategies
import oracle
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from ruler import EventError, Matcher, UnknownRuleError
from ruler.explain import RuleExplanation
from ruler.explain.reasons import REASON_CODES
from ruler.patterns.compiler import Limits
from ruler.patterns.located import LONGEST_KEPT, locate_text


@st.composite
def with_extensions(draw: st.DrawFn) -> tuple[list[str], str]:
    """Rules with the extensions, and an event that they have something to do with."""
    rules, events = draw(extension_strategies.rule_sets_and_events(*extension_strategies.SUBJECTS))
    return rules, events[0]


def matcher_of(rules: list[str], engine: str) -> Matcher[int]:
    """The rules under their indexes."""
    return Matcher(dict(enumerate(rules)), engine=engine)


def plain(answer: Any) -> Any:
    """The JSON form of ``answer``, read back."""
    return json.loads(json.dumps(answer.as_dict()))


@given(drawn=strategies.rule_sets_and_events | strategies.single_values | with_extensions())
def test_explain_says_matched_exactly_when_the_engine_does(engine: str, drawn: tuple[list[str], str]) -> None:
    """For all rules and for their sub-rules; and for one that is asked for by name."""
    rules, event = drawn
    matcher = matcher_of(rules, engine)
    expected = matcher.rules_for_event(event)
    everything = matcher.explain(event)
    assert sorted(range(len(rules))) == sorted(rule.name for rule in everything.rules)
    assert expected == [rule.name for rule in everything.rules if rule.matched]
    for rule in everything.rules:
        assert rule.matched == any(each.matched for each in rule.sub_rules)
        for each in rule.sub_rules:
            assert each.matched == (each.apart is None and all(clause.accepted for clause in each.clauses))
    name = len(event) % len(rules)
    assert (name in expected) == matcher.explain(event, name).matched


@given(drawn=strategies.rule_sets_and_events | strategies.single_values | with_extensions())
def test_each_clause_that_fails_has_a_reason_and_both_forms_are_fit_to_show(drawn: tuple[list[str], str]) -> None:
    """Of a known code, in JSON, and in printable text; a clause that holds does so by a pattern or by absence."""
    rules, event = drawn
    explained = matcher_of(rules, "python").explain(event)
    assert explained.as_dict() == plain(explained)
    for rule in explained.rules:
        text = str(rule)
        assert text.splitlines()[0] == f"{rule.name}: {'matches' if rule.matched else 'does not match'}"
        assert all(line.isprintable() for line in text.split("\n"))
        for each in rule.sub_rules:
            assert each.matched or each.reasons
            for clause in each.clauses:
                assert clause.accepted or clause.reasons
                assert {reason.code for reason in clause.reasons} <= set(REASON_CODES)
                if clause.accepted:
                    assert any(found.accepted or found.holds_by_absence for found in clause.alternatives)


@given(
    drawn=st.tuples(st.lists(strategies.array_rules, min_size=1, max_size=4), strategies.array_events)
    | strategies.rule_sets_and_events
    | with_extensions()
)
def test_details_name_values_that_match(engine: str, drawn: tuple[list[str], str]) -> None:
    """Each value is accepted by the patterns named, all are consistent, and absence holds against those before."""
    rules, event = drawn
    matcher = matcher_of(rules, engine)
    details = matcher.match_details(event)
    assert matcher.rules_for_event(event) == list(dict.fromkeys(detail.name for detail in details))
    fields = oracle.fields(event)
    for detail in details:
        assert detail.values
        trail: dict[Any, int] = {}
        before: dict[Any, int] = {}
        path = None
        for value in detail.values:
            if value.path != path:
                path, before = value.path, dict(trail)
            assert value.accepted_by
            patterns = [pattern_of(text) for text, _ in value.accepted_by]
            if value.leaf is None:
                leaves = consistent_leaves(matcher, event, value.path, before)
                assert value.is_absent == (not leaves)
                assert all(oracle.holds_without(pattern, leaves) for pattern in patterns)
                continue
            assert (value.path, value.leaf.value) in [(path, found) for path, found, _ in fields]
            assert all(oracle.accepts(pattern, value.leaf.value) for pattern in patterns)
            indexes = {} if value.leaf.element is None else pointers(value.leaf.element.indexes)
            assert all(trail.get(array, index) == index for array, index in indexes.items())
            trail |= indexes


def pattern_of(text: str) -> Any:
    """A pattern as the oracle has it."""
    return json.loads(text, object_pairs_hook=tuple, parse_int=oracle.number, parse_float=oracle.number)


def pointers(indexes: dict[Any, int]) -> dict[str, int]:
    """A trail with arrays by pointer, since views of one event have places of their own."""
    return {array.pointer: index for array, index in indexes.items()}


def consistent_leaves(matcher: Matcher[int], event: str, path: str, trail: dict[str, int]) -> list[Any]:
    """The values at ``path`` that are consistent with ``trail``."""
    from ruler.explain.event_view import view_event
    from ruler.machine.decode import decode

    found = view_event(decode(event), [path]).leaves.get(path, [])
    pairs = [(leaf.value, pointers(leaf.element.indexes) if leaf.element else {}) for leaf in found]
    return [value for value, each in pairs if all(trail.get(array, index) == index for array, index in each.items())]


# ----- examples


def one_rule(rule: str, event: Any) -> RuleExplanation:
    """The explanation of one rule."""
    return Matcher({"r": rule}).explain(event, "r")


def codes(rule: str, event: Any) -> set[str]:
    """The codes of all reasons."""
    return {reason.code for each in one_rule(rule, event).sub_rules for reason in each.reasons}


@pytest.mark.parametrize(
    ("rule", "event", "code"),
    [
        ('{"a":[{"numeric":[">=",1000]}]}', '{"a":"1200"}', "string-not-number"),
        ('{"a":["5"]}', '{"a":5}', "number-not-string"),
        ('{"a":[true]}', '{"a":"true"}', "string-not-literal"),
        ('{"a":["true"]}', '{"a":true}', "literal-not-string"),
        ('{"a":["EC2"]}', '{"a":"ec2"}', "differs-in-case"),
        ('{"a":[{"prefix":"AWS"}]}', '{"a":"aws.s3"}', "differs-in-case"),
        ('{"a":["x"]}', '{"a":" x"}', "differs-in-space"),
        ('{"a":["e\\u0301t"]}', '{"a":"\\u00e9t"}', "looks-alike"),
        ('{"a":["aws."]}', '{"a":"aws.s3"}', "pattern-begins-value"),
        ('{"a":["aws.s3"]}', '{"a":"aws"}', "value-too-short"),
        ('{"a":[{"numeric":["<",5]}]}', '{"a":5}', "at-open-bound"),
        ('{"a":[{"numeric":["<",5]}]}', '{"a":8}', "above-bound"),
        ('{"a":[{"cidr":"10.0.0.0/8"}]}', '{"a":"::1"}', "other-family"),
        ('{"a":[{"cidr":"10.0.0.0/8"}]}', '{"a":"11.0.0.1"}', "outside-block"),
        ('{"a":[{"anything-but":["x"]}]}', '{"a":"x"}', "excluded"),
        ('{"a":[{"exists":false}]}', '{"a":null}', "exists-false"),
        ('{"a":[{"exists":true}]}', '{"a":{"b":1}}', "object-no-value"),
        ('{"a":[{"exists":true}]}', '{"a":[]}', "empty-array-no-value"),
        ('{"a":{"b":[1]}}', '{"a":"x"}', "path-below-value"),
        ('{"state":[1]}', '{"detail":{"state":1}}', "path-elsewhere"),
        ('{"detail":{"state":[1]}}', '{"state":1}', "path-elsewhere"),
        ('{"a":{"x":[1],"y":[2]}}', '{"a":[{"x":1},{"y":2}]}', "apart"),
        ('{"a":[1]}', '{"a":1,"a":2}', "duplicate-name"),
        ('{"a":[1],"a":[2]}', '{"a":1}', "overwritten-clause"),
    ],
)
def test_reasons_are_told_in_their_own_words(rule: str, event: str, code: str) -> None:
    """Each of these mistakes has its code."""
    assert code in codes(rule, event)


def test_nearest_misses_come_first_and_matches_last() -> None:
    """Fewest failing clauses, then fewest absent paths; values that are apart count as less than a clause."""
    matcher = Matcher(
        {
            "match": {"a": {"x": [1]}},
            "two": {"b": [1], "c": [1]},
            "absent": {"b": [1]},
            "other": {"n": [2]},
            "apart": {"a": {"x": [1], "y": [2]}},
        }
    )
    event = {"a": [{"x": 1}, {"y": 2}], "n": 1}
    expected = ["apart", "other", "absent", "two", "match"]
    assert expected == [rule.name for rule in matcher.explain(event).rules]
    assert expected[:2] == [rule.name for rule in matcher.explain(event, limit=2).rules]
    assert matcher.explain(event, limit=2).rule_count == 5


def test_any_name_can_be_asked_for() -> None:
    """None is a name like any other; an unknown one and an event that is none are refused as elsewhere."""
    matcher: Matcher[Any] = Matcher({None: {"a": [1]}, ("x", 1): {"a": [2]}})
    assert matcher.explain({"a": 1}, None).matched
    assert not matcher.explain({"a": 1}, ("x", 1)).matched
    with pytest.raises(UnknownRuleError):
        matcher.explain({"a": 1}, "y")
    with pytest.raises(EventError):
        matcher.explain("[1]", None)
    with pytest.raises(EventError):
        matcher.match_details("[1]")
    with pytest.raises(ValueError, match="limit is 0"):
        matcher.explain({"a": 1}, limit=0)


def test_an_explanation_is_of_one_moment(engine: str) -> None:
    """While another thread replaces the rule, what the engine said and the texts that are explained belong together."""
    matcher = Matcher({"r": {"a": [1]}}, engine=engine)
    is_over = threading.Event()

    def change() -> None:
        while not is_over.is_set():
            for value in (2, 1):
                matcher.replace_rule("r", {"a": [value]})

    thread = threading.Thread(target=change)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads take turns in the midst of everything
    thread.start()
    try:
        for _ in range(300):
            explained = matcher.explain({"a": 1}, "r")
            assert explained.matched == any(each.matched for each in explained.sub_rules)
            assert all(detail.values[0].accepted_by[0][0] == "1" for detail in matcher.match_details({"a": 1}))
            assert len(matcher.match_details({"a": 1})) <= 1
    finally:
        is_over.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_a_name_with_several_texts_has_the_sub_rules_of_all() -> None:
    """Each says which text it is from."""
    matcher = Matcher({"r": {"a": [1]}})
    matcher.add_rule("r", {"b": [1]})
    explained = matcher.explain({"b": 1}, "r")
    assert [(1, True), (0, False)] == [(each.text_index, each.matched) for each in explained.sub_rules]
    assert [1] == [detail.text_index for detail in matcher.match_details({"b": 1})]


def test_a_rule_that_matches_through_two_branches_has_two_details() -> None:
    """Each with its branch."""
    matcher = Matcher({"r": {"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}})
    details = matcher.match_details({"a": 1, "b": 2, "c": 3})
    assert [['$["$or"][0]'], ['$["$or"][1]']] == [detail.as_dict()["branches"] for detail in details]
    assert ["a", "c"] == [value.path for value in details[0].values]


def test_hard_choices_are_found_by_halving() -> None:
    """The first accepted value is the wrong one: it stands where the other path has none."""
    items = [{"x": 1, "y": 0} for _ in range(300)] + [{"x": 1, "y": 2}] + [{"x": 0, "y": 2} for _ in range(300)]
    matcher = Matcher({"r": {"a": {"x": [1], "y": [2]}, "z": [{"exists": False}]}})
    [detail] = matcher.match_details({"a": items})
    places = [value.leaf.place.pointer for value in detail.values if value.leaf]
    assert ["/a/300/x", "/a/300/y"] == places


def test_details_of_ordinary_events_ask_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first values that go together are a match; a clause that accepts nothing is none. So it is fast."""

    def refuse(*_: Any) -> bool:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr("ruler.explain.judge.matches", refuse)
    matcher = Matcher({"r": {"$or": [{"a": [1]}, {"a": [2]}, {"c": {"x": [1], "y": [{"exists": False}]}}], "b": [3]}})
    details = matcher.match_details({"a": 1, "b": [2, 3], "c": [{"x": 1}, {"y": 1}]})
    assert [['$["$or"][0]'], ['$["$or"][2]']] == [detail.as_dict()["branches"] for detail in details]


def test_a_path_that_must_be_absent_and_is_makes_no_choice_harder(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out, so that the elements of arrays decide and no engine is asked again and again."""

    def refuse(*_: Any) -> bool:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr("ruler.explain.judge.matches", refuse)
    matcher = Matcher({"r": {"a": {"n": [{"exists": False}], "x": [1], "y": [2]}}})
    [sub_rule] = matcher.explain({"a": [{"x": 1, "y": 0}, {"x": 1, "y": 2}]}, "r").sub_rules
    places = {value.path: value.leaf and value.leaf.place.pointer for value in sub_rule.chosen}
    assert {"a.n": None, "a.x": "/a/1/x", "a.y": "/a/1/y"} == places


def test_located_rules_are_kept_for_the_next_question() -> None:
    """Equal texts under equal limits are located once, unless they are long."""
    rule, long_rule = '{"kept": [1]}', '{"kept": ["' + "x" * LONGEST_KEPT + '"]}'
    assert locate_text(rule) is locate_text(rule)
    assert locate_text(rule) is not locate_text(rule, limits=Limits(max_paths=1))
    assert locate_text(long_rule) is not locate_text(long_rule)


# ----- hostile input


def test_hostile_events_and_rules_are_explained_in_bounds() -> None:
    """Deep, wide, long: never an error, and the text stays short."""
    deep = '{"a":' * 1000 + "1" + "}" * 1000
    wide = {f"n{index}": index for index in range(20_000)}
    many = {"a": [{"x": index, "y": -index} for index in range(5_000)]}
    long = {"a": "x" * 1_000_000, "b\x1b[31m": "\n" * 1000}
    rules: dict[str, Any] = {
        "deep": "{" + '"a":{' * 1000 + '"b":[2]' + "}" * 1001,
        "pairs": {"a": {"x": [{"numeric": [">", 10]}], "y": [{"numeric": [">", -10]}]}},
        "strings": {"a": [f"{index}" for index in range(3_000)] + [{"wildcard": "*a*b*c*"}]},
        "or": {"$or": [{f"n{index}": [0]} for index in range(500)]},
    }
    matcher = Matcher(rules)
    for event in (deep, wide, many, long):
        text = str(matcher.explain(event))
        assert len(text) < 40_000
        assert "\x1b" not in text
        json.dumps(matcher.explain(event, "strings").as_dict())
        matcher.match_details(event)
    [pairs] = [rule for rule in matcher.explain(many).rules if rule.name == "pairs"]
    assert "apart" in {reason.code for reason in pairs.sub_rules[0].reasons}


def test_many_rules_are_ranked_and_few_explained() -> None:
    """The one near miss among five thousand comes first."""
    matcher = Matcher({index: {"source": [f"s{index}"], "b": [index], "c": [1]} for index in range(5_000)})
    explained = matcher.explain({"source": "s77", "b": 77, "c": 2}, limit=3)
    assert [77, 5_000 - 5_000, 1] == [rule.name for rule in explained.rules]
    assert 5_000 == explained.rule_count


plain_clauses = st.lists(
    st.tuples(
        st.sampled_from(["a.x", "a.y", "a.b.x", "a.b.y", "b.x", "b.y", "a"]),
        st.sampled_from(["[1]", "[2]", '["a"]', '[1,"a"]']),
    ),
    min_size=2,
    max_size=5,
    unique_by=lambda each: each[0],
)


@given(clauses=plain_clauses, event=strategies.array_events)
def test_clauses_that_are_apart_do_not_match_and_the_chosen_do(clauses: list[tuple[str, str]], event: str) -> None:
    """Told by the tree of elements, which is no engine; without any of those that are apart the others match."""
    from ruler.explain.accepting import EventValues, acceptance_of
    from ruler.explain.choice import Budget, choose, conflict
    from ruler.explain.event_view import view_event
    from ruler.machine.decode import decode
    from ruler.patterns.located import locate_rule

    def rule_of(chosen: list[tuple[str, str]]) -> str:
        return "{" + ",".join(f'"{path}":{patterns}' for path, patterns in chosen) + "}"

    [sub_rule] = locate_rule(rule_of(clauses)).sub_rules
    values = EventValues(view_event(decode(event), [path for path, _ in clauses]))
    acceptances = [acceptance_of(clause, values.at(clause.path)) for clause in sub_rule.clauses]
    matched = oracle.matches(rule_of(clauses), event)
    assert matched == (choose(acceptances, Budget()) is not None)
    apart = {each.clause.path for each in conflict(acceptances, Budget())}
    assert matched == (not apart)
    if apart:
        chosen = [each for each in clauses if each[0] in apart]
        assert not oracle.matches(rule_of(chosen), event)
        for left_out in chosen if len(chosen) > 1 else []:
            assert oracle.matches(rule_of([each for each in chosen if each is not left_out]), event)


def test_paths_of_many_names_and_many_absent_paths_stay_cheap() -> None:
    """No prefix of a very long path is kept; of many absent paths the first are compared with those of the event."""
    dots = "." * 100_000
    explained = Matcher({"r": {dots: [1]}}).explain(json.dumps({"a": 1, dots: 2}), "r")
    assert {"number-differs"} == {reason.code for reason in explained.sub_rules[0].reasons}
    rule = {"$or": [{f"n{branch}-{index}": [1] for index in range(200)} for branch in range(30)]}
    event = json.dumps({f"m{index}": 1 for index in range(20_000)})
    explained = Matcher({"r": rule}).explain(event, "r")
    assert {"absent"} == {reason.code for each in explained.sub_rules for reason in each.reasons}
    assert 20 == len(explained.sub_rules)
    assert 30 == explained.sub_rule_count
