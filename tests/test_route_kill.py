"""``ruler run`` is killed at random moments, and told to stop: nothing is lost, and what comes twice was in flight.

A small version of ``python -m bench.crashes``: real processes, real files, an HTTP target on loopback that fails.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.crashes.check import Crash
from bench.crashes.drive import MANNERS, Run, Task, config_text, drive, judge
from bench.crashes.processes import RouterProcess, SinkProcess
from bench.crashes.sink import Manners
from bench.crashes.workload import HOOK, workload, write_lines

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="positions are locked as POSIX does it")

LINES = 3000
MAX_EVENTS = 200


def test_nothing_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Five times, with a target that fails, stalls and dies: each target has its events, in the order of their keys."""
    task = Task(LINES, kills=5, deaths=1, seed=3, manners=MANNERS, max_events=MAX_EVENTS)
    run = drive(task, tmp_path)
    report = judge(task, run)
    assert [] == report.wrong
    assert 0 < report.figures["crashes"] <= 5
    assert LINES / 2 < report.figures["hook taken"] == report.figures["hook expected"]


def test_nothing_comes_twice_when_the_process_is_told_to_stop(tmp_path: Path) -> None:
    """SIGTERM: what is in flight is answered and recorded first, though every twentieth answer is a failure."""
    manners = Manners(stall=0.0)
    task = Task(LINES // 2, kills=4, deaths=0, seed=4, signal=signal.SIGTERM, manners=manners, max_events=100)
    run = drive(task, tmp_path)
    report = judge(task, run)
    assert [] == report.wrong
    assert 0 == report.figures["repeated after crashes"]
    assert 0 < report.figures["crashes"] <= 5


def test_nothing_is_lost_where_the_file_is_rotated_meanwhile(tmp_path: Path) -> None:
    """It is written while it is routed, renamed three times, and the process is killed three times, in any order."""
    manners = replace(MANNERS, stall=0.0)
    task = Task(LINES, kills=3, deaths=0, seed=7, manners=manners, max_events=MAX_EVENTS, rotations=3)
    run = drive(task, tmp_path)
    assert [] == judge(task, run).wrong
    assert 0 == run.exit_codes[-1]
    assert 4 == len(run.producer.bases if run.producer else {})


STUCK_CONFIG = """
dead_letter = "dead"
[source]
uri = "file:events.jsonl"
[limits]
drain = "500ms"
[targets.all]
uri = "file:all.jsonl"
[targets.dead]
uri = "file:{dead}"
retry = {{ first_delay = "10ms", max_delay = "50ms" }}
[rules.every]
pattern = {{ n = [{{ exists = true }}] }}
targets = ["all"]
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_event_whose_dead_letter_nobody_takes_is_not_done(tmp_path: Path) -> None:
    """Dead letters on a full disk: the position stays before it, and the next run, with room, delivers all."""
    lines = [b'{"n":%d}' % number for number in range(50)] + [b"no event"] + [b'{"n":50}']
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    config = tmp_path / "config.toml"
    command = (sys.executable, "-P", "-m", "ruler", "run", "--once", "config.toml")

    config.write_text(STUCK_CONFIG.format(dead="/dev/full"), encoding="utf-8")
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    everything = tmp_path / "all.jsonl"
    while process.poll() is None and not (everything.exists() and everything.read_bytes().endswith(b'{"n":50}\n')):
        time.sleep(0.01)
    process.terminate()
    said = process.communicate(timeout=60)[1].decode()
    assert 128 + signal.SIGTERM == process.returncode, said
    position = json.loads((tmp_path / "events.jsonl.position").read_bytes())["files"][-1]["offset"]
    assert position <= sum(len(line) + 1 for line in lines[:50])

    config.write_text(STUCK_CONFIG.format(dead="dead.jsonl"), encoding="utf-8")
    assert 1 == subprocess.run(command, cwd=tmp_path, timeout=60, check=False).returncode
    assert set(lines) - {b"no event"} == set(everything.read_bytes().splitlines())
    assert b'"text":"no event"' in (tmp_path / "dead.jsonl").read_bytes()


def test_a_second_signal_stops_at_once_and_loses_nothing(tmp_path: Path) -> None:
    """Deliveries are open for longer than anyone would wait; the next run makes them again, and all arrive."""
    task = Task(400, kills=0, deaths=0, seed=6, manners=Manners(fail=0.0, stall=1.0, stall_seconds=60.0))
    run = Run(tmp_path, list(workload(task.lines, task.seed)))
    write_lines(run.source, run.lines)
    config = tmp_path / "config.toml"
    with SinkProcess(run.ledgers[HOOK], task.manners, task.seed) as sink:
        text = config_text(run, task, sink.port)
        config.write_text(text.replace('timeout = "1s"', 'timeout = "60s"'), encoding="utf-8")
        with RouterProcess((*task.router, str(config), "--once"), run.log) as router:
            while not (run.ledgers[HOOK].exists() and run.ledgers[HOOK].stat().st_size):
                assert router.is_running, run.log.read_text()
                time.sleep(0.01)
            router.signal(signal.SIGTERM)
            time.sleep(0.1)
            assert router.is_running
            assert 128 + signal.SIGTERM == router.end(signal.SIGTERM)
    done = run.done_offset()
    assert done < run.source.stat().st_size
    quick = replace(task, manners=Manners(fail=0.0, stall=0.0))
    with SinkProcess(run.ledgers[HOOK], quick.manners, task.seed) as sink:
        config.write_text(config_text(run, quick, sink.port), encoding="utf-8")
        with RouterProcess((*task.router, str(config), "--once"), run.log) as router:
            run.exit_codes.append(router.end())
    run.crashes.append(Crash(done, dict.fromkeys(run.ledgers, 0)))
    assert [] == [wrong for wrong in judge(quick, run).wrong if "missing" in wrong or "order" in wrong]
