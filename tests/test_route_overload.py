"""More events than targets take: what is in flight stays within the limits, and every event is accounted for.

On a virtual clock, so a minute costs nothing and each run is the same; but for threads, which have a real one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from virtual_loop import run_virtual

from ruler.route import OK, Delivery, Event, Outcome, Position, Receipt, RuleSet, rule_set_of_mapping
from ruler.route.router import Limits, Overloaded, Router

LIMITS = Limits(max_events=50, batch_events=10)
SECONDS = 60
RATE = 100  # deliveries a second that the slow target takes; events come at twice that
EVENT = b'{"to": ["slow"]}'


def routes(*targets: str) -> RuleSet:
    """To each target go the events that name it."""
    return rule_set_of_mapping(
        {
            "targets": {name: {"concurrency": 4, "batch": 8} for name in targets},
            "rules": {name: {"pattern": {"to": [name]}, "targets": [name]} for name in targets},
        },
        provided=targets,
    )


class SlowTarget:
    """Takes RATE deliveries a second, and notes how much is in flight when it does."""

    in_order = True

    def __init__(self) -> None:
        self.taken = 0
        self.in_flight: list[int] = []
        self.router: Router | None = None
        self._free_at = 0.0

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        assert self.router is not None
        self.in_flight.append(self.router.status.in_flight_events)
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + len(deliveries) / RATE
        await asyncio.sleep(self._free_at - now)
        self.in_flight.append(self.router.status.in_flight_events)
        self.taken += len(deliveries)
        return [OK] * len(deliveries)

    async def close(self) -> None:
        pass


class GatedTarget:
    """Takes nothing until its gate is open."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.taken: list[bytes] = []
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        await self.gate.wait()
        self.taken += [delivery.data for delivery in deliveries]
        return [OK] * len(deliveries)

    async def close(self) -> None:
        pass


class Feeder:
    """A source of the events that it is made with, as fast as it is asked."""

    def __init__(self, events: Sequence[bytes]) -> None:
        self.events = [Event(data, position=Position("feed", offset)) for offset, data in enumerate(events)]
        self.given = 0
        self.done_events = 0
        self.most_open = 0  # given and not done
        self.is_closed = False

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        while self.given < len(self.events):
            batch = self.events[self.given : self.given + max_events]
            self.given += len(batch)
            self.most_open = max(self.most_open, self.given - self.done_events)
            yield batch

    def done(self, position: Position) -> None:
        self.done_events = position.offset + 1

    async def pause(self) -> None:
        pass

    async def resume(self) -> None:
        pass

    async def close(self) -> None:
        self.is_closed = True


async def settle() -> None:
    """Let everything happen that needs no more than a second."""
    await asyncio.sleep(1)


def test_callers_that_put_too_fast_wait_and_lose_nothing() -> None:
    """Twice as many callers as have room: each gets its receipt, and no more is in flight than there may be."""

    async def scenario() -> tuple[SlowTarget, int, float]:
        target, receipts = SlowTarget(), 0
        loop = asyncio.get_running_loop()

        async def call() -> None:
            nonlocal receipts
            while loop.time() < SECONDS:
                receipt = await router.put(EVENT)
                receipts += receipt.delivered

        async with Router(routes("slow"), {"slow": target}, limits=LIMITS) as router:
            target.router = router
            async with asyncio.TaskGroup() as callers:
                for _ in range(2 * LIMITS.max_events):
                    callers.create_task(call())
        return target, receipts, loop.time()

    target, receipts, ended = run_virtual(scenario())
    assert target.taken == receipts
    assert SECONDS * RATE <= receipts <= ended * RATE + 1
    assert LIMITS.max_events == max(target.in_flight)


def test_what_is_shed_is_known_and_the_rest_is_delivered() -> None:
    """Callers that do not wait, at twice the rate: delivered and shed are all that was put; half of it each."""

    async def scenario() -> tuple[SlowTarget, int, int, int]:
        target, answered, shed = SlowTarget(), 0, 0

        async def call() -> None:
            nonlocal answered, shed
            try:
                receipt = await router.put(EVENT, shed=True)
                answered += receipt.delivered
            except Overloaded:
                shed += 1
                assert router.status.in_flight_events == LIMITS.max_events

        async with Router(routes("slow"), {"slow": target}, limits=LIMITS) as router:
            target.router = router
            async with asyncio.TaskGroup() as callers:
                for _ in range(2 * RATE * SECONDS):
                    callers.create_task(call())
                    await asyncio.sleep(0.5 / RATE)
            assert shed == router.status.shed
        return target, answered, shed, 2 * RATE * SECONDS

    target, answered, shed, put = run_virtual(scenario())
    assert put == answered + shed
    assert target.taken == answered
    assert RATE * SECONDS <= answered <= RATE * SECONDS + LIMITS.max_events
    assert LIMITS.max_events == max(target.in_flight)


