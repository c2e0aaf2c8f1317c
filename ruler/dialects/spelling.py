r"""Writes a pattern in other forms that mean the same, or nearly so.

In: a pattern. Out: Spellings, the plainest first: elements of a clause as JSON text, side by side, and what they do not
keep, in words.

    Prefix("img/")                 ->  {"prefix": "img/"}, or {"wildcard": "img/*"}
    AllOf of > 1 and <= 5          ->  {"numeric": [">", 1, "<=", 5]}
    NoneOf of "a"                  ->  {"anything-but": ["a"]} beside {"exists": false}, which arrays tell apart

Idea: forms that mean the same compile to one pattern, so whatever a user wrote, the pattern's own spellings are what
may stand instead. Only all-of, none-of, regexp and the anything-but of ranges need more than that.
Always: a spelling without a caution accepts exactly what the pattern accepts, wherever it stands. The cost is bounded.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from ruler.dialects.regexp_texts import texts_of_regexp
from ruler.patterns.acceptance import accepts
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
)
from ruler.patterns.rewrites import escaped_in_wildcard, prefix_and_suffix, quoted

MOST_COMBINATIONS = 20  # of the members of an all-of that are written out
OF_ARRAYS = "for fields that are no arrays: in an array one other value would be enough"
OF_NUMBERS = "it accepts numbers only, where anything-but also accepts every other value"
OF_ADDRESSES = "it accepts this spelling of the address alone"
OF_LINE_ENDS = "where values hold no line ends, which * stands for and . does not"


@dataclass(frozen=True, slots=True)
class Spelling:
    """Elements of a clause that say what a pattern says."""

    texts: tuple[str, ...]  # JSON, one or more, to stand side by side
    caution: str = ""  # what is not kept; "" when the meaning is


def spellings(pattern: Pattern) -> Iterator[Spelling]:
    """Yield the spellings of ``pattern``; none when it has no other form."""
    match pattern:
        case AnythingBut(excluded):
            yield from _of_anything_but(list(excluded))
        case AllOf(parts):
            yield from _of_all_of(list(parts))
        case NoneOf(excluded):
            yield from _of_none_of(list(excluded))
        case Regexp(program):
            found = texts_of_regexp(program)
            if found is not None:
                texts = tuple(next(_plain(each)) for each in found)
                yield Spelling(texts, "" if all(isinstance(each, Exact) for each in found) else OF_LINE_ENDS)
        case Cidr(version, network, bits) if bits == (32 if version == 4 else 128):
            address = ipaddress.IPv4Address(network) if version == 4 else ipaddress.IPv6Address(network)
            yield Spelling((quoted(str(address)),), OF_ADDRESSES)
        case _:
            yield from (Spelling((text,)) for text in _plain(pattern))


def _plain(pattern: Pattern) -> Iterator[str]:
    """Yield the forms of a pattern that has nothing inside."""
    match pattern:
        case Exact(value) | Literal(value):
            yield json.dumps(value, ensure_ascii=False)
        case Prefix(text):
            yield _object("prefix", text)
            yield _object("wildcard", f"{escaped_in_wildcard(text)}*")
        case Suffix(text):
            yield _object("suffix", text)
            yield _object("wildcard", f"*{escaped_in_wildcard(text)}")
        case Wildcard(pieces):
            yield _object("wildcard", "*".join(map(escaped_in_wildcard, pieces)))
        case EqualsIgnoreCase(text):
            yield _object("equals-ignore-case", text)
        case PrefixIgnoreCase(text):
            yield _object("prefix", {"equals-ignore-case": text})
        case SuffixIgnoreCase(text):
            yield _object("suffix", {"equals-ignore-case": text})
        case NumericRange():
            yield _object("numeric", _comparisons(pattern))
        case Exists():
            yield _object("exists", True)
        case Absent():
            yield _object("exists", False)


def _comparisons(pattern: NumericRange) -> list[object]:
    found: list[object] = []
    if pattern.low is not None:
        found += [">" if pattern.low_is_open else ">=", pattern.low]
    if pattern.high is not None:
        found += ["<" if pattern.high_is_open else "<=", pattern.high]
    return found


def _object(keyword: str, argument: object) -> str:
    return json.dumps({keyword: argument}, ensure_ascii=False)


# anything-but.


def _of_anything_but(excluded: list[Pattern]) -> Iterator[Spelling]:
    if len(excluded) == 1 and isinstance(excluded[0], NumericRange):
        yield Spelling(tuple(_outside(excluded[0])), OF_NUMBERS)
        return
    for argument in _arguments(excluded):
        yield Spelling((_object("anything-but", argument),))


def _arguments(excluded: list[Pattern]) -> Iterator[object]:
    """Yield the arguments of one anything-but that excludes these patterns: alone, and as a list."""
    if all(isinstance(each, Exact) for each in excluded):
        values: list[str | int | float] = [each.value for each in excluded if isinstance(each, Exact)]
        if len({isinstance(value, str) for value in values}) == 1:
            yield from _alone_or_listed(values)
    for kind, keyword in ((Prefix, "prefix"), (Suffix, "suffix"), (EqualsIgnoreCase, "equals-ignore-case")):
        if all(isinstance(each, kind) for each in excluded):
            texts = [getattr(each, "folded" if kind is EqualsIgnoreCase else "text") for each in excluded]
            if "" not in texts or kind is EqualsIgnoreCase:  # the language has no other empty ones there
                yield from ({keyword: argument} for argument in _alone_or_listed(texts))
    wildcards = [_as_wildcard(each) for each in excluded]
    if None not in wildcards:
        yield from ({"wildcard": argument} for argument in _alone_or_listed([each for each in wildcards if each]))


def _alone_or_listed(values: list[str | int | float] | list[str]) -> Iterator[object]:
    if len(values) == 1:
        yield values[0]
    yield sorted(values)


def _as_wildcard(pattern: Pattern) -> str | None:
    match pattern:
        case Exact(str(text)) if text:
            return escaped_in_wildcard(text)
        case Prefix(text):
            return f"{escaped_in_wildcard(text)}*"
        case Suffix(text):
            return f"*{escaped_in_wildcard(text)}"
        case Wildcard(pieces):
            return "*".join(map(escaped_in_wildcard, pieces))
    return None


def _outside(pattern: NumericRange) -> Iterator[str]:
    """Yield the ranges of the numbers that ``pattern`` does not accept."""
    if pattern.low is not None:
        yield _object("numeric", ["<=" if pattern.low_is_open else "<", pattern.low])
    if pattern.high is not None:
        yield _object("numeric", [">=" if pattern.high_is_open else ">", pattern.high])


# none-of.


def _of_none_of(excluded: list[Pattern]) -> Iterator[Spelling]:
    if all(not isinstance(each, NumericRange) for each in excluded):
        for argument in _arguments(excluded):
            yield Spelling((_object("anything-but", argument), '{"exists": false}'), OF_ARRAYS)


# all-of.


def _of_all_of(parts: list[frozenset[Pattern]]) -> Iterator[Spelling]:
    """Yield the one spelling: of each choice of a member from every part what they accept together."""
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST_COMBINATIONS:
        return
    texts: dict[str, None] = {}
    for choice in product(*(sorted(part, key=repr) for part in parts)):
        found = _together(choice)
        if found is None:
            return
        texts.update(dict.fromkeys(found))
    if texts:
        yield Spelling(tuple(texts))


def _together(patterns: Iterable[Pattern]) -> list[str] | None:
    """Return the elements that accept what all of ``patterns`` do, [] for nothing, None when it cannot be said so."""
    distinct = list(dict.fromkeys(patterns))
    for pattern in distinct:
        if isinstance(pattern, Exact | Literal):
            return list(_plain(pattern)) if all(accepts(each, pattern.value) for each in distinct) else []
    if len(distinct) == 1:
        first = next((each for each in spellings(distinct[0]) if not each.caution), None)
        return None if first is None else list(first.texts)
    ranges = [each for each in distinct if isinstance(each, NumericRange)]
    if len(ranges) == len(distinct):
        common = _intersection(ranges)
        return [] if common is None else list(_plain(common))
    prefixes = [each.text for each in distinct if isinstance(each, Prefix)]
    suffixes = [each.text for each in distinct if isinstance(each, Suffix)]
    if len(distinct) == 2 and prefixes and suffixes:
        found = prefix_and_suffix(prefixes[0], suffixes[0])
        return found if len(found) <= MOST_COMBINATIONS else None
    return None


def _intersection(ranges: list[NumericRange]) -> Pattern | None:
    """Return the numbers that lie in all of ``ranges``; None when there is none."""
    lows = [(each.low, each.low_is_open) for each in ranges if each.low is not None]
    highs = [(each.high, not each.high_is_open) for each in ranges if each.high is not None]
    low, low_is_open = max(lows, default=(None, False))
    high, high_is_closed = min(highs, default=(None, True))
    if low is not None and high is not None:
        if low == high and not low_is_open and high_is_closed:
            return Exact(low)
        if low >= high:
            return None
    return NumericRange(low, low_is_open, high, not high_is_closed)
