"""The one spelling that equal patterns share, for the digest of a rule set; and nodes as plain Python values.

    {"b": [1.0], "a": ["x"]}  and  {"a": ["\\u0078"], "b": [1]}  ->  {"a":["x"],"b":[1]}

Members stand in the order of their names, but for patterns in which a clause is written over an earlier one of the same
path: there the order decides, and stays. Always: patterns of one spelling match the same events.
"""

from __future__ import annotations

from typing import Any

import orjson

from ruler.errors import RuleError
from ruler.patterns.compiler import expand
from ruler.patterns.reader import Document, Node

DEEPEST_VALUE = 32  # objects and arrays inside each other, in what becomes Python values


def plain_value(node: Node, depth: int = DEEPEST_VALUE) -> Any:
    """Return the Python value of a node; of two members with one name the last one counts. ValueError when too deep."""
    if node.kind in ("object", "array") and not depth:
        raise ValueError(f"nested deeper than {DEEPEST_VALUE} objects and arrays")
    if node.kind == "object":
        return {name: plain_value(value, depth - 1) for name, _, value in node.value}
    if node.kind == "array":
        return [plain_value(value, depth - 1) for value in node.value]
    return node.value


def canonical_pattern(document: Document, node: Node) -> bytes:
    """Return the one spelling of a pattern that compiles."""
    keeps_order = _may_overwrite(node) and _overwrites(document, node)
    return _text(node, keeps_order).encode()


def _text(root: Node, keeps_order: bool) -> str:
    """The JSON of a node. One loop over what is still to be written, since patterns may nest a thousand deep."""
    pieces: list[str] = ["in order " if keeps_order else ""]
    waiting: list[Node | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.kind == "array":
            inner = [part for value in node.value for part in (",", value)][1:]
            waiting += reversed(["[", *inner, "]"])
        elif node.kind == "object":
            members = node.value if keeps_order else sorted(node.value, key=lambda member: member[0])
            inner = [part for name, _, value in members for part in (",", _scalar(name) + ":", value)][1:]
            waiting += reversed(["{", *inner, "}"])
        else:
            pieces.append(_scalar(node.value))
    return "".join(pieces)


def _scalar(value: object) -> str:
    return orjson.dumps(value).decode()


def _may_overwrite(node: Node) -> bool:
    """Whether two clauses may have one path: only with dots in names, members that join, or equal names."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        names = [name for name, _, _ in each.value]
        if len(set(names)) < len(names) or any("." in name or name.startswith("$") for name in names):
            return True
        waiting += [value for _, _, value in each.value if value.kind == "object"]
    return False


def _overwrites(document: Document, node: Node) -> bool:
    try:
        return bool(expand(document, node).overwritten)
    except RuleError:
        return True  # it does not compile, which is told elsewhere
