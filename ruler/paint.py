"""How texts for people are coloured, and are not: a text names a style, whoever writes it knows what that is.

>>> plain("bad", "does not match")
'does not match'

Styles: "good", "bad", "warning", "place", "label". cli/colour.py has them for terminals.
"""

from __future__ import annotations

from collections.abc import Callable

Paint = Callable[[str, str], str]  # (style, text) -> text as it is written


def plain(style: str, text: str) -> str:
    """Return ``text``: the paint of everything that is no terminal."""
    return text
