"""The table of pattern types: drives the compiler, the docs, and "did you mean".

One row per keyword: what argument it takes, an example, and one sentence on what it accepts.
Also the names that are reserved inside ``$or`` (section 4 of the semantics).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PatternType:
    """One keyword of the rule language."""

    keyword: str
    argument: str  # what stands after the colon, in words
    example: str  # a whole pattern, as JSON
    meaning: str  # one sentence
    is_extension: bool = False  # of section 13 of the semantics


PATTERN_TYPES: dict[str, PatternType] = {
    row.keyword: row
    for row in (
        PatternType(
            "all-of",
            "a list of values and pattern types, or of lists of them",
            '{"all-of": [{"prefix": "net"}, {"anything-but": {"suffix": ".log"}}]}',
            "Accepts a value when every listed one does; a list inside stands for any of its members.",
            is_extension=True,
        ),
        PatternType(
            "anything-but",
            "a string, a number, a list of strings, a list of numbers, or an object with one of prefix, "
            "suffix, equals-ignore-case, wildcard that holds a string or a list of strings",
            '{"anything-but": ["stopped", "terminated"]}',
            "Accepts every value except the listed ones; a field that is missing has no value to accept.",
        ),
        PatternType(
            "cidr",
            "a string: an IPv4 or IPv6 address, a slash, and the number of fixed bits",
            '{"cidr": "10.0.0.0/8"}',
            "Accepts the strings that are an IP address inside the block.",
        ),
        PatternType(
            "equals-ignore-case",
            "a string",
            '{"equals-ignore-case": "Alice"}',
            "Accepts the strings that differ from this one only in upper and lower case.",
        ),
        PatternType(
            "exactly",
            "a string",
            '{"exactly": "running"}',
            "Accepts this string, as the plain string does.",
        ),
        PatternType(
            "exists",
            "true or false",
            '{"exists": false}',
            "Accepts any value, null included; with false, holds when the field has no value.",
        ),
        PatternType(
            "none-of",
            "a list of values and pattern types",
            '{"none-of": ["debug", {"prefix": "test-"}]}',
            "Holds when no value of the field is accepted by a listed one, and so also when the field has no value.",
            is_extension=True,
        ),
        PatternType(
            "numeric",
            "an array: a comparison and a number, or a lower and then an upper bound",
            '{"numeric": [">", 0, "<=", 5]}',
            "Accepts the numbers for which every comparison is true.",
        ),
        PatternType(
            "prefix",
            'a string, or {"equals-ignore-case": a string}',
            '{"prefix": "aws."}',
            "Accepts the strings that begin so.",
        ),
        PatternType(
            "regexp",
            "a string: a regular expression as RFC 9485 (I-Regexp) has them",
            '{"regexp": "[a-z]+-[0-9]{4}"}',
            "Accepts the strings that match from beginning to end.",
            is_extension=True,
        ),
        PatternType(
            "suffix",
            'a string, or {"equals-ignore-case": a string}',
            '{"suffix": ".png"}',
            "Accepts the strings that end so.",
        ),
        PatternType(
            "wildcard",
            r"a string in which * is any run of characters, \* an asterisk and \\ a backslash",
            '{"wildcard": "dir/*.png"}',
            "Accepts the strings that have this shape from beginning to end.",
        ),
    )
}

# Pattern types that may stand inside another: {"prefix": {"equals-ignore-case": "a"}}.
INNER_TYPES: dict[str, tuple[str, ...]] = {
    "anything-but": ("cidr", "equals-ignore-case", "numeric", "prefix", "suffix", "wildcard"),
    "prefix": ("equals-ignore-case",),
    "suffix": ("equals-ignore-case",),
    "wildcard": ("equals-ignore-case",),
}

# Both without the extensions, for the dialects that have none.
PLAIN_TYPES = {keyword: row for keyword, row in PATTERN_TYPES.items() if not row.is_extension}
PLAIN_INNER_TYPES: dict[str, tuple[str, ...]] = {
    "anything-but": ("equals-ignore-case", "prefix", "suffix", "wildcard"),
    "prefix": ("equals-ignore-case",),
    "suffix": ("equals-ignore-case",),
}

# Where one of these is a name at any depth of a branch, "$or" is not the or-primitive but an ordinary name.
# The list is Event Ruler's, also where a name is no pattern type here.
RESERVED_NAMES_IN_OR: frozenset[str] = frozenset(
    re.findall(
        r"\S+",
        "exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= "
        "regex not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before "
        "in-date-range ip-address-in-range ip-address-not-in-range",
    )
)

# Words of other rule languages for the same thing, reduced as _reduced does.
_SYNONYMS: dict[str, str] = {
    "beginswith": "prefix",
    "startswith": "prefix",
    "endswith": "suffix",
    "equal": "exactly",
    "equals": "exactly",
    "glob": "wildcard",
    "like": "wildcard",
    "ignorecase": "equals-ignore-case",
    "iequals": "equals-ignore-case",
    "not": "anything-but",
    "notin": "anything-but",
    "range": "numeric",
    "ipaddress": "cidr",
    "ip": "cidr",
}
_LONGEST_GUESS = 40  # characters; nobody misspells a keyword into more, and difflib takes quadratic time


def _reduced(name: str) -> str:
    """Return ``name`` without case and punctuation: "anythingBut" and "anything_but" are "anythingbut"."""
    return re.sub(r"[^a-z]", "", name.lower())


def nearest_pattern_type(name: str, among: tuple[str, ...] = tuple(PATTERN_TYPES)) -> str | None:
    """Return the keyword that ``name`` was probably meant to be, or None.

    >>> nearest_pattern_type("Prefx"), nearest_pattern_type("anythingBut"), nearest_pattern_type("total")
    ('prefix', 'anything-but', None)
    """
    if len(name) > _LONGEST_GUESS:
        return None
    reduced = _reduced(name)
    by_reduced = {_reduced(keyword): keyword for keyword in among}
    synonym = _SYNONYMS.get(reduced)
    if synonym in among:
        return synonym
    from difflib import get_close_matches  # 1 ms, for errors alone

    close = get_close_matches(reduced, by_reduced, n=1, cutoff=0.75)
    return by_reduced[close[0]] if close else None
