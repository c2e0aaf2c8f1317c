"""What was counted: for each rule its branches, for each branch its alternatives, and the events that no rule matched.

A branch is a sub-rule: the whole rule when it has no ``$or``. Two numbers are given for each part.

    matched   events that the rule matched; that the branch matched; that the branch matches with this alternative
              alone in its clause
    decided   of these, the events that the rule would not match without the branch, or the branch without the
              alternative

    {"a": [1, {"numeric": ["<", 5]}]} over {"a": 1} and {"a": 2}
      ->  $.a[0] matched 1 and decided 0, $.a[1] matched 2 and decided 1

Always: decided is at most matched, and what a part matched its rule matched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ruler.errors import Location, json_path

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class AlternativeCount:
    """One element of a clause's array, in one branch."""

    text: str  # as written, cut when it is long
    path: str  # of the event: "detail.state"
    location: Location  # in the rule: ("detail", "state", 0)
    matched: int
    decided: int
    is_alone: bool  # the only one of its clause, so it matched and decided what its branch matched

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "path": json_path(self.location),
            "field": self.path,
            "text": self.text,
            "matched": self.matched,
            "decided": self.decided,
        }


@dataclass(frozen=True, slots=True)
class BranchCount:
    """One sub-rule of a rule."""

    text_number: int  # from 1: which of the texts that were added under the rule's name
    locations: tuple[Location, ...]  # of the branches of "$or" it is made of; () without "$or"
    matched: int
    decided: int
    alternatives: tuple[AlternativeCount, ...]  # paths ascending, then as written
    alternatives_are_counted: bool  # False, and no alternatives, when counting them would cost too much

    @property
    def label(self) -> str:
        """Where the branch stands, ``$["$or"][0]``; ``$`` for a rule without ``$or``.

        A branch inside another says the outer one too, so only the innermost are named.
        """
        inner = [
            each
            for index, each in enumerate(self.locations)
            if not any(later[: len(each)] == each for later in self.locations[index + 1 :])
        ]
        return " and ".join(json_path(each) for each in inner) or "$"

    def record(self) -> dict[str, object]:
        """Return the JSON form; alternatives are None when they are not counted."""
        alternatives = [each.record() for each in self.alternatives]
        return {
            "text_number": self.text_number,
            "paths": [json_path(each) for each in self.locations],
            "matched": self.matched,
            "decided": self.decided,
            "alternatives": alternatives if self.alternatives_are_counted else None,
        }


@dataclass(frozen=True, slots=True)
class RuleCount(Generic[Name]):
    """One rule name: it matches when any of its branches does."""

    name: Name
    matched: int
    branches: tuple[BranchCount, ...]

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "name": str(self.name),
            "matched": self.matched,
            "branches": [each.record() for each in self.branches],
        }


@dataclass(frozen=True, slots=True)
class Shape:
    """Events with the same paths and the same kinds of values there."""

    fields: tuple[str, ...]  # "detail.tags[]: string", ascending; at most shapes.MOST_FIELDS
    more_fields: int  # how many more there are
    events: int
    first: str  # the place of the first of these events

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "events": self.events,
            "first": self.first,
            "fields": list(self.fields),
            "more_fields": self.more_fields,
        }


@dataclass(frozen=True, slots=True)
class Report(Generic[Name]):
    """All that was counted so far."""

    events: int
    rules: tuple[RuleCount[Name], ...]  # in the order of adding
    unmatched: int  # events that no rule matched
    shapes: tuple[Shape, ...]  # of these, most events first
    events_of_other_shapes: int  # of these, those whose shape came when no more shapes were kept

    @property
    def unused_rules(self) -> tuple[Name, ...]:
        """The names of the rules that matched no event."""
        return tuple(rule.name for rule in self.rules if not rule.matched)

    def unused(self) -> Report[Name]:
        """Return the report with nothing but what never matched, and the rules and branches around it.

        What is inside a rule or a branch that never matched is left out.
        """
        rules = (replace(rule, branches=tuple(_unused_branches(rule))) for rule in self.rules)
        return replace(self, rules=tuple(rule for rule in rules if rule.branches or not rule.matched))

    def record(self) -> dict[str, object]:
        """Return the JSON form: one object with what ``ruler coverage --format json`` writes."""
        return {
            "events": self.events,
            "rules": [rule.record() for rule in self.rules],
            "unused_rules": [str(name) for name in self.unused_rules],
            "unmatched": {
                "events": self.unmatched,
                "shapes": [shape.record() for shape in self.shapes],
                "events_of_other_shapes": self.events_of_other_shapes,
            },
        }


def _unused_branches(rule: RuleCount[Name]) -> Iterator[BranchCount]:
    for branch in rule.branches if rule.matched else ():
        unused = tuple(each for each in branch.alternatives if not each.matched) if branch.matched else ()
        if unused or not branch.matched:
            yield replace(branch, alternatives=unused)
