"""``ruler check`` as a real process: every error, where it is, and the summary."""

from __future__ import annotations

import doctest
from pathlib import Path
from types import ModuleType

import pytest
from cli_runner import Shell

from ruler import findings
from ruler_cli import selection


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_rules_without_errors(shell: Shell) -> None:
    """One line, so that a person sees that something was checked."""
    shell.write("rules.json", '{"r": {"a": [1]}, "s": {"b": ["x"]}}')
    shell.write("more.json", '[{"name": "r", "rule": {"a": [1]}}]')
    result = shell.run("check", "rules.json")
    assert (result.code, result.output, result.errors) == (0, b"2 rules in 1 file: no errors\n", "")
    assert shell.run("check", "rules.json", "more.json").output == b"3 rules in 2 files: no errors\n"
    assert shell.run("check", "-", given=b'{"r": {"a": [1]}}').output == b"1 rule in 1 file: no errors\n"
    assert shell.run("check", "-", given=b" {} ").output == b"0 rules in 1 file: no errors\n"


def test_every_error_of_every_rule_is_shown_with_its_place(shell: Shell) -> None:
    """In the order of the text, with the source line, a caret, the reason and what to write."""
    shell.write(
        "rules.json",
        """\
{
  "s3-put": {
    "source": "aws.s3",
    "detail": {"key": [{"wildcard": "a**b"}]}
  },
  "fine": {"a": [1]},
  "cpu": {"$or": [{"metricName": ["CPUUtilization"]}]}
}
""",
    )
    result = shell.run("check", "rules.json")
    expected = """\
rules.json:3:15: s3-put: $.source: found the string "aws.s3", expected an array
    "source": "aws.s3",
              ^
  why:   a clause lists every value it accepts, even when there is one
  write: ["aws.s3"]
rules.json:4:37: s3-put: $.detail.key[0].wildcard: "a**b" has two * in a row, characters 2 and 3
    "detail": {"key": [{"wildcard": "a**b"}]}
                                    ^
  why:   one * already stands for any run of characters, none included
  write: "a*b", or "a\\\\**b" when the first * is a real asterisk
rules.json:7:11: cpu: $["$or"]: one branch, expected two or more
    "cpu": {"$or": [{"metricName": ["CPUUtilization"]}]}
            ^
  why:   "$or" joins alternatives; a single one is an ordinary clause
  write: "metricName": ["CPUUtilization"] in place of the whole "$or"
"""
    assert expected == result.errors
    assert (result.code, result.output) == (2, b"3 rules in 1 file: 3 errors\n")


def test_all_files_are_checked(shell: Shell) -> None:
    """Also after one that cannot be read."""
    shell.write("bad.json", '{"r": {"a": 1}}')
    result = shell.run("check", "missing.json", "bad.json", "-", given=b'{"s": {"a": []}}')
    assert (result.code, result.output) == (2, b"2 rules in 3 files: 3 errors\n")
    assert result.errors.startswith("ruler: missing.json: No such file or directory\n")
    assert "bad.json:1:13: r: $.a: " in result.errors
    assert "<stdin>:1:13: s: $.a: " in result.errors


def test_errors_stand_in_the_order_of_the_text(shell: Shell) -> None:
    """Those of the file among those of its rules; file after file, in both commands."""
    bad = '{"r": {"a": 1},\n "s": null,\n "t": {"a": 1, "b": 2}}'
    shell.write("one.json", bad)
    shell.write("two.json", bad)
    places = [f"{name}.json:{place}" for name in ("two", "one") for place in ("1:13", "2:7", "3:13", "3:21")]
    checked = shell.run("check", "two.json", "one.json").errors
    assert places == [line.split(": ")[0] for line in checked.splitlines() if line[0] != " "]
    assert checked == shell.run("-r", "two.json", "-r", "one.json").errors


def test_one_error_is_singular(shell: Shell) -> None:
    shell.write("bad.json", '{"r": {"a": 1}}')
    assert shell.run("check", "bad.json").output == b"1 rule in 1 file: 1 error\n"


