"""Collections that are mostly tiny: the clauses of a pattern, and unions of such.

In: collections whose items are hashable. Out: the same kind; nobody changes one that was handed out, but for
``with_item`` and ``without_item``, whose argument is theirs to change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import TypeVar

T = TypeVar("T")


class _United(Collection[T]):
    """The union of collections, without copying them. Its length counts what stands in several more than once."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[Collection[T]]) -> None:
        self._parts = parts

    def weight(self) -> int:
        return len(self._parts)

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
        return frozenset().union(*parts)
    return _United(parts)


def with_item(collection: Collection[T], item: T) -> Collection[T]:
    """Return ``collection`` and ``item``; a tuple while there is one, since most patterns serve one clause."""
    if not collection:
        return (item,)
    if isinstance(collection, set):
        collection.add(item)
        return collection
    return {*collection, item}


def without_item(collection: Collection[T], item: T) -> Collection[T]:
    """Undo ``with_item``."""
    if isinstance(collection, set):
        collection.discard(item)
        return collection if len(collection) > 1 else tuple(collection)
    return ()


def weight(collection: Collection[T]) -> int:
    """Return how many items or collections were put together in ``collection``; 0 where it is a pattern's own."""
    if isinstance(collection, _United):
        return collection.weight()
    return len(collection) if isinstance(collection, frozenset) else 0


def identity(collection: Collection[T]) -> object:
    """Return what tells ``collection`` from others while it lives: its items when they are few."""
    return frozenset(collection) if len(collection) <= _FEW else id(collection)
