"""Compares two result files, row by row: ``python -m bench compare BEFORE.json AFTER.json``.

In: two files of ``python -m bench``. Out, worst first: what each variant took in each engine before and after
(medians), the ratio, and a verdict. Exit status: 0; 1 when one of our engines got slower or lost a measurement; 2
when a file cannot be used.

The verdict. Pass k of one file has nothing to do with pass k of the other, so passes are compared as two heaps. A row
is *slower* (or *faster*) when both of these hold, else it is *noise*:

- The heaps do not touch: the least pass of one lies above the most of the other. If nothing had changed, that happens
  by chance in 2 of C(n+m, n) comparisons: 1 in 10 with three passes each, 1 in 126 with five, 1 in 1,716 with seven.
  With fewer than three passes on a side it would say nothing, and the row is not judged.
- The medians differ by more than 5% (``--floor``). The passes of a file share one run, one process an engine, one
  day; the next run finds its memory elsewhere and its processor at another speed, and no spread of passes shows that.

What is compared: where both files have decoding (`orjson`) of the variant, the times decoding, taken pass by pass
within each file, so that a slower day cancels out; else the time. Between two machines only the former is judged, and
with a warning: one processor may be better at decoding, the other at matching. Between runs of other rules, events or
answers nothing is judged: that is other work. Figures (rules per second, bytes) are judged as times are; more is
*worse*, but for rates, where it is *better*. Peers and decoding are shown like ours, and do not decide the exit
status: they change with their versions and with the machine, not with us.

The report ends with how many verdicts chance alone may have made: with hundreds of rows of three passes it makes some.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from typing import Any

from bench.engines import OURS, YARDSTICK
from bench.result_file import Result, ResultError, read_result
from bench.rows import STATUSES, Row, decoding, is_measured, number

FLOOR_PERCENT = 5.0
LEAST_PASSES = 3
OUR_COMMAND = "ruler"  # the engines of the scenario command-line are commands
MORE_IS_BETTER = ("per second", "times faster")  # in the name of a figure
HARDWARE = ("processor", "processors", "system")  # where these differ, times are not compared
SOFTWARE = ("python", "packages")  # where these differ, it is said

Key = tuple[str, str, str]  # scenario, variant, engine
WORSE = ("slower", "worse")
BETTER = ("faster", "better")
JUDGED = (*WORSE, *BETTER, "noise")


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of one file."""

    row: Row
    decoding: Sequence[float]  # its times decoding, by pass; empty where nobody decoded


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one row, before and after."""

    key: Key
    figure: str  # "" for the time of an event
    before: float  # medians, as measured
    after: float
    ratio: float  # after to before, of what is judged: times decoding where `is_normalised`
    is_normalised: bool
    verdict: str
    chance: float  # that passes of the same lie apart like those of a verdict

    @property
    def badness(self) -> float:
        """How many times worse it got."""
        return 1 / self.ratio if self.ratio and _more_is_better(self.figure) else self.ratio


def changes(before: Result, after: Result, floor_percent: float = FLOOR_PERCENT) -> list[Change]:
    """Every figure that both files measured, the worst first."""
    old, new = _by_key(before), _by_key(after)
    one_machine = not _differences(before, after, HARDWARE)
    found: list[Change] = []
    for key in old:
        if key in new and is_measured(old[key].row) and is_measured(new[key].row):
            found += _row_changes(key, old[key], new[key], one_machine, 1 + floor_percent / 100)
    return sorted(found, key=lambda each: (-each.badness, each.key, each.figure))


def _row_changes(key: Key, old: Measured, new: Measured, one_machine: bool, floor: float) -> Iterator[Change]:
    """The time, if there is one, and each figure."""
    other_work = _is_other_work(old.row, new.row)
    was, now = old.row["ns"], new.row["ns"]
    if was and now:
        is_normalised = key[2] != YARDSTICK and bool(old.decoding and new.decoding)
        judged_was, judged_now = (old.decoding, new.decoding) if is_normalised else (was, now)
        verdict = "other work" if other_work else "other machine" if not (one_machine or is_normalised) else ""
        verdict = verdict or _verdict(judged_was, judged_now, floor, WORSE[0], BETTER[0])
        ratio = _ratio(judged_was, judged_now)
        yield Change(key, "", median(was), median(now), ratio, is_normalised, verdict, _chance(was, now))
    for name in old.row["figures"]:
        if name in new.row["figures"]:
            was, now = old.row["figures"][name], new.row["figures"][name]
            verdict = "other work" if other_work else "other machine" if not one_machine else ""
            words = (BETTER[1], WORSE[1]) if _more_is_better(name) else (WORSE[1], BETTER[1])
            verdict = verdict or _verdict(was, now, floor, *words)
            yield Change(key, name, median(was), median(now), _ratio(was, now), False, verdict, _chance(was, now))


def _is_other_work(old: Row, new: Row) -> bool:
    """Whether rules, events or answers differ. Answers only tell where as many events were compared: a slow engine's
    are compared for so many as its time allows."""
    names = ["rules", "events", "elements"]
    if old.get("compared") == new.get("compared"):
        names.append("matches")
    return any(old.get(name) != new.get(name) for name in names)


def _ratio(before: Sequence[float], after: Sequence[float]) -> float:
    """Of the medians; one where there was nothing before, for which there is no ratio."""
    return median(after) / median(before) if median(before) else 1.0


def _verdict(before: Sequence[float], after: Sequence[float], floor: float, more: str, less: str) -> str:
    """The rule of the module's docstring: `more` or `less` where the heaps lie apart and by more than the floor."""
    if min(len(before), len(after)) < LEAST_PASSES:
        return "too few passes"
    if min(after) > max(before) and median(after) > median(before) * floor:
        return more
    if max(after) < min(before) and median(after) * floor < median(before):
        return less
    return "noise"


