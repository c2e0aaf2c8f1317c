"""Measures what a second thread gains: one list of events in one thread and in two, by the wall clock.

The two take turns, and of each turn's runs the faster one counts, since other programs may be busy. Two idle processors
are needed for the figures to mean anything.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from time import perf_counter

from ruler import Matcher

TURNS = (1, 2, 1, 2)


def gain_of_threads(matcher: Matcher[str], events: Sequence[bytes], passes: int) -> dict[str, list[float]]:
    """How many times faster two threads are, once per pass."""
    return {"times faster with 2 threads": [_gain(matcher, events) for _ in range(passes)]}


def _gain(matcher: Matcher[str], events: Sequence[bytes]) -> float:
    seconds = {1: float("inf"), 2: float("inf")}
    for threads in TURNS:
        gc.collect()
        start = perf_counter()
        list(matcher.rules_for_events(events, threads=threads))
        seconds[threads] = min(seconds[threads], perf_counter() - start)
    return seconds[1] / seconds[2]
