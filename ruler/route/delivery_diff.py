"""What two rule sets would deliver differently of given events.

In: two rule sets, and events. Out: a DeliveryDiff; ``str`` of it is for people, ``as_dict`` for programs.

    of 3 events, 2 would be delivered differently
      ops: 1 more, 1 with other bytes
        + orders.jsonl:1, by big
        ~ orders.jsonl:3, by running

Always: what counts is what a target gets; other rules that lead to the same bytes are no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice

from ruler.findings import printable
from ruler.route.model import Delivery, Event
from ruler.route.plan import Planner
from ruler.route.rule_set import RuleSet
from ruler.words import counted

EVENTS_AT_A_TIME = 1000
BYTES_AT_A_TIME = 16 * 1024 * 1024
MOST_SAMPLES = 5  # of each target
MOST_RULES_SHOWN = 5
MORE, FEWER, OTHER = "more", "fewer", "other bytes"
_SIGNS = {MORE: "+", FEWER: "-", OTHER: "~"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One event of which a target would get something else."""

    event: int  # which of the events, from 1
    position: str  # where it stands; "" where nobody knows
    difference: str  # "more", "fewer" or "other bytes"
    before: tuple[str, ...]  # the rules that lead there
    after: tuple[str, ...]

    def __str__(self) -> str:
        place = printable(self.position) or f"event {self.event:,}"
        rules = self.before if self.difference == FEWER else self.after
        shown = ", ".join(printable(rule) for rule in rules[:MOST_RULES_SHOWN])
        more = len(rules) - MOST_RULES_SHOWN
        return f"{_SIGNS[self.difference]} {place}, by {shown}" + (f" and {more:,} more" if more > 0 else "")


@dataclass(slots=True)
class TargetDiff:
    """What one target would get differently, in deliveries."""

    more: int = 0
    fewer: int = 0
    other: int = 0  # instead of one with other bytes
    samples: list[Sample] = field(default_factory=list)

    def __str__(self) -> str:
        words = {"more": self.more, "fewer": self.fewer, "with other bytes": self.other}
        return ", ".join(f"{count:,} {word}" for word, count in words.items() if count)


@dataclass(slots=True)
class DeliveryDiff:
    """What two rule sets would deliver differently of some events."""

    events: int = 0
    differing: int = 0  # events of which some target gets something else
    targets: dict[str, TargetDiff] = field(default_factory=dict)  # those with a difference

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"of {counted(self.events, 'event')}, {self.differing:,} would be delivered differently"]
        for name, target in sorted(self.targets.items()):
            lines.append(f"  {printable(name)}: {target}")
            lines += [f"    {sample}" for sample in target.samples]
        return "\n".join(lines)


def diff_deliveries(
    old: RuleSet, new: RuleSet, events: Iterable[Event], *, form: str = "bare", new_form: str = ""
) -> DeliveryDiff:
    """Return what would be delivered differently of ``events``; data that are none count too.

    They come as ``form``; ``new_form`` is the form for the new rule set where that is another one.
    """
    found = DeliveryDiff()
    planners = Planner(old, form=form), Planner(new, form=new_form or form)
    for batch in _batches(events):
        plans = [planner.plan(batch) for planner in planners]
        remaining = [iter(plan.deliveries) for plan in plans]
        for event, *counts in zip(batch, *(plan.counts for plan in plans), strict=True):
            found.events += 1
            before, after = (list(islice(each, count)) for each, count in zip(remaining, counts, strict=True))
            _compare(found, event, before, after)
    return found


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.data)
        if len(batch) == EVENTS_AT_A_TIME or size > BYTES_AT_A_TIME:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _compare(found: DeliveryDiff, event: Event, before: list[Delivery], after: list[Delivery]) -> None:
    """Add what differs among the deliveries of one event."""
    if [(each.target, each.data) for each in before] == [(each.target, each.data) for each in after]:
        return
    differs = False
    for target in sorted({each.target for each in (*before, *after)}):
        old = [each for each in before if each.target == target]
        new = [each for each in after if each.target == target]
        fewer, more = _what_is_more(old, new), _what_is_more(new, old)
        if not fewer and not more:
            continue
        differs = True
        diff = found.targets.setdefault(target, TargetDiff())
        other = min(fewer, more)
        diff.other += other
        diff.more += more - other
        diff.fewer += fewer - other
        if len(diff.samples) < MOST_SAMPLES:
            difference = MORE if more > other else FEWER if fewer > other else OTHER
            position = "" if event.position is None else str(event.position)
            diff.samples.append(Sample(found.events, position, difference, _rules_of(old), _rules_of(new)))
    found.differing += differs


def _what_is_more(these: list[Delivery], those: list[Delivery]) -> int:
    """How many of ``these`` have no counterpart with the same bytes among ``those``."""
    left = Counter((each.data, each.problem) for each in these)
    left.subtract((each.data, each.problem) for each in those)
    return sum(count for count in left.values() if count > 0)


def _rules_of(deliveries: list[Delivery]) -> tuple[str, ...]:
    return tuple(sorted({rule for each in deliveries for rule in each.rules}))
