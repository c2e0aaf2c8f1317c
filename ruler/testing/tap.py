r"""Outcomes of tests as TAP, the Test Anything Protocol, version 14 (https://testanything.org/tap-version-14).

    TAP version 14
    1..1
    not ok 1 - rules.ruler-test.json: a big order
      ---
      message: "\"big-order\" should match, and does not"
      ...

A file that could not be tested is one test point that is not ok. Always: a test is one line, whatever its name; strings
of the YAML blocks are double-quoted and give back exactly what they hold, and no control character stands in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ruler.findings import Finding, printable
from ruler.testing.run import Failure, Outcome
from ruler.testing.text import FileResult, explanation_lines

# What YAML has no raw form for, and what a terminal would obey: JSON escapes only what is below U+0020.
_NOT_RAW = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_NOT_IN_YAML = re.compile("[\ufffe\uffff]")


def tap_text(results: Iterable[FileResult]) -> str:
    """Return the results as one TAP document."""
    points: list[tuple[bool, str, list[str]]] = []
    for result in results:
        if result.findings:
            points.append((False, result.file.source.name, _findings_block(result.findings)))
        points += [(each.passed, _description(each), _outcome_block(each)) for each in result.outcomes]
    lines = ["TAP version 14", f"1..{len(points)}"]
    for number, (is_ok, description, block) in enumerate(points, 1):
        lines.append(f"{'ok' if is_ok else 'not ok'} {number} - {escaped(description)}")
        lines += [f"  {line}" for line in block]
    return "\n".join(lines) + "\n"


def escaped(description: str) -> str:
    r"""Return a description as TAP has it: one line, in which ``#`` begins no directive.

    >>> print(escaped("50 # SKIP"))
    50 \# SKIP
    """
    return _shown(description).replace("\\", "\\\\").replace("#", "\\#")


def yaml_string(text: str) -> str:
    r"""Return ``text`` as a double-quoted string of YAML.

    >>> print(yaml_string('a "b"\n'))
    "a \"b\"\n"
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _description(outcome: Outcome) -> str:
    return f"{outcome.test.source.name}: {outcome.test.name}"


def _outcome_block(outcome: Outcome) -> list[str]:
    if outcome.passed:
        return []
    test = outcome.test
    lines = [
        "---",
        f"message: {yaml_string('; '.join(failure.message for failure in outcome.failures))}",
        "severity: fail",
        *_place(test.source.name, test.line, test.column),
        "failures:",
    ]
    for failure in outcome.failures:
        lines += _failure_lines(failure)
    return [*lines, "..."]


def _failure_lines(failure: Failure) -> list[str]:
    lines = [f"  - message: {yaml_string(failure.message)}", f"    code: {failure.code}"]
    if failure.rule is not None:
        lines.append(f"    rule: {yaml_string(failure.rule)}")
    if failure.explanation is not None:
        # The 2 says how deep the text stands, so its own first line may begin with spaces.
        lines.append("    explanation: |2")
        lines += [f"      {_shown(line)}".rstrip() for line in explanation_lines(failure.explanation)]
    return lines


def _findings_block(findings: list[Finding]) -> list[str]:
    lines = ["---", 'message: "the file could not be tested"', "severity: error", "findings:"]
    for finding in findings:
        lines.append("  - |2")
        lines += [f"      {_shown(line)}".rstrip() for line in str(finding).split("\n")]
    return [*lines, "..."]


def _shown(line: str) -> str:
    """Text where TAP and YAML have no escapes: what they cannot hold is shown as one."""
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(line))


def _place(file: str, line: int, column: int) -> list[str]:
    return ["at:", f"  file: {yaml_string(file)}", f"  line: {line}", f"  column: {column}"]
