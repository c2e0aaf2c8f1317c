"""Event text, or an already decoded event, to the plain dict that a machine reads.

In: str, bytes, bytearray, memoryview, or a mapping. Out: a dict of dict, list, str, int, float, bool and None, with
numbers as the semantics compare them; EventError on anything else. Text is decoded by orjson, which is as
strict as section 10 of the semantics and keeps the last of duplicate names. A decoded event means what its JSON
text would, so it is checked as a whole too, and copied.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ruler.errors import EventError, Location, text_of

EventText = str | bytes | bytearray | memoryview
Event = EventText | Mapping[str, object]

MAX_DEPTH = 1024  # objects and arrays around a value, the event itself included; orjson's limit as well

# What orjson says -> what we say. Other texts of its pass through, see _worded.
_WORDS = {
    "invalid literal, expected 'true'": "unexpected word, expected true",
    "invalid literal, expected 'false'": "unexpected word, expected false",
    "invalid literal, expected 'null'": "unexpected word, expected null",
    "invalid escape in string": "unknown escape in a string",
    "invalid escaped sequence in string": "unknown escape in a string",
}

# More than 2 * MAX_DEPTH: of two characters one is a value at most, but for containers that are still open.
_SPACES = 4 * MAX_DEPTH

_SMALLEST_INT, _LARGEST_INT = -(2**63), 2**64 - 1  # integers beyond are the nearest double, as in text


def decode(event: Event) -> dict[str, Any]:
    """Return ``event`` as a new plain dict."""
    kind = event.__class__
    if kind is not bytes and kind is not str and not isinstance(event, EventText):
        if isinstance(event, Mapping):
            return _plain_object(event)
        raise EventError(
            "unsupported-type",
            f"found a value of type {type(event).__name__}, expected JSON text (str, bytes, bytearray, "
            "memoryview) or a mapping",
        )
    if isinstance(event, str) and kind is not str:  # orjson takes no subclasses, and no view with gaps
        event = str.__str__(event)
    elif kind not in (bytes, str, bytearray) and not (isinstance(event, memoryview) and event.c_contiguous):
        event = bytes(event)  # type: ignore[arg-type]
    try:
        decoded = orjson.loads(event)  # type: ignore[arg-type]
    except orjson.JSONDecodeError as error:
        raise _text_error(event, error) from None
    if decoded.__class__ is not dict:
        text = _as_text(event)
        start = len(text) - len(text.lstrip(" \t\n\r"))
        raise EventError(
            "not-object",
            f"found {_described(decoded)}, expected an object",
            offset=_offset(event, text, start),
        )
    return decoded


# -- text ------------------------------------------------------------------------------------------------------


def _text_error(event: Any, error: orjson.JSONDecodeError) -> EventError:
    """Word what orjson refused, with the offset in what was given."""
    try:
        text = _as_text(event)
    except UnicodeDecodeError as bad:
        return EventError("not-utf8", _utf8_fault(bad), offset=bad.start)
    for index, character in enumerate(text) if isinstance(event, str) else ():
        if "\ud800" <= character <= "\udfff":
            return EventError(
                "lone-surrogate",
                f"\\u{ord(character):04x} is half of a surrogate pair, not a character",
                offset=index,
            )
    message, position = _reason(text, error)
    offset = _offset(event, text, position)
    if text.startswith("\ufeff"):
        return EventError("not-json", "a byte order mark, expected an object; JSON has none", offset=0)
    if "surrogate" in message:
        return EventError("lone-surrogate", "an escaped half of a surrogate pair, not a character", offset=offset)
    if "infinity" in message:
        return EventError("number-too-large", "a number too large for a double (at most 1.8e308)", offset=offset)
    if "depth" in message or "recursion" in message.lower():
        return EventError("too-deep", f"nested deeper than {MAX_DEPTH}", offset=offset)
    if not text.strip(" \t\n\r"):
        return EventError("not-json", "nothing here, expected an object", offset=offset)
    return EventError("not-json", _worded(message), offset=offset)


def _reason(text: str, error: orjson.JSONDecodeError) -> tuple[str, int]:
    """What orjson says of ``text`` and where, though a text of brackets that are never closed is read twice for it.

    orjson sets memory aside by the length of the text, as text that is JSON needs at most, and says that it has none
    left when it meets more values: ``"[" * 1000``. Spaces before the text make it longer and change nothing else.
    """
    if "memory" not in error.msg:
        return error.msg, error.pos
    try:
        orjson.loads(" " * _SPACES + text)
    except orjson.JSONDecodeError as better:
        return better.msg, max(better.pos - _SPACES, 0)
    return error.msg, error.pos


def _worded(message: str) -> str:
    """Return a message of orjson in our words; one of another version may be unknown here."""
    return _WORDS.get(message) or message.replace("invalid", "unexpected").replace("Invalid", "Unexpected")


def _utf8_fault(bad: UnicodeDecodeError) -> str:
    """Say what is not UTF-8 at ``bad.start``. Python's own reasons for it are three."""
    first = f"byte 0x{bad.object[bad.start]:02x}"
    if bad.reason == "unexpected end of data":
        return f"{first} begins a UTF-8 character, and the text ends inside it"
    if bad.reason == "invalid continuation byte" and bad.end < len(bad.object):
        return f"{first} begins a UTF-8 character that byte 0x{bad.object[bad.end]:02x} does not continue"
    return f"{first} begins no UTF-8 character"


