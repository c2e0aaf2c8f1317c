"""``ruler replay``: delivers dead letters again, to where the rules lead them now.

This module reads the arguments, the config and the file, and tells what would be done; replay_process.py does it,
replay_text.py says what became of the letters.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from re import compile as compiled
from typing import BinaryIO

from ruler import Matcher
from ruler.findings import Finding, Source
from ruler.route.documents.config import Config, read_config
from ruler.route.documents.document import RuleSetError
from ruler.route.inputs.select import pointer_steps
from ruler.route.plan import Planner
from ruler.route.replay.letters import Letters
from ruler.route.replay.marks import SUFFIX, Marks, ReplayError
from ruler.route.replay.source import Replay, Step
from ruler.route.rule_set import RuleSet
from ruler.route.schemes import known_schemes
from ruler.rule_sources import add_rules, rule_of_pattern
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.lines import open_input
from ruler_cli.replay_text import Teller, dry_step, dry_summary, is_all_fine
from ruler_cli.rule_options import FORMATS, tell
from ruler_cli.streams import write_message, write_output

EXIT_NOT_ALL = 1
STANDARD_INPUT = "<stdin>"

HELP = """\
usage: ruler replay [options] -c CONFIG DEAD-LETTERS

Deliver dead letters again. The event in each is planned by the rules in CONFIG
as they are now, and delivered to the target that did not take it, with the id it
had; data that were no event go wherever rules lead them now. What no rule leads
there any more is told and kept. What fails again becomes a new dead letter.

DEAD-LETTERS is a file of dead letters (docs/dead-letters.md), or -, standard
input. It is only read, up to where it ends now, so it may be the file that CONFIG
writes dead letters to. DEAD-LETTERS.replayed remembers which letters are done:
another replay goes on with the others; remove it to replay all of them again.

  -c, --config CONFIG  the config of 'ruler run', or a document of rules
      --where PATTERN  only letters that match this rule, by all that is in them:
                       '{"target": ["ops"], "event": {"state": ["failed"]}}';
                       may be given again, and any may match
      --targets GLOB   only to targets with such names: 'ops-*'
  -n, --dry-run        say what would be delivered where, and do nothing
      --format FORMAT  how errors, and what becomes of letters, are written: human
                       (default), or json, one object on each line

  -h, --help           show this text
      --version        show the version and the engine that matches events

signals: SIGTERM and SIGINT stop gracefully: begin no more letters, wait for
deliveries. A second one stops at once; what was not delivered is replayed the
next time.

exit codes: 0 every letter asked for was delivered (or would be, or was before);
1 some were kept, or are dead letters again; 2 trouble (errors in CONFIG, an
unreadable file, lines that are no dead letters, a delivery that nobody takes);
130 or 143 stopped by SIGINT or SIGTERM before the end.

examples:
  ruler replay -n -c config.toml dead.jsonl
  ruler replay -c config.toml --where '{"code": ["attempts"]}' dead.jsonl
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    file: str
    config: str
    where: list[str]  # patterns
    targets: str  # a glob; "" for all
    is_dry: bool
    format: str  # "human", "json"

    @property
    def name(self) -> str:
        """What messages call the file."""
        return STANDARD_INPUT if self.file == "-" else self.file


def replay_parser() -> Parser:
    parser = Parser("ruler replay", HELP)
    parser.add_argument("-c", "--config", metavar="CONFIG", default="")
    parser.add_argument("--where", metavar="PATTERN", action="append", default=[])
    parser.add_argument("--targets", metavar="GLOB", default="")
    parser.add_argument("-n", "--dry-run", action="store_true")
    parser.add_argument("--format", metavar="FORMAT", type=OneOf(*FORMATS), default="human")
    return parser


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = replay_parser()
    parsed = parser.parse(arguments)
    if not parsed.files:
        parser.error("no dead letters: give a FILE of them, or - for standard input")
    if len(parsed.files) > 1:
        parser.error(f'one file of dead letters at a time: found "{parsed.files[1]}" after "{parsed.files[0]}"')
    if not parsed.config:
        parser.error("no config: say with -c CONFIG where the rules and targets stand")
    return Options(parsed.files[0], parsed.config, parsed.where, parsed.targets, parsed.dry_run, parsed.format)


