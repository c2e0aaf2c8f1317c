"""A router that is plain to see as correct: one event after the other, one delivery after the other.

It keeps every promise but speed, so the ledger must accept it; and it shows that the ledger judges promises, not the
way the real router keeps them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ruler.route import Delivery, Event, Ok, Outcome, Planner, Poison, Receipt, Reject, Retry, Route, RuleSet, Target

from .families import CANNOT_BE_MADE
from .schedule import Schedule, Sent


class Refused(Exception):
    """A delivery that its target refuses for good, and that has no dead letters."""


class Shed(Exception):
    """A put that found the router busy."""


class Ended(Exception):
    """A put to a router that has stopped."""


class Unusable(Exception):
    """A rule set of which a target cannot be made."""


class PlainRouter:
    """Routes one event after the other."""

    def __init__(self, rules: Any, provided: Mapping[str, Target], make_target: Callable[[Any], Target]) -> None:
        self.source = None if isinstance(rules, RuleSet) else rules
        self.rules: RuleSet = rules if self.source is None else rules.current()
        self.provided = provided
        self.make_target = make_target
        self.targets: dict[str, tuple[Any, Target]] = {}
        self.turn = asyncio.Lock()
        self.is_stopped = False
        self.helpers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> PlainRouter:
        if self.source is not None:
            self.helpers.append(asyncio.create_task(self._follow()))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()
        for helper in self.helpers:
            helper.cancel()
        await asyncio.gather(*self.helpers, return_exceptions=True)
        for target in [*self.provided.values(), *(target for _, target in self.targets.values())]:
            with suppress(OSError):
                await target.close()

    async def _follow(self) -> None:
        async for rule_set in self.source.changes():  # type: ignore[union-attr]
            with suppress(Unusable):
                self.change(rule_set)

    def change(self, rule_set: RuleSet) -> None:
        if any(settings.uri == CANNOT_BE_MADE for settings in rule_set.targets.values()):
            raise Unusable
        self.rules = rule_set

    async def stop(self, *, at_once: bool = False) -> None:
        self.is_stopped = True
        async with self.turn:
            return

    async def run(self, source: Any) -> None:
        async for batch in source.batches(max_events=1, max_bytes=1):
            for event in batch:
                async with self.turn:
                    if self.is_stopped:
                        return
                    await _to_its_end(self._route(event))
                    source.done(event.position)

    async def put(self, data: bytes, *, key: bytes | None = None, id: str = "", shed: bool = False) -> Receipt:
        if shed and self.turn.locked():
            raise Shed
        async with self.turn:
            if self.is_stopped:
                raise Ended
            return await _to_its_end(self._route(Event(data, key, id=id)))

    async def _route(self, event: Event) -> Receipt:
        rules = self.rules
        plan = Planner(rules).plan([event])
        taken = [await self._deliver(rules, each) for each in plan.deliveries]
        taken += [await self._bury(rules, poison, poison.reason, 0, rules.dead_letter) for poison in plan.poison]
        return Receipt(rules.version, taken.count(True), taken.count(False))

    async def _deliver(self, rules: RuleSet, delivery: Delivery) -> bool:
        """Whether the target has taken it, rather than the dead letters."""
        settings = rules.targets[delivery.target]
        letters = settings.dead_letter or rules.dead_letter
        outcome: Outcome = Retry()
        attempt = 0
        while not delivery.problem and attempt < settings.retry.attempts and not isinstance(outcome, Reject):
            attempt += 1
            outcome = await self._send(rules, delivery._replace(attempt=attempt))
            if isinstance(outcome, Ok):
                return True
        return await self._bury(rules, delivery, delivery.problem or "used up", attempt, letters)

    async def _bury(self, rules: RuleSet, what: Delivery | Poison, reason: str, attempts: int, letters: str) -> bool:
        if not letters:
            raise Refused
        record = json.dumps(_record(what, reason, attempts, rules.version), separators=(",", ":")).encode()
        delivery = Delivery(what.event, Route(letters, (), rules.digest, rules.version), record)
        after = rules.targets[letters].dead_letter or rules.dead_letter
        while True:
            outcome = await self._send(rules, delivery)
            if isinstance(outcome, Ok):
                return False
            if isinstance(outcome, Reject) and after not in ("", letters):
                return await self._bury(rules, what, reason, attempts, after)
            await asyncio.sleep(1)

    async def _send(self, rules: RuleSet, delivery: Delivery) -> Outcome:
        settings = rules.targets[delivery.target]
        target = await self._target(settings)
        if settings.rate is not None:
            await asyncio.sleep(1 / settings.rate)
        try:
            async with asyncio.timeout(settings.timeout):
                outcomes: Sequence[Outcome] = await target.send([delivery])
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            await asyncio.sleep(0.1)
            return Retry()
        if len(outcomes) != 1:
            return Retry()
        if isinstance(outcomes[0], Retry):
            await asyncio.sleep(outcomes[0].after or 0.1)
        return outcomes[0]

    async def _target(self, settings: Any) -> Target:
        if settings.name in self.provided:
            return self.provided[settings.name]
        before, target = self.targets.get(settings.name, (None, None))
        if target is None or before != settings:
            if target is not None:
                with suppress(OSError):
                    await target.close()
            target = self.make_target(settings)
            self.targets[settings.name] = settings, target
        return target


async def _to_its_end(routing: Coroutine[Any, Any, Receipt]) -> Receipt:
    """What has begun is ended, whoever gives up meanwhile."""
    task = asyncio.create_task(routing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _record(what: Delivery | Poison, reason: str, attempts: int, version: str) -> dict[str, Any]:
    position = what.event.position
    record: dict[str, Any] = {"reason": reason, "attempts": attempts, "version": version}
    record["position"] = {"source": position.source, "offset": position.offset} if position else None
    if isinstance(what, Poison):
        return record | {"target": "", "rules": [], "text": what.event.original.decode()}
    event = json.loads(what.event.original)
    return record | {"target": what.target, "rules": what.rules, "event": event}


class PlainKit:
    """Makes plain routers."""

    overloaded = Shed
    stopped = Ended
    undeliverable = Refused
    unusable = Unusable

    def router(self, rules: Any, targets: Any, schedule: Schedule, *, make_target: Any, **rest: Any) -> PlainRouter:
        return PlainRouter(rules, targets, make_target)

    async def put_nowait(self, router: Any, sent: Sent) -> Receipt:
        receipt: Receipt = await router.put(sent.data, key=sent.key, id=str(sent.number), shed=True)
        return receipt

    def busy(self, router: Any) -> str:
        return ""  # it counts nothing

    def left(self, router: Any, taken: int | None) -> str:
        return ""
