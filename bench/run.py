"""Runs scenarios: ``python -m bench.run [--full] [--only GLOB]... [-o FILE]``.

Without ``--full`` it takes about three minutes. Every scenario's answers are checked before its first figure is
printed; its goals follow its table, and the missed ones are repeated at the end. ``--update-counts`` fills in the
expected numbers of matches instead of measuring, after comparing the engine with ``tests/oracle.py`` on a sample.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.check import WrongAnswerError, check_against_oracle, load_oracle
from bench.data import event_lines
from bench.measure import measure
from bench.rules import rule_set
from bench.scenario import Scenario, ScenarioError, load_scenario, scenario_files, write_counts
from bench.ways import WAYS, answers, available


def argument_parser() -> argparse.ArgumentParser:
    """The options of ``python -m bench.run``."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Measure the scenarios.")
    parser.add_argument("--full", action="store_true", help="more events and passes, and a million rules")
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
    mode = "full" if options.full else "quick"
    try:
        scenarios = [load_scenario(file, counts_required=not options.update_counts) for file in files]
        if options.list:
            print("\n".join(f"{scenario.name}: {scenario.about}" for scenario in scenarios))
        elif options.update_counts:
            update_counts(scenarios, mode)
        else:
            run(scenarios, mode, options)
    except ScenarioError as error:
        print(f"{error}; see bench/README.md", file=sys.stderr)
        return 2
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(scenarios: Sequence[Scenario], mode: str, options: argparse.Namespace) -> None:
    """Measure, print each scenario's table as it is done, and write the JSON at the end."""
    machine = report.machine_description()
    print(f"{report.machine_text(machine)}\n{mode} mode; median (least-most)")
    if not available("native"):
        print("the native engine is not installed: only the python engine is measured")
    measured = []
    goals: list[str] = []
    for scenario in scenarios:
        gc.collect()
        results = measure(scenario, mode, options.passes)
        if not results:  # all of it is about the native engine, which is not there
            continue
        lines = report.goal_lines(scenario, results)
        print(f"\n{scenario.name}: {scenario.about}\n{report.aligned(report.table(scenario, results))}")
        print("".join(f"  {line}\n" for line in lines), end="", flush=True)
        goals += [f"{scenario.name}: {line}" for line in lines]
        measured.append(report.as_json(scenario, results))
    missed = [line for line in goals if "MISSED" in line]
    print(f"\n{len(goals) - len(missed)} goals reached, {len(missed)} MISSED")
    print("".join(f"  {line}\n" for line in missed), end="")
    if options.output is not None:
        result = {"machine": machine, "mode": mode, "scenarios": measured}
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def update_counts(scenarios: Sequence[Scenario], mode: str) -> None:
    """Write the engine's totals for one mode into the files, once a sample agrees with the oracle."""
    oracle = load_oracle()
    for scenario in scenarios:
        counts: dict[str, dict[str, int]] = {}
        for variant in scenario.variants_in(mode):
            lines, rules = event_lines(**variant.event_arguments(mode)), rule_set(variant.rules)
            way = next(filter(available, variant.ways))
            matcher = WAYS[way].matcher(rules)
            compared = check_against_oracle(variant.name, matcher, rules, lines, oracle)
            total = sum(map(len, answers(matcher, lines)))
            counts[variant.name] = {**variant.matches, mode: total}
            print(f"{scenario.name}: {variant.name}: {total} matches; {compared} comparisons agree")
        write_counts(scenario.file, counts)


if __name__ == "__main__":
    sys.exit(main())
