"""How a router stops, how it bounds what is in flight, and what a cancellation cancels. On a virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest
from routing_parts import FakeSource, FakeTarget, rules_to, some_events
from virtual_loop import run_virtual

from ruler.route import OK, Event, Limits, Overloaded, Retry, Router, Stopped

A = b'{"kind": "a"}'


def test_a_graceful_stop_reads_no_more_and_settles_what_was_admitted() -> None:
    """run() returns; all that was given is delivered and done; source and target are closed."""

    async def story() -> None:
        target, source = FakeTarget(seconds=3), FakeSource(some_events(100_000), seconds=1)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(batch_events=10)) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(50.5)
            await router.stop()
            assert running.done()
            await running
            assert (source.given, source.done_to, source.notes) == (500, 499, ["close"])
            assert (target.closed, router.status.state) == (1, "stopped")

    run_virtual(story())


def test_a_stop_does_not_drain_for_longer_than_it_may() -> None:
    """After drain_seconds sends are cancelled; what was not answered is not done, and a put gets Stopped."""

    async def story() -> None:
        target, source = FakeTarget(seconds=20), FakeSource(some_events(10), stays=True)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(drain_seconds=5)) as router:
            running = asyncio.create_task(router.run(source))
            putting = asyncio.create_task(router.put(A))
            await asyncio.sleep(10)
            await router.stop()
            assert asyncio.get_running_loop().time() == 15
            with pytest.raises(Stopped):
                await putting
            await running
            assert (source.dones, source.notes, target.taken) == ([], ["close"], [])

    run_virtual(story())


def test_a_second_stop_at_once_cuts_the_first_short() -> None:
    """Both return at once; nothing that was not answered is done."""

    async def story() -> None:
        target, source = FakeTarget(seconds=1000), FakeSource(some_events(10), stays=True)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(drain_seconds=500)) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(1)
            first = asyncio.create_task(router.stop())
            await asyncio.sleep(1)
            assert not first.done()
            await router.stop(at_once=True)
            await first
            await running
            assert (asyncio.get_running_loop().time(), source.dones, target.at_once) == (2, [], 0)

    run_virtual(story())


def test_a_stop_in_the_turn_of_a_put_still_answers_it() -> None:
    """A put that was taken is delivered; one that comes later, or waits for room, gets Stopped."""

    async def story() -> None:
        target = FakeTarget(seconds=3)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(max_events=1)) as router:
            taken = asyncio.create_task(router.put(A))
            waiting = asyncio.create_task(router.put(A))
            await asyncio.sleep(0)
            await router.stop()
            assert (await taken).delivered == 1
            with pytest.raises(Stopped):
                await waiting
            with pytest.raises(Stopped):
                await router.put(A)
            with pytest.raises(Stopped):
                await router.run(FakeSource([]))

    run_virtual(story())


def test_a_stop_drains_what_comes_with_it() -> None:
    """Though all else is settled at that moment, a put that was taken just before is delivered."""

    async def story() -> None:
        target = FakeTarget(seconds=3)
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            early = asyncio.create_task(router.put(A))
            await asyncio.sleep(3)  # so that the answer comes in the turn of the stop
            late, stopping = asyncio.create_task(router.put(A)), asyncio.create_task(router.stop())
            await stopping
            assert ((await early).delivered, (await late).delivered) == (1, 1)

    run_virtual(story())


def test_a_stop_ends_whatever_a_target_does() -> None:
    """A send that goes on though it is cancelled, and a close that never ends, are left, and logged."""

    class Stubborn(FakeTarget):
        async def send(self, deliveries: Sequence[object]) -> list[object]:  # type: ignore[override]
            while not is_over:
                with contextlib.suppress(asyncio.CancelledError):  # on purpose
                    await asyncio.sleep(1)
            return [OK] * len(deliveries)

        async def close(self) -> None:
            await asyncio.sleep(10_000)

    is_over = False

    async def story() -> None:
        nonlocal is_over
        router = Router(rules_to({"t": {}}), {"t": Stubborn()}, limits=Limits(drain_seconds=5))
        async with router:
            putting = asyncio.create_task(router.put(A))
            await asyncio.sleep(1)
        assert asyncio.get_running_loop().time() < 60
        with pytest.raises(Stopped):
            await putting
        is_over = True
        await asyncio.sleep(5)

    run_virtual(story())


def test_cancelling_a_put_does_not_cancel_its_deliveries() -> None:
    """The event is delivered once it was admitted; one that waited for room is gone."""

    async def story() -> None:
        target = FakeTarget(seconds=3)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(max_events=1)) as router:
            first, second = asyncio.create_task(router.put(A)), asyncio.create_task(router.put(A))
            await asyncio.sleep(1)
            first.cancel()
            second.cancel()
            await asyncio.sleep(10)
            assert (len(target.taken), router.status.in_flight_events) == (1, 0)

    run_virtual(story())


def test_cancelling_run_closes_the_source_at_once() -> None:
    """Nothing more is done in it; its deliveries go on, and hold their room until they are answered."""

    async def story() -> None:
        target, source = FakeTarget(seconds=20), FakeSource(some_events(10), stays=True)
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(1)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert (source.notes, router.status.in_flight_events) == (["close"], 10)
            await asyncio.sleep(60)
            assert (len(target.taken), source.dones, router.status.in_flight_events) == (10, [], 0)

    run_virtual(story())


def test_what_is_in_flight_is_bounded() -> None:
    """While one event is stuck the source gives no more than max_events beyond it, and is paused."""

    async def story() -> None:
        is_up = False
        target = FakeTarget(lambda each: OK if is_up or each.event.position.offset else Retry(after=50))
        source = FakeSource(some_events(5000))
        limits = Limits(max_events=300, batch_events=50)
        settings = {"t": {"retry": {"max_age": "1h", "attempts": 1000}}}
        async with Router(rules_to(settings), {"t": target}, limits=limits) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(500)
            assert (router.status.in_flight_events, len(target.taken), source.notes) == (300, 299, ["pause"])
            assert source.given == 350  # one batch is read, and waits
            is_up = True
            await running
            assert (source.done_to, router.status.in_flight_events) == (4999, 0)

    run_virtual(story())


def test_bytes_that_were_made_of_an_event_count() -> None:
    """A shaped delivery takes room too, until it is answered."""

    async def story() -> None:
        rules = {"r": {"pattern": {"kind": ["a"]}, "targets": ["t", "u"], "input": {"select": "/part"}}}
        event = b'{"kind": "a", "part": "%s"}' % (b"x" * 1000)
        targets = {"t": FakeTarget(seconds=5), "u": FakeTarget(seconds=8)}
        async with Router(rules_to({"t": {}, "u": {}}, rules=rules), targets) as router:
            putting = asyncio.create_task(router.put(event))
            await asyncio.sleep(1)
            assert router.status.in_flight_bytes == len(event) + 2 * 1002
            await putting
            assert router.status.in_flight_bytes == 0

    run_virtual(story())


def test_a_put_waits_for_room_or_sheds() -> None:
    """Over the budget a put waits its turn; with shed it gets Overloaded at once, and that is counted."""

    async def story() -> None:
        target = FakeTarget(seconds=3)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(max_events=2)) as router:
            putting = [asyncio.create_task(router.put(A)) for _ in range(6)]
            await asyncio.sleep(1)
            with pytest.raises(Overloaded, match="2 events and 26 bytes are in flight"):
                await router.put(A, shed=True)
            with pytest.raises(Overloaded):
                router.put_nowait(A)
            await asyncio.gather(*putting)
            assert asyncio.get_running_loop().time() == 9
            assert router.status.shed == 2

    run_virtual(story())


def test_a_put_within_a_target_that_would_wait_for_ever_ends_by_the_time_out() -> None:
    """It waits for the room that its own event holds; its send is given up, tried again, and the status tells."""

    async def story() -> None:
        class Chain(FakeTarget):
            async def send(self, deliveries: Sequence[object]) -> list[object]:  # type: ignore[override]
                if deliveries[0].attempt == 1:  # type: ignore[attr-defined]
                    await router.put(b'{"kind": "b"}')
                return [OK] * len(deliveries)

        rules = {"r": {"pattern": {"kind": ["a"]}, "targets": ["t"]}}
        limits = Limits(max_events=1)
        settings = rules_to({"t": {"timeout": "5s"}}, rules=rules)
        async with Router(settings, {"t": Chain()}, limits=limits) as router:
            assert (await router.put(A)).delivered == 1
            assert router.status.targets["t"].last_problem == "no answer within 5 s"

    run_virtual(story())


def test_a_source_that_never_waits_does_not_keep_others_from_their_turn() -> None:
    """Events that no rule matches are done at once; even so a stop gets through."""

    class Endless:
        done_to = -1

        async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
            number = 0
            while True:
                yield [each._replace(data=b"{}") for each in some_events(1)]
                number += 1

        def done(self, position: object) -> None:
            pass

        async def pause(self) -> None:
            pass

        async def resume(self) -> None:
            pass

        async def close(self) -> None:
            pass

    async def story() -> None:
        async with Router(rules_to({"t": {}}), {"t": FakeTarget()}) as router:
            running = asyncio.create_task(router.run(Endless()))
            for _ in range(100):
                await asyncio.sleep(0)
            await router.stop()
            await running
            assert router.status.unmatched > 10

    run_virtual(story())


def test_several_sources_run_at_once_each_with_its_own_watermark() -> None:
    """What is stuck in one does not hold the other, nor one partition of a source another."""

    async def story() -> None:
        def answer(delivery: object) -> object:
            stuck = delivery.event.position == ("one", 0) and delivery.attempt == 1  # type: ignore[attr-defined]
            return Retry(after=100) if stuck else OK

        one, two = some_events(50, source="one"), some_events(50, source="two")
        mixed = [each for pair in zip(one, two, strict=True) for each in pair]
        source, other = FakeSource(mixed), FakeSource(some_events(50, source="three"))
        async with Router(rules_to({"t": {}}), {"t": FakeTarget(answer)}) as router:
            running = asyncio.gather(router.run(source), router.run(other))
            await asyncio.sleep(50)
            assert {each.source for each in source.dones} == {"two"}
            assert (source.done_to, other.done_to, other.notes) == (49, 49, ["close"])
            await running
            assert source.dones[-1] == ("one", 49)

    run_virtual(story())


def test_a_stop_answers_puts_in_their_order() -> None:
    """Who put first is told first that the event was given up."""

    async def story() -> None:
        told: list[int] = []

        async def put(number: int) -> None:
            with pytest.raises(Stopped):
                await router.put(A, id=str(number))
            told.append(number)

        async with Router(rules_to({"t": {}}), {"t": FakeTarget(seconds=1000)}) as router:
            putting = [asyncio.create_task(put(number)) for number in range(100)]
            await asyncio.sleep(1)
            await router.stop(at_once=True)
            await asyncio.gather(*putting)
        assert told == list(range(100))

    run_virtual(story())
