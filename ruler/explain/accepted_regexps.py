"""The string nearest to one of an event that a regular expression accepts.

In: a program, and a string, perhaps empty. Out: a string that the program accepts; None where it accepts none.

    "[a-z]+-[0-9]{2}", "shop-5"  ->  "shop-50"        "[a-z]+", "Shop"  ->  "shop"

Idea: the cheapest way through two things at once, the string and the program, as edit distance has it: a character is
kept where the program takes it, changed to its other case for little, put in, left out or replaced for more.
Always: what is returned is accepted. Of long strings and large programs the string is left aside and the shortest text
is found; the work is bounded by MOST_STEPS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from ruler.patterns.folding import fold
from ruler.patterns.model import RegexpStep
from ruler.patterns.regexp_walk import RegexpWalk

MOST_STEPS = 6000  # pairs of a character and a place in the program that are looked at; some ten milliseconds

_OTHER_CASE, _EDIT, _REPLACED = 1, 20, 25  # what they cost; rather more is kept than replaced
_PLAIN = "xa0A-_. 1"  # what stands for a set of characters, where one of these is in it

Spot = tuple[int, int]  # characters that are read, place in the program


def work(program: tuple[RegexpStep, ...], length: int) -> int:
    """Return how many steps ``nearest_match`` takes at the most for a string of ``length``."""
    return min(MOST_STEPS, (1 + length) * len(RegexpWalk(program).instructions))


def nearest_match(program: tuple[RegexpStep, ...], text: str) -> str | None:
    """Return a string that ``program`` accepts, as like ``text`` as the bounds allow."""
    walk = RegexpWalk(program)
    if (1 + len(text)) * len(walk.instructions) > MOST_STEPS:
        text = ""
    ahead: list[tuple[int, int, Spot]] = []  # cost, a number that parts equals, where
    came_from: dict[Spot, tuple[Spot | None, str]] = {}
    costs: dict[Spot, int] = {}
    count = 0

    def reach(cost: int, spot: Spot, before: Spot | None, written: str) -> None:
        nonlocal count
        if cost < costs.get(spot, 1 << 60):
            costs[spot] = cost
            came_from[spot] = before, written
            count += 1
            heappush(ahead, (cost, count, spot))

    for place in sorted(walk.start):
        reach(0, (0, place), None, "")
    while ahead:
        cost, _, spot = heappop(ahead)
        if cost > costs[spot]:
            continue
        read, place = spot
        if read == len(text) and place == len(walk.instructions):
            return _written(spot, came_from)
        if read < len(text):
            reach(cost + _EDIT, (read + 1, place), spot, "")
        if place < len(walk.instructions):
            following = sorted(walk.after([place + 1]))
            for more, step, character in _moves(walk.ranges_at(place), text[read : read + 1]):
                for each in following:
                    reach(cost + more, (read + step, each), spot, character)
    return None


def _moves(ranges: str, character: str) -> Iterator[tuple[int, int, str]]:
    """Yield what a place that reads ``ranges`` may write: its cost, the characters that it reads, the character."""
    spellings: Iterable[str] = ()
    if character:
        spellings = dict.fromkeys((character, character.lower()[:1], character.upper()[:1], fold(character)))
    for each in spellings:
        if _is_in(ranges, each):
            yield (0 if each == character else _OTHER_CASE), 1, each
            return
    plain = _plain_character(ranges)
    if plain is not None:
        yield _EDIT, 0, plain
        if character:
            yield _REPLACED, 1, plain


def _is_in(ranges: str, character: str) -> bool:
    return any(first <= character <= last for first, last in zip(ranges[::2], ranges[1::2], strict=True))


def _plain_character(ranges: str) -> str | None:
    plain = next((each for each in _PLAIN if _is_in(ranges, each)), None)
    return plain or next((each for each in ranges if each.isprintable()), ranges[:1] or None)


def _written(spot: Spot, came_from: dict[Spot, tuple[Spot | None, str]]) -> str:
    characters = []
    at: Spot | None = spot
    while at is not None:
        at, written = came_from[at]
        characters.append(written)
    return "".join(reversed(characters))
