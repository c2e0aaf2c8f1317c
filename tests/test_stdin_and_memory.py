"""Sources that keep nothing: standard input in its three kinds, and events from memory."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_tools import all_events, places, run

from ruler.route import Event, Position
from ruler.route.sources import MemorySource, SourceError, StdinSource


def test_a_pipe_is_read_as_it_is_written_and_the_loop_goes_on_meanwhile() -> None:
    """Each event is given when its line has ended, the last one at the end of input."""

    async def main() -> None:
        reading, writing = os.pipe()
        source = StdinSource(reading, name="in")
        batches = source.batches(max_events=10, max_bytes=100)
        coming = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0.01)
        os.write(writing, b'\r\n{"n":1}\r\n{"n"')
        assert [(2, b'{"n":1}')] == places(await coming)
        os.write(writing, b":2}")
        os.close(writing)
        [last] = await anext(batches)
        assert Event(b'{"n":2}', position=Position("in", 11), timestamp=last.timestamp) == last
        assert await anext(batches, None) is None
        os.close(reading)

    run(main)


def test_a_file_as_standard_input_is_read_to_its_end(tmp_path: Path) -> None:
    """The system cannot wait for a regular file, and needs not."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(b'{"n":%d}\n' % number for number in range(50_000)))
    with path.open("rb") as file:
        events = run(lambda: all_events(StdinSource(file.fileno())))
    assert [b'{"n":%d}' % number for number in range(50_000)] == [event.data for event in events]


def test_a_terminal_is_read() -> None:
    """Line by line, as somebody types."""

    async def main() -> None:
        other, terminal = pty.openpty()
        source = StdinSource(terminal)
        batches = source.batches(max_events=10, max_bytes=100)
        os.write(other, b'{"n":1}\n')
        assert [b'{"n":1}'] == [event.data for event in await anext(batches)]
        await source.close()
        assert await anext(batches, None) is None
        os.close(other)
        os.close(terminal)

    run(main)


def test_a_paused_pipe_is_not_read() -> None:
    """So that who writes to it waits, and nothing piles up."""

    async def main() -> None:
        reading, writing = os.pipe()
        source = StdinSource(reading)
        batches = source.batches(max_events=10, max_bytes=100)
        coming = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0.01)
        await source.pause()
        os.write(writing, b'{"n":1}\n')
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not coming.done()
        await source.resume()
        assert [b'{"n":1}'] == [event.data for event in await coming]
        os.close(reading)
        os.close(writing)

    run(main)


def test_a_closed_input_is_an_error() -> None:
    """As of a process that was started without one."""
    with pytest.raises(SourceError, match="standard input: cannot be read: Bad file descriptor"):
        run(lambda: all_events(StdinSource(987)))  # a number that no open file has


def test_a_process_ends_while_its_input_is_silent() -> None:
    """No thread waits for input, so nothing keeps the process."""
    script = """
import asyncio
from ruler.route.sources import StdinSource
async def main():
    task = asyncio.ensure_future(anext(StdinSource().batches(max_events=1, max_bytes=1)))
    await asyncio.sleep(0.01)
    task.cancel()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as process:
        assert 0 == process.wait(timeout=60)


def test_two_processes_give_their_first_events_different_positions() -> None:
    """Or receivers that tell repetitions by ids would take the second process for a repetition of the first."""
    assert StdinSource().name != StdinSource().name


sizes = st.lists(st.integers(2, 9).map(lambda size: b"{" + b" " * (size - 2) + b"}"), max_size=12)


@given(events=sizes, max_events=st.integers(1, 4), max_bytes=st.integers(1, 20), behind=st.integers(-1, 12))
def test_a_memory_source_gives_all_events_behind_a_position(
    events: list[bytes], max_events: int, max_bytes: int, behind: int
) -> None:
    """In batches within the limits; what is done is remembered."""

    async def main() -> tuple[list[Sequence[Event]], Position | None]:
        position = Position("memory", behind) if behind >= 0 else None
        source = MemorySource(events, behind=position)
        batches = [batch async for batch in source.batches(max_events=max_events, max_bytes=max_bytes)]
        for event in (event for batch in batches for event in batch):
            assert event.position
            source.done(event.position)
        return batches, source.position

    batches, position = run(main)
    expected = [(number, data) for number, data in enumerate(events) if number > behind]
    assert expected == [place for batch in batches for place in places(batch)]
    assert all(len(batch) <= max_events for batch in batches)
    assert all(len(batch) == 1 or sum(len(event.data) for event in batch) <= max_bytes for batch in batches)
    last = max(behind, len(events) - 1) if behind >= 0 or events else None
    assert position == (None if last is None else Position("memory", last))
