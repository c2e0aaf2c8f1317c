"""Every conformance case, through every form in which a rule and an event may be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cases import Case, RepeatedName, all_cases, decoded, extension_cases, extension_subjects, rule_name

from ruler import EventError, Matcher, RuleError, matches

CASES = all_cases() + [case for subject in extension_subjects() for case in extension_cases(subject)]
EVENT_FORMS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bytes": lambda text: text.encode("utf-8", "surrogatepass"),
    "bytearray": lambda text: bytearray(text.encode("utf-8", "surrogatepass")),
    "memoryview": lambda text: memoryview(text.encode("utf-8", "surrogatepass")),
}


def add_all(matcher: Matcher[str], rules: dict[str, Any]) -> list[str]:
    """Add what can be added; returns the names of the refused, sorted."""
    refused = []
    for name, rule in rules.items():
        try:
            matcher.add_rule(rule_name(name), rule)
        except RuleError:
            refused.append(name)
    return sorted(refused)


def answer(matcher: Matcher[str], event: Any) -> list[str] | None:
    """The names of the matching rules, sorted; None when the event is refused."""
    try:
        return sorted(matcher.rules_for_event(event))
    except EventError:
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_texts_get_the_answer_of_the_case(engine: str, case: Case) -> None:
    """Rules as str or as bytes, the event as str, bytes, bytearray or memoryview: the labelled answer."""
    expected = None if case.event_error else case.matches
    for encode_rule in (str, lambda text: text.encode("utf-8", "surrogatepass")):
        matcher: Matcher[str] = Matcher(engine=engine, dialect=case.dialect)
        assert case.rule_errors == add_all(matcher, {name: encode_rule(rule) for name, rule in case.rules.items()})
        for form, encode_event in EVENT_FORMS.items():
            assert expected == answer(matcher, encode_event(case.event)), form
    assert {rule_name(name) for name in case.rules if name not in case.rule_errors} == set(matcher)
    matcher._check()


@pytest.mark.parametrize("case", [case for case in CASES if not case.event_error], ids=lambda case: case.id)
def test_decoded_forms_get_the_answer_of_the_case(engine: str, case: Case) -> None:
    """The decoded event, and decoded rules where decoding keeps what they say: the labelled answer."""
    rules: dict[str, Any] = {}
    for name, rule in case.rules.items():
        if name in case.rule_errors:
            continue
        try:
            rules[name] = decoded(rule, names_must_differ=True)
        except RepeatedName:
            rules[name] = rule
    matcher: Matcher[str] = Matcher(engine=engine)
    assert add_all(matcher, rules) == []
    assert case.matches == answer(matcher, decoded(case.event))
    assert bool(case.matches) == matcher.matches_any(decoded(case.event))


def test_one_rule_alone_gets_the_same_answer() -> None:
    """``ruler.matches`` says of each rule what a matcher that holds many says of it."""
    for case in CASES:
        if case.event_error:
            continue
        found = {
            rule_name(name)
            for name, rule in case.rules.items()
            if name not in case.rule_errors and matches(rule, case.event)
        }
        assert case.matches == sorted(found), case.id


def test_ids_of_cases_are_unique() -> None:
    """A failing test names one case."""
    assert len(CASES) == len({case.id for case in CASES})
    assert len(CASES) >= 2247 + 193 + 150


def test_cases_are_well_formed() -> None:
    """Answers name rules of the case, sorted; a refused event matches nothing."""
    for case in CASES:
        names = {rule_name(name) for name in case.rules if name not in case.rule_errors}
        assert case.matches == sorted(set(case.matches) & names), case.id
        assert case.rule_errors == sorted(set(case.rule_errors) & set(case.rules)), case.id
        assert set(case.codes) <= set(case.rule_errors), case.id
        assert not (case.event_error and case.matches), case.id
