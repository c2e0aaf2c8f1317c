"""The oracle: says what matches what, by plain recursion over rule and event. Slow and obvious on purpose.

In: the texts of one rule and one event, both valid (nothing is checked here). Out: whether they match.
Nothing of the library is imported. Sections are those of the semantics. An object of a rule is a tuple of
(name, value), so that equal names stay; an array is a list.
"""

import ipaddress
import json
import operator
import re
import sys
import unicodedata
from functools import reduce
from typing import Any

RESERVED = set(
    """exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex
    not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before
    in-date-range ip-address-in-range ip-address-not-in-range""".split()  # noqa: SIM905
)
COMPARE = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def number(text: str) -> int | float:
    """Section 5: a plain integer of 64 bits is itself, everything else the nearest double."""
    exact = text.lstrip("-").isdigit() and len(text) < 25 and -(2**63) <= int(text) < 2**64
    return int(text) if exact else float(text)


def sub_rules(rule_text: str) -> list[list[tuple[str, list[Any]]]]:
    """Sections 4 and 13: the sub-rules, each (path, alternatives) by ascending path. While they are made, a leaf
    stands under its path, where a later one wins; what `$and` adds stands under a number of its own."""

    def expand(members: Any, path: tuple[str, ...], so_far: list[dict[Any, Any]]) -> Any:
        for name, value in members:
            if name in ("$or", "$and") and is_list_of_branches(value):
                before, so_far = so_far, [] if name == "$or" else so_far
                for branch in value:
                    if name == "$or":
                        so_far = so_far + expand(branch, path, before)
                    else:
                        so_far = [both(one, other) for other in expand(branch, path, [{}]) for one in so_far]
            elif isinstance(value, tuple):
                so_far = expand(value, (*path, name), so_far)
            else:
                so_far = [{**each, ".".join((*path, name)): (".".join((*path, name)), value)} for each in so_far]
        return so_far

    def both(one: dict[Any, Any], other: dict[Any, Any]) -> dict[Any, Any]:
        return one | dict(enumerate(other.values(), start=len(one)))

    def is_list_of_branches(value: Any) -> bool:
        return isinstance(value, list) and len(value) >= 2 and all(map(is_branch, value))

    def is_branch(node: Any) -> bool:  # an object none of whose names, at any depth, is reserved
        inner = [value for _, value in node if isinstance(value, tuple)] if isinstance(node, tuple) else []
        return isinstance(node, tuple) and RESERVED.isdisjoint(dict(node)) and all(map(is_branch, inner))

    rule = json.loads(rule_text, object_pairs_hook=tuple, parse_int=number, parse_float=number)
    return [sorted(each.values(), key=operator.itemgetter(0)) for each in expand(rule, (), [{}])]


def fields(event_text: str) -> list[tuple[str, Any, dict[int, int]]]:
    """Sections 1 and 9: every scalar as (path, value, trail); a trail is {array identity: element index}."""
    found = []

    def visit(node: Any, path: tuple[str, ...], trail: dict[int, int]) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                visit(value, (*path, name), trail)
        elif isinstance(node, list):
            for index, each in enumerate(node):
                visit(each, path, {**trail, id(node): index} if isinstance(each, dict | list) else trail)
        else:
            found.append((".".join(path), node, trail))

    visit(json.loads(event_text, parse_int=number, parse_float=number), (), {})
    return found


