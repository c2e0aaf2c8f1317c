"""The forms that events come in: bare, delivered by EventBridge, entries of PutEvents, CloudEvents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ruler.route import Event, Position
from ruler.route.envelope import FORMS, EnvelopeError, entries_of, form_of, opened

ENTRY: dict[str, Any] = {
    "Time": "2026-11-22T11:30:00.250+01:00",
    "Source": "shop",
    "Resources": ["arn:1"],
    "DetailType": "order placed",
    "Detail": '{"total": 5.00, "b": "\\u00e9", "total": 6.50}',
    "EventBusName": "default",
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "7",
    "source": "/shop",
    "type": "order",
    "partitionkey": "ä",
    "data": {"a": 1},
}


def entry(**changes: Any) -> Event:
    members = {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}
    return Event(json.dumps(members).encode(), position=Position("in", 3), timestamp=1447277394.0)


def test_an_entry_of_put_events_becomes_the_event_that_eventbridge_would_make() -> None:
    """With its fields, the detail as it is spelled, and the bytes that came kept for dead letters."""
    came = entry()
    made = opened(came, "put-events")
    event = json.loads(made.data)
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    assert {name: event[name] for name in ("version", "detail-type", "source", "account", "region", "resources")} == {
        "version": "0",
        "detail-type": "order placed",
        "source": "shop",
        "account": "",
        "region": "",
        "resources": ["arn:1"],
    }
    assert event["time"] == "2026-11-22T10:30:00Z"
    assert ENTRY["Detail"].encode() in made.data
    assert made.original == came.data
    assert made.position == came.position


def test_an_entry_without_a_time_has_that_of_its_receipt() -> None:
    """And without resources it has an empty list."""
    event = json.loads(opened(entry(Time=None, Resources=None), "put-events").data)
    assert event["time"] == "2015-11-11T21:29:54Z"
    assert event["resources"] == []
    assert json.loads(opened(entry(Time=1447277394), "put-events").data)["time"] == "2015-11-11T21:29:54Z"


def test_the_id_of_an_entry_is_the_same_each_time_it_is_read() -> None:
    """It comes from the position; without one from the bytes."""

    def id_of(event: Event) -> str:
        return str(json.loads(opened(event, "put-events").data)["id"])

    one = entry()
    assert id_of(one) == id_of(entry())
    assert len({id_of(one), id_of(one._replace(position=Position("in", 4))), id_of(one._replace(position=None))}) == 3
    assert id_of(one._replace(position=None)) == id_of(entry()._replace(position=None))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"Source": None}, '"Source"'),
        ({"Source": ""}, '"Source"'),
        ({"DetailType": 5}, '"DetailType"'),
        ({"Detail": {"a": 1}}, '"Detail", a string'),
        ({"Detail": "[1]"}, '"Detail" holds no JSON object: found an array'),
        ({"Detail": '{"a": 1} x'}, '"Detail" holds no JSON object'),
        ({"Detail": '{"a": "\ud800"}'}, "half of a surrogate pair"),
        ({"Resources": [1]}, '"Resources"'),
        ({"Resources": "arn"}, '"Resources"'),
        ({"Time": "yesterday"}, '"Time"'),
        ({"Time": "2026-13-01T00:00:00Z"}, '"Time"'),
        ({"Time": True}, '"Time"'),
        ({"Time": 1e300}, '"Time"'),
    ],
)
def test_an_entry_that_eventbridge_would_refuse_is_refused(changes: dict[str, Any], what: str) -> None:
    """Source, DetailType and Detail are needed; Detail is a string that holds an object."""
    with pytest.raises(EnvelopeError) as refused:
        opened(entry(**changes), "put-events")
    assert what in refused.value.what


def request(*entries: Any) -> bytes:
    return json.dumps({"Entries": list(entries)}).encode()


@pytest.mark.parametrize("form", ["put-events", "auto"])
def test_a_whole_request_of_put_events_is_no_event(form: str) -> None:
    """Its entries are, each with a fate of its own; the reason says what to write."""
    with pytest.raises(EnvelopeError) as refused:
        opened(Event(request(ENTRY, ENTRY)), form)
    assert refused.value.code == "not-put-events"
    assert refused.value.what == (
        "a whole request of PutEvents, and an event is one of its entries; write each of them by itself"
    )


@pytest.mark.parametrize("data", [request(), request(5), request({"Detail": "{}"}), b'{"Entries": {}}'])
def test_other_entries_are_bare(data: bytes) -> None:
    """Events may have a member of that name."""
    assert form_of(data) == "bare"
    assert opened(Event(data), "auto") == Event(data)


def test_a_request_is_split_into_its_entries() -> None:
    """Each as it is spelled, so that each can be opened; of two members with one name the last counts."""
    one, two = json.dumps(ENTRY, indent=1).encode(), b'{"Detail": "{}",  "Source":"\\u0061"}'
    assert entries_of(b' {"Entries": [], "\\u0045ntries" : [ %s\n, %s ]}\n' % (one, two)) == [one, two]
    assert entries_of(b'{"Entries": []}') == []
    assert json.loads(opened(Event(entries_of(request(ENTRY))[0]), "put-events").data)["source"] == "shop"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"[", "not-json"), (b"[]", "not-object"), (b"{}", "not-put-events"), (b'{"Entries": {}}', "not-put-events")],
)
def test_what_is_no_request_is_not_split(data: bytes, code: str) -> None:
    """The code is that of an event that cannot be read, or says that it is no request."""
    with pytest.raises(EnvelopeError) as refused:
        entries_of(data)
    assert refused.value.code == code


def test_a_delivered_event_is_itself_with_its_id() -> None:
    """An id that the source gave stays, and one that is no string is none."""
    data = b'{"version": "0", "id": "7bf7", "detail": {}}'
    assert opened(Event(data), "eventbridge") == Event(data, id="7bf7")
    assert opened(Event(data, id="mine"), "eventbridge").id == "mine"
    assert opened(Event(b'{"id": 5}'), "eventbridge").id == ""


def test_a_cloud_event_is_itself_with_its_id_and_its_key() -> None:
    """Source and id together tell CloudEvents apart; "partitionkey" is the key."""
    data = json.dumps(CLOUD_EVENT).encode()
    found = opened(Event(data), "cloudevents")
    assert (found.data, found.id, found.key) == (data, "/shop 7", "ä".encode())
    assert opened(Event(data, key=b"mine"), "cloudevents").key == b"mine"


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_a_cloud_event_that_lacks_an_attribute_is_refused(missing: str) -> None:
    """Four attributes are required."""
    data = json.dumps({name: value for name, value in CLOUD_EVENT.items() if name != missing}).encode()
    with pytest.raises(EnvelopeError, match=missing):
        opened(Event(data), "cloudevents")


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("bare", "auto")])
@pytest.mark.parametrize("data", [b"", b"[1]", b"\xff", b'{"a": ' + b"[" * 2000])
def test_data_that_are_no_event_have_no_form(form: str, data: bytes) -> None:
    """The code is that of an event that cannot be read."""
    with pytest.raises(EnvelopeError) as refused:
        opened(Event(data), form)
    assert refused.value.code in ("not-json", "not-object", "not-utf8", "too-deep")


def test_bare_data_are_let_be() -> None:
    """Whatever they are: planning tells what is no event."""
    assert opened(Event(b"[")) == Event(b"[")


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (json.dumps(CLOUD_EVENT).encode(), "cloudevents"),
        (json.dumps(ENTRY).encode(), "put-events"),
        (b'{"id": "1", "source": "s", "detail-type": "t", "detail": {}}', "eventbridge"),
        (b'{"id": 1, "source": "s", "detail-type": "t"}', "bare"),
        (b'{"Source": "s", "DetailType": "t"}', "bare"),
        (b"{}", "bare"),
        (b"[", "bare"),
    ],
)
def test_the_form_of_data_is_told_by_its_members(data: bytes, form: str) -> None:
    """ "auto" opens them as that."""
    assert form_of(data) == form
    assert opened(Event(data), "auto") == opened(Event(data), form)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("2015-11-11T21:29:54Z", 1447277394.0), ("2015-11-11T22:29:54.5+01:00", 1447277394.5), ("today", 0.0), (5, 0.0)],
)
def test_the_own_time_of_an_event_stands_in_where_no_other_is_known(time: Any, seconds: float) -> None:
    """Where the source says when it received the event, that stays."""
    data = json.dumps({"id": "1", "time": time}).encode()
    assert opened(Event(data), "eventbridge").timestamp == seconds
    assert opened(Event(data, timestamp=7.0), "eventbridge").timestamp == 7.0
    assert opened(Event(json.dumps({**CLOUD_EVENT, "time": time}).encode()), "cloudevents").timestamp == seconds
