"""Deletes elements of an array in the text of a rule, each with one comma and the white space beside it.

    ["a", "b", "c"] without "a" and "b"  ->  delete '"a", ' and '"b", '
    ["a", "b", "c"] without "b" and "c"  ->  delete ', "b"' and ', "c"'

Always: the text is right after any of the deletions alone and after all of them, as long as an element stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from ruler.findings import Edit
from ruler.patterns.reader import Node


def deletions(elements: Sequence[Node], removed: Set[int]) -> dict[int, Edit]:
    """Return the deletion of each element whose index is in ``removed``; one at least is not."""
    first_kept = next(index for index in range(len(elements)) if index not in removed)
    found = {}
    for index in sorted(removed):
        if index < first_kept:
            found[index] = Edit(elements[index].start, elements[index + 1].start, "")
        else:
            found[index] = Edit(elements[index - 1].end, elements[index].end, "")
    return found


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` after ``edits``, which do not overlap and stand in text order."""
    parts, place = [], 0
    for edit in edits:
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])
