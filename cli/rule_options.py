"""The options by which commands take rules, ``-r FILE`` and ``-e JSON``, and how what is found in them is told."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator

from ruler.dialects.names import known_dialect
from ruler.findings import Finding, in_text_order
from ruler.rule_sources import RuleSet, TakesRules, add_rules, read_rule_files, rule_of_pattern
from ruler_cli.arguments import OneOf, Parser, refuse_command
from ruler_cli.streams import write_message

FORMATS = ("human", "json")


def add_rule_options(parser: Parser, formats: Iterable[str] = FORMATS) -> None:
    """Let ``parser`` take ``-r``, ``-e`` (as ``rules`` and ``pattern``), ``--dialect`` and ``--format``."""
    parser.add_argument("-r", "--rules", metavar="FILE", action="append", default=[])
    parser.add_argument("-e", "--pattern", metavar="JSON", action="append", default=[])
    parser.add_argument("--dialect", metavar="NAME", type=dialect_name, default=None)
    parser.add_argument("--format", metavar="FORMAT", type=OneOf(*formats), default="human")


def dialect_name(text: str) -> str:
    """Return the name of a dialect; an argument type."""
    try:
        return known_dialect(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def require_rules(parser: Parser, parsed: argparse.Namespace, *, may_be_command: bool = False) -> None:
    """End with a message when there are no rules: what is given may be the file of rules, or ``may_be_command``."""
    if parsed.rules or parsed.pattern:
        return
    first = parsed.files[0] if parsed.files else "-"
    if first.endswith(".json"):
        parser.error(f'no rules: "{first}" is read for events; if it holds the rules, write -r {first}')
    if may_be_command:
        refuse_command(first)
    parser.error("no rules: give a file with -r FILE or a rule with -e JSON")


def refuse_reading_twice(parser: Parser, parsed: argparse.Namespace, files: Iterable[str]) -> None:
    """End with a message when standard input is to be both rules and events, or rules twice."""
    if "-" in parsed.rules and [*parsed.rules, *files].count("-") > 1:
        parser.error("standard input cannot be read twice: -r - needs events from a FILE")


def rule_sets(files: Iterable[str], patterns: Iterable[str]) -> Iterator[RuleSet]:
    """Yield what each rule file holds, or each file of a directory, then each pattern, called pattern-1 and so on."""
    for path in files:
        yield from read_rule_files(path)
    for number, text in enumerate(patterns, 1):
        # The argument's own bytes: in a locale that is not UTF-8, ``text`` is not what the user wrote.
        yield rule_of_pattern(f"pattern-{number}", os.fsencode(text))


def add_and_tell(matcher: TakesRules, files: Iterable[str], patterns: Iterable[str], form: str) -> bool:
    """Add every rule to ``matcher``, telling each finding; return whether there was none."""
    is_fine = True
    for found in rule_sets(files, patterns):
        for finding in in_text_order([*found.findings, *add_rules(matcher, found.rules)]):
            is_fine = False
            tell(finding, form)
    return is_fine


def tell(finding: Finding, form: str) -> None:
    """Write ``finding`` to standard error: for people, or with ``form`` "json" as a JSON object on one line."""
    write_message(json.dumps(finding.record(), ensure_ascii=True) if form == "json" else str(finding))
