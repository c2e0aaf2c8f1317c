"""``select``: a target gets one value of the event, named by a JSON Pointer.

In: a pointer. Out: steps, as slices.py takes them; ValueError when the text is no pointer.

    "/detail/items/0"  ->  detail, items, and 0: an index in an array, a name in an object

Source: RFC 6901.
"""

from __future__ import annotations

import re

from ruler.route.inputs.slices import Step, token_step

LONGEST_POINTER = 1024  # characters
_wrong_escape = re.compile(r"~(?![01])").search
_is_index = re.compile(r"0|[1-9][0-9]{0,17}").fullmatch


def pointer_steps(pointer: str) -> tuple[Step, ...]:
    """Return the steps of a JSON Pointer; ValueError says what is wrong with it.

    >>> [step.quoted for step in pointer_steps("/a~1b/0")]
    [b'"a/b"', b'"0"']
    """
    if len(pointer) > LONGEST_POINTER:
        raise ValueError(f"a pointer has at most {LONGEST_POINTER:,} characters")
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError("a pointer begins with /")
    if _wrong_escape(pointer):
        raise ValueError("in a pointer ~0 stands for ~ and ~1 for /; a ~ by itself is nothing")
    return tuple(map(_token, pointer[1:].split("/")))


def _token(token: str) -> Step:
    name = token.replace("~1", "/").replace("~0", "~")
    return token_step(name, int(token) if _is_index(token) else -1)
