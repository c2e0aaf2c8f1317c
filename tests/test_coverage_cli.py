"""``ruler coverage`` as a real process, and its progress with a clock and a terminal that are not real."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from cli_runner import COMMAND, TIMEOUT_SECONDS, Shell

from ruler_cli import coverage, progress
from ruler_cli.progress import ERASE, SECONDS_BETWEEN, Progress

RULES = """{
  "open": {"state": ["open", {"prefix": "op"}, "held"]},
  "either": {"$or": [{"a": [1, 2]}, {"b": [1]}]},
  "never": {"state": ["closed"]}
}
"""
EVENTS = b"""\
{"state": "open", "a": 1}
{"state": "opening", "b": 1, "a": 1}
{"id": 7, "tags": ["x"]}
{"id": 8, "tags": []}
{"id": 9, "tags": ["x", "y"]}
"""
TABLE = """\
5 events, 3 rules

matched  decided
      2           open
      1        0    $.state[0]: "open"
      2        1    $.state[1]: {"prefix": "op"}
  never             $.state[2]: "held"
      2           either
      2        1    $["$or"][0]
      2        2      $["$or"][0].a[0]: 1
  never               $["$or"][0].a[1]: 2
      1        0    $["$or"][1]
  never           never

rules that never matched: 1 of 3
  never

events that no rule matched: 3 of 5, by shape
  all shapes have
      id: number
  2, the first at events.jsonl:3, and also
      tags[]: string
  1, the first at events.jsonl:4, and also
      tags: empty array
"""


@pytest.fixture
def shell(tmp_path: Path, engine: str) -> Shell:
    """A directory with rules and events; every command line here runs with each engine."""
    shell = Shell(tmp_path)
    shell.write("rules.json", RULES)
    shell.write("events.jsonl", EVENTS)
    return shell


def test_the_report_is_a_table_and_two_lists(shell: Shell) -> None:
    """Rules in order, branches and alternatives under them, what never matched, and events by shape."""
    result = shell.run("coverage", "-r", "rules.json", "events.jsonl")
    assert (0, TABLE, "") == (result.code, result.output.decode(), result.errors)


def test_unused_shows_only_what_never_matched(shell: Shell) -> None:
    """With the rules and branches around it; shapes are left out."""
    result = shell.run("coverage", "-r", "rules.json", "--unused", given=EVENTS)
    assert (
        result.output.decode()
        == """\
5 events, 3 rules

matched  decided
      2           open
  never             $.state[2]: "held"
      2           either
      2        1    $["$or"][0]
  never               $["$or"][0].a[1]: 2
  never           never

rules that never matched: 1 of 3
  never

events that no rule matched: 3 of 5
"""
    )


def test_the_json_form_is_one_object(shell: Shell) -> None:
    """The report's record; with --unused its rules are those with something that never matched."""
    result = shell.run("coverage", "-r", "rules.json", "--format", "json", "events.jsonl")
    record = json.loads(result.output)
    assert (0, 1) == (result.code, result.output.count(b"\n"))
    assert [("open", 2), ("either", 2), ("never", 0)] == [(rule["name"], rule["matched"]) for rule in record["rules"]]
    assert ["never"] == record["unused_rules"]
    assert {"events": 2, "first": "events.jsonl:3", "fields": ["id: number", "tags[]: string"], "more_fields": 0} == (
        record["unmatched"]["shapes"][0]
    )
    unused = json.loads(shell.run("coverage", "-r", "rules.json", "-u", "--format=json", given=EVENTS).output)
    alternatives = unused["rules"][0]["branches"][0]["alternatives"]
    assert [('"held"', 0)] == [(each["text"], each["matched"]) for each in alternatives]
    assert (3, []) == (unused["unmatched"]["events"], unused["unmatched"]["shapes"])


def test_deny_unused_ends_with_1_when_a_rule_never_matched(shell: Shell) -> None:
    """Only then, and not for branches or alternatives."""
    assert 1 == shell.run("coverage", "-r", "rules.json", "--deny-unused", "events.jsonl").code
    assert 0 == shell.run("coverage", "-e", '{"a": [1, 9]}', "--deny-unused", "events.jsonl").code
    assert 1 == shell.run("coverage", "-e", '{"a": [9]}', "--deny-unused", "-u", "events.jsonl").code


