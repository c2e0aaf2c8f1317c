"""Routing: rules to targets. Deciding is pure; all input and output stands behind sources and targets.

What is decided, and by what:

    model.py         Event, Delivery, the outcomes of deliveries; what a target and a source are
    rule_set.py      a rule set: rules, targets, digests of its content
    documents/       a file, a directory, text or a mapping -> a RuleSet, or every error with its place
    inputs/          what of an event a target gets
    envelope.py      the forms that events come in -> the event that rules judge
    keys.py          the keys of events, by which deliveries are kept in order
    plan.py          events and a rule set -> deliveries
    dead_letters.py  what could not be delivered -> a line of JSON, and back (letter_members.py reads its members)
    rules_diff.py    two rule sets -> what differs between them; delivery_diff.py: and in what they would deliver

What goes on while events are routed:

    router.py        admits events, plans them, sees to it that each delivery is answered; loop_thread.py: in a thread
    runtime/         the parts of that, each with its time given to it
    sources/         where events come from: lines of a file, standard input, memory
    targets/         where deliveries go: functions, lines, HTTP, memory
    schemes.py       URIs -> sources and targets, ours and those of plug-ins; options.py reads their options
    rule_files.py    rule sets of files that change
    replay/          dead letters -> deliveries again
    metrics.py       counters for Prometheus; health.py serves them; readiness.py says what is amiss; logs.py
"""

from ruler.route.dead_letters import Letter, letter_of, record_of
from ruler.route.delivery_diff import diff_deliveries
from ruler.route.documents.document import RuleSetError, read_rule_set, rule_set_of_mapping, rule_set_of_text
from ruler.route.envelope import EnvelopeError, entries_of
from ruler.route.letter_members import LetterError
from ruler.route.model import (
    OK,
    Delivery,
    Event,
    Ok,
    Outcome,
    Position,
    Receipt,
    Reject,
    Retry,
    Route,
    Source,
    Target,
)
from ruler.route.plan import Plan, Planner, Poison
from ruler.route.router import Limits, Overloaded, Router, RouterError, RouterStatus, RuleSource, Stopped, Undeliverable
from ruler.route.rule_set import RuleSet, TargetSettings
from ruler.route.rules_diff import diff_rule_sets

__all__ = [
    "OK",
    "Delivery",
    "EnvelopeError",
    "Event",
    "Letter",
    "LetterError",
    "Limits",
    "Ok",
    "Outcome",
    "Overloaded",
    "Plan",
    "Planner",
    "Poison",
    "Position",
    "Receipt",
    "Reject",
    "Retry",
    "Route",
    "Router",
    "RouterError",
    "RouterStatus",
    "RuleSet",
    "RuleSetError",
    "RuleSource",
    "Source",
    "Stopped",
    "Target",
    "TargetSettings",
    "Undeliverable",
    "diff_deliveries",
    "diff_rule_sets",
    "entries_of",
    "letter_of",
    "read_rule_set",
    "record_of",
    "rule_set_of_mapping",
    "rule_set_of_text",
]
