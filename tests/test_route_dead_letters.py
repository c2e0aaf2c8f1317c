"""Dead letters hold what came, byte for byte, whatever it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ruler import Matcher
from ruler.machine.decode import decode
from ruler.route.dead_letters import (
    LONGEST_REASON,
    Letter,
    Refusal,
    ReplayRoute,
    dead_letter_delivery,
    letter_from,
    letter_of,
    record_of,
)
from ruler.route.letter_members import LetterError
from ruler.route.model import Delivery, Event, Position, Route
from ruler.route.plan import Poison, plan
from ruler.route.rule_set import RuleSet

ROUTE = Route("ops", ("big", "new"), "d1", "v1")
DEEP = b'{"a":' * 1023 + b"1" + b"}" * 1023  # with the record around it, as deep as an event may be
TOO_DEEP_INSIDE = b'{"a":' * 1024 + b"1" + b"}" * 1024  # an event, but not inside another object
HOSTILE = (
    b"",
    b"{}",
    b'{"a": "\xc3\xa9", "b": 1.50, "b": 1e400}',
    b'{"a": 1}\r',
    b'{"a":\r1}',
    b'{"a":\n1}',
    b' {"a": 1}',
    b'{"a": 1} ',
    b'{"a": 1},{"b": 2}',
    b'{"a": 1}]',
    b'{"\\ud800": 1}',
    b'{"a": "\xed\xa0\x80"}',
    b"\x00\xff",
    b'{"event": {"text": "base64"}, "text": 1}',
    "\ufeff{}".encode(),
    b"[" * 100_000,
    DEEP,
    TOO_DEEP_INSIDE,
    b"{" * 2000 + b"}" * 2000,
    b'{"a": "' + b"x" * 1024 * 1024 + b'"}',
    b'{"a": "' + b"[{" * 4000 + b'"}',
)


def json_like() -> st.SearchStrategy[bytes]:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
    spaces = st.sampled_from(["", " ", "\t", "\r", "\n", "\x0b"])
    return st.builds(
        lambda value, before, after, ascii: (before + json.dumps(value, ensure_ascii=ascii) + after).encode(
            "utf-8", "surrogatepass"
        ),
        st.dictionaries(st.text(max_size=3), values, max_size=3) | values,
        spaces,
        spaces,
        st.booleans(),
    )


def delivery(data: bytes = b"{}", **event: object) -> Delivery:
    return Delivery(Event(data, **event), ROUTE, b"something else")  # type: ignore[arg-type]


@given(st.binary() | json_like())
@example(b'{"a": 1}')
def test_what_came_comes_back_byte_for_byte(data: bytes) -> None:
    """Of poison, where nothing is known of the bytes: the line is one line, an event, and holds them."""
    line = record_of(Poison(Event(data), "not-json", "why"), wall_time=1.5)
    assert b"\n" not in line and b"\r" not in line
    assert Matcher({"any": '{"code": ["not-json"]}'}).matches_any(line)
    assert letter_of(line).data == data
    assert letter_of(line + b"\r\n").data == data


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: repr(data[:20]))
def test_hostile_bytes_come_back(data: bytes) -> None:
    """Deep, large, cut, or almost JSON: a line that the library reads, with the bytes in it."""
    line = record_of(Poison(Event(data), "not-json", "why"))
    assert letter_of(line).data == data
    assert len({"event", "text", "base64"} & decode(line).keys()) == 1


@pytest.mark.parametrize("data", [data for data in HOSTILE if plan([Event(data)], RuleSet([], [])).poison == []])
def test_hostile_events_that_were_judged_come_back(data: bytes) -> None:
    """The short way, without reading the event again, is right for every event that a plan lets through."""
    line = record_of(delivery(data))
    assert letter_of(line).data == data
    assert line == record_of(delivery(data)) == letter_of(line).line()


@given(json_like())
def test_the_short_way_makes_the_same_line_as_the_long_one(data: bytes) -> None:
    """An event that was judged need not be read again, and the line is the same as if it were."""
    if plan([Event(data)], RuleSet([], [])).poison:
        return
    line = record_of(delivery(data))
    assert line == letter_from(delivery(data)).line()
    assert letter_of(line).data == data


@given(
    st.builds(
        Letter,
        data=st.binary(max_size=20),
        reason=st.text(max_size=9),
        code=st.sampled_from(["rejected", "age"]),
        target=st.sampled_from(["", "ops"]),
        rules=st.lists(st.text(max_size=3), max_size=2).map(tuple),
        attempts=st.integers(0, 9),
        position=st.none() | st.builds(Position, st.text(st.characters(), max_size=5), st.integers(0, 2**60)),
        key=st.none() | st.binary(max_size=5),
        headers=st.dictionaries(st.text("ab", max_size=3), st.text(st.characters(), max_size=3), max_size=2),
        event_id=st.text(st.characters(), max_size=3),
        received=st.integers(0, 10**13).map(lambda number: number / 1000),
        time=st.integers(0, 10**13).map(lambda number: number / 1000),
        replays=st.integers(0, 3),
        refusals=st.lists(st.builds(Refusal, st.just("dlq"), st.text(max_size=3)), max_size=2).map(tuple),
    )
)
def test_a_letter_is_the_same_after_a_line(letter: Letter) -> None:
    """Every member comes back, keys and names of files that are no UTF-8 too."""
    assert letter_of(letter.line()) == letter


def test_all_that_is_known_stands_in_the_line() -> None:
    """The members, in their order, spelled out once."""
    given = delivery(
        b'{"total": 12.0}', key=b"anna", headers={"h": "1"}, position=Position("in.jsonl", 512), id="e1", timestamp=1.0
    )
    line = record_of(given, reason="HTTP 404", target="ops", attempts=3, wall_time=1795345445.25)
    assert line.decode() == (
        '{"reason":"HTTP 404","code":"rejected","target":"ops","rules":["big","new"],"attempts":3,"version":"v1",'
        f'"digest":"d1","id":"{given.id}","position":{{"source":"in.jsonl","offset":512}},"key":"anna",'
        '"headers":{"h":"1"},"event_id":"e1","received":"1970-01-01T00:00:01.000Z","time":"2026-11-22T11:04:05.250Z",'
        '"event":{"total": 12.0}}'
    )


def test_poison_names_no_target() -> None:
    """It was to go nowhere yet: a rule selects it by null."""
    line = record_of(Poison(Event(b"{"), "not-json", "cut"), version="v1", digest="d1")
    assert Matcher({"poison": '{"target": [null], "text": ["{"], "reason": ["cut"]}'}).matches_any(line)
    assert letter_of(line).is_poison
    assert (letter_of(line).version, letter_of(line).digest) == ("v1", "d1")


def test_the_bytes_that_came_are_kept_not_those_that_were_made_of_them() -> None:
    """An entry of PutEvents is judged as another event; its dead letter holds the entry."""
    event = Event(b'{"made": 1}', received=b'{"Source": "a"}')
    assert letter_of(record_of(Delivery(event, ROUTE, b""))).data == b'{"Source": "a"}'


def test_what_has_no_input_tells_why() -> None:
    """A delivery with a problem was never tried."""
    letter = letter_from(delivery()._replace(problem="the event has nothing at /a"))
    assert (letter.reason, letter.code, letter.attempts) == ("the event has nothing at /a", "input", 0)


def test_a_reason_of_a_stranger_is_cut() -> None:
    """An HTTP server may answer with anything."""
    letter = letter_of(record_of(delivery(), reason="\ud800" + "x" * 5000))
    assert len(letter.reason) <= LONGEST_REASON + 5
    assert letter.reason.endswith("...")


def test_a_dead_letter_that_is_refused_keeps_the_event() -> None:
    """On its way from one dead-letter target to the next it stays what it was, and tells who refused it."""
    first = dead_letter_delivery(delivery(b'{"a": 1}'), "dlq", reason="HTTP 404", attempts=2, wall_time=5.0)
    second = dead_letter_delivery(first, "disk", reason="HTTP 500", attempts=8, wall_time=9.0)
    third = letter_of(record_of(second, reason="full", wall_time=11.0))
    assert (first.target, second.target) == ("dlq", "disk")
    assert third.data == b'{"a": 1}'
    assert (third.target, third.reason, third.attempts, third.time) == ("ops", "HTTP 404", 2, 5.0)
    assert third.refusals == (Refusal("dlq", "HTTP 500"), Refusal("disk", "full"))


def test_poison_that_is_refused_keeps_its_bytes() -> None:
    """The way of poison through dead-letter targets is the same."""
    first = dead_letter_delivery(Poison(Event(b'{"a'), "not-json", "cut"), "dlq")
    letter = letter_of(dead_letter_delivery(first, "disk", reason="HTTP 500").data)
    assert (letter.data, letter.target, letter.reason, letter.code) == (b'{"a', "", "cut", "not-json")


def test_dead_letters_have_ids_of_their_own() -> None:
    """Two targets that fail for one event are two dead letters; the same one made again has the same id."""
    event = Event(b"{}", position=Position("in", 1))
    made = [
        dead_letter_delivery(Delivery(event, Route(target, ("big",), "d"), b""), "dlq", attempts=attempts).id
        for target, attempts in (("ops", 1), ("log", 1), ("ops", 7))
    ]
    assert made[0] != made[1]
    assert made[0] == made[2]


def test_a_replay_that_fails_again_is_the_same_delivery() -> None:
    """The id and the event stay, attempts are counted on, the failure is that of now."""
    before = letter_of(record_of(delivery(b'{"a": 1}', position=Position("in", 7), key=b"k"), reason="x", attempts=8))
    route = ReplayRoute("ops", ("newer",), "d2", "v2", "", before.id, before)
    again = Delivery(Event(b'{"a": 1}', position=Position("dead.jsonl", 99)), route, b'{"a": 1}')
    after = letter_of(record_of(again, reason="y", attempts=2, wall_time=3.0))
    assert again.id == before.id == after.id
    assert (after.position, after.key, after.data) == (before.position, b"k", before.data)
    assert (after.attempts, after.replays, after.reason, after.version) == (10, 1, "y", "v2")
    deliveries = [dead_letter_delivery(each, "dlq") for each in (again, delivery(b'{"a": 1}'))]
    assert deliveries[0].id != deliveries[1].id


WRONG = (
    (b"", "not-json", "no dead letter: nothing here, expected an object"),
    (b"[]", "not-object", "no dead letter: found an array, expected an object"),
    (b'{"a"', "not-json", "no dead letter: "),
    (b"{}", "not-dead-letter", 'it has none of "event", "text" and "base64", expected one of them'),
    (b'{"event": {}, "text": ""}', "not-dead-letter", 'it has "event" and "text" of "event", "text" and "base64"'),
    (b'{"event": {}}', "not-dead-letter", 'it has no "target", the name of a target, or null'),
    (b'{"target": 5, "event": {}}', "not-dead-letter", '"target" is no string'),
    (b'{"target": "a", "event": []}', "not-dead-letter", '"event" is no object'),
    (b'{"target": "a", "text": 5}', "not-dead-letter", '"text" is no string'),
    (b'{"target": "a", "base64": "a"}', "not-dead-letter", '"base64" is no base64: '),
    (b'{"target": "a", "base64": "YQ==YQ=="}', "not-dead-letter", '"base64" is no base64: '),
    (b'{"target": "a", "base64": "\xc3\xa9"}', "not-dead-letter", '"base64" is no base64: '),
    (b'{"target": "a", "text": "", "rules": "x"}', "not-dead-letter", '"rules" is no list of strings'),
    (b'{"target": "a", "text": "", "attempts": -1}', "not-dead-letter", '"attempts" is no whole number from 0'),
    (b'{"target": "a", "text": "", "attempts": true}', "not-dead-letter", '"attempts" is no whole number from 0'),
    (b'{"target": "a", "text": "", "time": "now"}', "not-dead-letter", '"time" is no time of RFC 3339'),
    (b'{"target": "a", "text": "", "time": "2026-13-01T00:00:00Z"}', "not-dead-letter", '"time" is no time of RFC'),
    (b'{"target": "a", "text": "", "position": {"offset": 1}}', "not-dead-letter", '"position" has "source" and'),
    (b'{"target": "a", "text": "", "position": 1}', "not-dead-letter", '"position" is no object'),
    (b'{"target": "a", "text": "", "key": 1}', "not-dead-letter", '"key" is neither a string nor {"base64": "..."}'),
    (b'{"target": "a", "text": "", "headers": {"a": 1}}', "not-dead-letter", '"headers.a" is neither a string nor'),
    (b'{"target": "a", "text": "", "refusals": [1]}', "not-dead-letter", '"refusals" is no list of objects'),
    (b'{"target": "a", "text": "", "event_id": {"base64": "/w=="}}', "not-dead-letter", '"event_id" holds bytes'),
)


@pytest.mark.parametrize(("line", "code", "text"), WRONG, ids=[repr(each[0][:40]) for each in WRONG])
def test_a_line_that_is_no_dead_letter_says_why(line: bytes, code: str, text: str) -> None:
    """What is wrong with it, and nothing else."""
    with pytest.raises(LetterError) as caught:
        letter_of(line)
    assert caught.value.code == code
    assert text in str(caught.value)


@given(st.binary(max_size=60) | json_like())
def test_any_line_is_a_letter_or_an_error(line: bytes) -> None:
    """Nothing else comes out of a hostile file."""
    try:
        letter_of(line)
    except LetterError as error:
        assert str(error).startswith("no dead letter: ")


def test_members_that_are_left_out_are_as_if_nobody_knew() -> None:
    """What a person writes by hand: where to, and what. Other members are let be."""
    letter = letter_of(b'{"note": [1], "target": "ops", "event": {"a":  1}}')
    assert letter == Letter(b'{"a":  1}', target="ops")
