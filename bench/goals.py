"""Goals, and whether the rows of a scenario reach them.

A goal is the name of a figure and a limit, written in a scenario file by engine:
``{"times decoding" = ["at most", 0.5]}``. The figure has one value per pass, and its median is judged. `figure` knows
those that compare a row with another one of the same run; other measures name figures of their own. Beside "times
faster than event-ruler", or any other engine, there is "times faster than the best peer": the fastest one that answers
right.

A ``[median_variant]`` goal is judged by the middle one of all variants, each standing for itself by its median.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench import rows as of_rows
from bench.rows import Row, number

if TYPE_CHECKING:
    from bench.scenario import Scenario

SIDES = ("at most", "at least")
Limit = tuple[str, float]  # side and number
FASTER = "times faster than "
BEST_PEER = "the best peer"
NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal, judged."""

    figure: str
    side: str
    limit: float
    median: float | None  # None where the figure could not be taken
    place: str  # variant and engine

    @property
    def word(self) -> str:
        """``reached``, ``MISSED`` or `NOT_JUDGED`; by the median of the passes."""
        if self.median is None:
            return NOT_JUDGED
        is_reached = self.median <= self.limit if self.side == "at most" else self.median >= self.limit
        return "reached" if is_reached else "MISSED"

    def __str__(self) -> str:
        value = "" if self.median is None else f" {number(self.median)}"
        return f"{self.word}: {self.figure}{value}, {self.side} {number(self.limit)} ({self.place})"


def _more_microseconds(rows: Sequence[Row], row: Row) -> list[float]:
    first = of_rows.first_of(rows, row)
    if first is None or not (of_rows.is_measured(row) and of_rows.is_measured(first)):
        return []
    return [(own - other) / 1000 for own, other in zip(row["ns"], first["ns"], strict=True)]


def _more_than_batch(rows: Sequence[Row], row: Row) -> list[float]:
    """What calling once per event adds to the time of a batch; the unit is the time of decoding."""
    batch = of_rows.find(rows, row["variant"], row["engine"].removesuffix(" single"))
    if batch is None:
        return []
    own, other = of_rows.decoding(rows, row), of_rows.decoding(rows, batch)
    return [single - together for single, together in zip(own, other, strict=True)]


COMPARISONS: Mapping[str, Callable[[Sequence[Row], Row], list[float]]] = {
    "times decoding": of_rows.decoding,
    "times the first": of_rows.times_the_first,
    "us more than the first": _more_microseconds,
    "decodings more than a batch": _more_than_batch,
}


def figure(rows: Sequence[Row], row: Row, name: str) -> list[float]:
    """A value per pass; [] where it cannot be taken, because an engine it needs was not measured."""
    if name in COMPARISONS:
        return COMPARISONS[name](rows, row)
    if not name.startswith(FASTER):
        return list(row.get("figures", {}).get(name, []))
    wanted, variant = name.removeprefix(FASTER), row["variant"]
    other = of_rows.best_peer(rows, variant) if wanted == BEST_PEER else of_rows.find(rows, variant, wanted)
    if other is None:
        return []
    if "seconds" in row.get("figures", {}):  # whole processes
        own, theirs = row["figures"]["seconds"], other["figures"]["seconds"]
        return [slow / fast for slow, fast in zip(theirs, own, strict=True)]
    return of_rows.times_faster(row, other)


def verdicts(scenario: Scenario, rows: Sequence[Row]) -> list[Verdict]:
    """All verdicts of a scenario; a goal whose figure could not be taken, as where a peer is absent, is not judged."""
    variants = {variant.name: variant for variant in scenario.variants}
    found = []
    for row in rows:
        goals = variants[row["variant"]].goals.get(row["engine"], {})
        for name, (side, limit) in goals.items():
            values = figure(rows, row, name)
            if not values and name in COMPARISONS and of_rows.is_measured(row):
                continue  # the first of those that grow has not grown
            place = f"{row['variant']}, {row['engine']}"
            found.append(Verdict(name, side, limit, median(values) if values else None, place))
    return found + _median_verdicts(scenario, rows)


def _median_verdicts(scenario: Scenario, rows: Sequence[Row]) -> list[Verdict]:
    found = []
    for engine, goals in scenario.median_goals.items():
        for name, (side, limit) in goals.items():
            asked = [row for row in rows if row["engine"] == engine and row["variant"] in scenario.median_of]
            values = [figure(rows, row, name) for row in asked]
            medians = [median(each) for each in values if each]
            if medians:
                place = f"median of {len(medians)} variants, {engine}"
                found.append(Verdict(name, side, limit, median(medians), place))
    return found
