"""A rule given as a Python mapping becomes the JSON text it means.

In: a mapping with names that are strings; values are mappings, lists, tuples, strings, ints, floats,
bools, None, and subclasses of these (members of StrEnum and IntEnum, for example). Out: JSON text; RuleError
on anything else.

    {"a": (1, None)}  ->  {"a": [1, null]}

A rule has one meaning however it is given, because the text is then read as any other text is.
Always: no recursion, and a structure that contains itself is found by its depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, NoReturn

from ruler.errors import Location, RuleError

# Ints of more bits overflow a double; they are refused before Python would spend quadratic time
# on their digits, or refuse itself beyond 4300 of them.
_MOST_BITS = 1024
_END: Any = object()  # what next() gives at the end of a container: no caller can have put it there


def text_from_mapping(rule: Mapping[str, object], max_depth: int) -> str:
    """Return ``rule`` as JSON text; raises RuleError where JSON or ``max_depth`` cannot hold it."""
    return "".join(_Writer(max_depth).pieces(rule))


class _Open:
    """A container that is being written."""

    __slots__ = ("closing", "count", "is_first", "items", "step")

    def __init__(self, closing: str, items: Iterator[Any]) -> None:
        self.closing = closing
        self.items = items  # values of an array, (name, value) of an object
        self.is_first = True
        self.count = -1  # the index being written, in an array
        self.step: str | int = -1  # the name or index being written


class _Writer:
    def __init__(self, max_depth: int) -> None:
        self.max_depth = max_depth
        self.stack: list[_Open] = []

    def pieces(self, rule: Mapping[str, object]) -> list[str]:
        """Return the pieces of the text of ``rule``. One loop over the containers that are open."""
        pieces = [self.opened(rule)]
        while self.stack:
            container = self.stack[-1]
            item = next(container.items, _END)
            if item is _END:
                pieces.append(container.closing)
                self.stack.pop()
                continue
            if not container.is_first:
                pieces.append(", ")
            container.is_first = False
            if container.closing == "}":
                pieces.append(self.name(container, item[0]))
                pieces.append(self.value(item[1]))
            else:
                container.step = container.count = container.count + 1
                pieces.append(self.value(item))
        return pieces

    def name(self, container: _Open, name: object) -> str:
        if not isinstance(name, str):
            container.step = repr(name)[:40]
            self.fail(
                "name-not-string",
                f"the name {repr(name)[:40]} is of type {type(name).__name__}, expected str",
                why="the names in a JSON object are strings",
                write=f'"{name}"' if isinstance(name, int) and abs(name) < 2**63 else "a str",
            )
        container.step = str.__str__(name)
        return self.string(name) + ": "

    def value(self, value: object) -> str:
        """Return the text of ``value``; of a container only its opening bracket, and it is then open."""
        if isinstance(value, str):
            return self.string(value)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, float):
            return self.double(value)
        return self.opened(value)

    def opened(self, value: object) -> str:
        if isinstance(value, Mapping):
            opening, container = "{", _Open("}", iter(value.items()))
        elif isinstance(value, (list, tuple)):
            opening, container = "[", _Open("]", iter(value))
        else:
            self.fail_type(value)
        if len(self.stack) == self.max_depth:
            raise _too_deep(self.max_depth)
        self.stack.append(container)
        return opening

    def string(self, text: str) -> str:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                self.fail(
                    "lone-surrogate",
                    f"\\u{ord(text[error.start]):04x} is half of a surrogate pair, without the other half",
                    why="a lone surrogate is no character and has no UTF-8 form, so no event can hold it",
                    write="the character itself",
                )
        return encode_basestring(text)

    def integer(self, number: int) -> str:
        if number.bit_length() > _MOST_BITS:
            self.fail(
                "number-too-large",
                f"an integer of {number.bit_length()} bits is too large",
                why="numbers are 64-bit integers or IEEE-754 doubles, which end at about 1.8e308",
                write="a smaller number; or a string, when events carry it as one",
            )
        return int.__repr__(number)

    def double(self, number: float) -> str:
        if not isfinite(number):
            self.fail(
                "not-a-number",
                f"{float.__repr__(number)} is not JSON",
                why="JSON numbers are finite, so no event can hold it",
                write='a number; [{"numeric": [">", 0]}] has no upper bound without infinity',
            )
        return float.__repr__(number)

    def fail_type(self, value: object) -> NoReturn:
        writes = {
            "set": "a list",
            "frozenset": "a list",
            "bytes": "a str",
            "bytearray": "a str",
            "Decimal": "an int or a float",
            "datetime": "the str that events carry",
            "date": "the str that events carry",
        }
        self.fail(
            "unsupported-type",
            f"found a value of type {type(value).__name__}, which is not JSON",
            why="a rule holds mappings, lists, tuples, str, int, float, bool and None",
            write=writes.get(type(value).__name__, "one of these"),
        )

    def fail(self, code: str, what: str, *, why: str, write: str) -> NoReturn:
        location: Location = tuple(container.step for container in self.stack)
        raise RuleError(code, what, why=why, write=write, location=location)


def _too_deep(limit: int) -> RuleError:
    return RuleError(
        "too-deep",
        f"nesting deeper than {limit} objects and arrays",
        why=f"the outermost mapping is depth 1, the deepest may be {limit}",
        write='a flatter rule: {"a.b": [1]} is {"a": {"b": [1]}}; a list cannot contain itself',
    )
