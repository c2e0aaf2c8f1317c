"""Results as text for a terminal, with the machine they come from."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from bench import rows as of_rows
from bench.rows import Row, number, spread_text

PACKAGES = ("ruler-events", "orjson", "pyahocorasick", "sortedcontainers")


def machine_description() -> dict[str, Any]:
    """Processor, system, Python and package versions, as far as the system tells."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine_text(machine: Mapping[str, Any]) -> str:
    """The machine in two lines."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    load = f", load {machine['load'][0]}" if machine["load"] else ""
    return f"{machine['processor']}, {machine['processors']} processors{load}\n{machine['python']}; {packages}"


def engines_text(engines: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each engine: its version, or why it is absent."""
    return "\n".join(
        f"  {name}: " + (f"absent: {each['absent']}" if "absent" in each else f"{each['version']}, {each['runtime']}")
        for name, each in engines.items()
    )


def table(rows: Sequence[Row]) -> list[list[str]]:
    """Rows as cells, the head first; columns that say nothing are left out."""
    if any(row.get("figures") for row in rows):
        return [["variant", "engine", "figure", "value"], *(cells for row in rows for cells in _figure_cells(row))]
    cells = [[cell(rows, row) for cell in COLUMNS.values()] for row in rows]
    kept = [index for index in range(len(COLUMNS)) if any(row[index] for row in cells)]
    return [[row[index] for index in kept] for row in [list(COLUMNS), *cells]]


def _figure_cells(row: Row) -> list[list[str]]:
    if not of_rows.is_measured(row):
        return [[row["variant"], row["engine"], of_rows.STATUSES[row["status"]], row["reason"]]]
    return [[row["variant"], row["engine"], name, spread_text(values)] for name, values in row["figures"].items()]


def _time(rows: Sequence[Row], row: Row) -> str:
    if not of_rows.is_measured(row):
        return f"{of_rows.STATUSES[row['status']]}: {row['reason']}"[:100]
    return spread_text([value / 1000 for value in row["ns"]])


def _element(rows: Sequence[Row], row: Row) -> str:
    return number(median(of_rows.per_unit(row))) if row.get("elements") and of_rows.is_measured(row) else ""


def _as_native(rows: Sequence[Row], row: Row) -> str:
    native = of_rows.find(rows, row["variant"], "native")
    return spread_text(of_rows.ratio(row, native)) if native is not None and native is not row else ""


def _growth(rows: Sequence[Row], row: Row) -> str:
    values = of_rows.times_the_first(rows, row)
    return spread_text(values) + (" noise" if of_rows.is_noise(values) else "")


COLUMNS: dict[str, Callable[[Sequence[Row], Row], str]] = {
    "variant": lambda rows, row: row["variant"],
    "engine": lambda rows, row: row["engine"],
    "matches": lambda rows, row: f"{row['matches']:,}" if row.get("matches") else "",
    "us per event": _time,
    "ns per element": _element,
    "times decoding": lambda rows, row: spread_text(of_rows.decoding(rows, row)),
    "times the first": _growth,
    "times as long as native": _as_native,
}
"""Column -> what stands in it."""


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text with straight columns, two blanks between and before them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"  {line}".rstrip() for line in lines)
