r"""A file that lines are appended to, so that it holds whole lines only, whatever happens while one is written.

In: lines, with their line ends. Out: how many of them the file has taken, and why not the others.

    append([b'{"a":1}\n', b'{"a":2}\n'])    the disk is full after 12 bytes: the file ends behind the first line,
                                            Appended(1, "No space left on device")

How it keeps to whole lines:

- A write that is cut short is cut back to the last whole line of it.
- A last line without its end, which a crash has left, is mended before the next line is written: where it is the
  beginning of JSON it is cut off (nobody was told that it is there, so it comes again), and where it is whole, or no
  JSON, it gets its line end.
- Others that append to the same file in this way, in this process or another, wait for each other (``flock``), so
  that none cuts off what another has just written.

A file that others move away or remove (log rotation) is made anew at its path, and so is found where it is looked for.
Durable: what is appended is in the file when ``append`` returns, and outlives this process; with ``sync`` it is on the
disk, and outlives the machine. Not for an event loop: every call may wait for the disk.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from ruler.findings import printable
from ruler.route.options import SetupError, problem

try:
    import fcntl
except ImportError:  # there is none on Windows; one process writes the file there
    fcntl = None  # type: ignore[assignment]

LONGEST_JUDGED = 64 * 1024 * 1024  # bytes of a last line; a longer one gets its line end
BLOCK_BYTES = 64 * 1024  # read at a time while looking for the last line
LOCK_SECONDS = 2.0  # how long to wait for others that append
LOCK_PAUSE = 0.005
JSON_BEGINS = b'{["\0'  # after a power cut some file systems have zeros where bytes were to come

logger = logging.getLogger("ruler.route.targets")


class Appended(NamedTuple):
    """What became of lines: the first ``taken`` are in the file; ``problem`` is why the others are not."""

    taken: int
    problem: str = ""


class LineFile:
    """One file. SetupError at once when it cannot be there. For one thread at a time."""

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False) -> None:
        self.path = os.fspath(path)
        self.sync = sync
        self._descriptor = -1
        self._whole_end = -1  # where the file ended after what we wrote last: up to there it has whole lines
        self._is_regular = True
        check_path(self.path)
        try:
            self._open()
        except OSError as error:
            raise _cannot_open(self.path, error.strerror) from None
        # Now, since the file may be moved away before the first line comes. What keeps it from it is told then.
        with contextlib.suppress(OSError), _locked(self._descriptor):
            self._mend()

    @property
    def shown(self) -> str:
        """The path, fit for messages."""
        return printable(self.path)

    def append(self, lines: Sequence[bytes]) -> Appended:
        """Append lines in one write. Each ends in a line end and has no other."""
        try:
            self._follow()
            with _locked(self._descriptor):
                return self._append(lines)
        except OSError as error:
            return Appended(0, _text_of(error))

    def close(self) -> None:
        """Let go of the file. Calling it again does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self) -> None:
        is_new = self.sync and not os.path.exists(self.path)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o666)
        self._is_regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        self._whole_end = -1
        if is_new:
            _sync_directory(os.path.dirname(self.path) or ".")

    def _follow(self) -> None:
        """Open the file anew where another, or none, is at its path now."""
        if self._descriptor >= 0:
            try:
                there, ours = os.stat(self.path), os.fstat(self._descriptor)
                if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                    return
            except FileNotFoundError:
                pass  # it was moved away
            self.close()
        self._open()

    def _append(self, lines: Sequence[bytes]) -> Appended:
        start = self._mend()
        block = memoryview(b"".join(lines))
        written = 0
        try:
            while written < len(block):
                written += os.write(self._descriptor, block[written:])
            if self.sync and self._is_regular:
                os.fsync(self._descriptor)
        except OSError as error:
            self._whole_end = -1
            if written == len(block):  # not on the disk, and nobody knows how much of it is
                return Appended(0, _text_of(error))
            return Appended(self._cut_back(() if self.sync else lines, start, written), _text_of(error))
        self._whole_end = start + written
        return Appended(len(lines))

    def _cut_back(self, lines: Sequence[bytes], start: int, written: int) -> int:
        """Cut a write that ended early back to the last whole one of ``lines``; returns how many are left of them."""
        count = whole_bytes = 0
        for line in lines:
            if whole_bytes + len(line) > written:
                break
            whole_bytes += len(line)
            count += 1
        if self._is_regular and os.fstat(self._descriptor).st_size == start + written:  # nobody wrote behind it
            with contextlib.suppress(OSError):  # a half line is left, and is mended before the next write
                os.ftruncate(self._descriptor, start + whole_bytes)
        return count

    def _mend(self) -> int:
        """See to it that the file ends in a whole line; returns its size."""
        size = os.fstat(self._descriptor).st_size
        if self._is_regular and size != self._whole_end:  # the first time, or others have written
            size = self._whole_end = self._mended(size)
        return size

    def _mended(self, size: int) -> int:
        """Give the last line its end, or cut it off; returns the size of the file then."""
        if size == 0 or os.pread(self._descriptor, 1, size - 1) == b"\n":
            return size
        line_start = self._last_line_start(size)
        if self._is_torn(line_start, size):
            os.ftruncate(self._descriptor, line_start)
            logger.warning(
                "%s ended in a part of a line, which was cut off", self.shown, extra={"bytes": size - line_start}
            )
            return line_start
        if os.write(self._descriptor, b"\n") != 1:
            raise OSError("the line end of the last line cannot be written")
        logger.warning("the last line of %s had no line end, and was given one", self.shown)
        return size + 1

    def _last_line_start(self, size: int) -> int:
        end = size
        while end > 0 and size - end <= LONGEST_JUDGED:
            start = max(0, end - BLOCK_BYTES)
            found = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return end

    def _is_torn(self, start: int, end: int) -> bool:
        """Whether what stands there begins as JSON does, and is not all of it."""
        if end - start > LONGEST_JUDGED:
            return False
        line = os.pread(self._descriptor, end - start, start)
        if line[:1] not in [bytes([byte]) for byte in JSON_BEGINS]:
            return False
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError:
            return True
        return False


