"""The way to one target: what waits, how fast it goes, what comes back, and when it is tried again.

    offer -> lanes -> (brake, token bucket, concurrency) -> send -> Ok      -> answered
                ^                                              -> Retry   -> after a while, into its lane again
                +------------ held by the brake <------------- -> Reject, or tries used up -> refused: dead letters

In: entries, settings. Out: calls of its Desk. ``pump`` starts as many sends as may start now, and sets one timer for
when more may; it is called whenever that may have changed. One task for each send, none for a delivery.

Always: an entry that was offered is in the lanes, in a send, or waiting for another try, until it is answered or
refused; ``status.lag`` is how many there are. Of the last dead-letter target nothing is refused: it is tried for ever.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from random import Random
from typing import Protocol

from ruler.route.dead_letters import REJECTED
from ruler.route.model import Delivery, Ok, Outcome, Retry, Target
from ruler.route.rule_set import BrakeSettings, TargetSettings
from ruler.route.runtime.ages import Ages
from ruler.route.runtime.backoff import asked_wait, delay_after, used_up
from ruler.route.runtime.brake import CLOSED, PAUSED, PROBE, Brake
from ruler.route.runtime.flight import Batch, Entry, is_dead_letter
from ruler.route.runtime.lanes import KeyLanes, Lanes, lanes_for
from ruler.route.runtime.retries import Retries
from ruler.route.runtime.sending import outcomes_of, shortened
from ruler.route.runtime.status import DRAINING, OPEN, PROBING, STUCK, TargetStatus
from ruler.route.runtime.token_bucket import TokenBucket


class Desk(Protocol):
    """Who an outlet reports to (outlets.py)."""

    def answered(self, entries: Sequence[Entry]) -> None:
        """The target has taken these."""

    def refused(self, outlet: Outlet, entry: Entry, code: str, reason: str) -> None:
        """The target will not take this one, ever; ``code`` is one of those of dead_letters.py."""

    def stuck(self) -> None:
        """An outlet is stuck, or is so no longer."""

    def emptied(self, outlet: Outlet) -> None:
        """Nothing is left in the outlet. May be told more than once."""

    def broken(self, error: BaseException) -> None:
        """A bug of ours."""


class Outlet:
    """The way to one target."""

    def __init__(
        self,
        settings: TargetSettings,
        target: Target,
        dead_letter: str,
        desk: Desk,
        random: Random,
        status: TargetStatus,
    ) -> None:
        self.name = settings.name
        self.target = target
        self.settings = settings
        self.dead_letter = dead_letter  # the target that takes what this one refuses; "" for none
        self.status = status
        self.is_retired = False  # the rules no longer name it
        self.is_stopped = False
        self.tasks: dict[asyncio.Task[None], Target] = {}  # the sends under way, each to its target
        self._desk = desk
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._lanes: Lanes = lanes_for(settings.order)
        self._order = settings.order  # that should be: the lanes follow when nothing is in a send
        self._brake = Brake(_brake_of(settings, dead_letter))
        self._bucket = _bucket_of(settings, self._loop.time())
        self._retries = Retries()
        self._stuck: set[tuple[Batch, int, str]] = set()  # dead letters that nobody takes; the id of each
        self._ages = Ages()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    def offer(self, entries: list[Entry]) -> None:
        """Take more deliveries, which come behind all that are here. Call pump afterwards."""
        if not entries:
            return
        self._ages.add(entries, self._loop.time())
        self.status.lag += len(entries)
        self.status.oldest_at = self._ages.oldest_at
        self._lanes.offer_all(entries)

    @property
    def is_stuck(self) -> bool:
        """Whether this is the last dead-letter target of a dead letter, and does not take it."""
        return bool(self._stuck)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be answered."""
        return not self.status.lag and not self.tasks

    def pump(self) -> None:
        """Start what may start now."""
        if self.is_stopped:
            return
        now = self._loop.time()
        lanes = self._lanes
        for entry in self._retries.due(now):
            lanes.resume(entry)
        if lanes.order != self._order:
            if self.tasks:
                return  # what is in a send was taken by the old order; the pump runs again when it ends
            lanes = self._change_order()
        settings, target, bucket, brake = self.settings, self.target, self._bucket, self._brake
        batch = max(1, min(settings.batch, getattr(target, "max_batch", None) or settings.batch))
        in_order = bool(getattr(target, "in_order", False))
        while lanes.ready and len(self.tasks) < settings.concurrency:
            room = brake.room(batch, now)
            if bucket is not None:
                room = min(room, bucket.available(now))
            if room < 1:
                break
            entries = lanes.take(room, in_order)
            if bucket is not None:
                bucket.spend(len(entries))
            is_probe = brake.state != CLOSED
            if is_probe:
                brake.begin_probe()
            self._start(target, entries, in_order, is_probe)
        self._note(now)

    def change(self, settings: TargetSettings, dead_letter: str) -> None:
        """Go on with other settings; what is queued stays. Call pump afterwards."""
        now = self._loop.time()
        self.settings, self.dead_letter = settings, dead_letter
        self._order = settings.order
        self._brake.change(_brake_of(settings, dead_letter))
        if settings.rate is None or self._bucket is None:
            self._bucket = _bucket_of(settings, now)
        else:
            self._bucket.change(settings.rate, _burst(settings), now)

    def replace(self, target: Target) -> tuple[Target, set[asyncio.Task[None]]]:
        """Send to another target from now on. Return the old one, and its sends that have not ended."""
        old, self.target = self.target, target
        return old, {task for task, used in self.tasks.items() if used is old}

    def stop(self) -> None:
        """Cancel what is in a send and start nothing more. What is not answered stays so."""
        self.is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self.tasks:
            task.cancel()

    def _start(self, target: Target, entries: list[Entry], in_order: bool, is_probe: bool) -> None:
        self.status.sending += len(entries)
        timeout = self.settings.timeout  # of now: a change may come before the task begins, and replace the target
        task = self._loop.create_task(self._send(target, entries, in_order, is_probe, timeout))
        self.tasks[task] = target
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self.tasks[task]
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self._desk.broken(error)
        self.pump()

    async def _send(self, target: Target, entries: list[Entry], in_order: bool, is_probe: bool, timeout: float) -> None:
        """Send once, and take care of the outcomes."""
        began = self._loop.time()
        outcomes = await outcomes_of(target, [entry[2] for entry in entries], timeout)
        now = self._loop.time()
        done = [entry for entry, outcome in zip(entries, outcomes, strict=True) if isinstance(outcome, Ok)]
        self.status.sending -= len(entries)
        if done:
            self._taken(done, now)
        if len(done) == len(entries):
            self._release(entries, in_order)
        else:
            self._sort_out(entries, outcomes, in_order, began)
        if is_probe:
            self._brake.end_probe(len(done) == len(entries), now)
        if done:
            self._desk.answered(done)

    def _taken(self, done: list[Entry], now: float) -> None:
        self._brake.ended(len(done), 0, now)
        self.status.delivered += len(done)
        self._answered(done)
        if self._stuck:
            self._unstick(done)

    def _answered(self, entries: list[Entry]) -> None:
        self._ages.remove(entries)
        self.status.lag -= len(entries)
        self.status.oldest_at = self._ages.oldest_at

    def _sort_out(self, entries: list[Entry], outcomes: Sequence[Outcome], in_order: bool, began: float) -> None:
        """Sort out a send of which not all was taken."""
        ended: list[Entry] = []  # whose lanes may go on
        blocked: dict[bytes, list[Entry]] = {}  # keys of which one was not taken -> those behind it in this send
        resting: set[bytes] = set()  # of these: keys that wait for another try
        in_lanes = in_order and isinstance(self._lanes, KeyLanes)
        for entry, outcome in zip(entries, outcomes, strict=True):
            key = entry[2].event.key
            if isinstance(outcome, Ok):
                ended.append(entry)
            elif in_lanes and key is not None and key in blocked:
                blocked[key].append(entry)  # it was not tried, since one before it was not taken
            else:
                if self._not_taken(entry, outcome, began):
                    ended.append(entry)
                elif key is not None:
                    resting.add(key)
                if key is not None:
                    blocked[key] = []
        self._give_back(blocked)
        self._release([entry for entry in ended if entry[2].event.key not in resting], in_order)

    def _give_back(self, blocked: dict[bytes, list[Entry]]) -> None:
        lanes = self._lanes
        if isinstance(lanes, KeyLanes):
            for key, entries in blocked.items():
                if entries:
                    lanes.give_back(key, entries)

    def _release(self, entries: list[Entry], in_order: bool) -> None:
        lanes = self._lanes
        if isinstance(lanes, KeyLanes):
            # Where there may be several of one key, once is enough.
            lanes.release({entry[2].event.key: entry for entry in entries}.values() if in_order else entries)

    def _not_taken(self, entry: Entry, outcome: Outcome, began: float) -> bool:
        """See to a delivery that was not taken. Return whether that was the end of it here."""
        batch, place, delivery, since = entry
        now = self._loop.time()
        since = began if since is None else since
        retry = self.settings.retry
        code, asked = REJECTED, asked_wait(getattr(outcome, "after", None))
        reason = "" if isinstance(outcome, Ok) else shortened(outcome.reason)
        self.status.last_problem = reason
        entry = (batch, place, delivery._replace(attempt=delivery.attempt + 1), since)
        if isinstance(outcome, Retry):
            delay = delay_after(delivery.attempt, retry, self._random, outcome.after)
            code, problem = used_up(delivery.attempt, now + delay - since, retry)
            if not code:
                self._retry(entry, now + delay)
                return False
            if asked > retry.max_age:
                problem = f"it asks to wait {asked:g} s, and is tried for {retry.max_age:g} s at most"
            reason = f"{problem}: {reason}" if reason else problem
        if is_dead_letter(delivery) and not self.dead_letter_of(delivery):
            self._stick(entry, now + max(retry.max_delay, asked))
            return False
        self._brake.ended(0, 1, now)
        if self._brake.state != CLOSED:
            self._hold(entry, now + asked if asked else None)
            return False
        if code == REJECTED:
            self.status.rejected += 1
        else:
            self.status.expired += 1
        self._answered([entry])
        if self._stuck:
            self._unstick([entry])  # it has become a dead letter that goes on to another target
        self._desk.refused(self, (batch, place, delivery, since), code, reason)
        return True

    def dead_letter_of(self, delivery: Delivery) -> str:
        """The target that takes what this one refuses. A dead letter goes on only to what the target itself names."""
        return self.settings.dead_letter if is_dead_letter(delivery) else self.dead_letter

    def _hold(self, entry: Entry, not_before: float | None) -> None:
        """Keep what would have become a dead letter until the brake is closed again."""
        self.status.held += 1
        if not_before is not None:
            self._retries.add(entry, not_before)
        else:
            self._lanes.resume(entry, is_last=True)  # so that the probe is another one, where there is one

    def _retry(self, entry: Entry, when: float) -> None:
        self.status.retried += 1
        self._retries.add(entry, when)

    def _stick(self, entry: Entry, when: float) -> None:
        """The last dead-letter target does not take a dead letter: try for ever, and say so."""
        was_stuck = self.is_stuck
        self._stuck.add((entry[0], entry[1], entry[2].id))
        self._retry(entry, when)
        if not was_stuck:
            self._note(self._loop.time())
            self._desk.stuck()

    def _unstick(self, done: list[Entry]) -> None:
        for batch, place, delivery, _ in done:
            if is_dead_letter(delivery):
                self._stuck.discard((batch, place, delivery.id))
        if not self._stuck:
            self._desk.stuck()

    def _change_order(self) -> Lanes:
        """Move all that is queued into lanes of the other order, what waits for another try first. Nothing is sent."""
        lanes = lanes_for(self._order)
        waiting = self._retries.take_all()
        until: dict[bytes | None, float] = {}
        for when, entry in waiting:
            until[entry[2].event.key] = when  # the latest of each key, as they come by time
            lanes.offer(entry)
        # By key only the first of each goes on waiting, for as long as the last would; its others are behind it.
        whens = {id(entry): when for when, entry in waiting}
        for entry in lanes.take(len(waiting)):
            key = entry[2].event.key
            is_alone = key is None or self._order == "none"
            self._retries.add(entry, whens[id(entry)] if is_alone else until[key])
        for entry in self._lanes.all_entries():
            key = entry[2].event.key
            if self._order == "none" and entry[3] is not None and key in until:
                self._retries.add(entry, until[key])  # it was tried, and has waited behind another of its key
            else:
                lanes.offer(entry)
        self._lanes = lanes
        return lanes

    def _note(self, now: float) -> None:
        """Set the timer for when the pump should run again, and say how things stand."""
        brake, status = self._brake, self.status
        first = self._retries.first_at
        when = math.inf if first is None else first
        is_held = self._lanes.ready and len(self.tasks) < self.settings.concurrency  # by the brake or the bucket
        if is_held and brake.state != PROBE:  # the end of a probe runs the pump
            ready = brake.until if brake.state == PAUSED else now
            when = min(when, ready if self._bucket is None else max(ready, self._bucket.ready_at(now)))
        if when != self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None if when == math.inf else self._loop.call_at(when, self._fire)
            self._timer_at = when
        status.waiting = len(self._retries)
        if self._stuck:
            status.state = STUCK
        elif brake.state != CLOSED:
            status.state = PAUSED if brake.state == PAUSED else PROBING
        else:
            status.state = DRAINING if self.is_retired else OPEN
        if self.is_empty:
            self._desk.emptied(self)

    def _fire(self) -> None:
        self._timer, self._timer_at = None, math.inf
        self.pump()


def _bucket_of(settings: TargetSettings, now: float) -> TokenBucket | None:
    return None if settings.rate is None else TokenBucket(settings.rate, _burst(settings), now)


def _brake_of(settings: TargetSettings, dead_letter: str) -> BrakeSettings | None:
    """None where there are no dead letters to be kept few: whatever is refused ends its put or its run, at once."""
    return settings.brake if dead_letter else None


def _burst(settings: TargetSettings) -> int:
    """At least one, so that anything ever goes."""
    return max(1, settings.burst if settings.burst is not None else math.ceil(settings.rate or 1))
