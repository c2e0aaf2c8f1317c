"""An engine in a process of its own, as the measurements talk to it: JSON lines, a request and its reply.

In: the command of a worker (`bench/worker.py`, or a harness of ``bench/peers/``). Out: replies as dicts. A worker that
takes too long or dies is a `WorkerError`, and is gone. `bench/README.md` documents the requests.

Every variant in every engine has its own process: no engine sees what another one leaves in a garbage collector, a JIT
compiler or an allocator.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from bench.data import ROOT
from bench.words import without_places

LOG_BYTES = 2_000  # of what a worker that died wrote last


class WorkerError(RuntimeError):
    """A worker did not answer: it died, or was ended because it took too long."""


class CannotError(WorkerError):
    """The engine has no such thing; the text says what."""


class RefusedError(WorkerError):
    """The engine does not take a rule; the text is its own."""


class GaveUpError(WorkerError):
    """It took longer than the limit."""


class WorkerProcess:
    """One running worker. Use it as a context manager, or call `end`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT
            )
        except OSError as error:
            raise WorkerError(f"cannot be started: {error.strerror}") from None
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._replies, selectors.EVENT_READ)
        self._unread = b""

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, do: str, *, limit: float = 600.0, **fields: Any) -> dict[str, Any]:
        """The reply to one request; ``limit`` seconds at most.

        Raises `RefusedError`, `CannotError` or `WorkerError` for a reply that says so, `GaveUpError` after the limit.
        """
        request = json.dumps({"do": do, **fields}).encode() + b"\n"
        try:
            self._requests.write(request)
            self._requests.flush()
        except BrokenPipeError:
            raise self._died(do) from None
        reply = self._reply(do, limit)
        for word, error in (("refused", RefusedError), ("cannot", CannotError), ("error", WorkerError)):
            if word in reply:
                raise error(str(reply[word]))
        return reply

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        with suppress(BrokenPipeError):  # what was buffered for it
            self._requests.close()
        self._replies.close()
        self._log.close()

    def _reply(self, do: str, limit: float) -> dict[str, Any]:
        deadline = monotonic() + limit
        while b"\n" not in self._unread:
            if not self._selector.select(max(0.0, deadline - monotonic())):
                self._process.kill()
                raise GaveUpError(f"{do} took more than {limit:g} s")
            part = os.read(self._replies.fileno(), 65536)
            if not part:
                raise self._died(do)
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            reply: dict[str, Any] = json.loads(line)
        except ValueError:
            raise WorkerError(f"{do} was answered with no JSON: {line[:200]!r}") from None
        return reply

    def _died(self, do: str) -> WorkerError:
        code = self._process.wait()
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - LOG_BYTES))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return WorkerError(f"{do}: the process ended with {code}" + (f": {without_places(lines[-1])}" if lines else ""))
