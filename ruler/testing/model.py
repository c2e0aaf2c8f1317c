"""A test of rules: one event, and what is expected of it; and a file that holds tests.

    {"name": "a big order", "event": {"total": 1500}, "matches": ["big-order"]}
        ->  RuleTest("a big order", '{"total": 1500}', matches=("big-order",), ...)

Always: a test names only rules that there are. A file with findings has tests that are not to be run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ruler.findings import Finding, Source
from ruler.matcher import Matcher

# The whole name says what the file is, so that no other JSON is ever taken for tests, and the last part is .json, so
# that editors colour it and formatters format it.
FILE_NAMES = ("*.ruler-test.json", "ruler-test.json")

_NO_SOURCE = Source("", "")


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One event, and what is expected of it. ``line`` and ``column``, from 1, are where the test begins."""

    name: str
    event: str | bytes  # as it is written in the test file, or all that an event file holds
    matches: tuple[str, ...] = ()  # rules that must match
    does_not_match: tuple[str, ...] = ()  # rules that must not
    matches_exactly: tuple[str, ...] | None = None  # the rules that must match, when no other may
    error: str | None = None  # the code of the error that the event must be refused with
    source: Source = _NO_SOURCE
    index: int = 0  # in the list "tests"
    line: int = 1
    column: int = 1


@dataclass(slots=True)
class RuleTestFile:
    """What a test file holds. With findings it is trouble: none of its tests is to be run."""

    source: Source
    matcher: Matcher[str] = field(default_factory=Matcher)
    tests: list[RuleTest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def is_test_file(name: str) -> bool:
    """Return whether a file of this name, without its directories, is taken for tests.

    >>> [is_test_file(name) for name in ("orders.ruler-test.json", "ruler-test.json", "orders.json")]
    [True, True, False]
    """
    return any(fnmatchcase(name, pattern) for pattern in FILE_NAMES)
