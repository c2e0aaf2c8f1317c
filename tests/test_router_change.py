"""Changes of rules while events are routed: nothing is lost, nothing twice, order is kept. On a virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from routing_parts import ALL, FakeSource, FakeTarget, rules_to, some_events
from virtual_loop import run_virtual

from ruler.route import OK, Delivery, Outcome, Retry, Router, RouterError, RuleSet, Target, TargetSettings
from ruler.route import rule_set_of_mapping as rule_set_of

A = b'{"kind": "a"}'


class Maker:
    """Makes targets, and remembers them."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.made: list[tuple[str, FakeTarget]] = []

    def __call__(self, settings: TargetSettings) -> Target:
        if settings.uri == "file:broken":
            raise OSError("no such disk")
        target = FakeTarget(seconds=self.seconds)
        self.made.append((settings.name, target))
        return target

    def of(self, name: str) -> list[FakeTarget]:
        return [target for each, target in self.made if each == name]


def rules(targets: dict[str, dict[str, Any]], **more: Any) -> RuleSet:
    """A rule set whose one rule leads all events to all targets but "dlq"."""
    full = {name: {"uri": f"file:{name}", "brake": False, **settings} for name, settings in targets.items()}
    others = [name for name in targets if name != "dlq"]
    return rule_set_of({"targets": full, "rules": {"all": {"pattern": ALL, "targets": others}}, **more})


def test_an_event_is_judged_by_exactly_one_version() -> None:
    """Deliveries tell the version that made them, and all of one event the same."""

    async def story() -> None:
        maker, source = Maker(), FakeSource(some_events(3000), seconds=1)
        one, two = rules({"t": {}, "u": {}}, version="1"), rules({"t": {}, "u": {}, "v": {}}, version="2")
        async with Router(one, make_target=maker) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(4.5)
            router.change(two)
            assert (router.status.version, router.status.changes) == ("2", 1)
            await running
            versions: dict[object, set[str]] = {}
            for _, target in maker.made:
                for each in target.taken:
                    versions.setdefault(each.event.position, set()).add(each.version)
            assert len(versions) == 3000
            assert {len(each) for each in versions.values()} == {1}
            assert [len(maker.of(name)[0].taken) for name in ("t", "u", "v")] == [3000, 3000, 3000 - 4 * 256]

    run_virtual(story())


def test_a_target_is_made_anew_only_when_it_must_be() -> None:
    """Other settings are taken over in place; another uri, option or time-out means another target."""

    async def story() -> None:
        maker = Maker(seconds=3)
        async with Router(rules({"t": {}}), make_target=maker) as router:
            router.change(rules({"t": {"rate": 5, "order": "key", "retry": {"attempts": 2}, "concurrency": 1}}))
            assert len(maker.made) == 1
            putting = asyncio.create_task(router.put(A))
            await asyncio.sleep(1)
            for settings in ({"uri": "file:x"}, {"options": {"a": 1}}, {"timeout": "3s"}):
                router.change(rules({"t": settings}))
            assert len(maker.made) == 4
            await asyncio.sleep(1)
            assert [each.closed for each in maker.of("t")] == [0, 1, 1, 0]  # the first still sends
            await putting
            await asyncio.sleep(1)
            assert [each.closed for each in maker.of("t")] == [1, 1, 1, 0]
        assert [each.closed for each in maker.of("t")] == [1, 1, 1, 1]

    run_virtual(story())


def test_a_target_that_is_gone_drains_and_so_does_its_dead_letter_target() -> None:
    """What was queued is delivered; its dead letters still have where to go; then both are closed."""

    async def story() -> None:
        def answer(delivery: Delivery) -> Outcome:
            return Retry(after=20)

        maker = Maker(seconds=5)
        before = rules({"t": {"dead_letter": "dlq", "retry": {"attempts": 2}}, "dlq": {}, "u": {}})
        async with Router(before, make_target=maker) as router:
            maker.of("t")[0].answer = answer
            putting = asyncio.create_task(router.put(A))
            await asyncio.sleep(1)
            router.change(rules({"u": {}}))
            assert router.status.targets["t"].state == "draining"
            assert await putting == (await asyncio.wait_for(putting, 1))
            assert (putting.result().delivered, putting.result().dead_letters) == (1, 1)
            await asyncio.sleep(1)
            assert [each.closed for _, each in maker.made] == [1, 1, 0]
            states = {name: each.state for name, each in router.status.targets.items()}
            assert states == {"t": "removed", "dlq": "removed", "u": "open"}

    run_virtual(story())


