"""Measures changing the rules: how fast they come and go, and what memory they take.

In: an engine and rules. Out: figures by name with unit, a value per pass. Each pass has a new process, which holds the
texts of the rules before anything is measured: they are no memory of the machine. What an engine cannot do it has no
figure for.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bench.contender import Contender
from bench.material import Rules
from bench.worker_process import CannotError, WorkerProcess

LIMIT_SECONDS = 300.0  # for one pass over all rules


def change(contender: Contender, command: tuple[str, ...], rules: Rules, passes: int) -> dict[str, list[float]]:
    """Rates of adding and removing, and the memory of a rule."""
    found: dict[str, list[float]] = {}
    for _ in range(passes):
        for name, value in {**_memory(command, rules), **_one_by_one(command, rules)}.items():
            found.setdefault(name, []).append(value)
    return found


def _memory(command: tuple[str, ...], rules: Rules) -> dict[str, float]:
    """Adding all in the way the engine recommends, then removing them; and the memory before, between and after."""
    with WorkerProcess(command) as worker:
        worker.ask("rules", file=str(rules.file))
        start = worker.ask("memory")
        added = worker.ask("add", limit=LIMIT_SECONDS)["seconds"]
        full = worker.ask("memory")
        figures = {
            "seconds to add": added,
            "rules added per second": rules.count / added,
            "bytes per rule": (full["bytes"] - start["bytes"]) / rules.count,
        }
        if "held" in full:
            figures["bytes per rule by stats()"] = full["held"] / rules.count
        with suppress(CannotError):
            removed = worker.ask("remove", limit=LIMIT_SECONDS)["seconds"]
            figures |= {
                "rules removed per second, one call each": rules.count / removed,
                "removing takes, times adding": removed / added,
                **_left(start, full, worker.ask("memory")),
            }
    return figures


def _left(start: Mapping[str, Any], full: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, float]:
    figures = {
        "memory after removing all, times the start": left["bytes"] / start["bytes"],
    }
    if full["bytes"] > start["bytes"]:  # few rules may fit into what was there
        stays = (left["bytes"] - start["bytes"]) / (full["bytes"] - start["bytes"])
        figures["share of the added memory that stays"] = stays
    if "held" in left:
        figures["bytes by stats() more than before, after removing all"] = left["held"] - start["held"]
    return figures


def _one_by_one(command: tuple[str, ...], rules: Rules) -> dict[str, float]:
    with WorkerProcess(command) as worker:
        worker.ask("rules", file=str(rules.file))
        seconds = worker.ask("add", each=True, limit=LIMIT_SECONDS)["seconds"]
    return {"rules added per second, one call each": rules.count / seconds}
