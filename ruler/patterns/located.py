"""A rule that compiles, with the place of each of its parts: for those who explain a rule, not for the machine.

In: a rule's text, a mapping, or a node of a document. Out: a LocatedRule: its sub-rules, of each the branches of
``$or`` it is made of, its clauses in ascending order of paths, of each the alternatives in text order, with patterns.

    {"a": [1, {"prefix": "x"}]}  ->  one sub-rule, no branches, clause "a" at $.a with
                                     alternatives 1 at $.a[0] and {"prefix": "x"} at $.a[1]

Always: the patterns of a clause are those the compiler gives it. Equal sub-rules stand once, as in the machine.
Source: sections 2 to 4 of the semantics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from ruler.errors import Location
from ruler.patterns.clauses import ClauseReader
from ruler.patterns.compiler import DEFAULT_LIMITS, Limits, document_of, expand, location_of
from ruler.patterns.model import Clause, Pattern, SubRule
from ruler.patterns.reader import Document, Node

# What is kept for the next question, since a matcher may be asked event after event how its rules matched: at most
# some 20 megabytes. Locating takes some ten times as long as what follows it.
KEPT_RULES = 1000
LONGEST_KEPT = 1000  # characters of a rule's text


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One element of a clause's array."""

    pattern: Pattern
    node: Node
    location: Location  # in the rule: ("a", 1)


@dataclass(frozen=True, slots=True, eq=False)
class LocatedClause:
    """One path of a sub-rule, and the alternatives of which any may accept a value."""

    path: str
    alternatives: tuple[Alternative, ...]
    node: Node  # the array
    location: Location  # in the rule: ("a",)

    @property
    def patterns(self) -> list[Pattern]:
        """The patterns of the alternatives, in text order."""
        return [alternative.pattern for alternative in self.alternatives]

    @property
    def clause(self) -> Clause:
        """The clause as the machine knows it."""
        return Clause(self.path, frozenset(self.patterns))


@dataclass(frozen=True, slots=True, eq=False)
class LocatedSubRule:
    """Clauses that must all match; ``branches`` are the places of the ``$or`` branches it is made of."""

    clauses: tuple[LocatedClause, ...]  # paths ascending, by code points; of one path in text order
    branches: tuple[Location, ...]  # (("$or", 1), ("$or", 1, "x", "$or", 0)); () without $or

    @property
    def sub_rule(self) -> SubRule:
        """The sub-rule as the machine knows it."""
        return SubRule(frozenset(clause.clause for clause in self.clauses))


@dataclass(frozen=True, slots=True, eq=False)
class Overwritten:
    """A clause that has no effect in some sub-rule, because a later one names the same path."""

    path: str
    earlier: Node
    later: Node


@dataclass(frozen=True, slots=True, eq=False)
class LocatedRule:
    """A rule and the places of its parts. Offsets of nodes count in ``document.text``."""

    document: Document
    node: Node  # the rule's object
    sub_rules: tuple[LocatedSubRule, ...]  # distinct, in the order in which they first occur
    overwritten: tuple[Overwritten, ...] = field(default=())

    def text(self, node: Node) -> str:
        """Return the text of ``node`` as the user wrote it."""
        return self.document.text[node.start : node.end]


def locate_rule(rule: object, *, limits: Limits = DEFAULT_LIMITS) -> LocatedRule:
    """Return ``rule`` (JSON text or a mapping) with places; raises its first RuleError."""
    document = document_of(rule)
    return locate_node(document, document.root, limits=limits)


def locate_text(text: str, *, limits: Limits = DEFAULT_LIMITS) -> LocatedRule:
    """As ``locate_rule``; the rules of short texts are kept for the next time, the last KEPT_RULES of them."""
    return (_kept if len(text) <= LONGEST_KEPT else _located)(text, limits)


def _located(text: str, limits: Limits) -> LocatedRule:
    return locate_rule(text, limits=limits)


_kept = lru_cache(KEPT_RULES)(_located)


def locate_node(document: Document, node: Node, *, limits: Limits = DEFAULT_LIMITS) -> LocatedRule:
    """Return the rule ``node`` of ``document`` with places that begin at ``node``; raises its first RuleError."""
    return _Locator(document, node, limits).rule()


class _Locator:
    """One pass over the expansion of a rule. Each array is read and located once."""

    def __init__(self, document: Document, node: Node, limits: Limits) -> None:
        self.document = document
        self.limits = limits
        self.node = node
        self.clauses: dict[tuple[str, int], LocatedClause] = {}  # by path and the offset of the array
        self.reader = ClauseReader(document, _unexpected, extensions=limits.extensions)

    def rule(self) -> LocatedRule:
        expansion = expand(self.document, self.node, limits=self.limits)
        located: dict[SubRule, LocatedSubRule] = {}
        for clauses, branches in zip(expansion.sub_rules, expansion.branches, strict=True):
            sub_rule = SubRule(frozenset(clause for clause, _ in clauses))
            if sub_rule not in located:
                located[sub_rule] = LocatedSubRule(
                    tuple(
                        self.clause(clause.path, node)
                        for clause, node in sorted(clauses, key=lambda placed: (placed[0].path, placed[1].start))
                    ),
                    tuple(location_of(self.node, branch) for branch in branches),
                )
        return LocatedRule(
            self.document,
            self.node,
            tuple(located.values()),
            tuple(Overwritten(*each) for each in expansion.overwritten),
        )

    def clause(self, path: str, node: Node) -> LocatedClause:
        found = self.clauses.get((path, node.start))
        if found is None:
            location = location_of(self.node, node)
            alternatives = []
            for index, element in enumerate(node.value):
                pattern = self.reader.alternative(element, node)
                assert pattern is not None  # the rule compiles
                alternatives.append(Alternative(pattern, element, (*location, index)))
            found = LocatedClause(path, tuple(alternatives), node, location)
            self.clauses[path, node.start] = found
        return found


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")
