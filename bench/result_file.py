"""Reads a result file: one JSON file in ``bench/results/`` is the source of every generated table and plot.

In: a path. Out: what the file holds, its shape checked, so that nobody who reads it meets a KeyError later; or a
`ResultError`, whose text is one line: what, where, what to do. A measured row always has ``ns`` and ``figures``, be
they empty. Unknown keys are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.rows import STATUSES

RESULTS = Path(__file__).resolve().parent / "results"
SHAPE = {"date": str, "machine": dict, "engines": dict, "scenarios": list}
SCENARIO_SHAPE = {"scenario": str, "about": str, "measure": str, "goals": list, "rows": list}
ROW_SHAPE = {"variant": str, "engine": str, "status": str, "rules": int, "events": int, "elements": int}
MEASURED_SHAPE = {"ns": list, "figures": dict, "matches": int}
EMPTY: Mapping[str, Callable[[], Any]] = {"ns": list, "figures": dict}  # left out of the file where there are none
ABSENT_SHAPE = {"reason": str}

REMEDY = "write one with: python -m bench"

Result = Mapping[str, Any]


class ResultError(ValueError):
    """A result file that cannot be used."""


def newest() -> Path:
    """The last result file by name; names begin with the date. Those of a part do not count."""
    files = sorted(file for file in RESULTS.glob("*.json") if _part(file) is None)
    if not files:
        raise ResultError(f"bench/{RESULTS.name}: no result file there; {REMEDY}")
    return files[-1]


def newest_parts() -> list[Path]:
    """The last result file of each part, by name: ``2026-11-22.extensions.json`` has the part "extensions".

    A part is some scenarios, measured on another day than the rest.
    """
    by_part = {_part(file): file for file in sorted(RESULTS.glob("*.json"))}
    return [file for part, file in by_part.items() if part is not None]


def _part(file: Path) -> str | None:
    _, point, part = file.stem.partition(".")
    return part if point else None


def read_result(file: Path) -> Result:
    """What the file holds; raises `ResultError` where it cannot be read or has another shape."""
    try:
        result: Result = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultError(f"{file}: {error.strerror or error}; {REMEDY}") from error
    except ValueError as error:
        raise ResultError(f"{file}: not JSON: {error}; {REMEDY}") from error
    _check(f"{file}: $", result, SHAPE)
    for index, scenario in enumerate(result["scenarios"]):
        _check(f"{file}: $.scenarios[{index}]", scenario, SCENARIO_SHAPE)
        for row_index, row in enumerate(scenario["rows"]):
            _check_row(f"{file}: $.scenarios[{index}].rows[{row_index}]", row)
    return result


def _check(where: str, value: object, shape: Mapping[str, type]) -> None:
    if not isinstance(value, dict):
        raise ResultError(f"{where}: expected an object, found {type(value).__name__}; {REMEDY}")
    for name, kind in shape.items():
        if name not in value:
            raise ResultError(f'{where}: "{name}" is missing; {REMEDY}')
        if not isinstance(value[name], kind):
            found = type(value[name]).__name__
            raise ResultError(f"{where}.{name}: expected {kind.__name__}, found {found}; {REMEDY}")


def _check_row(where: str, row: object) -> None:
    _check(where, row, ROW_SHAPE)
    assert isinstance(row, dict)
    if row["status"] not in STATUSES:
        raise ResultError(f'{where}.status: "{row["status"]}" is none of {", ".join(STATUSES)}; {REMEDY}')
    if row["status"] != "measured":
        _check(where, row, ABSENT_SHAPE)
        return
    for name, nothing in EMPTY.items():
        row.setdefault(name, nothing())
    _check(where, row, MEASURED_SHAPE)
    for name, values in {"ns": row["ns"], **row["figures"]}.items():
        if not isinstance(values, list) or not all(isinstance(each, int | float) for each in values):
            raise ResultError(f"{where}: {name}: expected a list of numbers, one for each pass; {REMEDY}")
        if name != "ns" and not values:
            raise ResultError(f"{where}: figures: {name}: no pass; {REMEDY}")
    if not row["ns"] and not row["figures"]:
        raise ResultError(f"{where}: measured, and neither a time nor a figure; {REMEDY}")
    if any(value <= 0 for value in row["ns"]):
        raise ResultError(f"{where}.ns: a time that is not above zero; {REMEDY}")
