"""Small words that many messages need: how many of a thing, and which word was likely meant.

>>> counted(1, "rule"), counted(2000, "rule")
('1 rule', '2,000 rules')
>>> near_word("colum", ["column", "line"]), near_word("colour", ["count"])
('column', None)
"""

from __future__ import annotations

from collections.abc import Iterable

NEAR = 0.7  # how like a known word another must be to be taken for it: "--coun" is, "--colour" is not
MOST_COMPARED = 10_000_000  # pairs of characters: likeness is slow to find, so many take some three seconds


def counted(count: int, thing: str) -> str:
    """Return ``count`` with ``thing`` in the singular or the plural."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def pairs_compared(word: str, known: Iterable[str]) -> int:
    """Return how many pairs of characters ``near_word`` looks at."""
    return len(word) * sum(map(len, known))


def near_word(word: str, known: Iterable[str], likeness: float = NEAR) -> str | None:
    """Return the one of ``known`` that ``word`` was likely meant as; None too when comparing would take too long."""
    known = list(known)
    if pairs_compared(word, known) > MOST_COMPARED:
        return None
    from difflib import get_close_matches  # 1 ms, for errors alone

    near = get_close_matches(word, known, 1, likeness)
    return near[0] if near else None
