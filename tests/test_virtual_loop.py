"""The loop on a virtual clock: what it promises to the tests that rely on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from virtual_loop import Crashed, Deadlock, Endless, VirtualLoop, run_virtual


def test_waiting_moves_the_clock_and_nothing_else() -> None:
    """An hour of sleep is over at once, and the clock says an hour."""

    async def program() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run_virtual(program()) == 3600.0
    assert run_virtual(program(), start=5.0) == 3605.0


def test_timers_run_by_time_and_then_in_the_order_they_were_set() -> None:
    """Sleepers wake by time; those of one time in the order they went to sleep."""
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(name)

    async def program() -> None:
        await asyncio.gather(*(sleeper(name, seconds) for name, seconds in [("d", 2), ("a", 1), ("b", 1), ("c", 1.5)]))

    run_virtual(program())
    assert woken == ["a", "b", "c", "d"]


def test_timeouts_queues_and_groups_work() -> None:
    """The usual means of asyncio run on the loop."""

    async def consumer(queue: asyncio.Queue[int], seen: list[int]) -> None:
        while (item := await queue.get()) >= 0:
            seen.append(item)

    async def program() -> list[int]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        seen: list[int] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer(queue, seen))
            for item in (1, 2, 3, -1):
                await queue.put(item)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.get_running_loop().create_future()
        seen.append(await asyncio.to_thread(max, 7, 8))
        return seen

    assert run_virtual(program()) == [1, 2, 3, 8]


def test_a_deadlock_names_the_tasks_that_wait_and_where() -> None:
    """When nothing can ever happen again, the error says who waits and in which function."""

    async def wait_for_nobody() -> None:
        await asyncio.get_running_loop().create_future()

    async def program() -> None:
        await asyncio.create_task(wait_for_nobody(), name="lonely")

    with pytest.raises(Deadlock, match=r"lonely waits in .*wait_for_nobody line \d+"):
        run_virtual(program())


def test_a_program_without_end_is_stopped() -> None:
    """A loop that is always ready ends after the steps it may take."""

    async def program() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Endless, match="1,000 steps"):
        run_virtual(program(), most_steps=1000)


def test_errors_that_nobody_handles_fail_the_run() -> None:
    """A task that fails unseen, or a callback that raises, is an error of the run."""

    def fail() -> None:
        raise ValueError("unseen")

    async def program() -> None:
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(1)

    with pytest.raises(AssertionError, match="unseen"):
        run_virtual(program())


def test_tasks_left_behind_are_cancelled_and_generators_closed() -> None:
    """The end of the run is the end of everything it began."""
    ended: list[str] = []

    async def rest() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("task")

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            ended.append("generator")

    kept = numbers()

    async def program() -> None:
        task = asyncio.create_task(rest())
        await anext(kept)
        assert not task.done()

    run_virtual(program())
    assert ended == ["task", "generator"]


def test_a_crash_stops_before_the_step_it_names_and_drops_all() -> None:
    """What had run before the crash had run; nothing runs after it, whatever finally blocks ask for."""
    done: list[int] = []

    async def program() -> None:
        try:
            for count in range(100):
                done.append(count)
                await asyncio.sleep(1)
        finally:
            await asyncio.sleep(1)
            done.append(-1)

    loop = VirtualLoop()
    loop.crash_at = 7
    with pytest.raises(Crashed):
        loop.run_until_complete(program())
    before = list(done)
    loop.drop()
    assert loop.steps == 7
    assert before == done == list(range(len(done)))
    assert not loop.problems


def test_the_same_program_takes_the_same_steps() -> None:
    """Two runs of one program take equally many steps and end at one time."""

    async def program() -> None:
        await asyncio.gather(*(asyncio.sleep(number % 5) for number in range(50)))

    ends = []
    for _ in range(2):
        loop = VirtualLoop()
        loop.run_until_complete(program())
        ends.append((loop.steps, loop.time()))
        loop.close()
    assert ends[0] == ends[1]
