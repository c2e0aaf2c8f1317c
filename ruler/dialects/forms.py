"""Says which operator an element of a clause is, by how it is written.

In: a node of a rule that compiles. Out: a name of OPERATORS.

    {"wildcard": "img/*"} -> "wildcard"      {"anything-but": {"prefix": ["x"]}} -> "anything-but-prefix-list"

Always: only the outermost layers are looked at, so the cost does not grow with the node. What stands inside an all-of
is not told of: a dialect that refuses all-of refuses the whole.
"""

from __future__ import annotations

from ruler.patterns.reader import Node

_PLAIN = {
    "string": "exact-string",
    "number": "exact-number",
    "true": "exact-boolean",
    "false": "exact-boolean",
    "null": "exact-null",
}


def operator_of(node: Node) -> str:
    """Return the operator that ``node``, an element of a clause, is."""
    if node.kind in _PLAIN:
        return _PLAIN[node.kind]
    keyword, _, argument = node.value[0]
    match keyword:
        case "prefix" | "suffix" | "wildcard":
            return f"{keyword}-ignore-case" if argument.kind == "object" else keyword
        case "numeric":
            return _numeric(argument)
        case "exists":
            return f"exists-{argument.kind}"
        case "anything-but":
            return f"anything-but-{_excluded(argument)}"
    name: str = keyword
    return name


def _numeric(argument: Node) -> str:
    if len(argument.value) > 2:
        return "numeric-range"
    return "numeric-equal" if argument.value[0].value == "=" else "numeric-bound"


def _excluded(argument: Node) -> str:
    """Return what stands behind "anything-but-" for its argument."""
    if argument.kind == "array":
        return f"{argument.value[0].kind}-list"
    if argument.kind != "object":
        return argument.kind
    keyword, _, inner = argument.value[0]
    if keyword in ("cidr", "numeric"):
        return str(keyword)
    what = "ignore-case" if keyword == "equals-ignore-case" else f"{keyword}"
    if inner.kind == "object":
        return f"{what}-ignore-case"
    return f"{what}-list" if inner.kind == "array" else what
