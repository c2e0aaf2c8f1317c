"""Says which plain texts and wildcards a regular expression stands for, where it stands for few.

In: the program of a Regexp. Out: patterns without regexp, any of which may accept; None when it is no such expression.

    colou?r      ->  "color", "colour"        img/.*  ->  Prefix("img/")        [0-9]+  ->  None

Idea: the program is walked with a stack whose entries are sets of texts. A text is a tuple of characters, with ANY for
``.*``, which becomes the asterisk of a wildcard.
Always: no more than MOST_TEXTS texts of MOST_CHARACTERS characters each. ``.`` accepts no line end and an asterisk
does, so that what holds ANY accepts more.
"""

from __future__ import annotations

from itertools import product

from ruler.patterns.iregexp import read_regexp
from ruler.patterns.model import (
    Characters,
    Exact,
    Pattern,
    RegexpStep,
    Repeat,
    Sequence,
    Union,
)
from ruler.patterns.wildcards import pattern_of_pieces

MOST_TEXTS = 20
MOST_CHARACTERS = 200  # of one text
ANY = ""  # stands for any text; every other element of a text is one character
Texts = list[tuple[str, ...]]
[_DOT] = read_regexp(".")


def texts_of_regexp(program: tuple[RegexpStep, ...]) -> list[Pattern] | None:
    """Return what ``program`` accepts as patterns without regexp, None when that is not possible or too much."""
    stack: list[Texts | None] = []
    for index, step in enumerate(program):
        match step:
            case Characters(ranges):
                is_any = step == _DOT and program[index + 1 : index + 2] == (Repeat(0, None),)
                stack.append([(ANY,)] if is_any else _members(ranges))
            case Repeat():
                stack.append(_repeated(stack.pop(), step))
            case Sequence(count) | Union(count):
                parts = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                whole = [part for part in parts if part is not None]
                joined = _sequence(whole) if isinstance(step, Sequence) else [text for part in whole for text in part]
                stack.append(joined if len(whole) == count else None)
        if stack[-1] is None or len(stack[-1]) > MOST_TEXTS or max(map(len, stack[-1])) > MOST_CHARACTERS:
            return None
    [found] = stack
    return None if found is None else list(dict.fromkeys(map(_pattern, found)))


def _members(ranges: str) -> Texts | None:
    found: Texts = []
    for low, high in zip(ranges[::2], ranges[1::2], strict=True):
        if ord(high) - ord(low) >= MOST_TEXTS:
            return None
        found += [(chr(code),) for code in range(ord(low), ord(high) + 1)]
    return found or None


def _repeated(texts: Texts | None, step: Repeat) -> Texts | None:
    if texts == [(ANY,)] and step == Repeat(0, None):
        return texts
    if texts is None or step.high is None or step.high > MOST_CHARACTERS:
        return None
    found: Texts = []
    power: Texts = [()]
    for count in range(step.high + 1):
        if count >= step.low:
            found += power
        power = _sequence([power, texts])
        if len(found) > MOST_TEXTS or len(power) > MOST_TEXTS:
            return found if count == step.high and len(found) <= MOST_TEXTS else None
    return found


def _sequence(parts: list[Texts]) -> Texts:
    """Return every text made of one of each part; a few too many when there are too many."""
    texts: Texts = [()]
    for part in parts:
        texts = [(*text, *more) for text, more in product(texts, part)]
        if len(texts) > MOST_TEXTS:
            break
    return texts


def _pattern(text: tuple[str, ...]) -> Pattern:
    """Return the pattern of one text."""
    pieces = [""]
    for character in text:
        if character == ANY:
            pieces.append("")
        else:
            pieces[-1] += character
    if len(pieces) == 1:
        return Exact(pieces[0])
    return pattern_of_pieces([pieces[0], *filter(None, pieces[1:-1]), pieces[-1]])
