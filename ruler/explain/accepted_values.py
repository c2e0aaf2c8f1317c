"""The value nearest to one of an event that an alternative of a rule accepts.

In: an alternative, and the value that stands in the event, or MISSING. Out: how far off the accepted value is (a
number, smaller is nearer) and that value; None where the pattern accepts no value that JSON can hold.

    {"numeric": [">", 1000]}, 990  ->  1001        {"prefix": "aws."}, "AWS.s3"  ->  "aws.s3"
    "running", "Running"           ->  "running"   {"cidr": "10.0.0.0/8"}, "x"   ->  "10.0.0.1"

For all-of the values near each part are gone on from; where that leads to none, none is found, though there may be one.
Always: the pattern accepts what is returned (asked of acceptance.py), and JSON can hold it: numbers are finite, and
integers beyond 64 bits are doubles. Cost: linear in the value, except that short strings are compared by difflib, and
what ``work_of`` says.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import Any, Final

from ruler.explain.accepted_regexps import nearest_match, work
from ruler.patterns.acceptance import Value, accepts, is_number
from ruler.patterns.folding import fold
from ruler.patterns.located import Alternative
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
    Number,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)
from ruler.patterns.numbers import LARGEST_INTEGER, SMALLEST_INTEGER, canonical, read_number
from ruler.patterns.reader import Node

MISSING: Final = object()  # nothing stands there
SAMPLE = "..."  # a value where any would do

_OTHER_TYPE = 1.0  # how far a value of another type is
_NEARLY_SAME = 0.05  # apart in case, in white space, or in type alone
_MOST_TRIED = 40  # values on the way to one that all parts of an all-of accept
_MOST_OF_PART, _MOST_OF_PATTERN = 8, 3  # patterns of a part, and values of a pattern, that are gone on from
_LONGEST_COMPARED = 2500  # product of two lengths, for difflib: beyond, only both ends are compared
_is_number_text = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?\Z").match


def nearest_value(alternative: Alternative, now: Any) -> tuple[float, Value] | None:
    """Return how far off, and what, the nearest value is that ``alternative`` accepts; ``now`` may be MISSING."""
    for value in _candidates(alternative.pattern, written_text(alternative.node), now):
        if accepts(alternative.pattern, value) and not (isinstance(value, float) and math.isinf(value)):
            return distance(now, value), value
    return None


def distance(now: Any, value: Value) -> float:
    """Return from 0 to 1 how far apart two values are, as people see them; MISSING is as near to all."""
    if now is MISSING:
        return 0.0
    if isinstance(now, str) and isinstance(value, str):
        return _distance_of_strings(now, value)
    if is_number(now) and is_number(value):
        apart = abs(float(now) - float(value))  # type: ignore[arg-type]
        return 0.5 * apart / (1.0 + apart) if math.isfinite(apart) else 0.5
    return _NEARLY_SAME if _spelled(now) == _spelled(value) else _OTHER_TYPE


def written_text(node: Node) -> str | None:
    """Return the string an alternative was written with: "x" for {"prefix": {"equals-ignore-case": "x"}}."""
    while node.kind == "object":
        node = node.value[0][2]
    return node.value if node.kind == "string" else None


def _distance_of_strings(now: str, value: str) -> float:
    if fold(now) == fold(value) or now.strip() == value.strip():
        return _NEARLY_SAME
    if len(now) * len(value) <= _LONGEST_COMPARED:
        return 1.0 - SequenceMatcher(None, now, value, autojunk=False).ratio()
    kept = _common_prefix(now, value)
    kept += _common_prefix(now[kept:][::-1], value[kept:][::-1])
    return 1.0 - kept / max(len(now), len(value))


def _common_prefix(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:  # whole slices, so that this is fast for long strings
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _spelled(value: Any) -> str:
    """Return a value as a person may write it into a string by mistake: true, 1200."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value if isinstance(value, str) else repr(value)


def _candidates(pattern: Pattern, written: str | None, now: Any) -> Iterator[Value]:
    match pattern:
        case Exact(value) | Literal(value):
            yield value
        case Exists():
            yield SAMPLE
        case NumericRange():
            yield from _numbers(pattern, now)
        case Cidr():
            yield from _addresses(pattern)
        case AnythingBut():
            yield from _others(pattern, now)
        case Regexp(program):
            text = now if isinstance(now, str) else "" if now is MISSING else _spelled(now)
            found = nearest_match(program, text)
            if found is not None:
                yield found
        case AllOf():
            yield from _of_all(pattern, now)
        case Absent() | NoneOf():
            return
        case _:
            yield from _strings(pattern, written, now)


# -- several conditions


def _of_all(pattern: AllOf, now: Any) -> Iterator[Value]:
    """Yield values that every part accepts: from ``now`` on, each part that does not is satisfied in its turn."""
    parts = sorted((sorted(part, key=repr) for part in pattern.parts), key=repr)
    waiting = deque([now, MISSING])
    met: set[tuple[type, Value]] = set()
    for _ in range(_MOST_TRIED):
        if not waiting:
            return
        value = waiting.popleft()
        failing = next((part for part in parts if not _accepts_any(part, value)), None)
        if failing is None:
            yield value
            continue
        for each in failing[:_MOST_OF_PART]:
            for candidate in islice(_candidates(each, None, value), _MOST_OF_PATTERN):
                if (type(candidate), candidate) not in met and accepts(each, candidate):
                    met.add((type(candidate), candidate))
                    waiting.append(candidate)


def _accepts_any(patterns: Iterable[Pattern], value: Any) -> bool:
    return value is not MISSING and any(accepts(each, value) for each in patterns)


