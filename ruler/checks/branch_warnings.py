"""Warns of branches of ``$or`` that add nothing (dead_branches.py), and deletes them.

In: a rule with places. Out: findings ``dead-branch``.

    {"$or": [{"a": [1]}, {"b": [2]}, {"a": [1], "c": [3]}]}  ->  the third: $["$or"][0] matches all that it does

A fix takes the branch away. Where a single branch would stay, which is no ``$or``, one fix takes away the others and
writes its clauses in place of the ``$or``; not where a name or a path would then stand twice.
Always: a fixed rule has the sub-rules that are not dead, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.budget import Budget
from ruler.checks.dead_branches import DeadBranch, OrMember, dead_branches
from ruler.checks.edits import deletions, edited
from ruler.checks.rule import CheckedRule
from ruler.errors import RuleError, json_path
from ruler.findings import Edit, Finding, Fix
from ruler.patterns.compiler import Expansion, Limits, expand
from ruler.patterns.model import Clause
from ruler.patterns.reader import Node, read_document

NO_LIMITS = Limits(max_paths=10**9, max_sub_rules=10**9)  # the rule has been read, within its own
MOST_PROVED = 200_000  # characters that are compiled again to prove the fixes of one rule

_SubRules = set[frozenset[Clause]]


class BranchWarnings:
    """The dead branches of one rule; ``dead`` are their nodes, outer ones first."""

    def __init__(self, rule: CheckedRule, budget: Budget) -> None:
        self.rule = rule
        self.unproved = MOST_PROVED  # characters that may still be
        self.expansion = expand(rule.located.document, rule.located.node, limits=NO_LIMITS)
        self.found, self.alive = dead_branches(self.expansion, rule.located.node, budget)
        self.dead = [each.branch for each in self.found]
        self.dead_of: dict[int, list[DeadBranch]] = {}  # by the identity of the array
        for each in self.found:
            self.dead_of.setdefault(id(each.member.array), []).append(each)

    def findings(self) -> Iterator[Finding]:
        """The findings, branches of one ``$or`` together."""
        for group in self.dead_of.values():
            group.sort(key=lambda each: each.branch.start)
            member = group[0].member
            branches = member.array.value
            dead = {id(each.branch) for each in group}
            removed = {index for index, branch in enumerate(branches) if id(branch) in dead}
            if len(branches) - len(removed) > 1:
                edits = deletions(branches, removed)
                indexes = sorted(removed)
                for index, each in zip(indexes, group, strict=True):
                    yield self.finding(each, Fix("delete this branch", (edits[index],), keeps_meaning=True))
            else:
                [kept] = [branch for branch in branches if id(branch) not in dead]
                fix = self.unwrapping(member, kept)
                for each in group:
                    yield self.finding(each, fix, is_last=True)
                    fix = None  # once: it takes all of them away

    def finding(self, dead: DeadBranch, fix: Fix | None, *, is_last: bool = False) -> Finding:
        instead = None if dead.instead is None else json_path(self.rule.location(dead.instead))
        if not dead.can_match:
            message = "this branch can never match"
            why = "every way through it has a clause that accepts no value, so no event matches it"
        elif dead.equals:
            message = f"this branch repeats {instead or 'what other branches say'}"
            why = "with the clauses around it, it asks for the same values on the same paths"
        else:
            message = f"this branch adds nothing: {instead or 'other branches'} already " + (
                "matches" if instead else "match"
            )
            message += " every event that it matches"
            why = "a rule matches when any branch does, and here each clause is as strict or stricter"
        hint = 'the "$or" without this branch'
        if is_last:
            hint = 'the clauses of the other branch in place of the "$or"'
        return self.rule.warning("dead-branch", dead.branch, message, why=why, hint=hint, fix=fix)

    def unwrapping(self, member: OrMember, kept: Node) -> Fix | None:
        """The fix that writes the clauses of ``kept`` in place of its ``$or``; None when that changes anything."""
        beside = {name for name, start, _ in member.parent.value if start != member.name_start}
        if any(name in beside for name, _, _ in kept.value):
            return None
        edits = (
            Edit(member.name_start, kept.value[0][1], ""),
            Edit(kept.value[-1][2].end, member.array.end, ""),
        )
        if not self.is_proved(edits):
            return None
        return Fix('write the clauses of the other branch in place of the "$or"', edits, keeps_meaning=True)

    def is_proved(self, edits: tuple[Edit, ...]) -> bool:
        """Whether the edited rule has the sub-rules of this one that are alive or repeated, and no path twice."""
        root = self.rule.located.node
        self.unproved -= root.end - root.start
        if self.unproved < 0:
            return False
        moved = [Edit(edit.start - root.start, edit.end - root.start, edit.text) for edit in edits]
        try:
            document = read_document(edited(self.rule.text(root), moved))
            expansion = expand(document, document.root, limits=NO_LIMITS)
        except RuleError:
            return False
        alive, new, all_of_them = self.forms_alive(), _forms(expansion), _forms(self.expansion)
        # Another fix may take away the rest of what is dead.
        return not expansion.overwritten and alive <= new <= all_of_them

    def forms_alive(self) -> _SubRules:
        return {frozenset(clause for clause, _ in self.expansion.sub_rules[index]) for index in self.alive}


def _forms(expansion: Expansion) -> _SubRules:
    return {frozenset(clause for clause, _ in sub_rule) for sub_rule in expansion.sub_rules}
