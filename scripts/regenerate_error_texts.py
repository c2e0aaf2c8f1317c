"""Rewrites the recorded error texts in tests/errors/*.txt.

    python scripts/regenerate_error_texts.py            write them; git shows what changed
    python scripts/regenerate_error_texts.py --check    exit 1 when a text is not what is recorded

A case is a line that begins with ``rule: `` (the rule's text) or ``python: `` (a Python expression: a text
with characters one cannot see, bytes, or a mapping), followed by its errors. To add a case, write that line
and run this.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ruler.errors import RuleError  # noqa: E402
from ruler.patterns.compiler import Limits, compile_node  # noqa: E402
from ruler.patterns.reader import document_from_mapping, read_document  # noqa: E402

ERROR_TEXTS = ROOT / "tests" / "errors"
NAMES = {"datetime": datetime, "decimal": decimal, "inf": float("inf"), "nan": float("nan")}
# Small, so that a case that goes beyond them is short enough to read.
LIMITS = Limits(max_paths=3, max_sub_rules=4)


def rule_of(line: str) -> Any:
    """Return the rule that a case line gives."""
    kind, _, text = line.partition(": ")
    return text if kind == "rule" else eval(text, dict(NAMES))


def is_case(line: str) -> bool:
    return line.startswith(("rule: ", "python: "))


def errors_of(rule: Any) -> list[RuleError]:
    """Return every error of ``rule`` in text order."""
    try:
        document = document_from_mapping(rule) if isinstance(rule, dict) else read_document(rule)
    except RuleError as error:
        return [error]
    return compile_node(document, document.root, limits=LIMITS)[1]


def case_text(line: str) -> str:
    """Return the whole record of one case."""
    lines = [line]
    for error in errors_of(rule_of(line)):
        place = "" if error.line is None else f", line {error.line}, column {error.column}"
        lines += [f"[{error.code}{place}]", str(error)]
    return "\n".join(lines) + "\n"


def file_text(recorded: str) -> str:
    """Return what a file should hold, given what it holds: its heading and its cases stay."""
    lines = recorded.splitlines()
    first_case = next(index for index, line in enumerate(lines) if is_case(line))
    heading = "\n".join(lines[:first_case]).strip()
    return "\n".join([heading + "\n", *(case_text(line) for line in lines if is_case(line))])


def main() -> int:
    parser = argparse.ArgumentParser(description="Rewrite the recorded error texts.")
    parser.add_argument("--check", action="store_true", help="only say which files differ")
    check = parser.parse_args().check
    stale = []
    for path in sorted(ERROR_TEXTS.glob("*.txt")):
        recorded = path.read_text("utf-8")
        if (text := file_text(recorded)) != recorded:
            stale.append(path)
            if not check:
                path.write_text(text, "utf-8")
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'differs' if check else 'rewritten'}", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
