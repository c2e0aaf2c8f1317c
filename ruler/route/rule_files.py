"""A rule set in files that may change while it is used.

In: the path of a document, or of a directory of them. Out: the rule set of now (``current``), then each that the files
come to hold (``changes``): a RuleSource for a Router.

    router = Router(RuleFiles("routes/"))

    routes/shop.json is saved  ->  read, in a thread  ->  without errors, and another one: given
                                                          with errors: told, and the one of before goes on

Idea: what happens in the directories only says when to look (watchfiles); whether to read is told by what the files
look like: inode, size and time. So it does not matter how an editor replaces a file, nor what else changes beside it,
and where the system tells nothing a look every second finds it too. A file is read when nothing has happened for a
moment; one that turns out wrong and changes meanwhile was only half written, and is read again before it is told.

Always: what is given has no errors. Files that a document names as examples count as files of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable
from contextlib import aclosing
from importlib.util import find_spec

from ruler.route.documents.document import SUFFIXES, Around, RuleSetError, assembled, read_parts
from ruler.route.documents.rule_members import Part
from ruler.route.options import problem
from ruler.route.rule_set import RuleSet

QUIET_MILLISECONDS = 100  # without any change before a file is read
SETTLE_SECONDS = 0.3  # after which a file with errors must look the same
LOOK_MILLISECONDS = 1000  # between two looks where nothing happens
logger = logging.getLogger("ruler.route.rule_files")

Looks = tuple[tuple[str, int, int, int], ...]  # path, inode, size and time of each file that is there


class RuleFiles:
    """The rule set of ``path``, as it changes; a RuleSource. The arguments are those of ``read_rule_set``.

    ``on_error`` is called with the error of each new version that has any, on the running loop; the log tells it too.
    SetupError where watchfiles is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        provided: Collection[str] = (),
        schemes: Collection[str] | None = None,
        also: Collection[str] = (),
        on_error: Callable[[RuleSetError], None] | None = None,
        engine: str = "auto",
    ) -> None:
        _require_watchfiles()
        self.path = os.fspath(path)
        self.paths: tuple[str, ...] = (self.path,)  # of the documents and the directories that are read
        self.examples: tuple[str, ...] = ()  # paths of files that the documents name
        self._around = Around(provided, schemes, also, engine=engine)
        self._on_error = on_error
        self._rule_set: RuleSet | None = None
        self._is_asked = False
        self._looks: Looks = ()  # of the files when they were read last

    def current(self) -> RuleSet:
        """Return the rule set that was last read without errors. The first call reads it, or RuleSetError."""
        if self._rule_set is None:
            self._rule_set = self._read()
        return self._rule_set

    def look_again(self) -> None:
        """Read the files again soon, changed or not."""
        self._is_asked = True

    async def changes(self) -> AsyncIterator[RuleSet]:
        """Yield each rule set that the files come to hold, when it has no errors and is another than the last."""
        if self._rule_set is None:
            self._rule_set = await asyncio.to_thread(self._read)
        async with aclosing(self._stirs()) as stirs:
            async for _ in stirs:
                before, found = self._rule_set, await self._read_if_changed()
                if found is None:
                    continue
                self._rule_set = found
                if (before.digest, before.version) != (found.digest, found.version):
                    extra = {"before": before.version, "version": found.version, "rules": len(found.rules)}
                    logger.info("the rules have changed", extra=extra)
                    yield found
                else:
                    logger.info("the rules mean what they meant", extra={"version": found.version})

    async def _stirs(self) -> AsyncGenerator[None, None]:
        """Yield when there is reason to look at the files. The first time soon: they may have changed already."""
        from watchfiles import awatch

        while True:
            places = {path if os.path.isdir(path) else os.path.dirname(path) or "." for path in self.paths}
            try:
                watching = awatch(
                    *places,
                    watch_filter=None,
                    step=QUIET_MILLISECONDS,
                    rust_timeout=LOOK_MILLISECONDS,
                    yield_on_timeout=True,
                    recursive=False,
                )
                async with aclosing(watching):
                    async for _ in watching:
                        yield
            except (OSError, RuntimeError) as error:  # no directory, or no more watches: looking goes on without
                logger.warning("changes in %s are not told by the system: %s", " and ".join(sorted(places)), error)
                await asyncio.sleep(LOOK_MILLISECONDS / 1000)
                yield

    async def _read_if_changed(self) -> RuleSet | None:
        """The rule set of the files if they changed and have no errors; errors are told, once for each version."""
        if await asyncio.to_thread(self._looks_now) == self._looks and not self._is_asked:
            return None
        self._is_asked = False
        while True:
            try:
                return await asyncio.to_thread(self._read)
            except RuleSetError as error:
                await asyncio.sleep(SETTLE_SECONDS)
                if await asyncio.to_thread(self._looks_now) == self._looks:
                    self._tell(error)
                    return None

    def _read(self) -> RuleSet:
        """Read the files, and remember what they looked like before that. Raises RuleSetError."""
        documents, examples = self._looks_of_documents(), self._looks_of_examples()  # what changes later is read again
        self._looks = documents + examples
        try:
            return self.read()
        finally:
            known = {each[0] for each in examples}
            kept = [each for each in examples if each[0] in self.examples]
            new = {each for each in self.examples if each not in known}
            self._looks = (*documents, *sorted((*kept, *_looks_of(new))))

    def read(self) -> RuleSet:
        """Read the rule set that the files hold now, and note which examples they name. RuleSetError tells every error.

        Runs in a thread. A subclass may read in another way.
        """
        parts = read_parts(self.path, self._around)
        self.examples = example_paths(parts)
        return assembled(parts, self._around)

    def _tell(self, error: RuleSetError) -> None:
        extra = {"path": self.path, "errors": len(error.findings)}
        logger.error("the rules in %s have errors; those of before go on\n%s", self.path, error, extra=extra)
        if self._on_error is not None:
            self._on_error(error)

    def _looks_now(self) -> Looks:
        """What the files look like; those that are not there are left out."""
        return (*self._looks_of_documents(), *self._looks_of_examples())

    def _looks_of_documents(self) -> Looks:
        return _looks_of(name for path in self.paths for name in _documents_in(path))

    def _looks_of_examples(self) -> Looks:
        return _looks_of(sorted(set(self.examples)))


def example_paths(parts: Iterable[Part]) -> tuple[str, ...]:
    """Return the paths of the files that documents name as examples."""
    return tuple(
        os.path.join(part.reader.directory, example.node.value)
        for part in parts
        for entry in part.rules
        for example in entry.examples
        if example.node.kind == "string"
    )


def _documents_in(path: str) -> list[str]:
    """The documents of a directory, or the one that the path names itself."""
    try:
        return [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.lower().endswith(SUFFIXES)]
    except OSError:
        return [path]  # a file; or it is not there, which reading tells


def _looks_of(paths: Iterable[str]) -> Looks:
    found = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue  # it is not there, which reading tells
        found.append((path, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def _require_watchfiles() -> None:
    """Raise SetupError where the library that watches is not installed. It is imported when it watches."""
    if find_spec("watchfiles") is None:
        raise problem(
            ("rules",),
            "rules that are watched need watchfiles, which is not installed",
            why="the bare matcher does without it, so it comes with an extra",
            write='pip install "ruler-events[route]"',
        )
