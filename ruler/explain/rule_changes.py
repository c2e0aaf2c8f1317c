"""The smallest changes of a rule's text after which it should match an event.

In: a rule with places, one of its sub-rules, and the values of an event. Out: changes, smallest first: for
each clause that fails, pieces of text to put in place of others.

    {"total": [{"numeric": [">", 1000]}]}, {"total": 990}  ->  write {"numeric": [">=", 990]} in place of the pattern
    {"state": ["running"]}, {"state": "done"}              ->  write ["running", "done"] in place of the array

Idea: an alternative is widened where that says what is meant: a bound is moved, case is ignored, an exclusion is taken
off its list. Otherwise the event's value becomes one more alternative. A clause whose path the event does not have is
written for another path where it accepts the value there (moved_clauses.py), else it may also find none.
Always: what an alternative accepted before, it accepts after, but for a clause that moves; the text outside of the
pieces stays as the user wrote it. Whether the rule then matches is for the caller to verify.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ruler.errors import RuleError
from ruler.explain.clause_changes import (
    MOST_SHOWN,
    Choices,
    Trail,
    Way,
    cheapest_plans,
    listed_edits,
)
from ruler.explain.event_view import view_event
from ruler.explain.missing import EventPaths
from ruler.explain.moved_clauses import MovedClause
from ruler.explain.rewriting import Rewriting, edited
from ruler.findings import Edit
from ruler.patterns.acceptance import Value, accepts, excluded_by, is_number, may_hold_without_value
from ruler.patterns.folding import fold
from ruler.patterns.located import Alternative, LocatedClause, LocatedRule, LocatedSubRule, locate_rule
from ruler.patterns.mappings import text_from_mapping
from ruler.patterns.model import Absent, Exact, NoneOf, NumericRange, Pattern, Prefix, Suffix
from ruler.patterns.reader import Node
from ruler.patterns.rewrites import quoted, without_anchors

_ABSENT, _PRESENT = '{"exists": false}', '{"exists": true}'
_MOVE = 0.5  # how large another path is
_MOST_MOVING = 3  # changes of one sub-rule with such clauses that are tried
_MOST_LOOKED_FOR = 30  # clauses for which another path is looked for, each in the whole event
_MOST_INSIDE = 20  # paths inside of an object that are tried in its place
_ADD_ABSENT = 1.5  # how large it is, beside widening: from 0, for a value in another case, to 1, one of another type
_ADD_PRESENT = 2.0
_FEWER_EXCLUDED = 0.3
_MOST_OFFENDING = 1000  # values that are looked at for one that none-of excludes
_LONGEST_ONE_OFF = 10_000  # characters of an alternative that is rewritten


@dataclass(frozen=True, slots=True)
class Widening:
    """A clause that is to accept ``value`` too, or is to hold where there is none."""

    clause: LocatedClause
    value: Value = None
    nearest: Alternative | None = None  # to widen; None to add an alternative
    addition: str = ""  # what to add, when it is not the value

    def rewritten(self, rule: LocatedRule, *, plainly: bool) -> Rewriting:
        """Return the text to write; ``plainly`` adds an alternative and changes none."""
        if self.nearest is not None and not plainly:
            alternative = _widened(rule, self.nearest, self.value)
            if alternative is not None:
                return alternative
        last = self.clause.alternatives[-1].node
        edit = Edit(last.end, last.end, f", {self.addition or _json(self.value)}")
        return Rewriting((edit,), self.clause.node, self.clause.location)


@dataclass(frozen=True, slots=True)
class Moving:
    """A clause that is to test another path, at which it accepts the event's value."""

    moved: MovedClause

    def rewritten(self, rule: LocatedRule, *, plainly: bool) -> Rewriting | None:
        """Return the text to write; None when it cannot be written there."""
        rewritten = self.moved.rewritten(rule)
        if rewritten is None:
            return None
        node, location, text = rewritten
        return Rewriting((Edit(node.start, node.end, text),), node, location)


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Clauses to rewrite together."""

    parts: tuple[Widening | Moving, ...]
    cost: tuple[int, float]

    def applied(self, rule: LocatedRule, *, plainly: bool) -> tuple[str, str, int] | None:
        """Return the words for people, the text of the rule with the change, and how many edits that takes.

        None when it cannot be written.
        """
        found = [part.rewritten(rule, plainly=plainly) for part in self.parts]
        if None in found:
            return None
        rewritings = list({each.edits: each for each in found if each is not None}.values())  # clauses can share a name
        edits = sorted((edit for each in rewritings for edit in each.edits), key=lambda edit: edit.start)
        words = listed_edits((each.words(rule) for each in rewritings[:MOST_SHOWN]), len(rewritings))
        return words, edited(rule.document.text, rule.node.start, rule.node.end, edits), len(rewritings)


class PathsMeant:
    """For clauses whose paths the event does not have: the paths that may have been meant, each looked for once."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.event_paths = EventPaths(choices.view.event)
        self.found: dict[int, str | None] = {}  # by the identity of the clause

    def of_clause(self, clause: LocatedClause) -> str | None:
        """Return a path of the event at which ``clause`` accepts a value; None too for all but the first clauses."""
        if id(clause) not in self.found:
            if len(self.found) == _MOST_LOOKED_FOR:
                return None
            self.found[id(clause)] = self._look_for(clause)
        return self.found[id(clause)]

    def _look_for(self, clause: LocatedClause) -> str | None:
        like = self.event_paths.like(clause.path)
        paths = [like[0]] if like is not None else list(islice(self.event_paths.inside(clause.path), _MOST_INSIDE))
        leaves = view_event(self.choices.view.event, paths).leaves
        return next(
            (path for path in paths if any(self.choices.accepts(clause, leaf.value) for leaf in leaves[path])), None
        )


