r"""Dead letters: what could not be delivered, as lines of JSON, and back again.

In: a delivery or poison, and why it was given up. Out: one line of JSON; from such a line a Letter, the bytes exact.

    Delivery(Event(b'{"total": 12}'), Route("ops", ("big",), ...), ...), reason="HTTP 404"
      ->  {"reason":"HTTP 404","code":"rejected","target":"ops","rules":["big"],"attempts":1,"version":"7f3a...",
           "digest":"7f3a...","id":"5c41...","position":{"source":"orders.jsonl","offset":512},"key":null,
           "time":"2026-11-22T10:00:00.000Z","event":{"total": 12}}

The untouched bytes stand under one of three names: "event" where they are one JSON object on one line, spelled as they
came; "text" where they are UTF-8; else "base64". So a dead letter is itself an event, and rules select it by what is in
the event that it holds.

Always: ``letter_of(record_of(...)).data`` is what came, byte for byte. A line is an event that this library reads,
whatever it holds. A dead letter that goes on to another dead-letter target, or is replayed and fails again, holds the
event as it came, not a letter in a letter.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypedDict, Unpack

import orjson

from ruler.errors import EventError
from ruler.machine.decode import MAX_DEPTH, decode
from ruler.route.inputs.slices import members_by_name, trimmed
from ruler.route.letter_members import LetterError, LetterMembers
from ruler.route.model import ID_BYTES, NO_HEADERS, Delivery, Event, Position, Route
from ruler.route.plan import LARGEST_EVENT, Poison

LONGEST_REASON = 1000  # characters: a reason may come from the answer of a stranger
# Codes of deliveries; those of poison are the planner's.
REJECTED = "rejected"  # the target will never take it
ATTEMPTS = "attempts"  # it was tried as often as the target's settings allow
AGE = "age"  # it was tried for as long as they allow
INPUT = "input"  # the rule's input could not be made from the event
DATA_MEMBERS = ("event", "text", "base64")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_breaks_line = re.compile(rb"[\r\n]").search


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dead-letter target that did not take a dead letter, which then went on to another one."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: what could not be delivered, and all that is known about it."""

    data: bytes  # the event exactly as it came
    reason: str = ""
    code: str = ""
    target: str = ""  # "" for poison, which was to go nowhere yet
    rules: tuple[str, ...] = ()
    attempts: int = 0  # all that were made, those of replays too
    version: str = ""
    digest: str = ""
    id: str = ""  # of the delivery, the same each time it is made; for poison: of the event
    position: Position | None = None  # in its source
    key: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    event_id: str = ""  # as its producer tells the event apart
    received: float = 0.0  # when the event was received, in seconds since 1970; 0 where nobody knows
    time: float = 0.0  # when it became a dead letter, in seconds since 1970
    replays: int = 0  # how often it was replayed and failed again
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_poison(self) -> bool:
        """Whether the data could not be judged as an event."""
        return not self.target

    def line(self) -> bytes:
        """Return the dead letter as a line of JSON, without a line end."""
        return _line(self, is_judged=False)

    def event(self) -> Event:
        """Return the event as its source gave it."""
        return Event(self.data, self.key, self.headers, self.position, self.received, self.event_id)


@dataclass(frozen=True, eq=False)
class LetterRoute(Route):
    """The route of a dead letter to a target of dead letters."""

    letter: Letter = Letter(b"")


@dataclass(frozen=True, eq=False)
class ReplayRoute(Route):
    """The route of what a dead letter holds, to the target that did not take it then."""

    letter: Letter = Letter(b"")


class Why(TypedDict, total=False):
    """Why and how a delivery was given up. What the delivery or the poison knows itself may be left out."""

    target: str  # the one that did not take it
    reason: str
    code: str
    attempts: int
    wall_time: float  # seconds since 1970
    version: str  # of the rule set: for poison, which knows none
    digest: str


