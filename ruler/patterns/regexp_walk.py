"""Writes a regular expression out, and says whether it accepts one string, the plain way.

In: a program in postfix order (model.Regexp), and a string. Out: its instructions; whether it accepts the whole
string. The latter is for explanations and tests: a machine has indexes, whose answers must equal it.

    a; Repeat(0, None)   written out   0: to 1 or 3    1: reads "a"    2: back to 1 or on to 3

Idea: repetitions are written out into instructions, and a match stands at a set of them, one step a character.
Always: no recursion and no backtracking. Cost: the length of the string times the program's size (iregexp.MOST_STATES).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ruler.patterns.model import Characters, RegexpStep, Repeat, Sequence

Program = tuple[RegexpStep, ...]
Places = frozenset[int]  # where a match may stand: instructions that read, and the end
Instruction = tuple[str | None, int, int]  # (ranges of Characters, -, -) or (None, step, other step)


def matches_whole(program: Program, value: str) -> bool:
    """Return whether ``program`` accepts ``value``. Cost: the length of the value times the program's size."""
    instructions = _remembered(program)
    now = _closure(instructions, [0])
    for character in value:
        ahead = [at + 1 for at in now if at < len(instructions) and _is_in(character, instructions[at][0])]
        now = _closure(instructions, ahead)
        if not now:
            return False
    return len(instructions) in now


class RegexpWalk:
    """The same in single steps, for those who ask where a match stops and what would go on.

    >>> from ruler.patterns.iregexp import read_regexp
    >>> walk = RegexpWalk(read_regexp("ab?"))
    >>> walk.accepts_at(walk.start), walk.accepts_at(walk.step(walk.start, "a")), walk.expected(walk.start)
    (False, True, ['aa'])
    """

    def __init__(self, program: Program) -> None:
        self.instructions = _remembered(program)
        self.start: Places = self.after([0])

    def step(self, places: Places, character: str) -> Places:
        """Return the places after ``character``; none when no match goes on so."""
        return self.after(at + 1 for at in self.reading(places) if _is_in(character, self.instructions[at][0]))

    def after(self, starts: Iterable[int]) -> Places:
        """Return the places that are reached from ``starts`` without reading on."""
        return frozenset(_closure(self.instructions, starts))

    def reading(self, places: Places) -> list[int]:
        """Return the places that read a character, ascending."""
        return sorted(at for at in places if at < len(self.instructions))

    def accepts_at(self, places: Places) -> bool:
        """Return whether a value that ends here is accepted."""
        return len(self.instructions) in places

    def ranges_at(self, place: int) -> str:
        """Return the characters, as Characters has them, that are read at a place of ``reading``."""
        return self.instructions[place][0] or ""

    def expected(self, places: Places) -> list[str]:
        """Return the characters, as Characters has them, with which a match goes on; each set once."""
        return list(dict.fromkeys(self.ranges_at(at) for at in self.reading(places)))


def _is_in(character: str, ranges: str | None) -> bool:
    """Return whether ``character`` is one of Characters.ranges: it stands between the ends of one, or is one."""
    if ranges is None:
        return False
    place = bisect_left(ranges, character)
    return place % 2 == 1 or ranges[place : place + 1] == character


def _closure(instructions: list[Instruction], starts: Iterable[int]) -> set[int]:
    """Return where a match can stand without reading on: at characters, or at the end."""
    waiting = list(starts)
    met, found = set(waiting), set()
    while waiting:
        at = waiting.pop()
        if at == len(instructions) or instructions[at][0] is not None:
            found.add(at)
            continue
        for step in instructions[at][1:]:
            if at + step not in met:
                met.add(at + step)
                waiting.append(at + step)
    return found


class _Part(NamedTuple):
    """A part of a program, written out."""

    code: list[Instruction]
    is_nullable: bool = False  # it accepts the empty text
    is_closed: bool = False  # it accepts what it accepts several times over: repeating it once more adds nothing


def written_out(program: Program) -> list[Instruction]:
    """Return instructions without repetitions: characters to read, and steps to one of two places ahead or back.

    Reading goes on after the last of them where the program accepts. Cost: their number, a few for each character that
    there is once repetitions are written out (iregexp.MOST_STATES); no more, because what repeats nothing new leaves
    none: else ``(((a)?)?)?`` in a large repetition would be many for one character.
    """
    parts: list[_Part] = []
    for step in program:
        if isinstance(step, Characters):
            parts.append(_Part([(step.ranges, 0, 0)]))
        elif isinstance(step, Repeat):
            parts.append(_repeated(parts.pop(), step.low, step.high))
        else:
            joined = parts[len(parts) - step.count :]
            del parts[len(parts) - step.count :]
            parts.append(_in_sequence(joined) if isinstance(step, Sequence) else _either(joined))
    [part] = parts
    return part.code


_remembered = lru_cache(maxsize=64)(written_out)


def _in_sequence(parts: list[_Part]) -> _Part:
    code = [each for part in parts for each in part.code]
    return _Part(code, is_nullable=all(part.is_nullable for part in parts), is_closed=not parts)


def _either(parts: list[_Part]) -> _Part:
    joined = parts[-1].code
    for part, _, _ in reversed(parts[:-1]):
        joined = [(None, 1, len(part) + 2), *part, (None, len(joined) + 1, len(joined) + 1), *joined]
    return _Part(joined, is_nullable=any(part.is_nullable for part in parts))


def _repeated(part: _Part, low: int, high: int | None) -> _Part:
    code = part.code
    if part.is_nullable:
        low = 0
    if high is None:
        if part.is_closed and low < 2:
            return part if low or part.is_nullable else _optional(part)
        loop = _Part([*code * max(low, 1), (None, -len(code), 1)], is_closed=low < 2)
        return loop if low else _optional(loop)
    if high == 1 and part.is_nullable:
        return part
    once = len(code) + 1
    tail = [each for left in range(high - low, 0, -1) for each in [(None, 1, left * once), *code]]
    return _Part(code * low + tail, is_nullable=not low)


def _optional(part: _Part) -> _Part:
    return _Part([(None, 1, len(part.code) + 1), *part.code], is_nullable=True, is_closed=part.is_closed)