def rule_changes(choices: Choices, sub_rule: LocatedSubRule, paths_meant: PathsMeant) -> list[RuleChange]:
    """Return changes of the clauses of ``sub_rule``, smallest first, after which it should match the event."""
    plans = cheapest_plans(sub_rule.clauses, _Ways(choices, paths_meant).of_clause, choices.effort)
    changes = [RuleChange(plan.edits, plan.cost) for plan in plans]
    moving = [change for change in changes if any(isinstance(part, Moving) for part in change.parts)]
    passed_over = set(map(id, moving[_MOST_MOVING:]))  # what is moved is less likely to match than what is widened
    return [change for change in changes if id(change) not in passed_over]


class _Ways:
    """The ways in which clauses can hold for one event once they are widened."""

    def __init__(self, choices: Choices, paths_meant: PathsMeant) -> None:
        self.choices = choices
        self.paths_meant = paths_meant

    def of_clause(self, clause: LocatedClause, trail: Trail) -> Iterator[Way]:
        """Yield the ways of ``clause`` after ``trail``, as good as smallest first."""
        is_absent = next(self.choices.consistent(clause, trail), None) is None
        can_be_absent = may_hold_without_value(clause.patterns)
        if can_be_absent and not self.is_offended(clause, trail):
            yield Way(trail)
        if is_absent:
            if can_be_absent:
                return
            has_values = clause.path in self.choices.view.leaves  # but in other elements of an array
            meant = None if has_values else self.paths_meant.of_clause(clause)
            if meant is not None:
                yield Way(trail, (Moving(MovedClause(clause, meant)),), _MOVE)
            yield Way(trail, (Widening(clause, addition=_ABSENT),), _ADD_ABSENT)
            return
        for choice, joined in self.choices.consistent(clause, trail):
            if choice.is_accepted:
                yield Way(joined)
            elif can_be_absent and all(isinstance(each.pattern, Absent) for each in clause.alternatives):
                yield Way(joined, (Widening(clause, addition=_PRESENT),), _ADD_PRESENT)
            elif (guard := self.none_of(clause, choice.leaf.value)) is not None:
                yield Way(joined, (Widening(clause, choice.leaf.value, guard),), _FEWER_EXCLUDED)
            else:
                yield Way(joined, (Widening(clause, choice.leaf.value, choice.alternative),), choice.weight)

    def is_offended(self, clause: LocatedClause, trail: Trail) -> bool:
        """Return whether each guard of ``clause`` is, by one of the first values consistent with ``trail``."""
        leaves = [choice.leaf for choice, _ in islice(self.choices.consistent(clause, trail), _MOST_OFFENDING)]
        return all(
            any(self.choices.is_accepted(each, leaf.value) for leaf in leaves for each in excluded_by(pattern))
            for pattern in clause.patterns
            if isinstance(pattern, Absent | NoneOf)
        )

    def none_of(self, clause: LocatedClause, value: Value) -> Alternative | None:
        """Return the alternative of ``clause`` that excludes ``value`` by none-of."""
        for alternative in clause.alternatives:
            if isinstance(alternative.pattern, NoneOf) and any(
                self.choices.is_accepted(each, value) for each in alternative.pattern.excluded
            ):
                return alternative
        return None


# -- widening one alternative


def _widened(rule: LocatedRule, alternative: Alternative, value: Value) -> Rewriting | None:
    """Return ``alternative`` written so that it accepts ``value`` too, None when only a list can say so."""
    node = alternative.node
    if node.end - node.start > _LONGEST_ONE_OFF:
        return None
    for edits in _rewrites(rule, node, alternative.pattern, value):
        text = edited(rule.document.text, node.start, node.end, edits)
        if _accepts(text, value):
            return Rewriting(tuple(edits), node, alternative.location)
    return None


def _accepts(alternative: str, value: Value) -> bool:
    """Return whether the text of an alternative is right, and accepts ``value``, or does not exclude it by none-of."""
    pattern = _pattern_of(alternative)
    if isinstance(pattern, NoneOf):
        return not any(accepts(each, value) for each in pattern.excluded)
    return pattern is not None and accepts(pattern, value)


def _pattern_of(alternative: str) -> Pattern | None:
    """Return the pattern of the text of an alternative; None when it is not right."""
    try:
        [sub_rule] = locate_rule(f'{{"": [{alternative}]}}').sub_rules
    except RuleError:
        return None
    return sub_rule.clauses[0].alternatives[0].pattern


