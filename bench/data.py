"""Writes synthetic events, one JSON object a line: ``python -m bench.data GENERATOR [--count N] [-o FILE]``.

The same arguments give the same bytes on every machine and Python version. Without ``-o`` a dump goes to
``bench/data/GENERATOR.jsonl``, which version control ignores; ``-o -`` writes to standard output.
``python -m bench.data examples`` rewrites ``examples/events.jsonl``, which is committed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.generators import arrays as array_events
from bench.generators import batches as batch_events
from bench.generators import citylots as lots
from bench.generators import eventbridge as bus
from bench.generators import processes as process_starts
from bench.generators import runs as run_events

ROOT = Path(__file__).resolve().parent.parent
DATA_DIRECTORY = ROOT / "bench" / "data"
EXAMPLE_EVENTS = ROOT / "examples" / "events.jsonl"
EXAMPLE_COUNT, EXAMPLE_SEED = 400, 20261116

GENERATORS: dict[str, Callable[..., Iterator[bytes]]] = {
    "citylots": lots.citylots,
    "eventbridge": bus.eventbridge,
    "processes": process_starts.processes,
    "arrays": array_events.arrays,
    "batches": batch_events.batches,
    "runs": run_events.runs,
}
"""Name -> function of (count, seed, and options of its own) giving lines without line ends."""


def event_lines(generator: str, count: int, seed: int, **options: Any) -> list[bytes]:
    """Events in memory, as the measurements want them."""
    return list(GENERATORS[generator](count, seed, **options))


def example_lines() -> Iterator[bytes]:
    """The events of ``examples/events.jsonl``."""
    return bus.eventbridge(EXAMPLE_COUNT, EXAMPLE_SEED)


def write_lines(lines: Iterable[bytes], file: str | Path) -> None:
    """Write one event a line; ``-`` is standard output."""
    if str(file) == "-":
        sys.stdout.buffer.writelines(line + b"\n" for line in lines)
        return
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    with open(file, "wb") as stream:
        stream.writelines(line + b"\n" for line in lines)


def argument_parser() -> argparse.ArgumentParser:
    """One subcommand per generator, and ``examples``."""
    parser = argparse.ArgumentParser(prog="python -m bench.data", description="Write synthetic events as JSON lines.")
    commands = parser.add_subparsers(dest="generator", required=True)
    city = _command(commands, "citylots", lots.DEFAULT_COUNT, lots.DEFAULT_SEED, "city-lots features")
    city.add_argument("--numbers", action="store_true", help="block, lot and house numbers as JSON numbers")
    city.add_argument("--points", action="store_true", help='coordinates as {"x":lon,"y":lat,"z":0.0}')
    bridge = _command(commands, "eventbridge", bus.DEFAULT_COUNT, bus.DEFAULT_SEED, "nested events of 1-2 KB")
    bridge.add_argument("--context", action="store_true", help="with the request behind each event: about 2 KB")
    _command(commands, "processes", 10_000, 1, "process starts with long command lines, 2.5 KB")
    array = _command(commands, "arrays", 1000, 1, "one array of objects per event")
    array.add_argument("--elements", type=int, default=10)
    array.add_argument("--placement", choices=array_events.PLACEMENTS, default="last")
    array.add_argument("--shape", choices=array_events.SHAPES, default="objects")
    batch = _command(commands, "batches", 1000, 1, "nested events of any size, most of it an array of objects")
    batch.add_argument("--kilobytes", type=int, default=14)
    run = _command(commands, "runs", 1000, 1, "texts of which nearly every letter is an a")
    run.add_argument("--letters", type=int, default=200)
    examples = commands.add_parser("examples", help="rewrite examples/events.jsonl")
    examples.add_argument("-o", "--output", default=str(EXAMPLE_EVENTS), metavar="FILE")
    return parser


def _command(commands: Any, name: str, count: int, seed: int, summary: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary)
    command.add_argument("--count", type=int, default=count, metavar="N", help=f"lines (default {count})")
    command.add_argument("--seed", type=int, default=seed, metavar="N", help=f"default {seed}")
    default = DATA_DIRECTORY / f"{name}.jsonl"
    command.add_argument("-o", "--output", default=str(default), metavar="FILE", help="- is standard output")
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what the arguments ask for."""
    options = vars(argument_parser().parse_args(arguments))
    generator, output = options.pop("generator"), options.pop("output")
    lines = example_lines() if generator == "examples" else GENERATORS[generator](**options)
    write_lines(lines, output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
