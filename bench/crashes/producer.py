"""Writes the lines of a workload while they are routed, and rotates their file as those who keep logs do.

    events.jsonl  ->  events.jsonl.1, and a new events.jsonl        at lines that the seed chooses

In: lines, a number of rotations, a rate. Out: files; for each generation of the file, where it begins in the workload.
Always: a line is written whole or, now and then, in two pieces with a pause between; never to a file already renamed.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path

from bench.crashes.workload import Line

CHUNK = 50  # lines written at a time
PAUSE_SECONDS = 0.02  # in the middle of a line
BROKEN_SHARE = 0.05  # of chunks: the last line comes in two pieces


class Producer(threading.Thread):
    """A thread that writes; ``bases[generation]`` is the offset in the workload at which that file begins."""

    def __init__(
        self, path: Path, lines: Sequence[Line], rotations: int, rate: float, seed: int, is_read: Callable[[], bool]
    ) -> None:
        super().__init__(name="producer", daemon=True)
        self.path = path
        self.lines = lines
        self.rate = rate
        self.is_read = is_read
        self.bases = {1: 0}
        self.size = lines[-1].offset + len(lines[-1].data) + 1
        self.is_done = False
        self._draw = random.Random(seed)
        self._rotate_at = set(self._draw.sample(range(CHUNK, len(lines), CHUNK), rotations))

    def run(self) -> None:
        start = time.monotonic()
        file = self.path.open("ab", buffering=0)
        for first in range(0, len(self.lines), CHUNK):
            if first in self._rotate_at:
                while not self.is_read():  # who starts later begins with the file that has the name then
                    time.sleep(PAUSE_SECONDS)
                file.close()
                os.rename(self.path, f"{self.path}.{len(self.bases)}")
                time.sleep(self._draw.choice((0, PAUSE_SECONDS)))  # while nothing has the name
                self.bases[len(self.bases) + 1] = self.lines[first].offset
                file = self.path.open("ab", buffering=0)
            self._write(file, b"".join(line.data + b"\n" for line in self.lines[first : first + CHUNK]))
            time.sleep(max(0.0, start + first / self.rate - time.monotonic()))
        file.close()
        self.is_done = True

    def _write(self, file: FileIO, chunk: bytes) -> None:
        if self._draw.random() >= BROKEN_SHARE:
            file.write(chunk)
            return
        cut = len(chunk) - self._draw.randrange(1, 60)
        file.write(chunk[:cut])
        time.sleep(PAUSE_SECONDS)
        file.write(chunk[cut:])

    def sizes(self) -> dict[int, int]:
        """Bytes of each generation, when all is written."""
        ends = [*list(self.bases.values())[1:], self.size]
        return {generation: end - base for (generation, base), end in zip(self.bases.items(), ends, strict=True)}
