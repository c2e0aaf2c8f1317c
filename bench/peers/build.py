"""Builds the workers of the peers from their registries, once, and says how each is started.

In: the name of an engine. Out: `Built`, the command of its worker or the reason why there is none, in one line and in
the words of the tool that failed. Nothing is raised: a peer that cannot be built here is left out of a run, which says
so, and the others are measured.

    command("quamina-rs")  ->  Built(command=("bench/.build/quamina-rs/target/release/harness",), absent=None)
    command("event-ruler") ->  Built(command=None, absent="mvn is not on the PATH")

What is built lies under ``bench/.build/``, which version control ignores, in a directory for each peer. Sources are
copied there first, so that no tool writes beside them. A stamp holds the command and a hash of the sources and of the
versions of the tools; while that hash is the same, nothing is built again and no registry is asked.
``python -m bench.peers.build`` builds all of them and prints a line each.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.data import ROOT
from bench.words import without_places

PEERS = ROOT / "bench" / "peers"
BUILD = ROOT / "bench" / ".build"
WORKER = ROOT / "bench" / "worker.py"
REQUIREMENTS = PEERS / "requirements.txt"
PYTHON_PEERS = ("py-event-ruler", "moto", "localstack")

LIMIT_SECONDS = 900  # for one command of a tool: a registry that does not answer must not hold up a run for ever
REASON_CHARACTERS = 300

JVM_OPTIONS = ("-XX:+UseParallelGC", "-Xms4g", "-Xmx4g")
"""What Event Ruler is fastest with: 2.2 µs an event with five exact rules, where the default collector takes 2.3
(Java 17) to 2.6 (Java 25); with 1,000 rules of ``mixed`` 12 µs, where that takes 12 to 13. The serial
collector, and Java 25 in place of 17, are within 6% of it, to both sides, which this machine cannot tell apart.
The heap has room for the garbage of a slice, so that none is collected while the clock runs. 2026-11-21, two cores,
least of the turns after 7 seconds of matching, city-lots lines and nested events."""


@dataclass(frozen=True, slots=True)
class Built:
    """How a worker is started, or why it cannot be; one of the two is None."""

    command: tuple[str, ...] | None
    absent: str | None


class AbsentError(Exception):
    """A peer cannot be built here; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one worker is built in a directory of its own."""

    sources: Path  # a directory, or one file
    tools: tuple[tuple[str, ...], ...]  # each as it is asked for its version; the first word is the program
    build: Callable[[Path], tuple[str, ...]]  # from a copy of the sources to the command that starts the worker


def command(engine: str) -> Built:
    """How this engine's worker is started, building it first where its sources or tools have changed.

    Ours run in this very Python, so that what is installed is what is measured.
    """
    try:
        if engine in PYTHON_PEERS:
            return Built((*_built("python-peers"), str(WORKER), engine), None)
        if engine in RECIPES:
            return Built(_built(engine), None)
        return Built((sys.executable, str(WORKER), engine), None)
    except AbsentError as error:
        return Built(None, str(error))
    except OSError as error:
        return Built(None, f"{error.filename or engine}: {error.strerror or error}")


def main() -> int:
    """Builds all peers and prints what became of each. Exit: 1 when one is absent."""
    exit_code = 0
    for engine in (*(name for name in RECIPES if name != "python-peers"), *PYTHON_PEERS):
        built = command(engine)
        exit_code = exit_code or int(built.absent is not None)
        print(f"{engine}: {'ready' if built.absent is None else f'absent: {built.absent}'}", flush=True)
    return exit_code


def _built(name: str) -> tuple[str, ...]:
    """The command of what lies built under this name, or is built now.

    A failure leaves no stamp, so the next run tries again: the registry may answer by then.
    """
    recipe = RECIPES[name]
    directory = BUILD / name
    stamp = directory / "stamp.json"
    fingerprint = _fingerprint(recipe)
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(stamp.read_text())
        if known["fingerprint"] == fingerprint and Path(known["command"][0]).exists():
            return tuple(known["command"])
    stamp.unlink(missing_ok=True)
    started_by = recipe.build(_copy_sources(recipe, directory))
    stamp.write_text(json.dumps({"fingerprint": fingerprint, "command": started_by}) + "\n")
    return started_by


def _fingerprint(recipe: Recipe) -> str:
    """A hash of all that the result depends on: sources, how and where they are built, and the tools."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(f"{BUILD}\n".encode())
    for path in _source_files(recipe.sources):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(recipe.sources.parent).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    for tool in recipe.tools:
        digest.update(_run(tool).encode())
    return digest.hexdigest()


