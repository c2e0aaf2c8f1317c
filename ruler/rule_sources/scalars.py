r"""Where the characters of a YAML scalar stand in the text.

In: the text, the part of it that is the scalar, the scalar's value and style. Out: the offset of each character.

    key: 'it''s'    ->  the value it's; its characters stand at 6, 7, 8 and 10

Idea: what is not white space stands in the text in the same order, as itself or as an escape. White space of the text
between is indentation, or folded. Always: as many offsets as characters, ascending; when text and value do not go
together, each is that of the scalar's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

_WHITE = " \t\n\r\x85\u2028\u2029"
_LONG_ESCAPES = {"x": 4, "u": 6, "U": 10}  # with the backslash and the letter


def scalar_offsets(text: str, start: int, end: int, value: str, style: str | None) -> Sequence[int]:
    """Return the offset in ``text`` of each character of ``value``; the scalar is ``text[start:end]``.

    >>> list(scalar_offsets("'it''s'", 0, 7, "it's", "'"))
    [1, 2, 3, 5]
    """
    first = start
    if style in ("'", '"'):
        first += 1
    elif style in ("|", ">"):
        first = text.find("\n", start, end) + 1 or end
    if text.startswith(value, first) and first + len(value) <= end:
        return range(first, first + len(value))
    return _aligned(text, first, end, value, style) or [start] * len(value)


def _aligned(text: str, place: int, end: int, value: str, style: str | None) -> list[int] | None:
    """Go along text and value together; None when they do not go together."""
    offsets = []
    for character in value:
        is_white = character in _WHITE
        if not is_white or (style == '"' and text.startswith("\\\n", place)):
            place = _past_white(text, place, end, style)
        if place >= end and not is_white:
            return None
        offsets.append(min(place, end))
        found = text[place : place + 1]
        if style == '"' and found == "\\":
            place += _LONG_ESCAPES.get(text[place + 1 : place + 2], 2)
        elif is_white:
            place += bool(found) and found in _WHITE
        elif style == "'" and text.startswith("''", place):
            place += 2
        elif found == character:
            place += 1
        else:
            return None
    return offsets


def _past_white(text: str, place: int, end: int, style: str | None) -> int:
    """The next offset with something to read; in double quotes a line may end with a backslash that is not read."""
    while place < end:
        if text[place] in _WHITE:
            place += 1
        elif style == '"' and text[place] == "\\" and text[place + 1 : place + 2] in ("\n", "\r"):
            place += 2
        else:
            break
    return place
