"""Runs scenarios: ``python -m bench.run [--quick] [--only GLOB]... [-o FILE]``.

Every scenario's answers are checked before its first figure is printed. ``--update-counts`` fills in the
expected numbers of matches instead of measuring, after comparing the engine with ``tests/oracle.py`` on a
sample.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import report
from bench.data import ROOT
from bench.measure import EventCache, WrongAnswerError, check_against_oracle, count_matches, measure, prepare
from bench.scenario import Scenario, ScenarioError, load_scenario, scenario_files, write_counts
from bench.ways import WAYS, available

ORACLE = ROOT / "tests" / "oracle.py"


def argument_parser() -> argparse.ArgumentParser:
    """The options of ``python -m bench.run``."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Measure the scenarios.")
    parser.add_argument("--quick", action="store_true", help="fewer events and passes")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="scenarios by name; repeatable")
    parser.add_argument("--passes", type=int, metavar="N", help="in place of the scenario's number")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--list", action="store_true", help="print the scenarios and stop")
    parser.add_argument("--update-counts", action="store_true", help="fill in expected matches; measure nothing")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit: 0 measured, 1 an answer is wrong, 2 a scenario cannot be read or none is selected."""
    options = argument_parser().parse_args(arguments)
    files = scenario_files(options.only)
    if not files:
        print(f"no scenario fits {', '.join(options.only)}", file=sys.stderr)
        return 2
    try:
        scenarios = [load_scenario(file, counts_required=not options.update_counts) for file in files]
        if options.list:
            print("\n".join(f"{scenario.name}: {scenario.about}" for scenario in scenarios))
        elif options.update_counts:
            update_counts(scenarios, "quick" if options.quick else "full")
        else:
            run(scenarios, options)
    except ScenarioError as error:
        print(f"{error}; see bench/README.md", file=sys.stderr)
        return 2
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(scenarios: Sequence[Scenario], options: argparse.Namespace) -> None:
    """Measure, print each scenario's table as it is done, and write the JSON at the end."""
    mode = "quick" if options.quick else "full"
    machine = report.machine_description()
    print(f"{report.machine_text(machine)}\n{mode} mode; median (least-most)")
    if not available("native"):
        print("the native engine is not installed: only the python engine is measured")
    measured = []
    for scenario in scenarios:
        gc.collect()
        cache = EventCache()  # of one scenario: a million events would only lie in the way of the next
        results = measure(scenario, mode, cache, options.passes)
        print(f"\n{report.table(scenario, results)}", flush=True)
        measured.append(report.as_json(scenario, results))
    if options.output is not None:
        result = {"machine": machine, "mode": mode, "scenarios": measured}
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def update_counts(scenarios: Sequence[Scenario], mode: str) -> None:
    """Write the engine's totals for one mode into the files, once a sample agrees with the oracle."""
    oracle = load_oracle()
    cache = EventCache()
    for scenario in scenarios:
        counts: dict[str, dict[str, int]] = {}
        for variant in scenario.variants:
            prepared = prepare(variant, mode, cache)[0]
            prepared.matcher = WAYS[prepared.way].matcher(prepared.rules)
            compared = check_against_oracle(prepared, oracle)
            total = count_matches(prepared.matcher, prepared.lines)
            counts[variant.name] = {**variant.matches, mode: total}
            print(f"{scenario.name}: {variant.name}: {total} matches; {compared} comparisons agree")
        write_counts(scenario.file, counts)


def load_oracle() -> Callable[[str, str], bool]:
    """``matches(rule_text, event_text)`` of the tests, which are no package."""
    specification: Any = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    matches: Callable[[str, str], bool] = module.matches
    return matches


if __name__ == "__main__":
    sys.exit(main())
