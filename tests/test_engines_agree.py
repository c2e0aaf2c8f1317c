"""Both engines, side by side: the same rules, events and edits give the same answers and the same errors.

The oracle says what is right (test_properties.py); here the native engine is held to the python one, which defines
also what the oracle leaves open: each error with its code, offset and text, and what is left after an edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import damage
import pytest
import strategies
from cases import Case, RepeatedName, all_cases, decoded
from conftest import require_native
from extension_strategies import either_rule_sets_and_events, either_rules
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from twins import Twins, drained, error_outcome, outcome_of, without_refusal

from ruler import EventError, Matcher

RULE_TEXTS = [
    '{"a":[1,{"prefix":"a"}]}',
    '{"a":{"b":[{"exists":true}]},"b":[{"exists":false}]}',
    '{"a":{"x":[1],"y":[{"anything-but":1}]}}',
    '{"a":[{"wildcard":"*a*b"},{"equals-ignore-case":"é"}],"":[{"numeric":[">",0]}]}',
]


@pytest.fixture(autouse=True)
def both_engines() -> None:
    """Nothing to compare without the extension: skipped, or with RULER_REQUIRE_NATIVE=1 failed."""
    require_native()


FEWER = settings(max_examples=settings().max_examples // 2)  # for what takes longest
FEW = settings(max_examples=settings().max_examples // 4)

# ----- events


@FEWER
@given(rules_and_event=either_rule_sets_and_events())
def test_answers_are_equal(rules_and_event: tuple[list[str], str]) -> None:
    """Random rules, random events that have something to do with them, in every form."""
    rules, text = rules_and_event
    twins = Twins(rules)
    found = twins.match(text)
    note("some match" if found[1] else "none match")
    encoded = text.encode()
    for form in (encoded, bytearray(encoded), memoryview(encoded), memoryview(encoded * 2)[::2], decoded(text)):
        twins.match(form)
    twins.compare()


@given(rules=st.lists(either_rules(), min_size=1, max_size=4), text=damage.damaged_texts())
def test_damaged_texts_get_equal_answers_or_errors(rules: list[str], text: bytes) -> None:
    """Code, offset and text of the error; for bytes and, where they are UTF-8, for str."""
    twins = Twins(rules)
    note(twins.match(text)[0])
    twins.match(bytearray(text))
    twins.match(text.decode("utf-8", "surrogateescape"))  # what is no UTF-8 becomes lone surrogates


@FEWER
@given(rules=st.lists(either_rules(), min_size=1, max_size=4), event=damage.decoded_events())
def test_decoded_events_get_equal_answers_or_errors(rules: list[str], event: Any) -> None:
    """Subclasses, huge numbers, names that are no str, lone surrogates, what has no JSON form, what holds itself."""
    note(Twins([*RULE_TEXTS, *rules]).match(event)[0])


@pytest.mark.parametrize("text", [*damage.FAULTS, *damage.ODDITIES], ids=repr)
def test_every_fault_is_told_alike_at_every_place_of_a_block(text: bytes) -> None:
    """Before blocks of 64 bytes, across their edges, and behind a long string."""
    twins = Twins(RULE_TEXTS)
    is_fault = text in damage.FAULTS
    for space in range(131):
        assert (twins.match(b" " * space + text)[0] == "error") is is_fault
        if text[:1] == b"{":
            padded = b'{"pad":"%s","c":%s}' % (b"x" * space, text)
            twins.match(padded)
            twins.match(padded[:-1])
            twins.match(padded[: len(padded) * space // 130])


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('{"z":', "}"), ('[{"a":[', "]}]"), ('{"a":1,"b":[', "]}")]
)
def test_the_limit_of_depth_is_the_same(opening: str, closing: str) -> None:
    """In text and decoded, where rules look and where they do not, closed and cut."""
    twins = Twins(RULE_TEXTS)
    for depth in range(1020, 1027):
        for name in ("a", "z"):
            twins.match({name: damage.nested(depth - 1, opening[0] == "{")})
        levels = depth // sum(opening.count(bracket) for bracket in "{[")
        for name in ("a", "z"):
            for inside in ("1", "[]", "{}", "[1", '"'):
                text = f'{{"{name}":{opening * levels}{inside}{closing * levels}}}'
                twins.match(text)
                twins.match(text[:-1])


@pytest.mark.parametrize("count", [100, 110, 120, 130, 140, 200, 400])
def test_the_limit_of_array_combinations_is_the_same(count: int) -> None:
    """An event that spells a path twice, with just so many elements that one engine comes to an end and one not."""
    rule = {"x": [1], "y": [1], "z": [{"exists": False}]}
    elements = [{"b": [{"x": 1, "z": 1}, {"y": 1, "z": 1}]}] * count + [{"b": {"x": 1, "y": 1}}]
    Twins([json.dumps({"a": {"b": rule}})]).match(json.dumps({"a": elements, "a.b": [{"x": 1, "y": 1}]}))


@pytest.mark.parametrize("case", [case for case in all_cases() if case.event_error], ids=lambda case: str(case.id))
def test_events_that_conformance_calls_errors_have_equal_ones(case: Case) -> None:
    """With the rules of the case, as str and as bytes."""
    twins = Twins(case.rules.values())
    assert twins.match(case.event)[:2] == ("error", EventError)
    twins.match(case.event.encode("utf-8", "surrogatepass"))


# ----- validate="used"


def answer_of(matcher: Matcher[Any], event: Any) -> Any:
    """The names, or the EventError's outcome; any other error is a fault."""
    try:
        return matcher.rules_for_event(event)
    except EventError as error:
        return error_outcome(error)


