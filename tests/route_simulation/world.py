"""Runs one schedule: lives of a router, one after the other, until all is settled, under the eyes of the ledger."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from virtual_loop import Crashed, Deadlock, Endless, VirtualLoop

from .books import Violation
from .ledger import Ledger
from .life import Kit, Living
from .schedule import EFFECTS, STEPS, End, Moment, Schedule, schedule_of

MOST_LIVES = 60
MOST_STEPS = 400_000  # of one life


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
        self.awaited_effects: dict[int, list[asyncio.Future[None]]] = {}
        self.faults_left = schedule.fault_count
        self.source_faults_left = schedule.source_faults
        self.version = schedule.family.versions[schedule.first_version]
        self.changes_left = list(schedule.changes)

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
        for future in self.awaited_effects.pop(self.effects, ()):
            if not future.done():
                future.set_result(None)

    async def wait(self, moment: Moment) -> None:
        """Wait for the moment, from now on."""
        if moment.unit == EFFECTS:
            future: asyncio.Future[None] = self.loop.create_future()
            self.awaited_effects.setdefault(self.effects + int(moment.count), []).append(future)
            await future
        else:
            await asyncio.sleep(moment.count)

    def _end_at_once(self) -> None:
        """What follows a violation tells nothing."""
        self.over.add(self.life_count)
        self.loop.crash()

    # ----- lives

    def run(self) -> None:
        """Live until all is settled; Violation when something is that must not be."""
        ends = list(self.schedule.ends)
        with quiet_logs():
            while not self._live(ends.pop(0) if ends else None):
                if self.life_count > MOST_LIVES:
                    self.ledger.fail(f"after {MOST_LIVES} lives there is no end")
        self.ledger.close()

    def _live(self, end: End | None) -> bool:
        """One life; whether it was the last."""
        self.life_count += 1
        self.loop = VirtualLoop(start=self.loop.time(), most_steps=MOST_STEPS)
        self.awaited_effects.clear()
        self.effect_to_crash = None
        if end is not None and end.how == "crash":
            if end.at.unit == STEPS:
                self.loop.crash_at = int(end.at.count)
            else:
                self.effect_to_crash = self.effects + int(end.at.count)
        self.ledger.begin_life(self.version)
        self.note(
            "life %d begins with %s%s", self.life_count, self.version.name, f"; {end.how} after {end.at}" if end else ""
        )
        is_last = False
        try:
            is_last = self.loop.run_until_complete(Living(self).live(end))
        except Crashed:
            self.note("CRASH")
            self.ledger.counts["crashes"] += 1
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


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Within this the router logs nothing: what goes wrong is meant to."""
    logger = logging.getLogger("ruler.route")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def simulate(seed: int, kit: Kit, *, engine: str = "python", traces: bool = False) -> World:
    """Run the schedule of a seed; Violation when something is that must not be."""
    world = World(schedule_of(seed, engine), kit, traces=traces)
    world.run()
    return world


def failure_of(seed: int, kit: Kit, *, engine: str = "python") -> str:
    """What is wrong with a seed, with its schedule, its trace and how to see it again; "" when nothing is."""
    world = World(schedule_of(seed, engine), kit, traces=True)
    try:
        world.run()
    except Violation as error:
        shown = "\n".join(world.trace or ())
        again = f"python -m tests.route_simulation --seed {seed}"
        return f"{world.schedule}\n{shown}\n\nseed {seed}: {error}\nagain: {again}"
    return ""
