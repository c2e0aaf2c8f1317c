"""``ruler test`` as a real process: texts, exit codes, and the formats that other programs read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_runner import Shell

from ruler_cli.test import parser_of_test

ROOT = Path(__file__).resolve().parent.parent
RULES = '{"big": {"total": [{"numeric": [">", 1000]}]}, "small": {"total": [{"numeric": ["<", 10]}]}}'
MIXED = """\
{"rules": "rules.json", "tests": [
  {"name": "a big order", "event": {"total": 1500}, "matches-exactly": ["big"]},
  {"name": "an order between", "event": {"total": 500}, "matches": ["big"], "does-not-match": ["small"]},
  {"name": "no event", "event-text": "{", "matches-exactly": []}
]}
"""
HOSTILE = 'a "b" \\ # SKIP\n  ...\nok 9 \x00\x1b[31m\x7f\x85\u2028\u202e\ufeff\ufffe ]]> <&> \U0001f600\t'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.write("rules.json", RULES)
    return shell


def fixture(*names: str, total: int = 1500) -> str:
    """A test file of tests that pass when ``total`` is above 1000."""
    tests = [{"name": name, "event": {"total": total, "text": HOSTILE}, "matches": ["big"]} for name in names]
    return json.dumps({"rules": "rules.json", "tests": tests})


def head_lines(text: str) -> list[str]:
    """The lines of an output without what explains a rule's answer."""
    return [line for line in text.splitlines() if not line.startswith("    ")]


def test_failures_are_shown_with_their_place(shell: Shell, engine: str) -> None:
    """A line for each test that failed, one for each rule that answered otherwise, and a summary; exit 1."""
    shell.write("mixed.ruler-test.json", MIXED)
    result = shell.run("test")
    assert head_lines(result.output.decode()) == [
        "mixed.ruler-test.json:3:3: failed: an order between",
        '  "big" should match, and does not',
        "mixed.ruler-test.json:4:3: failed: no event",
        '  the event is refused with "not-json", character 2: unexpected end of data',
        "3 tests in 1 file: 2 failed",
    ]
    assert (result.code, result.errors) == (1, "")


@pytest.mark.parametrize(
    ("member", "options", "code", "error"),
    [
        ("", [], 0, ""),
        ("", ["--dialect", "eventbridge-pipes"], 2, "is refused in the dialect eventbridge-pipes"),
        ('"dialect": "eventbridge-pipes", ', [], 2, "is refused in the dialect eventbridge-pipes"),
        ('"dialect": "eventbridge-pipes", ', ["--dialect", "eventbridge"], 0, ""),
        ('"dialect": "eventbridge-pips", ', [], 2, 'as the dialect; did you mean "eventbridge-pipes"?'),
        ('"dialect": 1, ', [], 2, "found the number 1 as the dialect"),
        ("", ["--dialect", "events"], 2, '"events" is not a dialect'),
    ],
)
def test_rules_are_held_to_a_dialect(shell: Shell, member: str, options: list[str], code: int, error: str) -> None:
    """To that of the command line, else that of the file, else our own; what is refused is trouble, with its place."""
    rules = '{"r": {"a": [{"wildcard": "x*"}]}}'
    tests = '[{"name": "t", "event": {"a": "xy"}, "matches": ["r"]}]'
    shell.write("a.ruler-test.json", f'{{{member}"rules": {rules}, "tests": {tests}}}')
    result = shell.run("test", *options)
    assert (result.code, error in result.errors, bool(result.errors)) == (code, True, bool(error))


def test_tests_that_pass_are_a_summary(shell: Shell) -> None:
    """With -v every test has its line."""
    shell.write("a.ruler-test.json", fixture("one", "two"))
    shell.write("ruler-test.json", fixture("three"))
    result = shell.run("test", ".")
    assert (result.code, result.output, result.errors) == (0, b"3 tests in 2 files: all passed\n", "")
    verbose = shell.run("test", "--verbose").output.decode()
    place = "1:35"
    assert verbose.splitlines()[0] == f"a.ruler-test.json:{place}: passed: one"
    assert verbose.splitlines()[2:] == [f"ruler-test.json:{place}: passed: three", "3 tests in 2 files: all passed"]


