"""Writes the rows of a scenario as Markdown tables.

In: a scenario of a result file. Out: Markdown. Times stand in a table with a row for each variant and a column for each
engine, so that engines are compared along a row; ratios in a second one, folded, with a row for each of our engines.

    | µs an event | native | event-ruler | moto |          | variant | engine | times faster than event-ruler |
    | --- | --- | --- | --- |                              | --- | --- | --- |
    | exact | 0.4 ±2% | 2.18 ±3% | wrong answer (1) |      | exact | native | 5.6 (5.5-5.8) |

A cell without a figure says why in a word, with the number of a note below the table. Columns that say nothing are left
out. Ratios are taken pass by pass (`bench.rows`); ``±`` is half of what lies between the least and the most pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.engines import OURS
from bench.rows import (
    STATUSES,
    Row,
    best_peer,
    decoding,
    find,
    in_order,
    is_measured,
    is_noise,
    per_unit,
    short_spread,
    spread_text,
    times_faster,
    times_the_first,
    variants,
)

NOTE_LETTERS = 240  # of a reason, which may be a whole stack trace

Table = Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """A table in Markdown, its head first; "" when there is nothing but a head."""
    if len(table) < 2 or len(table[0]) < 2:
        return ""
    head, *rows = table
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * len(head), *rows])


def scenario_tables(scenario: Mapping[str, Any], is_folded: bool = False) -> str:
    """The tables of a scenario: times and ratios, or figures. What `is_folded` already needs no second click."""
    rows = scenario["rows"]
    if any(row.get("figures") for row in rows):
        return _with_notes(figures_table, rows)
    times, ratios = _with_notes(times_table, rows), markdown(ratio_table(rows))
    if not ratios:
        return times
    return times + (f"\nRatios, pass by pass:\n\n{ratios}" if is_folded else folded("Ratios, pass by pass", ratios))


def folded(title: str, body: str) -> str:
    """Text that opens on a click where the page is shown by a browser; plain text elsewhere."""
    return f"\n<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>\n"


def text(words: str) -> str:
    """Words as Markdown shows them, in one line."""
    for sign in "\\|*<_`":
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def code(words: str) -> str:
    """Somebody else's words, as they are, in one line and not too long."""
    line = " ".join(words.replace("`", "'").split())
    return f"`{line[:NOTE_LETTERS]}...`" if len(line) > NOTE_LETTERS else f"`{line}`"


class Notes:
    """Numbers the reasons why there is no figure; equal ones share a number."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str], int] = {}

    def word(self, row: Row) -> str:
        """``refused (2)``: what stands in place of a figure."""
        key = (row["engine"], row["status"], row["reason"])
        return f"{STATUSES[row['status']]} ({self.found.setdefault(key, len(self.found) + 1)})"

    def lines(self) -> str:
        """The numbered notes, as they stand below the table."""
        return "".join(
            f"{number}. {engine}, {STATUSES[status]}: {code(reason)}\n"
            for (engine, status, reason), number in self.found.items()
        )


def _with_notes(build: Callable[[Sequence[Row], Notes], Table], rows: Sequence[Row]) -> str:
    notes = Notes()
    table = markdown(build(rows, notes))
    return f"{table}\n{notes.lines()}" if notes.found else table


def times_table(rows: Sequence[Row], notes: Notes) -> Table:
    """What an event takes, or an element where all events are arrays: a row a variant, a column an engine."""
    engines = in_order(row["engine"] for row in rows)
    by_element = all(row["elements"] for row in rows)
    divisor = 1 if by_element else 1000

    def cell(row: Row | None) -> str:
        if row is None:
            return ""
        times = per_unit(row) if by_element and is_measured(row) else row.get("ns", [])
        return short_spread([value / divisor for value in times]) if is_measured(row) else notes.word(row)

    head = ["ns an element" if by_element else "µs an event", *engines]
    cells = [[text(name), *(cell(find(rows, name, engine)) for engine in engines)] for name in variants(rows)]
    return [head, *cells]


def figures_table(rows: Sequence[Row], notes: Notes) -> Table:
    """Figures that are not times of an event: a row a variant and figure, a column an engine."""
    engines = in_order(row["engine"] for row in rows)
    table = [["variant", "figure", *engines]]
    for name in variants(rows):
        own = {row["engine"]: row for row in rows if row["variant"] == name}
        figures = dict.fromkeys(figure for row in own.values() if is_measured(row) for figure in row["figures"])
        table += [
            [text(name), text(figure), *(_figure(own.get(engine), figure, notes) for engine in engines)]
            for figure in figures or [""]
        ]
    return table


def _figure(row: Row | None, figure: str, notes: Notes) -> str:
    if row is None:
        return ""
    return short_spread(row["figures"].get(figure, [])) if is_measured(row) else notes.word(row)


def ratio_table(rows: Sequence[Row]) -> Table:
    """How each of our engines compares, with the spread of the passes; without the columns that nobody has."""
    ours = [row for row in rows if row["engine"] in OURS and is_measured(row) and row["ns"]]
    table = [list(RATIOS), *([cell(rows, row) for cell in RATIOS.values()] for row in ours)]
    kept = [index for index in range(len(RATIOS)) if any(line[index] for line in table[1:])]
    has_ratio = any(index > list(RATIOS).index("matches") for index in kept)
    return [[line[index] for index in kept] for line in table] if has_ratio else []


def _marked(ratios: Sequence[float]) -> str:
    """The spread; with the word noise where passes lie on both sides of one."""
    return spread_text(ratios) + (" noise" if is_noise(ratios) and len(ratios) > 1 else "")


def _faster_than(engine: str) -> Callable[[Sequence[Row], Row], str]:
    def cell(rows: Sequence[Row], row: Row) -> str:
        other = find(rows, row["variant"], engine)
        return _marked(times_faster(row, other)) if other is not None and row["engine"] != engine else ""

    return cell


def _faster_than_best(rows: Sequence[Row], row: Row) -> str:
    peer = best_peer(rows, row["variant"])
    return f"{_marked(times_faster(row, peer))}, {peer['engine']}" if peer is not None else ""


RATIOS: dict[str, Callable[[Sequence[Row], Row], str]] = {
    "variant": lambda _, row: text(row["variant"]),
    "engine": lambda _, row: row["engine"],
    "matches": lambda _, row: f"{row['matches']:,}",
    "times decoding": lambda rows, row: spread_text(decoding(rows, row)),
    "times the first": lambda rows, row: _marked(times_the_first(rows, row)),
    "times faster than python": lambda rows, row: (
        _faster_than("python")(rows, row) if not row["engine"].startswith("python") else ""
    ),
    "times faster than event-ruler": _faster_than("event-ruler"),
    "times faster than the best peer": _faster_than_best,
}
"""Column of the table of ratios -> what stands in it."""
