"""The one place that chooses an engine, the whole machine at a time.

``engine="auto"`` takes what the environment variable RULER_ENGINE names, else the best there is. This version has one
engine, ``python``; ``native``, a compiled one, is not part of it and raises when it is asked for.
"""

from __future__ import annotations

import os

from ruler.errors import EngineError
from ruler.machine.build import Machine

ENGINES = ("auto", "python", "native")


def choose_engine(requested: str) -> type[Machine]:
    """Return the machine class for ``requested``: "auto", "python" or "native".

    Raises EngineError for another word, here or in RULER_ENGINE, and for an engine that is not installed.
    """
    chosen = requested
    asked_by = f"engine={requested!r}"
    if requested == "auto":
        chosen = os.environ.get("RULER_ENGINE") or "auto"
        asked_by = f"RULER_ENGINE={chosen}"
    if chosen not in ENGINES:
        raise EngineError(f"{asked_by}: no such engine; write one of {', '.join(ENGINES)}")
    if chosen == "native":
        raise EngineError(f"{asked_by}: the native engine is not installed; write python or auto")
    return Machine
