"""Rewrites a file whole or not at all, and shows what a rewrite would change.

``write_file``: a new file beside the old one, with its mode, flushed to the disk, then renamed over it. A link is
followed, so that it stays one. ``difference``: the two texts as a unified diff.
"""

from __future__ import annotations

import os
import tempfile
from difflib import unified_diff

CONTEXT_LINES = 3


def write_file(path: str, text: str) -> None:
    """Replace what the file ``path`` holds; raises OSError, and then the file is as it was."""
    path = os.path.realpath(path)
    mode = os.stat(path).st_mode & 0o7777
    descriptor, temporary = tempfile.mkstemp(prefix=".ruler-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def difference(name: str, before: str, after: str) -> str:
    """Return the unified diff that makes ``before`` into ``after``, both called ``name``."""
    lines = unified_diff(_lines(before), _lines(after), name, name, n=CONTEXT_LINES)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends; only \\n ends one, as in an editor that keeps \\r."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([text.rpartition("\n")[2]] if text[-1:] != "\n" else [])
