"""Counts in a rule what the limits of dialects count.

In: a LocatedRule. Out: Measures: of each limit that the rule has something to count for, how much, and where.

    {"a": {"b": [1, 2]}, "c": ["x"]}  ->  paths 2, values 2 at $.a.b, value-combinations 2 * 1, by level 2*2 * 1*1

A count is ``least`` where it is certain, and ``most`` where public pages can be read in two ways; between the two
nobody knows whether the limit is kept. Counts of several rules ("rules", "wildcard-rules") are not here.

Always: one pass over the rule and over its sub-rules; no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ruler.dialects.forms import operator_of
from ruler.errors import Location
from ruler.patterns.compiler import location_of
from ruler.patterns.located import LocatedRule
from ruler.patterns.reader import Node

JOINING_NAMES = {"$or": "or", "$and": "and"}  # names that join branches, and the operators they are
_strings_and_space = re.compile(r'("(?:[^"\\]++|\\.)*+")|[ \t\n\r]++')
_asterisks = re.compile(r"\\.|(\*)", re.DOTALL)
_number = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?").fullmatch
_LONGEST_EXPONENT = 10  # digits and sign; int() takes quadratic time
MOST_CHOICES = 10**12  # beyond any limit; above it nothing is multiplied on
_NEVER = 10**_LONGEST_EXPONENT  # an exponent that no text has digits for


@dataclass(frozen=True, slots=True, eq=False)
class PlacedClause:
    """The array of one clause, and where it stands; each array once, however many sub-rules share it."""

    node: Node
    location: Location

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the way to the clause, without those that join branches."""
        return tuple(
            step
            for step, after in zip(self.location, (*self.location[1:], None), strict=True)
            if isinstance(step, str) and not (step in JOINING_NAMES and isinstance(after, int))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How much of one limit a part of a rule takes."""

    limit: str  # a name of LIMITS
    least: int | float
    most: int | float
    node: Node  # of which part
    location: Location
    unit: str = ""  # where a limit can be in several: "characters" or "bytes"


def placed_clauses(rule: LocatedRule) -> list[PlacedClause]:
    """Return every clause of ``rule`` once, in text order; also those that a later clause hides everywhere."""
    found = {
        clause.node.start: PlacedClause(clause.node, clause.location)
        for sub_rule in rule.sub_rules
        for clause in sub_rule.clauses
    }
    for hidden in rule.overwritten:
        if hidden.earlier.start not in found:
            found[hidden.earlier.start] = PlacedClause(hidden.earlier, location_of(rule.node, hidden.earlier))
    return [found[start] for start in sorted(found)]


def measures(rule: LocatedRule, clauses: list[PlacedClause]) -> Iterator[Measure]:
    """Yield what ``rule``, whose clauses are ``clauses``, takes of each limit, part by part."""
    yield from _of_text(rule)
    yield from _of_sub_rules(rule)
    for clause in clauses:
        yield Measure("values", len(clause.node.value), len(clause.node.value), clause.node, clause.location)
        yield Measure("nesting", len(clause.names), len(clause.names), clause.node, clause.location)
        for index, element in enumerate(clause.node.value):
            yield from _of_element(rule, element, (*clause.location, index))
    yield from _of_wildcards(rule, clauses)


def _of_text(rule: LocatedRule) -> Iterator[Measure]:
    """Yield the size without white space, at which the rule can be sent, and the size as it is written."""
    text = rule.text(rule.node)
    compact = _strings_and_space.sub(r"\1", text)
    yield Measure("pattern-size", len(compact), len(text), rule.node, (), "characters")
    yield Measure("pattern-size", len(compact.encode()), len(text.encode()), rule.node, (), "bytes")


def _of_sub_rules(rule: LocatedRule) -> Iterator[Measure]:
    paths = max(len({clause.path for clause in sub_rule.clauses}) for sub_rule in rule.sub_rules)  # $and repeats some
    yield Measure("paths", paths, paths, rule.node, ())
    if any(sub_rule.branches for sub_rule in rule.sub_rules):
        every_path = len({clause.path for sub_rule in rule.sub_rules for clause in sub_rule.clauses})
        yield Measure("paths-with-or", every_path, every_path, rule.node, ())
        yield Measure("or-combinations", len(rule.sub_rules), len(rule.sub_rules), rule.node, ())
    choices = by_level = 0
    levels: dict[int, int] = {}
    for sub_rule in rule.sub_rules:
        for clause in sub_rule.clauses:
            if clause.node.start not in levels:
                levels[clause.node.start] = len(PlacedClause(clause.node, clause.location).names)
        choices += _product(len(clause.alternatives) for clause in sub_rule.clauses)
        by_level += _product(len(clause.alternatives) * levels[clause.node.start] for clause in sub_rule.clauses)
    yield Measure("value-combinations", choices, choices, rule.node, ())
    yield Measure("value-combinations-by-level", by_level, by_level, rule.node, ())


def _product(factors: Iterable[int]) -> int:
    """Return the product, or some number above MOST_CHOICES when it is above."""
    product = 1
    for factor in factors:
        product *= factor
        if product > MOST_CHOICES:
            break
    return product


def _of_element(rule: LocatedRule, element: Node, location: Location) -> Iterator[Measure]:
    """Yield the measures of one element of a clause."""
    operator = operator_of(element)
    if operator.startswith("numeric-"):
        for node in element.value[0][2].value[1::2]:
            decimals, digits = decimals_and_digits(rule.text(node))
            yield Measure("number-low", node.value, node.value, node, location)
            yield Measure("number-high", node.value, node.value, node, location)
            yield Measure("number-decimals", decimals, decimals, node, location)
            yield Measure("number-digits", digits, digits, node, location)
    elif operator == "cidr":
        address, _, bits = element.value[0][2].value.partition("/")
        version = 6 if ":" in address else 4
        yield Measure(f"cidr-bits-ipv{version}", int(bits), int(bits), element, location)
    for text in wildcards_of(element):
        yield Measure("wildcards-in-pattern", asterisks(text), asterisks(text), element, location)


def _of_wildcards(rule: LocatedRule, clauses: Iterable[PlacedClause]) -> Iterator[Measure]:
    """Yield the points that Amazon SNS gives for wildcards, in the least and the most strict reading of its page.

    A clause has the sum of the points of its patterns, times the number of patterns. One asterisk is one point, several
    are three "each", which may mean each pattern or each asterisk; anything-but is a point. Whether plain values count
    as patterns is not said.
    """
    least = most = 0
    for clause in clauses:
        counts = [[asterisks(text) for text in wildcards_of(element)] for element in clause.node.value]
        with_wildcard = [each for each in counts if each]
        others = sum(operator_of(node).startswith("anything-but") for node in clause.node.value)
        if with_wildcard:
            least += len(with_wildcard) * sum(3 if max(each) > 1 else 1 for each in with_wildcard)
            points = sum(3 * count if count > 1 else 1 for each in with_wildcard for count in each)
            most += len(counts) * (points + others)
    if most:
        yield Measure("wildcard-complexity", least, most, rule.node, ())


def wildcards_of(element: Node) -> list[str]:
    """Return the strings under wildcard in an element of a clause, also those of anything-but."""
    operator = operator_of(element)
    if "wildcard" not in operator:
        return []
    node = element.value[0][2]
    while node.kind == "object":  # past "wildcard" in anything-but, and past "equals-ignore-case"
        node = node.value[0][2]
    return [each.value for each in node.value] if node.kind == "array" else [node.value]


def asterisks(wildcard: str) -> int:
    """Return how many asterisks of ``wildcard`` stand for any text.

    >>> asterisks("a*b*"), asterisks("a" + chr(92) + "*b")
    (2, 0)
    """
    return sum(found[1] is not None for found in _asterisks.finditer(wildcard))


def decimals_and_digits(text: str) -> tuple[int, int]:
    """Return how many digits a JSON number has after the point, and how many that are significant.

    >>> decimals_and_digits("301.80"), decimals_and_digits("3.018e2"), decimals_and_digits("5e9")
    ((1, 4), (1, 4), (0, 1))
    """
    found = _number(text)
    assert found is not None, text
    whole, fraction, exponent = found[1], found[2] or "", found[3] or "0"
    beyond = -_NEVER if exponent.startswith("-") else _NEVER
    shift = int(exponent) if len(exponent) <= _LONGEST_EXPONENT else beyond
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    trailing = len(digits) - len(significant)
    if not significant:
        return 0, 1
    return max(0, len(fraction) - trailing - shift), len(significant)
