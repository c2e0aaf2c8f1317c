"""The oracle: says what matches what, by plain recursion over rule and event. Slow and obvious on purpose.

In: the texts of one rule and one event, both valid (nothing is checked here). Out: whether they match.
Nothing of the library is imported. Sections are those of the semantics. An object of a rule is a tuple of
(name, value), so that equal names stay; an array is a list.
"""

import ipaddress
import json
import operator
import sys
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


def sub_rules(rule_text: str) -> list[dict[str, list[Any]]]:
    """Section 4: the sub-rules, path -> alternatives; a later leaf on the same path wins."""

    def expand(members: Any, path: tuple[str, ...], so_far: list[dict[str, list[Any]]]) -> Any:
        for name, value in members:
            if name == "$or" and isinstance(value, list) and len(value) >= 2 and all(map(is_branch, value)):
                so_far = [extended for branch in value for extended in expand(branch, path, so_far)]
            elif isinstance(value, tuple):
                so_far = expand(value, (*path, name), so_far)
            else:
                so_far = [{**sub_rule, ".".join((*path, name)): value} for sub_rule in so_far]
        return so_far

    def is_branch(node: Any) -> bool:  # an object none of whose names, at any depth, is reserved
        inner = [value for _, value in node if isinstance(value, tuple)] if isinstance(node, tuple) else []
        return isinstance(node, tuple) and RESERVED.isdisjoint(dict(node)) and all(map(is_branch, inner))

    rule = json.loads(rule_text, object_pairs_hook=tuple, parse_int=number, parse_float=number)
    return expand(rule, (), [{}])  # type: ignore[no-any-return]


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
    """Whether the rule matches the event, under sections 1 to 9."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 20_000)  # for 1024 levels; restored, so that the library meets the usual one
    try:
        found = fields(event_text)
        return any(choose(sorted(each.items()), {}, found) for each in sub_rules(rule_text))
    finally:
        sys.setrecursionlimit(limit)


def choose(clauses: list[Any], trail: dict[int, int], found: list[Any]) -> bool:
    """Section 9: whether values can be chosen for these clauses, in path order, consistent with ``trail``."""
    if not clauses:
        return True
    (path, alternatives), *rest = clauses
    of_path = [(v, more) for p, v, more in found if p == path]
    usable = [(v, trail | more) for v, more in of_path if all(trail.get(a, i) == i for a, i in more.items())]
    if not usable:
        return (("exists", False),) in alternatives and choose(rest, trail, found)
    return any(any(accepts(a, v) for a in alternatives) and choose(rest, t, found) for v, t in usable)


def accepts(alternative: Any, value: Any) -> bool:
    """Sections 5 to 8: whether one alternative accepts one value."""
    if not isinstance(alternative, tuple):  # 1 == True in Python only; int and float do compare exactly
        return bool(value == alternative) and isinstance(value, bool) == isinstance(alternative, bool)
    ((kind, argument),) = alternative
    if kind == "exists":
        return bool(argument)
    if kind == "numeric":
        bounds = zip(argument[::2], argument[1::2], strict=True)
        return type(value) in (int, float) and all(COMPARE[sign](value, bound) for sign, bound in bounds)
    if kind == "anything-but":
        ((inner, listed),) = argument if isinstance(argument, tuple) else [("", argument)]
        each_of = listed if isinstance(listed, list) else [listed]
        return not any(accepts(((inner, each),) if inner else each, value) for each in each_of)
    if isinstance(argument, tuple):  # equals-ignore-case inside prefix or suffix
        argument, value = (
            fold(argument[0][1]),
            fold(value) if isinstance(value, str) else value,
        )
    return isinstance(value, str) and STRING_TESTS[kind](value, argument)


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


STRING_TESTS: dict[str, Any] = {"exactly": str.__eq__, "prefix": str.startswith, "suffix": str.endswith}
STRING_TESTS |= {
    "wildcard": wildcard,
    "cidr": in_block,
    "equals-ignore-case": lambda v, a: fold(v) == fold(a),
}
