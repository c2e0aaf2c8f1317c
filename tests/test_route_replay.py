"""Replays: where a dead letter goes now, what is remembered of it, and a router that does it."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ruler import Matcher
from ruler.route import Router, rule_set_of_mapping
from ruler.route.dead_letters import Letter, letter_of, record_of
from ruler.route.model import OK, Delivery, Event, Outcome, Position, Reject
from ruler.route.plan import Planner, Poison, plan
from ruler.route.replay.choice import choose
from ruler.route.replay.letters import LONGEST_LETTER, Found, Letters
from ruler.route.replay.marks import Mark, Marks, ReplayError, hash_of
from ruler.route.replay.source import Counts, Replay, ReplayRouter
from ruler.route.rule_set import RuleSet

TARGETS: dict[str, Any] = {"ops": {}, "log": {}, "dlq": {}}
RULES: dict[str, Any] = {
    "big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]},
    "all": {"pattern": {"total": [{"exists": True}]}, "targets": ["log"]},
}


def rule_set(rules: dict[str, Any] = RULES, targets: dict[str, Any] = TARGETS) -> RuleSet:
    return rule_set_of_mapping(
        {"targets": targets, "rules": rules, "dead_letter": "dlq"}, provided=["ops", "log", "dlq"]
    )


def dead(data: bytes, target: str = "ops", rules: RuleSet | None = None, **event: Any) -> bytes:
    """The line of a dead letter of ``data``, as a router makes it."""
    found = plan([Event(data, **event)], rules or rule_set())
    delivery = next((each for each in found.deliveries if each.target == target), None)
    return record_of(delivery or found.poison[0], reason="HTTP 500", attempts=8)


class Fake:
    """A target that keeps what it takes, and refuses what holds ``refused``."""

    def __init__(self, refused: bytes = b"\0") -> None:
        self.taken: list[Delivery] = []
        self.refused = refused

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = [Reject("no") if self.refused in each.data else OK for each in deliveries]
        self.taken += [each for each, outcome in zip(deliveries, outcomes, strict=True) if outcome is OK]
        return outcomes

    async def close(self) -> None:
        pass


# ----- where a letter goes


def test_a_letter_goes_to_its_own_target_with_its_own_id() -> None:
    """Not to the other targets that take the event too: these had it."""
    letter = letter_of(dead(b'{"total": 12}', position=Position("in", 5)))
    found = choose(letter, Planner(rule_set())).deliveries
    assert [(each.target, each.id, each.data, each.attempt) for each in found] == [
        ("ops", letter.id, b'{"total": 12}', 1)
    ]


def test_the_id_stays_when_the_rules_have_changed() -> None:
    """Other rules make other ids; this is the delivery of before, so a receiver can tell."""
    letter = letter_of(dead(b'{"total": 12}', position=Position("in", 5)))
    changed = rule_set({**RULES, "newer": {"pattern": {"total": [12]}, "targets": ["ops"]}})
    found = choose(letter, Planner(changed)).deliveries
    assert [each.id for each in found] == [letter.id]
    assert [each.rules for each in found] == [("big", "newer")]
    assert plan([letter.event()], changed).deliveries[0].id != letter.id


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        (Letter(b'{"total": 5}', target="ops"), "no rule leads it to ops now"),
        (Letter(b'{"total": 12}', target="gone"), "there is no target gone now"),
        (Letter(b'{"a'), "it is no event: "),
        (Letter(b'{"other": 5}'), "no rule matches it"),
        (Letter(b"[]", target="ops"), "it is no event: found an array, expected an object"),
    ],
)
def test_what_leads_nowhere_now_is_kept(letter: Letter, why: str) -> None:
    """With the reason in words."""
    choice = choose(letter, Planner(rule_set()))
    assert choice.deliveries == ()
    assert choice.why_not.startswith(why)


def test_poison_goes_wherever_its_rules_lead_now() -> None:
    """An entry of PutEvents that came to a router that took it for something else."""
    entry = b'{"Source": "shop", "DetailType": "order", "Detail": "{\\"total\\": 12}"}'
    rules = {"big": {"pattern": {"detail": {"total": [12]}}, "targets": ["ops", "log"]}}
    letter = letter_of(record_of(Poison(Event(entry, position=Position("in", 3)), "not-eventbridge", "no id")))
    found = choose(letter, Planner(rule_set(rules), form="put-events")).deliveries
    assert [each.target for each in found] == ["log", "ops"]
    planned = plan([Event(entry, position=Position("in", 3))], rule_set(rules), form="put-events").deliveries
    assert [(each.id, each.data) for each in found] == [(each.id, each.data) for each in planned]


def test_of_two_inputs_the_one_of_the_letter_is_chosen() -> None:
    """A target may get two things of one event: only one of them is dead."""
    rules = {
        "a": {"pattern": {"total": [12]}, "targets": ["ops"], "input": {"select": "/total"}},
        "b": {"pattern": {"total": [12]}, "targets": ["ops"]},
    }
    deliveries = plan([Event(b'{"total": 12}')], rule_set(rules)).deliveries
    for delivery in deliveries:
        letter = letter_of(record_of(delivery, reason="x"))
        chosen = choose(letter, Planner(rule_set(rules))).deliveries
        assert [(each.id, each.data) for each in chosen] == [(delivery.id, delivery.data)]
        rules_of_now = rule_set({**rules, "c": {"pattern": {"x": [1]}, "targets": ["log"]}})
        by_rules = choose(letter, Planner(rules_of_now)).deliveries
        assert [(each.id, each.data) for each in by_rules] == [(delivery.id, delivery.data)]


def test_what_has_no_input_still_is_kept() -> None:
    """It would only become the same dead letter again."""
    rules = {"a": {"pattern": {"total": [12]}, "targets": ["ops"], "input": {"select": "/gone"}}}
    letter = letter_of(dead(b'{"total": 12}', rules=rule_set(rules)))
    assert choose(letter, Planner(rule_set(rules))).why_not == "the event has nothing at /gone"


# ----- the lines of a file


def lines_of(path: Path, content: bytes, where: str = "") -> list[Found]:
    path.write_bytes(content)
    with open(path, "rb") as file:
        return list(Letters(file, Matcher({"where": where}) if where else None))


def test_each_line_is_a_letter_or_a_problem(tmp_path: Path) -> None:
    """Blank lines are nothing; numbers and offsets are those of the file; the last line needs no end."""
    line = dead(b'{"total": 12}')
    found = lines_of(tmp_path / "dead.jsonl", line + b"\r\n\n{}\n\xff\n" + line)
    assert [(each.number, each.offset, each.letter is not None) for each in found] == [
        (1, 0, True),
        (3, len(line) + 3, False),
        (4, len(line) + 6, False),
        (5, len(line) + 8, True),
    ]
    assert found[0].hash == found[3].hash == hash_of(line)
    assert found[1].problem.startswith('no dead letter: it has none of "event", "text" and "base64"')


def test_a_pattern_selects_letters_by_all_that_is_in_them(tmp_path: Path) -> None:
    """By the target and by the event; a line that is no letter is told all the same."""
    content = b"\n".join([dead(b'{"total": 12}'), dead(b'{"total": 13}'), dead(b'{"total": 13}', "log"), b"{}"])
    found = lines_of(tmp_path / "dead.jsonl", content, '{"target": ["ops"], "event": {"total": [13]}}')
    assert [each.number for each in found] == [2, 4]


def test_the_end_is_that_of_the_start(tmp_path: Path) -> None:
    """What is added while the file is read waits for the next replay: else a replay into itself had no end."""
    path = tmp_path / "dead.jsonl"
    path.write_bytes(dead(b'{"total": 12}') + b"\n")
    with open(path, "rb") as file, open(path, "ab") as again:
        numbers = []
        for found in Letters(file):
            numbers.append(found.number)
            again.write(dead(b'{"total": 13}') + b"\n")
            again.flush()
    assert numbers == [1]


def test_a_huge_line_is_no_letter_and_the_next_one_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is passed over without being kept."""
    monkeypatch.setattr("ruler.route.replay.letters.LONGEST_LETTER", 500)
    line = dead(b'{"total": 12}')
    found = lines_of(tmp_path / "dead.jsonl", b"{" * 2000 + b"\n" + line)
    assert [(each.number, each.problem[:11]) for each in found] == [(1, "longer than"), (2, "")]
    assert LONGEST_LETTER >= 16 * 1024 * 1024


