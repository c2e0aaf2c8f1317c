"""Says whether there is a string that some patterns accept and others do not, and names the shortest.

In: a formula of acceptors, each a set of strings: any of them, every one, not this one. Out: the shortest string for
which the formula holds, or None when there is none; Undecided when the search would take too long.

    Is(ab*) and Not(Is(a*))  ->  None
    Is(a*) and Not(Is(ab*))  ->  "a"

Idea: a pattern is a row of positions, one for each character, and some positions may be stayed at (where a ``*`` is).
A state is the set of positions where a string may stand, as the bits of one integer; a regular expression has its
places for positions (regexp_sets.py). All patterns take the string's characters together; a search in breadth looks
for states with which the formula holds. Of all the characters there are, only those count that some row waits for, in
every case they have, and one more for each class of characters that the regular expressions tell apart. Many plain
strings are one trie.

Always: a wildcard that has passed a ``*`` forgets what stood before it, so its states are as many as its characters;
the search alone is what can grow, and the budget bounds it. Blocks of addresses are no such rows (cidr_sets.py).
Source: shift-and string matching (Baeza-Yates and Gonnet, 1992); section 6 of the semantics.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Protocol

from ruler.checks.budget import STATES_OF_QUESTION, Budget, Undecided
from ruler.checks.regexp_sets import DEAD, RegexpStates, other_characters
from ruler.patterns.folding import FOLDING
from ruler.patterns.model import (
    AllOf,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

LONGEST_ROW = 20_000  # characters of one pattern; the sets of positions of longer ones cost too much
States = tuple[int, ...]  # of all acceptors of a search
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

    def sets(self) -> Iterable[str]:
        """Sets of characters, as Characters has them, of each of which all are alike where no letter is."""


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

    def sets(self) -> Iterable[str]:
        return ()


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

    def sets(self) -> Iterable[str]:
        return ()


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

    def sets(self) -> Iterable[str]:
        return ()


@dataclass(slots=True, eq=False)
class Is:
    """Holds for the strings that an acceptor accepts."""

    acceptor: Acceptor
    place: int = -1  # of its state among those of a search


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """Holds where one of ``parts`` does; never without parts."""

    parts: list[Formula]


@dataclass(frozen=True, slots=True, eq=False)
class Every:
    """Holds where each of ``parts`` does; always without parts."""

    parts: list[Formula]


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """Holds where ``part`` does not."""

    part: Formula


Formula = Is | AnyOf | Every | Not


def strings_of(patterns: Iterable[Pattern], budget: Budget, *, is_wide: bool) -> AnyOf:
    """Return the formula for the strings that any of ``patterns`` accepts.

    A block of addresses becomes something simpler: with ``is_wide`` every text like an address, else nothing. So the
    formula holds for too many strings, or for too few, and never both.
    """
    texts: list[str] = []
    found: list[Formula] = []
    for pattern in patterns:
        match pattern:
            case Exact(str(text)):
                budget.spend(1 + len(text))
                texts.append(text)
            case Cidr() if is_wide:
                found.append(Is(AddressLike()))
            case Exists():
                found.append(Every([]))
            case AnythingBut(excluded):
                found.append(Not(strings_of(excluded, budget, is_wide=not is_wide)))
            case AllOf(parts):
                found.append(Every([strings_of(part, budget, is_wide=is_wide) for part in in_order(parts)]))
            case Regexp(program):
                found.append(Is(RegexpStates(program, budget)))
            case _ if (row := _parts_of(pattern)) is not None:
                found.append(Is(_row(*row, budget)))
    return AnyOf([Is(Trie(texts)), *found] if texts else found)


def in_order(parts: Iterable[frozenset[Pattern]]) -> list[list[Pattern]]:
    """Return the parts of an all-of in one order, whatever the run: what a search costs depends on it."""
    return sorted((sorted(part, key=repr) for part in parts), key=repr)


def _parts_of(pattern: Pattern) -> tuple[tuple[str, ...], bool] | None:
    """The pieces of a pattern for strings, with anything between them, and whether case does not count."""
    match pattern:
        case Prefix(text):
            return (text, ""), False
        case Suffix(text):
            return ("", text), False
        case Wildcard(pieces):
            return pieces, False
        case WildcardIgnoreCase(pieces):
            return pieces, True
        case EqualsIgnoreCase(folded):
            return (folded,), True
        case PrefixIgnoreCase(folded):
            return (folded, ""), True
        case SuffixIgnoreCase(folded):
            return ("", folded), True
    return None


def sample_strings(pattern: Pattern) -> list[str]:
    """Return a few strings that ``pattern`` accepts and others hardly do; [] when it is no simple one for strings."""
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


def string_for(formula: Formula, budget: Budget) -> str | None:
    """Return the shortest string for which ``formula`` holds, or None when there is none."""
    return _Search(formula, budget).run()


class _Search:
    """One search in breadth over the states of all acceptors together."""

    def __init__(self, formula: Formula, budget: Budget) -> None:
        self.budget = budget
        self.formula = formula
        self.acceptors: list[Acceptor] = []
        self.find_places(formula)
        self.cost = 1 + sum(acceptor.cost for acceptor in self.acceptors)
        waited_for = set(chain.from_iterable(acceptor.alphabet() for acceptor in self.acceptors))
        sets = [ranges for acceptor in self.acceptors for ranges in acceptor.sets()]
        self.others = other_characters(sets, waited_for, budget)

    def find_places(self, formula: Formula) -> None:
        """Give each acceptor of ``formula`` a place in the tuples of states."""
        if isinstance(formula, Is):
            formula.place = len(self.acceptors)
            self.acceptors.append(formula.acceptor)
        for part in [formula.part] if isinstance(formula, Not) else getattr(formula, "parts", ()):
            self.find_places(part)

    def run(self) -> str | None:
        start = tuple(acceptor.start for acceptor in self.acceptors)
        origins: dict[States, tuple[States, str]] = {start: (start, "")}
        waiting = deque([start])
        while waiting:
            states = waiting.popleft()
            if not self.may_hold(self.formula, states)[0]:
                continue
            if self.holds(self.formula, states):
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

    def characters(self, states: States) -> list[str]:
        letters: set[str] = set()
        for acceptor, state in zip(self.acceptors, states, strict=True):
            if state:
                letters.update(acceptor.letters_at(state))
        return [*sorted(letters), *(each for each in self.others if each not in letters)]

    def holds(self, formula: Formula, states: States) -> bool:
        """Whether ``formula`` holds for the string that leads to ``states``."""
        match formula:
            case Is(acceptor, place):
                return states[place] != DEAD and acceptor.accepts_at(states[place])
            case Not(part):
                return not self.holds(part, states)
            case AnyOf(parts):
                return any(self.holds(part, states) for part in parts)
            case Every(parts):
                return all(self.holds(part, states) for part in parts)

    def may_hold(self, formula: Formula, states: States) -> tuple[bool, bool]:
        """Whether some string that goes on from ``states`` may be one for which it holds, and one for which not."""
        match formula:
            case Is(acceptor, place):
                return states[place] != DEAD, states[place] == DEAD or not acceptor.accepts_all_from(states[place])
            case Not(part):
                return self.may_hold(part, states)[::-1]
            case AnyOf(parts):
                found = [self.may_hold(part, states) for part in parts]
                return any(may for may, _ in found), all(may_not for _, may_not in found)
            case Every(parts):
                found = [self.may_hold(part, states) for part in parts]
                return all(may for may, _ in found), any(may_not for _, may_not in found)


def _way_to(states: States, origins: dict[States, tuple[States, str]]) -> str:
    characters = []
    while origins[states][1]:
        states, character = origins[states]
        characters.append(character)
    return "".join(reversed(characters))
