"""The measurements themselves: answers are compared first, goals are judged by the median, engines that cannot be had
or cannot answer are said to be so.

Nothing here depends on how fast anything is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import commands, run
from bench.check import Answers, WrongAnswerError, differences
from bench.goals import Verdict, figure, verdicts
from bench.material import Events, Material
from bench.measure import measure
from bench.report import table
from bench.scenario import ScenarioError, load_scenario
from bench.worker_process import GaveUpError, WorkerError, WorkerProcess

ROOT = Path(__file__).resolve().parent.parent

SCENARIO = """\
name = "small"
about = "two sizes"
measure = "match"
passes = {quick = 2, full = 2}
compares_to_first = true
engines = ["python", "python single", "moto", "quamina"]
cannot = {moto = "the test says so"}
goals.python = {"times the first" = ["at most", 1000000]}
goals."python single" = {"times decoding" = ["at most", 0.000001]}
goals.quamina = {"times decoding" = ["at most", 0.000001]}

[median_variant.python]
"times decoding" = ["at least", 0.000001]

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
COMMAND_SCENARIO = """\
name = "small"
about = "whole processes"
measure = "commands"
passes = {quick = 2, full = 2}

[events]
generator = "citylots"
seed = 1
count = {quick = 5478, full = 5478}

[[variant]]
name = "one"
matches = {quick = 2, full = 2}
engines = NAMES
"""
NOTHING_MATCHES = (
    SCENARIO[: SCENARIO.index('[[variant]]\nname = "two"')]
    .replace('cannot = {moto = "the test says so"}\n', "")
    .replace("quick = 7, full = 7", "quick = 0, full = 0")
    .replace("ODD_EVEN", "no such name")
)
WORKER = str(ROOT / "bench" / "worker.py")


def command(engine: str) -> tuple[str, ...]:
    return (sys.executable, WORKER, engine)


COMMANDS = {name: command(name) for name in ("python", "python single", "moto", "orjson")}  # quamina is absent

STUB = """
import json, sys, time
for line in sys.stdin:
    request = json.loads(line)
    do = request["do"]
    if do == "add" and {refuses}:
        reply = {{"refused": "rule-0: no such thing"}}
    elif do == "answers":
        with open(request["file"], "w") as stream:
            stream.write("[]\\n" * (request["end"] - request["first"]))
        reply = {{"matches": 0}}
    elif do in ("memory", "churn", "threads"):
        reply = {{"cannot": "not here"}}
    elif do == "match" and {sleeps}:
        time.sleep(60)
    elif do == "match" and {dies} and request["first"] > 0:
        sys.exit("too much")
    else:
        reply = {{"seconds": 0.001, "matches": 0, "rules": 1, "events": 40}}
    print(json.dumps(reply), flush=True)
"""


def stub(*, refuses: bool = False, sleeps: bool = False, dies: bool = False) -> tuple[str, ...]:
    """A worker that finds nothing; or refuses every rule, sleeps instead of matching, or dies of a later event."""
    return (sys.executable, "-c", STUB.format(refuses=refuses, sleeps=sleeps, dies=dies))


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def row(engine: str, ns: Sequence[float], variant: str = "a", **more: Any) -> dict[str, Any]:
    return {"variant": variant, "engine": engine, "status": "measured", "elements": 0, "ns": list(ns), **more}


def test_a_goal_is_judged_by_the_median(scenario_file: Path) -> None:
    """One slow pass decides nothing."""
    rows = [row("python single", [1, 9, 1], "one"), row("orjson", [4, 4, 4], "one")]
    found = verdicts(load_scenario(scenario_file), rows)
    assert ["MISSED: times decoding 0.25, at most 1e-06 (one, python single)"] == list(map(str, found))


def test_a_missed_goal_is_called_missed() -> None:
    """On either side."""
    assert "MISSED: x 2, at least 3 (here)" == str(Verdict("x", "at least", 3.0, 2.0, "here"))
    assert "reached: x 3, at most 3 (here)" == str(Verdict("x", "at most", 3.0, 3.0, "here"))


