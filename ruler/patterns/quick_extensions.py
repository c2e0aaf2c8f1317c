"""The part of the quick way to compile (quick.py) that reads the extensions; loaded when a rule first has one.

In: a keyword and its argument, as plain Python values, of a pattern that quick.py cannot read. Out: its pattern, equal
to what extensions.py gives. Whatever is an error or might be one is given up, as there.

    "all-of", ["a", {"prefix": "b"}]  ->  AllOf({{Exact("a")}, {Prefix("b")}})

``$and`` is not among it: its branches have scopes of their own, and so rare a rule may take its time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ruler.patterns.extensions import all_of, ignoring_case, opened
from ruler.patterns.iregexp import IRegexpError, literal_of, read_regexp
from ruler.patterns.model import Absent, AnythingBut, Exact, Exists, NoneOf, Pattern, Regexp
from ruler.patterns.quick import (
    EXCLUDED_READERS,
    NotOrdinary,
    cidr_block,
    ignore_case_argument,
    non_empty_list,
    numeric_pattern,
    only_member,
    plain_text,
    wildcard_pattern,
)

if TYPE_CHECKING:
    from ruler.patterns.quick import Walk

_MOST_LEVELS = 4  # of all-of and none-of inside each other; deeper ones are rare


def extended_pattern(walk: Walk, keyword: str, argument: Any) -> Pattern:
    """Return the pattern of ``{keyword: argument}``, its names counted; gives up with NotOrdinary."""
    read = _READERS.get(keyword)
    if read is None:
        raise NotOrdinary
    walk.name_count += 1
    return read(walk, argument)


def _all_of(walk: Walk, argument: Any) -> Pattern:
    return all_of(
        [_part(walk, value if value.__class__ is list else [value]) for value in _entered(walk, argument)],
    )


def _part(walk: Walk, values: list[Any]) -> frozenset[Pattern]:
    if not values:
        raise NotOrdinary
    walk.inner_level += 1
    patterns = opened([_inside(walk, value) for value in values])
    walk.inner_level -= 1
    return patterns


def _none_of(walk: Walk, argument: Any) -> Pattern:
    patterns = _part(walk, _entered(walk, argument))
    return Absent() if Exists() in patterns else NoneOf(patterns)


def _entered(walk: Walk, argument: Any) -> list[Any]:
    """Return the list that all-of or none-of holds."""
    if argument.__class__ is not list or not argument or walk.inner_level == _MOST_LEVELS:
        raise NotOrdinary
    values: list[Any] = argument
    return values


def _inside(walk: Walk, value: Any) -> Pattern:
    pattern = walk.alternative(value)
    if isinstance(pattern, Absent | NoneOf):
        raise NotOrdinary
    return pattern


def _regexp(_: Walk, argument: Any) -> Pattern:
    try:
        program = read_regexp(plain_text(argument))
    except IRegexpError:
        raise NotOrdinary from None
    literal = literal_of(program)
    return Regexp(program) if literal is None else Exact(literal)


def _wildcard(walk: Walk, argument: Any) -> Pattern:
    walk.name_count += 1
    return ignoring_case(wildcard_pattern(ignore_case_argument(argument)))


def _anything_but(walk: Walk, argument: Any) -> Pattern:
    keyword, inner = only_member(argument)
    walk.name_count += 1
    if keyword == "numeric":
        numbers = numeric_pattern(inner)
        return AnythingBut(frozenset((numbers,)))
    if keyword == "cidr":
        return AnythingBut(frozenset(map(cidr_block, non_empty_list(inner))))
    read = EXCLUDED_READERS.get(keyword)
    if read is None or keyword == "equals-ignore-case" or inner.__class__ is not dict:
        raise NotOrdinary
    walk.name_count += 1
    texts = non_empty_list(ignore_case_argument(inner))
    return AnythingBut(frozenset([ignoring_case(read(text)) for text in texts]))


_READERS: dict[str, Callable[[Walk, Any], Pattern]] = {
    "all-of": _all_of,
    "anything-but": _anything_but,
    "none-of": _none_of,
    "regexp": _regexp,
    "wildcard": _wildcard,
}
