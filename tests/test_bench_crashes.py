"""The judge of runs that were killed: it finds nothing in a run that is right, and each wrong that is put into one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.crashes.check import Bounds, Crash, Report, check
from bench.crashes.ledgers import Ledger, Took, read_archive, read_hook, read_letters
from bench.crashes.workload import ARCHIVE, DEAD, HOOK, RULES, Line, number_of, workload
from ruler.route import Event, rule_set_of_text
from ruler.route.plan import plan

LINES = list(workload(600, seed=5))
ENTRY = 10  # bytes of an entry of a ledger
BOUNDS = Bounds(after_crash=20, after_death=5)

TookLists = dict[str, list[Took]]


def right_run() -> TookLists:
    """What each target takes where nothing goes wrong."""
    took: TookLists = {HOOK: [], ARCHIVE: [], DEAD: []}
    for line in LINES:
        for target in line.targets:
            took[target].append(Took(line.number, 0, f"{target}-{line.number}"))
        for target in line.letters:
            code = "rejected" if target else "not-json"
            took[DEAD].append(Took(line.number, 0, letter_of=target, code=code, data=line.data))
    return took


def judged(took: TookLists, crashes: list[Crash] | None = None, deaths: list[int] | None = None) -> Report:
    """The report about ledgers, whose entries are of one size."""
    ledgers = {
        name: Ledger([replace(each, at=ENTRY * place) for place, each in enumerate(entries)])
        for name, entries in took.items()
    }
    return check(LINES, ledgers, crashes or [], deaths or [], BOUNDS)


def crash_at(entries: int, done: int) -> Crash:
    """A crash when the hook had so many entries and the others all, the position before the line of this number."""
    return Crash(LINES[done].offset, {HOOK: ENTRY * entries, ARCHIVE: ENTRY * 10_000, DEAD: ENTRY * 10_000})


def test_a_run_that_is_right_has_nothing_wrong() -> None:
    """And its figures are those of the oracle."""
    report = judged(right_run())
    assert [] == report.wrong
    expected = {name: len({each.number for each in took}) for name, took in right_run().items()}
    assert expected[HOOK] == report.figures["hook taken"] == report.figures["hook expected"]
    assert expected[DEAD] == report.figures["dead letters taken"] > 0


def without(target: str) -> Callable[[TookLists], None]:
    def damage(took: TookLists) -> None:
        del took[target][7 if target != DEAD else 0]

    return damage


def with_more(target: str, more: Took) -> Callable[[TookLists], None]:
    return lambda took: took[target].append(more)


def swap_one_key(took: TookLists) -> None:
    """Two events with one key change places."""
    entries = took[HOOK]
    key = LINES[entries[0].number].key
    second = next(place for place, each in enumerate(entries) if place and LINES[each.number].key == key)
    entries[0], entries[second] = entries[second], entries[0]


def change_letter(took: TookLists) -> None:
    took[DEAD][0] = replace(took[DEAD][0], data=took[DEAD][0].data + b" ")


def share_id(took: TookLists) -> None:
    took[HOOK][3] = replace(took[HOOK][3], id=took[HOOK][4].id)


UNROUTED = next(line.number for line in LINES if not line.targets and not line.letters)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without(HOOK), "hook: missing"),
        (without(ARCHIVE), "archive: missing"),
        (without(DEAD), "dead letters: missing"),
        (with_more(HOOK, Took(UNROUTED, 0, "x")), "hook: unexpected"),
        (with_more(ARCHIVE, Took(UNROUTED, 0)), "archive: unexpected"),
        (with_more(DEAD, Took(UNROUTED, 0, letter_of=HOOK, data=LINES[UNROUTED].data)), "dead letters: unexpected"),
        (with_more(HOOK, right_run()[HOOK][0]), "taken twice for no reason"),
        (swap_one_key, "hook: after a later one of its key"),
        (change_letter, "dead letters: other bytes"),
        (share_id, "hook: an id of two deliveries"),
    ],
)
def test_each_wrong_is_told(damage: Callable[[TookLists], None], told: str) -> None:
    """One of each kind, in a run that is right otherwise."""
    took = right_run()
    damage(took)
    [wrong] = judged(took).wrong
    assert wrong.startswith(told)


def test_what_was_in_flight_at_a_crash_may_come_twice() -> None:
    """From the recorded position on, as many as may be in flight."""
    took = right_run()
    entries = took[HOOK]
    first = entries[50].number
    entries[60:60] = entries[50:60]
    report = judged(took, [crash_at(60, first)])
    assert (10, []) == (report.figures["repeated after crashes"], report.wrong)
    assert ["taken twice for no reason"] == [wrong.split(":")[0] for wrong in judged(took).wrong]
    beyond = judged(took, [crash_at(60, entries[55].number)])
    assert ["taken twice for no reason"] == [wrong.split(":")[0] for wrong in beyond.wrong]


def test_more_than_was_in_flight_may_not_come_twice() -> None:
    """The bound is that of the router's limits."""
    took = right_run()
    took[HOOK][60:60] = took[HOOK][35:60]
    [wrong] = judged(took, [crash_at(60, took[HOOK][35].number)]).wrong
    assert "25 events repeated after one crash, expected at most 20" == wrong


