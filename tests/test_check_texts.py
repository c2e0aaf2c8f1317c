"""Texts of warnings: recorded ones are what check says, every code has one and a section with an example."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from ruler.checks.registry import FILE_CODES, WARNINGS
from ruler.errors import ERROR_CODES

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location(
    "regenerate_warning_texts", ROOT / "scripts" / "regenerate_warning_texts.py"
)
assert _spec is not None and _spec.loader is not None
script: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(script)

FILES = sorted((ROOT / "tests" / "warnings").glob("*.txt"))
CASES = [line for path in FILES for line in path.read_text("utf-8").splitlines() if script.is_case(line)]
PAGE = (ROOT / "docs" / "checks.md").read_text("utf-8")
EVENT_CODES = {"not-object", "too-many-array-combinations"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_text_is_what_check_says(path: Path) -> None:
    """After a change of texts, run scripts/regenerate_warning_texts.py and read the diff."""
    assert script.file_text(path.read_text("utf-8")) == path.read_text("utf-8")


def test_every_warning_has_a_recorded_text() -> None:
    found = {finding.code for line in CASES for finding in script.findings_of(script.text_of(line))}
    assert set(WARNINGS) - found == set()


@pytest.mark.parametrize("line", CASES)
def test_the_text_of_a_warning_follows_the_house_style(line: str) -> None:
    """A place, a reason, what to write; no blame and no names of our classes."""
    for finding in script.findings_of(script.text_of(line)):
        text = str(finding)
        assert all((finding.line, finding.column, finding.why, finding.hint))
        assert text.count("\n") == 4
        assert not re.search(r"\b([Ii]nvalid|[Ii]llegal|[Bb]ad|AST|None|True|False|NoneType)\b", text)
        assert "n't" not in text and "!" not in finding.message


@pytest.mark.parametrize("code", WARNINGS)
def test_every_warning_has_a_section_with_an_example(code: str) -> None:
    """A heading that is the code, and below it a command that the tests run and whose output names the code."""
    section = PAGE.partition(f"\n### {code}\n")[2].partition("\n### ")[0]
    assert f"[{code}]" in section.partition("```console\n$ ruler check")[2].partition("```")[0]
    assert f"| [`{code}`](#{code}) | {WARNINGS[code].summary} | {WARNINGS[code].fix} |" in PAGE


def test_every_error_code_is_listed() -> None:
    """Those of rules, and those of files."""
    expected = {code: ERROR_CODES[code] for code in ERROR_CODES if code not in EVENT_CODES} | FILE_CODES
    assert [code for code, what in expected.items() if f"| `{code}` | {what} |" not in PAGE] == []


def test_every_code_of_a_file_is_known() -> None:
    """What the readers of files and the command report is in the table, and nothing else is."""
    sources = [ROOT / "ruler" / "rule_files.py", ROOT / "cli" / "check.py"]
    used = set().union(
        *(re.findall(r'"((?:file|entry|rule|findings)-[a-z-]+)"', path.read_text("utf-8")) for path in sources)
    )
    assert used - set(ERROR_CODES) == set(FILE_CODES)


def test_codes_are_words_with_hyphens_and_mean_one_thing() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", code) for code in [*WARNINGS, *FILE_CODES])
    assert set(WARNINGS).isdisjoint({*ERROR_CODES, *FILE_CODES})
