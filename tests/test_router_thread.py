"""The router for programs without a loop: in a thread of its own."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest
from routing_parts import FakeTarget, rules_to

from ruler.route import Delivery, Limits, Overloaded, Receipt, Router, RouterError, Stopped

A = b'{"kind": "a"}'


def test_threads_put_events_and_get_receipts() -> None:
    """Many threads at once, also when there is less room than threads: each event is delivered once."""
    taken: list[bytes] = []

    def take(delivery: Delivery) -> None:
        taken.append(delivery.data)

    def work(number: int) -> None:
        for n in range(50):
            assert router.put_sync(b'{"kind": "a", "n": %d}' % (number * 50 + n)).delivered == 1

    with Router(rules_to({"t": {}}), {"t": take}, limits=Limits(max_events=3)) as router:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(taken) == sorted(b'{"kind": "a", "n": %d}' % n for n in range(400))
    assert not any(each.name == "ruler-router" for each in threading.enumerate())


def test_put_nowait_never_waits() -> None:
    """Without room it raises Overloaded; what was taken is answered, at the latest by the stop."""
    gate = threading.Event()

    def take(delivery: Delivery) -> None:
        assert gate.wait(60)

    with Router(rules_to({"t": {}}), {"t": take}, limits=Limits(max_events=5)) as router:
        futures: list[Future[Receipt]] = [router.put_nowait(A) for _ in range(5)]
        with pytest.raises(Overloaded):
            router.put_nowait(A)
        with pytest.raises(Overloaded):
            router.put_sync(A, shed=True)
        gate.set()
    assert [each.result().delivered for each in futures] == [1] * 5
    with pytest.raises(Stopped):
        router.put_sync(A)


def test_put_sync_gives_up_waiting_not_the_event() -> None:
    """After its time-out the caller goes on; the event is delivered all the same."""
    gate, taken = threading.Event(), []

    def take(delivery: Delivery) -> None:
        taken.append(delivery.data)

    async def wait(delivery: Delivery) -> None:
        import asyncio

        while not gate.is_set():
            await asyncio.sleep(0.001)
        take(delivery)

    with Router(rules_to({"t": {}}), {"t": wait}) as router:
        with pytest.raises(TimeoutError):
            router.put_sync(A, timeout=0.01)
        gate.set()
    assert taken == [A]


def test_rules_change_from_any_thread() -> None:
    """When change returns, the next event is judged by the new rules."""
    one, two = FakeTarget(), FakeTarget()
    with Router(rules_to({"one": {}, "two": {}}), {"one": one, "two": two}) as router:
        assert router.put_sync(A).delivered == 2
        router.change(rules_to({"one": {}}))
        assert router.put_sync(A).delivered == 1
    assert [len(one.taken), len(two.taken), one.closed, two.closed] == [2, 1, 1, 1]


def test_put_sync_on_the_loop_itself_is_told_apart() -> None:
    """It would wait for itself: RouterError says what to write."""
    problems: list[str] = []

    async def take(delivery: Delivery) -> None:
        if b"first" in delivery.data:
            try:
                router.put_sync(A)
            except RouterError as error:
                problems.append(str(error))
            router.put_nowait(A)

    with Router(rules_to({"t": {}}), {"t": take}) as router:
        router.put_sync(b'{"kind": "first"}')
    assert problems == [
        "put_sync was called where the router itself runs, and would wait for ever\n"
        "  why:   it stops the loop that is to deliver\n"
        "  write: await router.put(...)"
    ]


def test_a_router_that_cannot_start_leaves_no_thread() -> None:
    """The error of making a target comes out of ``with``, and the thread is gone."""

    def make(settings: object) -> FakeTarget:
        raise OSError("no such disk")

    rules = rules_to({"t": {"uri": "file:x"}})
    with pytest.raises(RouterError, match="no such disk"), Router(rules, make_target=make):
        pass
    assert not any(each.name == "ruler-router" for each in threading.enumerate())
