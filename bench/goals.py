"""Goals of scenarios, and whether a result reaches them, by the median of the passes.

A goal is a name of `GOALS` and a number. Each compares a result with another one of the same run: decoding alone,
the variant it is compared with (same way), or the python engine or the batch on the same variant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Result


@dataclass(frozen=True, slots=True)
class Goal:
    """How a figure is called and taken, and on which side of the goal it must lie."""

    text: str
    figures: Callable[[Result], Sequence[float]]  # one per pass; none where there is nothing to compare with
    at_least: bool = False

    def verdict(self, result: Result, limit: float) -> str:
        """``reached 0.14 (at most 0.167 x decoding)``; empty without figures."""
        figures = self.figures(result)
        if not figures:
            return ""
        figure = median(figures)
        reached = figure >= limit if self.at_least else figure <= limit
        side = "at least" if self.at_least else "at most"
        return f"{'reached' if reached else 'MISSED'} {figure:.3g} ({side} {limit:.3g} {self.text})"


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
    if result.batch is None:
        return []
    rows = zip(result.seconds, result.batch.seconds, result.decode_seconds, strict=True)
    return [(own - batch) / decode for own, batch, decode in rows]


GOALS: Mapping[str, Goal] = {
    "at_most_decode": Goal("x decoding", _decode),
    "at_most_first": Goal("x the first", _first),
    "at_least_python": Goal("x faster than python", _python, at_least=True),
    "at_most_more_us": Goal("us more than the first", _more_microseconds),
    "at_most_more_decode": Goal("x decoding more than a batch", _more_than_batch),
}


def verdicts(goals: Mapping[str, float], result: Result) -> str:
    """All verdicts of one result."""
    found = (GOALS[name].verdict(result, limit) for name, limit in goals.items())
    return ", ".join(filter(None, found))


def figure_verdict(goals: Mapping[str, tuple[str, float]], name: str, value: float) -> str:
    """The verdict of a figure that stands by itself; ``goals``: name -> ("at most" or "at least", limit)."""
    if name not in goals:
        return ""
    side, limit = goals[name]
    reached = value <= limit if side == "at most" else value >= limit
    return f"{'reached' if reached else 'MISSED'} ({side} {limit:,.4g})"
