"""``ruler check``: every error of the rules in files, and warnings of likely mistakes; it can fix some of both.

Files are checked together, as some warnings compare rules, and told one after another. With --fix each file is
fixed by itself first; what is told, and the exit code, are of the files as they are then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ruler.checks.apply import FixedText, fix_text
from ruler.checks.check import check_rule_sets, unstated_limits
from ruler.checks.registry import WARNINGS
from ruler.findings import ERROR, Finding, Source, printable
from ruler.rule_sources import RuleSet, is_editable, read_again, rule_of_pattern
from ruler.words import counted, near_word
from ruler_cli.arguments import Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.findings_output import FORMATS, write_findings
from ruler_cli.rewrite import difference, without_controls, write_file
from ruler_cli.rule_options import add_rule_options, rule_sets
from ruler_cli.streams import STANDARD_OUTPUT, write_message, write_output

EXIT_DENIED = 1
ALL_WARNINGS = "warnings"  # what --deny takes for every code

HELP = """\
usage: ruler check [options] FILE...

Show every error of the rules in each FILE, and warnings of likely mistakes: where
each is, why it is one, and what to write instead. When FILE is -, read standard
input. docs/checks.md has a page on each warning.

A rule file is {"name": {rule}, ...} or [{"name": "...", "rule": {rule}}, ...];
also a directory, JSON lines, a CloudFormation or SAM template, the output of
'aws events list-rules', or filters of SNS, Lambda or Pipes (docs/sources.md);
YAML with an extra.
Findings go to standard error, a summary to standard output; in every format but
human the findings go to standard output, and there is no summary.

what is checked, besides FILE:
  -r, --rules FILE    the same as FILE
  -e, --pattern JSON  one rule; the first is called pattern-1, and so on
      --dialect NAME  tell what this service refuses, and what no public page
                      settles: event-ruler, eventbridge, eventbridge-pipes,
                      lambda, sns-attributes or sns-body (docs/dialects.md);
                      default: the service that the FILE is written for, or ruler

which warnings:
      --deny CODE     exit with 1 when there is such a warning; several with
                      commas between; 'warnings' stands for all of them
      --allow CODE    do not show such warnings

what is written:
      --format FORMAT  human (default), json (one object on each line), github
                       (workflow commands) or sarif (SARIF 2.1.0)

fixes:
      --fix           write the fixes of errors, and those that keep the meaning,
                      into the files; nothing else in them changes
      --fix-all       also write fixes that change which events match
      --diff          show what --fix would change, and write nothing

  -h, --help          show this text
      --version       show the version and the engine that matches events

exit codes: 0 no errors and no denied warnings, 1 denied warnings only,
2 errors or unreadable files. With --fix they are of what is left.

