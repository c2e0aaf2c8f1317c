"""Values found by way of the decoded event: the same as those found in the text, whatever the event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from ruler.errors import EventError
from ruler.machine.decode import decode
from ruler.route.inputs.quick_paths import QuickPath, QuickPaths, quick_value_at
from ruler.route.inputs.slices import EACH, Kind, Step, index_step, name_step, token_step, value_at

STEPS = [
    *(name_step(name) for name in ("a", "b", "é", "0", "")),
    *(token_step(name, index) for name, index in (("a", -1), ("b", -1), ("0", 0), ("1", 1), ("01", -1))),
    *(index_step(0), index_step(1), EACH),
]
TEXTS = st.sampled_from(["a", "b", "0", "é", "\\u0061", "\\n", '\\"a', "a\\/b", ""])
SCALARS = ["0", "-0", "7", "-7", "1.50", "1e2", "1E400", "18446744073709551616", "true", "false", "null", "nul"]


def texts_of_values(depth: int) -> st.SearchStrategy[str]:
    """JSON text in all its spellings, and sometimes something that is nearly JSON."""
    scalars = st.one_of(st.sampled_from(SCALARS), TEXTS.map('"{}"'.format))
    if not depth:
        return scalars
    inner = texts_of_values(depth - 1)
    return st.one_of(scalars, objects_of(inner), st.lists(inner, max_size=3).map(lambda each: f"[{' , '.join(each)}]"))


def objects_of(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    space = st.sampled_from(["", "", " ", "\n"])
    member = st.tuples(space, TEXTS, space, space, inner, space).map('{0[0]}"{0[1]}"{0[2]}:{0[3]}{0[4]}{0[5]}'.format)
    return st.lists(member, max_size=4).map(lambda members: "{" + ",".join(members) + "}")


def is_event(data: bytes) -> bool:
    try:
        decode(data)
    except EventError:
        return False
    return True


@given(objects_of(texts_of_values(2)), st.lists(st.sampled_from(STEPS), max_size=3))
def test_a_value_is_the_one_that_the_text_has(text: str, steps: list[Step]) -> None:
    """Equal names, escapes, numbers of any spelling, names that are values too: slices.py says what is right."""
    data = text.encode()
    if is_event(data):
        assert quick_value_at(data, QuickPath(steps)) == value_at(data, steps)


@given(strategies.events, st.dictionaries(st.sampled_from("xyz"), st.lists(st.sampled_from(STEPS), max_size=3)))
def test_several_values_are_those_that_the_text_has(event: str, paths: dict[str, list[Step]]) -> None:
    """Each by itself."""
    data = event.encode("utf-8", "surrogatepass")
    if is_event(data):
        assert QuickPaths(paths).values(data) == {name: value_at(data, steps) for name, steps in paths.items()}


DEEP = b"[" * 50 + b"]" * 50


@pytest.mark.parametrize(
    ("data", "steps", "value"),
    [
        (b'{"a": {"b" : {"c": [1.0]} }}', [name_step("a"), name_step("b")], b'{"c": [1.0]}'),
        (b'{"x": ["a"], "a": 1.50}', [name_step("a")], b"1.50"),
        (b'{"x": {"a": 2.5}, "a": 1.50}', [name_step("a")], b"1.50"),
        (b'{"a": 1.50, "a": 2.50}', [name_step("a")], b"2.50"),
        (b'{"a": {"b": 1.5}, "a": {}}', [name_step("a"), name_step("b")], None),
        (b'{"a": [[1.50]], "0": 7.50}', [token_step("a", -1), token_step("0", 0)], b"[1.50]"),
        (b'{"a": [2.50], "x": {"0": 7.50}}', [token_step("a", -1), token_step("0", 0)], b"2.50"),
        (b'{"a": {"0": 7.50}}', [token_step("a", -1), token_step("0", 0)], b"7.50"),
        (b'{"s": "\\"a", "a": 1.50}', [name_step("a")], b"1.50"),
        (b'{"\\u0061": 1.50, "s": "a"}', [name_step("a")], b"1.50"),
        (b'{"a": ' + DEEP + b"}", [name_step("a")], DEEP),
        (b'{"x":{":{":1.50,"y":"}, "}}', [name_step("x"), name_step(":{")], b"1.50"),
        (b'{"x":"y",",":1.50}', [name_step(",")], b"1.50"),
        (b'{"a": -0}', [name_step("a")], b"-0"),
        (b'{"a": null}', [name_step("a")], b"null"),
        (b'{"a": 123456789012345678901234567890}', [name_step("a")], b"123456789012345678901234567890"),
        ('{"é": {"ü": "ß"}}'.encode(), [name_step("é")], '{"ü": "ß"}'.encode()),
        (b' {"a": 1} ', [], b'{"a": 1}'),
    ],
)
def test_values_keep_their_spelling(data: bytes, steps: Sequence[Step], value: bytes | None) -> None:
    """Where the name stands once, more often, elsewhere, in a string, or nested deeper than any pattern knows."""
    assert quick_value_at(data, QuickPath(steps)) == value == value_at(data, steps)
    assert QuickPaths({"x": steps}).values(data) == {"x": value}


def test_steps_to_several_values_are_not_followed() -> None:
    """Nor no steps at all: the text has the answer."""
    assert not QuickPath([name_step("a"), EACH]).is_followed
    assert not QuickPath([]).is_followed
    assert all(QuickPath([step]).is_followed for step in STEPS if step.kind is not Kind.EACH)
