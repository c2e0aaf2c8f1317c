"""Decides what is delivered: events and a rule set -> deliveries. Pure: nothing but memory is touched.

    plan([Event(b'{"total": 12}')], rule_set)
      ->  Plan(deliveries=[Delivery(event, Route("ops", ("big",), ...), b'{"total": 12}')], counts=[1], ...)

One delivery for each event, target and input, with all the rules that asked for it; two inputs of one target are two
deliveries, since they have other bytes. Events that are none (not JSON, too deep, too large) are told apart and belong
to the dead letters, untouched. Rules in shadow are counted.

Idea: events that match the same rules have the same routes, so the routes are worked out once for each set of rules
that occurs, and looked up. Always: deliveries stand in the order of their events, and those of one event in the order
of their targets' names; the answer does not depend on what was planned before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ruler.errors import EventError
from ruler.route.envelope import EnvelopeError, opened
from ruler.route.inputs.input_transformer import Facts
from ruler.route.inputs.quick_paths import QuickPath, quick_value_at
from ruler.route.inputs.slices import Step
from ruler.route.keys import KeyFinder, with_key
from ruler.route.model import Delivery, Event, Route
from ruler.route.rule_set import WHOLE, Input, Rule, RuleSet

LARGEST_EVENT = 1024 * 1024  # bytes
# What is kept of the sets of rules that occur, in names of rules of some 70 bytes; a route takes as much as some more.
MOST_REMEMBERED = 1_000_000
NAMES_OF_A_ROUTE = 4


class Poison(NamedTuple):
    """Data that are no event that could be judged."""

    event: Event
    code: str  # for programs: "not-json", "too-deep", "too-large"
    reason: str


@dataclass(slots=True)
class Plan:
    """What is to be delivered of some events."""

    deliveries: list[Delivery] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # of the deliveries of each event, in the order of the events
    poison: list[Poison] = field(default_factory=list)
    poison_places: list[int] = field(default_factory=list)  # of each of these: the place of its event among the events
    unmatched: int = 0  # events that no rule matches, those in shadow included
    shadow: Counter[str] = field(default_factory=Counter)  # events that each rule in shadow matches

    @property
    def matched(self) -> int:
        """How many events some rule matches."""
        return len(self.counts) - self.unmatched - len(self.poison)


class _Shaped(NamedTuple):
    """A route whose deliveries are not the whole event."""

    route: Route
    input: Input
    rule: Rule  # of which the template may tell
    path: QuickPath  # of the input, where it is one


class _Fan(NamedTuple):
    """Where the events go that match one set of rules."""

    whole: tuple[Route, ...]  # when all routes take the whole event, and there are no rules in shadow
    shaped: tuple[_Shaped, ...]  # otherwise all routes
    shadow: tuple[str, ...]


class Planner:
    """Plans by one rule set, and remembers the routes of sets of rules that occur. For one thread at a time."""

    __slots__ = ("_fans", "_key_of", "_remembered", "form", "largest_event", "rule_set")

    def __init__(
        self,
        rule_set: RuleSet,
        *,
        form: str = "bare",
        key_steps: Sequence[Step] = (),
        largest_event: int = LARGEST_EVENT,
    ) -> None:
        self.rule_set = rule_set
        self.form = form
        self._key_of = KeyFinder(key_steps).key_of if key_steps else None
        self.largest_event = largest_event
        self._fans: dict[tuple[str, ...], _Fan] = {}
        self._remembered = 0  # what they take

    def plan(self, events: Iterable[Event]) -> Plan:
        """Return what is to be delivered of ``events``.

        Long because it is one loop over events, where a call for each costs as much as the rest.
        """
        plan = Plan()
        given = list(events)
        poison: dict[int, Poison] = {}  # by the place of the event
        judged, positions = self._judged(given, poison)
        answers = self.rule_set.matcher.rules_for_events([event.data for event in judged])
        counts, fans, key_of = [0] * len(given), self._fans, self._key_of
        add = plan.deliveries.append
        remaining = iter(judged)
        position = -1
        unmatched = 0
        is_at_end = False
        while not is_at_end:
            try:
                # The answers first: where one raises, its event has not been taken yet.
                for names, event in zip(answers, remaining, strict=False):
                    position += 1
                    if not names:
                        unmatched += 1
                        continue
                    if key_of is not None and event.key is None:
                        event = with_key(event, key_of(event.data))
                    fan = fans.get(tuple(names))
                    if fan is None:
                        fan = self._remember(tuple(names))
                    whole = fan.whole
                    if whole:
                        data = event.data
                        for route in whole:
                            add(Delivery(event, route, data))
                        counts[positions[position] if positions else position] = len(whole)
                    else:
                        made = self._shape(fan, event, plan)
                        counts[positions[position] if positions else position] = made
                is_at_end = True
            except EventError as error:
                position += 1
                place = positions[position] if positions else position
                poison[place] = Poison(next(remaining), error.code, error.what)
        plan.counts = counts
        plan.unmatched = unmatched
        plan.poison_places = sorted(poison)
        plan.poison = [poison[place] for place in plan.poison_places]
        return plan

    def _judged(self, events: list[Event], poison: dict[int, Poison]) -> tuple[list[Event], list[int]]:
        """The events that can be matched, and their places among all where these may be fewer; the others: poison."""
        is_plain = self.form == "bare"
        if is_plain and max(map(len, [event.data for event in events]), default=0) <= self.largest_event:
            return events, []
        judged, positions = [], []
        for position, event in enumerate(events):
            if len(event.data) > self.largest_event:
                reason = f"{len(event.data):,} bytes, more than the {self.largest_event:,} that an event may have"
                poison[position] = Poison(event, "too-large", reason)
                continue
            try:
                judged.append(event if is_plain else opened(event, self.form))
                positions.append(position)
            except EnvelopeError as error:
                poison[position] = Poison(event, error.code, error.what)
        return judged, positions

    def _remember(self, names: tuple[str, ...]) -> _Fan:
        fan = _fan_of(self.rule_set, names)
        size = len(names) + NAMES_OF_A_ROUTE * (len(fan.whole) + len(fan.shaped))
        self._remembered += size
        if self._remembered > MOST_REMEMBERED:
            self._fans.clear()
            self._remembered = size
        self._fans[names] = fan
        return fan

    def _shape(self, fan: _Fan, event: Event, plan: Plan) -> int:
        """Add the deliveries of an event whose targets do not all get the whole of it; return how many."""
        for name in fan.shadow:
            plan.shadow[name] += 1
        made: dict[str, tuple[bytes, str]] = {}  # one input may shape the event for several targets
        for shaped in fan.shaped:
            shape = shaped.route.input
            if shape not in made:
                made[shape] = _data_of(shaped, event)
            data, problem = made[shape]
            plan.deliveries.append(Delivery(event, shaped.route, data, 1, problem))
        return len(fan.shaped)


def plan(
    events: Iterable[Event],
    rule_set: RuleSet,
    *,
    form: str = "bare",
    key_steps: Sequence[Step] = (),
    largest_event: int = LARGEST_EVENT,
) -> Plan:
    """Return what is to be delivered of ``events``, which come as ``form`` (envelope.py). For many calls: Planner.

    >>> from ruler.route.documents.document import rule_set_of_mapping
    >>> rules = {"big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]}}
    >>> rule_set = rule_set_of_mapping({"targets": {"ops": {"uri": "file:big.jsonl"}}, "rules": rules})
    >>> found = plan([Event(b'{"total": 12}'), Event(b'{"total": 5}'), Event(b'{"total"')], rule_set)
    >>> [(each.target, each.rules, each.data) for each in found.deliveries]
    [('ops', ('big',), b'{"total": 12}')]
    >>> found.counts, found.unmatched, [each.code for each in found.poison]
    ([1, 0, 0], 1, ['not-json'])
    """
    return Planner(rule_set, form=form, key_steps=key_steps, largest_event=largest_event).plan(events)


def _fan_of(rule_set: RuleSet, names: tuple[str, ...]) -> _Fan:
    """Where events go that match the rules of these names."""
    grouped: dict[tuple[str, str, str, str], list[Rule]] = {}
    shadow = []
    for name in names:
        rule = rule_set.rules[name]
        if rule.is_shadow:
            shadow.append(name)
            continue
        of_rule = name if rule.input.is_of_rule else ""
        kind = "" if rule.input.kind == WHOLE.kind else rule.input.kind
        for target in rule.targets:
            grouped.setdefault((target, kind, rule.input.text, of_rule), []).append(rule)
    shaped = tuple(
        _Shaped(_route(rule_set, group, rules), rules[0].input, rules[0], QuickPath(rules[0].input.steps))
        for group, rules in sorted(grouped.items(), key=lambda item: item[0])
    )
    if shadow or any(each.input.kind != WHOLE.kind for each in shaped):
        return _Fan((), shaped, tuple(shadow))
    return _Fan(tuple(each.route for each in shaped), (), ())


def _route(rule_set: RuleSet, group: tuple[str, str, str, str], rules: list[Rule]) -> Route:
    target, kind, text, of_rule = group
    names = tuple(rule.name for rule in rules)
    shape = f"{kind}\0{text}\0{of_rule}" if kind else ""
    return Route(target, names, rule_set.rules_digest, rule_set.version, shape)


def _data_of(shaped: _Shaped, event: Event) -> tuple[bytes, str]:
    """What a target gets of an event, and why it gets nothing."""
    shape = shaped.input
    if shape.kind == WHOLE.kind:
        return event.data, ""
    if shape.template is not None:
        try:
            facts = Facts(shaped.rule.name, shaped.rule.arn, event.timestamp)
            return shape.template.fill(event.data, facts), ""
        except ValueError as error:
            return b"", str(error)
    value = quick_value_at(event.data, shaped.path)
    return (b"", f"the event has nothing at {shape.text}") if value is None else (value, "")
