"""Turns one event into the values at the paths that rules use; what no rule names is not looked at.

In: the path trie and an event as a dict. Out: ``{value matcher: value}``, with a list where a path has several
values, and the *joints*: the paths of arrays where it can matter which element a value came from. Only when a
sub-rule seems to match across such an array, ``flatten_with_trails`` gives every value with its array trail.

    {"a": [{"x": 1}, {"x": 2}], "b": [3, 4]}  ->  {a.x: [1, 2], b: [3, 4]}, joints {a} when some rule uses a.x and a.y
                                              ->  {a.x: [(1, ⟨a⟩0), (2, ⟨a⟩1)], b: [(3, None), (4, None)]}

It can matter only in an array with two objects or arrays as elements, at a path where some sub-rule has two
clauses at or below. So arrays of scalars, and events without arrays of objects, pay nothing for trails.
All functions walk with a list, not recursion, since events nest deeper than Python's calls may.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from ruler.machine.path_trie import PathNode, descendant
from ruler.machine.value_matcher import Scalar, ValueMatcher

Values = dict[ValueMatcher, Any]  # a scalar, or a list of scalars
Joints = set[PathNode]  # where the event has an array whose elements must be told apart


class Element:
    """An array trail: one element of one array, and the elements of the arrays around it.

    None stands for the empty trail. Elements are numbered as a walk of the event meets them, so those inside an
    element are the ones numbered from ``first`` to ``last``, itself included.
    """

    __slots__ = ("array", "depth", "first", "last", "parent", "shallower")

    def __init__(self, parent: Element | None, array: int, depth: int) -> None:
        self.parent = parent
        self.array = array  # a number of the array, unique in the event
        self.depth = depth  # names in the path of the array
        # The innermost element around this one whose array has a shorter path: [[[...]]] is stepped over at once.
        self.shallower: Element | None = parent if parent is None or parent.depth < depth else parent.shallower
        self.first = -1
        self.last = -1

    def line(self) -> list[Element]:
        """Return this element and those around it, innermost first."""
        elements = [self]
        while elements[-1].parent is not None:
            elements.append(elements[-1].parent)
        return elements


def cut(trail: Element | None, depth: int) -> Element | None:
    """Return ``trail`` without the elements of arrays whose paths have more than ``depth`` names."""
    while trail is not None and trail.depth > depth:
        trail = trail.shallower
    return trail


Fields = dict[ValueMatcher, list[tuple[Scalar, Element | None]]]


def flatten(root: PathNode, event: dict[str, Any]) -> tuple[Values, Joints | None]:
    """Return the values of the used paths and the joints, None when there are none."""
    values: Values = {}
    joints: Joints | None = None
    todo: list[tuple[PathNode, Any]] = [(root, event)]
    for node, members in todo:  # grows while it is walked; one loop, because a call costs as much as a step
        children = node.children
        steps: Iterable[tuple[str, PathNode]] = children.items()
        dotted_names = node.dotted_names
        if dotted_names is None or len(children) > len(members):
            steps = used_steps(node, members)
        elif dotted_names:
            for name in dotted_names:
                if name in members:
                    steps = used_steps(node, members)
        for name, child in steps:
            if name in members:
                value = members[name]
                kind = value.__class__
                if kind is dict:
                    if child.children:
                        todo.append((child, value))
                elif kind is list:
                    joints = flatten_array(child, value, values, todo, joints)
                elif child.value_matcher is not None:
                    matcher = child.value_matcher
                    if matcher in values:
                        _add_values(values, matcher, [value])
                    else:
                        values[matcher] = value
    return values, joints


def used_steps(node: PathNode, members: dict[str, Any]) -> list[tuple[str, PathNode]]:
    """Return the names in ``members`` that lead on from ``node``, and where to; a name with dots is several steps."""
    children = node.children
    steps = [(name, children[name]) for name in members if name in children]
    if "." in "".join(members):
        for name in members:
            child = descendant(node, name) if "." in name else None
            if child is not None:
                steps.append((name, child))
    return steps


def _add_values(values: Values, matcher: ValueMatcher, more: list[Scalar]) -> None:
    """Add ``more``, a list that is ours to keep and extend."""
    so_far = values.get(matcher, more)  # None would be a value
    if so_far is more:
        values[matcher] = more
    elif so_far.__class__ is list:
        so_far.extend(more)
    else:
        values[matcher] = [so_far, *more]


def flatten_array(
    node: PathNode, array: list[Any], values: Values, todo: list[tuple[PathNode, Any]], joints: Joints | None
) -> Joints | None:
    """Add the values of an array at ``node`` and its objects to ``todo``; return ``joints``, with ``node`` if it is."""
    scalars: list[Scalar] = []
    level = array  # the elements of all arrays at one depth of nesting
    while level:
        kinds = set(map(type, level))  # in C, so that long arrays of one kind are not looked through one by one
        if list not in kinds and dict not in kinds:
            scalars.extend(level)
            break
        if node.joint_count and _containers(level) > 1:
            if joints is None:
                joints = set()
            joints.add(node)
        if kinds == {list}:
            level = list(chain.from_iterable(level))
            continue
        if node.children:
            todo.extend([(node, element) for element in level if element.__class__ is dict])
        scalars.extend([e for e in level if e.__class__ is not dict and e.__class__ is not list])
        level = list(chain.from_iterable([e for e in level if e.__class__ is list]))
    if scalars and node.value_matcher is not None:
        _add_values(values, node.value_matcher, scalars)
    return joints


def _containers(elements: list[Any]) -> int:
    kinds = list(map(type, elements))
    return kinds.count(dict) + kinds.count(list)


def flatten_with_trails(root: PathNode, event: dict[str, Any]) -> tuple[Fields, bool]:
    """Return the values of the used paths with their trails, and whether some path is *spelled twice*.

    Spelled twice: one object holds both ``a`` and ``a.b`` (or the like), each leading to used paths, so values of one
    path can lie in two unrelated arrays. Then trails do not lie on one line, and each sub-rule is judged apart.
    """
    fields: Fields = {}
    spelled_twice = False
    array_count = 0
    elements: list[Element] = []  # as they are met
    todo: list[tuple[PathNode, Any, Element | None]] = [(root, event, None)]
    while todo:
        node, container, trail = todo.pop()
        if trail is not None and trail.first < 0:
            trail.first = trail.last = len(elements)
            elements.append(trail)
        if container.__class__ is list:
            array_count += 1
            matters = node.joint_count > 0 and _containers(container) > 1
            for element in container:
                if element.__class__ is dict or element.__class__ is list:
                    todo.append((node, element, Element(trail, array_count, node.depth) if matters else trail))
                elif node.value_matcher is not None:
                    fields.setdefault(node.value_matcher, []).append((element, trail))
            continue
        children = node.children
        steps: Iterable[tuple[str, PathNode]] = children.items()
        if node.dotted_names != () or len(children) > len(container):
            steps = used_steps(node, container)
            spelled_twice = spelled_twice or _is_spelled_twice(node, container)
        for name, child in steps:
            if name in container:
                value = container[name]
                if value.__class__ is dict or value.__class__ is list:
                    todo.append((child, value, trail))
                elif child.value_matcher is not None:
                    fields.setdefault(child.value_matcher, []).append((value, trail))
    for inner in reversed(elements):
        if inner.parent is not None:
            inner.parent.last = max(inner.parent.last, inner.last)
    return fields, spelled_twice


def _is_spelled_twice(node: PathNode, members: dict[str, Any]) -> bool:
    if node.dotted_names == () or "." not in "".join(members):
        return False
    for name in members:
        if "." in name and descendant(node, name) is not None:
            end = name.find(".")
            while end >= 0:
                if name[:end] in members:
                    return True
                end = name.find(".", end + 1)
    return False
