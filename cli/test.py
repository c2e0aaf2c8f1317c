"""``ruler test``: runs the tests kept beside rules, and says of each that fails why."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ruler.findings import Finding, printable
from ruler.testing.model import RuleTest, RuleTestFile
from ruler.testing.read import read_tests
from ruler.testing.run import Outcome, outcome_of
from ruler.testing.search import find_tests
from ruler.testing.text import FileResult, outcome_text, summary
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.colour import paint_for
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.rule_options import dialect_name, tell
from ruler_cli.streams import STANDARD_OUTPUT, write_message, write_output

EXIT_FAILED = 1

HELP = """\
usage: ruler test [options] [FILE|DIR...]

Run the tests kept beside rules, and show of each that fails why. A DIR is
searched for files named *.ruler-test.json or ruler-test.json; without FILE or
DIR the current directory is. When FILE is -, read standard input.

A test file is JSON (paths are relative to its directory):
  {"rules": "rules.json",
   "tests": [{"name": "a big order", "event": {"total": 1500},
              "matches": ["big-order"], "does-not-match": ["small-order"]}]}

      --dialect NAME
                   refuse rules that this service refuses: event-ruler,
                   eventbridge, eventbridge-pipes, lambda, sns-attributes or
                   sns-body (docs/dialects.md); default: what a test file names
                   as its "dialect", else ruler
  -k SUBSTRING     only tests with this in file::name, capital or small letters
  -x, --stop       end at the first failure
  -v, --verbose    name the tests that pass too
      --format FORMAT
                   human (default); json, one object on each line; tap, the Test
                   Anything Protocol 14; or junit, JUnit XML

  -h, --help       show this text
      --version    show the version and the engine that matches events

exit codes: 0 all tests passed, 1 some failed, 2 trouble (a test file or rules
with errors, unreadable files, no tests found).

examples:
  ruler test rules/
  ruler test --format junit rules/ > results.xml
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    paths: list[str]
    dialect: str | None  # None for that of each test file
    substring: str  # in small letters; "" takes every test
    stops: bool
    is_verbose: bool
    format: str  # "human", "json", "tap", "junit"


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = parser_of_test()
    parsed = parser.parse(arguments)
    return Options(
        parsed.files or ["."],
        parsed.dialect,
        parsed.substring.casefold(),
        parsed.stop,
        parsed.verbose,
        parsed.format,
    )


def parser_of_test() -> Parser:
    parser = Parser("ruler test", HELP)
    parser.add_argument("--dialect", metavar="NAME", type=dialect_name, default=None)
    parser.add_argument("-k", dest="substring", metavar="SUBSTRING", default="")
    parser.add_argument("-x", "--stop", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--format", metavar="FORMAT", type=OneOf("human", "json", "tap", "junit"), default="human")
    return parser


def run_test(arguments: Sequence[str]) -> int:
    """Run ``ruler test``. Exit: 0 all passed, 1 some failed, 2 trouble."""
    run = _Run(options_of(arguments))
    with contextlib.suppress(_Stopped):
        run.all_files()
    return run.ended()


class _Stopped(Exception):
    """Raised at the first failure, when that is to end the run."""


class _Run:
    """One run over all test files, and what came of it so far."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.paint = paint_for(STANDARD_OUTPUT)
        self.results: list[FileResult] = []
        self.has_trouble = False
        self.left_out = 0  # tests that -k does not take

    def all_files(self) -> None:
        for found in find_tests(self.options.paths):
            if isinstance(found, Finding):
                self._trouble(RuleTestFile(found.source, findings=[found]))
            else:
                self._file(read_tests(found, self.options.dialect))

    def _file(self, file: RuleTestFile) -> None:
        if file.findings:
            self._trouble(file)
            return
        wanted = [test for test in file.tests if self._is_wanted(test)]
        self.left_out += len(file.tests) - len(wanted)
        if not wanted:
            return
        result = FileResult(file)
        self.results.append(result)
        for test in wanted:
            outcome = outcome_of(test, file.matcher)
            result.outcomes.append(outcome)
            self._write_outcome(outcome)
            if self.options.stops and not outcome.passed:
                raise _Stopped

    def _is_wanted(self, test: RuleTest) -> bool:
        return self.options.substring in f"{test.source.name}::{test.name}".casefold()

    def _trouble(self, file: RuleTestFile) -> None:
        self.has_trouble = True
        self.results.append(FileResult(file))
        for finding in file.findings:
            tell(finding, "json" if self.options.format == "json" else "human")
        if self.options.stops:
            raise _Stopped

    def _write_outcome(self, outcome: Outcome) -> None:
        """Write an outcome at once, in the formats that are written line by line."""
        if self.options.format == "json":
            write_output(f"{json.dumps(outcome.record())}\n".encode())
        elif self.options.format == "human" and (self.options.is_verbose or not outcome.passed):
            write_output(f"{outcome_text(outcome, self.paint)}\n".encode())

    def ended(self) -> int:
        """Write what is written at the end; return the exit code."""
        if self.options.format in ("tap", "junit"):
            write_output(_document(self.options.format, self.results).encode())
        elif self.options.format == "human" and self.results:
            write_output(f"{summary(self.results)}\n".encode())
        if not self.results:
            write_message(f"ruler: {self._nothing_found()}")
            return EXIT_TROUBLE
        if self.has_trouble:
            return EXIT_TROUBLE
        return EXIT_FAILED if any(result.failed_count for result in self.results) else EXIT_FINE

    def _nothing_found(self) -> str:
        if self.left_out:
            return f'no test has "{printable(self.options.substring)}" in its file or name; there are {self.left_out}'
        places = ", ".join(printable(path) for path in self.options.paths)
        return f"no tests found in {places}: test files are named *.ruler-test.json or ruler-test.json"


def _document(form: str, results: list[FileResult]) -> str:
    if form == "tap":
        from ruler.testing.tap import tap_text

        return tap_text(results)
    from ruler.testing.junit import junit_text

    return junit_text(results)
