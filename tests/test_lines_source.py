"""The lines source: lines become events once, and a restart goes on behind the last one that is recorded as done."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_tools import all_events, crash, places, run, some

from ruler.route import Event, Planner, Position
from ruler.route.documents.document import rule_set_of_mapping
from ruler.route.router import Router
from ruler.route.sources import LinesSource, SourceError, growing_file, lines, recorder
from ruler.route.sources.line_cutter import LONGEST_LINE, LineCutter


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and record often: what is tested does not hang on how often."""
    monkeypatch.setattr(lines, "POLL_SECONDS", 0.005)
    monkeypatch.setattr(recorder, "RECORD_SECONDS", 0.005)


def lines_of(content: bytes, longest: int = LONGEST_LINE) -> list[tuple[int, bytes]]:
    """What a file holds, the plain way: the lines that are not blank, with their offsets."""
    found, offset = [], 0
    for line in content.split(b"\n"):
        kept = line.removesuffix(b"\r") if len(line) <= longest else line[:longest]
        if kept.strip() or len(line) > longest:
            found.append((offset, kept))
        offset += len(line) + 1
    return found


# ----- cutting

pieces = st.lists(
    st.sampled_from([b'{"a":1}', b"x", b"abcdefgh", b"\xff\x00", b" ", b"\t", b"\r", b"\r\n", b"\n", b"\n\n"]),
    max_size=30,
).map(b"".join)


@given(content=pieces, cuts=st.lists(st.integers(1, 9), min_size=1), longest=st.integers(1, 12))
def test_any_cut_of_the_bytes_gives_the_same_lines(content: bytes, cuts: list[int], longest: int) -> None:
    """Lines, offsets and what is kept of long lines do not depend on where blocks end."""
    cutter = LineCutter(longest=longest)
    found, start = [], 0
    for number in range(len(content)):
        end = start + cuts[number % len(cuts)]
        found += cutter.add(content[start:end])
        assert cutter._kept == sum(map(len, cutter._pieces)) <= longest
        start = end
    assert lines_of(content, longest) == found + cutter.end()
    assert cutter.start == len(content)
    assert not cutter.is_within_line


def test_a_line_of_any_length_costs_bounded_memory_and_becomes_poison() -> None:
    """Of a line that is too long its beginning is given when it ends, and the plan tells that it is no event."""
    cutter = LineCutter()
    block = b"x" * (1 << 20)
    assert [] == cutter.add(b'{"a":"') + [line for _ in range(20) for line in cutter.add(block)]
    assert cutter._kept == LONGEST_LINE
    [(offset, line), after] = cutter.add(b'"}\n{"b":1}\n')
    assert (offset, len(line), cutter.cut_lines) == (0, LONGEST_LINE, 1)
    assert after == (len(b'{"a":"') + 20 * len(block) + len(b'"}\n'), b'{"b":1}')
    plan = Planner(rule_set_of_mapping({"targets": {}, "rules": {}})).plan([Event(line), Event(after[1])])
    assert [poison.code for poison in plan.poison] == ["too-large"]


# ----- resuming


