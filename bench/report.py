"""Results as a table for people and as JSON for programs, with the machine they come from."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

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
    rows = _churn_rows(results) if scenario.measure == "churn" else _match_rows(scenario, results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{scenario.name}: {scenario.about}", *(f"  {line}" for line in lines)])


def _match_rows(scenario: Scenario, results: Sequence[Result]) -> list[list[str]]:
    has_elements = any(result.elements for result in results)
    head = ["variant", "rules", "events", "matches", "us per event", "times decoding"]
    head += ["ns per element"] if has_elements else []
    head += ["times the first"] if scenario.compares_to_first else []
    rows = [[*head, "goal"]]
    for variant, result in zip(scenario.variants, results, strict=True):
        per_event = [seconds / result.event_count * 1e6 for seconds in result.seconds]
        row = [result.name, f"{result.rule_count:,}", f"{result.event_count:,}", f"{result.matches:,}"]
        row += [spread(per_event), spread(result.decode_ratios())]
        if has_elements:
            row.append(f"{median(per_event) * 1000 / max(result.elements, 1):.0f}")
        if scenario.compares_to_first:
            row.append("" if result is results[0] else comparison(result.ratios_to(results[0])))
        rows.append([*row, verdict(variant, result, results[0])])
    return rows


def verdict(variant: Variant, result: Result, first: Result) -> str:
    """Whether the variant's goal is reached, by the median; empty without a goal."""
    texts = []
    if variant.at_most_decode is not None:
        reached = median(result.decode_ratios()) <= variant.at_most_decode
        texts.append(f"{'reached' if reached else 'MISSED'}: {variant.at_most_decode} x decoding")
    if variant.at_most_first is not None:
        reached = median(result.ratios_to(first)) <= variant.at_most_first
        texts.append(f"{'reached' if reached else 'MISSED'}: {variant.at_most_first} x the first")
    return ", ".join(texts)


def _churn_rows(results: Sequence[Result]) -> list[list[str]]:
    rows = [["variant", "rules", *results[0].extra]]
    for result in results:
        figures = [f"{value:,.0f}" for value in result.extra.values()]
        rows.append([result.name, f"{result.rule_count:,}", *figures])
    return rows


def as_json(scenario: Scenario, results: Sequence[Result]) -> dict[str, Any]:
    """Everything measured, so that another program can compute what the table does not show."""
    first = results[0]
    return {
        "scenario": scenario.name,
        "about": scenario.about,
        "variants": [
            {
                "name": result.name,
                "rules": result.rule_count,
                "events": result.event_count,
                "elements": result.elements,
                "matches": result.matches,
                "seconds": result.seconds,
                "decode_seconds": result.decode_seconds,
                "decode_ratio": median(result.decode_ratios()) if result.seconds else None,
                "first_ratio": median(result.ratios_to(first)) if result.seconds else None,
                "goal": verdict(variant, result, first) if result.seconds else "",
                "figures": result.extra,
            }
            for variant, result in zip(scenario.variants, results, strict=True)
        ],
    }
