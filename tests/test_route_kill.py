"""``ruler run`` is killed at random moments, and told to stop: nothing is lost, and what comes twice was in flight.

A small version of ``python -m bench.crashes``: real processes, real files, an HTTP target on loopback that fails.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from bench.crashes.drive import MANNERS, Task, drive, judge
from bench.crashes.sink import Manners

pytest.importorskip("aiohttp")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="positions are locked as POSIX does it")

LINES = 3000
MAX_EVENTS = 200


def test_nothing_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Five times, with a target that fails, stalls and dies: each target has its events, in the order of their keys."""
    task = Task(LINES, kills=5, deaths=1, seed=3, manners=MANNERS, max_events=MAX_EVENTS)
    run = drive(task, tmp_path)
    report = judge(task, run)
    assert [] == report.wrong
    assert [-signal.SIGKILL] * len(run.crashes) == run.exit_codes[:-1]
    assert 0 < report.figures["crashes"] <= 5
    assert LINES / 2 < report.figures["hook taken"] == report.figures["hook expected"]


def test_nothing_comes_twice_when_the_process_is_told_to_stop(tmp_path: Path) -> None:
    """SIGTERM: what is in flight is answered and recorded first, though every twentieth answer is a failure."""
    task = Task(LINES, kills=5, deaths=0, seed=4, signal=signal.SIGTERM, manners=Manners(stall=0.0), max_events=100)
    run = drive(task, tmp_path)
    report = judge(task, run)
    assert [] == report.wrong
    stopped = {128 + signal.SIGTERM, -signal.SIGTERM}  # the latter where it was still starting
    assert set(run.exit_codes[:-1]) <= stopped
    assert 0 == report.figures["repeated after crashes"]
    assert 0 < report.figures["crashes"] <= 5
