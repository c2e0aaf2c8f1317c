"""What the router does when targets, dead letters and sources fail. On a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from routing_parts import FakeSource, FakeTarget, rules_to, some_events
from virtual_loop import run_virtual

from ruler.route import (
    OK,
    Delivery,
    Event,
    Limits,
    Outcome,
    Position,
    Reject,
    Retry,
    Router,
    RouterError,
    Undeliverable,
    letter_of,
)

A = b'{"kind": "a"}'


class OddTarget:
    """Answers with whatever it was given."""

    def __init__(self, answers: Sequence[Any]) -> None:
        self.answers = list(answers)
        self.attempts: list[int] = []

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        self.attempts.append(deliveries[0].attempt)
        answer: Any = self.answers.pop(0) if self.answers else [OK] * len(deliveries)
        if isinstance(answer, BaseException):
            raise answer
        if answer == "sleep":
            await asyncio.sleep(1000)
        return answer  # type: ignore[no-any-return]

    async def close(self) -> None:
        pass


class Unspeakable(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ValueError("no such host"), "ValueError: no such host"),
        (asyncio.CancelledError(), "CancelledError"),
        (TimeoutError(), "TimeoutError"),
        ("sleep", "no answer within 5 s"),
        (None, "the target returned NoneType, expected a sequence of 1 outcomes"),
        ([], "the target returned 0 outcomes for 1 deliveries, expected one for each"),
        ([OK, OK], "the target returned 2 outcomes for 1 deliveries, expected one for each"),
        (["ok"], "the target returned str as an outcome, expected Ok, Retry or Reject"),
        ([Retry("20")], "the target returned Retry after str, expected seconds as a number"),  # type: ignore[arg-type]
        ([Retry(None, "two\nlines\x1b[2J")], "two\\nlines\\u001b[2J"),
        (Unspeakable(), "Unspeakable: <Unspeakable that cannot be shown>"),
    ],
)
def test_whatever_a_target_does_is_tried_again(answer: object, reason: str) -> None:
    """An exception, silence, or an answer that is none means Retry, with the reason in the status."""

    async def story() -> None:
        target = OddTarget([answer])
        async with Router(rules_to({"t": {"timeout": "5s"}}), {"t": target}) as router:
            assert (await router.put(A)).delivered == 1
            status = router.status.targets["t"]
            assert (status.last_problem, status.retried, status.delivered, status.lag) == (reason, 1, 1, 0)
        assert target.attempts == [1, 2]

    run_virtual(story())


def test_a_delivery_too_old_is_given_up() -> None:
    """When the next try would be later than max_age after the first, it becomes a dead letter."""

    async def story() -> None:
        target, letters = FakeTarget(lambda delivery: Retry(after=40, reason="busy")), FakeTarget()
        settings = {"t": {"retry": {"attempts": 100, "max_age": "100s"}, "dead_letter": "dlq"}, "dlq": {}}
        async with Router(rules_to(settings), {"t": target, "dlq": letters}) as router:
            await router.put(A)
            assert len(target.tried) == 3  # at 0, 40 and 80 seconds
            assert router.status.targets["t"].expired == 1
        assert b'"reason":"not taken within 100 s: busy","code":"age"' in letters.taken[0].data

    run_virtual(story())


def test_a_target_that_asks_to_wait_longer_than_it_is_tried_is_given_up_at_once() -> None:
    """Another try would come too late in any case; the reason says what it asked for."""

    async def story() -> None:
        target, letters = FakeTarget(lambda each: Retry(after=1000, reason="HTTP 429")), FakeTarget()
        targets = {"t": {"dead_letter": "dlq"}, "dlq": {}}
        async with Router(rules_to(targets), {"t": target, "dlq": letters}) as router:
            assert (await router.put(A)).dead_letters == 1
            assert asyncio.get_running_loop().time() < 1  # on the virtual clock
        letter = letter_of(letters.taken[0].data)
        assert (letter.code, letter.reason) == (
            "age",
            "it asks to wait 1000 s, and is tried for 300 s at most: HTTP 429",
        )

    run_virtual(story())


def test_dead_letters_go_on_along_their_chain() -> None:
    """What the first dead-letter target refuses goes to its own, with what is known of the first refusal."""

    async def story() -> None:
        target, first, last = FakeTarget(lambda _: Reject("a")), FakeTarget(lambda _: Reject("b")), FakeTarget()
        settings = {"t": {"dead_letter": "dlq"}, "dlq": {"dead_letter": "dlq2"}, "dlq2": {}}
        async with Router(rules_to(settings), {"t": target, "dlq": first, "dlq2": last}) as router:
            receipt = await router.put(A)
            assert (receipt.delivered, receipt.dead_letters) == (0, 1)
            assert [router.status.targets[name].dead_letters for name in ("t", "dlq", "dlq2")] == [1, 1, 0]
        assert b'"reason":"a"' in last.taken[0].data
        assert b'"target":"t"' in last.taken[0].data

    run_virtual(story())


def test_the_last_dead_letter_target_is_tried_for_ever_while_sources_wait() -> None:
    """Its letters stay, the position stays open, sources are paused, and the status says so, until it takes them."""

    async def story() -> None:
        is_up = False
        target = FakeTarget(lambda each: Reject("no") if each.event.position.offset == 3 else OK)
        letters = FakeTarget(lambda each: OK if is_up else Reject("full"))
        source = FakeSource(some_events(100), seconds=1)
        settings = {"t": {"dead_letter": "dlq"}, "dlq": {"retry": {"attempts": 2, "max_delay": "7s"}}}
        limits = Limits(batch_events=5)
        async with Router(rules_to(settings), {"t": target, "dlq": letters}, limits=limits) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(10_000)
            assert router.status.is_stuck
            assert router.status.targets["dlq"].state == "stuck"
            assert (source.notes, source.given, source.done_to) == (["pause"], 10, 2)
            assert len(letters.tried) > 1000  # each 7 seconds
            is_up = True
            await running
            assert (source.notes, source.done_to) == (["pause", "resume", "close"], 99)
            assert (router.status.is_stuck, router.status.sources_waiting) == (False, 0)
        assert len(letters.taken) == 1

    run_virtual(story())


def test_without_dead_letters_a_refusal_ends_put_and_run() -> None:
    """Undeliverable says what, where, why and what to write; the position is not done, those before it are."""

    async def story() -> None:
        target = FakeTarget(lambda each: Reject("HTTP 404") if b'"n": 7}' in each.data else OK)
        source = FakeSource(some_events(1000), seconds=1)
        async with Router(rules_to({"t": {}}), {"t": target}, limits=Limits(batch_events=20)) as router:
            with pytest.raises(Undeliverable) as caught:
                await router.run(source)
            assert str(caught.value) == (
                "s:7: the target t has refused a delivery: HTTP 404\n"
                "  why:   nothing takes dead letters, so the event is not done\n"
                '  write: "dead_letter": "dlq" at the top of the rule set, or in the target, and a target "dlq"'
            )
            assert (source.done_to, source.notes, source.given) == (6, ["close"], 20)
            with pytest.raises(Undeliverable):
                await router.put(b'{"kind": "a", "n": 7}')
            with pytest.raises(Undeliverable, match="data that are no event"):
                await router.put(b"{")
            assert (await router.put(A)).delivered == 1
            assert (router.status.in_flight_events, router.status.in_flight_bytes) == (0, 0)
            assert router.status.undeliverable == 3

    run_virtual(story())


def test_a_failed_event_stays_open_whatever_ends_together() -> None:
    """One send that ends what is left of two events, of which the later has failed: only the earlier is done."""

    async def story() -> None:
        slow, fast = (
            FakeTarget(seconds=10),
            FakeTarget(lambda each: Reject("no") if each.event.position == ("s", 1) else OK),
        )
        source = FakeSource(some_events(2))
        async with Router(
            rules_to({"fast": {}, "slow": {"concurrency": 1}}),
            {"fast": fast, "slow": slow},
            limits=Limits(batch_events=1),
        ) as router:
            warm = asyncio.create_task(router.put(A))  # so that both events go in one send
            await asyncio.sleep(1)
            with pytest.raises(Undeliverable):
                await router.run(source)
            await warm
            assert ([len(send) for send in slow.sends], source.done_to) == ([1, 2], 0)

    run_virtual(story())


def test_the_brake_holds_back_what_would_become_dead_letters() -> None:
    """When everything is refused, few become dead letters; when the target is up again, the rest is delivered."""

    async def story() -> None:
        is_up = False
        target, letters = FakeTarget(lambda each: OK if is_up else Reject("HTTP 401")), FakeTarget()
        settings = {"t": {"brake": {"pause": "10s"}, "dead_letter": "dlq", "batch": 10}, "dlq": {}}
        source = FakeSource(some_events(2000))
        async with Router(rules_to(settings), {"t": target, "dlq": letters}) as router:
            running = asyncio.create_task(router.run(source))
            await asyncio.sleep(5)
            status = router.status.targets["t"]
            assert (status.state, len(letters.taken), status.dead_letters) == ("paused", 19, 19)
            before = len(target.sends)
            await asyncio.sleep(100)
            assert [len(send) for send in target.sends[before:]] == [1] * 10  # a probe each 10 seconds
            is_up = True
            await running
            assert (status.state, len(letters.taken), len(target.taken)) == ("open", 19, 1981)
            assert source.done_to == 1999

    run_virtual(story())


def test_a_brake_does_not_keep_a_run_from_ending_with_its_error() -> None:
    """Without dead letters there are none to be kept few, and the run ends as soon as what was begun has been tried."""

    async def story() -> None:
        target = FakeTarget(lambda each: Reject("HTTP 401"))
        source = FakeSource(some_events(2000), stays=True)
        async with Router(rules_to({"t": {"batch": 10, "brake": {}}}), {"t": target}) as router:
            with pytest.raises(Undeliverable, match="s:0: the target t has refused a delivery: HTTP 401"):
                await router.run(source)
            assert asyncio.get_running_loop().time() < 5  # on the virtual clock; a probe would come after 30 seconds
            assert (source.done_to, source.notes[-1]) == (-1, "close")
            assert router.status.targets["t"].held == 0

    run_virtual(story())


def test_the_brake_does_not_hang_on_one_bad_event() -> None:
    """Each probe is another delivery, so that those which are taken get through past those which are not."""

    async def story() -> None:
        target = FakeTarget(lambda each: Reject("bad") if each.event.position.offset < 30 else OK)
        letters = FakeTarget()
        settings = {"t": {"brake": {"pause": "1s"}, "dead_letter": "dlq", "order": "key"}, "dlq": {}}
        events = some_events(300, keys=300)
        async with Router(rules_to(settings), {"t": target, "dlq": letters}) as router:
            await router.run(FakeSource(events))
        assert sorted(target.numbers) == list(range(30, 300))
        assert len(letters.taken) == 30

    run_virtual(story())


def test_a_source_that_fails_ends_run_after_what_it_gave() -> None:
    """run() raises the error when all that was admitted is settled, and the source is closed."""

    async def story() -> None:
        source = FakeSource(some_events(500), error=OSError("gone"))
        target = FakeTarget(seconds=20)
        async with Router(rules_to({"t": {}}), {"t": target}) as router:
            with pytest.raises(OSError, match="gone"):
                await router.run(source)
            assert (source.done_to, source.notes) == (499, ["close"])

    run_virtual(story())


def test_a_source_that_cannot_note_what_is_done_has_failed() -> None:
    """An error of done() ends run(); nothing is told to be done after it."""

    class Full(FakeSource):
        def done(self, position: Position) -> None:
            super().done(position)
            if position.offset > 50:
                raise OSError("no space")

    async def story() -> None:
        source = Full(some_events(1000), seconds=1)
        async with Router(rules_to({"t": {}}), {"t": FakeTarget()}, limits=Limits(batch_events=10)) as router:
            with pytest.raises(OSError, match="no space"):
                await router.run(source)
            assert source.given < 100

    run_virtual(story())


def test_a_target_in_order_leaves_those_behind_untried() -> None:
    """With in_order, those of a key behind one that was not taken keep their attempts, and their order."""

    class Lines(FakeTarget):
        in_order = True

        async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
            await asyncio.sleep(self.seconds)
            failed: set[bytes | None] = set()
            outcomes: list[Outcome] = []
            for each in deliveries:
                outcome: Outcome = Retry() if each.key in failed or random.random() < 0.05 else OK
                if outcome is OK:
                    self.taken.append(each)
                else:
                    failed.add(each.key)
                outcomes.append(outcome)
            return outcomes

    random = Random(5)

    async def story() -> None:
        target = Lines()
        settings = {"t": {"order": "key", "retry": {"attempts": 6}}}
        async with Router(rules_to(settings), {"t": target}, random=Random(2)) as router:
            await router.run(FakeSource(some_events(2000, keys=5)))
        for key in range(5):
            assert [n for n in target.numbers if n % 5 == key] == list(range(key, 2000, 5))

    run_virtual(story())


def test_concurrency_batch_and_rate_are_kept() -> None:
    """Never more sends at once, deliveries in a send, or deliveries in a second than the settings say."""

    async def story() -> None:
        target, source = FakeTarget(seconds=0.5), FakeSource(some_events(400))
        settings = {"t": {"concurrency": 3, "batch": 7, "rate": 10, "burst": 20}}
        async with Router(rules_to(settings), {"t": target}) as router:
            await router.run(source)
            assert target.most_at_once <= 3
            assert max(len(send) for send in target.sends) <= 7
            assert asyncio.get_running_loop().time() >= (400 - 20) / 10
            assert asyncio.get_running_loop().time() <= 45

    run_virtual(story())


def test_a_router_says_what_is_wrong_with_its_use() -> None:
    """A target that nobody brings, a form that is none, a put before the start, an event that is no bytes."""
    with pytest.raises(RouterError, match='the target "t" has no uri, and the program brings none'):
        Router(rules_to({"t": {}}), {})
    with pytest.raises(RouterError, match='"yaml" is not a form of events'):
        Router(rules_to({"t": {}}), {"t": FakeTarget()}, form="yaml")
    with pytest.raises(RouterError, match='key = "order" is not a JSON Pointer\n  why:   a pointer begins with /'):
        Router(rules_to({"t": {}}), {"t": FakeTarget()}, key="order")
    with pytest.raises(TypeError, match="a router is given a RuleSet, or a source of them, not dict; write read_rule"):
        Router({"rules": {}})  # type: ignore[arg-type]
    router = Router(rules_to({"t": {}}), {"t": FakeTarget()})

    async def story() -> None:
        with pytest.raises(RouterError, match="the router is not started"):
            await router.put(A)
        async with router:
            with pytest.raises(TypeError, match="an event is bytes of JSON, not str"):
                await router.put("{}")  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="a key is bytes, not str"):
                await router.put(A, key="a")  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="a router is given a RuleSet"):
                router.change("rules.toml")  # type: ignore[arg-type]
        with pytest.raises(RouterError, match="a router runs once"):
            async with router:
                pass

    run_virtual(story())
    assert [each.data for each in router.plan([Event(A), Event(b"{"), Event(b"{}")])] == [A]
