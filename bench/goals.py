"""Goals, and whether a result reaches them.

A goal is the name of a figure and a limit, written in a scenario file: ``{"times decoding" = ["at most", 0.5]}``.
The figure has one value per pass, and its median is judged. `COMPARISONS` are the figures of matching: each compares a
result with another one of the same run. Other measures name figures of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Result

SIDES = ("at most", "at least")
Limit = tuple[str, float]  # side and number


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal, judged."""

    figure: str
    side: str
    limit: float
    median: float

    @property
    def is_reached(self) -> bool:
        """Judged by the median of the passes."""
        return self.median <= self.limit if self.side == "at most" else self.median >= self.limit

    def __str__(self) -> str:
        word = "reached" if self.is_reached else "MISSED"
        return f"{word}: {self.figure} {number(self.median)}, {self.side} {number(self.limit)}"


def _decode(result: Result) -> Sequence[float]:
    return result.decode_ratios()


def _first(result: Result) -> Sequence[float]:
    return result.ratios_to(result.baseline) if result.baseline else []


def _python(result: Result) -> Sequence[float]:
    return result.python.ratios_to(result) if result.python else []


def _more_microseconds(result: Result) -> Sequence[float]:
    if result.baseline is None:
        return []
    return [own - other for own, other in zip(result.microseconds(), result.baseline.microseconds(), strict=True)]


def _more_than_batch(result: Result) -> Sequence[float]:
    """What calling once per event adds to the time of a batch; the unit is the time of decoding."""
    if result.batch is None:
        return []
    rows = zip(result.seconds, result.batch.seconds, result.decode_seconds, strict=True)
    return [(own - batch) / decode for own, batch, decode in rows]


COMPARISONS: Mapping[str, Callable[[Result], Sequence[float]]] = {
    "times decoding": _decode,
    "times the first": _first,
    "times faster than python": _python,
    "us more than the first": _more_microseconds,
    "decodings more than a batch": _more_than_batch,
}


def figures_of(result: Result) -> dict[str, Sequence[float]]:
    """Every figure of a result, by name, a value per pass: its own, and the comparisons that can be made."""
    found = {name: figures(result) for name, figures in COMPARISONS.items()} if result.seconds else {}
    return {name: values for name, values in found.items() if values} | dict(result.figures)


def verdicts(goals: Mapping[str, Limit], result: Result) -> list[Verdict]:
    """All verdicts of one result; none for a goal whose figure could not be taken, as without the native engine."""
    figures = figures_of(result)
    return [
        Verdict(name, side, limit, median(figures[name])) for name, (side, limit) in goals.items() if name in figures
    ]


def number(value: float) -> str:
    """Three digits that count: ``0.167``, ``1.31``, ``45,210``."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
