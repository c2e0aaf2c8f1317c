"""The forms that events come in, and the event that rules judge.

In: bytes as they came, and the form they have. Out: an Event; EnvelopeError when they do not have it.

    bare         the event itself, whatever it holds
    eventbridge  an event as EventBridge delivers it: itself, and its "id" and "time"
    put-events   an entry of PutEvents, whose "Detail" is a string: the event that EventBridge would make of it
    cloudevents  a CloudEvent in structured mode: itself; its id is "source" and "id", its key "partitionkey"
    auto         whichever of these it looks like, by its members; bare when none, or no JSON object at all

    {"Source": "shop", "DetailType": "order", "Detail": "{\\"total\\": 5}"}
      ->  {"version":"0","id":"...","detail-type":"order","source":"shop",...,"detail":{"total": 5}}

The id of an event that is made from an entry comes from its position, or from its bytes: the same each time, so that
an event that is read again is the same event.

A whole request of PutEvents, {"Entries": [...]}, is no event: its entries are, each by itself, with a position and a
fate of its own. ``entries_of`` splits one.

Always: the bytes that came are kept, for dead letters. What ``Detail`` holds goes into the event as it is spelled.
Sources: EventBridge API reference, "PutEventsRequestEntry"; user guide, "Events" (fields of an event); CloudEvents 1.0,
JSON event format; CloudEvents extension "partitioning".
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from ruler.errors import EventError, RulerError
from ruler.machine.decode import decode
from ruler.route.inputs.slices import elements, members_by_name, trimmed
from ruler.route.model import Event

FORMS = ("bare", "eventbridge", "put-events", "cloudevents", "auto")
_REQUIRED = ("Source", "DetailType", "Detail")
_TELLING_MEMBERS = {  # in the order in which they are tried
    "cloudevents": ("specversion", "id", "source", "type"),
    "eventbridge": ("id", "source", "detail-type"),
    "put-events": _REQUIRED,
}
_parse_time = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)").fullmatch


class EnvelopeError(RulerError, ValueError):
    """Bytes that do not have the form they should. ``code`` is for programs."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what

    def __str__(self) -> str:
        return self.what


def opened(event: Event, form: str = "bare") -> Event:
    """Return the event that rules judge, of ``event``, whose data came as ``form``.

    An event has its own key and id already: these stay. EnvelopeError when its data do not have the form.
    """
    if form == "bare":
        return event
    try:
        members = decode(event.data)
    except EventError as error:
        if form == "auto":
            return event  # the matcher says what is wrong with it
        raise EnvelopeError(error.code, error.what) from None
    if form == "auto":
        form = _form_of(members)
    return event if form == "bare" else _OPENERS[form](event, members)


def form_of(data: bytes) -> str:
    """Return the form that data have, by the members that they must have in it; "bare" for any other.

    >>> form_of(b'{"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}'), form_of(b'{"id": 1}')
    ('cloudevents', 'bare')
    """
    try:
        return _form_of(decode(data))
    except EventError:
        return "bare"


def entries_of(data: bytes) -> list[bytes]:
    """Return the entries of a request of PutEvents, each as it is spelled; EnvelopeError when data are none.

    >>> entries_of(b'{"Entries": [{"Source": "shop", "DetailType": "a", "Detail": "{}"}]}')
    [b'{"Source": "shop", "DetailType": "a", "Detail": "{}"}']
    """
    try:
        members = decode(data)
    except EventError as error:
        raise EnvelopeError(error.code, error.what) from None
    if not isinstance(members.get("Entries"), list):
        raise EnvelopeError("not-put-events", 'a request of PutEvents has "Entries", a list of entries')
    return elements(members_by_name(trimmed(data))[b'"Entries"'])


def _form_of(members: dict[str, Any]) -> str:
    for form, names in _TELLING_MEMBERS.items():
        if all(isinstance(members.get(name), str) for name in names):
            return form
    return "put-events" if _is_request(members) else "bare"


def _is_request(members: dict[str, Any]) -> bool:
    """Whether these are the members of a request of PutEvents: nothing but a list of what looks like entries."""
    entries = members.get("Entries")
    return (
        isinstance(entries, list)
        and bool(entries)
        and all(isinstance(each, dict) and "Detail" in each and "DetailType" in each for each in entries)
    )


def _delivered(event: Event, members: dict[str, Any]) -> Event:
    return _with_time(_with_id(event, members.get("id")), members)


def _cloud_event(event: Event, members: dict[str, Any]) -> Event:
    missing = [name for name in ("specversion", "id", "source", "type") if not isinstance(members.get(name), str)]
    if missing:
        raise EnvelopeError(
            "not-cloudevent", f"a CloudEvent has the strings {', '.join(missing)}, and this one has not"
        )
    key = members.get("partitionkey")
    if event.key is None and isinstance(key, str):
        event = event._replace(key=key.encode())
    return _with_time(_with_id(event, f"{members['source']} {members['id']}"), members)


def _put_entry(event: Event, entry: dict[str, Any]) -> Event:
    """The event that EventBridge would make of an entry of PutEvents."""
    if "Source" not in entry and _is_request(entry):
        what = "a whole request of PutEvents, and an event is one of its entries; write each of them by itself"
        raise EnvelopeError("not-put-events", what)
    for name in _REQUIRED:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise EnvelopeError("not-put-events", f'an entry of PutEvents has "{name}", a string that is not empty')
    detail = entry["Detail"].encode("utf-8", "surrogatepass")
    try:
        decode(detail)
    except EventError as error:
        raise EnvelopeError("not-put-events", f'"Detail" holds no JSON object: {error.what}') from None
    resources = entry.get("Resources") or []
    if not isinstance(resources, list) or not all(isinstance(each, str) for each in resources):
        raise EnvelopeError("not-put-events", '"Resources" is a list of strings')
    head = orjson.dumps(
        {
            "version": "0",
            "id": _uuid_of(event),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": "",
            "time": _time_of(entry.get("Time"), event.timestamp),
            "region": "",
            "resources": resources,
        }
    )
    data = head[:-1] + b',"detail":' + detail.strip(b" \t\r\n") + b"}"
    return event._replace(data=data, received=event.original)


def _with_id(event: Event, found: object) -> Event:
    return event._replace(id=found) if not event.id and isinstance(found, str) else event


def _with_time(event: Event, members: dict[str, Any]) -> Event:
    """The event with its own time, where nobody knows when it was received; a time that is none is let be."""
    found = members.get("time")
    if event.timestamp or not isinstance(found, str) or not _parse_time(found):
        return event
    try:
        return event._replace(timestamp=datetime.fromisoformat(found.upper()).timestamp())
    except (ValueError, OverflowError):
        return event


def _uuid_of(event: Event) -> str:
    """An id in the form of those of EventBridge, made from what tells the event from others."""
    digits = blake2b(event.identity, digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _time_of(given: object, timestamp: float) -> str:
    """The time of an entry as events have it: in UTC, whole seconds; that of receipt where it has none."""
    if given is None:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            return datetime.fromtimestamp(given, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError, OSError):
            raise EnvelopeError("not-put-events", f'"Time" is {given}, which is no time') from None
    if isinstance(given, str) and _parse_time(given):
        try:
            return datetime.fromisoformat(given.upper()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            pass
    raise EnvelopeError("not-put-events", '"Time" is a time of RFC 3339, such as 2026-11-22T10:00:00Z, or seconds')


_OPENERS: dict[str, Callable[[Event, dict[str, Any]], Event]] = {
    "eventbridge": _delivered,
    "put-events": _put_entry,
    "cloudevents": _cloud_event,
}
