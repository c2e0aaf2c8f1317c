"""One variant in one engine: its process, what was found out about it, and its row of the result.

`prepare` starts the process, adds the rules, and compares the answers; whatever stands in the way of a measurement is
the ``status`` of the row: *cannot* (the scenario says so), *refused* (the engine does not take a rule), *gave up*
(too slow), *failed* (it died, or could not read an event), *wrong* (another answer). Only what answers right is ever
timed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from bench.check import Answers, WrongAnswerError
from bench.engines import ENGINES
from bench.material import Events, Material, Rules
from bench.scenario import Variant
from bench.worker_process import CannotError, GaveUpError, RefusedError, WorkerError, WorkerProcess

TURN_SECONDS = 0.05  # an engine that needs longer for a slice matches only its first events
TURN_LIMIT_SECONDS = 60.0
FIRST_LOOK_SECONDS = 0.02
ROUNDS = 3  # in the least time of warming up
STILL_FASTER = 0.97  # the share of the best time so far that says: not done yet


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a slow engine may take, in seconds."""

    adding: float
    comparing: float  # of answers: as many events as that allows
    matching: float  # one event
    warm_up: float  # at most


LIMITS = {"quick": Limits(10, 0.5, 5, 1), "full": Limits(60, 3, 20, 8)}


@dataclass(slots=True)
class Row:
    """One line of the result, as JSON has it."""

    variant: str
    engine: str
    baseline: str = ""  # the variant whose row it is compared with
    rules: int = 0
    events: int = 0
    event_bytes: float = 0.0  # the mean
    elements: int = 0
    status: str = "measured"
    reason: str = ""
    matches: int = 0  # of the events that were compared
    compared: int = 0  # events
    ns: list[float] = field(default_factory=list)  # an event, one number a pass
    figures: dict[str, list[float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", [], {})}


@dataclass(slots=True)
class Contender:
    """A process that answers right, and its row."""

    worker: WorkerProcess
    row: Row
    events: Events
    turn_events: int  # that it matches in TURN_SECONDS
    seconds: float = 0.0  # of the pass that is going on
    matched: int = 0  # events of it

    def take_turn(self, first: int, end: int) -> None:
        """Match these events, or as many of them as fit into a turn."""
        end = min(end, first + self.turn_events)
        self.seconds += self.worker.ask("match", first=first, end=end, limit=TURN_LIMIT_SECONDS)["seconds"]
        self.matched += end - first

    def end_pass(self) -> None:
        """Note what an event took in this pass."""
        self.row.ns.append(self.seconds / self.matched * 1e9)
        self.seconds, self.matched = 0.0, 0

    def fail(self, error: WorkerError) -> None:
        """Note that it measures nothing, and why."""
        self.worker.end()
        self.row.status, self.row.reason = _status(error), str(error)
        self.row.ns, self.row.figures = [], {}


def new_row(variant: Variant, engine: str, events: Events, rules: Rules) -> Row:
    """A row that says what is to be measured."""
    size = round(events.mean_bytes, 1)
    return Row(variant.name, engine, variant.baseline or "", rules.count, events.count, size, events.elements)


def prepare(
    variant: Variant, row: Row, command: tuple[str, ...], material: Material, mode: str, answers: Answers
) -> Contender | None:
    """A contender that answers right; None where it does not, and the row says why.

    Raises `WrongAnswerError` where an engine of ours does not: no figure is worth printing then.
    """
    limits, engine = LIMITS[mode], ENGINES[row.engine]
    if row.engine in variant.cannot:
        row.status, row.reason = "cannot", variant.cannot[row.engine]
        return None
    events, rules = material.events(variant.event_arguments(mode)), material.rules(variant.rules)
    worker = WorkerProcess(command)
    try:
        worker.ask("events", file=str(events.file))
        worker.ask("add", file=str(rules.file), limit=limits.adding)
        compare(worker, row, events, limits, answers, material.path(f"answers {row.engine}"))
        turn_events = warm_up(worker, events, engine.warm_up_seconds, limits)
    except (WorkerError, WrongAnswerError) as error:
        worker.end()
        row.status, row.reason = _status(error), str(error)
        if engine.is_ours and row.status != "gave up":
            raise WrongAnswerError(f"{variant.name}, {row.engine}: {error}") from None
        return None
    return Contender(worker, row, events, turn_events)


def _status(error: Exception) -> str:
    statuses: Mapping[type[Exception], str] = {
        RefusedError: "refused",
        CannotError: "cannot",
        GaveUpError: "gave up",
        WorkerError: "failed",
    }
    return statuses.get(type(error), "wrong")


def compare(worker: WorkerProcess, row: Row, events: Events, limits: Limits, answers: Answers, file: Path) -> None:
    """Compare the answers to as many events as the limit allows; WrongAnswerError at the first that differs."""
    if row.engine == "orjson":
        return
    count, seconds = _first_look(worker, events, limits)
    affordable = int(limits.comparing / seconds * count)
    row.compared = max(1, min(events.count, affordable))
    reply = worker.ask("answers", first=0, end=row.compared, file=str(file), limit=20 * limits.comparing)
    row.matches = reply["matches"]
    answers.compare(row.engine, file, row.compared, row.matches, events)


def warm_up(worker: WorkerProcess, events: Events, seconds: float, limits: Limits) -> int:
    """Match until that long has been matched, and on until it gets no faster; give how many events fit into a turn.

    A compiler that works meanwhile is done when a round took hardly less time than the best one before.
    """
    count, best = _first_look(worker, events, limits)
    start, least_seconds = monotonic(), min(seconds, limits.warm_up)
    is_faster = True
    while monotonic() - start < least_seconds or (is_faster and monotonic() - start < limits.warm_up):
        took, rounds_end = float("inf"), monotonic() + least_seconds / ROUNDS
        while monotonic() < rounds_end:
            took = min(took, worker.ask("match", first=0, end=count)["seconds"])
        is_faster = took < best * STILL_FASTER
        best = min(best, took)
    return max(1, int(count * TURN_SECONDS / max(best, 1e-9)))


def _first_look(worker: WorkerProcess, events: Events, limits: Limits) -> tuple[int, float]:
    """(a number of events, the seconds they take), enough of them for the clock."""
    count = 1
    while True:
        seconds = worker.ask("match", first=0, end=count, limit=limits.matching * max(1, count))["seconds"]
        if seconds >= FIRST_LOOK_SECONDS or count == events.count:
            return count, max(seconds, 1e-9)
        count = min(events.count, count * 4)
