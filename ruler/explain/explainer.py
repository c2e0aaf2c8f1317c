"""Explains rules for one event: what matched, what did not and why, nearest misses first.

In: the event, and for each rule its name, its texts and whether the engine matched it. Out: RuleExplanations.

    rule {"a": [1], "b": [2]}, event {"a": 1}  ->  a is accepted, by 1; b is absent: one clause fails

How near a rule is is that of its nearest sub-rule (nearness.py): the fewest clauses that fail, then the fewest paths
that are absent; values in different elements of one array count as less than a clause. Ties stay in the order of
adding. Many rules are ranked by their clauses alone; reasons and proposals are worked out for those that are shown.
Always: whether a rule matches is what the engine said, and whether a sub-rule does is what the judge says.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ruler.explain import judge
from ruler.explain.accepting import Acceptance, EventValues, acceptance_of
from ruler.explain.choice import Budget, Sketch, choose, chosen_values
from ruler.explain.clause_texts import explain_clause, note_of_apart
from ruler.explain.duplicates import document_of_event, duplicates
from ruler.explain.event_view import EventView, view_event
from ruler.explain.missing import EventPaths, no_such_path, why_no_value
from ruler.explain.nearness import Distance, Misses
from ruler.explain.results import ChosenValue, EventExplanation, Reason, RuleExplanation, SubRuleExplanation
from ruler.explain.verdicts import verdicts
from ruler.machine.decode import Event, decode
from ruler.patterns.compiler import Limits, compile_rule
from ruler.patterns.located import LocatedRule, LocatedSubRule, locate_text
from ruler.patterns.model import SubRule

if TYPE_CHECKING:
    from ruler.explain.proposals import Proposal

EXPLAINED_SUB_RULES = 20  # of one rule, the nearest; a rule may have a thousand
COMPARED_PATHS = 30  # absent paths of one rule that are compared with those of the event
PROPOSED_RULES = 5  # near misses of an event that get proposals


@dataclass(frozen=True, slots=True)
class AskedRule:
    """A rule to explain."""

    name: Hashable
    texts: tuple[str, ...]
    matched: bool  # what the engine said


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One sub-rule of a rule, and how near it is to matching."""

    text_index: int
    rule: LocatedRule
    sub_rule: LocatedSubRule
    distance: Distance


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """What the event has for one rule."""

    view: EventView
    values: EventValues
    repeated: dict[str, Reason]  # path -> the duplicate name on the way to it
    budget: Budget  # for the choices of all its sub-rules


