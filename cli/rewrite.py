"""Rewrites a file whole or not at all, and shows what a rewrite would change.

``write_file``: a new file beside the old one, with its mode and owner, flushed to the disk, then renamed over it. A
symbolic link is followed, so that it stays one; a device or a pipe is refused. ``difference``: the two texts as a
unified diff.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from difflib import unified_diff

from ruler.findings import printable

CONTEXT_LINES = 3


def write_file(path: str, before: str, after: str) -> None:
    """Write ``after`` into the file ``path``, which holds ``before``.

    Raises OSError, and then the file is as it was.
    """
    path = os.path.realpath(path)
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is not a regular file, and cannot be replaced")
    with open(path, "rb+") as file:  # a file that may not be written is not to be replaced either
        if file.read() != before.encode():
            raise OSError("it was changed by someone else while it was checked")
    descriptor, temporary = tempfile.mkstemp(prefix=".ruler-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(after.encode())
            file.flush()
            _keep_owner(file.fileno(), status)
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):  # interrupted just after the renaming
            os.unlink(temporary)
        raise


def _keep_owner(descriptor: int, status: os.stat_result) -> None:
    """Give the file the owner and group of ``status``, where whoever runs this may."""
    for owner, group in ((-1, status.st_gid), (status.st_uid, -1)):
        with suppress(PermissionError):
            os.fchown(descriptor, owner, group)


def difference(name: str, before: str, after: str) -> str:
    """Return the unified diff that makes ``before`` into ``after``, both called ``name``."""
    lines = unified_diff(_lines(before), _lines(after), name, name, n=CONTEXT_LINES)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def without_controls(text: str) -> str:
    """Return ``text`` as a terminal may have it: line ends and tabs as they are, what else it would obey escaped."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def _lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends; only \\n ends one, as in an editor that keeps \\r."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([text.rpartition("\n")[2]] if text[-1:] != "\n" else [])
