"""Regular expressions as acceptors of strings, and which characters are enough to ask about.

In: programs (patterns/iregexp.py), and the characters that other patterns wait for. Out: states as integers, for the
search of string_sets.py; for each class of characters that no program tells apart, one that stands for all of it.

    [a-m] and [a-z], where "a" is waited for  ->  classes a-m, n-z, all others; "b", "n" and "0" stand for them

Always: states are made while they are asked for, so a program that could have many costs what the search visits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ruler.checks.budget import Budget
from ruler.patterns.model import RegexpStep
from ruler.patterns.regexp_walk import Places, RegexpWalk

DEAD = 0  # the state from which no string is accepted, whatever follows
_PLAIN = "xyzabc0123456789"  # what stands for a class, if it is one of these
_LAST = 0x10FFFF
_FIRST_TRIED = 0x100  # of the characters that are not plain
_SURROGATES = range(0xD800, 0xE000)  # in no string


class RegexpStates:
    """Reads a string for one program. A state is a set of places in it, numbered from 1 as they are met."""

    start = 1

    def __init__(self, program: tuple[RegexpStep, ...], budget: Budget) -> None:
        self.walk = RegexpWalk(program)
        size = len(self.walk.instructions)
        budget.spend(1 + size)
        self.cost = 2 + size // 10
        self.places: list[Places] = [frozenset(), self.walk.start]
        self.numbers = {self.walk.start: 1, frozenset[int](): DEAD}
        self.steps: dict[tuple[int, str], int] = {}

    def step(self, state: int, character: str) -> int:
        """Return the state after ``character``."""
        following = self.steps.get((state, character))
        if following is None:
            places = self.walk.step(self.places[state], character)
            following = self.numbers.setdefault(places, len(self.places))
            if following == len(self.places):
                self.places.append(places)
            self.steps[state, character] = following
        return following

    def accepts_at(self, state: int) -> bool:
        """Return whether a string that ends here is accepted."""
        return self.walk.accepts_at(self.places[state])

    def accepts_all_from(self, state: int) -> bool:
        """Return False: it is only asked to end a search early."""
        return False

    def letters_at(self, state: int) -> Iterable[str]:
        """Return none: ``sets`` says which characters are alike."""
        return ()

    def alphabet(self) -> Iterable[str]:
        """Return none, as ``letters_at``."""
        return ()

    def sets(self) -> Iterator[str]:
        """Yield the sets of characters of the program."""
        return (ranges for ranges, _, _ in self.walk.instructions if ranges)


def other_characters(sets: Iterable[str], waited_for: set[str], budget: Budget) -> list[str]:
    """Return characters such that each one there is behaves like one of these or is in ``waited_for``.

    Of each class of characters that are in the same of ``sets`` one that is not waited for, or where all are, all.
    """
    distinct = list(dict.fromkeys(sets))
    budget.spend(sum(map(len, distinct)))
    starts, members = _pieces(distinct)
    classes: dict[int, list[tuple[int, int]]] = {}
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else _LAST + 1
        classes.setdefault(members[index], []).append((start, end))
    plain: dict[int, str] = {}
    for character in _PLAIN:
        if character not in waited_for:
            plain.setdefault(members[bisect_right(starts, ord(character)) - 1], character)
    found: list[str] = []
    for member, ranges in classes.items():
        found += [plain[member]] if member in plain else _stand_in(ranges, waited_for, budget)
    return found


def _pieces(sets: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return where the characters change from some sets to others, and the sets from there on, as bits."""
    changes: dict[int, int] = {0: 0}
    for index, ranges in enumerate(sets):
        for first, last in zip(ranges[::2], ranges[1::2], strict=True):
            changes[ord(first)] = changes.get(ord(first), 0) ^ 1 << index
            changes[ord(last) + 1] = changes.get(ord(last) + 1, 0) ^ 1 << index
    starts = sorted(start for start in changes if start <= _LAST)
    members, now = [], 0
    for start in starts:
        now ^= changes[start]
        members.append(now)
    return starts, members


def _stand_in(ranges: list[tuple[int, int]], waited_for: set[str], budget: Budget) -> list[str]:
    """Return one character of ``ranges`` that is not waited for, or where there is none, all of them."""
    all_of_them = []
    beyond = [range(max(start, _FIRST_TRIED), end) for start, end in ranges]
    before = [range(start, min(end, _FIRST_TRIED)) for start, end in ranges]
    for code_point in chain.from_iterable([*beyond, *before]):
        if code_point in _SURROGATES:
            continue
        budget.spend(1)
        if chr(code_point) not in waited_for:
            return [chr(code_point)]
        all_of_them.append(chr(code_point))
    return all_of_them