def test_figures_compare_rows_pass_by_pass() -> None:
    """With another engine, the fastest peer that answers right, the first of its kind, or a whole process."""
    rows = [
        row("native", [10, 20]),
        row("event-ruler", [50, 80]),
        row("quamina-rs", [30, 40]),
        {**row("moto", [1, 1]), "status": "wrong"},
    ]
    assert [5, 4] == figure(rows, rows[0], "times faster than event-ruler")
    assert [3, 2] == figure(rows, rows[0], "times faster than the best peer")
    assert [] == figure(rows, rows[0], "times faster than moto")
    assert [] == figure(rows, rows[0], "times faster than quamina")
    grown = row("native", [15, 40], "b", baseline="a")
    assert [1.5, 2] == figure([*rows, grown], grown, "times the first")
    assert [0.005, 0.02] == figure([*rows, grown], grown, "us more than the first")
    assert [] == figure(rows, rows[0], "bytes per rule")
    processes = [row("ruler filter", [], figures={"seconds": [2.0]}), row("jq", [], figures={"seconds": [9.0]})]
    assert [4.5] == figure(processes, processes[0], "times faster than jq")
    assert [2.0] == figure(processes, processes[0], "seconds")


def test_a_goal_without_a_figure_is_not_judged(scenario_file: Path) -> None:
    """Be its name misspelt, or an engine that it needs absent."""
    text = SCENARIO.replace(
        '"times the first" = ["at most", 1000000]',
        '"byts per rule" = ["at most", 9], "times faster than moto" = ["at least", 9]',
    )
    scenario_file.write_text(text, encoding="utf-8")
    rows = [row("python", [], "one", figures={"bytes per rule": [1.0]})]
    assert [
        "not judged: byts per rule, at most 9 (one, python)",
        "not judged: times faster than moto, at least 9 (one, python)",
    ] == list(map(str, verdicts(load_scenario(scenario_file), rows)))


def test_times_of_arrays_are_compared_by_element() -> None:
    """Ten times the time for ten times the elements is one times the cost."""
    rows = [row("native", [10], "short", elements=10), row("native", [100], "long", elements=100, baseline="short")]
    assert [1.0] == figure(rows, rows[1], "times the first")


def test_answers_that_differ_are_shown(tmp_path: Path) -> None:
    """The order of names means nothing; the first difference is told, with its event."""
    event_file, reference, own = tmp_path / "events", tmp_path / "reference", tmp_path / "own"
    event_file.write_text('{"a": 1}\n{"a": 2}\n{"a": 3}\n')
    reference.write_text('["r","s"]\n["r"]\n[]\n')
    own.write_text('["s","r"]\n[]\n["r"]\n')
    assert (2, ([], ["r"], 1)) == differences(own, reference, 3)
    assert (1, ([], ["r"], 1)) == differences(own, reference, 2)
    events = Events(event_file, 3, 8.0, 0)
    with pytest.raises(WrongAnswerError, match="3 matches, expected 4"):
        Answers(4).compare("native", reference, 3, 3, events)
    answers = Answers(3)
    answers.compare("native", reference, 3, 3, events)
    with pytest.raises(WrongAnswerError, match=r'2 of 3 .* than by native, first \[\] for \[r\] on {"a": 2}'):
        answers.compare("moto", own, 3, 3, events)


