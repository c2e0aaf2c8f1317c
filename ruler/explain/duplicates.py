"""Names that stand twice in one object of an event's text: only the last of them counts.

In: the event as it was given, and the paths of a rule. Out: a Reason for each path that such a name leads to.

    {"a": 1, "a": 2}, path a  ->  "a" stands twice in the event; only the last one counts, and 1 does not

Always: only what lies on the way to the paths is looked at. A decoded event has no such names any more.
Source: section 10 of the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.errors import RuleError
from ruler.explain.results import Reason
from ruler.explain.shown import LONGEST_POINTER, LONGEST_VALUE, cut, shown
from ruler.findings import json_pointer
from ruler.machine.decode import Event
from ruler.patterns.reader import Document, Node, read_document

LONGEST_PATH = 500  # characters; longer paths are not looked for, since all their prefixes are kept


def document_of_event(event: Event) -> Document | None:
    """Return the text of an event as a document; None for a decoded event."""
    if not isinstance(event, str | bytes | bytearray | memoryview):
        return None
    try:
        return read_document(event)
    except RuleError:  # the two readers are equally strict; should they differ, nothing is told
        return None


def duplicates(document: Document, paths: Iterable[str]) -> dict[str, Reason]:
    """Return, for each of ``paths`` to which a duplicate name leads, which one it is."""
    wanted = [path for path in set(paths) if len(path) <= LONGEST_PATH]
    on_the_way: dict[str, list[str]] = {}
    for asked in wanted:
        for index, character in enumerate(asked + "."):
            if character == ".":
                on_the_way.setdefault(asked[:index], []).append(asked)
    found: dict[str, Reason] = {}
    waiting: list[tuple[Node, str | None, tuple[str | int, ...]]] = [(document.root, None, ())]
    while waiting:
        node, path, steps = waiting.pop()
        if node.kind == "array":
            inner = [(each, path, (*steps, index)) for index, each in enumerate(node.value) if _is_container(each)]
            waiting += reversed(inner)
        elif node.kind == "object":
            last: dict[str, Node] = {}
            for name, _, value in node.value:
                inner_path = name if path is None else f"{path}.{name}"
                if inner_path not in on_the_way:
                    continue
                if name in last:
                    reason = _reason(document, name, last[name], steps)
                    for each in on_the_way[inner_path]:
                        found.setdefault(each, reason)
                last[name] = value
            waiting += reversed(
                [
                    (value, name if path is None else f"{path}.{name}", (*steps, name))
                    for name, value in last.items()
                    if _is_container(value)
                ]
            )
    return found


def _reason(document: Document, name: str, earlier: Node, steps: tuple[str | int, ...]) -> Reason:
    place = f"the object at {cut(json_pointer(steps), LONGEST_POINTER)}" if steps else "the event"
    text = cut(document.source(earlier), LONGEST_VALUE)
    return Reason(
        "duplicate-name",
        f"{shown(name)} stands twice in {place}; only the last one counts, and {text} does not",
    )


def _is_container(node: Node) -> bool:
    return node.kind in ("object", "array")
