"""Measures routing: ``python -m bench.route [--rules 10,1000] [--passes N] [-o FILE]``.

In: events as EventBridge delivers them, of about 370 bytes, in batches of 256; rule sets of 10 rules that match, two of
them each event, and as many as asked for that have the same shape and match nothing. All lead to one target, so that
each event makes one delivery. Out: CPU-microseconds an event, median and spread over the passes, of

    match     the names of the rules alone
    plan      the deliveries, nothing sent
    deliver   a Router from a source in memory to a target in memory: plan, send, watermark

for whole events, for ``select`` and for a template with three paths, and with order "key". Each is compared with what
the generator of the events knows, delivery for delivery, before it is timed, and counted in each pass.

The clock is the CPU time of the process, so what else the machine does counts little. The garbage collector runs as it
does anywhere; a collection before each pass is not timed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from bench import report
from bench.rows import spread_text
from ruler.route import Delivery, Event, Planner, Position, RuleSet, rule_set_of_mapping
from ruler.route.inputs.select import pointer_steps
from ruler.route.router import Router
from ruler.route.targets.memory import MemoryTarget

SIZES = (10, 1_000, 100_000)  # rules
EVENTS = 20_480
BATCH = 256
PASSES = 9
GOAL = 15.0  # CPU-microseconds an event, plan and delivery of whole events
KEY = "/detail/instance-id"
SOURCES = ("aws.ec2", "aws.s3", "shop", "users")
STATES = ("running", "stopped", "pending")
REGIONS = ("us-east-1", "eu-west-1")
TEMPLATE = {
    "paths": {"id": "$.detail.instance-id", "state": "$.detail.state", "region": "$.region"},
    "template": '{"instance": <id>, "text": "<state> in <region>"}',
}
INPUTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "whole, order key": {},
    "select": {"input": {"select": "/detail"}},
    "template": {"input": {"input_transformer": TEMPLATE}},
}
"""Variant -> what its rules have beside patterns and targets."""
MEASURES = ("match", "plan", "deliver")


class WrongAnswerError(Exception):
    """What was delivered is not what should have been."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event, and what a target gets of it in each variant."""

    event: Event
    rules: tuple[str, ...]
    data: dict[str, bytes]


def cases(count: int) -> list[Case]:
    """Events of a fixed seed."""
    draw = random.Random(7)
    return [_case(number, draw) for number in range(count)]


def _case(number: int, draw: random.Random) -> Case:
    source, state, region = draw.choice(SOURCES), draw.choice(STATES), draw.choice(REGIONS)
    detail = {"instance-id": f"i-{draw.randrange(100_000):06d}", "state": state, "total": draw.randrange(1000)}
    event = {
        "version": "0",
        "id": f"7bf73129-1428-4cd3-a780-{number:012d}",
        "detail-type": "EC2 Instance State-change Notification",
        "source": source,
        "account": "123456789012",
        "time": "2015-11-11T21:29:54Z",
        "region": region,
        "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
        "detail": detail,
    }
    data = json.dumps(event).encode()
    filled = {"instance": detail["instance-id"], "text": f"{state} in {region}"}
    shaped = {
        "whole": data,
        "whole, order key": data,
        "select": json.dumps(detail).encode(),
        "template": json.dumps(filled, separators=(",", ":")).encode(),
    }
    rules = tuple(sorted((f"source-{source}", f"{state}-{region}")))
    return Case(Event(data, position=Position("memory", number)), rules, shaped)


def rule_set(size: int, variant: str) -> RuleSet:
    """Ten rules that match, and others like them."""
    patterns: dict[str, dict[str, Any]] = {f"source-{source}": {"source": [source]} for source in SOURCES}
    for state in STATES:
        for region in REGIONS:
            patterns[f"{state}-{region}"] = {"region": [region], "detail": {"state": [state]}}
    for number in range(size - len(patterns)):
        patterns[f"x-{number}"] = {"source": ["aws.ec2"], "detail": {"instance-id": [f"i-{number:06d}-other"]}}
    more = INPUTS[variant]
    rules = {name: {"pattern": pattern, "targets": ["memory"], **more} for name, pattern in patterns.items()}
    order = "key" if "key" in variant else "none"
    targets = {"memory": {"order": order, "batch": BATCH}}
    return rule_set_of_mapping({"targets": targets, "rules": rules}, provided=("memory",))


