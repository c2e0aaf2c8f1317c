"""Asks the python engine, the definition of every answer, about a few sub-rules and one event.

What is shown to a user, a reason, a chosen value, a proposed change, is never worked out beside the engine alone: it
is put to the engine first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ruler.engine import python_engine
from ruler.machine.decode import Event
from ruler.patterns.model import SubRule


def matches(sub_rules: Iterable[SubRule], event: Event) -> bool:
    """Return whether any of ``sub_rules`` matches ``event``. EventError as ``Matcher.rules_for_event``.

    Cost: compiling the sub-rules, some ten microseconds a clause, and reading the event.
    """
    engine = python_engine()
    draft = engine.draft()
    draft.append("", tuple(sub_rules))
    engine.add([engine.reserve()], ["rule"], draft)
    return engine.matches_any(event)


def which_match(sub_rules: Sequence[SubRule], event: Event) -> list[bool]:
    """Return for each of ``sub_rules`` whether it matches ``event``. As ``matches``, and the event is read once."""
    if not sub_rules:
        return []
    engine = python_engine()
    draft = engine.draft()
    ids = [engine.reserve() for _ in sub_rules]
    for sub_rule in sub_rules:
        draft.append("", (sub_rule,))
    engine.add(ids, range(len(ids)), draft)
    found = set(engine.rules_for_event(event))
    return [index in found for index in range(len(ids))]
