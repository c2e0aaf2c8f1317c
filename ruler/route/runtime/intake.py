"""Where events come in: they are planned, counted, and given to the outlets of their targets.

In: a batch of a source, or events that were put, each with its room in the budget. Out: deliveries in the outlets.

    put, put, put | one turn of the loop | flush -> one batch of three -> plan -> outlets

Always: a batch is judged by one rule set, whole; puts of one turn of the loop are planned together, ``batch_events`` at
a time; every put that is appended is answered.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ruler.route.model import Delivery, Event
from ruler.route.plan import Plan
from ruler.route.rule_set import RuleSet
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.feed import Feed
from ruler.route.runtime.flight import Batch, Flight, Put
from ruler.route.runtime.limits import Limits
from ruler.route.runtime.outlets import Outlets
from ruler.route.runtime.problems import stopped
from ruler.route.runtime.status import RouterStatus


class Plans(Protocol):
    """What decides where events go: a Planner, or a replay, which has decided already."""

    rule_set: RuleSet

    def plan(self, events: Sequence[Event], /) -> Plan:
        """Return what is to be delivered of events."""


class Intake:
    """Plans events. ``append`` may be called by any thread, the rest by the loop's."""

    def __init__(
        self,
        planner: Plans,
        outlets: Outlets,
        limits: Limits,
        budget: Budget,
        flight: Flight,
        status: RouterStatus,
    ) -> None:
        self.planner = planner
        self._outlets = outlets
        self._limits = limits
        self._budget = budget
        self._flight = flight
        self._status = status
        self._pending: deque[Put] = deque()
        self._is_flush_due = False
        self._is_closed = False
        self._lock = threading.Lock()

    def append(self, put: Put, call_soon: Callable[[Callable[[], None]], object]) -> None:
        """Let an event, which has room, be planned in the next turn of the loop. Stopped when there is none."""
        with self._lock:
            if self._is_closed:
                raise stopped()  # and its room stays taken, in a budget that nobody uses any more
            self._pending.append(put)
            if not self._is_flush_due:
                self._is_flush_due = True
                call_soon(self.flush)

    def close(self) -> None:
        """Take no more puts, and plan those that were taken."""
        with self._lock:
            self._is_closed = True
        self.flush()

    def flush(self) -> None:
        """Plan the events that were put in this turn of the loop together."""
        with self._lock:
            self._is_flush_due = False
        pending, most = self._pending, self._limits.batch_events
        while pending:
            puts = [pending.popleft() for _ in range(min(most, len(pending)))]
            sizes = [len(put.event.data) for put in puts]
            try:
                self.admit(None, [put.event for put in puts], sizes, puts)
            except Exception as error:  # so that nobody waits for ever: whoever put an event is told
                for put in puts:
                    put.error = error
                    put.answer("")

    def admit(self, reader: Feed | None, events: Sequence[Event], sizes: list[int], puts: Sequence[Put] = ()) -> None:
        """Plan events that have room, and give their deliveries to the outlets."""
        planner = self.planner
        try:
            plan = planner.plan(events)
        except BaseException:
            self._budget.give(len(puts), sum(sizes))  # a source gives back its events itself
            raise
        counts, deliveries = plan.counts, plan.deliveries
        places = [place for place, count in enumerate(counts) for _ in range(count)]
        for place in plan.poison_places:
            counts[place] += 1
        batch = Batch(counts, sizes, planner.rule_set.version, reader, puts)
        self._count_shaped(batch, events, deliveries, places)
        status = self._status
        status.events += len(counts)
        status.matched += plan.matched
        status.unmatched += plan.unmatched
        status.poison += len(plan.poison)
        if plan.shadow:
            status.shadow.update(plan.shadow)
        if reader is not None:
            reader.begin(batch, events)
        self._flight.admit(batch)
        for place, poison in zip(plan.poison_places, plan.poison, strict=True):
            self._outlets.offer_poison(batch, place, poison)
        self._outlets.offer(batch, deliveries, places)

    def _count_shaped(
        self, batch: Batch, events: Sequence[Event], deliveries: Sequence[Delivery], places: Sequence[int]
    ) -> None:
        """Count the bytes that were made of events, in the budget too."""
        sizes, shaped = batch.sizes, 0
        for place, delivery in zip(places, deliveries, strict=True):
            if delivery.data is not events[place].data:
                size = len(delivery.data)
                sizes[place] += size
                shaped += size
        if shaped:
            self._budget.add(shaped)
