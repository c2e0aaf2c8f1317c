"""Random nestings of the extensions: both engines find what the oracle finds, and edits leave no trace.

One subject of the extensions at a time, and all together: ``extension_strategies`` draws the rules. What every rule is
held to, with extensions or without (copies, orders of adding, texts cut short), is in test_properties.py.
"""

from __future__ import annotations

from typing import Any

import oracle
import pytest
from conftest import require_native
from extension_strategies import SUBJECTS, all_events, rule_sets_and_events, rules_with
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import Twins

from ruler import Matcher
from ruler.patterns.compiler import Limits, compile_rule

SEVERAL = [*((subject,) for subject in SUBJECTS), SUBJECTS]
FEWER = settings(max_examples=settings().max_examples // 2)
FEW = settings(max_examples=settings().max_examples // 4)

of_subjects = pytest.mark.parametrize("subjects", SEVERAL, ids=" ".join)


def oracle_answer(rules: dict[str, str], event: str) -> list[str]:
    """The names, in order of adding, that the oracle finds."""
    return [name for name, rule in rules.items() if oracle.matches(rule, event)]


def named(rules: list[str]) -> dict[str, str]:
    """The rules with the names r0, r1, ... in their order."""
    return {f"r{index}": rule for index, rule in enumerate(rules)}


@FEWER
@given(rule=rules_with(*SUBJECTS), plain=rules_with())
def test_drawn_rules_are_accepted(rule: str, plain: str) -> None:
    """What is drawn is never refused; without a subject it needs no extension."""
    compile_rule(rule, limits=Limits(extensions=True))
    compile_rule(plain, limits=Limits(extensions=False))


@of_subjects
@FEWER
@given(data=st.data())
def test_machine_finds_what_the_oracle_finds(engine: str, subjects: tuple[str, ...], data: st.DataObject) -> None:
    """Many rules in one matcher, events whose values hit them, arrays in arrays and of objects among them."""
    rules, events = data.draw(rule_sets_and_events(*subjects))
    matcher: Matcher[str] = Matcher(engine=engine)
    matcher.add_rules(named(rules))
    matcher._check()
    for event in events:
        expected = oracle_answer(named(rules), event)
        note("some match" if expected else "none match")
        assert expected == matcher.rules_for_event(event)
        assert bool(expected) is matcher.matches_any(event)


@of_subjects
@FEW
@given(data=st.data())
def test_edits_leave_no_trace(engine: str, subjects: tuple[str, ...], data: st.DataObject) -> None:
    """After rules were added and others removed, in any order: answers, counts and drawing of a fresh matcher."""
    rules, events = data.draw(rule_sets_and_events(*subjects))
    kept = dict(data.draw(st.permutations(list(named(rules).items()))))
    matcher: Matcher[Any] = Matcher(engine=engine)
    for name, rule in kept.items():
        matcher.add_rule(name, rule)
    for name in data.draw(st.lists(st.sampled_from(list(kept)), unique=True)):
        matcher.remove_rule(name)
        del kept[name]
        matcher._check()
        for event in events:
            assert oracle_answer(kept, event) == matcher.rules_for_event(event)
    fresh: Matcher[Any] = Matcher(engine=engine)
    fresh.add_rules(kept)
    assert (fresh.stats(), fresh.describe()) == (matcher.stats(), matcher.describe())
    for name, rule in named(rules).items():  # what was removed comes back
        matcher.replace_rule(name, rule) if name in kept else matcher.add_rule(name, rule)
    matcher._check()
    for event in events:
        assert set(oracle_answer(named(rules), event)) == set(matcher.rules_for_event(event))


@of_subjects
@FEW
@given(data=st.data())
def test_engines_hold_the_same(subjects: tuple[str, ...], data: st.DataObject) -> None:
    """Answers, counts, order and drawing of the machine, after each addition and after each removal."""
    require_native()
    rules, events = data.draw(rule_sets_and_events(*subjects))
    twins = Twins()
    for index in data.draw(st.permutations(range(len(rules)))):
        twins.ask(lambda matcher, index=index: matcher.add_rule(index, rules[index]))
        twins.compare()
    for event in events:
        twins.match(event)
    for index in data.draw(st.lists(st.sampled_from(range(len(rules))), unique=True)):
        twins.ask(lambda matcher, index=index: matcher.remove_rule(index))
        twins.compare()
    for event in events:
        twins.match(event)


@of_subjects
@FEW
@given(data=st.data(), event=all_events)
def test_one_name_holds_the_or_of_its_rules(
    engine: str, subjects: tuple[str, ...], data: st.DataObject, event: str
) -> None:
    """Rules added under one name match when any of them does."""
    rules = data.draw(st.lists(rules_with(*subjects), min_size=1, max_size=4))
    matcher: Matcher[str] = Matcher(engine=engine)
    for rule in rules:
        matcher.add_rule("all", rule)
    matcher._check()
    assert any(oracle.matches(rule, event) for rule in rules) is matcher.matches_any(event)
