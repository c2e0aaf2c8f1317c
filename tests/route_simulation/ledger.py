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

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from ruler.route import Delivery, Ok, Outcome, Reject, Retry, TargetSettings

from .books import NEARLY, Item, Judged, Life, Progress, Violation
from .families import POISON, Family, Version
from .identity import Identity
from .schedule import PUT, Schedule, Sent
from .sends import SendRules


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
        self.counts: Counter[str] = Counter()  # of what has happened
        self.violation: Violation | None = None
        self.life = Life(0, [])
        self.identity = Identity(self)
        self.send_rules = SendRules(self)

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
        self.counts["changes of rules"] += 1
        self.life.versions.append(version)

    def end_life(self, *, is_drained: bool) -> None:
        """The life is over. What was taken and is not recorded may come again, unless the router had all answers."""
        life = self.life
        if is_drained and not life.has_late_answers:
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
                if judged.version is None or not self.is_settled(judged):
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
        life.judged[sent.number] = Judged(sent, offset, len(sent.data), len(life.versions) - 1, self.now())
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

    def is_settled(self, judged: Judged) -> bool:
        return any(self._is_settled_by(judged, version) for version in self._versions_for(judged))

    def _is_settled_by(self, judged: Judged, version: Version) -> bool:
        number, kind = judged.sent.number, judged.sent.kind
        if kind in POISON:
            return self._has_letter(number, "poison", ())
        return all(
            self.is_ok(Item(number, wanted.target, wanted.rules))
            or self._has_letter(number, wanted.target, wanted.rules)
            for wanted in version.wanted[kind]
        )

    def is_ok(self, item: Item) -> bool:
        progress = self.life.progress.get(item)
        return progress is not None and progress.state == "ok"

    def _has_letter(self, number: int, letter_of: str, rules: tuple[str, ...]) -> bool:
        return any(map(self.is_ok, self.letters_of(Item(number, "", rules, letter_of))))

    def letters_of(self, item: Item) -> list[Item]:
        """The same dead letter at all targets that it has been sent to in this life."""
        items = (Item(item.number, name, item.rules, item.letter_of) for name in self.family.targets)
        return [each for each in items if each in self.life.progress]

    # ----- items

    def settings_of(self, target: str) -> list[TargetSettings]:
        return [version.targets[target] for version in self.life.versions if target in version.targets]

    def has_ended(self, item: Item) -> bool:
        progress = self.life.progress.get(item)
        if progress is None:  # it begins in the same send
            return False
        return progress.state == "ok" or self.has_failed(item, progress)

    def has_failed(self, item: Item, progress: Progress) -> bool:
        return progress.state == "refused" or (progress.state == "waiting" and self.may_be_given_up(item, progress))

    def may_be_given_up(self, item: Item, progress: Progress) -> bool:
        settings = self.settings_of(item.target)
        if not settings:
            return True
        if progress.attempts >= min(each.retry.attempts for each in settings):
            return True
        longest = max(each.retry.max_delay for each in settings)
        end = progress.first_at + min(each.retry.max_age for each in settings)
        return max(self.now() + longest, progress.not_before) >= end - NEARLY

    # ----- sends

    def begin_send(self, target: str, deliveries: Sequence[Delivery]) -> list[Item]:
        """A target is given deliveries; what they are, once nothing speaks against it."""
        items = [self.identity.item_of(target, each) for each in deliveries]
        self.send_rules.check(target, deliveries, items)
        for item, delivery in zip(items, deliveries, strict=True):
            self._begin_item(item, delivery)
        self.life.running[target] += 1
        self._check_budget()
        return items

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
            most = max(each.retry.attempts for each in self.settings_of(item.target))
            if progress.attempts > most and not may_be_held:
                self.fail(f"{item} is sent {progress.attempts} times, more than {most}")
        if delivery.key is not None:
            self.life.busy_lanes[item.target, delivery.key] = item

    def _may_be_held(self, target: str) -> bool:
        """Whether the brake may have held what would have become a dead letter, so that it is tried again."""
        brakes = [each.brake for each in self.settings_of(target)]
        return any(brake is not None and self.life.answers[target] >= brake.least for brake in brakes)

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
        if self.family.versions[self.schedule.first_version].targets[item.target].order != "key":
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
                self.life.stuck.pop(item, None)
                self._settle(item.number)
            elif isinstance(outcome, Retry):
                self.counts["answers that it is to be tried again"] += 1
                progress.state = "waiting"
                progress.not_before = self.now() + (outcome.after or 0.0)
            else:
                assert isinstance(outcome, Reject)
                self.counts["dead letters refused" if item.letter_of else "deliveries refused"] += 1
                progress.state = "refused"
                if item.letter_of and not self._next_letter_target(item):
                    progress.state = "waiting"  # the last one is asked for ever
                    self.life.stuck.setdefault(item, self.now())
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
        return any(settings.dead_letter for settings in self.settings_of(item.target))

    def lose(self, target: str, items: Sequence[Item]) -> None:
        """The target gives no answer: it raises, or the send is broken off."""
        self.counts["sends without an answer"] += 1
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
        if self.is_settled(judged):
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
            if not self.is_settled(judged):
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
        if not self.is_settled(judged):
            self.fail(f"event {number} has a receipt, and not every target has answered")
        if judged.sent.kind in POISON:
            expected = (0, 1)
        else:
            items = [Item(number, each.target, each.rules) for each in judged.version.wanted[judged.sent.kind]]
            count = sum(map(self.is_ok, items))
            expected = (count, len(items) - count)
        if (delivered, dead_letters) != expected:
            self.fail(f"the receipt of event {number} says {(delivered, dead_letters)}, it is {expected}")
        self.settled_puts.add(number)

    def undeliverable(self, number: int | None = None) -> None:
        """Somebody is told that an event cannot be delivered, and that there is no dead letter for it."""
        self.counts["undeliverable"] += 1
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
        return any(progress and self.has_failed(item, progress) for item, progress in found)

    def shed(self, number: int) -> None:
        """A put is shed: the router never had it."""
        self.counts["puts that are shed"] += 1
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
