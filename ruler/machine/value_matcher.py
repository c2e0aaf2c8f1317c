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

Always: a pattern node has at least one clause or excluder; a clause node is on at least one edge.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, TypeVar

from ruler.errors import MachineError
from ruler.machine.numeric_ranges import (
    BoundKey,
    NumericRangeIndex,
    accepts_numbers,
    high_key,
    low_key,
    opposite_ranges,
)
from ruler.machine.path_trie import PathNode
from ruler.machine.string_indexes import INDEX_TYPES, StringIndex
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Clause,
    Exact,
    Excludable,
    Exists,
    Literal,
    Number,
    NumericRange,
    Pattern,
)

T = TypeVar("T")
Scalar = str | int | float | bool | None


class PatternNode:
    """One interned pattern of a path and who needs it."""

    __slots__ = ("clauses", "excluders", "pattern")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.clauses: Collection[ClauseNode] = ()  # satisfied when the pattern accepts a value
        # The anything-buts blocked by it; of a range, the split ones of whose opposite it is a part.
        self.excluders: Collection[PatternNode] = ()


class ClauseNode:
    """One interned clause of a path, as edges of the name states refer to it."""

    __slots__ = (
        "always",
        "clause",
        "edge_count",
        "holds_when_absent",
        "open_patterns",
        "ranges",
        "split_patterns",
        "value_matcher",
    )

    def __init__(self, clause: Clause, value_matcher: ValueMatcher) -> None:
        self.clause = clause
        self.value_matcher = value_matcher
        self.edge_count = 0
        self.open_patterns: tuple[PatternNode, ...] = ()  # its anything-buts, those that are split left out
        self.split_patterns: tuple[PatternNode, ...] = ()
        self.always = Exists() in clause.patterns  # every value satisfies it
        self.holds_when_absent = Absent() in clause.patterns
        # Of any numbers that satisfy it; a split pattern comes with the ranges of its opposite.
        self.ranges: tuple[tuple[BoundKey, BoundKey], ...] = tuple(
            (low_key(each), high_key(each)) for pattern in clause.patterns for each in _accepted_ranges(pattern)
        )

    @property
    def is_open(self) -> bool:
        return self.always or bool(self.open_patterns)

    def contains_any(self, numbers: list[Number]) -> bool:
        """Return whether one of the ranges contains one of ``numbers``, which are sorted."""
        for low, high in self.ranges:
            bound, is_open = low
            index = bisect_right(numbers, bound) if is_open else bisect_left(numbers, bound)
            if index < len(numbers) and (numbers[index], 1) <= high:
                return True
        return False

    def accepts(self, outcome: Outcome) -> bool:
        """Return whether a value with this outcome satisfies the clause."""
        hits, blocked, numbers = outcome
        return (
            self.always
            or self in hits
            or any(pattern not in blocked for pattern in self.open_patterns)
            or bool(numbers and self.ranges and self.contains_any(numbers))
            or bool(
                self.split_patterns
                and numbers.__class__ is not list
                and any(pattern not in blocked for pattern in self.split_patterns)
            )
        )


# What the values of one path do to its clauses: the clauses satisfied through an index; the anything-buts that no
# value satisfies; and the values to judge ranges by, sorted, None when there are none. A plain tuple, because one
# is made for every path of every event (a NamedTuple costs 0.15 microseconds more).
Outcome = tuple[Collection[ClauseNode], Collection[PatternNode], "list[Number] | None"]

NOTHING: Outcome = ((), (), None)


class MixedNumbers(list[Number]):
    """The numbers of an outcome, where the path has other values beside them, and split patterns.

    Of those, ``blocked`` then holds the ones that no other value satisfies, whatever the numbers do.
    """

    __slots__ = ()


# Outcomes remembered a path: some 100 KB, or a few MB where each is accepted by many patterns.
_MOST_REMEMBERED = 512
_LONGEST_REMEMBERED = 100

_NUMBER_TYPES = frozenset({int, float})


