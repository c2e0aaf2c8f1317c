"""Draws a result as SVG, without a library: growth with rules, kinds of rules, arrays.

In: the scenarios of a result file. Out: file name -> SVG text; the same result gives the same bytes. Every plot has a
light background of its own, so that it reads on a dark page too, and no colour stands alone: an engine is also a
marker and a dash (lines) or a name beside its bar.

Each plot is a sheet of panels, all with the same axes, so that panels can be compared:

    growth.svg  a panel a scenario:   rules (log)     -> time an event (log),   a line an engine
    extensions.svg  the same of what goes beyond Event Ruler
    arrays.svg  a panel a shape:      elements (log)  -> time an element (log), a line an engine
    kinds*.svg  a panel a rule kind:  a bar an engine -> time an event (log)

A point is the median of the passes, the thin bar through it goes from the least to the most. What was not measured is
said, with the word of its status: below the panel (lines) or in place of the bar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from math import ceil, floor, log10
from statistics import median
from typing import Any

from bench import svg
from bench.rows import STATUSES, Row, family, in_order, is_measured, number, per_unit, variants

Scenario = Mapping[str, Any]

GROWTH = ("growth-exact", "growth-exact-*", "growth-*", "mixed", "wildcard-heavy")
"""Which scenarios are panels of growth.svg, in order; each is drawn once."""

EXTENSIONS = ("extension-*",)
"""The same for extensions.svg."""

KINDS = "kinds*"  # each has a plot of its own, since they match other events

TITLES = {
    "growth-exact": "exact, one path",
    "growth-exact-many-values": "exact, each event another value",
    "growth-contains": "wildcard *word*",
    "growth-two-words": "wildcard *word*word*",
    "growth-two-words-long": "wildcard *word*word*, long texts",
    "growth-overlapping": "numeric, ranges over each other",
    "growth-mixed": "mixed, few match",
    "mixed": "mixed, more match",
    "wildcard-heavy": "rules full of wildcards",
    "extension-and": "$and",
    "extension-regexp": "regexp with literals",
    "extension-regexp-classes": "regexp without literals",
    "extension-wildcard-ignore-case": "wildcard in any case",
    "extension-anything-but-prefix": "anything-but prefix in any case",
    "extension-anything-but-suffix": "anything-but suffix in any case",
    "extension-anything-but-wildcard": "anything-but wildcard in any case",
    "extension-anything-but-cidr": "anything-but cidr",
    "extension-anything-but-numeric": "anything-but numeric",
}
"""Scenario -> title of its panel, where the name without what all names begin with says too little."""


def plots(scenarios: Sequence[Scenario], absent: Sequence[str] = ()) -> dict[str, str]:
    """File name -> SVG, for each plot that there are rows for."""
    found = {
        "growth.svg": growth(scenarios, absent),
        "extensions.svg": growth(scenarios, absent, EXTENSIONS),
        "arrays.svg": arrays(scenarios, absent),
    }
    for scenario in scenarios:
        if fnmatch(scenario["scenario"], KINDS):
            found[f"{scenario['scenario']}.svg"] = kinds(scenario, absent)
    return {name: drawn for name, drawn in found.items() if drawn}


def growth(scenarios: Sequence[Scenario], absent: Sequence[str] = (), patterns: Sequence[str] = GROWTH) -> str:
    """Time an event against number of rules, of the scenarios that fit ``patterns``; "" when nothing grows."""
    chosen = dict.fromkeys(
        each["scenario"] for pattern in patterns for each in scenarios if fnmatch(each["scenario"], pattern)
    )
    by_name = {each["scenario"]: each for each in scenarios}
    panels = [
        Panel(
            TITLES.get(name, name.removeprefix("growth-").removeprefix("extension-")),
            _lines(by_name[name]["rows"], "rules"),
        )
        for name in chosen
    ]
    return _sheet_of_lines(
        "Time an event takes, as rules are added",
        "At every size the same few rules match"
        + ("; in “mixed, more match” added ones do, too." if "mixed" in chosen else "."),
        Axis("rules in the machine", _count),
        Axis("time an event", _time),
        panels,
        absent,
    )


def arrays(scenarios: Sequence[Scenario], absent: Sequence[str] = ()) -> str:
    """Time an element against elements of the array; "" without that scenario."""
    rows = [row for each in scenarios if each["scenario"] == "arrays" for row in each["rows"]]
    shapes = dict.fromkeys(family(row["variant"]) for row in rows)
    panels = [
        Panel(
            shape.removesuffix(", #").replace("#", "").strip(),
            _lines([row for row in rows if family(row["variant"]) == shape], "elements"),
        )
        for shape in shapes
    ]
    return _sheet_of_lines(
        "Time an element of an array takes, as the array grows",
        "Level: an event takes as many times longer as its array is longer. Rising: more than that.",
        Axis("elements of the array", _count),
        Axis("time an element", _time),
        panels,
        absent,
    )


# ----- what is drawn


@dataclass(frozen=True, slots=True)
class Point:
    """One row in a panel of lines; no `times` where it was not measured."""

    x: float
    times: Sequence[float]
    status: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis: what it shows, and how a number on it is written."""

    title: str
    text: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Panel:
    """A title and what each engine has in it."""

    title: str
    lines: Mapping[str, Sequence[Point]]


