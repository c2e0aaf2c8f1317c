"""Judges one sub-rule by trying: the definition of array consistency, with the repetitions left out.

Clauses are taken in ascending order of their paths; for each, every value that satisfies it and lies in no
other element of an array already chosen from is tried; ``exists: false`` holds when no value of its path could be
chosen. Two attempts that stand before the same clause with the same elements chosen, of arrays that still
matter, are one. All attempts take a clause before any takes the next, so that the number of steps does not depend
on the order of values, and each engine needs as many. Source: semantics, section 9.

The trail walk needs this only where trails do not lie on one line: when an event spells one path in
several ways at once (``{"a": [...], "a.b": [...]}``), or, for a sub-rule with ``exists: false``, when the order of
paths leaves a group of names and comes back to it. There the attempts can grow with the product of the
arrays' lengths (satisfiability can be written as such an event), so the steps of an event are limited, and one
that needs more is refused with an EventError.
"""

from __future__ import annotations

from ruler.errors import EventError
from ruler.machine.flatten import Element
from ruler.machine.trail_views import TrailViews
from ruler.machine.value_matcher import ClauseNode

Chosen = frozenset[Element]


class _Candidate:
    """A clause with the places where it can be satisfied and where its path has values."""

    def __init__(self, clause: ClauseNode, views: TrailViews) -> None:
        fields = views.fields.get(clause.value_matcher, [])
        self.holds_when_absent = clause.holds_when_absent
        self.lines = _distinct_lines(
            [trail for outcome, trail in fields if clause.accepts(outcome)],
        )
        self.value_lines = _distinct_lines([trail for _, trail in fields]) if clause.holds_when_absent else []

        # Comparing a trail takes a step for each of its elements.
        self.step_count = 1 + sum([1 + len(line) for line in self.lines + self.value_lines])

    def choices(self, chosen: Chosen) -> list[Chosen]:
        """Return what can be chosen to satisfy the clause where ``chosen`` is chosen already."""
        element_of = {element.array: element for element in chosen}
        choices = [line for line in self.lines if _is_consistent(line, element_of)]
        if self.holds_when_absent and not any(_is_consistent(line, element_of) for line in self.value_lines):
            choices.append(frozenset())
        return choices

    def arrays(self) -> set[int]:
        return {element.array for line in self.lines + self.value_lines for element in line}


def sub_rule_holds(clauses: list[ClauseNode], views: TrailViews) -> bool:
    """Return whether values can be chosen that satisfy all ``clauses`` at consistent places.

    EventError ``too-many-array-combinations`` when that takes more steps than the event has left.
    """
    candidates = [_Candidate(clause, views) for clause in sorted(clauses, key=lambda node: node.clause.path)]
    arrays_after = _arrays_after(candidates)
    attempts: set[Chosen] = {frozenset()}
    for candidate, arrays in zip(candidates, arrays_after[1:], strict=True):
        views.steps_left -= candidate.step_count * len(attempts)
        if views.steps_left < 0:
            raise too_many_combinations()
        attempts = {
            frozenset(element for element in chosen | line if element.array in arrays)
            for chosen in attempts
            for line in candidate.choices(chosen)
        }
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
