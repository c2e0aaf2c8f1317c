"""Dialects as data: complete, with a source for all that is known, and the page that shows them is what they say."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

from ruler.dialects.load import dialect, dialect_of_text
from ruler.dialects.model import FACTS, LIMITS, OPERATORS, Dialect, OperatorRow, Settled, Verdict
from ruler.dialects.names import DEFAULT_DIALECT, DIALECTS
from ruler.errors import RuleError
from ruler.patterns.compiler import compile_rule

ROOT = Path(__file__).parent.parent
FILES = ROOT / "ruler" / "dialects"
FIRST_READING = date(2026, 11, 21)
# What the makers of the services say, and what a public project has recorded of their answers.
PUBLIC_PLACES = ("https://docs.aws.amazon.com/", "https://github.com/aws/", "https://github.com/localstack/")

_spec = importlib.util.spec_from_file_location("regenerate_dialects", ROOT / "scripts" / "regenerate_dialects.py")
assert _spec is not None and _spec.loader is not None
regenerate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(regenerate)

every_dialect = pytest.mark.parametrize("each", [dialect(name) for name in DIALECTS], ids=DIALECTS)


def text_of(name: str) -> str:
    """The file of a dialect."""
    return (FILES / f"{name}.toml").read_text(encoding="utf-8")


@every_dialect
def test_a_dialect_answers_every_row(each: Dialect) -> None:
    """Each operator, limit and fact, in the order in which they are declared."""
    assert list(OPERATORS) == list(each.operators)
    assert list(LIMITS) == list(each.limits)
    assert list(FACTS) == list(each.facts)
    assert each.service and each.about and each.sources


@every_dialect
def test_what_is_known_has_a_source(each: Dialect) -> None:
    """A source is a title, a public address (or a page of ours, of our own dialect), and the day it was read."""
    known = [
        *(cell for cell in each.operators.values() if cell.verdict is not Verdict.UNKNOWN),
        *(cell for cell in each.limits.values() if cell.settled is not Settled.UNKNOWN),
        *(cell for cell in each.facts.values() if cell.settled is not Settled.UNKNOWN),
    ]
    assert all(cell.source in each.sources for cell in known)
    for source in each.sources:
        assert source.title
        assert source.read >= FIRST_READING
        if each.name == DEFAULT_DIALECT:
            assert (ROOT / source.address).is_file()
        else:
            assert source.address.startswith(PUBLIC_PLACES), source


@every_dialect
def test_what_is_unknown_says_what_is_missing(each: Dialect) -> None:
    """And it is no verdict: not allowed, not refused, no number and no missing limit."""
    written = tomllib.loads(text_of(each.name))
    assert set(written["operators"].get("unknown", {})) == {
        name for name, cell in each.operators.items() if cell.verdict is Verdict.UNKNOWN
    }
    assert all(cell.note for cell in each.operators.values() if cell.verdict is Verdict.UNKNOWN)
    for limit in each.limits.values():
        assert (limit.settled is Settled.KNOWN) == (limit.value is not None)
        assert limit.note or limit.settled is not Settled.UNKNOWN
    assert all(fact.text for fact in each.facts.values())


@every_dialect
def test_files_speak_of_tables_that_there_are(each: Dialect) -> None:
    """The words of the tables are those of the model."""
    written = tomllib.loads(text_of(each.name))
    assert set(written["operators"]) <= {verdict.value for verdict in Verdict}
    assert set(written["limits"]) | set(written["facts"]) <= {word.value for word in Settled}
    assert not set(written) - {
        "name", "service", "about", "sources", "operators", "limits", "facts", "refused-names"
    }  # fmt: skip


@pytest.mark.parametrize("row", OPERATORS.values(), ids=OPERATORS)
def test_our_own_dialect_allows_exactly_what_the_compiler_accepts(row: OperatorRow) -> None:
    """A form that the compiler learns, or forgets, must be told of in ruler.toml."""
    rule = row.example if row.example.startswith("{") else f'{{"a": {row.example}}}'
    json.loads(rule)
    try:
        compile_rule(rule)
    except RuleError:
        compiles = False
    else:
        compiles = True
    assert dialect("ruler").operators[row.name].verdict is (Verdict.ALLOWED if compiles else Verdict.REFUSED)


def test_no_service_is_said_to_have_our_extensions() -> None:
    """They are refused everywhere else, by pages that list all operators."""
    for name in DIALECTS[1:]:
        cells = dialect(name).operators
        assert {Verdict.REFUSED} == {cells[row.name].verdict for row in OPERATORS.values() if row.is_extension}


def test_every_file_is_a_dialect_and_is_installed() -> None:
    """No file is forgotten by DIALECTS or by the distribution."""
    assert sorted(DIALECTS) == sorted(path.stem for path in FILES.glob("*.toml"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert ["*.toml"] == project["tool"]["setuptools"]["package-data"]["ruler.dialects"]
    assert dialect("lambda") is dialect("lambda")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sns_body", 'did you mean "sns-body"? '),
        ("EventBridge", 'did you mean "eventbridge"? '),
        ("eventruler", 'did you mean "event-ruler"? '),
        ("pipes", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_and_with_all(name: str, said: str) -> None:
    """Also a very long one, of which only the beginning is repeated."""
    with pytest.raises(ValueError) as raised:
        dialect(name)
    shown = name if len(name) <= 60 else "x" * 60 + "..."
    assert f'"{shown}" is not a dialect; {said}dialects are {", ".join(DIALECTS)}' == str(raised.value)


def test_a_name_that_is_no_text_is_said_to_be_none() -> None:
    """The type is named, and the dialects."""
    with pytest.raises(ValueError, match=r"^found a value of type NoneType, expected the name of a dialect: ruler, "):
        dialect(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('prefix = { source = "filtering" }\n', "", r"missing rows \['prefix'\], rows there are not \[\]"),
        ('prefix = { source = "filtering" }', 'prefx = { source = "filtering" }', r"rows there are not \['prefx'\]"),
        ('prefix = { source = "filtering" }', "prefix = {}", "prefix: its source is None"),
        ('prefix = { source = "filtering" }', 'prefix = { source = "page" }', "prefix: its source is 'page'"),
        ('prefix = { source = "filtering" }', 'prefix = { source = "rule", why = "" }', r"no cell has \['why'\]"),
        ('exactly = { note = "no page mentions it" }', "exactly = {}", "exactly: an unknown needs a note"),
        ("[operators.refused]", '[operators.refused]\nprefix = { source = "rule" }', "prefix is there twice"),
        ('value = 4096, unit = "characters", ', "", "limit pattern-size: a value stands where it is known"),
        ('name = "lambda"', 'name = "sns"', "its name is 'sns'"),
        ("[operators.allowed]", '[sources.x]\ntitle = ""\naddress = ""\nread = 2026-11-21\n[operators.allowed]', "'x'"),
        ("[operators.allowed]", "[operators.perhaps]", "'perhaps' is not a valid Verdict"),
    ],
)
def test_a_file_that_breaks_the_rules_is_not_read(old: str, new: str, said: str) -> None:
    """A row left out, misspelt, twice, without source or note: each is found when the file is read."""
    text = text_of("lambda")
    assert text.count(old) == 1
    with pytest.raises(ValueError, match=said):
        dialect_of_text("lambda", text.replace(old, new))


def test_the_page_is_what_the_data_say() -> None:
    """After a change of the data, run scripts/regenerate_dialects.py and read the diff."""
    page = regenerate.PAGE.read_text("utf-8")
    assert regenerate.page_text(page) == page


def test_the_page_names_every_dialect_and_every_unknown_cell() -> None:
    """In the table at its top, and in a section of its own with the number of what is not settled."""
    page = regenerate.PAGE.read_text("utf-8")
    for name in DIALECTS:
        each = dialect(name)
        unknown = [
            *(cell for cell in each.operators.values() if cell.verdict is Verdict.UNKNOWN),
            *(cell for cell in each.limits.values() if cell.settled is Settled.UNKNOWN),
            *(cell for cell in each.facts.values() if cell.settled is Settled.UNKNOWN),
        ]
        section = page.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
        assert f"\n| `{name}` | " in page
        assert bool(unknown) == (f"Not settled by any public page ({len(unknown)}):" in section)
