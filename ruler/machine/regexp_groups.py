"""Runs many regular expressions over one value together, by an automaton that is built while it is used.

In: regexps, written out; a value. Out: those that accept the whole of it.

    a[bc]; b*    positions  0: "a"  1: "bc"  2: accepts the first  3: "b"  4: accepts the second
                 begins at {0, 3, 4}; after "b" at {3, 4}; after "ba" at none, and there it stops

Idea: a state of the automaton is the set of positions where a match can stand, one bit each in an integer. What it
leads to is worked out when it is first asked for, and remembered. Characters that all positions treat alike are of
one class, and steps are remembered by class. Most positions lead to the next one, to themselves or to both: those
are taken all at once, by a shift, and only the others (jumps) one by one.

States are remembered within a Budget that the groups of a path share. When it is used up, all forget theirs, and the
value at hand is walked to its end without remembering: so a value costs its length times the size of the group at
worst, whatever was done to use the budget up. Nothing goes back in a value.

Threads may search one group at the same time: each writes only what any other would write there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from ruler.patterns.model import RegexpStep
from ruler.patterns.regexp_walk import written_out

E = TypeVar("E")

# Positions of a group: so many that 1,000 short regexps are few groups, so few that a set of them is a kilobyte.
MOST_POSITIONS = 8192

# Remembered a path, in units of some 100 bytes: a few MB.
MOST_REMEMBERED = 50_000
_BITS_A_UNIT = 1024
_UNITS_A_STATE = 4

_LARGEST_CHARACTER = 0x10FFFF
_CLASSES_KEPT = 256  # those of the first code points; others are looked up each time


class Positions(NamedTuple):
    """One program as positions: each is a set of characters to be read, and the last accepts."""

    position_count: int
    start: int  # bits: where a match can stand at first
    sets: dict[str, int]  # ranges (Characters.ranges) -> bits of the positions that read them
    stays: int  # bits of those that lead to themselves
    steps: int  # bits of those that lead to the next
    jumps: dict[int, int]  # position -> bits of what else it leads to


def positions_of(program: tuple[RegexpStep, ...]) -> Positions:
    """Return the positions of ``program``. Cost: its size, times how deep its repetitions nest."""
    instructions = written_out(program)
    reach = _reach(instructions)
    sets: dict[str, int] = {}
    stays = steps = place = 0
    jumps: dict[int, int] = {}
    for at, (ranges, _, _) in enumerate(instructions):
        if ranges is None:
            continue
        own, after = 1 << place, 2 << place
        ahead = reach[at + 1]
        sets[ranges] = sets.get(ranges, 0) | own
        stays |= ahead & own
        steps |= own if ahead & after else 0
        if ahead & ~(own | after):
            jumps[place] = ahead & ~(own | after)
        place += 1
    return Positions(place + 1, reach[0], sets, stays, steps, jumps)


def _reach(instructions: list[tuple[str | None, int, int]]) -> list[int]:
    """Return, for each instruction and the end, the positions that can be reached from it without reading."""
    place = sum(ranges is not None for ranges, _, _ in instructions)
    reach = [0] * len(instructions) + [1 << place]
    own = list(reach)
    for at in range(len(instructions) - 1, -1, -1):
        if instructions[at][0] is not None:
            place -= 1
            own[at] = reach[at] = 1 << place
    is_settled = False
    while not is_settled:  # once, and again for each level of loops
        is_settled = True
        for at in range(len(instructions) - 1, -1, -1):
            ranges, step, other = instructions[at]
            if ranges is None:
                found = reach[at + step] | reach[at + other]
                if found != reach[at]:
                    reach[at] = found
                    is_settled = is_settled and step > 0
    return reach


class Budget:
    """What the groups of one path may remember together."""

    __slots__ = ("_users", "left")

    def __init__(self) -> None:
        self.left = MOST_REMEMBERED
        self._users: dict[Automaton[Any], None] = {}

    def spend(self, units: int, automaton: Automaton[Any]) -> bool:
        """Return whether ``automaton`` may remember so much more; when it may not, all have forgotten."""
        self.left -= units
        if self.left >= 0:
            self._users[automaton] = None
            return True
        users, self._users = self._users, {}
        self.left = MOST_REMEMBERED
        for user in users:
            user.forget()
        return False


class _State(dict[str, "_State"]):
    """A set of positions; its items are the steps known so far, by class of characters."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits


