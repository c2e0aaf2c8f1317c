"""What an engine tells of its machine: counts, and a row for each state. describe.py draws it.

In a module of its own, because every program that imports ruler loads it, and few of them draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ruler.patterns.model import Clause


@dataclass(frozen=True)
class Stats:
    """What a matcher holds, in counts. Shared parts count once."""

    rules: int  # names
    sub_rules: int  # distinct ones, over all rules
    states: int  # name states, the start included
    clauses: int  # distinct ones
    patterns: dict[str, int]  # distinct a path, by kind: {"exact": 3, "prefix": 1}; what anything-but excludes included
    paths: int  # distinct paths that some rule uses
    memory_bytes: int | None = field(default=None, compare=False)  # what the machine takes; None when not known


Counts = tuple[int, int, int, int, dict[str, int], int, int | None]
"""The fields of a Stats, in their order."""

StateRow = tuple[int, Clause | None, list[int]]
"""A state of a machine: the index of the row of the state it is reached from, the clause on the edge, and the ids of
the rules that match once it is reached, in the order of answers. The start has -1 and None."""
