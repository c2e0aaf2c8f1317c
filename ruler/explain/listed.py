"""What all-of and none-of list, as alternatives with their texts, for those who say which of them is to blame.

In: an alternative of a rule with places. Out: for all-of its parts, each the alternatives of which any may accept a
value; for none-of the alternatives that it excludes.

    {"all-of": [{"prefix": "a"}, ["b", "c"]]}  ->  {"prefix": "a"};  "b" or "c"

Always: each is read once, however many values are explained. What the normal form of patterns leaves out is here: the
user wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ruler.patterns.clauses import ClauseReader
from ruler.patterns.located import Alternative, LocatedRule
from ruler.patterns.reader import Node


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One element of all-of."""

    node: Node
    alternatives: list[Alternative]  # several when the element is a list


class Listed:
    """What the alternatives of one rule list."""

    def __init__(self, rule: LocatedRule) -> None:
        self.rule = rule
        self._reader = ClauseReader(rule.document, _unexpected, extensions=True)
        self._parts: dict[int, list[Part]] = {}  # by the identity of the node
        self._excluded: dict[int, list[Alternative]] = {}

    def text(self, alternative: Alternative | Part) -> str:
        """Return the text as the user wrote it."""
        return self.rule.text(alternative.node)

    def parts(self, alternative: Alternative) -> list[Part]:
        """Return the parts of an alternative that is written as all-of."""
        found = self._parts.get(id(alternative.node))
        if found is None:
            elements = alternative.node.value[0][2].value
            found = [Part(each, self._read(each.value if each.kind == "array" else [each])) for each in elements]
            self._parts[id(alternative.node)] = found
        return found

    def excluded(self, alternative: Alternative) -> list[Alternative]:
        """Return what an alternative that is written as none-of excludes."""
        found = self._excluded.get(id(alternative.node))
        if found is None:
            found = self._excluded[id(alternative.node)] = self._read(alternative.node.value[0][2].value)
        return found

    def _read(self, nodes: list[Node]) -> list[Alternative]:
        patterns = [(self._reader.alternative(node, node), node) for node in nodes]
        # A location is not asked for: it is that of the alternative around.
        return [Alternative(pattern, node, ()) for pattern, node in patterns if pattern is not None]


def keyword_of(alternative: Alternative) -> str:
    """Return the pattern type as it was written; "" for a plain value."""
    return str(alternative.node.value[0][0]) if alternative.node.kind == "object" else ""


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")
