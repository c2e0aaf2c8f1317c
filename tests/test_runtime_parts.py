"""The parts of a running router, each by itself: watermark, lanes, bucket, backoff, brake, budget."""

from __future__ import annotations

import asyncio
import threading
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_loop import run_virtual

from ruler.route import Delivery, Event, Position, Route
from ruler.route.rule_set import BrakeSettings, RetrySettings
from ruler.route.runtime.backoff import delay_after
from ruler.route.runtime.brake import CLOSED, PAUSED, PROBE, Brake
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.flight import Batch, Entry
from ruler.route.runtime.lanes import FreeLanes, KeyLanes
from ruler.route.runtime.token_bucket import TokenBucket
from ruler.route.runtime.watermark import Watermark

BATCH = Batch([], [], "", None)


def entry(number: int, key: bytes | None = None) -> Entry:
    """An entry that is known by its number."""
    return (BATCH, number, Delivery(Event(b"{}", key), Route("t", ()), b"{}"), None)


# ----- watermark


@given(sizes=st.lists(st.integers(0, 5), max_size=6), data=st.data())
def test_the_watermark_is_just_before_the_first_that_is_not_done(sizes: list[int], data: st.DataObject) -> None:
    """For any counts, in batches of any size, and any order of answers, the watermark is the smallest not done."""
    mark = Watermark()
    batches = [[data.draw(st.integers(0, 2)) for _ in range(size)] for size in sizes]
    first = 0
    for counts in batches:
        mark.admit(counts, range(len(counts)), [Position("s", first + n) for n in range(len(counts))])
        first += len(counts)
    answers = [(counts, n) for counts in batches for n, count in enumerate(counts) for _ in range(count)]
    passed = mark.advance()
    for counts, n in data.draw(st.permutations(answers)):
        counts[n] -= 1
        if data.draw(st.booleans()):
            passed += mark.advance()
    passed += mark.advance()
    everything = [count for counts in batches for count in counts]
    assert everything == [0] * len(everything)
    assert (passed, mark.is_empty) == (len(everything), True)
    assert mark.position == (Position("s", len(everything) - 1) if everything else None)


@given(counts=st.lists(st.integers(0, 1), min_size=1, max_size=30))
def test_the_watermark_stops_at_what_is_not_done(counts: list[int]) -> None:
    """Done places behind one that is not do not move it."""
    mark = Watermark()
    mark.admit(counts, range(len(counts)), [Position("s", n) for n in range(len(counts))])
    done = counts.index(1) if 1 in counts else len(counts)
    assert mark.advance() == done
    assert mark.position == (Position("s", done - 1) if done else None)
    assert mark.advance() == 0


# ----- lanes


def test_a_lane_gives_one_of_a_key_at_a_time() -> None:
    """The next of a key comes when the one before it is answered; other keys, and none, do not wait."""
    lanes = KeyLanes()
    lanes.offer_all([entry(1, b"a"), entry(2, b"a"), entry(3, b"b"), entry(4), entry(5), entry(6, b"a")])
    first = lanes.take(10)
    assert [each[1] for each in first] == [1, 3, 4, 5]
    assert lanes.take(10) == []
    lanes.release(first)
    assert [each[1] for each in lanes.take(10)] == [2]


def test_a_lane_waits_for_what_is_tried_again() -> None:
    """Until the entry is back, nothing of its key is given; then it is the first."""
    lanes = KeyLanes()
    lanes.offer_all([entry(1, b"a"), entry(2, b"a"), entry(3, b"b")])
    one, three = lanes.take(10)
    lanes.release([three])
    assert lanes.take(10) == []
    lanes.resume(one)
    assert [each[1] for each in lanes.take(10)] == [1]


def test_a_target_in_order_gets_a_row_of_one_key() -> None:
    """With in_order a key's entries come in a row; those not tried go back to the front of their lane."""
    lanes = KeyLanes()
    lanes.offer_all([entry(1, b"a"), entry(2, b"b"), entry(3, b"a"), entry(4, b"a")])
    taken = lanes.take(3, in_order=True)
    assert [each[1] for each in taken] == [1, 3, 4]
    lanes.offer(entry(5, b"a"))
    lanes.give_back(b"a", taken[1:])
    lanes.release(taken[:1])
    assert [each[1] for each in lanes.take(10, in_order=True)] == [2, 3, 4, 5]


