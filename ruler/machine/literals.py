"""Literals: texts that must occur in a value for a pattern to accept it, looked for all at once.

In: for each pattern the literals it needs. Out: an automaton (Aho-Corasick) over one literal of each, and which of
those occur in a value. Patterns whose literal does not occur cost a value nothing; those whose does are candidates,
to be verified by whoever asks (wildcards.py, regexps.py).

    *error*disk*  needs "error" and "disk"          a*z  needs "⊢a" and "z⊣"

⊢ and ⊣ mark the two ends of a value. They are lone surrogates, which no valid event or rule can contain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

import ahocorasick

BEGIN = "\ud800"
END = "\udfff"

# What a literal costs is how likely it is to occur times the patterns that share it. Each of the first 4 characters
# makes a stray occurrence 4 times less likely; past that a word is a word, so a long one that many share is left.
_UNLIKELY_PER_CHARACTER = 4
_LONG_ENOUGH = 4

# Occurrences of literals looked at in a value, per character. Literals within literals (a, aa, aaa ...) can occur
# thousandfold at one place; then trying the patterns one by one is cheaper.
_MOST_OCCURRENCES = 8


def best_literal(literals: Iterable[str], sharing: dict[str, list[Any]]) -> str:
    """Return the one of ``literals`` that costs least; ``sharing`` lists, by literal, the patterns that look for it."""
    return min(literals, key=lambda text: (_cost(text, len(sharing.get(text, ()))), -len(text)))


def automaton_of(literals: Collection[str]) -> Any:
    """Return what finds ``literals``, by their places in that order; None when there are none."""
    if not literals:
        return None
    automaton = ahocorasick.Automaton()
    for index, literal in enumerate(literals):
        automaton.add_word(literal, index)
    automaton.make_automaton()
    return automaton


def occurring(automaton: Any, value: str, literal_count: int) -> Collection[int]:
    """Return which of the literals occur in ``value``; all of them when that is too much to find out."""
    occurrences = automaton.iter(f"{BEGIN}{value}{END}")
    limit = _MOST_OCCURRENCES * (len(value) + 2)
    found = {index for _, index in islice(occurrences, limit)}
    if len(found) < literal_count and next(occurrences, None) is not None:
        return range(literal_count)
    return found


def _cost(literal: str, sharing: int) -> float:
    """Return the expected verifications a value when one more pattern looks for ``literal``."""
    return (sharing + 1) / float(_UNLIKELY_PER_CHARACTER ** min(len(literal), _LONG_ENOUGH))
