"""``ruler test-event-pattern``: the arguments and the answers of the AWS command of that name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runner import Result, Shell

from ruler_cli.test_event_pattern import (
    IGNORED_FLAGS,
    IGNORED_WITH_VALUE,
    MANDATORY_FIELDS,
    parser_of_test_event_pattern,
)

PATTERN = '{"source": ["shop"]}'
EVENT: dict[str, object] = {
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "Order Placed",
    "source": "shop",
    "account": "123456789012",
    "time": "2026-11-16T08:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"total": 1500},
}
TRUE = b'{\n    "Result": true\n}\n'
FALSE = b'{\n    "Result": false\n}\n'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def ask(shell: Shell, *others: str, pattern: str | None = PATTERN, event: str | None = json.dumps(EVENT)) -> Result:
    """Run the command with a pattern and an event, when they are given, and other arguments."""
    arguments = [] if pattern is None else ["--event-pattern", pattern]
    arguments += [] if event is None else ["--event", event]
    return shell.run("test-event-pattern", *arguments, *others)


def test_the_answer_is_the_json_of_the_aws_command(shell: Shell, engine: str) -> None:
    """Exit 0 whatever the answer is."""
    result = ask(shell)
    assert (result.code, result.output, result.errors) == (0, TRUE, "")
    result = ask(shell, pattern='{"source": ["bank"]}')
    assert (result.code, result.output, result.errors) == (0, FALSE, "")


def test_other_forms_of_output(shell: Shell) -> None:
    """As the AWS command line writes a member that is true or false."""
    other = '{"source": ["bank"]}'
    assert ask(shell, "--output", "json").output == TRUE
    assert ask(shell, "--output", "text").output == b"True\n"
    assert ask(shell, "--output", "text", pattern=other).output == b"False\n"
    assert ask(shell, "--output=yaml").output == b"Result: true\n"
    result = ask(shell, "--output", "table")
    assert result.code == 2
    assert result.errors.startswith('ruler test-event-pattern: --output: found "table", expected json, text or yaml\n')


def test_values_may_stand_in_files(shell: Shell) -> None:
    """file:// and fileb:// both, with ~ and variables as the AWS command line has them."""
    shell.write("pattern.json", PATTERN + "\n")
    shell.write("event.json", json.dumps(EVENT))
    assert ask(shell, pattern="file://pattern.json", event="fileb://event.json").output == TRUE
    home = str(shell.directory)
    arguments = ("test-event-pattern", "--event-pattern", "file://~/pattern.json", "--event", "file://$HOME/event.json")
    assert shell.run(*arguments, HOME=home).output == TRUE


def test_both_values_may_stand_in_one_object(shell: Shell) -> None:
    """--cli-input-json has them as strings, and the options go before it."""
    given = json.dumps({"EventPattern": PATTERN, "Event": json.dumps(EVENT)})
    assert ask(shell, "--cli-input-json", given, pattern=None, event=None).output == TRUE
    shell.write("input.json", given)
    assert ask(shell, "--cli-input-json", "file://input.json", pattern=None, event=None).output == TRUE
    result = ask(shell, "--cli-input-json", given, pattern='{"source": ["bank"]}', event=None)
    assert (result.code, result.output) == (0, FALSE)


def test_options_about_the_connection_change_nothing(shell: Shell) -> None:
    """So that a script needs no change but the name of the program."""
    options = [each for option in IGNORED_WITH_VALUE for each in (option, "1")]
    result = ask(shell, *options, *IGNORED_FLAGS)
    assert (result.code, result.output, result.errors) == (0, TRUE, "")


