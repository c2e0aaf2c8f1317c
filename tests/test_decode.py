"""Event text that is never closed: the reason is the text's own, not that of whoever reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler import EventError, Matcher
from ruler.machine.decode import decode


def refused(engine: str, event: str | bytes) -> tuple[str, int | None, str]:
    """Code, offset and words of the error that an event gives."""
    with pytest.raises(EventError) as caught:
        Matcher({"r": {"a": [1]}}, engine=engine).rules_for_event(event)
    return caught.value.code, caught.value.offset, caught.value.what


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"b":', '[1,[],{"c":[', " [", '["é",'])
@pytest.mark.parametrize("repeats", [1026, 1100, 3000])
def test_brackets_never_closed_are_too_deep_where_closed_ones_are(opening: str, repeats: int, engine: str) -> None:
    """Of text in both forms, and with more behind them."""
    text = opening * repeats
    closings = {"[": "]", "{": "}"}
    closed = text + "".join(closings[each] for each in reversed(text.replace("[]", "")) if each in closings)
    assert refused(engine, closed)[0] == "too-deep"
    for event in (text, text + "x", text.encode()):
        assert refused(engine, event) == refused(engine, closed if isinstance(event, str) else closed.encode())


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [
        ("", "not-json", "unexpected end of data"),
        ("x", "not-json", "unexpected character, expected a JSON value"),
        ("1e400", "number-too-large", "a number too large for a double (at most 1.8e308)"),
    ],
)
def test_brackets_that_are_never_closed_end_where_the_text_does(end: str, code: str, words: str, engine: str) -> None:
    """Or at the first thing that is not JSON; counted in what was given."""
    text = "[" * 1000 + end
    assert refused(engine, text) == refused(engine, text.encode()) == (code, 1000, words)


PIECES = st.sampled_from(["[", "[", "[", '{"":', "[1,", "[[],", '["é",', "1,", '"x":'])


@given(st.lists(st.tuples(PIECES, st.integers(1, 700)), max_size=4))
def test_no_text_of_brackets_is_refused_for_want_of_memory(pieces: list[tuple[str, int]]) -> None:
    """Whatever is opened, and how often."""
    text = "[" + "".join(piece * count for piece, count in pieces)
    with pytest.raises(EventError) as caught:
        decode(text)
    assert "memory" not in str(caught.value)
