"""Measures changing the rules while another thread matches.

One thread adds rules and removes them again, one call each; meanwhile another one matches events. Out: changes and
events per second, and what share of its speed alone each keeps.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.contender import Contender
from bench.material import Rules

LIMIT_SECONDS = 300.0


def churn(contender: Contender, command: tuple[str, ...], rules: Rules, passes: int) -> dict[str, list[float]]:
    """Figures of a contender that has its rules already; they come a second time, under other names."""
    found: dict[str, list[float]] = {}
    worker, count = contender.worker, contender.events.count
    file = _under_other_names(rules)
    for _ in range(passes):
        end = min(count, contender.turn_events * 20)
        alone = end / worker.ask("match", first=0, end=end)["seconds"]
        reply = worker.ask("churn", file=str(file), limit=LIMIT_SECONDS)
        figures = {
            "changes per second while matching": reply["changes"] / reply["seconds"],
            "events per second while changing": reply["matched"] / reply["seconds"],
            "share of its events per second alone": reply["matched"] / reply["seconds"] / alone,
        }
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
    return found


def _under_other_names(rules: Rules) -> Path:
    """A file of the same rules whose names no machine knows yet."""
    file = rules.file.with_name(f"churn-{rules.file.name}")
    with rules.file.open(encoding="utf-8") as lines, file.open("w", encoding="utf-8") as stream:
        for line in lines:
            name, text = json.loads(line)
            stream.write(json.dumps([f"new {name}", text]) + "\n")
    return file
