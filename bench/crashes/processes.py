"""The two processes of a run: the router, which is killed, and the sink, which dies and comes back.

Always: both are gone when their ``with`` block is left, whatever happened in it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from bench.crashes.sink import Manners

END_SECONDS = 60.0  # for a process that was told to end


class RouterProcess:
    """The router. What it says goes to a log."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, signal: int) -> None:
        """Send the signal."""
        self._process.send_signal(signal)

    def end(self, signal: int | None = None) -> int:
        """Send the signal, if any, and wait for the end; returns the exit code, minus the signal that ended it."""
        if signal is not None:
            self.signal(signal)
        return self._process.wait(END_SECONDS)

    def __enter__(self) -> RouterProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()


class SinkProcess:
    """The sink, on one port for all its lives."""

    def __init__(self, ledger: Path, manners: Manners, seed: int) -> None:
        self.ledger = ledger
        self.manners = manners
        self.seed = seed
        self.port = 0
        self.come_back()

    def die(self) -> None:
        """Kill it, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        self._output.close()

    def come_back(self) -> None:
        """Start it, on the port it had before."""
        self.seed += 1000  # another life has other luck
        manners = self.manners
        settings = {"port": self.port, "seed": self.seed, "fail": manners.fail, "stall": manners.stall}
        settings["stall-seconds"] = manners.stall_seconds
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = (sys.executable, "-m", "bench.crashes.sink", str(self.ledger), *options)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self.port = int(self._output.readline())  # it listens now

    def __enter__(self) -> SinkProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.die()
