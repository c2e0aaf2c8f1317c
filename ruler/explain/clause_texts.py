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
from ruler.explain.listed import keyword_of
from ruler.explain.reasons import Reasons
from ruler.explain.results import LONGEST_LIST, AlternativeExplanation, ChosenValue, ClauseExplanation, Reason
from ruler.explain.shown import LONGEST_POINTER, cut, pointer_of, shown
from ruler.patterns.located import LocatedRule
from ruler.patterns.model import Absent

EXPLAINED_ALTERNATIVES = 50  # of a long list; those that accept a value come first
SHOWN_OVERWRITTEN = 3
SHOWN_APART = 4  # values of clauses that are apart


def explain_clause(
    each: Acceptance, rule: LocatedRule, *, failed: bool, chosen: ChosenValue | None, notes: Sequence[Reason]
) -> ClauseExplanation:
    """Return the explanation of one clause; ``notes`` say why there is no value."""
    clause = each.clause
    values = _shown_values(each, failed=failed)
    holding = set() if failed else _holding(each, chosen)
    pairs = list(zip(clause.alternatives, each.by_alternative, strict=True))
    pairs.sort(key=lambda pair: not (pair[1] or id(pair[0]) in holding))
    offending = {id(guard.alternative): len(guard.offending) for guard in each.guards}
    reasons = Reasons(rule, each)
    return ClauseExplanation(
        clause.path,
        rule.text(clause.node),
        clause.location,
        not failed,
        values,
        len(each.leaves),
        tuple(
            AlternativeExplanation(
                rule.text(alternative.node),
                alternative.location,
                tuple(found[:LONGEST_LIST]),
                tuple(reasons.against(alternative, leaf) for leaf in values) if failed else (),
                len(found),
                keyword_of(alternative),
                offending.get(id(alternative), 0),
                id(alternative) in holding,
            )
            for alternative, found in pairs[:EXPLAINED_ALTERNATIVES]
        ),
        len(clause.alternatives),
        (*notes, *_more_notes(each, rule, failed=failed)),
        chosen,
    )


def _shown_values(each: Acceptance, *, failed: bool) -> tuple[Leaf, ...]:
    """Return the values that explain most: those that are accepted, or that offend a guard, come first."""
    first = list(each.accepted[:LONGEST_LIST])
    if failed:
        first = [leaf for guard in each.guards for leaf in guard.offending[:LONGEST_LIST]]
        if not each.guards or len(each.guards) < len(each.clause.alternatives):
            first = []  # each value is told why no pattern accepts it
    ids = set(map(id, first))
    others = [leaf for leaf in each.leaves[: 2 * LONGEST_LIST] if id(leaf) not in ids]
    return tuple([*dict.fromkeys(first), *others][:LONGEST_LIST])


def _holding(each: Acceptance, chosen: ChosenValue | None) -> set[int]:
    """Return the identities of the alternatives by which a clause holds without a value."""
    if chosen is not None:
        places = {place for _, place in chosen.accepted_by} if chosen.leaf is None else set()
        return {id(guard.alternative) for guard in each.guards if guard.alternative.location in places}
    if each.accepted:
        return set()
    freely = [guard for guard in each.guards if not guard.offending]
    return {id(guard.alternative) for guard in freely or each.guards}


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
            told.append(_told_of_guards(each))
            continue
        leaf = each.accepted[0]
        index = None if array is None or leaf.element is None else leaf.element.indexes.get(array)
        place = f"at {pointer_of(leaf)}" if index is None else f"in element {index}"
        told.append(f"{cut(each.clause.path)} {shown(leaf.value)} is {place}")
    if len(clauses) > SHOWN_APART:
        told.append(f"and {len(clauses) - SHOWN_APART} more")
    place = "one array" if array is None else f"the array {cut(array.pointer, LONGEST_POINTER)}"
    return Reason("apart", f"the values are in different elements of {place}: {', '.join(told)}")


def _told_of_guards(each: Acceptance) -> str:
    """Return what is there, in some element, that a clause without accepted values does not allow."""
    path = cut(each.clause.path)
    if any(isinstance(guard.alternative.pattern, Absent) for guard in each.guards) or not each.guards:
        return f"{path} must be absent there, and is not"
    return f"{path} {shown(each.guards[0].offending[0].value)} is excluded by none-of"


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
