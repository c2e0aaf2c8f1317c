"""Writes a program back as the text of a regular expression: one text for one program, for drawings.

    a; bc; Sequence(2); d; Union(2)  ->  "a[b-c]|d"

Groups stand where they must. Classes are spelled as ranges, or as all but some ranges where that is shorter; a
category is the ranges it has. Always: no recursion; reading the text gives a program of the same meaning.
"""

from __future__ import annotations

from ruler.patterns.model import Characters, RegexpStep, Repeat, Sequence

_SPECIAL = str.maketrans({each: f"\\{each}" for each in "()*+-.?[\\]^{|}"})
_LARGEST = "\U0010ffff"
_BEFORE_SURROGATES, _AFTER_SURROGATES = "\ud7ff", "\ue000"

# What a part can stand in without a group: one character or group in all, a sequence in a union only.
_ATOM, _PIECE, _SEQUENCE, _UNION = range(4)


def regexp_text(program: tuple[RegexpStep, ...]) -> str:
    """Return the text of ``program``."""
    parts: list[tuple[int, str]] = []
    for step in program:
        if isinstance(step, Characters):
            parts.append((_ATOM, _class_text(step.ranges)))
        elif isinstance(step, Repeat):
            parts.append((_PIECE, _within(_ATOM, parts.pop()) + _quantifier(step)))
        elif step.count == 0:
            parts.append((_ATOM, "()"))
        else:
            joined = parts[-step.count :]
            del parts[-step.count :]
            if isinstance(step, Sequence):
                parts.append((_SEQUENCE, "".join([_within(_PIECE, part) for part in joined])))
            else:
                parts.append((_UNION, "|".join([_within(_SEQUENCE, part) for part in joined])))
    [(_, text)] = parts
    return text


def _within(loosest: int, part: tuple[int, str]) -> str:
    kind, text = part
    return text if kind <= loosest else f"({text})"


def _quantifier(repeat: Repeat) -> str:
    low, high = repeat.low, repeat.high
    sign = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if sign is not None:
        return sign
    if low == high:
        return f"{{{low}}}"
    return f"{{{low},{'' if high is None else high}}}"


def _class_text(ranges: str) -> str:
    if len(ranges) == 2 and ranges[0] == ranges[1]:
        return ranges[0].translate(_SPECIAL)
    others = _others(ranges)
    is_negated = 0 < len(others) < len(ranges) or not ranges
    return f"[^{_members(others)}]" if is_negated else f"[{_members(ranges)}]"


def _members(ranges: str) -> str:
    members = []
    for first, last in zip(ranges[::2], ranges[1::2], strict=True):
        low, high = first.translate(_SPECIAL), last.translate(_SPECIAL)
        members.append(low if first == last else f"{low}-{high}")
    return "".join(members)


def _others(ranges: str) -> str:
    """Return the ranges between ``ranges``, surrogates left out."""
    ends = ["", *ranges, ""]
    found = []
    for before, after in zip(ends[::2], ends[1::2], strict=True):
        first = "\0" if not before else _next(before) if before < _LARGEST else None
        last = _LARGEST if not after else _previous(after) if after > "\0" else None
        if first is None or last is None or first > last:
            continue
        if first < _BEFORE_SURROGATES < last or first == _BEFORE_SURROGATES < last:
            found += [first, _BEFORE_SURROGATES, _AFTER_SURROGATES, last]
        else:
            found += [first, last]
    return "".join(found)


def _next(character: str) -> str:
    return _AFTER_SURROGATES if character == _BEFORE_SURROGATES else chr(ord(character) + 1)


def _previous(character: str) -> str:
    return _BEFORE_SURROGATES if character == _AFTER_SURROGATES else chr(ord(character) - 1)