def work_of(pattern: Pattern, length: int) -> int:
    """Return how many steps it takes to find a value of ``pattern`` near a string of ``length``, for those who count.

    A step is about a microsecond.
    """
    if isinstance(pattern, Regexp):
        return 10 + 3 * work(pattern.program, length)
    if isinstance(pattern, AllOf):
        one = max(work_of(each, length) for part in pattern.parts for each in part)
        return _MOST_TRIED * (one + 5 * len(pattern.parts)) // 4
    return 10 + length // 50


# -- strings


def _strings(pattern: Pattern, written: str | None, now: Any) -> Iterator[str]:
    """Yield strings made from the one that is there, then the plainest one."""
    text = "" if now is MISSING else _spelled(now)
    if not isinstance(now, str) and now is not MISSING:
        yield text  # 1200 as "1200"
    is_kept = isinstance(now, str)
    match pattern:
        case Prefix(begin) | PrefixIgnoreCase(begin):
            if isinstance(pattern, PrefixIgnoreCase) and written is not None and fold(written) == begin:
                begin = written
            yield _with_prefix(begin, text if is_kept else "") or SAMPLE
        case Suffix(end) | SuffixIgnoreCase(end):
            if isinstance(pattern, SuffixIgnoreCase) and written is not None and fold(written) == end:
                end = written
            yield _with_prefix(end[::-1], text[::-1] if is_kept else "")[::-1]
        case EqualsIgnoreCase(folded):
            yield folded if written is None or fold(written) != folded else written
            yield folded
        case Wildcard(pieces) | WildcardIgnoreCase(pieces):
            yield _filled(pieces, text if is_kept else "", keeps_case=isinstance(pattern, WildcardIgnoreCase))
            yield "".join(pieces)


def _with_prefix(prefix: str, text: str) -> str:
    """Return ``text`` behind ``prefix``, of which it may have a part, or all in another case."""
    if fold(text[: len(prefix)]) == fold(prefix):
        return prefix + text[len(prefix) :]
    stripped = text.lstrip()
    if stripped.startswith(prefix):
        return stripped
    return prefix if prefix.startswith(text) else prefix + text


def _filled(pieces: tuple[str, ...], text: str, *, keeps_case: bool) -> str:
    """Return ``text`` with each piece of a wildcard that it lacks put in.

    What it has in another case is written as in the wildcard, unless ``keeps_case`` says that case does not count.
    """
    first, *middle, last = pieces
    folded = fold(text)
    start = len(first) if folded.startswith(fold(first)) else 0
    end = len(text)
    if last and end - start >= len(last) and folded.endswith(fold(last)):
        end -= len(last)
    filled = [first]
    for piece in middle:
        found = folded.find(fold(piece), start, end)
        if found >= 0:
            after = found + len(piece)
            filled += [text[start:found], text[found:after] if keeps_case else piece]
            start = after
        else:
            filled.append(piece)
    return "".join([*filled, text[start:end], last])


# -- addresses


def _addresses(block: Cidr) -> Iterator[str]:
    """Yield the first address of a block that a machine may have, then the first one."""
    width, address = (32, IPv4Address) if block.version == 4 else (128, IPv6Address)
    if width - block.bits > 1:
        yield str(address(block.network + 1))
    yield str(address(block.network))


# -- numbers


def _numbers(bounds: NumericRange, now: Any) -> Iterator[Number]:
    """Yield numbers near ``now``, and then near a bound: whole ones before short ones."""
    number = _as_number(now)
    if number is not None:
        yield number
    is_above = number is not None and bounds.high is not None and number >= bounds.high
    if bounds.low is not None and not is_above:
        yield from _numbers_beside(bounds.low, bounds.low_is_open, 1, bounds)
    if bounds.high is not None:
        yield from _numbers_beside(bounds.high, bounds.high_is_open, -1, bounds)


def _as_number(now: Any) -> Number | None:
    if isinstance(now, str):
        text = now.strip()
        try:
            return read_number(text) if _is_number_text(text) else None
        except OverflowError:
            return None
    return now if is_number(now) else None


def _numbers_beside(bound: Number, is_open: bool, sign: int, bounds: NumericRange) -> Iterator[Number]:
    """Yield the bound when it belongs to the range; else numbers beside it, on the side of ``sign``."""
    if not is_open:
        yield bound
        return
    yield _held(math.floor(bound) + 1 if sign > 0 else math.ceil(bound) - 1)
    whole = bound if isinstance(bound, int) else float(bound)
    for digits in range(1, 8):
        yield canonical(round(float(whole) + sign * 10.0**-digits, digits))
    if bounds.low is not None and bounds.high is not None:
        yield canonical(bounds.low / 2 + bounds.high / 2)
    yield canonical(math.nextafter(float(bound), sign * math.inf))
    yield canonical(float(bound))  # a double beside an integer that none is equal to


def _held(number: int) -> Number:
    """Return a whole number as JSON holds it exactly, or the nearest double."""
    if SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.inf


# -- anything else


def _others(pattern: AnythingBut, now: Any) -> Iterator[Value]:
    """Yield values like ``now`` that may not be excluded; None never is."""
    if isinstance(now, str):
        for more in "x-0":
            yield now + more
            yield more + now
        yield from (SAMPLE, "x", "other", "-", "0", "")
    elif is_number(now):
        for step in range(1, 33):
            yield _held(math.floor(now) + step)
    else:
        yield from (SAMPLE, "x", "other", "-", "0", "")
    yield from (0, True, None)
