"""Writes measured tables into docs/performance.md: ``python -m bench.page RESULTS.json...``.

In: files that ``bench.run -o`` and ``bench.cli -o`` wrote; of two results of a scenario the last one counts. What
stands between ``<!-- begin PATTERN -->`` and ``<!-- end -->`` is replaced by the tables of the scenarios whose names
fit the pattern, joined to one, and by their goals. A place for which there are no results stays as it is.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from bench.data import ROOT

PAGE = ROOT / "docs" / "performance.md"
PLACE = re.compile(r"(<!-- begin (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOT_SHOWN = ("rules", "events")  # the variant says it, or nobody asks

Scenarios = Mapping[str, Mapping[str, Any]]


def written(page: str, scenarios: Scenarios) -> str:
    """The page with every table that there are results for."""

    def place(found: re.Match[str]) -> str:
        fitting = [each for name, each in scenarios.items() if fnmatch(name, found[2])]
        return found[0] if not fitting else f"{found[1]}{markdown(fitting)}\n{goals(fitting)}{found[3]}"

    return PLACE.sub(place, page)


def markdown(scenarios: Sequence[Mapping[str, Any]]) -> str:
    """One table of all rows, with a column for the scenario where there are several."""
    rows = [
        {"scenario": each["scenario"], **dict(zip(each["table"][0], row, strict=True))}
        for each in scenarios
        for row in each["table"][1:]
    ]
    head = list(dict.fromkeys(name for row in rows for name in row if name not in NOT_SHOWN))
    if len(scenarios) == 1:
        head.remove("scenario")
    lines = [head, ["---"] * len(head), *([row.get(name, "") for name in head] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def goals(scenarios: Sequence[Mapping[str, Any]]) -> str:
    """How many goals are reached, and each that is missed."""
    lines = [f"{each['scenario']}: {line}" for each in scenarios for line in each["goals"]]
    missed = [line for line in lines if "MISSED" in line]
    if not lines:
        return ""
    text = f"Goals reached: {len(lines) - len(missed)} of {len(lines)}.\n"
    return text + "".join(f"- {line}\n" for line in missed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the results, rewrite the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description="Write results into the page.")
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS.json")
    options = parser.parse_args(arguments)
    found = [each for file in options.results for each in json.loads(file.read_text(encoding="utf-8"))["scenarios"]]
    scenarios = {each["scenario"]: each for each in found}
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), scenarios), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
