"""Remembers which letters of a file are done, in a file beside it, so that a second replay goes on with the others.

    dead.jsonl            {"reason": ..., "target": "ops", ...}
    dead.jsonl.replayed   {"letter": "c3ab...", "target": "ops", "id": "5c41...", "time": "2026-11-22T10:00:00.000Z"}

A letter is known by the hash of its line, so that the marks stay right when the file is rotated, cut or sorted. Of two
lines that are the same to the byte a mark is for one. Marks are only ever added, each when its letter is done.

Always: what is marked was taken by its target, or is a new dead letter. What a crash has left half written is no mark,
so its letter is replayed again. One process at a time replays a file: the marks are locked while it does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from ruler.errors import RulerError, in_parts

HASH_BYTES = 16
SUFFIX = ".replayed"
LONGEST_MARK = 4096  # bytes of a line; one of ours has some two hundred


class ReplayError(RulerError):
    """Marks that cannot be read or written, or that another replay uses."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One letter that is done at one target."""

    letter: bytes  # the hash of its line
    target: str
    id: str  # of the delivery


def hash_of(line: bytes) -> bytes:
    """Return what tells a line from others."""
    return blake2b(line, digest_size=HASH_BYTES).digest()


class Marks:
    """The marks of one file of dead letters. ``path`` is their own file; "" keeps them in memory only."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._left: Counter[bytes] = Counter()  # marks that were there, and that no letter has taken
        self._descriptor = -1

    def read(self) -> None:
        """Read the marks that are there, changing nothing. ReplayError when they cannot be read."""
        if not self.path:
            return
        try:
            with open(self.path, "rb") as file:
                while line := file.readline(LONGEST_MARK):
                    self._read_line(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise ReplayError(f"{self.path} cannot be read: {error.strerror}") from None

    def open(self) -> None:
        """Lock the file, read it, and be ready to add to it. ReplayError when that cannot be."""
        if not self.path:
            return
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            _lock(self._descriptor)
            self.read()
            size = os.fstat(self._descriptor).st_size
            if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
                os.write(self._descriptor, b"\n")  # the last mark was not written whole: it stays none
        except BlockingIOError:
            self.close()
            raise ReplayError(f"another replay uses {self.path}: wait for it, or stop it") from None
        except OSError as error:
            self.close()
            what = f"{self.path} cannot be written: {error.strerror}"
            raise ReplayError(in_parts(what, why="it remembers which letters are done")) from None

    def take(self, letter: bytes, target: str) -> bool:
        """Whether the letter with this hash was done at the target before; takes one mark for it."""
        key = _key(letter, target)
        if key not in self._left:
            return False
        self._left[key] -= 1
        if not self._left[key]:
            del self._left[key]
        return True

    def add(self, marks: Iterable[Mark], time: str) -> None:
        """Remember that these are done. ReplayError when that cannot be written."""
        block = b"".join([_line(mark, time) for mark in marks])
        try:
            while self._descriptor >= 0 and block:
                block = block[os.write(self._descriptor, block) :]
        except OSError as error:
            what = f"{self.path} cannot be written: {error.strerror}"
            why = "what was delivered is not remembered, so the next replay delivers it again"
            raise ReplayError(in_parts(what, why=why)) from None

    def close(self) -> None:
        """Let go of the file, with all marks on the disk. Calling it again does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _read_line(self, line: bytes) -> None:
        try:
            record = orjson.loads(line)
            letter = bytes.fromhex(record["letter"])
            self._left[_key(letter, str(record["target"]))] += 1
        except (ValueError, KeyError, TypeError):
            pass  # half a mark, or what somebody else wrote: no letter counts as done for it


def _line(mark: Mark, time: str) -> bytes:
    return orjson.dumps({"letter": mark.letter.hex(), "target": mark.target, "id": mark.id, "time": time}) + b"\n"


def _key(letter: bytes, target: str) -> bytes:
    return blake2b(letter + target.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # there is none on Windows, where whoever replays takes care
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
