"""Asks the python engine, the definition of every answer, about a few sub-rules and one event.

In: sub-rules in normal form, and an event. Out: whether they match.

Two things that are shown are what it says: which sub-rules match (asked on a sketch of the event, choice.Sketch), and
that a proposed change makes a rule match (asked on the changed text). Which values are chosen is worked out beside it,
plainly or in the tree of array elements; it is asked, by halving, only where a clause may hold without a value or a
path leads to two arrays.
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
