"""Hypothesis strategies for what goes wrong with events: damaged texts, decoded events that hold odd things."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, UserDict, defaultdict
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import strategies
from hypothesis import strategies as st

# ----- texts

PIECES = [
    *(bytes([byte]) for byte in b'"\\{}[],:0-+.eE \t\n\r\x0c\x00\x1f\x7f/'),
    *(b"\xff", b"\xc3", b"\xa9", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"\xc3\xa9"),
    *(b"1e309", b"-1e400", b"01", b"1.", b".5", b"1e", b"1e+", b"--1", b"+1", b"9" * 310, b"0." + b"0" * 70),
    *(b"NaN", b"Infinity", b"tru", b"nul", b"True", b"falsee", b"null"),
    *(b"\\u12", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\x", b'\\"', b"\\\\", b"\\u0061"),
    *(b'"a":', b'"a"', b"{}", b"[]", b'{"a":1}', b'"a":{"b":[', b"x" * 64, b" " * 64),
]


@st.composite
def damaged_texts(draw: st.DrawFn) -> bytes:
    """An event's bytes after up to four changes, behind up to 130 spaces: so at any place of blocks of 64 bytes."""
    text = bytearray(draw(strategies.events).encode())
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 1, 2, 8, 1000])))
        change = draw(st.sampled_from(["put", "put", "double", "flip", "cut"]))
        if change == "put":
            text[start:end] = draw(st.sampled_from(PIECES))
        elif change == "double":
            text[start:end] = text[start:end] * 2
        elif change == "flip" and start < len(text):
            text[start] ^= 1 << draw(st.integers(0, 7))
        else:
            del text[start:end]
    return b" " * draw(st.sampled_from([0, 0, 1, 30, 59, 62, 63, 64, 65, 127, 130])) + bytes(text)


# One fault or oddity each, with what it looks like in an event; all are put at every place of a block.
FAULTS = [
    *(b'{"a":%s}' % value for value in (b"01", b"1.", b"-", b"1e309", b"tru", b"nulll", b"", b"1 2", b"[1,]", b'"')),
    *(b'{"a":"%s"}' % inside for inside in (b"\x01", b"\\x", b"\\ud800", b"\\u12", b"\xc3", b"\xed\xa0\x80", b"\\")),
    *(b"{%s}" % inside for inside in (b'"a"', b'"a":1,', b'a":1', b'"a":1 "b":2', b'"a" 1', b"1:1", b",", b":")),
    *(
        b'{"a":1',
        b'{"a":1}}',
        b'{"a":1} x',
        b'{"a":1}\x00',
        b'["a"]',
        b'"a"',
        b"1",
        b"",
        b"\xef\xbb\xbf{}",
        b'{"a":{]}',
    ),
]
ODDITIES = [
    *(b'{"a":%s}' % value for value in (b"1", b"1.0", b"-0", b"1e-400", b"[]", b"[[1]]", b'"\\u0061"', b'"\xc3\xa9"')),
    *(
        b'{"a":"%s"}' % inside
        for inside in (b"", b'\\"', b"\\\\", b'\\\\\\"', b"{[,:", b"}],", b"\\ud83d\\ude00", b"\x7f")
    ),
    *(b'{"\\u0061":1}', b'{"a":2,"a":1}', b'{"a":{"b":1},"a":{"c":1}}', b'{"a.b":1,"a":{"b":2}}', b"{}", b"{ }\r\n\t "),
    b'{"a":[{"x":1,"y":2},{"x":2,"y":1}]}',
]

# ----- decoded events


class OddStr(str):
    """A str that is not quite one: its own methods say nothing of its characters."""

    __slots__ = ()

    def __str__(self) -> str:
        return "not this"


class OddInt(int):
    """An int of a class of its own."""


class OddFloat(float):
    """A float of a class of its own."""


class OddList(list[Any]):
    """A list of a class of its own."""


class OddDict(dict[Any, Any]):
    """A dict of a class of its own."""


class Word(enum.StrEnum):
    A = "a"


class Count(enum.IntEnum):
    ONE = 1


odd_strings = st.sampled_from(["\ud800", "a\udfff", "\ud83d\ude00", OddStr("a"), OddStr("é"), OddStr("\ud800"), Word.A])
odd_scalars = st.one_of(
    odd_strings,
    st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**308, 10**309, -(10**400)]),
    st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 5e-324, OddFloat(1), OddFloat("nan")]),
    st.sampled_from([OddInt(1), OddInt(2**64), OddInt(10**400), Count.ONE, True, None]),
    st.sampled_from([Decimal(1), b"a", bytearray(b"a"), {1}, frozenset(), 1j, range(2), object, ...]),
)
odd_names = st.one_of(
    odd_strings, st.sampled_from([None, 1, True, 1.5, ("a",), b"a", OddInt(1)]), st.sampled_from(strategies.NAMES)
)
plain_scalars = strategies.strings | st.sampled_from([0, 1, -1, 0.5, 300, 2**53 + 1, True, False, None])


def mappings_of(values: st.SearchStrategy[Any], names: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping of one of many kinds, mostly a dict."""
    kinds = [dict, dict, dict, dict, OddDict, OrderedDict, UserDict, MappingProxyType, lambda d: defaultdict(list, d)]
    return st.builds(
        lambda kind, members: kind(members), st.sampled_from(kinds), st.dictionaries(names, values, max_size=3)
    )


def sequences_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list, a tuple, or a list of another class."""
    return st.builds(
        lambda kind, items: kind(items), st.sampled_from([list, list, tuple, OddList]), st.lists(values, max_size=3)
    )


@st.composite
def decoded_events(draw: st.DrawFn) -> Any:
    """A decoded event: often right in an unusual way, often wrong, sometimes holding itself."""
    is_odd = draw(st.booleans())
    scalars = plain_scalars | odd_scalars if is_odd else plain_scalars
    names = strategies.names | odd_names if is_odd and draw(st.booleans()) else strategies.names
    values = st.recursive(scalars, lambda inner: mappings_of(inner, names) | sequences_of(inner), max_leaves=6)
    event = draw(mappings_of(values, names))
    if draw(st.integers(0, 15)) == 0 and isinstance(event, dict):
        event["a"] = draw(st.sampled_from([event, [event], (1, event), {"b": event}]))
    if draw(st.integers(0, 15)) == 0 and isinstance(event, dict):
        event["b"] = nested(draw(st.sampled_from([1022, 1023, 1024, 5000])), draw(st.booleans()))
    return event


def nested(depth: int, in_objects: bool) -> Any:
    """``depth`` containers, one inside the other."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if in_objects else [value]
    return value
