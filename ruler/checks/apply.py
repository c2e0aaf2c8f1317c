"""Applies fixes to a text: the text with them, and what was done.

In: a text and findings about it. Out: the new text, the findings that were fixed. Of fixes that overlap the first in
the text is applied; the next round of checking finds what is left.

    '{"a": "x", "b": "y"}' and two fixes that write arrays  ->  '{"a": ["x"], "b": ["y"]}'

Always: not a character outside the edits changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ruler.findings import Edit, Finding

MOST_ROUNDS = 20  # of checking and fixing; one is nearly always enough


@dataclass(frozen=True, slots=True)
class FixedText:
    """A text after its fixes."""

    text: str
    fixed: tuple[Finding, ...]  # in the order in which they were fixed; lines and columns are those of their round
    is_done: bool  # False when fixes were left after the last round


def is_safe(finding: Finding) -> bool:
    """Return whether the fix of ``finding`` may be applied without asking: it ends an error, or keeps the meaning."""
    return finding.fix is not None and (finding.fix.keeps_meaning or not finding.has_meaning)


def apply_fixes(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """Return ``text`` with the fixes of ``findings``, and the findings whose fixes were applied."""
    with_fixes = [(finding.fix.edits, finding) for finding in findings if finding.fix is not None]
    with_fixes.sort(key=lambda each: (each[0][0].start, each[0][-1].end))
    applied: list[Finding] = []
    edits: list[Edit] = []
    for wanted, finding in with_fixes:
        if edits and wanted[0].start < edits[-1].end:
            continue
        edits += wanted
        applied.append(finding)
    pieces = []
    start = 0
    for edit in edits:
        pieces += [text[start : edit.start], edit.text]
        start = edit.end
    return "".join([*pieces, text[start:]]), applied


def fix_text(text: str, findings_of: Callable[[str], list[Finding]], *, also_unsafe: bool = False) -> FixedText:
    """Return ``text`` fixed, checked again with ``findings_of`` after each round until there is nothing to fix."""
    fixed: list[Finding] = []
    for _ in range(MOST_ROUNDS):
        wanted = [each for each in findings_of(text) if is_safe(each) or (also_unsafe and each.fix is not None)]
        if not wanted:
            return FixedText(text, tuple(fixed), True)
        text, applied = apply_fixes(text, wanted)
        fixed += applied
    return FixedText(text, tuple(fixed), False)
