"""Writes to standard output and standard error.

Standard output gets bytes, unbuffered and at once: what is selected must appear before the next read
blocks, and an empty buffer cannot fail while the interpreter exits. Standard error gets text.
A closed pipe is BrokenPipeError on both, which main.py turns into exit code 141.
"""

from __future__ import annotations

import os
import select
import sys

STANDARD_OUTPUT = 1


class OutputError(Exception):
    """Standard output cannot be written (a full disk, a closed descriptor); the text says why."""


def write_output(data: bytes) -> None:
    """Write all of ``data`` to standard output. Raises BrokenPipeError or OutputError."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(STANDARD_OUTPUT, view) :]
        except BlockingIOError:  # someone made the descriptor non-blocking; it is shared with them
            select.select([], [STANDARD_OUTPUT], [])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write the output: {error.strerror}") from error


def write_message(text: str) -> None:
    """Write ``text`` and a line end to standard error. Nobody can be told when that fails."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        pass