class _Classes(dict[int, str]):
    """Code point -> its class, as a character; ``str.translate`` uses it."""

    __slots__ = ("_boundaries", "_classes", "masks")

    def __init__(self, sets: dict[str, int]) -> None:
        changes: dict[int, int] = {}  # code point -> the positions for which membership changes there
        for ranges, bits in sets.items():
            for index, end in enumerate(ranges):
                point = ord(end) + index % 2  # the first of a range, the one after the last
                changes[point] = changes.get(point, 0) ^ bits
        mask = 0
        class_of: dict[int, str] = {0: "\0"}
        boundaries, classes = [], ["\0"]
        for point in sorted(changes):
            mask ^= changes[point]
            if point <= _LARGEST_CHARACTER:
                boundaries.append(chr(point))
                classes.append(class_of.setdefault(mask, chr(len(class_of))))
        self._boundaries = "".join(boundaries)
        self._classes = "".join(classes)
        self.masks = {name: mask for mask, name in class_of.items()}  # class -> the positions that read it

    def __missing__(self, code_point: int) -> str:
        found = self._classes[bisect_right(self._boundaries, chr(code_point))]
        if code_point < _CLASSES_KEPT:
            self[code_point] = found
        return found


class Automaton(Generic[E]):
    """The positions of a group side by side, and the states built so far."""

    __slots__ = (
        "_accepting",
        "_budget",
        "_entries",
        "_jumps",
        "_jumpy",
        "_start",
        "_states",
        "_stays",
        "_steps",
        "classes",
    )

    def __init__(self, members: Iterable[tuple[E, Positions]], budget: Budget) -> None:
        self._budget = budget
        self._entries: dict[int, E] = {}  # accepting position -> whose it is
        self._jumps: dict[int, tuple[int, int]] = {}  # position -> bits it leads to, and how far to shift them
        self._start = self._stays = self._steps = 0
        sets: dict[str, int] = {}
        offset = 0
        for entry, positions in members:
            self._start |= positions.start << offset
            self._stays |= positions.stays << offset
            self._steps |= positions.steps << offset
            for ranges, bits in positions.sets.items():
                sets[ranges] = sets.get(ranges, 0) | bits << offset
            for place, bits in positions.jumps.items():
                self._jumps[place + offset] = (bits, offset)
            offset += positions.position_count
            self._entries[offset - 1] = entry
        self._accepting = sum(1 << place for place in self._entries)
        self._jumpy = sum(1 << place for place in self._jumps)
        self.classes = _Classes(sets)
        self._states: dict[int, _State] = {}

    def forget(self) -> None:
        self._states = {}

    def accepting(self, value: str) -> Iterator[E]:
        """Return whose regexps accept the whole of ``value``."""
        state = self._state(self._start)
        if state is None:
            state = _State(self._start)
        characters = iter(value.translate(self.classes))
        for character in characters:
            following = state.get(character)
            if following is None:
                following = self._step(state, character)
                if following is None:
                    return self._accepted(self._walked(state.bits, character, characters))
            if not following.bits:
                return iter(())
            state = following
        return self._accepted(state.bits)

    def _step(self, state: _State, character: str) -> _State | None:
        """Work out one step and remember it; None when there is no room."""
        bits = self._after(state.bits, character)
        following = self._state(bits) if self._budget.spend(1, self) else None
        if following is not None:
            state[character] = following
        return following

    def _state(self, bits: int) -> _State | None:
        """Return the state of these positions, remembered from now on; None when there is no room."""
        state = self._states.get(bits)
        if state is None and self._budget.spend(_UNITS_A_STATE + bits.bit_length() // _BITS_A_UNIT, self):
            state = self._states[bits] = _State(bits)
        return state

    def _walked(self, bits: int, character: str, characters: Iterator[str]) -> int:
        """Return where a match stands after ``character`` and ``characters``, remembering nothing."""
        bits = self._after(bits, character)
        for each in characters:
            if not bits:
                break
            bits = self._after(bits, each)
        return bits

    def _after(self, bits: int, character: str) -> int:
        """Return where a match that stands at ``bits`` can stand once ``character`` is read."""
        read = bits & self.classes.masks[character]
        after = (read & self._stays) | (read & self._steps) << 1
        for place in _places(read & self._jumpy):
            ahead, offset = self._jumps[place]
            after |= ahead << offset
        return after

    def _accepted(self, bits: int) -> Iterator[E]:
        return (self._entries[place] for place in _places(bits & self._accepting))


def _places(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while bits:
        place = bits.bit_length() - 1
        yield place
        bits ^= 1 << place
