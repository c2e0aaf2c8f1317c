"""Results as a table for people and as JSON for programs, with the machine they come from."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from bench.goals import figure_verdict, verdicts
from bench.measure import Result
from bench.scenario import Scenario, Variant

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


def spread(values: Sequence[float], digits: int = 2) -> str:
    """``1.32 (1.29-1.41)``: median, least and most."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def comparison(ratios: Sequence[float]) -> str:
    """The spread of a ratio; with the word noise when it lies on both sides of one."""
    return spread(ratios) + (" noise" if min(ratios) <= 1 <= max(ratios) else "")


def table(scenario: Scenario, results: Sequence[Result]) -> str:
    """The results of one scenario as aligned text."""
    title = f"{scenario.name}: {scenario.about}"
    if results and results[0].extra:
        return "\n".join([title, *_figure_lines(scenario, results)])
    rows = _match_rows(scenario, results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title, *(f"  {line}" for line in lines)])


def _match_rows(scenario: Scenario, results: Sequence[Result]) -> list[list[str]]:
    has_elements = any(result.elements for result in results)
    compares = any(result.baseline for result in results)
    compares_engines = any(result.python for result in results)
    head = ["variant", "way", "rules", "events", "matches", "us per event", "times decoding"]
    head += ["ns per element"] if has_elements else []
    head += ["times the first"] if compares else []
    head += ["faster than python"] if compares_engines else []
    rows = [[*head, "goal"]]
    for result in results:
        row = [result.name, result.way, f"{result.rule_count:,}", f"{result.event_count:,}", f"{result.matches:,}"]
        row += [spread(result.microseconds()), spread(result.decode_ratios())]
        if has_elements:
            row.append(f"{median(result.microseconds()) * 1000 / max(result.elements, 1):.0f}")
        if compares:
            row.append(comparison(result.ratios_to(result.baseline)) if result.baseline else "")
        if compares_engines:
            row.append(spread(result.python.ratios_to(result), 1) if result.python else "")
        rows.append([*row, verdict(scenario, result)])
    return rows


def verdict(scenario: Scenario, result: Result) -> str:
    """Whether the goals of a result are reached, by the median; empty without a goal."""
    return verdicts(_variant(scenario, result).goals[result.way], result)


def _variant(scenario: Scenario, result: Result) -> Variant:
    return next(variant for variant in scenario.variants if variant.name == result.name)


def _figure_lines(scenario: Scenario, results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        yield f"  {result.name}, {result.way}"
        goals = _variant(scenario, result).figure_goals
        for name, value in result.extra.items():
            shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
            yield f"    {name:60} {shown:>14}  {figure_verdict(goals, name, value)}".rstrip()


def as_json(scenario: Scenario, results: Sequence[Result]) -> dict[str, Any]:
    """Everything measured, so that another program can compute what the table does not show."""
    return {
        "scenario": scenario.name,
        "about": scenario.about,
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
                "decode_ratio": median(result.decode_ratios()) if result.seconds else None,
                "first_ratio": median(result.ratios_to(result.baseline))
                if result.baseline and result.seconds
                else None,
                "goal": verdict(scenario, result) if result.seconds else "",
                "figures": result.extra,
            }
            for result in results
        ],
    }
