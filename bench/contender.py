"""One variant in one engine: its process, what was found out about it, and its row of the result.

`prepare` starts the process, adds the rules, and compares the answers; whatever stands in the way of a measurement is
the ``status`` of the row: *cannot* (the scenario says so), *refused* (the engine does not take a rule), *gave up*
(too slow), *failed* (it died, or could not read an event), *wrong* (another answer). Only what answers right is ever
timed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from bench.check import Answers, WrongAnswerError
from bench.engines import ENGINES, YARDSTICK
from bench.material import Events, Material, Rules
from bench.scenario import Variant
from bench.worker_process import CannotError, GaveUpError, RefusedError, WorkerError, WorkerProcess

TURN_SECONDS = 0.05  # an engine that needs longer for a slice matches only its first events
TURN_LIMIT_SECONDS = 60.0
FIRST_LOOK_SECONDS = 0.02
WARM_UP_TURN_SECONDS = 0.2  # so long that collecting garbage before each is the smaller part


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a slow engine may take, in seconds."""

    adding: float
    comparing: float  # of answers: as many events as that allows
    matching: float  # one event
    warm_up: float  # by the wall; `Engine.warm_up_seconds` are of matching alone


LIMITS = {"quick": Limits(5, 0.3, 1, 1), "full": Limits(45, 2, 2, 6)}


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
    total: int | None  # matches of all events, where it is known
    seconds: float = 0.0  # of the pass that is going on
    matched: int = 0  # events of it
    found: int = 0  # matches in it

    def take_turn(self, first: int, end: int) -> None:
        """Match these events, or as many of them as fit into a turn."""
        end = min(end, first + self.turn_events)
        reply = self.worker.ask("match", first=first, end=end, limit=TURN_LIMIT_SECONDS)
        self.seconds += reply["seconds"]
        self.found += reply["matches"]
        self.matched += end - first

    def end_pass(self) -> None:
        """Note what an event took in this pass; WrongAnswerError where it found more or less than there is."""
        if self.total is not None and self.matched == self.events.count and self.found != self.total:
            raise WrongAnswerError(f"{self.found:,} matches while it was timed, expected {self.total:,}")
        self.row.ns.append(self.seconds / self.matched * 1e9)
        self.seconds, self.matched, self.found = 0.0, 0, 0

    def fail(self, error: Exception) -> None:
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
    worker: WorkerProcess | None = None
    try:
        worker = WorkerProcess(command)
        worker.ask("events", file=str(events.file))
        worker.ask("add", file=str(rules.file), limit=limits.adding)
        event_seconds = warm_up(worker, events, engine.warm_up_seconds, limits)
        if row.engine != YARDSTICK:
            compare(worker, row, events, int(limits.comparing / event_seconds), answers, material)
    except (WorkerError, WrongAnswerError) as error:
        if worker is not None:
            worker.end()
        row.status, row.reason = _status(error), str(error)
        if engine.is_ours and row.status != "gave up":
            raise WrongAnswerError(f"{variant.name}, {row.engine}: {error}") from None
        return None
    total = None if row.engine == YARDSTICK else variant.matches[mode]
    return Contender(worker, row, events, max(1, int(TURN_SECONDS / event_seconds)), total)


def _status(error: Exception) -> str:
    statuses: Mapping[type[Exception], str] = {
        RefusedError: "refused",
        CannotError: "cannot",
        GaveUpError: "gave up",
        WorkerError: "failed",
    }
    return statuses.get(type(error), "wrong")


def compare(
    worker: WorkerProcess, row: Row, events: Events, affordable: int, answers: Answers, material: Material
) -> None:
    """Compare the answers to as many events as can be afforded; WrongAnswerError at the first that differs."""
    row.compared = answers.comparable(max(1, min(events.count, affordable)))
    file = material.path(f"answers {row.engine}")
    reply = worker.ask("answers", first=0, end=row.compared, file=str(file), limit=TURN_LIMIT_SECONDS)
    row.matches = reply["matches"]
    answers.compare(row.engine, file, row.compared, row.matches, events)


def warm_up(worker: WorkerProcess, events: Events, seconds: float, limits: Limits) -> float:
    """Match for that long by the engine's own clock, all events in turn; give the seconds that an event takes now."""
    event_seconds = _first_look(worker, events, limits)
    matched, first, deadline = 0.0, 0, monotonic() + limits.warm_up
    while matched < seconds and monotonic() < deadline:
        end = min(events.count, first + max(1, int(WARM_UP_TURN_SECONDS / event_seconds)))
        took = worker.ask("match", first=first, end=end, limit=TURN_LIMIT_SECONDS)["seconds"]
        event_seconds = max(took, 1e-9) / (end - first)
        matched += took
        first = end % events.count
    return event_seconds


def _first_look(worker: WorkerProcess, events: Events, limits: Limits) -> float:
    """The seconds that an event takes, of enough of them for the clock; GaveUpError where that is too long."""
    count = 1
    while True:
        seconds = worker.ask("match", first=0, end=count, limit=TURN_LIMIT_SECONDS)["seconds"]
        if seconds > limits.matching * count:
            raise GaveUpError(f"an event takes {seconds / count:.1f} s")
        if seconds >= FIRST_LOOK_SECONDS or count == events.count:
            return max(seconds, 1e-9) / count
        count = min(events.count, count * 4)
