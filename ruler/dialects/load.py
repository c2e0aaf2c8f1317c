"""Reads the dialects from the files beside this one.

In: the name of a dialect. Out: a Dialect; ValueError for a name that is none.

    [operators.allowed]                    [limits.known]
    prefix = { source = "operators" }      pattern-size = { value = 2048, unit = "characters", source = "quotas" }

Always: a file with a row too few or too many, a verdict without a source, or an unknown without a note is not read:
ValueError says which. Tests read every file, so that no user meets it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from ruler.dialects.model import (
    FACTS,
    LIMITS,
    OPERATORS,
    Dialect,
    FactCell,
    LimitCell,
    OperatorCell,
    RefusedNames,
    Settled,
    Source,
    Verdict,
)
from ruler.dialects.names import known_dialect

Cell = TypeVar("Cell")


def dialect(name: str) -> Dialect:
    """Return the dialect ``name``; each is read once. ValueError with the nearest name when there is none."""
    return _dialect(known_dialect(name))


@cache
def _dialect(name: str) -> Dialect:
    text = files("ruler.dialects").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return dialect_of_text(name, text)


def dialect_of_text(name: str, text: str) -> Dialect:
    """Return the dialect that the TOML ``text`` of the file ``name`` describes."""
    data = tomllib.loads(text)
    reader = _Reader(name, {key: Source(**source) for key, source in data["sources"].items()})
    names = data.get("refused-names")
    dialect = Dialect(
        name=data["name"],
        service=data["service"],
        about=data["about"],
        sources=tuple(reader.sources.values()),
        operators=reader.operators(data["operators"]),
        limits=reader.limits(data["limits"]),
        facts=reader.facts(data["facts"]),
        refused_names=names and RefusedNames(frozenset(names["names"]), reader.source("refused-names", names)),
    )
    if dialect.name != name:
        raise ValueError(f"{name}.toml: its name is {dialect.name!r}")
    if unused := set(reader.sources) - reader.used:
        raise ValueError(f"{name}.toml: no cell has the sources {sorted(unused)}")
    return dialect


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, file: str, sources: dict[str, Source]) -> None:
        self.file = file
        self.sources = sources
        self.used: set[str] = set()

    def operators(self, tables: Mapping[str, Any]) -> dict[str, OperatorCell]:
        cells = {
            row: OperatorCell(Verdict(word), self.source_of(row, word, cell), cell.get("note", ""))
            for word, row, cell in self.cells(tables, {"source", "note"})
        }
        return self.complete(cells, OPERATORS)

    def limits(self, tables: Mapping[str, Any]) -> dict[str, LimitCell]:
        members = {"source", "note", "value", "unit", "beyond", "adjustable"}
        cells = {
            row: LimitCell(
                Settled(word),
                self.source_of(row, word, cell),
                cell.get("note", ""),
                cell.get("value"),
                cell.get("unit", LIMITS[row].unit if row in LIMITS else ""),
                Verdict(cell.get("beyond", "refused")),
                cell.get("adjustable", False),
            )
            for word, row, cell in self.cells(tables, members)
        }
        for row, cell in cells.items():
            if (cell.value is not None) != (cell.settled is Settled.KNOWN):
                raise ValueError(f"{self.file}.toml: limit {row}: a value stands where it is known, and only there")
        return self.complete(cells, LIMITS)

    def facts(self, tables: Mapping[str, Any]) -> dict[str, FactCell]:
        cells = {
            row: FactCell(Settled(word), self.source_of(row, word, cell), cell.get("text", cell.get("note", "")))
            for word, row, cell in self.cells(tables, {"source", "note", "text"})
        }
        return self.complete(cells, FACTS)

    def cells(self, tables: Mapping[str, Any], members: set[str]) -> list[tuple[str, str, dict[str, Any]]]:
        """Return (word of the table, row, cell) for each cell; no row stands in two tables."""
        found = [(word, row, cell) for word, table in tables.items() for row, cell in table.items()]
        rows = [row for _, row, _ in found]
        for word, row, cell in found:
            if rows.count(row) > 1:
                raise ValueError(f"{self.file}.toml: {row} is there twice")
            if strange := set(cell) - members:
                raise ValueError(f"{self.file}.toml: {row}: no cell has {sorted(strange)}")
            if word == "unknown" and not cell.get("note"):
                raise ValueError(f"{self.file}.toml: {row}: an unknown needs a note on what is missing")
        return found

    def source_of(self, row: str, word: str, cell: Mapping[str, Any]) -> Source | None:
        """Return the source of a cell; an unknown may have none, or the page that leaves it open."""
        return None if word == "unknown" and "source" not in cell else self.source(row, cell)

    def source(self, row: str, cell: Mapping[str, Any]) -> Source:
        key = cell.get("source")
        if key not in self.sources:
            raise ValueError(f"{self.file}.toml: {row}: its source is {key!r}, which is not in [sources]")
        self.used.add(key)
        return self.sources[key]

    def complete(self, cells: dict[str, Cell], rows: Mapping[str, object]) -> dict[str, Cell]:
        """Return ``cells`` in the order of ``rows``, all of which they must answer."""
        if set(cells) != set(rows):
            raise ValueError(
                f"{self.file}.toml: missing rows {sorted(set(rows) - set(cells))}, "
                f"rows there are not {sorted(set(cells) - set(rows))}"
            )
        return {row: cells[row] for row in rows}
