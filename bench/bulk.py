"""Measures changing the rules: how fast they come and go, and what memory they take.

In: a way, the rules, and the table they are made from, since memory is measured in processes of their own. Out: figures
by name with unit. `churn` makes one call a rule, `bulk` adds all with one ``add_rules``.
"""

from __future__ import annotations

import gc
import multiprocessing
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from bench.rules import rule_set
from bench.ways import WAYS
from ruler import Matcher

Figures = dict[str, float]
Add = Callable[[Matcher[str], Mapping[str, str]], None]


def churn(way: str, rules: Mapping[str, str], wanted: Mapping[str, Any], passes: int) -> Figures:
    """Rules added and removed per second, one call each, and the memory of a rule."""
    return {**_rates(way, rules, passes, _add_one_by_one), **_memory(way, wanted, _add_one_by_one)}


def bulk(way: str, rules: Mapping[str, str], wanted: Mapping[str, Any], passes: int) -> Figures:
    """The same with one ``add_rules``, from rule text to the first answer."""
    return {**_rates(way, rules, passes, _add_at_once), **_memory(way, wanted, _add_at_once)}


def _add_one_by_one(matcher: Matcher[str], rules: Mapping[str, str]) -> None:
    for name, text in rules.items():
        matcher.add_rule(name, text)


def _add_at_once(matcher: Matcher[str], rules: Mapping[str, str]) -> None:
    matcher.add_rules(rules)


def _remove(matcher: Matcher[str], names: Iterable[str]) -> None:
    for name in names:
        matcher.remove_rule(name)


def _rates(way: str, rules: Mapping[str, str], passes: int, add: Add) -> Figures:
    seconds: dict[str, list[float]] = {"added": [], "removed": []}
    for _ in range(passes):
        matcher = WAYS[way].matcher()
        gc.collect()
        start = process_time()
        add(matcher, rules)
        matcher.matches_any(b"{}")  # what is built late is built now
        middle = process_time()
        _remove(matcher, rules)
        seconds["added"].append(middle - start)
        seconds["removed"].append(process_time() - middle)
    added, removed = median(seconds["added"]), median(seconds["removed"])
    return {
        "seconds to add": added,
        "rules added per second": len(rules) / added,
        "rules removed per second": len(rules) / removed,
        "removing takes, times adding": removed / added,
    }


def _memory(way: str, wanted: Mapping[str, Any], add: Add) -> Figures:
    measures = [_resident_bytes] + ([_traced_bytes] if WAYS[way].engine == "python" else [])
    found: Figures = {}
    for function in measures:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found |= pool.apply(function, (way, dict(wanted), add))
    return found


def _resident_bytes(way: str, wanted: dict[str, Any], add: Add) -> Figures:
    """What the operating system counts, C extensions included; names and rule texts are there before.

    A matcher keeps texts and names by reference, so they take nothing more here. What is left is counted beside all
    that the process had before the rules came.
    """
    rules = rule_set(wanted)
    matcher, before = WAYS[way].matcher({"warm": '{"a": ["b"]}'}), _resident()
    matcher.matches_any(b"{}")
    matcher.remove_rule("warm")
    add(matcher, rules)
    matcher.matches_any(b"{}")
    gc.collect()
    full, held = _resident(), matcher.stats().memory_bytes
    _remove(matcher, rules)
    matcher.matches_any(b"{}")
    gc.collect()
    left, still_held = _resident(), matcher.stats().memory_bytes
    figures = {"resident bytes per rule": (full - before) / len(rules)}
    if held is not None and still_held is not None:
        figures |= {
            "bytes per rule by stats()": held / len(rules),
            "bytes by stats() after removing all": still_held,
        }
    return {**figures, "times the resident memory of the start, after removing all": left / before}


def _traced_bytes(way: str, wanted: dict[str, Any], add: Add) -> Figures:
    """What Python's allocator counts: after adding, and what is left after removing every rule again."""
    rules = rule_set(wanted)
    tracemalloc.start()
    matcher, before = WAYS[way].matcher(), tracemalloc.get_traced_memory()[0]
    add(matcher, rules)
    matcher.matches_any(b"{}")
    gc.collect()
    full = tracemalloc.get_traced_memory()[0]
    _remove(matcher, rules)
    matcher.matches_any(b"{}")
    gc.collect()
    left = tracemalloc.get_traced_memory()[0]
    return {
        "Python bytes per rule": (full - before) / len(rules),
        "Python bytes left per removed rule": (left - before) / len(rules),
    }


def _resident() -> int:
    """Resident bytes of this process; 1 where the system does not say (the figures mean nothing then)."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 1