def record_of(given: Delivery | Poison, **why: Unpack[Why]) -> bytes:
    """Return the line of the dead letter of a delivery that was given up, or of data that are no event.

    >>> delivery = Delivery(Event(b'{"total": 12.0}'), Route("ops", ("big",), "d", "v"), b"")
    >>> record_of(delivery, reason="HTTP 404", attempts=1).partition(b'"time"')[2]
    b':"1970-01-01T00:00:00.000Z","event":{"total": 12.0}}'
    """
    return _line(letter_from(given, **why), is_judged=_is_judged(given))


def dead_letter_delivery(given: Delivery | Poison, dead_letter: str, **why: Unpack[Why]) -> Delivery:
    """Return the delivery that takes the dead letter of ``given`` to the target called ``dead_letter``.

    Its id comes from the id of what was not delivered, so that two dead letters of one event are told apart.
    """
    letter = letter_from(given, **why)
    name = b"%s\0%d\0%s" % (letter.id.encode(), letter.replays, dead_letter.encode())
    own_id = blake2b(b"dead letter\0" + name, digest_size=ID_BYTES).hexdigest()
    route = LetterRoute(dead_letter, letter.rules, letter.digest, letter.version, "", own_id, letter)
    return Delivery(given.event, route, _line(letter, is_judged=_is_judged(given)))


def letter_from(given: Delivery | Poison, **why: Unpack[Why]) -> Letter:
    """Return the dead letter of a delivery that was given up, or of data that are no event.

    A delivery that carries a dead letter already keeps it: a further dead-letter target is told who refused it, and
    one that was replayed tells of its last failure and counts its attempts on.
    """
    if isinstance(given, Poison):
        return _letter_of_poison(given, why)
    route, event = given.route, given.event
    reason = _shortened(why.get("reason") or given.problem)
    target = why.get("target") or route.target
    if isinstance(route, LetterRoute):
        before = route.letter
        return replace(before, refusals=(*before.refusals, Refusal(target, reason)))
    attempts = why.get("attempts") or (0 if given.problem else given.attempt)
    letter = Letter(
        event.original,
        reason,
        why.get("code") or (INPUT if given.problem else REJECTED),
        target,
        route.rules,
        attempts,
        route.version,
        route.digest,
        given.id,
        event.position,
        event.key,
        event.headers,
        event.id,
        event.timestamp,
        why.get("wall_time", 0.0),
    )
    return _failed_again(route.letter, letter) if isinstance(route, ReplayRoute) else letter


def _letter_of_poison(poison: Poison, why: Why) -> Letter:
    event = poison.event
    version, digest = why.get("version", ""), why.get("digest", "")
    return Letter(
        event.original,
        _shortened(why.get("reason") or poison.reason),
        why.get("code") or poison.code,
        version=version,
        digest=digest,
        id=Delivery(event, Route("", (), digest, version), b"").id,
        position=event.position,
        key=event.key,
        headers=event.headers,
        event_id=event.id,
        received=event.timestamp,
        time=why.get("wall_time", 0.0),
    )


def _failed_again(before: Letter, now: Letter) -> Letter:
    """The dead letter of a replay: the event as it came first, and the failure of now."""
    return replace(
        now,
        data=before.data,
        attempts=before.attempts + now.attempts,
        position=before.position,
        key=before.key,
        headers=before.headers,
        event_id=before.event_id,
        received=before.received,
        replays=before.replays + 1,
    )


def _is_judged(given: Delivery | Poison) -> bool:
    """Whether a matcher has read the event already, so that it is a JSON object."""
    return not isinstance(given, Poison) and not isinstance(given.route, LetterRoute | ReplayRoute)


# ----- writing