class BatchSource:
    """Gives batches that are cut already, and remembers how far it is done."""

    def __init__(self, given: Sequence[Sequence[Event]]) -> None:
        self.given = given
        self.position: Position | None = None

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield the batches as they are."""
        for batch in self.given:
            yield batch

    def done(self, position: Position) -> None:
        """Remember the position."""
        self.position = position

    async def pause(self) -> None:
        """Nothing is read ahead."""

    async def resume(self) -> None:
        """Nothing waits."""

    async def close(self) -> None:
        """Nothing is open."""


class Routing:
    """One rule set, and the events in batches: what is timed."""

    def __init__(self, size: int, variant: str, given: Sequence[Case]) -> None:
        self.size, self.variant, self.cases = size, variant, given
        self.rule_set = rule_set(size, variant)
        self.key = KEY if "key" in variant else ""
        self.planner = Planner(self.rule_set, key_steps=pointer_steps(self.key))
        events = [case.event for case in given]
        self.batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
        self.data = [[event.data for event in batch] for batch in self.batches]

    def match(self) -> int:
        """Match all events; return the names found."""
        matcher = self.rule_set.matcher
        return sum(len(names) for batch in self.data for names in matcher.rules_for_events(batch))

    def plan(self) -> list[Delivery]:
        """Plan all events."""
        return [each for batch in self.batches for each in self.planner.plan(batch).deliveries]

    def deliver(self) -> list[Delivery]:
        """Route all events, and return what the target got."""
        target = MemoryTarget()
        source = BatchSource(self.batches)

        async def routed() -> None:
            async with Router(self.rule_set, {"memory": target}, key=self.key) as router:
                await router.run(source)

        asyncio.run(routed())
        if source.position != self.cases[-1].event.position:
            raise WrongAnswerError(f"{self.name}: done up to {source.position}")
        return target.deliveries

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.size:,} rules, {self.variant}"

    def check(self) -> None:
        """WrongAnswerError unless plan and delivery are what the generator knows, and keys are in order."""
        if self.match() != 2 * len(self.cases):
            raise WrongAnswerError(f"{self.name}: {self.match()} matches")
        for measure in ("plan", "deliver"):
            found: list[Delivery] = getattr(self, measure)()
            if measure == "deliver":  # the order of those without a key is free
                _check_order(self.name, found)
                found.sort(key=_offset)
            if len(found) != len(self.cases):
                raise WrongAnswerError(f"{self.name}, {measure}: {len(found)} in place of {len(self.cases)}")
            for case, delivery in zip(self.cases, found, strict=True):
                if (delivery.rules, delivery.data) != (case.rules, case.data[self.variant]):
                    raise WrongAnswerError(f"{self.name}, {measure}: {delivery.rules} {delivery.data!r} for {case}")

    def timed(self, measure: str) -> float:
        """CPU-microseconds an event of one pass."""
        run: Callable[[], Any] = getattr(self, measure)
        gc.collect()
        start = process_time()
        found = run()
        seconds = process_time() - start
        count = found if measure == "match" else 2 * len(found)
        if count != 2 * len(self.cases):
            raise WrongAnswerError(f"{self.name}, {measure}: {count // 2} in place of {len(self.cases)}")
        return seconds / len(self.cases) * 1e6


def _offset(delivery: Delivery) -> int:
    return delivery.event.position.offset if delivery.event.position is not None else -1


def _check_order(name: str, found: Sequence[Delivery]) -> None:
    last: dict[bytes, int] = {}
    for delivery in found:
        if delivery.key is not None:
            if last.get(delivery.key, -1) >= _offset(delivery):
                raise WrongAnswerError(f"{name}: {delivery.key!r} at {_offset(delivery)} came too late")
            last[delivery.key] = _offset(delivery)


def measured(sizes: Sequence[int], passes: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each size and variant: the figures of each measure, pass by pass."""
    given = cases(count)
    for size in sizes:
        for variant in INPUTS:
            routing = Routing(size, variant, given)
            routing.check()
            figures: dict[str, list[float]] = {measure: [] for measure in MEASURES}
            for _ in range(passes):
                for measure in MEASURES:  # in turns, so that a slow minute meets all of them
                    figures[measure].append(round(routing.timed(measure), 3))
            yield {"rules": size, "variant": variant, "us": figures}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows for people."""
    head = ["rules", "variant", *(f"{measure} us" for measure in MEASURES)]
    cells = [
        [f"{row['rules']:,}", row["variant"], *(spread_text(row["us"][measure]) for measure in MEASURES)]
        for row in rows
    ]
    return report.aligned([head, *cells])


def verdict(rows: Sequence[dict[str, Any]]) -> str:
    """Whether the goal is reached: by whole events, at every number of rules."""
    worst = max((median(row["us"]["deliver"]) for row in rows if row["variant"] == "whole"), default=None)
    if worst is None:
        return "not judged"
    word = "reached" if worst <= GOAL else "MISSED"
    return f"{word}: at most {worst:.1f} us an event to plan and deliver whole events, goal {GOAL:g}"


def argument_parser() -> argparse.ArgumentParser:
    """The options of ``python -m bench.route``."""
    parser = argparse.ArgumentParser(prog="python -m bench.route", description="Measure what routing costs an event.")
    parser.add_argument("--rules", default=",".join(map(str, SIZES)), metavar="N,N", help="sizes, from 10 on")
    parser.add_argument("--passes", type=int, default=PASSES, metavar="N")
    parser.add_argument("--events", type=int, default=EVENTS, metavar="N")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the result as JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit: 0 measured, 1 a wrong answer."""
    options = argument_parser().parse_args(arguments)
    machine = report.machine_description()
    print(report.machine_text(machine))
    rows: list[dict[str, Any]] = []
    try:
        for row in measured([int(size) for size in options.rules.split(",")], options.passes, options.events):
            rows.append(row)
            print(f"  {row['rules']:,} rules, {row['variant']}: measured", flush=True)
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nmedian (least-most) of {options.passes} passes\n{table(rows)}\n{verdict(rows)}")
    if options.output is not None:
        result = {"date": date.today().isoformat(), "machine": machine, "events": options.events, "batch": BATCH}
        text = json.dumps({**result, "goal": verdict(rows), "rows": rows}, indent=1)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
