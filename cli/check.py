"""``ruler check``: every error of every rule in rule files, each with its place."""

from __future__ import annotations

from collections.abc import Sequence

from ruler.findings import in_text_order
from ruler.rule_files import read_rule_file
from ruler_cli.arguments import Parser
from ruler_cli.exit_codes import EXIT_FINE, EXIT_TROUBLE
from ruler_cli.streams import write_message, write_output

HELP = """\
usage: ruler check FILE...

Show every error of the rules in each FILE: where it is, why it is one, and what
to write instead. When FILE is -, read standard input.

A rule file is {"name": {rule}, ...} or [{"name": "...", "rule": {rule}}, ...].
Errors go to standard error, a summary to standard output.

  -h, --help  show this text
  --version   show the version and the engine that matches events

exit codes: 0 no errors, 2 errors or unreadable files.

example:
  ruler check rules.json
"""


def run_check(arguments: Sequence[str]) -> int:
    """Run ``ruler check``. Exit: 0 all rules compile, 2 some do not."""
    parser = Parser("ruler check", HELP)
    files: list[str] = parser.parse(arguments).files
    if not files:
        parser.error("no rule file: give at least one FILE, or - for standard input")
    rule_count = error_count = 0
    for path in files:
        found = read_rule_file(path)
        findings = list(found.findings)
        for rule in found.rules:
            findings += rule.errors()
        for finding in in_text_order(findings):
            write_message(str(finding))
        rule_count += len(found.rules)
        error_count += len(findings)
    write_output(f"{_summary(rule_count, len(files), error_count)}\n".encode())
    return EXIT_TROUBLE if error_count else EXIT_FINE


def _summary(rule_count: int, file_count: int, error_count: int) -> str:
    errors = _counted(error_count, "error") if error_count else "no errors"
    return f"{_counted(rule_count, 'rule')} in {_counted(file_count, 'file')}: {errors}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
