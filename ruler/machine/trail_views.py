"""Finds, among an event's values at one path, those consistent with an element of an array.

A value is consistent with an element when neither lies in another element of an array that both lie in. Where
trails lie on one line (trail_walk.py), that is: the value lies inside the element, or the element lies inside
the innermost element of the value, once both are cut to the depth that the paths in question share.

    {"a": [5, {"x": 1}, {"x": 2}]}     from ⟨a⟩0, the element of {"x": 1}, path a.x holds 1, and path a holds 5

The values inside an element are neighbours among the path's values, because elements are numbered in the order of
a walk. So a look-up costs two bisections, and values that many elements share are one group.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from operator import attrgetter

from ruler.machine.clause import CLOSED, COMPOUND, NOTHING, RANGED, ClauseNode, OneOutcome
from ruler.machine.flatten import Element, Fields, cut
from ruler.machine.inner_clauses import satisfied
from ruler.machine.value_matcher import ValueMatcher

Trail = Element | None

# Steps that judging sub-rules by trying may take, an event: many times what any event needs that was not made to be
# hard, and at most some tenths of a second.
STEPS_ANYWAY = 262_144
STEPS_PER_FIELD = 64


# So few guards of a path are held to its values one by one.
_FEW_GUARDS = 8

# One value of an event, by what it does to the clauses of its path, and its array trail.
EvaluatedField = tuple[OneOutcome, Trail]


class Group:
    """Values of one path that are consistent with the same elements."""

    __slots__ = ("_hit_count", "_trails_of", "fields")

    def __init__(self, fields: list[EvaluatedField]) -> None:
        self.fields = fields
        self._hit_count: int | None = None  # of all values, less what looking for single clauses has cost
        self._trails_of: dict[ClauseNode, list[Trail]] | None = None

    def trails_of(self, clauses: Collection[ClauseNode]) -> Iterator[tuple[ClauseNode, list[Trail]]]:
        """Return those of ``clauses`` that an index finds for some value, with the trails of such values."""
        if self._trails_of is None:
            if self._hit_count is None:
                self._hit_count = sum([len(hits) for (hits, _, _), _ in self.fields])
            # Looking for each clause in each value pays until it has cost as much as listing all hits once would.
            self._hit_count -= len(clauses) * len(self.fields)
            if self._hit_count > 0:
                for clause in clauses:
                    trails = [trail for (hits, _, _), trail in self.fields if clause in hits]
                    if trails:
                        yield clause, trails
                return
        trails_of = self._all_hits()
        for clause in clauses if len(clauses) < len(trails_of) else trails_of:
            if clause in trails_of and clause in clauses:
                yield clause, trails_of[clause]

    def _all_hits(self) -> dict[ClauseNode, list[Trail]]:
        if self._trails_of is None:
            trails_of: dict[ClauseNode, list[Trail]] = {}
            for (hits, _, _), trail in self.fields:
                for clause in hits:
                    if clause in trails_of:
                        trails_of[clause].append(trail)
                    else:
                        trails_of[clause] = [trail]
            self._trails_of = trails_of
        return self._trails_of


class Around:
    """The groups of the elements around some element that hold values themselves, innermost first.

    A linked list, because elements side by side share what is around them.
    """

    __slots__ = ("group", "outer")

    def __init__(self, group: Group, outer: Around | None) -> None:
        self.group = group
        self.outer = outer


class CutFields:
    """The fields of one path with trails cut to one depth, indexed by element."""

    def __init__(self, fields: list[EvaluatedField], depth: int) -> None:
        at: dict[Trail, list[EvaluatedField]] = {}
        for field in fields:
            trail = field[1]
            element = trail if trail is None or trail.depth <= depth else cut(trail, depth)
            if element in at:
                at[element].append(field)
            else:
                at[element] = [field]
        self.everything = Group(fields)
        # The values that lie in just this element, in no array within it.
        self.at: dict[Trail, Group] = {element: Group(group) for element, group in at.items()}
        # In the order in which the elements were met, so that those within an element are neighbours.
        self.elements = sorted([element for element in at if element is not None], key=_first)
        self._firsts = list(map(_first, self.elements))
        self._outermost = Around(self.at[None], None) if None in at else None
        self._links: dict[Element, Around | None] = {}  # answers of _link_at given so far

    def inside(self, anchor: Element) -> range:
        """Return the indexes of the ``elements`` inside ``anchor``, itself included."""
        start = bisect_left(self._firsts, anchor.first)
        if start < len(self._firsts) and self._firsts[start] <= anchor.last:
            return range(start, bisect_right(self._firsts, anchor.last, start))
        return range(0)

    def around(self, anchor: Element) -> Around | None:
        """Return the groups around ``anchor``, and of no element."""
        return self._link_at(anchor.parent)

    def has_consistent_with(self, anchor: Trail) -> bool:
        """Return whether any value is consistent with ``anchor``."""
        return anchor is None or bool(self.inside(anchor)) or self.around(anchor) is not None

    def _link_at(self, element: Trail) -> Around | None:
        """Return the groups of ``element`` and of those around it, and of no element. Each element is climbed once."""
        climbed: list[Element] = []
        while element is not None and element not in self._links:
            climbed.append(element)
            element = element.parent
        link = self._outermost if element is None else self._links[element]
        for inner in reversed(climbed):
            if inner in self.at:
                link = Around(self.at[inner], link)
            self._links[inner] = link
        return link


_first = attrgetter("first")


class Offenders:
    """The trails of the values of one path that a guard accepts, each once: while one may be looked at, it fails."""

    __slots__ = ("_cut_fields", "_fields", "are_outside_arrays")

    def __init__(self, trails: tuple[Trail, ...]) -> None:
        self._fields = [(NOTHING, trail) for trail in trails]
        self.are_outside_arrays = None in trails  # some: then one is consistent with every trail
        self._cut_fields: dict[int, CutFields] = {}

    def __bool__(self) -> bool:
        return bool(self._fields)

    def is_any_consistent_with(self, anchor: Trail, depth: int) -> bool:
        """Return whether one may be looked at from ``anchor``, once trails are cut to ``depth`` names."""
        if not self._fields:
            return False
        cut_fields = self._cut_fields.get(depth)
        if cut_fields is None:
            cut_fields = self._cut_fields[depth] = CutFields(self._fields, depth)
        return cut_fields.has_consistent_with(anchor)


class TrailViews:
    """The evaluated fields of one event and their indexes, made when first asked for."""

    def __init__(self, fields: Fields) -> None:
        self.fields: dict[ValueMatcher, list[EvaluatedField]] = {
            matcher: [(matcher.outcome(value), trail) for value, trail in values] for matcher, values in fields.items()
        }
        self._cut_fields: dict[tuple[ValueMatcher, int], CutFields] = {}
        self._outside: dict[ValueMatcher, bool] = {}  # answers given so far
        self._offenders: dict[tuple[ValueMatcher, ClauseNode], Offenders] = {}
        self._same_offenders: dict[tuple[Trail, ...], Offenders] = {}  # guards that accept the same values share them
        self._trails_of: dict[ValueMatcher, dict[ClauseNode, list[Trail]] | None] = {}  # see _trails_accepted
        self._asked: Counter[ValueMatcher] = Counter()  # guards judged value by value
        self.steps_left = STEPS_ANYWAY + STEPS_PER_FIELD * sum(map(len, self.fields.values()))  # see consistency.py

    def has_value_outside_arrays(self, matcher: ValueMatcher) -> bool:
        """Return whether some value of the path is consistent with every trail."""
        known = self._outside.get(matcher)
        if known is None:
            known = self._outside[matcher] = any(trail is None for _, trail in self.fields[matcher])
        return known

    def cut_fields(self, matcher: ValueMatcher, depth: int) -> CutFields:
        """Return the values of a path with trails cut to ``depth`` names."""
        key = (matcher, depth)
        cut_fields = self._cut_fields.get(key)
        if cut_fields is None:
            cut_fields = self._cut_fields[key] = CutFields(self.fields[matcher], depth)
        return cut_fields

    def offenders(self, matcher: ValueMatcher, guard: ClauseNode) -> Offenders:
        """Return the values of a path that ``guard`` accepts."""
        key = (matcher, guard)
        offenders = self._offenders.get(key)
        if offenders is None:
            trails = tuple(dict.fromkeys(self._trails_accepted(matcher, guard)))
            offenders = self._same_offenders.get(trails)
            if offenders is None:
                offenders = self._same_offenders[trails] = Offenders(trails)
            self._offenders[key] = offenders
        return offenders

    def _trails_accepted(self, matcher: ValueMatcher, guard: ClauseNode) -> list[Trail]:
        """Return the trails of the values that ``guard`` accepts.

        Few guards are held to each value. For many, what each value satisfies is listed once, unless that is more
        than all guards together.
        """
        if guard.kind in (CLOSED, RANGED, COMPOUND):
            self._asked[matcher] += 1
            if self._asked[matcher] > _FEW_GUARDS:
                if matcher not in self._trails_of:
                    self._trails_of[matcher] = self._all_trails(matcher)
                trails_of = self._trails_of[matcher]
                if trails_of is not None:
                    return trails_of.get(guard, [])
        return [trail for outcome, trail in self.fields[matcher] if guard.accepts(outcome)]

    def _all_trails(self, matcher: ValueMatcher) -> dict[ClauseNode, list[Trail]] | None:
        trails_of: dict[ClauseNode, list[Trail]] = {}
        for outcome, trail in self.fields[matcher]:
            found = satisfied(matcher, outcome, at_most=max(_FEW_GUARDS, len(matcher.inner_clauses)))
            if found is None:
                return None
            for clause in found:
                if clause.guarded:
                    trails_of.setdefault(clause, []).append(trail)
        return trails_of
