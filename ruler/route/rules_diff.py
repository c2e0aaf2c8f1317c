"""What differs between two rule sets: in their rules and targets, and in what they would deliver of given events.

In: two rule sets, and events. Out: a RuleSetDiff, a DeliveryDiff; ``str`` of either is for people, ``as_dict`` for
programs.

    rules: 1 added, 1 changed                    of 3 events, 2 would be delivered otherwise
      + big                                        ops: 1 more, 1 with other bytes
      ~ running: pattern, targets                    event 1: more, for big

Always: spelling and order are no difference, as in the digest; two rule sets of one digest differ in descriptions and
the name of their version at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TypeVar

from ruler.findings import printable
from ruler.route.model import Delivery, Event
from ruler.route.plan import Planner
from ruler.route.rule_set import Rule, RuleSet, target_record
from ruler.words import counted

EVENTS_AT_A_TIME = 1000
MOST_SAMPLES = 5  # of each target

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule or a target that both rule sets have, and the members in which it differs."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartsDiff:
    """What differs among the rules, or the targets. All in the order of their names."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]

    def lines(self, thing: str) -> list[str]:
        """Return the lines for people."""
        counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}
        said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        return [
            f"{thing}: {said or 'the same'}",
            *(f"  + {printable(name)}" for name in self.added),
            *(f"  - {printable(name)}" for name in self.removed),
            *(f"  ~ {printable(each.name)}: {', '.join(each.members)}" for each in self.changed),
        ]


@dataclass(frozen=True, slots=True)
class RuleSetDiff:
    """What differs between two rule sets."""

    rules: PartsDiff
    targets: PartsDiff
    dead_letter: tuple[str, str] | None  # before and after; None when it is the same

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        nothing = PartsDiff((), (), ())
        return self.rules == self.targets == nothing and self.dead_letter is None

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = self.rules.lines("rules") + self.targets.lines("targets")
        if self.dead_letter is not None:
            before, after = (name or "none" for name in self.dead_letter)
            lines.append(f"dead_letter: {before} -> {after}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Sample:
    """One event of which a target would get something else."""

    event: int  # which of the events, from 1
    difference: str  # "more", "fewer" or "other bytes"
    before: tuple[str, ...]  # the rules that lead there
    after: tuple[str, ...]


@dataclass(slots=True)
class TargetDiff:
    """What one target would get otherwise, in deliveries."""

    more: int = 0
    fewer: int = 0
    other: int = 0  # instead of one with other bytes
    samples: list[Sample] = field(default_factory=list)

    def __str__(self) -> str:
        words = {"more": self.more, "fewer": self.fewer, "with other bytes": self.other}
        return ", ".join(f"{count:,} {word}" for word, count in words.items() if count)


@dataclass(slots=True)
class DeliveryDiff:
    """What two rule sets would deliver otherwise of some events."""

    events: int = 0
    differing: int = 0  # events of which some target gets something else
    targets: dict[str, TargetDiff] = field(default_factory=dict)  # those with a difference

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"of {counted(self.events, 'event')}, {self.differing:,} would be delivered otherwise"]
        for name, target in sorted(self.targets.items()):
            lines.append(f"  {printable(name)}: {target}")
            for sample in target.samples:
                rules = ", ".join(sample.after or sample.before)
                lines.append(f"    event {sample.event:,}: {sample.difference}, for {printable(rules)}")
        return "\n".join(lines)


def diff_rule_sets(old: RuleSet, new: RuleSet) -> RuleSetDiff:
    """Return what differs between two rule sets."""
    return RuleSetDiff(
        _diff_parts(old.rules, new.rules, _rule_record),
        _diff_parts(old.targets, new.targets, target_record),
        None if old.dead_letter == new.dead_letter else (old.dead_letter, new.dead_letter),
    )


def diff_deliveries(old: RuleSet, new: RuleSet, events: Iterable[Event], *, form: str = "bare") -> DeliveryDiff:
    """Return what would be delivered otherwise of ``events``, which come as ``form``; data that are none count too."""
    found = DeliveryDiff()
    before, after = Planner(old, form=form), Planner(new, form=form)
    remaining = iter(events)
    while batch := list(islice(remaining, EVENTS_AT_A_TIME)):
        plans = [planner.plan(batch) for planner in (before, after)]
        deliveries = [iter(plan.deliveries) for plan in plans]
        for counts in zip(*(plan.counts for plan in plans), strict=True):
            found.events += 1
            _compare(found, *(list(islice(each, count)) for each, count in zip(deliveries, counts, strict=True)))
    return found


def _diff_parts(
    old: Mapping[str, Part], new: Mapping[str, Part], record: Callable[[Part], Mapping[str, object]]
) -> PartsDiff:
    changed = []
    for name in sorted(old.keys() & new.keys()):
        before, after = record(old[name]), record(new[name])
        members = tuple(member for member in before if before[member] != after[member])
        if members:
            changed.append(Changed(name, members))
    return PartsDiff(tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), tuple(changed))


def _rule_record(rule: Rule) -> dict[str, object]:
    return {
        "pattern": rule.canonical,
        "targets": rule.targets,
        "input": (rule.input.kind, rule.input.text),
        "tags": rule.tags,
        "shadow": rule.is_shadow,
        "arn": rule.arn,
        "description": rule.description,
    }


def _compare(found: DeliveryDiff, before: list[Delivery], after: list[Delivery]) -> None:
    """Add what differs among the deliveries of one event."""
    if [(each.target, each.data) for each in before] == [(each.target, each.data) for each in after]:
        return
    differs = False
    for target in sorted({each.target for each in (*before, *after)}):
        old = [each for each in before if each.target == target]
        new = [each for each in after if each.target == target]
        fewer, more = _what_is_more(old, new), _what_is_more(new, old)
        if fewer or more:
            differs = True
            _note(found, target, fewer, more, (_rules_of(old), _rules_of(new)))
    found.differing += differs


def _note(
    found: DeliveryDiff, target: str, fewer: int, more: int, rules: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    diff = found.targets.setdefault(target, TargetDiff())
    other = min(fewer, more)
    diff.other += other
    diff.more += more - other
    diff.fewer += fewer - other
    if len(diff.samples) < MOST_SAMPLES:
        difference = "more" if more > other else "fewer" if fewer > other else "other bytes"
        diff.samples.append(Sample(found.events, difference, *rules))


def _what_is_more(these: list[Delivery], those: list[Delivery]) -> int:
    """How many of ``these`` have no counterpart with the same bytes among ``those``."""
    left = Counter((each.data, each.problem) for each in these)
    left.subtract((each.data, each.problem) for each in those)
    return sum(count for count in left.values() if count > 0)


def _rules_of(deliveries: list[Delivery]) -> tuple[str, ...]:
    return tuple(sorted({rule for each in deliveries for rule in each.rules}))
