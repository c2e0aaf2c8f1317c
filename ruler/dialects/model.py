"""The shape of a dialect: the rows that every one answers, and the answers.

A dialect is a service that reads rules of this language, or a part of it. It says of each operator whether the service
accepts it, of each limit how large it is, and of each fact what is so; always with the page that says it.

    sns-attributes, operator "nested-path"  ->  refused, by "Filter policy constraints in Amazon SNS", read 2026-11-21
    sns-attributes, operator "exactly"      ->  unknown: no page mentions it

Operators are forms as they are written, not patterns as they are understood: ``{"wildcard": "img/*"}`` and
``{"prefix": "img/"}`` mean the same here, and a service may accept one of them only.

Always: a row is allowed, refused or unknown, and nothing else; what is not unknown has a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class Verdict(Enum):
    """What public pages say of a form."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no page settles it; to be reported as such, never taken for one of the others


class Settled(Enum):
    """What public pages say of a limit or a fact."""

    KNOWN = "known"
    NONE = "none"  # there is no such limit, or it cannot be met, and a page says so
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One form of the language, as it is written."""

    name: str
    example: str  # a whole clause or rule, as JSON
    is_extension: bool = False  # of ruler alone: section 13 of the semantics


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One thing that services count."""

    name: str
    meaning: str  # what is counted
    unit: str = ""  # "" where each dialect has its own, or none is needed


@dataclass(frozen=True, slots=True)
class FactRow:
    """One question about a service whose answer is a sentence."""

    name: str
    question: str


OPERATORS: dict[str, OperatorRow] = {
    row.name: row
    for row in (
        OperatorRow("exact-string", '["x"]'),
        OperatorRow("exact-number", "[1]"),
        OperatorRow("exact-boolean", "[true, false]"),
        OperatorRow("exact-null", "[null]"),
        OperatorRow("exactly", '[{"exactly": "x"}]'),
        OperatorRow("prefix", '[{"prefix": "x"}]'),
        OperatorRow("prefix-ignore-case", '[{"prefix": {"equals-ignore-case": "x"}}]'),
        OperatorRow("suffix", '[{"suffix": "x"}]'),
        OperatorRow("suffix-ignore-case", '[{"suffix": {"equals-ignore-case": "x"}}]'),
        OperatorRow("equals-ignore-case", '[{"equals-ignore-case": "x"}]'),
        OperatorRow("wildcard", '[{"wildcard": "x*y"}]'),
        OperatorRow("numeric-equal", '[{"numeric": ["=", 1]}]'),
        OperatorRow("numeric-bound", '[{"numeric": ["<", 1]}]'),
        OperatorRow("numeric-range", '[{"numeric": [">", 0, "<=", 1]}]'),
        OperatorRow("exists-true", '[{"exists": true}]'),
        OperatorRow("exists-false", '[{"exists": false}]'),
        OperatorRow("cidr", '[{"cidr": "10.0.0.0/8"}]'),
        OperatorRow("anything-but-string", '[{"anything-but": "x"}]'),
        OperatorRow("anything-but-string-list", '[{"anything-but": ["x", "y"]}]'),
        OperatorRow("anything-but-number", '[{"anything-but": 1}]'),
        OperatorRow("anything-but-number-list", '[{"anything-but": [1, 2]}]'),
        OperatorRow("anything-but-prefix", '[{"anything-but": {"prefix": "x"}}]'),
        OperatorRow("anything-but-prefix-list", '[{"anything-but": {"prefix": ["x", "y"]}}]'),
        OperatorRow("anything-but-suffix", '[{"anything-but": {"suffix": "x"}}]'),
        OperatorRow("anything-but-suffix-list", '[{"anything-but": {"suffix": ["x", "y"]}}]'),
        OperatorRow("anything-but-ignore-case", '[{"anything-but": {"equals-ignore-case": "x"}}]'),
        OperatorRow("anything-but-ignore-case-list", '[{"anything-but": {"equals-ignore-case": ["x", "y"]}}]'),
        OperatorRow("anything-but-wildcard", '[{"anything-but": {"wildcard": "x*y"}}]'),
        OperatorRow("anything-but-wildcard-list", '[{"anything-but": {"wildcard": ["x*y", "z"]}}]'),
        OperatorRow("nested-path", '{"a": {"b": ["x"]}}'),
        OperatorRow("or", '{"$or": [{"a": ["x"]}, {"b": ["y"]}]}'),
        OperatorRow("and", '{"$and": [{"a": ["x"]}, {"a": ["y"]}]}', is_extension=True),
        OperatorRow("all-of", '[{"all-of": [{"prefix": "x"}, {"suffix": "y"}]}]', is_extension=True),
        OperatorRow("none-of", '[{"none-of": ["x", {"prefix": "y"}]}]', is_extension=True),
        OperatorRow("regexp", '[{"regexp": "[a-z]+"}]', is_extension=True),
        OperatorRow("wildcard-ignore-case", '[{"wildcard": {"equals-ignore-case": "x*y"}}]', is_extension=True),
        OperatorRow(
            "anything-but-prefix-ignore-case",
            '[{"anything-but": {"prefix": {"equals-ignore-case": "x"}}}]',
            is_extension=True,
        ),
        OperatorRow(
            "anything-but-suffix-ignore-case",
            '[{"anything-but": {"suffix": {"equals-ignore-case": "x"}}}]',
            is_extension=True,
        ),
        OperatorRow(
            "anything-but-wildcard-ignore-case",
            '[{"anything-but": {"wildcard": {"equals-ignore-case": "x*y"}}}]',
            is_extension=True,
        ),
        OperatorRow("anything-but-cidr", '[{"anything-but": {"cidr": "10.0.0.0/8"}}]', is_extension=True),
        OperatorRow("anything-but-numeric", '[{"anything-but": {"numeric": [">", 1]}}]', is_extension=True),
    )
}

