"""Finds test files: files are taken as they are named, directories are searched for files named as tests.

In: paths. Out: the paths of test files, in the order given, those of a directory sorted; each file once.
Hidden directories (``.git``) and ``node_modules`` are not searched, and links to directories are not followed, so the
search always ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ruler.findings import Finding, Source
from ruler.testing.model import is_test_file


def find_tests(paths: Iterable[str]) -> Iterator[str | Finding]:
    """Yield the path of each test file, and a finding for each directory that cannot be read."""
    seen: set[str] = set()
    for path in paths:
        for found in _in_directory(path) if os.path.isdir(path) else [path]:
            if isinstance(found, str):
                real = os.path.realpath(found)
                if real in seen:
                    continue
                seen.add(real)
            yield found


def _in_directory(path: str) -> Iterator[str | Finding]:
    unreadable: list[OSError] = []
    for directory, inner, files in os.walk(path, onerror=unreadable.append):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name != "node_modules")
        for name in sorted(files):
            if is_test_file(name):
                joined = os.path.join(directory, name)
                yield joined.removeprefix(os.path.join(os.curdir, "")) if path == os.curdir else joined
    for error in unreadable:
        name = os.fspath(error.filename)
        yield Finding(Source(name, ""), "file-unreadable", error.strerror or str(error))
