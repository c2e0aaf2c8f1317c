"""``ruler filter`` as a real process: what it writes, what it says, and how it ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runner import TIMEOUT_SECONDS, Shell, end, read_line

from ruler_cli import main

A1 = '{"a": [1]}'  # the rule most tests use: a is 1
YES = b'{"a": 1}\n'
NO = b'{"a": 2}\n'
BAD = b"{bad\n"


@pytest.fixture
def shell(tmp_path: Path, engine: str) -> Shell:
    """Every command line here runs with each engine."""
    return Shell(tmp_path)


# ---------------------------------------------------------------- rules and inputs


def test_matching_lines_of_standard_input_come_out_unchanged(shell: Shell) -> None:
    """A pattern on the command line selects lines from a pipe."""
    given = b'{"a": 1}\n{"a": 2}\n { "b":[], "a" : 1.0 } \n'
    result = shell.run("-e", A1, given=given)
    assert (result.code, result.output, result.errors) == (0, b'{"a": 1}\n { "b":[], "a" : 1.0 } \n', "")


def test_filter_is_the_default_command(shell: Shell) -> None:
    """With and without the word filter, and with options after files."""
    shell.write("events", YES + NO)
    for arguments in (("filter", "-e", A1, "events"), ("-e", A1, "events"), ("events", "-e", A1)):
        assert shell.run(*arguments).output == YES


def test_a_file_may_be_called_like_a_command(shell: Shell) -> None:
    """``filter`` first makes every later word an argument; ``--`` ends the options."""
    shell.write("check", YES)
    shell.write("-x", NO + YES)
    assert shell.run("filter", "check", "-e", A1).output == YES
    assert shell.run("-e", A1, "--", "check", "-x").output == YES + YES


def test_rules_of_all_files_and_patterns_are_alternatives(shell: Shell) -> None:
    """-r and -e may be repeated; an event is selected when any rule matches."""
    shell.write("one.json", '{"one": {"a": [1]}}')
    shell.write("two.json", '[{"name": "two", "rule": {"a": [2]}}, {"name": "three", "pattern": {"a": [3]}}]')
    given = b"".join(b'{"a": %d}\n' % value for value in range(7))
    rules = ("-r", "one.json", "--rules", "two.json", "-e", '{"a": [4]}', "--pattern", '{"a": [5]}')
    result = shell.run(*rules, "-o", "names", given=given)
    assert (result.code, result.output) == (0, b"one\ntwo\nthree\npattern-1\npattern-2\n")


def test_inputs_are_read_in_order_and_dash_is_standard_input(shell: Shell) -> None:
    """Lines do not run together across files."""
    shell.write("first", b'{"a":1,"n":1}')
    shell.write("last", b'{"a":1,"n":3}\n')
    result = shell.run("-e", A1, "first", "-", "last", given=b'{"a":1,"n":2}\n')
    assert result.output == b'{"a":1,"n":1}\n{"a":1,"n":2}\n{"a":1,"n":3}\n'


def test_rules_may_come_from_standard_input(shell: Shell) -> None:
    shell.write("events", YES + NO)
    assert shell.run("-r", "-", "events", given=b'{"r": {"a": [1]}}').output == YES


def test_a_rule_file_without_rules_selects_nothing(shell: Shell) -> None:
    shell.write("rules.json", "{}")
    assert shell.run("-r", "rules.json", given=YES).code == 1
    assert (shell.run("-v", "-r", "rules.json", given=YES).code, YES) == (0, YES)


# ---------------------------------------------------------------- lines


def test_the_line_end_belongs_to_the_line(shell: Shell) -> None:
    r"""Only \n ends a line, so CRLF comes out as it came in."""
    assert shell.run("-e", A1, given=b'{"a":1}\r\n{"a":2}\r\n').output == b'{"a":1}\r\n'


def test_a_carriage_return_alone_ends_no_line(shell: Shell) -> None:
    """Two objects on one line are not an event."""
    result = shell.run("-e", A1, given=b'{"a":1}\r{"a":1}\n')
    assert (result.code, result.output) == (2, b"")


def test_a_last_line_without_line_end_gets_one(shell: Shell) -> None:
    assert shell.run("-e", A1, given=b'{"a":1}').output == b'{"a":1}\n'
    assert shell.run("-e", A1, given=b'{"a":1}\r').output == b'{"a":1}\r\n'


def test_blank_lines_are_not_events(shell: Shell) -> None:
    """Neither selected nor errors, but they count in line numbers."""
    given = b'\n   \n\t\r\n{"a": 1}\n\n'
    result = shell.run("-v", "-e", A1, given=given)
    assert (result.code, result.output, result.errors) == (1, b"", "")
    assert (
        shell.run("-e", A1, "-o", "tagged", given=given).output
        == b'{"rules": ["pattern-1"], "line": 4, "event": {"a": 1}}\n'
    )


def test_no_lines_at_all(shell: Shell) -> None:
    result = shell.run("-e", A1)
    assert (result.code, result.output, result.errors) == (1, b"", "")


def test_a_line_of_twenty_megabytes(shell: Shell) -> None:
    """A line longer than any block comes through whole, between short ones."""
    big = b'{"a": 1, "text": "' + b"x" * 20_000_000 + b'"}\n'
    result = shell.run("-e", A1, given=YES + big + NO + YES)
    assert result.code == 0
    assert result.output == YES + big + YES


@pytest.mark.parametrize("output", ["lines", "names", "tagged"])
def test_lines_are_counted_over_many_blocks(shell: Shell, output: str) -> None:
    """A line in the midst of a block, one that straddles two, and the last one have their numbers in the file."""
    pad = b"x" * 90
    lines = [b'{"n": %d, "pad": "%b"}' % (number, pad) for number in range(1, 12_001)]
    bad = [1, 2, 5_000, 12_000]
    for number in bad:
        lines[number - 1] = b"{bad"
    lines[6_999] = b""
    lines[7_000] = b'{"a": 1}'
    result = shell.run("-e", A1, "-o", output, given=b"\n".join(lines))
    assert [f"<stdin>:{number}" for number in bad] == [
        line.partition(": ")[0] for line in result.errors.splitlines()[:4]
    ]
    tagged = b'{"rules": ["pattern-1"], "line": 7001, "event": {"a": 1}}\n'
    assert {"lines": b'{"a": 1}\n', "names": b"pattern-1\n", "tagged": tagged}[output] == result.output


def test_lines_that_straddle_blocks(shell: Shell) -> None:
    """Many blocks, with line ends at every offset in them."""
    lines = [b'{"a": %d, "n": %d, "x": "%b"}\n' % (n % 2, n, b"y" * (n % 997)) for n in range(4000)]
    result = shell.run("-e", A1, given=b"".join(lines))
    assert result.output == b"".join(lines[1::2])


def test_bytes_are_passed_through(shell: Shell) -> None:
    """No character of an event is decoded and written anew."""
    line = '{"a": 1, "b": "\\u00e9é大\U0001f600\u2028\x7f\\ud83d\\ude00"}\n'.encode()
    assert line == shell.run("-e", A1, given=line, LC_ALL="C").output


# ---------------------------------------------------------------- what is selected and written


def test_invert_match_selects_the_events_that_match_no_rule(shell: Shell) -> None:
    for option in ("-v", "--invert-match"):
        assert shell.run("-e", A1, option, given=YES + NO).output == NO


def test_count_is_one_total_for_all_inputs(shell: Shell) -> None:
    shell.write("events", YES + NO + YES)
    for option in ("-c", "--count"):
        assert shell.run("-e", A1, option, "events", "events").output == b"4\n"
    result = shell.run("-e", '{"a": [9]}', "-c", "events")
    assert (result.code, result.output) == (1, b"0\n")
    assert shell.run("-e", A1, "-c", "-v", "events").output == b"1\n"


def test_quiet_only_answers_by_its_exit_code(shell: Shell) -> None:
    shell.write("events", NO + YES)
    for option in ("-q", "--quiet"):
        result = shell.run("-e", A1, option, "events")
        assert (result.code, result.output, result.errors) == (0, b"", "")
    assert shell.run("-e", '{"a": [9]}', "-q", "events").code == 1
    assert shell.run("-e", A1, "-q", "-c", "events").output == b""


def test_quiet_stops_at_the_first_match(shell: Shell) -> None:
    """The input is still open when the answer comes."""
    process = shell.start("-q", "-e", A1)
    assert process.stdin is not None
    process.stdin.write(YES)
    assert process.wait(TIMEOUT_SECONDS) == 0
    end_quietly(process)


def test_quiet_says_found_even_after_trouble(shell: Shell) -> None:
    """As grep does; without a match trouble stays trouble."""
    assert shell.run("-q", "-e", A1, given=BAD + YES).code == 0
    assert shell.run("-q", "-e", A1, given=BAD + NO).code == 2
    shell.write("events", YES)
    assert shell.run("-q", "-e", A1, "missing", "events").code == 0


def test_max_count_stops_after_that_many_lines_in_all(shell: Shell) -> None:
    shell.write("events", YES + NO + YES + YES)
    for arguments in (("-m", "4"), ("-m4",), ("--max-count", "4"), ("--max-count=4",)):
        assert shell.run("-e", A1, *arguments, "events", "events").output == YES * 4
    assert shell.run("-e", A1, "-c", "-m", "2", "events").output == b"2\n"
    assert shell.run("-e", A1, "-m", "1", "events", "missing").output == YES


def test_max_count_reads_no_further(shell: Shell) -> None:
    """Neither the rest of the block, which is no event, nor the input, which stays open."""
    process = shell.start("-m", "1", "-e", A1)
    assert process.stdin is not None
    process.stdin.write(NO + YES + BAD)
    assert read_line(process) == YES
    assert process.wait(TIMEOUT_SECONDS) == 0
    end_quietly(process)


def test_max_count_zero_selects_nothing(shell: Shell) -> None:
    for arguments in (("-m", "0"), ("-m", "0", "-q")):
        result = shell.run("-e", A1, *arguments, given=BAD + YES)
        assert (result.code, result.output, result.errors) == (1, b"", "")


def test_output_names_has_one_line_for_each_event(shell: Shell) -> None:
    """Names stand in the order of the rules, with a tab between."""
    rules = ("-e", '{"a": [2, 1]}', "-e", A1, "-e", '{"a": [2]}')
    result = shell.run(*rules, "-o", "names", given=YES + b'{"a": 3}\n' + NO)
    assert result.output == b"pattern-1\tpattern-2\npattern-1\tpattern-3\n"
    assert shell.run("-e", A1, "-v", "--output", "names", given=YES + NO).output == b"\n"


def test_output_names_keeps_every_name_on_its_line(shell: Shell) -> None:
    r"""Control characters and backslashes are written as in JSON strings; other names as they are."""
    names = ["plain é 大", 'with "quotes"', "tab\there", "line\nend", "back\\slash", "\u2028\x85"]
    rules = [{"name": name, "rule": {"a": [1]}} for name in names]
    shell.write("rules.json", ascii_json(rules))
    result = shell.run("-r", "rules.json", "-o", "names", given=YES)
    written = 'plain é 大\twith "quotes"\ttab\\there\tline\\nend\tback\\\\slash\t\\u2028\\u0085\n'
    assert written == result.output.decode()


def test_output_tagged_is_a_json_line_with_rules_line_and_event(shell: Shell) -> None:
    """Lines count within their file, and the event is the line without the white space around it."""
    shell.write("rules.json", '{"é \\"q\\" \\n": {"a": [1]}, "other": {"a": [{"numeric": ["<", 2]}]}}')
    shell.write("events", b'{"a": 2}\n\n \t{"a" : 1.0}\t \r\n')
    result = shell.run("-r", "rules.json", "-o", "tagged", "events", "events")
    line = '{"rules": ["é \\"q\\" \\n", "other"], "line": 3, "event": {"a" : 1.0}}\n'
    assert line * 2 == result.output.decode()
    result = shell.run("-r", "rules.json", "-v", "-o", "tagged", "events")
    assert result.output == b'{"rules": [], "line": 1, "event": {"a": 2}}\n'


# ---------------------------------------------------------------- lines that are not events


def test_bad_lines_are_reported_and_the_rest_goes_on(shell: Shell) -> None:
    """Each with file, line and reason; no total is needed to see ten of them."""
    shell.write("events", YES + b'{"a": 1\n' + YES)
    result = shell.run("-e", A1, "events")
    assert (result.code, result.output) == (2, YES * 2)
    first, total, nothing = result.errors.split("\n")
    assert first.startswith("events:2: at byte ")
    assert total == "ruler: 1 line could not be read as an event"
    assert nothing == ""


def test_bad_lines_from_standard_input_are_called_so(shell: Shell) -> None:
    result = shell.run("-e", A1, "--on-error", "report", given=b"\n[1]\n")
    assert result.errors.startswith("<stdin>:2: at byte 1: ")


def test_only_the_first_ten_bad_lines_are_shown(shell: Shell) -> None:
    """The total counts the lines of all files."""
    shell.write("one", BAD * 6)
    shell.write("two", YES + BAD * 6)
    result = shell.run("-e", A1, "one", "two")
    assert (result.code, result.output) == (2, YES)
    *shown, total = result.errors.splitlines()
    assert [f"one:{n}" for n in range(1, 7)] + [f"two:{n}" for n in range(2, 6)] == [
        line.split(": ")[0] for line in shown
    ]
    assert total == "ruler: 12 lines could not be read as events; the first 10 are shown above"


def test_messages_stand_between_the_lines_around_them(shell: Shell) -> None:
    """On a terminal, where both streams meet; and -m still counts what was written before."""
    process = shell.start("-e", A1, "-m", "3", stderr=subprocess.STDOUT)
    assert process.stdin is not None
    process.stdin.write(YES + BAD + YES + NO + BAD + YES + YES)
    lines = end(process).output.splitlines(keepends=True)
    assert lines[0::2][:3] == [YES] * 3
    assert [int(line.split(b":")[1]) for line in lines[1:5:2]] == [2, 5]
    assert len(lines) == 6


def test_ten_bad_lines_are_all_shown(shell: Shell) -> None:
    result = shell.run("-e", A1, given=BAD * 10)
    assert result.errors.splitlines()[-1] == "ruler: 10 lines could not be read as events"
    assert len(result.errors.splitlines()) == 11


def test_bad_lines_are_never_selected(shell: Shell) -> None:
    """Also not with -v."""
    result = shell.run("-e", A1, "-v", given=BAD + NO)
    assert (result.code, result.output) == (2, NO)


HINT_JSON = (
    "ruler: each line must be one whole JSON object; "
    "`jq -c .` writes each on one line, `jq -c '.[]'` takes an array apart"
)
HINT_UTF16 = "ruler: this looks like UTF-16; `iconv -f UTF-16 -t UTF-8` converts it"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (b'{\n  "a": 1\n}\n', HINT_JSON),
        (b'[\n{"a": 2},\n{"a": 2}\n]\n', HINT_JSON),
        (b'  [ {"a": 1}]', HINT_JSON),
        (b"[{\n", HINT_JSON),
        ('{"a": 1}\n{"a": 2}\n'.encode("utf-16"), HINT_UTF16),
        (b"\xfe\xff" + '{"a": 1}\n'.encode("utf-16-be"), HINT_UTF16),
        (b'{"a": 1\n', ""),
        (b"[1]\nnull\n", ""),
        (b'\xff{"a": 1}\n', ""),
        (b'{"a": 2}\n\xff\xfe\n', ""),
    ],
)
def test_lines_that_are_parts_of_something_get_a_hint(shell: Shell, given: bytes, hint: str) -> None:
    """One line at the end, whatever the number of bad lines; none where lines are skipped."""
    result = shell.run("-e", A1, given=given)
    assert (result.code, result.output) == (2, b"")
    messages = result.errors.splitlines()
    assert hint == ("" if "could not be read" in messages[-1] else messages[-1])
    assert len([line for line in messages if line.startswith("ruler: ")]) == 1 + bool(hint)
    for how in ("skip", "fail"):
        assert "ruler: " not in shell.run("-e", A1, "--on-error", how, given=given).errors


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": 1, "b": "\xff"}',
        b'{"a": 1, "b": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": 1, "b": "\\ud800"}',
        b'{"a": 1} {}',
        b'[{"a": 1}]',
        b'{"a": 1, "b": 1e309}',
        b'{"a": 1, "b": NaN}',
        b'{"a": 1}\0',
        b"\x0c",
    ],
)
def test_what_is_no_event_is_reported_wherever_it_is(shell: Shell, line: bytes) -> None:
    """Bad UTF-8, lone surrogates, text after the object: also where no rule looks."""
    result = shell.run("-e", A1, given=line + b"\n" + YES)
    assert (result.code, result.output) == (2, YES)
    assert result.errors.startswith("<stdin>:1: ")


def test_on_error_skip_ignores_bad_lines(shell: Shell) -> None:
    result = shell.run("-e", A1, "--on-error", "skip", given=BAD + YES + BAD)
    assert (result.code, result.output, result.errors) == (0, YES, "")
    result = shell.run("-e", A1, "--on-error=skip", given=BAD)
    assert (result.code, result.output, result.errors) == (1, b"", "")


@pytest.mark.parametrize("output", ["lines", "names", "tagged"])
def test_on_error_fail_stops_at_the_first_bad_line(shell: Shell, output: str) -> None:
    """What was selected before it has been written; what comes after is not looked at."""
    shell.write("events", YES + BAD + YES + BAD)
    result = shell.run("-e", A1, "-o", output, "--on-error", "fail", "events", "events")
    assert (result.code, result.output.count(b"\n")) == (2, 1)
    assert result.errors.startswith("events:2: at byte ")
    assert result.errors.count("\n") == 1


def test_on_error_fail_prints_no_part_of_a_count(shell: Shell) -> None:
    result = shell.run("-e", A1, "-c", "--on-error", "fail", given=YES + BAD + YES)
    assert (result.code, result.output) == (2, b"")


def test_a_count_is_printed_beside_reported_lines(shell: Shell) -> None:
    result = shell.run("-e", A1, "-c", given=YES + BAD + YES)
    assert (result.code, result.output) == (2, b"2\n")


@pytest.mark.parametrize("how", ["skip", "report"])
def test_many_bad_lines_between_selected_ones(shell: Shell, how: str) -> None:
    """Those that are not shown change nothing about what is selected or counted."""
    result = shell.run("-e", A1, "--on-error", how, "-m", "50", given=(BAD + YES + NO) * 100)
    assert result.output == YES * 50
    assert (result.errors, result.code) == ("", 0) if how == "skip" else "ruler: 50 lines" in result.errors


def test_messages_show_no_control_characters(shell: Shell) -> None:
    """Neither from events nor from file names."""
    name = shell.write("a\x1b[31m\nb", b'{"a": \x1b[31m}\n')
    result = shell.run("-e", A1, name)
    assert result.errors.startswith("a\\u001b[31m\\nb:1: at byte ")
    assert "\x1b" not in result.errors


# ---------------------------------------------------------------- files that cannot be read


def test_a_missing_file_is_trouble_but_the_others_are_read(shell: Shell) -> None:
    shell.write("events", YES)
    (shell.directory / "folder").mkdir()
    result = shell.run("-e", A1, "missing.jsonl", "events", "folder", "events")
    assert (result.code, result.output) == (2, YES * 2)
    expected = "ruler: missing.jsonl: No such file or directory\nruler: folder: Is a directory\n"
    assert expected == result.errors


def test_an_output_that_is_also_an_input_is_refused(shell: Shell) -> None:
    """It would read what it wrote, for ever."""
    shell.write("events", YES)
    with open(shell.directory / "events", "ab") as output:
        process = shell.start("-e", A1, "events", stdout=output)
        result = end(process)
    assert (result.code, result.errors) == (2, "ruler: events: is also the output: it would grow for ever\n")
    assert (shell.directory / "events").read_bytes() == YES


def test_a_file_name_that_is_not_utf8(shell: Shell) -> None:
    result = shell.run("-e", A1, b"missing-\xff")
    assert (result.code, result.errors) == (2, "ruler: missing-\\xff: No such file or directory\n")


# ---------------------------------------------------------------- wrong arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no rules: give a file with -r FILE or a rule with -e JSON"),
        (("filter", "events"), "no rules: give a file with -r FILE or a rule with -e JSON"),
        (
            ("rules.json", "events"),
            'no rules: "rules.json" is read for events; if it holds the rules, write -r rules.json',
        ),
        (("-r", "-"), "standard input cannot be read twice: -r - needs events from a FILE"),
        (("-r", "-", "-r", "-", "f"), "standard input cannot be read twice: -r - needs events from a FILE"),
        (("-e",), "-e, --pattern needs a value: -e JSON, or --pattern=JSON when it begins with -"),
        (("-r", "-x"), "-r, --rules needs a value: -r FILE, or --rules=FILE when it begins with -"),
        (("-e", A1, "--on-error"), "--on-error needs a value: --on-error HOW, or --on-error=HOW when it begins with -"),
        (("-e", A1, "--count=5"), '-c, --count takes no value, found "5" after it'),
        (("-e", A1, "-m", "-1"), '-m, --max-count: found "-1", expected a whole number from 0'),
        (("-e", A1, "-m", "²"), '-m, --max-count: found "²", expected a whole number from 0'),
        (("-e", A1, "-o", "x"), '-o, --output: found "x", expected lines, names or tagged'),
        (("-e", A1, "--on-error", "x"), '--on-error: found "x", expected report, skip or fail'),
        (("-e", A1, "--coun"), "there is no option --coun; did you mean --count?"),
        (("-e", A1, "--colour=red", "--foo"), "there is no option --colour"),
    ],
)
def test_wrong_arguments_are_explained(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    result = shell.run(*arguments)
    expected = f"ruler filter: {message}\nTry 'ruler filter --help'.\n"
    assert (2, b"", expected) == (result.code, result.output, result.errors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("chekc", "rules.json"),
            "\"chekc\" is neither a command nor a file; did you mean 'ruler check'?",
        ),
        (("help",), "\"help\" is neither a command nor a file; did you mean 'ruler --help'?"),
        (("events.jsonl",), '"events.jsonl" is neither a command nor a file'),
        (("--version", "--foo"), '--version stands alone, found "--foo" after it'),
    ],
)
def test_what_is_no_command_is_said_so(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    """Only where there are no rules: with them it is a file of events."""
    result = shell.run(*arguments)
    assert (2, b"", f"ruler: {message}\nTry 'ruler --help'.\n") == (result.code, result.output, result.errors)


def test_a_file_of_events_without_rules_is_not_taken_for_a_command(shell: Shell) -> None:
    shell.write("chekc", YES)
    expected = "ruler filter: no rules: give a file with -r FILE or a rule with -e JSON\nTry 'ruler filter --help'.\n"
    assert expected == shell.run("chekc").errors
    assert shell.run("-e", A1, "chekc").output == YES


# ---------------------------------------------------------------- rules with errors


def test_a_pattern_is_read_as_bytes_whatever_the_locale(shell: Shell) -> None:
    """The rule of an argument is UTF-8, also where the locale is not."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    line = '{"é": "ü"}\n'.encode()
    for environment in ({}, plain):
        result = shell.run("-e", '{"é": ["ü"]}'.encode(), given=line, **environment)
        assert (0, line, "") == (result.code, result.output, result.errors)


