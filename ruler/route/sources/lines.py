"""Events from the lines of a file, from where the last process came to.

In: a path. Out: an event for each line that is not blank, with the offset of its first byte; a position file beside it
that says up to where all events are done. Files that are renamed (rotation of logs) are read to their end, then the
one that has the name now; what is cut short or replaced is an error that tells what is lost.

    source = LinesSource("orders.jsonl")         orders.jsonl:0  orders.jsonl:52  ...  and after a rotation
    await router.run(source)                     orders.jsonl#2:0  ...

Idea: the files not done yet stand in a list, the oldest first. Reading takes from the first that has something, so that
what is still written to a renamed file is read too. The position file holds a mark for each of them.

Always: each line is given behind all lines before it in its file, and its position tells it from any other line, also
of the next file with the name. What the position file says is done was done.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence

from ruler.route.model import Event, Position
from ruler.route.sources.errors import SourceError
from ruler.route.sources.growing_file import Changed, GrowingFile
from ruler.route.sources.line_cutter import LONGEST_LINE
from ruler.route.sources.position_file import Mark, PositionFile
from ruler.route.sources.recorder import Recorder
from ruler.route.sources.renamed_files import Found, find_marked, open_after, open_regular

POLL_SECONDS = 0.1  # between two looks at a file that has nothing new
LINGER_SECONDS = 10.0  # so long a renamed file is read on: who writes to it may take as long to notice
ON_LOSS = ("stop", "begin")
logger = logging.getLogger("ruler.route.sources")


class LinesSource:
    """The lines of ``path``. With ``follow`` it waits at the end for more; without, it ends there.

    ``position_file`` is ``path`` with ".position" where it is left out. ``on_loss`` says what to do when lines that
    were not done are gone (the file was cut short or replaced): "stop" raises SourceError, "begin" tells it in the log
    and goes on with what is there now. Lines longer than 4 MiB are cut to that, which makes them poison.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        position_file: str | os.PathLike[str] | None = None,
        follow: bool = True,
        *,
        on_loss: str = "stop",
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        if on_loss not in ON_LOSS:
            raise ValueError(f"on_loss is {on_loss!r}, expected 'stop' or 'begin'")
        self.path = os.fspath(path)
        self.follow = follow
        self.on_loss = on_loss
        self.longest_line = LONGEST_LINE
        self._wall_clock = wall_clock
        self._position_file = PositionFile(os.fspath(position_file or f"{self.path}.position"), self.path)
        self._recorder: Recorder | None = None
        self._files: list[GrowingFile] = []  # that are not done, the oldest first
        self._stirred = asyncio.Event()
        self._is_paused = False
        self._is_closed = False
        self._has_begun = False
        self._is_at_end = False
        self._lost_generation = 0  # of a file that is gone, when the name leads nowhere
        self._sees_rename = False

    # ----- what a source does

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield events, some at a time. SourceError when the file, or what was not done of it, cannot be read."""
        if self._has_begun:
            raise ValueError("a LinesSource gives its events once; make another one")
        self._has_begun = True
        await self._begin()
        while not self._is_closed:
            if self._is_paused:
                await self._wait(None)
            elif events := self._give(max_events, max_bytes):
                yield events
            elif self._read():
                await asyncio.sleep(0)  # a long line is many reads
            elif self.follow:
                self._look_around()
                await self._wait(POLL_SECONDS)
            elif not self._end_lines():
                self._is_at_end = True
                self._note()
                return

    def done(self, position: Position) -> None:
        """Take notice that this event, and all before it in its file, is done. No effect once the source is closed."""
        if self._is_closed:
            return
        for file in self._files:
            if file.name == position.source:
                if file.done(position.offset) and self._recorder is not None:
                    self._recorder.note()
                return
        raise ValueError(f"{position} is done, and was never given by {self.path}, or its file is done")

    async def pause(self) -> None:
        """Give no more events for now."""
        self._is_paused = True

    async def resume(self) -> None:
        """Give events again."""
        self._is_paused = False
        self._stirred.set()

    async def close(self) -> None:
        """Record what is done, and let go of the files. SourceError when it cannot be recorded."""
        if self._is_closed:
            return
        self._is_closed = True
        self._stirred.set()
        try:
            if self._recorder is not None:
                await self._recorder.close()
        finally:
            for file in self._files:
                file.close()
            self._position_file.close()

    # ----- the beginning

    async def _begin(self) -> None:
        """Open the files that are not done, or the first one."""
        marks = self._position_file.open()
        if marks:
            self._open_marked(marks)
        else:
            await self._open_first()
        if self._is_closed:
            return
        self._recorder = Recorder(self._position_file, self._marks)
        await self._recorder.write_now()

    async def _open_first(self) -> None:
        is_told = False
        while not self._is_closed:
            try:
                self._add(open_regular(self.path), 1)
                return
            except FileNotFoundError:
                if not self.follow:
                    why = "events are read from this file, and nobody said to wait for it"
                    write = "the path of a file that is there, or follow to wait for it"
                    raise SourceError(
                        "source-missing", self.path, "there is no such file", why=why, write=write
                    ) from None
            if not is_told:
                logger.info("waiting for %s, which is not there", self.path)
                is_told = True
            await self._wait(POLL_SECONDS)

    def _open_marked(self, marks: list[Mark]) -> None:
        """Open the files that the position file tells of, and those that came after them."""
        found = find_marked(self.path, marks)
        for mark, each in zip(marks, found, strict=True):
            if each is None:
                self._lose(*self._missing(mark))
            else:
                self._add(each, mark.generation, mark)
        newest = found[-1]
        if newest is not None:
            self._go_on_after(newest.status)
            return
        known = {file.inode for file in self._files}
        try:  # the newest is lost, so that nobody knows which came after it: go on with what has the name now
            now = open_regular(self.path)
        except FileNotFoundError:
            if not self._files and not self.follow:
                raise self._loss(*self._missing(marks[-1])) from None
            self._lost_generation = marks[-1].generation
            return
        if now.status.st_ino in known:
            os.close(now.descriptor)
        else:
            self._add(now, marks[-1].generation + 1)

    def _add(self, found: Found, generation: int, mark: Mark | None = None) -> None:
        name = self.path if generation == 1 else f"{self.path}#{generation}"
        if self._files and self._files[-1].gone_since is None:
            self._files[-1].gone_since = asyncio.get_running_loop().time()
        self._files.append(GrowingFile(found.descriptor, name, generation, mark, longest=self.longest_line))

    # ----- reading on

    def _give(self, max_events: int, max_bytes: int) -> list[Event]:
        for file in self._files:
            if file.has_lines:
                return file.give(max_events, max_bytes, self._wall_clock())
        return []

    def _read(self) -> bool:
        """Read from the oldest file that has something; return whether any has."""
        for file in self._files:
            cut = file.cut_lines
            try:
                has_more = file.read()
            except Changed as change:
                self._begin_anew(file, str(change))
                return True
            except OSError as error:
                what = f"cannot be read: {error.strerror}"
                why = "events are read from this file"
                raise SourceError("source-unreadable", self.path, what, why=why, write="a disk that works") from None
            if file.cut_lines > cut:
                logger.warning("%s: a line before byte %d is longer than %d bytes and was cut to that", file.name,
                               file.read_offset, self.longest_line)  # fmt: skip
            if has_more:
                return True
        return False

    def _look_around(self) -> None:
        """At the end of all files: let go of those that are done, and see whether the name leads to another one."""
        now = asyncio.get_running_loop().time()
        for file in [file for file in self._files if file.gone_since is not None]:
            if file is not self._files[-1] and now - (file.gone_since or now) >= LINGER_SECONDS:
                file.end_line()
                if file.is_done:
                    self._files.remove(file)
                    file.close()
                    self._note()
        try:
            inode = os.stat(self.path).st_ino
        except FileNotFoundError:
            return  # renamed, and the next one is not made yet
        except OSError as error:
            why = "events are read from this file"
            what = f"cannot be seen: {error.strerror}"
            raise SourceError("source-unreadable", self.path, what, why=why, write="a path that may be read") from None
        if self._files and inode == self._files[-1].inode:
            self._sees_rename = False
        elif not self._sees_rename and self._files:
            self._sees_rename = True  # one more look at the old file: its last lines may have come just now
        else:
            self._sees_rename = False
            self._go_on()

    def _go_on(self) -> None:
        if self._files:
            self._go_on_after(os.fstat(self._files[-1].descriptor))
        else:  # what the position file told of is lost, and the name led nowhere
            try:
                self._add(open_regular(self.path), self._lost_generation + 1)
            except FileNotFoundError:
                return  # renamed just now; the next look tells
        self._note()

    def _go_on_after(self, last: os.stat_result) -> None:
        """Add the files that came after ``last``."""
        after, compressed = open_after(self.path, last, {file.inode for file in self._files})
        if compressed:
            try:
                self._lose(
                    f"{', '.join(compressed)} came after what was read, and cannot be read compressed",
                    "a renamed file is read to its end, unless it is compressed before that",
                    "it uncompressed beside it under the same name",
                )
            except SourceError:
                for found in after:
                    os.close(found.descriptor)
                raise
        for found in after:
            self._add(found, self._files[-1].generation + 1)
            logger.info("%s was renamed; going on with %s", self.path, found.path)

    def _end_lines(self) -> bool:
        """Take the last lines as ended; return whether any event came of it."""
        for file in self._files:
            file.end_line()
        return any(file.has_lines for file in self._files)

    async def _wait(self, seconds: float | None) -> None:
        self._stirred.clear()
        if self._is_closed:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            pass  # nothing happened meanwhile

    # ----- what is recorded, and what is lost

    def _marks(self) -> list[Mark]:
        """The marks of the files that are not done. The newest one may get more lines, always."""
        older = [file for file in self._files[:-1] if not (self._is_at_end and file.is_done)]
        return [file.mark() for file in (*older, *self._files[-1:])]

    def _note(self) -> None:
        if self._recorder is not None:
            self._recorder.note()

    def _begin_anew(self, file: GrowingFile, change: str) -> None:
        """Stop reading a file that was cut short or written anew; go on with what it holds now, if that was asked."""
        self._lose(
            f"{change}; done are the lines before byte {file.done_offset:,}",
            "the file was cut short or written anew, so what it held and was not read is gone",
            "rotation by renaming",
        )
        file.stop_reading()
        file.gone_since = file.gone_since or asyncio.get_running_loop().time()
        if file is self._files[-1]:
            descriptor = os.dup(file.descriptor)
            self._add(Found(self.path, descriptor, os.fstat(descriptor)), file.generation + 1)
        self._note()

    def _missing(self, mark: Mark) -> tuple[str, str, str]:
        """What to say of a file that the position file tells of and nobody finds."""
        done = f"done are the lines before byte {mark.offset:,}"
        try:
            status = os.stat(self.path)
        except OSError:
            status = None
        if status is not None and status.st_ino == mark.inode:
            is_shorter = status.st_size < max(mark.offset, mark.head.size)
            size = f"it has {status.st_size:,} bytes" if is_shorter else "other bytes stand there now"
            what = f"is not what was read before: {done}, and {size}"
            return (
                what,
                "the file was cut short or written anew, so what it held and was not done is gone",
                "the old file",
            )
        what = f"the file that was read before is gone: {done}"
        why = "it was renamed or replaced while nobody read it, and no file beside it is the same"
        return what, why, "that file back beside it, uncompressed"

    def _lose(self, what: str, why: str, write: str) -> None:
        """Raise, or tell, that lines are gone."""
        loss = self._loss(what, why, write)
        if self.on_loss == "stop":
            raise loss
        logger.error("%s: %s; going on with what is there now", self.path, what, extra={"source": self.path})

    def _loss(self, what: str, why: str, write: str) -> SourceError:
        ways = f'{write}; to go on without it: on_loss = "begin", or remove {self._position_file.path}'
        return SourceError("source-lost", self.path, what, why=why, write=ways)
