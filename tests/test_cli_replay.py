"""``ruler replay``: dead letters are delivered again, once, and nothing is lost or said that is not so."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from cli_runner import TIMEOUT_SECONDS, Shell, end

from ruler.route import Event, letter_of, record_of, rule_set_of_mapping
from ruler.route.model import Position
from ruler.route.plan import Planner
from ruler_cli.replay import HELP, replay_parser

CONFIG = """\
dead_letter = "dead"
[targets.ops]
uri = "file:ops.jsonl"
[targets.audit]
uri = "file:audit.jsonl"
[targets.dead]
uri = "file:dead.jsonl"
[rules.big]
pattern.total = [{ numeric = [">", 9] }]
targets = ["audit", "ops"]
"""
NO_SUCH_PORT = 'uri = "http://127.0.0.1:9/hook"\nretry = { attempts = 1 }\nbrake = false'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A directory with a config that dead letters can be replayed with."""
    shell = Shell(tmp_path)
    shell.write("config.toml", CONFIG)
    return shell


def letters(*totals: int, target: str = "ops", **pattern: Any) -> bytes:
    """Lines of dead letters, one for each total, as a router makes them."""
    targets = {name: {"uri": f"file:{name}"} for name in ("ops", "audit")}
    rules = {"big": {"pattern": {"total": [{"exists": True}]}, "targets": ["audit", "ops"]}}
    planner = Planner(rule_set_of_mapping({"targets": targets, "rules": rules}))
    events = [Event(b'{"total": %d}' % total, position=Position("in", total)) for total in totals]
    deliveries = [each for each in planner.plan(events).deliveries if each.target == target]
    return b"".join(record_of(each, reason="HTTP 500", attempts=8) + b"\n" for each in deliveries)


def lines(shell: Shell, name: str) -> list[bytes]:
    path = shell.directory / name
    return path.read_bytes().splitlines() if path.exists() else []


def test_letters_are_delivered_to_their_targets_and_remembered(shell: Shell) -> None:
    """Once: a second replay finds nothing to do. The file stays as it is."""
    content = letters(10, 11) + letters(12, target="audit")
    shell.write("dead.jsonl", content)
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert (done.code, done.output) == (0, b"")
    assert done.errors == (
        "ruler replay: dead.jsonl: 3 letters were replayed\n  audit  1 delivered\n  ops    2 delivered\n"
    )
    assert lines(shell, "ops.jsonl") == [b'{"total": 10}', b'{"total": 11}']
    assert lines(shell, "audit.jsonl") == [b'{"total": 12}']
    again = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert (again.code, again.errors) == (
        0,
        "ruler replay: dead.jsonl: 0 letters were replayed\n  before  3 replayed before\n",
    )
    assert len(lines(shell, "ops.jsonl")) == 2
    assert (shell.directory / "dead.jsonl").read_bytes() == content
    assert len(lines(shell, "dead.jsonl.replayed")) == 3


def test_what_fails_again_is_the_same_delivery_in_the_same_file(shell: Shell) -> None:
    """The file that is replayed is the one that dead letters go to: they are added behind, and the replay ends."""
    shell.write("config.toml", CONFIG.replace('uri = "file:ops.jsonl"', NO_SUCH_PORT))
    content = letters(10, 11)
    shell.write("dead.jsonl", content)
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 1
    assert "\n  ops  0 delivered, 2 dead letters again (cannot connect" in done.errors
    before = [letter_of(line) for line in content.splitlines()]
    found = [letter_of(line) for line in lines(shell, "dead.jsonl")]
    assert found[:2] == before
    assert [(each.id, each.data, each.position) for each in found[2:]] == [
        (each.id, each.data, each.position) for each in before
    ]
    assert [(each.attempts, each.replays) for each in found[2:]] == [(9, 1), (9, 1)]
    shell.write("config.toml", CONFIG)
    again = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert again.code == 0
    assert "2 letters were replayed" in again.errors
    assert lines(shell, "ops.jsonl") == [b'{"total": 10}', b'{"total": 11}']


