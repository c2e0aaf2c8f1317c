"""What is made of a result file: tables in the documentation, plots, the comparison of two.

The result files here are invented: nothing is measured.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench import compare, page, result_file
from bench.plots import plots
from bench.result_file import ResultError, read_result
from bench.rows import best_peer, decoding, family, ratio, short_spread, spread_text, times_the_first
from bench.tables import scenario_tables

ROOT = Path(__file__).resolve().parent.parent

Row = dict[str, Any]
Result = dict[str, Any]

STEADY = (1.0, 1.02, 0.98)  # times the median of three passes


def timed(variant: str, engine: str, nanoseconds: float, rules: int = 5, elements: int = 0) -> Row:
    row = {"variant": variant, "engine": engine, "rules": rules, "events": 100, "event_bytes": 830.1}
    times = [nanoseconds * each for each in STEADY]
    return {**row, "elements": elements, "status": "measured", "matches": 7, "ns": times, "figures": {}}


def untimed(variant: str, engine: str, status: str, reason: str, rules: int = 5, elements: int = 0) -> Row:
    row = {"variant": variant, "engine": engine, "rules": rules, "events": 100, "event_bytes": 830.1}
    return {**row, "elements": elements, "status": status, "reason": reason}


def figures(variant: str, engine: str, **values: float) -> Row:
    found = {name.replace("_", " "): [value * each for each in STEADY] for name, value in values.items()}
    return {**timed(variant, engine, 1.0), "ns": [], "figures": found}


def scenario(name: str, rows: list[Row], goals: tuple[str, ...] = (), measure: str = "match") -> dict[str, Any]:
    return {"scenario": name, "about": f"about {name}", "measure": measure, "goals": list(goals), "rows": rows}


@pytest.fixture
def result() -> Result:
    kinds = [
        timed("exact", "native", 400),
        timed("exact", "python", 3600),
        timed("exact", "event-ruler", 2000),
        timed("exact", "quamina-rs", 1000),
        untimed("exact", "moto", "wrong", "2 of 100 events | first: `x`"),
        timed("exact", "orjson", 2200),
        timed("suffix", "native", 420),
        timed("suffix", "event-ruler", 2100),
        untimed("suffix", "quamina-rs", "refused", "no suffix here"),
        untimed("suffix", "moto", "cannot", "one at a time"),
        timed("suffix", "orjson", 2200),
    ]
    growth = [
        timed("1 rule", "native", 400, 1),
        timed("1 rule", "event-ruler", 2000, 1),
        timed("1000 rules", "native", 440, 1000),
        untimed("1000 rules", "event-ruler", "gave up", "more than 60 seconds", 1000),
    ]
    arrays = [
        timed("objects, every, 10", "native", 4000, 1, 10),
        timed("objects, every, 1000", "native", 500_000, 1, 1000),
        untimed("objects, every, 10", "quamina-rs", "wrong", "mixes elements", 1, 10),
    ]
    changes = [figures("exact", "native", rules_added_per_second=180_000, resident_bytes_per_rule=260)]
    machine = {"processor": "One", "processors": 2, "system": "Linux x86_64", "python": "CPython 3.11.2"}
    absent = {"absent": "go: 403 Forbidden"}
    known = {"name": "ruler, native", "version": "0.1.0", "runtime": "CPython", "validates": "whole event"}
    return {
        "date": "2026-11-21",
        "mode": "full",
        "machine": {**machine, "packages": {"orjson": "3.11.4"}, "load": [0.5, 0.4, 0.3]},
        "engines": {"native": {**known, "arrays": "consistent", "note": ""}, "quamina": absent},
        "scenarios": [
            scenario("kinds", kinds, ("reached: a (exact, native)", "MISSED: b, at most 3 (exact, python)")),
            scenario("growth-exact", growth, ("reached: c (1000 rules, native)",)),
            scenario("growth-suffix", copy.deepcopy(growth)),
            scenario("arrays", arrays),
            scenario("changes", changes, measure="change"),
        ],
    }


def slowed(result: Result, name: str, engine: str, times: float) -> Result:
    """The same result, in which an engine took so many times as long in a scenario."""
    changed = copy.deepcopy(result)
    for each in changed["scenarios"]:
        for row in each["rows"]:
            if each["scenario"] == name and row["engine"] == engine and "ns" in row:
                row["ns"] = [value * times for value in row["ns"]]
    return changed


# ----- rows


def test_ratios_are_taken_pass_by_pass() -> None:
    """A pass that was slow for both engines says nothing about either."""
    own, other = timed("a", "native", 1.0), timed("a", "orjson", 2.0)
    own["ns"], other["ns"] = [1.0, 5.0, 1.0], [2.0, 10.0, 2.0]
    assert [0.5, 0.5, 0.5] == ratio(own, other) == decoding([own, other], own)
    assert [] == ratio(own, untimed("a", "moto", "wrong", ""))


def test_growth_is_measured_against_the_first_size() -> None:
    """The one that a row names, of the same engine; arrays are compared by element."""
    rows = [
        timed("10", "python", 1, 1, 10),
        timed("10", "native", 100, 1, 10),
        {**timed("1,000", "native", 20_000, 1, 1000), "baseline": "10"},
        {**untimed("8", "native", "gave up", "x", 1, 8), "baseline": "10"},
    ]
    assert [[], [], [2.0, 2.0, 2.0], []] == [times_the_first(rows, row) for row in rows]
    assert family("1 rule") == family("10,000 rules") != family("10 fields")
    assert [0.5, 0.5, 0.5] == ratio({**rows[2], "elements": 2000}, rows[2])


def test_the_best_peer_answers_right(result: Result) -> None:
    """The fastest of those that were measured; ours and the yardstick are no peers."""
    rows = result["scenarios"][0]["rows"]
    assert ["quamina-rs", "event-ruler"] == [best_peer(rows, name)["engine"] for name in ("exact", "suffix")]
    assert best_peer(rows, "no such variant") is None


def test_spreads_show_three_digits() -> None:
    """The median first; one pass has no spread."""
    assert "1.32 (1.29-1.41)" == spread_text([1.321, 1.29, 1.41])
    assert "1.32 ±5%" == short_spread([1.321, 1.29, 1.41])
    assert ["45,210", "45,210", ""] == [spread_text([45210.4]), short_spread([45210.4]), spread_text([])]


# ----- comparing


def verdicts(before: Result, after: Result) -> dict[tuple[str, str], str]:
    """(scenario, engine) -> verdict, of those that are not noise."""
    found = compare.changes(before, after)
    return {(each.key[0], each.key[2]): each.verdict for each in found if each.verdict != "noise"}


def test_what_got_slower_or_faster_is_said(result: Result) -> None:
    """The worst first."""
    after = slowed(slowed(result, "growth-exact", "native", 1.3), "kinds", "event-ruler", 0.8)
    assert {("growth-exact", "native"): "slower", ("kinds", "event-ruler"): "faster"} == verdicts(result, after)
    assert "growth-exact" == compare.changes(result, after)[0].key[0]
    assert {("growth-exact", "native"): "faster", ("kinds", "event-ruler"): "slower"} == verdicts(after, result)


def test_what_the_spread_or_the_floor_covers_is_noise(result: Result) -> None:
    """Passes that overlap however far the medians are; medians that are near however steady the passes."""
    assert {} == verdicts(result, slowed(result, "growth-exact", "native", 1.04))
    wild = slowed(result, "growth-exact", "native", 1.5)
    for row in wild["scenarios"][1]["rows"]:
        row["ns"] = [*row["ns"][1:], 380.0] if "ns" in row else []
    assert {} == verdicts(result, wild)


def test_two_passes_are_too_few_for_a_verdict(result: Result) -> None:
    """They lie apart by chance once in three times."""
    after = slowed(result, "growth-exact", "native", 2)
    for row in after["scenarios"][1]["rows"]:
        row["ns"] = row.get("ns", [])[:2]
    found = {each.verdict for each in compare.changes(result, after) if each.key[0] == "growth-exact"}
    assert {"too few passes"} == found & {"too few passes", "slower"}
    assert "too few passes: growth-exact" in compare.report(result, after)


def test_a_slower_day_cancels_out_where_decoding_was_measured(result: Result) -> None:
    """The time doubled, and so did decoding: times decoding is what it was."""
    after = result
    for engine in ("native", "python", "event-ruler", "quamina-rs", "orjson"):
        after = slowed(after, "kinds", engine, 2)
    assert {("kinds", "orjson"): "slower"} == verdicts(result, after)
    changed = next(each for each in compare.changes(result, after) if each.key == ("kinds", "exact", "native"))
    assert (400, 800, 1.0, True) == (changed.before, changed.after, changed.ratio, changed.is_normalised)


def test_between_two_machines_only_times_decoding_are_judged(result: Result) -> None:
    """And the report begins with what differs."""
    after = slowed(slowed(result, "kinds", "native", 2), "growth-exact", "native", 2)
    after["machine"]["processor"] = "Another"
    found = verdicts(result, after)
    assert "slower" == found["kinds", "native"]
    assert {"other machine"} == {verdict for key, verdict in found.items() if key[0] != "kinds"} - {"slower"}
    text = compare.report(result, after)
    assert text.startswith("other machine: processor: One -> Another\n  only times decoding are judged")
    assert "other machine: growth-exact, 3 rows" in text


def test_other_work_is_not_judged(result: Result) -> None:
    """More events, or other answers: the times are of something else."""
    after = slowed(result, "growth-exact", "native", 2)
    for row in after["scenarios"][1]["rows"]:
        row["events"] = 200
    assert "other work" == verdicts(result, after)["growth-exact", "native"]


def test_figures_get_better_in_their_own_direction(result: Result) -> None:
    """More rules a second is better, more bytes a rule is worse."""
    after = copy.deepcopy(result)
    values = after["scenarios"][4]["rows"][0]["figures"]
    for name in values:
        values[name] = [each * 2 for each in values[name]]
    found = {each.figure: each.verdict for each in compare.changes(result, after) if each.figure}
    assert {"rules added per second": "better", "resident bytes per rule": "worse"} == found


def test_rows_of_one_file_are_listed(result: Result) -> None:
    """Whole scenarios, variants of an engine, and what is measured no more or only now, with the reason."""
    after = copy.deepcopy(result)
    del after["scenarios"][2]
    after["scenarios"][0]["rows"][0] = untimed("exact", "native", "wrong", "1 of 100")
    after["scenarios"][0]["rows"][8] = timed("suffix", "quamina-rs", 900)
    after["scenarios"][1]["rows"].append(timed("10 rules", "native", 400, 10))
    lines = compare.report(result, after).splitlines()
    assert "only before: growth-suffix, all rows" in lines
    assert "only after: growth-exact, native: 10 rules" in lines
    assert "no longer measured: kinds, exact, native: wrong answer: 1 of 100" in lines
    assert "measured now: kinds, suffix, quamina-rs (before: refused: no suffix here)" in lines


def saved(file: Path, result: object) -> str:
    file.write_text(json.dumps(result), encoding="utf-8")
    return str(file)


def test_the_exit_status_tells_what_is_ours(result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 when one of our engines got slower or is measured no more, 0 when only a peer is."""
    before = saved(tmp_path / "before.json", result)
    ours = saved(tmp_path / "ours.json", slowed(result, "kinds", "native", 2))
    theirs = saved(tmp_path / "theirs.json", slowed(result, "kinds", "quamina-rs", 2))
    wrong = copy.deepcopy(result)
    wrong["scenarios"][0]["rows"][0] = untimed("exact", "native", "wrong", "1 of 100")
    assert [0, 1, 0] == [compare.main([before, after]) for after in (before, ours, theirs)]
    assert 1 == compare.main([before, saved(tmp_path / "wrong.json", wrong)])
    assert "0 slower" in capsys.readouterr().out.splitlines()[0]
    assert 0 == compare.main([before, before, "--all"])
    assert "noise" in capsys.readouterr().out.splitlines()[1]


