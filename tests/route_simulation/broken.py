"""Routers with one thing broken in each, to see that the ledger catches it.

Each variant replaces one small part of the runtime for as long as it is used; production code knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

from ruler.route import Retry, Target, router
from ruler.route.runtime import feed, outlet, outlets
from ruler.route.runtime.backoff import delay_after
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.flight import Entry, is_dead_letter
from ruler.route.runtime.lanes import FreeLanes, KeyLanes
from ruler.route.runtime.outlet import Outlet
from ruler.route.runtime.outlets import Outlets
from ruler.route.runtime.token_bucket import TokenBucket
from ruler.route.runtime.watermark import Watermark


class AnswersEarly(Outlet):
    """Acknowledges what it sends before the target answers, as a producer without acknowledgements would."""

    async def _send(self, target: Target, entries: list[Entry], *rest: Any) -> None:
        desk = self._desk
        desk.answered(entries)
        self._desk = _Deaf(desk)
        try:
            await super()._send(target, entries, *rest)
        finally:
            self._desk = desk


class _Deaf:
    """A desk that has been told already."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk

    def answered(self, entries: Sequence[Entry]) -> None:
        """Nothing new."""

    def refused(self, *anything: Any) -> None:
        """Nothing new."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


class JumpingWatermark(Watermark):
    """Takes the last position that is done for the one up to which all is done."""

    def advance(self) -> int:
        passed = super().advance()
        for counts, places, positions in self._segments:
            for place, position in zip(places, positions, strict=True):
                if not counts[place]:
                    self.position, passed = position, max(passed, 1)
        return passed


class SendsOn(Outlet):
    """Lets the next of a key go while the one before waits for its retry."""

    def _retry(self, entry: Entry, when: float) -> None:
        super()._retry(entry, when)
        lanes = self._lanes
        behind = lanes._behind.get(entry[2].event.key or b"") if isinstance(lanes, KeyLanes) else None
        if behind:
            lanes.ready.append(behind.popleft())


class CountsLettersEarly(Outlets):
    """Takes a dead letter for answered as soon as it is on its way."""

    def _send_letter(self, batch: Any, place: int, delivery: Any) -> None:
        super()._send_letter(batch, place, delivery)
        self._flight.answered([(batch, place, delivery, None)])

    def answered(self, entries: Iterable[Entry]) -> None:
        super().answered([entry for entry in entries if not is_dead_letter(entry[2])])


class DropsRetries(Outlet):
    """Forgets what is to be tried again."""

    def _retry(self, entry: Entry, when: float) -> None:
        """Nothing."""


class DropsRetriesSilently(Outlet):
    """Takes what is to be tried again for done."""

    def _retry(self, entry: Entry, when: float) -> None:
        self.status.lag -= 1
        self._desk.answered([entry])
        self._lanes.release([entry])


class GenerousBucket(TokenBucket):
    """Lets one more through than there are tokens."""

    def available(self, now: float) -> int:
        return super().available(now) + 1


class RetriesForEver(Outlet):
    """Tries again what the target has refused for good."""

    def _not_taken(self, entry: Entry, outcome: Any, began: float) -> bool:
        return super()._not_taken(entry, Retry(), began)


class RefilledBucket(TokenBucket):
    """Is full again after each change of settings."""

    def change(self, rate: float, burst: int, now: float) -> None:
        super().change(rate, burst, now)
        self._tokens = float(burst)


class BoundlessBudget(Budget):
    """Has room for everything."""

    def try_take(self, events: int, size: int) -> bool:
        super().add(size)
        self.events += events
        return True


class NeverStuck(Outlets):
    """Lets sources go on while nobody takes a dead letter."""

    def stuck(self) -> None:
        """Nothing follows."""


class ClosesEarly(Outlets):
    """Closes a target that is replaced while it is sent deliveries."""

    def _close_later(self, target: Target, sends: Any) -> None:
        super()._close_later(target, set())


def _impatient_delay(attempt: int, retry: Any, random: Any, after: float | None = None) -> float:
    return delay_after(attempt, retry, random)


class Variant(NamedTuple):
    """One thing that is broken, and what the ledger says of it."""

    module: ModuleType
    attribute: str
    replacement: object
    says: str


VARIANTS = {
    "acknowledges before the target answers": Variant(outlets, "Outlet", AnswersEarly, "is not settled"),
    "moves the watermark over an open position": Variant(feed, "Watermark", JumpingWatermark, "is not settled"),
    "sends on while a retry waits": Variant(outlets, "Outlet", SendsOn, "of the same key waits for its retry"),
    "counts a dead letter before it is taken": Variant(router, "Outlets", CountsLettersEarly, "is not settled"),
    "forgets a retry": Variant(outlets, "Outlet", DropsRetries, "nothing is ready and no timer is set"),
    "takes a retry for done": Variant(outlets, "Outlet", DropsRetriesSilently, "is not settled"),
    "lets more through than the rate": Variant(outlet, "TokenBucket", GenerousBucket, "more than its rate"),
    "fills a bucket when settings change": Variant(outlet, "TokenBucket", RefilledBucket, "more than its rate"),
    "has no budget": Variant(router, "Budget", BoundlessBudget, "more than"),
    "reads on while nobody takes a dead letter": Variant(router, "Outlets", NeverStuck, "nobody takes a dead letter"),
    "closes a target too early": Variant(router, "Outlets", ClosesEarly, "is closed while it is sent deliveries"),
    "knows no order": Variant(outlet, "lanes_for", lambda order: FreeLanes(), "of the same key"),
    "does not wait as long as it is asked to": Variant(
        outlet, "delay_after", _impatient_delay, "before the target asked"
    ),
    "retries what is refused": Variant(outlets, "Outlet", RetriesForEver, "is sent again, and it is refused"),
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """Routers made within this are broken in the way of this name."""
    variant = VARIANTS[name]
    with patch.object(variant.module, variant.attribute, variant.replacement):
        yield
