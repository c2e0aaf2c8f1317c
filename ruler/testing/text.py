"""Outcomes of tests as text for people.

    rules.ruler-test.json:3:6: failed: a big order
      "big-order" should match, and does not
        ... why, as Matcher.explain says it

Always: what came from a file is printed without control characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ruler.explain import RuleExplanation
from ruler.findings import Finding, printable
from ruler.paint import Paint, plain
from ruler.testing.model import RuleTest, RuleTestFile
from ruler.testing.run import Outcome
from ruler.words import counted


@dataclass(slots=True)
class FileResult:
    """A test file and how its tests went; a file with findings has no outcomes."""

    file: RuleTestFile
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        return self.file.findings

    @property
    def failed_count(self) -> int:
        return sum(not outcome.passed for outcome in self.outcomes)


def place_of(test: RuleTest) -> str:
    """``rules.ruler-test.json:3:6``."""
    return f"{printable(test.source.name)}:{test.line}:{test.column}"


def outcome_text(outcome: Outcome, paint: Paint = plain) -> str:
    """Return the text of an outcome: one line when it passed."""
    word = paint("good", "passed") if outcome.passed else paint("bad", "failed")
    head = f"{paint('place', place_of(outcome.test) + ':')} {word}: {printable(outcome.test.name)}"
    return "\n".join([head, *(f"  {line}".rstrip() for line in failure_lines(outcome, paint))])


def failure_lines(outcome: Outcome, paint: Paint = plain) -> list[str]:
    """Return the reasons why a test failed, a line each, and under each why the rule answers as it does."""
    lines = []
    for failure in outcome.failures:
        lines.append(printable(failure.message))
        lines += [f"  {line}".rstrip() for line in explanation_lines(failure.explanation, paint)]
    return lines


def explanation_lines(explanation: RuleExplanation | None, paint: Paint = plain) -> list[str]:
    """Return the lines of an explanation, none without one. Its text is printable as it is."""
    return [] if explanation is None else explanation.text(paint).split("\n")


def summary(results: Iterable[FileResult]) -> str:
    """``3 tests in 2 files: 1 failed``, and how many files could not be tested."""
    results = list(results)
    test_count = sum(len(result.outcomes) for result in results)
    failed_count = sum(result.failed_count for result in results)
    troubled_count = sum(bool(result.findings) for result in results)
    parts = [f"{failed_count} failed" if failed_count else "all passed"] if test_count else []
    if troubled_count:
        parts.append(f"{counted(troubled_count, 'file')} with errors, not tested")
    tests = f"{counted(test_count, 'test')} in {counted(len(results), 'file')}"
    return f"{tests}: {', '.join(parts)}"
