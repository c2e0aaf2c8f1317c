"""``ruler test-event-pattern``: whether one event matches one pattern, as the AWS command of that name.

It takes the arguments of ``aws events test-event-pattern``, asks nobody, and writes the same answer.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from typing import NoReturn

from ruler import EventError, Matcher
from ruler.errors import RuleError
from ruler.findings import Finding, Source, finding_of_text, in_text_order, json_pointer
from ruler.machine.decode import decode
from ruler.patterns.reader import Document, Node, read_document
from ruler.rule_sources import add_rules, rule_of_pattern
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.rule_options import dialect_name, tell
from ruler_cli.streams import write_message, write_output

HELP = """\
usage: ruler test-event-pattern --event-pattern JSON --event JSON [options]

Say whether an event matches an event pattern of Amazon EventBridge. Arguments
and output are those of 'aws events test-event-pattern'; no service is asked.

      --event-pattern JSON   the pattern
      --event JSON           the event
      --cli-input-json JSON  an object with both, as "EventPattern" and "Event";
                             the two options above go before it
      --output FORMAT        json (default), text or yaml
      --dialect NAME         the service whose rules the pattern is held to, by
                             default eventbridge; ruler takes every pattern that
                             'ruler filter' takes (docs/dialects.md)

Each JSON may be file://PATH or fileb://PATH, which stand for what the file
holds.

These options of the AWS command line are taken and change nothing:
  --region, --profile, --endpoint-url, --ca-bundle, --color, --cli-read-timeout,
  --cli-connect-timeout and --cli-binary-format, each with a value;
  --no-sign-request, --no-verify-ssl, --no-cli-pager, --no-cli-auto-prompt,
  --no-paginate and --debug, each without one.
--query is not supported.

  -h, --help                 show this text
      --version              show the version and the engine that matches events

exit codes: 0 there is an answer, whichever it is; 2 trouble.

example:
  ruler test-event-pattern --event-pattern '{"source": ["shop"]}' \\
      --event file://event.json
