"""Keeps where a source stands in a small file, so that a restart goes on there.

    {"version": 1, "source": "orders.jsonl",
     "files": [{"generation": 1, "inode": 71, "offset": 52, "line": {"offset": 40, "size": 11, "hash": "5f..."}, ...}]}

``files`` are those that are not done yet, the oldest first: one, or more while a file that was renamed is not done.
``offset`` is where reading goes on. ``line`` is a done line, the last of a batch, ``head`` the first bytes of the file:
by their hashes a file is known again, whatever it is called now.

Always: the file is whole. It is written beside, forced to the disk and renamed, and then the directory is forced to
the disk too. One process at a time uses it: a lock is held on a file beside it, ``.lock``, and ends with the process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from ruler.route.sources.errors import SourceError

FORMAT = 1
LARGEST_POSITION_FILE = 1024 * 1024  # bytes; one of ours has some hundred
HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Print:
    """Some bytes of a file, by which it is known again: where they stand, how many they are, and their hash."""

    offset: int
    size: int
    hash: str

    @staticmethod
    def of(offset: int, data: bytes) -> Print:
        return Print(offset, len(data), blake2b(data, digest_size=HASH_BYTES).hexdigest())

    def is_of(self, descriptor: int) -> bool:
        """Whether an open file holds these bytes there. Reads them: at most one line. Raises OSError."""
        return self == Print.of(self.offset, os.pread(descriptor, self.size, self.offset))


NO_PRINT = Print.of(0, b"")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one file is done."""

    generation: int  # counts the files that had the name, from 1
    inode: int
    offset: int  # where to go on: behind the last done line
    line: Print  # a done line, the last of those that were given together; of no bytes where none is
    head: Print  # the first bytes of the file; none where it was empty

    def is_of(self, descriptor: int, inode: int) -> bool:
        """Whether an open file is the one that was marked. Raises OSError."""
        if os.fstat(descriptor).st_size < self.offset:
            return False
        if not self.head.size:
            return inode == self.inode
        return self.head.is_of(descriptor) and self.line.is_of(descriptor)


class PositionFile:
    """The position file of one source, locked from ``open`` to ``close``."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.source = source
        self._place = os.path.realpath(path)  # a link stays one, and all that use it lock one file
        self._lock: int | None = None

    def open(self) -> list[Mark]:
        """Lock the file and return what it says; [] when there is none yet. SourceError where it cannot be used."""
        self._lock_or_raise()
        try:
            with open(self._place, "rb") as file:
                content = file.read(LARGEST_POSITION_FILE + 1)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}", "a path that may be read") from None
        return self._marks_of(content)

    def write(self, marks: Sequence[Mark]) -> None:
        """Put ``marks`` in the place of what the file says. Blocks on the disk. Raises OSError."""
        record = {"version": FORMAT, "source": self.source, "files": [asdict(mark) for mark in marks]}
        content = json.dumps(record, indent=1).encode() + b"\n"
        beside = self._place + ".new"
        # No link that someone else has put there is followed: it would be another file that is written.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with open(os.open(beside, flags, 0o644), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._place)
        directory = os.open(os.path.dirname(self._place), os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Let another process have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _lock_or_raise(self) -> None:
        import fcntl  # POSIX only, as is a directory that can be forced to the disk

        path = self._place + ".lock"
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise self._error(f"its lock {path} cannot be opened: {error.strerror}", "a path in a directory") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if not isinstance(error, BlockingIOError):
                raise self._error(f"cannot be locked: {error.strerror}", "a path on a disk of this machine") from None
            raise SourceError(
                "position-locked",
                self.path,
                "another process uses this position file",
                why=f"two that read {self.source} from one position would deliver everything twice",
                write="another position file for this process, or stop the other one",
            ) from None
        self._lock = lock

    def _marks_of(self, content: bytes) -> list[Mark]:
        damaged = f"the file back as it was, or remove it to begin {self.source} anew"
        try:
            record = json.loads(content)
        except (ValueError, RecursionError):
            raise self._error("is no JSON object", damaged) from None
        if not isinstance(record, dict) or "version" not in record:
            raise self._error("is no position file", damaged)
        if record["version"] != FORMAT:
            what = f"has version {json.dumps(record['version'])[:40]}, and this ruler reads version {FORMAT}"
            raise self._error(what, "the ruler that wrote it, or another position file")
        try:
            marks = [_mark_of(each) for each in record["files"]]
        except (KeyError, TypeError, ValueError):
            raise self._error("has not the members of a position file", damaged) from None
        if [mark.generation for mark in marks] != sorted({mark.generation for mark in marks}):
            raise self._error("tells of one file twice, or not in order", damaged)
        return marks

    def _error(self, what: str, write: str) -> SourceError:
        why = f"it says how far {self.source} is delivered, and without it nobody knows"
        return SourceError("position-file", self.path, what, why=why, write=write)


def _mark_of(record: dict[str, Any]) -> Mark:
    """A mark as it was written; KeyError, TypeError or ValueError for anything else."""
    mark = Mark(
        _count(record["generation"]),
        _count(record["inode"]),
        _count(record["offset"]),
        _print_of(record["line"]),
        _print_of(record["head"]),
    )
    if mark.line.offset + mark.line.size > mark.offset or mark.head.offset:
        raise ValueError("a done line ends where reading goes on")
    return mark


def _print_of(record: dict[str, Any]) -> Print:
    found = Print(_count(record["offset"]), _count(record["size"]), record["hash"])
    if not isinstance(found.hash, str) or found.size > LARGEST_POSITION_FILE * 16:
        raise ValueError("a hash is a string, and what it is of has bounds")
    return found


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ValueError("expected a whole number")
    return value
