"""Reads a scenario file: what is measured, on which events, with which rules, and how many matches there
must be.

In: a TOML file of ``bench/scenarios/``. Out: a `Scenario` with its variants; ScenarioError for a file that
cannot be measured, so also for one that does not say how many matches to expect. A variant, in full::

    [[variant]]
    name = "1000 rules"
    matches = {quick = 120, full = 1300}      # total over all events; filled in by --update-counts
    rules = {kind = "growth-exact", count = 1000, seed = 1}   # adds to, or overrides, the [rules] of the file
    events = {numbers = true}                 # adds to, or overrides, the [events] of the file
    engines = ["native", "native used"]       # in place of those of the file; or by mode; see engines.py
    cannot = {quamina-rs = "no cidr"}         # engines that cannot express it, and why; adds to those of the file
    baseline = "10 rules"                     # the variant it is compared with, in place of the first of the file
    goals.native = {"times the first" = ["at most", 1.5]}     # by engine; adds to the [goals] of the file; see goals.py
    only_full = true                          # takes too long for the quick mode; of the file: all variants do

``[median_variant.python]`` of a file holds goals of the middle one of all variants, or of those that ``median_of``
lists.

A scenario with ``measure = "commands"`` has no rules: its ``engines`` are names of `bench/commands.py`, and ``matches``
is the number of lines that each of them selects.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from bench.data import GENERATORS
from bench.engines import DEFAULT_ENGINES, ENGINES
from bench.goals import SIDES, Limit
from bench.rules import KINDS

SCENARIO_DIRECTORY = Path(__file__).resolve().parent / "scenarios"
MEASURES = ("match", "change", "churn", "threads", "commands")
MODES = ("quick", "full")


class ScenarioError(ValueError):
    """A scenario file that cannot be measured; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One line of the resulting table."""

    name: str
    rules: Mapping[str, Any]
    events: Mapping[str, Any]  # arguments of the generator, and "generator"; count is {mode: number}
    matches: Mapping[str, int]  # {mode: total}
    engines: Mapping[str, tuple[str, ...]]  # {mode: names}
    cannot: Mapping[str, str]  # {engine: why it cannot express the rules}
    baseline: str | None
    goals: Mapping[str, Mapping[str, Limit]]  # {engine: {figure: limit}}
    modes: tuple[str, ...]  # in which it is measured

    def event_arguments(self, mode: str) -> dict[str, Any]:
        """Arguments of `bench.data.event_lines`."""
        return {**self.events, "count": self.events["count"][mode]}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file: variants that are measured interleaved, in one run."""

    name: str
    about: str
    measure: str
    passes: Mapping[str, int]  # {mode: number}
    variants: tuple[Variant, ...]
    median_goals: Mapping[str, Mapping[str, Limit]]  # {engine: {figure: limit}}, of the middle one of some variants
    median_of: tuple[str, ...]  # those variants
    file: Path

    def variants_in(self, mode: str) -> list[Variant]:
        """Those that are measured in a mode."""
        return [variant for variant in self.variants if mode in variant.modes]

    def groups_in(self, mode: str) -> list[list[Variant]]:
        """Those of a mode, in groups of which no variant is compared with one of another group.

        Only what is compared has to be measured in turns: the processes of fewer variants run at the same time.
        """
        groups: dict[str, list[Variant]] = {}
        for variant in self.variants_in(mode):
            groups.setdefault(variant.baseline or variant.name, []).append(variant)
        return list(groups.values())


def scenario_files(patterns: Iterable[str] = ()) -> list[Path]:
    """The files whose scenario name fits one of the glob patterns; all without patterns."""
    wanted = list(patterns) or ["*"]
    files = sorted(SCENARIO_DIRECTORY.glob("*.toml"))
    return [file for file in files if any(fnmatch(file.stem, pattern) for pattern in wanted)]


