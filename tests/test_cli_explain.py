"""``ruler explain`` on the command line: what it reads, what it writes, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_runner import Shell

from ruler_cli.explain import HELP, explain_parser

RULES = json.dumps(
    {
        "big-orders": {"source": ["shop"], "detail": {"total": [{"numeric": [">", 1000]}]}},
        "refunds": {"source": ["shop"], "detail": {"kind": ["refund"]}},
    }
)
ORDER = '{"source": "shop", "detail": {"total": 997}}'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    found = Shell(tmp_path)
    found.write("rules.json", RULES)
    return found


def lines(output: bytes) -> list[str]:
    """Without the lines that propose changes: those are tested with the proposals."""
    return [line for line in output.decode().splitlines() if not line.startswith("  to match")]


def test_a_near_miss_is_explained(shell: Shell) -> None:
    """One rule, one event laid out over lines: the verdict, each path, the reason; exit code 1."""
    shell.write("event.json", ORDER.replace(", ", ",\n  "))
    result = shell.run("explain", "-r", "rules.json", "--rule", "big-orders", "event.json")
    assert (1, "") == (result.code, result.errors)
    assert [
        "big-orders: does not match",
        '  ✗ detail.total  [{"numeric": [">", 1000]}]',
        "      at /detail/total: 997 is below the bound 1000 by 3",
        '  ✓ source        ["shop"]',
        '      "shop" at /source',
    ] == lines(result.output)


def test_exit_code_is_0_when_every_event_matched(shell: Shell) -> None:
    """Any of the rules asked about is enough; without FILE standard input is read."""
    given = b'{"source":"shop","detail":{"kind":"refund"}}\n\n{"source":"shop","detail":{"total":1001}}\n'
    assert 0 == shell.run("explain", "-r", "rules.json", given=given).code
    result = shell.run("explain", "-r", "rules.json", "--rule", "refunds", "-", given=given)
    assert 1 == result.code
    assert lines(result.output)[0] == "<stdin>:1: refunds: matches"
    assert "<stdin>:3: refunds: does not match" in lines(result.output)


def test_all_rules_nearest_misses_first_and_no_more_than_asked_for(shell: Shell) -> None:
    """``-n`` limits; what is left out is counted; 0 shows all."""
    patterns = [argument for index in range(7) for argument in ("-e", f'{{"n": [{index}]}}')]
    shown = lines(shell.run("explain", *patterns, given=b'{"n": 9}').output)
    assert "0 of 7 rules matched" == shown[0]
    assert "2 more rules not shown" == shown[-1]
    assert "6 more rules not shown" == lines(shell.run("explain", "-n", "1", *patterns, given=b'{"n": 9}').output)[-1]
    assert "not shown" not in shell.run("explain", "--limit=0", *patterns, given=b'{"n": 9}').output.decode()


def test_details_name_what_matched(shell: Shell) -> None:
    """``--details`` shows values and patterns of rules that matched."""
    given = b'{"source":"shop","detail":{"kind":"refund"}}'
    result = shell.run("explain", "-r", "rules.json", "--details", given=given)
    assert 0 == result.code
    assert [
        "refunds: matches",
        '  detail.kind  "refund" at /detail/kind, accepted by "refund"',
        '  source       "shop" at /source, accepted by "shop"',
    ] == lines(result.output)
    record = json.loads(shell.run("explain", "-r", "rules.json", "--details", "--format", "json", given=given).output)
    assert [{"pattern": '"refund"', "place": "$.detail.kind[0]"}] == record["details"][0]["values"][0]["accepted_by"]


def test_json_is_one_object_a_line_for_each_event(shell: Shell) -> None:
    """With the file, the line, whether it matched, and the rules."""
    shell.write("events.jsonl", f"{ORDER}\n{{}}\n")
    result = shell.run("explain", "-r", "rules.json", "--format", "json", "events.jsonl")
    records = [json.loads(line) for line in result.output.splitlines()]
    assert [("events.jsonl", 1, False), ("events.jsonl", 2, False)] == [
        (record["file"], record["line"], record["matched"]) for record in records
    ]
    [total, _] = records[0]["rules"][0]["sub_rules"][0]["clauses"]
    assert "below-bound" == total["alternatives"][0]["reasons"][0]["code"]


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["-e", '{"a": [1]}'], b"", "<stdin>:1:1: "),
        (["-e", '{"a": [1]}'], b'{"a":\n 1,}', "<stdin>:2:"),
        (["-e", '{"a": [1]}'], b'{"a": 1}\n{oops\n{"a": 1}', "<stdin>:2:2: "),
        (["-e", '{"a": [1]}'], b"[1]", "found an array, expected an object"),
        (["-e", '{"a": 1}'], b"{}", "write: [1]"),
        (["-e", '{"a": [1]}', "missing.json"], b"", "missing.json: No such file or directory"),
        (["-e", '{"a": [1]}', "--rule", "pattern1"], b"{}", 'did you mean "pattern-1"?'),
        (["-e", '{"a": [1]}', "a", "b"], b"", "found 2 files, expected one"),
        ([], b"{}", "no rules"),
        (["-e", '{"a": [1]}', "-n", "x"], b"{}", 'found "x", expected a whole number'),
        (["-r", "-"], b"{}", "standard input cannot be read twice"),
    ],
)
def test_trouble_is_told_and_ends_with_2(shell: Shell, arguments: list[str], given: bytes, message: str) -> None:
    """One clear message on standard error, never a traceback."""
    result = shell.run("explain", *arguments, given=given)
    assert 2 == result.code
    assert message in result.errors
    assert "Traceback" not in result.errors


def test_lines_that_are_no_events_are_told_and_the_others_explained(shell: Shell) -> None:
    """The first ten; then how many there are."""
    given = b'{"a": 1}\n' + b"{oops\n" * 12 + b'{"a": 1}\n'
    result = shell.run("explain", "-e", '{"a": [1]}', given=given)
    assert 2 == result.code
    assert 2 == result.output.decode().count("pattern-1: matches")
    assert 10 == result.errors.count("{oops")
    assert "12 lines could not be read as events" in result.errors


def test_nothing_of_an_event_reaches_the_terminal_unescaped(shell: Shell) -> None:
    """Control characters in names and values are shown as escapes, also without colour."""
    result = shell.run("explain", "-e", '{"a": ["x"]}', given=b'{"a": "\\u001b[31m", "\\u001b": 1}')
    assert b"\x1b" not in result.output
    assert b"\\u001b[31m" in result.output


def test_help_names_every_option() -> None:
    """And no line is wider than 80 columns."""
    options = {option for action in explain_parser()._actions for option in action.option_strings}
    assert options <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", HELP))
    assert max(map(len, HELP.splitlines())) <= 80
