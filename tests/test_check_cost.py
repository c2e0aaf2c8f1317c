"""Checking costs no more than the text is long: many findings on one long line, and names of megabytes."""

from __future__ import annotations

import tracemalloc

import pytest

from ruler.checks import branch_warnings
from ruler.checks.check import check
from ruler.findings import excerpt
from ruler.patterns.reader import Document, read_document

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


def test_fixes_of_nested_branches_are_proved_in_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """To prove one the whole rule is compiled again: of many branches only the first fixes are offered."""
    texts: list[str] = []

    def counting(text: str) -> Document:
        texts.append(text)
        return read_document(text)

    monkeypatch.setattr(branch_warnings, "read_document", counting)
    monkeypatch.setattr(branch_warnings, "MOST_PROVED", 10_000)
    rule = '{"$or":[' * 100 + '{"a":[1]}' + ',{"b":[2]}]}' * 100
    found = check(f'{{"r": {rule}}}')
    assert 0 < sum(map(len, texts)) <= 10_000
    assert {True, False} == {finding.fix is None for finding in found}
