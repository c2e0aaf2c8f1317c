"""Judges one sub-rule by trying: the definition of array consistency, with the repetitions left out.

Clauses are taken in ascending order of their paths; for each, every value that satisfies it and lies in no
other element of an array already chosen from is tried. ``none-of`` holds when none of the values that its guard
accepts could be chosen (``exists: false``: none at all); where a path has several clauses, beside what was chosen
before them all. Two attempts that stand before the same clause with the same elements chosen, of arrays that still
matter, are one. All attempts take a clause before any takes the next, so that the number of steps does not depend
on the order of values, and each engine needs as many. Source: semantics, section 9.

The trail walk needs this only where trails do not lie on one line: when an event spells one path in
several ways at once (``{"a": [...], "a.b": [...]}``), or, for a sub-rule with ``exists: false``, when the order of
paths leaves a group of names and comes back to it. There the attempts can grow with the product of the
arrays' lengths (satisfiability can be written as such an event), so the steps of an event are limited, and one
that needs more is refused with an EventError.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from ruler.errors import EventError
from ruler.machine.clause import ClauseNode
from ruler.machine.flatten import Element
from ruler.machine.trail_views import TrailViews

Chosen = frozenset[Element]


class _Candidate:
    """A clause with the places where it can be satisfied, and for each guard those of the values it accepts."""

    def __init__(self, clause: ClauseNode, views: TrailViews) -> None:
        self.path = clause.clause.path
        fields = views.fields.get(clause.value_matcher, [])
        self.lines = _distinct_lines([trail for outcome, trail in fields if clause.accepts(outcome)])
        self.guard_lines = [
            _distinct_lines([trail for outcome, trail in fields if guard.accepts(outcome)]) for guard in clause.guards
        ]
        # Comparing a trail takes a step for each of its elements.
        self.step_count = 1 + sum([1 + len(line) for lines in (self.lines, *self.guard_lines) for line in lines])

    def choices(self, before: Chosen, chosen: Chosen) -> list[Chosen]:
        """Return what can be chosen to satisfy the clause where ``chosen`` is chosen already, ``before`` its path."""
        element_of = {element.array: element for element in chosen}
        choices = [line for line in self.lines if _is_consistent(line, element_of)]
        if self.guard_lines:
            beheld = element_of if before is chosen else {element.array: element for element in before}
            if not all(any(_is_consistent(line, beheld) for line in lines) for lines in self.guard_lines):
                choices.append(frozenset())
        return choices

    def arrays(self) -> set[int]:
        return {element.array for lines in (self.lines, *self.guard_lines) for line in lines for element in line}


def sub_rule_holds(clauses: list[ClauseNode], views: TrailViews) -> bool:
    """Return whether values can be chosen that satisfy all ``clauses`` at consistent places.

    EventError ``too-many-array-combinations`` when that takes more steps than the event has left.
    """
    candidates = [_Candidate(clause, views) for clause in sorted(clauses, key=lambda node: node.clause.path)]
    following = iter(_arrays_after(candidates)[1:])
    attempts: set[Chosen] = {frozenset()}
    for _, same_path in groupby(candidates, key=attrgetter("path")):
        of_path = list(same_path)
        # What was chosen before the path is kept only where a guard may have to look past what was chosen on it.
        looks_back = len(of_path) > 1 and any(candidate.guard_lines for candidate in of_path)
        pairs: set[tuple[Chosen | None, Chosen]] = {(chosen if looks_back else None, chosen) for chosen in attempts}
        for candidate in of_path:
            arrays = next(following)
            views.steps_left -= candidate.step_count * len(pairs)
            if views.steps_left < 0:
                raise too_many_combinations()
            pairs = {
                (before, frozenset(element for element in chosen | line if element.array in arrays))
                for before, chosen in pairs
                for line in candidate.choices(chosen if before is None else before, chosen)
            }
        attempts = {chosen for _, chosen in pairs}
    return bool(attempts)


def too_many_combinations() -> EventError:
    """Return the error for an event that takes more steps than it has; the native engine raises it as well."""
    return EventError(
        "too-many-array-combinations",
        "the elements of its arrays combine in too many ways to tell which rules match; "
        "give each path one spelling (no name with dots beside the same names nested) or shorter arrays",
        location=(),
    )


def _distinct_lines(trails: list[Element | None]) -> list[frozenset[Element]]:
    """Return the distinct trails, each as the set of its elements."""
    return [frozenset(trail.line() if trail is not None else ()) for trail in dict.fromkeys(trails)]


def _is_consistent(line: frozenset[Element], element_of: dict[int, Element]) -> bool:
    return all(element_of.get(element.array, element) is element for element in line)


def _arrays_after(candidates: list[_Candidate]) -> list[set[int]]:
    """Return, for each clause, the arrays that it or a later clause can still clash in."""
    after: list[set[int]] = [set()]
    for candidate in reversed(candidates):
        after.append(after[-1] | candidate.arrays())
    return after[::-1]