def test_stop_ends_at_the_first_failure(shell: Shell) -> None:
    """In a test, and at a file with errors."""
    shell.write("a.ruler-test.json", fixture("one", "two", total=5))
    shell.write("b.ruler-test.json", "{}")
    for option in ("-x", "--stop"):
        result = shell.run("test", option)
        assert result.output.decode().splitlines()[-1] == "1 test in 1 file: 1 failed"
        assert (result.code, result.errors) == (1, "")
    result = shell.run("test", "-x", "b.ruler-test.json", "a.ruler-test.json")
    assert (result.code, result.output) == (2, b"0 tests in 1 file: 1 file with errors, not tested\n")


def test_tests_are_selected_by_a_part_of_file_and_name(shell: Shell) -> None:
    """Capital or small letters; files without a selected test are not counted."""
    shell.write("a.ruler-test.json", fixture("One", "two"))
    shell.write("b.ruler-test.json", fixture("three"))
    assert shell.run("test", "-k", "one").output == b"1 test in 1 file: all passed\n"
    assert shell.run("test", "-k", "B.RULER").output == b"1 test in 1 file: all passed\n"
    assert shell.run("test", "-k", "json::t").output == b"2 tests in 2 files: all passed\n"
    result = shell.run("test", "-k", "fo\x1bur")
    assert (result.code, result.output) == (2, b"")
    assert result.errors == 'ruler: no test has "fo\\u001bur" in its file or name; there are 3\n'


def test_files_with_errors_are_trouble_and_others_are_tested(shell: Shell) -> None:
    """All errors of the file and its rules on standard error, exit 2."""
    shell.write("bad.json", '{"r": {"a": 1}}')
    shell.write(
        "a.ruler-test.json", '{"rules": "bad.json", "tests": [{"name": "t", "event": {}, "matches": ["r"], "x": 1}]}'
    )
    shell.write("b.ruler-test.json", fixture("t"))
    result = shell.run("test")
    assert (result.code, result.output) == (2, b"1 test in 2 files: all passed, 1 file with errors, not tested\n")
    assert [line for line in result.errors.splitlines() if line[0] != " "] == [
        'a.ruler-test.json:1:78: "x" is not a member of a test',
        "bad.json:1:13: r: $.a: found the number 1, expected an array",
    ]
    shell.write("c.ruler-test.json", fixture("t", total=1))
    assert shell.run("test").code == 2


def test_nothing_to_test_is_trouble(shell: Shell) -> None:
    """A run that tests nothing must not look like one where all passed."""
    result = shell.run("test")
    expected = "ruler: no tests found in .: test files are named *.ruler-test.json or ruler-test.json\n"
    assert (result.code, result.output, result.errors) == (2, b"", expected)
    result = shell.run("test", "missing.ruler-test.json")
    assert (result.code, result.output) == (2, b"0 tests in 1 file: 1 file with errors, not tested\n")
    assert result.errors == "ruler: missing.ruler-test.json: No such file or directory\n"


def test_a_test_file_may_be_standard_input(shell: Shell) -> None:
    """Its paths are then relative to the current directory."""
    result = shell.run("test", "-v", "-", "-", given=fixture("t").encode())
    assert (result.code, result.errors) == (0, "")
    assert result.output == b"<stdin>:1:35: passed: t\n1 test in 1 file: all passed\n"
    assert shell.run("test", "-", given=b"{").errors.startswith("<stdin>:1:2: the text ends inside the object")


def test_wrong_arguments(shell: Shell) -> None:
    """One line that says what is understood."""
    result = shell.run("test", "--format", "xml")
    assert result.code == 2
    assert result.errors == (
        "ruler test: --format: found \"xml\", expected human, json, tap or junit\nTry 'ruler test --help'.\n"
    )


def test_help_says_every_option_and_the_exit_codes(shell: Shell) -> None:
    """Help is written by hand, so compare it with what is parsed."""
    result = shell.run("test", "--help")
    text = result.output.decode()
    assert result.code == 0
    for action in parser_of_test()._actions:
        for option in action.option_strings:
            assert option in text
    assert "exit codes: 0 " in text
    assert max(map(len, text.splitlines())) <= 80


