"""Checking costs no more than the text is long: many findings on one long line, and names of megabytes."""

from __future__ import annotations

import tracemalloc

import pytest

from ruler.checks.check import check
from ruler.findings import excerpt
from ruler.patterns.reader import Document

MEGABYTE = 1_000_000


def peak_of(line: str, column: int) -> int:
    """The bytes that an excerpt takes at most while it is made."""
    tracemalloc.start()
    excerpt(line, column)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "line", [" " + "x" * MEGABYTE, " " * MEGABYTE, "x" * MEGABYTE + "\r"], ids=("x", "space", "end")
)
@pytest.mark.parametrize("column", [1, MEGABYTE // 2, MEGABYTE + 1])
def test_an_excerpt_copies_only_what_it_shows(line: str, column: int) -> None:
    """Otherwise n findings on one line of n characters cost n * n."""
    assert peak_of(line, column) < 20_000


def test_an_excerpt_leaves_out_indent_and_line_end() -> None:
    assert excerpt('\t  "a": 1, }\r', 12) == ['    "a": 1, }', "            ^"]
    assert excerpt('"a"\r', 9) == ['    "a"', "       ^"]


def test_lines_of_warnings_are_not_counted_from_the_top_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every warning there is finds its line among the beginnings of lines, which are found once."""
    text = '{"r": {"$or": [{"a": [1, 1]}, {"a": [1]}], "b": ["x", {"anything-but": "x"}], "b": [{"wildcard": "a*"}]}}'
    expected = [(each.code, each.line, each.column) for each in check(text)]
    monkeypatch.delattr(Document, "line_and_column")
    assert len(expected) == 4
    assert expected == [(each.code, each.line, each.column) for each in check(text)]
