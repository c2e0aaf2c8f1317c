"""``ruler run``: routes the events of a source to targets, as a config says, until the source ends or a signal comes.

This module reads the arguments and the config; run_process.py is the process itself, run_status.py what it says.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import quote

from ruler.errors import Location, text_of
from ruler.findings import Finding, Source, printable
from ruler.route import RuleSetError
from ruler.route.documents.config import Config, place_problems, read_config
from ruler.route.documents.config_members import HIGHEST_PORT, ServeSettings
from ruler.route.logs import FORMATS
from ruler.route.model import Source as EventSource
from ruler.route.model import Target
from ruler.route.options import Problem, SetupError, shown_uri
from ruler.route.rule_set import RuleSet, TargetSettings
from ruler.route.schemes import checked_target, known_schemes, path_of, source_of, target_of
from ruler.words import counted
from ruler_cli.arguments import OneOf, Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.rule_options import tell
from ruler_cli.streams import write_message, write_output

HELP = """\
usage: ruler run [options] CONFIG

Route events from a source to targets, as the rules in CONFIG say, until the
source ends or a signal comes. CONFIG is one TOML file (docs/cli.md): the tables
[source], [limits] and [serve] beside [targets] and [rules]; rules = "routes/"
names a document of rules, or a directory, beside it. Without [source], read
standard input. Rules are watched: a change without errors takes effect between
two batches; errors of another are told, and the rules of before go on.

what is run:
      --targets GLOB  only targets with such names: 'ops-*'; and those of
                      their dead letters
      --once          end at the end of the source, do not wait for more of it
      --check         say what would run, or what is wrong, and end; makes and
                      changes no file

what is shown:
      --serve PORT    serve /healthz, /readyz and /metrics on this port; 0 takes
                      a free one
      --log-format FORMAT
                      logs on standard error: human (default), or json, one
                      object on each line
      --format FORMAT  how errors of CONFIG and rules are written: human
                      (default), or json, one object on each line

  -h, --help          show this text
      --version       show the version and the engine that matches events

signals: SIGTERM and SIGINT stop gracefully: read no more, wait for deliveries
(at most [limits] drain), record positions. A second one stops at once; what was
not delivered is read again at the next start. SIGHUP reads the rules again.

exit codes: 0 the source has ended, or the stop was graceful, and everything was
delivered; 1 with --once, some events went to dead letters; 2 trouble (errors in
CONFIG, a source that cannot be read, a delivery that nobody takes); 130 or 143
stopped by SIGINT or SIGTERM with deliveries still open, or before the end that
--once waits for; 141 what read standard output has ended.

examples:
  ruler run config.toml
  ruler run --once --targets 'audit*' config.toml
  ruler run --serve 9090 --log-format json config.toml
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    config: str
    targets: str  # a glob; "" for all
    once: bool
    check: bool
    port: int | None
    log_format: str  # "human", "json"
    format: str  # of errors: "human", "json"


def run_parser() -> Parser:
    parser = Parser("ruler run", HELP)
    parser.add_argument("--targets", metavar="GLOB", default="")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--serve", metavar="PORT", type=_port, default=None)
    parser.add_argument("--log-format", metavar="FORMAT", type=OneOf(*FORMATS), default="human")
    parser.add_argument("--format", metavar="FORMAT", type=OneOf("human", "json"), default="human")
    return parser


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = run_parser()
    parsed = parser.parse(arguments)
    if not parsed.files:
        parser.error("no config: give one FILE that says where events come from and go to")
    if len(parsed.files) > 1:
        parser.error(f'one config at a time: found "{parsed.files[1]}" after "{parsed.files[0]}"')
    return Options(
        parsed.files[0], parsed.targets, parsed.once, parsed.check, parsed.serve, parsed.log_format, parsed.format
    )


def run_run(arguments: Sequence[str]) -> int:
    """Run ``ruler run``. Exit: 0 all delivered, 1 dead letters with --once, 2 trouble, 130 and 143 stopped early."""
    options = options_of(arguments)
    plan = _planned(options)
    if plan is None:
        return EXIT_TROUBLE
    if options.check:
        return _say_what_would_run(plan)
    from ruler_cli.run_process import run_process  # loads asyncio

    return run_process(plan)


