"""Measures the variants of one scenario, interleaved, beside decoding alone.

In: a `Scenario` and a mode. Out: one `Result` per variant, with the seconds of every pass.

How: events are bytes in memory before the clock starts. A pass goes through the events in ten slices; on
each slice ``orjson.loads`` alone and every variant take turns, beginning each time with another one. Ratios
are taken within a pass, so what slows the machine for a while slows both sides. The clock is the processor
time of this process, which leaves out the time other programs take. The garbage collector stays on, as it
is in a program that uses the library, and collects before each slice, outside the clock. The answer is
counted first, which also warms up; a total that differs from the scenario's stops the run before any
figure.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import orjson

from bench.data import event_lines
from bench.rules import rule_set
from bench.scenario import Scenario, Variant
from ruler import Matcher

SLICES = 10  # parts of a pass; more would only add turns of the garbage collector
SAMPLE_EVENTS = 200
SAMPLE_RULES = 20
SAMPLE_BYTES = 8_000  # longer events are left out of the slow count: its cost grows with the square of an array


class WrongAnswerError(AssertionError):
    """The engine found another number of matches than expected; no time is worth printing then."""


@dataclass(slots=True)
class Result:
    """One variant, measured."""

    name: str
    rule_count: int
    event_count: int
    elements: int  # array elements per event; 0 where the generator has none
    matches: int
    seconds: list[float] = field(default_factory=list)  # one per pass
    decode_seconds: list[float] = field(default_factory=list)  # of the same passes
    extra: dict[str, float] = field(default_factory=dict)  # figures of other measures, by name with unit

    def decode_ratios(self) -> list[float]:
        """Pass by pass, how many times decoding alone it took."""
        return [own / decode for own, decode in zip(self.seconds, self.decode_seconds, strict=True)]

    def ratios_to(self, first: Result) -> list[float]:
        """Pass by pass, how many times the first variant it took, per event."""
        return [
            own / self.event_count / (other / first.event_count)
            for own, other in zip(self.seconds, first.seconds, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A variant ready to be timed."""

    variant: Variant
    lines: list[bytes]
    rules: dict[str, str]
    result: Result


class EventCache:
    """Lines by generator arguments, so that variants on the same events share one list."""

    def __init__(self) -> None:
        self._lines: dict[str, list[bytes]] = {}

    def lines(self, arguments: dict[str, Any]) -> list[bytes]:
        """The list itself: equal arguments give the same object."""
        key = json.dumps(arguments, sort_keys=True)
        if key not in self._lines:
            self._lines[key] = event_lines(**arguments)
        return self._lines[key]


def measure(scenario: Scenario, mode: str, cache: EventCache, passes: int | None = None) -> list[Result]:
    """Check the answers, then time; WrongAnswerError when a total is not the expected one."""
    prepared = [prepare(variant, mode, cache) for variant in scenario.variants]
    matchers = [Matcher(each.rules) for each in prepared]
    for each, matcher in zip(prepared, matchers, strict=True):
        each.result.matches = count_matches(matcher, each.lines)
        expected = each.variant.matches[mode]
        if each.result.matches != expected:
            raise WrongAnswerError(
                f"{scenario.name}: {each.variant.name}: {each.result.matches} matches, expected {expected}"
            )
    passes = passes or scenario.passes[mode]
    if scenario.measure == "churn":
        del matchers
        for each in prepared:
            _time_churn(each, passes)
    else:
        _time_matching(prepared, matchers, passes)
    return [each.result for each in prepared]


def prepare(variant: Variant, mode: str, cache: EventCache) -> Prepared:
    """Make the events and the rules of a variant."""
    arguments = variant.event_arguments(mode)
    lines = cache.lines(arguments)
    rules = rule_set(variant.rules)
    elements = int(arguments.get("elements", 0))
    return Prepared(variant, lines, rules, Result(variant.name, len(rules), len(lines), elements, 0))


def count_matches(matcher: Matcher[str], lines: Sequence[bytes]) -> int:
    """Matching rules, summed over the events."""
    return sum(len(matcher.rules_for_event(line)) for line in lines)


def _time_matching(prepared: Sequence[Prepared], matchers: Sequence[Matcher[str]], passes: int) -> None:
    calls = [matcher.rules_for_event for matcher in matchers]
    for _ in range(passes):
        own, decode = _time_pass([each.lines for each in prepared], calls)
        for each, own_seconds, decode_seconds in zip(prepared, own, decode, strict=True):
            each.result.seconds.append(own_seconds)
            each.result.decode_seconds.append(decode_seconds)


