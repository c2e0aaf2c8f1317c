"""Colour for terminals, and for nothing else.

Text is coloured only where a stream is a terminal that is not "dumb", and never with NO_COLOR set to anything
(https://no-color.org). A style is a word, so that the text that is coloured needs to know nothing of terminals.
"""

from __future__ import annotations

import os
from collections.abc import Callable

Paint = Callable[[str, str], str]  # (style, text) -> text as it is written
"""Styles: "good", "bad", "warning", "place", "label"."""

_CODES = {"good": "32", "bad": "31", "warning": "33", "place": "1", "label": "2"}


def plain(style: str, text: str) -> str:
    """Return ``text``: the paint of everything that is no terminal."""
    return text


def paint_for(descriptor: int) -> Paint:
    """Return the paint for what is written to a file descriptor."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return plain
    try:
        return _coloured if os.isatty(descriptor) else plain
    except OSError:
        return plain


def _coloured(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