def _source_files(sources: Path) -> Iterator[Path]:
    if sources.is_file():
        yield sources
    else:
        yield from sorted(path for path in sources.rglob("*") if path.is_file())


def _copy_sources(recipe: Recipe, directory: Path) -> Path:
    """A fresh copy of the sources; what was built of the last one stays beside it, for tools that build on that."""
    copy = directory / "source"
    shutil.rmtree(copy, ignore_errors=True)
    for path in _source_files(recipe.sources):
        target = copy / (path.name if recipe.sources.is_file() else path.relative_to(recipe.sources))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return copy


def _event_ruler(source: Path) -> tuple[str, ...]:
    _run(("mvn", "--batch-mode", "--quiet", "package"), source)
    return (_java(), *JVM_OPTIONS, "-cp", str(source / "target" / "lib" / "*"), "Harness")


def _java() -> str:
    """The program that runs Java: that of JAVA_HOME, as Maven has it, or the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else _program("java")


def _quamina_rs(source: Path) -> tuple[str, ...]:
    target = source.parent / "target"
    _run(("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", str(target)), source)
    return (str(target / "release" / "harness"),)


def _quamina(source: Path) -> tuple[str, ...]:
    _run(("go", "mod", "tidy"), source)
    _run(("go", "build", "-o", "harness", "."), source)
    return (str(source / "harness"),)


def _python_peers(source: Path) -> tuple[str, ...]:
    """A virtual environment with all peers that are called from Python."""
    environment = source.parent / "venv"
    shutil.rmtree(environment, ignore_errors=True)
    _run((sys.executable, "-m", "venv", str(environment)))
    python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    install = (python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "-r")
    _run((*install, str(source / REQUIREMENTS.name)))
    return (python,)


RECIPES: Mapping[str, Recipe] = {
    "event-ruler": Recipe(PEERS / "event_ruler", (("mvn", "--version"), ("java", "-version")), _event_ruler),
    "quamina": Recipe(PEERS / "quamina", (("go", "version"),), _quamina),
    "quamina-rs": Recipe(PEERS / "quamina_rs", (("cargo", "--version"),), _quamina_rs),
    "python-peers": Recipe(REQUIREMENTS, ((sys.executable, "--version"),), _python_peers),
}
"""By the directory under ``bench/.build/``, which is the name of the engine, or of all that share it."""


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise AbsentError(f"{name} is not on the PATH")
    return path


def _run(arguments: Sequence[str], directory: Path | None = None) -> str:
    """What the tool printed. Raises `AbsentError`: it is missing, took too long, or failed, in its own words."""
    program = _program(arguments[0])
    tool = Path(arguments[0]).name
    try:
        done = subprocess.run(
            (program, *arguments[1:]),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise AbsentError(f"{tool} {arguments[1]} took more than {LIMIT_SECONDS} seconds") from None
    printed = f"{done.stdout}\n{done.stderr}"
    if done.returncode:
        raise AbsentError(f"{tool}: {_reason(printed) or f'exit code {done.returncode}, and no word why'}")
    return printed


_TELLING = re.compile(r"error|fail|cannot|could not|not found|no matching|forbidden|denied|unsupported", re.IGNORECASE)
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_ADVICE = re.compile(r"^\[ERROR\]( \[Help| To see| Re-run|.* For more information|$)|^\[notice\]")
_MARK = re.compile(r"^(\[ERROR\]|ERROR:|error:)\s*|\s*-> \[Help \d+\]$")


def _reason(printed: str) -> str:
    """The line that tells most of why a tool failed: the last one with a word of failure, or the last of all.

    Addresses and paths are left out: they name this machine and its registry, not the reason.
    """
    lines = [line.strip() for line in _COLOR.sub("", printed).splitlines()]
    lines = [line for line in lines if line and not _ADVICE.search(line)]
    telling = [line for line in lines if _TELLING.search(line)] or lines
    if not telling:
        return ""
    text = without_places(_MARK.sub("", telling[-1])).strip(" :")
    return text if len(text) <= REASON_CHARACTERS else text[: REASON_CHARACTERS - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
