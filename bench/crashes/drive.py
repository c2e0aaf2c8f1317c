"""Starts ``ruler run --once``, kills it at random moments, and starts it again until the file is done.

In: a Task, and an empty directory. Out: a Run: the lines, what was there at each crash, and where the ledgers are; and
what the oracle says of it.

Moments are chosen by the seed and by how far the deliveries are, so that the kills are spread over the whole file
however fast the machine is; some come while the process is still starting. The sink is killed too, while the router
runs, and comes back on its port.

Always: what is read after a kill is read when no request is under way any more.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.crashes.check import Bounds, Crash, Report, check
from bench.crashes.ledgers import read_archive, read_hook, read_letters
from bench.crashes.processes import RouterProcess, SinkProcess
from bench.crashes.producer import Producer
from bench.crashes.sink import HOST, Manners
from bench.crashes.workload import ARCHIVE, DEAD, HOOK, RULES, Line, workload, write_lines

POLL_SECONDS = 0.005
QUIET_SECONDS = 0.05  # so long does nothing come before the ledgers are read
STARTING_SHARE = 0.15  # of the kills: while the process starts
STARTING_SECONDS = 1.0
LONGEST_RUN = 1800.0
TARGET_TIMEOUT = 1.0  # seconds; the sink stalls for twice as long
CONCURRENCY = 64
UNRECORDED = 2000  # events: done, and not in the position file yet; what a fast machine routes in 0.2 seconds and some
MANNERS = Manners(stall_seconds=2 * TARGET_TIMEOUT)
DONE = (0, 1)  # exit codes when the file is done: 1 where this run had dead letters
ROUTER = (sys.executable, "-P", "-m", "ruler", "run")  # what is installed, wherever this is started


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done."""

    lines: int = 100_000
    kills: int = 50
    deaths: int = 5  # of the sink
    seed: int = 1
    signal: int = signal.SIGKILL
    manners: Manners = MANNERS
    max_events: int = 1000
    rotations: int = 0  # of the file, which is written while it is routed; 0: it is there, whole, from the beginning
    rate: float = 2000.0  # lines a second, where it is written meanwhile
    router: tuple[str, ...] = ROUTER  # the command, without the config and --once


@dataclass(slots=True)
class Run:
    """What was done, and where its files are."""

    directory: Path
    lines: list[Line]
    crashes: list[Crash] = field(default_factory=list)
    deaths: list[int] = field(default_factory=list)  # bytes of the hook's ledger at each
    exit_codes: list[int] = field(default_factory=list)  # in turn; that of a run that was killed is minus the signal
    seconds: float = 0.0
    producer: Producer | None = None

    @property
    def source(self) -> Path:
        return self.directory / "events.jsonl"

    @property
    def position(self) -> Path:
        return self.directory / "events.position"

    @property
    def ledgers(self) -> dict[str, Path]:
        names = {HOOK: "hook.ledger", ARCHIVE: "archive.jsonl", DEAD: "dead.jsonl"}
        return {target: self.directory / name for target, name in names.items()}

    @property
    def log(self) -> Path:
        return self.directory / "run.log"

    def done_offset(self) -> int:
        """Where the recorded position says to go on: in the workload, whatever file that is in by now."""
        for file in self._recorded():
            return int(file["offset"]) + (self.producer.bases[file["generation"]] if self.producer else 0)
        return 0

    def is_done(self) -> bool:
        """Whether all that the producer wrote is recorded as done."""
        if self.producer is None or not self.producer.is_done:
            return False
        sizes, files = self.producer.sizes(), self._recorded()
        is_last = bool(files) and files[-1]["generation"] == len(sizes)
        return is_last and all(file["offset"] == sizes[file["generation"]] for file in files)

    def _recorded(self) -> list[dict[str, int]]:
        files: list[dict[str, int]] = json.loads(self.position.read_bytes())["files"] if self.position.exists() else []
        return files


def drive(task: Task, directory: Path) -> Run:
    """Do the task in ``directory``. RuntimeError, with the end of its log, when the router ends as it should not."""
    run = Run(directory, list(workload(task.lines, task.seed)))
    if task.rotations:
        run.producer = Producer(run.source, run.lines, task.rotations, task.rate, task.seed, run.position.exists)
        run.producer.start()
    else:
        write_lines(run.source, run.lines)
    start = time.monotonic()
    with SinkProcess(run.ledgers[HOOK], task.manners, task.seed) as sink:
        config = directory / "config.toml"
        config.write_text(config_text(run, task, sink.port), encoding="utf-8")
        _Driver(task, run, sink, config).drive()
    run.seconds = time.monotonic() - start
    regular = {*DONE, -task.signal, 128 + task.signal}
    if not regular.issuperset(run.exit_codes) or run.exit_codes[-1] not in DONE:
        raise RuntimeError(f"the runs ended with {run.exit_codes}:\n{run.log.read_text()[-4000:]}")
    return run


