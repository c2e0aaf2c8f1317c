"""Rewrites the recorded texts of errors in test files, tests/test_file_texts.txt.

    python scripts/regenerate_test_file_texts.py            write them; git shows what changed
    python scripts/regenerate_test_file_texts.py --check    exit 1 when a text is not what is recorded

A case is a line that begins with ``file: `` (the text of a test file) or ``python: `` (a Python expression: bytes, or a
text with line ends), followed by what is found in it. To add a case, write that line and run this.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruler.findings import Finding, Source, printable
from ruler.testing.read import read_test_text
from scripts.recorded_texts import ROOT, file_text_of, note, write_or_check

TEXTS = ROOT / "tests" / "test_file_texts.txt"
NOTE = note(Path(__file__).name, 'each line that begins with "file: " or "python: "')


def is_case(line: str) -> bool:
    return line.startswith(("file: ", "python: "))


def findings_of(line: str) -> list[Finding]:
    """Return what is found in the test file that a case line gives."""
    kind, _, text = line.partition(": ")
    content = text if kind == "file" else eval(text)
    data = content.encode() if isinstance(content, str) else content
    return read_test_text(Source("ruler-test.json", data.decode(errors="replace")), data).findings


def case_text(line: str) -> str:
    """Return the whole record of one case."""
    lines = [line]
    for finding in findings_of(line):
        lines += [f"[{finding.code}] {printable(finding.pointer or '')}".rstrip(), str(finding)]
    return "\n".join(lines) + "\n"


def file_text(recorded: str) -> str:
    """Return what a file should hold, given what it holds: its heading and its cases stay."""
    return file_text_of(recorded, NOTE, is_case, (case_text(line) for line in recorded.splitlines() if is_case(line)))


if __name__ == "__main__":
    raise SystemExit(write_or_check([TEXTS], file_text, "Rewrite the recorded texts of errors in test files."))
