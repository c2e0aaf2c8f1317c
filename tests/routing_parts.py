"""Parts for tests of the router: a target and a source that do as they are told, and rule sets in one line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from ruler.route import OK, Delivery, Event, Ok, Outcome, Position, RuleSet, rule_set_of_mapping

ALL: Mapping[str, Any] = {"kind": [{"exists": True}]}


class FakeTarget:
    """Takes what ``answer`` says it takes, after ``seconds``. ``taken`` is what it took, ``tried`` all it was sent."""

    def __init__(self, answer: Callable[[Delivery], object] | None = None, seconds: float = 0.01) -> None:
        self.answer = answer or (lambda delivery: OK)
        self.seconds = seconds
        self.taken: list[Delivery] = []
        self.tried: list[Delivery] = []
        self.sends: list[list[Delivery]] = []
        self.at_once = self.most_at_once = 0
        self.closed = 0

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.sends.append(list(deliveries))
        try:
            await asyncio.sleep(self.seconds)
            outcomes: list[Any] = []
            for delivery in deliveries:
                self.tried.append(delivery)
                outcome = self.answer(delivery)
                if isinstance(outcome, Exception):
                    raise outcome
                if isinstance(outcome, Ok):
                    self.taken.append(delivery)
                outcomes.append(outcome)
            return outcomes
        finally:
            self.at_once -= 1

    async def close(self) -> None:
        self.closed += 1

    @property
    def numbers(self) -> list[int]:
        """The offsets of what it took."""
        return [each.event.position.offset for each in self.taken if each.event.position is not None]


class FakeSource:
    """Gives events and notes what is done; ``error`` is raised at the end of them, ``stays`` waits there."""

    def __init__(
        self, events: Sequence[Event], *, error: Exception | None = None, stays: bool = False, seconds: float = 0.0
    ) -> None:
        self.events = events
        self.error = error
        self.stays = stays
        self.seconds = seconds
        self.given = 0
        self.dones: list[Position] = []
        self.notes: list[str] = []  # "pause", "resume", "close" as they come

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        while self.given < len(self.events):
            if self.seconds:
                await asyncio.sleep(self.seconds)
            batch = self.events[self.given : self.given + max_events]
            self.given += len(batch)
            yield batch
        if self.error is not None:
            raise self.error
        if self.stays:
            await asyncio.Event().wait()

    def done(self, position: Position) -> None:
        self.dones.append(position)

    async def pause(self) -> None:
        self.notes.append("pause")

    async def resume(self) -> None:
        self.notes.append("resume")

    async def close(self) -> None:
        self.notes.append("close")

    @property
    def done_to(self) -> int:
        """The offset of the last position that is done; -1 when none is."""
        return self.dones[-1].offset if self.dones else -1


def some_events(count: int, *, keys: int = 0, source: str = "s", kind: str = "a") -> list[Event]:
    """Events with positions from 0 on, of so many keys; without keys for 0."""
    return [
        Event(b'{"kind": "%s", "n": %d}' % (kind.encode(), n), b"%d" % (n % keys) if keys else None)._replace(
            position=Position(source, n)
        )
        for n in range(count)
    ]


def rules_to(
    targets: Mapping[str, Mapping[str, Any]], *, dead_letter: str = "", rules: Mapping[str, Any] | None = None
) -> RuleSet:
    """A rule set of these targets, which the program brings; by itself one rule leads all events to all but "dlq"."""
    document: dict[str, Any] = {
        "targets": {name: {"brake": False, **settings} for name, settings in targets.items()},
        "rules": rules
        or {"all": {"pattern": ALL, "targets": [name for name in targets if not name.startswith("dlq")]}},
    }
    if dead_letter:
        document["dead_letter"] = dead_letter
    return rule_set_of_mapping(document, provided=list(targets))
