"""Arithmetic on the rows of a result file: medians, spreads, ratios, the best peer.

In: rows as `bench/results/*.json` has them, one for each variant and engine:
``{"variant": "exact", "engine": "native", "rules": 5, "elements": 0, "status": "measured", "ns": [401.2, 399.9]}``;
``figures`` in place of ``ns`` where no events are timed. Out: numbers, and the short texts that tables and goals share.

Passes of a scenario are taken in turns by all its engines, so pass k of one row and pass k of another saw the same
machine: a ratio is taken pass by pass, and the median and the spread are those of the ratios. The median of the ratios
is not the ratio of the medians. Rows of two files are not paired like that; `bench.compare` is for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench.engines import ENGINES, PEERS, YARDSTICK

STATUSES = {
    "measured": "",
    "wrong": "wrong answer",
    "refused": "refused",
    "cannot": "cannot",
    "gave up": "gave up",
    "failed": "failed",
}
"""Status -> what stands in place of a figure."""

Row = Mapping[str, Any]


def in_order(engines: Iterable[str]) -> list[str]:
    """Each engine once: those of `ENGINES` first and in that order, then the others as they came."""
    found = dict.fromkeys(engines)
    return [name for name in ENGINES if name in found] + [name for name in found if name not in ENGINES]


def is_measured(row: Row) -> bool:
    """Whether the row has figures: its engine took the rules and answered right, in time."""
    return bool(row["status"] == "measured")


def find(rows: Iterable[Row], variant: str, engine: str) -> Row | None:
    """The row of a variant and an engine, measured or not."""
    return next((row for row in rows if row["variant"] == variant and row["engine"] == engine), None)


def variants(rows: Iterable[Row]) -> list[str]:
    """The names of the variants, in the order of the scenario."""
    return list(dict.fromkeys(row["variant"] for row in rows))


def per_unit(row: Row) -> list[float]:
    """Nanoseconds an element where the events are arrays of so many elements, else nanoseconds an event; by pass."""
    return [value / (row["elements"] or 1) for value in row.get("ns", [])]


def ratio(row: Row, other: Row) -> list[float]:
    """How many times as long a row takes as another one of the same scenario, pass by pass; [] without both.

    Arrays of different length are compared by element, so ten times the time for ten times the elements is one.
    """
    if not (is_measured(row) and is_measured(other)):
        return []
    if row["elements"] and other["elements"]:
        return [own / its for own, its in zip(per_unit(row), per_unit(other), strict=False)]
    return [own / its for own, its in zip(row.get("ns", []), other.get("ns", []), strict=False)]


def times_faster(row: Row, other: Row) -> list[float]:
    """The other way round: how many times as long the other one takes."""
    return ratio(other, row)


def decoding(rows: Iterable[Row], row: Row) -> list[float]:
    """How many times as long as decoding the same bytes a row takes, pass by pass; [] where nobody decoded."""
    yardstick = find(rows, row["variant"], YARDSTICK)
    return ratio(row, yardstick) if yardstick is not None else []


def family(variant: str) -> str:
    """What variants have in common that differ only in a number: ``1 rule`` and ``10,000 rules``, ``nested, 8``."""
    return re.sub(r"\d[\d,]*", "#", variant).replace("# rules", "# rule")


def first_of(rows: Iterable[Row], row: Row) -> Row | None:
    """The row that a row's growth is measured against: the same engine in the variant that ``baseline`` names."""
    return find(rows, row["baseline"], row["engine"]) if row.get("baseline") else None


def times_the_first(rows: Sequence[Row], row: Row) -> list[float]:
    """How much a row has grown: its ratio to `first_of`, pass by pass; [] where nothing grows."""
    first = first_of(rows, row)
    return ratio(row, first) if first is not None else []


def best_peer(rows: Iterable[Row], variant: str, among: Collection[str] = PEERS) -> Row | None:
    """Of the peers that answered right, the row of the least median time; None when there is none."""
    peers = [row for row in rows if row["variant"] == variant and row["engine"] in among]
    timed = [row for row in peers if is_measured(row) and row.get("ns")]
    return min(timed, key=lambda row: median(row["ns"]), default=None)


def is_noise(ratios: Sequence[float]) -> bool:
    """Whether passes lie on both sides of one: a difference that was not measured."""
    return bool(ratios) and min(ratios) <= 1 <= max(ratios)


def number(value: float) -> str:
    """Three digits that count: ``0.167``, ``1.31``, ``45,210``."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread_text(values: Sequence[float]) -> str:
    """``1.32 (1.29-1.41)``: median, least and most; one number where there is one pass."""
    if not values:
        return ""
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}-{number(max(values))})"


def short_spread(values: Sequence[float]) -> str:
    """``1.32 ±5%``: the median, and half of what lies between least and most in percent of it. For wide tables."""
    if not values:
        return ""
    middle = median(values)
    if len(values) == 1 or not middle:
        return number(middle)
    return f"{number(middle)} ±{(max(values) - min(values)) / 2 / middle:.0%}"