def test_what_leads_nowhere_is_told_and_kept(shell: Shell) -> None:
    """Exit 1; when the rules lead there again, the next replay delivers it."""
    shell.write("dead.jsonl", letters(5, 10))
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 1
    assert done.errors == (
        "dead.jsonl:1: kept: no rule leads it to ops now\n"
        "ruler replay: dead.jsonl: 1 letter was replayed\n"
        "  ops   1 delivered\n"
        "  kept  1: no rule leads it to ops now\n"
    )
    shell.write("config.toml", CONFIG.replace('">", 9', '">", 4'))
    assert shell.run("replay", "-c", "config.toml", "dead.jsonl").code == 0
    assert lines(shell, "ops.jsonl") == [b'{"total": 10}', b'{"total": 5}']


def test_a_dry_run_says_what_would_be_done_and_touches_nothing(shell: Shell) -> None:
    """For people, and for programs."""
    shell.write("dead.jsonl", letters(10, 5) + letters(11, target="audit"))
    before = sorted(os.listdir(shell.directory))
    done = shell.run("replay", "--dry-run", "-c", "config.toml", "dead.jsonl")
    assert done.code == 1
    assert done.output.decode() == (
        "dead.jsonl:1: to ops, by big\n"
        "dead.jsonl:3: to audit, by big\n"
        "2 letters would be replayed: 1 to audit, 1 to ops\n"
        "  kept  1: no rule leads it to ops now\n"
    )
    assert done.errors == "dead.jsonl:2: kept: no rule leads it to ops now\n"
    found = shell.run("replay", "-n", "--format", "json", "-c", "config.toml", "dead.jsonl")
    records = [json.loads(line) for line in found.output.splitlines()]
    assert [(each["line"], each["outcome"], each["target"]) for each in records[:2]] == [
        (1, "deliver", "ops"),
        (3, "deliver", "audit"),
    ]
    assert records[2] == {
        "letters": 2,
        "deliveries": {"audit": 1, "ops": 1},
        "kept": {"no rule leads it to ops now": 1},
        "before": 0,
        "not_asked_for": 0,
        "no_dead_letters": 0,
    }
    assert json.loads(found.errors)["outcome"] == "kept"
    assert sorted(os.listdir(shell.directory)) == before


def test_a_pattern_and_a_glob_select_letters(shell: Shell) -> None:
    """By anything in them; what is not selected is replayed another time."""
    shell.write("dead.jsonl", letters(10, 11) + letters(10, 11, target="audit"))
    where = '{"event": {"total": [11]}}'
    done = shell.run("replay", "-c", "config.toml", "--where", where, "--targets", "o*", "dead.jsonl")
    assert (done.code, lines(shell, "ops.jsonl"), lines(shell, "audit.jsonl")) == (0, [b'{"total": 11}'], [])
    assert done.errors.endswith("  ops     1 delivered\n  others  3 not asked for\n")
    two = shell.run(
        "replay", "-c", "config.toml", "--where", '{"event": {"total": [10]}}', "--where", where, "dead.jsonl"
    )
    assert "3 letters were replayed" in two.errors
    assert "before  1 replayed before" in two.errors


def test_standard_input_is_replayed_and_not_remembered(shell: Shell) -> None:
    """As from ``ruler filter``: there is no file to keep the marks beside."""
    for _ in range(2):
        done = shell.run("replay", "-c", "config.toml", "-", given=letters(10))
        assert done.code == 0
        assert done.errors == "ruler replay: <stdin>: 1 letter was replayed\n  ops  1 delivered\n"
    assert len(lines(shell, "ops.jsonl")) == 2
    assert not [name for name in os.listdir(shell.directory) if "replayed" in name]


