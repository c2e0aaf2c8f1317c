"""Says whether the strings that one pattern accepts are all accepted by others, and names one that is not.

In: a pattern and a list of others, seen as sets of strings. Out: the shortest string of the first that none of the
others accepts, or None when there is none; Undecided when the search would take too long.

    {"prefix": "ab"} against {"prefix": "a"}  ->  None
    {"prefix": "a"} against {"prefix": "ab"}  ->  "a"

Idea: a pattern is a row of positions, one for each character, and some positions may be stayed at (where a ``*`` is).
A state is the set of positions where a string may stand, as the bits of one integer. All patterns take the string's
characters together; a search in breadth looks for a state that the one accepts and the others do not. Of all the
characters there are, only those count that some pattern waits for, in every case they have; one more stands for the
rest. Many plain strings are one trie.

Always: a wildcard that has passed a ``*`` forgets what stood before it, so its states are as many as its characters;
the search alone is what can grow, and the budget bounds it. Blocks of addresses are no such rows (cidr_sets.py).
Source: shift-and string matching (Baeza-Yates and Gonnet, 1992); section 6 of the semantics.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Protocol

from ruler.checks.budget import STATES_OF_QUESTION, Budget, Undecided
from ruler.patterns.folding import FOLDING
from ruler.patterns.model import (
    EqualsIgnoreCase,
    Exact,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
)

DEAD = 0  # the state from which no string is accepted, whatever follows
LONGEST_ROW = 20_000  # characters of one pattern; the sets of positions of longer ones cost too much
ADDRESS_LETTERS = frozenset("0123456789abcdefABCDEF.:")


class Acceptor(Protocol):
    """Reads a string character by character. States are integers, DEAD among them."""

    start: int
    cost: int  # steps of the budget for one character

    def step(self, state: int, character: str) -> int:
        """Return the state after ``character``."""

    def accepts_at(self, state: int) -> bool:
        """Return whether a string that ends here is accepted."""

    def accepts_all_from(self, state: int) -> bool:
        """Return whether every string is accepted that goes on from here."""

    def letters_at(self, state: int) -> Iterable[str]:
        """The characters that are not like all others here."""

    def alphabet(self) -> Iterable[str]:
        """Every character of ``letters_at`` at any state."""


class Row:
    """The positions of one pattern: ``letters[i]`` lead from i to i + 1, and at those in ``loops`` one may stay."""

    def __init__(self, letters: list[str], loops: Iterable[int]) -> None:
        self.letters = letters
        self.loops = sum(1 << position for position in loops)
        self.last = 1 << len(letters)
        self.moves: dict[str, int] = {}  # character -> the positions that it leads on from
        for position, mates in enumerate(letters):
            for mate in mates:
                self.moves[mate] = self.moves.get(mate, 0) | 1 << position
        self.start = 1
        self.cost = 1 + len(letters) // 500

    def step(self, state: int, character: str) -> int:
        state = (state & self.loops) | ((state & self.moves.get(character, 0)) << 1)
        stays = state & self.loops
        # Where one may stay, all that earlier positions could still accept is accepted too.
        return state >> (stays.bit_length() - 1) << (stays.bit_length() - 1) if stays else state

    def accepts_at(self, state: int) -> bool:
        return bool(state & self.last)

    def accepts_all_from(self, state: int) -> bool:
        return bool(state & self.last & self.loops)

    def letters_at(self, state: int) -> Iterator[str]:
        state &= ~self.last
        while state:
            lowest = state & -state
            yield from self.letters[lowest.bit_length() - 1]
            state ^= lowest

    def alphabet(self) -> Iterable[str]:
        return self.moves


class Trie:
    """Many strings at once. The states are nodes; 1 is the root."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.children: list[dict[str, int]] = [{}, {}]
        self.ends: set[int] = set()
        for text in texts:
            node = 1
            for character in text:
                following = self.children[node].get(character)
                if following is None:
                    following = self.children[node][character] = len(self.children)
                    self.children.append({})
                node = following
            self.ends.add(node)
        self.start = 1
        self.cost = 1

    def step(self, state: int, character: str) -> int:
        return self.children[state].get(character, DEAD)

    def accepts_at(self, state: int) -> bool:
        return state in self.ends

    def accepts_all_from(self, state: int) -> bool:
        return False

    def letters_at(self, state: int) -> Iterable[str]:
        return self.children[state]

    def alphabet(self) -> Iterable[str]:
        return chain.from_iterable(self.children)


class AddressLike:
    """Accepts every IP address and more: hexadecimal digits, dots and colons, a dot or a colon among them."""

    start = 1
    cost = 1

    def step(self, state: int, character: str) -> int:
        if character not in ADDRESS_LETTERS or state == DEAD:
            return DEAD
        return 2 if state == 2 or character in ".:" else 1

    def accepts_at(self, state: int) -> bool:
        return state == 2

    def accepts_all_from(self, state: int) -> bool:
        return False

    def letters_at(self, state: int) -> Iterable[str]:
        return ADDRESS_LETTERS if state != DEAD else ()

    def alphabet(self) -> Iterable[str]:
        return ADDRESS_LETTERS


@dataclass(slots=True)
class StringQuestion:
    """Is there a string inside ``wanted`` (all of them when empty), outside ``unwanted``, that nothing here accepts?

    What must not accept it: each of ``accepting``, and each group of ``excluding``, which is an anything-but and
    accepts a string when none of its own acceptors does.
    """

    wanted: list[Acceptor] = field(default_factory=list)
    unwanted: list[Acceptor] = field(default_factory=list)
    accepting: list[Acceptor] = field(default_factory=list)
    excluding: list[list[Acceptor]] = field(default_factory=list)