def run_replay(arguments: Sequence[str]) -> int:
    """Run ``ruler replay``. Exit: 0 all delivered, 1 some kept or dead again, 2 trouble, 130 and 143 stopped early."""
    options = options_of(arguments)
    job = _job_of(options)
    if job is None:
        return EXIT_TROUBLE
    try:
        with _opened(options) as file:
            letters = Letters(file, job.where)
            marks = Marks("" if options.file == "-" else options.file + SUFFIX)
            if options.is_dry:
                return _dry_run(job, letters, marks)
            from ruler_cli.replay_process import replay_process  # loads asyncio

            return replay_process(job, letters, marks)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        tell(Finding(Source(options.name, ""), "file-unreadable", error.strerror or str(error)), options.format)
    except ReplayError as error:
        write_message(f"ruler replay: {error}")
    return EXIT_TROUBLE


@dataclass(frozen=True, slots=True)
class Job:
    """All that is needed to replay."""

    options: Options
    config: Config
    rule_set: RuleSet  # the part of the config's that is asked for
    where: Matcher[str] | None

    def replay(self, letters: Letters, marks: Marks, tell: Callable[[Step], None]) -> Replay:
        """Return the replay of these letters."""
        source = self.config.source
        planner = Planner(self.rule_set, form=source.form, key_steps=pointer_steps(source.key) if source.key else ())
        is_like = compiled(translate(self.options.targets or "*")).match
        return Replay(
            letters,
            planner,
            marks,
            name=self.options.name,
            is_wanted=lambda target: is_like(target) is not None,
            tell=tell,
            wall_clock=time.time,
        )


def _job_of(options: Options) -> Job | None:
    """What is to be done; None, and told, when config or pattern have errors."""
    findings: list[Finding] = []
    where: Matcher[str] | None = None
    for text in options.where:
        where = Matcher() if where is None else where
        found = rule_of_pattern("--where", os.fsencode(text))
        findings += [*found.findings, *add_rules(where, found.rules)]
    try:
        config = read_config(options.config, schemes=known_schemes())
        rule_set = config.rule_set.part(options.targets) if options.targets else config.rule_set
    except RuleSetError as error:
        findings += error.findings
    except ValueError as error:  # no target has such a name
        findings.append(Finding(Source(options.config, ""), "route-target-unknown", f"--targets: {error}"))
    for finding in findings:
        tell(finding, options.format)
    return None if findings else Job(options, config, rule_set, where)


def _opened(options: Options) -> BinaryIO:
    """The dead letters, open for reading; those of standard input in a file without a name. Raises OSError."""
    if options.file != "-":
        return open(options.file, "rb")
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - whoever called closes it
    with open_input("-") as file:
        shutil.copyfileobj(file, spool)
    spool.seek(0)
    return spool


def _dry_run(job: Job, letters: Letters, marks: Marks) -> int:
    """Say what would be delivered where."""
    form = job.options.format
    marks.read()
    replay = job.replay(letters, marks, lambda step: None)
    teller = Teller(replay.name, form, sys.maxsize)
    for step in replay.steps():
        if step.deliveries:
            write_output(dry_step(step, replay.name, form).encode("utf-8", "backslashreplace"))
        elif step.why_kept:
            teller.tell(step)
    write_output(dry_summary(replay.counts, letters.not_selected, form).encode("utf-8", "backslashreplace"))
    if replay.counts.bad_lines:
        return EXIT_TROUBLE
    return EXIT_FINE if is_all_fine(replay.counts) else EXIT_NOT_ALL
