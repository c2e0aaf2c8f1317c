"""``ruler filter``: writes the lines of JSON events that match any rule.

Rules come from files and from arguments, events from files or standard input, one on each line. The
lines selected in a block are written before the next block is read, so output is never held back
while an input waits.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ruler import Matcher
from ruler.dialects.names import DEFAULT_DIALECT
from ruler.findings import Finding, Source
from ruler_cli.arguments import OneOf, Parser, whole_number
from ruler_cli.bad_lines import BadLine, BadLines
from ruler_cli.exit_codes import EXIT_TROUBLE
from ruler_cli.lines import blocks_of_lines, is_also_output, open_input
from ruler_cli.rule_options import add_and_tell, add_rule_options, refuse_reading_twice, require_rules, tell
from ruler_cli.selection import (
    Selector,
    line_selector,
    names_output,
    names_selector,
    tagged_output,
)
from ruler_cli.streams import STANDARD_OUTPUT, write_output

EXIT_SELECTED = 0
EXIT_NOTHING = 1

HELP = """\
usage: ruler [filter] (-r FILE | -e JSON)... [options] [FILE...]

Write the lines that are JSON events matching any rule, byte for byte.
Without FILE, or when FILE is -, read standard input.

rules (at least one is needed, and any may match):
  -r, --rules FILE     {"name": {rule}, ...}, or a list of
                       {"name": "...", "rule": {rule}}; also a directory, JSON
                       lines, a CloudFormation or SAM template, the output of
                       'aws events list-rules', or filters of SNS, Lambda or
                       Pipes (docs/sources.md); YAML with an extra
  -e, --pattern JSON   one rule; the first is called pattern-1, and so on
      --dialect NAME   refuse what this service refuses: event-ruler,
                       eventbridge, eventbridge-pipes, lambda, sns-attributes
                       or sns-body (docs/dialects.md); default: ruler

which lines:
  -v, --invert-match   select the events that match no rule
  -m, --max-count NUM  stop after NUM selected lines

what is written:
  -o, --output WHAT    lines (default), names (of the rules that match, with a
                       tab between) or tagged, which has both:
                       {"rules": ["name"], "line": 3, "event": {...}}
  -c, --count          only how many lines were selected, in all files
  -q, --quiet          nothing; stop at the first selected line

lines that are not events:
  --on-error HOW       report (default): go on, show the first ten, exit 2
                       skip: ignore them
                       fail: stop at the first one, exit 2

      --format FORMAT  how errors are written: human (default), or json, one
                       object on each line

  -h, --help           show this text
      --version        show the version and the engine that matches events

exit codes: 0 a line was selected, 1 none was, 2 trouble (rules with errors,
unreadable files, lines that are not events); with -q, 0 as soon as a line is.

examples:
  ruler -e '{"source": ["aws.s3"]}' events.jsonl
  tail -f events.jsonl | ruler -r rules.json -o names
  ruler -r rules.json -v -c --on-error skip events.jsonl
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    rules: list[str]  # files
    patterns: list[str]  # texts
    dialect: str
    invert: bool
    max_count: int
    output: str  # "lines", "names", "tagged"; "count" and "nothing" for -c and -q
    on_error: str  # "report", "skip", "fail"
    format: str  # "human", "json": of what is said about rules and lines
    files: list[str]


def options_of(arguments: Sequence[str], *, is_named: bool = True) -> Options:
    """Return the options; exits with a message when they make no sense.

    Unless the command ``is_named``, the first file may have been meant as a command.
    """
    parser = filter_parser()
    parsed = parser.parse(arguments)
    require_rules(parser, parsed, may_be_command=not is_named)
    files = parsed.files or ["-"]
    refuse_reading_twice(parser, parsed, files)
    return Options(
        rules=parsed.rules,
        patterns=parsed.pattern,
        dialect=parsed.dialect or DEFAULT_DIALECT,
        invert=parsed.invert_match,
        max_count=min(parsed.max_count, 1) if parsed.quiet else parsed.max_count,
        output="nothing" if parsed.quiet else "count" if parsed.count else parsed.output,
        on_error=parsed.on_error,
        format=parsed.format,
        files=files,
    )