def judge(task: Task, run: Run) -> Report:
    """Compare what a run has left with the oracle."""
    paths = run.ledgers
    ledgers = {HOOK: read_hook(paths[HOOK]), ARCHIVE: read_archive(paths[ARCHIVE]), DEAD: read_letters(paths[DEAD])}
    is_graceful = task.signal != signal.SIGKILL
    bounds = Bounds(after_crash=0 if is_graceful else task.max_events + UNRECORDED, after_death=CONCURRENCY)
    report = check(run.lines, ledgers, run.crashes, run.deaths, bounds)
    if run.producer is None and run.done_offset() != run.source.stat().st_size:
        report.wrong.append(f"position: {run.done_offset():,}, and the file has {run.source.stat().st_size:,} bytes")
    report.figures["deaths of the sink"] = len(run.deaths)
    report.figures["seconds"] = round(run.seconds)
    return report


def config_text(run: Run, task: Task, port: int) -> str:
    """The config of the router: the source, its limits, and the targets of the rules."""
    settings = (
        f"{RULES}\n[source]\nuri = {_file(run.source)}\nposition = {json.dumps(str(run.position))}\n"
        f'key = "/key"\n\n[limits]\nmax_events = {task.max_events}\nbatch_events = {min(256, task.max_events)}\n'
    )
    targets = {
        HOOK: f'uri = "http://{HOST}:{port}/hook"\norder = "key"\nconcurrency = {CONCURRENCY}\n'
        f'timeout = "{TARGET_TIMEOUT:g}s"\n'
        'retry = { attempts = 100, max_age = "600s", first_delay = "20ms", max_delay = "500ms" }\n',
        ARCHIVE: f'uri = {_file(run.ledgers[ARCHIVE])}\norder = "key"\n',
        DEAD: f"uri = {_file(run.ledgers[DEAD])}\n",
    }
    tables = "\n".join(f"[targets.{name}]\n{text}" for name, text in targets.items())
    return f'dead_letter = "{DEAD}"\n{settings}\n{tables}'


def _file(path: Path) -> str:
    return json.dumps(f"file:{path}")


class _Driver:
    """One run on its way."""

    def __init__(self, task: Task, run: Run, sink: SinkProcess, config: Path) -> None:
        self.task = task
        self.run = run
        self.sink = sink
        self.command = (*task.router, str(config), *(() if task.rotations else ("--once",)))
        self.draw = random.Random(task.seed)
        self.furthest = 0  # the number of the furthest line that the hook has seen
        self._read_bytes = 0  # of its ledger
        self._deaths = sorted(self.draw.randrange(task.lines) for _ in range(task.deaths))

    def drive(self) -> None:
        for left in range(self.task.kills, 0, -1):
            with RouterProcess(self.command, self.run.log) as router:
                has_come = self._wait(router, self._next_moment(left))
                self.run.exit_codes.append(router.end(self.task.signal if has_come else None))
            if not has_come:
                break  # it was done before
            sizes = self._sizes()
            self.run.crashes.append(Crash(self.run.done_offset(), sizes))
        until = time.monotonic() + LONGEST_RUN
        with RouterProcess(self.command, self.run.log) as router:
            is_running = self._wait(router, lambda: self.run.is_done() or time.monotonic() > until)
            if is_running and not self.run.is_done():
                raise RuntimeError(f"the file is not done after {LONGEST_RUN:,.0f} seconds")
            self.run.exit_codes.append(router.end(signal.SIGTERM if is_running else None))

    def _next_moment(self, left: int) -> Callable[[], bool]:
        """Says of itself when it has come. ``left``: kills to come, this one included."""
        if self.draw.random() < STARTING_SHARE:
            until = time.monotonic() + self.draw.uniform(0, STARTING_SECONDS)
            return lambda: time.monotonic() >= until
        rest = self.task.lines - self.furthest
        line = self.furthest + int(self.draw.uniform(0, 1.8) * rest / (left + 1))
        return lambda: self.furthest > line

    def _wait(self, router: RouterProcess, has_come: Callable[[], bool]) -> bool:
        """Return whether the moment has come; False when the router has ended before. The sink dies meanwhile."""
        while not has_come():
            if not router.is_running:
                return False
            self._read_progress()
            if self._deaths and self.furthest > self._deaths[0]:
                del self._deaths[0]
                self.sink.die()
                self.run.deaths.append(self.run.ledgers[HOOK].stat().st_size)
                time.sleep(self.draw.uniform(0, 0.3))
                self.sink.come_back()
            time.sleep(self.draw.uniform(0, 2 * POLL_SECONDS))
        return router.is_running

    def _read_progress(self) -> None:
        ledger = self.run.ledgers[HOOK]
        if not ledger.exists():
            return
        with ledger.open("rb") as file:
            file.seek(self._read_bytes)
            whole, end, _ = file.read().rpartition(b"\n")
        self._read_bytes += len(whole) + len(end)
        numbers = (line.split(b" ", 2)[1] for line in whole.splitlines())
        self.furthest = max([self.furthest, *(int(number) for number in numbers if number.isdigit())])

    def _sizes(self) -> dict[str, int]:
        """Bytes of each ledger, once nothing comes any more."""
        before: dict[str, int] = {}
        while True:
            sizes = {name: path.stat().st_size if path.exists() else 0 for name, path in self.run.ledgers.items()}
            if sizes == before:
                return sizes
            before = sizes
            time.sleep(QUIET_SECONDS)
