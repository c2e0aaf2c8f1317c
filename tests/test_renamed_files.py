"""The lines source through rotation, truncation and replacement: read on, or an error that says what is lost."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_tools import all_events, crash, run, some

from ruler.route import Event
from ruler.route.sources import LinesSource, SourceError, growing_file, lines, recorder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, record often, and let go of renamed files soon."""
    monkeypatch.setattr(lines, "POLL_SECONDS", 0.002)
    monkeypatch.setattr(lines, "LINGER_SECONDS", 0.02)
    monkeypatch.setattr(recorder, "RECORD_SECONDS", 0.002)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.jsonl"


def add(path: Path, *numbers: int) -> None:
    with path.open("ab") as file:
        file.writelines(b'{"n":%d}\n' % number for number in numbers)


def rotate(path: Path, *, keep: int = 9) -> None:
    """What logrotate does: .1 becomes .2, and so on, and the file becomes .1."""
    for number in range(keep, 0, -1):
        older = Path(f"{path}.{number}")
        if older.exists():
            older.rename(f"{path}.{number + 1}")
    path.rename(f"{path}.1")


def numbers_of(events: Sequence[Event]) -> list[int]:
    return [json.loads(event.data)["n"] for event in events]


def done(source: LinesSource, event: Event) -> None:
    assert event.position is not None
    source.done(event.position)


def begin(source: LinesSource, max_events: int = 10) -> AsyncIterator[Sequence[Event]]:
    return source.batches(max_events=max_events, max_bytes=1 << 20)


async def read_and_die(path: Path, *, read: int, done_count: int) -> None:
    """What one process does: read some, have the first ones done, record that, and die."""
    source = LinesSource(path)
    events = await some(begin(source, 1), read)
    if done_count:
        done(source, events[done_count - 1])
    assert source._recorder is not None
    await source._recorder.write_now()
    crash(source)


def read_rest(path: Path, *, on_loss: str = "stop", all_done: bool = False) -> list[int]:
    """The events that the next process gets when it does not follow."""

    async def main() -> list[Event]:
        source = LinesSource(path, follow=False, on_loss=on_loss)
        if not all_done:
            return await all_events(source)
        events = []
        async for batch in begin(source):
            events += batch
            for event in batch:
                done(source, event)
        await source.close()
        return events

    return numbers_of(run(main))


def marks(path: Path) -> list[dict[str, int]]:
    found: list[dict[str, int]] = json.loads(Path(f"{path}.position").read_bytes())["files"]
    return found