def test_counters_of_a_target_that_is_gone_stay_and_go_on_when_it_comes_back() -> None:
    """Who reads them from outside would take a counter that vanishes, or goes back, for a restart."""

    async def story() -> None:
        maker = Maker()
        async with Router(rules({"t": {}, "u": {}}), make_target=maker) as router:
            await router.put(A)
            router.change(rules({"u": {}}))
            await router.put(A)
            gone = router.status.targets["t"]
            assert (gone.state, gone.delivered, gone.lag) == ("removed", 1, 0)
            router.change(rules({"t": {}, "u": {}}))
            await router.put(A)
            back = router.status.targets["t"]
            assert (back.state, back.delivered, back.lag) == ("open", 2, 0)

    run_virtual(story())


def test_a_target_that_comes_back_before_it_has_drained_goes_on() -> None:
    """It is not closed, and not made again."""

    async def story() -> None:
        maker = Maker(seconds=5)
        async with Router(rules({"t": {}, "u": {}}), make_target=maker) as router:
            putting = asyncio.create_task(router.put(A))
            await asyncio.sleep(1)
            router.change(rules({"u": {}}))
            router.change(rules({"t": {}, "u": {}}))
            await putting
            assert (await router.put(A)).delivered == 2
            assert [each.closed for _, each in maker.made] == [0, 0]

    run_virtual(story())


def test_a_rule_set_that_cannot_be_used_changes_nothing() -> None:
    """RouterError tells which target; the rules of before go on, and what was made for it is closed."""

    async def story() -> None:
        maker = Maker()
        async with Router(rules({"t": {}}), make_target=maker) as router:
            with pytest.raises(RouterError, match='the target "u" cannot be made: no such disk'):
                router.change(rules({"a": {}, "t": {"timeout": "1s"}, "u": {"uri": "file:broken"}}))
            await asyncio.sleep(1)
            assert [(name, each.closed) for name, each in maker.made] == [("t", 0), ("a", 1), ("t", 1)]
            assert (await router.put(A)).delivered == 1
            assert len(maker.made[0][1].taken) == 1

    run_virtual(story())


@pytest.mark.parametrize("orders", [("none", "key"), ("key", "none"), ("key", "key")])
def test_nothing_is_lost_when_the_order_or_the_target_changes(orders: tuple[str, str]) -> None:
    """Every event arrives once, whatever was queued, sent or waiting; with "key" all along, in order."""

    async def story() -> None:
        tries: dict[object, int] = {}

        def answer(delivery: Delivery) -> Outcome:
            tries[delivery.event.position] = tries.get(delivery.event.position, 0) + 1
            return OK if tries[delivery.event.position] > delivery.event.position.offset % 3 else Retry()

        target, taken = FakeTarget(answer, seconds=0.3), []

        def make(settings: TargetSettings) -> Target:
            made = FakeTarget(answer, seconds=0.2)
            made.taken = taken
            return made

        target.taken = taken
        source = FakeSource(some_events(3000, keys=40), seconds=0.1)
        settings = {"retry": {"attempts": 9}}
        async with Router(rules({"t": {"order": orders[0], **settings}}), make_target=make) as router:
            running = asyncio.create_task(router.run(source))
            for number in range(1, 30):
                await asyncio.sleep(0.31)
                uri = f"file:{number // 5}"
                router.change(rules({"t": {"order": orders[number % 2], "uri": uri, **settings}}))
            await running
        numbers = [each.event.position.offset for each in taken]
        assert sorted(numbers) == list(range(3000))
        if orders == ("key", "key"):
            assert all([n for n in numbers if n % 40 == key] == list(range(key, 3000, 40)) for key in range(40))

    run_virtual(story())


