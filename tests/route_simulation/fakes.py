"""Sources and targets that fail as the dice say, and tell the ledger of all they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ruler.route import OK, Delivery, Event, Ok, Outcome, Position, Reject, Retry, TargetSettings

from .books import Item
from .schedule import Sent

if TYPE_CHECKING:
    from .world import World

FAULTS = ("retry", "retry later", "reject", "mixed", "some taken", "raise", "odd", "taken, then raise")
LONGEST_CLOSE = 60.0  # seconds, more than a router waits for it
STALLS = ("stall", "taken, then stall", "taken, then late")


class Broken(OSError):
    """What fakes raise."""


class FakeTarget:
    """A target that keeps what it takes in the ledger, and fails while there are faults left."""

    def __init__(self, world: World, settings: TargetSettings, check: Callable[[], None]) -> None:
        self.world = world
        self.check = check  # looks at the router as a whole
        self.life = world.life_count
        self.settings = settings
        self.name = settings.name
        self.running = 0
        self.is_closed = False
        self.in_order = self.name in world.schedule.family.in_order
        if most := (world.schedule.family.max_batch or {}).get(self.name):
            self.max_batch = most

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Take the deliveries, or some, or none; answer, or fail to."""
        world = self.world
        if world.is_over(self.life):
            raise Broken("this life is over")
        if self.is_closed:
            world.ledger.fail(f"{self.name} is sent deliveries after it was closed")
        items = world.ledger.begin_send(self.name, deliveries)
        self.check()
        world.note("%s <- %s", self.name, Shown(items))
        self.running += 1
        outcomes: list[Outcome] | None = None
        try:
            outcomes = await self._outcomes(items)
            return outcomes
        finally:
            self.running -= 1
            self._end(items, outcomes)

    def _end(self, items: list[Item], outcomes: list[Outcome] | None) -> None:
        world = self.world
        if world.is_over(self.life):
            return
        world.note("%s -> %s", self.name, Shown(outcomes) if outcomes else "no answer")
        if outcomes is None or len(outcomes) != len(items):
            world.ledger.lose(self.name, items)
        else:
            world.ledger.answer(self.name, items, outcomes)
            world.effect()

    async def _outcomes(self, items: list[Item]) -> list[Outcome]:
        dice, schedule = self.world.schedule.dice, self.world.schedule
        if schedule.latency and dice.random() < 0.8:
            await asyncio.sleep(schedule.latency * dice.random())
        fault = self._fault()
        if fault in ("raise", "stall"):
            await self._fail(fault)
        if fault is None or fault.startswith("taken"):
            for item in items:
                self._take(item)
            if fault == "taken, then late":
                await self._be_late()
            elif fault is not None:
                await self._fail(fault)
            if schedule.latency and dice.random() < 0.2:
                await asyncio.sleep(schedule.latency * dice.random())
            return [OK] * len(items)
        if fault == "odd":
            return await self._odd(items)
        if fault == "some taken":
            for item in items[: dice.randrange(len(items) + 1)]:
                self._take(item)
            raise Broken("broke off")
        return self._mixed(items, fault)

    def _fault(self) -> str | None:
        world = self.world
        if world.faults_left <= 0 or world.schedule.dice.random() >= world.schedule.fault_share:
            return None
        world.faults_left -= 1
        dice = world.schedule.dice
        return dice.choice(STALLS if dice.random() < world.schedule.stall_share else FAULTS)

    async def _odd(self, items: list[Item]) -> list[Outcome]:
        """What no target should do."""
        if self.world.schedule.dice.random() < 0.5:
            return [OK] * (len(items) + 1)
        raise asyncio.CancelledError

    async def _be_late(self) -> None:
        """Answer only when the router breaks off, as if it had not."""
        self.world.ledger.counts["late answers"] += 1
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(self.settings.timeout * 1.5)
            self._fail_by_timeout()
        self.world.ledger.life.has_late_answers = True

    async def _fail(self, fault: str) -> None:
        """Raise, or stall until the router breaks off."""
        if fault.endswith("raise"):
            raise Broken(f"{self.name} is broken")
        self.world.ledger.counts["stalls"] += 1
        await asyncio.sleep(self.settings.timeout * 1.5)
        self._fail_by_timeout()

    def _fail_by_timeout(self) -> None:
        self.world.ledger.fail(f"a send to {self.name} takes longer than its timeout of {self.settings.timeout} s")

    def _mixed(self, items: list[Item], fault: str) -> list[Outcome]:
        """An outcome for each; only Ok is taken. Where order is kept, nothing of a key after what was not."""
        dice = self.world.schedule.dice
        blocked: set[bytes | None] = set()
        outcomes: list[Outcome] = []
        for item in items:
            key = self.world.ledger.life.judged[item.number].sent.key
            if self.in_order and key is not None and key in blocked:
                outcomes.append(Retry(reason="after what was not taken"))
                continue
            kind = fault if fault != "mixed" else dice.choice(("ok", "ok", "retry", "retry later", "reject"))
            outcome = self._one(kind)
            if isinstance(outcome, Ok):
                self._take(item)
            else:
                blocked.add(key)
            outcomes.append(outcome)
        return outcomes

    def _one(self, kind: str) -> Outcome:
        if kind == "ok":
            return OK
        if kind == "retry":
            return Retry(reason="not now")
        if kind == "retry later":
            return Retry(self.world.schedule.dice.choice((0.0, 0.01, 1.0, 4.0)))
        return Reject("never")

    def _take(self, item: Item) -> None:
        if not self.world.is_over(self.life):
            self.world.ledger.take(item)
            self.world.effect()

    async def close(self) -> None:
        """Nothing may be under way, and nothing may follow."""
        if self.world.is_over(self.life):
            return
        self.world.note("%s is closed", self.name)
        if self.is_closed:
            self.world.ledger.fail(f"{self.name} is closed twice")
        if self.running:
            self.world.ledger.fail(f"{self.name} is closed while it is sent deliveries")
        self.is_closed = True
        dice, share = self.world.schedule.dice, self.world.schedule.fault_share / 4
        if dice.random() < share:
            await asyncio.sleep(LONGEST_CLOSE * dice.random())
        if dice.random() < share:
            raise Broken(f"{self.name} does not close well")


