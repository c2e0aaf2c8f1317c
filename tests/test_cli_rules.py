"""``ruler rules diff``: what differs, for people and for programs, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runner import Shell

from ruler_cli.rules import HELP, parser_of_rules

OLD = """\
[targets.ops]
uri = "file:ops.jsonl"

[rules.big]
pattern.total = [{ numeric = [">", 9] }]
targets = ["ops"]
"""
NEW = OLD.replace('">", 9', '">", 99')


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A directory with two rule sets and events of which one is told apart by them."""
    shell = Shell(tmp_path)
    shell.write("old.toml", OLD)
    shell.write("new.toml", NEW)
    shell.write("events.jsonl", '{"total": 5}\n\n{"total": 50}\n{"total": 500}\nno event\n{"total": 60}')
    return shell


def test_a_rule_set_does_not_differ_from_itself(shell: Shell) -> None:
    """Exit 0, in any spelling: TOML, JSON, a directory."""
    (shell.directory / "routes").mkdir()
    rules = {"big": {"targets": ["ops"], "pattern": {"total": [{"numeric": [">", 9.0]}]}}}
    shell.write("routes/a.json", json.dumps({"rules": rules}))
    shell.write("routes/b.json", json.dumps({"targets": {"ops": {"uri": "file:ops.jsonl"}}}))
    done = shell.run("rules", "diff", "old.toml", "routes")
    assert (done.code, done.output, done.errors) == (0, b"rules: the same\ntargets: the same\n", "")


def test_what_differs_is_shown(shell: Shell) -> None:
    """Exit 1, and with events, what would be delivered differently, by the lines of the file."""
    done = shell.run("rules", "diff", "old.toml", "new.toml", "--events", "events.jsonl")
    assert done.output.decode() == (
        "rules: 1 changed\n"
        "  ~ big\n"
        '      pattern: {"total":[{"numeric":[">",9]}]} -> {"total":[{"numeric":[">",99]}]}\n'
        "targets: the same\n"
        "of 5 events, 2 would be delivered differently\n"
        "  ops: 2 fewer\n"
        "    - events.jsonl:3, by big\n"
        "    - events.jsonl:6, by big\n"
    )
    assert (done.code, done.errors) == (1, "")


def test_json_is_one_object(shell: Shell) -> None:
    """All of it by name, for programs."""
    done = shell.run("rules", "diff", "--format", "json", "--events=-", "old.toml", "new.toml", given=b'{"total": 50}')
    found = json.loads(done.output)
    assert done.code == 1
    assert found["same"] is False
    assert [each["name"] for each in found["rules"]["changed"]] == ["big"]
    assert found["rules"]["changed"][0]["members"][0]["name"] == "pattern"
    assert found["deliveries"]["targets"]["ops"]["fewer"] == 1
    assert found["deliveries"]["targets"]["ops"]["samples"][0]["position"] == "<stdin>:1"
    same = json.loads(shell.run("rules", "diff", "--format", "json", "old.toml", "old.toml").output)
    assert (same["same"], same["deliveries"]) == (True, None)


@pytest.mark.parametrize("text", [OLD, '{"targets": {"ops": {"uri": "file:ops.jsonl"}}}'], ids=["toml", "json"])
def test_one_of_them_may_come_through_a_pipe(shell: Shell, text: str) -> None:
    """As from ``git show``, in either language."""
    done = shell.run("rules", "diff", "-", "new.toml", given=text.encode())
    assert done.code == 1
    assert done.errors == ""


def test_a_config_is_a_rule_set_too(shell: Shell) -> None:
    """Its other tables are let be; it may name where the rules stand, and the form of events."""
    shell.write("config.toml", 'rules = "new.toml"\n[source]\nuri = "file:in.jsonl"\nform = "eventbridge"\n')
    assert shell.run("rules", "diff", "config.toml", "new.toml").code == 0
    assert shell.run("rules", "diff", "config.toml", "old.toml").code == 1
    piped = (shell.directory / "config.toml").read_bytes()
    assert shell.run("rules", "diff", "-", "new.toml", given=piped).code == 0


def test_examples_are_not_run(shell: Shell) -> None:
    """The old version of a document may have examples that are no longer there."""
    shell.write("examples.toml", OLD + 'examples.match = ["gone.json"]\n')
    assert shell.run("rules", "diff", "examples.toml", "old.toml").code == 0


def test_targets_of_a_program_need_no_uri(shell: Shell) -> None:
    """A program may bring them itself; to compare rules nobody has to know them."""
    shell.write("own.toml", OLD.replace('uri = "file:ops.jsonl"', "rate = 5"))
    done = shell.run("rules", "diff", "old.toml", "own.toml")
    assert b"uri: file:ops.jsonl -> none" in done.output


def test_errors_of_both_are_told(shell: Shell) -> None:
    """With their places, and nothing is compared."""
    shell.write("bad.toml", OLD.replace('"ops"]', '"opps"]'))
    done = shell.run("rules", "diff", "bad.toml", "gone.toml")
    assert (done.code, done.output) == (2, b"")
    assert 'bad.toml:6:12: no target is called "opps"; did you mean "ops"?' in done.errors
    assert "ruler: gone.toml: No such file or directory" in done.errors


def test_events_that_cannot_be_read_are_trouble(shell: Shell) -> None:
    """Part of an answer would be taken for the whole."""
    done = shell.run("rules", "diff", "old.toml", "new.toml", "--events", "gone.jsonl")
    assert (done.code, done.output, done.errors) == (2, b"", "ruler: gone.jsonl: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "say what to do with rule sets: ruler rules diff OLD NEW"),
        (("dif", "a", "b"), 'say what to do with rule sets: ruler rules diff OLD NEW, found "dif"'),
        (("diff", "a"), "diff compares two rule sets, OLD and NEW; found 1"),
        (("diff", "-", "-"), "standard input cannot be read twice: only one of OLD, NEW and --events may be -"),
        (("diff", "-", "a", "--events", "-"), "standard input cannot be read twice"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    """In words that say what to write."""
    done = shell.run("rules", *arguments)
    assert (done.code, done.output) == (2, b"")
    assert message in done.errors


def test_help_tells_every_option() -> None:
    """The text is written by hand."""
    options = [option for action in parser_of_rules()._actions for option in action.option_strings]
    assert [option for option in options if option not in HELP] == []
