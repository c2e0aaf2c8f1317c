"""How the rules that match an event match it: which branches, which values at which places, which patterns.

In: the event, and the names and texts of the rules that the engine says match. Out: MatchDetails in that order.

    {"a": [1, 2]} ~ {"a": 2}  ->  path a, value 2 at /a, accepted by 2 at $.a[1]

Values that are found at once, path after path, show by themselves that the sub-rule matches. The engine is asked about
the others: those in arrays where the first values do not lie together.
Always: one detail for each sub-rule that matches; its values are accepted by the patterns named, and consistent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ruler.explain import judge
from ruler.explain.accepting import Acceptance, EventValues, acceptance_of
from ruler.explain.choice import Budget, Sketch, choose, chosen_values, plain_choice
from ruler.explain.event_view import EventView, view_event
from ruler.explain.explainer import AskedRule
from ruler.explain.results import MatchDetail
from ruler.patterns.compiler import Limits
from ruler.patterns.located import LocatedClause, LocatedRule, LocatedSubRule, locate_text


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One sub-rule of a rule that matches."""

    rule: AskedRule
    text_index: int
    located: LocatedRule
    sub_rule: LocatedSubRule


def match_details(event: dict[str, Any], rules: Iterable[AskedRule], limits: Limits) -> list[MatchDetail]:
    """Return a detail for each sub-rule of ``rules`` that matches the decoded ``event``."""
    parts = [
        _Part(rule, index, located, sub_rule)
        for rule in rules
        for index, text in enumerate(rule.texts)
        for located in (locate_text(text, limits=limits),)
        for sub_rule in located.sub_rules
    ]
    view = view_event(event, {clause.path for part in parts for clause in part.sub_rule.clauses})
    found = _Details(view)
    return [detail for detail in map(found.of_part, parts) if detail is not None]


class _Details:
    """Finds how sub-rules match one event. A clause of many sub-rules is one object, and is looked at once."""

    def __init__(self, view: EventView) -> None:
        self.values = EventValues(view)
        self.budget = Budget()
        self.known: dict[int, Acceptance] = {}  # by the identity of the clause

    def of_part(self, part: _Part) -> MatchDetail | None:
        """Return how a sub-rule matches; None when it does not."""
        acceptances = []
        for clause in part.sub_rule.clauses:
            each = self.acceptance(clause)
            if not each.may_hold:
                return None
            acceptances.append(each)
        choice = plain_choice(acceptances)
        if choice is None:
            leaves = [leaf for each in acceptances for leaf in each.leaves]
            if not judge.matches([part.sub_rule.sub_rule], Sketch.with_values(leaves).event):
                return None
            choice = choose(acceptances, self.budget)
        # No values when the event has so many that the right ones were not looked at.
        values = [] if choice is None else chosen_values(acceptances, choice, part.located.text)
        return MatchDetail(part.rule.name, part.text_index, part.sub_rule.branches, tuple(values))

    def acceptance(self, clause: LocatedClause) -> Acceptance:
        found = self.known.get(id(clause))
        if found is None:
            found = self.known[id(clause)] = acceptance_of(clause, self.values.at(clause.path))
        return found
