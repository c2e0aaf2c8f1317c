"""Measures changing the rules while another thread matches.

One thread adds rules and removes them again, one call each; meanwhile another one matches events. Out: changes and
events per second, and what share of its speed alone each keeps.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.contender import LIMITS, Contender, warm_up
from bench.engines import ENGINES
from bench.material import Rules
from bench.worker_process import WorkerProcess

LEAST_SECONDS = 1.0  # of changes: fewer would say more of how threads begin than of how they go on
LIMIT_SECONDS = 300.0


def churn(contender: Contender, command: tuple[str, ...], rules: Rules, passes: int) -> dict[str, list[float]]:
    """Figures of an engine that has the rules already; they come a second time, under other names.

    Each pass has a new process: some engines are slower by what was removed from them before.
    """
    found: dict[str, list[float]] = {}
    warm_up_seconds = ENGINES[contender.row.engine].warm_up_seconds
    for _ in range(passes):
        with WorkerProcess(command) as worker:
            worker.ask("events", file=str(contender.events.file))
            worker.ask("add", file=str(rules.file), limit=LIMIT_SECONDS)
            alone = 1 / warm_up(worker, contender.events, warm_up_seconds, LIMITS["full"])
            for name, value in _churned(worker, _under_other_names(rules), alone).items():
                found.setdefault(name, []).append(value)
    return found


def _churned(worker: WorkerProcess, file: Path, alone: float) -> dict[str, float]:
    """Changes again and again, until they have taken a second."""
    changes, seconds, matched = 0, 0.0, 0
    while seconds < LEAST_SECONDS:
        reply = worker.ask("churn", file=str(file), limit=LIMIT_SECONDS)
        changes, seconds, matched = changes + reply["changes"], seconds + reply["seconds"], matched + reply["matched"]
    return {
        "changes per second while matching": changes / seconds,
        "events per second while changing": matched / seconds,
        "share of its events per second alone": matched / seconds / alone,
    }


def _under_other_names(rules: Rules) -> Path:
    """A file of the same rules whose names no machine knows yet."""
    file = rules.file.with_name(f"churn-{rules.file.name}")
    with rules.file.open(encoding="utf-8") as lines, file.open("w", encoding="utf-8") as stream:
        for line in lines:
            name, text = json.loads(line)
            stream.write(json.dumps([f"new {name}", text]) + "\n")
    return file
