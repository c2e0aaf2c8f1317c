"""Proposes what to change when a rule does not match an event: as little as possible of either.

In: a rule with places (patterns/located.py) and a decoded event. Out: at most one change of the event and one of the
rule, as words, and as the JSON text that results.

    {"detail": {"total": [{"numeric": [">", 1000]}]}}, {"detail": {"total": 990}}
    ->  event: set /detail/total to 1001 (now 990)
        rule:  write {"numeric": [">=", 990]} in place of {"numeric": [">", 1000]} at $.detail.total[0]

Always: the engine was asked about every proposal, on the changed text, and found that the rule matches. "Smallest"
means fewest edits, then the smaller ones, among what is tried: the nearest sub-rules, and of each the cheapest plans.
A rule with longer paths than LONGEST_PATHS gets no proposals, nor does one for which nothing tried was right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ruler.errors import EventError, RuleError
from ruler.explain import judge
from ruler.explain.clause_changes import Choices, Effort, prefixes_of
from ruler.explain.event_changes import EventChange, changed_event, event_changes
from ruler.explain.event_view import view_event
from ruler.explain.nearness import Misses
from ruler.explain.rule_changes import PathsMeant, RuleChange, rule_changes
from ruler.patterns.compiler import DEFAULT_LIMITS, Limits, compile_rule
from ruler.patterns.located import LocatedRule, LocatedSubRule

MOST_SUB_RULES = 16  # tried, the nearest of them
MOST_VERIFICATIONS = 20  # of changes of the event, and of changes of the rule
MOST_VERIFIED = 20_000_000  # characters that are read to verify changes of the event, and those of the rule
LONGEST_PATHS = 5_000_000  # characters of the paths of a rule, each counted for each of its names

_NO_LIMIT = 1 << 30  # of paths and sub-rules: edits add neither


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change after which the rule matches the event."""

    changes: str  # "event" or "rule"
    text: str  # 'set /detail/total to 1001 (now 990)'
    result: str  # the changed event, or the changed rule, as JSON text
    edit_count: int

    def as_dict(self) -> dict[str, str | int]:
        """Return the JSON form."""
        return {
            "changes": self.changes,
            "text": self.text,
            "result": self.result,
            "edit_count": self.edit_count,
        }


def propose(rule: LocatedRule, event: dict[str, Any], limits: Limits = DEFAULT_LIMITS) -> tuple[Proposal, ...]:
    """Return what to change so that ``rule`` matches ``event``, as ``decode`` returns it; () when it does already.

    The change of the event stands first; ``limits`` say whether the extensions may be proposed. Cost: bounded, some ten
    times that of explaining; ``event`` stays as it is.
    """
    paths = {clause.path for sub_rule in rule.sub_rules for clause in sub_rule.clauses}
    if sum(len(path) * (path.count(".") + 1) for path in paths) > LONGEST_PATHS:
        return ()
    if judge.matches((sub_rule.sub_rule for sub_rule in rule.sub_rules), event):
        return ()
    nearest = _nearest_sub_rules(rule, event, paths)
    wanted = {clause.path for sub_rule in nearest for clause in sub_rule.clauses}
    choices = Choices(view_event(event, wanted.union(*map(prefixes_of, wanted))), Effort())
    found = (_event_proposal(choices, nearest, event), _rule_proposal(choices, rule, nearest, event, limits))
    return tuple(proposal for proposal in found if proposal is not None)


def _nearest_sub_rules(rule: LocatedRule, event: dict[str, Any], paths: Iterable[str]) -> list[LocatedSubRule]:
    """Return the sub-rules that are nearest to matching, the nearest first."""
    if len(rule.sub_rules) == 1:
        return list(rule.sub_rules)
    misses = Misses(view_event(event, paths))
    nearest = sorted(rule.sub_rules, key=lambda sub_rule: misses.distance(sub_rule.clauses))
    return nearest[:MOST_SUB_RULES]


def _event_proposal(choices: Choices, sub_rules: list[LocatedSubRule], event: dict[str, Any]) -> Proposal | None:
    changes: list[tuple[EventChange, LocatedSubRule]] = []
    for sub_rule in sub_rules:
        changes += [(change, sub_rule) for change in event_changes(choices, sub_rule)]
    changes.sort(key=lambda each: each[0].cost)
    length = 0
    for change, sub_rule in changes[:MOST_VERIFICATIONS]:
        result = changed_event(event, change)
        if result is None:
            continue
        if _is_match([sub_rule], result):
            return Proposal("event", str(change), result, len(change.edits))
        length += len(result)
        if length > MOST_VERIFIED:
            break
    return None


def _is_match(sub_rules: list[LocatedSubRule], event: str) -> bool:
    try:
        return judge.matches((sub_rule.sub_rule for sub_rule in sub_rules), event)
    except EventError:
        return False


def _rule_proposal(
    choices: Choices, rule: LocatedRule, sub_rules: list[LocatedSubRule], event: dict[str, Any], limits: Limits
) -> Proposal | None:
    choices.effort.renew()
    paths_meant = PathsMeant(choices)
    changes: list[RuleChange] = []
    for sub_rule in sub_rules:
        changes += rule_changes(choices, sub_rule, paths_meant)
    changes.sort(key=lambda change: change.cost)
    length = event_length = 0
    for change in changes[: MOST_VERIFICATIONS // 2]:
        for plainly in (False, True):
            applied = change.applied(rule, plainly=plainly)
            if applied is None:
                break
            words, result, edit_count = applied
            if _would_match(result, event, limits):
                return Proposal("rule", words, result, edit_count)
            event_length = event_length or len(changed_event(event, EventChange((), (0, 0.0))) or "")
            length += len(result) + event_length
        if length > MOST_VERIFIED:
            break
    return None


def _would_match(rule: str, event: dict[str, Any], limits: Limits) -> bool:
    limits = replace(limits, max_paths=_NO_LIMIT, max_sub_rules=_NO_LIMIT)
    try:
        return judge.matches(compile_rule(rule, limits=limits).sub_rules, event)
    except RuleError:
        return False