def test_a_source_that_is_too_fast_is_not_read_ahead() -> None:
    """What was given and is not done stays within the limits, and in the end all of it is done."""

    async def scenario() -> tuple[SlowTarget, Feeder]:
        target, source = SlowTarget(), Feeder([EVENT] * RATE * SECONDS)
        async with Router(routes("slow"), {"slow": target}, limits=LIMITS) as router:
            target.router = router
            await router.run(source)
        return target, source

    target, source = run_virtual(scenario())
    assert target.taken == source.done_events == len(source.events)
    assert LIMITS.max_events == max(target.in_flight)
    assert source.most_open <= LIMITS.max_events + LIMITS.batch_events  # one batch is asked for before there is room
    assert source.is_closed


@pytest.mark.parametrize("size", [1, 1000, 100_000])
def test_bytes_are_bounded_as_events_are(size: int) -> None:
    """Larger events: fewer of them are in flight, at least one."""
    event = b'{"to": ["slow"], "padding": "%s"}' % (b"x" * size)
    limits = Limits(max_bytes=50_000, batch_events=16)

    async def scenario() -> tuple[int, int]:
        target = GatedTarget()
        router = Router(routes("slow"), {"slow": target}, limits=limits)
        async with router, asyncio.TaskGroup() as callers:
            for _ in range(3000):
                callers.create_task(router.put(event))
            await settle()
            most = router.status.in_flight_events
            target.gate.set()
        return most, len(target.taken)

    most, taken = run_virtual(scenario())
    assert taken == 3000
    assert most == max(1, min(3000, limits.max_bytes // len(event)))


def test_a_fast_target_goes_on_beside_one_that_stands_still() -> None:
    """Of events that are put, those for the fast one are answered until the others fill the budget; then all wait."""
    limits = Limits(max_events=50)

    async def scenario() -> None:
        slow, fast = GatedTarget(), GatedTarget(is_open=True)
        router = Router(routes("slow", "fast"), {"slow": slow, "fast": fast}, limits=limits)
        async with router, asyncio.TaskGroup() as callers:
            for number in range(49):
                callers.create_task(router.put(b'{"to": ["slow"], "n": %d}' % number))
            await settle()
            for number in range(200):
                receipt = await router.put(b'{"to": ["fast"], "n": %d}' % number)
                assert receipt.delivered == 1
            callers.create_task(router.put(b'{"to": ["slow"], "n": 49}'))
            await settle()
            with pytest.raises(Overloaded):
                await router.put(b'{"to": ["fast"]}', shed=True)
            held = callers.create_task(router.put(b'{"to": ["fast"], "n": 200}'))
            await settle()
            assert not held.done()
            assert (0, 200) == (len(slow.taken), len(fast.taken))
            slow.gate.set()
        assert (50, 201) == (len(slow.taken), len(fast.taken))

    run_virtual(scenario())


def test_of_a_source_the_fast_target_gets_all_that_the_budget_lets_in() -> None:
    """A position that is not done holds back those behind it: so many events are read beyond it, and no more."""
    limits = Limits(max_events=50, batch_events=10)
    events = [b'{"to": ["%s"], "n": %d}' % (b"fast" if n % 5 else b"slow", n) for n in range(500)]

    async def scenario() -> None:
        slow, fast, source = GatedTarget(), GatedTarget(is_open=True), Feeder(events)
        async with Router(routes("slow", "fast"), {"slow": slow, "fast": fast}, limits=limits) as router:
            reading = asyncio.create_task(router.run(source))
            await settle()
            assert [event for event in events[:50] if b"fast" in event] == fast.taken
            assert (0, 0) == (len(slow.taken), source.done_events)
            slow.gate.set()
            await reading
        assert 500 == source.done_events == len(slow.taken) + len(fast.taken)

    run_virtual(scenario())


class NotingTarget:
    """Takes everything after a moment, and notes the most that was in flight."""

    def __init__(self) -> None:
        self.taken = self.most = 0
        self.router: Router | None = None

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        assert self.router is not None
        self.most = max(self.most, self.router.status.in_flight_events)
        await asyncio.sleep(0.0001)
        self.taken += len(deliveries)
        return [OK] * len(deliveries)

    async def close(self) -> None:
        pass


def test_threads_that_put_without_waiting_know_of_each_event_what_became_of_it() -> None:
    """Four of them at once, on a real clock: answered and shed are all that was put, within the limits."""
    target, put = NotingTarget(), 1000

    def call(router: Router) -> tuple[list[Future[Receipt]], int]:
        futures, shed = [], 0
        for _ in range(put):
            try:
                futures.append(router.put_nowait(EVENT))
            except Overloaded:
                shed += 1
                time.sleep(0.0001)  # lets the router have its turn
        return futures, shed

    with Router(routes("slow"), {"slow": target}, limits=LIMITS) as router, ThreadPoolExecutor(4) as threads:
        target.router = router
        results = list(threads.map(call, [router] * 4))
    futures = [future for found, _ in results for future in found]
    shed = sum(count for _, count in results)
    assert 4 * put == len(futures) + shed
    assert target.taken == sum(future.result().delivered for future in futures) == len(futures)
    assert shed == router.status.shed
    assert 0 < target.most <= LIMITS.max_events
