"""Runs the real command line in a directory of its own, as a user would."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

COMMAND = [sys.executable, "-m", "ruler"]
TIMEOUT_SECONDS = 120.0  # generous: it only ends a test that hangs

Stream = int | IO[bytes]


@dataclass(frozen=True)
class Result:
    """How a run ended. ``output`` stays bytes because filter promises bytes."""

    code: int
    output: bytes
    errors: str


class Shell:
    """A directory to run commands in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, content: str | bytes) -> str:
        """Make a file; return its name."""
        data = content.encode() if isinstance(content, str) else content
        (self.directory / name).write_bytes(data)
        return name

    def run(self, *arguments: str | bytes, given: bytes = b"", **environment: str) -> Result:
        """Run ``ruler arguments...`` with ``given`` on standard input."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=given,
            capture_output=True,
            cwd=self.directory,
            env={**os.environ, **environment},
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode())

    def start(
        self, *arguments: str, stdout: Stream = subprocess.PIPE, stderr: Stream = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start ``ruler arguments...`` with pipes, where nothing else is given."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.directory,
            bufsize=0,
            preexec_fn=_take_signals,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
        )


def _take_signals() -> None:
    """Undo what a test run in the background inherits: to ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_line(process: subprocess.Popen[bytes]) -> bytes:
    """The next line of the process's standard output, while it still runs."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], TIMEOUT_SECONDS)
        assert ready, "no output came"
        piece = process.stdout.read(1)
        assert piece, f"the output ended after {line!r}"
        line += piece
    return line


def end(process: subprocess.Popen[bytes]) -> Result:
    """Close the process's input, wait for it, and return how it ended."""
    output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    return Result(process.returncode, output or b"", (errors or b"").decode())