def test_a_pattern_that_is_not_utf8(shell: Shell) -> None:
    """Its byte is named, and nothing is said of surrogates."""
    result = shell.run("-e", b'{"a": ["\xff"]}', given=YES)
    lines = result.errors.splitlines()
    assert (result.code, result.output) == (2, b"")
    assert lines[0].startswith("pattern-1:1:9: byte 0xff ")
    assert lines[1:3] == ['    {"a": ["\ufffd"]}', " " * 12 + "^"]
    assert "surrogate" not in result.errors


def test_an_empty_pattern_shows_no_source(shell: Shell) -> None:
    """There is none to point into."""
    for text in ("", " "):
        lines = shell.run("-e", text).errors.splitlines()
        assert [line[:9] for line in lines] == ["pattern-1", "  why:   ", "  write: "]


def test_a_pattern_that_is_a_string_with_a_rule_in_it(shell: Shell) -> None:
    """EventBridge keeps patterns so."""
    result = shell.run("-e", '"{\\"a\\": [1]}"')
    expected = r"""
pattern-1:1:1: found the string "{\"a\": [1]}", expected an object
    "{\"a\": [1]}"
    ^
  why:   a rule is an object; this string holds the text of one
  write: {"a": [1]}
"""
    assert (2, expected[1:]) == (result.code, result.errors)


