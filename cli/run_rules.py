"""The rules of ``ruler run`` while it runs: read again when their files change, and on SIGHUP.

    routes/shop.json is saved  ->  read in a thread  ->  no errors: given to the router, between two batches
                                                         errors: told; the rules of before go on

Idea: directories are watched, not files, since editors and deployments replace files; which of the events there matter
is told by what the files look like (inode, size, time), so that logs and dead letters may grow beside them.

Always: a rule set that is given has no errors. What else stands in the config (source, limits, serve) is read at the
start only; that it changed is told.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence

from ruler.findings import Finding
from ruler.route import RuleSetError
from ruler.route.config import Config
from ruler.route.document import SUFFIXES
from ruler.route.rule_set import RuleSet
from ruler_cli.run import RunPlan, read_part

logger = logging.getLogger("ruler.route.run")

Looks = tuple[tuple[str, int, int, int], ...]  # path, inode, size and time of each file


class WatchedRules:
    """A RuleSource: the rule sets of a config, one after the other. ``tell_bad`` takes the errors of a bad one."""

    def __init__(self, plan: RunPlan, tell_bad: Callable[[Sequence[Finding]], None]) -> None:
        self.is_fine = True  # whether the files hold what is used
        self._plan = plan
        self._config: Config = plan.config
        self._rule_set = plan.rule_set
        self._tell_bad = tell_bad
        self._stirred = asyncio.Event()
        self._is_asked = False
        self._looks = looks_of(plan.config.paths)

    def current(self) -> RuleSet:
        return self._rule_set

    def read_again(self) -> None:
        """Read the rules again, changed or not."""
        logger.info("SIGHUP: reading the rules again")
        self._is_asked = True
        self._stirred.set()

    async def changes(self) -> AsyncIterator[RuleSet]:
        """Yield each rule set without errors that is not the one of before."""
        watching = asyncio.create_task(self._watch(self._config.paths))
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                paths = self._config.paths
                rule_set = await self._read()
                if rule_set is not None:
                    yield rule_set
                if self._config.paths != paths:
                    watching.cancel()
                    await asyncio.wait([watching])
                    watching = asyncio.create_task(self._watch(self._config.paths))
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _read(self) -> RuleSet | None:
        """The rule set of now, if it is another one; its errors are told."""
        looks = await asyncio.to_thread(looks_of, self._config.paths)
        if looks == self._looks and not self._is_asked:
            return None
        self._looks, self._is_asked = looks, False
        try:
            config, rule_set = await asyncio.to_thread(read_part, self._plan.options)
        except RuleSetError as error:
            self.is_fine = False
            self._tell_bad(error.findings)
            return None
        self.is_fine = True
        if config.settings != self._config.settings:
            logger.warning("source, limits or serve have changed in %s; that counts from the next start", config.path)
        self._config = config
        before, self._rule_set = self._rule_set, rule_set
        if (before.digest, before.version) == (rule_set.digest, rule_set.version):
            logger.info("the rules mean what they meant", extra={"version": rule_set.version})
            return None
        extra = {"before": before.version, "version": rule_set.version, "rules": len(rule_set.rules)}
        logger.info("the rules have changed", extra=extra)
        return rule_set

    async def _watch(self, paths: Sequence[str]) -> None:
        """Stir when something happens where the files are."""
        from watchfiles import awatch

        places = {path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths}
        try:
            async for _ in awatch(*places, watch_filter=None, recursive=False):
                self._stirred.set()
        except (OSError, RuntimeError) as error:  # such as: no more watches may be had
            logger.warning("the rules are not watched, SIGHUP reads them again: %s", error)


def looks_of(paths: Sequence[str]) -> Looks:
    """What the files look like, those of directories too; what is not there is left out."""
    found = []
    for path in paths:
        try:
            names = [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.lower().endswith(SUFFIXES)]
        except NotADirectoryError:
            names = [path]
        except OSError:
            names = []
        for name in names:
            try:
                status = os.stat(name)
            except OSError:
                continue  # reading tells of it
            found.append((name, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)