def acceptors_of(patterns: Iterable[Pattern], budget: Budget) -> list[Acceptor]:
    """Return acceptors for the strings of ``patterns``, none of which is a block, an anything-but or Exists."""
    texts: list[str] = []
    found: list[Acceptor] = []
    for pattern in patterns:
        if isinstance(pattern, Exact):
            if isinstance(pattern.value, str):
                budget.spend(1 + len(pattern.value))
                texts.append(pattern.value)
        elif (parts := _parts_of(pattern)) is not None:
            found.append(_row(*parts, budget))
    return [Trie(texts), *found] if texts else found


def _parts_of(pattern: Pattern) -> tuple[tuple[str, ...], bool] | None:
    """The pieces of a pattern for strings, with anything between them, and whether case does not count."""
    match pattern:
        case Prefix(text):
            return (text, ""), False
        case Suffix(text):
            return ("", text), False
        case Wildcard(pieces):
            return pieces, False
        case EqualsIgnoreCase(folded):
            return (folded,), True
        case PrefixIgnoreCase(folded):
            return (folded, ""), True
        case SuffixIgnoreCase(folded):
            return ("", folded), True
    return None


def sample_strings(pattern: Pattern) -> list[str]:
    """Return a few strings that ``pattern`` accepts and others hardly do; [] when it is no pattern for strings."""
    parts = _parts_of(pattern)
    return [] if parts is None else ["\U000f0000".join(parts[0]), "".join(parts[0])]


def _row(pieces: tuple[str, ...], ignores_case: bool, budget: Budget) -> Row:
    text = "".join(pieces)
    if len(text) > LONGEST_ROW:
        raise Undecided
    budget.spend(1 + len(text))
    loops, position = [], 0
    for piece in pieces[:-1]:
        position += len(piece)
        loops.append(position)
    return Row([case_mates().get(each, each) for each in text] if ignores_case else list(text), set(loops))


@cache
def case_mates() -> dict[str, str]:
    """Folded character -> every character that folds to it, itself first; for those that have others."""
    mates: dict[str, str] = {}
    for code_point, folded in sorted(FOLDING.items()):
        mates[chr(folded)] = mates.get(chr(folded), chr(folded)) + chr(code_point)
    return mates


def unaccepted_string(question: StringQuestion, budget: Budget) -> str | None:
    """Return the shortest string that answers ``question``, or None when there is none."""
    return _Search(question, budget).run()


class _Search:
    """One search in breadth over the states of all acceptors together."""

    def __init__(self, question: StringQuestion, budget: Budget) -> None:
        self.budget = budget
        self.acceptors: list[Acceptor] = []
        self.wanted = self.places(question.wanted)
        self.unwanted = self.places(question.unwanted)
        self.accepting = self.places(question.accepting)
        self.excluding = [self.places(group) for group in question.excluding]
        self.cost = 1 + sum(acceptor.cost for acceptor in self.acceptors)
        self.other = self.other_character()

    def places(self, acceptors: list[Acceptor]) -> list[int]:
        first = len(self.acceptors)
        self.acceptors += acceptors
        return list(range(first, len(self.acceptors)))

    def other_character(self) -> str:
        """A character that no pattern waits for; a plain letter when one is left."""
        taken: set[str] = set()
        for acceptor in self.acceptors:
            taken.update(acceptor.alphabet())
        for character in chain("xyzabc0123456789", map(chr, range(0x100, 0xD800))):
            if character not in taken:
                return character
        raise Undecided

    def run(self) -> str | None:
        start = tuple(acceptor.start for acceptor in self.acceptors)
        origins: dict[tuple[int, ...], tuple[tuple[int, ...], str]] = {start: (start, "")}
        waiting = deque([start])
        while waiting:
            states = waiting.popleft()
            if self.is_hopeless(states):
                continue
            if self.is_answer(states):
                return _way_to(states, origins)
            for character in self.characters(states):
                self.budget.spend(self.cost)
                following = tuple(
                    acceptor.step(state, character) if state else DEAD
                    for acceptor, state in zip(self.acceptors, states, strict=True)
                )
                if following not in origins:
                    if len(origins) >= STATES_OF_QUESTION:
                        raise Undecided
                    origins[following] = states, character
                    waiting.append(following)
        return None

    def characters(self, states: tuple[int, ...]) -> list[str]:
        letters: set[str] = set()
        for acceptor, state in zip(self.acceptors, states, strict=True):
            if state:
                letters.update(acceptor.letters_at(state))
        return [*sorted(letters), self.other]

    def accepts_at(self, place: int, states: tuple[int, ...]) -> bool:
        return self.acceptors[place].accepts_at(states[place])

    def accepts_all(self, place: int, states: tuple[int, ...]) -> bool:
        return self.acceptors[place].accepts_all_from(states[place])

    def is_answer(self, states: tuple[int, ...]) -> bool:
        """Whether the string that leads to ``states`` is one that is looked for."""
        return (
            (not self.wanted or any(self.accepts_at(place, states) for place in self.wanted))
            and not any(self.accepts_at(place, states) for place in (*self.unwanted, *self.accepting))
            and all(any(self.accepts_at(place, states) for place in group) for group in self.excluding)
        )

    def is_hopeless(self, states: tuple[int, ...]) -> bool:
        """Whether no string that goes on from here can be one."""
        return (
            (bool(self.wanted) and not any(states[place] for place in self.wanted))
            or any(self.accepts_all(place, states) for place in (*self.unwanted, *self.accepting))
            or any(not any(states[place] for place in group) for group in self.excluding)
        )


def _way_to(states: tuple[int, ...], origins: dict[tuple[int, ...], tuple[tuple[int, ...], str]]) -> str:
    characters = []
    while origins[states][1]:
        states, character = origins[states]
        characters.append(character)
    return "".join(reversed(characters))
