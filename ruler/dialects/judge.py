"""Says what of a rule a dialect would refuse, and what no public page settles.

In: a LocatedRule and a Dialect. Out: Refusals in text order.

    {"a": {"b": [{"wildcard": "x*y"}]}}  in eventbridge-pipes  ->  $.a.b[0], operator wildcard, REFUSED
    {"a": {"b": [{"exactly": "x"}]}}     in sns-attributes     ->  $.a.b[0], operator exactly, UNKNOWN
                                                                  $.a.b, operator nested-path, REFUSED

Always: what is UNKNOWN in the data, or lies between two readings of a page, is told as UNKNOWN; a rule without refusals
is one whose every operator a page allows. Of limits that no page states nothing is told here: ``unsettled_limits``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruler.dialects.forms import operator_of
from ruler.dialects.measures import JOINING_NAMES, PlacedClause, measures, placed_clauses
from ruler.dialects.model import Dialect, LimitCell, OperatorCell, RefusedNames, Settled, Verdict
from ruler.errors import Location
from ruler.patterns.compiler import are_branches
from ruler.patterns.located import LocatedRule
from ruler.patterns.reader import Node

KINDS = NAME, OPERATOR, LIMIT = "name", "operator", "limit"  # what a refusal is about


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """One part of a rule that a dialect refuses, or of which nobody knows."""

    kind: str  # OPERATOR, LIMIT or NAME
    name: str  # of OPERATORS or LIMITS; for NAME the name that is refused
    verdict: Verdict  # REFUSED or UNKNOWN
    location: Location  # of the element, the clause or the "$or"; () for the whole rule
    node: Node
    cell: OperatorCell | LimitCell | RefusedNames = field(repr=False)  # with its source and its note
    found: int | float | None = None  # of a limit: how much the rule has, as the page counts or may count
    limit: int | float | None = None  # of a limit: how much there may be

    @property
    def key(self) -> tuple[int, int, str]:
        """Sorts refusals: by place, then operators before limits, then by name."""
        return (self.node.start, KINDS.index(self.kind), self.name)


def refusals(rule: LocatedRule, dialect: Dialect) -> list[Refusal]:
    """Return what ``dialect`` refuses of ``rule``, and what of it is unknown, in text order."""
    clauses = placed_clauses(rule)
    found = [
        *_refused_operators(rule, clauses, dialect),
        *_refused_names(clauses, dialect),
        *_refused_measures(rule, clauses, dialect),
    ]
    return sorted(found, key=lambda refusal: refusal.key)


def unsettled_limits(rule: LocatedRule, dialect: Dialect) -> list[str]:
    """Return the names of the limits that ``rule`` has something to count for, and that no public page states."""
    counted = {measure.limit for measure in measures(rule, placed_clauses(rule))}
    return [name for name, cell in dialect.limits.items() if name in counted and cell.settled is Settled.UNKNOWN]


def _refused_operators(rule: LocatedRule, clauses: list[PlacedClause], dialect: Dialect) -> Iterator[Refusal]:
    for clause in clauses:
        if len(clause.names) > 1:
            yield from _operator("nested-path", clause.location, clause.node, dialect)
        for index, element in enumerate(clause.node.value):
            yield from _operator(operator_of(element), (*clause.location, index), element, dialect)
    for location, node in _joining_arrays(rule, clauses):
        yield from _operator(JOINING_NAMES[str(location[-1])], location, node, dialect)


def _joining_arrays(rule: LocatedRule, clauses: list[PlacedClause]) -> Iterator[tuple[Location, Node]]:
    """Yield each array of branches once, with its place. A name that comes twice gives two arrays of one place."""
    leaves = {clause.node.start for clause in clauses}
    waiting: list[tuple[Node, Location]] = [(rule.node, ())]
    while waiting:
        node, location = waiting.pop()
        for name, _, value in node.value:
            place = (*location, name)
            if value.kind == "object":
                waiting.append((value, place))
            elif name in JOINING_NAMES and value.start not in leaves and are_branches(value):
                yield place, value
                waiting += [(branch, (*place, index)) for index, branch in enumerate(value.value)]


def _operator(name: str, location: Location, node: Node, dialect: Dialect) -> Iterator[Refusal]:
    cell = dialect.operators[name]
    if cell.verdict is not Verdict.ALLOWED:
        yield Refusal(OPERATOR, name, cell.verdict, location, node, cell)


def _refused_names(clauses: list[PlacedClause], dialect: Dialect) -> Iterator[Refusal]:
    refused = dialect.refused_names
    if refused is None:
        return
    for clause in clauses:
        first = clause.names[0].partition(".")[0]  # a dot in a name is a step
        if first in refused.names:
            yield Refusal(NAME, first, Verdict.REFUSED, clause.location, clause.node, refused)


def _refused_measures(rule: LocatedRule, clauses: list[PlacedClause], dialect: Dialect) -> Iterator[Refusal]:
    for measure in measures(rule, clauses):
        name = measure.limit
        cell = dialect.limits[name]
        if cell.value is None or measure.unit not in ("", cell.unit):
            continue
        for found, verdict in ((measure.least, cell.beyond), (measure.most, Verdict.UNKNOWN)):
            if _is_beyond(name, found, cell.value):
                yield Refusal(LIMIT, name, verdict, measure.location, measure.node, cell, found, cell.value)
                break


def _is_beyond(limit: str, found: int | float, value: int | float) -> bool:
    return found < value if limit == "number-low" else found > value
