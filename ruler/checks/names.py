"""Warns of clauses that a later clause of the same path hides.

    {"source": ["a"], "source": ["b"]}      duplicate-name: equal names in one object
    {"a": {"b": [1]}, "a.b": [2]}           dotted-path-clash: one path, spelled in two ways
    {"a": [1], "$or": [{"a": [2]}, ...]}    branch-overridden: one of them stands in a branch

Always: the fix removes a clause only when it has no effect in any sub-rule, so the rule means the same.
Source: section 2 of the semantics, "Duplicate names", and section 4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import partial

from ruler.checks.rule import CheckedRule
from ruler.errors import json_path
from ruler.findings import Edit, Finding, Fix
from ruler.patterns.compiler import expand
from ruler.patterns.reader import Node

Members = list[tuple[str, int, Node]]


def name_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield a warning for each clause that a later one hides, somewhere or everywhere."""
    if not rule.located.overwritten:
        return
    expansion = expand(rule.located.document, rule.named.node)
    used = {node.start for clauses in expansion.sub_rules for _, node in clauses}
    first_later: dict[int, tuple[Node, Node]] = {}
    for each in rule.located.overwritten:
        known = first_later.get(each.earlier.start)
        if known is None or each.later.start < known[1].start:
            first_later[each.earlier.start] = each.earlier, each.later
    for earlier, later in first_later.values():
        yield _finding(rule, earlier, later, has_effect=earlier.start in used)


def _finding(rule: CheckedRule, earlier: Node, later: Node, *, has_effect: bool) -> Finding:
    holders, branches = _ways(rule.named.node, earlier)
    _, later_branches = _ways(rule.named.node, later)
    index = _index(holders[-1], earlier)
    name_start = holders[-1][index][1]
    line = rule.line(later.start)
    there = json_path(rule.location(later)) + (f" on line {line}" if line is not None else "")
    fix = None if has_effect else _removal(rule, holders, index)
    warn = partial(rule.warning, node=earlier, fix=fix, at=name_start)
    if branches != later_branches:
        effect = "is overridden in some branches" if has_effect else "has no effect"
        return warn(
            "branch-overridden",
            message=f"this clause {effect}: {there} tests the same path",
            why="where a branch and a clause outside it name one path, the later in the text counts, not both",
            hint="the clause in each branch that needs it, or one clause that says both",
        )
    if rule.location(earlier) == rule.location(later):
        return warn(
            "duplicate-name",
            message=f"this clause has no effect: {there} has the same name",
            why="of two clauses with one name the last counts; they are neither joined nor alternatives",
            hint=f"{_both(rule, earlier, later)}, or the last alone",
        )
    return warn(
        "dotted-path-clash",
        message=f"this clause has no effect: {there} is the same path",
        why='a dot in a name is a step: "a.b" and {"a": {"b": ...}} are one path, and its last clause counts',
        hint=f"{_both(rule, earlier, later)}, or the last alone",
    )


def _both(rule: CheckedRule, earlier: Node, later: Node) -> str:
    """One clause that accepts what either does."""
    first, second = rule.text(earlier)[1:-1].strip(), rule.text(later)[1:-1].strip()
    text = " ".join(f"[{first}, {second}]".split()) if len(first) + len(second) <= 100 else "one array with all values"
    return f"{text} for either"


def _ways(root: Node, node: Node) -> tuple[list[Members], list[int]]:
    """Return the members of each object on the way from ``root`` to ``node``, and where its branches begin."""
    holders: list[Members] = []
    branches: list[int] = []
    current = root
    while current is not node:
        if current.kind == "array":
            index = bisect_right(current.value, node.start, key=lambda child: child.start) - 1
            current = current.value[index]
            branches.append(current.start)
            holders.clear()  # a branch cannot be removed with its last clause
        else:
            holders.append(current.value)
            current = current.value[bisect_right(current.value, node.start, key=lambda member: member[1]) - 1][2]
    return holders, branches


def _index(members: Members, node: Node) -> int:
    return bisect_right(members, node.start, key=lambda member: member[1]) - 1


def _removal(rule: CheckedRule, holders: list[Members], index: int) -> Fix | None:
    """The fix that takes out the member, and the objects that would be left empty; None when nothing would be left."""
    members = holders.pop()
    while len(members) == 1:
        if not holders:
            return None
        start = members[0][1]
        members = holders.pop()
        index = bisect_right(members, start, key=lambda member: member[1]) - 1
    if index + 1 < len(members):  # up to the next name: its place and indent stay as they are
        start, end = members[index][1], members[index + 1][1]
    else:
        start, end = members[index - 1][2].end, members[index][2].end
    return Fix("remove the clause without effect", (Edit(start, end, ""),), keeps_meaning=True)
