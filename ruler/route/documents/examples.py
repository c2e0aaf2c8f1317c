"""Runs the examples of rules: events that a rule must match, and events that it must not.

In: the entries of one document, and a matcher that holds its rules. Out: findings, at the place of each example that
does not go as its author says.

An example is an event, or the path of a file that holds one; paths begin at the directory of the document.
"""

from __future__ import annotations

import os

from ruler.errors import EventError
from ruler.matcher import Matcher
from ruler.route.documents.rule_members import Example, RuleEntry, RuleSetReader
from ruler.rule_sources.named_rules import text_of

LARGEST_FILE = 16 * 1024 * 1024  # bytes


def run_examples(reader: RuleSetReader, entry: RuleEntry, matcher: Matcher[str]) -> None:
    """Report each example of a rule that fails. The rule is in the matcher."""
    for example in entry.examples:
        event = _event_of(reader, example)
        if event is None:
            continue
        try:
            matches = entry.rule.name in matcher.rules_for_event(event)
        except EventError as error:
            what = f"{_shown(reader, example)} is no event: {error.what}"
            why = "an example is one JSON object, as rules judge it"
            _report(reader, example, what, why, "an event")
            continue
        if matches != example.must_match:
            verb, word = ("matches", "match") if matches else ("does not match", "no_match")
            what = f"{_shown(reader, example)} {verb} the rule"
            why = f'under "{example.steps[-2]}" stand events that the rule must {_must(example)}'
            _report(reader, example, what, why, f'the example under "{word}", or another pattern')


def _must(example: Example) -> str:
    return "match" if example.must_match else "not match"


def _event_of(reader: RuleSetReader, example: Example) -> str | bytes | None:
    """The event of an example; None, and reported, when it cannot be read."""
    node = example.node
    if node.kind == "object":
        return text_of(reader.document, node)
    try:
        with open(os.path.join(reader.directory, node.value), "rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        what = f"{_shown(reader, example)} cannot be read: {reason}"
        why = "a path is relative to the directory of the document"
        _report(reader, example, what, why, "the path of a file that is there, or the event itself")
        return None
    if len(content) > LARGEST_FILE:
        what = f"{_shown(reader, example)} is larger than {LARGEST_FILE:,} bytes"
        _report(reader, example, what, "an example is one event", "a smaller event")
        return None
    return content


def _shown(reader: RuleSetReader, example: Example) -> str:
    return f"the example {reader.text(example.node)}"


def _report(reader: RuleSetReader, example: Example, what: str, why: str, write: str) -> None:
    reader.report("route-example", example.node.start, example.steps, what, why=why, write=write)