def test_an_error_in_a_pattern_points_into_its_text(shell: Shell) -> None:
    result = shell.run("-e", A1, "-e", '{"source": "aws.s3"}', given=YES)
    expected = """\
pattern-2:1:12: $.source: found the string "aws.s3", expected an array
    {"source": "aws.s3"}
               ^
  why:   a clause lists every value it accepts, even when there is one
  write: ["aws.s3"]
"""
    assert (2, b"", expected) == (result.code, result.output, result.errors)


def test_all_errors_of_all_rules_are_reported_before_any_event_is_read(shell: Shell) -> None:
    """Files first, then patterns; nothing is filtered with half of the rules."""
    shell.write("rules.json", '{"fine": {"a": [1]},\n "two": {"a": 1, "b": {"c": "x"}}}')
    process = shell.start("-r", "missing", "-r", "rules.json", "-e", '{"a"', "-e", '{"a": 5}')
    result_code = process.wait(TIMEOUT_SECONDS)  # the input is still open
    result = end(process)
    assert result_code == 2
    places = [line.split(": ")[0] for line in result.errors.splitlines() if line[0] not in " {"]
    assert [p for p in places if "pattern" not in p] == ["ruler", "rules.json:2:15", "rules.json:2:29"]
    assert {"pattern-1:1:5", "pattern-2:1:7"} == {p for p in places if "pattern" in p}
    assert result.errors.startswith("ruler: missing: No such file or directory\n")


