"""The measurements themselves: answers are compared first, goals are judged by the median.

Nothing here depends on how fast anything is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.check import References, WrongAnswerError, checked_total  # noqa: E402
from bench.goals import Verdict, verdicts  # noqa: E402
from bench.measure import Result, measure  # noqa: E402
from bench.report import goal_lines, spread_of, table  # noqa: E402
from bench.run import main  # noqa: E402
from bench.scenario import ScenarioError, load_scenario  # noqa: E402

SCENARIO = """\
name = "small"
about = "two sizes"
measure = "match"
passes = {quick = 2, full = 2}
compares_to_first = true
ways = ["python", "python single"]
goals.python = {"times the first" = ["at most", 1000000]}
goals."python single" = {"times decoding" = ["at most", 0.000001]}

[events]
generator = "citylots"
seed = 1
count = {quick = 40, full = 40}

[rules]
kind = "given"

[[variant]]
name = "one"
matches = {quick = 7, full = 7}
rules.list = ['{"properties": {"ODD_EVEN": ["O"]}}']

[[variant]]
name = "two"
matches = {quick = 40, full = 40}
rules.list = ['{"properties": {"ODD_EVEN": ["O"]}}', '{"properties": {"ODD_EVEN": ["E"]}}']
"""


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def result(seconds: list[float], decode_seconds: list[float]) -> Result:
    return Result("a", "native", 1, 10, 0, 0, seconds, decode_seconds)


def test_a_goal_is_judged_by_the_median() -> None:
    """One slow pass decides nothing."""
    found = verdicts({"times decoding": ("at most", 0.5)}, result([1.0, 9.0, 1.0], [4.0, 4.0, 4.0]))
    assert ["reached: times decoding 0.25, at most 0.5"] == list(map(str, found))


def test_a_missed_goal_is_called_missed() -> None:
    """On either side, and figures that are no comparison are judged too."""
    assert "MISSED: x 2, at least 3" == str(Verdict("x", "at least", 3.0, 2.0))
    measured = result([], [])
    measured.figures = {"bytes per rule": [400.0, 500.0, 450.0]}
    found = verdicts({"bytes per rule": ("at most", 300)}, measured)
    assert ["MISSED: bytes per rule 450, at most 300"] == list(map(str, found))


def test_a_goal_without_a_figure_has_no_verdict() -> None:
    """Nothing is compared with the python engine where only it was measured."""
    assert [] == verdicts({"times faster than python": ("at least", 5)}, result([1.0], [1.0]))


def test_times_of_arrays_are_compared_by_element() -> None:
    """Ten events of 100 elements against ten of 10: ten times the time is one times the cost."""
    long, short = Result("b", "native", 1, 10, 100, 0, [10.0]), Result("a", "native", 1, 10, 10, 0, [1.0])
    assert [1.0] == long.ratios_to(short)


def test_a_wrong_answer_stops_before_any_figure() -> None:
    """Be it another rule than the python engine's, or another total than the scenario states."""
    lines = [b'{"a": 1}', b'{"a": 2}']
    wanted = References().answers("one", {"r": '{"a": [1]}'}, lines)
    assert [["r"], []] == wanted
    assert 1 == checked_total("here", [["r"], []], wanted, lines, 1)
    with pytest.raises(WrongAnswerError, match=r"here: \['r'\], the python engine \[\], on .*2"):
        checked_total("here", [["r"], ["r"]], wanted, lines, 1)
    with pytest.raises(WrongAnswerError, match="here: 1 matches, expected 2"):
        checked_total("here", [["r"], []], wanted, lines, 2)


def test_a_scenario_is_measured_in_every_way(scenario_file: Path) -> None:
    """Each variant has a row for each way, with a time for each pass, and each goal its line."""
    scenario = load_scenario(scenario_file)
    results = measure(scenario, "quick")
    assert [("one", "python"), ("one", "python single"), ("two", "python"), ("two", "python single")] == [
        (each.name, each.way) for each in results
    ]
    assert [2] * 4 == [len(each.seconds) for each in results]
    words = [line.split(":")[0] for line in goal_lines(scenario, results)]
    assert ["MISSED", "reached", "MISSED"] == words
    head, *rows = table(scenario, results)
    assert ["7", "7", "40", "40"] == [row[head.index("matches")] for row in rows]
    assert "ns per element" not in head


def test_a_goal_has_a_side(scenario_file: Path) -> None:
    """``about`` is no limit."""
    scenario_file.write_text(SCENARIO.replace('"at most", 1000000', '"about", 1'), encoding="utf-8")
    with pytest.raises(ScenarioError, match="expected a limit to be at most or at least"):
        load_scenario(scenario_file)


def test_run_writes_tables_and_goals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One small real scenario, from the command line to the JSON."""
    output = tmp_path / "out" / "results.json"
    assert 2 == main(["--only", "no such scenario"])
    assert 0 == main(["--list"])
    assert "kinds: five rules" in capsys.readouterr().out
    assert 0 == main(["--only", "wildcard-heavy", "--passes", "1", "-o", str(output)])
    written = json.loads(output.read_text(encoding="utf-8"))
    assert ["wildcard-heavy"] == [each["scenario"] for each in written["scenarios"]]
    assert "goals reached" in capsys.readouterr().out


def test_spreads_show_three_digits() -> None:
    """The median first; one pass has no spread."""
    assert "1.32 (1.29-1.41)" == spread_of([1.321, 1.29, 1.41])
    assert "45,210" == spread_of([45210.4])