@given(keys=st.lists(st.sampled_from([None, b"a", b"b", b"c"]), max_size=40), data=st.data())
def test_lanes_keep_the_order_of_each_key_and_lose_nothing(keys: list[bytes | None], data: st.DataObject) -> None:
    """Whatever is answered or tried again, and when: each entry is answered once, those of a key in their order."""
    lanes = KeyLanes()
    waiting = [entry(number, key) for number, key in enumerate(keys)]
    out: list[Entry] = []
    answered: list[Entry] = []
    while waiting or out or lanes.ready:
        if waiting and data.draw(st.booleans()):
            lanes.offer(waiting.pop(0))
        out += lanes.take(data.draw(st.integers(1, 4)))
        busy = [each[2].event.key for each in out if each[2].event.key is not None]
        assert len(busy) == len(set(busy))
        if out:
            each = out.pop(data.draw(st.integers(0, len(out) - 1)))
            if data.draw(st.integers(0, 3)) == 0:
                lanes.resume(each, is_last=data.draw(st.booleans()))
            else:
                answered.append(each)
                lanes.release([each])
    for key in (b"a", b"b", b"c"):
        numbers = [each[1] for each in answered if each[2].event.key == key]
        assert numbers == sorted(numbers)
    assert sorted(each[1] for each in answered) == list(range(len(keys)))
    assert lanes.all_entries() == []
    assert lanes._behind == {}  # nothing is kept of keys that are done


def test_free_lanes_give_whatever_is_there() -> None:
    """First come first served, and what is tried again before all else."""
    lanes = FreeLanes()
    lanes.offer_all([entry(1, b"a"), entry(2, b"a"), entry(3, b"a")])
    assert [each[1] for each in lanes.take(2)] == [1, 2]
    lanes.resume(entry(1))
    lanes.resume(entry(2), is_last=True)
    assert [each[1] for each in lanes.take(5)] == [1, 3, 2]


# ----- token bucket, backoff


@given(steps=st.lists(st.tuples(st.floats(0, 3), st.integers(0, 20)), max_size=40))
def test_a_bucket_never_gives_more_than_burst_and_rate(steps: list[tuple[float, int]]) -> None:
    """From the start to any moment, at most burst + rate * seconds are spent, to within a token."""
    bucket, now, spent = TokenBucket(2.0, 5, 0.0), 0.0, 0
    for seconds, wanted in steps:
        now += seconds
        count = min(wanted, bucket.available(now))
        bucket.spend(count)
        spent += count
        assert spent <= 5 + 2.0 * now + 0.001


def test_a_bucket_says_when_the_next_token_is_there() -> None:
    """At that moment there is one, whatever floats do."""
    bucket = TokenBucket(3.0, 1, 100.0)
    now = 100.0
    for _ in range(1000):
        bucket.spend(bucket.available(now))
        now = bucket.ready_at(now)
        assert bucket.available(now) == 1


def test_a_change_does_not_refill_a_bucket() -> None:
    """An empty bucket stays empty when rate and burst grow, and a full one holds no more than a smaller burst."""
    bucket = TokenBucket(1.0, 10, 0.0)
    bucket.spend(10)
    bucket.change(100.0, 1000, 0.0)
    assert bucket.available(0.0) == 0
    assert bucket.available(1.0) == 100
    bucket.change(1.0, 3, 1.0)
    assert bucket.available(1.0) == 3


@given(attempt=st.integers(1, 2000), seed=st.integers(), after=st.none() | st.floats())
def test_waits_are_within_their_bounds(attempt: int, seed: int, after: float | None) -> None:
    """At most max_delay, and less for the first attempts, unless the target asks for longer, a day at most."""
    delay = delay_after(attempt, RetrySettings(first_delay=0.5, max_delay=20.0), Random(seed), after)
    asked = min(after, 86_400.0) if after is not None and 0 < after < float("inf") else 0.0
    assert asked <= delay <= max(asked, min(20.0, 0.5 * 2 ** min(attempt - 1, 64)))


# ----- brake


def test_a_brake_pauses_probes_and_closes() -> None:
    """Too large a share pauses; after the pause one delivery goes; it decides."""
    brake = Brake(BrakeSettings(share=0.5, window=60, least=20, pause=30))
    brake.ended(10, 0, 0.0)
    brake.ended(0, 10, 1.0)
    assert brake.state == CLOSED
    brake.ended(0, 1, 2.0)
    assert (brake.state, brake.room(100, 31.0), brake.room(100, 32.0)) == (PAUSED, 0, 1)
    brake.begin_probe()
    assert (brake.state, brake.room(100, 33.0)) == (PROBE, 0)
    brake.end_probe(False, 33.0)
    assert (brake.room(100, 62.0), brake.room(100, 63.0)) == (0, 1)
    brake.begin_probe()
    brake.end_probe(True, 63.0)
    assert brake.room(100, 63.0) == 100
    brake.ended(0, 1, 64.0)
    assert brake.state == CLOSED  # counted from nothing


