"""Compiles the rules that are right and ordinary, several times as fast as the compiler does.

In: a rule's text, or a mapping of plain Python values. Out: the text and the sub-rules that the compiler would
give; None for anything else.

    '{"a": ["x"]}'  ->  ('{"a": ["x"]}', (SubRule(...),))    '{"a": "x"}'  ->  None

Idea: nearly all rules are right, and then nobody asks where a value stood in the text. So the text is decoded by
orjson, or the mapping is taken as it is, and walked once. At the first thing that is an error, or might be one, or is
merely rare, the walk gives up without a word, and the compiler reads the rule from the beginning. So there is one
place that says what is wrong, and its message is the true one.

Always: the compiler is the definition. What is answered here equals its answer, sub-rules, their order and text;
tests/test_quick.py compares the two over drawn and damaged rules and every conformance case. Giving up is never wrong.
Recursion is bounded by _MOST_LEVELS, the number of sub-rules by the limits, as in the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONEncoder
from math import isfinite
from typing import Any, TypeVar

from orjson import loads

from ruler.patterns.cidr import block_of
from ruler.patterns.clauses import suffix_pattern
from ruler.patterns.folding import fold
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Cidr,
    Clause,
    EqualsIgnoreCase,
    Exact,
    Excludable,
    Exists,
    Literal,
    Number,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    SubRule,
    Suffix,
    SuffixIgnoreCase,
)
from ruler.patterns.numbers import LARGEST_INTEGER, SMALLEST_INTEGER, canonical
from ruler.patterns.numeric import COMPARISONS, LOWER, UPPER, one_comparison
from ruler.patterns.vocabulary import RESERVED_NAMES_IN_OR
from ruler.patterns.wildcards import pattern_of_pieces, plain_pieces

_MOST_LEVELS = 12  # objects inside each other, branches among them; deeper rules are rare
_T = TypeVar("_T")

# Writes what mappings.text_from_mapping writes, given what the walk has accepted.
_text_of_mapping = JSONEncoder(ensure_ascii=False, check_circular=False).encode
_without_strings = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL).sub
_JOINING = frozenset(("$or", "$and"))
_EXTENDED_INNER = frozenset(("cidr", "numeric"))
_EXISTS, _ABSENT = Exists(), Absent()


class NotOrdinary(Exception):
    """The compiler has to read this rule."""


def quickly_compiled(
    rule: Any, max_paths: int, max_sub_rules: int, *, extensions: bool = False
) -> tuple[str, tuple[SubRule, ...]] | None:
    """Return the text and the sub-rules of ``rule`` when it is right and ordinary, else None."""
    walk = Walk(max_paths, max_sub_rules, extensions=extensions)
    try:
        if rule.__class__ is dict:
            sub_rules = walk.sub_rules_of(rule)
            text = _text_of_mapping(rule)
            if not text.isascii():
                text.encode()  # raises at a lone surrogate
            return text, sub_rules
        text = _text_of(rule)
        sub_rules = walk.sub_rules_of(loads(text))
    except (NotOrdinary, ValueError, RecursionError):  # ValueError: of loads, encode and decode
        return None
    return (text, sub_rules) if _has_distinct_names(text, walk.name_count) else None


def _text_of(rule: Any) -> str:
    if rule.__class__ is str:
        return rule
    if rule.__class__ is bytes:
        return rule.decode()
    raise NotOrdinary


def _has_distinct_names(text: str, name_count: int) -> bool:
    """Return whether ``text``, decoded to ``name_count`` names, had no more than that.

    Of equal names in one object only the last is decoded, but each has its colon in the text. Colons
    inside strings are rare enough to be taken away only where they are in the way.
    """
    return text.count(":") == name_count or _without_strings("", text).count(":") == name_count


class Walk:
    """One walk over one rule: compiler._Compiler without errors. The same steps have the same names."""

    __slots__ = (
        "extensions",
        "finished_in_open_ors",
        "inner_level",
        "max_paths",
        "max_sub_rules",
        "name_count",
        "pending",
        "sub_rules",
    )

    def __init__(self, max_paths: int, max_sub_rules: int, *, extensions: bool) -> None:
        self.extensions = extensions
        self.inner_level = 0  # of all-of and none-of around what is read
        self.max_paths = max_paths
        self.max_sub_rules = max_sub_rules
        self.name_count = 0
        self.sub_rules: list[dict[str, Clause]] = [{}]
        self.pending: dict[str, Clause] = {}
        self.finished_in_open_ors = 0

    def sub_rules_of(self, rule: Any) -> tuple[SubRule, ...]:
        if rule.__class__ is not dict:
            raise NotOrdinary
        self.object(rule, "", 1)
        self.write_pending()
        if len(self.sub_rules) == 1:
            return (SubRule(frozenset(self.sub_rules[0].values())),)
        return tuple(dict.fromkeys([SubRule(frozenset(each.values())) for each in self.sub_rules]))

    def object(self, members: dict[Any, Any], prefix: str, level: int) -> None:
        """Read the members of an object; ``prefix`` is what stands before their names in a path."""
        if not members or level > _MOST_LEVELS:
            raise NotOrdinary
        self.name_count += len(members)
        for name, value in members.items():
            if name.__class__ is not str:
                raise NotOrdinary
            if value.__class__ is dict:
                self.object(value, f"{prefix}{name}.", level + 1)
            elif value.__class__ is not list:
                raise NotOrdinary
            elif name in _JOINING and (name == "$or" or self.extensions):
                if name != "$or":
                    raise NotOrdinary
                self.alternatives(value, prefix, level)
            else:
                path = prefix + name
                self.pending[path] = Clause(path, self.patterns(value))

    def write_pending(self) -> None:
        if self.pending:
            self.sub_rules = [{**sub_rule, **self.pending} for sub_rule in self.sub_rules]
            if max(map(len, self.sub_rules)) > self.max_paths:
                raise NotOrdinary
            self.pending = {}

    def alternatives(self, branches: list[Any], prefix: str, level: int) -> None:
        """Read the branches of a ``$or``. One that is not plainly the or-primitive is left to the compiler."""
        if len(branches) < 2:
            raise NotOrdinary
        self.write_pending()
        before = self.sub_rules
        after: list[dict[str, Clause]] = []
        for branch in branches:
            _refuse_reserved_names(branch, level)
            self.sub_rules = before
            self.object(branch, prefix, level + 1)
            self.write_pending()
            if self.finished_in_open_ors + len(self.sub_rules) > self.max_sub_rules:
                raise NotOrdinary
            after += self.sub_rules
            self.finished_in_open_ors += len(self.sub_rules)
        self.finished_in_open_ors -= len(after)
        self.sub_rules = after

    def patterns(self, clause: list[Any]) -> frozenset[Pattern]:
        if not clause:
            raise NotOrdinary
        patterns: list[Pattern] = []
        for value in clause:
            kind = value.__class__
            if kind is str:
                patterns.append(Exact(value))
            elif kind is dict:
                patterns.append(self.pattern(value))
            elif kind is bool or value is None:
                patterns.append(Literal(value))
            else:
                patterns.append(Exact(_number(value)))
        return frozenset(patterns)

    def alternative(self, value: Any) -> Pattern:
        """Return the pattern of one value of a list inside a pattern."""
        if value.__class__ is str:
            return Exact(value)
        if value.__class__ is dict:
            return self.pattern(value)
        return Literal(value) if value.__class__ is bool or value is None else Exact(_number(value))

    def pattern(self, members: dict[Any, Any]) -> Pattern:
        keyword, argument = only_member(members)
        read = _READERS.get(keyword)
        if argument.__class__ is not dict:
            if read is not None:
                self.name_count += 1
                return read(argument)
        elif read is not None and not (self.extensions and _is_extended(keyword, argument)):
            self.name_count += 2  # every reader takes at most one object, with one name
            return read(argument)
        if not self.extensions:
            raise NotOrdinary
        from ruler.patterns.quick_extensions import extended_pattern  # for few rules only

        return extended_pattern(self, keyword, argument)


def _is_extended(keyword: str, argument: dict[Any, Any]) -> bool:
    """Return whether this pattern type, known without the extensions, has an argument that only they know."""
    if keyword != "anything-but":
        return keyword == "wildcard"
    return any(name in _EXTENDED_INNER or value.__class__ is dict for name, value in argument.items())


def _refuse_reserved_names(branch: Any, level: int) -> None:
    """Give up on a branch with a reserved name, at any depth of objects, or that is no object."""
    if branch.__class__ is not dict or level > _MOST_LEVELS or not RESERVED_NAMES_IN_OR.isdisjoint(branch):
        raise NotOrdinary
    for value in branch.values():
        if value.__class__ is dict:
            _refuse_reserved_names(value, level + 1)


def only_member(members: dict[Any, Any]) -> tuple[str, Any]:
    if len(members) != 1:
        raise NotOrdinary
    [(name, value)] = members.items()
    return plain_text(name), value


def plain_text(argument: Any) -> str:
    if argument.__class__ is not str:
        raise NotOrdinary
    text: str = argument
    return text


def _number(argument: Any) -> Number:
    """Return a decoded number as numbers.read_number does. A mapping can hold some that no text can."""
    if argument.__class__ is int and SMALLEST_INTEGER <= argument <= LARGEST_INTEGER:
        integer: int = argument
        return integer
    if argument.__class__ is float and isfinite(argument):
        return canonical(argument)
    raise NotOrdinary


def _found(what: _T | None) -> _T:
    if what is None:
        raise NotOrdinary
    return what


# The argument of each pattern type. clauses.py has the same methods, with what to say about wrong arguments.


def _exactly(argument: Any) -> Pattern:
    return Exact(plain_text(argument))


def _equals_ignore_case(argument: Any) -> EqualsIgnoreCase:
    return EqualsIgnoreCase(fold(plain_text(argument)))


def _prefix(argument: Any) -> Pattern:
    if argument.__class__ is str:
        return Prefix(argument)
    text = plain_text(ignore_case_argument(argument))
    return PrefixIgnoreCase(fold(text)) if text else Prefix("")


def _suffix(argument: Any) -> Pattern:
    if argument.__class__ is str:
        return suffix_pattern(argument)
    text = plain_text(ignore_case_argument(argument))
    return SuffixIgnoreCase(fold(text)) if text else Prefix("")


def ignore_case_argument(argument: Any) -> Any:
    """Return what stands in an object under "equals-ignore-case" alone."""
    if argument.__class__ is not dict:
        raise NotOrdinary
    keyword, inner = only_member(argument)
    if keyword != "equals-ignore-case":
        raise NotOrdinary
    return inner


def wildcard_pattern(argument: Any) -> Excludable:
    return pattern_of_pieces(_found(plain_pieces(plain_text(argument))))


def cidr_block(argument: Any) -> Cidr:
    return _found(block_of(plain_text(argument)))


def _exists(argument: Any) -> Pattern:
    if argument.__class__ is not bool:
        raise NotOrdinary
    return _EXISTS if argument else _ABSENT


def numeric_pattern(argument: Any) -> Exact | NumericRange:
    if argument.__class__ is not list or len(argument) not in (2, 4):
        raise NotOrdinary
    first, low = plain_text(argument[0]), _number(argument[1])
    if len(argument) == 2:
        if first not in COMPARISONS:
            raise NotOrdinary
        return one_comparison(first, low)
    second, high = plain_text(argument[2]), _number(argument[3])
    if first not in LOWER or second not in UPPER or low >= high:
        raise NotOrdinary
    return NumericRange(low, first == ">", high, second == "<")


def _anything_but(argument: Any) -> Pattern:
    if argument.__class__ is dict:
        keyword, inner = only_member(argument)
        read = EXCLUDED_READERS.get(keyword)
        if read is None:
            raise NotOrdinary
        return AnythingBut(frozenset(map(read, non_empty_list(inner))))
    values = non_empty_list(argument)
    read = _exact_text if values[0].__class__ is str else _exact_number
    return AnythingBut(frozenset(map(read, values)))


def non_empty_list(argument: Any) -> list[Any]:
    """Return a list as it is, and a value that stands alone as the list of it."""
    values = argument if argument.__class__ is list else [argument]
    if not values:
        raise NotOrdinary
    return values


def _exact_text(value: Any) -> Excludable:
    return Exact(plain_text(value))


def _exact_number(value: Any) -> Excludable:
    return Exact(_number(value))


def _excluded_prefix(value: Any) -> Excludable:
    return Prefix(_filled_text(value))


def _excluded_suffix(value: Any) -> Excludable:
    return Suffix(_filled_text(value))


def _filled_text(value: Any) -> str:
    text = plain_text(value)
    if not text:
        raise NotOrdinary
    return text


_READERS: dict[str, Callable[[Any], Pattern]] = {
    "anything-but": _anything_but,
    "cidr": cidr_block,
    "equals-ignore-case": _equals_ignore_case,
    "exactly": _exactly,
    "exists": _exists,
    "numeric": numeric_pattern,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": wildcard_pattern,
}
EXCLUDED_READERS: dict[str, Callable[[Any], Excludable]] = {
    "equals-ignore-case": _equals_ignore_case,
    "prefix": _excluded_prefix,
    "suffix": _excluded_suffix,
    "wildcard": wildcard_pattern,
}
