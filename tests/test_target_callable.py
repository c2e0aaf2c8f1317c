"""A target that is a function: what its answers mean, where it runs, and in which order."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import pytest
from target_deliveries import deliveries

from ruler.route import OK, Delivery, Ok, Outcome, Reject, Retry
from ruler.route.targets import CallableTarget, MemoryTarget, RejectDelivery


def outcomes(function: Any, given: list[Delivery]) -> list[Outcome]:
    """What a CallableTarget of the function answers."""

    async def sent() -> list[Outcome]:
        target = CallableTarget(function)
        try:
            return list(await target.send(given))
        finally:
            await target.close()

    return asyncio.run(sent())


def answering(*answers: Any) -> tuple[Any, Any]:
    """A sync and an async function that give these answers, one a call; an exception is raised."""
    sync_answers, async_answers = iter(answers), iter(answers)

    def next_of(given: Any) -> Any:
        answer = next(given)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def sync_function(delivery: Delivery) -> Any:
        return next_of(sync_answers)

    async def async_function(delivery: Delivery) -> Any:
        await asyncio.sleep(0)
        return next_of(async_answers)

    return sync_function, async_function


def test_none_and_true_are_ok_and_an_outcome_is_itself() -> None:
    """The four answers a function may give, from sync and async functions alike."""
    for function in answering(None, True, OK, Retry(3.0, "full"), Reject("closed")):
        given = deliveries(*[b"{}"] * 5)
        assert outcomes(function, given) == [OK, OK, OK, Retry(3.0, "full"), Reject("closed")]


def test_an_exception_is_retry_with_its_reason() -> None:
    """The reason names the function and the exception, printable and bounded."""
    for function in answering(ValueError("no\x1b[31m route\n"), KeyError("x" * 10_000)):
        first, second = outcomes(function, deliveries(b"{}", b"{}"))
        assert isinstance(first, Retry) and isinstance(second, Retry)
        assert first.after is None
        assert first.reason.endswith("ValueError: no\\u001b[31m route\\n")
        assert "function: " in first.reason
        assert len(second.reason) <= 500


def test_a_function_may_reject_by_raising() -> None:
    """RejectDelivery is for code that has no way to return the outcome."""
    for function in answering(RejectDelivery("no such user")):
        assert outcomes(function, deliveries(b"{}")) == [Reject("no such user")]


@pytest.mark.parametrize(
    ("answer", "shown"), [(False, "returned False"), (200, "returned a value of type int"), ("ok", "type str")]
)
def test_any_other_answer_is_rejected_and_the_reason_names_the_function(answer: object, shown: str) -> None:
    """What a function returns by mistake does not count as delivered."""
    for function in answering(answer):
        [outcome] = outcomes(function, deliveries(b"{}"))
        assert isinstance(outcome, Reject)
        assert "function returned" in outcome.reason
        assert shown in outcome.reason
        assert "None, True, Ok, Retry or Reject" in outcome.reason


def test_a_sync_function_that_returns_a_coroutine_is_told_how_to_be_async() -> None:
    """A lambda around an async call is rejected, and the coroutine is not left unawaited."""

    async def post(delivery: Delivery) -> None: ...

    [outcome] = outcomes(lambda delivery: post(delivery), deliveries(b"{}"))
    assert isinstance(outcome, Reject)
    assert "async def" in outcome.reason


def test_a_sync_function_does_not_run_on_the_loop() -> None:
    """It may wait for what the loop does: the loop goes on meanwhile, and one thread takes a whole batch."""
    threads: list[str] = []

    async def sent() -> None:
        loop = asyncio.get_running_loop()

        def function(delivery: Delivery) -> None:
            threads.append(threading.current_thread().name)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=30)

        target = CallableTarget(function)
        assert await target.send(deliveries(b"1", b"2", b"3")) == [OK] * 3
        await target.close()

    asyncio.run(sent())
    assert len(threads) == 3
    assert len(set(threads)) == 1
    assert threads[0] != threading.main_thread().name


def test_a_batch_goes_to_an_async_function_at_once() -> None:
    """Each call waits until all have begun."""

    async def sent() -> list[Outcome]:
        barrier = asyncio.Barrier(3)

        async def function(delivery: Delivery) -> None:
            await barrier.wait()

        return list(await CallableTarget(function).send(deliveries(b"1", b"2", b"3")))

    assert asyncio.run(sent()) == [OK] * 3


def test_one_delivery_of_a_batch_does_not_stop_the_others() -> None:
    """Sync or async: where order matters, a batch holds no two of a key."""
    for function in answering(ValueError("no"), None, Reject("never"), None):
        found = outcomes(function, deliveries(*[b"{}"] * 4))
        assert [type(each) for each in found] == [Retry, Ok, Reject, Ok]


def test_what_is_async_is_seen_through_partials_methods_and_objects() -> None:
    """Any way of writing an async callable is called on the loop; a class of its own may be one."""

    class Pager:
        async def __call__(self, delivery: Delivery) -> None:
            asyncio.get_running_loop()

        async def page(self, delivery: Delivery, extra: int = 0) -> None:
            asyncio.get_running_loop()

    for function in (Pager(), Pager().page, functools.partial(Pager().page, extra=1)):
        assert CallableTarget(function).is_async
        assert outcomes(function, deliveries(b"{}", b"{}")) == [OK, OK]
    assert CallableTarget(Pager()).name == "Pager"
    assert CallableTarget(functools.partial(Pager().page)).name.endswith("Pager.page")


def test_what_cannot_be_called_is_refused_at_once() -> None:
    """The error says what a target may be."""
    with pytest.raises(TypeError, match="a target is a function or has send"):
        CallableTarget(5)  # type: ignore[arg-type]


def test_cancelling_a_send_cancels_the_calls() -> None:
    """A send that takes too long is given up cleanly: async calls end, none is left running."""
    ended: list[bytes] = []

    async def function(delivery: Delivery) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(delivery.data)

    async def sent() -> None:
        for given in (deliveries(b"1", b"2"), deliveries(b"3")):
            task = asyncio.create_task(CallableTarget(function).send(given))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(sent())
    assert ended == [b"1", b"2", b"3"]


def test_a_function_whose_own_work_was_cancelled_is_retried() -> None:
    """A cancelled future that a function waits for does not cancel who sends."""

    async def function(delivery: Delivery) -> None:
        waiting = asyncio.get_running_loop().create_future()
        waiting.cancel()
        await waiting

    for count in (1, 2):
        found = outcomes(function, deliveries(*[b"{}"] * count))
        assert [type(each) for each in found] == [Retry] * count


def test_closing_waits_for_the_calls_that_have_begun() -> None:
    """After close no thread is inside of the function."""
    begun, go_on = threading.Event(), threading.Event()
    done: list[bytes] = []

    def function(delivery: Delivery) -> None:
        begun.set()
        go_on.wait(30)
        done.append(delivery.data)

    async def sent() -> None:
        target = CallableTarget(function)
        sending = asyncio.create_task(target.send(deliveries(b"1")))  # type: ignore[arg-type]
        while not begun.is_set():
            await asyncio.sleep(0)
        closing = asyncio.create_task(target.close())
        await asyncio.sleep(0)
        go_on.set()
        await closing
        assert done == [b"1"]
        assert await sending == [OK]

    asyncio.run(sent())


def test_the_memory_target_keeps_what_it_gets() -> None:
    """All of it, in order; or the last ones where there is a limit."""

    async def sent() -> tuple[MemoryTarget, MemoryTarget]:
        everything, last = MemoryTarget(), MemoryTarget(most=2)
        for target in (everything, last):
            assert await target.send(deliveries(b"1", b"2")) == [OK, OK]
            assert await target.send(deliveries(b"3")) == [OK]
            await target.close()
        return everything, last

    everything, last = asyncio.run(sent())
    assert everything.data == [b"1", b"2", b"3"]
    assert last.data == [b"2", b"3"]
    assert everything.is_closed