# ---------------------------------------------------------------- how it ends


def test_output_appears_while_the_input_waits(shell: Shell) -> None:
    """``tail -f | ruler``: a line is written before the next one comes."""
    process = shell.start("-e", A1)
    assert process.stdin is not None
    for number in range(3):
        line = b'{"a": 1, "n": %d}\n' % number
        process.stdin.write(NO + line + b'{"a": 1, "unfinished')
        assert line == read_line(process)
        process.stdin.write(b'": true, "a": 2}\n')
    result = end(process)
    assert (result.code, result.output, result.errors) == (0, b"", "")


def test_a_closed_pipe_ends_quietly(shell: Shell) -> None:
    """As in ``ruler ... | head -1``."""
    shell.write("events", YES * 200_000)
    process = shell.start("-e", A1, "events")
    assert read_line(process) == YES
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(TIMEOUT_SECONDS) == 141
    assert process.stderr.read() == b""
    end_quietly(process)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("filter", "--help"), ("-c", "-e", A1), ("-e", A1)])
def test_a_pipe_closed_from_the_start_ends_quietly(shell: Shell, arguments: tuple[str, ...]) -> None:
    """Also for what is written once, at the end."""
    reading, writing = os.pipe()
    os.close(reading)
    process = shell.start(*arguments, stdout=writing)
    os.close(writing)
    assert process.stdin is not None
    process.stdin.write(YES)
    result = end(process)
    assert (result.code, result.errors) == (141, "")