def test_what_is_done_was_taken() -> None:
    """A position beyond what the targets had when the process was killed is told, though all of it came later."""
    took = right_run()
    done = took[HOOK][60].number + 1
    [wrong] = judged(took, [crash_at(60, done)]).wrong
    assert wrong.startswith("done before it was taken")


def test_a_late_answer_and_a_death_of_the_sink_excuse_a_repeat() -> None:
    """No crash is needed for those: the router could not know that the event was taken."""
    took = right_run()
    took[HOOK][5] = replace(took[HOOK][5], is_late=True)
    took[HOOK].insert(8, replace(took[HOOK][5], is_late=False))
    report = judged(took)
    assert (1, []) == (report.figures["repeated because the answer was late"], report.wrong)
    took = right_run()
    took[HOOK].insert(8, replace(took[HOOK][5], attempt=1))
    report = judged(took)
    assert (1, []) == (report.figures["repeated because the answer was late"], report.wrong)
    took = right_run()
    took[HOOK].insert(8, took[HOOK][5])
    report = judged(took, deaths=[7 * ENTRY])
    assert (1, []) == (report.figures["repeated because the sink died"], report.wrong)


def test_ledgers_are_read_with_their_places(tmp_path: Path) -> None:
    """Of each target in its own form; what nobody can read is counted."""
    hook = tmp_path / "hook"
    hook.write_bytes(b"taken 17 k3 ab 1\nfailed 18 k3 cd 1\nrefused 19 k3 ef 1\nlate 18 k3 cd 2\ntak")
    assert Ledger([Took(17, 0, "ab", 1), Took(18, 54, "cd", 2, is_late=True)], 1, 1) == read_hook(hook)
    archive = tmp_path / "archive"
    archive.write_bytes(b'{"n":4}\n{"n":5\n{"n":6}\n')
    assert Ledger([Took(4, 0), Took(6, 15)], 1) == read_archive(archive)
    dead = tmp_path / "dead"
    dead.write_bytes(
        json.dumps({"target": "hook", "code": "rejected", "id": "x", "event": {"n": 1}}).encode() + b"\n?\n"
    )
    assert Ledger([Took(-1, 0, "x", letter_of="hook", code="rejected", data=b'{"n": 1}')], 1) == read_letters(dead)
    assert Ledger([]) == read_letters(tmp_path / "none")


def test_the_oracle_and_the_rules_say_the_same() -> None:
    """The workload's own word for who gets a line is what a plan says of it."""
    targets = "".join(f'[targets.{name}]\nuri = "file:{name}"\n' for name in (HOOK, ARCHIVE, DEAD))
    rule_set = rule_set_of_text(f'dead_letter = "dead"\n{RULES}{targets}', form="toml")
    found = plan([Event(line.data) for line in LINES], rule_set)
    planned: dict[int | None, set[str]] = {}
    for delivery in found.deliveries:
        planned.setdefault(number_of(delivery.data), set()).add(delivery.target)
    assert {number_of(each.event.data) for each in found.poison} == {e.number for e in LINES if "" in e.letters}
    for line in LINES:
        refused = {target for target in line.letters if target}
        assert {*line.targets, *refused} == planned.get(line.number, set()), line


def test_a_workload_is_the_same_each_time() -> None:
    """Its offsets are those of the file, and every line knows its number."""
    again = list(workload(600, seed=5))
    assert LINES == again
    text = b"".join(line.data + b"\n" for line in LINES)
    assert all(text.startswith(line.data, line.offset) for line in LINES)
    assert [line.number for line in LINES] == [number_of(line.data) for line in LINES]
    assert {Line} == {type(line) for line in LINES}
