"""Case folding: two strings are the same without regard to case when they fold to the same string.

In: a string. Out: its Unicode *simple* case folding (CaseFolding.txt, statuses C and S): one code
point becomes one code point, so lengths stay, and prefixes and suffixes fold to prefixes and suffixes.

    "Straße" -> "straße"    "ẞ" -> "ß"    "Σ", "σ", "ς" -> "σ"    "K" (U+212A) -> "k"

Not ``str.casefold``, which is the *full* folding ("ß" -> "ss") of the Unicode version that
Python was built with; the table here is pinned (folding_table.py), so every Python and every engine agrees.
"""

from __future__ import annotations

from ruler.patterns.folding_table import RANGES

FOLDING: dict[int, int] = {
    code_point: code_point + offset
    for first, last, step, offset in RANGES
    for code_point in range(first, last + 1, step)
}


def fold(text: str) -> str:
    """Return ``text`` with every character replaced by its simple case folding.

    >>> fold("ΑΣ ẞ"), fold("ß"), fold("İ")
    ('ασ ß', 'ß', 'İ')
    """
    if text.isascii():
        return text.lower()  # the same thing for ASCII, at a tenth of the cost
    return text.translate(FOLDING)
