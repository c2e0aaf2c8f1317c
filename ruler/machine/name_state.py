"""Name states: a trie of clauses whose final states hold rule ids.

A sub-rule is one walk from the start state, a clause an edge, in one canonical order; sub-rules that begin
alike share states.

    rule 1: source = shop, total > 5        start ──[source = shop]──▶ ● ──[total > 5]──▶ ● rule 1
    rule 2: source = shop                                               ╰─ rule 2

The order decides the cost, never the answer. The clauses likeliest to fail come first (``_RANKS``), so an event
visits few states even when a hundred thousand rules share a loose clause. It depends on the sub-rule alone, so a
machine after any edits equals one that was never edited. Clauses whose paths share names stay together, most
selective group first: then the array elements that still matter at any state lie on one line from
the event's root down (trail_walk.py stands on this). Of groups whose best clauses are alike, the one whose worst clause
is better comes first: before the wildcards beside an exact text are searched for, the other exact texts are compared.
Clauses of one path follow each other: first those that ``exists: false`` or ``none-of`` lets hold without a value, as
they look at what was chosen on other paths and not on this one; then the tighter; then in the order of their texts.

Ranked otherwise than one might think: ``exists`` before ``anything-but``. Both accept nearly every value, but all rules
share the same ``exists`` of a path, so first it is one edge, and last it would be one a rule.
"""

from __future__ import annotations

from ruler.machine.path_trie import PathNode, shared_depth
from ruler.machine.pattern_texts import in_order_of_text
from ruler.machine.value_matcher import ClauseNode, ValueMatcher
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

# How much a pattern type lets through, roughly; a clause is as loose as its loosest pattern, an all-of as its tightest
# part.
_RANKS: dict[type, int] = {
    Exact: 0,
    EqualsIgnoreCase: 0,
    Cidr: 1,
    Prefix: 1,
    Suffix: 1,
    PrefixIgnoreCase: 1,
    SuffixIgnoreCase: 1,
    Literal: 2,
    NumericRange: 3,
    Wildcard: 4,
    WildcardIgnoreCase: 4,
    Regexp: 4,
    Exists: 5,
    Absent: 5,
    NoneOf: 5,
    AnythingBut: 6,
}

Rank = tuple[int, int]  # looseness of the pattern types, number of patterns; lower comes first
Span = tuple[Rank, Rank]  # the best and the worst rank of the clauses at or below a node; lower comes first


class Edges:
    """The edges of one state over the clauses of one path, by the kind of clause (value_matcher.py)."""

    __slots__ = ("absent", "closed", "open", "ranged", "shared_depth", "split", "takes_any")

    def __init__(self, shared_depth: int) -> None:
        self.closed: dict[ClauseNode, NameState] = {}
        self.ranged: dict[ClauseNode, NameState] = {}
        self.open: dict[ClauseNode, NameState] = {}
        self.split: dict[ClauseNode, NameState] = {}
        self.takes_any = False  # whether there are open or split ones, which a value of no outcome can satisfy
        # Followed when the path has no value. A clause that also accepts values leads to the same state twice.
        self.absent: dict[ClauseNode, NameState] = {}
        self.shared_depth = shared_depth  # names that this path has in common with that of the edge to the state

    def of_kind(self, clause: ClauseNode) -> dict[ClauseNode, NameState]:
        """Return the dictionary that ``clause`` belongs in for the values it accepts."""
        if clause.is_open:
            return self.open
        if clause.split_patterns:
            return self.split
        return self.ranged if clause.ranges else self.closed

    def changed(self) -> None:
        """Note what follows from the edges; to be called when one was added or removed."""
        self.takes_any = bool(self.open or self.split)

    def accept_values(self) -> bool:
        """Return whether any edge can be followed on a value."""
        return bool(self.closed or self.ranged or self.open or self.split)