def test_the_caret_stands_under_its_column(shell: Shell) -> None:
    """Tabs are shown as spaces, wide characters count twice, the indent of the line is left out."""
    shell.write("rules.json", '{\n\t\t"大雨":\t{"e\u0301": 1}\r\n}')
    lines = shell.run("check", "rules.json").errors.splitlines()
    assert lines[0].startswith("rules.json:2:16: 大雨: ")
    assert lines[1] == '    "大雨":    {"e\u0301": 1}'
    assert lines[2] == " " * (4 + 17) + "^"


def test_a_long_line_is_shown_around_the_column(shell: Shell) -> None:
    """A rule file may be one line of any length."""
    clauses = [f'"field-{n}": ["{n}"]' for n in range(200)]
    clauses.insert(100, '"bad": 1')
    shell.write("rules.json", '{"r": {' + ", ".join(clauses) + "}}")
    lines = shell.run("check", "rules.json").errors.splitlines()
    assert lines[1].startswith("    ...")
    assert lines[1].endswith("...")
    assert len(lines[1]) <= 100
    assert lines[1][lines[2].index("^") :].startswith("1, ")


def test_an_error_at_the_end_of_the_text(shell: Shell) -> None:
    """The caret may stand behind the last character, and on a line of its own."""
    lines = shell.run("check", "-", given=b'{"r": {"a": [1]}').errors.splitlines()
    assert [lines[0].split(": ")[0], *lines[1:3]] == ["<stdin>:1:17", '    {"r": {"a": [1]}', " " * 20 + "^"]
    lines = shell.run("check", "-", given=b'{"r": {"a": [1]}\n').errors.splitlines()
    assert [lines[0].split(": ")[0], *lines[1:3]] == ["<stdin>:2:1", "", "    ^"]


def test_messages_show_no_control_characters(shell: Shell) -> None:
    """A rule cannot colour the terminal, reorder the line, or move the cursor."""
    shell.write("rules.json", '{"\u202ename\x7f": {"a\x9b31m": "\u2028x"}, "\\u001b[31m": {"a": 1}}')
    result = shell.run("check", "rules.json")
    assert result.errors.isascii()
    assert not set(result.errors) & set(map(chr, [*range(10), *range(11, 32), 127]))
    assert '    {"\\u202ename\\u007f": {"a\\u009b31m": "\\u2028x"}' in result.errors
    assert ": \\u001b[31m: $.a: " in result.errors


def test_bad_utf8_in_rules(shell: Shell) -> None:
    result = shell.run("check", "-", given=b'{"r":\n {"\xc3\xa9": ["\xff"]}}')
    lines = result.errors.splitlines()
    assert lines[0] == "<stdin>:2:10: byte 0xff at offset 16 is not UTF-8"
    assert lines[1:3] == ['    {"é": ["\ufffd"]}}', " " * 12 + "^"]
    assert (result.code, result.output) == (2, b"0 rules in 1 file: 1 error\n")


def test_check_needs_a_file(shell: Shell) -> None:
    result = shell.run("check")
    expected = "ruler check: no rule file: give at least one FILE, or - for standard input\nTry 'ruler check --help'.\n"
    assert (2, b"", expected) == (result.code, result.output, result.errors)
    result = shell.run("check", "--quiet", "rules.json")
    expected = "ruler check: there is no option --quiet\nTry 'ruler check --help'.\n"
    assert (2, b"", expected) == (result.code, result.output, result.errors)


def test_help_of_check_says_the_exit_codes(shell: Shell) -> None:
    for option in ("-h", "--help"):
        result = shell.run("check", option)
        assert (result.code, result.errors) == (0, "")
        assert b"usage: ruler check [options] FILE..." in result.output
        assert b"exit codes: 0 no errors and no denied warnings, 1 denied warnings only," in result.output


@pytest.mark.parametrize("module", [findings, selection], ids=lambda module: module.__name__)
def test_examples_in_docstrings_hold(module: ModuleType) -> None:
    """The excerpt, the escapes, the written names."""
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
