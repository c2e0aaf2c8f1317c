"""Checks answers before anything is timed: against the expected total, between engines, against the oracle."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data import ROOT

if TYPE_CHECKING:
    from bench.material import Events
    from ruler import Matcher

ORACLE = ROOT / "tests" / "oracle.py"
SAMPLE_EVENTS = 200
SAMPLE_RULES = 20
SAMPLE_BYTES = 8_000  # longer events are left out of the slow count: its cost grows with the square of an array
SHOWN_BYTES = 300  # of an event that is answered wrong

Oracle = Callable[[str, str], bool]


class WrongAnswerError(AssertionError):
    """An engine found something else than expected; its time is not worth printing."""


class Answers:
    """The answers to one variant, to which every engine is held: those of the first engine that is compared.

    Its total must be the one that the scenario file states, which the oracle has seen a sample of; every other engine
    must give the same names for each event.
    """

    def __init__(self, expected_total: int) -> None:
        self._expected_total = expected_total
        self._reference: Path | None = None
        self._reference_engine = ""
        self._reference_count = 0

    def comparable(self, count: int) -> int:
        """So many of that many events as the reference answered; all of them before there is one."""
        return count if self._reference is None else min(count, self._reference_count)

    def compare(self, engine: str, file: Path, count: int, matches: int, events: Events) -> None:
        """Compare a file of answers to the first ``count`` events, of which there are ``matches`` in all."""
        if self._reference is None:
            if count == events.count and matches != self._expected_total:
                raise WrongAnswerError(f"{matches} matches, expected {self._expected_total}")
            self._reference = file.rename(file.with_name("answers to hold others to"))
            self._reference_engine, self._reference_count = engine, count
            return
        differing, first = differences(file, self._reference, count)
        if differing:
            own, wanted, index = first
            raise WrongAnswerError(
                f"{differing:,} of {count:,} events answered otherwise than by {self._reference_engine}, "
                f"first {short(own)} for {short(wanted)} on {_event(events, index)}"
            )


def differences(file: Path, reference: Path, count: int) -> tuple[int, tuple[list[str], list[str], int]]:
    """(how many of the first ``count`` lines name other rules, (names, names of the reference, index) of the first).

    WrongAnswerError where there are fewer lines than that.
    """
    found, index, first = 0, -1, ([""], [""], 0)
    with file.open("rb") as lines, reference.open("rb") as wanted_lines:
        for index, (line, wanted_line) in enumerate(zip(islice(lines, count), wanted_lines, strict=False)):
            if line == wanted_line:
                continue
            own, wanted = sorted(json.loads(line)), sorted(json.loads(wanted_line))
            if own != wanted:
                found += 1
                if found == 1:
                    first = own, wanted, index
    if index + 1 != count:
        raise WrongAnswerError(f"{index + 1} of {count} events answered")
    return found, first


def short(names: Sequence[str]) -> str:
    """At most four names."""
    return f"[{', '.join(names[:4])}{', ...' if len(names) > 4 else ''}]"


def _event(events: Events, index: int) -> str:
    with events.file.open("rb") as lines:
        for number, line in enumerate(lines):
            if number == index:
                text = line.decode().rstrip("\n")
                return text if len(text) <= SHOWN_BYTES else text[:SHOWN_BYTES] + "..."
    return ""


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
