"""Measures the variants of one scenario, interleaved, beside decoding alone.

In: a `Scenario` and a mode. Out: one `Result` per variant and way (``bench/ways.py``), with the seconds of every pass.

How: events are bytes in memory before the clock starts. A pass goes through the events in ten slices; on
each slice ``orjson.loads`` alone and every variant in every way take turns, beginning each time with another one.
Ratios are taken within a pass, so what slows the machine for a while slows both sides. The clock is the processor
time of this process, which leaves out the time other programs take. The garbage collector stays on, as it
is in a program that uses the library, and collects before each turn, outside the clock; events and machines are
kept out of it. The bytes of a slice are read once before each turn, so all find them in the same caches. The
answers are compared first (``bench/check.py``), which also warms up.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import orjson

from bench.change import change
from bench.check import References, checked_total
from bench.data import event_lines
from bench.rules import rule_set
from bench.scenario import Scenario, Variant
from bench.threads import gain_of_threads
from bench.ways import WAYS, Answer, answers, available
from ruler import Matcher

SLICES = 10  # parts of a pass: enough that what slows the machine for a while meets all


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
    figures: Mapping[str, Sequence[float]] = field(default_factory=dict)  # of other measures, by name with unit
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
    lines: list[bytes]
    rules: dict[str, str]
    result: Result
    matcher: Matcher[str]


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


def measure(scenario: Scenario, mode: str, passes: int | None = None) -> list[Result]:
    """Check the answers, then time; WrongAnswerError when one is not as it should be."""
    passes = passes or scenario.passes[mode]
    prepared = _prepare(scenario, mode)
    if scenario.measure == "match":
        _compare_with_each_other(prepared)
        _time_matching(prepared, passes)
    for each in prepared:
        if scenario.measure == "change":
            each.result.figures = change(each.result.way, each.rules, each.variant.rules, passes)
        elif scenario.measure == "threads":
            each.result.figures = gain_of_threads(each.matcher, each.lines, passes)
    return [each.result for each in prepared]


def _prepare(scenario: Scenario, mode: str) -> list[Prepared]:
    """Every variant in every way that is available, its answers checked."""
    cache, references = EventCache(), References()
    found = []
    for variant in scenario.variants_in(mode):
        arguments = variant.event_arguments(mode)
        lines, rules = cache.lines(arguments), rule_set(variant.rules)
        kind = variant.rules["kind"]
        wanted = references.answers(kind if kind.startswith("growth-") else variant.name, rules, lines)
        for way in filter(available, variant.ways):
            matcher = WAYS[way].matcher(rules)
            where = f"{scenario.name}: {variant.name}, {way}"
            matches = checked_total(where, answers(matcher, lines), wanted, lines, variant.matches[mode])
            elements = int(arguments.get("elements", 0))
            result = Result(variant.name, way, len(rules), len(lines), elements, matches)
            kept = rules if scenario.measure == "change" else {}  # a million texts are memory
            found.append(Prepared(variant, lines, kept, result, matcher))
    return found


def _compare_with_each_other(prepared: Sequence[Prepared]) -> None:
    results = {(each.result.name, each.result.way): each.result for each in prepared}
    for each in prepared:
        name, way = each.result.name, each.result.way
        each.result.baseline = results.get((each.variant.baseline or "", way))
        each.result.python = results.get((name, "python")) if WAYS[way].engine != "python" else None
        each.result.batch = results.get((name, way.removesuffix(" single"))) if WAYS[way].is_single else None


def _time_matching(prepared: Sequence[Prepared], passes: int) -> None:
    calls = [WAYS[each.result.way].call(each.matcher) for each in prepared]
    gc.collect()
    gc.freeze()  # a list of all events is nothing that a collection in a program would go through
    for _ in range(passes):
        own, decode = _time_pass([each.lines for each in prepared], calls)
        for each, own_seconds, decode_seconds in zip(prepared, own, decode, strict=True):
            each.result.seconds.append(own_seconds)
            each.result.decode_seconds.append(decode_seconds)
    gc.unfreeze()


def _time_pass(lines_of: Sequence[list[bytes]], calls: Sequence[Answer]) -> tuple[list[float], list[float]]:
    """(seconds of each call over its lines, seconds of decoding those lines), slice by slice in turns."""
    own = [0.0] * len(calls)
    decode = [0.0] * len(calls)
    for number in range(SLICES):
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
    # Otherwise garbage is collected in full at the same places of every pass, and who stands there pays for it: five
    # exact rules took 0.87 us and five wildcards 0.63. 2026-11-21, `python -m bench.run --full --only kinds`.
    gc.collect()
    for line in lines:
        line.count(b"\n")
    start = process_time()
    call(lines)
    return process_time() - start
