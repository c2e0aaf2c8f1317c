"""Writes where a source stands to its position file, now and then, without holding up the loop.

In: word that something is done. Out: the position file, written in a thread at most every RECORD_SECONDS, and once
more at the end. What is written was true when it was written: never ahead of what is done.

A disk that takes nothing stops no delivery: it is told in the log, and tried again; the end tells it as an error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ruler.route.sources.errors import SourceError
from ruler.route.sources.position_file import Mark, PositionFile

RECORD_SECONDS = 0.2  # of progress is what a crash repeats, beside what was in flight
logger = logging.getLogger("ruler.route.sources")


class Recorder:
    """Keeps one position file. ``marks`` says what belongs into it."""

    def __init__(self, file: PositionFile, marks: Callable[[], list[Mark]]) -> None:
        self._file = file
        self._marks = marks
        self._written: list[Mark] = []
        self._is_due = False
        self._is_ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reason = ""
        self._fails = False

    async def write_now(self) -> None:
        """Write the file before anything is done. SourceError when that is not possible."""
        await self._write()
        if self._fails:
            raise self._error()

    def note(self) -> None:
        """Have the file written soon."""
        self._is_due = True
        if self._task is None and not self._is_ending.is_set():
            self._task = asyncio.get_running_loop().create_task(self._keep_up())

    async def close(self) -> None:
        """Write the file once more if need be. SourceError when that is not possible."""
        self._is_ending.set()
        if self._task is not None:
            await self._task
        if self._is_due:
            await self._write()
        if self._fails:
            raise self._error()

    async def _keep_up(self) -> None:
        """Write while there is something to write."""
        while self._is_due and not self._is_ending.is_set():
            try:
                async with asyncio.timeout(RECORD_SECONDS):
                    await self._is_ending.wait()
            except TimeoutError:  # as is usual: not the end yet
                await self._write()
        self._task = None

    async def _write(self) -> None:
        self._is_due = False
        marks = self._marks()
        if marks == self._written and not self._fails:
            return
        try:
            await asyncio.to_thread(self._file.write, marks)
        except OSError as error:
            self._is_due = True
            self._reason = error.strerror or str(error)
            if not self._fails:
                logger.error("the position file %s cannot be written: %s", self._file.path, self._reason)
            self._fails = True
            return
        if self._fails:
            logger.warning("the position file %s is written again", self._file.path)
        self._fails = False
        self._written = marks

    def _error(self) -> SourceError:
        why = f"it says how far {self._file.source} is delivered; what is done since it was written comes again"
        write = "a path on a disk that takes it"
        return SourceError("position-file", self._file.path, f"cannot be written: {self._reason}", why=why, write=write)