def load_scenario(file: Path, *, counts_required: bool = True) -> Scenario:
    """Read one file. ``counts_required=False`` is for filling the counts in."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        scenario = Scenario(
            name=table["name"],
            about=table["about"],
            measure=table["measure"],
            passes=table["passes"],
            variants=tuple(_variant(each, table) for each in table["variant"]),
            median_goals={engine: _limits(each) for engine, each in table.get("median_variant", {}).items()},
            median_of=tuple(table.get("median_of", (each["name"] for each in table["variant"]))),
            file=file,
        )
    except KeyError as missing:
        raise ScenarioError(f"{file.name}: {missing} is missing") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file.name}: {error}") from None
    _check(scenario, counts_required)
    return scenario


def _variant(table: Mapping[str, Any], file: Mapping[str, Any]) -> Variant:
    engines = _by_mode(table.get("engines", file.get("engines", DEFAULT_ENGINES)))
    every_engine = dict.fromkeys(engine for names in engines.values() for engine in names)
    common, own = file.get("goals", {}), table.get("goals", {})
    first = file["variant"][0]["name"] if file.get("compares_to_first", False) else None
    baseline = table.get("baseline", first)
    return Variant(
        name=table["name"],
        rules={**file.get("rules", {}), **table.get("rules", {})},
        events={**file["events"], **table.get("events", {})},
        matches=table.get("matches", {}),
        engines=engines,
        cannot={**file.get("cannot", {}), **table.get("cannot", {})},
        baseline=None if baseline == table["name"] else baseline,
        goals={engine: _limits({**common.get(engine, {}), **own.get(engine, {})}) for engine in every_engine},
        modes=("full",) if table.get("only_full", file.get("only_full", False)) else MODES,
    )


def _by_mode(engines: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    by_mode = engines if isinstance(engines, Mapping) else dict.fromkeys(MODES, engines)
    return {mode: tuple(by_mode.get(mode, DEFAULT_ENGINES)) for mode in MODES}


def _limits(table: Mapping[str, Any]) -> dict[str, Limit]:
    return {figure: (side, limit) for figure, (side, limit) in table.items()}


def _check(scenario: Scenario, counts_required: bool) -> None:
    where = scenario.file.name
    if scenario.name != scenario.file.stem:
        raise ScenarioError(f"{where}: name is {scenario.name!r}, expected the file's, {scenario.file.stem!r}")
    if scenario.measure not in MEASURES:
        raise ScenarioError(f"{where}: measure is {scenario.measure!r}, expected one of {', '.join(MEASURES)}")
    names = [variant.name for variant in scenario.variants]
    if len(set(names)) != len(names):
        raise ScenarioError(f"{where}: two variants have the same name")
    for variant in scenario.variants:
        place = f"{where}: {variant.name}"
        if variant.events["generator"] not in GENERATORS:
            raise ScenarioError(f"{place}: no generator is named {variant.events['generator']!r}")
        if scenario.measure != "commands":
            _check_engines(place, variant)
        if not {side for goals in variant.goals.values() for side, _ in goals.values()} <= set(SIDES):
            raise ScenarioError(f"{place}: goals are {variant.goals}, expected a limit to be {' or '.join(SIDES)}")
        if variant.baseline is not None and variant.baseline not in names:
            raise ScenarioError(f"{place}: baseline is {variant.baseline!r}, which is no variant")
        if counts_required and not set(variant.modes) <= set(variant.matches):
            raise ScenarioError(f"{place}: matches must give the expected total for {' and '.join(variant.modes)}")


def _check_engines(place: str, variant: Variant) -> None:
    if variant.rules["kind"] not in {"given", *KINDS}:
        raise ScenarioError(f"{place}: no kind of rules is named {variant.rules['kind']!r}")
    for engine in (*variant.engines["quick"], *variant.engines["full"], *variant.cannot):
        if engine not in ENGINES:
            raise ScenarioError(f"{place}: no engine is named {engine!r}; there are {', '.join(ENGINES)}")


def write_counts(file: Path, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Write ``matches = {...}`` below the name of each variant in ``counts``; keep all other text."""
    head, *variants = re.split(r"(?m)^(?=\[\[variant\]\]$)", file.read_text(encoding="utf-8"))
    for index, text in enumerate(variants):
        name = tomllib.loads(text)["variant"][0]["name"]
        if name in counts:
            line = ", ".join(f"{mode} = {counts[name][mode]}" for mode in MODES if mode in counts[name])
            text = re.sub(r"(?m)^matches = .*\n", "", text)
            variants[index] = re.sub(r"(?m)^(name = .*\n)", rf"\1matches = {{{line}}}\n", text, count=1)
    file.write_text(head + "".join(variants), encoding="utf-8")