@given(
    content=pieces,
    read_bytes=st.integers(1, 40),
    longest=st.integers(1, 12),
    max_events=st.integers(1, 5),
    max_bytes=st.integers(1, 20),
    follow=st.booleans(),
    data=st.data(),
)
def test_a_restart_goes_on_behind_the_last_recorded_done_line(
    content: bytes, read_bytes: int, longest: int, max_events: int, max_bytes: int, follow: bool, data: st.DataObject
) -> None:
    """For any contents, cut of reads, order of done() and moment of a crash: nothing is lost, only a suffix repeats."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as directory:
        patch.setattr(growing_file, "READ_BYTES", read_bytes)
        patch.setattr(recorder, "RECORD_SECONDS", 3600.0)  # what is recorded is what the test records
        patch.setattr(os, "fsync", lambda descriptor: None)
        path = Path(directory, "orders.jsonl")
        path.write_bytes(content)
        expected = lines_of(content, longest)
        if follow:  # it waits for the end of the last line
            expected = lines_of(content[: content.rfind(b"\n") + 1], longest)
        recorded, is_over = -1, False
        while not is_over:
            behind = [line for line in expected if line[0] > recorded]

            async def live(behind: list[tuple[int, bytes]] = behind) -> tuple[int, bool]:
                source = LinesSource(path, follow=follow)
                source.longest_line = longest
                batches = source.batches(max_events=max_events, max_bytes=max_bytes)
                given_so_far: list[Event] = []
                done = recorded_now = -1
                while len(given_so_far) < len(behind):
                    batch = await anext(batches)
                    assert 1 <= len(batch) <= max_events
                    assert len(batch) == 1 or sum(len(event.data) for event in batch) <= max_bytes
                    given_so_far += batch
                    assert places(given_so_far) == behind[: len(given_so_far)]
                    step = data.draw(st.sampled_from(["go on", "done", "done", "record", "crash"]))
                    if step == "done":
                        event = data.draw(st.sampled_from(given_so_far))
                        assert event.position is not None
                        source.done(event.position)
                        done = max(done, event.position.offset)
                    elif step == "record":
                        assert source._recorder is not None
                        await source._recorder.write_now()
                        recorded_now = done
                    elif step == "crash":
                        crash(source)
                        return recorded_now, False
                if given_so_far:
                    source.done(given_so_far[-1].position or Position("", 0))
                await source.close()
                return (given_so_far[-1].position or Position("", 0)).offset if given_so_far else -1, True

            now, is_over = run(live)
            recorded = max(recorded, now)
        rest = LinesSource(path, follow=False)
        rest.longest_line = longest
        assert lines_of(content, longest)[len(expected) :] == places(run(lambda: all_events(rest)))


def test_what_is_recorded_without_a_close_is_never_ahead_of_done(tmp_path: Path) -> None:
    """The recorder writes by itself, soon after done(), and what it writes is done."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"n":1}\n\n{"n":2}\n{"n":3}\n')

    async def main() -> None:
        source = LinesSource(path)
        [first, second, third] = await some(source.batches(max_events=10, max_bytes=100), 3)
        assert json.loads(Path(f"{path}.position").read_bytes())["files"][0]["offset"] == 0
        assert second.position and first.position and third.position
        source.done(second.position)
        source.done(first.position)
        while json.loads(Path(f"{path}.position").read_bytes())["files"][0]["offset"] == 0:
            await asyncio.sleep(0.001)
        assert json.loads(Path(f"{path}.position").read_bytes())["files"][0]["offset"] == third.position.offset
        crash(source)

    run(main)


def test_without_follow_a_last_line_needs_no_end(tmp_path: Path) -> None:
    """Windows line ends, blank lines, and a last line that nothing ends."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"n":1}\r\n \r\n\n{"n":2}')
    source = LinesSource(str(path), follow=False)
    events = run(lambda: all_events(source))
    assert [(0, b'{"n":1}'), (13, b'{"n":2}')] == places(events)
    assert {event.position.source for event in events if event.position} == {str(path)}
    assert all(event.timestamp > 0 and event.key is None for event in events)


def test_with_follow_a_last_line_waits_for_its_end(tmp_path: Path) -> None:
    """A line that is written in two steps is one event."""
    path = tmp_path / "orders.jsonl"

    async def main() -> None:
        with open(path, "wb", buffering=0) as writer:
            writer.write(b'{"n":1}\n{"n"')
            source = LinesSource(path)
            batches = source.batches(max_events=10, max_bytes=100)
            assert [(0, b'{"n":1}')] == places(await anext(batches))
            coming = asyncio.ensure_future(anext(batches))
            for _ in range(20):
                await asyncio.sleep(0.002)
            assert not coming.done()
            writer.write(b":2}\n")
            assert [(8, b'{"n":2}')] == places(await coming)
            await source.close()
            assert [] == [batch async for batch in batches]

    run(main)


def test_a_paused_source_gives_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    """And a source that is closed while paused ends."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n{"n":3}\n')

    async def main() -> None:
        source = LinesSource(path)
        batches = source.batches(max_events=1, max_bytes=100)
        await anext(batches)
        await source.pause()
        coming = asyncio.ensure_future(anext(batches))
        for _ in range(20):
            await asyncio.sleep(0.002)
        assert not coming.done()
        await source.resume()
        assert [(8, b'{"n":2}')] == places(await coming)
        await source.pause()
        ending = asyncio.ensure_future(anext(batches, None))
        await asyncio.sleep(0.01)
        await source.close()
        assert await ending is None

    run(main)


