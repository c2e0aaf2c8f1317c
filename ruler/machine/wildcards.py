"""Finds all stored wildcards that accept a value, in one pass over the value.

A wildcard is its pieces, the texts between the asterisks. One piece of each is put into an Aho-Corasick
automaton (literals.py); a value's pass through it names the candidates, and only those are verified piece by piece.

    *error*disk*  ->  looks for "error"          a*z  ->  looks for "⊢a", found only where a value begins

The automaton is compiled anew rather than changed, so additions wait in a list of *fresh* wildcards that
are verified directly; once that has cost more than compiling would, all are compiled. Cost of a search:
the length of the value, plus the candidates. Verifying is greedy, leftmost first: linear, never backtracking.
"""

from __future__ import annotations

import threading
from typing import Any, Generic, NamedTuple, TypeVar

from ruler.machine.literals import BEGIN, END, automaton_of, best_literal, occurring
from ruler.patterns.model import Wildcard

T = TypeVar("T")

Pieces = tuple[str, ...]


def wildcard_accepts(pieces: Pieces, value: str) -> bool:
    """Return whether ``value`` is made of ``pieces`` in order with anything between. Linear in the value."""
    first, last = pieces[0], pieces[-1]
    end = len(value) - len(last)
    position = len(first)
    if position > end or not value.startswith(first) or not value.endswith(last):
        return False
    for piece in pieces[1:-1]:
        position = value.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return position <= end


class _Compiled(NamedTuple):
    """What a search reads, replaced as a whole so that a search never mixes two states."""

    automaton: Any  # finds a literal -> index of its group; None when nothing is compiled
    groups: list[tuple[Pieces, ...]]  # the wildcards that look for one literal, to be verified where it occurs
    whole: list[Pieces | None]  # by group, the one that is no more than the literal between asterisks, if stored
    size: int  # wildcards in all groups, removed ones included
    fresh: dict[Pieces, None]  # stored, not compiled yet


_NOTHING_COMPILED = _Compiled(None, [], [], 0, {})


class WildcardIndex(Generic[T]):
    """A mapping from wildcards to values that is searched by the strings they accept."""

    __slots__ = ("_compiled", "_debt", "_lock", "_stored")

    def __init__(self) -> None:
        self._stored: dict[Pieces, T] = {}
        self._compiled = _NOTHING_COMPILED._replace(fresh={})
        self._debt = 0  # direct verifications since compiling last
        self._lock = threading.Lock()  # held by changes and by compiling, which a search may start

    def __len__(self) -> int:
        return len(self._stored)

    def add(self, pattern: Wildcard, stored: T) -> None:
        """Store under ``pattern``, which must not be stored yet."""
        with self._lock:
            self._stored[pattern.pieces] = stored
            self._compiled.fresh[pattern.pieces] = None

    def remove(self, pattern: Wildcard) -> None:
        """Forget ``pattern``, which must be stored; its compiled literal may stay a while, unanswered."""
        pieces = pattern.pieces
        with self._lock:
            del self._stored[pieces]
            self._compiled.fresh.pop(pieces, None)
            if not self._stored:
                self._compiled = _NOTHING_COMPILED._replace(fresh={})
            elif self._compiled.size > 2 * len(self._stored) + 8:
                self._compile()

    def find(self, value: str, found: list[T]) -> None:
        """Append to ``found`` what is stored for each wildcard that accepts ``value``."""
        stored = self._stored
        automaton, groups, whole, _, fresh = self._compiled
        if automaton is not None:
            indexes = occurring(automaton, value, len(groups))
            does_occur = isinstance(indexes, set)  # else all were too many to be told apart
            for index in indexes:
                # A wildcard that was removed is no longer stored; one that came back is fresh.
                if groups[index]:
                    found.extend(
                        [
                            stored[pieces]
                            for pieces in groups[index]
                            if pieces in stored and pieces not in fresh and wildcard_accepts(pieces, value)
                        ]
                    )
                alone = whole[index]
                if alone in stored and alone not in fresh and (does_occur or wildcard_accepts(alone, value)):
                    found.append(stored[alone])
        if fresh:
            found.extend([stored[pieces] for pieces in list(fresh) if wildcard_accepts(pieces, value)])
            self._debt += len(fresh)
            # One thread compiles; another that comes meanwhile goes on verifying, rather than wait.
            if self._debt > len(stored) and self._lock.acquire(blocking=False):
                try:
                    self._compile()
                finally:
                    self._lock.release()

    def _compile(self) -> None:
        """Build the automaton of all stored wildcards; the lock is held."""
        wildcards: dict[str, list[Pieces]] = {}  # the literal looked for -> who looks for it
        for pieces in self._stored:
            wildcards.setdefault(best_literal(_literals(pieces), wildcards), []).append(pieces)
        groups: list[tuple[Pieces, ...]] = []
        whole: list[Pieces | None] = []
        for literal, looking in wildcards.items():
            alone = ("", literal, "")
            groups.append(tuple([pieces for pieces in looking if pieces != alone]))
            whole.append(alone if alone in looking else None)
        self._compiled = _Compiled(automaton_of(wildcards), groups, whole, len(self._stored), {})
        self._debt = 0


def _literals(pieces: Pieces) -> list[str]:
    """Return what must occur in ``⊢value⊣`` for the wildcard to accept it: one text a piece."""
    literals = list(pieces[1:-1])
    if pieces[0]:
        literals.append(BEGIN + pieces[0])
    if pieces[-1]:
        literals.append(pieces[-1] + END)
    return literals
