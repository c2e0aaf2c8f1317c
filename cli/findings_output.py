"""Writes findings in the formats of ``ruler check``: for people, as JSON lines, for GitHub Actions, as SARIF.

In: findings of one source after another. Out: text for standard error (human) or bytes for standard output (others).
A denied warning is told as an error where a format has a place for that (github, sarif).

Always: what a rule or a file name holds cannot end a line, begin a command, or move the cursor.
Source: GitHub, "Workflow commands": in a message %, CR and LF are percent-encoded, in a property also : and ,.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ruler.findings import ERROR, Finding, printable
from ruler.paint import Paint
from ruler_cli.colour import paint_for
from ruler_cli.streams import write_message, write_output

FORMATS = ("human", "json", "github", "sarif")
STANDARD_ERROR = 2


def write_findings(findings: Iterable[Finding], form: str, denied: frozenset[str]) -> None:
    """Write ``findings`` in the format ``form``; ``denied`` are the codes of warnings that count."""
    if form == "human":
        paint = paint_for(STANDARD_ERROR)
        for finding in findings:
            write_message(human_text(finding, paint))
    elif form == "json":
        for finding in findings:
            write_output(f"{json.dumps(finding.record())}\n".encode())
    elif form == "github":
        for finding in findings:
            write_output(f"{workflow_command(finding, denied)}\n".encode())
    else:
        from ruler_cli.sarif import sarif_log  # loads urllib, which nothing else here needs

        write_output(f"{json.dumps(sarif_log(list(findings), denied), indent=2)}\n".encode())


def human_text(finding: Finding, paint: Paint) -> str:
    """Return ``finding`` for people, and which option writes its fix; errors are told as filter tells them."""
    text = finding.text(paint)
    if finding.fix is None or not finding.has_meaning:
        return text
    option = "--fix" if finding.fix.keeps_meaning else "--fix-all"
    return f"{text}\n  {paint('label', 'fix:')}   {option} can {printable(finding.fix.description)}"


def workflow_command(finding: Finding, denied: frozenset[str]) -> str:
    """Return ``finding`` as a workflow command: ``::error file=rules.json,line=3,col=14,title=...::message``."""
    level = "error" if finding.severity == ERROR or finding.code in denied else "warning"
    properties = {"file": printable(finding.source.name)}
    if finding.line is not None:
        properties |= {"line": str(finding.line), "col": str(finding.column or 1)}
    properties["title"] = finding.code
    shown = ",".join(f"{name}={_in_property(value)}" for name, value in properties.items())
    subject = f"{finding.subject}: " if finding.subject else ""
    lines = [f"{subject}{finding.message}"]
    lines += [f"why: {finding.why}"] if finding.why else []
    lines += [f"write: {finding.hint}"] if finding.hint else []
    return f"::{level} {shown}::" + _in_message("\n".join(map(printable, lines)))


def _in_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_property(text: str) -> str:
    return _in_message(text).replace(":", "%3A").replace(",", "%2C")