def _as_text(event: Any) -> str:
    return event if isinstance(event, str) else bytes(event).decode("utf-8")


def _offset(event: Any, text: str, character_index: int) -> int:
    """Return an index into ``text`` as an offset in ``event``: bytes when bytes were given."""
    if isinstance(event, str):
        return character_index
    return len(codecs.encode(text[:character_index], "utf-8"))


# -- decoded events --------------------------------------------------------------------------------------------


def _plain_object(event: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a decoded event as new plain dicts and lists."""
    # A stack, not recursion: an event may nest deeper than Python's calls. ``trace`` is where a container stands,
    # innermost step last: ((((), "a"), 0), "b"); it is spelled out only for errors.
    top: list[Any] = [event]
    todo: list[tuple[Any, Any, int, tuple[Any, ...]]] = [(top, 0, 1, ())]
    while todo:
        holder, key, depth, trace = todo.pop()
        if depth > MAX_DEPTH:
            raise EventError("too-deep", f"nested deeper than {MAX_DEPTH}", location=())
        given = holder[key]
        plain: Any
        steps: Iterable[tuple[Any, Any]]
        if isinstance(given, Mapping):
            plain = {_plain_name(name, trace): value for name, value in given.items()}
            steps = plain.items()
        else:
            plain = list(given)
            steps = enumerate(plain)
        holder[key] = plain
        for step, value in steps:
            kind = value.__class__
            # The common kinds first and without calls; a float less itself is 0.0 only when it is finite.
            if kind is str:
                if value.isascii():
                    continue
            elif kind is float:
                if value - value == 0.0:
                    continue
            elif kind is int:
                if _SMALLEST_INT <= value <= _LARGEST_INT:
                    continue
            elif kind is bool or value is None:
                continue
            if kind is dict or kind is list or isinstance(value, Mapping | list | tuple):
                todo.append((plain, step, depth + 1, (trace, step)))
            else:
                plain[step] = _plain_scalar(value, (trace, step))  # the same names, so no change of size
    return top[0]  # type: ignore[no-any-return]


def _plain_name(name: object, trace: tuple[Any, ...]) -> str:
    if not isinstance(name, str):
        what = f"the name {text_of(name)} is of type {type(name).__name__}, expected str"
        raise EventError("unsupported-type", what, location=_location(trace))
    if not name.isascii():
        _check_surrogates(name, trace)
    return name if name.__class__ is str else str.__str__(name)


def _plain_scalar(value: Any, trace: tuple[Any, ...]) -> str | int | float:
    """Return a string or number as its JSON text would read."""
    if isinstance(value, str):  # a subclass, such as a member of a StrEnum
        _check_surrogates(value, trace)
        return str.__str__(value)
    if isinstance(value, int):
        number = int(value)
        if _SMALLEST_INT <= number <= _LARGEST_INT:
            return number
        try:
            return float(number)
        except OverflowError:
            what = "a number too large for a double (at most 1.8e308)"
            raise EventError("number-too-large", what, location=_location(trace)) from None
    if isinstance(value, float):
        if not math.isfinite(value):
            raise EventError("not-a-number", f"{float(value)!r} is not a JSON number", location=_location(trace))
        return float(value)
    what = (
        f"a value of type {type(value).__name__} has no JSON form, "
        "expected dict, list, tuple, str, int, float, bool or None"
    )
    raise EventError("unsupported-type", what, location=_location(trace))


def _check_surrogates(text: str, trace: tuple[Any, ...]) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"\\u{ord(text[error.start]):04x} is half of a surrogate pair, not a character"
        raise EventError("lone-surrogate", what, location=_location(trace)) from None


def _location(trace: tuple[Any, ...]) -> Location:
    """Return the steps of a trace, ``((((), "a"), 0), "b")``, as a location."""
    steps: list[str | int] = []
    while trace:
        trace, step = trace
        steps.append(step)
    return tuple(reversed(steps))


def _described(decoded: object) -> str:
    if isinstance(decoded, list):
        return "an array"
    if isinstance(decoded, str):
        return "a string"
    return orjson.dumps(decoded).decode() if isinstance(decoded, bool | None) else "a number"