class ValueMatcher:
    """The patterns and clauses of one path."""

    __slots__ = (
        "_remembered",
        "_string_indexes",
        "clauses",
        "exact",
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
        self.patterns: dict[Pattern, PatternNode] = {}
        self.exact: dict[str | Number, PatternNode] = {}
        self.literals: dict[bool | None, PatternNode] = {}
        self.ranges: NumericRangeIndex[PatternNode] | None = None
        self.split_count = 0  # split patterns among them
        self._string_indexes: dict[type, StringIndex[Any, PatternNode]] = {}  # by index type
        self.string_searches: tuple[Any, ...] = ()  # their ``find`` methods
        self._remembered: dict[str, Outcome] = {}  # what searches found lately

    # -- matching ------------------------------------------------------------------------------------------

    def outcome(self, value: Any) -> Outcome:
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

    def _search(self, value: str, remembered: dict[str, Outcome]) -> Outcome:
        """Return the outcome of a string through all indexes, and remember it: values of a field tend to recur."""
        node = self.exact.get(value)
        found = [] if node is None else [node]
        for search in self.string_searches:
            search(value, found)
        outcome = _combined(found)
        if len(value) <= _LONGEST_REMEMBERED:
            if len(remembered) >= _MOST_REMEMBERED:
                remembered.clear()
            remembered[value] = outcome
        return outcome

    def outcome_of_all(self, values: list[Scalar]) -> Outcome:
        """Return the outcome of several values, any of which may satisfy a clause."""
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
            elif blocked:
                blocked = {pattern for pattern in blocked if pattern in one_blocked}
            if one_numbers:
                numbers.extend(one_numbers)
        numbers.sort()
        if numbers and self.split_count:
            blocked = self._blocked_of_mixed(values, blocked or ())
            numbers = MixedNumbers(numbers)
        return united(hits), blocked or (), numbers or None

    def _blocked_of_mixed(self, values: list[Scalar], blocked: Collection[PatternNode]) -> set[PatternNode]:
        """Return ``blocked``, which all ``values`` block, and the split patterns that all but the numbers block."""
        _, others_block, _ = self.outcome_of_all([value for value in values if type(value) not in _NUMBER_TYPES])
        return {*blocked, *[node for node in others_block if is_split(node.pattern)]}

    def _outcome_of_hashed(self, values: list[Any], kinds: set[type]) -> Outcome:
        """Return the outcome of values that only ``exact`` and ``ranges`` can tell apart: mostly in C."""
        numbers = sorted(values) if self.ranges is not None and str not in kinds else None
        if not self.exact:
            return (), (), numbers
        distinct = set(values)
        nodes = [self.exact[value] for value in distinct & self.exact.keys()]
        if not nodes:
            return (), (), numbers
        blocked: set[PatternNode] = set()
        if len(nodes) == len(distinct):  # else some value blocks nothing
            blocked = set(nodes[0].excluders).intersection(*[node.excluders for node in nodes])
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
            for pattern in clause.patterns:
                if not isinstance(pattern, Absent):
                    pattern_node = self._pattern_node(pattern)
                    pattern_node.clauses = _with(pattern_node.clauses, node)
                    if is_split(pattern):
                        node.split_patterns += (pattern_node,)
                    elif isinstance(pattern, AnythingBut):
                        node.open_patterns += (pattern_node,)
            self.clauses[clause] = node
            self._forget()
        return node

    def release(self, node: ClauseNode) -> None:
        """Forget a clause that no edge refers to any more, and the patterns that only it used."""
        del self.clauses[node.clause]
        for pattern in node.clause.patterns:
            if not isinstance(pattern, Absent):
                pattern_node = self.patterns[pattern]
                pattern_node.clauses = _without(pattern_node.clauses, node)
                self._drop_unused(pattern_node)
        self._forget()

    def _forget(self) -> None:
        # After a change, and by a new dict: a search that began before it still writes into the old one.
        self._remembered = {}

    def _pattern_node(self, pattern: Pattern) -> PatternNode:
        node = self.patterns.get(pattern)
        if node is None:
            node = PatternNode(pattern)
            self._index(node)
            self.patterns[pattern] = node
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
                    inner.excluders = _with(inner.excluders, node)
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
                    inner.excluders = _without(inner.excluders, node)
                    self._drop_unused(inner)
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
        expected = sum(not isinstance(pattern, AnythingBut | Exists) for pattern in self.patterns)
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


def is_split(pattern: Pattern) -> bool:
    """Return whether ``pattern`` is an anything-but that numbers and other values are judged by in different ways."""
    return isinstance(pattern, AnythingBut) and any(isinstance(each, NumericRange) for each in pattern.excluded)


def watched_patterns(pattern: AnythingBut) -> Iterable[Excludable]:
    """Return the patterns to judge an anything-but by: what it excludes; if it is split, of numbers the opposite."""
    if not is_split(pattern):
        return pattern.excluded
    return [*[each for each in pattern.excluded if not accepts_numbers(each)], *opposite_ranges(pattern.excluded)]


def _accepted_ranges(pattern: Pattern) -> list[NumericRange]:
    if isinstance(pattern, NumericRange):
        return [pattern]
    return opposite_ranges(pattern.excluded) if isinstance(pattern, AnythingBut) and is_split(pattern) else []


def _combined(found: list[PatternNode]) -> Outcome:
    if not found:
        return NOTHING
    if len(found) == 1:
        return found[0].clauses, found[0].excluders, None
    return united([node.clauses for node in found]), united([node.excluders for node in found]), None


class _United(Collection[T]):
    """The union of collections, without copying them. Its length counts what stands in several more than once."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[Collection[T]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __contains__(self, item: object) -> bool:
        return any(item in part for part in self._parts)

    def __iter__(self) -> Iterator[T]:
        return iter(set(chain.from_iterable(self._parts)))


# Unions of parts that are smaller on average are copied into a set, which answers faster.
_FEW = 16


def united(collections: Iterable[Collection[T]]) -> Collection[T]:
    """Return the union of ``collections``. Cost: their number, and at most some items of each."""
    parts = list({id(part): part for part in collections if part}.values())
    if len(parts) <= 1:
        return parts[0] if parts else ()
    if sum(map(len, parts)) <= _FEW * len(parts):
        return set().union(*parts)
    return _United(parts)


def _with(collection: Collection[T], item: T) -> Collection[T]:
    """Return ``collection`` and ``item``; a tuple while there is one, since most patterns serve one clause."""
    if not collection:
        return (item,)
    if isinstance(collection, set):
        collection.add(item)
        return collection
    return {*collection, item}


def _without(collection: Collection[T], item: T) -> Collection[T]:
    """Undo ``_with``."""
    if isinstance(collection, set):
        collection.discard(item)
        return collection if len(collection) > 1 else tuple(collection)
    return ()
