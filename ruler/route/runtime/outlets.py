"""The ways to all targets: by name, through changes of rules, and on to dead letters.

In: rule sets, one after the other; plans. Out: deliveries in the outlets of their targets; what a target refuses goes
on to its dead letters.

    rule set 1: ops, audit      outlets ops, audit
    rule set 2: ops             ops goes on with what it has; audit drains, and is closed when nothing is left in it

Always: a target is made anew only when its uri, its options or its time-out change; an outlet is not let go while it,
or one whose dead letters it takes, still has deliveries. Targets that the program brought are closed at the end only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from ruler.route.dead_letters import INPUT, dead_letter_delivery
from ruler.route.model import Delivery, Position, Route, Target
from ruler.route.options import shown_uri
from ruler.route.plan import Poison
from ruler.route.rule_set import RuleSet, TargetSettings
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.flight import Batch, Entry, Flight
from ruler.route.runtime.limits import CLOSE_SECONDS
from ruler.route.runtime.outlet import Outlet
from ruler.route.runtime.problems import RouterError, Undeliverable
from ruler.route.runtime.status import REMOVED, RouterStatus, TargetStatus

logger = logging.getLogger("ruler.route.outlets")
WRITE_DEAD_LETTER = '"dead_letter": "dlq" at the top of the rule set, or in the target, and a target "dlq"'


class Outlets:
    """The outlets by the names of their targets. Made on the running loop."""

    def __init__(
        self,
        provided: Mapping[str, Target],
        make_target: Callable[[TargetSettings], Target],
        flight: Flight,
        budget: Budget,
        status: RouterStatus,
        random: Random,
        wall_clock: Callable[[], float],
        on_broken: Callable[[BaseException], None],
    ) -> None:
        self.unstuck = asyncio.Event()  # cleared while a dead letter is taken by nobody
        self.unstuck.set()
        self.broken = on_broken
        self._provided = provided
        self._make_target = make_target
        self._flight = flight
        self._budget = budget
        self._status = status
        self._random = random
        self._wall_clock = wall_clock
        self._by_name: dict[str, Outlet] = {}
        self._rule_set: RuleSet | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._to_pump: dict[Outlet, None] = {}  # in the order in which they are to be pumped
        self._loop = asyncio.get_running_loop()

    # ----- rule sets

    def change(self, rule_set: RuleSet) -> None:
        """Follow a rule set. RouterError, and nothing has changed, when one of its targets cannot be made."""
        made = self._made_targets(rule_set)
        self._rule_set = rule_set
        for name, settings in rule_set.targets.items():
            dead_letter = settings.dead_letter or rule_set.dead_letter
            outlet = self._by_name.get(name)
            if outlet is None:
                status = self._status.targets.setdefault(name, TargetStatus())
                self._by_name[name] = Outlet(settings, made[name], dead_letter, self, self._random, status)
                continue
            if name in made:
                old, sends = outlet.replace(made[name])
                self._close_later(old, sends)
            outlet.is_retired = False
            outlet.change(settings, dead_letter)
        for name, outlet in self._by_name.items():
            outlet.is_retired = name not in rule_set.targets
        for outlet in list(self._by_name.values()):
            outlet.pump()
        self._let_go()

    def _made_targets(self, rule_set: RuleSet) -> dict[str, Target]:
        """The targets that have to be made for a rule set."""
        made: dict[str, Target] = {}
        for name, settings in rule_set.targets.items():
            outlet = self._by_name.get(name)
            if outlet is not None and (name in self._provided or _is_same(outlet.settings, settings)):
                continue
            try:
                made[name] = self._provided[name] if name in self._provided else self._make_target(settings)
            except Exception as error:  # of a plug-in, perhaps: any
                for target in made.values():
                    self._close_later(target, set())
                what = f'the target "{name}" cannot be made: {error}'
                raise RouterError(what, why=f"its uri is {shown_uri(settings.uri)}") from error
        return made

    # ----- deliveries

    def offer(self, batch: Batch, deliveries: Sequence[Delivery], places: Iterable[int]) -> None:
        """Give deliveries to the outlets of their targets; ``places``: of the event of each in its batch."""
        entries: dict[str, list[Entry]] = {}
        for place, delivery in zip(places, deliveries, strict=True):
            name = delivery.route.target
            if delivery.problem:
                self._by_name[name].status.rejected += 1
                self._refuse(self._by_name[name], (batch, place, delivery, None), INPUT, delivery.problem)
            elif name in entries:
                entries[name].append((batch, place, delivery, None))
            else:
                entries[name] = [(batch, place, delivery, None)]
        for name, found in entries.items():
            outlet = self._by_name[name]
            outlet.offer(found)
            outlet.pump()

    def offer_poison(self, batch: Batch, place: int, poison: Poison) -> None:
        """Give an event that is none to the dead letters of the rule set."""
        assert self._rule_set is not None
        name = self._rule_set.dead_letter
        entry = (batch, place, Delivery(poison.event, _NOWHERE, b""), None)
        if not name:
            self._flight.failed(entry, _undeliverable(poison.event.position, "", poison.reason))
            return
        delivery = dead_letter_delivery(
            poison,
            name,
            reason=poison.reason,
            code=poison.code,
            wall_time=self._wall_clock(),
            version=self._rule_set.version,
            digest=self._rule_set.rules_digest,
        )
        self._send_letter(batch, place, delivery)

    # ----- what outlets report

    def answered(self, entries: Sequence[Entry]) -> None:
        """A target has taken these."""
        self._flight.answered(entries)

    def refused(self, outlet: Outlet, entry: Entry, code: str, reason: str) -> None:
        """A target will not take this one, ever."""
        self._refuse(outlet, entry, code, reason)

    def stuck(self) -> None:
        """An outlet is stuck, or is so no longer: sources wait while one is."""
        if any(outlet.is_stuck for outlet in self._by_name.values()):
            self.unstuck.clear()
        else:
            self.unstuck.set()

    def emptied(self, outlet: Outlet) -> None:
        """Nothing is left in an outlet."""
        if outlet.is_retired:
            self._let_go()

    # ----- dead letters

    def _refuse(self, outlet: Outlet, entry: Entry, code: str, reason: str) -> None:
        batch, place, delivery, _ = entry
        name = outlet.dead_letter_of(delivery)
        if not name:
            outlet.status.undeliverable += 1
            self._flight.failed(entry, _undeliverable(delivery.event.position, outlet.name, reason))
            return
        outlet.status.dead_letters += 1
        letter = dead_letter_delivery(
            delivery,
            name,
            target=outlet.name,
            reason=reason,
            code=code,
            attempts=0 if delivery.problem else delivery.attempt,
            wall_time=self._wall_clock(),
        )
        self._send_letter(batch, place, letter)

    def _send_letter(self, batch: Batch, place: int, delivery: Delivery) -> None:
        """Give a dead letter to its target. Its bytes are in flight until the event is settled."""
        batch.sizes[place] += len(delivery.data)
        self._budget.add(len(delivery.data))
        outlet = self._by_name[delivery.route.target]
        outlet.offer([(batch, place, delivery, None)])
        if not self._to_pump:
            self._loop.call_soon(self._pump)
        self._to_pump[outlet] = None

    def _pump(self) -> None:
        to_pump, self._to_pump = self._to_pump, {}
        for outlet in to_pump:
            outlet.pump()

    # ----- letting go

    def _let_go(self) -> None:
        """Let go of outlets that are no longer named and have nothing left, nor could get dead letters."""
        while True:
            needed = {outlet.dead_letter for outlet in self._by_name.values()}
            needed |= {outlet.settings.dead_letter for outlet in self._by_name.values()}
            gone = [
                outlet
                for name, outlet in self._by_name.items()
                if outlet.is_retired and outlet.is_empty and name not in needed
            ]
            if not gone:
                return
            for outlet in gone:
                del self._by_name[outlet.name]
                outlet.stop()
                outlet.status.state = REMOVED
                self._close_later(outlet.target, set())

    def _close_later(self, target: Target, sends: set[asyncio.Task[None]]) -> None:
        if any(target is each for each in self._provided.values()):
            return
        task = self._loop.create_task(_close(target, sends))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def halt(self) -> None:
        """Cancel what is in a send, and start nothing more. What is not answered stays so."""
        for outlet in self._by_name.values():
            outlet.stop()

    async def close(self) -> None:
        """Wait for the sends that were cancelled, and close all targets. After ``halt``."""
        sends = {task for outlet in self._by_name.values() for task in outlet.tasks}
        if sends:
            _, left = await asyncio.wait(sends, timeout=CLOSE_SECONDS)
            if left:
                logger.error("%d sends go on, though they were cancelled", len(left), extra={"sends": len(left)})
        targets = {id(outlet.target): outlet.target for outlet in self._by_name.values()}
        targets.update({id(target): target for target in self._provided.values()})
        closing = [self._loop.create_task(_close(target, set())) for target in targets.values()]
        if closing or self._closing:
            # Each is bounded itself, but for one that waits for a send that goes on.
            await asyncio.wait([*closing, *self._closing], timeout=2 * CLOSE_SECONDS)


_NOWHERE = Route("", ())  # of events that are none


async def _close(target: Target, sends: set[asyncio.Task[None]]) -> None:
    """Close a target after its sends."""
    if sends:
        await asyncio.wait(sends)
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await target.close()
    except Exception as error:  # all it took has been answered; what is left open is told, and the others are closed
        logger.error("a target was not closed: %s", error or type(error).__name__, extra={"error": repr(error)})


def _is_same(before: TargetSettings, now: TargetSettings) -> bool:
    """Whether one target will do for both settings."""
    return (before.uri, before.options, before.timeout) == (now.uri, now.options, now.timeout)


def _undeliverable(position: Position | None, target: str, reason: str) -> Undeliverable:
    what = f"the target {target} has refused a delivery: {reason}" if target else f"data that are no event: {reason}"
    return Undeliverable(
        what,
        where="" if position is None else str(position),
        why="nothing takes dead letters, so the event is not done",
        write=WRITE_DEAD_LETTER,
    )