def test_lines_that_are_no_letters_are_told_and_the_others_go_on(shell: Shell) -> None:
    """Exit 2; whatever stands there, with its line, and no more than ten of them for people."""
    hostile = b'{}\n\xff\n[1]\n{"target": "ops", "base64": "?"}\n' + b"{" * 5000 + b"\n" + b"null\n" * 10
    shell.write("dead.jsonl", hostile + letters(10))
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 2
    told = [line for line in done.errors.splitlines() if line.startswith("dead.jsonl:")]
    assert len(told) == 10
    assert told[0] == 'dead.jsonl:1: no dead letter: it has none of "event", "text" and "base64", expected one of them'
    assert 'dead.jsonl:4: no dead letter: "base64" is no base64: ' in told[3]
    assert "\n  lines  15 no dead letters\n" in done.errors
    assert lines(shell, "ops.jsonl") == [b'{"total": 10}']
    as_json = shell.run("replay", "-n", "--format", "json", "-c", "config.toml", "dead.jsonl")
    assert [json.loads(line)["outcome"] for line in as_json.errors.splitlines()] == ["no-dead-letter"] * 15


def test_what_nobody_takes_is_trouble_and_stays(shell: Shell) -> None:
    """Without a target for dead letters the replay ends, says what to write, and marks nothing."""
    config = CONFIG.replace('dead_letter = "dead"\n', "").replace('uri = "file:ops.jsonl"', NO_SUCH_PORT)
    shell.write("config.toml", config)
    shell.write("dead.jsonl", letters(10))
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 2
    assert "nothing takes dead letters" in done.errors
    assert "  ops  0 delivered, 1 not done" in done.errors
    assert lines(shell, "dead.jsonl.replayed") == []


