"""Measures one scenario: every variant in every engine, in turns, beside decoding alone.

In: a `Scenario`, a mode, and the commands that start the engines. Out: a `Row` for each variant and engine.

How: each variant in each engine has a process of its own (``bench/worker_process.py``), which has its events in memory
and its rules added before anything is timed, has answered right, and has matched for a while. A pass goes through the
events in ten slices. On each slice all processes take turns, one at a time, and each slice begins with another one; so
what slows the machine for a while slows all alike, and ratios are taken within a pass. The clock is the wall clock of
the process that matches: what its garbage collector and compiler do on another processor meanwhile costs it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.change import change
from bench.check import Answers, WrongAnswerError
from bench.churn import churn
from bench.commands import measure_commands
from bench.contender import Contender, Row, new_row, prepare
from bench.engines import ENGINES, YARDSTICK
from bench.material import Material
from bench.scenario import Scenario, Variant
from bench.threads import gain_of_threads
from bench.worker_process import WorkerError

SLICES = 10  # parts of a pass: enough that what slows the machine for a while meets all

Commands = Mapping[str, tuple[str, ...]]  # engine -> what starts its worker; absent engines are left out
Figures = Mapping[str, Sequence[float]]

OTHER_MEASURES: Mapping[str, Callable[..., Figures]] = {"change": change, "churn": churn, "threads": gain_of_threads}
"""Measure -> function of (contender or command, rules, passes) giving figures, a value per pass."""


def measure(scenario: Scenario, mode: str, commands: Commands, passes: int | None = None) -> list[Row]:
    """Check the answers, then time; `WrongAnswerError` when an engine of ours answers otherwise than it should."""
    passes = passes or scenario.passes[mode]
    if scenario.measure == "commands":
        return measure_commands(scenario.variants_in(mode), mode, passes)
    rows: list[Row] = []
    with Material() as material:
        for group in scenario.groups_in(mode):
            rows += _measure_group(group, scenario.measure, mode, commands, material, passes)
    return rows


def _measure_group(
    group: Sequence[Variant], kind: str, mode: str, commands: Commands, material: Material, passes: int
) -> list[Row]:
    rows: list[Row] = []
    contenders: list[Contender] = []
    try:
        for variant in group:
            for row, contender in _prepared(variant, kind, mode, commands, material):
                rows.append(row)
                contenders += [contender] if contender else []
        if kind == "match":
            _time(contenders, passes)
        else:
            by_name = {variant.name: variant for variant in group}
            for each in contenders:
                rules = material.rules(by_name[each.row.variant].rules)
                try:
                    each.row.figures = dict(OTHER_MEASURES[kind](each, commands[each.row.engine], rules, passes))
                except WorkerError as error:
                    each.fail(error)
    finally:
        for each in contenders:
            each.worker.end()
    return rows


def _prepared(
    variant: Variant, kind: str, mode: str, commands: Commands, material: Material
) -> list[tuple[Row, Contender | None]]:
    """Every engine of a variant that can be started. Ours come first: others are held to their answers."""
    answers = Answers(variant.matches[mode])
    events, rules = material.events(variant.event_arguments(mode)), material.rules(variant.rules)
    yardstick = [YARDSTICK] if kind == "match" else []
    found = []
    for engine in sorted((*variant.engines[mode], *yardstick), key=lambda name: not ENGINES[name].is_ours):
        if engine in commands or engine in variant.cannot:  # that it cannot is known without it
            row = new_row(variant, engine, events, rules)
            found.append((row, prepare(variant, row, commands.get(engine, ()), material, mode, answers)))
    return found


def _time(contenders: Sequence[Contender], passes: int) -> None:
    left = list(contenders)
    for number in range(passes):
        for part in range(SLICES):
            first = (part + number) % max(1, len(left))
            for each in left[first:] + left[:first]:
                count = each.events.count
                start, end = count * part // SLICES, count * (part + 1) // SLICES
                if start == end:  # fewer events than slices
                    continue
                try:
                    each.take_turn(start, end)
                except WorkerError as error:
                    each.fail(error)
                    left.remove(each)
        for each in list(left):
            try:
                each.end_pass()
            except WrongAnswerError as error:
                each.fail(error)
                left.remove(each)