class Explainer:
    """Explains rules for one event. What several rules need of the event is worked out once."""

    def __init__(self, event: Event, limits: Limits) -> None:
        self.given = event
        self.event = decode(event)
        self.limits = limits
        self._missing: dict[str, list[Reason]] = {}  # of the rule at hand: path -> why it has no value

    @cached_property
    def event_paths(self) -> EventPaths:
        """The paths that the event has, to compare those with that it has not."""
        return EventPaths(self.event)

    @cached_property
    def document(self) -> Any:
        """The event's text, which still has its duplicate names; None for a decoded event."""
        return document_of_event(self.given)

    # -- rules

    def explain(self, rule: AskedRule, *, with_proposals: bool = True) -> RuleExplanation:
        """Return why ``rule`` matches the event, or does not."""
        self._missing.clear()
        located = self._located(rule)
        view = view_event(self.event, _paths_of(located))
        parts = self._parts(located, view)
        leaves = [leaf for found in view.leaves.values() for leaf in found]
        matched = judge.which_match([part.sub_rule.sub_rule for part in parts], Sketch.with_values(leaves).event)
        order = sorted(range(len(parts)), key=lambda index: (not matched[index], *parts[index].distance, index))
        shown = [parts[index] for index in order[:EXPLAINED_SUB_RULES]]
        repeated = {} if self.document is None else duplicates(self.document, _paths_of(located))
        facts = _Facts(view, EventValues(view), repeated, Budget())
        explained = [self._sub_rule(part, matched[index], facts) for index, part in zip(order, shown, strict=False)]
        return RuleExplanation(
            rule.name,
            rule.matched,
            tuple(explained),
            len(parts),
            () if rule.matched or not with_proposals else _proposals(shown[0].rule, self.event, self.limits),
            len(rule.texts) > 1,
        )

    def explain_all(self, rules: Sequence[AskedRule], limit: int | None) -> EventExplanation:
        """Return the explanation of the first ``limit`` rules, nearest misses first."""
        missed = [rule for rule in rules if not rule.matched]
        matched = [rule for rule in rules if rule.matched]
        explained = [
            self.explain(rule, with_proposals=index < PROPOSED_RULES)
            for index, rule in enumerate([*self._by_distance(missed), *matched][:limit])
        ]
        return EventExplanation(tuple(explained), len(rules), len(matched))

    def _by_distance(self, rules: list[AskedRule]) -> list[AskedRule]:
        # Compiled, and not located: that takes a tenth of the time, and of ten thousand rules most are not shown.
        compiled = [[each for text in rule.texts for each in self._compiled(text)] for rule in rules]
        paths = {clause.path for sub_rules in compiled for sub_rule in sub_rules for clause in sub_rule.clauses}
        misses = Misses(view_event(self.event, paths))
        nearest = [min(misses.distance(each.clauses) for each in sub_rules) for sub_rules in compiled]
        return [rule for _, rule in sorted(zip(nearest, rules, strict=True), key=lambda pair: pair[0])]

    def _compiled(self, text: str) -> tuple[SubRule, ...]:
        return compile_rule(text, limits=self.limits).sub_rules

    def _located(self, rule: AskedRule) -> list[LocatedRule]:
        return [locate_text(text, limits=self.limits) for text in rule.texts]

    # -- sub-rules

    def _parts(self, located: list[LocatedRule], view: EventView) -> list[_Part]:
        misses = Misses(view)
        return [
            _Part(text_index, rule, sub_rule, misses.distance(sub_rule.clauses))
            for text_index, rule in enumerate(located)
            for sub_rule in rule.sub_rules
        ]

    def _sub_rule(self, part: _Part, matched: bool, facts: _Facts) -> SubRuleExplanation:
        acceptances = [acceptance_of(clause, facts.values.at(clause.path)) for clause in part.sub_rule.clauses]
        choice = choose(acceptances, facts.budget) if matched else None
        chosen: Sequence[ChosenValue | None] = [None] * len(acceptances)
        if choice is not None:
            chosen = chosen_values(acceptances, choice, part.rule.text)
        failed: list[Acceptance] = []
        apart: list[Acceptance] = []
        if not matched:
            failed, apart = verdicts(acceptances, facts.budget)
        failed_ids = set(map(id, failed))
        clauses = [
            explain_clause(
                each,
                part.rule,
                failed=id(each) in failed_ids,
                chosen=value,
                notes=self._notes(each, facts) if id(each) in failed_ids else [],
            )
            for each, value in zip(acceptances, chosen, strict=True)
        ]
        return SubRuleExplanation(
            matched,
            part.sub_rule.branches,
            tuple(clauses),
            note_of_apart(apart) if apart else None,
            part.text_index,
        )

    def _notes(self, each: Acceptance, facts: _Facts) -> list[Reason]:
        path = each.clause.path
        notes = [] if each.leaves else self._why_no_value(path, facts.view)
        return [*notes, facts.repeated[path]] if path in facts.repeated else notes

    def _why_no_value(self, path: str, view: EventView) -> list[Reason]:
        found = self._missing.get(path)
        if found is None:
            if len(self._missing) >= COMPARED_PATHS and path not in view.containers:
                return [no_such_path(path)]
            found = why_no_value(path, self.event, view.containers.get(path, ()), self.event_paths)
            self._missing[path] = found
        return found


def _paths_of(located: Iterable[LocatedRule]) -> set[str]:
    return {clause.path for rule in located for sub_rule in rule.sub_rules for clause in sub_rule.clauses}


def _proposals(rule: LocatedRule, event: dict[str, Any], limits: Limits) -> tuple[Proposal, ...]:
    from ruler.explain.proposals import propose  # only rules that do not match need it

    return propose(rule, event, limits)