examples:
  ruler check rules.json
  ruler check --deny warnings --format github rules/*.json
  ruler check --fix rules.json
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    files: list[str]
    patterns: list[str]  # texts
    dialect: str | None  # None for that of each rule's source
    denied: frozenset[str]  # codes of warnings
    allowed: frozenset[str]
    format: str
    fixes: bool
    fixes_all: bool
    shows_difference: bool


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = check_parser()
    parsed = parser.parse(arguments)
    files = [*parsed.rules, *parsed.files]
    if not files and not parsed.pattern:
        parser.error("no rule file: give at least one FILE, or - for standard input")
    if files.count("-") > 1:
        parser.error("standard input cannot be read twice")
    fixes = parsed.fix or parsed.fix_all
    if parsed.diff and parsed.format != "human":
        parser.error("--diff needs --format human: both would write to standard output")
    if fixes and not parsed.diff and (parsed.pattern or "-" in files):
        what = "a rule of -e" if parsed.pattern else "standard input"
        parser.error(f"--fix writes into files, not into {what}; --diff shows what it would change")
    return Options(
        files=_each_once(files),
        patterns=parsed.pattern,
        dialect=parsed.dialect,
        denied=_codes(parser, "--deny", parsed.deny),
        allowed=_codes(parser, "--allow", parsed.allow),
        format=parsed.format,
        fixes=fixes,
        fixes_all=parsed.fix_all,
        shows_difference=parsed.diff,
    )


def check_parser() -> Parser:
    parser = Parser("ruler check", HELP)
    add_rule_options(parser, FORMATS)
    parser.add_argument("--deny", metavar="CODE", action="append", default=[])
    parser.add_argument("--allow", metavar="CODE", action="append", default=[])
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--fix-all", action="store_true")
    parser.add_argument("--diff", action="store_true")
    return parser


def _each_once(files: Iterable[str]) -> list[str]:
    """Return the files without those that came before, perhaps by another path: what is in them is told once."""
    found: dict[str, str] = {}
    for path in files:
        found.setdefault("-" if path == "-" else os.path.realpath(path), path)
    return list(found.values())


def _codes(parser: Parser, option: str, values: Iterable[str]) -> frozenset[str]:
    """Return the codes that the values of ``option`` list."""
    codes: set[str] = set()
    for word in (word.strip() for value in values for word in value.split(",")):
        if word == ALL_WARNINGS:
            codes |= set(WARNINGS)
        elif word in WARNINGS:
            codes.add(word)
        else:
            near = near_word(word.lower(), [*WARNINGS, ALL_WARNINGS])
            advice = f'did you mean "{near}"?' if near else "docs/checks.md lists them"
            parser.error(f'{option}: there is no warning "{word}"; {advice}')
    return frozenset(codes)


def run_check(arguments: Sequence[str]) -> int:
    """Run ``ruler check``. Exit: 0 nothing that counts, 1 denied warnings, 2 errors or trouble."""
    options = options_of(arguments)
    found_sets = list(rule_sets(options.files, options.patterns))
    trouble: list[Finding] = []
    if options.fixes or options.shows_difference:
        found_sets, trouble = _fixed(options, found_sets)
    findings = [
        finding
        for found in check_rule_sets(found_sets, options.dialect)
        for finding in found
        if finding.severity == ERROR or finding.code not in options.allowed
    ]
    findings += trouble
    denied = options.denied - options.allowed
    write_findings(findings, options.format, denied)
    if options.format == "human":
        for line in _forms(found_sets):
            write_output(f"{line}\n".encode())
        for line in _unstated(found_sets, options.dialect):
            write_output(f"{line}\n".encode())
        write_output(f"{_summary(found_sets, findings, denied)}\n".encode())
    if any(finding.severity == ERROR for finding in findings):
        return EXIT_TROUBLE
    return EXIT_DENIED if any(finding.code in denied for finding in findings) else EXIT_FINE


def _fixed(options: Options, rule_sets: list[RuleSet]) -> tuple[list[RuleSet], list[Finding]]:
    """Fix each source, or show how; return the rule sets as they are then, and files that cannot be written."""
    after: list[RuleSet] = []
    trouble: list[Finding] = []
    file_count = len(rule_sets) - len(options.patterns)
    for index, rule_set in enumerate(rule_sets):
        # Without rules the text could not be read: perhaps it is no UTF-8, and could not be written again.
        source = rule_set.source if rule_set.rules else None
        _tell_unwritten(options, rule_set)
        fixed = _fixed_text(options, rule_set, source, index >= file_count) if source is not None else None
        after.append(rule_set)
        if source is None or fixed is None or fixed.text == source.text:
            continue
        if options.shows_difference:
            text = difference(printable(source.name), source.text, fixed.text)
            # A patch has every character as it is; a terminal would obey some of them.
            write_output((without_controls(text) if os.isatty(STANDARD_OUTPUT) else text).encode())
            continue
        try:
            write_file(source.name, source.text, fixed.text)
        except OSError as error:
            trouble.append(Finding(Source(source.name, ""), "file-unwritable", error.strerror or str(error)))
            continue
        _tell_fixed(fixed)
        after[-1] = read_again(rule_set, fixed.text)
    return after, trouble


def _fixed_text(options: Options, rule_set: RuleSet, source: Source, is_pattern: bool) -> FixedText:
    def findings_of(text: str) -> list[Finding]:
        found = rule_of_pattern(source.name, text.encode()) if is_pattern else read_again(rule_set, text)
        return _allowed_findings(options, found)

    return fix_text(source.text, findings_of, also_unsafe=options.fixes_all)


def _allowed_findings(options: Options, rule_set: RuleSet) -> list[Finding]:
    [findings] = check_rule_sets([rule_set], options.dialect)
    return [each for each in findings if each.severity == ERROR or each.code not in options.allowed]


def _tell_unwritten(options: Options, rule_set: RuleSet) -> None:
    """Say that nothing is fixed, where rules that need it stand in YAML."""
    if rule_set.source is None or all(is_editable(rule.document) for rule in rule_set.rules):
        return
    if _allowed_findings(options, rule_set):
        name = printable(rule_set.source.name)
        write_message(f"{name}: nothing is fixed, because the rules stand in YAML; write by hand what is advised")


def _tell_fixed(fixed: FixedText) -> None:
    for finding in fixed.fixed:
        assert finding.fix is not None
        place = f"{finding.source.name}:{finding.line}:{finding.column}"
        write_message(printable(f"{place}: fixed {finding.code}: {finding.fix.description}"))
    if not fixed.is_done:
        write_message("ruler check: there is more to fix; run --fix again")


def _forms(rule_sets: list[RuleSet]) -> Iterator[str]:
    """Yield what each file was taken for that is no ordinary rule file."""
    for rule_set in rule_sets:
        if rule_set.form and rule_set.source is not None:
            count = counted(len(rule_set.rules), "rule")
            yield f"{printable(rule_set.source.name)}: read as {rule_set.form}, {count}"


def _unstated(rule_sets: list[RuleSet], dialect: str | None) -> Iterator[str]:
    """Yield, where a dialect was asked for, the limits that matter to the rules and that nobody states."""
    meanings = unstated_limits(rule_sets, dialect) if dialect is not None else []
    if meanings:
        yield f"{dialect}: no public page states a limit for {', '.join(meanings)}"


def _summary(rule_sets: list[RuleSet], findings: list[Finding], denied: frozenset[str]) -> str:
    rules = counted(sum(len(rule_set.rules) for rule_set in rule_sets), "rule")
    errors = sum(finding.severity == ERROR for finding in findings)
    warnings = len(findings) - errors
    text = f"{rules} in {counted(len(rule_sets), 'file')}: {counted(errors, 'error') if errors else 'no errors'}"
    if warnings:
        denied_count = sum(finding.severity != ERROR and finding.code in denied for finding in findings)
        text += f", {counted(warnings, 'warning')}" + (f" ({denied_count} denied)" if denied_count else "")
    return text