def test_a_brake_forgets_what_is_older_than_its_window() -> None:
    """Failures far apart do not add up, and what is remembered stays small."""
    brake = Brake(BrakeSettings(share=0.5, window=60, least=20, pause=30))
    for second in range(0, 100_000, 5):
        brake.ended(0, 1, float(second))
        assert brake.state == CLOSED
        assert len(brake._slots) <= 13


def test_few_deliveries_do_not_pause() -> None:
    """Less than ``least`` never pause, whatever their share; and without settings nothing does."""
    brake = Brake(BrakeSettings(least=20))
    brake.ended(0, 19, 0.0)
    assert brake.state == CLOSED
    none = Brake(None)
    none.ended(0, 1000, 0.0)
    assert none.state == CLOSED


# ----- budget


def test_room_is_given_in_the_order_in_which_it_was_asked_for() -> None:
    """A small event does not overtake a large one that waits."""

    async def story() -> None:
        budget = Budget(10, 100)
        await budget.take(1, 60)
        order = []

        async def taker(name: str, size: int) -> None:
            await budget.take(1, size)
            order.append(name)

        large, small = asyncio.create_task(taker("large", 80)), asyncio.create_task(taker("small", 10))
        await asyncio.sleep(1)
        assert (order, budget.waiting, budget.try_take(1, 1)) == ([], 2, False)
        budget.give(1, 60)
        await asyncio.gather(large, small)
        assert (order, budget.events, budget.bytes) == (["large", "small"], 2, 90)

    run_virtual(story())


def test_who_comes_as_another_is_let_in_does_not_overtake() -> None:
    """Room is left when the first is let in, and it has not run since: who comes then goes behind it."""

    async def story() -> None:
        budget = Budget(2, 100)
        await budget.take(2, 2)
        order = []

        async def taker(name: str) -> None:
            await budget.take(1, 1)
            order.append(name)

        first = asyncio.create_task(taker("first"))
        await asyncio.sleep(1)
        budget.give(2, 2)
        await taker("second")
        await first
        assert (order, budget.events, budget.waiting) == (["first", "second"], 2, 0)
        budget.give(2, 2)
        assert budget.try_take(1, 1)

    run_virtual(story())


def test_waits_that_are_cancelled_are_not_kept() -> None:
    """While the first waits, any number of others may give up: nothing is left of them."""

    async def story() -> None:
        budget = Budget(1, 100)
        await budget.take(1, 1)
        first = asyncio.create_task(budget.take(1, 1))
        for _ in range(3):
            others = [asyncio.create_task(budget.take(1, 1)) for _ in range(10)]
            await asyncio.sleep(1)
            for other in others:
                other.cancel()
            await asyncio.sleep(1)
        assert (len(budget._waiting), first.done()) == (1, False)
        budget.give(1, 1)
        await first
        assert (len(budget._waiting), budget.events) == (0, 1)

    run_virtual(story())


def test_what_is_larger_than_the_budget_goes_alone() -> None:
    """It is let in when nothing else is in flight, and nothing is let in beside it."""

    async def story() -> None:
        budget = Budget(10, 100)
        assert budget.try_take(1, 1)
        assert not budget.try_take(1, 1000)
        budget.give(1, 1)
        assert budget.try_take(1, 1000)
        assert not budget.try_take(1, 1)

    run_virtual(story())


@pytest.mark.parametrize("is_let_in", [False, True])
def test_a_cancelled_wait_takes_nothing(is_let_in: bool) -> None:
    """Also when room was given in the same turn as the wait was cancelled; those behind it get their turn."""

    async def story() -> None:
        budget = Budget(1, 100)
        await budget.take(1, 1)
        first, second = asyncio.create_task(budget.take(1, 1)), asyncio.create_task(budget.take(1, 1))
        await asyncio.sleep(1)
        if is_let_in:
            budget.give(1, 1)
        first.cancel()
        await asyncio.sleep(1)
        assert (first.cancelled(), second.done(), budget.events) == (True, is_let_in, 1)
        if not is_let_in:
            budget.give(1, 1)
        await second

    run_virtual(story())


def test_threads_never_take_more_than_there_is() -> None:
    """Many threads at once take exactly what there is room for."""
    budget, taken = Budget(1000, 10**9), []

    def work() -> None:
        taken.append(sum(budget.try_take(1, 1) for _ in range(500)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(taken), budget.events, budget.bytes) == (1000, 1000, 1000)