"""

IGNORED_WITH_VALUE = (
    "--region",
    "--profile",
    "--endpoint-url",
    "--ca-bundle",
    "--color",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--cli-binary-format",
)
IGNORED_FLAGS = (
    "--no-sign-request",
    "--no-verify-ssl",
    "--no-cli-pager",
    "--no-cli-auto-prompt",
    "--no-paginate",
    "--debug",
)
INPUT_MEMBERS = ("EventPattern", "Event")
INPUT_FORM = '{"EventPattern": "{\\"source\\": [\\"shop\\"]}", "Event": "{...}"}'
# Without these the service refuses an event: the documentation of its operation TestEventPattern calls them mandatory.
MANDATORY_FIELDS = ("id", "account", "source", "time", "region", "resources", "detail-type")
OUTPUTS = {
    "json": '{{\n    "Result": {json}\n}}\n',
    "text": "{python}\n",
    "yaml": "Result: {json}\n",
}


class _Trouble(Exception):
    """Raised when there can be no answer; everything has been said."""


def run_test_event_pattern(arguments: Sequence[str]) -> int:
    """Run ``ruler test-event-pattern``. Exit: 0 there is an answer, 2 there can be none."""
    parser = parser_of_test_event_pattern()
    parsed = parser.parse(arguments)
    _refuse_others(parser, parsed)
    try:
        pattern, event = _inputs(parser, parsed)
        result = _answer(pattern, event, parsed.dialect)
    except _Trouble:
        return EXIT_TROUBLE
    write_output(OUTPUTS[parsed.output].format(json=json.dumps(result), python=result).encode())
    return EXIT_FINE


def parser_of_test_event_pattern() -> Parser:
    parser = Parser("ruler test-event-pattern", HELP)
    for option in ("--event-pattern", "--event", "--cli-input-json"):
        parser.add_argument(option, metavar="JSON")
    parser.add_argument("--dialect", metavar="NAME", type=dialect_name, default="eventbridge")
    parser.add_argument("--output", metavar="FORMAT", type=OneOf(*OUTPUTS), default="json")
    parser.add_argument("--query", metavar="QUERY")
    for option in IGNORED_WITH_VALUE:
        parser.add_argument(option, metavar="VALUE")
    for option in IGNORED_FLAGS:
        parser.add_argument(option, action="store_true")
    return parser


def _refuse_others(parser: Parser, parsed: argparse.Namespace) -> None:
    if parsed.query is not None:
        parser.error("--query is not supported: the answer has one member, and --output text writes its value alone")
    if parsed.files:
        parser.error(f'found "{parsed.files[0]}", expected options alone; a file is written file://{parsed.files[0]}')


def _inputs(parser: Parser, parsed: argparse.Namespace) -> tuple[Source, Source]:
    """The pattern and the event, each with what messages call it."""
    given = _members_of_input(parsed.cli_input_json) if parsed.cli_input_json is not None else {}
    pattern = _value("--event-pattern", parsed.event_pattern) or given.get("EventPattern")
    event = _value("--event", parsed.event) or given.get("Event")
    missing = [name for name, value in (("--event-pattern", pattern), ("--event", event)) if value is None]
    if pattern is None or event is None:
        parser.error(f"needs {' and '.join(missing)}: JSON, or file://PATH")
    return pattern, event


def _value(option: str, text: str | None) -> Source | None:
    """What an option was given, or what the file holds that it names; None without the option.

    The name of a source is that of the option or of the file. Bytes that are not UTF-8 are surrogates in its text.
    """
    if text is None:
        return None
    for prefix in ("file://", "fileb://"):
        if text.startswith(prefix):
            path = os.path.expandvars(os.path.expanduser(text.removeprefix(prefix)))
            try:
                with open(path, "rb") as file:
                    return Source(path, file.read().decode("utf-8", "surrogateescape"))
            except (OSError, ValueError) as error:  # ValueError: a null character
                reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
                _refuse(Finding(Source(path, ""), "file-unreadable", reason))
    # The argument's own bytes: in a locale that is not UTF-8, ``text`` is not what the user wrote.
    return Source(option, os.fsencode(text).decode("utf-8", "surrogateescape"))


def _refuse(*findings: Finding) -> NoReturn:
    for finding in findings:
        tell(finding, "human")
    raise _Trouble


def _bytes_of(source: Source) -> bytes:
    return source.text.encode("utf-8", "surrogateescape")


# -- --cli-input-json --------------------------------------------------------------------------------------------


def _members_of_input(argument: str) -> dict[str, Source]:
    """The members of the object that ``--cli-input-json`` was given."""
    source = _value("--cli-input-json", argument)
    assert source is not None
    try:
        document = read_document(_bytes_of(source))
    except RuleError as error:
        error.why = "the input is one JSON object with the members of a request"
        error.write = INPUT_FORM
        _refuse(finding_of_text(source, error))
    root = document.root
    if root.kind != "object":
        _refuse(_input_finding(source, document, root.start, (), "expected an object", INPUT_FORM))
    return {name: _member(source, document, name, start, node) for name, start, node in root.value}


def _member(source: Source, document: Document, name: str, start: int, node: Node) -> Source:
    if name not in INPUT_MEMBERS:
        word = name.lower().replace("-", "").replace("_", "")
        meant = next((each for each in INPUT_MEMBERS if each.lower() == word), "")
        advice = f'did you mean "{meant}"?' if meant else "its members are EventPattern and Event"
        what = f'"{name}" is not a member of this request; {advice}'
        _refuse(_input_finding(source, document, start, (name,), what, f'"{meant}"' if meant else INPUT_FORM))
    if node.kind != "string":
        kind = f"an {node.kind}" if node.kind in ("object", "array") else node.kind
        write = json.dumps(document.text[node.start : node.end], ensure_ascii=False)
        write = write if len(write) <= 120 else '"{...}"'
        what = f'found {kind} as "{name}", expected a string that holds its JSON'
        _refuse(_input_finding(source, document, node.start, (name,), what, f'"{name}": {write}'))
    return Source(f"{source.name}, {name}", node.value)


def _input_finding(
    source: Source, document: Document, start: int, steps: tuple[str, ...], what: str, write: str
) -> Finding:
    line, column = document.line_and_column(start)
    why = "the input is one JSON object; pattern and event stand in it as strings, as in a request to the service"
    return Finding(source, "request-form", what, why, write, line, column, pointer=json_pointer(steps))


# -- the answer ----------------------------------------------------------------------------------------------------


def _answer(pattern: Source, event: Source, dialect: str) -> bool:
    """Return whether the event matches; says what the service would refuse."""
    found = rule_of_pattern(pattern.name, _bytes_of(pattern))
    matcher: Matcher[str] = Matcher(dialect=dialect)
    findings = in_text_order([*found.findings, *add_rules(matcher, found.rules)])
    if findings:
        _refuse(*findings)
    text = _bytes_of(event)
    try:
        result = matcher.matches_any(text)
    except EventError as error:
        _refuse(_finding_of_event(event, error))
    fields = decode(text)
    missing = [name for name in MANDATORY_FIELDS if name not in fields]
    if missing:
        write_message(f"ruler: warning: Amazon EventBridge would refuse this event: it has no {', '.join(missing)}")
    return result


def _finding_of_event(event: Source, error: EventError) -> Finding:
    """The finding for an event that is none, at its line and column."""
    line = column = None
    if error.offset is not None:
        before = _bytes_of(event)[: error.offset].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    why = "an event is one JSON object" if error.code in ("not-json", "not-object") else ""
    return Finding(event, error.code, error.what, why, line=line, column=column)
