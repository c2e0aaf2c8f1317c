"""Rewrites the recorded error texts in tests/errors/*.txt.

    python scripts/regenerate_error_texts.py            write them; git shows what changed
    python scripts/regenerate_error_texts.py --check    exit 1 when a text is not what is recorded

A case is a line that begins with its kind (KINDS) and a colon, followed by its errors. To add a case, write that line
and run this. After ``python`` and kinds that end in ``-python`` stands a Python expression: a text with characters one
cannot see, bytes, or a mapping.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import io
import shlex
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruler.dialects.refused import compile_in
from ruler.engine import python_engine
from ruler.errors import EventError, RuleError
from ruler.findings import Finding, Source, in_text_order
from ruler.patterns.compiler import Limits, compile_node, compile_rule
from ruler.patterns.reader import document_from_mapping, read_document
from ruler.rule_sources import read_rule_file, rule_of_pattern, rules_of_text
from scripts.recorded_texts import ROOT, file_text_of, note, write_or_check

ERROR_TEXTS = ROOT / "tests" / "errors"
NAMES = {"datetime": datetime, "decimal": decimal, "inf": float("inf"), "nan": float("nan")}
RULE_KINDS = ("rule", "python")  # errors of one rule
PLAIN_KINDS = ("rule-without-extensions",)  # errors of one rule in a dialect that has no extensions
DIALECT_KINDS = ("in-dialect",)  # the name of a dialect and a rule: the error of adding it there
FINDING_KINDS = ("file", "file-python", "path", "pattern")  # of a rule file's text, of a path that is read, of -e
EVENT_KINDS = ("event", "event-python")  # an event; or as an expression also [rule, event]
ARGUMENT_KINDS = ("arguments",)  # of the command line, as a shell has them
KINDS = (*RULE_KINDS, *PLAIN_KINDS, *DIALECT_KINDS, *FINDING_KINDS, *EVENT_KINDS, *ARGUMENT_KINDS)
NOTE = note(
    Path(__file__).name,
    'the line below, and each line that begins with the kind of a case, such as "rule: " or "python: "',
)
# Small, so that a case that goes beyond them is short enough to read.
LIMITS = Limits(max_paths=3, max_sub_rules=4)
PLAIN_LIMITS = Limits(max_paths=3, max_sub_rules=4, extensions=False)


def kind_of(line: str) -> str:
    """Return the kind of the case that ``line`` gives; "" when it gives none."""
    kind, colon, _ = line.partition(": ")
    return kind if colon and kind in KINDS else ""


def is_case(line: str) -> bool:
    return bool(kind_of(line))


def is_rule_case(line: str) -> bool:
    return kind_of(line) in RULE_KINDS


def given_in(line: str) -> Any:
    """Return what a case line gives: a text, or the value of an expression."""
    kind, _, text = line.partition(": ")
    return eval(text, dict(NAMES)) if kind.endswith("python") else text


rule_of = given_in  # of a rule case


def errors_of(rule: Any, limits: Limits = LIMITS) -> list[RuleError]:
    """Return every error of ``rule`` in text order."""
    try:
        document = document_from_mapping(rule) if isinstance(rule, dict) else read_document(rule)
    except RuleError as error:
        return [error]
    return compile_node(document, document.root, limits=limits)[1]


def dialect_errors_of(line: str) -> list[RuleError]:
    """Return the error that a rule gets in a dialect."""
    name, _, rule = given_in(line).partition(" ")
    try:
        compile_in(rule, name, limits=Limits())
    except RuleError as error:
        return [error]
    return []


def findings_of(line: str) -> list[Finding]:
    """Return what is found in a rule file or a pattern."""
    given = given_in(line)
    if kind_of(line) == "path":
        found = read_rule_file(given)
    else:
        content = given if isinstance(given, bytes) else given.encode()
        is_pattern = kind_of(line) == "pattern"
        source = Source("rules.json", content.decode(errors="replace"))
        found = rule_of_pattern("pattern-1", content) if is_pattern else rules_of_text(source, content)
    return in_text_order([*found.findings, *(finding for rule in found.rules for finding in rule.errors())])


def event_errors_of(line: str) -> list[EventError]:
    """Return the error that an event gives to a matcher of one rule."""
    given = given_in(line)
    rule, event = given if isinstance(given, list) else ('{"a": [1]}', given)
    engine = python_engine()
    draft = engine.draft()
    draft.append("", compile_rule(rule).sub_rules)
    engine.add([engine.reserve()], ["rule"], draft)
    try:
        engine.rules_for_event(event)
    except EventError as error:
        return [error]
    return []


def refusal_of(line: str) -> str:
    """Return what the command line says to arguments that it refuses."""
    from ruler_cli.main import run

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        run(shlex.split(given_in(line)))
    return said.getvalue().removesuffix("\n")


def codes_of(line: str) -> list[str]:
    """Return the codes that a case has; none for arguments."""
    if is_rule_case(line):
        return [error.code for error in errors_of(given_in(line))]
    if kind_of(line) in PLAIN_KINDS:
        return [error.code for error in errors_of(given_in(line), PLAIN_LIMITS)]
    if kind_of(line) in DIALECT_KINDS:
        return [error.code for error in dialect_errors_of(line)]
    if kind_of(line) in FINDING_KINDS:
        return [finding.code for finding in findings_of(line)]
    return [error.code for error in event_errors_of(line)] if kind_of(line) in EVENT_KINDS else []


def case_text(line: str) -> str:
    """Return the whole record of one case."""
    lines = [line]
    if is_rule_case(line) or kind_of(line) in (*PLAIN_KINDS, *DIALECT_KINDS):
        if kind_of(line) in DIALECT_KINDS:
            errors = dialect_errors_of(line)
        else:
            errors = errors_of(given_in(line), LIMITS if is_rule_case(line) else PLAIN_LIMITS)
        for error in errors:
            place = "" if error.line is None else f", line {error.line}, column {error.column}"
            lines += [f"[{error.code}{place}]", str(error)]
    elif kind_of(line) in FINDING_KINDS:
        for finding in findings_of(line):
            lines += [f"[{finding.code}]", str(finding)]
    elif kind_of(line) in EVENT_KINDS:
        for event_error in event_errors_of(line):
            lines += [f"[{event_error.code}]", str(event_error)]
    else:
        lines.append(refusal_of(line))
    return "\n".join(lines) + "\n"


def file_text(recorded: str) -> str:
    """Return what a file should hold, given what it holds: its heading and its cases stay."""
    return file_text_of(recorded, NOTE, is_case, (case_text(line) for line in recorded.splitlines() if is_case(line)))


if __name__ == "__main__":
    raise SystemExit(write_or_check(sorted(ERROR_TEXTS.glob("*.txt")), file_text, "Rewrite the recorded error texts."))
