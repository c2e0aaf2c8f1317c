"""One life of a router: it is made, sources and producers and an operator work with it, and it is left.

What ends it early: a crash (world.py), a stop, a broken source, an event that is undeliverable, or a caller that gives
up a run. What is not settled then is left to the next life.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from ruler.route import Receipt, RuleSet, TargetSettings

from .fakes import Broken, FakeSource, FakeTarget
from .families import CANNOT_BE_MADE, Version
from .schedule import PUT, End, Schedule, Sent

if TYPE_CHECKING:
    from .world import World

WALL_CLOCK_BEGINS = 1_800_000_000.0
MOST_SHED = 200  # how often one event may be shed before that is called for ever


class RouterLike(Protocol):
    """What the simulation asks of a router."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *error: object) -> None: ...
    async def run(self, source: Any) -> None: ...
    async def put(self, data: bytes, *, key: bytes | None = None, id: str = "", shed: bool = False) -> Receipt: ...
    def change(self, rule_set: RuleSet) -> None: ...
    async def stop(self, *, at_once: bool = False) -> None: ...


class Kit(Protocol):
    """Makes routers, and knows their errors and their counters."""

    overloaded: type[Exception]
    stopped: type[Exception]
    undeliverable: type[Exception]
    unusable: type[Exception]

    def router(self, rules: Any, targets: Any, schedule: Schedule, **arguments: Any) -> RouterLike:
        """Make a router."""

    def put_nowait(self, router: Any, sent: Sent) -> Coroutine[Any, Any, Receipt]:
        """Put as code without a loop does, and await the receipt."""

    def busy(self, router: Any) -> str:
        """What the counters of a router say that goes beyond its limits; "" for nothing."""

    def left(self, router: Any, taken: int | None) -> str:
        """What the counters of a router say is left when all is settled. ``taken``: by targets, where that is known."""


class ChangingRules:
    """A RuleSource whose versions come from the operator. They are in force when the router has asked for them."""

    def __init__(self, version: Version, change: Callable[[Version], None]) -> None:
        self.version = version
        self.change = change
        self.queue: asyncio.Queue[Version] = asyncio.Queue()

    def current(self) -> RuleSet:
        return self.version.rule_set

    async def changes(self) -> AsyncIterator[RuleSet]:
        while True:
            version = await self.queue.get()
            self.change(version)
            yield version.rule_set