@given(rules_and_event=either_rule_sets_and_events(), space=st.integers(0, 130))
def test_reading_only_what_is_used_finds_the_same(rules_and_event: tuple[list[str], str], space: int) -> None:
    """In events without duplicate names; as text, in a batch, and decoded."""
    rules, text = rules_and_event
    text = " " * space + text
    try:
        event = decoded(text, names_must_differ=True)
    except RepeatedName:
        return
    full, used = Twins(rules), Twins(rules, validate="used")
    expected = full.match(text)
    assert expected == used.match(text) == used.match(text.encode()) == used.match(event)
    assert [expected[1]] * 3 == list(used.native.rules_for_events([text, text.encode(), event]))


@given(rules=st.lists(either_rules(), min_size=1, max_size=4), text=damage.damaged_texts() | st.binary(max_size=200))
def test_reading_only_what_is_used_survives_anything(rules: list[str], text: bytes) -> None:
    """An answer or an EventError; the answer of a full reading where the text is an event with no name twice."""
    twins = Twins(rules, validate="used")
    found = answer_of(twins.native, text)
    expected = answer_of(twins.python, text)
    if expected[:1] == ("error",):
        note("no event")
        assert found[:1] != ("error",) or expected == found
        return
    try:
        decoded(text.decode(), names_must_differ=True)
    except RepeatedName:
        note("repeated name")
    else:
        note("event")
        assert expected == found


# ----- batches


class Interrupted:
    """An iterator over events that raises, in the turns told, and then goes on."""

    def __init__(self, events: list[Any], raising: set[int]) -> None:
        self.turn = -1
        self.events = iter(events)
        self.raising = raising

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.turn += 1
        if self.turn in self.raising:
            raise LookupError(f"turn {self.turn}")
        return next(self.events)


batch_events = st.one_of(
    strategies.events,
    strategies.events.map(str.encode),
    strategies.events.map(decoded),
    damage.damaged_texts(),
    damage.decoded_events(),
)


@FEW
@given(
    rules=st.lists(either_rules(), min_size=1, max_size=4),
    events=st.lists(batch_events, max_size=8),
    times=st.sampled_from([1, 1, 9, 40]),
    threads=st.integers(1, 3),
    raising=st.sets(st.integers(0, 12), max_size=3),
)
def test_batches_give_what_single_events_give(
    rules: list[str], events: list[Any], times: int, threads: int, raising: set[int]
) -> None:
    """Lists, tuples and iterables that raise, errors in their turns, in one thread and several."""
    twins = Twins(rules)
    events = events * times
    single = [outcome_of(lambda event=event: twins.python.rules_for_event(event)) for event in events]
    most = len(events) + 20
    for given_events in (events, tuple(events)):
        answers = drained(lambda given=given_events: twins.native.rules_for_events(given, threads=threads), most)
        assert single == answers
    expected = drained(lambda: twins.python.rules_for_events(Interrupted(events, raising)), most)
    actual = drained(lambda: twins.native.rules_for_events(Interrupted(events, raising), threads=threads), most)
    assert expected == actual


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 255, 256, 257, 2000, 5000])
def test_batches_keep_their_order_at_every_length(count: int, threads: int) -> None:
    """Around the sizes in which events are taken and shared out; every eleventh event is none."""
    twins = Twins(RULE_TEXTS)
    shapes = [b'{"a":%d}', b'{"a":{"b":%d}}', b'{"a":[{"x":1,"y":%d},{"x":%d}]}', b'{"a":"a%d']
    events = [(b"[%d]" if n % 11 == 5 else shapes[n % 4]).replace(b"%d", b"%d" % (n % 13)) for n in range(count)]
    expected = drained(lambda: twins.python.rules_for_events(events), count + 1)
    assert expected == drained(lambda: twins.native.rules_for_events(events, threads=threads), count + 1)
    assert expected == drained(lambda: twins.native.rules_for_events(iter(events), threads=threads), count + 1)


