"""Runs scenarios: ``python -m bench [--full] [--only GLOB]... [--engine NAME]... [-o FILE]``.

Builds the peers first, from their registries; one that cannot be had is reported as absent. Without ``--full`` the
measuring takes some three minutes. Every scenario's answers are compared before its first figure is printed; its
goals follow its table, and the missed ones are repeated at the end. ``--update-counts`` fills in the expected numbers
of matches instead of measuring, after comparing the engine with ``tests/oracle.py`` on a sample.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from bench import report
from bench.check import WrongAnswerError, check_against_oracle, load_oracle
from bench.commands import OUR_COMMAND
from bench.data import event_lines
from bench.engines import ENGINES, OURS, YARDSTICK
from bench.goals import NOT_JUDGED, verdicts
from bench.measure import Commands, measure
from bench.peers.build import command
from bench.rows import Row
from bench.rules import rule_set
from bench.scenario import Scenario, ScenarioError, load_scenario, scenario_files, write_counts
from bench.worker_process import WorkerError, WorkerProcess
from ruler import Matcher


def argument_parser() -> argparse.ArgumentParser:
    """The options of ``python -m bench``."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the scenarios, side by side with every peer that can be installed.",
        epilog="python -m bench compare A B compares two results; python -m bench page writes one into the docs.",
    )
    parser.add_argument("--full", action="store_true", help="more events, sizes and passes; most of an hour")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="scenarios by name; repeatable")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME", help="only these; repeatable")
    parser.add_argument("--passes", type=_positive, metavar="N", help="in place of the scenario's number")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--list", action="store_true", help="print the scenarios and stop")
    parser.add_argument("--update-counts", action="store_true", help="fill in expected matches; measure nothing")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit: 0 measured, 1 ours answers wrong or fails, 2 a file cannot be read or written, or a name is none."""
    options = argument_parser().parse_args(arguments)
    mode = "full" if options.full else "quick"
    try:
        scenarios = _scenarios(options)
        if options.list:
            print("\n".join(f"{scenario.name}: {scenario.about}" for scenario in scenarios))
        elif options.update_counts:
            update_counts(scenarios, mode)
        else:
            return run(scenarios, mode, options)
    except ScenarioError as error:
        print(f"{error}; see bench/README.md", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _scenarios(options: argparse.Namespace) -> list[Scenario]:
    files = scenario_files(options.only)
    if not files:
        raise ScenarioError(f"no scenario fits {', '.join(options.only)}")
    unknown = [name for name in options.engine if name not in ENGINES]
    if unknown:
        raise ScenarioError(f"no engine is named {unknown[0]!r}; there are {', '.join(ENGINES)}")
    return [load_scenario(file, counts_required=not options.update_counts) for file in files]


def run(scenarios: Sequence[Scenario], mode: str, options: argparse.Namespace) -> int:
    """Measure, and print and write each scenario as it is done. The exit code: 1 when one of ours was not measured."""
    machine = report.machine_description()
    result: dict[str, Any] = {"date": date.today().isoformat(), "mode": mode, "machine": machine}
    _write(result, options.output)  # now, not at the end, it is found out that it cannot be
    commands, engines = start_commands(_wanted(scenarios, mode, options.engine))
    print(f"{report.machine_text(machine)}\n{report.engines_text(engines)}\n{mode} mode; median (least-most)")
    measured: list[dict[str, Any]] = []
    for scenario in scenarios:
        start = monotonic()
        found = _measured(scenario, mode, commands, options.passes)
        print(_text(found, monotonic() - start), end="", flush=True)
        measured += [found] if found["rows"] else []
        _write({**result, "engines": engines, "scenarios": measured}, options.output)
    print(f"\n{_goals_text(measured)}", end="")
    failed = [row for each in measured for row in each["rows"] if _is_ours(row) and row["status"] != "measured"]
    for row in failed:
        print(f"{row['variant']}, {row['engine']}: {row['status']}: {row['reason']}", file=sys.stderr)
    return int(bool(failed))


def _is_ours(row: Row) -> bool:
    return row["engine"] in OURS or row["engine"] == OUR_COMMAND


def _goals_text(measured: Sequence[Mapping[str, Any]]) -> str:
    """How many goals are reached, and each that is not."""
    lines = [f"{each['scenario']}: {line}" for each in measured for line in each["goals"]]
    words = ("reached", "MISSED", NOT_JUDGED)
    counts = ", ".join(f"{sum(f': {word}:' in line for line in lines)} {word}" for word in words)
    return f"goals: {counts}\n" + "".join(f"  {line}\n" for line in lines if ": reached:" not in line)


def _write(result: Mapping[str, Any], output: Path | None) -> None:
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _measured(scenario: Scenario, mode: str, commands: Commands, passes: int | None) -> dict[str, Any]:
    """The scenario as the result file has it."""
    rows = [row.as_json() for row in measure(scenario, mode, commands, passes)]
    return {
        "scenario": scenario.name,
        "about": scenario.about,
        "measure": scenario.measure,
        "goals": list(map(str, verdicts(scenario, rows))),
        "rows": rows,
    }


def _text(found: Mapping[str, Any], seconds: float) -> str:
    if not found["rows"]:  # none of its engines is there
        return ""
    goals = "".join(f"  {line}\n" for line in found["goals"])
    head = f"{found['scenario']}: {found['about']} ({seconds:.0f} s)"
    return f"\n{head}\n{report.aligned(report.table(found['rows']))}\n{goals}"


def _wanted(scenarios: Iterable[Scenario], mode: str, chosen: Sequence[str]) -> list[str]:
    """The engines of the scenarios, in the order of the table; only the chosen ones, if there are any."""
    asked = {
        engine
        for each in scenarios
        for variant in each.variants_in(mode)
        for engine in variant.engines[mode]
        if engine not in variant.cannot
    }
    return [name for name in ENGINES if name in asked | {YARDSTICK} and (not chosen or name in {*chosen, YARDSTICK})]


def start_commands(names: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]]]:
    """(engine -> command of its worker, engine -> what the result says of it), built where necessary."""
    commands: dict[str, tuple[str, ...]] = {}
    engines: dict[str, dict[str, str]] = {}
    for name in names:
        print(f"building {name}", end="\r", file=sys.stderr, flush=True)
        built = command(name)
        try:
            if built.command is None:
                raise WorkerError(built.absent)
            with WorkerProcess(built.command) as worker:
                said = worker.ask("hello")
        except WorkerError as error:
            engines[name] = {"absent": str(error)}
            continue
        commands[name] = built.command
        own = ENGINES[name]
        engines[name] = {
            "name": own.title,
            "version": said["version"],
            "runtime": said["runtime"],
            "events": own.events,
            "validates": own.validates,
            "arrays": own.arrays,
            "note": own.note,
        }
    return commands, engines


def update_counts(scenarios: Sequence[Scenario], mode: str) -> None:
    """Write the engine's totals for one mode into the files, once a sample agrees with the oracle."""
    oracle = load_oracle()
    for scenario in scenarios:
        counts: dict[str, dict[str, int]] = {}
        for variant in scenario.variants_in(mode):
            if scenario.measure == "commands":
                continue
            lines, rules = event_lines(**variant.event_arguments(mode)), rule_set(variant.rules)
            matcher = Matcher(rules)
            compared = check_against_oracle(variant.name, matcher, rules, lines, oracle)
            total = sum(map(len, matcher.rules_for_events(lines)))
            counts[variant.name] = {**variant.matches, mode: total}
            print(f"{scenario.name}: {variant.name}: {total} matches; {compared} comparisons agree")
        write_counts(scenario.file, counts)


if __name__ == "__main__":
    sys.exit(main())