# ----- the config


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All that is to be run."""

    options: Options
    config: Config
    rule_set: RuleSet  # the part of the config's that is run
    serve: ServeSettings | None
    source_options: Mapping[str, object]

    def make_source(self) -> EventSource:
        return source_of(self.config.source.uri, self.source_options)


def read_part(options: Options) -> tuple[Config, RuleSet]:
    """Return the config, and the part of its rule set that is asked for. RuleSetError with every error."""
    config = read_config(options.config, schemes=known_schemes())
    if not options.targets:
        return config, config.rule_set
    try:
        return config, config.rule_set.part(options.targets)
    except ValueError as error:
        source = Source(options.config, "")
        raise RuleSetError([Finding(source, "route-target-unknown", f"--targets: {error}")]) from None


def _planned(options: Options) -> RunPlan | None:
    """What is to be run; None, and told, when it cannot be."""
    try:
        config, rule_set = read_part(options)
    except RuleSetError as error:
        tell_findings(error.findings, options.format)
        return None
    serve = config.serve
    if options.port is not None:
        serve = ServeSettings(options.port) if serve is None else replace(serve, port=options.port)
    missing = missing_modules(serve is not None, not options.once)
    if missing:
        message = f"{' and '.join(missing)} is needed and not installed"
        write_message(
            f"ruler run: {message}\n"
            "  why:   matching does without it, so it comes with an extra\n"
            '  write: pip install "ruler-events[route]"'
        )
        return None
    return RunPlan(options, config, rule_set, serve, _source_options(config, options))


def tell_findings(findings: Iterable[Finding], form: str) -> None:
    """Write findings to standard error."""
    for finding in findings:
        tell(finding, form)


def missing_modules(is_served: bool, is_watched: bool) -> list[str]:
    """Which modules of the extra are needed and not installed."""
    needed = [*(("aiohttp", "prometheus_client") if is_served else ()), *(("watchfiles",) if is_watched else ())]
    return [name for name in needed if importlib.util.find_spec(name) is None]


def _source_options(config: Config, options: Options) -> Mapping[str, object]:
    """The options of the source; a finite one is not followed. Standard input ends where it ends.

    A part of the targets has a position file of its own, or it would never get what another part has done.
    """
    found = dict(config.source.options)
    scheme = config.source.uri.partition(":")[0].lower()
    if options.once and scheme != "stdin":
        found["follow"] = False
    if options.targets and scheme == "file":
        with suppress(SetupError):  # of a URI without a path, which is told where the source is made
            position_file = found.get("position_file") or f"{path_of(config.source.uri)}.position"
            found["position_file"] = f"{position_file}.{quote(options.targets, safe='')}"
    return MappingProxyType(found)


def make_all(
    plan: RunPlan, make_target: Callable[[TargetSettings], Target | None] = target_of
) -> tuple[EventSource | None, dict[str, Target], list[Problem]]:
    """Make the source and every target. Return them, and the problems of those that cannot be made."""
    problems: list[Problem] = []
    targets: dict[str, Target] = {}
    source: EventSource | None = None
    try:
        source = plan.make_source()
    except SetupError as error:
        problems += error.problems
    except Exception as error:
        problems.append(_failed(("source",), plan.config.source.uri, error))
    for settings in plan.rule_set.targets.values():
        try:
            target = make_target(settings)
            if target is not None:
                targets[settings.name] = target
        except SetupError as error:
            problems += error.problems
        except Exception as error:
            problems.append(_failed(("targets", settings.name), settings.uri, error))
    return source, targets, problems + _circles(plan)


def _circles(plan: RunPlan) -> list[Problem]:
    """The targets that append to the file that is read: it would never come to an end."""
    with suppress(SetupError):  # of a URI without a path, which is told where the source is made
        source = _file_of(plan.config.source.uri)
        return [
            Problem(
                ("targets", settings.name, "uri"),
                f"{printable(path_of(settings.uri))} is the file that events are read from",
                "what is delivered there would be read again as an event, without an end",
                "another file",
            )
            for settings in plan.rule_set.targets.values()
            if source and _file_of(settings.uri) == source
        ]
    return []


def _file_of(uri: str) -> str:
    """The file that a URI means, by whatever path; "" for what is no file."""
    return os.path.realpath(path_of(uri)) if uri.partition(":")[0].lower() == "file" else ""


def _failed(location: Location, uri: str, error: Exception) -> Problem:
    """The problem where a plug-in raises what it should not."""
    scheme = uri.partition(":")[0]
    what = f'what makes "{scheme}:" failed: {type(error).__name__}: {text_of(error)}'
    why = f'a plug-in brings the scheme "{scheme}", and raised this'
    return Problem(
        (*location, "uri"), printable(what), why, "settings that the plug-in takes, or another version of it"
    )


# ----- --check


def _say_what_would_run(plan: RunPlan) -> int:
    """Look whether everything can be made ready, and say what would run. No file is made or changed."""
    import asyncio

    return asyncio.run(_check(plan))


async def _check(plan: RunPlan) -> int:
    source, targets, problems = make_all(plan, checked_target)
    for made in (source, *targets.values()):
        if made is not None:
            await made.close()
    if problems:
        tell_findings(place_problems(plan.config, problems), plan.options.format)
        return EXIT_TROUBLE
    write_output(plan_text(plan).encode())
    return EXIT_FINE


def plan_text(plan: RunPlan) -> str:
    """Return what would run, for people."""
    rule_set, source = plan.rule_set, plan.config.source
    rules_of = dict.fromkeys(rule_set.targets, 0)
    for rule in rule_set.rules.values():
        for name in () if rule.is_shadow else rule.targets:
            rules_of[name] += 1
    shadows = sum(rule.is_shadow for rule in rule_set.rules.values())
    width = max(map(len, rules_of), default=0)
    lines = [
        f"source   {shown_uri(source.uri)}, form {source.form}" + (f", key {source.key}" if source.key else ""),
        f"rules    {len(rule_set.rules):,}, {shadows:,} of them in shadow; version {rule_set.version}",
    ]
    for name, count in rules_of.items():
        settings = rule_set.targets[name]
        dead = f", dead letters to {settings.dead_letter}" if settings.dead_letter else ""
        order = ", in order by key" if settings.order == "key" else ""
        lines.append(f"target   {name:{width}}  {shown_uri(settings.uri)}, {counted(count, 'rule')}{order}{dead}")
    if plan.serve is not None:
        lines.append(f"serve    {plan.serve.host}, port {plan.serve.port}")
    return "\n".join(lines) + "\n"


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f'found "{text}", expected a whole number from 0 to {HIGHEST_PORT}')
