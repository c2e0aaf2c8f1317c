"""A change that is interrupted half-way leaves rules and machine as they were, or changed as a whole."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import ruler
import ruler.machine.collector
from ruler import Matcher

LIBRARY = str(Path(ruler.__file__).parent)
# Not in there: tracing can raise between the last line of a ``with`` and the release of its lock, where CPython never
# looks for interrupts, and that lock is held for all matchers of the process.
COLLECTOR_FILE = ruler.machine.collector.__file__
EVENT = '{"a": 1, "b": [{"c": 2}, {"d": 3}], "e": "x"}'
BEFORE = {
    "kept": '{"a": [1], "b": {"c": [2]}}',
    "old": '{"$or": [{"a": [1]}, {"e": [{"prefix": "x"}]}], "b": {"d": [3]}}',
}
NEW = '{"$or": [{"e": [{"wildcard": "*x*"}]}, {"a": [{"numeric": [">", 0, "<", 5]}]}]}'

CHANGES: dict[str, Callable[[Matcher[str]], None]] = {
    "add a new name": lambda matcher: matcher.add_rule("new", NEW),
    "add under a name that is there": lambda matcher: matcher.add_rule("old", NEW),
    "add several": lambda matcher: matcher.add_rules({"new": NEW, "old": NEW, "newer": '{"a": [1]}'}),
    "remove": lambda matcher: matcher.remove_rule("old"),
    "replace": lambda matcher: matcher.replace_rule("old", NEW),
}


class InterruptAtLine:
    """Raises KeyboardInterrupt once, when the library is about to run its ``number``-th line."""

    def __init__(self, number: int) -> None:
        self.lines_left = number

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(LIBRARY) or frame.f_code.co_filename == COLLECTOR_FILE:
            return None
        if event == "line" and self.lines_left >= 0:
            self.lines_left -= 1
            if self.lines_left < 0:
                raise KeyboardInterrupt
        return self


def interrupted(engine: str, change: Callable[[Matcher[str]], None], line_number: int) -> tuple[Matcher[str], bool]:
    """A matcher on which the change was interrupted at a line, and whether the change had so many lines."""
    matcher = Matcher(BEFORE, engine=engine)
    sys.settrace(InterruptAtLine(line_number))
    try:
        change(matcher)
    except KeyboardInterrupt:
        return matcher, True
    finally:
        sys.settrace(None)
    return matcher, False


@pytest.mark.parametrize("name", CHANGES)
def test_an_interrupt_anywhere_in_a_change_leaves_a_sound_matcher(engine: str, name: str) -> None:
    """The rules are those before or those after; the machine is theirs, and the next change works."""
    changed = Matcher(BEFORE, engine=engine)
    CHANGES[name](changed)
    sound = [dict(Matcher(BEFORE, engine=engine).rules), dict(changed.rules)]
    line_number, reached = 0, True
    while reached:
        matcher, reached = interrupted(engine, CHANGES[name], line_number)
        assert gc.isenabled()  # it is stopped while the machine is edited
        matcher._check()
        assert dict(matcher.rules) in sound
        twin = matcher.copy()
        assert twin.describe() == matcher.describe()
        assert twin.rules_for_event(EVENT) == matcher.rules_for_event(EVENT)
        matcher.add_rule("next", '{"a": [1]}')
        matcher.remove_rule("kept")
        assert "next" in matcher.rules_for_event(EVENT)
        matcher._check()
        line_number += 1
    assert line_number > (100 if engine == "python" else 5)  # the lines of a compiled engine are not counted
