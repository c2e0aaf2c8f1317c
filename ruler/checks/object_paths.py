"""Warns of clauses on a path that other clauses use as an object: an object has no value to test.

    {"r": {"detail": [{"exists": true}]}, "s": {"detail": {"id": [1]}}}     r never sees a value of detail

Idea: the names of all clauses' paths in one tree; a clause whose path ends inside the tree, not at a leaf of it, is
one of these. Linear in the rules. Source: section 1 of the semantics, "Objects and arrays are never values".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ruler.checks.rule import CheckedRule, json_text, shown_text
from ruler.findings import Finding
from ruler.patterns.located import LocatedClause
from ruler.patterns.model import Absent, Exists


@dataclass(slots=True)
class _Names:
    """The names that follow one another in paths, and the first clause that goes on below."""

    inner: dict[str, _Names] = field(default_factory=dict)
    user: tuple[str, str] | None = None  # the rule and the path of a clause below


class ObjectPaths:
    """The paths that the clauses of some rules use as objects."""

    def __init__(self, rules: Iterable[CheckedRule] = ()) -> None:
        self.top = _Names()
        for rule in rules:
            self.add(rule)

    def add(self, rule: CheckedRule) -> None:
        for clause in rule.clauses:
            current = self.top
            for name in clause.path.split("."):
                if current.user is None:
                    current.user = rule.named.label or rule.named.name, clause.path
                current = current.inner.setdefault(name, _Names())

    def user(self, path: str) -> tuple[str, str] | None:
        """Return the rule and the path of a clause below ``path``, a path of a clause; None when there is none."""
        current = self.top
        for name in path.split("."):
            current = current.inner[name]
        return current.user

    def findings(self, rule: CheckedRule) -> Iterator[Finding]:
        """Yield a warning for each clause of ``rule`` that tests an object."""
        for clause in rule.clauses:
            user = self.user(clause.path)
            if user is not None:
                yield _finding(rule, clause, *user)


def _finding(rule: CheckedRule, clause: LocatedClause, user: str, path: str) -> Finding:
    patterns = {type(alternative.pattern) for alternative in clause.alternatives}
    own = rule.named.label or rule.named.name
    whose = "this rule" if user == own else f"the rule {json_text(shown_text(user))}"
    if patterns == {Absent}:
        effect, hint = "so it is always absent", '{"exists": false} on a path inside it'
    elif patterns == {Exists}:
        effect, hint = "so it never exists", '{"exists": true} on a path inside it'
    else:
        effect, hint = "so it has no value to accept", "the clause on a path inside it"
    return rule.warning(
        "exists-on-object",
        clause.node,
        f"{json_text(shown_text(clause.path))} is an object where {whose} tests "
        f"{json_text(shown_text(path))}, {effect}",
        why="only strings, numbers, true, false and null are values; an object is none, whatever it holds",
        hint=f"{hint}; this is right only when some events have a value there and others an object",
    )
