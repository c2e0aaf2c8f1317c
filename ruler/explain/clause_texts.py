"""One clause explained: its alternatives, the values at its path, and reasons.

In: an Acceptance and whether the clause fails. Out: a ClauseExplanation.
Always: a clause that fails has at least one reason. Of many values LONGEST_LIST are shown, of many alternatives
EXPLAINED_ALTERNATIVES; how many there are is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from ruler.errors import json_path
from ruler.explain.accepting import Acceptance
from ruler.explain.event_view import Element, Leaf, Place
from ruler.explain.reasons import reason_against
from ruler.explain.results import LONGEST_LIST, AlternativeExplanation, ClauseExplanation, Reason
from ruler.explain.shown import LONGEST_POINTER, cut, pointer_of, shown
from ruler.patterns.located import Alternative, LocatedRule
from ruler.patterns.model import Absent

EXPLAINED_ALTERNATIVES = 50  # of a long list; those that accept a value come first
SHOWN_OVERWRITTEN = 3
SHOWN_APART = 4  # values of clauses that are apart


def explain_clause(
    each: Acceptance, rule: LocatedRule, *, failed: bool, chosen_absent: bool, notes: Sequence[Reason]
) -> ClauseExplanation:
    """Return the explanation of one clause; ``notes`` say why there is no value."""
    clause = each.clause
    # With a clause that holds, values that no pattern accepts explain nothing: the accepted ones come first.
    accepted_ids = {id(leaf) for leaf in each.accepted[:LONGEST_LIST]}
    first = list(each.leaves) if failed else each.accepted[:LONGEST_LIST] or list(each.leaves)
    others = [leaf for leaf in each.leaves[: 2 * LONGEST_LIST] if id(leaf) not in accepted_ids]
    values = tuple((first if failed or not each.accepted else [*first, *others])[:LONGEST_LIST])
    is_not_seen = not each.accepted and each.looked_at < len(each.leaves)  # a value further on may be accepted
    by_absence = not failed and (chosen_absent or not (each.accepted or is_not_seen))
    pairs = list(zip(clause.alternatives, each.by_alternative, strict=True))
    pairs.sort(key=lambda pair: not pair[1])
    return ClauseExplanation(
        clause.path,
        rule.text(clause.node),
        clause.location,
        not failed,
        values,
        len(each.leaves),
        tuple(
            _explain_alternative(alternative, found, rule, values if failed else (), by_absence)
            for alternative, found in pairs[:EXPLAINED_ALTERNATIVES]
        ),
        len(clause.alternatives),
        (*notes, *_more_notes(each, rule, failed=failed)),
    )


def _explain_alternative(
    alternative: Alternative, found: list[Leaf], rule: LocatedRule, values: tuple[Leaf, ...], by_absence: bool
) -> AlternativeExplanation:
    keyword = keyword_of(alternative)
    return AlternativeExplanation(
        rule.text(alternative.node),
        alternative.location,
        tuple(found[:LONGEST_LIST]),
        tuple(reason_against(alternative.pattern, keyword, leaf) for leaf in values),
        len(found),
        by_absence and isinstance(alternative.pattern, Absent),
    )


def keyword_of(alternative: Alternative) -> str:
    """Return the pattern type as it was written; "" for a plain value."""
    return str(alternative.node.value[0][0]) if alternative.node.kind == "object" else ""


def _more_notes(each: Acceptance, rule: LocatedRule, *, failed: bool) -> list[Reason]:
    notes = []
    if failed:
        hidden = [found for found in rule.overwritten if found.later is each.clause.node]
        for found in hidden[:SHOWN_OVERWRITTEN]:
            here = json_path(each.clause.location)
            text = (
                f"{cut(rule.text(found.earlier))} stands earlier for the same path; only the last one, {here}, counts"
            )
            notes.append(Reason("overwritten-clause", text))
    if each.looked_at < len(each.leaves):
        text = f"only the first {each.looked_at} of {len(each.leaves)} values were looked at"
        notes.append(Reason("too-many-values", text))
    return notes


def note_of_apart(clauses: Sequence[Acceptance]) -> Reason:
    """Return which values of clauses that cannot match together lie in which elements."""
    array = _array_between(clauses)
    told = []
    for each in clauses[:SHOWN_APART]:
        if not each.accepted:
            told.append(f"{cut(each.clause.path)} must be absent there, and is not")
            continue
        leaf = each.accepted[0]
        index = None if array is None or leaf.element is None else leaf.element.indexes.get(array)
        place = f"at {pointer_of(leaf)}" if index is None else f"in element {index}"
        told.append(f"{cut(each.clause.path)} {shown(leaf.value)} is {place}")
    if len(clauses) > SHOWN_APART:
        told.append(f"and {len(clauses) - SHOWN_APART} more")
    place = "one array" if array is None else f"the array {cut(array.pointer, LONGEST_POINTER)}"
    return Reason("apart", f"the values are in different elements of {place}: {', '.join(told)}")


def _array_between(clauses: Sequence[Acceptance]) -> Place | None:
    """Return the outermost array at which the first values of two clauses part."""
    seen: dict[Place, int] = {}
    for each in clauses:
        if not each.accepted:
            continue
        for array, index in reversed(list(_indexes(each.accepted[0].element))):
            if seen.setdefault(array, index) != index:
                return array
    return None


def _indexes(element: Element | None) -> list[tuple[Place, int]]:
    return [] if element is None else list(element.indexes.items())
