"""The plugin by which pytest collects test files of rules: ``pytest`` finds it where ruler is installed.

Only files named ``*.ruler-test.json`` or ``ruler-test.json`` are collected, so who has none notices nothing. pytest
imports this module in every run, so it imports nothing; what collects (ruler/testing/pytest_items.py) is imported when
there is a file to collect. It stands here because importing any module of ``ruler`` imports all that ``ruler`` offers,
which takes as long as half of pytest itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return the collector of a test file of rules; None for every other file."""
    if not file_path.name.endswith("ruler-test.json"):
        return None
    from ruler.testing.model import is_test_file
    from ruler.testing.pytest_items import RuleTestCollector

    if not is_test_file(file_path.name):
        return None
    collector: pytest.Collector = RuleTestCollector.from_parent(parent, path=file_path)
    return collector
