"""Warns of clauses on a path that other clauses use as an object: an object has no value to test.

    {"r": {"detail": [{"exists": true}]}, "s": {"detail": {"id": [1]}}}     r never sees a value of detail
    {"r": {"state": ["on"], "state.value": ["on"]}}                         no event can have both

Two cases. Both clauses stand in one sub-rule, so one event would need both. Or they stand in different sub-rules, of
any rules, and the clause asks for nothing but ``exists``: a clause for a value says by itself that its events are
others. Not warned of: sub-rules that are about different events, as one wants ``"source": ["aws.ec2"]`` and the other
another source; a clause beside one that wants a path inside it to be absent.

Idea: of all paths, sorted, those inside "a" stand together, after "a.". Of many that a clause could be compared with
a few are; the budget bounds the rest.
Source: section 1 of the semantics, "Objects and arrays are never values".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ruler.checks.budget import Budget, Undecided
from ruler.checks.rule import CheckedRule, json_text, shown_text
from ruler.findings import Finding
from ruler.patterns.located import LocatedClause, LocatedSubRule
from ruler.patterns.model import Absent, Exact, Exists, Literal, NoneOf, Pattern

MOST_USERS = 20  # of one path that are remembered, and sub-rules of one clause that are compared with them

_GUARDS: set[type[Pattern]] = {Absent, NoneOf}  # hold without a value

Plain = dict[str, frozenset[Pattern]]  # path -> the values of a clause that has only plain ones


@dataclass(frozen=True, slots=True)
class _User:
    """A clause below a path, in one sub-rule."""

    rule: str
    path: str
    sub_rule: LocatedSubRule


class ObjectPaths:
    """The paths that the clauses of some rules use as objects."""

    def __init__(self, rules: Iterable[CheckedRule] = ()) -> None:
        self.budget = Budget()
        self.plain: dict[int, Plain] = {}  # by the identity of the sub-rule, which a rule keeps alive
        self.users_of: dict[str, list[_User]] = {}  # by path
        for rule in rules:
            self.add(rule)
        self.paths = sorted(self.users_of)

    def add(self, rule: CheckedRule) -> None:
        for clause in rule.clauses:
            if not _kinds(clause) <= _GUARDS:  # which say that there is nothing, or not this, inside
                known = self.users_of.setdefault(clause.path, [])
                more = rule.sub_rules_of(clause)[: MOST_USERS - len(known)]
                known += [_User(_name(rule), clause.path, each) for each in more]

    def findings(self, rule: CheckedRule) -> Iterator[Finding]:
        """Yield a warning for each clause of ``rule`` that tests an object."""
        for clause in rule.clauses:
            users = list(islice(self.users(clause.path), MOST_USERS))
            if users:
                try:
                    user = self.user(rule, clause, users)
                except Undecided:
                    return
                if user is not None:
                    yield _finding(rule, clause, user)

    def users(self, path: str) -> Iterator[_User]:
        """The clauses below ``path``."""
        inside = f"{path}."
        for index in range(bisect_left(self.paths, inside), len(self.paths)):
            if not self.paths[index].startswith(inside):
                return
            yield from self.users_of[self.paths[index]]

    def user(self, rule: CheckedRule, clause: LocatedClause, users: list[_User]) -> _User | None:
        """The clause that uses what ``clause`` tests as an object; None when it is about other events."""
        sub_rules = rule.sub_rules_of(clause)[:MOST_USERS]
        for sub_rule in sub_rules:
            self.budget.spend(len(sub_rule.clauses))
            for other in sub_rule.clauses:
                if other.path.startswith(f"{clause.path}.") and not _kinds(other) <= _GUARDS:
                    return _User(_name(rule), other.path, sub_rule)
        if not _kinds(clause) <= {Exists, Absent}:
            return None
        return next((user for user in users for each in sub_rules if self.may_meet(each, user.sub_rule)), None)

    def may_meet(self, one: LocatedSubRule, other: LocatedSubRule) -> bool:
        """Return whether one event could match both: no path must have different plain values for them."""
        first, second = sorted((self.plain_of(one), self.plain_of(other)), key=len)
        self.budget.spend(1 + len(first))
        return not any(path in second and values.isdisjoint(second[path]) for path, values in first.items())

    def plain_of(self, sub_rule: LocatedSubRule) -> Plain:
        found = self.plain.get(id(sub_rule))
        if found is None:
            self.budget.spend(len(sub_rule.clauses))
            clauses = [each for each in sub_rule.clauses if _kinds(each) <= {Exact, Literal}]
            found = {each.path: frozenset(one.pattern for one in each.alternatives) for each in clauses}
            self.plain[id(sub_rule)] = found
        return found


def _kinds(clause: LocatedClause) -> set[type[Pattern]]:
    return {type(alternative.pattern) for alternative in clause.alternatives}


def _name(rule: CheckedRule) -> str:
    return rule.named.label or rule.named.name


def _finding(rule: CheckedRule, clause: LocatedClause, user: _User) -> Finding:
    whose = "this rule" if user.rule == _name(rule) else f"the rule {json_text(shown_text(user.rule))}"
    kinds = _kinds(clause)
    if kinds == {NoneOf}:
        effect, hint = "so none-of always holds", "the clause on a path inside it"
    elif kinds == {Absent}:
        effect, hint = "so it is always absent", '{"exists": false} on a path inside it'
    elif kinds == {Exists}:
        effect, hint = "so it never exists", '{"exists": true} on a path inside it'
    else:
        effect, hint = "so it has no value to accept", "the clause on a path inside it"
    return rule.warning(
        "exists-on-object",
        clause.node,
        f"{json_text(shown_text(clause.path))} is an object where {whose} tests "
        f"{json_text(shown_text(user.path))}, {effect}",
        why="only strings, numbers, true, false and null are values; an object is none, whatever it holds",
        hint=f"{hint}; this is right only when some events have a value there and others an object",
    )
