"""Edits inside one node of a rule's text, and the words that tell people what to write.

In: a located rule, a node of it, and edits inside the node. Out: one sentence, short enough to be read.

    ["a"] at $.s, and ``, "b"`` after "a"      ->  write ["a", "b"] in place of ["a"] at $.s
    a part of a long all-of that is taken out  ->  leave {"anything-but": "x"} out of the list at $.s[0]["all-of"]
    a value after a long list                  ->  add "b" to the list at $.s

Always: what changes is shown as far as a message can hold it; the middle of something else is left out first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ruler.errors import Location, json_path
from ruler.findings import Edit
from ruler.patterns.located import LocatedRule
from ruler.patterns.reader import LONGEST_QUOTE, Node, on_one_line, shortened

_MOST_LEFT_OUT = 3  # elements of a list that are told to be taken out, one by one


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Edits inside one node of the rule, shown as one: the node as it is and as it will be."""

    edits: tuple[Edit, ...]  # in text order
    node: Node
    location: Location

    def words(self, rule: LocatedRule) -> str:
        """Say what to write."""
        old, new = rule.text(self.node), edited(rule.document.text, self.node.start, self.node.end, self.edits)
        if _is_short(old) and _is_short(new):
            return _in_place(new, old, self.location)
        node, location = _innermost(self.node, self.location, self.edits[0].start, self.edits[-1].end)
        if node.kind == "array":
            told = _left_out(rule, node, self.edits) or _added(node, self.edits)
            if told:
                return f"{told} the list at {json_path(location)}"
        new = edited(rule.document.text, node.start, node.end, self.edits)
        return _in_place(new, rule.text(node), location)


def edited(text: str, start: int, end: int, edits: Sequence[Edit]) -> str:
    """Return ``text[start:end]`` with ``edits``, which are in text order and inside of it."""
    pieces = []
    for edit in edits:
        pieces += [text[start : edit.start], edit.text]
        start = edit.end
    return "".join([*pieces, text[start:end]])


def _in_place(new: str, old: str, location: Location) -> str:
    return f"write {_short(new)} in place of {_short(old)} at {json_path(location)}"


def _innermost(node: Node, location: Location, start: int, end: int) -> tuple[Node, Location]:
    """Return the innermost node in ``node`` that holds the text from ``start`` to ``end``, and its location."""
    while True:
        if node.kind == "object":
            inside = [(each, name) for name, _, each in node.value]
        else:
            inside = [(each, index) for index, each in enumerate(node.value)] if node.kind == "array" else []
        within = next(((each, step) for each, step in inside if each.start <= start and end <= each.end), None)
        # What ends or begins where an element does, such as a comma and one more, belongs to the list.
        if within is None or start == end == within[0].end:
            return node, location
        node, location = within[0], (*location, within[1])


def _left_out(rule: LocatedRule, node: Node, edits: Sequence[Edit]) -> str:
    """Return the words for elements of an array that are taken out; "" where something else is done."""
    if any(edit.text for edit in edits):
        return ""
    gone = [each for each in node.value if any(edit.start <= each.start and each.end <= edit.end for edit in edits)]
    told = [_short(rule.text(each)) for each in gone[:_MOST_LEFT_OUT]]
    if len(gone) > len(told):
        told.append(f"and {len(gone) - len(told)} more")
    return f"leave {', '.join(told)} out of"


def _added(node: Node, edits: Sequence[Edit]) -> str:
    """Return the words for one more element at the end of an array; "" where something else is done."""
    if len(edits) > 1 or edits[0].start < node.value[-1].end:
        return ""
    return f"add {_short(edits[0].text.removeprefix(', '))} to"


def _is_short(text: str) -> bool:
    return len(text) <= 240 and len(on_one_line(text)) <= LONGEST_QUOTE


def _short(text: str) -> str:
    if len(text) > 240:
        text = text[:120] + text[-120:]
    return shortened(text)
