"""The ways in which events are matched here: which engine, how much of an event it must read, how it is called.

In: a word of the table `WAYS` and rules. Out: a matcher, and a function that takes a list of events and gives the
names for each. A batch is a loop over ``matcher.rules_for_events(events)``; ``single`` is one call an event. Answers
are dropped as they come, as is what ``orjson.loads`` makes in the yardstick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruler import Matcher
from ruler.engine import native_module

Answer = Callable[[Sequence[bytes]], object]


@dataclass(frozen=True, slots=True)
class Way:
    """How a variant is matched."""

    engine: str
    validate: str
    is_single: bool

    def matcher(self, rules: Mapping[str, str] | None = None) -> Matcher[str]:
        """A matcher of these rules."""
        return Matcher(rules, engine=self.engine, validate=self.validate)

    def call(self, matcher: Matcher[str]) -> Answer:
        """What is timed, given a list of events."""
        return _one_by_one(matcher) if self.is_single else _batch(matcher)


WAYS = {
    "python": Way("python", "full", False),
    "python single": Way("python", "full", True),
    "native": Way("native", "full", False),
    "native single": Way("native", "full", True),
    "native used": Way("native", "used", False),
    "native used single": Way("native", "used", True),
}
DEFAULT_WAYS = ("native", "python")


def available(way: str) -> bool:
    """Whether its engine is installed."""
    return WAYS[way].engine == "python" or native_module()[0] is not None


def answers(matcher: Matcher[str], events: Sequence[bytes]) -> list[list[Any]]:
    """The names for each event."""
    return list(matcher.rules_for_events(events))


def _batch(matcher: Matcher[str]) -> Answer:
    rules_for_events = matcher.rules_for_events

    def call(events: Sequence[bytes]) -> None:
        for _ in rules_for_events(events):
            pass

    return call


def _one_by_one(matcher: Matcher[str]) -> Answer:
    rules_for_event = matcher.rules_for_event

    def call(events: Sequence[bytes]) -> None:
        for event in events:
            rules_for_event(event)

    return call
