"""How the rules that match an event match it: which branches, which values at which places, which patterns.

In: the event, and the names and texts of the rules that the engine says match. Out: MatchDetails in that order.

    {"a": [1, 2]} ~ {"a": 2}  ->  path a, value 2 at /a, accepted by 2 at $.a[1]

Always: one detail for each sub-rule that matches; its values are accepted by the patterns named, and consistent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ruler.explain import judge
from ruler.explain.accepting import Acceptance, acceptance_of
from ruler.explain.choice import Choice, Sketch, choose
from ruler.explain.event_view import view_event
from ruler.explain.explainer import AskedRule
from ruler.explain.results import ChosenValue, MatchDetail
from ruler.patterns.compiler import Limits
from ruler.patterns.located import LocatedRule, LocatedSubRule, locate_rule
from ruler.patterns.model import Absent


def match_details(event: dict[str, Any], rules: Iterable[AskedRule], limits: Limits) -> list[MatchDetail]:
    """Return a detail for each sub-rule of ``rules`` that matches the decoded ``event``."""
    return [detail for rule in rules for detail in _details_of_rule(event, rule, limits)]


def _details_of_rule(event: dict[str, Any], rule: AskedRule, limits: Limits) -> Iterable[MatchDetail]:
    parts: list[tuple[int, LocatedRule, LocatedSubRule]] = []
    for index, text in enumerate(rule.texts):
        located = locate_rule(text, limits=limits)
        parts += [(index, located, sub_rule) for sub_rule in located.sub_rules]
    view = view_event(event, (clause.path for _, _, sub_rule in parts for clause in sub_rule.clauses))
    leaves = [leaf for found in view.leaves.values() for leaf in found]
    matched = judge.which_match([sub_rule.sub_rule for _, _, sub_rule in parts], Sketch.with_values(leaves).event)
    for (index, located, sub_rule), is_match in zip(parts, matched, strict=True):
        if is_match:
            acceptances = [acceptance_of(clause, view.leaves.get(clause.path, ())) for clause in sub_rule.clauses]
            choice = choose(acceptances)
            yield MatchDetail(rule.name, index, sub_rule.branches, _values(located, acceptances, choice))


def _values(located: LocatedRule, clauses: list[Acceptance], choice: Choice | None) -> tuple[ChosenValue, ...]:
    """The chosen values; none when the event has so many that the right ones were not looked at."""
    if choice is None:
        return ()
    values = []
    for each in clauses:
        leaf = choice[each.clause.path]
        accepted_by = [
            (located.text(alternative.node), alternative.location)
            for alternative, found in zip(each.clause.alternatives, each.by_alternative, strict=True)
            if (isinstance(alternative.pattern, Absent) if leaf is None else any(one is leaf for one in found))
        ]
        values.append(ChosenValue(each.clause.path, leaf, tuple(accepted_by)))
    return tuple(values)