def _chance(before: Sequence[float], after: Sequence[float]) -> float:
    return 2 / comb(len(before) + len(after), len(before))


def _more_is_better(figure: str) -> bool:
    return any(words in figure for words in MORE_IS_BETTER)


def _by_key(result: Result) -> dict[Key, Measured]:
    return {
        (scenario["scenario"], row["variant"], row["engine"]): Measured(row, decoding(scenario["rows"], row))
        for scenario in result["scenarios"]
        for row in scenario["rows"]
    }


def _differences(before: Result, after: Result, names: Sequence[str]) -> list[str]:
    """``processors: 2 -> 8`` for each part of the machine's description that differs."""
    old, new = before["machine"], after["machine"]
    return [
        f"{name}: {_said(old.get(name))} -> {_said(new.get(name))}" for name in names if old.get(name) != new.get(name)
    ]


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {version}" for name, version in value.items())
    return str(value)


def is_ours(engine: str) -> bool:
    """Whether the project answers for it: its engines, and its command."""
    return engine in OURS or engine.split()[0] == OUR_COMMAND


def lost(before: Result, after: Result) -> list[tuple[Key, Row]]:
    """The rows that have no figures in `after`, and had some in `before`."""
    old, new = _by_key(before), _by_key(after)
    both = [key for key in old if key in new]
    return [(key, new[key].row) for key in both if is_measured(old[key].row) and not is_measured(new[key].row)]


def report(before: Result, after: Result, floor_percent: float = FLOOR_PERCENT, show_noise: bool = False) -> str:
    """The text of a comparison."""
    found = changes(before, after, floor_percent)
    shown = [each for each in found if each.verdict in (JUDGED if show_noise else (*WORSE, *BETTER))]
    rest = [_not_judged(found), _status_lines(before, after), _only(before, after), _sum(found)]
    parts = [_machines(before, after), _table(shown), *rest]
    return "\n\n".join(part for part in parts if part) + "\n"


