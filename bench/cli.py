"""Measures whole processes: ``python -m bench.cli [--count N] [--runs N] [-o FILE]``.

``ruler filter`` over city-lots lines in a file, next to ``bench/ten_line_filter.py``, which decodes with
orjson and tests the same field, and next to jq when it is installed. The goal is to be `GOAL` times as fast as jq.
Runs are interleaved; output goes to a file. The answers are compared before a figure is printed: byte for byte with
the script; with jq, which writes lines anew, as JSON values. Start-up of the interpreter is part of the time, for it
is part of what a user waits for.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import orjson

from bench.data import DATA_DIRECTORY, GENERATORS, ROOT, write_lines
from bench.generators.citylots import DEFAULT_COUNT, DEFAULT_SEED
from bench.goals import Verdict
from bench.report import machine_description, machine_text, spread_of

PATTERN = '{"properties": {"STREET": ["FULTON"]}}'
GOAL = 15.0
JQ_CONDITION = 'select(.properties.STREET == "FULTON")'


def commands(file: Path) -> dict[str, list[str]]:
    """Command lines that select the same events, the yardstick first."""
    found = {
        "ten-line script": [sys.executable, str(ROOT / "bench" / "ten_line_filter.py"), str(file)],
        "ruler filter": [sys.executable, "-m", "ruler", "filter", "-e", PATTERN, str(file)],
    }
    jq = shutil.which("jq")
    if jq:
        found["jq"] = [jq, "-c", JQ_CONDITION, str(file)]
    return found


def city_file(count: int) -> Path:
    """The file of events, written anew each time, so that it always fits the generator."""
    file = DATA_DIRECTORY / f"citylots-{count}.jsonl"
    write_lines(GENERATORS["citylots"](count, DEFAULT_SEED), file)
    return file


def run_once(command: Sequence[str], output: Path) -> float:
    """Seconds from start to exit, standard output going to a file."""
    with output.open("wb") as stream:
        start = perf_counter()
        subprocess.run(command, stdout=stream, check=True, env=_environment())
        return perf_counter() - start


def _environment() -> dict[str, str]:
    """Modules are found here, and kept compiled, as they are where a package was installed."""
    found = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**found, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


def check_answers(outputs: dict[str, Path]) -> int:
    """The number of selected lines; SystemExit when two answers differ."""
    expected = outputs["ten-line script"].read_bytes()
    if outputs["ruler filter"].read_bytes() != expected:
        raise SystemExit("ruler filter and the ten-line script select different bytes")
    lines = expected.splitlines()
    if "jq" in outputs:
        # jq may respell numbers, so values are compared; doubles are what both sides mean.
        theirs = outputs["jq"].read_bytes().splitlines()
        if list(map(orjson.loads, theirs)) != list(map(orjson.loads, lines)):
            raise SystemExit("jq and the ten-line script select different events")
    return len(lines)


def measure(file: Path, runs: int) -> tuple[int, dict[str, list[float]]]:
    """(selected lines, seconds of each run by command); one more run before them gives the answers."""
    with tempfile.TemporaryDirectory() as directory:
        table = commands(file)
        outputs = {name: Path(directory) / name for name in table}
        for name, command in table.items():
            run_once(command, outputs[name])
        selected = check_answers(outputs)
        seconds: dict[str, list[float]] = {name: [] for name in table}
        for _ in range(runs):
            for name, command in table.items():
                seconds[name].append(run_once(command, outputs[name]))
    return selected, seconds


def compared_with_filter(seconds: dict[str, list[float]]) -> list[Verdict]:
    """How many times faster than jq the filter is, run by run, and the script; no verdict without jq."""
    found = []
    for name, limit in (("jq", GOAL), ("ten-line script", 1.0)):
        if name in seconds:
            ratios = [theirs / own for own, theirs in zip(seconds["ruler filter"], seconds[name], strict=True)]
            found.append(Verdict(f"times faster than {name}", "at least", limit, median(ratios)))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; with ``-o`` also write the seconds as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.cli", description="Measure whole processes.")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, metavar="N", help="city-lots lines")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)
    machine = machine_description()
    selected, seconds = measure(city_file(options.count), options.runs)
    print(
        f"{machine_text(machine)}\n{options.count:,} lines, {selected:,} selected; "
        f"median (least-most) of {options.runs}"
    )
    for name, runs in seconds.items():
        print(f"  {name:16} {spread_of(runs)} s")
    verdicts = [str(verdict) for verdict in compared_with_filter(seconds)]
    print("".join(f"  {line}\n" for line in verdicts), end="")
    if options.output is not None:
        result: dict[str, Any] = {
            "machine": machine,
            "scenarios": [
                {
                    "scenario": "cli",
                    "about": f"{options.count:,} lines in a file, {selected:,} selected",
                    "table": [["command", "seconds"], *([name, spread_of(runs)] for name, runs in seconds.items())],
                    "goals": verdicts,
                    "seconds": seconds,
                }
            ],
        }
        options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