def filter_parser() -> Parser:
    parser = Parser("ruler filter", HELP)
    add_rule_options(parser)
    parser.add_argument("-v", "--invert-match", action="store_true")
    parser.add_argument("-m", "--max-count", metavar="NUM", type=whole_number, default=sys.maxsize)
    parser.add_argument("-o", "--output", metavar="WHAT", type=OneOf("lines", "names", "tagged"), default="lines")
    parser.add_argument("-c", "--count", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--on-error", metavar="HOW", type=OneOf("report", "skip", "fail"), default="report")
    return parser


def run_filter(arguments: Sequence[str], *, is_named: bool = True) -> int:
    """Run ``ruler filter``. Exit: 0 selected some, 1 selected none, 2 trouble."""
    options = options_of(arguments, is_named=is_named)
    # Reading rules makes many objects and no garbage: with collections, 50,000 rules of two clauses took
    # 9.2 s in place of 7.3. 2026-11-20, process time of read_rule_file and add_rules.
    gc.disable()
    matcher: Matcher[str] = Matcher(dialect=options.dialect)
    if not add_and_tell(matcher, options.rules, options.patterns, options.format):
        return EXIT_TROUBLE
    gc.freeze()  # the machine stays as it is: keep it out of every collection while matching
    gc.enable()
    return _Filter(options, matcher).run()


class StopReading(Exception):
    """Raised when a line ends the run."""


class _Filter:
    """One run over all inputs: what was selected so far, and what went wrong."""

    def __init__(self, options: Options, matcher: Matcher[str]) -> None:
        self.options = options
        self.writes_outputs = options.output in ("lines", "names", "tagged")
        self.select = _selector(options, matcher)
        self.outputs: list[bytes] = []  # of the block at hand, not written yet
        self.input_name = ""
        self.wanted = options.max_count  # outputs still to select
        self.selected_count = 0
        self.bad_lines = BadLines(options.format)
        self.has_trouble = False

    def run(self) -> int:
        """Read the inputs until enough is selected; return the exit code."""
        stopped = False
        try:
            for path in self.options.files:
                if self.wanted > 0:
                    self._read_input(path)
        except StopReading:
            stopped = True
        # No count after a stop: a script must not take a part of it for the whole.
        if self.options.output == "count" and not stopped:
            write_output(b"%d\n" % self.selected_count)
        if not stopped:
            self.bad_lines.tell_total()
        return self._exit_code()

    def _exit_code(self) -> int:
        if self.options.output == "nothing" and self.selected_count:
            return EXIT_SELECTED
        if self.has_trouble:
            return EXIT_TROUBLE
        return EXIT_SELECTED if self.selected_count else EXIT_NOTHING

    def _read_input(self, path: str) -> None:
        """Select from one input. One that cannot be read is trouble, but the next may do better."""
        self.input_name = "<stdin>" if path == "-" else path
        try:
            with open_input(path) as file:
                if self.writes_outputs and is_also_output(file, STANDARD_OUTPUT):
                    self._complain("is also the output: it would grow for ever")
                    return
                first_number = 1
                for block in blocks_of_lines(file):
                    first_number += self._read_block(block, first_number)
                    if self.wanted <= 0:
                        break
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            self._complain(error.strerror or str(error))

    def _read_block(self, block: bytes | memoryview, first_number: int) -> int:
        """Select from a block of lines, and write all that was selected before it ends.

        Return how many lines that took.
        """
        line_count = 0
        for output, count, lines, bad_line in self.select(block, first_number, self.wanted):
            line_count += lines
            self.selected_count += count
            self.wanted -= count
            if self.writes_outputs:
                self.outputs.append(output)
            if bad_line is not None:
                self._report(bad_line)
        self._write_outputs()
        return line_count

    def _write_outputs(self) -> None:
        write_output(b"".join(self.outputs))
        self.outputs.clear()

    def _report(self, bad_line: BadLine) -> None:
        """Take notice of a line that is no event."""
        if self.options.on_error == "skip":
            return
        self.has_trouble = True
        if self.bad_lines.will_tell:
            self._write_outputs()  # a terminal shows both streams: keep the order of the lines
        self.bad_lines.take(self.input_name, bad_line)
        if self.options.on_error == "fail":
            raise StopReading

    def _complain(self, what: str) -> None:
        self.has_trouble = True
        tell(Finding(Source(self.input_name, ""), "file-unreadable", what), self.options.format)


def _selector(options: Options, matcher: Matcher[str]) -> Selector:
    if options.output == "names":
        return names_selector(matcher, options.invert, names_output(matcher))
    if options.output == "tagged":
        return names_selector(matcher, options.invert, tagged_output(matcher))
    return line_selector(matcher, options.invert)
