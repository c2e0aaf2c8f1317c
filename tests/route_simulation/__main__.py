"""Replays a schedule with its trace, or runs many.

python -m tests.route_simulation --seed 17                            one schedule, with all that happens
python -m tests.route_simulation --seeds 0 100000 --processes 2       many; tells the seeds that fail
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from route_simulation.books import Violation
from route_simulation.life import Kit
from route_simulation.plain import PlainKit
from route_simulation.real import RealKit
from route_simulation.schedule import schedule_of
from route_simulation.world import World, failure_of, simulate

CHUNK = 500  # seeds that a process runs at a time
SHOWN = 200  # characters of a failure


def main() -> int:
    """Return 1 when a seed fails."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m tests.route_simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="replay this schedule and print its trace")
    which.add_argument("--seeds", type=int, nargs=2, metavar=("FIRST", "END"), help="run these, END left out")
    parser.add_argument("--processes", type=int, default=1, help="how many at one time (default: 1)")
    parser.add_argument("--engine", default="python", choices=("python", "native"), help="(default: python)")
    parser.add_argument("--plain", action="store_true", help="the plain router, to test the simulation itself")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return replay(arguments.seed, arguments.engine, arguments.plain)
    return run_many(*arguments.seeds, arguments.processes, arguments.engine, arguments.plain)


def kit_of(is_plain: bool) -> Kit:
    """What makes the routers."""
    return PlainKit() if is_plain else RealKit()


def replay(seed: int, engine: str, is_plain: bool) -> int:
    """Print all that happens in one schedule."""
    if failure := failure_of(seed, kit_of(is_plain), engine=engine):
        print(failure)
        return 1
    world = World(schedule_of(seed, engine), kit_of(is_plain), traces=True)
    world.run()
    print(world.schedule, *(world.trace or ()), "", counts_text(world.ledger.counts), sep="\n")
    return 0


def run_many(first: int, end: int, processes: int, engine: str, is_plain: bool) -> int:
    """Run many schedules, and print what happened in all of them."""
    counts: Counter[str] = Counter()
    failed = 0
    began = time.monotonic()
    run = partial(run_chunk, end=end, engine=engine, is_plain=is_plain)
    with ProcessPoolExecutor(processes) as pool:
        for happened, failures in pool.map(run, range(first, end, CHUNK)):
            counts.update(happened)
            failed += len(failures)
            for seed, what in failures.items():
                print(f"seed {seed}: {what}", flush=True)
    print(counts_text(counts))
    print(f"{end - first:,} seeds, {failed:,} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def run_chunk(first: int, end: int, engine: str, is_plain: bool) -> tuple[Counter[str], dict[int, str]]:
    """Run up to CHUNK schedules: what happened in them, and what is wrong with those that fail."""
    counts: Counter[str] = Counter()
    failures: dict[int, str] = {}
    for seed in range(first, min(first + CHUNK, end)):
        try:
            world = simulate(seed, kit_of(is_plain), engine=engine)
        except Violation as error:
            failures[seed] = " ".join(str(error).split())[-SHOWN:]
            continue
        counts.update(world.ledger.counts)
        counts["events"] += len(world.schedule.events)
        counts["lives"] += world.life_count
    return counts, failures


def counts_text(counts: Counter[str]) -> str:
    """What has happened, one a line."""
    return "\n".join(f"{count:12,} {what}" for what, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
