"""Whether clauses that each have an accepted value have them together, in the same elements of arrays, and which.

In: the accepted values of clauses. Out: a value for each clause, or the few clauses that cannot match together.

The values stand in a tree of array elements. Inside one element, what is not satisfied there must be satisfied by one
element of an array further inside:

    {"a": [{"x": 1}, {"x": 1, "y": 2}]}, a.x and a.y  ->  not by element 0, which has no accepted a.y; by element 1

This holds as long as a path leads to one array at a time. It may lead to two where its names are spelled in two ways,
{"a": {"b": [...]}, "a.b": [...]}: TwoArrays says so, and the engine must be asked instead.
Always: one pass over the values to build, one over the elements to ask; no recursion, since arrays nest deeply.
Source: section 9 of the semantics.
"""

from __future__ import annotations

from collections.abc import Sequence

from ruler.explain.event_view import Element, Leaf, Place


class TwoArrays(Exception):
    """One path leads to two arrays that do not lie in each other."""


class _Inside:
    """What is inside of one array element, or of the event. Sets of clauses are the bits of an int."""

    __slots__ = ("arrays", "here", "index", "reached", "somewhere", "values")

    def __init__(self, index: int) -> None:
        self.index = index  # of the element in its array
        self.here = 0  # clauses with a value that no array further inside leads to
        self.somewhere = 0  # clauses with any value
        self.values: dict[int, Leaf] = {}  # clause -> its first value here
        self.arrays: dict[Place, list[_Inside]] = {}
        self.reached: dict[Place, int] = {}  # array -> clauses with any value inside of it


class ElementTree:
    """The accepted values of clauses, which are called by their indexes."""

    def __init__(self, accepted: Sequence[Sequence[Leaf]]) -> None:
        self.root = _Inside(0)
        self._insides: dict[Element, _Inside] = {}
        for index, leaves in enumerate(accepted):
            for leaf in leaves:
                inside = self._inside_of(leaf.element)
                inside.here |= 1 << index
                inside.values.setdefault(index, leaf)
        self._sum_up()

    def choice(self, wanted: int) -> dict[int, Leaf] | None:
        """Return a value for each of the clauses ``wanted``, the first elements that go; None when there are none."""
        _, holds = self._look(wanted)
        if not holds[id(self.root)]:
            return None
        chosen: dict[int, Leaf] = {}
        waiting = [(self.root, wanted)]
        while waiting:
            inside, part = waiting.pop()
            chosen |= {index: leaf for index, leaf in inside.values.items() if part >> index & 1}
            for elements, share in _shares(inside, part):
                waiting.append((next(each for each in elements if holds.get(id(each))), share))
        return chosen

    def match(self, wanted: int) -> bool:
        """Return whether the clauses ``wanted`` have values together."""
        return self._look(wanted)[1][id(self.root)]

    def conflict(self, count: int) -> list[int]:
        """Return a few of the first ``count`` clauses that do not match together, and do without any of them."""
        if self.match((1 << count) - 1):
            return []
        low, high = 0, count  # the first ``low`` match together, the first ``high`` do not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.match((1 << middle) - 1) else (low, middle)
        last = 1 << (high - 1)
        if not self.match(last):
            return [high - 1]
        pair = next((index for index in range(high - 1) if not self.match(last | 1 << index)), None)
        if pair is not None:
            return [pair, high - 1]
        needed = (1 << high) - 1
        for index in range(high - 1):
            if not self.match(needed & ~(1 << index)):
                needed &= ~(1 << index)
        return [index for index in range(high) if needed >> index & 1]

    # -- building

    def _inside_of(self, element: Element | None) -> _Inside:
        missing = []
        while element is not None and element not in self._insides:
            missing.append(element)
            element = element.outer
        inside = self.root if element is None else self._insides[element]
        for each in reversed(missing):
            made = self._insides[each] = _Inside(each.index)
            inside.arrays.setdefault(each.array, []).append(made)
            inside = made
        return inside

    def _sum_up(self) -> None:
        order = [self.root]
        for inside in order:  # grows while it is gone through
            for elements in inside.arrays.values():
                elements.sort(key=lambda each: each.index)
                order += elements
        for inside in reversed(order):
            inside.somewhere = inside.here
            for array, elements in inside.arrays.items():
                reached = 0
                for each in elements:
                    reached |= each.somewhere
                inside.reached[array] = reached
                inside.somewhere |= reached

    # -- asking

    def _look(self, wanted: int) -> tuple[list[tuple[_Inside, int]], dict[int, bool]]:
        """Return what is visited, with the clauses asked of it, and which of that has values for these."""
        visited = [(self.root, wanted)]
        for inside, part in visited:  # grows while it is gone through
            for elements, share in _shares(inside, part):
                visited += [(each, share) for each in elements if not share & ~each.somewhere]
        holds: dict[int, bool] = {}
        for inside, part in reversed(visited):
            holds[id(inside)] = not part & ~inside.somewhere and all(
                any(holds.get(id(each)) for each in elements) for elements, _ in _shares(inside, part)
            )
        return visited, holds


def _shares(inside: _Inside, part: int) -> list[tuple[list[_Inside], int]]:
    """Return the arrays that are asked for the clauses ``part``, as elements, and for which of them each is asked."""
    needed = part & ~inside.here
    shares = []
    claimed = 0
    for array, elements in inside.arrays.items() if needed else ():
        share = needed & inside.reached[array]
        if share & claimed:
            raise TwoArrays
        claimed |= share
        if share:
            shares.append((elements, share))
    return shares
