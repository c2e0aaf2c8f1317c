"""One per used path, shared by every rule: a value in, the clauses it satisfies out.

Patterns are interned: a pattern that a thousand rules use stands in one index once, as a PatternNode that
knows which clauses list it. Clauses are interned too. Both live as long as something refers to them.

A value's *outcome* never lists more than it must. Three kinds of clause are told apart:

- *closed*: only patterns that an index finds. Satisfied when the clause is among the outcome's ``hits``.
- *ranged*: also numeric ranges. Thousands can contain one number, so they are judged one by one when few
  are asked for, and listed only when that is cheaper (``range_hits``).
- *open*: has an ``anything-but`` or ``exists``, so almost every value satisfies it. The outcome lists the opposite,
  the anything-buts that are ``blocked`` because what they exclude accepts the value.

An anything-but that excludes ranges is *split*: to list what a number blocks would cost a step for each rule that
does not match. So it is ranged for numbers, accepted by a range of the opposite, and open for the other values:

    anything-but {> 5, "x"}     accepts a number when the range <= 5 contains it, another value when it is not "x"

The parts of an ``all-of``, and what a ``none-of`` excludes, are clauses as well: *inner* ones, on no edge. An all-of
accepts a value when all its inner clauses do; a none-of holds when its one, the *guard*, accepts none of the values:

    all-of [*net*, [x, y]]     inner clauses {*net*} and {x, y}: hits name them, as they do other clauses

An all-of is filed under one of them, its *key*, and looked at when that is satisfied (inner_clauses.py). Then its
clause is *compound*. Where all parts are open it is *doubtful*: looked at when one of them may not be satisfied.
One value must satisfy all parts, so where a path has an all-of, the outcome of several values also keeps theirs.

Always: a pattern node has at least one clause or excluder; a clause node is on at least one edge, or an inner one that
is used at least once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ruler.errors import MachineError
from ruler.machine.clause import (
    NOTHING,
    AllOfNode,
    ClauseNode,
    InnerClause,
    MixedNumbers,
    OneOutcome,
    Outcome,
    PatternNode,
    is_split,
    watched_patterns,
)
from ruler.machine.followed import Followed
from ruler.machine.looseness import looseness
from ruler.machine.numeric_ranges import NumericRangeIndex
from ruler.machine.path_trie import PathNode
from ruler.machine.pattern_texts import describe_patterns
from ruler.machine.string_indexes import INDEX_TYPES, StringIndex
from ruler.machine.unions import identity, united, with_item, without_item
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Clause,
    Exact,
    Exists,
    Literal,
    NoneOf,
    Number,
    NumericRange,
    Pattern,
)

Scalar = str | int | float | bool | None


# Outcomes remembered a path: some 100 KB, or a few MB where each is accepted by many patterns.
_MOST_REMEMBERED = 512
_LONGEST_REMEMBERED = 100
# So many patterns found together are worth telling from others: few values have more in common.
_MOST_COMBINED = 8

_NUMBER_TYPES = frozenset({int, float})


class ValueMatcher:
    """The patterns and clauses of one path."""

    __slots__ = (
        "_combinations",
        "_remembered",
        "_string_indexes",
        "all_of_count",
        "clauses",
        "exact",
        "followed",
        "inner_clauses",
        "literals",
        "path_node",
        "patterns",
        "ranges",
        "split_count",
        "string_searches",
    )

    def __init__(self, path_node: PathNode) -> None:
        self.path_node = path_node
        self.clauses: dict[Clause, ClauseNode] = {}
        self.inner_clauses: dict[frozenset[Pattern], InnerClause] = {}
        self.patterns: dict[Pattern, PatternNode] = {}
        self.all_of_count = 0  # all-ofs among them
        self.exact: dict[str | Number, PatternNode] = {}
        self.literals: dict[bool | None, PatternNode] = {}
        self.ranges: NumericRangeIndex[PatternNode] | None = None
        self.split_count = 0  # split patterns among them
        self._string_indexes: dict[type, StringIndex[Any, PatternNode]] = {}  # by index type
        self.string_searches: tuple[Any, ...] = ()  # their ``find`` methods
        self._remembered: dict[str, OneOutcome] = {}  # what searches found lately
        self._combinations: dict[tuple[PatternNode, ...], OneOutcome] = {}  # of patterns found together lately
        self.followed = Followed()

    # -- matching ------------------------------------------------------------------------------------------

    def outcome(self, value: Any) -> OneOutcome:
        """Return the outcome of one value. Cost: see the indexes; O(1) when all patterns are exact."""
        kind = value.__class__
        if kind is str:
            if self.string_searches:
                remembered = self._remembered
                return remembered.get(value) or self._search(value, remembered)
            if value not in self.exact:  # the common case, and cheaper asked so than with get
                return NOTHING
            equal = self.exact[value]
            return equal.clauses, equal.excluders, None
        if kind is bool or value is None:
            node = self.literals.get(value)
            return NOTHING if node is None else (node.clauses, node.excluders, None)
        node = self.exact.get(value)
        numbers: Any = None if self.ranges is None else [value]
        return ((), (), numbers) if node is None else (node.clauses, node.excluders, numbers)

    def _search(self, value: str, remembered: dict[str, OneOutcome]) -> OneOutcome:
        """Return the outcome of a string through all indexes, and remember it: values of a field tend to recur."""
        combinations = self._combinations
        node = self.exact.get(value)
        found = [] if node is None else [node]
        for search in self.string_searches:
            search(value, found)
        outcome = self._combined(found, combinations)
        if len(value) <= _LONGEST_REMEMBERED:
            if len(remembered) >= _MOST_REMEMBERED:
                remembered.clear()
            remembered[value] = outcome
        return outcome

    def _combined(
        self, found: list[PatternNode], combinations: dict[tuple[PatternNode, ...], OneOutcome]
    ) -> OneOutcome:
        """Return the outcome of a value that these patterns accept.

        Where many edges may be gone through for it, it is the same object as last time: see followed.py.
        """
        if len(found) <= 1:
            return (found[0].clauses, found[0].excluders, None) if found else NOTHING
        excluders = [node.excluders for node in found]
        if len(found) > _MOST_COMBINED or not (self.inner_clauses or any(excluders)):
            return united([node.clauses for node in found]), united(excluders), None
        key = tuple(found)
        outcome = combinations.get(key)
        if outcome is None:
            outcome = united([node.clauses for node in found]), united(excluders), None
            if len(combinations) >= _MOST_REMEMBERED:
                combinations.clear()
            combinations[key] = outcome
        return outcome

    def outcome_of_all(self, values: list[Scalar], keep_apart: bool = True) -> Outcome:
        """Return the outcome of several values, any of which may satisfy a clause; their own too if any need them."""
        if self.all_of_count and keep_apart:
            return self._outcome_apart(values)
        kinds = set(map(type, values))
        if kinds <= _NUMBER_TYPES or (kinds == {str} and not self.string_searches):
            return self._outcome_of_hashed(values, kinds)
        hits: list[Collection[ClauseNode]] = []
        blocked: Collection[PatternNode] | None = None
        numbers: list[Number] = []
        for value in values:
            one_hits, one_blocked, one_numbers = self.outcome(value)
            hits.append(one_hits)
            if blocked is None:
                blocked = one_blocked
            elif blocked and blocked is not one_blocked:
                blocked = frozenset([pattern for pattern in blocked if pattern in one_blocked])
            if one_numbers:
                numbers.extend(one_numbers)
        numbers.sort()
        if numbers and self.split_count:
            blocked = self._blocked_of_mixed(values, blocked or ())
            numbers = MixedNumbers(numbers)
        return united(hits), blocked or (), numbers or None

    def _outcome_apart(self, values: list[Scalar]) -> Outcome:
        """Return the outcome of several values, and theirs: each once, so that what is alike costs once."""
        apart: dict[object, OneOutcome] = {}
        for value in values:
            one = self.outcome(value)
            hits, blocked, numbers = one
            apart.setdefault((identity(hits), identity(blocked), numbers and numbers[0]), one)
        if len(apart) == 1:
            [one] = apart.values()
            return one
        hits, blocked, numbers = self.outcome_of_all(values, keep_apart=False)[:3]
        return hits, blocked, numbers, list(apart.values())

    def _blocked_of_mixed(self, values: list[Scalar], blocked: Collection[PatternNode]) -> set[PatternNode]:
        """Return ``blocked``, which all ``values`` block, and the split patterns that all but the numbers block."""
        others = [value for value in values if type(value) not in _NUMBER_TYPES]
        others_block = self.outcome_of_all(others, keep_apart=False)[1]
        return {*blocked, *[node for node in others_block if is_split(node.pattern)]}

    def _outcome_of_hashed(self, values: list[Any], kinds: set[type]) -> OneOutcome:
        """Return the outcome of values that only ``exact`` and ``ranges`` can tell apart: mostly in C."""
        numbers = sorted(values) if self.ranges is not None and str not in kinds else None
        if not self.exact:
            return (), (), numbers
        distinct = set(values)
        nodes = [self.exact[value] for value in distinct & self.exact.keys()]
        if not nodes:
            return (), (), numbers
        blocked: Collection[PatternNode] = ()
        if len(distinct) == 1:
            blocked = nodes[0].excluders
        elif len(nodes) == len(distinct):  # else some value blocks nothing
            blocked = frozenset(nodes[0].excluders).intersection(*[node.excluders for node in nodes])
        return united([node.clauses for node in nodes]), blocked, numbers

    def range_hits(self, numbers: list[Number], at_most: int) -> set[ClauseNode] | None:
        """Return the clauses with a range that contains one of ``numbers``; None when that takes too many ranges."""
        assert self.ranges is not None
        hits: set[ClauseNode] = set()
        for number in numbers:
            found = self.ranges.find(number, at_most)
            if found is None:
                return None
            at_most -= len(found)  # in all
            for node in found:
                hits.update(node.clauses)
                for split in node.excluders:
                    hits.update(split.clauses)
        return hits

    # -- adding and removing -------------------------------------------------------------------------------

    def clause_node(self, clause: Clause) -> ClauseNode:
        """Return the node of ``clause``, made with its patterns when it is new."""
        node = self.clauses.get(clause)
        if node is None:
            node = ClauseNode(clause, self)
            self._intern_patterns(node)
            self.clauses[clause] = node
            self._forget()
        return node

    def release(self, node: ClauseNode) -> None:
        """Forget a clause that no edge refers to any more, and the patterns that only it used."""
        del self.clauses[node.clause]
        self._release_patterns(node)
        self._forget()

    def _intern_patterns(self, node: ClauseNode) -> None:
        for pattern in node.clause.patterns:
            if isinstance(pattern, NoneOf):
                guard = self._inner_clause(pattern.excluded)
                guard.guarded = with_item(guard.guarded, node)
                node.guards += (guard,)
            elif not isinstance(pattern, Absent):
                pattern_node = self._pattern_node(pattern)
                pattern_node.clauses = with_item(pattern_node.clauses, node)
                if is_split(pattern):
                    node.split_patterns += (pattern_node,)
                elif isinstance(pattern, AnythingBut):
                    node.open_patterns += (pattern_node,)
                elif isinstance(pattern_node, AllOfNode):
                    node.all_ofs += (pattern_node,)
        node.settle_kind()

    def _release_patterns(self, node: ClauseNode) -> None:
        for pattern in node.clause.patterns:
            if isinstance(pattern, NoneOf):
                guard = self.inner_clauses[pattern.excluded]
                guard.guarded = without_item(guard.guarded, node)
                self._drop_use(guard)
            elif not isinstance(pattern, Absent):
                pattern_node = self.patterns[pattern]
                pattern_node.clauses = without_item(pattern_node.clauses, node)
                self._drop_unused(pattern_node)

    def _inner_clause(self, patterns: frozenset[Pattern]) -> InnerClause:
        """Return the inner clause of ``patterns`` for one more use. Recursion is as deep as rules nest patterns."""
        inner = self.inner_clauses.get(patterns)
        if inner is None:
            inner = InnerClause(Clause("", patterns), self)
            self._intern_patterns(inner)
            self.inner_clauses[patterns] = inner
        inner.use_count += 1
        return inner

    def _drop_use(self, inner: InnerClause) -> None:
        """Undo ``_inner_clause``."""
        inner.use_count -= 1
        if inner.use_count == 0:
            del self.inner_clauses[inner.clause.patterns]
            self._release_patterns(inner)

    def _forget(self) -> None:
        # After a change, and by a new dict: a search that began before it still writes into the old one.
        self._combinations = {}
        self._remembered = {}
        self.forget_followed()

    def forget_followed(self) -> None:
        """Forget which edges were followed, once some have changed: by a new memory, for the same reason."""
        self.followed = Followed()

    def _pattern_node(self, pattern: Pattern) -> PatternNode:
        node = self.patterns.get(pattern)
        if node is None:
            node = self._all_of(pattern) if isinstance(pattern, AllOf) else PatternNode(pattern)
            self._index(node)
            self.patterns[pattern] = node
        return node

    def _all_of(self, pattern: AllOf) -> AllOfNode:
        """Return a new node with its parts, in one order whatever that of the set."""
        parts = sorted(pattern.parts, key=lambda part: (looseness(part), describe_patterns(part)))
        node = AllOfNode(pattern, tuple(map(self._inner_clause, parts)))
        for part in node.filed_under():
            part.filed = with_item(part.filed, node)
        return node

    def _index(self, node: PatternNode) -> None:
        """Enter a new pattern where values will find it."""
        pattern = node.pattern
        match pattern:
            case Exact():
                self.exact[pattern.value] = node
            case Literal():
                self.literals[pattern.value] = node
            case NumericRange():
                if self.ranges is None:
                    self.ranges = NumericRangeIndex()
                self.ranges.add(pattern, node)
            case AnythingBut():
                self.split_count += is_split(pattern)
                for watched in watched_patterns(pattern):
                    inner = self._pattern_node(watched)
                    inner.excluders = with_item(inner.excluders, node)
            case AllOf():
                self.all_of_count += 1
            case Exists() | Absent():
                pass
            case _:
                index_type = INDEX_TYPES[type(pattern)]
                if index_type not in self._string_indexes:
                    self._string_indexes[index_type] = index_type()
                    self._note_string_searches()
                self._string_indexes[index_type].add(pattern, node)

    def _drop_unused(self, node: PatternNode) -> None:
        """Undo ``_pattern_node`` when nothing needs the pattern any more."""
        if node.clauses or node.excluders:
            return
        pattern = node.pattern
        del self.patterns[pattern]
        match pattern:
            case Exact():
                del self.exact[pattern.value]
            case Literal():
                del self.literals[pattern.value]
            case NumericRange():
                assert self.ranges is not None
                self.ranges.remove(pattern)
                if not self.ranges.size:
                    self.ranges = None
            case AnythingBut():
                self.split_count -= is_split(pattern)
                for watched in watched_patterns(pattern):
                    inner = self.patterns[watched]
                    inner.excluders = without_item(inner.excluders, node)
                    self._drop_unused(inner)
            case AllOf():
                assert isinstance(node, AllOfNode)
                self.all_of_count -= 1
                for part in node.filed_under():
                    part.filed = without_item(part.filed, node)
                for part in node.parts:
                    self._drop_use(part)
            case Exists() | Absent():
                pass
            case _:
                index_type = INDEX_TYPES[type(pattern)]
                index = self._string_indexes[index_type]
                index.remove(pattern)
                if not len(index):
                    del self._string_indexes[index_type]
                    self._note_string_searches()

    def _note_string_searches(self) -> None:
        self.string_searches = tuple(index.find for index in self._string_indexes.values())

    def check_indexes(self) -> None:
        """Raise MachineError unless the indexes hold as many patterns as are interned, and what is remembered holds."""
        range_count = 0 if self.ranges is None else self.ranges.size
        index_sizes = [len(index) for index in self._string_indexes.values()]
        indexed = len(self.exact) + len(self.literals) + range_count + sum(index_sizes)
        expected = sum(not isinstance(pattern, AnythingBut | Exists | AllOf) for pattern in self.patterns)
        if self.all_of_count != sum(isinstance(pattern, AllOf) for pattern in self.patterns):
            raise MachineError("all-ofs are miscounted")
        if self.split_count != sum(map(is_split, self.patterns)):
            raise MachineError("split patterns are miscounted")
        if indexed != expected or 0 in index_sizes or (self.ranges is not None and not range_count):
            raise MachineError("indexes and patterns disagree")
        for pattern, node in self.patterns.items():
            if isinstance(pattern, Exact) and self.exact.get(pattern.value) is not node:
                raise MachineError("an exact value leads to another pattern")
        for value, (hits, blocked, _) in list(self._remembered.items()):
            found_hits, found_blocked, _ = self._search(value, {})
            if set(hits) != set(found_hits) or set(blocked) != set(found_blocked):
                raise MachineError("an outcome is remembered that no longer holds")