def test_a_full_disk_is_trouble(shell: Shell) -> None:
    """A write that fails for another reason is said in one line."""
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    with open("/dev/full", "wb") as full:
        process = shell.start("-e", A1, stdout=full)
        assert process.stdin is not None
        process.stdin.write(YES)
        result = end(process)
    expected = f"ruler: cannot write the output: {os.strerror(errno.ENOSPC)}\n"
    assert (2, expected) == (result.code, result.errors)


def test_an_output_closed_by_the_caller_is_trouble(shell: Shell) -> None:
    """``>&-``: the file opened next must not be taken for the output."""
    shell.write("events", YES)
    script = 'exec "$0" -m ruler -e "$1" events >&-'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, A1],
        capture_output=True,
        cwd=shell.directory,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"ruler: cannot write the output: ")
    assert (shell.directory / "events").read_bytes() == YES


def test_an_interrupt_ends_quietly(shell: Shell) -> None:
    """What was selected before has been written."""
    process = shell.start("-e", A1)
    assert process.stdin is not None
    process.stdin.write(YES)
    assert read_line(process) == YES
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT_SECONDS) == 130
    result = end(process)
    assert (result.output, result.errors) == (b"", "")


def test_an_error_of_our_own_is_one_line(shell: Shell) -> None:
    """RULER_DEBUG=1 shows where it came from."""
    script = (
        "import sys, ruler_cli.main as main\n"
        "def broken(arguments): raise LookupError('lost\\n')\n"
        "main.run = broken\n"
        "sys.exit(main.console_entry())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RULER_DEBUG"}
    expected = "ruler: an error in ruler itself: LookupError: lost\\n (RULER_DEBUG=1 shows where)\n"
    for extra, check in (({}, expected.__eq__), ({"RULER_DEBUG": "1"}, lambda text: "Traceback" in text)):
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env={**environment, **extra},
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 2
        assert check(done.stderr), done.stderr


