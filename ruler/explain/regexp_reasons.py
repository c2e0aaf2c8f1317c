"""Why a regular expression does not match a string: the slip that it looks like, else where the string stops matching.

In: the text of a regexp, and a string that it does not accept. Out: a code of REASON_CODES, and a sentence.

    "[a-z]+[0-9]{2}", "ab1"    ->  value-too-short: only the beginning; one of 0-9 would have to follow
    "[a-z]+", "see abc."       ->  pattern-inside-value: "abc" would match, and the whole value must
    "^[a-z]+$", "abc"          ->  regexp-anchor: ^ and $ are ordinary characters

Always: true of both, and bounded: of long strings and large regexps only the plain reason is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ruler.explain.shown import shown
from ruler.patterns.folding import fold
from ruler.patterns.iregexp import IRegexpError, read_regexp
from ruler.patterns.regexp_walk import Places, RegexpWalk, matches_whole
from ruler.patterns.rewrites import without_anchors

MOST_STEPS = 300_000  # characters of the string times instructions of the regexp
_MOST_RANGES = 4  # of expected characters that are told
_LAST = "\U0010ffff"
_CONTROLS = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab", " ": "a space"}

Step = Callable[[Places, str], Places]


def why_not_regexp(regexp: str, value: str) -> tuple[str, str]:
    """Return why ``value`` does not match ``regexp``, which is right."""
    walk = RegexpWalk(read_regexp(regexp))
    if len(walk.instructions) * len(value) > MOST_STEPS:
        return "regexp-stops", f"{shown(value)} does not match the regexp"
    if _matches_without_anchors(regexp, value):
        signs = " and ".join(sign for sign in "^$" if sign in (regexp[:1], regexp[-1:]))
        are = "are ordinary characters" if " " in signs else "is an ordinary character"
        return (
            "regexp-anchor",
            f"{shown(value)} matches but for {signs}, which {are}: the whole value must match anyway",
        )
    if walk.accepts_at(_end(walk.start, value, lambda places, each: _step_in_any_case(walk, places, each))):
        return "differs-in-case", f"{shown(value)} matches the regexp but for upper and lower case"
    if value != value.strip() and walk.accepts_at(_end(walk.start, value.strip(), walk.step)):
        return "differs-in-space", f"{shown(value)} matches the regexp but for the white space around it"
    return _why_a_part_matches(walk, value) or _why_it_stops(walk, value)


def _matches_without_anchors(regexp: str, value: str) -> bool:
    stripped = without_anchors(regexp)
    if stripped == regexp:
        return False
    try:
        return matches_whole(read_regexp(stripped), value)
    except IRegexpError:
        return False


def _end(places: Places, value: str, step: Step) -> Places:
    for character in value:
        places = step(places, character)
        if not places:
            break
    return places


def _step_in_any_case(walk: RegexpWalk, places: Places, character: str) -> Places:
    spellings = dict.fromkeys((character, fold(character), character.upper()[:1], character.lower()[:1]))
    return frozenset().union(*(walk.step(places, each) for each in spellings))


def _why_a_part_matches(walk: RegexpWalk, value: str) -> tuple[str, str] | None:
    """Return the reason when the regexp would match in the value, as those do that are not held to the whole."""
    if walk.accepts_at(walk.start):
        return None  # the empty text matches anywhere
    start, end = _part_that_matches(walk, value)
    if end < 0:
        return None
    part = shown(value[start:end])
    where, code = ("in it", "pattern-inside-value")
    if start == 0:
        where, code = ("at its beginning", "pattern-begins-value")
    elif end == len(value):
        where, code = ("at its end", "pattern-ends-value")
    return code, f"{shown(value)} has {part} {where}, which matches; a regexp asks for the whole value"


def _part_that_matches(walk: RegexpWalk, value: str) -> tuple[int, int]:
    """Return where the longest part stands that begins first and matches; (-1, -1) when none does."""
    begun: dict[int, int] = {}  # place -> the first character of a match that stands there
    start, end = -1, -1
    for index, character in enumerate(value):
        if start < 0:
            for place in walk.start:
                begun.setdefault(place, index)
        after: dict[int, int] = {}
        for place, first in begun.items():
            for each in walk.step(frozenset((place,)), character):
                after[each] = min(first, after.get(each, first))
        begun = after
        first_here = begun.get(len(walk.instructions))
        if first_here is not None and (start < 0 or first_here <= start):
            start, end = first_here, index + 1
            begun = {place: first for place, first in begun.items() if first <= start}
        if not begun and start >= 0:
            break
    return start, end


def _why_it_stops(walk: RegexpWalk, value: str) -> tuple[str, str]:
    places = walk.start
    for index, character in enumerate(value):
        after = walk.step(places, character)
        if not after:
            expected = characters_words(walk.expected(places))
            or_end = ", or the end" if walk.accepts_at(places) and expected else ""
            takes = f"the regexp takes {expected}{or_end}" if expected else "the regexp ends"
            return (
                "regexp-stops",
                f"{shown(value)} stops matching at character {index + 1}, {shown(character)}, where {takes}",
            )
        places = after
    expected = characters_words(walk.expected(places))
    return "value-too-short", f"{shown(value)} is only the beginning of what matches: {expected} would have to follow"


def characters_words(sets: Iterable[str]) -> str:
    """Return the characters of ``sets``, as Characters has them, in words: ``one of a-z, 0-9``; "" for none.

    >>> characters_words(["az"]), characters_words(["09", "az"]), characters_words(["..", ".."])
    ('one of a-z', 'one of 0-9, a-z', '"."')
    """
    pairs = sorted({pair for ranges in sets for pair in zip(ranges[::2], ranges[1::2], strict=True)})
    if not pairs:
        return ""
    if len(pairs) == 1 and pairs[0][0] == pairs[0][1]:
        return _character(pairs[0][0])
    if any(last == _LAST for _, last in pairs) or len(pairs) > _MOST_RANGES:
        return "one of many other characters"
    return f"one of {', '.join(_range(*pair) for pair in pairs)}"


def _range(first: str, last: str) -> str:
    if first == last:
        return _character(first)
    is_plain = first.isalnum() and last.isalnum()
    return f"{first}-{last}" if is_plain else f"{_character(first)} to {_character(last)}"


def _character(character: str) -> str:
    return _CONTROLS.get(character) or shown(character)