class NameState:
    """Where a match stands after the clauses on the way from the start state."""

    __slots__ = ("_in_path_order", "absent", "clause", "edges", "parent", "rule_ids")

    def __init__(self, parent: NameState | None, clause: ClauseNode | None) -> None:
        self.parent = parent
        self.clause = clause  # on the edge that leads here; None at the start
        self.edges: dict[ValueMatcher, Edges] = {}  # those that accept values
        self.absent: dict[ValueMatcher, Edges] = {}  # those to follow without one; may be the same objects
        self.rule_ids: dict[int, None] = {}  # of the rules with a sub-rule that ends here
        self._in_path_order: tuple[NameState | None] | None = None  # None until asked for

    @property
    def is_leaf(self) -> bool:
        return not self.edges and not self.absent

    def next_state(self, clause: ClauseNode) -> NameState | None:
        """Return the state behind the edge of ``clause``, if there is one."""
        matcher = clause.value_matcher
        edges = self.absent.get(matcher) if clause.holds_when_absent else self.edges.get(matcher)
        if edges is None:
            return None
        return edges.absent.get(clause) if clause.holds_when_absent else edges.of_kind(clause).get(clause)

    def extend(self, clause: ClauseNode) -> NameState:
        """Add an edge of ``clause``, which there must not be yet; return the new state behind it."""
        matcher = clause.value_matcher
        state = NameState(self, clause)
        edges = self.edges.get(matcher) or self.absent.get(matcher) or Edges(self._shared_depth(clause))
        if clause.holds_when_absent:
            edges.absent[clause] = state
            self.absent[matcher] = edges
        if _accepts_some_value(clause):
            edges.of_kind(clause)[clause] = state
            edges.changed()
            self.edges[matcher] = edges
        return state

    def cut(self, clause: ClauseNode) -> None:
        """Remove the edge of ``clause`` and the state behind it."""
        matcher = clause.value_matcher
        if clause.holds_when_absent:
            edges = self.absent[matcher]
            del edges.absent[clause]
            if not edges.absent:
                del self.absent[matcher]
        if _accepts_some_value(clause):
            edges = self.edges[matcher]
            del edges.of_kind(clause)[clause]
            edges.changed()
            if not edges.accept_values():
                del self.edges[matcher]

    def children(self) -> list[NameState]:
        """Return the states one edge away, each once."""
        found: dict[NameState, None] = {}
        for edges in (*self.edges.values(), *self.absent.values()):
            for kind in (edges.closed, edges.ranged, edges.open, edges.split, edges.absent):
                found.update(dict.fromkeys(kind.values()))
        return list(found)

    def clauses(self) -> list[ClauseNode]:
        """Return the clauses on the way here from the start."""
        clauses = []
        state: NameState = self
        while state.clause is not None:
            clauses.append(state.clause)
            assert state.parent is not None
            state = state.parent
        return clauses[::-1]

    def in_path_order(self) -> NameState | None:
        """Return the start of a chain of states that judges this state's sub-rule alone, in the order of paths.

        None when that order leaves a group of paths and comes back to it (``a``, then ``a-b``, then ``a.c``): then
        trails are not on one line. Made once and kept; it hangs on nothing else.
        """
        if self._in_path_order is None:
            self._in_path_order = (_chain(self.clauses()),)
        return self._in_path_order[0]

    def forget_path_order(self) -> None:
        """Drop what ``in_path_order`` keeps, once no sub-rule ends here."""
        self._in_path_order = None

    def _shared_depth(self, clause: ClauseNode) -> int:
        if self.clause is None:
            return 0
        return shared_depth(self.clause.value_matcher.path_node, clause.value_matcher.path_node)


def _accepts_some_value(clause: ClauseNode) -> bool:
    """Return whether any pattern other than Absent is among the alternatives."""
    return not clause.holds_when_absent or len(clause.clause.patterns) > 1


def _chain(clauses: list[ClauseNode]) -> NameState | None:
    ordered = sorted(clauses, key=lambda clause: clause.clause.path)
    if _comes_back([clause.value_matcher.path_node for clause in ordered]):
        return None
    start = state = NameState(None, None)
    for clause in ordered:
        state = state.extend(clause)
    state.rule_ids[0] = None
    return start


def _comes_back(nodes: list[PathNode]) -> bool:
    """Return whether going through ``nodes`` in order leaves what is below some node, and later enters it again."""
    entered: set[PathNode] = set()
    inside: set[PathNode] = set()
    for node in nodes:
        line = set(node.line())
        if any(above in entered and above not in inside for above in line):
            return True
        entered |= line
        inside = line
    return False


def canonical_order(clauses: list[ClauseNode]) -> list[ClauseNode]:
    """Return ``clauses`` in the order in which a walk judges them: see the module's docstring."""
    if len(clauses) == 1:
        return clauses
    if len({clause.value_matcher for clause in clauses}) < len(clauses):
        node_of = {clause.clause: clause for clause in clauses}
        clauses = [node_of[clause] for clause in in_order_of_text(node_of)]
    ranks = {clause: _rank(clause) for clause in clauses}
    spans: dict[PathNode, Span] = {}
    for clause, rank in ranks.items():
        node: PathNode | None = clause.value_matcher.path_node
        while node is not None:
            best, worst = spans.get(node, (rank, rank))
            spans[node] = (min(best, rank), max(worst, rank))
            node = node.parent
    return sorted(clauses, key=lambda clause: (_order_key(clause, spans), not _has_guards(clause), ranks[clause]))


def _rank(clause: ClauseNode) -> Rank:
    patterns = clause.clause.patterns
    return _looseness(patterns), len(patterns)


def _looseness(patterns: frozenset[Pattern]) -> int:
    """Return how much the loosest of ``patterns`` lets through."""
    return max(
        min(map(_looseness, pattern.parts)) if isinstance(pattern, AllOf) else _RANKS[type(pattern)]
        for pattern in patterns
    )


def _has_guards(clause: ClauseNode) -> bool:
    return any(isinstance(pattern, Absent | NoneOf) for pattern in clause.clause.patterns)


def _order_key(clause: ClauseNode, spans: dict[PathNode, Span]) -> list[tuple[Span, str]]:
    """Return, from the root down, the ranks at and below each node on the way and its name."""
    key = []
    node = clause.value_matcher.path_node
    while node.parent is not None:
        key.append((spans[node], node.name))
        node = node.parent
    key.reverse()
    return key