def check_path(path: str) -> None:
    """Raise SetupError where lines cannot be appended to a file at ``path``. No file is made."""
    directory = os.path.dirname(path) or "."
    shown = printable(path)
    if not os.path.isdir(directory):
        what = f"cannot open {shown}: there is no directory {printable(directory)}"
        why = "deliveries are appended to this file, and directories are not made"
        raise problem(("uri",), what, why=why, write="a path whose directory is there, or make the directory")
    try:
        mode = os.stat(path).st_mode
    except OSError:  # it will be made
        if not os.access(directory, os.W_OK | os.X_OK):
            raise _cannot_open(path, f"the directory {printable(directory)} may not be written") from None
        return
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        what = f"cannot append to {shown}, which is {_kind_of(mode)}"
        raise problem(("uri",), what, why="deliveries are appended to a file", write="the path of a file")
    if not os.access(path, os.R_OK | os.W_OK):
        raise _cannot_open(path, "it may not be read and written")


def _cannot_open(path: str, reason: str | None) -> SetupError:
    return problem(
        ("uri",),
        f"cannot open {printable(path)}: {reason}",
        why="deliveries are appended to this file, which is made where there is none",
        write="a path of a file that may be read and written",
    )


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Keep others out that lock the file too. OSError when they do not let go."""
    if not _lock(descriptor):
        yield
        return
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _lock(descriptor: int) -> bool:
    """Whether the file is locked now; not where it cannot be, such as on some network file systems."""
    if fcntl is None:
        return False
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError("another program keeps it locked") from None
            time.sleep(LOCK_PAUSE)
        except OSError:
            return False
        else:
            return True


def _sync_directory(path: str) -> None:
    """Have the name of a new file on the disk too."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text_of(error: OSError) -> str:
    return error.strerror or str(error)


def _kind_of(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for is_kind, name in kinds if is_kind(mode)), "not a file")
