"""Finds the files that had the name of a source before they were renamed, or will be read after one of them.

    orders.jsonl      read now                            found are names that a rotation of logs gives:
    orders.jsonl.1    what had the name before            orders.jsonl.1, orders.jsonl-20261122,
    orders.jsonl.2    what had it before that             orders.jsonl.2026-11-22, orders-20261122.jsonl

A file is known again by its inode and its bytes (Mark.is_of), whatever it is called. Which file came after another is
told by when they were last written, and by their numbers where that is the same: the higher one is older.

Always: files are compared by what was opened, and the directory is read again when names moved meanwhile.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from ruler.route.sources.errors import SourceError
from ruler.route.sources.position_file import Mark

MOST_TRIES = 100  # to read a directory in which names move
_ROTATED = r"[._-]\d[\d._:T-]*"
_DATED = r"[._-]\d{4}[\d._:T-]{4,}"  # before the suffix a date: a mere number may tell one stream from another
_COMPRESSED = r"\.(?:gz|bz2|xz|zst|lz4|Z)"


class Found(NamedTuple):
    """An open file."""

    path: str
    descriptor: int
    status: os.stat_result


def open_regular(path: str) -> Found:
    """Open a file for reading. FileNotFoundError when there is none, SourceError when it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a FIFO must not block
    except FileNotFoundError:
        raise
    except OSError as error:
        why = "events are read from this file"
        write = "the path of a file that may be read"
        raise SourceError(
            "source-unreadable", path, f"cannot be read: {error.strerror}", why=why, write=write
        ) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        why = "a position in a file is a number of bytes, and only a regular file is there to be read again"
        write = "the path of a regular file, or stdin: and a redirection"
        raise SourceError("source-unreadable", path, "is not a regular file", why=why, write=write)
    return Found(path, descriptor, status)


def find_marked(path: str, marks: Sequence[Mark]) -> list[Found | None]:
    """Return the file of each mark, open, among that of ``path`` and those beside it; None where it is gone."""
    found: list[Found | None] = []
    taken: set[int] = set()
    for mark in marks:
        each = _find(path, mark, taken)
        if each is not None:
            taken.add(each.status.st_ino)
        found.append(each)
    return found


def _find(path: str, mark: Mark, taken: Collection[int]) -> Found | None:
    directory, base = os.path.split(path)
    names = _names(directory)
    same_inode = [name for name, inode in names.items() if inode == mark.inode]
    # A copy on another disk has other inodes; it is known by its bytes.
    others = [base, *sorted(name for name in names if _is_rotated(base, name))]
    for name in dict.fromkeys((*same_inode, *others)):
        try:
            found = open_regular(os.path.join(directory, name))
        except (FileNotFoundError, SourceError):
            continue  # gone meanwhile, or nothing that a source could have read
        if found.status.st_ino not in taken and mark.is_of(found.descriptor, found.status.st_ino):
            return found
        os.close(found.descriptor)
    return None


def open_after(path: str, last: os.stat_result, known: Collection[int]) -> tuple[list[Found], list[str]]:
    """Return the files to read after ``last``, open, in order: those renamed since, then that of ``path``, if any.

    Beside them the names of those that were compressed, and so cannot be read. ``known`` are inodes of open files.
    """
    directory, base = os.path.split(path)
    opened: list[Found] = []
    for _ in range(MOST_TRIES):
        names = _names(directory, base)
        opened = _open_all(directory, [name for name in names if not _is_compressed(base, name)])
        if names == _names(directory, base):
            break
        for each in opened:
            os.close(each.descriptor)
    else:
        why = "files are renamed faster than they can be opened"
        raise SourceError("source-unreadable", path, "cannot be followed", why=why, write="fewer rotations")
    if names.get(base) == last.st_ino:  # it was not renamed
        for each in opened:
            os.close(each.descriptor)
        return [], []
    limit = (last.st_mtime_ns, max((_age(name) for name, inode in names.items() if inode == last.st_ino), default=0))
    after: list[Found] = []
    for each in sorted(opened, key=lambda each: (os.path.basename(each.path) == base, _order(each))):
        is_named = os.path.basename(each.path) == base
        if each.status.st_ino not in known and (is_named or _order(each) > limit):
            after.append(each)
        else:
            os.close(each.descriptor)
    compressed = [name for name in sorted(names) if _is_compressed(base, name)]
    return after, [name for name in compressed if _mtime(os.path.join(directory, name)) > last.st_mtime_ns]


def _open_all(directory: str, names: list[str]) -> list[Found]:
    opened = []
    for name in names:
        try:
            opened.append(open_regular(os.path.join(directory, name)))
        except FileNotFoundError:
            continue  # the directory is read again, and tells
        except SourceError:
            for each in opened:
                os.close(each.descriptor)
            raise
    return opened


def _names(directory: str, base: str = "") -> dict[str, int]:
    """The names in a directory with the inodes of the files that they lead to; with ``base``, its rotations alone."""
    try:
        with os.scandir(directory or ".") as entries:
            listed = [entry.name for entry in entries]
    except FileNotFoundError:
        return {}
    names = {}
    for name in sorted(listed):
        if base and not (name == base or _is_rotated(base, name) or _is_compressed(base, name)):
            continue
        try:  # what a directory says of inodes may be another number than what a file says of itself
            names[name] = os.stat(os.path.join(directory, name)).st_ino
        except OSError:
            continue  # gone meanwhile, or a link to nothing
    return names


def _order(found: Found) -> tuple[int, int]:
    return found.status.st_mtime_ns, _age(os.path.basename(found.path))


def _age(name: str) -> int:
    """Less for what is older, by the number at the end of a name; 0 where there is none."""
    number = re.search(r"\.(\d{1,6})$", name)
    return -int(number[1]) if number else 0


def _is_rotated(base: str, name: str) -> bool:
    return _rotated_form(base).fullmatch(name) is not None


def _is_compressed(base: str, name: str) -> bool:
    match = re.search(_COMPRESSED + r"\Z", name)
    return match is not None and _is_rotated(base, name[: match.start()])


@lru_cache(maxsize=16)
def _rotated_form(base: str) -> re.Pattern[str]:
    stem, suffix = os.path.splitext(base)
    return re.compile(f"{re.escape(base)}{_ROTATED}|{re.escape(stem)}{_DATED}{re.escape(suffix)}", re.ASCII)


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0  # removed meanwhile: it is not what is missing
