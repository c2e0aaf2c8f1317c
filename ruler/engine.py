"""What an engine is, and the one place that chooses one: the whole machine at a time.

A ``Matcher`` reads rule text, keeps the rule id of each name, and leaves everything else to an engine: names and texts
by rule id, the machine, matching, changes. There are two: ``python`` (ruler/machine/engine.py), complete by itself
and the definition of every answer, and ``native``, the compiled one, where the extension ``ruler._native`` is built.

``engine="auto"`` takes what the environment variable RULER_ENGINE names, else native when it can be imported, else
python. With RULER_REQUIRE_NATIVE=1 a native engine that cannot be had is an error unless python was asked for. A
variable that is set to nothing counts as not set, and so does RULER_REQUIRE_NATIVE=0.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from ruler.errors import EngineError, EventError
from ruler.machine.decode import Event
from ruler.machine.stats import Counts, StateRow
from ruler.patterns.model import SubRule
from ruler.version import VERSION

ENGINES = ("auto", "python", "native")
VALIDATIONS = ("full", "used")

BUILD = "install ruler where a Rust toolchain can build it"  # said when nothing else is known

# Written by setup.py where it installs ruler without the extension: why, and after the last semicolon what to do.
REASON_FILE = Path(__file__).with_name("native_missing.txt")
ASKED_FOR = "RULER_WITHOUT_NATIVE was set"  # the reason that is none
UNLOADABLE = "cannot be loaded"


class Draft(Protocol):
    """Rules that were read, and are not yet in force."""

    def append(self, text: str, sub_rules: Sequence[SubRule]) -> None:
        """Write a rule behind the others."""


class Engine(Protocol):
    """Rules under rule ids, compiled into one machine, and the events they match.

    Matching, ``draft`` and ``give_back`` may run in any number of threads, beside each other and beside one change. All
    other methods are called by one thread at a time, under the lock of a matcher. Rules are answered in the order in
    which their ids were reserved. That need not be the order of the numbers: an engine may give a free id to a later
    rule.
    """

    @property
    def name(self) -> str:
        """The word that chooses this engine: "python" or "native"."""

    @property
    def changes(self) -> int:
        """How many changes have taken effect: tells after any exception whether the last one has."""

    # -- matching

    def rules_for_event(self, event: Event) -> list[Any]:
        """Return a new list of the names of the rules that match. EventError as ``Matcher.rules_for_event``."""

    def matches_any(self, event: Event) -> bool:
        """Return whether any rule matches."""

    def rules_for_events(self, events: Iterable[Event], threads: int) -> Iterator[list[Any]]:
        """Yield the names for each event; an error comes in its turn, and asking again goes on with the next."""

    def select_lines(
        self, data: bytes | memoryview, invert: bool, at_most: int
    ) -> tuple[bytes, int, int, int, EventError | None]:
        """Return the fields of a LineSelection. ``data``: contiguous bytes; ``at_most``: from 1 to sys.maxsize."""

    # -- changing the rules

    def reserve(self) -> int:
        """Return the id of a new rule, after all others in the order of answers. Nothing else changes."""

    def release(self, rule_id: int) -> None:
        """Take back a reserved id that no change has used."""

    # ``add``, ``replace`` and ``remove`` take effect as a whole or not at all, and matching threads see all or nothing.
    # None runs code of a name, not its hash, comparison or text.

    def draft(self) -> Draft:
        """Return an empty draft, as ``add`` and ``replace`` of this engine take it. Nothing changes."""

    def add(self, rule_ids: Sequence[int], names: Sequence[Any], draft: Any) -> None:
        """Add each rule of ``draft``, which is used up, to its rule id. A name is kept where the id had no rule."""

    def replace(self, rule_id: int, draft: Any) -> None:
        """Put the one rule of ``draft``, which is used up, in place of the texts and sub-rules of a rule."""

    def remove(self, rule_id: int) -> None:
        """Forget a rule; its id is free."""

    def give_back(self) -> None:
        """Give memory back to the system when large changes have left much free. Otherwise costs next to nothing."""

    # -- what is there

    def name_of(self, rule_id: int) -> Any:
        """Return the name of a rule, the very object that was given."""

    def place_of(self, rule_id: int) -> int:
        """Return a number that ascends in the order of answers, also for an id that is only reserved."""

    def texts(self, rule_id: int) -> tuple[str, ...]:
        """Return the texts of a rule, in the order of adding."""

    def stats(self) -> Counts:
        """Return the fields of a Stats, in their order."""

    def states(self) -> list[StateRow]:
        """Return a row for each state of the machine, the start first and each other one behind its parent."""

    def check(self) -> None:
        """Raise MachineError when an invariant of the machine is broken. Slow: for tests."""


def choose_engine(requested: str, validate: str = "full") -> Engine:
    """Return a new, empty engine for ``requested``: "auto", "python" or "native".

    ``validate`` is how much of an event a native engine must read, "full" or "used"; ValueError for another word.
    EngineError for another engine, here or in RULER_ENGINE, and for one that cannot be had.
    """
    if validate not in VALIDATIONS:
        raise ValueError(f"validate is {validate!r}, expected 'full' or 'used'")
    chosen = requested
    asked_by = f"engine={requested!r}"
    if requested == "auto":
        chosen = os.environ.get("RULER_ENGINE") or "auto"
        asked_by = f"RULER_ENGINE={chosen}"
    if chosen not in ENGINES:
        raise EngineError(f"{asked_by}: no such engine; write one of {', '.join(ENGINES)}")
    if chosen == "python":
        return python_engine()
    native, missing = native_module()
    if native is not None:
        engine: Engine = native.Engine(validate)
        return engine
    way_out = "; " if missing.startswith(UNLOADABLE) else "; or "  # nothing that we know of to do about the first
    if chosen == "native":
        others = "python" if native_is_required() else "python or auto"
        raise EngineError(f"{asked_by}: the native engine {missing}{way_out}write {others}")
    if native_is_required():
        raise EngineError(
            f"RULER_REQUIRE_NATIVE is set: the native engine {missing}{way_out}unset RULER_REQUIRE_NATIVE, "
            "or ask for python with RULER_ENGINE=python"
        )
    return python_engine()


def python_engine() -> Engine:
    """Return a new engine ``python``. Its modules are a third of starting up, so they are loaded where it is used."""
    from ruler.machine.engine import PythonEngine

    return PythonEngine()


def native_is_required() -> bool:
    """Whether RULER_REQUIRE_NATIVE is set, to more than nothing or 0."""
    return os.environ.get("RULER_REQUIRE_NATIVE", "") not in ("", "0")


@functools.cache  # a failed import is not remembered by Python: 30 µs for each matcher otherwise
def native_module() -> tuple[ModuleType | None, str]:
    """Return the compiled extension and ""; or None, and "is not installed (why); what to do" or the like."""
    try:
        module = importlib.import_module("ruler._native")
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError) or error.name != "ruler._native":
            return None, f"{UNLOADABLE} ({error})"
        reason, remedy = _told_by_the_installation()
        why = f"at installation: {reason}" if reason else error
        return None, f"is not installed ({why}); {remedy or BUILD}"
    version = getattr(module, "VERSION", None)
    if version != VERSION:
        return None, f"cannot be used (ruler._native is of version {version}, ruler of {VERSION}); install ruler again"
    return module, ""


def why_pure() -> str:
    """Return in one line why the installation has no native engine and what to do; "" where nobody would ask.

    That is where it has one, where it was told to have none, and where python is asked for anyway.
    """
    reason, remedy = _told_by_the_installation()
    if not reason or reason == ASKED_FOR or os.environ.get("RULER_ENGINE") == "python" or native_module()[0]:
        return ""
    return f"{reason}; {remedy}"


def _told_by_the_installation() -> tuple[str, str]:
    """Return why there is no extension, and what to do, as setup.py left it; "" twice when it left nothing."""
    try:
        reason, _, remedy = REASON_FILE.read_text(encoding="utf-8").strip().rpartition("; ")
    except (OSError, ValueError):  # ValueError: not UTF-8
        return "", ""
    return (reason, remedy) if reason else ("", "")