def _line(letter: Letter, *, is_judged: bool) -> bytes:
    record: dict[str, Any] = {
        "reason": _printable(letter.reason),
        "code": letter.code,
        "target": _printable(letter.target) or None,
        "rules": [_printable(rule) for rule in letter.rules],
        "attempts": letter.attempts,
        "version": _printable(letter.version),
        "digest": letter.digest,
        "id": letter.id,
        "position": None,
        "key": None if letter.key is None else _text_or_base64(letter.key),
    }
    if letter.position is not None:
        record["position"] = {"source": _name(letter.position.source), "offset": letter.position.offset}
    if letter.headers:
        record["headers"] = {_printable(name): _name(value) for name, value in letter.headers.items()}
    if letter.event_id:
        record["event_id"] = _name(letter.event_id)
    if letter.received:
        record["received"] = time_text(letter.received)
    if letter.replays:
        record["replays"] = letter.replays
    if letter.refusals:
        record["refusals"] = [
            {"target": _printable(refusal.target), "reason": _printable(refusal.reason)} for refusal in letter.refusals
        ]
    record["time"] = time_text(letter.time)
    return orjson.dumps(record)[:-1] + _data_member(letter.data, is_judged=is_judged) + b"}"


def _data_member(data: bytes, *, is_judged: bool) -> bytes:
    if _fits_in_line(data, is_judged=is_judged):
        return b',"event":' + data
    found = _text_or_base64(data)
    if isinstance(found, str):
        return b',"text":' + orjson.dumps(found)
    return b"," + orjson.dumps(found)[1:-1]


def _fits_in_line(data: bytes, *, is_judged: bool) -> bool:
    """Whether the bytes are one JSON object on one line, which may stand inside another one."""
    if data[:1] != b"{" or data[-1:] != b"}" or len(data) > LARGEST_EVENT or _breaks_line(data):
        return False
    if is_judged and data.count(b"{") + data.count(b"[") < MAX_DEPTH:
        return True
    try:
        found = orjson.loads(b"[%b]" % data)  # inside something, since what is deepest may not be put deeper
    except orjson.JSONDecodeError:
        return False
    return len(found) == 1 and isinstance(found[0], dict)


def _text_or_base64(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def _name(text: str) -> str | dict[str, str]:
    """A text that may hold what UTF-8 has no form for, such as the name of a file; what comes back is the same."""
    return text if _is_utf8(text) else {"base64": b64encode(text.encode("utf-8", "surrogatepass")).decode()}


def _printable(text: str) -> str:
    """A text for people, without what UTF-8 has no form for."""
    return text if _is_utf8(text) else text.encode("utf-8", "backslashreplace").decode()


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shortened(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 3] + "..."


def time_text(seconds: float) -> str:
    """Return a time in RFC 3339 in milliseconds; a time that no calendar has is the nearest one."""
    milliseconds = min(max(seconds, 0.0), 253402300799.0) * 1000
    moment = _EPOCH + timedelta(milliseconds=round(milliseconds))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


# ----- reading


def letter_of(line: bytes) -> Letter:
    """Return the dead letter that a line holds, with or without its line end. LetterError when it holds none.

    >>> letter_of(b'{"target": "ops", "event": {"total": 12.0}}').data
    b'{"total": 12.0}'
    """
    try:
        members = decode(line)
    except EventError as error:
        raise LetterError(error.code, f"no dead letter: {error.what}") from None
    found = LetterMembers(members)
    data = _data_of(found, line)
    if "target" not in members:
        raise found.error('it has no "target", the name of a target, or null')
    return Letter(
        data,
        found.text("reason"),
        found.text("code"),
        found.text("target"),
        found.texts("rules"),
        found.count("attempts"),
        found.text("version"),
        found.text("digest"),
        found.text("id"),
        found.position(),
        found.key(),
        found.headers(),
        found.any_text("event_id"),
        found.time("received"),
        found.time("time"),
        found.count("replays"),
        tuple(Refusal(each.text("target"), each.text("reason")) for each in found.objects("refusals")),
    )


def _data_of(found: LetterMembers, line: bytes) -> bytes:
    present = [name for name in DATA_MEMBERS if name in found.members]
    if len(present) != 1:
        has = "none" if not present else " and ".join(f'"{name}"' for name in present)
        raise found.error(f'it has {has} of "event", "text" and "base64", expected one of them')
    if present[0] == "event":
        if not isinstance(found.members["event"], dict):
            raise found.error('"event" is no object')
        return members_by_name(trimmed(line))[b'"event"']
    text = found.text(present[0])
    return text.encode() if present[0] == "text" else found.from_base64(present[0], text)