def test_rules_with_one_name_are_told_apart(shell: Shell) -> None:
    """Each text under the name has a line of its own, and an empty name is seen."""
    shell.write("twice.json", '[{"name": "", "rule": {"a": [1]}}, {"name": "", "rule": {"b": [1]}}]')
    result = shell.run("coverage", "-r", "twice.json", "events.jsonl")
    assert [
        '      2           ""',
        "      2        1    rule 1 under this name: $",
        "      1        0    rule 2 under this name: $",
    ] == result.output.decode().splitlines()[3:6]


def test_lines_that_are_no_events_are_told_as_filter_tells_them(shell: Shell) -> None:
    """Reported, skipped or the end; blank lines are passed over and the report still comes."""
    given = EVENTS + b"\n[1]\n{bad\n" + b'{"id": 1}\n'
    arguments = ("coverage", "-r", "rules.json")
    result = shell.run(*arguments, given=given)
    assert (2, b"6 events, 3 rules") == (result.code, result.output.splitlines()[0])
    array, bad, total = result.errors.splitlines()
    assert "<stdin>:7: at byte 1: found an array, expected an object" == array
    assert bad.startswith("<stdin>:8: at byte 2: ")
    assert "ruler: 2 lines could not be read as events" == total
    skipped = shell.run(*arguments, "--on-error", "skip", given=given)
    assert (0, result.output, "") == (skipped.code, skipped.output, skipped.errors)
    failed = shell.run(*arguments, "--on-error", "fail", given=given)
    assert (2, b"", 1) == (failed.code, failed.output, failed.errors.count("\n"))
    as_json = shell.run(*arguments, "--format", "json", given=given)
    found = [(each["code"], each["line"]) for each in map(json.loads, as_json.errors.splitlines())]
    assert [("not-object", 7), ("not-json", 8)] == found


def test_the_first_ten_lines_that_are_no_events_are_shown(shell: Shell) -> None:
    """And how many there were."""
    result = shell.run("coverage", "-e", '{"a": [1]}', given=b"1\n" * 12)
    assert 11 == len(result.errors.splitlines())
    assert result.errors.endswith("ruler: 12 lines could not be read as events; the first 10 are shown above\n")


