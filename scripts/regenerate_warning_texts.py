"""Rewrites the recorded texts of warnings, and of fixed errors, in tests/warnings/*.txt.

    python scripts/regenerate_warning_texts.py            write them; git shows what changed
    python scripts/regenerate_warning_texts.py --check    exit 1 when a text is not what is recorded

A case is a line that begins with ``rules: `` (a rule file on one line), followed by what is found in it, and the
file after each fix. To add a case, write that line and run this.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruler.checks.apply import apply_fixes, is_safe
from ruler.checks.check import check_rule_sets
from ruler.findings import Finding, Source
from ruler.rule_sources import rules_of_text
from scripts.recorded_texts import ROOT, file_text_of, note, write_or_check

WARNING_TEXTS = ROOT / "tests" / "warnings"
NOTE = note(Path(__file__).name, 'the line below, and each line that begins with "rules: "')


def is_case(line: str) -> bool:
    return line.startswith("rules: ")


def text_of(line: str) -> str:
    """Return the rule file that a case line gives."""
    return line.partition(": ")[2]


def findings_of(text: str) -> list[Finding]:
    """Return what is found in the rule file ``text``."""
    return check_rule_sets([rules_of_text(Source("rules.json", text), text.encode())])[0]


def case_text(line: str) -> str:
    """Return the whole record of one case."""
    lines = [line]
    for finding in findings_of(text_of(line)):
        lines += [f"[{finding.code}]", str(finding)]
        if finding.fix is not None:
            option = "--fix" if is_safe(finding) else "--fix-all"
            lines += [f"  {option}: {finding.fix.description}", f"  {apply_fixes(text_of(line), [finding])[0]}"]
    return "\n".join(lines) + "\n"


def file_text(recorded: str) -> str:
    """Return what a file should hold, given what it holds: its heading and its cases stay."""
    return file_text_of(recorded, NOTE, is_case, (case_text(line) for line in recorded.splitlines() if is_case(line)))


if __name__ == "__main__":
    raise SystemExit(
        write_or_check(sorted(WARNING_TEXTS.glob("*.txt")), file_text, "Rewrite the recorded texts of warnings.")
    )
