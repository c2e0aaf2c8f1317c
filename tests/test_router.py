"""The router: what it delivers, what becomes of what fails, and when a position is done. On a virtual clock."""

from __future__ import annotations

import asyncio
from random import Random

from routing_parts import FakeSource, FakeTarget, rules_to, some_events
from virtual_loop import run_virtual

from ruler.route import OK, Delivery, Event, Outcome, Receipt, Reject, Retry, Router


def test_a_put_returns_when_every_target_has_answered() -> None:
    """The receipt counts the targets; an event that no rule matches is answered at once."""

    async def story() -> None:
        one, two = FakeTarget(seconds=1), FakeTarget(seconds=5)
        rules = rules_to({"one": {}, "two": {}})
        async with Router(rules, {"one": one, "two": two}) as router:
            assert await router.put(b'{"kind": "a"}') == Receipt(rules.version, 2)
            assert asyncio.get_running_loop().time() == 5
            assert await router.put(b'{"other": 1}') == Receipt(rules.version, 0)
            assert [len(one.taken), len(two.taken)] == [1, 1]
        assert [one.closed, two.closed] == [1, 1]

    run_virtual(story())


def test_puts_of_one_turn_are_sent_together() -> None:
    """Puts that are made at the same time are planned together, and go in one send."""

    async def story() -> None:
        target = FakeTarget()
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            await asyncio.gather(*[router.put(b'{"kind": "a"}') for _ in range(50)])
        assert [len(send) for send in target.sends] == [50]

    run_virtual(story())


def test_a_source_is_done_to_its_end_and_closed() -> None:
    """Every event is delivered once, the last position is done, and then the source is closed."""

    async def story() -> None:
        target, source = FakeTarget(), FakeSource(some_events(1000))
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            await router.run(source)
            assert sorted(target.numbers) == list(range(1000))
            assert (source.done_to, source.notes[-1]) == (999, "close")
            assert (router.status.in_flight_events, router.status.in_flight_bytes) == (0, 0)

    run_virtual(story())


def test_a_position_is_done_only_when_all_before_it_are() -> None:
    """While the first event waits for another try nothing is done, though all others are delivered."""

    async def story() -> None:
        def answer(delivery: Delivery) -> Outcome:
            return Retry(after=60) if delivery.event.position.offset == 0 and delivery.attempt == 1 else OK

        target, source = FakeTarget(answer), FakeSource(some_events(500))
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(30)
            assert (len(target.taken), source.dones) == (499, [])
            await running
            assert source.done_to == 499

    run_virtual(story())


def test_what_fails_becomes_a_dead_letter() -> None:
    """Rejected, tried too often, nothing to send, and no event at all: each is with the dead letters, and is done."""

    async def story() -> None:
        def answer(delivery: Delivery) -> Outcome:
            return {b'{"kind": "bad"}': Reject("never"), b'{"kind": "late"}': Retry(reason="busy")}[delivery.data]

        target, letters = FakeTarget(answer), FakeTarget()
        rules = {
            "whole": {"pattern": {"kind": ["bad", "late"]}, "targets": ["t"]},
            "part": {"pattern": {"kind": ["part"]}, "targets": ["t"], "input": {"select": "/absent"}},
        }
        settings = {"t": {"retry": {"attempts": 3}}, "dlq": {}}
        data = [b'{"kind": "bad"}', b'{"kind": "late"}', b'{"kind": "part"}', b"{"]
        async with Router(rules_to(settings, dead_letter="dlq", rules=rules), {"t": target, "dlq": letters}) as router:
            receipts = await asyncio.gather(*[router.put(each) for each in data])
            assert [(each.delivered, each.dead_letters) for each in receipts] == [(0, 1)] * 4
        found = sorted(each.data.partition(b',"target"')[0] for each in letters.taken)
        assert found == [
            b'{"reason":"never","code":"rejected"',
            b'{"reason":"not taken in 3 attempts: busy","code":"attempts"',
            b'{"reason":"the event has nothing at /absent","code":"input"',
            b'{"reason":"unexpected end of data","code":"not-json"',
        ]
        assert [each.attempt for each in target.tried if b"late" in each.data] == [1, 2, 3]

    run_virtual(story())


def test_first_deliveries_of_a_key_are_in_order_whatever_fails() -> None:
    """With order "key", each event of a key comes after the one before it was taken, and others do not wait for it."""

    async def story() -> None:
        random = Random(7)

        def answer(delivery: Delivery) -> Outcome:
            return OK if random.random() < 0.7 else Retry()

        target, source = FakeTarget(answer), FakeSource(some_events(2000, keys=9))
        settings = {"t": {"order": "key", "retry": {"attempts": 100}}}
        async with Router(rules_to(settings), {"t": target}, random=Random(1)) as router:
            await router.run(source)
        for key in range(9):
            taken = [each.event.position.offset for each in target.taken if each.key == b"%d" % key]
            assert taken == list(range(key, 2000, 9))
        assert all(len({each.key for each in send}) == len(send) for send in target.sends)

    run_virtual(story())


def test_an_event_of_a_put_needs_no_position() -> None:
    """Events without position go through a source as well; nothing is told to be done."""

    async def story() -> None:
        target, source = FakeTarget(), FakeSource([Event(b'{"kind": "a"}')] * 300)
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            await router.run(source)
            assert (len(target.taken), source.dones) == (300, [])

    run_virtual(story())
