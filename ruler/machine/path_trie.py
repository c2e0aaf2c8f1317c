"""The paths that rules use, as a trie of names: it decides what of an event is looked at.

    rules use "a", "a.x", "b.y"      root ── a (used) ── x (used)
                                        └─── b ───────── y (used)

A node is *used* when it has a value matcher. It is *joint* when some sub-rule has two clauses at or below
it: only then does it matter which element of an array at that node a value came from.
Always: every node is used or has children (nothing is left behind by removal), except the root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruler.machine.value_matcher import ValueMatcher


class PathNode:
    """One name of some used path."""

    __slots__ = ("children", "depth", "has_grandchildren", "joint_count", "name", "parent", "value_matcher")

    def __init__(self, name: str, parent: PathNode | None) -> None:
        self.name = name
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1  # names from the root
        self.children: dict[str, PathNode] = {}
        self.has_grandchildren = False  # only then can a name with a dot in an event lead anywhere
        self.joint_count = 0  # sub-rules with two clauses or more at or below this node
        self.value_matcher: ValueMatcher | None = None


def node_at(root: PathNode, path: str) -> PathNode:
    """Return the node of ``path``, made together with its ancestors where missing."""
    node = root
    for name in path.split("."):
        child = node.children.get(name)
        if child is None:
            child = PathNode(name, node)
            node.children[name] = child
            if node.parent is not None:
                node.parent.has_grandchildren = True
        node = child
    return node


def prune(node: PathNode) -> None:
    """Remove ``node`` and each ancestor that is neither used nor has children."""
    while node.parent is not None and node.value_matcher is None and not node.children:
        parent = node.parent
        del parent.children[node.name]
        if parent.parent is not None and not parent.children:
            grandparent = parent.parent
            grandparent.has_grandchildren = any(child.children for child in grandparent.children.values())
        node = parent


def count_joints(nodes: list[PathNode], change: int) -> None:
    """Note (+1) or forget (-1) a sub-rule whose clauses stand at ``nodes``, one entry a clause."""
    if len(nodes) < 2:
        return
    clause_counts: dict[PathNode, int] = {}
    for leaf in nodes:
        node: PathNode | None = leaf
        while node is not None:
            clause_counts[node] = clause_counts.get(node, 0) + 1
            node = node.parent
    for node, clause_count in clause_counts.items():
        if clause_count > 1:
            node.joint_count += change


def shared_depth(first: PathNode, second: PathNode) -> int:
    """Return how many names the paths of both nodes have in common from the root."""
    one: PathNode = first
    other: PathNode = second
    while one is not other:
        if one.depth >= other.depth:
            assert one.parent is not None
            one = one.parent
        else:
            assert other.parent is not None
            other = other.parent
    return one.depth
