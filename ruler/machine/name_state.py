"""Name states: a trie of clauses whose final states hold rule ids.

A sub-rule is one walk from the start state, a clause an edge, in one canonical order; sub-rules that begin
alike share states.

    rule 1: source = shop, total > 5        start ──[source = shop]──▶ ● ──[total > 5]──▶ ● rule 1
    rule 2: source = shop                                               ╰─ rule 2

The order decides the cost, never the answer. The clauses likeliest to fail come first (looseness.py), so an event
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

from collections import Counter

from ruler.machine.clause import CLOSED, GUARDED, OPEN, RANGED, SPLIT, ClauseNode, guard_kind
from ruler.machine.looseness import looseness
from ruler.machine.path_trie import PathNode, shared_depth
from ruler.machine.pattern_texts import in_order_of_text
from ruler.machine.value_matcher import ValueMatcher

Rank = tuple[int, int]  # looseness of the pattern types, number of patterns; lower comes first
Span = tuple[Rank, Rank]  # the best and the worst rank of the clauses at or below a node; lower comes first


class Edges:
    """The edges of one state over the clauses of one path, by the kind of clause (value_matcher.py)."""

    __slots__ = ("absent", "closed", "count", "open", "ranged", "rare", "shared_depth", "split", "takes_any")

    def __init__(self, shared_depth: int) -> None:
        self.closed: dict[ClauseNode, NameState] = {}
        self.ranged: dict[ClauseNode, NameState] = {}
        self.open: dict[ClauseNode, NameState] = {}
        self.split: dict[ClauseNode, NameState] = {}
        # By kind, those of clauses with inner clauses; once more those in ``absent`` that hold beside some values.
        self.rare: dict[int, dict[ClauseNode, NameState]] | None = None
        # Whether there are open, split or rare ones, which a value of no outcome can satisfy.
        self.takes_any = False
        self.count = 0  # of those
        # Followed when the path has no value. A clause that also accepts values leads to the same state twice.
        self.absent: dict[ClauseNode, NameState] = {}
        self.shared_depth = shared_depth  # names that this path has in common with that of the edge to the state

    def of_kind(self, kind: int) -> dict[ClauseNode, NameState]:
        """Return the dictionary for clauses of a kind. That of a rare one is to be changed by ``put`` and ``drop``."""
        if kind == CLOSED:
            return self.closed
        if kind == RANGED:
            return self.ranged
        if kind == OPEN:
            return self.open
        if kind == SPLIT:
            return self.split
        return {} if self.rare is None else self.rare.get(kind, {})

    def put(self, kind: int, clause: ClauseNode, state: NameState) -> None:
        edges = self.of_kind(kind)
        if kind > SPLIT and not edges:
            self.rare = {**(self.rare or {}), kind: edges}
        edges[clause] = state
        self._count(kind, +1)

    def drop(self, kind: int, clause: ClauseNode) -> None:
        edges = self.of_kind(kind)
        del edges[clause]
        if kind > SPLIT and not edges:
            assert self.rare is not None
            self.rare = {other: rare for other, rare in self.rare.items() if rare} or None
        self._count(kind, -1)

    def _count(self, kind: int, change: int) -> None:
        if kind not in (CLOSED, RANGED):
            self.count += change
            self.takes_any = self.count > 0

    def accept_values(self) -> bool:
        """Return whether any edge can be followed on a value."""
        rare = self.rare is not None and any(kind < GUARDED for kind in self.rare)
        return bool(self.closed or self.ranged or self.open or self.split or rare)

    def all(self) -> list[dict[ClauseNode, NameState]]:
        """Return the dictionaries of all kinds."""
        return [self.closed, self.ranged, self.open, self.split, self.absent, *(self.rare or {}).values()]


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
        edges = self.absent.get(matcher) if clause.guards else self.edges.get(matcher)
        if edges is None:
            return None
        return edges.absent.get(clause) if clause.guards else edges.of_kind(clause.kind).get(clause)

    def extend(self, clause: ClauseNode) -> NameState:
        """Add an edge of ``clause``, which there must not be yet; return the new state behind it."""
        matcher = clause.value_matcher
        state = NameState(self, clause)
        edges = self.edges.get(matcher) or self.absent.get(matcher) or Edges(self._shared_depth(clause))
        if clause.guards:
            edges.absent[clause] = state
            self.absent[matcher] = edges
            kind = guard_kind(clause)
            if kind is not None:
                edges.put(kind, clause, state)
        if clause.accepts_values():
            edges.put(clause.kind, clause, state)
            self.edges[matcher] = edges
        matcher.forget_followed()
        return state

    def cut(self, clause: ClauseNode) -> None:
        """Remove the edge of ``clause`` and the state behind it."""
        matcher = clause.value_matcher
        if clause.guards:
            edges = self.absent[matcher]
            del edges.absent[clause]
            kind = guard_kind(clause)
            if kind is not None:
                edges.drop(kind, clause)
            if not edges.absent:
                del self.absent[matcher]
        if clause.accepts_values():
            edges = self.edges[matcher]
            edges.drop(clause.kind, clause)
            if not edges.accept_values():
                del self.edges[matcher]
        matcher.forget_followed()

    def children(self) -> list[NameState]:
        """Return the states one edge away, each once."""
        found: dict[NameState, None] = {}
        for edges in (*self.edges.values(), *self.absent.values()):
            for kind in edges.all():
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
        trails are not on one line. None also when a path has several clauses, of which one holds on a value or without
        one: what others choose on the path may not matter to it, nor what it chooses to them. Made once and kept; it
        hangs on nothing else.
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


def _chain(clauses: list[ClauseNode]) -> NameState | None:
    # Guards look at what was chosen on paths before, not on their own.
    ordered = sorted(clauses, key=lambda clause: (clause.clause.path, not clause.guards))
    clause_counts = Counter(clause.value_matcher for clause in clauses)
    if any(clause.guards and clause.accepts_values() and clause_counts[clause.value_matcher] > 1 for clause in clauses):
        return None
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
    return sorted(clauses, key=lambda clause: (_order_key(clause, spans), not clause.guards, ranks[clause]))


def _rank(clause: ClauseNode) -> Rank:
    patterns = clause.clause.patterns
    return looseness(patterns), len(patterns)


def _order_key(clause: ClauseNode, spans: dict[PathNode, Span]) -> list[tuple[Span, str]]:
    """Return, from the root down, the ranks at and below each node on the way and its name."""
    key = []
    node = clause.value_matcher.path_node
    while node.parent is not None:
        key.append((spans[node], node.name))
        node = node.parent
    key.reverse()
    return key
