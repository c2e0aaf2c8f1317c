"""Finds all stored texts that a value begins with, in one pass over the value's beginning.

A radix trie: each edge is a piece of text, each node may hold what is stored for the text that leads to it.

    "ab", "abcd", "abx":   root ──"ab"──▶ ● ──"cd"──▶ ●
                                          └──"x"───▶ ●

Cost of a search: one dict look-up and one ``startswith`` a level, at most the length of the value in all,
however many texts are stored. Suffixes use the same trie on reversed texts.
Refused: one hash table a distinct length (faster for few lengths, but a thousand lengths cost a thousand
look-ups), and a sorted list with bisect (insertion moves the list).
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("children", "label", "stored")

    def __init__(self, label: str, stored: T | None) -> None:
        self.label = label  # the text of the edge that leads here
        self.stored = stored
        self.children: dict[str, _Node[T]] = {}  # first character of a child's label -> child


class PrefixTrie(Generic[T]):
    """A mapping from texts to values that is searched by prefix."""

    __slots__ = ("_root", "size")

    def __init__(self) -> None:
        self._root: _Node[T] = _Node("", None)
        self.size = 0  # stored texts

    def add(self, text: str, stored: T) -> None:
        """Store under ``text``, which must not be stored yet."""
        self.size += 1
        node = self._root
        while text:
            child = node.children.get(text[0])
            if child is None:
                node.children[text[0]] = _Node(text, stored)
                return
            common = _common_length(child.label, text)
            if common < len(child.label):
                child = _split(node, child, common)
            text = text[common:]
            node = child
        node.stored = stored

    def remove(self, text: str) -> None:
        """Forget ``text``, which must be stored; nodes that nothing needs any more go with it."""
        self.size -= 1
        parents: list[_Node[T]] = []
        node = self._root
        while text:
            parents.append(node)
            node = node.children[text[0]]
            text = text[len(node.label) :]
        node.stored = None
        if not parents:
            return
        if not node.children:
            del parents[-1].children[node.label[0]]
            node = parents.pop()
            if not parents:
                return
        _merge_with_only_child(parents[-1], node)

    def find(self, value: str, found: list[T]) -> None:
        """Append to ``found`` what is stored for each text that ``value`` begins with."""
        node = self._root
        if node.stored is not None:
            found.append(node.stored)
        position = 0
        while position < len(value):
            child = node.children.get(value[position])
            if child is None or not value.startswith(child.label, position):
                return
            if child.stored is not None:
                found.append(child.stored)
            position += len(child.label)
            node = child

    def node_count(self) -> int:
        """Return the number of nodes, the root included: at most twice the stored texts, plus one."""
        count, todo = 0, [self._root]
        while todo:
            node = todo.pop()
            count += 1
            todo.extend(node.children.values())
        return count


def _common_length(first: str, second: str) -> int:
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _split(parent: _Node[T], child: _Node[T], length: int) -> _Node[T]:
    """Put a node into the edge to ``child`` after ``length`` characters; return it."""
    middle: _Node[T] = _Node(child.label[:length], None)
    rest = child.label[length:]
    # The child is copied, not relabelled: a search under way keeps a consistent view of the old one.
    lower: _Node[T] = _Node(rest, child.stored)
    lower.children = child.children
    middle.children[rest[0]] = lower
    parent.children[middle.label[0]] = middle
    return middle


def _merge_with_only_child(parent: _Node[T], node: _Node[T]) -> None:
    """Join ``node`` with its child when it holds nothing itself and has just one."""
    if node.stored is not None or len(node.children) != 1:
        return
    (child,) = node.children.values()
    merged: _Node[T] = _Node(node.label + child.label, child.stored)
    merged.children = child.children
    parent.children[merged.label[0]] = merged
