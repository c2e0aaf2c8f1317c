"""Measures the variants of one scenario, interleaved, beside decoding alone.

In: a `Scenario` and a mode. Out: one `Result` per variant and way (``bench/ways.py``), with the seconds of every pass.

How: events are bytes in memory before the clock starts. A pass goes through the events in ten slices; on
each slice ``orjson.loads`` alone and every variant in every way take turns, beginning each time with another one.
Ratios are taken within a pass, so what slows the machine for a while slows both sides. The clock is the processor
time of this process, which leaves out the time other programs take. The garbage collector stays on, as it
is in a program that uses the library, and collects before each slice, outside the clock. The answer is
counted first, which also warms up; a total that differs from the scenario's stops the run before any
figure, and so does an event that two ways of one variant answer differently.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

import orjson

from bench.bulk import bulk, churn
from bench.data import event_lines
from bench.rules import rule_set
from bench.scenario import Scenario, Variant
from bench.ways import WAYS, Answer, answers, available
from ruler import Matcher

SLICES = 10  # parts of a pass; more would only add turns of the garbage collector
SAMPLE_EVENTS = 200
SAMPLE_RULES = 20
SAMPLE_BYTES = 8_000  # longer events are left out of the slow count: its cost grows with the square of an array


class WrongAnswerError(AssertionError):
    """The engine found another number of matches than expected; no time is worth printing then."""


@dataclass(slots=True)
class Result:
    """One variant in one way, measured."""

    name: str
    way: str
    rule_count: int
    event_count: int
    elements: int  # array elements per event; 0 where the generator has none
    matches: int
    seconds: list[float] = field(default_factory=list)  # one per pass
    decode_seconds: list[float] = field(default_factory=list)  # of the same passes
    extra: dict[str, float] = field(default_factory=dict)  # figures of other measures, by name with unit
    # Other results of the run that this one is compared with, if there are such.
    baseline: Result | None = None  # another variant, the same way
    python: Result | None = None  # the same variant, the python engine
    batch: Result | None = None  # the same variant and engine, in batches

    def decode_ratios(self) -> list[float]:
        """Pass by pass, how many times decoding alone it took."""
        return [own / decode for own, decode in zip(self.seconds, self.decode_seconds, strict=True)]

    def ratios_to(self, other: Result) -> list[float]:
        """Pass by pass, how many times another result it took: per array element if there are such, else per event."""
        units, others = (each.event_count * max(1, each.elements) for each in (self, other))
        return [own / units / (theirs / others) for own, theirs in zip(self.seconds, other.seconds, strict=True)]

    def microseconds(self) -> list[float]:
        """Pass by pass, the microseconds an event took."""
        return [seconds / self.event_count * 1e6 for seconds in self.seconds]


@dataclass(slots=True)
class Prepared:
    """A variant in one way, ready to be timed."""

    variant: Variant
    way: str
    lines: list[bytes]
    rules: dict[str, str]
    result: Result
    matcher: Matcher[str] | None = None


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
    passes = passes or scenario.passes[mode]
    prepared = [each for variant in scenario.variants for each in prepare(variant, mode, cache)]
    _compare_with_each_other(prepared)
    fingerprints: dict[str, int] = {}
    for each in prepared:
        each.matcher = WAYS[each.way].matcher(each.rules)
        each.rules = each.rules if scenario.measure in ("churn", "bulk") else {}  # a million texts are memory
        _check_answers(scenario, each, mode, fingerprints)
    if scenario.measure in ("churn", "bulk"):
        for each in prepared:
            each.matcher = None
            each.result.extra = (churn if scenario.measure == "churn" else bulk)(
                each.way, each.rules, each.variant.rules, passes
            )
    elif scenario.measure == "threads":
        _time_threads(prepared, passes)
    else:
        _time_matching(prepared, passes)
    return [each.result for each in prepared]


def prepare(variant: Variant, mode: str, cache: EventCache) -> list[Prepared]:
    """Make the events and the rules of a variant, one for each way that is available."""
    arguments = variant.event_arguments(mode)
    lines = cache.lines(arguments)
    rules = rule_set(variant.rules)
    elements = int(arguments.get("elements", 0))
    return [
        Prepared(variant, way, lines, rules, Result(variant.name, way, len(rules), len(lines), elements, 0))
        for way in variant.ways
        if available(way)
    ]


def _compare_with_each_other(prepared: Sequence[Prepared]) -> None:
    results = {(each.variant.name, each.way): each.result for each in prepared}
    for each in prepared:
        name, way = each.variant.name, WAYS[each.way]
        each.result.baseline = results.get((each.variant.baseline or "", each.way))
        each.result.python = results.get((name, "python")) if way.engine != "python" else None
        each.result.batch = results.get((name, each.way.removesuffix(" single"))) if way.is_single else None


def _check_answers(scenario: Scenario, prepared: Prepared, mode: str, fingerprints: dict[str, int]) -> None:
    """Raise WrongAnswerError unless the total is the expected one and all ways answer every event alike."""
    variant, result = prepared.variant, prepared.result
    assert prepared.matcher is not None
    found = answers(prepared.matcher, prepared.lines)
    result.matches, expected = sum(map(len, found)), variant.matches[mode]
    where = f"{scenario.name}: {variant.name}, {prepared.way}"
    if result.matches != expected:
        raise WrongAnswerError(f"{where}: {result.matches} matches, expected {expected}")
    fingerprint = hash(tuple(map(tuple, found)))
    if fingerprints.setdefault(variant.name, fingerprint) != fingerprint:
        raise WrongAnswerError(f"{where}: not the answers of the way before it")


def count_matches(matcher: Matcher[str], lines: Sequence[bytes]) -> int:
    """Matching rules, summed over the events."""
    return sum(map(len, answers(matcher, lines)))


def _time_matching(prepared: Sequence[Prepared], passes: int) -> None:
    calls = [WAYS[each.way].call(each.matcher) for each in prepared if each.matcher is not None]
    for _ in range(passes):
        own, decode = _time_pass([each.lines for each in prepared], calls)
        for each, own_seconds, decode_seconds in zip(prepared, own, decode, strict=True):
            each.result.seconds.append(own_seconds)
            each.result.decode_seconds.append(decode_seconds)


def _time_pass(lines_of: Sequence[list[bytes]], calls: Sequence[Answer]) -> tuple[list[float], list[float]]:
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
                decoded[id(lines)] = _seconds(_decode, part)
            decode[index] += decoded[id(lines)]
            own[index] += _seconds(calls[index], part)
    return own, decode


def _decode(lines: Sequence[bytes]) -> None:
    loads = orjson.loads
    for line in lines:
        loads(line)


def _seconds(call: Answer, lines: Sequence[bytes]) -> float:
    start = process_time()
    call(lines)
    return process_time() - start


def _time_threads(prepared: Sequence[Prepared], passes: int) -> None:
    """Wall time of one list in one thread and in two, in turns; each time the faster of two, as others may be busy."""
    for each in prepared:
        assert each.matcher is not None
        ratios = []
        for _ in range(passes):
            seconds = {1: float("inf"), 2: float("inf")}
            for threads in (1, 2, 1, 2):
                gc.collect()
                start = perf_counter()
                list(each.matcher.rules_for_events(each.lines, threads=threads))
                seconds[threads] = min(seconds[threads], perf_counter() - start)
            ratios.append(seconds[1] / seconds[2])
        ordered = sorted(ratios)
        each.result.extra = {
            "times faster with 2 threads": ordered[len(ordered) // 2],
            "least": ordered[0],
            "most": ordered[-1],
        }


def check_against_oracle(prepared: Prepared, oracle: Callable[[str, str], bool]) -> int:
    """Compare the engine with the slow, obvious matcher on a sample; give the number of comparisons.

    Up to 200 events, evenly spread, times up to 20 rules: the first ten, which match in growth sets, and
    ten more.
    """
    matcher = prepared.matcher or WAYS[prepared.way].matcher(prepared.rules)
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