def _rewrites(rule: LocatedRule, node: Node, pattern: Pattern, value: Value) -> Iterator[list[Edit]]:
    keyword = node.value[0][0] if node.kind == "object" else ""
    if keyword == "numeric" and isinstance(pattern, NumericRange) and is_number(value):
        yield _moved_bound(node, pattern, value)
    elif keyword == "anything-but":
        yield from _fewer_exclusions(node, value)
    elif keyword == "none-of":
        yield from _fewer_listed(rule, node, value)
    elif keyword == "all-of":
        yield from _wider_part(rule, node, value)
    elif isinstance(value, str):
        whole = _wider_text(keyword, node, pattern, value)
        if whole is not None:
            yield [Edit(node.start, node.end, whole)]


def _wider_text(keyword: str, node: Node, pattern: Pattern, value: str) -> str | None:
    """Return a pattern for strings that overlooks case, or a regexp without what are anchors elsewhere."""
    if keyword == "regexp":
        return f'{{"regexp": {quoted(without_anchors(node.value[0][2].value))}}}'
    match pattern:
        case Exact(str() as text) if fold(text) == fold(value):
            return f'{{"equals-ignore-case": {quoted(text)}}}'
        case Prefix(text) if text and keyword == "prefix":
            return f'{{"prefix": {{"equals-ignore-case": {quoted(text)}}}}}'
        case Suffix(text) if keyword == "suffix":
            return f'{{"suffix": {{"equals-ignore-case": {quoted(text)}}}}}'
    return None


def _fewer_listed(rule: LocatedRule, node: Node, value: Value) -> Iterator[list[Edit]]:
    """Yield the edits that take what excludes ``value`` out of the list of none-of, where something is left."""
    listed = node.value[0][2].value
    are_kept = [not _accepts(rule.text(each), value) for each in listed]
    if any(are_kept):
        first_kept = are_kept.index(True)
        yield [_removal(listed, index, first_kept) for index, is_kept in enumerate(are_kept) if not is_kept]


def _wider_part(rule: LocatedRule, node: Node, value: Value) -> Iterator[list[Edit]]:
    """Yield the edits of the one part of all-of that does not accept ``value``; none where several do not."""
    parts = node.value[0][2].value
    # As a part of its own, so that a list is read as one.
    failing = [part for part in parts if not _accepts(f'{{"all-of": [{rule.text(part)}]}}', value)]
    if len(failing) != 1:
        return
    [part] = failing
    index = next(index for index, each in enumerate(parts) if each is part)
    if part.kind == "array":
        yield [Edit(part.value[-1].end, part.value[-1].end, f", {_json(value)}")]
        return
    pattern = _pattern_of(rule.text(part))
    for edits in () if pattern is None else _rewrites(rule, part, pattern, value):
        asks_nothing = len(parts) > 1 and [edit.text for edit in edits] == [_PRESENT]
        yield [_removal(parts, index, 1)] if asks_nothing else edits
    yield [Edit(part.start, part.start, "["), Edit(part.end, part.end, f", {_json(value)}]")]


def _moved_bound(node: Node, bounds: NumericRange, value: Any) -> list[Edit]:
    """Return the edits after which the bound that keeps ``value`` out is ``value``, which then belongs to the range."""
    parts = node.value[0][2].value  # [">", 1, "<", 5]
    is_below = bounds.low is not None and (value < bounds.low or (value == bounds.low and bounds.low_is_open))
    comparison, number = parts[:2] if is_below else parts[-2:]
    closed = ">=" if is_below else "<="
    edits = [Edit(number.start, number.end, _json(value))]
    if comparison.value != closed:
        edits.insert(0, Edit(comparison.start, comparison.end, quoted(closed)))
    return edits


def _fewer_exclusions(node: Node, value: Value) -> Iterator[list[Edit]]:
    """Yield the edits that take what excludes ``value`` off the list, or that exclude nothing."""
    argument = node.value[0][2]
    keyword = ""
    if argument.kind == "object":
        keyword, _, argument = argument.value[0]
    excluded = argument.value if argument.kind == "array" else []
    are_kept = [not _excludes(keyword, each, value) for each in excluded]
    if any(are_kept):
        first_kept = are_kept.index(True)
        yield [_removal(excluded, index, first_kept) for index, is_kept in enumerate(are_kept) if not is_kept]
    yield [Edit(node.start, node.end, _PRESENT)]


def _excludes(keyword: str, node: Node, value: Value) -> bool:
    """Return whether one element of the list under anything-but, or under a pattern type in it, accepts ``value``."""
    element = quoted(node.value) if isinstance(node.value, str) else _json(node.value)
    return _accepts(f'{{"{keyword}": {element}}}' if keyword else element, value)


def _removal(elements: list[Node], index: int, first_kept: int) -> Edit:
    """Return the edit that takes one element out of an array, with the comma that parts it from the kept ones."""
    if index < first_kept:
        return Edit(elements[index].start, elements[index + 1].start, "")
    return Edit(elements[index - 1].end, elements[index].end, "")


def _json(value: Value) -> str:
    return text_from_mapping({"": value}, 1)[len('{"": ') : -1]
