"""Recorded explanations are what the library says, every code of a reason occurs, and the texts are in house style."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from ruler.explain.reasons import REASON_CODES

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location(
    "regenerate_explanations", ROOT / "scripts" / "regenerate_explanations.py"
)
assert _spec is not None and _spec.loader is not None
script: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(script)

FILES = sorted((ROOT / "tests" / "explanations").glob("*.txt"))
CASES = [case for path in FILES for case in script.cases_of(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_text_is_what_the_library_says(path: Path) -> None:
    """After a change of texts, run scripts/regenerate_explanations.py and read the diff."""
    assert script.file_text(path.read_text("utf-8")) == path.read_text("utf-8")


def test_every_code_of_a_reason_has_a_case() -> None:
    """The registry of codes is exactly what occurs."""
    assert set(REASON_CODES) == {code for case in CASES for code in script.codes_of(script.explanation_of(case))}


def test_the_page_lists_every_code_of_a_reason() -> None:
    """docs/explain.md has a row for each, in their order, with the words of the registry."""
    page = (ROOT / "docs" / "explain.md").read_text("utf-8")
    assert list(REASON_CODES.items()) == re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_are_in_house_style(path: Path) -> None:
    """No word of blame, no exclamation mark, no contraction, nothing of Python, and lines of a length one can read."""
    for case in script.cases_of(path.read_text("utf-8")):
        said = str(script.explanation_of(case))
        assert not re.search(r"\b(invalid|illegal|bad|wrong|None|True|False|node)\b|!|n't\b|<", unquoted(said)), said
        assert all(line.isprintable() and len(line) < 260 for line in said.splitlines())


def unquoted(text: str) -> str:
    """``text`` without what it quotes of rules and events."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