def test_a_file_that_cannot_be_used_is_named_in_one_line(
    result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, where, what to do; never a traceback."""
    good = saved(tmp_path / "good.json", result)
    unknown_status = copy.deepcopy(result)
    unknown_status["scenarios"][0]["rows"][2]["status"] = "odd"
    no_pass = copy.deepcopy(result)
    no_pass["scenarios"][0]["rows"][0]["ns"] = []
    broken = {
        "gone": (None, "No such file"),
        "text": ("{", "not JSON"),
        "list": ([], "expected an object, found list"),
        "older": ({"machine": {}, "scenarios": []}, '"date" is missing'),
        "status": (unknown_status, '$.scenarios[0].rows[2].status: "odd" is none of measured'),
        "pass": (no_pass, "$.scenarios[0].rows[0]: measured, and neither a time nor a figure"),
    }
    for name, (content, words) in broken.items():
        file = tmp_path / f"{name}.json"
        if content is not None:
            file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        assert 2 == compare.main([good, str(file)])
        said = capsys.readouterr().err
        assert 1 == said.count("\n")
        assert words in said
        assert said.startswith(f"bench compare: {file}: ")
        assert "python -m bench" in said


def test_what_is_empty_may_be_left_out(result: Result, tmp_path: Path) -> None:
    """``figures`` where events are timed, ``ns`` where something else is measured."""
    short = copy.deepcopy(result)
    for each in short["scenarios"]:
        each["rows"] = [{name: value for name, value in row.items() if value not in ([], {})} for row in each["rows"]]
    assert short != result
    saved(tmp_path / "short.json", short)
    assert result == read_result(tmp_path / "short.json")


def test_answers_of_fewer_events_are_not_other_work(result: Result) -> None:
    """A slow engine is compared for as many events as its time allows, which differs from run to run."""
    after = slowed(result, "growth-exact", "native", 2)
    for row in after["scenarios"][1]["rows"]:
        row["matches"] = 3
    assert "other work" == verdicts(result, after)["growth-exact", "native"]
    for row in after["scenarios"][1]["rows"]:
        row["compared"] = 50
    assert "slower" == verdicts(result, after)["growth-exact", "native"]


# ----- plots


def test_plots_are_well_formed_and_name_every_engine(result: Result) -> None:
    """Those that were not measured too, with the reason's word, and the absent ones."""
    drawn = plots(result["scenarios"], ["quamina"])
    assert ["growth.svg", "arrays.svg", "kinds.svg"] == list(drawn)
    words = {name: " ".join(ElementTree.fromstring(text).itertext()) for name, text in drawn.items()}
    for engine in ("native", "python", "event-ruler", "quamina-rs", "moto", "orjson", "wrong answer", "refused"):
        assert engine in words["kinds.svg"]
    assert "gave up: event-ruler (1k)" in words["growth.svg"]
    assert "wrong answer: quamina-rs" in words["arrays.svg"]
    assert all("Absent when this was measured: quamina." in each for each in words.values())


def test_the_same_result_gives_the_same_plots(result: Result) -> None:
    """Whatever is drawn before; another time gives another plot."""
    drawn = plots(result["scenarios"])
    assert drawn == plots(copy.deepcopy(result)["scenarios"])
    other = plots(slowed(result, "kinds", "native", 3)["scenarios"])
    assert {"kinds.svg"} == {name for name in drawn if drawn[name] != other[name]}


def test_nothing_is_drawn_of_nothing() -> None:
    """No scenario, or one in which nothing was measured."""
    assert {} == plots([])
    assert {} == plots([scenario("kinds", [untimed("exact", "moto", "cannot", "x")])])


# ----- tables


def test_a_row_compares_all_engines(result: Result) -> None:
    """What was not measured says why; ratios follow, of ours alone."""
    text = scenario_tables(result["scenarios"][0])
    lines = text.splitlines()
    assert "| µs an event | native | python | event-ruler | quamina-rs | moto | orjson |" == lines[0]
    assert "| exact | 0.4 ±2% | 3.6 ±2% | 2 ±2% | 1 ±2% | wrong answer (1) | 2.2 ±2% |" == lines[2]
    assert "| suffix | 0.42 ±2% |  | 2.1 ±2% | refused (2) | cannot (3) | 2.2 ±2% |" == lines[3]
    assert "1. moto, wrong answer: `2 of 100 events | first: 'x'`" == lines[5]
    columns = "| variant | engine | matches | times decoding | times faster than python |"
    assert f"{columns} times faster than event-ruler | times faster than the best peer |" in lines
    row = "| exact | native | 7 | 0.182 (0.182-0.182) | 9 (9-9) | 5 (5-5) | 2.5 (2.5-2.5), quamina-rs |"
    assert row in lines


def test_figures_have_a_row_each(result: Result) -> None:
    """Engines stand side by side there, too."""
    lines = scenario_tables(result["scenarios"][4]).splitlines()
    assert "| variant | figure | native |" == lines[0]
    assert "| exact | rules added per second | 180,000 ±2% |" == lines[2]


PERFORMANCE = """\
# Performance
<!-- begin machine -->
<!-- end -->
<!-- begin engines -->
old
<!-- end -->
kept
<!-- begin kinds -->
<!-- end -->
<!-- begin growth-* -->
old
<!-- end -->
<!-- begin arrays -->
<!-- end -->
<!-- begin changes -->
<!-- end -->
"""
README = "# ruler\n<!-- begin summary -->\n| old |\n<!-- end -->\nkept, too\n"


@pytest.fixture
def project(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with pages that have places, and a result file."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "docs" / "performance.md").write_text(PERFORMANCE, encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    saved(tmp_path / "results" / "2026-11-20.json", "older")
    saved(tmp_path / "results" / "2026-11-21.json", result)
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "PAGES", (tmp_path / "docs" / "performance.md", tmp_path / "README.md"))
    monkeypatch.setattr(page, "PLOTS", tmp_path / "docs" / "plots")
    monkeypatch.setattr(result_file, "RESULTS", tmp_path / "results")
    return tmp_path


def test_the_newest_result_is_written_into_the_places(project: Path) -> None:
    """All other text stays; several scenarios of one place are folded; a second time changes nothing."""
    assert 0 == page.main([])
    text = (project / "docs" / "performance.md").read_text(encoding="utf-8")
    assert "old" not in text
    assert "\n<!-- end -->\nkept\n<!-- begin kinds -->\n" in text
    assert "Measured on 2026-11-21 (full mode): One, 2 processors, Linux x86_64, load 0.5 at the start;" in text
    assert "| native | ruler, native | 0.1.0 | CPython | whole event | consistent |" in text
    assert "- quamina is absent: `go: 403 Forbidden`" in text
    assert "Goals reached: 1 of 2.\n- kinds: MISSED: b, at most 3 (exact, python)\n<!-- end -->" in text
    assert "<details><summary>growth-suffix: about growth-suffix</summary>" in text
    files = sorted((project / "docs" / "plots").iterdir())
    assert ["arrays.svg", "growth.svg", "kinds.svg"] == [file.name for file in files]
    assert 0 == page.main([])
    assert text == (project / "docs" / "performance.md").read_text(encoding="utf-8")


def test_the_readme_gets_the_medians(project: Path) -> None:
    """A row for each kind and for the largest of the other scenarios; engines that have no figure there say why."""
    assert 0 == page.main([])
    lines = (project / "README.md").read_text(encoding="utf-8").splitlines()
    head = "| µs an event | native | python | event-ruler | quamina-rs | moto | orjson |"
    assert f"{head} native, times faster than the best that checks all |" in lines
    assert "| exact | 0.4 | 3.6 | 2 | 1 | wrong answer | 2.2 | 5 (event-ruler) |" in lines
    assert "| growth-exact, 1000 rules | 0.44 |  | gave up |  |  |  |  |" in lines
    assert ["<!-- end -->", "kept, too"] == lines[-2:]


def test_check_finds_a_changed_digit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a page, in the README and in a plot; it writes nothing, and says what to do."""
    assert 1 == page.main(["--check"])
    assert README == (project / "README.md").read_text(encoding="utf-8")
    assert 0 == page.main([])
    assert 0 == page.main(["--check"])
    capsys.readouterr()
    for name, place in (
        ("docs/performance.md", ": place 'kinds' differs"),
        ("README.md", ": place 'summary' differs"),
        ("docs/plots/kinds.svg", ": differs"),
    ):
        file = project / name
        right = file.read_text(encoding="utf-8")
        changed = re.sub(r"\b0\.42\b|420 ns", "0.43", right)
        assert right != changed
        file.write_text(changed, encoding="utf-8")
        assert 1 == page.main(["--check"])
        said = capsys.readouterr().err
        assert f"bench page: {name}{place}\n" in said
        assert "to write it again: python -m bench page results/2026-11-21.json" in said
        assert changed == file.read_text(encoding="utf-8")
        file.write_text(right, encoding="utf-8")


def test_prose_may_change(project: Path) -> None:
    """What is outside of the places is not generated."""
    assert 0 == page.main([])
    file = project / "README.md"
    file.write_text(file.read_text(encoding="utf-8").replace("kept, too", "reworded"), encoding="utf-8")
    assert 0 == page.main(["--check"])


def test_what_is_left_over_is_found_and_removed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plot of an earlier result."""
    assert 0 == page.main([])
    (project / "docs" / "plots" / "old.svg").write_text("<svg/>", encoding="utf-8")
    assert 1 == page.main(["--check"])
    assert "docs/plots/old.svg: is a plot too many" in capsys.readouterr().err
    assert 0 == page.main([])
    assert 0 == page.main(["--check"])


def test_places_and_scenarios_belong_together(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place without results cannot be filled; a scenario without a place is not shown, and that is said."""
    file = project / "docs" / "performance.md"
    file.write_text(PERFORMANCE.replace("begin arrays", "begin ararys"), encoding="utf-8")
    assert 2 == page.main([])
    assert "no scenario fits the place 'ararys'; there are kinds, growth-exact," in capsys.readouterr().err
    file.write_text(PERFORMANCE.replace("<!-- begin arrays -->\n<!-- end -->\n", ""), encoding="utf-8")
    assert 0 == page.main([])
    assert "no place for arrays; write <!-- begin arrays -->" in capsys.readouterr().err
    assert 1 == page.main(["--check"])


def test_without_a_result_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error says how to get one."""
    for file in (project / "results").iterdir():
        file.unlink()
    assert 2 == page.main([])
    assert (
        "bench page: bench/results: no result file there; write one with: python -m bench\n" == capsys.readouterr().err
    )
    assert PERFORMANCE == (project / "docs" / "performance.md").read_text(encoding="utf-8")


def test_a_part_that_was_measured_later_is_shown_with_its_day(project: Path) -> None:
    """Its scenarios stand in their places, and say when; of a scenario in both files the later one is shown."""
    whole = json.loads((project / "results" / "2026-11-21.json").read_text(encoding="utf-8"))
    [suffix] = [each for each in whole["scenarios"] if each["scenario"] == "growth-suffix"]
    later = {**suffix, "scenario": "extension-all-of", "about": "about all-of"}
    part = {**whole, "date": "2026-11-22", "scenarios": [later]}
    (project / "results" / "2026-11-22.extensions.json").write_text(json.dumps(part), encoding="utf-8")
    file = project / "docs" / "performance.md"
    file.write_text(PERFORMANCE + "<!-- begin extension-* -->\n<!-- end -->\n", encoding="utf-8")
    assert 0 == page.main([])
    assert 0 == page.main(["--check"])
    text = file.read_text(encoding="utf-8")
    assert text.count("Measured on 2026-11-22 (full mode): One, 2 processors,") == 1
    assert text.index("begin extension-*") < text.index("Measured on 2026-11-22")
    assert "Measured on 2026-11-21 (full mode)" in text
    assert (project / "docs" / "plots" / "extensions.svg").exists()
    assert ["2026-11-22.extensions.json"] == [each.name for each in result_file.newest_parts()]
    assert "2026-11-21.json" == result_file.newest().name
    earlier = page.with_parts(whole, [{**part, "date": "2026-11-20", "scenarios": [{**suffix, "about": "early"}]}])
    assert [each["about"] for each in earlier["scenarios"]] == [each["about"] for each in whole["scenarios"]]


def test_newest_needs_a_file(project: Path) -> None:
    """The name decides, for it begins with the date."""
    assert "2026-11-21.json" == result_file.newest().name
    with pytest.raises(ResultError, match="expected an object, found str"):
        read_result(project / "results" / "2026-11-20.json")