def _time_pass(
    lines_of: Sequence[list[bytes]], calls: Sequence[Callable[[bytes], object]]
) -> tuple[list[float], list[float]]:
    """(seconds of each call over its lines, seconds of decoding those lines), slice by slice in turns."""
    own = [0.0] * len(calls)
    decode = [0.0] * len(calls)
    for number in range(SLICES):
        gc.collect()
        decoded: dict[int, float] = {}  # identity of the list of lines -> seconds; lists are shared
        for turn in range(len(calls)):
            index = (turn + number) % len(calls)
            lines = lines_of[index]
            part = lines[len(lines) * number // SLICES : len(lines) * (number + 1) // SLICES]
            if id(lines) not in decoded:
                decoded[id(lines)] = _seconds(orjson.loads, part)
            decode[index] += decoded[id(lines)]
            own[index] += _seconds(calls[index], part)
    return own, decode


def _seconds(call: Callable[[bytes], object], lines: Sequence[bytes]) -> float:
    start = process_time()
    for line in lines:
        call(line)
    return process_time() - start


def _time_churn(prepared: Prepared, passes: int) -> None:
    """Rules added and removed per second, one call each; bytes per rule, in processes of their own."""
    added, removed = [], []
    for _ in range(passes):
        matcher: Matcher[str] = Matcher()
        gc.collect()
        start = process_time()
        for name, text in prepared.rules.items():
            matcher.add_rule(name, text)
        middle = process_time()
        for name in prepared.rules:
            matcher.remove_rule(name)
        added.append(middle - start)
        removed.append(process_time() - middle)
    count = prepared.result.rule_count
    prepared.result.extra = {
        "rules added per second": count / median(added),
        "rules removed per second": count / median(removed),
        **_in_own_process(_resident_bytes, prepared),
        **_in_own_process(_traced_bytes, prepared),
    }


def _in_own_process(function: Callable[[dict[str, Any]], dict[str, float]], prepared: Prepared) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, (dict(prepared.variant.rules),))


def _resident_bytes(wanted: dict[str, Any]) -> dict[str, float]:
    """What the operating system counts, C extensions included; the rule texts themselves are there before."""
    rules = rule_set(wanted)
    matcher, before = Matcher[str](), _resident()
    for name, text in rules.items():
        matcher.add_rule(name, text)
    matcher.matches_any(b"{}")  # what is built late is built now
    gc.collect()
    return {"resident bytes per rule": (_resident() - before) / len(rules)}


def _traced_bytes(wanted: dict[str, Any]) -> dict[str, float]:
    """What Python's allocator counts: after adding, and what is left after removing every rule again."""
    rules = rule_set(wanted)
    tracemalloc.start()
    matcher, before = Matcher[str](), tracemalloc.get_traced_memory()[0]
    for name, text in rules.items():
        matcher.add_rule(name, text)
    matcher.matches_any(b"{}")
    gc.collect()
    full = tracemalloc.get_traced_memory()[0]
    for name in rules:
        matcher.remove_rule(name)
    matcher.matches_any(b"{}")
    gc.collect()
    left = tracemalloc.get_traced_memory()[0]
    return {
        "Python bytes per rule": (full - before) / len(rules),
        "Python bytes left per removed rule": (left - before) / len(rules),
    }


def _resident() -> int:
    """Resident bytes of this process; 0 where the system does not say (the figure is then 0 as well)."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def check_against_oracle(prepared: Prepared, oracle: Callable[[str, str], bool]) -> int:
    """Compare the engine with the slow, obvious matcher on a sample; give the number of comparisons.

    Up to 200 events, evenly spread, times up to 20 rules: the first ten, which match in growth sets, and
    ten more.
    """
    matcher = Matcher(prepared.rules)
    names = list(prepared.rules)
    half = SAMPLE_RULES // 2
    sampled = dict.fromkeys(names[:half] + names[half :: max(1, len(names) // half)])
    events = [line for line in _spread(prepared.lines, SAMPLE_EVENTS) if len(line) <= SAMPLE_BYTES]
    for line in events:
        found = set(matcher.rules_for_event(line))
        for name in sampled:
            if (name in found) != oracle(prepared.rules[name], line.decode()):
                raise WrongAnswerError(f"{prepared.variant.name}: {name} on {line.decode()}: engine and oracle differ")
    return len(events) * len(sampled)


def _spread(lines: Sequence[bytes], count: int) -> Sequence[bytes]:
    return lines[:: max(1, len(lines) // count)][:count]