@pytest.mark.parametrize("orders", [["key"], ["key", "none"]])
def test_what_a_target_asked_for_holds_through_a_change_of_order(orders: list[str]) -> None:
    """Two of one key wait when their target begins to keep order, or ends: neither is sent before it was asked for."""

    async def story() -> None:
        tried: list[tuple[float, int]] = []

        def answer(delivery: Delivery) -> Outcome:
            assert delivery.event.position is not None
            tried.append((asyncio.get_running_loop().time(), delivery.event.position.offset))
            return OK if delivery.attempt > 1 else Retry(after=1 if delivery.event.position.offset == 0 else 50)

        maker, source = Maker(seconds=0), FakeSource(some_events(2, keys=1))
        async with Router(rules({"t": {}}), make_target=maker) as router:
            maker.of("t")[0].answer = answer
            running = asyncio.create_task(router.run(source))
            for order in orders:
                await asyncio.sleep(0.1)
                router.change(rules({"t": {"order": order}}))
            await running
            assert sorted(tried) == [(0, 0), (0, 1), (50, 0), (50, 1)]

    run_virtual(story())


def test_a_change_does_not_refill_a_bucket() -> None:
    """However often the rules change, no more goes than the rate lets."""

    async def story() -> None:
        maker, source = Maker(), FakeSource(some_events(1000), stays=True)
        async with Router(rules({"t": {"rate": 2, "burst": 10}}), make_target=maker) as router:
            running = asyncio.create_task(router.run(source))
            for number in range(100):
                await asyncio.sleep(0.5)
                router.change(rules({"t": {"rate": 2, "burst": 10, "concurrency": 1 + number}}))
            assert len(maker.of("t")[0].taken) <= 10 + 2 * 50
            await router.stop(at_once=True)
            await running

    run_virtual(story())


def test_a_change_in_the_turn_of_a_stop_still_holds() -> None:
    """What was put before, and not planned yet, is judged by the rules of then."""

    async def story() -> None:
        async with Router(rules({"t": {}}, version="1"), make_target=Maker()) as router:
            putting, stopping = asyncio.create_task(router.put(A)), asyncio.create_task(router.stop())
            await asyncio.sleep(0)
            router.change(rules({"t": {}}, version="2"))
            await stopping
            assert (await putting).version == "2"

    run_virtual(story())


def test_a_source_of_rules_is_followed() -> None:
    """Each version takes its place; one that cannot be used is counted and told, and the one before goes on."""

    class Versions:
        def current(self) -> RuleSet:
            return rules({"t": {}}, version="1")

        async def changes(self) -> AsyncIterator[RuleSet]:
            await asyncio.sleep(10)
            yield rules({"t": {"uri": "file:broken"}}, version="2")
            await asyncio.sleep(10)
            yield rules({"t": {}}, version="3")
            raise OSError("gone")

    async def story() -> None:
        async with Router(Versions(), make_target=Maker()) as router:
            found = []
            for _ in range(3):
                found.append(((await router.put(A)).version, router.status.failed_changes))
                await asyncio.sleep(11)
            assert found == [("1", 0), ("1", 1), ("3", 2)]

    run_virtual(story())


@pytest.mark.parametrize("turns", range(6))
def test_a_send_keeps_the_time_out_of_its_target(turns: int) -> None:
    """Whichever turn of the loop a change comes in: what goes to the target of before is broken off when that says."""

    async def story() -> float:
        maker = Maker(seconds=1000)
        short, long = rules({"t": {"timeout": "1s"}}), rules({"t": {"timeout": "500s"}})
        async with Router(short, make_target=maker) as router:
            putting = asyncio.create_task(router.put(A))
            for _ in range(turns):
                await asyncio.sleep(0)
            is_sent = router.status.targets["t"].sending == 1
            maker.seconds = 0.01
            router.change(long)
            await putting
            assert is_sent or turns < 4
            return asyncio.get_running_loop().time()

    assert run_virtual(story()) < 3


def test_rules_that_go_on_whatever_they_are_told_do_not_keep_a_router_from_its_end() -> None:
    """A source of rules that does not heed its cancellation is waited for a while, and no longer."""

    class Stubborn:
        def current(self) -> RuleSet:
            return rules_to({"t": {}})

        async def changes(self) -> AsyncIterator[RuleSet]:
            for _ in range(1000):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(1)
            yield self.current()

    async def story() -> None:
        async with Router(Stubborn(), {"t": FakeTarget()}) as router:
            await asyncio.sleep(1)
        assert router.status.state == "stopped"
        assert asyncio.get_running_loop().time() < 100

    run_virtual(story())