def test_a_scenario_is_measured_in_every_engine(scenario_file: Path) -> None:
    """A row for each, with a time for each pass; what is absent has none, and what cannot says why."""
    scenario = load_scenario(scenario_file)
    rows = [each.as_json() for each in measure(scenario, "quick", COMMANDS)]
    engines = ["python", "python single", "moto", "orjson"]
    assert [(variant, engine) for variant in ("one", "two") for engine in engines] == [
        (each["variant"], each["engine"]) for each in rows
    ]
    by_engine = {each["engine"]: each for each in rows if each["variant"] == "two"}
    assert (2, 40, 40) == (
        len(by_engine["python"]["ns"]),
        by_engine["python"]["matches"],
        by_engine["python"]["events"],
    )
    assert ("cannot", "the test says so") == (by_engine["moto"]["status"], by_engine["moto"]["reason"])
    words = [str(each).split(":")[0] for each in verdicts(scenario, rows)]
    assert ["MISSED", "reached", "MISSED", "reached"] == words
    head, *cells = table(rows)
    assert "ns per element" not in head
    assert "cannot: the test says so" == cells[2][head.index("us per event")]


@pytest.mark.parametrize(
    ("measured", "figures"),
    [
        ("change", ["seconds to add", "bytes per rule", "rules added per second, one call each"]),
        ("churn", ["changes per second while matching", "share of its events per second alone"]),
        ("threads", ["times faster with 2 threads", "ns per event with 2 threads"]),
    ],
)
def test_other_measures_have_figures(
    scenario_file: Path, monkeypatch: pytest.MonkeyPatch, measured: str, figures: list[str]
) -> None:
    """One for each pass; an engine that cannot do it says so."""
    monkeypatch.setattr("bench.churn.LEAST_SECONDS", 1e-9)  # that there are figures needs no second of changes
    text = NOTHING_MATCHES.replace('measure = "match"', f'measure = "{measured}"')
    scenario_file.write_text(text, encoding="utf-8")
    workers = {"python": command("python"), "moto": stub()}
    rows = {each.engine: each for each in measure(load_scenario(scenario_file), "quick", workers, 2)}
    counts = {name: len(values) for name, values in rows["python"].figures.items()}
    counts.pop("share of the added memory that stays", None)  # one rule may fit into what the process had before
    assert {*figures} <= {*counts}
    assert {2} == {*counts.values()}
    assert ("cannot", {}, "not here") == (rows["moto"].status, rows["moto"].figures, rows["moto"].reason)


