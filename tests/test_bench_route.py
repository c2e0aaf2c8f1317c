"""What routing costs: every answer is checked before it is timed, and the result is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import route
from ruler.route import Planner
from ruler.route.targets.memory import MemoryTarget


def test_every_variant_is_measured_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each size and variant, with a figure for each pass; the goal is judged by whole events."""
    file = tmp_path / "results" / "route.json"
    assert route.main(["--rules", "10,20", "--passes", "2", "--events", "300", "-o", str(file)]) == 0
    result = json.loads(file.read_text())
    assert [(row["rules"], row["variant"]) for row in result["rows"]] == [
        (size, variant) for size in (10, 20) for variant in route.INPUTS
    ]
    assert all(len(row["us"][measure]) == 2 for row in result["rows"] for measure in route.MEASURES)
    assert result["events"] == 300
    assert "goal 15" in result["goal"]
    assert result["goal"] in capsys.readouterr().out


def test_two_rules_match_each_event_and_the_others_none() -> None:
    """However many there are, so that only their number differs."""
    given = route.cases(200)
    sizes = [route.Routing(size, "whole", given) for size in (10, 50)]
    assert [len(each.rule_set.rules) for each in sizes] == [10, 50]
    assert {len(each.rules) for each in given} == {2}
    assert {each.match() for each in sizes} == {400}


def lost(routing: route.Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Planner.plan

    def planned(self: Planner, events: Any) -> Any:
        found = plan(self, events)
        found.deliveries = found.deliveries[:-1]
        return found

    monkeypatch.setattr(Planner, "plan", planned)


def other_bytes(routing: route.Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    routing.cases[5].data["whole, order key"] = b"{}"


def other_order(routing: route.Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    send = MemoryTarget.send

    async def sent(self: MemoryTarget, deliveries: Any) -> Any:
        return await send(self, list(reversed(deliveries)))

    monkeypatch.setattr(MemoryTarget, "send", sent)


@pytest.mark.parametrize("spoil", [lost, other_bytes, other_order])
def test_a_wrong_answer_is_found(spoil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that is missing, one with other bytes, and two of one key in another order."""
    given = route.cases(600)
    key = b"i-000001"
    given[7:9] = [
        route.Case(case.event._replace(key=key, position=case.event.position), case.rules, dict(case.data))
        for case in given[7:9]
    ]
    routing = route.Routing(10, "whole, order key", given)
    routing.check()
    spoil(routing, monkeypatch)
    with pytest.raises(route.WrongAnswerError, match="10 rules, whole, order key"):
        routing.check()
