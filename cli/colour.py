"""Colour for terminals, and for nothing else.

Text is coloured only where a stream is a terminal that is not "dumb", and never with NO_COLOR set to anything
(https://no-color.org). A style is a word, so that the text that is coloured needs to know nothing of terminals.
"""

from __future__ import annotations

import os

from ruler.paint import Paint, plain

_CODES = {"good": "32", "bad": "31", "warning": "33", "place": "1", "label": "2"}


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
