"""The router for programs without a loop: in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import Future

import pytest
from routing_parts import FakeSource, FakeTarget, rules_to

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


def test_a_thread_that_cannot_have_a_loop_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no more descriptors, ``with`` raises in place of waiting for ever."""

    def no_loop() -> asyncio.AbstractEventLoop:
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio, "new_event_loop", no_loop)
    monkeypatch.setattr(asyncio.events, "new_event_loop", no_loop)
    with pytest.raises(OSError, match="too many"), Router(rules_to({"t": {}}), {"t": FakeTarget()}):
        pass


def test_a_function_that_exits_is_a_target_that_fails() -> None:
    """sys.exit in a target's function, as parsers of arguments call it, is tried again; the router lives on."""
    calls: list[int] = []

    def take(delivery: Delivery) -> None:
        calls.append(delivery.attempt)
        if delivery.attempt == 1:
            sys.exit("usage: ...")

    rules = rules_to({"t": {"retry": {"first_delay": "1ms"}}})
    with Router(rules, {"t": take}) as router:
        assert router.put_sync(A).delivered == 1
    assert calls == [1, 2]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_waits_is_told_when_the_loop_ends_by_itself() -> None:
    """An async function that calls sys.exit ends the loop: no thread waits for ever, and later puts are refused."""

    async def take(delivery: Delivery) -> None:
        sys.exit(3)

    with Router(rules_to({"t": {}}), {"t": take}) as router:
        future = router.put_nowait(A)
        with pytest.raises(RouterError):
            future.result(60)
        with pytest.raises(RouterError):
            router.put_sync(A, timeout=60)
    assert not any(each.name == "ruler-router" for each in threading.enumerate())


def test_rules_change_from_a_thread_while_the_router_stops() -> None:
    """The change is made on the loop, as at any other time, and holds for what is not planned yet."""
    gate, asked = threading.Event(), threading.Event()

    def take(delivery: Delivery) -> None:
        asked.set()
        assert gate.wait(60)

    problems: list[BaseException] = []

    def change() -> None:
        try:
            while router.status.state != "stopping":
                threading.Event().wait(0.001)
            router.change(rules_to({"t": {}, "new": {}}))
        except BaseException as error:
            problems.append(error)
        finally:
            gate.set()

    targets = {"t": take, "new": FakeTarget()}
    with Router(rules_to({"t": {}}), targets) as router:
        future = router.put_nowait(A)
        assert asked.wait(60)
        thread = threading.Thread(target=change)
        thread.start()
    thread.join()
    assert not problems
    assert future.result().delivered == 1
    assert list(router.status.targets) == ["t", "new"]


def test_another_loop_cannot_await_the_router() -> None:
    """put, run and stop say what to write; nothing of the event is begun."""
    target = FakeTarget()
    with Router(rules_to({"t": {}}), {"t": target}) as router:
        for awaited in (router.put(A), router.run(FakeSource([])), router.stop()):
            with pytest.raises(RouterError, match="awaited on another loop"):
                asyncio.run(awaited)
        assert router.status.in_flight_events == 0
        assert router.put_sync(A).delivered == 1
    assert len(target.taken) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_told_that_it_has_no_router() -> None:
    """In it a put raises, in place of waiting for ever, and the end of ``with`` leaves the parent's router alone."""
    target = FakeTarget()
    with Router(rules_to({"t": {}}), {"t": target}) as router:
        child = os.fork()
        if not child:
            code = 1
            try:
                router.put_nowait(A)
            except RouterError as error:
                router.__exit__(None, None, None)
                code = 42 if "forked" in str(error) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
        assert router.put_sync(A).delivered == 1
    assert len(target.taken) == 1
