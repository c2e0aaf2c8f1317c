"""Texts for clauses and patterns: what drawings show, and the order in which clauses of one path are taken.

In: clauses and patterns (patterns/model.py). Out: one line of text each, the same however sets happen to be ordered.

    Clause("a", {Prefix("b"), Exact(1)})  ->  a ∈ {1, prefix "b"}

Always: two patterns, and two clauses of one path, have the same text only when they are equal. So texts can order them
where nothing else does (``in_order_of_text``), alike in both engines and in every run.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Characters,
    Cidr,
    Clause,
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
    RegexpStep,
    Repeat,
    Sequence,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

# What people call the pattern types.
PATTERN_NAMES: dict[type, str] = {
    Exact: "exact",
    Literal: "literal",
    Prefix: "prefix",
    Suffix: "suffix",
    EqualsIgnoreCase: "equals-ignore-case",
    PrefixIgnoreCase: "prefix ignore-case",
    SuffixIgnoreCase: "suffix ignore-case",
    Wildcard: "wildcard",
    WildcardIgnoreCase: "wildcard ignore-case",
    Regexp: "regexp",
    NumericRange: "numeric",
    Cidr: "cidr",
    Exists: "exists",
    Absent: "absent",
    AnythingBut: "anything-but",
    AllOf: "all-of",
    NoneOf: "none-of",
}


def in_order_of_text(clauses: Iterable[Clause]) -> list[Clause]:
    """Return ``clauses`` by path, those of one path by their texts.

    Engines take the clauses of a sub-rule in an order of their own, which does not tell clauses of one path apart when
    they are equally loose (name_state.py); then this order holds. Asked only where a path occurs twice: texts cost.
    """
    return sorted(clauses, key=lambda clause: (clause.path, describe_clause(clause)))


def describe_clause(clause: Clause) -> str:
    """Return a clause as one line: ``detail.total ∈ {1, > 1000}``."""
    patterns = _sorted(clause.patterns)
    if patterns == ["absent"]:
        return f"{clause.path} absent"
    return f"{clause.path} ∈ {{{', '.join(patterns)}}}"


def describe_pattern(pattern: Pattern) -> str:
    """Return a pattern in a few words: ``prefix "ab"``."""
    match pattern:
        case Exact(value) | Literal(value):
            return _json(value)
        case NumericRange():
            low = None if pattern.low is None else f"{'>' if pattern.low_is_open else '>='} {_json(pattern.low)}"
            high = None if pattern.high is None else f"{'<' if pattern.high_is_open else '<='} {_json(pattern.high)}"
            return " ".join(filter(None, (low, high)))
        case Cidr():
            return f"cidr IPv{pattern.version} 0x{pattern.network:x}/{pattern.bits}"
        case AnythingBut(excluded):
            return f"anything-but {{{describe_patterns(excluded)}}}"
        case NoneOf(excluded):
            return f"none-of {{{describe_patterns(excluded)}}}"
        case AllOf(parts):
            texts = sorted(f"[{describe_patterns(part)}]" for part in parts)
            return f"all-of {{{', '.join(texts)}}}"
        case Wildcard(pieces):
            return f"wildcard {_wildcard(pieces)}"
        case WildcardIgnoreCase(pieces):
            return f"wildcard ignore-case {_wildcard(pieces)}"
        case Regexp(program):
            return f"regexp {_json(regexp_text(program))}"
        case Prefix(text) | Suffix(text):
            return f"{PATTERN_NAMES[type(pattern)]} {_json(text)}"
        case EqualsIgnoreCase(folded) | PrefixIgnoreCase(folded) | SuffixIgnoreCase(folded):
            return f"{PATTERN_NAMES[type(pattern)]} {_json(folded)}"
        case _:
            return PATTERN_NAMES[type(pattern)]


def describe_patterns(patterns: Iterable[Pattern]) -> str:
    """Return patterns, any of which may accept a value, in the order of their texts: ``"q", prefix "p"``."""
    return ", ".join(_sorted(patterns))


def _sorted(patterns: Iterable[Pattern]) -> list[str]:
    return sorted(map(describe_pattern, patterns))


def _wildcard(pieces: tuple[str, ...]) -> str:
    return _json("*".join(piece.replace("\\", "\\\\").replace("*", "\\*") for piece in pieces))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


# Regular expressions. What a part may stand in without parentheses: a part of higher binding.
_UNION, _SEQUENCE, _ATOM = range(3)


def regexp_text(program: tuple[RegexpStep, ...]) -> str:
    """Return an I-Regexp (RFC 9485) that means ``program``; the same for no other program.

    >>> regexp_text((Characters("aa"), Characters("09"), Repeat(1, None), Sequence(2)))
    'a[0-9]+'
    """
    parts: list[tuple[str, int]] = []
    for step in program:
        if isinstance(step, Characters):
            parts.append((_characters(step.ranges), _ATOM))
        elif isinstance(step, Repeat):
            # In parentheses if it is repeated in its turn: one part has one quantifier.
            parts.append((_within(parts.pop(), _ATOM) + _quantifier(step), _SEQUENCE))
        else:
            joined = parts[len(parts) - step.count :]
            del parts[len(parts) - step.count :]
            if isinstance(step, Sequence):
                text = "".join(_within(part, _SEQUENCE) for part in joined)
                parts.append((text or "()", _SEQUENCE if joined else _ATOM))
            else:
                parts.append(("|".join(text for text, _ in joined), _UNION))
    [(text, _)] = parts
    return text


def _within(part: tuple[str, int], binding: int) -> str:
    text, own = part
    return text if own >= binding else f"({text})"


def _quantifier(step: Repeat) -> str:
    sign = {(0, None): "*", (1, None): "+", (0, 1): "?", (step.low, step.low): f"{{{step.low}}}"}
    high = "" if step.high is None else step.high
    return sign.get((step.low, step.high)) or f"{{{step.low},{high}}}"


def _characters(ranges: str) -> str:
    """Return one character or a class; of a class and its opposite the one with fewer ranges."""
    if len(ranges) == 2 and ranges[0] == ranges[1]:
        return _escaped(ranges[0])
    pairs = _without_surrogates(list(zip(map(ord, ranges[::2]), map(ord, ranges[1::2]), strict=True)))
    ends = [-1, *(end for pair in pairs for end in pair), 0x110000]
    others = [(low + 1, high - 1) for low, high in zip(ends[::2], ends[1::2], strict=True) if low + 1 < high]
    if not pairs or 0 < len(others) < len(pairs):
        return f"[^{''.join(_range(*pair) for pair in others)}]"
    return f"[{''.join(_range(*pair) for pair in pairs)}]"


def _without_surrogates(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ``pairs`` with those that end before the surrogates and begin behind them made one."""
    found: list[tuple[int, int]] = []
    for low, high in pairs:
        if low == 0xE000 and found and found[-1][1] == 0xD7FF:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found


def _range(low: int, high: int) -> str:
    return _escaped(chr(low)) if low == high else f"{_escaped(chr(low))}-{_escaped(chr(high))}"


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "()*+-.?[\\]^{|}" else character