def test_an_event_that_the_service_would_refuse_is_answered_with_a_warning(shell: Shell) -> None:
    """The fields that the service calls mandatory; null is there."""
    result = ask(shell, event='{"source": "shop", "id": null, "time": 1, "resources": []}')
    assert (result.code, result.output) == (0, TRUE)
    assert result.errors == (
        "ruler: warning: Amazon EventBridge would refuse this event: it has no account, region, detail-type\n"
    )
    result = ask(shell, event="{}")
    assert (result.code, result.output) == (0, FALSE)
    assert result.errors.endswith(f": it has no {', '.join(MANDATORY_FIELDS)}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "needs --event-pattern and --event: JSON, or file://PATH"),
        (("--event", "{}"), "needs --event-pattern: JSON, or file://PATH"),
        (("--event-pattern", PATTERN), "needs --event: JSON, or file://PATH"),
        (("--event-pattern", PATTERN, "--cli-input-json", "{}"), "needs --event: JSON, or file://PATH"),
        (("--event",), "--event needs a value: --event JSON, or --event=JSON when it begins with -"),
        (
            ("--query", "Result"),
            "--query is not supported: the answer has one member, and --output text writes its value alone",
        ),
        (("event.json",), 'found "event.json", expected options alone; a file is written file://event.json'),
        (("--event-patern", "{}"), "there is no option --event-patern; did you mean --event-pattern?"),
    ],
)
def test_wrong_arguments(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    """One line that says what is missing or not understood."""
    result = shell.run("test-event-pattern", *arguments)
    expected = f"ruler test-event-pattern: {message}\nTry 'ruler test-event-pattern --help'.\n"
    assert (result.code, result.output, result.errors) == (2, b"", expected)


PATTERN_ERROR = """\
--event-pattern:1:12: $.source: found the string "shop", expected an array
    {"source": "shop"}
               ^
  why:   a clause lists every value it accepts, even when there is one
  write: ["shop"]
"""
EVENT_ERROR = """\
--event:2:7: unexpected character, expected a JSON value
    "a": x}
         ^
  why:   an event is one JSON object
"""
ARRAY_ERROR = """\
--event:1:1: found an array, expected an object
    [1]
    ^
  why:   an event is one JSON object
"""
INPUT_ERROR = """\
--cli-input-json:1:18: found an object as "EventPattern", expected a string that holds its JSON
    {"EventPattern": {"a": [1]}, "Event": "{}"}
                     ^
  why:   the input is one JSON object; pattern and event stand in it as strings, as in a request to the service
  write: "EventPattern": "{\\"a\\": [1]}"
"""
MEMBER_ERROR = """\
--cli-input-json:1:2: "Pattern" is not a member of this request; its members are EventPattern and Event
    {"Pattern": "{}"}
     ^
  why:   the input is one JSON object; pattern and event stand in it as strings, as in a request to the service
  write: {"EventPattern": "{\\"source\\": [\\"shop\\"]}", "Event": "{...}"}
"""
MEANT_MEMBER_ERROR = """\
--cli-input-json:1:2: "event-pattern" is not a member of this request; did you mean "EventPattern"?
    {"event-pattern": "{}"}
     ^
  why:   the input is one JSON object; pattern and event stand in it as strings, as in a request to the service
  write: "EventPattern"
"""
NUMBER_ERROR = """\
--event:1:7: a number too large for a double (at most 1.8e308)
    {"a": 1e400}
          ^
"""
NO_OBJECT_ERROR = """\
--cli-input-json:1:1: expected an object
    5
    ^
  why:   the input is one JSON object; pattern and event stand in it as strings, as in a request to the service
  write: {"EventPattern": "{\\"source\\": [\\"shop\\"]}", "Event": "{...}"}
"""
NO_JSON_ERROR = """\
--cli-input-json:1:2: the text ends inside the object that begins in line 1, column 1
    {
     ^
  why:   the input is one JSON object with the members of a request
  write: {"EventPattern": "{\\"source\\": [\\"shop\\"]}", "Event": "{...}"}
"""


@pytest.mark.parametrize(
    ("arguments", "errors"),
    [
        (("--event-pattern", '{"source": "shop"}', "--event", "{}"), PATTERN_ERROR),
        (("--event-pattern", PATTERN, "--event", '{\n "a": x}'), EVENT_ERROR),
        (("--event-pattern", PATTERN, "--event", "[1]"), ARRAY_ERROR),
        (("--cli-input-json", '{"EventPattern": {"a": [1]}, "Event": "{}"}'), INPUT_ERROR),
        (("--cli-input-json", '{"Pattern": "{}"}'), MEMBER_ERROR),
        (("--cli-input-json", '{"event-pattern": "{}"}'), MEANT_MEMBER_ERROR),
        (("--event-pattern", PATTERN, "--event", '{"a": 1e400}'), NUMBER_ERROR),
        (("--cli-input-json", "5"), NO_OBJECT_ERROR),
        (("--cli-input-json", "{"), NO_JSON_ERROR),
        (("--event-pattern", "file://missing.json"), "ruler: missing.json: No such file or directory\n"),
        (("--event-pattern", PATTERN, "--event", "file://."), "ruler: .: Is a directory\n"),
    ],
)
def test_what_cannot_be_read_is_trouble(shell: Shell, arguments: tuple[str, ...], errors: str) -> None:
    """The place, why, and what to write, as everywhere in ruler; exit 2 and no answer."""
    result = shell.run("test-event-pattern", *arguments)
    assert (result.code, result.output, result.errors) == (2, b"", errors)


def test_a_pattern_has_all_its_errors_shown(shell: Shell) -> None:
    """As with rules in files."""
    result = ask(shell, pattern='{"a": 1, "b": []}')
    assert [line.split(": ")[0] for line in result.errors.splitlines() if line[0] != " "] == [
        "--event-pattern:1:7",
        "--event-pattern:1:15",
    ]


def test_bytes_that_are_no_text_have_a_place(shell: Shell) -> None:
    """In files and in arguments; no control character reaches the terminal."""
    shell.write("event.json", b'{"a": "\x1b", "b": "\xff"}')
    result = ask(shell, event="fileb://event.json")
    assert result.code == 2
    assert result.errors.startswith("event.json:1:")
    assert "\x1b" not in result.errors
    done = shell.run("test-event-pattern", "--event-pattern", b'{"\xff": [1]}', "--event", "{}")
    assert done.code == 2
    assert done.errors.startswith("--event-pattern:1:3: byte 0xff at offset 2 is not UTF-8\n")


def test_help_says_every_option_and_the_exit_codes(shell: Shell) -> None:
    """Help is written by hand, so compare it with what is parsed."""
    result = shell.run("test-event-pattern", "--help")
    text = result.output.decode()
    assert result.code == 0
    for action in parser_of_test_event_pattern()._actions:
        for option in action.option_strings:
            assert option in text
    assert "exit codes: 0 " in text
    assert max(map(len, text.splitlines())) <= 80