@asynccontextmanager
async def collecting(source: LinesSource) -> AsyncIterator[list[Event]]:
    """The events that a source has given so far, read by a task of its own."""
    found: list[Event] = []

    async def collect() -> None:
        async for batch in begin(source):
            found.extend(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(collect())
        yield found
        await source.close()


async def until(claim: Callable[[], bool]) -> None:
    while not claim():
        await asyncio.sleep(0.001)


# ----- rotation while following


def test_a_renamed_file_is_read_to_its_end_and_then_the_next_one(path: Path) -> None:
    """Also what is still written to it; the positions of the next file have a name of their own."""

    async def main() -> None:
        add(path, 1)
        source = LinesSource(path)
        async with collecting(source) as events:
            await until(lambda: len(events) == 1)
            rotate(path)
            add(Path(f"{path}.1"), 2)
            await until(lambda: len(events) == 2)
            add(path, 3)
            add(Path(f"{path}.1"), 4)
            await until(lambda: len(events) == 4)
            names = {
                number: event.position.source
                for number, event in zip(numbers_of(events), events, strict=True)
                if event.position
            }
            assert {1: str(path), 2: str(path), 3: f"{path}#2", 4: str(path)} == names

    run(main)


def test_the_positions_of_both_files_are_kept_until_the_old_one_is_done(path: Path) -> None:
    """And then the position file tells of the new one alone."""

    async def main() -> None:
        add(path, 1, 2)
        source = LinesSource(path)
        async with collecting(source) as events:
            await until(lambda: len(events) == 2)
            rotate(path)
            add(path, 3, 4)
            await until(lambda: len(events) == 4)
            done(source, events[0])
            done(source, events[2])
            await until(lambda: [mark["offset"] for mark in marks(path)] == [8, 8])
            done(source, events[1])
            await until(lambda: [mark["generation"] for mark in marks(path)] == [2])

    run(main)


def test_a_renamed_file_may_end_within_a_line(path: Path) -> None:
    """When nobody writes to it any more, its last line is an event without an end."""

    async def main() -> None:
        path.write_bytes(b'{"n":1}\n{"n":2}')
        async with collecting(LinesSource(path)) as events:
            await until(lambda: len(events) == 1)
            rotate(path)
            add(path, 3)
            await until(lambda: len(events) == 3)
            assert [1, 2, 3] == sorted(numbers_of(events))

    run(main)


def test_two_rotations_while_the_source_is_paused_lose_nothing(path: Path) -> None:
    """The file in between has neither the name nor a handle, and is found by when it was written."""

    async def main() -> None:
        add(path, 1)
        source = LinesSource(path)
        async with collecting(source) as events:
            await until(lambda: len(events) == 1)
            await source.pause()
            for number in (2, 3, 4):
                rotate(path)
                add(path, number)
            await source.resume()
            await until(lambda: len(events) == 4)
            assert [1, 2, 3, 4] == numbers_of(events)

    run(main)


def test_a_removed_file_is_read_to_its_end(path: Path) -> None:
    """Its handle outlives its name."""

    async def main() -> None:
        add(path, *range(1000))
        source = LinesSource(path)
        batches = begin(source)
        events = await some(batches, 10)
        path.unlink()
        add(path, 1000)
        events += await some(batches, 991)
        assert list(range(1001)) == numbers_of(events)
        await source.close()

    run(main)


# ----- rotation between two processes


@pytest.mark.parametrize("name", ["orders.jsonl.1", "orders.jsonl-20261122", "orders-2026-11-22.jsonl", "moved"])
def test_a_restart_finds_a_renamed_file_whatever_it_is_called(path: Path, name: str) -> None:
    """By its inode; and goes on with the file that has the name now."""
    add(path, 1, 2, 3)
    run(lambda: read_and_die(path, read=2, done_count=1))
    path.rename(path.with_name(name))
    add(path, 4)
    assert [2, 3, 4] == read_rest(path)


def test_a_restart_after_several_rotations_reads_all_files_in_order(path: Path) -> None:
    """Those older than the one that was read are not read again."""
    add(path, 1)
    rotate(path)
    add(path, 2, 3)
    run(lambda: read_and_die(path, read=2, done_count=1))
    for number in (4, 5, 6):
        rotate(path)
        add(path, number)
    rotate(path)
    assert [3, 4, 5, 6] == read_rest(path)
    add(path, 7)
    assert [3, 4, 5, 6, 7] == read_rest(path, all_done=True)
    assert [] == read_rest(path)
    assert [5] == [mark["generation"] for mark in marks(path)]
    add(path, 8)
    assert [8] == read_rest(path)


def test_files_beside_that_no_rotation_made_are_never_read(path: Path) -> None:
    """Dead letters, backups, and the files of another stream."""
    add(path, 1)
    run(lambda: read_and_die(path, read=1, done_count=1))
    rotate(path)
    for name in ("orders.jsonl.dead", "orders.jsonl.bak", "orders.jsonl~", "orders-2.jsonl", "orders.jsonl.1.new"):
        add(path.with_name(name), 99)
    add(path, 2)
    assert [2] == read_rest(path)


def test_a_copy_with_the_same_bytes_is_the_same_file(path: Path) -> None:
    """A disk that was restored has other inodes."""
    add(path, 1, 2)
    run(lambda: read_and_die(path, read=2, done_count=1))
    shutil.copy(path, path.with_name("copy"))
    path.unlink()
    path.with_name("other").touch()  # takes the inode where the disk gives it again
    path.with_name("copy").rename(path)
    assert [2] == read_rest(path)


def test_a_renamed_file_that_is_gone_is_an_error_that_says_what_is_lost(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unless it was asked to go on: then the log tells."""
    add(path, 1, 2)
    run(lambda: read_and_die(path, read=2, done_count=1))
    path.rename(path.with_name("kept"))
    add(path, 3)
    with gzip.open(path.with_name("orders.jsonl.1.gz"), "wb") as packed:
        packed.write(path.with_name("kept").read_bytes())
    path.with_name("kept").rename(path.parent.parent / "kept")
    with pytest.raises(SourceError) as caught:
        read_rest(path)
    what = "the file that was read before is gone: done are the lines before byte 8"
    assert caught.value.code == "source-lost"
    assert str(caught.value) == (
        f"{path}: {what}\n"
        "  why:   it was renamed or replaced while nobody read it, and no file beside it is the same\n"
        "  write: that file back beside it, uncompressed; to go on without it: "
        f'on_loss = "begin", or remove {path}.position'
    )
    assert [3] == read_rest(path, on_loss="begin")
    assert [f"{path}: {what}; going on with what is there now"] == caplog.messages
    (path.parent.parent / "kept").unlink()


def test_a_file_that_was_compressed_before_it_was_read_is_an_error(path: Path) -> None:
    """One that came after the file that is done, of course."""
    add(path, 1)
    run(lambda: read_and_die(path, read=1, done_count=1))
    rotate(path)
    packed = path.with_name("orders.jsonl.1.gz")
    packed.write_bytes(gzip.compress(b'{"n":2}\n'))
    add(path, 3)
    later = path.with_name("orders.jsonl.1").stat().st_mtime_ns
    os.utime(packed, ns=(later + 1, later + 1))
    with pytest.raises(
        SourceError, match=r"orders\.jsonl\.1\.gz came after what was read, and cannot be read compressed"
    ):
        read_rest(path)
    os.utime(packed, ns=(later - 1, later - 1))
    assert [3] == read_rest(path)


# ----- truncation


def test_a_file_that_is_cut_short_while_it_is_followed_is_an_error(path: Path) -> None:
    """As by rotation that copies and cuts short: what was not read is gone."""

    async def main() -> None:
        add(path, 1, 2)
        source = LinesSource(path)
        batches = begin(source)
        events = await some(batches, 2)
        done(source, events[0])
        os.truncate(path, 0)
        with pytest.raises(SourceError) as caught:
            await anext(batches)
        assert str(caught.value) == (
            f"{path}: shorter than before: 0 bytes, and 16 were read; done are the lines before byte 8\n"
            "  why:   the file was cut short or written anew, so what it held and was not read is gone\n"
            "  write: rotation by renaming; to go on without it: "
            f'on_loss = "begin", or remove {path}.position'
        )
        await source.close()

    run(main)


def test_a_file_that_is_cut_short_and_grows_beyond_is_noticed(path: Path) -> None:
    """Before anything is taken from it: its bytes are not what they were."""

    async def main() -> None:
        add(path, 1, 2)
        source = LinesSource(path)
        batches = begin(source)
        await some(batches, 2)
        path.write_bytes(b'{"n":1000}\n{"n":2000}\n')
        with pytest.raises(SourceError, match="other bytes than before stand in front of byte 16"):
            await anext(batches)
        await source.close()

    run(main)


def test_it_can_be_told_to_go_on_after_a_file_is_cut_short(path: Path) -> None:
    """What is in the file now is a generation of its own; what was given of the old one can still be done."""

    async def main() -> None:
        add(path, 1, 2)
        source = LinesSource(path, on_loss="begin")
        async with collecting(source) as events:
            await until(lambda: len(events) == 2)
            os.truncate(path, 0)
            add(path, 3)
            await until(lambda: len(events) == 3)
            assert [1, 2, 3] == numbers_of(events)
            assert {event.position.source for event in events if event.position} == {str(path), f"{path}#2"}
            done(source, events[2])
            done(source, events[1])
            await until(lambda: [mark["generation"] for mark in marks(path)] == [2])

    run(main)
    assert [] == read_rest(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b'{"n":1}\n', "it has 8 bytes"), (b'{"n":7}\n{"n":8}\n{"n":9}\n', "other bytes stand there now")],
)
def test_a_file_that_was_cut_short_between_two_processes_is_an_error(path: Path, content: bytes, found: str) -> None:
    """Whether it is shorter now, or holds something else."""
    add(path, 1, 2)
    run(lambda: read_and_die(path, read=2, done_count=2))
    path.write_bytes(content)
    with pytest.raises(
        SourceError, match=f"is not what was read before: done are the lines before byte 16, and {found}"
    ):
        read_rest(path)
    assert len(content.splitlines()) == len(read_rest(path, on_loss="begin", all_done=True))
    assert [] == read_rest(path)


# ----- anything


steps = st.lists(st.sampled_from(["write", "write", "rotate", "read", "done", "record", "crash"]), max_size=25)


@given(steps=steps, sizes=st.lists(st.integers(1, 4), min_size=1), read_bytes=st.integers(1, 50))
def test_whatever_is_rotated_and_whenever_it_dies_nothing_is_lost(
    steps: list[str], sizes: list[int], read_bytes: int
) -> None:
    """Every line is given; what was recorded as done is not given again; each file's lines come in order."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as directory:
        patch.setattr(growing_file, "READ_BYTES", read_bytes)
        patch.setattr(recorder, "RECORD_SECONDS", 3600.0)  # what is recorded is what the test records
        patch.setattr(os, "fsync", lambda descriptor: None)
        path = Path(directory, "orders.jsonl")
        run(lambda: _play(path, steps, sizes))


async def _play(path: Path, steps: list[str], sizes: list[int]) -> None:
    add(path, 0)
    written, rotations = 1, 0
    recorded: set[int] = set()
    behind: set[int] = set()  # what was recorded when the process of now began
    source = LinesSource(path)
    batches: AsyncIterator[Sequence[Event]] | None = begin(source, 2)
    events = await some(batches, 1)
    got, has_done = {0}, 0
    for number, step in enumerate([*steps, "finish"]):
        if step == "write":
            size = sizes[number % len(sizes)]
            add(path, *range(written, written + size))
            written += size
        elif step == "rotate" and rotations < 8:
            rotate(path)
            path.touch()
            # Times as they are on a disk that a log takes more than a moment to fill.
            for age in range(10):
                if (older := Path(f"{path}.{age + 1}")).exists():
                    os.utime(older, ns=(10**18 - age * 10**9, 10**18 - age * 10**9))
            rotations += 1
        elif step == "read":
            batches = batches or begin(source, 2)
            unread = written - len(behind) - len(events)
            if unread > 0:
                events += await anext(batches)
                assert len(set(numbers_of(events))) == len(events)
                assert behind.isdisjoint(numbers_of(events))
                assert sorted(numbers_of(events)) == numbers_of(events)
                got |= set(numbers_of(events))
        elif step == "done" and len(events) > has_done:
            has_done += 1
            done(source, events[has_done - 1])
        elif step == "record" and source._recorder is not None:
            await source._recorder.write_now()
            recorded |= set(numbers_of(events[:has_done]))
        elif step == "crash":
            if batches is not None and source._recorder is not None:
                await source._recorder.write_now()  # it may have come to that by itself
                recorded |= set(numbers_of(events[:has_done]))
                crash(source)
                events, has_done, behind = [], 0, set(recorded)
                source, batches = LinesSource(path), None
        elif step == "finish":
            await source.close()
            recorded |= set(numbers_of(events[:has_done]))
    last = LinesSource(path, follow=False)
    rest = numbers_of(await all_events(last))
    assert sorted(set(range(written)) - recorded) == rest
    assert got | set(rest) == set(range(written))
