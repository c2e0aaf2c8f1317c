"""The position file: whole or not there, for one process, and an error where it cannot be what was written."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.route.sources import SourceError
from ruler.route.sources.position_file import Mark, PositionFile, Print

MARK = Mark(2, 71, 52, Print.of(40, b'{"n":12345}'), Print.of(0, b'{"n":1}'))


def opened(path: Path) -> list[Mark]:
    file = PositionFile(str(path), "orders.jsonl")
    try:
        return file.open()
    finally:
        file.close()


def written(path: Path, marks: list[Mark]) -> None:
    PositionFile(str(path), "orders.jsonl").write(marks)


counts = st.integers(0, 1 << 50)


@given(
    generations=st.lists(st.integers(1, 99), unique=True, max_size=4).map(sorted),
    inode=counts,
    start=st.integers(0, 1000),
    line=st.binary(max_size=20),
    head=st.binary(max_size=20),
)
def test_what_is_written_is_read(
    tmp_path: Path, generations: list[int], inode: int, start: int, line: bytes, head: bytes
) -> None:
    """Any marks come back as they were."""
    offset = start + len(line) + 1
    marks = [Mark(each, inode, offset, Print.of(start, line), Print.of(0, head)) for each in generations]
    written(tmp_path / "p", marks)
    assert marks == opened(tmp_path / "p")


def test_the_file_is_forced_to_the_disk_before_and_its_directory_after_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a power cut leaves the old file or the new one."""
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        calls.append("fsync " + os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def noted_replace(before: str, after: str) -> None:
        calls.append(f"rename {os.path.basename(before)} {os.path.basename(after)}")
        replace(before, after)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    written(tmp_path / "p", [MARK])
    assert ["fsync p.new", "rename p.new p", f"fsync {tmp_path.name}"] == calls


WHY = "it says how far orders.jsonl is delivered, and without it nobody knows"
GOOD = json.loads(json.dumps({"version": 1, "source": "orders.jsonl", "files": []}))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is no JSON object"),
        (b'{"version": 1, "fil', "is no JSON object"),
        (b"[" * 100_000, "is no JSON object"),
        (b"[]", "is no position file"),
        (b'{"version": 2, "files": []}', "has version 2, and this ruler reads version 1"),
        (b'{"version": 1}', "has not the members of a position file"),
        (b'{"version": 1, "files": [{"generation": 1}]}', "has not the members of a position file"),
        (b'{"version": 1, "files": 7}', "has not the members of a position file"),
    ],
)
def test_a_damaged_file_is_an_error(tmp_path: Path, content: bytes, what: str) -> None:
    """Beginning anew without being told to would deliver everything twice."""
    path = tmp_path / "p"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        opened(path)
    assert ("position-file", str(path), what, WHY) == (
        caught.value.code, caught.value.where, caught.value.what, caught.value.why
    )  # fmt: skip


@given(data=st.data())
def test_any_damage_is_an_error_or_still_a_position(tmp_path: Path, data: st.DataObject) -> None:
    """Nothing but a SourceError comes out of a file that somebody else wrote."""
    written(tmp_path / "p", [MARK])
    content = bytearray((tmp_path / "p").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b'0123456789-."{}[],:x'))
    (tmp_path / "p").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        marks = opened(tmp_path / "p")
    except SourceError:
        return
    assert all(mark.line.offset + mark.line.size <= mark.offset for mark in marks)


def test_two_processes_cannot_use_one_position_file(tmp_path: Path) -> None:
    """The second is told; when the first has ended it may."""
    path = tmp_path / "p"
    first = PositionFile(str(path), "orders.jsonl")
    first.open()
    with pytest.raises(SourceError) as caught:
        opened(path)
    assert str(caught.value) == (
        f"{path}: another process uses this position file\n"
        "  why:   two that read orders.jsonl from one position would deliver everything twice\n"
        "  write: another position file for this process, or stop the other one"
    )
    first.close()
    assert [] == opened(path)


# ----- the end of a process at any moment

CONSUMER = """
import asyncio, os, sys
from ruler.route.sources import LinesSource, recorder
recorder.RECORD_SECONDS = 0.002

async def main():
    source = LinesSource(sys.argv[1])
    out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async for batch in source.batches(max_events=7, max_bytes=10_000):
        for event in batch:
            os.write(out, event.data + b"\\n")
            source.done(event.position)
        await asyncio.sleep(0)

asyncio.run(main())
"""


def test_a_link_to_a_position_file_stays_one(tmp_path: Path) -> None:
    """What it leads to is written and locked, so that two that go by different names do not both use it."""
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    written(link, [MARK])
    assert link.is_symlink()
    assert opened(real) == opened(link) == [MARK]
    first = PositionFile(str(real), "orders.jsonl")
    first.open()
    with pytest.raises(SourceError, match="another process uses"):
        opened(link)
    first.close()


def test_a_link_where_the_new_file_is_written_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write to the directory cannot have another file overwritten."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "position.new").symlink_to(victim)
    with pytest.raises(OSError):
        written(tmp_path / "position", [MARK])
    assert victim.read_bytes() == b"precious"


def test_kill_9_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """A process that reads and acknowledges is killed again and again, while the file is written and rotated.

    Every line comes out; a repetition is a suffix of what came before, so the first occurrences are in order.
    """
    seed = random.randrange(1 << 32)
    choices = random.Random(seed)
    path, out = tmp_path / "orders.jsonl", tmp_path / "out"
    path.touch()
    out.touch()
    count = 0
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", CONSUMER, str(path), str(out)]) as process:
            while not Path(f"{path}.position").exists():  # before that, nobody knows which file to begin with
                assert process.poll() is None
            before, parts = out.stat().st_size, choices.randrange(2, 12)
            for part in range(parts):
                with path.open("ab") as file:
                    written = sum(file.write(b'{"n":%d}\n' % number) for number in range(count, count + 60))
                count += 60
                if choices.random() < 0.2:
                    path.rename(tmp_path / f"orders.jsonl.2026-11-22_{count:08d}")
                    path.touch()
                enough = before + choices.randrange(written) + part * written // 2
                while out.stat().st_size < enough and process.poll() is None:
                    time.sleep(0.0005)
            process.send_signal(signal.SIGKILL)
    with subprocess.Popen([sys.executable, "-c", CONSUMER, str(path), str(out)]) as process:
        while b'{"n":%d}\n' % (count - 1) not in out.read_bytes() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    numbers = [int(each) for each in re.findall(rb'\{"n":(\d+)\}\n', out.read_bytes())]
    first: dict[int, int] = {}
    for place, number in enumerate(numbers):
        first.setdefault(number, place)
    assert list(range(count)) == sorted(first), f"seed {seed}"
    assert sorted(first) == sorted(first, key=first.__getitem__), f"seed {seed}"
