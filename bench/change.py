"""Measures changing the rules: how fast they come and go, and what memory they take.

In: a way, the rules, and the table they are made from, since memory is measured in a process of its own, which runs
this module. Out: figures by name with unit, a value per pass. Adding is one ``add_rules`` with rule texts, up to the
first answer. The garbage collector runs as it does in any program.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import process_time
from typing import Any

from bench.data import ROOT
from bench.rules import rule_set
from bench.ways import WAYS
from ruler import Matcher

Figures = dict[str, float]


def change(way: str, rules: Mapping[str, str], wanted: Mapping[str, Any], passes: int) -> dict[str, list[float]]:
    """Rates of adding and removing, and the memory of a rule."""
    found: dict[str, list[float]] = {}
    for _ in range(passes):
        for name, value in {**_rates(way, rules), **_memory(way, wanted)}.items():
            found.setdefault(name, []).append(value)
    return found


def _rates(way: str, rules: Mapping[str, str]) -> Figures:
    matcher = WAYS[way].matcher()
    added = _seconds(lambda: matcher.add_rules(rules), matcher)
    removed = _seconds(lambda: _remove(matcher, rules), matcher)
    one_by_one = _seconds(lambda: _add_one_by_one(matcher, rules), matcher)
    return {
        "seconds to add": added,
        "rules added per second": len(rules) / added,
        "rules added per second, one call each": len(rules) / one_by_one,
        "rules removed per second, one call each": len(rules) / removed,
        "removing takes, times adding": removed / added,
    }


def _seconds(action: Callable[[], None], matcher: Matcher[str]) -> float:
    gc.collect()
    start = process_time()
    action()
    matcher.matches_any(b"{}")  # what is built late is built now
    return process_time() - start


def _add_one_by_one(matcher: Matcher[str], rules: Mapping[str, str]) -> None:
    for name, text in rules.items():
        matcher.add_rule(name, text)


def _remove(matcher: Matcher[str], names: Iterable[str]) -> None:
    for name in names:
        matcher.remove_rule(name)


def _memory(way: str, wanted: Mapping[str, Any]) -> Figures:
    found: Figures = {}
    for name in ["resident"] + (["traced"] if WAYS[way].engine == "python" else []):
        command = [sys.executable, "-m", "bench.change", name, way, json.dumps(wanted)]
        found |= json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    return found


def _resident_bytes(way: str, wanted: Mapping[str, Any]) -> Figures:
    """What the operating system counts, C extensions included.

    Names and texts are there before. Names are kept by reference and so are not counted; nor are texts by the python
    engine. The native one keeps a copy of each text, which is counted.
    """
    rules = rule_set(wanted)
    matcher = WAYS[way].matcher({"warm": '{"a": ["b"]}'})
    matcher.matches_any(b"{}")
    matcher.remove_rule("warm")
    gc.collect()
    before, held_before = _resident(), matcher.stats().memory_bytes
    matcher.add_rules(rules)
    matcher.matches_any(b"{}")
    gc.collect()
    full, held = _resident(), matcher.stats().memory_bytes
    _remove(matcher, rules)
    matcher.matches_any(b"{}")
    gc.collect()
    left, held_after = _resident(), matcher.stats().memory_bytes
    figures = {
        "resident bytes per rule": (full - before) / len(rules),
        "resident memory after removing all, times the start": left / before,
        "share of the added resident memory that stays": (left - before) / (full - before),
    }
    if held_before is not None and held is not None and held_after is not None:
        figures |= {
            "bytes per rule by stats()": held / len(rules),
            "bytes by stats() before adding": held_before,
            "bytes by stats() after removing all": held_after,
        }
    return figures


def _traced_bytes(way: str, wanted: Mapping[str, Any]) -> Figures:
    """What Python's allocator counts: after adding, and what is left after removing every rule again."""
    rules = rule_set(wanted)
    tracemalloc.start()
    matcher, before = WAYS[way].matcher(), tracemalloc.get_traced_memory()[0]
    matcher.add_rules(rules)
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


MEMORY: Mapping[str, Callable[[str, Mapping[str, Any]], Figures]] = {
    "resident": _resident_bytes,
    "traced": _traced_bytes,
}
"""How memory is counted."""


if __name__ == "__main__":
    _, measure, way, table = sys.argv
    print(json.dumps(MEMORY[measure](way, json.loads(table))))