def test_rules_with_errors_are_told_and_nothing_is_counted(shell: Shell) -> None:
    """All errors of all rules, for people and as records."""
    shell.write("bad.json", '{"one": {"a": "x"}, "two": {"b": [], "c": [{"prefx": "y"}]}}')
    result = shell.run("coverage", "-r", "bad.json", "events.jsonl")
    assert (2, b"") == (result.code, result.output)
    assert 3 == result.errors.count("  write: ")
    as_json = shell.run("coverage", "-r", "bad.json", "--format", "json", "events.jsonl")
    codes = [json.loads(line)["code"] for line in as_json.errors.splitlines()]
    assert ["clause-not-array", "clause-empty", "unknown-pattern-type"] == codes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no rules: give a file with -r FILE or a rule with -e JSON"),
        (("-r", "-"), "standard input cannot be read twice: -r - needs events from a FILE"),
        (("-e", "{}", "--unusd"), "there is no option --unusd; did you mean --unused?"),
        (("-e", "{}", "--on-error", "x"), '--on-error: found "x", expected report, skip or fail'),
    ],
)
def test_arguments_that_make_no_sense_are_refused(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    """Two lines and exit code 2."""
    result = shell.run("coverage", *arguments)
    assert (2, b"", f"ruler coverage: {message}\nTry 'ruler coverage --help'.\n") == (
        result.code,
        result.output,
        result.errors,
    )


def test_an_input_that_cannot_be_read_is_trouble_and_the_next_is_read(shell: Shell) -> None:
    """The report is about what could be read."""
    result = shell.run("coverage", "-r", "rules.json", "nowhere", "events.jsonl")
    assert (2, TABLE, "ruler: nowhere: No such file or directory\n") == (
        result.code,
        result.output.decode(),
        result.errors,
    )


def test_names_and_events_cannot_colour_the_terminal(shell: Shell) -> None:
    """Control characters of rule names, patterns, fields and file names are shown as escapes."""
    rules = json.dumps({"\x1b[31mred": {"a": ["\x1b[31m"]}})
    shell.write("red.json", rules)
    result = shell.run("coverage", "-r", "red.json", given=b'{"\\u001b[31m": 1}\n')
    assert b"\x1b" not in result.output
    assert b"\\u001b[31mred" in result.output
    assert b"\\u001b[31m: number" in result.output


def test_the_help_names_every_option() -> None:
    """The text is written by hand, the options are in the parser."""
    options = [option for action in coverage.coverage_parser()._actions for option in action.option_strings]
    assert [option for option in options if option not in coverage.HELP] == []
    assert max(map(len, coverage.HELP.splitlines())) <= 80


# ----- progress


class Terminal:
    """A clock that is set by hand, and what is written while it stands there."""

    def __init__(self) -> None:
        self.now = 100.0
        self.written: list[str] = []

    def progress(self, total: int | None) -> Progress:
        return Progress(self.written.append, lambda: self.now, total)


def test_progress_is_written_now_and_then_and_erased() -> None:
    """Not before the first moment has passed, then once for each moment, and nothing is left."""
    terminal = Terminal()
    shown = terminal.progress(2_500_000)
    shown.add(1_000_000, 10_000)
    assert [] == terminal.written
    terminal.now += SECONDS_BETWEEN
    shown.add(500_000, 30_000)
    shown.add(500_000, 31_000)
    assert [f"{ERASE}30,000 events, 120,000 a second, 1.5 of 2.5 MB"] == terminal.written
    shown.erase()
    shown.erase()
    assert [ERASE] == terminal.written[1:]
    terminal.now += SECONDS_BETWEEN
    shown.add(0, 45_000)
    assert [f"{ERASE}45,000 events, 90,000 a second, 2.0 of 2.5 MB"] == terminal.written[2:]


def test_a_short_run_shows_no_progress() -> None:
    """Nothing is written, so nothing is erased."""
    terminal = Terminal()
    shown = terminal.progress(None)
    shown.add(10, 1)
    shown.erase()
    assert [] == terminal.written


@pytest.mark.parametrize(
    ("read", "total", "expected"),
    [
        (10, None, "10 bytes"),
        (999, 1_000, "1.0 of 1.0 kB"),
        (1_260_000, None, "1.3 MB"),
        (5_000, 3_400_000_000, "0.0 of 3.4 GB"),
        (0, 0, "0 of 0 bytes"),
    ],
)
def test_amounts_are_in_the_unit_of_the_total(read: int, total: int | None, expected: str) -> None:
    """Or in that of what was read, where the total is not known."""
    assert expected == progress._amount(read, total)


def test_the_total_is_known_for_regular_files_only(tmp_path: Path) -> None:
    """A missing file counts nothing; a pipe among them has no size."""
    Shell(tmp_path).write("ten", b"0123456789")
    ten, nowhere, pipe = str(tmp_path / "ten"), str(tmp_path / "nowhere"), str(tmp_path / "pipe")
    assert 20 == progress.total_bytes([ten, nowhere, ten])
    os.mkfifo(pipe)
    assert progress.total_bytes([ten, pipe]) is None


class _StandIn:
    """Standard error that is a terminal, or is not."""

    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "is_quiet", "term", "shows"),
    [
        (True, False, "xterm", True),
        (False, False, "xterm", False),
        (True, True, "xterm", False),
        (True, False, "dumb", False),
    ],
)
def test_progress_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, is_quiet: bool, term: str, shows: bool
) -> None:
    """Not for files and pipes, not with --quiet, not where the line could not be erased."""
    monkeypatch.setattr("sys.stderr", _StandIn(is_terminal))
    monkeypatch.setenv("TERM", term)
    found = progress.progress_of([], is_quiet=is_quiet)
    assert shows is not isinstance(found, progress.NoProgress)


def test_colour_is_for_terminals_without_no_color(shell: Shell) -> None:
    """The same report, with the words that stand out coloured."""

    def run(**environment: str) -> bytes:
        leader, follower = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "coverage", "-r", "rules.json", "events.jsonl"],
            stdout=follower,
            cwd=shell.directory,
            env={**os.environ, "TERM": "xterm", **environment},
        ) as process:
            os.close(follower)
            output = b""
            while True:
                try:
                    piece = os.read(leader, 65_536)
                except OSError:  # how a terminal ends in Linux
                    piece = b""
                if not piece:
                    break
                output += piece
            process.wait(TIMEOUT_SECONDS)
        os.close(leader)
        return output.replace(b"\r\n", b"\n")

    assert TABLE.encode() == run(NO_COLOR="1")
    assert b"\x1b[33m  never\x1b[0m" in run(NO_COLOR="")


def test_an_interrupt_ends_it_quietly(shell: Shell) -> None:
    """Exit code 130 and not a word, while it waits for events."""
    waiting = shell.directory / "waiting"
    os.mkfifo(waiting)
    process = shell.start("coverage", "-r", "rules.json", "waiting")
    with waiting.open("wb") as pipe:  # opens when the command has read its rules and opens it too
        pipe.write(EVENTS)
        pipe.flush()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (130, b"", b"") == (process.returncode, output, errors)
