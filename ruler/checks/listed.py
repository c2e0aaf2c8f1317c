"""Warns of what all-of and none-of list without need.

    {"all-of": [{"prefix": "a"}, {"prefix": "ab"}]}  ->  redundant-part: the first; what the second accepts it accepts
    {"none-of": ["ab", {"prefix": "a"}]}             ->  redundant-alternative: the first; the second accepts it too

Always: the fix deletes what adds nothing, and one element stays, so the pattern accepts what it accepted. Nothing is
said of the parts of an all-of that accepts no value at all: that is the larger finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ruler.checks.budget import Budget
from ruler.checks.edits import deletions
from ruler.checks.redundant import MOST_COMPARED, Redundancy
from ruler.checks.rule import CheckedRule, listed_in
from ruler.checks.value_sets import ValueSet
from ruler.findings import Finding, Fix
from ruler.patterns.extensions import all_of, opened
from ruler.patterns.located import Alternative
from ruler.patterns.model import Pattern
from ruler.patterns.reader import Node

Part = frozenset[Pattern]


def in_order(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Return ``patterns`` in one order, whatever the run: what a question costs depends on it."""
    return sorted(patterns, key=repr)


def listed_findings(rule: CheckedRule, node: Node, budget: Budget) -> Iterator[Finding]:
    """Yield the warnings about what the alternative ``node`` lists, at any depth."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        lists = listed_in(current)
        if not lists:
            continue
        is_all_of = current.value[0][0] == "all-of"
        findings = list(_parts(rule, current.value[0][2].value, lists, budget)) if is_all_of else []
        if not findings:  # else what is inside a part may go with it
            for listed in lists:
                findings += _alternatives(rule, listed, budget, is_all_of=is_all_of)
            waiting += [each for listed in reversed(lists) for each in reversed(listed)]
        yield from findings


def _parts(rule: CheckedRule, nodes: list[Node], lists: list[list[Node]], budget: Budget) -> Iterator[Finding]:
    """Yield a warning for each part of an all-of that accepts all that the others, which stay, accept together."""
    if not 1 < len(nodes) <= MOST_COMPARED:
        return
    parts = [opened(rule.pattern(each) for each in listed) for listed in lists]
    if ValueSet((), budget).covers(all_of(parts)):
        return
    found: dict[int, int] = {}  # index -> that of the part by which it adds nothing, -1 for several
    for by_one in (True, False):
        for index in reversed(range(len(parts))):
            others = [each for each in range(len(parts)) if each != index and each not in found]
            if index in found or not others:
                continue
            if by_one:
                narrower = next((each for each in others if _is_wider(parts[index], [parts[each]], budget)), None)
                if narrower is not None:
                    found[index] = narrower
            elif _is_wider(parts[index], [parts[each] for each in others], budget):
                found[index] = -1
    edits = deletions(nodes, found.keys()) if found else {}
    for index, edit in edits.items():
        text = rule.shown(nodes[index])
        by = rule.shown(nodes[found[index]]) if found[index] >= 0 else "the others together"
        message = f"{text} adds nothing to all-of: what {by} accept{'s' if found[index] >= 0 else ''} it accepts too"
        is_twice = by == text
        if is_twice:
            message = f"{text} stands twice in this list"
        yield rule.warning(
            "redundant-part",
            nodes[index],
            message,
            why="all-of asks for every part, and this one asks for nothing more",
            hint=f"the list without {'the second one' if is_twice else text}",
            fix=Fix(f"delete {text}", (edit,), keeps_meaning=True),
        )


def _is_wider(part: Part, others: Sequence[Part], budget: Budget) -> bool:
    """Return whether ``part`` accepts every value that each of ``others`` accepts."""
    return ValueSet(in_order(part), budget).covers(all_of(others))


def _alternatives(rule: CheckedRule, nodes: list[Node], budget: Budget, *, is_all_of: bool) -> Iterator[Finding]:
    """Yield a warning for each of ``nodes``, of which any may accept a value, that others cover."""
    if len(nodes) < 2:
        return
    location = rule.location(nodes[0])[:-1]
    alternatives = [Alternative(rule.pattern(node), node, (*location, i)) for i, node in enumerate(nodes)]
    covers = Redundancy(alternatives, budget).found()
    why = "none-of holds where no listed one accepts a value, so one that accepts less excludes nothing more"
    if is_all_of:
        why = "a value is accepted when any alternative of the list accepts it"
    edits = deletions(nodes, covers.keys()) if covers else {}
    for index, edit in edits.items():
        text, by = rule.shown(nodes[index]), covers[index]
        shown = "" if by is None else rule.shown(by.node)
        message = f"{text} adds nothing: the other alternatives together accept all that it accepts"
        if by is not None:
            message = f"{text} adds nothing: {shown} accepts all that it accepts"
            if by.pattern == alternatives[index].pattern:
                message = f"{text} stands twice in this list" if shown == text else f"{text} says the same as {shown}"
        yield rule.warning(
            "redundant-alternative",
            nodes[index],
            message,
            why=why,
            hint=f"the list without {'the second one' if message.endswith('twice in this list') else text}",
            fix=Fix(f"delete {text}", (edit,), keeps_meaning=True),
        )
