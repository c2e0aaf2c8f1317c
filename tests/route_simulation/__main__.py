"""Replays a schedule with its trace, or runs many.

python -m tests.route_simulation --seed 17            one schedule, with all that happens
python -m tests.route_simulation --seeds 0 100000     many; prints the seeds that fail
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from route_simulation.plain import PlainKit
from route_simulation.real import RealKit
from route_simulation.world import failure_of, simulate


def main() -> int:
    """Return 1 when a seed fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.route_simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one, and print its trace")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FIRST", "END"), help="run these, END left out")
    parser.add_argument("--engine", default="python", choices=("python", "native"))
    parser.add_argument("--family", default=None)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    kit = PlainKit() if arguments.plain else RealKit()
    if arguments.seed is not None:
        failure = failure_of(arguments.seed, kit, engine=arguments.engine, only=arguments.family)
        if not failure:
            world = simulate(arguments.seed, kit, engine=arguments.engine, traces=True, only=arguments.family)
            failure = "\n".join([str(world.schedule), *(world.trace or ()), str(dict(world.ledger.counts))])
        print(failure)
        return 0
    failed = 0
    for seed in range(*arguments.seeds):
        try:
            simulate(seed, kit, engine=arguments.engine, only=arguments.family)
        except AssertionError as error:
            failed += 1
            print(seed, " ".join(str(error).split())[-200:])
    print(f"{arguments.seeds[1] - arguments.seeds[0]} seeds, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
