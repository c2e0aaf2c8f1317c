"""Runs one schedule: lives of a router, one after the other, until all is settled, under the eyes of the ledger."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import Any, Protocol

from virtual_loop import Crashed, Deadlock, Endless, VirtualLoop

from ruler.route import Receipt, RuleSet, TargetSettings

from .fakes import Broken, FakeSource, FakeTarget
from .ledger import Ledger, Violation
from .schedule import End, Schedule, Sent, schedule_of

MOST_LIVES = 60
MOST_STEPS = 400_000  # of one life
WALL_CLOCK_BEGINS = 1_800_000_000.0


class RouterLike(Protocol):
    """What the simulation asks of a router."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *error: object) -> None: ...
    async def run(self, source: Any) -> None: ...
    async def put(self, data: bytes, *, key: bytes | None = None, id: str = "", shed: bool = False) -> Receipt: ...
    def change(self, rule_set: RuleSet) -> None: ...
    async def stop(self, *, at_once: bool = False) -> None: ...


class Kit(Protocol):
    """Makes routers, and knows their errors."""

    overloaded: type[Exception]
    stopped: type[Exception]
    undeliverable: type[Exception]

    def router(self, rules: Any, schedule: Schedule, **arguments: Any) -> RouterLike: ...


class ChangingRules:
    """A RuleSource whose versions come from the operator."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self.queue: asyncio.Queue[RuleSet] = asyncio.Queue()

    def current(self) -> RuleSet:
        return self.rule_set

    async def changes(self) -> AsyncIterator[RuleSet]:
        while True:
            yield await self.queue.get()


class World:
    """What there is in one simulation beside the router: sources, targets, producers, an operator, the clock."""

    def __init__(self, schedule: Schedule, kit: Kit, *, traces: bool = False) -> None:
        self.schedule = schedule
        self.kit = kit
        self.trace: list[str] | None = [] if traces else None
        self.loop = VirtualLoop()
        self.ledger = Ledger(schedule, lambda: self.loop.time(), self.note, self._end_at_once)
        self.life_count = 0
        self.over: set[int] = set()
        self.effects = 0
        self.effect_to_crash: int | None = None
        self.faults_left = schedule.fault_count
        self.source_faults_left = schedule.source_faults
        self.version = schedule.family.versions[schedule.first_version]
        self.changes_left = list(schedule.changes)
        self.counts: Counter[str] = Counter()
        self.offsets = 0  # of puts
        self.has_been_stopped = False
        self.targets: list[FakeTarget] = []

    # ----- what fakes use

    def note(self, text: str, *details: object) -> None:
        """A line of the trace, filled in as logging does it, and only where there is a trace."""
        if self.trace is not None:
            shown = text % details if details else text
            self.trace.append(f"{self.life_count} {self.loop.time():10.4f} {self.loop.steps:6}  {shown}")

    def is_over(self, life: int) -> bool:
        """Whether this life has ended, so that nothing of it has effects any more."""
        return life in self.over

    def effect(self) -> None:
        """Something has happened that outlives a crash; the schedule may crash right after it."""
        self.effects += 1
        if self.effects == self.effect_to_crash:
            self.over.add(self.life_count)
            self.loop.crash()

    def _end_at_once(self) -> None:
        """What follows a violation tells nothing."""
        self.over.add(self.life_count)
        self.loop.crash()

    # ----- lives

    def run(self) -> None:
        """Live until all is settled; Violation when something is that must not be."""
        logging.getLogger("ruler.route").setLevel(logging.CRITICAL + 1)
        ends = list(self.schedule.ends)
        while not self._live(ends.pop(0) if ends else None):
            if self.life_count > MOST_LIVES:
                self.ledger.fail(f"after {MOST_LIVES} lives there is no end")
        self.ledger.close()

    def _live(self, end: End | None) -> bool:
        """One life; whether it was the last."""
        self.life_count += 1
        self.loop = VirtualLoop(start=self.loop.time(), most_steps=MOST_STEPS)
        self.targets = []
        self.has_been_stopped = False
        self.effect_to_crash = None
        if end is not None and end.how == "crash at step":
            self.loop.crash_at = int(end.at)
        if end is not None and end.how == "crash at effect":
            self.effect_to_crash = self.effects + int(end.at)
        self.ledger.begin_life(self.version)
        self.note("life %d begins with %s; it ends by %s", self.life_count, self.version.name, end or "itself")
        is_last = False
        try:
            is_last = self.loop.run_until_complete(self._life(end))
        except Crashed:
            self.note("CRASH")
            self.over.add(self.life_count)
            self.ledger.end_life(is_drained=False)
        except (Deadlock, Endless) as error:
            self._fail(str(error))
        except Exception as error:
            self._fail("the router raised " + "".join(traceback.format_exception(error)))
        finally:
            self.over.add(self.life_count)
            self.loop.drop()
        for problem in self.loop.problems:
            error = problem.get("exception")
            shown = "".join(traceback.format_exception(error)) if error else ""
            self._fail(f"nobody handled: {problem.get('message')} {shown}")
        if self.ledger.violation is not None:
            raise self.ledger.violation
        return is_last

    def _fail(self, what: str) -> None:
        if self.ledger.violation is None:
            with suppress(Violation):  # it is raised when the life is over
                self.ledger.fail(what)

    async def _life(self, end: End | None) -> bool:
        """A router is made, works, and is left. Whether everything is settled."""
        rules = ChangingRules(self.version.rule_set) if self.schedule.uses_rule_source else None
        router = self.kit.router(
            rules or self.version.rule_set,
            self.schedule,
            make_target=self._make_target,
            random=Random(self.schedule.router_seed + self.life_count),
            wall_clock=lambda: WALL_CLOCK_BEGINS + self.loop.time(),
        )
        events = self.schedule.by_source
        sources = [FakeSource(self, name, events[name]) for name in events if name != "put"]
        async with router:
            is_undisturbed = await self._work(router, rules, sources, end)
        leftover = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if leftover:
            self.ledger.fail(f"tasks are left behind: {', '.join(map(str, leftover))}")
        self._check_closed()
        for source in sources:
            if not source.is_closed:
                await source.close()
        self.over.add(self.life_count)
        is_at_once = end is not None and end.how == "stop at once"
        self.ledger.end_life(is_drained=not is_at_once)
        if is_undisturbed:
            self.ledger.close()
        return self.ledger.is_complete()

    def _check_closed(self) -> None:
        for target in self.targets:
            if not target.is_closed:
                self.ledger.fail(f"{target.name} is not closed")

    def _make_target(self, settings: TargetSettings) -> FakeTarget:
        target = FakeTarget(self, settings)
        self.targets.append(target)
        return target

    def _puts_left(self) -> list[Sent]:
        settled = self.ledger.settled_puts
        return [sent for sent in self.schedule.events if sent.source == "put" and sent.number not in settled]

    async def _work(
        self, router: RouterLike, rules: ChangingRules | None, sources: list[FakeSource], end: End | None
    ) -> bool:
        """Run the sources and the producer until they end; whether nobody stopped or broke them."""
        runs = [asyncio.create_task(self._run(router, source), name=f"run {source.name}") for source in sources]
        if self._puts_left():
            runs.append(asyncio.create_task(self._produce(router), name="producer"))
        helpers = [asyncio.create_task(self._operate(router, rules), name="operator")]
        if end is not None and end.how.startswith("stop"):
            helpers.append(asyncio.create_task(self._stop(router, end), name="stopper"))
        ended = await asyncio.gather(*runs)
        self.note("all runs have ended")
        for helper in helpers:
            helper.cancel()
        for outcome in await asyncio.gather(*helpers, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        return all(ended) and not self.has_been_stopped

    async def _run(self, router: RouterLike, source: FakeSource) -> bool:
        """Run a source; whether no error ended it."""
        try:
            await router.run(source)
        except Broken:
            self.note("run %s ends, as the source is broken", source.name)
            return False
        except self.kit.undeliverable as error:
            self.note("run %s ends: %s", source.name, error)
            if not self.is_over(source.life):
                self.ledger.undeliverable()
            return False
        self.note("run %s ends", source.name)
        return True

    async def _produce(self, router: RouterLike) -> bool:
        """Put what has no receipt yet; whether all has one now."""
        puts, pause = self._puts_left(), self.schedule.put_pause
        if not pause:
            return all(await asyncio.gather(*(self._put(router, sent) for sent in puts)))
        ended = True
        for sent in puts:
            ended = await self._put(router, sent) and ended
            await asyncio.sleep(pause * self.schedule.dice.random())
        return ended

    async def _put(self, router: RouterLike, sent: Sent) -> bool:
        """Put one event, again when it is shed; whether it has its receipt."""
        life = self.life_count
        for _ in range(200):
            self.offsets += 1
            self.ledger.give(sent, self.offsets, len(sent.data))
            self.note("put %d", sent.number)
            try:
                receipt = await router.put(sent.data, key=sent.key, id=str(sent.number), shed=self.schedule.sheds)
            except self.kit.overloaded:
                if self.is_over(life):
                    return False
                self.note("put %d is shed", sent.number)
                self.counts["shed"] += 1
                self.ledger.shed(sent.number)
                await asyncio.sleep(0.5 + self.schedule.dice.random())
                continue
            except self.kit.stopped:
                self.note("put %d is given up", sent.number)
                return False
            except self.kit.undeliverable as error:
                if self.is_over(life):
                    return False
                self.note("put %d: %s", sent.number, error)
                self.ledger.undeliverable(sent.number)
                return False
            if self.is_over(life):
                return False
            self.note("put %d: %s", sent.number, receipt)
            self.ledger.receipt(sent.number, receipt.version, receipt.delivered, receipt.dead_letters)
            self.effect()
            return True
        self.ledger.fail(f"event {sent.number} is shed for ever")
        return False

    async def _operate(self, router: RouterLike, rules: ChangingRules | None) -> None:
        """Change the rules when it is time."""
        loop = asyncio.get_running_loop()
        while self.changes_left:
            time, index = self.changes_left[0]
            await asyncio.sleep(max(0.0, time - loop.time()))
            self.changes_left.pop(0)
            self.version = self.schedule.family.versions[index]
            self.note("change to %s", self.version.name)
            self.ledger.change(self.version)
            if rules is None:
                router.change(self.version.rule_set)
            else:
                rules.queue.put_nowait(self.version.rule_set)

    async def _stop(self, router: RouterLike, end: End) -> None:
        await asyncio.sleep(end.at)
        self.note(end.how)
        self.has_been_stopped = True
        await router.stop(at_once=end.how == "stop at once")
        self.note("stopped")


def simulate(seed: int, kit: Kit, *, engine: str = "python", traces: bool = False, only: str | None = None) -> World:
    """Run the schedule of a seed; Violation when something is that must not be."""
    world = World(schedule_of(seed, engine, only), kit, traces=traces)
    world.run()
    return world


def failure_of(seed: int, kit: Kit, *, engine: str = "python", only: str | None = None) -> str:
    """What is wrong with a seed, with its schedule, its trace and how to see it again; "" when nothing is."""
    world = World(schedule_of(seed, engine, only), kit, traces=True)
    try:
        world.run()
    except Violation as error:
        shown = "\n".join(world.trace or ())
        again = f"python -m tests.route_simulation --seed {seed}"
        return f"{world.schedule}\n{shown}\n\nseed {seed}: {error}\nagain: {again}"
    return ""