# ----- what is remembered


def test_marks_come_back(tmp_path: Path) -> None:
    """By letter and target; what a crash has cut is no mark, and the next one stands on a line of its own."""
    path = tmp_path / "dead.jsonl.replayed"
    marks = Marks(str(path))
    marks.open()
    marks.add([Mark(b"\1" * 16, "ops", "id-1"), Mark(b"\1" * 16, "log", "id-2")], "2026-11-22T10:00:00.000Z")
    marks.close()
    content = path.read_bytes()
    assert json.loads(content.splitlines()[0]) == {
        "letter": "01" * 16,
        "target": "ops",
        "id": "id-1",
        "time": "2026-11-22T10:00:00.000Z",
    }
    path.write_bytes(content[:-9])
    marks = Marks(str(path))
    marks.open()
    assert (marks.take(b"\1" * 16, "ops"), marks.take(b"\1" * 16, "log")) == (True, False)
    marks.add([Mark(b"\2" * 16, "ops", "id-3")], "2026-11-22T10:00:00.000Z")
    marks.close()
    again = Marks(str(path))
    again.read()
    assert again.take(b"\2" * 16, "ops")


def test_equal_lines_have_a_mark_each(tmp_path: Path) -> None:
    """Two events that were the same to the byte are two letters: one that is done is not both."""
    line = dead(b'{"total": 12}')
    path = str(tmp_path / "marks")
    for lines, delivered in ((1, 1), (2, 1), (2, 0)):
        marks = Marks(path)
        marks.open()
        counts = replayed(b"\n".join([line] * lines), marks, Fake(), Fake())
        marks.close()
        assert (counts.letters, counts.before) == (delivered, lines - delivered)