def matches(rule_text: str, event_text: str) -> bool:
    """Whether the rule matches the event, under sections 1 to 9 and 13."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 20_000)  # for 1024 levels; restored, so that the library meets the usual one
    try:
        found = fields(event_text)
        return any(choose(each, {}, found) for each in sub_rules(rule_text))
    finally:
        sys.setrecursionlimit(limit)


def choose(clauses: list[Any], trail: dict[int, int], found: list[Any], reached: Any = ("", {})) -> bool:
    """Section 9: whether values can be chosen for these clauses, in path order, consistent with ``trail``.
    ``reached`` is the path of the clause before, and the trail before the first clause of that path."""
    if not clauses:
        return True
    (path, alternatives), *rest = clauses
    if path != reached[0]:
        reached = (path, trail)
    usable, beheld = [
        [(v, known | more) for p, v, more in found if p == path and all(known.get(a, i) == i for a, i in more.items())]
        for known in (trail, reached[1])
    ]
    chosen = [more for value, more in usable if any(accepts(a, value) for a in alternatives)]
    if any(holds_without(a, [value for value, _ in beheld]) for a in alternatives):
        chosen.append(trail)
    return any(choose(rest, more, found, reached) for more in chosen)


def holds_without(alternative: Any, values: list[Any]) -> bool:
    """Sections 8 and 13: whether ``exists: false`` or none-of holds where the path has these values."""
    kind, argument = alternative[0] if isinstance(alternative, tuple) else ("", ())
    if kind == "exists":
        return not argument and not values
    return kind == "none-of" and not any(accepts(listed, value) for listed in argument for value in values)


def accepts(alternative: Any, value: Any) -> bool:
    """Sections 5 to 8 and 13: whether one alternative accepts one value."""
    if isinstance(alternative, list):  # inside all-of: any of them
        return any(accepts(each, value) for each in alternative)
    if not isinstance(alternative, tuple):  # 1 == True in Python only; int and float do compare exactly
        return bool(value == alternative) and isinstance(value, bool) == isinstance(alternative, bool)
    ((kind, argument),) = alternative
    if kind == "exists":
        return bool(argument)
    if kind == "none-of":
        return False  # it holds without a value, or not at all
    if kind == "all-of":
        return all(accepts(each, value) for each in argument)
    if kind == "numeric":
        bounds = zip(argument[::2], argument[1::2], strict=True)
        return type(value) in (int, float) and all(COMPARE[sign](value, bound) for sign, bound in bounds)
    if kind == "anything-but":
        return not any(accepts(each, value) for each in excluded(argument))
    if isinstance(argument, tuple):  # equals-ignore-case inside prefix, suffix or wildcard
        argument, value = (
            fold(argument[0][1]),
            fold(value) if isinstance(value, str) else value,
        )
    return isinstance(value, str) and STRING_TESTS[kind](value, argument)


def excluded(argument: Any) -> list[Any]:
    """Sections 7 and 13: the alternatives, none of which may accept the value of anything-but."""
    if not isinstance(argument, tuple):
        return argument if isinstance(argument, list) else [argument]
    ((kind, listed),) = argument
    if isinstance(listed, tuple):  # {"prefix": {"equals-ignore-case": listed}}
        return [((kind, each),) for each in excluded(listed)]
    return [((kind, each),) for each in (listed if isinstance(listed, list) and kind != "numeric" else [listed])]


def fold(text: str) -> str:
    """Section 6: simple case folding: one code point to one; where str.casefold gives more (status F),
    str.lower is status S when it gives one. So it is for every code point of Unicode 15.0."""
    ways = [(each.casefold(), each.lower(), each) for each in text]
    return "".join(next(way for way in each if len(way) == 1) for each in ways)


def wildcard(value: str, pattern: str) -> bool:
    """Section 6: by recursion over the pattern; ``*`` is tried with every run."""
    if pattern[:1] == "*":
        return any(wildcard(value[start:], pattern[1:]) for start in range(len(value) + 1))
    escaped = pattern[:1] == "\\"
    wanted, rest = pattern[escaped : escaped + 1], pattern[escaped + 1 :]
    return value == "" if not pattern else value[:1] == wanted and wildcard(value[1:], rest)


def in_block(value: str, block: str) -> bool:
    """Section 8: same family, and the first bits are the same; a mapped IPv6 address is its IPv4 address."""
    try:
        base, candidate = [ipaddress.ip_address(each.replace("%", "/")) for each in (block.split("/")[0], value)]
    except ValueError:
        return False
    free = base.max_prefixlen - int(block.split("/")[1])
    base, candidate = (getattr(each, "ipv4_mapped", None) or each for each in (base, candidate))
    return base.version == candidate.version and int(base) >> free == int(candidate) >> free


def regexp(value: str, pattern: str) -> bool:
    """Section 13: RFC 9485, the whole string. A part of the pattern is read as a function from the places in
    ``value`` where it may begin to those where it may end."""
    tokens = re.findall(r"\\[pP]\{\w+}|\\.|\[(?:\\.|[^]\\])+]|\{[0-9,]+}|.", pattern, re.DOTALL)

    def union() -> Any:
        branches: list[list[Any]] = [[]]
        while tokens and tokens[0] != ")":
            if tokens[0] == "|":
                tokens.pop(0)
                branches.append([])
            else:
                branches[-1].append(piece())
        return lambda places: set().union(*(reduce(lambda now, part: part(now), each, places) for each in branches))

    def piece() -> Any:
        token = tokens.pop(0)
        inner = union() if token == "(" else None
        closing = tokens.pop(0) if inner else token
        sign = tokens.pop(0) if tokens and tokens[0][0] in "*+?{" else "{1}"
        low, comma, high = {"*": "0,", "+": "1,", "?": "0,1"}.get(sign, sign[1:-1]).partition(",")
        most = int(high or low) if high or not comma else int(low) + len(value)

        def repeat(places: set[int]) -> set[int]:
            ends = places if int(low) == 0 else set()
            for times in range(1, most + 1):
                places = inner(places) if inner else {at + 1 for at in places if in_class(value[at : at + 1], closing)}
                ends = ends | places if times >= int(low) else ends
            return ends

        return repeat

    return len(value) in union()({0})


def in_class(character: str, token: str) -> bool:
    """Whether one character, if there is one, is among those that a token of an I-Regexp stands for."""
    if token == "." or not character:
        return character not in "\n\r"
    is_class, is_negated = token[0] == "[", token[:2] == "[^"
    for each in re.finditer(
        r"\\([pP])\{(\w+)}|(\\.|[^-])-(\\.|[^-])|\\.|.", token[1 + is_negated : -1] if is_class else token, re.DOTALL
    ):
        if each[1] and unicodedata.category(character).startswith(each[2]) == (each[1] == "p"):
            return not is_negated
        low, high = [ESCAPES.get(end, end[-1]) for end in (each[3] or each[0], each[4] or each[0])]
        if not each[1] and low <= character <= high:
            return not is_negated
    return is_negated


ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}
STRING_TESTS: dict[str, Any] = {"exactly": str.__eq__, "prefix": str.startswith, "suffix": str.endswith}
STRING_TESTS |= {
    "wildcard": wildcard,
    "cidr": in_block,
    "regexp": regexp,
    "equals-ignore-case": lambda v, a: fold(v) == fold(a),
}
