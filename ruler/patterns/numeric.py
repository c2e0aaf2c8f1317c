"""Reads the argument of ``numeric`` into a pattern.

In: ``["=", 5]``, one bound, or a lower and then an upper bound. Out: Exact or NumericRange.

    [">", 0, "<=", 5]  ->  NumericRange(low=0, low_is_open=True, high=5, high_is_open=False)

Always: a method that reports returns None. Source: section 5 of the semantics.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ruler.patterns.model import Exact, Number, NumericRange
from ruler.patterns.operators import joined_comparisons, numeric_of
from ruler.patterns.reader import Document, Node
from ruler.patterns.report import Report

COMPARISONS = ("=", "<", "<=", ">", ">=")
_COMPARISONS_WHY = "comparisons are =, <, <=, > and >="
LOWER, UPPER = (">", ">="), ("<", "<=")
_OTHER_SPELLINGS = {
    "==": "=",
    "===": "=",
    "eq": "=",
    "=<": "<=",
    "=>": ">=",
    "≤": "<=",
    "≥": ">=",
    "lt": "<",
    "lte": "<=",
    "le": "<=",
    "gt": ">",
    "gte": ">=",
    "ge": ">=",
}
_is_json_number = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?").fullmatch


class NumericReader:
    """Reads one argument of ``numeric``."""

    def __init__(self, document: Document, report: Report, describe: Callable[[Node], str]) -> None:
        self.document = document
        self.report = report
        self.describe = describe
        self.first: Node | None = None  # of the parts

    def pattern(self, argument: Node) -> Exact | NumericRange | None:
        if argument.kind != "array":
            self.report_not_array(argument)
            return None
        nodes: list[Node] = argument.value
        self.first = nodes[0] if nodes else None
        if (meant := self.comparisons_meant(nodes)) is not None:
            self.report_grouped(argument, meant)
            return None
        if not self.parts_are_right(nodes):
            return None
        if len(nodes) == 2:
            return one_comparison(nodes[0].value, nodes[1].value)
        if len(nodes) == 4:
            return self.range(argument, nodes)
        self.report_length(argument)
        return None

    def comparisons_meant(self, nodes: list[Node]) -> str | None:
        """Return the array for ``[[">", 5], ["<", 10]]``, ``["> 5"]`` or ``[5, "<", 10]``; None for other parts."""
        if [node.kind for node in nodes] == ["number", "string", "number"] and nodes[1].value in UPPER:
            low, high = self.document.source(nodes[0]), self.document.source(nodes[2])
            if nodes[0].value < nodes[2].value:
                rest = f'{low}, "{nodes[1].value}", {high}]'
                return f'[">", {rest}, or [">=", {rest} to accept {low} too'
        if not 1 <= len(nodes) <= 2:
            return None
        parts = []
        for node in nodes:
            if node.kind == "array" and [part.kind for part in node.value] == ["string", "number"]:
                comparison, number = node.value
                parts.append((comparison.value, self.document.source(number), number.value))
            elif (written := _written_together(node)) is not None:
                parts.append((*written, float(written[1])))
        if len(parts) < len(nodes) or any(comparison not in COMPARISONS for comparison, _, _ in parts):
            return None
        return joined_comparisons(parts)

    def report_grouped(self, argument: Node, write: str) -> None:
        self.report(
            "numeric-comparison",
            argument,
            f"found {self.describe(argument)}, expected comparisons and numbers by turns",
            why="comparisons and numbers stand one by one in one array",
            write=write,
        )

    def range(self, argument: Node, nodes: list[Node]) -> NumericRange | None:
        first, low, second, high = (node.value for node in nodes)
        if first not in LOWER or second not in UPPER:
            self.report_order(argument, nodes)
            return None
        if low >= high:
            self.report_empty_range(argument, nodes)
            return None
        return NumericRange(low, first == ">", high, second == "<")

    def parts_are_right(self, nodes: list[Node]) -> bool:
        """Return whether comparisons and numbers alternate; reports those that do not."""
        reported = False
        for index, node in enumerate(nodes[:4]):
            if index % 2 == 0 and node.value not in COMPARISONS:
                self.report_comparison(node, nodes[index + 1] if index + 1 < len(nodes) else None)
                reported = True
            elif index % 2 == 1 and node.kind != "number":
                self.report_operand(node)
                reported = True
        return not reported

    def report_not_array(self, argument: Node) -> None:
        write = '["=", 5] or [">", 0, "<=", 5], for example'
        if argument.kind == "number":
            write = f'["=", {self.document.source(argument)}]'
        elif argument.kind == "string":
            written = _written_together(argument)
            if written is not None:
                write = f'["{written[0]}", {written[1]}]'
        elif argument.kind == "object":
            members = [(name, node) for name, _, node in argument.value[:3]]
            write = numeric_of(self.document, members) or write
        self.report(
            "numeric-not-array",
            argument,
            f"found {self.describe(argument)}, expected an array",
            why='"numeric" takes an array of comparisons, each followed by its number',
            write=write,
        )

    def report_length(self, argument: Node) -> None:
        count = len(argument.value)
        shown = f"{count} part" if count == 1 else f"{count} parts"
        pairs = [self.document.source(node) for node in argument.value[: min(count - count % 2, 4)]]
        write = f"[{', '.join(pairs)}]" if count == 3 else '["=", 5] or [">", 0, "<=", 5], for example'
        self.report(
            "numeric-length",
            argument,
            "the array is empty, expected two or four parts" if count == 0 else f"{shown}, expected two or four",
            why="a comparison and its number are two parts; a lower and an upper bound are four",
            write=write,
        )

    def report_comparison(self, node: Node, operand: Node | None) -> None:
        number = "5"
        if operand is not None and operand.kind == "number":
            number = self.document.source(operand)
        spelled = _OTHER_SPELLINGS.get(node.value) if node.kind == "string" else None
        if spelled is not None:
            write = f'["{spelled}", {number}]'
        elif node.kind == "string" and node.value in ("!=", "<>", "ne"):
            write = (
                f'[{{"numeric": ["<", {number}]}}, {{"numeric": [">", {number}]}}] as the whole clause '
                "for every other number, "
                f'{{"anything-but": {number}}} for every other value'
            )
        elif node.kind == "number" and operand is None and node is self.first:
            write = f'["=", {self.document.source(node)}] for this number'
        else:
            write = f'["=", {number}] or [">=", {number}], for example'
        self.report(
            "numeric-comparison",
            node,
            f"{self.document.source(node)} is not a comparison",
            why=_COMPARISONS_WHY,
            write=write,
        )

    def report_operand(self, node: Node) -> None:
        write = "a number"
        if node.kind == "string" and _is_json_number(node.value[:70]):
            write = f"{node.value}, when events carry a number; strings are not compared by numeric"
        self.report(
            "numeric-operand",
            node,
            f"found {self.describe(node)}, expected a number",
            why="a number stands after each comparison, and only JSON numbers are compared",
            write=write,
        )

    def report_order(self, argument: Node, nodes: list[Node]) -> None:
        first, second = nodes[0].value, nodes[2].value
        low, high = (self.document.source(nodes[index]) for index in (1, 3))
        if first in UPPER and second in LOWER and nodes[3].value < nodes[1].value:
            write = f'["{second}", {high}, "{first}", {low}]'
        elif first in UPPER and second in LOWER:
            write = (
                f'[{{"numeric": ["{first}", {low}]}}, {{"numeric": ["{second}", {high}]}}] for either; '
                "no number is both"
            )
        else:
            write = '[">", 0, "<=", 5], for example; one comparison alone is ["=", 5]'
            if (first in LOWER) == (second in LOWER) and "=" not in (first, second):
                write = f'["{first}", {low}] or ["{second}", {high}]: one bound on a side is enough'
        self.report(
            "numeric-order",
            argument,
            f"found {first} and then {second}, expected a lower and then an upper bound",
            why="a range is > or >= with its lower bound, then < or <= with its upper bound",
            write=write,
        )

    def report_empty_range(self, argument: Node, nodes: list[Node]) -> None:
        first, second = nodes[0].value, nodes[2].value
        low, high = (self.document.source(nodes[index]) for index in (1, 3))
        what = f"no number is {first} {low} and {second} {high}"
        write = f'["{first}", {high}, "{second}", {low}]'
        if nodes[1].value == nodes[3].value:
            write = f'["=", {low}] for this number'
            if (first, second) == (">=", "<="):
                what = f"only one number is {first} {low} and {second} {high}"
        self.report(
            "numeric-empty-range",
            argument,
            what,
            why="the lower bound stands below the upper bound",
            write=write,
        )


def _written_together(node: Node) -> tuple[str, str] | None:
    """Return the two parts of the string "> 5"."""
    if node.kind != "string":
        return None
    found = re.fullmatch(r" *(=|<=?|>=?) *(\S+) *", node.value[:60])
    return (found[1], found[2]) if found and _is_json_number(found[2]) else None


def one_comparison(comparison: str, number: Number) -> Exact | NumericRange:
    """Return the pattern of one comparison: ``<=`` and 5 are a range without lower bound."""
    if comparison == "=":
        return Exact(number)
    if comparison in LOWER:
        return NumericRange(number, comparison == ">", None, True)
    return NumericRange(None, True, number, comparison == "<")