# -- formats -----------------------------------------------------------------------------------------------------


def test_json_is_an_object_a_test_on_one_line(shell: Shell) -> None:
    """Failures have the members of a finding; findings go to standard error, as with every command."""
    shell.write("mixed.ruler-test.json", MIXED)
    shell.write("bad.ruler-test.json", "{}")
    result = shell.run("test", "--format", "json")
    records = [json.loads(line) for line in result.output.splitlines()]
    assert [(each["test"], each["outcome"], each["pointer"], each["line"]) for each in records] == [
        ("a big order", "passed", "/tests/0", 2),
        ("an order between", "failed", "/tests/1", 3),
        ("no event", "failed", "/tests/2", 4),
    ]
    [failure] = records[1]["failures"]
    findings = [json.loads(line) for line in result.errors.splitlines()]
    assert [each["code"] for each in findings] == ["test-file-form", "test-file-form"]
    assert set(failure) == {*findings[0], "explanation"}
    assert (failure["code"], failure["rule"], failure["severity"]) == ("rule-does-not-match", "big", "error")
    assert result.code == 2


def tap_points(text: str) -> list[tuple[bool, int, str, list[str]]]:
    """A small reader of TAP 14: (ok, number, description, lines of its YAML block) of each test point."""
    version, plan, *lines = text.split("\n")
    assert version == "TAP version 14"
    assert lines.pop() == ""
    points: list[tuple[bool, int, str, list[str]]] = []
    block: list[str] | None = None
    for line in lines:
        if block is not None:
            assert line == "" or line.startswith("  ")
            if line == "  ...":
                block = None
            else:
                block.append(line[2:])
        elif line == "  ---":
            block = points[-1][3]
        else:
            found = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*)", line)
            assert found is not None, line
            points.append((found[1] is None, int(found[2]), re.sub(r"\\(.)", r"\1", found[3]), []))
    assert block is None
    assert plan == f"1..{len(points)}"
    assert [number for _, number, _, _ in points] == list(range(1, len(points) + 1))
    return points


def test_tap_has_a_point_for_each_test_and_each_file_with_errors(shell: Shell) -> None:
    """Failures say where and why in a YAML block."""
    shell.write("mixed.ruler-test.json", MIXED)
    shell.write("bad.ruler-test.json", "{}")
    result = shell.run("test", "--format", "tap")
    points = tap_points(result.output.decode())
    assert result.code == 2
    assert [(is_ok, text) for is_ok, _, text, _ in points] == [
        (False, "bad.ruler-test.json"),
        (True, "mixed.ruler-test.json: a big order"),
        (False, "mixed.ruler-test.json: an order between"),
        (False, "mixed.ruler-test.json: no event"),
    ]
    assert points[0][3][:3] == ['message: "the file could not be tested"', "severity: error", "findings:"]
    assert points[1][3] == []
    assert points[2][3][:10] == [
        r'message: "\"big\" should match, and does not"',
        "severity: fail",
        "at:",
        '  file: "mixed.ruler-test.json"',
        "  line: 3",
        "  column: 3",
        "failures:",
        r'  - message: "\"big\" should match, and does not"',
        "    code: rule-does-not-match",
        '    rule: "big"',
    ]


def hostile_files(shell: Shell) -> None:
    """Names, rule names and values that try to end the place they stand in."""
    rules = {HOSTILE: {"a": [HOSTILE]}}
    tests = [
        {"name": HOSTILE, "event": {"a": HOSTILE}, "matches-exactly": []},
        {"name": f"{HOSTILE}2", "event": {"a": f"{HOSTILE}!"}, "matches": [HOSTILE]},
        {"name": "refused", "event-text": HOSTILE, "matches": [HOSTILE]},
    ]
    shell.write("x.ruler-test.json", json.dumps({"rules": rules, "tests": tests}))
    shell.write("y.ruler-test.json", json.dumps({"rules": {HOSTILE: 1}, HOSTILE: 1}))