def _machines(before: Result, after: Result) -> str:
    other = _differences(before, after, HARDWARE)
    lines = [f"other machine: {line}" for line in other]
    if other:
        lines.append("  only times decoding are judged, and a verdict may be the machine's")
    lines += _differences(before, after, SOFTWARE)
    if before.get("mode") != after.get("mode"):
        lines.append(f"mode: {before.get('mode')} -> {after.get('mode')}")
    for name in (name for name in before["engines"] if name in after["engines"]):
        old, new = (each["engines"][name].get("version", "absent") for each in (before, after))
        if old != new:
            lines.append(f"{name}: {old} -> {new}")
    return "\n".join(lines)


def _table(found: Sequence[Change]) -> str:
    if not found:
        return ""
    rows = [["scenario", "variant", "engine", "figure", "before", "after", "ratio", "verdict"]]
    for each in found:
        judged = " to decoding" if each.is_normalised else ""
        figure = each.figure or "ns an event"
        cells = [figure, number(each.before), number(each.after), f"{each.ratio:.2f}{judged}", each.verdict]
        rows.append([*each.key, *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def _not_judged(found: Sequence[Change]) -> str:
    """How many rows of each scenario have no verdict, and why."""
    counts = Counter((each.key[0], each.verdict) for each in found if each.verdict not in JUDGED)
    return "\n".join(f"{why}: {scenario}, {count} rows" for (scenario, why), count in sorted(counts.items()))


def _status_lines(before: Result, after: Result) -> str:
    lines = [f"no longer measured: {', '.join(key)}: {_why(row)}" for key, row in lost(before, after)]
    gained = lost(after, before)
    lines += [f"measured now: {', '.join(key)} (before: {_why(row)})" for key, row in gained]
    return "\n".join(lines)


def _why(row: Row) -> str:
    return f"{STATUSES[row['status']]}: {row['reason']}"


def _only(before: Result, after: Result) -> str:
    """Rows of one file alone; whole scenarios and engines are named once."""
    old, new = _by_key(before), _by_key(after)
    lines = []
    for word, own, other in (("before", old, new), ("after", new, old)):
        known = {key[0] for key in other}
        scenarios = dict.fromkeys(key[0] for key in own if key[0] not in known)
        lines += [f"only {word}: {name}, all rows" for name in scenarios]
        grouped: dict[tuple[str, str], list[str]] = {}
        for scenario, variant, engine in own:
            if (scenario, variant, engine) not in other and scenario in known:
                grouped.setdefault((scenario, engine), []).append(variant)
        lines += [f"only {word}: {name}, {engine}: {'; '.join(each)}" for (name, engine), each in grouped.items()]
    return "\n".join(lines)


def _sum(found: Sequence[Change]) -> str:
    judged = [each for each in found if each.verdict in JUDGED]
    counts = ", ".join(f"{sum(each.verdict == word for each in found)} {word}" for word in JUDGED)
    others = len(found) - len(judged)
    text = f"{len(judged)} judged: {counts}" + (f"; {others} not judged" if others else "")
    by_chance = sum(each.chance for each in judged)
    return f"{text}\nby chance alone, passes of at most {by_chance:.1f} of them lie apart, in either direction"


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m bench compare BEFORE AFTER``. Exit: 0, 1 something of ours got worse, 2 a file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m bench compare", description="Compare two result files.")
    parser.add_argument("before", type=Path, metavar="BEFORE.json")
    parser.add_argument("after", type=Path, metavar="AFTER.json")
    parser.add_argument("--all", action="store_true", help="show rows whose difference is noise, too")
    parser.add_argument(
        "--floor",
        type=float,
        default=FLOOR_PERCENT,
        metavar="PERCENT",
        help="call what differs by less noise (%(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        before, after = read_result(options.before), read_result(options.after)
    except ResultError as error:
        print(f"bench compare: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(report(before, after, options.floor, options.all))
    got_worse = [each.key for each in changes(before, after, options.floor) if each.verdict in WORSE]
    return int(any(is_ours(key[2]) for key in [*got_worse, *(key for key, _ in lost(before, after))]))


if __name__ == "__main__":
    sys.exit(main())
