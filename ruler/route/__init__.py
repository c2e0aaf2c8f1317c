"""Routing: rules to targets. Which event goes where is decided here, without any I/O but reading files of rule sets.

    rule_set.py      a rule set: rules, targets, a digest of its content
    document.py      a file, a directory, text or a mapping -> a RuleSet, or every error with its place
    model.py         Event, Delivery, the outcomes of deliveries; what a target and a source are
    envelope.py      the forms that events come in -> the event that rules judge
    keys.py          the keys of events, by which deliveries are kept in order
    plan.py          events and a rule set -> deliveries
    dead_letters.py  what could not be delivered -> a line of JSON, and back (letter_members.py reads its members)
    router.py        the router: admits events, plans them, and sees to it that each delivery is answered
    runtime/         what goes on while it routes
    targets/         where deliveries go: functions, lines, HTTP, memory
    schemes.py       URIs -> targets and sources, ours and those of plug-ins; options.py reads their options
    replay/          dead letters -> deliveries again
    rules_diff.py    two rule sets -> what differs between them
    delivery_diff.py and, of events, in what they would deliver

What of an event a target gets: select.py, input_path.py, input_transformer.py; slices.py finds the values in the text,
quick_paths.py by way of the decoded event.

Reading a document: rule_members.py and, below it, target_members.py, input_members.py and values.py read one, strictly;
toml_text.py makes JSON of TOML, with places; assemble.py puts documents together and judges what is only seen then;
examples.py runs the examples; pattern_text.py writes equal patterns alike, for the digest.
"""

from ruler.route.dead_letters import Letter, letter_of, record_of
from ruler.route.delivery_diff import diff_deliveries
from ruler.route.document import RuleSetError, read_rule_set, rule_set_of_mapping, rule_set_of_text
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
