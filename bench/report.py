"""Results as a table for people and as JSON for programs, with the machine they come from."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from bench.goals import COMPARISONS, number, verdicts
from bench.measure import Result
from bench.scenario import Scenario

PACKAGES = ("orjson", "pyahocorasick", "sortedcontainers")


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


def machine_text(machine: dict[str, Any]) -> str:
    """The machine in two lines."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    load = f", load {machine['load'][0]}" if machine["load"] else ""
    return f"{machine['processor']}, {machine['processors']} processors{load}\n{machine['python']}; {packages}"


def table(scenario: Scenario, results: Sequence[Result]) -> list[list[str]]:
    """The results of one scenario as rows of cells, the head first; columns that say nothing are left out."""
    if results[0].figures:
        return [["variant", "way", "figure", "value"], *(row for result in results for row in _figure_rows(result))]
    asked = {name for variant in scenario.variants for goals in variant.goals.values() for name in goals}
    rows = [[cell(result) for cell in COLUMNS.values()] for result in results]
    kept = [
        index
        for index, name in enumerate(COLUMNS)
        if any(row[index] for row in rows) and (name in asked or name not in ONLY_ASKED)
    ]
    return [[row[index] for index in kept] for row in [list(COLUMNS), *rows]]


def _figure_rows(result: Result) -> list[list[str]]:
    return [[result.name, result.way, name, spread_of(values)] for name, values in result.figures.items()]


def spread_of(values: Sequence[float]) -> str:
    """``1.32 (1.29-1.41)``: median, least and most; one number where there is one pass."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}-{number(max(values))})"


def _comparison(name: str) -> Callable[[Result], str]:
    """A cell with the spread of a figure; with the word noise when a ratio lies on both sides of one."""

    def cell(result: Result) -> str:
        values = COMPARISONS[name](result)
        if not values:
            return ""
        is_noise = name == "times the first" and min(values) <= 1 <= max(values)
        return spread_of(values) + (" noise" if is_noise else "")

    return cell


def _element(result: Result) -> str:
    return number(median(result.microseconds()) * 1000 / result.elements) if result.elements else ""


COLUMNS: dict[str, Callable[[Result], str]] = {
    "variant": lambda result: result.name,
    "way": lambda result: result.way,
    "rules": lambda result: f"{result.rule_count:,}",
    "events": lambda result: f"{result.event_count:,}",
    "matches": lambda result: f"{result.matches:,}",
    "us per event": lambda result: spread_of(result.microseconds()),
    "ns per element": _element,
    **{name: _comparison(name) for name in COMPARISONS},
}
"""Column -> what stands in it."""
ONLY_ASKED = ("us more than the first", "decodings more than a batch")  # shown where a goal is about them


def goal_lines(scenario: Scenario, results: Sequence[Result]) -> list[str]:
    """A line for each goal of a scenario: ``MISSED: ...``."""
    variants = {variant.name: variant for variant in scenario.variants}
    return [
        f"{verdict} ({result.name}, {result.way})"
        for result in results
        for verdict in verdicts(variants[result.name].goals[result.way], result)
    ]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text with straight columns, two blanks between and before them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"  {line}".rstrip() for line in lines)


def as_json(scenario: Scenario, results: Sequence[Result]) -> dict[str, Any]:
    """The table, the goals, and every measured second, so that another program can compute what is not shown."""
    return {
        "scenario": scenario.name,
        "about": scenario.about,
        "table": table(scenario, results),
        "goals": goal_lines(scenario, results),
        "variants": [
            {
                "name": result.name,
                "way": result.way,
                "rules": result.rule_count,
                "events": result.event_count,
                "elements": result.elements,
                "matches": result.matches,
                "seconds": result.seconds,
                "decode_seconds": result.decode_seconds,
                "figures": result.figures,
            }
            for result in results
        ],
    }
