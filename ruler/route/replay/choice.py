"""Decides where a dead letter goes when it is replayed.

In: a Letter, and a planner of the rule set as it is now. Out: a Choice: deliveries, or why there are none.

    letter for ops, rules still lead its event to ops        -> one delivery to ops, with the id that it had
    letter for ops, no rule leads its event there any more   -> "no rule leads it to ops now"
    poison, which is an event now (another form, other limits) -> deliveries to wherever its rules lead

Always: a letter goes to its own target only, or nowhere. A delivery with the same id is the same delivery, whatever
version of the rules made it.
"""

from __future__ import annotations

from typing import NamedTuple

from ruler.route.dead_letters import Letter, ReplayRoute
from ruler.route.model import Delivery
from ruler.route.plan import Planner


class Choice(NamedTuple):
    """What becomes of one dead letter."""

    deliveries: tuple[Delivery, ...]
    why_not: str = ""  # why there are none


def choose(letter: Letter, planner: Planner) -> Choice:
    """Return where a dead letter goes by the rules of ``planner``.

    >>> from ruler.route.documents.document import rule_set_of_mapping
    >>> rules = {"big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]}}
    >>> rule_set = rule_set_of_mapping({"targets": {"ops": {"uri": "file:big.jsonl"}}, "rules": rules})
    >>> choose(Letter(b'{"total": 12}', target="ops", id="5c41"), Planner(rule_set)).deliveries[0].id
    '5c41'
    >>> choose(Letter(b'{"total": 5}', target="ops"), Planner(rule_set)).why_not
    'no rule leads it to ops now'
    """
    plan = planner.plan([letter.event()])
    if plan.poison:
        return Choice((), f"it is no event: {plan.poison[0].reason}")
    if letter.is_poison:
        found = plan.deliveries
        why_not = "no rule matches it"
    else:
        found = _same(letter, [each for each in plan.deliveries if each.target == letter.target])
        is_known = letter.target in planner.rule_set.targets
        why_not = f"no rule leads it to {letter.target} now" if is_known else f"there is no target {letter.target} now"
    if not found:
        return Choice((), why_not)
    problem = next((each.problem for each in found if each.problem), "")
    if problem:
        return Choice((), problem)
    keeps_id = bool(letter.id) and not letter.is_poison and len(found) == 1
    return Choice(tuple(_again(letter, each, letter.id if keeps_id else each.id) for each in found))


def _same(letter: Letter, found: list[Delivery]) -> list[Delivery]:
    """Of the deliveries to the letter's target those that are the letter's: several inputs make several."""
    if len(found) < 2:
        return found
    by_id = [each for each in found if each.id == letter.id]
    return by_id or [each for each in found if not set(letter.rules).isdisjoint(each.rules)] or found


def _again(letter: Letter, delivery: Delivery, own_id: str) -> Delivery:
    route = delivery.route
    again = ReplayRoute(route.target, route.rules, route.digest, route.version, route.input, own_id, letter)
    return delivery._replace(route=again)