def _lines(rows: Sequence[Row], x: str) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {engine: [] for engine in in_order(row["engine"] for row in rows)}
    for row in rows:
        if row[x] > 0 and (not is_measured(row) or row["ns"]):
            times = per_unit(row) if is_measured(row) else ()
            found[row["engine"]].append(Point(row[x], times, row["status"]))
    return {engine: sorted(points, key=lambda each: each.x) for engine, points in found.items() if points}


def _count(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size and value % (size / 10) == 0:
            return f"{value / size:g}{letter}"
    return f"{value:,.0f}"


def _time(nanoseconds: float) -> str:
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g} {unit}"
    return f"{nanoseconds:g} ns"


def _rounded_time(nanoseconds: float) -> str:
    """Three digits that count, and the unit."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{number(nanoseconds / size)} {unit}"
    return f"{number(nanoseconds)} ns"


def _absent_note(absent: Sequence[str]) -> list[str]:
    return [f"Absent when this was measured: {', '.join(absent)}."] if absent else []


# ----- panels of lines


COLUMNS = 3
PLOT_HEIGHT = 190
LABELS_LEFT = 50
TITLE_HEIGHT = 26
LABELS_BELOW = 36
NOTE_SIZE, NOTE_HEIGHT = 9.5, 12


Range = tuple[float, float]  # the logarithms of the ends of an axis


def _whole_decades(values: Sequence[float]) -> Range:
    low, high = floor(log10(min(values)) + 1e-9), ceil(log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def _with_room(values: Sequence[float]) -> Range:
    return log10(min(values)) - 0.2, log10(max(values)) + 0.2


def _decades(ends: Range) -> list[float]:
    """The powers of ten within a range."""
    return [10.0**power for power in range(ceil(ends[0] - 1e-9), floor(ends[1] + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel stands, and what its edges stand for."""

    left: float
    top: float
    width: float
    height: float
    x_range: Range
    y_range: Range

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + self.width * (log10(value) - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.top + self.height * (high - log10(value)) / (high - low)


def _sheet_of_lines(
    title: str, about: str, x_axis: Axis, y_axis: Axis, panels: Sequence[Panel], absent: Sequence[str]
) -> str:
    """All panels, three side by side, with one legend above them; "" where nothing was measured."""
    points = [point for panel in panels for line in panel.lines.values() for point in line]
    times = [time for point in points for time in point.times]
    if not times:
        return ""
    ranges = _with_room([point.x for point in points]), _whole_decades(times)
    engines = in_order(engine for panel in panels for engine in panel.lines)
    legend, top = svg.legend(engines, 80)
    width = (svg.WIDTH - 2 * svg.MARGIN - (COLUMNS - 1) * svg.GAP) / COLUMNS
    body = [legend]
    top += 8
    for start in range(0, len(panels), COLUMNS):
        row = panels[start : start + COLUMNS]
        notes = [_reasons(panel, x_axis, width) for panel in row]
        for index, (panel, lines) in enumerate(zip(row, notes, strict=True)):
            left = svg.MARGIN + index * (width + svg.GAP) + LABELS_LEFT
            frame = Frame(left, top + TITLE_HEIGHT, width - LABELS_LEFT, PLOT_HEIGHT, *ranges)
            body.append(_grid(frame, panel.title, x_axis, y_axis, is_first=index == 0))
            body += [_engine_line(frame, line, svg.style_of(engine, engines)) for engine, line in panel.lines.items()]
            under = frame.bottom + LABELS_BELOW + 8
            body += [
                svg.text(left, under + NOTE_HEIGHT * at, line, NOTE_SIZE, colour=svg.FAINT)
                for at, line in enumerate(lines)
            ]
        top += TITLE_HEIGHT + PLOT_HEIGHT + LABELS_BELOW + 14 + NOTE_HEIGHT * max(map(len, notes))
    below = [
        "Points are medians of the passes, thin bars reach from the least to the most. Both axes are logarithmic.",
        "A line that ends goes no further: the reason is below its panel, or nobody tried.",
        *_absent_note(absent),
    ]
    body.append(svg.notes(below, top + 12))
    return svg.page(top + 12 + 15 * len(below) + 6, title, about, "".join(body))


def _grid(frame: Frame, title: str, x_axis: Axis, y_axis: Axis, is_first: bool) -> str:
    """Background, decades, numbers at the axes, titles."""
    xs, ys = _decades(frame.x_range), _decades(frame.y_range)
    parts = [svg.text(frame.left, frame.top - 8, title, 13, more='font-weight="600"')]
    parts.append(svg.box(frame.left, frame.top, frame.width, frame.height, svg.PANEL))
    lines = [svg.across(frame.left, frame.y(each), frame.right) for each in ys]
    parts.append(svg.path([*lines, *(svg.down(frame.x(each), frame.top, frame.bottom) for each in xs)], svg.GRID))
    parts.append(svg.path([svg.across(frame.left, frame.bottom, frame.right)], svg.FAINT))
    parts += [svg.text(frame.left - 6, frame.y(each) + 3.5, y_axis.text(each), 10, "end", svg.FAINT) for each in ys]
    parts += [svg.text(frame.x(each), frame.bottom + 14, x_axis.text(each), 10, "middle", svg.FAINT) for each in xs]
    middle = (frame.left + frame.right) / 2
    parts.append(svg.text(middle, frame.bottom + 28, x_axis.title, 10.5, "middle", svg.FAINT))
    if is_first:
        x, y = frame.left - LABELS_LEFT + 3, frame.top + frame.height / 2
        parts.append(
            svg.text(
                x,
                y,
                y_axis.title,
                10.5,
                "middle",
                svg.FAINT,
                f'transform="rotate(-90 {svg.coordinate(x)} {svg.coordinate(y)})"',
            )
        )
    return "".join(parts)


def _engine_line(frame: Frame, points: Sequence[Point], style: svg.Style) -> str:
    """The line of an engine through its medians, with their spread."""
    known = [(frame.x(point.x), frame.y(median(point.times)), point.times) for point in points if point.times]
    if not known:
        return ""
    line = "".join(
        f"{'L' if index else 'M'}{svg.coordinate(x)} {svg.coordinate(y)}" for index, (x, y, _) in enumerate(known)
    )
    spreads = [
        svg.down(x, frame.y(min(times)), frame.y(max(times)))
        + "".join(svg.across(x - 2.5, frame.y(end), x + 2.5) for end in (min(times), max(times)))
        for x, _, times in known
    ]
    parts = [svg.path([line], style.colour, style.width, style.dash), svg.path(spreads, style.colour, 1.2)]
    return "".join([*parts, *(svg.marker(style, x, y) for x, y, _ in known)])


def _reasons(panel: Panel, x_axis: Axis, width: float) -> list[str]:
    """``gave up: moto (from 10k)``: who has no figure in a panel, and where."""
    found: dict[str, list[str]] = {}
    for engine, points in panel.lines.items():
        for status in dict.fromkeys(point.status for point in points if not point.times):
            places = [point.x for point in points if point.status == status]
            where = "" if len(places) == len(points) else f" ({_places(places, points, x_axis)})"
            found.setdefault(status, []).append(svg.NAMES.get(engine, engine) + where)
    lines = [f"{STATUSES[status]}: {', '.join(names)}" for status, names in found.items()]
    return [part for line in lines for part in svg.wrapped(line, width - LABELS_LEFT, NOTE_SIZE)]


def _places(places: Sequence[float], points: Sequence[Point], axis: Axis) -> str:
    """``from 10k`` where it is so for the rest of the line."""
    if len(places) > 1 and [point.x for point in points][-len(places) :] == list(places):
        return f"from {axis.text(places[0])}"
    return ", ".join(axis.text(place) for place in places)


# ----- panels of bars


BAR, BAR_GAP = 13, 3
NAME_SIZE = 11
VALUES_WIDTH = 62
BAR_COLUMNS = 2


def kinds(scenario: Scenario, absent: Sequence[str] = ()) -> str:
    """A bar for each engine and kind of rule; "" when nothing was measured."""
    rows = scenario["rows"]
    times = [value for row in rows if is_measured(row) for value in row["ns"]]
    if not times:
        return ""
    engines = in_order(row["engine"] for row in rows)
    ends = floor(log10(min(times)) + 1e-9), log10(max(times)) + 0.02
    names = variants(rows)
    width = (svg.WIDTH - 2 * svg.MARGIN - svg.GAP) / BAR_COLUMNS
    panel_height = TITLE_HEIGHT + len(engines) * (BAR + BAR_GAP) + 32
    body, top = [], 66.0
    for index, name in enumerate(names):
        left = svg.MARGIN + index % BAR_COLUMNS * (width + svg.GAP)
        panel_top = top + index // BAR_COLUMNS * (panel_height + 10)
        fitting = {row["engine"]: row for row in rows if row["variant"] == name}
        body.append(_bars(left, panel_top, width, name, engines, fitting, ends))
    top += -(-len(names) // BAR_COLUMNS) * (panel_height + 10)
    below = [
        "Bars end at the median pass, thin lines show the least and the most. orjson only decodes the event.",
        "The scale is logarithmic: a bar a little longer takes many times as long.",
        *_absent_note(absent),
    ]
    body.append(svg.notes(below, top + 10))
    title = "Time an event takes, by kind of rule"
    about = scenario["about"][:1].upper() + scenario["about"][1:]
    return svg.page(top + 10 + 15 * len(below) + 6, title, about, "".join(body))


def _bars(
    left: float,
    top: float,
    width: float,
    title: str,
    engines: Sequence[str],
    rows: Mapping[str, Row],
    ends: Range,
) -> str:
    """One kind: a bar for each engine, its name on the left and its time on the right."""
    names_width = max(map(len, engines)) * NAME_SIZE * svg.WIDE_LETTER + 8
    start, end = left + names_width, left + width - VALUES_WIDTH
    first = top + TITLE_HEIGHT
    bottom = first + len(engines) * (BAR + BAR_GAP)

    def x(value: float) -> float:
        return start + (end - start) * (log10(value) - ends[0]) / (ends[1] - ends[0])

    parts = [svg.text(left, top + 16, title, 13, more='font-weight="600"')]
    parts.append(svg.path([svg.down(x(each), first - 2, bottom) for each in _decades(ends)], svg.GRID))
    parts += [svg.text(x(each), bottom + 12, _time(each), 10, "middle", svg.FAINT) for each in _decades(ends)]
    parts.append(svg.text((start + end) / 2, bottom + 25, "time an event", 10.5, "middle", svg.FAINT))
    for index, engine in enumerate(engines):
        y = first + index * (BAR + BAR_GAP)
        style, row = svg.style_of(engine, engines), rows.get(engine)
        weight = 'font-weight="600"' if style.is_ours else ""
        parts.append(
            svg.text(start - 6, y + BAR - 3, engine, NAME_SIZE, "end", svg.INK if style.is_ours else svg.FAINT, weight)
        )
        if row is None or not is_measured(row):
            words = STATUSES[row["status"]] if row is not None else "not measured"
            parts.append(svg.text(start + 4, y + BAR - 3, words, 10.5, colour=svg.FAINT, more='font-style="italic"'))
            continue
        middle, centre = median(row["ns"]), y + BAR / 2
        parts.append(svg.box(start, y, x(middle) - start, BAR, style.colour, "" if style.is_ours else 'opacity="0.75"'))
        parts.append(svg.path([svg.across(x(min(row["ns"])), centre, x(max(row["ns"])))], svg.INK, 1.2))
        parts.append(svg.text(x(max(row["ns"])) + 5, y + BAR - 3, _rounded_time(middle), 10.5, more=weight))
    return "".join(parts)
