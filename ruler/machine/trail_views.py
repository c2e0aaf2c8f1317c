"""Finds, among an event's values at one path, those consistent with an element of an array.

A value is consistent with an element when neither lies in another element of an array that both lie in. Where
trails lie on one line (trail_walk.py), that is: the value lies inside the element, or the element lies inside
the innermost element of the value, once both are cut to the depth that the paths in question share.

    {"a": [5, {"x": 1}, {"x": 2}]}     from ⟨a⟩0, the element of {"x": 1}, path a.x holds 1, and path a holds 5

The values inside an element are a slice of the path's values, because elements are numbered in the order of a
walk. So a look-up costs two bisections, and values that many elements share are evaluated once, as one group.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter

from ruler.machine.flatten import Element, Fields, cut
from ruler.machine.value_matcher import ClauseNode, Outcome, ValueMatcher

Trail = Element | None

# Steps that judging sub-rules by trying may take, an event: many times what any event needs that was not made to be
# hard, and at most some tenths of a second.
STEPS_ANYWAY = 262_144
STEPS_PER_FIELD = 64


# One value of an event, by what it does to the clauses of its path, and its array trail.
EvaluatedField = tuple[Outcome, Trail]


class Group:
    """Values of one path that are consistent with the same elements."""

    __slots__ = ("_hits", "fields")

    def __init__(self, fields: list[EvaluatedField]) -> None:
        self.fields = fields
        self._hits: dict[ClauseNode, list[Trail]] | None = None

    def hits(self) -> dict[ClauseNode, list[Trail]]:
        """Return, for each clause that an index finds, the trails of the values that satisfy it."""
        if self._hits is None:
            trails_of: dict[ClauseNode, list[Trail]] = {}
            self._hits = trails_of
            for (hits, _, _), trail in self.fields:
                for clause in hits:
                    if clause in trails_of:
                        trails_of[clause].append(trail)
                    else:
                        trails_of[clause] = [trail]
        return self._hits


class _CutFields:
    """The fields of one path with trails cut to one depth, indexed by element."""

    def __init__(self, fields: list[EvaluatedField], depth: int) -> None:
        self._at: dict[Trail, Group] = {}  # the values that lie in just this element, in no array within it
        at: dict[Trail, list[EvaluatedField]] = {}
        for field in fields:
            trail = field[1]
            element = trail if trail is None or trail.depth <= depth else cut(trail, depth)
            if element in at:
                at[element].append(field)
            else:
                at[element] = [field]
        self._at = {element: Group(group) for element, group in at.items()}
        # In the order in which the elements were met, so that those within an element are neighbours.
        self._elements = sorted([element for element in at if element is not None], key=_first)
        self._firsts = list(map(_first, self._elements))
        self._everything = Group(fields)
        self._groups: dict[Element, list[Group]] = {}  # answers given so far
        self._around: dict[Element, list[Group]] = {}  # the part of them that stands around an element

    def consistent_with(self, anchor: Trail) -> list[Group]:
        """Return the groups whose values are consistent with ``anchor``."""
        if anchor is None:
            return [self._everything]
        groups = self._groups.get(anchor)
        if groups is None:
            start = bisect_left(self._firsts, anchor.first)
            if start < len(self._firsts) and self._firsts[start] <= anchor.last:
                stop = bisect_right(self._firsts, anchor.last, start)
                groups = [self._group_of(self._elements[start:stop])]
            else:
                groups = []
            groups.extend(self._groups_around(anchor))
            self._groups[anchor] = groups
        return groups

    def _group_of(self, elements: list[Element]) -> Group:
        if len(elements) == 1:
            return self._at[elements[0]]
        return Group([field for element in elements for field in self._at[element].fields])

    def _groups_around(self, anchor: Element) -> list[Group]:
        """Return the groups of the elements around ``anchor``, and of no element, that hold values themselves."""
        climbed: list[Element] = []
        element: Trail = anchor
        while element is not None and element not in self._around:
            climbed.append(element)
            element = element.parent
        groups = self._around.get(element, []) if element is not None else []
        if element in self._at:
            groups = [*groups, self._at[element]]
        for inner in reversed(climbed):
            self._around[inner] = groups
            if inner in self._at:
                groups = [*groups, self._at[inner]]
        return self._around[anchor]


_first = attrgetter("first")


class TrailViews:
    """The evaluated fields of one event and their indexes, made when first asked for."""

    def __init__(self, fields: Fields) -> None:
        self.fields: dict[ValueMatcher, list[EvaluatedField]] = {
            matcher: [(matcher.outcome(value), trail) for value, trail in values] for matcher, values in fields.items()
        }
        self._cut_fields: dict[tuple[ValueMatcher, int], _CutFields] = {}
        self.steps_left = STEPS_ANYWAY + STEPS_PER_FIELD * sum(map(len, self.fields.values()))  # see consistency.py

    def has_value_outside_arrays(self, matcher: ValueMatcher) -> bool:
        """Return whether some value of the path is consistent with every trail."""
        return any(trail is None for _, trail in self.fields[matcher])

    def consistent_with(self, anchor: Trail, matcher: ValueMatcher, depth: int) -> list[Group]:
        """Return the values of a path that are consistent with ``anchor``, both cut to ``depth`` names."""
        key = (matcher, depth)
        cut_fields = self._cut_fields.get(key)
        if cut_fields is None:
            cut_fields = self._cut_fields[key] = _CutFields(self.fields[matcher], depth)
        return cut_fields.consistent_with(anchor)