LIMITS: dict[str, LimitRow] = {
    row.name: row
    for row in (
        LimitRow("pattern-size", "the text of one rule"),
        LimitRow("rules", "rules in one set", "rules"),
        LimitRow("wildcard-rules", "rules with wildcards in one set", "rules"),
        LimitRow("paths", "paths in one sub-rule", "paths"),
        LimitRow("paths-with-or", "paths in the whole of a rule that has $or", "paths"),
        LimitRow("or-combinations", "sub-rules that the $or of a rule make", "sub-rules"),
        LimitRow("values", "values in one clause", "values"),
        LimitRow("value-combinations", "choices of one value from each clause in all sub-rules", "choices"),
        LimitRow("value-combinations-by-level", "such choices times the levels of their paths", "choices"),
        LimitRow("nesting", "names inside each other on the way to a clause", "names"),
        LimitRow("number-low", "the lowest number in numeric"),
        LimitRow("number-high", "the highest number in numeric"),
        LimitRow("number-decimals", "digits after the point of a number in numeric", "digits"),
        LimitRow("number-digits", "significant digits of a number in numeric", "digits"),
        LimitRow("wildcards-in-pattern", "asterisks in one wildcard", "asterisks"),
        LimitRow("wildcard-complexity", "points for all wildcards of a rule", "points"),
        LimitRow("cidr-bits-ipv4", "fixed bits of an IPv4 block", "bits"),
        LimitRow("cidr-bits-ipv6", "fixed bits of an IPv6 block", "bits"),
    )
}

FACTS: dict[str, FactRow] = {
    row.name: row
    for row in (
        FactRow("scope", "What does a rule test?"),
        FactRow("plain-numbers", "When does a plain number in a rule equal one of an event?"),
        FactRow("numeric-numbers", "Which numbers does numeric compare?"),
        FactRow("exists", "Where does exists look?"),
        FactRow("cidr", "How is an address block spelt?"),
        FactRow("repeated-paths", "What when a rule names a path twice?"),
    )
}


@dataclass(frozen=True, slots=True)
class Source:
    """A public page, and when it was read."""

    title: str
    address: str  # a web address; of the dialect ruler also a page of this project
    read: date
    note: str = ""  # how it was read, when not as the page itself


@dataclass(frozen=True, slots=True)
class OperatorCell:
    """What a dialect says of one operator. Invariant: a source unless UNKNOWN; a note when UNKNOWN."""

    verdict: Verdict
    source: Source | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LimitCell:
    """What a dialect says of one limit. Invariant: a value exactly when KNOWN; a source unless UNKNOWN."""

    settled: Settled
    source: Source | None
    note: str = ""
    value: int | float | None = None
    unit: str = ""
    beyond: Verdict = Verdict.REFUSED  # UNKNOWN when no page says what becomes of a rule beyond the limit
    is_adjustable: bool = False  # the service raises it on request


@dataclass(frozen=True, slots=True)
class FactCell:
    """What a dialect says of one fact. Invariant: a text and a source when KNOWN."""

    settled: Settled
    source: Source | None
    text: str = ""  # one or more sentences; when UNKNOWN, what is missing


@dataclass(frozen=True, slots=True)
class RefusedNames:
    """Names that may not begin a path."""

    names: frozenset[str]
    source: Source


@dataclass(frozen=True, slots=True)
class Dialect:
    """A service that reads rules of this language. Invariant: it has every row of OPERATORS, LIMITS and FACTS."""

    name: str
    service: str  # "Amazon SNS, filter policies on the message body"
    about: str  # what the rules are called there, and what is not covered
    sources: tuple[Source, ...]
    operators: dict[str, OperatorCell]
    limits: dict[str, LimitCell]
    facts: dict[str, FactCell]
    refused_names: RefusedNames | None = None