def test_commands_are_measured_as_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not there is told apart from one that selects something else."""
    monkeypatch.setattr(commands, "COMMANDS", {**commands.COMMANDS, "ripgrep": ("no-such-program",)})
    file = tmp_path / "small.toml"
    names = '["ruler filter", "ten-line script", "ripgrep"]'
    file.write_text(COMMAND_SCENARIO.replace("NAMES", names), encoding="utf-8")
    rows = {each.engine: each for each in measure(load_scenario(file), "quick", {}, 2)}
    assert [2, 2] == [len(rows[name].figures["seconds"]) for name in ("ten-line script", "ruler filter")]
    assert ("failed", "no-such-program is not installed") == (rows["ripgrep"].status, rows["ripgrep"].reason)
    file.write_text(COMMAND_SCENARIO.replace("NAMES", names).replace("quick = 2,", "quick = 3,"), encoding="utf-8")
    wrong = measure(load_scenario(file), "quick", {}, 2)[0]
    assert ("wrong", "2 lines, expected 3", {}) == (wrong.status, wrong.reason, wrong.figures)


def test_an_engine_of_ours_that_answers_wrong_ends_the_run(scenario_file: Path) -> None:
    """No figure is worth printing then."""
    with pytest.raises(WrongAnswerError, match="one, python: 0 matches, expected 7"):
        measure(load_scenario(scenario_file), "quick", {"python": stub()})


def test_peers_that_do_not_answer_right_are_not_timed(scenario_file: Path) -> None:
    """Wrong, refused and too slow are told apart, with the reason."""
    text = SCENARIO.replace('cannot = {moto = "the test says so"}\n', "").replace('"quamina"]', '"event-ruler"]')
    scenario_file.write_text(text, encoding="utf-8")
    workers = {"python": command("python"), "moto": stub(), "event-ruler": stub(refuses=True)}
    rows = [each.as_json() for each in measure(load_scenario(scenario_file), "quick", workers)]
    found = {each["engine"]: each for each in rows if each["variant"] == "one"}
    assert "wrong" == found["moto"]["status"]
    assert found["moto"]["reason"].startswith("7 of 40 events answered otherwise than by python, first [] for [rule-0]")
    assert ("refused", "rule-0: no such thing") == (found["event-ruler"]["status"], found["event-ruler"]["reason"])
    assert not {"ns"} & {*found["moto"], *found["event-ruler"]}


def test_a_peer_that_dies_while_it_is_timed_ends_nothing_else(scenario_file: Path) -> None:
    """It has no time, and the reason why; the others go on."""
    scenario_file.write_text(NOTHING_MATCHES, encoding="utf-8")
    workers = {"python": command("python"), "moto": stub(dies=True)}
    rows = {each.engine: each for each in measure(load_scenario(scenario_file), "quick", workers)}
    assert 2 == len(rows["python"].ns)
    assert ("failed", []) == (rows["moto"].status, rows["moto"].ns)
    assert rows["moto"].reason == "match: the process ended with 1: too much"


def test_a_worker_that_takes_too_long_is_ended() -> None:
    """As is one that dies; both say so."""
    with WorkerProcess(stub(sleeps=True)) as worker, pytest.raises(GaveUpError, match=r"match took more than 0\.2 s"):
        worker.ask("match", first=0, end=1, limit=0.2)
    dying = (sys.executable, "-c", "raise SystemExit('no such engine')")
    with WorkerProcess(dying) as worker, pytest.raises(WorkerError, match=r"hello: .* ended with 1: no such engine"):
        worker.ask("hello")


def test_material_is_written_once() -> None:
    """Equal arguments share a file."""
    arguments = {"generator": "citylots", "seed": 1, "count": 3}
    with Material() as material:
        events = material.events(arguments)
        assert events is material.events(dict(arguments))
        assert 3 == events.count == len(events.file.read_bytes().splitlines())
        rules = material.rules({"kind": "given", "list": ['{"a": [1]}']})
        assert '["rule-0", "{\\"a\\": [1]}"]\n' == rules.file.read_text()
    assert not events.file.exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"at most", 1000000', '"about", 1', "expected a limit to be at most or at least"),
        ('"python", "python single"', '"pyton"', "no engine is named 'pyton'; there are native,"),
        (", full = 7}", "}", "matches must give the expected total"),
        ('about = "two sizes"', "about = two", "small.toml: Invalid"),
        ('name = "two"', 'name = "one"', "two variants have the same name"),
    ],
)
def test_a_scenario_that_cannot_be_measured_says_what_is_missing(
    scenario_file: Path, old: str, new: str, message: str
) -> None:
    """Before anything is measured."""
    scenario_file.write_text(SCENARIO.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        load_scenario(scenario_file)


def test_run_writes_tables_and_goals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One small real scenario, from the command line to the JSON."""
    output = tmp_path / "out" / "results.json"
    assert 2 == run.main(["--only", "no such scenario"])
    assert 2 == run.main(["--engine", "no such engine"])
    assert "there are native, native single" in capsys.readouterr().err
    assert 0 == run.main(["--list"])
    assert "kinds: " in capsys.readouterr().out
    arguments = ["--only", "wildcard-heavy", "--engine", "python", "--passes", "1", "-o", str(output)]
    assert 0 == run.main(arguments)
    written = json.loads(output.read_text(encoding="utf-8"))
    assert ["wildcard-heavy"] == [each["scenario"] for each in written["scenarios"]]
    assert {"python", "orjson"} == {each["engine"] for each in written["scenarios"][0]["rows"]}
    assert ["python", "orjson"] == list(written["engines"])
    assert "goals: 0 reached, 0 MISSED, 0 not judged" in capsys.readouterr().out
