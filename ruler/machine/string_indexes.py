"""Indexes over the strings of one path: each finds the stored patterns of its types that accept a string.

``prefixes``, ``wildcards``, ``regexps`` and ``address_blocks`` do the work; this module gives them one face, so that
a value matcher can hold whichever its patterns need and ask them all the same way.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from ruler.machine.address_blocks import AddressBlockIndex
from ruler.machine.prefixes import PrefixTrie
from ruler.machine.regexps import RegexpIndex
from ruler.machine.wildcards import WildcardIndex
from ruler.patterns.folding import fold
from ruler.patterns.model import (
    Cidr,
    EqualsIgnoreCase,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

T = TypeVar("T")
P = TypeVar("P", contravariant=True)
IgnoringCase = EqualsIgnoreCase | PrefixIgnoreCase | SuffixIgnoreCase | WildcardIgnoreCase


class StringIndex(Protocol[P, T]):
    """A mapping from patterns to values that is searched by the strings they accept."""

    def __len__(self) -> int: ...

    def add(self, pattern: P, stored: T) -> None:
        """Store under ``pattern``, which must not be stored yet."""

    def remove(self, pattern: P) -> None:
        """Forget ``pattern``, which must be stored."""

    def find(self, value: str, found: list[T]) -> None:
        """Append to ``found`` what is stored for each pattern that accepts ``value``, each once."""


class PrefixIndex(Generic[T]):
    """Prefixes, by their text."""

    __slots__ = ("_trie", "find")

    def __init__(self) -> None:
        self._trie: PrefixTrie[T] = PrefixTrie()
        self.find = self._trie.find

    def __len__(self) -> int:
        return self._trie.size

    def add(self, pattern: Prefix, stored: T) -> None:
        self._trie.add(pattern.text, stored)

    def remove(self, pattern: Prefix) -> None:
        self._trie.remove(pattern.text)


class SuffixIndex(Generic[T]):
    """Suffixes: reversed texts, searched with the reversed value."""

    __slots__ = ("_trie",)

    def __init__(self) -> None:
        self._trie: PrefixTrie[T] = PrefixTrie()

    def __len__(self) -> int:
        return self._trie.size

    def add(self, pattern: Suffix, stored: T) -> None:
        self._trie.add(pattern.text[::-1], stored)

    def remove(self, pattern: Suffix) -> None:
        self._trie.remove(pattern.text[::-1])

    def find(self, value: str, found: list[T]) -> None:
        self._trie.find(value[::-1], found)


class IgnoreCaseIndex(Generic[T]):
    """The four ignore-case patterns over one folding of the value."""

    __slots__ = ("_equal", "_prefixes", "_suffixes", "_wildcards")

    def __init__(self) -> None:
        self._equal: dict[str, T] = {}
        self._prefixes: PrefixTrie[T] = PrefixTrie()
        self._suffixes: PrefixTrie[T] = PrefixTrie()
        self._wildcards: WildcardIndex[T] | None = None  # of folded pieces; there while some are stored

    def __len__(self) -> int:
        wildcard_count = 0 if self._wildcards is None else len(self._wildcards)
        return len(self._equal) + self._prefixes.size + self._suffixes.size + wildcard_count

    def add(self, pattern: IgnoringCase, stored: T) -> None:
        if isinstance(pattern, EqualsIgnoreCase):
            self._equal[pattern.folded] = stored
        elif isinstance(pattern, PrefixIgnoreCase):
            self._prefixes.add(pattern.folded, stored)
        elif isinstance(pattern, SuffixIgnoreCase):
            self._suffixes.add(pattern.folded[::-1], stored)
        else:
            if self._wildcards is None:
                self._wildcards = WildcardIndex()
            self._wildcards.add(Wildcard(pattern.folded_pieces), stored)

    def remove(self, pattern: IgnoringCase) -> None:
        if isinstance(pattern, EqualsIgnoreCase):
            del self._equal[pattern.folded]
        elif isinstance(pattern, PrefixIgnoreCase):
            self._prefixes.remove(pattern.folded)
        elif isinstance(pattern, SuffixIgnoreCase):
            self._suffixes.remove(pattern.folded[::-1])
        else:
            assert self._wildcards is not None
            self._wildcards.remove(Wildcard(pattern.folded_pieces))
            if not len(self._wildcards):
                self._wildcards = None

    def find(self, value: str, found: list[T]) -> None:
        folded = fold(value)
        stored = self._equal.get(folded)
        if stored is not None:
            found.append(stored)
        if self._prefixes.size:
            self._prefixes.find(folded, found)
        if self._suffixes.size:
            self._suffixes.find(folded[::-1], found)
        if self._wildcards is not None:
            self._wildcards.find(folded, found)


# Which index serves which pattern type.
INDEX_TYPES: dict[type, type] = {
    Prefix: PrefixIndex,
    Suffix: SuffixIndex,
    EqualsIgnoreCase: IgnoreCaseIndex,
    PrefixIgnoreCase: IgnoreCaseIndex,
    SuffixIgnoreCase: IgnoreCaseIndex,
    WildcardIgnoreCase: IgnoreCaseIndex,
    Wildcard: WildcardIndex,
    Regexp: RegexpIndex,
    Cidr: AddressBlockIndex,
}