def test_poison_is_done_target_by_target(tmp_path: Path) -> None:
    """With a part of the targets the others are left for another replay."""
    line = record_of(Poison(Event(b'{"total": 12}'), "not-eventbridge", "no id"))
    found = [Found(1, 0, hash_of(line), letter_of(line))]
    for wanted, targets in (("log", ["log"]), ("log", []), ("", ["ops"])):
        marks = Marks(str(tmp_path / "marks"))
        marks.open()
        replay = Replay(
            found,
            Planner(rule_set()),
            marks,
            name="x",
            is_wanted=lambda name, wanted=wanted: wanted in name,  # type: ignore[misc]
            wall_clock=lambda: 0.0,
        )

        async def run(replay: Replay) -> None:
            async with ReplayRouter(
                rule_set(), replay, targets={"ops": Fake(), "log": Fake(), "dlq": Fake()}
            ) as router:
                await router.run(replay)

        asyncio.run(run(replay))
        marks.close()
        assert sorted(replay.counts.deliveries) == targets


def test_one_replay_at_a_time(tmp_path: Path) -> None:
    """Two would deliver everything twice."""
    path = str(tmp_path / "dead.jsonl.replayed")
    first, second = Marks(path), Marks(path)
    first.open()
    with pytest.raises(ReplayError, match="another replay uses"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_marks_that_cannot_be_written_are_an_error_before_anything_is_delivered(tmp_path: Path) -> None:
    """With what they are for."""
    with pytest.raises(ReplayError, match=r"(?s)cannot be written: No such file.*remembers which letters are done"):
        Marks(str(tmp_path / "gone" / "marks")).open()


def test_a_mark_that_cannot_be_written_says_what_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay ends with the error: going on would deliver what nobody remembers."""

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    marks = Marks(str(tmp_path / "marks"))
    marks.open()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ReplayError, match=r"(?s)marks cannot be written: No space left.*next replay delivers it again"):
        replayed(dead(b'{"total": 12}'), marks, Fake(), Fake())


# ----- a router that does it


def replayed(content: bytes, marks: Marks, ops: Fake, dlq: Fake, log: Fake | None = None) -> Counts:
    """Replay the lines by a router on a loop; return the counts."""

    async def run() -> Counts:
        found = [
            Found(number, number * 1000, hash_of(line), letter_of(line))
            for number, line in enumerate(content.splitlines(), 1)
        ]
        replay = Replay(found, Planner(rule_set()), marks, name="dead.jsonl", wall_clock=lambda: 0.0)
        async with ReplayRouter(rule_set(), replay, targets={"ops": ops, "log": log or Fake(), "dlq": dlq}) as router:
            await router.run(replay)
        return replay.counts

    return asyncio.run(run())


def test_letters_are_delivered_once(tmp_path: Path) -> None:
    """A second replay of the same file delivers nothing, and says so."""
    content = b"\n".join(dead(b'{"total": %d}' % number) for number in range(10, 500))
    path = str(tmp_path / "marks")
    ops, dlq = Fake(), Fake()
    for delivered, before in ((490, 0), (0, 490)):
        marks = Marks(path)
        marks.open()
        counts = replayed(content, marks, ops, dlq)
        marks.close()
        assert (counts.letters, counts.before, counts.is_at_end) == (delivered, before, True)
    assert [each.data for each in ops.taken] == [b'{"total": %d}' % number for number in range(10, 500)]


def test_what_fails_again_is_a_new_letter_of_the_same_delivery() -> None:
    """With the id it had, its attempts counted on, and the event as it came."""
    content = dead(b'{"total": 12}', position=Position("in", 7)) + b"\n" + dead(b'{"total": 13}')
    ops, dlq = Fake(refused=b"12"), Fake()
    replayed(content, Marks(""), ops, dlq)
    before, after = letter_of(content.splitlines()[0]), letter_of(dlq.taken[0].data)
    assert [each.data for each in ops.taken] == [b'{"total": 13}']
    assert (after.id, after.data, after.position, after.target) == (before.id, before.data, Position("in", 7), "ops")
    assert (after.attempts, after.replays, after.reason) == (9, 1, "no")


def test_only_what_is_done_is_marked(tmp_path: Path) -> None:
    """A replay that ends in the middle goes on from there; what was not answered is not marked."""
    content = b"\n".join(dead(b'{"total": %d}' % number) for number in range(10, 20))
    path = str(tmp_path / "marks")

    class Dies(Fake):
        async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
            if len(self.taken) + len(deliveries) > 3:
                raise asyncio.CancelledError
            return await super().send(deliveries)

    async def run() -> None:
        marks = Marks(path)
        marks.open()
        found = [
            Found(number, number * 1000, hash_of(line), letter_of(line))
            for number, line in enumerate(content.splitlines(), 1)
        ]
        rules = rule_set(targets={**TARGETS, "ops": {"batch": 1, "concurrency": 1, "order": "none"}})
        replay = Replay(found, Planner(rules), marks, name="dead.jsonl", wall_clock=lambda: 0.0)
        router = ReplayRouter(rules, replay, targets={"ops": Dies(), "log": Fake(), "dlq": Fake()})
        async with router:
            running = asyncio.ensure_future(router.run(replay))
            while router.status.targets["ops"].delivered < 3:
                await asyncio.sleep(0)
            await router.stop(at_once=True)
            await asyncio.wait([running])
        marks.close()

    asyncio.run(run())
    marks = Marks(path)
    marks.open()
    counts = replayed(content, marks, Fake(), Fake())
    assert (counts.before, counts.letters) == (3, 7)


def test_the_file_may_be_the_dead_letters_of_the_rules(tmp_path: Path) -> None:
    """What fails again is added behind; the replay ends, and the next one replays only what was added."""
    path = tmp_path / "dead.jsonl"
    path.write_bytes(dead(b'{"total": 12}') + b"\n" + dead(b'{"total": 13}') + b"\n")

    class Appends(Fake):
        async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
            with open(path, "ab") as file:
                file.writelines(each.data + b"\n" for each in deliveries)
            return await super().send(deliveries)

    async def run(ops: Fake) -> Counts:
        marks = Marks(str(path) + ".replayed")
        marks.open()
        with open(path, "rb") as file:
            replay = Replay(Letters(file), Planner(rule_set()), marks, name="dead.jsonl", wall_clock=lambda: 0.0)
            async with ReplayRouter(
                rule_set(), replay, targets={"ops": ops, "log": Fake(), "dlq": Appends()}
            ) as router:
                await router.run(replay)
        marks.close()
        return replay.counts

    first = asyncio.run(run(Fake(refused=b"12")))
    assert (first.letters, len(path.read_bytes().splitlines())) == (2, 3)
    ops = Fake()
    second = asyncio.run(run(ops))
    assert (second.letters, second.before) == (1, 2)
    assert [each.data for each in ops.taken] == [b'{"total": 12}']


def test_other_targets_are_not_asked_for() -> None:
    """With a part of the targets, letters for others are counted and stay unmarked."""
    lines = [dead(b'{"total": 12}'), dead(b'{"total": 12}', "log")]
    found = [Found(number, number, hash_of(line), letter_of(line)) for number, line in enumerate(lines)]
    replay = Replay(
        found, Planner(rule_set()), Marks(""), name="x", is_wanted=lambda name: name == "log", wall_clock=lambda: 0.0
    )
    steps = list(replay.steps())
    assert [[each.target for each in step.deliveries] for step in steps] == [[], ["log"]]
    assert (replay.counts.others, replay.counts.letters) == (1, 1)


def test_a_router_of_a_replay_is_a_router() -> None:
    """It differs in what plans, and in nothing else."""
    assert issubclass(ReplayRouter, Router)
    assert {name for name in vars(ReplayRouter) if not name.startswith("__")} == {"_planner"}


def test_a_file_that_cannot_be_read_ends_the_replay() -> None:
    """The error comes out of ``run``, and nothing is marked."""

    def broken() -> Any:
        yield Found(1, 0, b"\1", letter_of(dead(b'{"total": 12}')))
        raise OSError(5, "Input/output error")

    async def run() -> None:
        replay = Replay(broken(), Planner(rule_set()), Marks(""), name="x", wall_clock=lambda: 0.0)
        async with ReplayRouter(rule_set(), replay, targets={"ops": Fake(), "log": Fake(), "dlq": Fake()}) as router:
            await router.run(replay)

    with pytest.raises(OSError, match="Input/output error"):
        asyncio.run(run())


def test_a_pipe_has_no_size_and_ends_by_itself() -> None:
    """So letters may come from another command."""
    reading, writing = os.pipe()
    with open(writing, "wb") as file:
        file.write(dead(b'{"total": 12}') + b"\n")
    with open(reading, "rb") as file:
        assert [found.number for found in Letters(file)] == [1]
    assert isinstance(file, io.BufferedReader)
