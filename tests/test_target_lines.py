r"""Targets that write lines: whole ones, whatever happens while one is written."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import multiprocessing
import os
import resource
import select
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_deliveries import deliveries

from ruler.route import OK, Outcome, Reject, Retry
from ruler.route.options import SetupError
from ruler.route.targets import LinesTarget, StdoutTarget
from ruler.route.targets.line_file import LineFile
from ruler.route.targets.lines import line_of


def sent(target: LinesTarget | StdoutTarget, *data: bytes) -> list[Outcome]:
    """What the target answers to one batch; it is left open."""
    return list(asyncio.run(target.send(deliveries(*data))))  # type: ignore[arg-type]


@pytest.fixture
def target_of() -> Iterator[Callable[..., LinesTarget]]:
    """Makes targets, and closes them at the end."""
    made: list[LinesTarget] = []

    def make(path: Path, *, sync: bool = False) -> LinesTarget:
        made.append(LinesTarget(path, sync=sync))
        return made[-1]

    yield make
    for target in made:
        asyncio.run(target.close())


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Files of this process cannot grow further: the kernel takes a part of a write, and none of the next."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# ----- one line for each


def test_deliveries_become_lines_in_their_order(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """Batch after batch is appended, also to what was there before."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"old":1}\n')
    target = target_of(path)
    assert target.in_order
    assert sent(target, b'{"a":1}', b'{"b": 2.50}') == [OK, OK]
    assert sent(target, b'{"c":3}') == [OK]
    assert path.read_bytes() == b'{"old":1}\n{"a":1}\n{"b": 2.50}\n{"c":3}\n'


def test_line_ends_in_the_data_become_spaces_and_spelling_stays() -> None:
    """White space of JSON may hold line ends; strings cannot."""
    assert line_of(b'{\r\n  "a": 1.50,\n\t"b\\n": "\\u00e9 x"\n}\n') == b'{ "a": 1.50, "b\\n": "\\u00e9 x" } \n'
    assert line_of(b'"one"\n"two"') == b'"one" "two"\n'


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=values, indent=st.sampled_from(["\n", "\r\n  ", "\n\n\t", 2]))
def test_any_json_is_one_line_that_means_the_same(value: object, indent: str | int) -> None:
    """Whatever white space is in it."""
    text = json.dumps(value, indent=indent).replace("\n", indent if isinstance(indent, str) else "\n")
    line = line_of(text.encode())
    assert line.count(b"\n") == 1 and line.endswith(b"\n") and b"\r" not in line
    assert json.loads(line) == value


# ----- writes that are cut short


