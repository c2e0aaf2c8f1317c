"""What an explanation holds: typed objects with a JSON form and a text form.

    RuleExplanation         one rule: matched or not, and what would make it match
      SubRuleExplanation    one sub-rule: which branches of $or, and per path
        ClauseExplanation   the values of the event there, and whether any is accepted
          AlternativeExplanation   which values it accepted, and why not the others
            Reason          a code for programs, a sentence for people

Always: objects are frozen, so they may be kept and shared. ``as_dict`` gives plain dicts, lists and scalars, and
``json.dumps`` takes them; ``str`` gives the text form, which ends without a line end.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruler.errors import Location, json_path, text_of
from ruler.explain.event_view import Leaf
from ruler.paint import Paint

if TYPE_CHECKING:
    from ruler.explain.proposals import Proposal

LONGEST_LIST = 5  # values of one path that are shown; of the others only the number is told


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not accepted. ``code`` is stable, one of REASON_CODES (ruler/explain/reasons.py)."""

    code: str
    text: str
    leaf: Leaf | None = None  # the value it is about, if it is about one

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"code": self.code, "text": self.text, "pointer": None if self.leaf is None else self.leaf.place.pointer}


@dataclass(frozen=True, slots=True)
class AlternativeExplanation:
    """One pattern of a clause, ``text`` as it was written."""

    text: str
    location: Location
    accepted: tuple[Leaf, ...]  # the first of them; ``accepted_count`` says how many there are
    reasons: tuple[Reason, ...]
    accepted_count: int
    keyword: str = ""  # its pattern type as it was written; "" for a plain value
    offending_count: int = 0  # of exists false or none-of: the values that it excludes, in whatever array element
    holds_by_absence: bool = False  # exists false or none-of, and no value that offends it is there

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "pattern": self.text,
            "place": json_path(self.location),
            "accepted": [leaf.place.pointer for leaf in self.accepted],
            "accepted_count": self.accepted_count,
            "holds_by_absence": self.holds_by_absence,
            "reasons": [reason.as_dict() for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class ClauseExplanation:
    """One path of a sub-rule: the values there, and what each pattern says of them."""

    path: str
    text: str  # the array of patterns as it was written
    location: Location
    accepted: bool
    values: tuple[Leaf, ...]  # the first of them; ``value_count`` says how many there are
    value_count: int
    alternatives: tuple[AlternativeExplanation, ...]
    alternative_count: int  # of a long list only the first alternatives are here
    notes: tuple[Reason, ...]  # about the path itself: absent, an object, a duplicate name
    chosen: ChosenValue | None = None  # what made it hold, where the sub-rule matched

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason, those about the path first."""
        return (*self.notes, *(reason for alternative in self.alternatives for reason in alternative.reasons))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "path": self.path,
            "patterns": self.text,
            "place": json_path(self.location),
            "accepted": self.accepted,
            "values": [value_dict(leaf) for leaf in self.values],
            "value_count": self.value_count,
            "alternatives": [each.as_dict() for each in self.alternatives],
            "alternative_count": self.alternative_count,
            "notes": [note.as_dict() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class SubRuleExplanation:
    """Clauses that must all match, and whether they do."""

    matched: bool
    branches: tuple[Location, ...]  # of $or; () without
    clauses: tuple[ClauseExplanation, ...]
    apart: Reason | None  # each path has a value, and the values lie in different elements of one array
    text_index: int = 0  # which of the texts added under the name

    @property
    def chosen(self) -> tuple[ChosenValue, ...]:
        """What made each clause hold, paths ascending; () when it did not match, or where that was too hard to find."""
        return tuple(clause.chosen for clause in self.clauses if clause.chosen is not None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason of every clause that failed, and whether values are apart."""
        failed = [reason for clause in self.clauses if not clause.accepted for reason in clause.reasons]
        return (*failed, *([self.apart] if self.apart else []))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "matched": self.matched,
            "text_index": self.text_index,
            "branches": [json_path(branch) for branch in self.branches],
            "clauses": [clause.as_dict() for clause in self.clauses],
            "apart": None if self.apart is None else self.apart.as_dict(),
            "chosen": [value.as_dict() for value in self.chosen],
        }


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """Why one rule matches an event, or does not."""

    name: Hashable
    matched: bool
    sub_rules: tuple[SubRuleExplanation, ...]  # those that matched first, then the nearest misses
    sub_rule_count: int  # of many sub-rules only the first are here
    proposals: tuple[Proposal, ...] = ()
    has_several_texts: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rule": name_value(self.name),
            "matched": self.matched,
            "sub_rules": [each.as_dict() for each in self.sub_rules],
            "sub_rule_count": self.sub_rule_count,
            "proposals": [each.as_dict() for each in self.proposals],
        }

    def text(self, paint: Paint | None = None) -> str:
        """Return the text form; ``paint`` colours it."""
        from ruler.explain.text_form import text_of_rule

        return text_of_rule(self, paint)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class EventExplanation:
    """Why each rule matches an event, or does not: nearest misses first, then the rules that match."""

    rules: tuple[RuleExplanation, ...]
    rule_count: int  # of all rules of the matcher
    matched_count: int

    @property
    def matched(self) -> bool:
        """Whether any rule matched."""
        return self.matched_count > 0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rule_count": self.rule_count,
            "matched_count": self.matched_count,
            "rules": [rule.as_dict() for rule in self.rules],
        }

    def text(self, paint: Paint | None = None) -> str:
        """Return the text form; ``paint`` colours it."""
        from ruler.explain.text_form import text_of_event

        return text_of_event(self, paint)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class ChosenValue:
    """What made one clause of a sub-rule match: a value, or that there is none that it excludes."""

    path: str
    leaf: Leaf | None  # None: exists false or none-of holds
    accepted_by: tuple[tuple[str, Location], ...]  # of each pattern: its text and its place in the rule
    is_absent: bool = False  # no value is there at all; else, with no leaf, none that none-of lists

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "path": self.path,
            **(value_dict(self.leaf) if self.leaf else {"absent": self.is_absent}),
            "accepted_by": [{"pattern": text, "place": json_path(place)} for text, place in self.accepted_by],
        }


@dataclass(frozen=True, slots=True)
class MatchDetail:
    """How one sub-rule of a rule matched an event."""

    name: Hashable
    text_index: int  # which of the texts added under the name, from 0
    branches: tuple[Location, ...]  # of $or; () without
    values: tuple[ChosenValue, ...] = field(default=())  # paths ascending

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rule": name_value(self.name),
            "text_index": self.text_index,
            "branches": [json_path(branch) for branch in self.branches],
            "values": [value.as_dict() for value in self.values],
        }

    def text(self, paint: Paint | None = None) -> str:
        """Return the text form; ``paint`` colours it."""
        from ruler.explain.text_form import text_of_detail

        return text_of_detail(self, paint)

    def __str__(self) -> str:
        return self.text()


def value_dict(leaf: Leaf) -> dict[str, Any]:
    """Return the JSON form of a value and its place; array elements outermost first."""
    indexes = reversed([] if leaf.element is None else list(leaf.element.indexes.items()))
    return {
        "value": leaf.value,
        "pointer": leaf.place.pointer,
        "elements": [{"array": array.pointer, "index": index} for array, index in indexes],
    }


def name_value(name: Hashable) -> object:
    """Return the name of a rule as JSON has it: itself where JSON has such a value, else its text."""
    if isinstance(name, float) and not math.isfinite(name):
        return text_of(name)
    return name if name is None or type(name) in (str, int, float, bool) else text_of(name)