def test_tap_holds_hostile_names(shell: Shell) -> None:
    """A name is one line without controls; strings in YAML give back what they hold, as JSON does."""
    hostile_files(shell)
    output = shell.run("test", "--format", "tap").output.decode()
    points = tap_points(output)
    assert len(points) == 4
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ufeff\ufffe]", output) is None
    strings = [line.partition(": ")[2] for line in points[0][3] if line.startswith("    rule: ")]
    assert [json.loads(text) for text in strings] == [HOSTILE]
    assert "\U0001f600" in points[0][2]


def test_junit_counts_and_shows_failures_and_errors(shell: Shell) -> None:
    """A suite a file, a case a test, a file with errors a case that is an error."""
    shell.write("mixed.ruler-test.json", MIXED)
    (shell.directory / "inner").mkdir()
    shell.write("inner/bad.ruler-test.json", "{}")
    result = shell.run("test", "--format", "junit")
    suites = ElementTree.fromstring(result.output)
    assert result.code == 2
    assert suites.tag == "testsuites"
    assert suites.attrib == {"tests": "4", "failures": "2", "errors": "1"}
    mixed, bad = suites
    assert mixed.attrib == {"name": "mixed.ruler-test.json", "tests": "3", "failures": "2", "errors": "0"}
    assert [case.get("name") for case in mixed] == ["a big order", "an order between", "no event"]
    assert mixed[1].attrib == {
        "name": "an order between",
        "classname": "mixed.ruler-test",
        "file": "mixed.ruler-test.json",
        "line": "3",
    }
    [failure] = mixed[1]
    assert failure.attrib == {"message": '"big" should match, and does not', "type": "rule-does-not-match"}
    assert (failure.text or "").startswith('"big" should match, and does not')
    [[error]] = bad
    assert error.tag == "error"
    assert (error.text or "").startswith("inner/bad.ruler-test.json:1:1: the file has no ")


def test_junit_is_well_formed_whatever_names_hold(shell: Shell) -> None:
    """XML has no form for most control characters, so they are shown as escapes."""
    hostile_files(shell)
    suites = ElementTree.fromstring(shell.run("test", "--format", "junit").output)
    names = [case.get("name") or "" for case in suites.iter("testcase")]
    assert names[0].startswith('a "b" \\ # SKIP\\n  ...\\nok 9 \\u0000\\u001b[31m')
    assert names[0].endswith("\\ufffe ]]> <&> \U0001f600\\t")
    assert len(names) == 4


def test_human_text_obeys_no_control_character(shell: Shell) -> None:
    """Names, values and findings are shown with escapes."""
    hostile_files(shell)
    result = shell.run("test", "-v")
    assert result.code == 2
    text = result.output.decode() + result.errors
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text) is None


def test_formats_agree_on_the_exit_code(shell: Shell) -> None:
    """Also where nothing went wrong, and where there is nothing."""
    for form in ("human", "json", "tap", "junit"):
        assert shell.run("test", "--format", form).code == 2
    shell.write("ruler-test.json", fixture("t"))
    for form in ("human", "json", "tap", "junit"):
        assert shell.run("test", "--format", form).code == 0
    shell.write("ruler-test.json", fixture("t", total=1))
    for form in ("human", "json", "tap", "junit"):
        assert shell.run("test", "--format", form).code == 1


def test_the_example_passes(tmp_path: Path, engine: str) -> None:
    """And fails when a rule it is about is changed."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shell = Shell(tmp_path)
    result = shell.run("test", "examples")
    assert (result.code, result.errors) == (0, "")
    rules = (tmp_path / "examples" / "rules.json").read_text("utf-8")
    changed = rules.replace('"numeric": [">", 1000]', '"numeric": [">=", 1000]')
    assert changed != rules
    shell.write("examples/rules.json", changed)
    result = shell.run("test", "examples")
    assert result.code == 1
    assert b"failed: an order of exactly 1000 is neither big nor medium\n" in result.output


def test_the_page_of_the_examples_names_every_test() -> None:
    """In the order of the file."""
    tests = json.loads((ROOT / "examples" / "rules.ruler-test.json").read_text("utf-8"))["tests"]
    _, _, section = (ROOT / "examples" / "README.md").read_text("utf-8").partition("## rules.ruler-test.json\n")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    assert ["test", *(test["name"] for test in tests)] == rows
