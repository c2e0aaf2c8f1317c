"""Measures whole processes: seconds from start to exit, and the most memory, of commands that select the same lines.

In: variants whose ``engines`` are names of `COMMANDS`. Out: a `Row` each, with figures. Runs are interleaved and output
goes to a file. The answers are compared before a figure is printed: byte for byte with the ten-line script; with jq,
which writes lines anew, as JSON values. Start-up is part of the time, for it is part of what a user waits for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep

import orjson

from bench.check import WrongAnswerError
from bench.contender import Row
from bench.data import ROOT
from bench.material import Material
from bench.scenario import Variant
from bench.worker_process import WorkerError

STREET = "FULTON"
PATTERN = f'{{"properties": {{"STREET": ["{STREET}"]}}}}'
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "ten-line script": (sys.executable, str(ROOT / "bench" / "ten_line_filter.py")),
    "ruler filter": (sys.executable, "-P", "-m", "ruler", "filter", "-e", PATTERN),  # -P: the one that is installed
    "jq": ("jq", "-c", f'select(.properties.STREET == "{STREET}")'),
    "ripgrep": ("rg", "--no-config", "--no-line-number", "--color=never", f'"STREET":"{STREET}"'),
}
"""Name -> command, to which the file is added. ripgrep looks for text: it knows nothing of JSON, and is right here
since these lines are written without blanks."""
SCRIPT = "ten-line script"
OUR_COMMAND = "ruler filter"
RESPELLS = ("jq",)  # write lines anew: values are compared
LOOK_SECONDS = 0.001  # between two looks at what a process holds


def measure_commands(variants: Sequence[Variant], mode: str, passes: int) -> list[Row]:
    """The rows of all variants."""
    rows: list[Row] = []
    with Material() as material:
        for variant in variants:
            rows += _measure(variant, mode, passes, material)
    return rows


def _measure(variant: Variant, mode: str, passes: int, material: Material) -> list[Row]:
    events = material.events(variant.event_arguments(mode))
    rows = {name: Row(variant.name, name, rules=1, events=events.count) for name in variant.engines[mode]}
    outputs = {name: material.path(name) for name in rows}
    for name, row in sorted(rows.items(), key=lambda each: each[0] != SCRIPT):  # others are held to its lines
        row.event_bytes = round(events.mean_bytes, 1)
        try:
            peak = _peak_megabytes(name, events.file, outputs[name])
            row.matches, row.compared = _checked(name, outputs, variant.matches[mode]), events.count
        except (WorkerError, WrongAnswerError) as error:
            row.status, row.reason = "wrong" if isinstance(error, WrongAnswerError) else "failed", str(error)
            continue
        row.figures = {"seconds": [], **({"peak MB": [peak]} if peak else {})}
    timed = [row for row in rows.values() if row.status == "measured"]
    for _ in range(passes):
        for row in timed:
            row.figures["seconds"].append(_seconds(row.engine, events.file, outputs[row.engine]))
    return list(rows.values())


def _seconds(name: str, file: Path, output: Path) -> float:
    """From start to exit."""
    with output.open("wb") as stream:
        start = perf_counter()
        subprocess.run([*COMMANDS[name], str(file)], stdout=stream, env=_environment(), check=True)
        return perf_counter() - start


def _peak_megabytes(name: str, file: Path, output: Path) -> float:
    """The most that the process held, looked at again and again while it ran; 0 where the system does not say.

    What the system tells of a process that has ended counts what its parent held when it began.
    """
    peak = 0.0
    if shutil.which(COMMANDS[name][0]) is None:
        raise WorkerError(f"{COMMANDS[name][0]} is not installed")
    command = [*COMMANDS[name], str(file)]
    with output.open("wb") as stream, subprocess.Popen(command, stdout=stream, env=_environment()) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            with suppress(OSError):
                found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
                peak = int(found[1]) / 1024 if found else peak
            sleep(LOOK_SECONDS)
    if process.returncode != 0:
        raise WorkerError(f"it ended with {process.returncode}")
    return peak


def _environment() -> dict[str, str]:
    """Modules are kept compiled, as they are where a package was installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _checked(name: str, outputs: Mapping[str, Path], expected: int) -> int:
    """The number of selected lines; WrongAnswerError where they are others than the script's."""
    own = outputs[name].read_bytes().splitlines()
    if len(own) != expected:
        raise WrongAnswerError(f"{len(own)} lines, expected {expected}")
    wanted = outputs[SCRIPT].read_bytes().splitlines() if SCRIPT in outputs else own
    if own != wanted and not (name in RESPELLS and list(map(orjson.loads, own)) == list(map(orjson.loads, wanted))):
        raise WrongAnswerError(f"other lines than those of the {SCRIPT}")
    return len(own)
