"""Measures what a second thread gains: the same events in one thread and in two.

The two take turns, and of each turn's runs the faster one counts, since other programs may be busy. Two idle processors
are needed for the figures to mean anything.
"""

from __future__ import annotations

from bench.contender import Contender
from bench.material import Rules

TURNS = (1, 2, 1, 2)
LIMIT_SECONDS = 120.0


def gain_of_threads(
    contender: Contender, command: tuple[str, ...], rules: Rules, passes: int
) -> dict[str, list[float]]:
    """How many times faster two threads are, and what an event takes with two, once per pass."""
    found: dict[str, list[float]] = {"times faster with 2 threads": [], "ns per event with 2 threads": []}
    for _ in range(passes):
        seconds = {1: float("inf"), 2: float("inf")}
        for threads in TURNS:
            reply = contender.worker.ask("threads", count=threads, limit=LIMIT_SECONDS)
            seconds[threads] = min(seconds[threads], reply["seconds"])
        found["times faster with 2 threads"].append(seconds[1] / seconds[2])
        found["ns per event with 2 threads"].append(seconds[2] / contender.events.count * 1e9)
    return found
