"""Writes logs of routing: a JSON object on each line for programs, or a line for people.

    {"time": "2026-11-22T10:00:00.250Z", "level": "warning", "logger": "ruler.route", "text": "...", "target": "ops"}
    2026-11-22T10:00:00.250Z warning: ... (target=ops)

In: records of ``logging``; what was given as ``extra`` becomes members. Out: one line for each record; for people, a
text of several lines (an error with its why) goes on below, indented.

Always: no traceback, and no control character from what was logged, so that nothing in it can pass for another record.
Nothing in ``ruler.route`` logs the body of an event.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from ruler.findings import printable

FORMATS = ("human", "json")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """One line for each record; ``form`` is "human" or "json"."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._is_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level = record.levelname.lower()
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1] is not None:
            extra["error"] = _error_text(record.exc_info[1])
        if self._is_json:
            head = {"time": time, "level": level, "logger": record.name, "text": record.getMessage()}
            return json.dumps(
                {**head, **{name: value for name, value in extra.items() if name not in head}}, default=str
            )
        shown = ", ".join(f"{name}={value}" for name, value in extra.items())
        first, *below = record.getMessage().split("\n")
        lines = [*(f"{first} ({shown})" if shown else first).split("\n"), *below]
        return f"{time} {level}: " + "\n    ".join(map(printable, lines))


class LineHandler(logging.Handler):
    """Gives each line to ``write``."""

    def __init__(self, write: Callable[[str], None], form: str) -> None:
        super().__init__()
        self._write = write
        self.setFormatter(LineFormatter(form))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self.format(record))
        except Exception:  # a log that cannot be written must not stop routing, and nobody can be told
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: the default writes a traceback to the stream that just failed."""


def start_logging(write: Callable[[str], None], form: str) -> LineHandler:
    """Send what ``ruler`` logs, and warnings of the libraries below it, to ``write``; return the handler."""
    handler = LineHandler(write, form)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("ruler").setLevel(logging.INFO)
    return handler


def _error_text(error: BaseException) -> str:
    """``KeyError: 'a'``; with RULER_DEBUG=1 where it came from too."""
    if os.environ.get("RULER_DEBUG"):
        return "".join(traceback.format_exception(error))
    return f"{type(error).__name__}: {error}"
