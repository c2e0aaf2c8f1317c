"""Writes a flattening function for one small path trie: no loops, no look-ups of what the trie already says.

The plain version is ``flatten.flatten``; this must equal it, and calls it for whatever is not common: an array of
objects on the way to a path, or a name with dots. For rules on properties.STREET it writes::

    def straight_flatten(event):
        values, joints = {}, None
        if 'properties.STREET' in event:
            return flatten(root, event)
        v1 = event.get('properties', ABSENT)
        if v1.__class__ is dict:
            v2 = v1.get('STREET', ABSENT)
            if v2.__class__ is str:
                values[m2] = v2
            ...
        return values, joints

Names enter the source only through ``repr``, as string literals. The function takes 0.25 microseconds where the plain
version takes 0.9, a quarter of what decoding a city-lots line takes (CPython 3.11, 2026-11-20); writing it takes 0.3
milliseconds, so it waits until a trie has stayed the same for some events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ruler.machine.flatten import Joints, Values, flatten, flatten_array
from ruler.machine.path_trie import PathNode

FlattenFunction = Callable[[dict[str, Any]], tuple[Values, Joints | None]]

# Events that a trie must serve unchanged before the function is written for it.
WORTHWHILE_AFTER = 100

# Beyond these the function would be long, or nest deeper than Python's parser likes.
_MOST_NODES = 32
_DEEPEST = 12


def straight_flatten(root: PathNode) -> FlattenFunction | None:
    """Return a function that does what ``flatten`` does from ``root`` as it is now, or None for a large trie."""
    if not _is_small(root):
        return None
    names: dict[str, Any] = {"ABSENT": object(), "flatten": flatten, "array": flatten_array, "root": root}
    lines = [
        "def straight_flatten(event):",
        " values, joints = {}, None",
        *_lines(root, "event", 1, names),
        " return values, joints",
    ]
    exec(compile("\n".join(lines), "<ruler straight_flatten>", "exec"), names)
    function: FlattenFunction = names["straight_flatten"]
    return function


def _is_small(root: PathNode) -> bool:
    nodes = [root]
    for node in nodes:  # grows while it is walked
        if len(nodes) + len(node.children) > _MOST_NODES or node.depth > _DEEPEST:
            return False
        nodes.extend(node.children.values())
    return True


def _lines(node: PathNode, members: str, indent: int, names: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that read the object in the variable ``members``, which stands at ``node``."""
    margin = " " * indent
    if node.dotted_names is None:
        yield f"{margin}if '.' in ''.join({members}): return flatten(root, event)"
    elif node.dotted_names:
        test = " or ".join(f"{name!r} in {members}" for name in node.dotted_names)
        yield f"{margin}if {test}: return flatten(root, event)"
    for name, child in node.children.items():
        number = len(names)
        value, matcher = f"v{number}", f"m{number}"
        names[matcher], names[f"n{number}"] = child.value_matcher, child
        yield f"{margin}{value} = {members}.get({name!r}, ABSENT)"
        if child.children:
            yield f"{margin}if {value}.__class__ is dict:"
            yield from _lines(child, value, indent + 1, names)
            yield f"{margin}elif {value}.__class__ is list: return flatten(root, event)"
        else:
            yield f"{margin}if {value}.__class__ is str: values[{matcher}] = {value}"
            yield f"{margin}elif {value}.__class__ is list:"
            yield f"{margin} joints = array(n{number}, {value}, values, [], joints)"
            yield f"{margin}elif {value}.__class__ is dict: pass"
        if child.value_matcher is not None:
            yield f"{margin}elif {value} is not ABSENT: values[{matcher}] = {value}"
