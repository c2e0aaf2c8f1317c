"""``ruler coverage``: counts what each rule, branch and alternative matched, and shows the events that no rule matched.

Rules and events come as for filter. Nothing is written to standard output before all events are read.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ruler.coverage import Coverage, Report
from ruler.coverage.shapes import MOST_SHAPES
from ruler.dialects.names import DEFAULT_DIALECT
from ruler.findings import Finding, Source
from ruler.machine.select_lines import JSON_WHITE_SPACE
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.bad_lines import BadLine, BadLines
from ruler_cli.colour import paint_for
from ruler_cli.coverage_text import lines_of
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.lines import blocks_of_lines, open_input
from ruler_cli.progress import progress_of
from ruler_cli.rule_options import add_and_tell, add_rule_options, refuse_reading_twice, require_rules, tell
from ruler_cli.streams import STANDARD_OUTPUT, write_output

EXIT_UNUSED = 1

HELP = """\
usage: ruler coverage (-r FILE | -e JSON)... [options] [FILE...]

Count how many of the JSON events, one on each line, each rule matched, and each
of its "$or" branches and alternatives; show which never did, and the events
that no rule matched, by shape. Without FILE, or when FILE is -, read standard
input.

  matched   the rule matched, or the branch; for an alternative: its branch
            matches with this alternative alone in its clause
  decided   of these, the events that would not match without it

An alternative alone in its clause is not shown: its numbers are its branch's.

rules (at least one is needed):
  -r, --rules FILE     {"name": {rule}, ...}, or a list of
                       {"name": "...", "rule": {rule}}; also a directory, JSON
                       lines, a CloudFormation or SAM template, the output of
                       'aws events list-rules', or filters of SNS, Lambda or
                       Pipes (docs/sources.md); YAML with an extra
  -e, --pattern JSON   one rule; the first is called pattern-1, and so on
      --dialect NAME   refuse what this service refuses: event-ruler,
                       eventbridge, eventbridge-pipes, lambda, sns-attributes
                       or sns-body (docs/dialects.md); default: ruler

what is written:
  -u, --unused         only what never matched
      --format FORMAT  human (default), or json: one object, and errors as one
                       object on each line
  -q, --quiet          no progress; without it, a terminal shows how far it is

lines that are not events:
  --on-error HOW       report (default): go on, show the first ten, exit 2
                       skip: ignore them
                       fail: stop at the first one, exit 2

      --deny-unused    exit 1 when a rule never matched

  -h, --help           show this text
      --version        show the version and the engine that matches events

exit codes: 0 all was read; 1 with --deny-unused, a rule never matched;
2 trouble (rules with errors, unreadable files, lines that are not events).

examples:
  ruler coverage -r rules.json events.jsonl
  ruler coverage -r rules.json --unused --deny-unused events.jsonl
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    rules: list[str]  # files
    patterns: list[str]  # texts
    dialect: str
    only_unused: bool
    deny_unused: bool
    is_quiet: bool
    on_error: str  # "report", "skip", "fail"
    format: str  # "human", "json"
    files: list[str]


def coverage_parser() -> Parser:
    parser = Parser("ruler coverage", HELP)
    add_rule_options(parser)
    parser.add_argument("-u", "--unused", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--deny-unused", action="store_true")
    parser.add_argument("--on-error", metavar="HOW", type=OneOf("report", "skip", "fail"), default="report")
    return parser


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = coverage_parser()
    parsed = parser.parse(arguments)
    require_rules(parser, parsed)
    files = parsed.files or ["-"]
    refuse_reading_twice(parser, parsed, files)
    return Options(
        rules=parsed.rules,
        patterns=parsed.pattern,
        dialect=parsed.dialect or DEFAULT_DIALECT,
        only_unused=parsed.unused,
        deny_unused=parsed.deny_unused,
        is_quiet=parsed.quiet,
        on_error=parsed.on_error,
        format=parsed.format,
        files=files,
    )


def run_coverage(arguments: Sequence[str]) -> int:
    """Run ``ruler coverage``. Exit: 0 all was read, 1 a rule never matched and that is denied, 2 trouble."""
    options = options_of(arguments)
    coverage: Coverage[str] = Coverage(most_shapes=0 if options.only_unused else MOST_SHAPES, dialect=options.dialect)
    gc.disable()  # reading rules makes many objects and no garbage, see filter.py
    if not add_and_tell(coverage, options.rules, options.patterns, options.format):
        return EXIT_TROUBLE
    gc.freeze()
    gc.enable()
    run = _Run(options, coverage)
    if not run.read():
        return EXIT_TROUBLE
    report = coverage.report()
    _write_report(report, options)
    run.bad_lines.tell_total()
    if run.has_trouble:
        return EXIT_TROUBLE
    return EXIT_UNUSED if options.deny_unused and report.unused_rules else EXIT_FINE


def _write_report(report: Report[str], options: Options) -> None:
    if options.format == "json":
        shown = report.unused() if options.only_unused else report
        record = {**report.record(), "rules": [rule.record() for rule in shown.rules]}
        write_output(f"{json.dumps(record)}\n".encode())
        return
    lines = lines_of(report, paint_for(STANDARD_OUTPUT), only_unused=options.only_unused)
    write_output("".join(f"{line.rstrip()}\n" for line in lines).encode())


class _Run:
    """One run over all inputs, and what went wrong."""

    def __init__(self, options: Options, coverage: Coverage[str]) -> None:
        self.options = options
        self.coverage = coverage
        self.bad_lines = BadLines(options.format)
        self.has_trouble = False
        self.event_count = 0
        self.progress = progress_of(options.files, is_quiet=options.is_quiet)

    def read(self) -> bool:
        """Count the events of every input; return whether none ended the run early."""
        try:
            return all(self._read_input(path) for path in self.options.files)
        finally:
            self.progress.erase()

    def _read_input(self, path: str) -> bool:
        name = "<stdin>" if path == "-" else path
        try:
            with open_input(path) as file:
                first_number = 1
                for block in blocks_of_lines(file):
                    lines = bytes(block).removesuffix(b"\n").split(b"\n")
                    if not self._count(lines, name, first_number):
                        return False
                    first_number += len(lines)
                    self.progress.add(len(block), self.event_count)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            self.has_trouble = True
            self.progress.erase()
            what = error.strerror or str(error)
            tell(Finding(Source(name, ""), "file-unreadable", what), self.options.format)
        return True

    def _count(self, lines: list[bytes], name: str, first_number: int) -> bool:
        errors = self.coverage.count_each(lines, lambda index: f"{name}:{first_number + index}")
        for index, error in enumerate(errors):
            if error is None:
                self.event_count += 1
            elif lines[index].strip(JSON_WHITE_SPACE) and self.options.on_error != "skip":
                self.has_trouble = True
                if self.bad_lines.will_tell:
                    self.progress.erase()
                self.bad_lines.take(name, BadLine(first_number + index, lines[index], error))
                if self.options.on_error == "fail":
                    return False
        return True
