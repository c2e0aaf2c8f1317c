"""The reader: offsets, what is JSON and what is not, and time and depth on hostile text."""

from __future__ import annotations

import enum
import json
import math
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.errors import RuleError
from ruler.patterns.reader import MAX_DEPTH, document_from_mapping, read_document

names = st.sampled_from(["", "a", "b", "é", 'q"', "\n", "😀"]) | st.text(max_size=3)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


def plain(node):
    """Return the value of ``node`` as other readers give it: the last of duplicate names counts."""
    if node.kind == "object":
        return {name: plain(value) for name, _, value in node.value}
    if node.kind == "array":
        return [plain(value) for value in node.value]
    return node.value


def nodes_of(node):
    yield node
    for child in node.value if node.kind in ("object", "array") else ():
        yield from nodes_of(child[2] if node.kind == "object" else child)


def accepts(read, text):
    try:
        read(text)
    except ValueError:
        return False
    return True


def code_of(text):
    with pytest.raises(RuleError) as raised:
        read_document(text)
    return raised.value.code


def test_nodes_know_their_offsets():
    """``text[start:end]`` is the node; a name's offset is that of its quote."""
    text = ' {"a" : [1.50, "x\\n", {}], "\\u0062":[ ],\n"a": null } '
    document = read_document(text)
    root = document.root
    assert [(name, text[start]) for name, start, _ in root.value] == [("a", '"'), ("b", '"'), ("a", '"')]
    assert [document.text[node.start : node.end] for node in nodes_of(root)] == [
        text.strip(),
        '[1.50, "x\\n", {}]',
        "1.50",
        '"x\\n"',
        "{}",
        "[ ]",
        "null",
    ]
    assert document.line_and_column(root.value[2][1]) == (2, 1)
    assert document.line_and_column(1) == (1, 2)


