"""Findings as SARIF 2.1.0, which code hosts and editors read: one run, a rule for each code that occurs.

In: findings. Out: the log as a dict. ``{"version": "2.1.0", "runs": [{"tool": ..., "results": [...]}]}``

Always: columns count characters ("unicodeCodePoints"); file names are percent-encoded URIs; a finding about a whole
file has no region. Source: SARIF 2.1.0 (OASIS), sections 3.13 to 3.57.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from ruler.checks.registry import FILE_CODES, WARNINGS
from ruler.errors import ERROR_CODES
from ruler.findings import ERROR, Edit, Finding, Fix, Source, printable
from ruler.lines import Lines
from ruler.version import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DOCUMENTATION = "docs/checks.md"


def sarif_log(findings: list[Finding], denied: frozenset[str]) -> dict[str, Any]:
    """Return ``findings`` as a SARIF log; warnings whose code is ``denied`` are of the level error."""
    codes = sorted({finding.code for finding in findings})
    lines: dict[int, Lines] = {}  # by source
    driver = {
        "name": "ruler",
        "version": VERSION,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(finding, codes.index(finding.code), denied, lines) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    kind = WARNINGS.get(code)
    summary = kind.summary if kind is not None else ERROR_CODES.get(code) or FILE_CODES[code]
    section = f"#{code}" if kind is not None else "#errors"
    return {
        "id": code,
        "shortDescription": {"text": summary},
        "help": {"text": f"See {DOCUMENTATION}{section}."},
        "defaultConfiguration": {"level": "error" if kind is None else "warning"},
    }


def _result(finding: Finding, index: int, denied: frozenset[str], lines: dict[int, Lines]) -> dict[str, Any]:
    subject = f"{finding.subject}: " if finding.subject else ""
    parts = [
        f"{subject}{finding.message}",
        f"Why: {finding.why}" if finding.why else "",
        f"Write: {finding.hint}" if finding.hint else "",
    ]
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.source)}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column or 1}
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "error" if finding.severity == ERROR or finding.code in denied else "warning",
        "message": {"text": "\n".join(printable(part) for part in parts if part)},
        "locations": [{"physicalLocation": place}],
    }
    if finding.fix is not None:
        known = lines.get(id(finding.source)) or lines.setdefault(id(finding.source), Lines(finding.source.text))
        result["fixes"] = [_fix(finding, finding.fix, known)]
    return result


def _fix(finding: Finding, fix: Fix, lines: Lines) -> dict[str, Any]:
    change = {
        "artifactLocation": {"uri": _uri(finding.source)},
        "replacements": [_replacement(edit, lines) for edit in fix.edits],
    }
    return {"description": {"text": printable(fix.description)}, "artifactChanges": [change]}


def _replacement(edit: Edit, lines: Lines) -> dict[str, Any]:
    (line, column), (end_line, end_column) = lines.place(edit.start), lines.place(edit.end)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _uri(source: Source) -> str:
    """Return the name of a source as a URI reference: relative as it was given, absolute as file://."""
    path = quote(os.fsencode(source.name))
    return f"file://{path}" if os.path.isabs(source.name) else path
