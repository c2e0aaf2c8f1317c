"""The command line: runs, checks, and prints the figures."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from bench.crashes.drive import TARGET_TIMEOUT, Task, drive, judge
from bench.crashes.sink import Manners


def main() -> int:
    default = Task()
    manners = default.manners
    parser = argparse.ArgumentParser(prog="python -m bench.crashes", description=__doc__)
    parser.add_argument("--lines", type=int, default=default.lines)
    parser.add_argument("--kills", type=int, default=default.kills)
    parser.add_argument("--deaths", type=int, default=default.deaths, help="of the sink, while the router runs")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--signal", default="KILL", choices=("KILL", "TERM"))
    parser.add_argument("--fail", type=float, default=manners.fail, help="share of requests answered with 503 or 429")
    parser.add_argument("--stall", type=float, default=manners.stall, help="share of requests answered too late")
    parser.add_argument("--max-events", type=int, default=default.max_events, help="in flight at one time")
    parser.add_argument("--rotations", type=int, default=0, help="of the file, which is written while it is routed")
    parser.add_argument("--keep", type=Path, help="a new directory for all files; without it they are removed")
    options = parser.parse_args()
    task = Task(
        options.lines,
        options.kills,
        options.deaths,
        options.seed,
        signal.Signals[f"SIG{options.signal}"],
        Manners(options.fail, options.stall, 2 * TARGET_TIMEOUT),
        options.max_events,
        options.rotations,
    )
    directory = Path(tempfile.mkdtemp(prefix="crashes-")) if options.keep is None else options.keep
    directory.mkdir(exist_ok=True)
    try:
        report = judge(task, drive(task, directory))
    finally:
        if options.keep is None:
            shutil.rmtree(directory)
    width = max(map(len, report.figures))
    for name, figure in report.figures.items():
        print(f"{name:{width}}  {figure:>9,}")
    print("\n".join(report.wrong) or "all claims hold")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