class FakeSource:
    """A source of one or more streams, each of which begins after its recorded position. It may break."""

    def __init__(self, world: World, name: str, streams: Mapping[str, Sequence[Sent]]) -> None:
        self.world = world
        self.life = world.life_count
        self.name = name
        recorded = world.ledger.recorded
        self.positions = {stream: recorded.get(stream, -1) for stream in streams}
        self.left = sorted(
            (sent.number, offset, sent)
            for stream, events in streams.items()
            for offset, sent in enumerate(events)
            if offset > self.positions[stream]
        )
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.is_closed = False

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield the events that are not recorded as done, some at a time."""
        schedule = self.world.schedule
        dice, begin = schedule.dice, 0
        while begin < len(self.left):
            if schedule.pauses and dice.random() < 0.5:
                await asyncio.sleep(schedule.pauses * dice.random())
            await self.may_go_on.wait()
            self._perhaps_break(0.1)
            batch = self._batch(begin, dice.randint(1, max_events), max_bytes)
            begin += len(batch)
            yield batch

    def _perhaps_break(self, share: float) -> None:
        if self.world.source_faults_left and self.world.schedule.dice.random() < share:
            self.world.source_faults_left -= 1
            self.world.note("%s breaks", self.name)
            self.world.ledger.counts["broken sources"] += 1
            raise Broken(f"{self.name} is broken")

    def _batch(self, begin: int, count: int, max_bytes: int) -> list[Event]:
        batch: list[Event] = []
        size = 0
        for _, offset, sent in self.left[begin : begin + count]:
            size += len(sent.data)
            if batch and size > max_bytes:
                break
            batch.append(Event(sent.data, sent.key, position=Position(sent.source, offset)))
            if not self.world.is_over(self.life):
                self.world.ledger.give(sent, offset)
        self.world.note("%s gives %s", self.name, Shown([sent for _, _, sent in self.left[begin : begin + len(batch)]]))
        return batch

    def done(self, position: Position) -> None:
        """Keep the position; it is recorded now or when the source is closed."""
        world = self.world
        if world.is_over(self.life):
            return
        world.note("%s is done", position)
        if self.is_closed:
            world.ledger.fail(f"{self.name} is told {position} is done after it was closed")
        if position.source not in self.positions:
            world.ledger.fail(f"{self.name} is told that {position} is done")
        world.ledger.done(position.source, position.offset)
        self._perhaps_break(0.02)
        self.positions[position.source] = position.offset
        if world.schedule.records_at_once:
            self._record()

    def _record(self) -> None:
        self.world.ledger.recorded.update(self.positions)
        self.world.effect()

    async def pause(self) -> None:
        """Yield nothing for now."""
        self._perhaps_break(0.05)
        self.may_go_on.clear()
        self.world.ledger.counts["pauses"] += 1

    async def resume(self) -> None:
        """Go on."""
        self._perhaps_break(0.05)
        self.may_go_on.set()

    async def close(self) -> None:
        """Record the position."""
        if self.world.is_over(self.life):
            return
        self.world.note("%s is closed", self.name)
        if self.is_closed:
            self.world.ledger.fail(f"{self.name} is closed twice")
        self.is_closed = True
        self._record()
        self._perhaps_break(0.1)


class Shown:
    """Items, outcomes or events as a trace shows them; made into text only where there is a trace."""

    def __init__(self, things: Sequence[Item | Outcome | Sent]) -> None:
        self.things = things

    def __str__(self) -> str:
        return ", ".join(map(_shown, self.things))


def _shown(thing: Item | Outcome | Sent) -> str:
    if isinstance(thing, Item):
        letter = f" dead letter of {thing.letter_of}" if thing.letter_of else ""
        return f"{thing.number} {'+'.join(thing.rules)}{letter}"
    if isinstance(thing, Sent):
        return f"{thing.number} {thing.kind} {(thing.key or b'-').decode()}"
    return "Ok" if isinstance(thing, Ok) else repr(thing)
