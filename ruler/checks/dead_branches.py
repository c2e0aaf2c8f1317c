"""Finds the branches of ``$or`` that add nothing: without them the rule matches the same events.

In: the expansion of a rule (patterns/compiler.py). Out: DeadBranch, outer ones before inner ones.

    {"$or": [{"a": [{"prefix": "x"}]}, {"a": ["xy"], "b": [1]}]}  ->  the second: where it matches, the first does

Idea: a branch is dead when each sub-rule through it can never match or is implied by one that does not go through it.
A sub-rule implies another when, for each clause of the other, it has a clause on that path whose values the other
accepts too: the values that it chose are then a choice for the other.

Absence needs care. ``{"exists": false}`` and none-of look at what is consistent with the values chosen on paths before
theirs, so a sub-rule with fewer clauses, which chose fewer values, may find a value where the longer one found none.
Therefore, where a clause may hold without a value, the implying sub-rule may have no further clause with a value on a
path before it. Proof: up to that path both have then chosen the same values, so both have the same trail.

By ``$and`` a path may have several clauses in a sub-rule. Several of the other may be implied by one and the same: they
choose its value.

Always: branches are judged one after the other, and a dead one is gone when the next is judged; so of two that imply
each other one stays. Equal branches: the later is dead. Never the last branch of a ``$or``. Source: sections 4 and 9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ruler.checks.budget import Budget, Undecided
from ruler.checks.value_sets import ValueSet, accepts_no_value
from ruler.patterns.acceptance import may_hold_without_value
from ruler.patterns.compiler import Expansion
from ruler.patterns.model import Absent, Clause, Exact, Literal, NoneOf, Pattern
from ruler.patterns.reader import Node

STEPS_OF_PAIRS = 50_000  # clauses looked at while sub-rules are compared with sub-rules
MOST_ROUNDS = 10  # over all branches

Clauses = dict[str, list[Clause]]  # of a sub-rule, by path: more than one by ``$and`` alone


@dataclass(frozen=True, slots=True, eq=False)
class OrMember:
    """One ``$or`` in the text."""

    parent: Node  # the object that has it
    name_start: int
    array: Node


@dataclass(frozen=True, slots=True, eq=False)
class DeadBranch:
    """A branch that adds nothing."""

    branch: Node
    member: OrMember
    can_match: bool  # False when it is dead because it can never match
    equals: bool  # whether each of its sub-rules is also one of others
    instead: Node | None  # the branch of the same ``$or`` that matches what this one does, when it is one


def dead_branches(expansion: Expansion, rule: Node, budget: Budget) -> tuple[list[DeadBranch], list[int]]:
    """Return the dead branches, and the indexes of the sub-rules that remain without them."""
    search = _Search(expansion, rule, budget)
    return search.run(), search.alive_indexes()


class _Search:
    def __init__(self, expansion: Expansion, rule: Node, budget: Budget) -> None:
        self.forms = [frozenset(clause for clause, _ in each) for each in expansion.sub_rules]
        self.sub_rules = [_by_path(clause for clause, _ in each) for each in expansion.sub_rules]
        self.branches = expansion.branches
        self.budget = budget
        self.pairs = Budget(STEPS_OF_PAIRS)
        self.members = or_members(rule)
        self.alive = [True] * len(self.sub_rules)
        self.value_sets: dict[Clause, ValueSet] = {}
        self.index = _Index(self.sub_rules)
        self.covered: dict[tuple[Clause, Clause], bool] = {}
        self.implied_by: dict[int, list[int]] = {}
        self.equal_to: dict[frozenset[Clause], list[int]] = {}
        for index, form in enumerate(self.forms):
            self.equal_to.setdefault(form, []).append(index)
        empty = self.empty_clauses()
        self.can_match = [empty.isdisjoint(form) for form in self.forms]

    def empty_clauses(self) -> set[Clause]:
        """The clauses that nothing satisfies."""
        distinct = dict.fromkeys(clause for each in self.sub_rules for clauses in each.values() for clause in clauses)
        return {each for each in distinct if accepts_no_value(sorted(each.patterns, key=repr), self.budget)}

    def alive_indexes(self) -> list[int]:
        return [index for index, is_alive in enumerate(self.alive) if is_alive]

    def run(self) -> list[DeadBranch]:
        through: dict[int, list[int]] = {}
        branches: dict[int, tuple[int, int, Node]] = {}
        for index, chosen in enumerate(self.branches):
            for depth, branch in enumerate(chosen):
                through.setdefault(id(branch), []).append(index)
                branches[id(branch)] = (depth, -branch.start, branch)
        left = Counter(id(self.members[key].array) for key in branches)
        waiting = [branch for _, _, branch in sorted(branches.values(), key=lambda each: each[:2])]
        found: list[DeadBranch] = []
        for _ in range(MOST_ROUNDS):
            count = len(found)
            for branch in list(waiting):
                member = self.members[id(branch)]
                if left[id(member.array)] > 1:
                    dead = self.judge(branch, member, [each for each in through[id(branch)] if self.alive[each]])
                    if dead is not None:
                        left[id(member.array)] -= 1
                        waiting.remove(branch)
                        found.append(dead)
            if len(found) == count:  # else with fewer sub-rules another branch may be dead too
                break
        return found

    def judge(self, branch: Node, member: OrMember, inside: list[int]) -> DeadBranch | None:
        """Return the branch as a dead one, its sub-rules no longer alive; None when it adds something."""
        is_inside = set(inside)
        if not inside or sum(self.alive) == len(inside):
            return None
        instead: list[int] = []
        for index in inside:
            if self.can_match[index]:
                other = self.alive_among(self.equal_to[self.forms[index]], is_inside)
                if other is None:
                    other = self.alive_among(self.implying(index), is_inside)
                if other is None:
                    return None
                instead.append(other)
        for index in inside:
            self.alive[index] = False
        matching = [index for index in inside if self.can_match[index]]
        equals = all(self.forms[one] == self.forms[other] for one, other in zip(matching, instead, strict=True))
        return DeadBranch(branch, member, bool(matching), equals, self.common_branch(instead, member))

    def alive_among(self, indexes: list[int], excluded: set[int]) -> int | None:
        return next((each for each in indexes if self.alive[each] and each not in excluded), None)

    def common_branch(self, indexes: list[int], member: OrMember) -> Node | None:
        """The one branch of ``member`` that all these sub-rules go through."""
        chosen = {
            id(branch): branch
            for index in indexes
            for branch in self.branches[index]
            if self.members[id(branch)].array is member.array
        }
        return next(iter(chosen.values())) if len(chosen) == 1 else None

    def implying(self, index: int) -> list[int]:
        """The sub-rules that match wherever the one at ``index`` does; as many as the budget lets us find."""
        found = self.implied_by.get(index)
        if found is None:
            found = self.implied_by[index] = []
            try:
                for other in self.index.candidates(self.sub_rules[index]):
                    wanted = self.sub_rules[other]
                    self.pairs.spend(len(self.forms[other]))
                    if other != index and self.does_imply(self.sub_rules[index], wanted):
                        found.append(other)
            except Undecided:
                pass
        return found

    def does_imply(self, given: Clauses, wanted: Clauses) -> bool:
        """Whether each event that the sub-rule ``given`` matches is matched by ``wanted``."""
        if not wanted.keys() <= given.keys():
            return False
        used: set[Clause] = set()
        absences = []
        for path, clauses in wanted.items():
            for clause in clauses:
                implying = self.implying_clause(given[path], clause)
                if implying is None:
                    return False
                used.add(implying)
                if may_hold_without_value(implying.patterns):
                    absences.append(path)
        if not absences:
            return True
        further = [each.path for clauses in given.values() for each in clauses if each not in used and _has_value(each)]
        return not further or max(absences) <= min(further)

    def implying_clause(self, given: list[Clause], wanted: Clause) -> Clause | None:
        """The first clause of ``given``, those of its path, that holds only where ``wanted`` does."""
        self.pairs.spend(len(given) - 1)
        return next((clause for clause in given if self.is_clause_covered(clause, wanted)), None)

    def is_clause_covered(self, given: Clause, wanted: Clause) -> bool:
        if given.patterns <= wanted.patterns:
            return True
        answer = self.covered.get((given, wanted))
        if answer is None:
            value_set = self.value_sets.get(wanted)
            if value_set is None:
                value_set = self.value_sets[wanted] = ValueSet(sorted(wanted.patterns, key=repr), self.budget)
            answer = all(value_set.covers(pattern) for pattern in sorted(given.patterns, key=repr))
            self.covered[given, wanted] = answer
        return answer


class _Index:
    """Says which sub-rules another may imply, so that not all must be compared with all.

    Each stands under one of its paths: with each value of the clause there when all are plain, so it need only be
    compared with sub-rules that have the same path, and one of these values or a pattern. The rarest values are taken.
    """

    def __init__(self, sub_rules: list[Clauses]) -> None:
        self.plain: dict[tuple[str, Pattern], list[int]] = {}
        self.others: dict[str, list[int]] = {}
        self.all: dict[str, list[int]] = {}
        counts = Counter(
            (clause.path, value) for each in sub_rules for clause in _all(each) for value in clause.patterns
        )
        for index, clauses in enumerate(sub_rules):
            plain = [clause for clause in _all(clauses) if _is_plain(clause)]
            clause = min(
                plain or _all(clauses), key=lambda each: sum(counts[each.path, value] for value in each.patterns)
            )
            self.all.setdefault(clause.path, []).append(index)
            if plain:
                for value in clause.patterns:
                    self.plain.setdefault((clause.path, value), []).append(index)
            else:
                self.others.setdefault(clause.path, []).append(index)

    def candidates(self, given: Clauses) -> list[int]:
        """The indexes of the sub-rules that ``given`` may imply, ascending."""
        found: set[int] = set()
        for clause in _all(given):
            if _is_plain(clause):
                value = min(clause.patterns, key=repr)  # any; the same one in each run
                found.update(self.plain.get((clause.path, value), ()), self.others.get(clause.path, ()))
            else:
                found.update(self.all.get(clause.path, ()))
        return sorted(found)


def _by_path(clauses: Iterable[Clause]) -> Clauses:
    """Return ``clauses`` by their paths, equal ones once."""
    found: Clauses = {}
    for clause in dict.fromkeys(clauses):
        found.setdefault(clause.path, []).append(clause)
    return found


def _all(clauses: Clauses) -> list[Clause]:
    return [clause for each in clauses.values() for clause in each]


def _has_value(clause: Clause) -> bool:
    """Whether ``clause`` may hold by a value that it chooses."""
    return not all(isinstance(pattern, Absent | NoneOf) for pattern in clause.patterns)


def _is_plain(clause: Clause) -> bool:
    return all(isinstance(pattern, Exact | Literal | Absent) for pattern in clause.patterns)


def or_members(rule: Node) -> dict[int, OrMember]:
    """Return the ``$or`` that each branch stands in, by the identity of the branch; those inside ``$and`` too."""
    found = {}
    waiting = [rule]
    while waiting:
        parent = waiting.pop()
        for name, name_start, value in parent.value:
            if value.kind == "object":
                waiting.append(value)
            elif name in ("$or", "$and") and value.kind == "array":
                for branch in value.value:
                    if branch.kind == "object":
                        if name == "$or":
                            found[id(branch)] = OrMember(parent, name_start, value)
                        waiting.append(branch)
    return found