@given(value=values, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_reads_what_json_writes(value, indent, ascii_only):
    """Value and kind of every node are as written, as text and as bytes; so are the offsets."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    expected = json.loads(text)
    document = read_document(text)
    assert plain(document.root) == expected
    assert plain(read_document(text.encode()).root) == expected
    for node in nodes_of(document.root):
        assert json.loads(text[node.start : node.end]) == plain(node)


# Pieces that make texts which are nearly JSON.
PIECES = (
    '{ } [ ] , : "a" "\\n" "\\ud83d\\ude00" "\\u00e9" "\\x" " \\ 0 -0 01 1. .5 1e5 1E+05 -1.5e-3 1e - + '
    "true false null nul NaN Infinity \t \n \x0b é ' / 1x truefalse \ufeff \x00 \x7f \u2028"
)
pieces = st.sampled_from(PIECES.split(" "))


@given(st.lists(pieces, max_size=8).map("".join))
def test_agrees_with_orjson_about_what_is_json(text):
    """Whatever the text, both accept it or neither does."""
    assert accepts(read_document, text) == accepts(orjson.loads, text)


@given(value=values, data=st.data())
def test_agrees_with_orjson_about_damaged_text(value, data):
    """One character taken out, put in or replaced."""
    text = json.dumps({"a": value}, ensure_ascii=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(pieces | st.just("")) + text[at + data.draw(st.integers(0, 2)) :]
    assert accepts(read_document, damaged) == accepts(orjson.loads, damaged)


@given(value=values.map(lambda value: {"a": value}))
def test_every_truncation_is_an_error_inside_the_text(value):
    """Half-written input never passes, and the error names a place that exists."""
    text = json.dumps(value)
    for end in range(len(text)):
        with pytest.raises(RuleError) as raised:
            read_document(text[:end])
        assert raised.value.code in ("unterminated", "empty-text", "not-json", "unknown-escape")
        assert raised.value.line == 1 and 1 <= raised.value.column <= end + 1


@given(st.binary(max_size=6).map(lambda data: b'"' + data + b'"'))
def test_agrees_with_orjson_about_bytes(data):
    """Bad UTF-8, encoded surrogates and overlong forms are errors."""
    assert accepts(read_document, data) == accepts(orjson.loads, data)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_reads_every_kind_of_bytes(kind):
    """bytes, bytearray and memoryview are UTF-8 text."""
    assert read_document(kind('"é"'.encode())).text == '"é"'


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9007199254740993", 9007199254740993),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2**63)),
        ("9007199254740993.0", 9007199254740992),
        ("1e2", 100),
        ("-0", 0),
        ("-0.0", 0),
        ("1e-400", 0),
        ("1.5", 1.5),
    ],
)
def test_number_is_the_exact_integer_or_the_nearest_double(text, number):
    """64-bit integers stay exact; everything else is a double, as an integer where it is one of these."""
    value = read_document(text).root.value
    assert (number, type(number)) == (value, type(value))


def test_depth_limit_is_exact():
    """The top value is depth 1: 1024 is read, 1025 is not."""
    assert read_document("[" * MAX_DEPTH + "]" * MAX_DEPTH).root.kind == "array"
    assert code_of("[" * 1025 + "]" * 1025) == "too-deep"
    assert code_of('{"a":' * 1025 + "1" + "}" * 1025) == "too-deep"


SIZE = 1_000_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * SIZE, "too-deep"),
        ("1" * SIZE, "number-too-large"),
        ("0." + "1" * SIZE, None),
        ("1" * SIZE + "x", "not-json"),
        ("0" * SIZE, "leading-zero"),
        ("-" * SIZE, "not-json"),
        (" " * SIZE, "empty-text"),
        ('"' + "a" * SIZE, "unterminated"),
        ('"' + "\\n" * SIZE, "unterminated"),
        ('"' + "\\n" * SIZE + '"', None),
        ('"' + "\\" * SIZE, "unterminated"),
        ('["' + "\\ud800" * 100_000 + '"]', "lone-surrogate"),
        ('{"' + "a" * SIZE + '"' + " " * SIZE + "1", "not-json"),
        ("[" + "0," * 100_000, "unterminated"),
        ("[1," + "\n" * SIZE + "]", "trailing-comma"),
    ],
    ids=lambda value: value[:8] if isinstance(value, str) else "ok",
)
def test_hostile_text_is_read_in_linear_time(text, code):
    """A megabyte takes well under a second, whatever it holds; quadratic time would take minutes."""
    began = time.perf_counter()
    if code is None:
        read_document(text)
    else:
        assert code_of(text) == code
    assert time.perf_counter() - began < 5


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@given(st.dictionaries(names, values, max_size=3))
def test_mapping_means_what_its_text_does(rule):
    """Nodes of a mapping are the nodes of its JSON text."""
    assert plain(document_from_mapping(rule).root) == plain(read_document(json.dumps(rule)).root)


def test_mapping_may_hold_tuples_and_members_of_enums():
    """Subclasses of str and int are what they subclass; a tuple is a list."""
    document = document_from_mapping({Colour.RED: (Colour.RED, Level.HIGH, 2**70, True, None, -0.5)})
    assert document.text == '{"red": ["red", 3, 1180591620717411303424, true, null, -0.5]}'


@pytest.mark.parametrize(
    ("rule", "code", "location"),
    [
        ({"a": {1: 2}}, "name-not-string", ("a", "1")),
        ({"a": [1, math.nan]}, "not-a-number", ("a", 1)),
        ({"a": [{"b": math.inf}]}, "not-a-number", ("a", 0, "b")),
        ({"a": [[], {"x"}]}, "unsupported-type", ("a", 1)),
        ({"a": ["x", "\udc00"]}, "lone-surrogate", ("a", 1)),
        ({"a": [10**5000]}, "number-too-large", ("a", 0)),
        ({"a": [-(2**1024)]}, "number-too-large", ("a", 0)),
    ],
)
def test_mapping_error_has_a_location_and_no_line(rule, code, location):
    """The user never saw the text, so lines would mean nothing."""
    with pytest.raises(RuleError) as raised:
        document_from_mapping(rule)
    error = raised.value
    assert (code, location, None, None) == (error.code, error.location, error.line, error.column)


def test_mapping_that_contains_itself_is_too_deep():
    """A cycle ends at the depth limit, without recursion."""
    rule: dict[str, object] = {}
    rule["a"] = [rule]
    with pytest.raises(RuleError, match="nesting deeper than 1024"):
        document_from_mapping(rule)
