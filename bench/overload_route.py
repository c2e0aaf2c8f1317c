"""Routes twice what the target takes, for a minute, and prints what became of it.

    python -m bench.overload_route                       # a minute for each way to put events in
    python -m bench.overload_route --seconds 10 --rate 5000

    wait     callers that put at twice the rate and wait: they are slowed down to what the target takes
    shed     the same, and they ask to shed: what has no room is refused at once, and they know it
    source   a source that has events at twice the rate: it is paused

In: a rate in deliveries a second, and seconds. Out: a table: events, what the target took, what was shed or lost, the
most that was in flight, and the memory of the process at a quarter, half, three quarters and the end of the time.

Exit: 1 when an event was lost, when more was in flight than the limits say, or when memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from json import dumps, loads

from ruler.route import OK, Delivery, Event, Outcome, Position, rule_set_of_mapping
from ruler.route.router import Limits, Overloaded, Router

WAYS = ("wait", "shed", "source")
EVENT = b'{"total": 12, "padding": "%s"}' % (b"x" * 1000)
RULES = {
    "targets": {"slow": {"concurrency": 1, "batch": 100}},
    "rules": {"all": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["slow"]}},
}
LIMITS = Limits(max_events=5000, batch_events=256)
CALLERS = 2 * LIMITS.max_events  # more than have room, or nobody would wait
TICK_SECONDS = 0.01
GROWTH_MB = 4.0  # between the second quarter and the last one: what allocators and collectors do


@dataclass
class Figures:
    """What became of the events of one way."""

    way: str
    offered: int = 0  # by callers or the source, so far as they were not held back
    taken: int = 0  # by the target
    answered: int = 0  # receipts, or events that the source was told are done
    shed: int = 0
    most_in_flight: int = 0
    rss_mb: tuple[float, ...] = ()  # one for each moment
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        return self.offered - self.shed - self.answered

    @property
    def growth_mb(self) -> float:
        """Memory of the last quarter beyond that of the second one."""
        quarter = len(self.rss_mb) // 4
        return statistics.median(self.rss_mb[-quarter:]) - statistics.median(self.rss_mb[quarter : 2 * quarter])


class SlowTarget:
    """Takes ``rate`` deliveries a second."""

    in_order = True

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.taken = 0
        self._free_at = 0.0

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        now = time.monotonic()
        self._free_at = max(self._free_at, now - 0.1) + len(deliveries) / self.rate
        await asyncio.sleep(self._free_at - now)
        self.taken += len(deliveries)
        return [OK] * len(deliveries)

    async def close(self) -> None:
        pass


class FastSource:
    """Has ``rate`` events a second, until it is told to end; what waits to be asked for takes no memory."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.given = 0
        self.done_events = 0
        self.is_ended = False
        self._open = asyncio.Event()
        self._open.set()

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        start = time.monotonic()
        while not self.is_ended:
            await self._open.wait()
            ready = int((time.monotonic() - start) * self.rate) - self.given
            count = min(ready, max_events, max_bytes // len(EVENT))
            if count <= 0:
                await asyncio.sleep(TICK_SECONDS)
                continue
            yield [Event(EVENT, position=Position("fast", self.given + place)) for place in range(count)]
            self.given += count

    def done(self, position: Position) -> None:
        self.done_events = position.offset + 1

    async def pause(self) -> None:
        self._open.clear()

    async def resume(self) -> None:
        self._open.set()

    async def close(self) -> None:
        self.is_ended = True


async def overload(way: str, rate: float, seconds: float) -> Figures:
    """Offer twice the rate for so long, then stop gracefully."""
    figures = Figures(way)
    target = SlowTarget(rate)
    rule_set = rule_set_of_mapping(RULES, provided=["slow"])
    start = time.monotonic()
    async with Router(rule_set, {"slow": target}, limits=LIMITS) as router:
        watching = asyncio.create_task(_watch(router, figures))
        await {"wait": _wait, "shed": _shed, "source": _source}[way](router, figures, 2 * rate, seconds)
    figures.seconds = time.monotonic() - start
    watching.cancel()
    figures.taken = target.taken
    return figures


async def _wait(router: Router, figures: Figures, rate: float, seconds: float) -> None:
    until = time.monotonic() + seconds

    async def call() -> None:
        while time.monotonic() < until:
            figures.offered += 1
            next_call = time.monotonic() + CALLERS / rate
            await router.put(EVENT)
            figures.answered += 1
            await asyncio.sleep(next_call - time.monotonic())

    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(call())


async def _shed(router: Router, figures: Figures, rate: float, seconds: float) -> None:
    async def call() -> None:
        try:
            await router.put(EVENT, shed=True)
            figures.answered += 1
        except Overloaded:
            figures.shed += 1

    start = time.monotonic()
    async with asyncio.TaskGroup() as callers:
        while (passed := time.monotonic() - start) < seconds:
            for _ in range(int(passed * rate) - figures.offered):
                figures.offered += 1
                callers.create_task(call())
            await asyncio.sleep(TICK_SECONDS)


async def _source(router: Router, figures: Figures, rate: float, seconds: float) -> None:
    source = FastSource(rate)
    reading = asyncio.create_task(router.run(source))
    await asyncio.sleep(seconds)
    source.is_ended = True
    await reading
    figures.offered, figures.answered = source.given, source.done_events


async def _watch(router: Router, figures: Figures) -> None:
    """Note what is in flight, and the memory of the process."""
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6
    for tick in range(10**9):
        figures.most_in_flight = max(figures.most_in_flight, router.status.in_flight_events)
        if tick % 25 == 0:
            with open("/proc/self/statm", encoding="ascii") as statm:
                figures.rss_mb += (int(statm.read().split()[1]) * page_mb,)
        await asyncio.sleep(TICK_SECONDS)


def wrong(figures: Figures) -> list[str]:
    """What is not as it should be."""
    found = [f"{figures.lost:,} events lost"] if figures.lost else []
    if figures.answered != figures.taken:
        found.append(f"{figures.answered:,} answered, and the target took {figures.taken:,}")
    if figures.most_in_flight > LIMITS.max_events:
        found.append(f"{figures.most_in_flight:,} events in flight, expected at most {LIMITS.max_events:,}")
    if figures.growth_mb > GROWTH_MB:
        found.append(f"memory grew by {figures.growth_mb:.1f} MB")
    return [f"{figures.way}: {each}" for each in found]


def table(rows: Sequence[Figures]) -> str:
    """The figures as Markdown."""
    lines = ["| way | events | taken | a second | shed | lost | most in flight | MB at 1/4, 1/2, 3/4, end |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in rows:
        moments = [row.rss_mb[len(row.rss_mb) * quarter // 4 - 1] for quarter in (1, 2, 3, 4)]
        memory = ", ".join(f"{each:.1f}" for each in moments)
        lines.append(
            f"| {row.way} | {row.offered:,} | {row.taken:,} | {row.taken / row.seconds:,.0f} "
            f"| {row.shed:,} | {row.lost:,} | {row.most_in_flight:,} | {memory} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.overload_route", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=2000.0, help="deliveries a second that the target takes")
    parser.add_argument("--way", choices=WAYS, help="this one only, in this process; prints its figures as JSON")
    options = parser.parse_args()
    if options.way:
        print(dumps(asdict(asyncio.run(overload(options.way, options.rate, options.seconds)))))
        return 0
    rows = []
    for way in WAYS:  # each in a process of its own, so that none begins with the memory of another
        own = [f"--{name}={getattr(options, name)}" for name in ("seconds", "rate")]
        command = [sys.executable, "-m", "bench.overload_route", f"--way={way}", *own]
        found = loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        rows.append(Figures(**{**found, "rss_mb": tuple(found["rss_mb"])}))
    print(table(rows))
    problems = [each for row in rows for each in wrong(row)]
    print("\n".join(problems) or "no event lost, memory flat")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
