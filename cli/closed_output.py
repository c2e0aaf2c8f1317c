"""Ends routing when what reads standard output has gone: quietly, as other commands do, and without losing anything.

    ruler run config.toml | head -1     head has its line and ends -> no more is read -> what goes to other targets is
                                        delivered -> the end, with exit code 141

In: the targets of a process, as they are made. Always: what standard output did not take stays open, so that a source
that keeps its position gives it again; it is no dead letter, since nothing is wrong with it.
"""

from __future__ import annotations

import asyncio

from ruler.route.model import Target
from ruler.route.router import Router
from ruler.route.targets.stdout import StdoutTarget

SECONDS_BETWEEN = 0.05  # two looks at what other targets still have


class ClosedOutput:
    """Watches standard output, where a target writes to it, and stops the router when it is closed."""

    def __init__(self) -> None:
        self.is_closed = False
        self.router: Router | None = None
        self._names: set[str] = set()  # of the targets that write to it
        self._stopping: asyncio.Task[None] | None = None

    def watched(self, name: str, target: Target) -> Target:
        """Return the target; it tells from now on when standard output is closed."""
        if isinstance(target, StdoutTarget):
            self._names.add(name)
            target.on_closed = self._stop
        return target

    async def ended(self) -> None:
        """Wait until the stop that this has begun, if any, has ended."""
        if self._stopping is not None:
            await self._stopping

    def _stop(self) -> None:
        if self.is_closed or self.router is None:
            return
        self.is_closed = True
        self._stopping = asyncio.create_task(self._stop_after_the_others(self.router))

    async def _stop_after_the_others(self, router: Router) -> None:
        """Stop; what goes to other targets is delivered first, for as long as a graceful stop waits."""
        stopping = asyncio.create_task(router.stop())
        await asyncio.sleep(0)
        while not stopping.done() and self._others_have_some(router):
            await asyncio.wait([stopping], timeout=SECONDS_BETWEEN)
        await router.stop(at_once=True)
        await stopping

    def _others_have_some(self, router: Router) -> bool:
        return any(each.lag for name, each in router.status.targets.items() if name not in self._names)
