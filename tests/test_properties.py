"""What holds whatever the rules and the event: each property is searched for a counterexample.

The oracle says what is right; the rest compares the library with itself along two ways to the same place.
"""

from __future__ import annotations

import copy
import pickle

import oracle
import pytest
import strategies
from cases import decoded
from extension_strategies import either_rule_sets_and_events, either_rules
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ruler import EventError, Matcher, RuleError, UnknownRuleError, matches


def matcher_of(engine: str, rules: dict[str, str] | list[str]) -> Matcher[str]:
    """A matcher of these rules; a list gets the names r0, r1, ... in its order."""
    named = rules if isinstance(rules, dict) else {f"r{index}": rule for index, rule in enumerate(rules)}
    matcher: Matcher[str] = Matcher(engine=engine)
    for name, rule_text in named.items():
        matcher.add_rule(name, rule_text)
    matcher._check()
    return matcher


def oracle_answer(rules: list[str], event_text: str) -> list[str]:
    """The names, in order of adding, that the oracle finds."""
    return [f"r{index}" for index, rule in enumerate(rules) if oracle.matches(rule, event_text)]


# ----- machine = oracle


@given(rules_and_event=either_rule_sets_and_events())
def test_machine_finds_what_the_oracle_finds(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """Whatever the rules and the event, the machine finds what plain recursion finds."""
    rules, event = rules_and_event
    expected = oracle_answer(rules, event)
    note("some match" if expected else "none match")
    matcher = matcher_of(engine, rules)
    assert expected == matcher.rules_for_event(event)
    assert bool(expected) is matcher.matches_any(event)


@given(rules_and_event=strategies.single_values)
def test_machine_finds_what_the_oracle_finds_on_one_path(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """Every matcher beside every other, against every kind of value."""
    rules, event = rules_and_event
    expected = oracle_answer(rules, event)
    note("some match" if expected else "none match")
    assert expected == matcher_of(engine, rules).rules_for_event(event)


@given(
    rules=st.lists(strategies.array_rules, min_size=1, max_size=8),
    events=st.lists(strategies.array_events, min_size=1, max_size=4),
)
def test_machine_keeps_arrays_consistent_as_the_oracle_does(engine: str, rules: list[str], events: list[str]) -> None:
    """Several paths under shared arrays, absent alternatives among them; one matcher, several events."""
    matcher = matcher_of(engine, rules)
    for event in events:
        assert oracle_answer(rules, event) == matcher.rules_for_event(event)


# ----- two ways to the same answer


@given(rules_and_event=either_rule_sets_and_events(), data=st.data())
def test_order_of_adding_changes_only_the_order_of_the_answer(
    engine: str, rules_and_event: tuple[list[str], str], data: st.DataObject
) -> None:
    """Rules added in any order match the same events; the answer follows the order of adding."""
    rules, event = rules_and_event
    named = {f"r{index}": rule for index, rule in enumerate(rules)}
    order = data.draw(st.permutations(list(named)))
    shuffled = matcher_of(engine, {name: named[name] for name in order})
    found = set(matcher_of(engine, named).rules_for_event(event))
    assert [name for name in order if name in found] == shuffled.rules_for_event(event)
    assert matcher_of(engine, named).stats() == shuffled.stats()


@given(rules_and_event=either_rule_sets_and_events())
def test_every_form_of_an_event_gets_the_same_answer(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """str, bytes, bytearray, memoryview and the decoded dict are one event."""
    rules, event = rules_and_event
    matcher = matcher_of(engine, rules)
    expected = matcher.rules_for_event(event)
    encoded = event.encode()
    forms = [encoded, bytearray(encoded), memoryview(encoded), decoded(event)]
    assert [expected] * 4 == [matcher.rules_for_event(form) for form in forms]
    assert [expected] * 4 == list(matcher.rules_for_events(forms))
    assert [bool(expected)] * 4 == [matcher.matches_any(form) for form in forms]


@given(rules_and_event=either_rule_sets_and_events())
def test_matches_agrees_with_a_matcher(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """``ruler.matches`` answers for one rule as a matcher that holds many does."""
    rules, event = rules_and_event
    found = [f"r{index}" for index, rule in enumerate(rules) if matches(rule, event)]
    assert found == matcher_of(engine, rules).rules_for_event(event)


@given(rules_and_event=either_rule_sets_and_events())
def test_a_copy_answers_as_its_original(engine: str, rules_and_event: tuple[list[str], str]) -> None:
    """copy, deepcopy and pickle carry the rules; the machine built from them is the same one."""
    rules, event = rules_and_event
    matcher = matcher_of(engine, rules)
    for twin in (copy.copy(matcher), copy.deepcopy(matcher), pickle.loads(pickle.dumps(matcher))):
        twin._check()
        assert matcher.rules_for_event(event) == twin.rules_for_event(event)
        assert (matcher.stats(), matcher.describe()) == (twin.stats(), twin.describe())


@given(rules=st.lists(either_rules(), min_size=1, max_size=6), event=strategies.events)
def test_one_name_holds_the_or_of_its_rules(engine: str, rules: list[str], event: str) -> None:
    """Rules added under one name match when any of them does."""
    matcher: Matcher[str] = Matcher(engine=engine)
    for each in rules:
        matcher.add_rule("all", each)
    matcher._check()
    assert any(oracle.matches(each, event) for each in rules) is bool(matcher.rules_for_event(event))


@given(
    kept=st.lists(either_rules(), max_size=4),
    removed=st.lists(either_rules(), min_size=1, max_size=4),
    data=st.data(),
)
def test_remove_undoes_add(engine: str, kept: list[str], removed: list[str], data: st.DataObject) -> None:
    """A machine that held rules and lost them equals one that never saw them, in structure and counts."""
    named = {f"k{index}": each for index, each in enumerate(kept)}
    passing = {f"x{index}": each for index, each in enumerate(removed)}
    matcher = matcher_of(engine, {})
    for name in data.draw(st.permutations([*named, *passing])):
        matcher.add_rule(name, {**named, **passing}[name])
    for name in data.draw(st.permutations(list(passing))):
        matcher.remove_rule(name)
        matcher._check()
    fresh = matcher_of(engine, {name: named[name] for name in matcher})
    assert fresh.stats() == matcher.stats()
    assert fresh.describe() == matcher.describe()


# ----- damaged texts


@given(rules_and_event=either_rule_sets_and_events(), data=st.data())
def test_a_cut_event_is_an_error_within_the_text(
    engine: str, rules_and_event: tuple[list[str], str], data: st.DataObject
) -> None:
    """No proper beginning of an event is an event; the error points into the text or at its end."""
    rules, event = rules_and_event
    cut = event[: data.draw(st.integers(0, len(event) - 1))]
    matcher = matcher_of(engine, rules)
    for form in (cut, cut.encode()):
        with pytest.raises(EventError) as caught:
            matcher.rules_for_event(form)
        assert caught.value.offset is not None
        assert 0 <= caught.value.offset <= len(form)


@given(rule_text=either_rules(), data=st.data())
def test_a_cut_rule_is_an_error_and_leaves_nothing(engine: str, rule_text: str, data: st.DataObject) -> None:
    """No proper beginning of a rule is a rule; the matcher stays empty; the place is in the text."""
    cut = rule_text[: data.draw(st.integers(0, len(rule_text) - 1))]
    matcher = matcher_of(engine, {})
    with pytest.raises(RuleError) as caught:
        matcher.add_rule("r", cut)
    lines = cut.split("\n")
    assert caught.value.line is not None
    assert caught.value.column is not None
    assert 1 <= caught.value.line <= len(lines)
    assert 1 <= caught.value.column <= len(lines[caught.value.line - 1]) + 1
    assert matcher_of(engine, {}).describe() == matcher.describe()


# ----- long edit scripts


class EditScript(RuleBasedStateMachine):
    """Any edits in any order leave the machine that a fresh one, given what survives, would be."""

    engine = "python"
    rule_names = st.sampled_from(["p", "q", "r", "s"])

    def __init__(self) -> None:
        super().__init__()
        self.matcher: Matcher[str] = Matcher(engine=self.engine)
        self.model: dict[str, list[str]] = {}

    @rule(name=rule_names, text=either_rules())
    def add(self, name: str, text: str) -> None:
        self.matcher.add_rule(name, text)
        self.model.setdefault(name, []).append(text)

    @rule(name=rule_names, text=either_rules())
    def add_twice(self, name: str, text: str) -> None:
        self.matcher.add_rule(name, text)
        self.matcher.add_rule(name, text)
        self.model.setdefault(name, []).append(text)

    @rule(changes=st.dictionaries(rule_names, either_rules(), max_size=3))
    def add_several(self, changes: dict[str, str]) -> None:
        self.matcher.add_rules(changes)
        for name, text in changes.items():
            self.model.setdefault(name, []).append(text)

    @rule(name=rule_names, text=strategies.bad_rules)
    def add_refused(self, name: str, text: str) -> None:
        with pytest.raises(RuleError):
            self.matcher.add_rule(name, text)

    @rule(name=rule_names, good=either_rules(), bad=strategies.bad_rules, bad_first=st.booleans())
    def add_several_refused(self, name: str, good: str, bad: str, bad_first: bool) -> None:
        changes = [(name, good), ("refused", bad)]
        with pytest.raises(RuleError):
            self.matcher.add_rules(dict(reversed(changes) if bad_first else changes))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), text=either_rules())
    def replace(self, data: st.DataObject, text: str) -> None:
        name = data.draw(st.sampled_from(list(self.model)))
        self.matcher.replace_rule(name, text)
        self.model[name] = [text]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), text=strategies.bad_rules)
    def replace_refused(self, data: st.DataObject, text: str) -> None:
        with pytest.raises(RuleError):
            self.matcher.replace_rule(data.draw(st.sampled_from(list(self.model))), text)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(self.model)))
        self.matcher.remove_rule(name)
        del self.model[name]

    @rule()
    def remove_unknown(self) -> None:
        with pytest.raises(UnknownRuleError):
            self.matcher.remove_rule("never added")

    @rule(event=strategies.events)
    def ask(self, event: str) -> None:
        expected = [name for name, texts in self.model.items() if any(oracle.matches(t, event) for t in texts)]
        assert expected == self.matcher.rules_for_event(event)

    @invariant()
    def equals_a_fresh_matcher(self) -> None:
        self.matcher._check()
        assert list(self.model) == list(self.matcher) == list(self.matcher.rules)
        assert len(self.model) == len(self.matcher)
        fresh: Matcher[str] = Matcher(engine=self.engine)
        for name, texts in self.model.items():
            for text in texts:
                fresh.add_rule(name, text)
        assert fresh.stats() == self.matcher.stats()
        assert fresh.describe() == self.matcher.describe()


def test_long_edit_scripts_leave_no_trace(engine: str) -> None:
    """Adds, removes, replacements and refusals in any order: as if only the survivors had been added."""
    run_state_machine_as_test(
        type("EditScriptOfEngine", (EditScript,), {"engine": engine}),
        settings=settings(max_examples=max(20, settings().max_examples // 8), stateful_step_count=25),
    )