def test_a_write_cut_short_leaves_whole_lines_only(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """The lines that are whole are Ok, the others Retry, and the next write goes on behind a whole line."""
    path = tmp_path / "out.jsonl"
    target = target_of(path)
    with files_of_at_most(20):
        found = sent(target, b'{"a":1}', b'{"a":2}', b'{"a":3}', b'{"a":4}')
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'
    assert found[:2] == [OK, OK]
    assert [type(each) for each in found[2:]] == [Retry, Retry]
    assert isinstance(found[2], Retry) and "out.jsonl: File too large" in found[2].reason
    assert sent(target, b'{"a":3}') == [OK]
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n{"a":3}\n'


def test_with_sync_a_write_cut_short_is_taken_back(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """None of it has been brought to the disk, so none of it is Ok, nor left."""
    path = tmp_path / "out.jsonl"
    target = target_of(path, sync=True)
    assert sent(target, b'{"a":1}') == [OK]
    with files_of_at_most(20):
        found = sent(target, b'{"a":2}', b'{"a":3}')
    assert [type(each) for each in found] == [Retry, Retry]
    assert path.read_bytes() == b'{"a":1}\n'


def test_a_full_disk_is_retry(target_of: Callable[..., LinesTarget]) -> None:
    """The reason is the system's own."""
    [outcome] = sent(target_of(Path("/dev/full")), b'{"a":1}')
    assert outcome == Retry(reason="/dev/full: No space left on device")


def test_a_failed_cut_is_mended_by_the_next_write(
    tmp_path: Path, target_of: Callable[..., LinesTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a half line cannot be cut off at once, it is before anything else is written."""
    path = tmp_path / "out.jsonl"
    target = target_of(path)

    def failing(descriptor: int, length: int) -> None:
        raise OSError(5, "Input/output error")

    with files_of_at_most(12), monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", failing)
        sent(target, b'{"a":1}', b'{"a":2}')
    assert path.read_bytes() == b'{"a":1}\n{"a"'
    assert sent(target, b'{"a":2}') == [OK]
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'


def test_a_failed_sync_is_retry_for_the_whole_batch(
    tmp_path: Path, target_of: Callable[..., LinesTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what of it is on the disk. Without ``sync`` nothing asks."""

    def failing(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    durable, plain = target_of(tmp_path / "durable.jsonl", sync=True), target_of(tmp_path / "plain.jsonl")
    monkeypatch.setattr(os, "fsync", failing)
    assert [type(each) for each in sent(durable, b"{}", b"{}")] == [Retry, Retry]
    assert sent(plain, b"{}", b"{}") == [OK, OK]


# ----- what a crash has left


@pytest.mark.parametrize(
    ("left", "mended"),
    [
        (b'{"a":1}\n{"a', b'{"a":1}\n'),
        (b'{"a', b""),
        (b'{"a":1}\n{"a":2}', b'{"a":1}\n{"a":2}\n'),
        (b'{"a":1}\n["x", "y', b'{"a":1}\n'),
        (b'{"a":1}\n"te', b'{"a":1}\n'),
        (b'{"a":1}\n\0\0\0\0', b'{"a":1}\n'),
        (b'{"a":1}\n' + b'{"x": "' + b"y" * 200_000, b'{"a":1}\n'),
        (b"12", b"12\n"),
        (b"some notes", b"some notes\n"),
        (b'{"a":1}\n', b'{"a":1}\n'),
        (b"", b""),
    ],
)
def test_a_last_line_without_its_end_is_mended(
    left: bytes, mended: bytes, tmp_path: Path, target_of: Callable[..., LinesTarget], caplog: pytest.LogCaptureFixture
) -> None:
    """The beginning of JSON is cut off, everything else is kept; the next line begins on a line of its own."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(left)
    with caplog.at_level(logging.WARNING, "ruler.route"):
        assert sent(target_of(path), b'{"new":1}') == [OK]
    assert path.read_bytes() == mended + b'{"new":1}\n'
    assert len(caplog.records) == (left != mended)
    assert "notes" not in caplog.text


def test_what_others_leave_while_it_runs_is_mended_too(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """Another process that appends to the file, and dies in the middle of a line."""
    path = tmp_path / "out.jsonl"
    target = target_of(path)
    assert sent(target, b'{"a":1}') == [OK]
    with path.open("ab") as other:
        other.write(b'{"b":1}\n{"b":')
    assert sent(target, b'{"a":2}') == [OK]
    assert path.read_bytes() == b'{"a":1}\n{"b":1}\n{"a":2}\n'


# ----- files that others move


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """As log rotation does it: moved, removed, or emptied in place."""
    path, rotated = tmp_path / "out.jsonl", tmp_path / "out.jsonl.1"
    target = target_of(path)
    assert sent(target, b"1") == [OK]
    path.rename(rotated)
    assert sent(target, b"2") == [OK]
    assert (rotated.read_bytes(), path.read_bytes()) == (b"1\n", b"2\n")
    path.unlink()
    assert sent(target, b"3") == [OK]
    assert path.read_bytes() == b"3\n"
    os.truncate(path, 0)
    assert sent(target, b"4") == [OK]
    assert path.read_bytes() == b"4\n"
    path.rename(rotated)
    path.write_bytes(b"5\n")  # made by who has rotated it
    assert sent(target, b"6") == [OK]
    assert path.read_bytes() == b"5\n6\n"


def test_a_directory_that_is_gone_is_retry_until_it_is_back(
    tmp_path: Path, target_of: Callable[..., LinesTarget]
) -> None:
    """Nothing is lost to a file that nobody can find."""
    directory = tmp_path / "logs"
    directory.mkdir()
    target = target_of(directory / "out.jsonl")
    directory.rename(tmp_path / "moved")
    [outcome] = sent(target, b"1")
    assert isinstance(outcome, Retry) and "No such file or directory" in outcome.reason
    directory.mkdir()
    assert sent(target, b"1") == [OK]
    assert (directory / "out.jsonl").read_bytes() == b"1\n"


# ----- several that write to one file


def append_many(path: str, name: str, count: int) -> None:
    file = LineFile(path)
    for number in range(count):
        assert (
            file.append([b'{"who":"%s","n":%d,"a":%d}\n' % (name.encode(), number, part) for part in (0, 1)]).taken == 2
        )
    file.close()


def test_two_targets_on_one_path_keep_lines_whole(tmp_path: Path, target_of: Callable[..., LinesTarget]) -> None:
    """In one process, as two outlets may be, even while the disk fills up."""
    path = tmp_path / "out.jsonl"
    one, two = target_of(path), target_of(path)
    assert sent(one, b'{"a":1}') == [OK]
    assert sent(two, b'{"b":1}') == [OK]
    with files_of_at_most(20):
        assert [type(each) for each in sent(one, b'{"a":2}')] == [Retry]
        assert [type(each) for each in sent(two, b'{"b":2}')] == [Retry]
    assert sent(one, b'{"a":2}') == [OK]
    assert path.read_bytes() == b'{"a":1}\n{"b":1}\n{"a":2}\n'


def test_processes_that_append_to_one_file_keep_lines_whole(tmp_path: Path) -> None:
    """Parts of one rule set, each in its process, have their dead letters in one file."""
    path = tmp_path / "dead.jsonl"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append_many, args=(str(path), name, 50)) for name in "ab"]
    for worker in workers:
        worker.start()
    append_many(str(path), "c", 50)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    for name in "abc":
        assert [(each["n"], each["a"]) for each in lines if each["who"] == name] == [
            (number, part) for number in range(50) for part in (0, 1)
        ]


def test_a_lock_that_nobody_gives_back_is_retry(
    tmp_path: Path, target_of: Callable[..., LinesTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for others has an end."""
    monkeypatch.setattr("ruler.route.targets.line_file.LOCK_SECONDS", 0.0)
    target = target_of(tmp_path / "out.jsonl")
    with open(tmp_path / "out.jsonl", "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        [outcome] = sent(target, b"1")
    assert isinstance(outcome, Retry) and "another program keeps it locked" in outcome.reason
    assert sent(target, b"1") == [OK]


# ----- errors at the start


def test_a_directory_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    """Before anything is routed."""
    with pytest.raises(SetupError) as caught:
        LinesTarget(tmp_path / "none" / "out.jsonl")
    assert str(caught.value) == (
        f"$.uri: cannot open {tmp_path}/none/out.jsonl: there is no directory {tmp_path}/none\n"
        "  why:   deliveries are appended to this file, and directories are not made\n"
        "  write: a path whose directory is there, or make the directory"
    )


def test_what_is_no_file_is_told_at_the_start(tmp_path: Path) -> None:
    """A directory; a named pipe, on which opening would wait."""
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path, "a directory"), (tmp_path / "pipe", "a named pipe")):
        with pytest.raises(SetupError, match=f"which is {kind}"):
            LinesTarget(path)


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    """And closing lets go of the file."""
    target = LinesTarget(tmp_path / "out.jsonl")

    async def closed() -> None:
        await target.close()
        await target.close()

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    asyncio.run(closed())
    assert before is None or len(os.listdir("/proc/self/fd")) == before - 1


# ----- standard output


Pipe = tuple[FileIO, FileIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    with FileIO(reading, "rb") as reader, FileIO(writing, "wb") as writer:
        yield reader, writer


def test_standard_output_gets_lines(pipe: Pipe) -> None:
    """As a file does."""
    assert sent(StdoutTarget(pipe[1].fileno()), b'{"a":\n1}', b"2") == [OK, OK]
    assert pipe[0].read(100) == b'{"a": 1}\n2\n'


def test_a_closed_pipe_rejects_and_says_so(pipe: Pipe) -> None:
    """What read it will not come back."""
    pipe[0].close()
    target = StdoutTarget(pipe[1].fileno())
    assert sent(target, b"1", b"2") == [Reject("standard output is closed: what read it has ended")] * 2


def test_a_standard_output_that_was_never_open_rejects(pipe: Pipe) -> None:
    """As in a shell: >&-"""
    descriptor = fcntl.fcntl(pipe[1], fcntl.F_DUPFD, 200)  # a number that nothing else takes meanwhile
    os.close(descriptor)
    assert sent(StdoutTarget(descriptor), b"1") == [Reject("standard output is closed")]


def test_a_full_pipe_holds_up_nobody_and_gets_whole_lines(pipe: Pipe) -> None:
    """The loop goes on while it is full; once it is read, all of it comes."""

    async def piped() -> tuple[list[Outcome], bytes]:
        target = StdoutTarget(pipe[1].fileno())
        data = [b'"' + b"x" * 50_000 + b'"'] * 4
        sending = asyncio.create_task(target.send(deliveries(*data)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        read = b""
        while len(read) < 4 * 50_003:
            read += await asyncio.to_thread(pipe[0].read, 65536)
        outcomes = list(await sending)
        await target.close()
        return outcomes, read

    outcomes, read = asyncio.run(piped())
    assert outcomes == [OK] * 4
    assert [len(line) for line in read.splitlines()] == [50_002] * 4


def test_closing_ends_a_write_to_a_full_pipe(pipe: Pipe) -> None:
    """A reader that never reads does not keep the process from ending; what was not written is Retry."""

    async def piped() -> list[Outcome]:
        target = StdoutTarget(pipe[1].fileno())
        sending = asyncio.create_task(target.send(deliveries(b"1", b'"' + b"x" * 1_000_000 + b'"')))  # type: ignore[arg-type]
        await asyncio.to_thread(select.select, [pipe[0]], [], [])  # it has begun
        await target.close()
        return list(await sending)

    first, second = asyncio.run(piped())
    assert first == OK
    assert isinstance(second, Retry) and "the target was closed" in second.reason


def test_a_line_that_was_begun_is_finished_before_others(pipe: Pipe, tmp_path: Path) -> None:
    """Where standard output is a file on a disk that was full for a while, there is no half line in the middle."""
    with open(tmp_path / "out", "wb") as file:
        target = StdoutTarget(file.fileno())
        with files_of_at_most(12):
            first, second = sent(target, b'{"a":1}', b'{"a":2}')
        assert first == OK
        assert isinstance(second, Retry)
        assert sent(target, b'{"a":2}') == [OK]
    assert (tmp_path / "out").read_bytes() == b'{"a":1}\n{"a":2}\n{"a":2}\n'


def test_two_targets_on_one_stream_do_not_mix_lines(pipe: Pipe) -> None:
    """Each waits for the other, and closing ends the waiting."""

    async def piped() -> tuple[list[bytes], list[Outcome]]:
        one, two = StdoutTarget(pipe[1].fileno()), StdoutTarget(pipe[1].fileno())
        sends = [
            asyncio.create_task(target.send(deliveries(*[letter * 30_000] * 3)))  # type: ignore[arg-type]
            for target, letter in ((one, b"1"), (two, b"2"))
        ]
        read = b""
        while len(read) < 6 * 30_001:
            read += await asyncio.to_thread(pipe[0].read, 65536)
        assert [list(await send) for send in sends] == [[OK] * 3] * 2
        full = [asyncio.create_task(target.send(deliveries(b"3" * 1_000_000))) for target in (one, two)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await asyncio.gather(one.close(), two.close())
        return read.splitlines(), [outcome for send in full for outcome in await send]

    lines, given_up = asyncio.run(piped())
    assert sorted(lines) == [b"1" * 30_000] * 3 + [b"2" * 30_000] * 3
    assert [type(each) for each in given_up] == [Retry, Retry]


# ----- anything at once

steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.lists(st.integers(0, 40), min_size=1, max_size=4)),
        st.tuples(st.just("full"), st.integers(0, 60)),
        st.tuples(st.just("crash"), st.integers(0, 60)),
        st.tuples(st.just("rotate"), st.just(0)),
    ),
    max_size=12,
)


@given(steps=steps, sync=st.booleans())
def test_whatever_happens_files_hold_whole_lines_and_all_that_was_ok(steps: list[Any], sync: bool) -> None:
    """Sends, disks that fill up in the middle of them, crashes in the middle of a line, and rotations, in any order."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "out.jsonl"
        file = LineFile(path, sync=sync)
        taken: list[bytes] = []
        rotated: list[bytes] = []
        number = 0
        limit = None
        for step, argument in steps:
            if step == "full":
                limit = path.stat().st_size + argument if path.exists() else argument
            elif step == "crash":  # behind what was Ok there is the beginning of what was not
                file.close()
                with path.open("ab") as torn:
                    torn.write((b'{"torn":"' + b"x" * 60 + b'"}')[:argument])
                file = LineFile(path, sync=sync)
            elif step == "rotate":
                if path.exists():
                    rotated += path.read_bytes().splitlines(keepends=True)
                    path.unlink()
            else:
                lines = []
                for size in argument:
                    number += 1
                    lines.append(b'{"n":%d,"x":"%s"}\n' % (number, b"y" * size))
                if limit is None:
                    done = file.append(lines)
                    assert done.taken == len(lines), done
                else:
                    with files_of_at_most(limit):
                        done = file.append(lines)
                taken += lines[: done.taken]
                limit = None
        assert file.append([b'{"last":1}\n']).taken == 1
        file.close()
        found = rotated + path.read_bytes().splitlines(keepends=True)
    is_whole = [json.loads(line) is not None and line.endswith(b"\n") for line in found[:-1] if b"torn" not in line]
    assert all(is_whole)
    assert [line for line in found if b'"n"' in line] == taken
