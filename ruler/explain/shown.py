"""Values, patterns and places as a reason shows them: short, on one line, as JSON spells them.

    "aaaa...zzzz" for a long string, 5, true, null; {"prefix": "a"} for a pattern; element 0 of /items

Always: what comes out is at most some hundred characters long, whatever goes in. Control characters of strings are
escaped here as JSON has it; the text form escapes the rest (``visible``).
"""

from __future__ import annotations

import json
from decimal import Context, Decimal, Inexact

from ruler.explain.event_view import Leaf
from ruler.findings import printable
from ruler.patterns.acceptance import Value, is_number
from ruler.patterns.model import (
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Excludable,
    NumericRange,
    Prefix,
    PrefixIgnoreCase,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

LONGEST_VALUE = 60  # characters of a value
LONGEST_PATTERN = 90  # characters of a clause or a pattern
LONGEST_POINTER = 120

_DIGITS = 40  # of a difference between two numbers
_SHORT_DIGITS = 6  # of one that has more than that
_PATTERN_WORDS = {
    Prefix: "prefix",
    Suffix: "suffix",
    EqualsIgnoreCase: "equals-ignore-case",
    PrefixIgnoreCase: "prefix equals-ignore-case",
    SuffixIgnoreCase: "suffix equals-ignore-case",
}


def shown(value: Value) -> str:
    """Return a value as JSON, the middle of a long string left out.

    >>> shown("a"), shown(True), shown(1.5), len(shown("x" * 1000)) < 70
    ('"a"', 'true', '1.5', True)
    """
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        value = f"{value[: LONGEST_VALUE - 20]}...{value[-17:]}"
    return json.dumps(value, ensure_ascii=False)


def visible(text: str) -> str:
    r"""Return ``text`` as a terminal may have it, and what is not seen as escapes: two like words may differ in it.

    >>> print(visible("a\u200bb\u00a0c\n"))
    a\u200bb\u00a0c\n
    """
    text = printable(text)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def cut(text: str, longest: int = LONGEST_PATTERN) -> str:
    """Return ``text`` on one line, its middle left out when it is long.

    >>> cut("[1,\\n  2]"), cut("a" * 200, 20)
    ('[1, 2]', 'aaaaaaaaaaaa...aaaaa')
    """
    if len(text) > 8 * longest:  # before the white space is looked at: the text may be a megabyte
        text = f"{text[: 4 * longest]}{text[-4 * longest :]}"
    lines = [line.strip() for line in text.splitlines()] if "\n" in text or "\r" in text else [text]
    text = " ".join(line for line in lines if line)
    if len(text) <= longest:
        return text
    tail = longest // 4
    return f"{text[: longest - 3 - tail]}...{text[-tail:]}"


def pointer_of(leaf: Leaf) -> str:
    """Return the place of a value as it is shown: its JSON Pointer."""
    return cut(leaf.place.pointer, LONGEST_POINTER)


def kind_of(value: Value) -> str:
    """Return "a string", "a number", or the literal itself."""
    return "a string" if isinstance(value, str) else "a number" if is_number(value) else shown(value)


def pattern_words(pattern: Excludable) -> str:
    """Return what ``anything-but`` excludes: ``"x"``, or ``prefix "x"``."""
    match pattern:
        case Exact(value):
            return shown(value)
        case Wildcard(pieces):
            return f"wildcard {shown('*'.join(pieces))}"
        case WildcardIgnoreCase(pieces):
            return f"wildcard ignore-case {shown('*'.join(pieces))}"
        case NumericRange():
            low = "" if pattern.low is None else f" {'>' if pattern.low_is_open else '>='} {shown(pattern.low)}"
            high = "" if pattern.high is None else f" {'<' if pattern.high_is_open else '<='} {shown(pattern.high)}"
            return f"numeric{low}{high}"
        case Cidr():
            first, last = block_ends(pattern)
            return f"cidr from {first} to {last}"
        case EqualsIgnoreCase(text) | PrefixIgnoreCase(text) | SuffixIgnoreCase(text) | Prefix(text) | Suffix(text):
            return f"{_PATTERN_WORDS[type(pattern)]} {shown(text)}"


def block_ends(block: Cidr) -> tuple[str, str]:
    """Return the first and the last address of a block as text."""
    from ipaddress import IPv4Address, IPv6Address  # 5 ms, for this alone

    width, address = (32, IPv4Address) if block.version == 4 else (128, IPv6Address)
    last = block.network | ((1 << (width - block.bits)) - 1)
    return str(address(block.network)), str(address(last))


def difference(one: int | float, other: int | float) -> str:
    """Return how far apart two numbers are, as they are spelled in decimal.

    >>> difference(1000, 997), difference(5.1, 5), difference(1e300, 1), difference(2.0**64, 2**64 - 1)
    ('3', '0.1', 'about 1e+300', '1')
    """
    context = Context(prec=_DIGITS)
    exact = abs(context.subtract(_decimal(one), _decimal(other)))
    if context.flags[Inexact]:
        return f"about {Context(prec=_SHORT_DIGITS).plus(exact).normalize():e}"
    text = f"{exact.normalize(context):f}"
    return text if len(text) <= _DIGITS else f"{exact.normalize(context):e}"


def _decimal(number: int | float) -> Decimal:
    """Return the shortest decimal that stands for a double; all its digits where integers are compared with it."""
    is_long_integer = isinstance(number, float) and 2.0**53 <= abs(number) < 2.0**65
    return Decimal(number) if is_long_integer else Decimal(repr(number))
