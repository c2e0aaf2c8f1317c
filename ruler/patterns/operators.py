"""What to write for the operators of other rule languages: ``{">": 5}``, ``{"in": ["x", "y"]}``, ``{"$and": ...}``.

In: a name that is no pattern type, and what stands after it. Out: a proposal that accepts what the user meant,
or a sentence that says it cannot be expressed; None for a name that is no operator.

    ">=", 5  ->  {"numeric": [">=", 5]}        "contains", "x"  ->  {"wildcard": "*x*"}
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ruler.patterns.rewrites import escaped_in_wildcard, fragment, listed, quoted

if TYPE_CHECKING:
    from ruler.patterns.clauses import ClauseReader
    from ruler.patterns.reader import Document, Node

_LOWER, _UPPER = (">", ">="), ("<", "<=")
_LONGEST_NAME = 40  # characters; no operator is longer
# Parts of a clause that accepts these, whatever they are.
EVERY_STRING_AND_NUMBER = '{"prefix": ""}, {"numeric": ["<", 0]}, {"numeric": [">=", 0]}'

# Each reduced as `operator_meant` does. Left: what it means here.
_SPELLINGS = {
    "any-of": "in or any anyof oneof isin isoneof isanyof",
    "all-of": "and all allof",
    "anything-but": "not ne neq nin nor notin noneof notequal notequals isnot != !== <> ! not=",
    "equals": "eq equal equals is == ===",
    "=": "=",
    ">": "> gt greaterthan",
    ">=": ">= => ≥ gte ge greaterthanorequal greaterthanorequals greaterthanorequalto",
    "<": "< lt lessthan",
    "<=": "<= =< ≤ lte le lessthanorequal lessthanorequals lessthanorequalto",
    "between": "between range inrange",
    "contains": "contains contain includes include substring",
    "prefix": "startswith beginswith startwith",
    "suffix": "endswith endwith",
    "regex": "regex regexp matches match matchesregex rlike",
}
_MEANINGS = {spelling: meaning for meaning, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def operator_meant(name: str) -> str | None:
    """Return what an operator of another language means here, or None when ``name`` is none.

    >>> operator_meant("$gte"), operator_meant("starts-with"), operator_meant("total")
    ('>=', 'prefix', None)
    """
    if len(name) > _LONGEST_NAME:
        return None
    return _MEANINGS.get(re.sub(r"[-_ $]", "", name.lower()))


def looks_like_operator(name: str) -> bool:
    """Return whether ``name`` is unlikely to be a field: an operator, or made like one."""
    return operator_meant(name) is not None or name.startswith("$") or not re.search(r"\w", name)


def instead_of_operator(reader: ClauseReader, name: str, argument: Node) -> str | None:
    """Return what to write for the object ``{name: argument}`` in a clause, None when ``name`` is no operator."""
    meaning = operator_meant(name)
    document = reader.document
    if meaning is None:
        return None
    if meaning in ("any-of", "equals"):
        return _values(reader, argument)
    if meaning == "all-of":
        return "one numeric range or one wildcard; other tests that must all hold on one field cannot be expressed"
    if meaning == "anything-but":
        return _anything_but(reader, argument)
    if meaning == "between":
        return _between(document, argument)
    if meaning in ("contains", "prefix", "suffix"):
        return _string_tests(meaning, argument)
    if meaning == "regex":
        return (
            'a wildcard, such as {"wildcard": "dir/*.png"}, in which * is any run of characters; '
            "regular expressions cannot be expressed"
        )
    if meaning == "=" and argument.kind != "number":
        return _values(reader, argument)
    return _comparison(document, meaning, argument)


def numeric_of(document: Document, members: list[tuple[str, Node]]) -> str | None:
    """Return the argument of numeric that means one or two comparisons: ``[">=", 1, "<", 5]``."""
    parts = []
    for name, node in members[:3]:
        meaning = operator_meant(name)
        meaning = "=" if meaning == "equals" else meaning
        source = fragment(document, node)
        if node.kind != "number" or source is None or meaning not in ("=", *_LOWER, *_UPPER):
            return None
        parts.append((meaning, source, node.value))
    return joined_comparisons(parts)


def joined_comparisons(parts: list[tuple[str, str, int | float]]) -> str | None:
    """Return one argument of numeric for (comparison, text, number): one of them, or two bounds in any order."""
    if len(parts) == 1:
        return f'["{parts[0][0]}", {parts[0][1]}]'
    if len(parts) != 2:
        return None
    low, high = parts if parts[0][0] in _LOWER else parts[::-1]
    if low[0] not in _LOWER or high[0] not in _UPPER or low[2] >= high[2]:
        return None
    return f'["{low[0]}", {low[1]}, "{high[0]}", {high[1]}]'


def _values(reader: ClauseReader, argument: Node) -> str:
    """Return the values themselves, which a clause lists."""
    nodes = argument.value if argument.kind == "array" else [argument]
    if argument.kind == "array" and not reader.is_clause(argument):
        return "the values that are accepted, side by side in the array around the object"
    if argument.kind == "object" and not reader.is_pattern(argument):
        return "the values that are accepted, side by side in the array around the object"
    text = listed(reader.document, nodes)
    if text is None:
        return "its values in place of the object, side by side in the array around it"
    return f"{text[1:-1]} in place of the object"


def _anything_but(reader: ClauseReader, argument: Node) -> str:
    source = fragment(reader.document, argument)
    if argument.kind in ("true", "false", "null"):
        others = [word for word in ("true", "false", "null") if word != argument.kind]
        return f"[{EVERY_STRING_AND_NUMBER}, {', '.join(others)}] as the whole clause, for every value but this"
    if argument.kind == "object" and len(argument.value) == 1 and argument.value[0][0] == "exists":
        kind = argument.value[0][2].kind
        if kind in ("true", "false"):
            return f'{{"exists": {"false" if kind == "true" else "true"}}}'
    if source is not None and reader.compiles("anything-but", argument):
        return f'{{"anything-but": {source}}}'
    return '"anything-but", as in {"anything-but": ["stopped", "terminated"]}'


def _between(document: Document, argument: Node) -> str:
    if argument.kind == "array" and len(argument.value) == 2:
        low, high = argument.value
        if low.kind == high.kind == "number" and low.value != high.value:
            first, second = (low, high) if low.value < high.value else (high, low)
            return f'{{"numeric": [">=", {document.source(first)}, "<=", {document.source(second)}]}}'
    return '{"numeric": [">=", 1, "<=", 5]}, for example; only numbers are compared'


def _string_tests(meaning: str, argument: Node) -> str:
    nodes = argument.value if argument.kind == "array" else [argument]
    if not nodes or any(node.kind != "string" for node in nodes) or sum(len(node.value) for node in nodes) > 200:
        keyword = "wildcard" if meaning == "contains" else meaning
        example = {"wildcard": "*x*", "prefix": "aws.", "suffix": ".png"}[keyword]
        return f'{{"{keyword}": "{example}"}}, for example'
    tests = ", ".join(_string_test(meaning, node.value) for node in nodes)
    return tests if argument.kind == "string" else f"{tests} in place of the object"


def _string_test(meaning: str, text: str) -> str:
    if meaning != "contains":
        return f'{{"{meaning}": {quoted(text)}}}'
    if not text:
        return '{"prefix": ""}'  # "**" is no wildcard, and every string contains nothing
    return f'{{"wildcard": {quoted("*" + escaped_in_wildcard(text) + "*")}}}'


def _comparison(document: Document, meaning: str, argument: Node) -> str:
    node = argument
    if argument.kind == "array" and len(argument.value) == 1:
        node = argument.value[0]
    if (numeric := numeric_of(document, [(meaning, node)])) is not None:
        return f'{{"numeric": {numeric}}}'
    if node.kind == "string" and re.fullmatch(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,14})?", node.value):
        return f'{{"numeric": ["{meaning}", {node.value}]}}, when events carry a number'
    return f'{{"numeric": ["{meaning}", 5]}}, for example; only numbers are compared'
