"""Checks answers before anything is timed: against the expected total, between engines, against the oracle."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.data import ROOT
from bench.ways import WAYS, answers
from ruler import Matcher

ORACLE = ROOT / "tests" / "oracle.py"
SAMPLE_EVENTS = 200
SAMPLE_RULES = 20
SAMPLE_BYTES = 8_000  # longer events are left out of the slow count: its cost grows with the square of an array

Oracle = Callable[[str, str], bool]


class WrongAnswerError(AssertionError):
    """The engine found something else than expected; no time is worth printing then."""


class References:
    """What the python engine answers, by what ought to be answered alike.

    All sizes of a ``growth-`` kind have the same answers, so those of its smallest size stand for a million rules.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int], list[list[Any]]] = {}

    def answers(self, key: str, rules: Mapping[str, str], lines: Sequence[bytes]) -> list[list[Any]]:
        """The names for each event; ``key`` says which rules, the list itself which events."""
        place = (key, id(lines))
        if place not in self._answers:
            self._answers[place] = answers(WAYS["python"].matcher(rules), lines)
        return self._answers[place]


def checked_total(
    where: str, found: Sequence[list[Any]], wanted: Sequence[list[Any]], lines: Sequence[bytes], expected: int
) -> int:
    """The number of matches; WrongAnswerError unless it is the expected one and every event is answered as wanted."""
    for line, own, reference in zip(lines, found, wanted, strict=True):
        if own != reference:
            raise WrongAnswerError(f"{where}: {own}, the python engine {reference}, on {line.decode()}")
    total = sum(map(len, found))
    if total != expected:
        raise WrongAnswerError(f"{where}: {total} matches, expected {expected}")
    return total


def check_against_oracle(
    where: str, matcher: Matcher[str], rules: Mapping[str, str], lines: Sequence[bytes], oracle: Oracle
) -> int:
    """Compare the engine with the slow, obvious matcher on a sample; give the number of comparisons.

    Up to 200 events, evenly spread, times up to 20 rules: the first ten, which match in growth sets, and
    ten more.
    """
    names = list(rules)
    half = SAMPLE_RULES // 2
    sampled = dict.fromkeys(names[:half] + names[half :: max(1, len(names) // half)])
    events = [line for line in _spread(lines, SAMPLE_EVENTS) if len(line) <= SAMPLE_BYTES]
    for line in events:
        found = set(matcher.rules_for_event(line))
        for name in sampled:
            if (name in found) != oracle(rules[name], line.decode()):
                raise WrongAnswerError(f"{where}: {name} on {line.decode()}: engine and oracle differ")
    return len(events) * len(sampled)


def load_oracle() -> Oracle:
    """``matches(rule_text, event_text)`` of the tests, which are no package."""
    specification: Any = importlib.util.spec_from_file_location("oracle", ORACLE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    matches: Oracle = module.matches
    return matches


def _spread(lines: Sequence[bytes], count: int) -> Sequence[bytes]:
    return lines[:: max(1, len(lines) // count)][:count]
