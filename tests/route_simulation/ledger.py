"""The ledger: what was sent, taken, answered and recorded, and what of it must not be.

    begin_life -> give -> begin_send -> take -> answer or lose -> done -> end_life -> begin_life ...

An item is one thing that one target is to have: a delivery of an event, or the dead letter of one. Each call says what
a source or a target sees at that moment, and raises Violation when the router should never have let it come to that.

What is held against it: the wanted deliveries of the version that judged an event, one version for each life; nothing
unexpected; nothing sent again once answered, refused or given up; nothing taken twice but what was uncertain at a
crash, a stop or a failure; lanes one by one and in order, over retries; sizes of sends, their number, their rate and
the waits that targets ask for; dead letters only of what failed; positions only of what is settled; the budget.
Always: the ledger knows of an answer as soon as the target gives it, so it never knows less than the router.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruler.route import Delivery, Ok, Outcome, Reject, Retry, TargetSettings

from .families import POISON, Family, Version, Wanted
from .schedule import PUT, Schedule, Sent

NEARLY = 1e-6  # seconds and deliveries are floating-point numbers
_number_in = re.compile(rb'"n\\?":(\d+)|event (\d+) is not').search


class Violation(AssertionError):
    """The router has done what it must not do."""


class Item(NamedTuple):
    """One thing that one target is to have."""

    number: int  # of the event
    target: str
    rules: tuple[str, ...]
    letter_of: str = ""  # where it is a dead letter: the target that it was for first, or "poison"


@dataclass(slots=True)
class Progress:
    """What became of an item in one life."""

    state: str = "waiting"  # "sending", "waiting" (for a retry), "ok", "refused"
    attempts: int = 0
    first_at: float = 0.0
    not_before: float = 0.0
    taken_in_attempt: bool = False


@dataclass(slots=True)
class Judged:
    """What is known in one life about one event."""

    sent: Sent
    offset: int
    size: int
    given_at: int  # how many versions there had been
    version: Version | None = None  # the one that judged it, once it is seen
    is_open: bool = False  # begun and not settled


@dataclass(slots=True)
class Bucket:
    """The rate as a target may count it."""

    level: float
    at: float


@dataclass(slots=True)
class Lane:
    """What one target has got of one key and source."""

    begun_to: int = -1  # the last offset sent for the first time
    begun: list[Item] = field(default_factory=list)  # sent, and not all of them ended


@dataclass(slots=True)
class Life:
    """What is known within one life."""

    number: int
    versions: list[Version]  # in the order they came into force
    judged: dict[int, Judged] = field(default_factory=dict)
    progress: dict[Item, Progress] = field(default_factory=dict)
    lanes: dict[tuple[str, bytes, str], Lane] = field(default_factory=dict)  # by target, key and source
    busy_lanes: dict[tuple[str, bytes], Item] = field(default_factory=dict)
    running: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # sends
    buckets: dict[str, Bucket] = field(default_factory=dict)
    settled_to: dict[str, int] = field(default_factory=dict)  # the last position of each source that was done
    given: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # numbers by source
    passed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # of these, how many are done
    answers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # deliveries, by target
    abandoned: set[str] = field(default_factory=set)  # streams that nobody can record any more
    taken: int = 0  # deliveries that targets have answered with Ok
    open_count: int = 0
    open_bytes: int = 0


class Ledger:
    """One for all lives of one schedule."""

    def __init__(
        self, schedule: Schedule, now: Callable[[], float], note: Callable[..., None], end_at_once: Callable[[], None]
    ) -> None:
        self.schedule = schedule
        self.family: Family = schedule.family
        self.now = now
        self.note = note
        self.end_at_once = end_at_once
        self.taken: dict[Item, int] = {}  # how often
        self.uncertain: set[Item] = set()  # taken, and may come again
        self.taken_of: defaultdict[int, list[Item]] = defaultdict(list)  # by event
        self.given_up: set[Item] = set()  # ended as dead letters in some life
        self.first_taken: dict[tuple[str, bytes, str], int] = {}  # the last offset taken for the first time
        self.ids: dict[tuple[Item, str], str] = {}
        self.settled_puts: set[int] = set()
        self.put_count = 0
        self.recorded: dict[str, int] = {}  # what outlives a crash: the position of each source
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.most_open = 0
        self.violation: Violation | None = None
        self.life = Life(0, [])

    def fail(self, what: str) -> None:
        """Keep the first violation, and raise it; the router may catch it, as it does with what targets raise."""
        self.note("VIOLATION %s", what)
        if self.violation is None:
            self.violation = Violation(what)
            self.end_at_once()
        raise self.violation

    # ----- lives and versions

    def begin_life(self, version: Version) -> None:
        self.life = Life(self.life.number + 1, [version])

    def change(self, version: Version) -> None:
        self.life.versions.append(version)

    def end_life(self, *, is_drained: bool) -> None:
        """The life is over. What was taken and is not recorded may come again, unless the router had all answers."""
        life = self.life
        if is_drained:
            self._check_recorded()
        for number, judged in life.judged.items():
            if not self._is_over(judged):
                self.uncertain.update(item for item in self.taken_of[number])

    def _is_over(self, judged: Judged) -> bool:
        if judged.sent.source == PUT:
            return judged.sent.number in self.settled_puts
        return judged.offset <= self.recorded.get(judged.sent.source, -1)

    def _check_recorded(self) -> None:
        """After a stop that waited for all answers, the positions of all that is settled are recorded."""
        for source, numbers in self.life.given.items():
            if source in self.life.abandoned:
                continue
            for number in numbers:
                judged = self.life.judged[number]
                if judged.version is None or not self._is_settled(judged):
                    break
                if not self._is_over(judged):
                    self.fail(
                        f"stopped with all answers, and event {number} at {source}:{judged.offset} is not recorded"
                    )

    def abandon(self, streams: Iterable[str]) -> None:
        """A run is given up, or its source is broken: nobody may be able to record what is settled."""
        self.life.abandoned.update(streams)

    # ----- events

    def give(self, sent: Sent, offset: int) -> None:
        """A source or a producer hands an event to the router."""
        life = self.life
        life.judged[sent.number] = Judged(sent, offset, len(sent.data), len(life.versions) - 1)
        life.given[sent.source].append(sent.number)

    def give_put(self, sent: Sent) -> None:
        """A producer puts an event. Puts stand in the order in which they are made."""
        self.put_count += 1
        self.give(sent, self.put_count)

    def puts_left(self) -> list[Sent]:
        """The events to be put that have no receipt."""
        return [sent for sent in self.schedule.events if sent.source == PUT and sent.number not in self.settled_puts]

    def _versions_for(self, judged: Judged) -> Sequence[Version]:
        return self.life.versions[judged.given_at :] if judged.version is None else (judged.version,)

    def _is_settled(self, judged: Judged) -> bool:
        return any(self._is_settled_by(judged, version) for version in self._versions_for(judged))

    def _is_settled_by(self, judged: Judged, version: Version) -> bool:
        number, kind = judged.sent.number, judged.sent.kind
        if kind in POISON:
            return self._has_letter(number, "poison", ())
        return all(
            self._is_ok(Item(number, wanted.target, wanted.rules))
            or self._has_letter(number, wanted.target, wanted.rules)
            for wanted in version.wanted[kind]
        )

    def _is_ok(self, item: Item) -> bool:
        progress = self.life.progress.get(item)
        return progress is not None and progress.state == "ok"

    def _has_letter(self, number: int, letter_of: str, rules: tuple[str, ...]) -> bool:
        return any(self._is_ok(Item(number, name, rules, letter_of)) for name in self._letter_targets())

    def _letter_targets(self) -> set[str]:
        return {name for version in self.family.versions for name in version.targets}

    # ----- sends

    def begin_send(self, target: str, deliveries: Sequence[Delivery]) -> list[Item]:
        """A target is given deliveries; what they are, once nothing speaks against it."""
        items = [self._item_of(target, each) for each in deliveries]
        self._check_send(target, deliveries, items)
        for item, delivery in zip(items, deliveries, strict=True):
            self._begin_item(item, delivery)
        self.life.running[target] += 1
        if self.life.open_count > self.most_open:
            self.most_open = self.life.open_count
        self._check_budget()
        return items

    def _check_send(self, target: str, deliveries: Sequence[Delivery], items: list[Item]) -> None:
        life, count = self.life, len(items)
        if not items:
            self.fail(f"{target} is sent nothing at all")
        settings = [version.targets[target] for version in life.versions if target in version.targets]
        if not settings:
            self.fail(f"{target} is sent deliveries and is in no version of this life")
        most = max(each.batch for each in settings)
        most = min(most, (self.family.max_batch or {}).get(target, most))
        if count > most:
            self.fail(f"{target} is sent {count} deliveries at once, more than {most}")
        if life.running[target] >= max(each.concurrency for each in settings):
            self.fail(f"{target} is sent more at one time than its concurrency")
        if all(each.rate is not None for each in settings):
            self._take_tokens(target, settings, count)
        if all(each.order == "key" for each in settings):
            self._check_lanes(target, deliveries, items)

    def _take_tokens(self, target: str, settings: Sequence[TargetSettings], count: int) -> None:
        burst = float(max(each.burst or 0 for each in settings))
        rate = float(max(each.rate or 0.0 for each in settings))
        now = self.now()
        bucket = self.life.buckets.setdefault(target, Bucket(burst, now))
        bucket.level = min(burst, bucket.level + (now - bucket.at) * rate) - count
        bucket.at = now
        if bucket.level < -NEARLY:
            self.fail(
                f"{target} is sent more than its rate of {rate} a second lets through, {-bucket.level:.3f} too many"
            )

    def _check_lanes(self, target: str, deliveries: Sequence[Delivery], items: list[Item]) -> None:
        """One of a key at a time, in the order of the source, and none before the one before it has ended."""
        here: set[bytes] = set()
        for delivery, item in zip(deliveries, items, strict=True):
            if delivery.key is None or item.letter_of:
                continue
            other = self.life.busy_lanes.get((target, delivery.key))
            if other is not None:
                self.fail(f"{item} is sent while {other} of the same key is on its way")
            if delivery.key in here and target not in self.family.in_order:
                self.fail(f"{target} is sent two of the key {delivery.key!r} at once")
            here.add(delivery.key)
            self._check_turn(item, (target, delivery.key, self.life.judged[item.number].sent.source), items)

    def _check_turn(self, item: Item, name: tuple[str, bytes, str], together: list[Item]) -> None:
        """The item's turn in its lane: what came before it has ended, or goes just before it."""
        life = self.life
        lane = life.lanes.setdefault(name, Lane())
        offset = life.judged[item.number].offset
        if item not in life.progress:
            if offset < lane.begun_to:
                self.fail(f"{item} is sent for the first time after a later one of its key")
            lane.begun_to = offset
        lane.begun = [each for each in lane.begun if not self._has_ended(each)]
        for before in lane.begun:
            if life.judged[before.number].offset < offset and before not in together[: together.index(item)]:
                self.fail(f"{item} is sent while {before} of the same key waits for its retry")
        if item not in lane.begun:
            lane.begun.append(item)

    def _has_ended(self, item: Item) -> bool:
        progress = self.life.progress.get(item)
        if progress is None:  # it begins in the same send
            return False
        return progress.state == "ok" or self._has_failed(item, progress)

    def _begin_item(self, item: Item, delivery: Delivery) -> None:
        progress = self.life.progress.get(item)
        if progress is None:
            progress = self.life.progress[item] = Progress(first_at=self.now())
        may_be_held = self._may_be_held(item.target)
        if progress.state != "waiting" and not (progress.state == "refused" and may_be_held):
            self.fail(f"{item} is sent again, and it is {progress.state}")
        if self.now() < progress.not_before - NEARLY:
            self.fail(f"{item} is sent {progress.not_before - self.now():.3f} s before the target asked for it")
        progress.state, progress.taken_in_attempt = "sending", False
        progress.attempts += 1
        if not item.letter_of:
            if delivery.attempt != progress.attempts:
                self.fail(f"{item} says attempt {delivery.attempt}, and it is attempt {progress.attempts}")
            most = max(each.retry.attempts for each in self._settings_of(item.target))
            if progress.attempts > most and not may_be_held:
                self.fail(f"{item} is sent {progress.attempts} times, more than {most}")
        if delivery.key is not None:
            self.life.busy_lanes[item.target, delivery.key] = item
        self._check_id(item, delivery)

    def _may_be_held(self, target: str) -> bool:
        """Whether the brake may have held what would have become a dead letter, so that it is tried again."""
        brakes = [each.brake for each in self._settings_of(target)]
        return any(brake is not None and self.life.answers[target] >= brake.least for brake in brakes)

    def _settings_of(self, target: str) -> list[TargetSettings]:
        return [version.targets[target] for version in self.life.versions if target in version.targets]

    def _check_id(self, item: Item, delivery: Delivery) -> None:
        if item.letter_of:
            return
        found = self.ids.setdefault((item, delivery.version), delivery.id)
        if found != delivery.id:
            self.fail(f"{item} has the id {delivery.id}, and had {found}")

    # ----- what a delivery is

    def _item_of(self, target: str, delivery: Delivery) -> Item:
        if delivery.target != target:
            self.fail(f"{target} is sent a delivery for {delivery.target}")
        if delivery.data.startswith(b'{"reason"'):
            return self._letter_item(target, delivery)
        return self._delivery_item(target, delivery)

    def _delivery_item(self, target: str, delivery: Delivery) -> Item:
        number = self.number_of(delivery.event.original)
        judged = self._judged(number)
        version = self._judge(judged, delivery.version)
        wanted = self._wanted(version, judged, target, delivery.rules)
        if wanted is None or wanted.data_of is None:
            self.fail(f"event {number} is delivered to {target} for {delivery.rules}; {version.name} says otherwise")
        elif wanted.data_of(number) != delivery.data:
            self.fail(f"event {number} is delivered to {target} as {delivery.data!r}")
        if delivery.key != judged.sent.key:
            self.fail(f"event {number} is delivered with the key {delivery.key!r}, and has {judged.sent.key!r}")
        return Item(number, target, delivery.rules)

    def number_of(self, data: bytes) -> int:
        """The number of the event that is in these bytes."""
        found = _number_in(data)
        if found is None:
            self.fail(f"{data!r} is no event that was sent")
            raise AssertionError
        return int(found[1] or found[2])

    def _judged(self, number: int) -> Judged:
        judged = self.life.judged.get(number)
        if judged is None:
            self.fail(f"event {number} is delivered, and was not given in this life")
            raise AssertionError
        return judged

    def _judge(self, judged: Judged, name: str) -> Version:
        """The version of this name, which must be the one that has judged the event, or may have."""
        if judged.version is None:
            judged.version = next((each for each in self.life.versions[judged.given_at :] if each.name == name), None)
            if judged.version is None:
                self.fail(f"event {judged.sent.number} is judged by {name}, which was not in force")
                raise AssertionError
            if not self._is_settled(judged):
                judged.is_open = True
                self.life.open_count += 1
                self.life.open_bytes += judged.size
        elif judged.version.name != name:
            self.fail(f"event {judged.sent.number} is judged by {name}, and by {judged.version.name} before")
        return judged.version

    def _wanted(self, version: Version, judged: Judged, target: str, rules: tuple[str, ...]) -> Wanted | None:
        for wanted in version.wanted[judged.sent.kind]:
            if wanted.target == target and wanted.rules == rules:
                return wanted
        return None

    def _letter_item(self, target: str, delivery: Delivery) -> Item:
        """The item of a dead letter, which must be of something that has failed, and must hold the untouched bytes."""
        letter: dict[str, Any] = json.loads(delivery.data)
        number = self.number_of(delivery.data)
        judged = self._judged(number)
        version = self._judge(judged, letter["version"])
        self._check_bytes(delivery, letter)
        if judged.sent.kind in POISON:
            return Item(number, target, (), "poison")
        rules, of = tuple(letter["rules"]), str(letter["target"])
        wanted = self._wanted(version, judged, of, rules)
        if wanted is None:
            self.fail(f"a dead letter of event {number} is for {of} and {rules}; {version.name} says otherwise")
            raise AssertionError
        item = Item(number, target, rules, of)
        if wanted.data_of is not None and item not in self.life.progress:
            self._check_failed(Item(number, of, rules), letter)
        return item

    def _check_bytes(self, delivery: Delivery, letter: dict[str, Any]) -> None:
        number = self.number_of(delivery.data)
        judged = self._judged(number)
        original = judged.sent.data
        if judged.sent.kind in POISON:
            if letter.get("text") != original.decode():
                self.fail(f"the dead letter of event {number} holds {letter.get('text')!r}")
        elif b'"event":' + original not in delivery.data:
            self.fail(f"the dead letter of event {number} does not hold its bytes: {delivery.data!r}")

    def _check_failed(self, item: Item, letter: dict[str, Any]) -> None:
        """A dead letter is of something refused, or of something whose attempts or time are used up."""
        progress = self.life.progress.get(item)
        if progress is None:
            self.fail(f"{item} is a dead letter and was never sent")
            raise AssertionError
        if self._has_failed(item, progress):
            progress.state = "refused"
            self.given_up.add(item)
            if letter["attempts"] != progress.attempts:
                self.fail(
                    f"the dead letter of {item} says {letter['attempts']} attempts, made were {progress.attempts}"
                )
            return
        self.fail(f"{item} is a dead letter, and it is {progress.state} after {progress.attempts} attempts")

    def _may_be_given_up(self, item: Item, progress: Progress) -> bool:
        settings = self._settings_of(item.target)
        if not settings:
            return True
        if progress.attempts >= min(each.retry.attempts for each in settings):
            return True
        longest = max(each.retry.max_delay for each in settings)
        end = progress.first_at + min(each.retry.max_age for each in settings)
        return max(self.now() + longest, progress.not_before) >= end - NEARLY

    # ----- outcomes

    def take(self, item: Item) -> None:
        """The target has the delivery for good, whatever it answers."""
        progress = self.life.progress[item]
        progress.taken_in_attempt = True
        count = self.taken[item] = self.taken.get(item, 0) + 1
        self.counts["taken"] += 1
        if count == 1:
            self.taken_of[item.number].append(item)
            self._check_first(item)
            return
        self.counts["duplicates"] += 1
        if item not in self.uncertain:
            self.fail(f"{item} is taken a second time without need")
        self.uncertain.discard(item)

    def _check_first(self, item: Item) -> None:
        """First occurrences of one key stand in the order of the source, over all lives."""
        judged = self.life.judged[item.number]
        key, source = judged.sent.key, judged.sent.source
        if item.letter_of or key is None or source == PUT or self.schedule.changes or item in self.given_up:
            return
        if self.family.versions[0].targets[item.target].order != "key":
            return
        lane = (item.target, key, source)
        if judged.offset < self.first_taken.get(lane, -1):
            self.fail(f"{item} is taken for the first time after a later one of its key")
        self.first_taken[lane] = judged.offset

    def answer(self, target: str, items: Sequence[Item], outcomes: Iterable[Outcome]) -> None:
        """The target answers."""
        for item, outcome in zip(items, outcomes, strict=True):
            progress = self.life.progress[item]
            if isinstance(outcome, Ok):
                progress.state = "ok"
                self.life.taken += 1
                self._settle(item.number)
            elif isinstance(outcome, Retry):
                progress.state = "waiting"
                progress.not_before = self.now() + (outcome.after or 0.0)
            else:
                assert isinstance(outcome, Reject)
                progress.state = "refused"
                if item.letter_of and not self._next_letter_target(item):
                    progress.state = "waiting"  # the last one is asked for ever
                elif not item.letter_of:
                    self.given_up.add(item)
            if progress.state != "ok" and progress.taken_in_attempt:
                self.uncertain.add(item)
            if progress.state != "ok" and self._is_undeliverable(item.number):
                self._leave(self.life.judged[item.number])
        self.life.answers[target] += len(items)
        self._end_send(target, items)

    def _next_letter_target(self, item: Item) -> bool:
        """Whether a dead letter that is refused goes on: the targets say so, not the rule set."""
        return any(settings.dead_letter for settings in self._settings_of(item.target))

    def lose(self, target: str, items: Sequence[Item]) -> None:
        """The target gives no answer: it raises, or the send is broken off."""
        for item in items:
            progress = self.life.progress[item]
            progress.state = "waiting"
            if progress.taken_in_attempt:
                self.uncertain.add(item)
            if self._is_undeliverable(item.number):
                self._leave(self.life.judged[item.number])
        self.life.answers[target] += len(items)
        self._end_send(target, items)

    def _end_send(self, target: str, items: Sequence[Item]) -> None:
        life = self.life
        life.running[target] -= 1
        blocked: set[bytes] = set()  # keys of which one was not taken
        for item in items:
            key = life.judged[item.number].sent.key
            if key is None:
                continue
            life.busy_lanes.pop((target, key), None)
            progress = life.progress[item]
            if key in blocked and progress.state != "ok":
                progress.attempts -= 1  # what stands behind it, in a send that is in order, has not been tried
            elif progress.state != "ok" and target in self.family.in_order:
                blocked.add(key)

    def _settle(self, number: int) -> None:
        judged = self.life.judged[number]
        if self._is_settled(judged):
            self._leave(judged)

    def _leave(self, judged: Judged) -> None:
        """The event takes no room in the budget any more."""
        if judged.is_open:
            judged.is_open = False
            self.life.open_count -= 1
            self.life.open_bytes -= judged.size

    def _check_budget(self) -> None:
        life, schedule = self.life, self.schedule
        if life.open_count > schedule.max_events:
            self.fail(f"{life.open_count} events are on their way, more than {schedule.max_events}")
        if life.open_bytes > schedule.max_bytes and life.open_count > 1:
            self.fail(f"{life.open_bytes} bytes are on their way, more than {schedule.max_bytes}")

    # ----- positions and receipts

    def done(self, source: str, offset: int) -> None:
        """The router tells a source that all up to this offset need never be given again."""
        life = self.life
        if offset < life.settled_to.get(source, -1):
            self.fail(f"{source} is told {offset} is done, after {life.settled_to[source]}")
        life.settled_to[source] = offset
        numbers = life.given[source]
        count = life.passed[source]
        while count < len(numbers) and life.judged[numbers[count]].offset <= offset:
            judged = life.judged[numbers[count]]
            if not self._is_settled(judged):
                self.fail(f"{source} is told {offset} is done, and event {judged.sent.number} is not settled")
            count += 1
        life.passed[source] = count
        if not count or life.judged[numbers[count - 1]].offset != offset:
            self.fail(f"{source} is told {offset} is done, and it was not given in this life")

    def receipt(self, number: int, version: str, delivered: int, dead_letters: int) -> None:
        """A producer is told that every target has answered."""
        judged = self.life.judged[number]
        if judged.version is None:
            judged.version = next(
                (each for each in self.life.versions[judged.given_at :] if each.name == version), None
            )
        if judged.version is None or judged.version.name != version:
            self.fail(f"the receipt of event {number} says it was judged by {version}")
            return
        if not self._is_settled(judged):
            self.fail(f"event {number} has a receipt, and not every target has answered")
        if judged.sent.kind in POISON:
            expected = (0, 1)
        else:
            items = [Item(number, each.target, each.rules) for each in judged.version.wanted[judged.sent.kind]]
            count = sum(map(self._is_ok, items))
            expected = (count, len(items) - count)
        if (delivered, dead_letters) != expected:
            self.fail(f"the receipt of event {number} says {(delivered, dead_letters)}, it is {expected}")
        self.settled_puts.add(number)

    def undeliverable(self, number: int | None = None) -> None:
        """Somebody is told that an event cannot be delivered, and that there is no dead letter for it."""
        numbers = self.life.judged if number is None else (number,)
        found = [each for each in numbers if self._is_undeliverable(each)]
        if not found:
            self.fail(f"event {number or ''} is called undeliverable, and no target has refused it")
        for each in found:
            self._leave(self.life.judged[each])

    def _is_undeliverable(self, number: int) -> bool:
        judged = self.life.judged[number]
        if all(version.rule_set.dead_letter for version in self.life.versions):
            return False
        if judged.sent.kind in POISON:
            return True
        wanted = [each for version in self._versions_for(judged) for each in version.wanted[judged.sent.kind]]
        if any(each.data_of is None for each in wanted):
            return True
        found = [(item, self.life.progress.get(item)) for item in (Item(number, w.target, w.rules) for w in wanted)]
        return any(progress and self._has_failed(item, progress) for item, progress in found)

    def _has_failed(self, item: Item, progress: Progress) -> bool:
        return progress.state == "refused" or (progress.state == "waiting" and self._may_be_given_up(item, progress))

    def shed(self, number: int) -> None:
        """A put is shed: the router never had it."""
        judged = self.life.judged.pop(number)
        self.life.given[PUT].remove(number)
        if judged.version is not None:
            self.fail(f"event {number} is shed, and a target has been sent it")

    # ----- the end

    def is_complete(self) -> bool:
        """Whether each event is recorded or has its receipt."""
        return not self._incomplete()

    def close(self) -> None:
        """Everything must be settled: each event is recorded or has its receipt."""
        if what := self._incomplete():
            self.fail(f"the end, and {what}")

    def _incomplete(self) -> str:
        if left := self.puts_left():
            return f"puts {[sent.number for sent in left]} have no receipts"
        for stream, events in self.schedule.streams.items():
            if self.recorded.get(stream, -1) != len(events) - 1:
                return f"{stream} has recorded {self.recorded.get(stream, -1)} of {len(events) - 1}"
        return ""
