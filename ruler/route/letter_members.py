"""Reads the members of a dead letter, each as what it must be.

In: the members of a line of JSON. Out: texts, counts, times, positions, keys; LetterError with what is wrong.

    {"attempts": 8}  ->  count("attempts") is 8        {"attempts": "8"}  ->  "attempts" is no whole number from 0

Always: what is left out reads as if nobody knew it, and what is there has its type.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ruler.errors import RulerError
from ruler.route.model import NO_HEADERS, Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_is_time = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)").fullmatch


class LetterError(RulerError, ValueError):
    """A line that is no dead letter. ``code`` is for programs: that of the EventError, or "not-dead-letter"."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what

    def __str__(self) -> str:
        return self.what


class LetterMembers:
    """The members of one line."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members

    def error(self, what: str) -> LetterError:
        return LetterError("not-dead-letter", f"no dead letter: {what}")

    def text(self, name: str) -> str:
        value = self.members.get(name)
        if value is not None and not isinstance(value, str):
            raise self.error(f'"{name}" is no string')
        return value or ""

    def count(self, name: str) -> int:
        value = self.members.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.error(f'"{name}" is no whole number from 0')
        return value or 0

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.members.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.error(f'"{name}" is no list of strings')
        return tuple(value)

    def time(self, name: str) -> float:
        value = self.text(name)
        if not value:
            return 0.0
        try:
            if _is_time(value):
                return (datetime.fromisoformat(value.upper()) - _EPOCH) / timedelta(milliseconds=1) / 1000
        except (ValueError, OverflowError):
            pass  # a day that no calendar has: told below, as any other text
        raise self.error(f'"{name}" is no time of RFC 3339, such as 2026-11-22T10:00:00Z')

    def from_base64(self, name: str, text: str) -> bytes:
        try:
            return a2b_base64(text.encode(), strict_mode=True) if text else b""
        except (Base64Error, ValueError) as error:
            raise self.error(f'"{name}" is no base64: {error}') from None

    def key(self) -> bytes | None:
        return None if self.members.get("key") is None else self._bytes("key", self.members["key"])

    def any_text(self, name: str) -> str:
        value = self.members.get(name)
        return "" if value is None else self._string(name, value)

    def headers(self) -> Mapping[str, str]:
        value = self._object("headers")
        return {name: self._string(f"headers.{name}", each) for name, each in value.items()} if value else NO_HEADERS

    def position(self) -> Position | None:
        value = self._object("position")
        if value is None:
            return None
        offset = value.get("offset")
        if not isinstance(offset, int) or isinstance(offset, bool) or "source" not in value:
            raise self.error('"position" has "source" and "offset", a whole number, or is null')
        return Position(self._string("position.source", value["source"]), offset)

    def objects(self, name: str) -> list[LetterMembers]:
        value = self.members.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.error(f'"{name}" is no list of objects')
        return [LetterMembers(each) for each in value]

    def _object(self, name: str) -> dict[str, Any] | None:
        value = self.members.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.error(f'"{name}" is no object')
        return value

    def _string(self, name: str, value: object) -> str:
        """A string, or what UTF-8 has no form for."""
        if isinstance(value, str):
            return value
        try:
            return self._bytes(name, value).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self.error(f'"{name}" holds bytes that are no text') from None

    def _bytes(self, name: str, value: object) -> bytes:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and isinstance(value.get("base64"), str):
            return self.from_base64(f"{name}.base64", value["base64"])
        raise self.error(f'"{name}" is neither a string nor {{"base64": "..."}}')
