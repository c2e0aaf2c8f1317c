"""Finds all stored CIDR blocks that contain an address.

One hash table a distinct mask length and IP version, keyed by the leading bits: at most 33 look-ups for an
IPv4 address and 129 for an IPv6 address, however many blocks are stored.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from ruler.patterns.addresses import parse_address
from ruler.patterns.model import Cidr

T = TypeVar("T")

_WIDTH = {4: 32, 6: 128}  # bits of an address


class AddressBlockIndex(Generic[T]):
    """A mapping from CIDR blocks to values that is searched by address text."""

    __slots__ = ("_size", "_tables")

    def __init__(self) -> None:
        # version -> how far an address is shifted right -> its leading bits -> what is stored
        self._tables: dict[int, dict[int, dict[int, T]]] = {4: {}, 6: {}}
        self._size = 0  # stored blocks

    def __len__(self) -> int:
        return self._size

    def add(self, block: Cidr, stored: T) -> None:
        """Store under ``block``, which must not be stored yet."""
        shift = _WIDTH[block.version] - block.bits
        self._tables[block.version].setdefault(shift, {})[block.network >> shift] = stored
        self._size += 1

    def remove(self, block: Cidr) -> None:
        """Forget ``block``, which must be stored."""
        shift = _WIDTH[block.version] - block.bits
        tables = self._tables[block.version]
        del tables[shift][block.network >> shift]
        if not tables[shift]:
            del tables[shift]
        self._size -= 1

    def find(self, value: str, found: list[T]) -> None:
        """Append to ``found`` what is stored for each block that contains the address ``value`` spells."""
        address = parse_address(value)
        if address is None:
            return
        version, number = address
        for shift, table in self._tables[version].items():
            stored = table.get(number >> shift)
            if stored is not None:
                found.append(stored)
