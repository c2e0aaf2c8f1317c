"""The names of the dialects: all that a matcher of the default one needs to know of them.

In: a name that a user gave. Out: whether there is such a dialect; ValueError with the nearest name when there is none.

Always: importing this reads no file and imports nothing heavy.
"""

from __future__ import annotations

DEFAULT_DIALECT = "ruler"
DIALECTS: tuple[str, ...] = (
    DEFAULT_DIALECT,
    "event-ruler",
    "eventbridge",
    "eventbridge-pipes",
    "lambda",
    "sns-attributes",
    "sns-body",
)
_LONGEST_NAME = 60  # characters of a wrong name that are repeated and compared; difflib takes quadratic time


def known_dialect(name: str) -> str:
    """Return ``name``, which is that of a dialect; ValueError when it is not.

    >>> known_dialect("lambda")
    'lambda'
    """
    if not isinstance(name, str) or name not in DIALECTS:
        raise ValueError(_no_dialect(name))
    return name


def _no_dialect(name: object) -> str:
    if not isinstance(name, str):
        return f"found a value of type {type(name).__name__}, expected the name of a dialect: {', '.join(DIALECTS)}"
    shown = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."
    near = nearest_dialect(name)
    advice = f'did you mean "{near}"? ' if near else ""
    return f'"{shown}" is not a dialect; {advice}dialects are {", ".join(DIALECTS)}'


def nearest_dialect(name: str) -> str | None:
    """Return the dialect that ``name`` was probably meant to be, or None."""
    from difflib import get_close_matches  # 1 ms, for errors alone

    word = name[:_LONGEST_NAME].lower().replace("_", "-").replace(" ", "-")
    near = get_close_matches(word, DIALECTS, n=1, cutoff=0.6)
    return near[0] if near else None
