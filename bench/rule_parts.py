"""What kinds of rules that grow have in common: how many match, the streets they ask for, and words that do not occur.

Used by `bench/rules.py` and `bench/extension_rules.py`, for the events of city lots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.generators.draw import Draw
from bench.generators.streets import STREETS

HITS = 10
"""Rules of a ``growth-`` or ``extension-`` set that match; the rest never do."""

Rule = dict[str, Any]
NAMES = tuple(dict.fromkeys(name for name, _ in STREETS))
HIT_NAMES = NAMES[NAMES.index("MISSION") :][:HITS]


def in_properties(**clauses: Any) -> Rule:
    """A rule with these clauses on the properties of a lot."""
    return {"properties": clauses}


def never(draw: Draw) -> str:
    """A street name no lot lies on, which begins as one that exists; some thousand millions of them."""
    return f"{draw.pick(NAMES)} {draw.word(6)}"


def absent_word(draw: Draw) -> str:
    """Five letters that occur in no street name."""
    word = draw.word(5)
    while any(word in name for name in NAMES):
        word = draw.word(5)
    return word


def growing(hit: Callable[[str], Rule], filler: Callable[[Draw], Rule]) -> Callable[[Draw], Iterator[Rule]]:
    """A kind: a rule that matches for each of `HIT_NAMES`, then without end what never matches."""

    def rules(draw: Draw) -> Iterator[Rule]:
        yield from map(hit, HIT_NAMES)
        while True:
            yield filler(draw)

    return rules
