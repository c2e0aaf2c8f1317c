"""``ruler rules diff OLD NEW``: what differs between two rule sets, and in what they would deliver of events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ruler.findings import Finding, Source
from ruler.machine.select_lines import JSON_WHITE_SPACE
from ruler.route.delivery_diff import diff_deliveries
from ruler.route.documents.document import RuleSetError
from ruler.route.model import Event, Position
from ruler.route.rules_diff import diff_rule_sets
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.lines import blocks_of_lines, open_input
from ruler_cli.rule_options import FORMATS, tell
from ruler_cli.rule_set_files import RuleSetFile, rule_set_file
from ruler_cli.streams import write_output

EXIT_DIFFERENT = 1

HELP = """\
usage: ruler rules diff [options] OLD NEW

Show what differs between two rule sets: rules and targets that are added,
removed or changed, and with events, what would be delivered differently.
Spelling and order are no difference. OLD and NEW are documents of rule sets in
JSON or TOML, directories of them, or configs of 'ruler run'; one of them may be
-, standard input. Examples in them are not run.

      --events FILE    JSON events, one on each line: count for each target what
                       it would get more, fewer, or with other bytes, and show
                       the first five; - is standard input
      --format FORMAT  human (default), or json, one object

  -h, --help           show this text
      --version        show the version and the engine that matches events

exit codes: 0 the same, 1 something differs, 2 trouble (rule sets with errors,
unreadable files).

examples:
  ruler rules diff old.toml routes.toml
  git show HEAD:routes.toml | ruler rules diff - routes.toml
  ruler rules diff routes.toml new.toml --events yesterday.jsonl
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    old: str
    new: str
    events: str  # the file, "-" for standard input, "" for none
    format: str  # "human", "json"


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = parser_of_rules()
    parsed = parser.parse(arguments)
    words = parsed.files
    if not words or words[0] != "diff":
        found = f', found "{words[0]}"' if words else ""
        parser.error(f"say what to do with rule sets: ruler rules diff OLD NEW{found}")
    if len(words) != 3:
        parser.error(f"diff compares two rule sets, OLD and NEW; found {len(words) - 1}")
    if [*words[1:], parsed.events].count("-") > 1:
        parser.error("standard input cannot be read twice: only one of OLD, NEW and --events may be -")
    return Options(words[1], words[2], parsed.events, parsed.format)


def parser_of_rules() -> Parser:
    parser = Parser("ruler rules", HELP)
    parser.add_argument("--events", metavar="FILE", default="")
    parser.add_argument("--format", metavar="FORMAT", type=OneOf(*FORMATS), default="human")
    return parser


def run_rules(arguments: Sequence[str]) -> int:
    """Run ``ruler rules``. Exit: 0 the same, 1 different, 2 trouble."""
    options = options_of(arguments)
    old = _read(options.old, options)
    new = _read(options.new, options)
    if old is None or new is None:
        return EXIT_TROUBLE
    diff = diff_rule_sets(old.rule_set, new.rule_set)
    deliveries = None
    if options.events:
        try:
            events = _events(options.events)
            deliveries = diff_deliveries(old.rule_set, new.rule_set, events, form=old.form, new_form=new.form)
        except OSError as error:
            tell(Finding(Source(options.events, ""), "file-unreadable", error.strerror or str(error)), options.format)
            return EXIT_TROUBLE
    is_same = diff.is_empty and (deliveries is None or not deliveries.differing)
    if options.format == "json":
        of_events = None if deliveries is None else deliveries.as_dict()
        text = json.dumps({"same": is_same, **diff.as_dict(), "deliveries": of_events})
    else:
        text = str(diff) if deliveries is None else f"{diff}\n{deliveries}"
    write_output(f"{text}\n".encode("utf-8", "backslashreplace"))
    return EXIT_FINE if is_same else EXIT_DIFFERENT


def _read(path: str, options: Options) -> RuleSetFile | None:
    """The rule set at ``path``; None when it has errors, which are told."""
    beside = options.new if path == options.old else options.old
    try:
        return rule_set_file(path, beside=beside)
    except RuleSetError as error:
        for finding in error.findings:
            tell(finding, options.format)
        return None


def _events(path: str) -> Iterator[Event]:
    """The events in a file, each with its line; lines of white space are none. Raises OSError."""
    name = "<stdin>" if path == "-" else path
    number = 0
    with open_input(path) as file:
        for block in blocks_of_lines(file):
            for line in _lines(bytes(block)):
                number += 1
                if line.strip(JSON_WHITE_SPACE):
                    yield Event(line, position=Position(name, number))


def _lines(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    return lines[:-1] if block.endswith(b"\n") else lines
