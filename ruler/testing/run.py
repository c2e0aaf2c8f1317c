"""Runs a test: event and rules -> passed, or every reason why not, each with the explanation of the rule.

    {"event": {"total": 1}, "matches": ["big-order"]}  ->  failed: "big-order" should match, and does not

Always: a test is judged by the matcher alone; what explains its answer is asked only when the test has failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from ruler.errors import EventError
from ruler.explain import RuleExplanation
from ruler.findings import Finding
from ruler.matcher import Matcher
from ruler.testing.model import RuleTest

MOST_EXPLAINED = 10  # rules of one test: a longer text is not read, and each takes time


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a test failed."""

    code: str  # stable, for programs: "rule-does-not-match"
    message: str
    rule: str | None = None  # None when it is about the event
    explanation: RuleExplanation | None = None  # None too for rules beyond the first ten


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went."""

    test: RuleTest
    failures: tuple[Failure, ...]  # none when it passed

    @property
    def passed(self) -> bool:
        return not self.failures

    def record(self) -> dict[str, object]:
        """Return the outcome as ``--format json`` writes it; each failure has the members of a finding."""
        return {
            "test": self.test.name,
            "outcome": "passed" if self.passed else "failed",
            "file": self.test.source.name,
            "pointer": f"/tests/{self.test.index}",
            "line": self.test.line,
            "column": self.test.column,
            "failures": [self._failure_record(failure) for failure in self.failures],
        }

    def _failure_record(self, failure: Failure) -> dict[str, object]:
        test = self.test
        finding = Finding(
            test.source,
            failure.code,
            failure.message,
            line=test.line,
            column=test.column,
            rule=failure.rule or "",
            location=None if failure.rule is None else (),
            pointer=f"/tests/{test.index}",
        )
        explanation = None if failure.explanation is None else failure.explanation.as_dict()
        return {**finding.record(), "explanation": explanation}


def outcome_of(test: RuleTest, matcher: Matcher[str]) -> Outcome:
    """Return how ``test`` goes with the rules of ``matcher``."""
    try:
        matching = dict.fromkeys(matcher.rules_for_event(test.event))
    except EventError as error:
        return Outcome(test, _judged_error(test, error))
    if test.error is not None:
        message = f'the event should be refused with "{test.error}", and can be read'
        return Outcome(test, (Failure("event-readable", message),))
    wanted = test.matches if test.matches_exactly is None else test.matches_exactly
    missing = [name for name in wanted if name not in matching]
    if test.matches_exactly is None:
        extra = [name for name in test.does_not_match if name in matching]
    else:
        extra = [name for name in matching if name not in test.matches_exactly]
    wrong = [
        *(("rule-does-not-match", name, f'"{name}" should match, and does not') for name in missing),
        *(("rule-matches", name, f'"{name}" should not match, and does') for name in extra),
    ]
    return Outcome(
        test,
        tuple(
            Failure(code, message, name, matcher.explain(test.event, name) if index < MOST_EXPLAINED else None)
            for index, (code, name, message) in enumerate(wrong)
        ),
    )


def _judged_error(test: RuleTest, error: EventError) -> tuple[Failure, ...]:
    """What is wrong with a test whose event is refused; nothing when that is what it expects."""
    if test.error == error.code:
        return ()
    place = (
        ""
        if error.offset is None
        else f", {'byte' if isinstance(test.event, bytes) else 'character'} {error.offset + 1}"
    )
    found = f'"{error.code}"{place}: {error.what}'
    if test.error is None:
        return (Failure("event-unreadable", f"the event is refused with {found}"),)
    return (Failure("event-other-error", f'the event should be refused with "{test.error}", and is with {found}'),)
