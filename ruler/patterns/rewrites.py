"""What an error proposes to write instead, built from the user's own text.

In: nodes of the rule. Out: JSON text, with words around it where a choice must be explained. Every proposal
accepts what the user meant; where nothing does, the text says so instead.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruler.patterns.reader import Document, Node

_LONGEST_FRAGMENT = 200  # characters; of anything longer, a proposal shows only the shape


def quoted(text: str) -> str:
    """Return ``text`` as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def short_quoted(text: str) -> str:
    """Return ``text`` as a JSON string, its middle left out when it is long."""
    return quoted(text) if len(text) <= 80 else quoted(f"{text[:50]}...{text[-20:]}")


def without_anchors(regexp: str) -> str:
    """Return an I-Regexp without ``^`` before and ``$`` behind it: anchors elsewhere, ordinary characters in RFC 9485.

    >>> without_anchors("^a$"), without_anchors("^a"), without_anchors("[$]")
    ('a', 'a', '[$]')
    """
    return regexp.removeprefix("^").removesuffix("$")


def fragment(document: Document, node: Node) -> str | None:
    """Return the user's text of ``node`` on one line, or None when it is too long to repeat whole."""
    if node.end - node.start > _LONGEST_FRAGMENT:
        return None
    return re.sub(r"[ \t]*[\r\n]\s*", " ", document.text[node.start : node.end])


def listed(document: Document, nodes: list[Node]) -> str | None:
    """Return a JSON array of ``nodes``, or None when it would be too long."""
    fragments = [fragment(document, node) for node in nodes[:50]]
    whole = [text for text in fragments if text is not None]
    if len(whole) < len(nodes) or sum(map(len, whole)) > _LONGEST_FRAGMENT:
        return None
    return f"[{', '.join(whole)}]"


def flattened(document: Document, clause: Node) -> str | None:
    """Return ``clause`` with the arrays inside it opened: ``[[1, 2], 3]`` is ``[1, 2, 3]``."""
    nodes: list[Node] = []
    for node in clause.value:
        nodes.extend(node.value if node.kind == "array" else [node])
    if not nodes or any(node.kind == "array" for node in nodes):
        return None
    return listed(document, nodes)


def both_or_either(document: Document, members: list[tuple[str, int, Node]]) -> str:
    """Return how to write a pattern that names several pattern types in one object."""
    separate = [
        f'{{"{name}": {argument}}}'
        for name, _, node in members[:10]
        if (argument := fragment(document, node)) is not None
    ]
    either = f"[{', '.join(separate)}] for {'either' if len(members) == 2 else 'any of them'}"
    if len(separate) < len(members):
        return "one object for each of them, side by side in the array, for either"
    is_present = [member for member in members if member[0] == "exists" and member[2].kind == "true"]
    if len(is_present) == 1:
        others = [member for member in members if member is not is_present[0] and member[0] != "exists"]
        if len(others) == 1 and len(members) == 2:
            return f'{{"{others[0][0]}": {fragment(document, others[0][2])}}} alone: a value that it accepts exists'
        if len(others) == len(members) - 1:
            return f'{both_or_either(document, others)}, without "exists": a value that these accept exists'
    by_name = {name: node for name, _, node in members}
    if len(members) == 2 and set(by_name) == {"prefix", "suffix"}:
        prefix, suffix = by_name["prefix"], by_name["suffix"]
        if prefix.kind == suffix.kind == "string":
            return f"[{', '.join(prefix_and_suffix(prefix.value, suffix.value))}] for both together, {either}"
    return either


def prefix_and_suffix(prefix: str, suffix: str) -> list[str]:
    """Return the alternatives that together accept the strings that begin and end so.

    A wildcard wants the two side by side; where they can overlap ("ab", "bc": "abc"), such strings are added.
    """
    overlaps = [
        quoted(prefix + suffix[length:])
        for length in range(1, min(len(prefix), len(suffix)) + 1)
        if prefix.endswith(suffix[:length])
    ]
    wildcard = f"{escaped_in_wildcard(prefix)}*{escaped_in_wildcard(suffix)}"
    return [f'{{"wildcard": {quoted(wildcard)}}}', *overlaps]


def escaped_in_wildcard(text: str) -> str:
    """Return the wildcard that accepts ``text`` alone."""
    return text.replace("\\", "\\\\").replace("*", "\\*")


def one_object_each(document: Document, keyword: str, argument: Node) -> str:
    """Return ``{keyword: ["x", "y"]}`` as ``[{keyword: "x"}, {keyword: "y"}]``; it holds strings only."""
    each = [f"{{{quoted(keyword)}: {quoted(node.value)}}}" for node in argument.value[:50]]
    if len(each) < len(argument.value) or sum(map(len, each)) > _LONGEST_FRAGMENT:
        return f'one {{"{keyword}": "..."}} for each string, side by side in the array'
    return f"[{', '.join(each)}], as parts of the array around it"


_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def anything_but_numeric(document: Document, argument: Node) -> str | None:
    """Return what means ``{"anything-but": {"numeric": argument}}`` for numbers, or None for a wrong argument."""
    parts = argument.value if argument.kind == "array" else []
    if len(parts) not in (2, 4) or any(node.kind != "number" for node in parts[1::2]):
        return None
    numbers = [document.source(node) for node in parts[1::2]]
    if len(parts) == 2 and parts[0].value == "=":
        return f'{{"anything-but": {numbers[0]}}} in place of the whole object'
    if any(node.kind != "string" or node.value not in _OPPOSITES for node in parts[::2]):
        return None
    tests = [
        f'{{"numeric": ["{_OPPOSITES[node.value]}", {number}]}}'
        for node, number in zip(parts[::2], numbers, strict=True)
    ]
    if len(tests) == 1:
        return f"{tests[0]} in place of the whole object; it accepts numbers only"
    return f"[{', '.join(tests)}], as parts of the array around the object; they accept numbers only"


def neither_of(members: list[tuple[str, int, Node]]) -> str | None:
    """Return the one wildcard list that stands for prefixes, suffixes and wildcards, to be excluded together."""
    wildcards = []
    for name, _, node in members[:10]:
        for text in node.value if node.kind == "array" else [node]:
            if text.kind != "string" or not text.value or name not in ("prefix", "suffix", "wildcard"):
                return None
            if name == "wildcard" and ("**" in text.value or "\\" in text.value):
                return None  # perhaps no wildcard
            escaped = escaped_in_wildcard(text.value)
            wildcards.append({"prefix": f"{escaped}*", "suffix": f"*{escaped}", "wildcard": text.value}[name])
    shown = ", ".join(map(quoted, wildcards))
    return f'{{"wildcard": [{shown}]}}' if len(shown) <= _LONGEST_FRAGMENT and len(members) <= 10 else None
