"""What every string that a regular expression accepts must have: literals, and a length.

In: a program in postfix order (model.Regexp). Out: Needs, by which most values are turned away before any automaton
runs (regexps.py).

    [0-9]+-error-[a-z]{2}  ->  needs "-error-", 9 characters or more       (err|error) [0-9]  ->  needs no literal

Idea: a part of a program is known by what it begins and ends with, and by the literals inside; joining two parts joins
the end of one to the beginning of the other. Of a union nothing is asked but its length.
Always: no recursion. Cost: the size of the program, and of the texts.
"""

from __future__ import annotations

from typing import NamedTuple

from ruler.machine.literals import BEGIN, END
from ruler.patterns.model import Characters, RegexpStep, Repeat, Sequence

# Shorter ones occur in too many values to be worth looking for; an end of the value counts as a character.
_SHORTEST_LITERAL = 2


class Needs(NamedTuple):
    """What is known of the strings that a program accepts."""

    literals: tuple[str, ...]  # each occurs in ⊢value⊣
    shortest: int
    longest: int | None  # None: there is no longest


class _Part(NamedTuple):
    """What is known of the strings that a part of a program accepts."""

    is_exact: bool  # it accepts one string, ``begin``, which is also ``end``
    begin: str
    end: str
    inside: tuple[str, ...]  # literals at neither end
    shortest: int
    longest: int | None


def needs_of(program: tuple[RegexpStep, ...]) -> Needs:
    """Return what every string that ``program`` accepts must have."""
    parts: list[_Part] = []
    for step in program:
        if isinstance(step, Characters):
            is_one = len(step.ranges) == 2 and step.ranges[0] == step.ranges[1]
            text = step.ranges[0] if is_one else ""
            parts.append(_Part(is_one, text, text, (), 1, 1))
        elif isinstance(step, Repeat):
            parts.append(_repeated(parts.pop(), step))
        else:
            joined = parts[len(parts) - step.count :]
            del parts[len(parts) - step.count :]
            parts.append(_sequence(joined) if isinstance(step, Sequence) else _either(joined))
    [whole] = parts
    if whole.is_exact:
        return Needs((f"{BEGIN}{whole.begin}{END}",), whole.shortest, whole.longest)
    literals = (BEGIN + whole.begin, whole.end + END, *whole.inside)
    return Needs(tuple(text for text in literals if len(text) >= _SHORTEST_LITERAL), whole.shortest, whole.longest)


def _sequence(parts: list[_Part]) -> _Part:
    is_exact = True
    begin: list[str] = []
    run: list[str] = []  # what certainly stands side by side up to here
    inside: list[str] = []
    longest: int | None = 0
    for part in parts:
        longest = None if longest is None or part.longest is None else longest + part.longest
        run.append(part.begin)
        if part.is_exact:
            continue
        inside += part.inside
        if is_exact:
            begin, is_exact = run, False
        else:
            inside.append("".join(run))
        run = [part.end]
    end = "".join(run)
    shortest = sum(part.shortest for part in parts)
    return _Part(is_exact, end if is_exact else "".join(begin), end, _worthwhile(inside), shortest, longest)


def _either(parts: list[_Part]) -> _Part:
    longest: int | None = 0
    for part in parts:
        longest = None if longest is None or part.longest is None else max(longest, part.longest)
    return _Part(False, "", "", (), min(part.shortest for part in parts), longest)


def _repeated(part: _Part, repeat: Repeat) -> _Part:
    low, high = repeat.low, repeat.high
    longest = None if high is None or part.longest is None else part.longest * high
    shortest = part.shortest * low
    if low == 0:
        return _Part(False, "", "", (), 0, longest)
    if part.is_exact:
        return _Part(low == high, part.begin * low, part.begin * low, (), shortest, longest)
    inside = part.inside if low == 1 else (*part.inside, part.end + part.begin)
    return _Part(False, part.begin, part.end, _worthwhile(inside), shortest, longest)


def _worthwhile(literals: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([text for text in literals if len(text) >= _SHORTEST_LITERAL]))