# ----- lines

lines = st.one_of(
    strategies.events.map(str.encode),
    damage.damaged_texts(),
    st.sampled_from([b"", b" ", b"\r", b"\t \r", b"\x0b", b"\xa0", b"\r{}\r", b"{}\r", b"{", b"\xff", b"x" * 300]),
)


@FEWER
@given(
    rules=st.lists(either_rules(), min_size=1, max_size=4),
    cut=st.lists(lines, max_size=8),
    times=st.sampled_from([1, 1, 1, 40]),
    invert=st.booleans(),
    at_most=st.sampled_from([None, 1, 2, 300]),
    ends=st.booleans(),
)
def test_selected_lines_are_equal(
    rules: list[str], cut: list[bytes], times: int, invert: bool, at_most: int | None, ends: bool
) -> None:
    """What is selected, how far it came, and why it stopped; asked again until the end."""
    twins = Twins(rules)
    data = b"\n".join(cut * times) + b"\n" * ends
    for text in (data, bytearray(data), memoryview(data)):
        rest: Any = text
        while rest:
            selected = twins.ask(
                lambda matcher, rest=rest: without_refusal(matcher.select_lines(rest, invert=invert, at_most=at_most))
            )
            assert selected[0] == "value"
            assert selected[1][3] > 0
            rest = rest[selected[1][3] :]
        if times > 1:
            break


# ----- edits


class EditScript(RuleBasedStateMachine):
    """Any edits in any order, refused ones too, have equal outcomes and leave equal matchers."""

    rule_names = st.sampled_from(["p", "q", "r", 1, True, 1.0, ("p",), None, "", "é"])
    rule_texts = st.one_of(either_rules(), either_rules(), either_rules(), strategies.bad_rules)

    def __init__(self) -> None:
        super().__init__()
        self.twins = Twins()

    @rule(name=rule_names, text=rule_texts)
    def add(self, name: Any, text: str) -> None:
        self.twins.ask(lambda matcher: matcher.add_rule(name, text))

    @rule(changes=st.dictionaries(rule_names, rule_texts, max_size=4))
    def add_several(self, changes: dict[Any, str]) -> None:
        self.twins.ask(lambda matcher: matcher.add_rules(changes))

    @rule(name=rule_names, text=rule_texts)
    def replace(self, name: Any, text: str) -> None:
        self.twins.ask(lambda matcher: matcher.replace_rule(name, text))

    @precondition(lambda self: len(self.twins.python))
    @rule(data=st.data(), text=either_rules())
    def replace_what_is_there(self, data: st.DataObject, text: str) -> None:
        name = data.draw(st.sampled_from(list(self.twins.python)))
        assert self.twins.ask(lambda matcher: matcher.replace_rule(name, text)) == ("value", None)

    @rule(name=rule_names)
    def remove(self, name: Any) -> None:
        self.twins.ask(lambda matcher: matcher.remove_rule(name))

    @rule(name=st.sampled_from([[], {}, {"a"}]), text=rule_texts)
    def add_under_what_is_no_name(self, name: Any, text: str) -> None:
        assert self.twins.ask(lambda matcher: matcher.add_rule(name, text))[:2] == ("error", TypeError)

    @rule(events=st.lists(strategies.events, min_size=1, max_size=3))
    def ask(self, events: list[str]) -> None:
        for text in events:
            self.twins.match(text)
            self.twins.match(text.encode())
            self.twins.match(decoded(text))

    @rule(text=damage.damaged_texts())
    def ask_damaged(self, text: bytes) -> None:
        self.twins.match(text)

    @invariant()
    def hold_the_same(self) -> None:
        self.twins.compare()


def test_edit_scripts_have_equal_outcomes() -> None:
    """Names and texts, counts, the drawing of the machine and all answers, after every step."""
    run_state_machine_as_test(
        EditScript, settings=settings(max_examples=max(20, settings().max_examples // 8), stateful_step_count=20)
    )
