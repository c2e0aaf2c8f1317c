"""Warns of pattern types that are read as names of fields, because the array stands inside instead of around them.

    {"total": {"numeric": [">", 5]}}   tests the path total.numeric for ">" and 5, not total for a number

Only where an object has this one name, and what stands after it is right for the pattern type, or is an array of
values that are each right for it. Always: what is proposed compiles. Source: section 2 of the semantics.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ruler.checks.rule import CheckedRule, clause_compiles, json_text, replacement, shown_text
from ruler.findings import Finding
from ruler.patterns.located import LocatedClause
from ruler.patterns.reader import Node
from ruler.patterns.vocabulary import INNER_TYPES, PATTERN_TYPES

LONGEST_CLAUSE = 2000  # characters; a longer clause under such a name is no slip


def pattern_type_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield a warning for each clause whose last name is a pattern type and whose array would be its argument."""
    for clause in rule.clauses:
        if clause.location[-1] not in PATTERN_TYPES or clause.node.end - clause.node.start > LONGEST_CLAUSE:
            continue
        keywords, holder = _keywords(rule.named.node, clause.node)
        meant = _meant(rule, clause, keywords) if holder is not None else None
        if holder is None or meant is None:
            continue
        keyword = keywords[0]
        yield rule.warning(
            "pattern-type-as-name",
            holder,
            f'"{keyword}" is read as the name of a field here: the clause tests the path {json_text(clause.path)}',
            why="a pattern stands in the array of a clause; without that array its pattern type is a name",
            hint=f'{shown_text(meant)}; this is right only when events have a field "{keyword}" here',
            fix=replacement(holder, meant, keeps_meaning=False),
        )


def _keywords(root: Node, node: Node) -> tuple[list[str], Node | None]:
    """Return the pattern types that lead to the array ``node``, outer ones first, and the object that holds them.

    Each is the only name in its object, and that object is a member's value: no object is returned for others.
    """
    way: list[tuple[str | int, Node]] = []  # the objects on the way, with the name or index of each
    step: str | int = 0
    current = root
    while current is not node:
        way.append((step, current))
        if current.kind == "array":
            step = bisect_right(current.value, node.start, key=lambda child: child.start) - 1
            current = current.value[step]
        else:
            step, _, current = current.value[bisect_right(current.value, node.start, key=lambda member: member[1]) - 1]
    keywords: list[str] = []
    holder = None
    while way:
        name, candidate = way.pop()
        is_holder = candidate.kind == "object" and len(candidate.value) == 1 and isinstance(name, str) and way
        if not is_holder or not _may_hold(candidate.value[0][0], keywords):
            break
        keywords.insert(0, candidate.value[0][0])
        holder = candidate
    return keywords, holder


def _may_hold(name: str, keywords: list[str]) -> bool:
    return name in PATTERN_TYPES and (not keywords or keywords[0] in INNER_TYPES.get(name, ()))


def _meant(rule: CheckedRule, clause: LocatedClause, keywords: list[str]) -> str | None:
    """Return the clause that was meant; None when the array would be no argument of the pattern types."""
    text = rule.text(clause.node)
    whole = f"[{_wrapped(keywords, text)}]"
    if clause_compiles(whole[1:-1]):
        return whole
    patterns = ", ".join(_wrapped(keywords, rule.text(element)) for element in clause.node.value)
    is_one = len(clause.node.value) == 1 or keywords[0] not in ("exists", "anything-but")
    return f"[{patterns}]" if is_one and clause_compiles(patterns) else None


def _wrapped(keywords: list[str], argument: str) -> str:
    text = argument
    for keyword in reversed(keywords):
        text = f'{{"{keyword}": {text}}}'
    return text