def test_errors_of_the_config_and_the_pattern_are_told_together(shell: Shell) -> None:
    """With their places, and nothing is delivered."""
    shell.write("config.toml", CONFIG.replace('"ops"]', '"opps"]'))
    shell.write("dead.jsonl", letters(10))
    done = shell.run("replay", "-c", "config.toml", "--where", '{"target": "ops"}', "dead.jsonl")
    assert done.code == 2
    assert '--where:1:12: $.target: found the string "ops", expected an array' in done.errors
    assert 'config.toml:10:21: no target is called "opps"; did you mean "ops"?' in done.errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no dead letters: give a FILE of them, or - for standard input"),
        (("a", "b"), 'one file of dead letters at a time: found "b" after "a"'),
        (("a",), "no config: say with -c CONFIG where the rules and targets stand"),
        (("-c", "config.toml", "gone.jsonl"), "ruler: gone.jsonl: No such file or directory"),
        (("-c", "config.toml", "."), "ruler: .: Is a directory"),
        (("-c", "gone.toml", "dead.jsonl"), "ruler: gone.toml: No such file or directory"),
        (("-c", "config.toml", "--targets", "x*", "dead.jsonl"), "--targets: no target is called x*"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    """In words that say what is wrong, or what to write."""
    shell.write("dead.jsonl", letters(10))
    done = shell.run("replay", *arguments)
    assert (done.code, done.output) == (2, b"")
    assert message in done.errors


def test_targets_that_cannot_be_made_are_told_with_their_place(shell: Shell) -> None:
    """Before anything is delivered."""
    shell.write("config.toml", CONFIG.replace("file:ops.jsonl", "file:gone/ops.jsonl"))
    shell.write("dead.jsonl", letters(10))
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 2
    assert "config.toml:3:" in done.errors
    assert "there is no directory gone" in done.errors


def test_one_replay_of_a_file_at_a_time(shell: Shell) -> None:
    """The second one says so, and does nothing."""
    shell.write("config.toml", CONFIG.replace('uri = "file:ops.jsonl"', 'uri = "file:ops.jsonl"\nrate = 1\nburst = 1'))
    shell.write("dead.jsonl", letters(*range(10, 100)))
    first = shell.start("replay", "-c", "config.toml", "dead.jsonl")
    try:
        wait_until(lambda: bool(lines(shell, "ops.jsonl")))
        second = shell.run("replay", "-c", "config.toml", "dead.jsonl")
        assert second.code == 2
        assert "another replay uses dead.jsonl.replayed" in second.errors
    finally:
        first.kill()
        end(first)


def test_a_replay_that_is_killed_goes_on_where_it_was(shell: Shell) -> None:
    """Nothing is missing; at most what was on its way comes twice, with the same data."""
    totals = range(10, 1010)
    slow = 'uri = "file:ops.jsonl"\nrate = 1000\nburst = 1\nbatch = 1\nconcurrency = 1'
    shell.write("config.toml", CONFIG.replace('uri = "file:ops.jsonl"', slow))
    shell.write("dead.jsonl", letters(*totals))
    for enough in (50, 200):
        process = shell.start("replay", "-c", "config.toml", "dead.jsonl")
        wait_until(lambda enough=enough: len(lines(shell, "ops.jsonl")) >= enough)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        end(process)
    done = shell.run("replay", "-c", "config.toml", "dead.jsonl")
    assert done.code == 0
    found = lines(shell, "ops.jsonl")
    assert list(dict.fromkeys(found)) == [b'{"total": %d}' % total for total in totals]
    assert len(found) <= len(totals) + 2  # one send of one delivery was on its way at each end
    assert len(lines(shell, "dead.jsonl.replayed")) == len(totals)


def test_a_signal_stops_a_replay_gracefully(shell: Shell) -> None:
    """What was begun is finished and marked, the summary says so, and the next replay does the rest."""
    slow = 'uri = "file:ops.jsonl"\nrate = 50\nburst = 1'
    limits = "[limits]\nmax_events = 4\nbatch_events = 2\n"
    shell.write("config.toml", CONFIG.replace('uri = "file:ops.jsonl"', slow) + limits)
    shell.write("dead.jsonl", letters(*range(10, 510)))
    process = shell.start("replay", "-c", "config.toml", "dead.jsonl")
    wait_until(lambda: len(lines(shell, "ops.jsonl")) >= 5)
    process.send_signal(signal.SIGINT)
    done = end(process)
    assert done.code == 130
    assert "ruler replay: SIGINT: stopping; another signal stops at once\n" in done.errors
    assert "; stopped by SIGINT, the next replay goes on from there\n" in done.errors
    delivered = len(lines(shell, "ops.jsonl"))
    assert len(lines(shell, "dead.jsonl.replayed")) == delivered
    shell.write("config.toml", CONFIG)
    assert f"{500 - delivered} letters were replayed" in shell.run("replay", "-c", "config.toml", "dead.jsonl").errors
    assert lines(shell, "ops.jsonl") == [b'{"total": %d}' % total for total in range(10, 510)]


def test_what_a_run_could_not_deliver_a_replay_delivers(shell: Shell) -> None:
    """From ``ruler run`` to ``ruler replay``: after both, each target has every event that its rules led there."""
    poison = b"no event"
    shell.write("in.jsonl", b"".join(b'{"total": %d}\n' % total for total in range(5, 105)) + poison + b"\n")
    source = '[source]\nuri = "file:in.jsonl"\n'
    shell.write("broken.toml", CONFIG.replace('uri = "file:ops.jsonl"', NO_SUCH_PORT) + source)
    assert shell.run("run", "--once", "broken.toml").code == 1
    assert len(lines(shell, "dead.jsonl")) == 96
    shell.write("mended.toml", CONFIG + source)
    done = shell.run("replay", "-c", "mended.toml", "dead.jsonl")
    assert done.code == 1  # for the line that is no event, which stays
    assert "ops   95 delivered" in done.errors
    for name in ("ops.jsonl", "audit.jsonl"):
        assert sorted(lines(shell, name)) == sorted(b'{"total": %d}' % total for total in range(10, 105))
    left = [line for line in lines(shell, "dead.jsonl") if letter_of(line).data == poison]
    assert len(left) == 1


def wait_until(is_so: Any) -> None:
    """Wait for what another process does."""
    give_up = time.monotonic() + TIMEOUT_SECONDS
    while not is_so():
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.01)


def test_help_tells_every_option() -> None:
    """The text is written by hand."""
    options = [option for action in replay_parser()._actions for option in action.option_strings]
    assert [option for option in options if option not in HELP] == []