def test_a_file_that_is_not_there_is_waited_for_or_an_error(tmp_path: Path) -> None:
    """With follow the source waits, without it tells so."""
    path = tmp_path / "orders.jsonl"

    async def main() -> None:
        source = LinesSource(path)
        coming = asyncio.ensure_future(anext(source.batches(max_events=10, max_bytes=100)))
        for _ in range(20):
            await asyncio.sleep(0.002)
        assert not coming.done()
        path.write_bytes(b'{"n":1}\n')
        assert [(0, b'{"n":1}')] == places(await coming)
        await source.close()

    run(main)
    gone = LinesSource(tmp_path / "none.jsonl", follow=False)
    with pytest.raises(SourceError) as caught:
        run(lambda: all_events(gone))
    assert caught.value.code == "source-missing"
    assert str(caught.value) == (
        f"{tmp_path}/none.jsonl: there is no such file\n"
        "  why:   events are read from this file, and nobody said to wait for it\n"
        "  write: the path of a file that is there, or follow to wait for it"
    )


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_what_is_no_regular_file_is_an_error(tmp_path: Path, kind: str) -> None:
    """A directory or a FIFO has no lines that can be read again."""
    path = tmp_path / "orders.jsonl"
    path.mkdir() if kind == "directory" else os.mkfifo(path)
    source = LinesSource(path)
    with pytest.raises(SourceError, match="is not a regular file"):
        run(lambda: all_events(source))


def test_what_is_given_and_not_done_is_not_kept(tmp_path: Path) -> None:
    """While one event at the head is not done, those behind it may be delivered and let go: 32 MiB in 3."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(b'{"n":%d,"pad":"%s"}\n' % (number, b"x" * 65536) for number in range(512)))

    async def main() -> int:
        source = LinesSource(path, follow=False)
        tracemalloc.start()
        try:
            count = 0
            async for events in source.batches(max_events=16, max_bytes=1 << 22):
                count += len(events)
            assert tracemalloc.get_traced_memory()[0] < 3 << 20
            return count
        finally:
            tracemalloc.stop()
            await source.close()

    assert run(main) == 512


def test_done_of_what_was_never_given_is_an_error(tmp_path: Path) -> None:
    """A position of another source, or one behind all that was given."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n')

    async def main() -> None:
        source = LinesSource(path)
        await anext(source.batches(max_events=1, max_bytes=100))
        with pytest.raises(ValueError, match="other:0 is done, and was never given"):
            source.done(Position("other", 0))
        with pytest.raises(ValueError, match=r"orders\.jsonl:8 is done, and was never given"):
            source.done(Position(str(path), 8))
        await source.close()

    run(main)


def test_a_disk_that_takes_nothing_stops_no_event_and_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The position stays where it was, the log tells so once, and close() raises."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n')

    async def main() -> None:
        source = LinesSource(path)
        batches = source.batches(max_events=1, max_bytes=100)
        first = await anext(batches)

        def full(*arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        assert first[0].position is not None
        source.done(first[0].position)
        while not caplog.records:
            await asyncio.sleep(0.001)
        assert [(8, b'{"n":2}')] == places(await anext(batches))
        with pytest.raises(SourceError, match="position: cannot be written: No space left on device"):
            await source.close()

    run(main)
    assert [f"the position file {path}.position cannot be written: No space left on device"] == caplog.messages
    again = LinesSource(path, follow=False)
    monkeypatch.undo()
    assert [(0, b'{"n":1}'), (8, b'{"n":2}')] == places(run(lambda: all_events(again)))


# ----- in a router


def test_a_router_delivers_each_line_and_records_it(tmp_path: Path) -> None:
    """A router that is stopped in the midst, and the next one: together all lines once, in order."""
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(b'{"n":%d}\n' % number for number in range(3000)))
    rule_set = rule_set_of_mapping(
        {
            "targets": {"ops": {"order": "key"}},
            "rules": {"all": {"pattern": {"n": [{"exists": True}]}, "targets": ["ops"]}},
        },
        provided=["ops"],
    )
    delivered: list[bytes] = []

    async def main(enough: int, follow: bool) -> None:
        async with Router(rule_set, {"ops": lambda delivery: delivered.append(delivery.data)}) as router:
            running = asyncio.create_task(router.run(LinesSource(path, follow=follow)))
            while len(delivered) < enough:
                await asyncio.sleep(0.001)
            if follow:
                await router.stop()
            await running

    run(lambda: main(1, True))
    assert 0 < len(delivered)
    run(lambda: main(0, False))
    assert [b'{"n":%d}' % number for number in range(3000)] == sorted(delivered, key=lambda data: json.loads(data)["n"])
    assert len(set(delivered)) == len(delivered)