# ---------------------------------------------------------------- questions


def test_version_names_the_engine(shell: Shell) -> None:
    import ruler
    from ruler_cli.main import version

    expected = version()
    assert expected.startswith(f"ruler {ruler.__version__} (engine: {ruler.Matcher().engine})\n")
    for arguments in (("--version",), ("filter", "--version"), ("check", "--version"), ("-c", "--version")):
        result = shell.run(*arguments)
        assert (0, expected, "") == (result.code, result.output.decode(), result.errors)


def test_an_engine_that_cannot_be_had_is_said_in_one_line(shell: Shell) -> None:
    for arguments in (("--version",), ("-e", A1)):
        result = shell.run(*arguments, RULER_ENGINE="steam")
        assert (result.code, result.output, result.errors.count("\n")) == (2, b"", 1)
        assert result.errors.startswith("ruler: RULER_ENGINE=steam: no such engine")


def test_help_says_every_option_and_the_exit_codes(shell: Shell) -> None:
    """Help is written by hand, so compare it with what is parsed."""
    from ruler_cli.filter import filter_parser

    result = shell.run("filter", "--help")
    text = result.output.decode()
    assert result.code == 0
    for action in filter_parser()._actions:
        for option in action.option_strings:
            assert option in text
    assert "exit codes: 0 " in text
    assert max(map(len, text.splitlines())) <= 80


def test_help_of_the_whole_names_every_command(shell: Shell) -> None:
    for option in ("-h", "--help"):
        result = shell.run(option)
        assert result.code == 0
        assert b"usage: ruler [filter] (-r FILE | -e JSON)..." in result.output
        for command in main.COMMANDS:
            assert f"\n  {command} ".encode() in result.output or f"\n  {command}\n".encode() in result.output


def end_quietly(process: subprocess.Popen[bytes]) -> None:
    """Close what is left of a process that has ended."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def ascii_json(value: object) -> str:
    import json

    return json.dumps(value)
