"""Threads of a target: so many at a time, and nothing is left of who was cancelled before a turn came."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ruler.route.targets.threads import Threads


@pytest.mark.parametrize("most", [1, 3])
def test_who_is_cancelled_before_a_thread_is_free_leaves_nothing(most: int) -> None:
    """While all threads hang, any number may come and give up: none is begun later, and none is kept."""
    gate, begun = threading.Event(), []

    def hang(number: int) -> int:
        begun.append(number)
        assert gate.wait(60)
        return number

    async def main() -> None:
        threads = Threads(most, "test")
        sends = [asyncio.create_task(threads.run(hang, number)) for number in range(most + 20)]
        while len(begun) < most:
            await asyncio.sleep(0)
        for send in sends:  # those whose function has begun too: it goes on
            send.cancel()
        await asyncio.gather(*sends, return_exceptions=True)
        assert (len(threads._busy), threads._pool._work_queue.qsize()) == (most, 0)
        later = asyncio.create_task(threads.run(hang, 99))
        await asyncio.sleep(0)
        gate.set()
        assert await later == 99
        await threads.close()
        assert not threads._busy

    asyncio.run(main())
    assert sorted(begun) == [*range(most), 99]


def test_what_a_function_raises_comes_out() -> None:
    """And the thread does the next thing."""

    def fail() -> None:
        raise ValueError("no disk")

    async def main() -> None:
        threads = Threads(1, "test")
        with pytest.raises(ValueError, match="no disk"):
            await threads.run(fail)
        assert await threads.run(len, b"abc") == 3
        await threads.close()

    asyncio.run(main())
