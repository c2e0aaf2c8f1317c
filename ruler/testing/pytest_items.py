"""Test files of rules as pytest has them: a collector for the file, an item for each test.

Imported only by the plugin (ruler_cli/pytest_plugin.py), when there is a file to collect; nothing else of ruler needs
pytest. A test that fails shows why as ``ruler test`` does, without a traceback, and a file with errors is an error of
the collection.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest

from ruler.findings import printable
from ruler.matcher import Matcher
from ruler.testing.model import RuleTest
from ruler.testing.read import read_tests
from ruler.testing.run import Outcome, outcome_of
from ruler.testing.text import failure_lines, outcome_text


class RuleTestFailed(Exception):
    """Raised inside an item whose test failed: how pytest is told."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("; ".join(failure_lines(outcome)))
        self.outcome = outcome


class RuleTestCollector(pytest.File):
    """A test file."""

    def collect(self) -> Iterable[RuleTestItem]:
        """Return the tests of the file; CollectError with all that is wrong with it."""
        file = read_tests(self._shown_path())
        if file.findings:
            raise self.CollectError("\n".join(str(finding) for finding in file.findings))
        return [
            RuleTestItem.from_parent(self, name=printable(test.name), rule_test=test, matcher=file.matcher)
            for test in file.tests
        ]

    def _shown_path(self) -> str:
        """The path as seen from where pytest was started, as pytest itself shows paths."""
        try:
            return os.path.relpath(self.path, self.config.invocation_params.dir)
        except ValueError:  # on another drive
            return str(self.path)


class RuleTestItem(pytest.Item):
    """One test of a file."""

    def __init__(self, *, rule_test: RuleTest, matcher: Matcher[str], **others: Any) -> None:
        super().__init__(**others)
        self.rule_test = rule_test
        self.matcher = matcher

    def runtest(self) -> None:
        """Run the test; RuleTestFailed when it fails."""
        outcome = outcome_of(self.rule_test, self.matcher)
        if not outcome.passed:
            raise RuleTestFailed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return why the test failed, as ``ruler test`` shows it."""
        if isinstance(excinfo.value, RuleTestFailed):
            return outcome_text(excinfo.value.outcome)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the test is, the line from 0."""
        return self.path, self.rule_test.line - 1, self.name
