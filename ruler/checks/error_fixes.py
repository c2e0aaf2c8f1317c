"""Fixes of errors, where one is certain: what the user wrote is plain, and the fixed text compiles in its place.

    "source": "aws.s3"        ->  "source": ["aws.s3"]          a clause without its array
    "a": {"prefix": "x"}      ->  "a": [{"prefix": "x"}]        a pattern without the array of a clause
    [{"Prefix": "x"}]         ->  [{"prefix": "x"}]             a pattern type in another case, or one letter off
    {"numeric": [">", "5"]}   ->  {"numeric": [">", 5]}         numbers as strings
    {"exists": "true"}        ->  {"exists": true}

Always: a fix is attached only when the clause it makes compiles. Such a fix keeps no meaning, as there was none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace

from ruler.checks.rule import clause_compiles, replacement
from ruler.findings import Edit, Finding, Fix
from ruler.patterns.compiler import is_pattern_without_array
from ruler.patterns.operators import operator_meant
from ruler.patterns.reader import Document, Node
from ruler.patterns.vocabulary import PATTERN_TYPES
from ruler.rule_sources import NamedRule

LONGEST_FIXED = 2000  # characters of what a fix replaces; longer text is no slip
_SCALARS = {"string", "number", "true", "false", "null"}
_is_json_number = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?").fullmatch

Way = list[tuple[int, Node]]  # from the rule to a value: the offset of each one's name (its own in an array), and it


def with_fixes(rule: NamedRule, errors: list[Finding]) -> list[Finding]:
    """Return ``errors`` of ``rule``, each with its fix where one is certain."""
    if rule.document.is_from_mapping:
        return errors
    return [replace(error, fix=_fix(rule, error)) for error in errors]


def _fix(rule: NamedRule, error: Finding) -> Fix | None:
    fixer = _FIXERS.get(error.code)
    if fixer is None or error.line is None or error.column is None:
        return None
    offset = rule.document.lines.offset(error.line, error.column)
    way = _way(rule.node, offset)
    if way is None or way[-1][1].end - way[-1][1].start > LONGEST_FIXED:
        return None
    return fixer(rule.document, way, offset)


def _way(root: Node, offset: int) -> Way | None:
    """Return the values from ``root`` to the one that, or whose name, begins at ``offset``."""
    way = [(root.start, root)]
    while way[-1][0] != offset and way[-1][1].start != offset:
        current = way[-1][1]
        if current.kind == "array":
            index = bisect_right(current.value, offset, key=lambda child: child.start) - 1
            if index < 0:
                return None
            way.append((current.value[index].start, current.value[index]))
        elif current.kind == "object":
            index = bisect_right(current.value, offset, key=lambda member: member[1]) - 1
            if index < 0:
                return None
            way.append((current.value[index][1], current.value[index][2]))
        else:
            return None
    return way


def _clause_fix(document: Document, way: Way, offset: int) -> Fix | None:
    """Put a value or a pattern that stands alone into the array of a clause."""
    node = way[-1][1]
    if node.kind not in _SCALARS or document.text.startswith(('"$or"', '"$and"'), way[-1][0]):
        return None  # branches were meant
    patterns = [each for _, each in way[1:-1] if each.kind == "object" and is_pattern_without_array(each)]
    if patterns:
        node = patterns[0]
        if len(node.value) > 1:
            return None
    text = document.text[node.start : node.end]
    return replacement(node, f"[{text}]", keeps_meaning=False) if clause_compiles(text) else None


def _type_fix(document: Document, way: Way, offset: int) -> Fix | None:
    """Write the pattern type that a name in a clause is, but for case, punctuation or one letter."""
    if len(way) < 3 or way[-3][1].kind != "array" or way[-2][1].kind != "object" or len(way[-2][1].value) > 1:
        return None
    name, name_start, argument = way[-2][1].value[0]
    keyword = _certain_type(name)
    pattern = f'{{"{keyword}": {document.text[argument.start : argument.end]}}}'
    if _is_listed(way):  # by all-of or none-of, which take no test of absence
        pattern = f'{{"all-of": [{pattern}]}}'
    if keyword is None or not clause_compiles(pattern):
        return None
    end = document.text.rindex('"', name_start, document.text.rindex(":", name_start, argument.start)) + 1
    return Fix(f'write "{keyword}"', (Edit(name_start, end, f'"{keyword}"'),), keeps_meaning=False)


def _is_listed(way: Way) -> bool:
    """Return whether the pattern before the end of ``way`` stands in a list of all-of or none-of."""
    around = [node.value[0][0] for _, node in way[:-2] if node.kind == "object" and len(node.value) == 1]
    return bool(around) and around[-1] in ("all-of", "none-of")


def _numbers_fix(document: Document, way: Way, offset: int) -> Fix | None:
    """Write the strings after the comparisons of one numeric as numbers, all at once."""
    array = way[-2][1]
    wrong = [node for node in array.value[1::2] if node.kind == "string"]
    if not wrong or not all(_is_json_number(node.value[:70]) for node in wrong):
        return None
    edits = tuple(Edit(node.start, node.end, node.value) for node in wrong)
    numeric = _edited(document, array, edits)
    if not clause_compiles(f'{{"numeric": {numeric}}}'):
        return None
    return Fix(f"write {numeric}", edits, keeps_meaning=False)


def _exists_fix(document: Document, way: Way, offset: int) -> Fix | None:
    node = way[-1][1]
    word = node.value.lower() if node.kind == "string" else ""
    return replacement(node, word, keeps_meaning=False) if word in ("true", "false") else None


_FIXERS: dict[str, Callable[[Document, Way, int], Fix | None]] = {
    "clause-not-array": _clause_fix,
    "unknown-pattern-type": _type_fix,
    "numeric-operand": _numbers_fix,
    "exists-not-boolean": _exists_fix,
}


def _edited(document: Document, node: Node, edits: tuple[Edit, ...]) -> str:
    """Return the text of ``node`` after ``edits``."""
    pieces = []
    start = node.start
    for edit in edits:
        pieces += [document.text[start : edit.start], edit.text]
        start = edit.end
    return "".join([*pieces, document.text[start : node.end]])


def _certain_type(name: str) -> str | None:
    """Return the one pattern type that ``name`` is, spelled otherwise or one letter off; None for any other name.

    >>> _certain_type("anythingBut"), _certain_type("prefx"), _certain_type("fix")
    ('anything-but', 'prefix', None)
    """
    if len(name) > 30:
        return None
    reduced = re.sub(r"[-_ ]", "", name.lower())
    near = [keyword for keyword in PATTERN_TYPES if _is_near(reduced, keyword.replace("-", ""))]
    if len(near) != 1 or (near[0].replace("-", "") != reduced and operator_meant(name) is not None):
        return None  # "oneOf" is a word of other languages, and no slip for none-of
    return near[0]


def _is_near(first: str, second: str) -> bool:
    """Return whether the two differ by one letter at most: another, one more, one less, or two swapped."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    one, other = first[start:], second[start:]
    is_swapped = len(one) > 1 and len(other) > 1 and one[:2] == other[1::-1] and one[2:] == other[2:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or is_swapped