class Living:
    """A life. ``live`` once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.schedule = world.schedule
        self.ledger = world.ledger
        self.kit = world.kit
        self.number = world.life_count
        self.dice = world.schedule.dice
        self.note = world.note
        self.is_disturbed = False  # stopped, broken, or given up by someone
        self.targets: list[FakeTarget] = []
        self.rules: ChangingRules | None = None
        if self.schedule.uses_rule_source:
            self.rules = ChangingRules(world.version, self._begin_version)

    @property
    def is_over(self) -> bool:
        return self.world.is_over(self.number)

    async def live(self, end: End | None) -> bool:
        """Whether everything is settled at the end of it."""
        world = self.world
        settings = self.schedule.family.versions[0].targets
        self.router = self.kit.router(
            self.rules or world.version.rule_set,
            {name: self._make_target(settings[name]) for name in self.schedule.family.provided},
            self.schedule,
            make_target=self._make_target,
            random=Random(self.schedule.router_seed + self.number),
            wall_clock=lambda: WALL_CLOCK_BEGINS + world.loop.time(),
        )
        sources = [FakeSource(world, name, streams) for name, streams in self.schedule.by_source.items()]
        async with self.router:
            await self._work(sources, end)
        self._check_left()
        for source in sources:
            if not source.is_closed:
                with suppress(Broken):
                    await source.close()
        world.over.add(self.number)
        self.ledger.end_life(is_drained=end is None or end.how not in ("stop at once", "stop twice"))
        if not self.is_disturbed:
            self.ledger.close()
            if what := self.kit.left(self.router, None if self.schedule.changes else self.ledger.life.taken):
                self.ledger.fail(f"the end, and the counters say: {what}")
        return self.ledger.is_complete()

    def _make_target(self, settings: TargetSettings) -> FakeTarget:
        if settings.uri == CANNOT_BE_MADE:
            raise Broken(settings.uri)
        target = FakeTarget(self.world, settings, self._check_busy)
        self.targets.append(target)
        return target

    def _check_busy(self) -> None:
        if what := self.kit.busy(self.router):
            self.ledger.fail(what)

    def _check_left(self) -> None:
        leftover = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if leftover:
            self.ledger.fail(f"tasks are left behind: {', '.join(map(str, leftover))}")
        for target in self.targets:
            if not target.is_closed:
                self.ledger.fail(f"{target.name} is not closed")

    async def _work(self, sources: list[FakeSource], end: End | None) -> None:
        """Run the sources and the producer until they end."""
        make = asyncio.create_task
        runs = [make(self._run(source), name=f"run {source.name}") for source in sources]
        works = [*runs, make(self._produce(), name="producer")]
        helpers = [make(self._operate(), name="operator")]
        if end is not None and end.how.startswith("stop"):
            helpers.append(make(self._stop(end), name="stopper"))
        if end is not None and end.how == "give up" and runs:
            helpers.append(make(self._give_up(runs[0], end), name="who gives up"))
        await asyncio.gather(*works)
        self.note("all runs have ended")
        for helper in helpers:
            helper.cancel()
        for outcome in await asyncio.gather(*helpers, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    # ----- sources

    async def _run(self, source: FakeSource) -> None:
        try:
            await self.router.run(source)
        except Broken:
            self.ledger.abandon(source.positions)
            self._disturb("run %s ends, as the source is broken", source.name)
        except self.kit.undeliverable as error:
            self._disturb("run %s ends: %s", source.name, error)
            if not self.is_over:
                self.ledger.undeliverable()
        except asyncio.CancelledError:
            if not self.is_disturbed:
                raise
            self.ledger.abandon(source.positions)
            self.ledger.counts["runs given up"] += 1
            self.note("run %s is given up", source.name)
        else:
            self.note("run %s ends", source.name)

    def _disturb(self, text: str, *details: object) -> None:
        self.is_disturbed = True
        self.note(text, *details)

    async def _give_up(self, run: asyncio.Task[None], end: End) -> None:
        await self.world.wait(end.at)
        self._disturb(end.how)
        run.cancel()

    # ----- puts

    async def _produce(self) -> None:
        """Put what has no receipt yet, all at once or one after the other."""
        puts, pause = self.ledger.puts_left(), self.schedule.put_pause
        if not pause:
            await asyncio.gather(*(self._put_patiently(sent) for sent in puts))
            return
        for sent in puts:
            await self._put_patiently(sent)
            await asyncio.sleep(pause * self.dice.random())

    async def _put_patiently(self, sent: Sent) -> None:
        """Put one event, again when it is shed, until it has its receipt or there is none to be had."""
        for _ in range(MOST_SHED):
            try:
                if await self._put(sent):
                    return
            except self.kit.stopped:
                self._disturb("put %d is given up by the router", sent.number)
                return
            except self.kit.undeliverable as error:
                self._disturb("put %d: %s", sent.number, error)
                if not self.is_over:
                    self.ledger.undeliverable(sent.number)
                return
            except TimeoutError:
                self.ledger.abandon((PUT,))
                self.ledger.counts["puts given up"] += 1
                self._disturb("put %d is given up by its producer", sent.number)
                return
            await asyncio.sleep(0.5 + self.dice.random())
        self.ledger.fail(f"event {sent.number} is shed for ever")

    async def _put(self, sent: Sent) -> bool:
        """Put one event once. False when it was shed."""
        patience = self.dice.random() if self.dice.random() < self.schedule.impatience else None
        self.ledger.give_put(sent)
        self.note("put %d", sent.number)
        try:
            async with asyncio.timeout(patience):
                receipt = await self._receipt(sent)
        except self.kit.overloaded:
            if not self.is_over:
                self.note("put %d is shed", sent.number)
                self.ledger.shed(sent.number)
            return False
        if not self.is_over:
            self.note("put %d: %s", sent.number, receipt)
            self.ledger.receipt(sent.number, receipt.version, receipt.delivered, receipt.dead_letters)
            self.world.effect()
        return True

    async def _receipt(self, sent: Sent) -> Receipt:
        if self.schedule.sheds and self.dice.random() < 0.5:
            return await self.kit.put_nowait(self.router, sent)
        return await self.router.put(sent.data, key=sent.key, id=str(sent.number), shed=self.schedule.sheds)

    # ----- the operator

    async def _operate(self) -> None:
        """Change the rules when it is time."""
        world = self.world
        while world.changes_left:
            moment, index = world.changes_left[0]
            await world.wait(moment)
            world.changes_left.pop(0)
            version = self.schedule.family.versions[index]
            self.note("the operator changes to %s", version.name)
            if self.rules is None:
                self._change(version)
            else:
                self.rules.queue.put_nowait(version)

    def _change(self, version: Version) -> None:
        """Change the rules, unless a target of theirs cannot be made, which the router must say."""
        self._begin_version(version)
        try:
            self.router.change(version.rule_set)
        except self.kit.unusable as error:
            self.note("%s", error)
            if version.can_be_used:
                raise
        else:
            if not version.can_be_used and not self.is_disturbed:  # a router that has stopped uses none
                self.ledger.fail(f"{version.name} is used, and it cannot be")

    def _begin_version(self, version: Version) -> None:
        """The router is given a version that is in force from now on, if it can be used."""
        if version.can_be_used and not self.is_over:
            self.world.version = version
            self.ledger.change(version)

    async def _stop(self, end: End) -> None:
        await self.world.wait(end.at)
        self._disturb(end.how)
        self.ledger.counts["stops"] += 1
        if end.how == "stop twice":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.router.stop())
                await asyncio.sleep(self.dice.random())
                self.note("stop at once")
                group.create_task(self.router.stop(at_once=True))
        else:
            await self.router.stop(at_once=end.how == "stop at once")
        self.note("stopped")
