"""Routing on a virtual clock, thousands of schedules: with crashes, stalls, failures and changes at any moment.

What is held against the router is in route_simulation/ledger.py. Long:
python -m tests.route_simulation --seeds 0 100000
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from conftest import require_native
from route_simulation.books import Violation
from route_simulation.broken import VARIANTS, broken
from route_simulation.families import DOCUMENTS
from route_simulation.plain import PlainKit
from route_simulation.real import RealKit
from route_simulation.world import failure_of, simulate
from scripts_of import ROOT

CHUNK = 250  # seeds
SEEDS = 5000
OF_OTHERS = 400  # seeds for the plain router, and to see that there is trouble enough
OF_BOTH_ENGINES = 100
MOST_FOR_A_VARIANT = 1000  # most are caught by one of the first ten
WHAT_HAPPENS = (
    "answers that it is to be tried again",
    "broken sources",
    "changes of rules",
    "crashes",
    "dead letters refused",
    "deliveries refused",
    "duplicates",
    "late answers",
    "pauses",
    "puts given up",
    "puts that are shed",
    "runs given up",
    "sends of dead letters",
    "sends without an answer",
    "stalls",
    "stops",
    "undeliverable",
)


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_nothing_is_lost_whatever_happens(first: int) -> None:
    """Every schedule ends, and the ledger has nothing to say against it."""
    for seed in range(first, first + CHUNK):
        check(seed, RealKit())


def test_the_native_engine_routes_the_same() -> None:
    """The same schedules with the other engine take the same steps."""
    require_native()
    for seed in range(OF_BOTH_ENGINES):
        traces = [simulate(seed, RealKit(), engine=engine, traces=True).trace for engine in ("native", "python")]
        assert traces[0] == traces[1], f"seed {seed}"


def test_a_plain_router_passes() -> None:
    """The ledger has nothing to say against a router that is plain to see as correct, so it judges only promises."""
    for seed in range(OF_OTHERS):
        check(seed, PlainKit())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_broken_router_is_caught(name: str) -> None:
    """A router that breaks one promise is caught, and the ledger says which."""
    others: list[str] = []
    with broken(name):
        for seed in range(MOST_FOR_A_VARIANT):
            try:
                simulate(seed, RealKit())
            except Violation as error:
                if VARIANTS[name].says in str(error):
                    return
                others.append(str(error))
    pytest.fail(f"no seed says: {VARIANTS[name].says}\n" + "\n".join(others[:5]))


def test_a_seed_is_the_whole_schedule() -> None:
    """The trace of a seed is the same each time, in another process with other hashes too."""
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from route_simulation.real import RealKit\n"
        "from route_simulation.world import simulate\n"
        "for seed in range(30):\n"
        "    print(*simulate(seed, RealKit(), traces=True).trace, sep='\\n')\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment(hashes),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert found[0].count("\n") > 1000
    assert found[0] == found[1]


def test_all_that_may_go_wrong_does() -> None:
    """The schedules are not harmless: each kind of trouble and each family of rule sets comes up often."""
    counts: Counter[str] = Counter()
    for seed in range(OF_OTHERS):
        world = simulate(seed, RealKit())
        counts.update(world.ledger.counts)
        counts[world.schedule.family.name] += 1
    rare = {what: counts[what] for what in (*WHAT_HAPPENS, *DOCUMENTS) if counts[what] < 5}
    assert not rare, counts


def test_a_failing_seed_tells_how_to_see_it_again() -> None:
    """The report of a failing seed holds its schedule, its trace and the command that replays it."""
    with broken("acknowledges before the target answers"):
        report = next(filter(None, (failure_of(seed, RealKit()) for seed in range(20))))
    assert "family: " in report
    assert " <- " in report
    assert "again: python -m tests.route_simulation --seed " in report


def test_the_command_for_a_long_run_works() -> None:
    """It runs the seeds it is told to, and counts them and what happened."""
    command = [sys.executable, "-m", "tests.route_simulation", "--seeds", "0", "20", "--processes", "2"]
    done = subprocess.run(command, cwd=ROOT, env=environment("0"), capture_output=True, text=True, check=False)
    assert "20 seeds, 0 failed" in done.stdout, done.stdout + done.stderr
    assert " crashes\n" in done.stdout
    assert done.returncode == 0


def check(seed: int, kit: RealKit | PlainKit) -> None:
    """Fail with the trace of the seed when anything is wrong with it."""
    try:
        simulate(seed, kit)
    except Violation:
        pytest.fail(failure_of(seed, kit), pytrace=False)


def environment(hashes: str) -> dict[str, str]:
    """The environment of this process with other hashes."""
    return {**os.environ, "PYTHONHASHSEED": hashes}
