"""Logs: one line for each record, JSON or for people, whatever a record holds."""

from __future__ import annotations

import json
import logging

from ruler.route.logs import LineHandler


def lines_of(
    form: str, text: str, *arguments: object, error: BaseException | None = None, **extra: object
) -> list[str]:
    """What one record comes out as."""
    lines: list[str] = []
    logger = logging.Logger("ruler.route.test")
    logger.addHandler(LineHandler(lines.append, form))
    exc_info = (type(error), error, error.__traceback__) if error is not None else None
    logger.warning(text, *arguments, extra=extra, exc_info=exc_info)
    return lines


def test_json_has_what_was_given_as_members() -> None:
    """For programs: time, level, logger, text, and each extra under its own name."""
    (line,) = lines_of("json", "%s is paused", "ops", target="ops", seconds=30.0)
    record = json.loads(line)
    assert record.pop("time").endswith("Z")
    assert {
        "level": "warning",
        "logger": "ruler.route.test",
        "text": "ops is paused",
        "target": "ops",
        "seconds": 30.0,
    } == record


def test_people_read_a_line_with_the_extras_behind_it() -> None:
    """The time, the level, the text, then the extras in brackets."""
    (line,) = lines_of("human", "paused", target="ops", seconds=30.0)
    assert line.partition(" ")[2] == "warning: paused (target=ops, seconds=30.0)"


def test_nothing_logged_can_pass_for_another_record() -> None:
    """Line ends are escaped in JSON and indented for people; escape sequences are shown, not sent."""
    (line,) = lines_of("json", "a\nb\x1b[31m", target="x\ny")
    assert "\n" not in line
    assert "\x1b" not in line
    (text,) = lines_of("human", "a\nb\x1b[31m", target="x\ny")
    assert text.partition(" ")[2] == "warning: a (target=x\n    y)\n    b\\u001b[31m"


def test_an_error_is_a_line_without_a_traceback() -> None:
    """Its type and its text."""
    try:
        raise KeyError("a")
    except KeyError as caught:
        (line,) = lines_of("json", "failed", error=caught)
        (shown,) = lines_of("human", "failed", error=caught)
    assert json.loads(line)["error"] == "KeyError: 'a'"
    assert shown.endswith("warning: failed (error=KeyError: 'a')")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    """A full disk behind standard error is no reason to stop routing."""

    def fail(line: str) -> None:
        raise OSError("no space")

    LineHandler(fail, "json").handle(logging.makeLogRecord({"msg": "x"}))
