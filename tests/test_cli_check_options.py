"""``ruler check`` as a real process: warnings that count, the four formats, and fixes written into files."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Shell

from ruler import check
from ruler.findings import Finding, Source
from ruler_cli.findings_output import workflow_command
from ruler_cli.rewrite import difference, without_controls, write_file

ODD = '{"r": {"key": [{"wildcard": "img/*"}], "total": {"numeric": [">", 5]}}}'
WRONG = '{"r": {"a": "x"}, "s": {"key": [{"wildcard": "img/*"}]}}'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


# ----- what counts


def test_warnings_alone_are_shown_and_fine(shell: Shell) -> None:
    """They go to standard error as errors do; the summary counts them."""
    shell.write("rules.json", ODD)
    result = shell.run("check", "rules.json")
    assert (0, b"1 rule in 1 file: no errors, 2 warnings\n") == (result.code, result.output)
    expected = """\
rules.json:1:29: warning: r: $.key[0].wildcard: the wildcard "img/*" is only a prefix [wildcard-is-prefix]
    {"r": {"key": [{"wildcard": "img/*"}], "total": {"numeric": [">", 5]}}}
                                ^
  why:   a wildcard with one *, at its end, is a prefix; it costs less and says what is meant
  write: {"prefix": "img/"} in place of the whole object
  fix:   --fix can write {"prefix": "img/"}
"""
    assert result.errors.startswith(expected)
    assert "fix:   --fix-all can write [" in result.errors


@pytest.mark.parametrize(
    ("options", "code", "summary"),
    [
        (["--deny", "wildcard-is-prefix"], 1, "no errors, 2 warnings (1 denied)"),
        (["--deny", "warnings"], 1, "no errors, 2 warnings (2 denied)"),
        (["--deny=dead-branch,wildcard-is-prefix"], 1, "no errors, 2 warnings (1 denied)"),
        (["--deny", "dead-branch"], 0, "no errors, 2 warnings"),
        (["--deny", "warnings", "--allow", "wildcard-is-prefix"], 1, "no errors, 1 warning (1 denied)"),
        (["--allow", "wildcard-is-prefix", "--allow", "pattern-type-as-name"], 0, "no errors"),
        (["--allow", "warnings", "--deny", "warnings"], 0, "no errors"),
    ],
)
def test_denied_warnings_count_and_allowed_ones_are_silent(
    shell: Shell, options: list[str], code: int, summary: str
) -> None:
    shell.write("rules.json", ODD)
    result = shell.run("check", *options, "rules.json")
    assert (code, f"1 rule in 1 file: {summary}\n") == (result.code, result.output.decode())


def test_errors_count_more_than_denied_warnings(shell: Shell) -> None:
    shell.write("rules.json", WRONG)
    result = shell.run("check", "--deny", "warnings", "rules.json")
    assert (2, b"2 rules in 1 file: 1 error, 1 warning (1 denied)\n") == (result.code, result.output)


def test_rules_come_from_the_same_options_as_in_filter(shell: Shell) -> None:
    """-r FILE, -e JSON and FILE together; warnings compare them all."""
    shell.write("one.json", '{"r": {"detail": [{"exists": true}]}}')
    result = shell.run("check", "-r", "one.json", "-e", '{"detail": {"id": [1]}}')
    assert b"2 rules in 2 files: no errors, 1 warning\n" == result.output
    assert 'where the rule "pattern-1" tests "detail.id"' in result.errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--deny", "wildcard-is-prefx", "f"],
            '--deny: there is no warning "wildcard-is-prefx"; did you mean "wildcard-is-prefix"?',
        ),
        (["--allow", "q", "f"], '--allow: there is no warning "q"; docs/checks.md lists them'),
        (["--deny", "", "f"], '--deny: there is no warning ""; docs/checks.md lists them'),
        (["--format", "xml", "f"], '--format: found "xml", expected human, json, github or sarif'),
        (["--fix", "-"], "--fix writes into files, not into standard input; --diff shows what it would change"),
        (["--fix", "-e", "{}"], "--fix writes into files, not into a rule of -e; --diff shows what it would change"),
        (["-", "-"], "standard input cannot be read twice"),
        (["--diff", "--format", "json", "f"], "--diff needs --format human: both would write to standard output"),
    ],
)
def test_wrong_arguments(shell: Shell, arguments: list[str], message: str) -> None:
    result = shell.run("check", *arguments)
    assert (2, b"", f"ruler check: {message}\nTry 'ruler check --help'.\n") == (
        result.code,
        result.output,
        result.errors,
    )


# ----- formats


def test_json_is_one_record_on_each_line(shell: Shell) -> None:
    shell.write("rules.json", WRONG)
    result = shell.run("check", "--format", "json", "rules.json")
    records = [json.loads(line) for line in result.output.splitlines()]
    assert (2, "") == (result.code, result.errors)
    assert ["clause-not-array", "wildcard-is-prefix"] == [record["code"] for record in records]
    assert [("rules.json", 1, 13, "/r/a"), ("rules.json", 1, 46, "/s/key/0/wildcard")] == [
        (record["file"], record["line"], record["column"], record["pointer"]) for record in records
    ]


def test_github_gets_workflow_commands(shell: Shell) -> None:
    """Errors and denied warnings as errors; nothing in them ends the line."""
    shell.write("a,b:c%.json", WRONG)
    lines = shell.run("check", "--format", "github", "a,b:c%.json").output.decode().splitlines()
    assert lines[0] == (
        "::error file=a%2Cb%3Ac%25.json,line=1,col=13,title=clause-not-array::"
        'r: $.a: found the string "x", expected an array'
        "%0Awhy: a clause lists every value it accepts, even when there is one"
        '%0Awrite: ["x"]'
    )
    assert lines[1].startswith("::warning file=")
    denied = shell.run("check", "--format", "github", "--deny", "warnings", "a,b:c%.json").output.decode()
    assert ["::error", "::error"] == re.findall("^::[a-z]+", denied, re.MULTILINE)
    assert (
        b"::error file=none.json,title=file-unreadable::"
        in shell.run("check", "--format", "github", "none.json").output
    )


def test_a_rule_cannot_begin_a_workflow_command() -> None:
    finding = Finding(Source("f\n::stop", "x"), "c", "one\r\n::error::two%0A", line=1, column=1)
    command = workflow_command(finding, frozenset())
    assert command == "::error file=f\\n%3A%3Astop,line=1,col=1,title=c::one\\r\\n::error::two%250A"


def check_sarif(log: Any) -> None:
    """Assert what SARIF 2.1.0 requires of the objects that we write."""
    assert log["version"] == "2.1.0"
    assert isinstance(log["runs"], list)
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert isinstance(driver["name"], str)
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(ids) == len(set(ids))
        assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        for result in run["results"]:
            assert result["message"]["text"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert ids[result["ruleIndex"]] == result["ruleId"]
            for location in result["locations"]:
                check_place(location["physicalLocation"])
            for fix in result.get("fixes", []):
                for change in fix["artifactChanges"]:
                    assert change["replacements"]
                    for replacement in change["replacements"]:
                        check_place({**change, "region": replacement["deletedRegion"]})


def check_place(place: Any) -> None:
    assert re.fullmatch(r"(file://)?[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
    region = place.get("region", {"startLine": 1, "startColumn": 1})
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    assert (region.get("endLine", 10**9), region.get("endColumn", 10**9)) >= (
        region["startLine"],
        region["startColumn"],
    )


def test_sarif_has_what_its_standard_requires(shell: Shell) -> None:
    shell.write("rules 大.json", WRONG)
    for options in ((), ("--deny", "warnings")):
        result = shell.run("check", "--format", "sarif", *options, "rules 大.json", "missing.json")
        log = json.loads(result.output)
        check_sarif(log)
        levels = [each["level"] for each in log["runs"][0]["results"]]
        assert ["error", "error" if options else "warning", "error"] == levels
    [first, _, missing] = log["runs"][0]["results"]
    assert "rules%20%E5%A4%A7.json" == first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert "region" not in missing["locations"][0]["physicalLocation"]
    [replacement] = first["fixes"][0]["artifactChanges"][0]["replacements"]
    region = {"startLine": 1, "startColumn": 13, "endLine": 1, "endColumn": 16}
    assert {"deletedRegion": region, "insertedContent": {"text": '["x"]'}} == replacement


def test_sarif_without_findings_is_a_log_without_results(shell: Shell) -> None:
    shell.write("rules.json", '{"r": {"a": [1]}}')
    log = json.loads(shell.run("check", "--format", "sarif", "rules.json").output)
    check_sarif(log)
    assert [] == log["runs"][0]["results"]


# ----- fixes


def test_fix_writes_what_is_certain_and_keeps_the_rest(shell: Shell) -> None:
    """Errors, and warnings whose fix keeps the meaning; the exit code is of what is left."""
    shell.write("rules.json", f'{ODD[:-1]},\r\n\t"s" : {{"a":  "x"}} }}')
    os.chmod(shell.directory / "rules.json", 0o640)
    result = shell.run("check", "--fix", "--deny", "wildcard-is-prefix", "rules.json")
    expected = '{"r": {"key": [{"prefix": "img/"}], "total": {"numeric": [">", 5]}},\r\n\t"s" : {"a":  ["x"]} }'
    assert expected.encode() == (shell.directory / "rules.json").read_bytes()
    assert (0, b"2 rules in 1 file: no errors, 1 warning\n") == (result.code, result.output)
    assert [
        'rules.json:1:29: fixed wildcard-is-prefix: write {"prefix": "img/"}',
        'rules.json:2:15: fixed clause-not-array: write ["x"]',
    ] == result.errors.splitlines()[:2]
    assert 0o640 == stat.S_IMODE(os.stat(shell.directory / "rules.json").st_mode)
    assert ["rules.json"] == os.listdir(shell.directory)


def test_fix_all_also_changes_the_meaning(shell: Shell) -> None:
    shell.write("rules.json", ODD)
    result = shell.run("check", "--fix-all", "rules.json")
    assert b"1 rule in 1 file: no errors\n" == result.output
    expected = '{"r": {"key": [{"prefix": "img/"}], "total": [{"numeric": [">", 5]}]}}'
    assert expected == (shell.directory / "rules.json").read_text()


def test_what_is_allowed_is_not_fixed(shell: Shell) -> None:
    shell.write("rules.json", ODD)
    shell.run("check", "--fix", "--allow", "wildcard-is-prefix", "rules.json")
    assert ODD == (shell.directory / "rules.json").read_text()


def test_diff_shows_and_writes_nothing(shell: Shell) -> None:
    shell.write("rules.json", WRONG + "\n")
    result = shell.run("check", "--diff", "rules.json")
    assert WRONG + "\n" == (shell.directory / "rules.json").read_text()
    expected = (
        f"--- rules.json\n+++ rules.json\n@@ -1 +1 @@\n-{WRONG}\n"
        + '+{"r": {"a": ["x"]}, "s": {"key": [{"prefix": "img/"}]}}\n'
    )
    assert f"{expected}2 rules in 1 file: 1 error, 1 warning\n" == result.output.decode()
    assert 2 == result.code
    given = shell.run("check", "--diff", "-", given=WRONG.encode())
    assert b"--- <stdin>\n+++ <stdin>\n" in given.output


def test_a_diff_tells_a_missing_line_end() -> None:
    expected = (
        "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )
    assert expected == difference("f", "a\r\nb", "a\r\nc")


def test_a_diff_has_its_characters_in_a_pipe_and_escapes_on_a_terminal(shell: Shell) -> None:
    """What JSON may hold raw can still be a command to a terminal."""
    rules = '{"r": {"a": "\x9b31m\u202e"}}\n'
    shell.write("rules.json", rules)
    assert f"-{rules}".encode() in shell.run("check", "--diff", "rules.json").output
    assert '-\t"\\u009b31m\\u202e"\\r\n' == without_controls('-\t"\x9b31m\u202e"\r\n')
    main, terminal = os.openpty()
    process = shell.start("check", "--diff", "rules.json", stdout=terminal)
    process.communicate()
    os.close(terminal)
    shown = os.read(main, 10_000).decode()
    os.close(main)
    assert '-{"r": {"a": "\\u009b31m\\u202e"}}' in shown


def test_a_link_stays_a_link(shell: Shell) -> None:
    """The file it leads to is rewritten."""
    shell.write("real.json", '{"r": {"a": "x"}}')
    os.symlink("real.json", shell.directory / "link.json")
    shell.run("check", "--fix", "link.json")
    assert (shell.directory / "link.json").is_symlink()
    assert '{"r": {"a": ["x"]}}' == (shell.directory / "real.json").read_text()


@pytest.mark.parametrize("content", [b'{"r": {"a": "x"}', b'{"r": {"a": "\xff"}}', b"", b"\xef\xbb\xbf{}"])
def test_a_file_that_is_no_json_is_left_alone(shell: Shell, content: bytes) -> None:
    shell.write("rules.json", content)
    result = shell.run("check", "--fix", "rules.json", "missing.json")
    assert 2 == result.code
    assert content == (shell.directory / "rules.json").read_bytes()


def test_a_file_named_twice_is_checked_and_fixed_once(shell: Shell) -> None:
    """Also by another path, or with -r; in the place where it was named first."""
    shell.write("rules.json", '{"r": {"a": "x"}}')
    shell.write("more.json", "{}")
    os.symlink("rules.json", shell.directory / "link.json")
    files = ["rules.json", "more.json", "./rules.json", "link.json"]
    assert b"1 rule in 2 files: 1 error\n" == shell.run("check", *files).output
    assert '["x"]\n' == shell.run("check", "-r", "rules.json", *files).errors.partition("write: ")[2]
    result = shell.run("check", "--fix", *files)
    assert 'rules.json:1:13: fixed clause-not-array: write ["x"]\n' == result.errors
    assert (0, b"1 rule in 2 files: no errors\n") == (result.code, result.output)
    assert '{"r": {"a": ["x"]}}' == (shell.directory / "rules.json").read_text()


def test_a_pipe_is_not_replaced_by_a_file(shell: Shell) -> None:
    """What can be read and named is not always a file."""
    pipe = shell.directory / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)  # so that writing before anyone reads does not block
    try:
        os.write(descriptor, b"{}")
        with pytest.raises(OSError, match="not a regular file"):
            write_file(str(pipe), "{}", "{ }")
    finally:
        os.close(descriptor)
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
    assert ["pipe"] == os.listdir(shell.directory)


def test_a_file_that_someone_else_saved_meanwhile_is_left_to_them(shell: Shell) -> None:
    shell.write("rules.json", "theirs")
    with pytest.raises(OSError, match="changed by someone else"):
        write_file(str(shell.directory / "rules.json"), "ours", "ours, fixed")
    assert "theirs" == (shell.directory / "rules.json").read_text()


@pytest.mark.parametrize("function", ["fsync", "replace", "fchmod"])
def test_a_write_that_is_interrupted_leaves_the_old_file_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """Nothing half written, and nothing left beside it."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    shell.write("rules.json", "old")
    monkeypatch.setattr(os, function, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(str(shell.directory / "rules.json"), "old", "new")
    assert ["rules.json"] == os.listdir(shell.directory)
    assert "old" == (shell.directory / "rules.json").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_only_be_read_is_not_replaced(shell: Shell) -> None:
    shell.write("rules.json", '{"r": {"a": "x"}}')
    os.chmod(shell.directory / "rules.json", 0o400)
    result = shell.run("check", "--fix", "rules.json")
    assert 2 == result.code
    assert "ruler: rules.json: Permission denied" in result.errors
    assert '{"r": {"a": "x"}}' == (shell.directory / "rules.json").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_fixed_file_keeps_its_owner(shell: Shell) -> None:
    shell.write("rules.json", '{"r": {"a": "x"}}')
    os.chown(shell.directory / "rules.json", 12345, 12346)
    shell.run("check", "--fix", "rules.json")
    status = os.stat(shell.directory / "rules.json")
    assert (12345, 12346) == (status.st_uid, status.st_gid)
    assert '{"r": {"a": ["x"]}}' == (shell.directory / "rules.json").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_trouble(shell: Shell) -> None:
    shell.write("rules.json", '{"r": {"a": "x"}}')
    os.chmod(shell.directory, 0o500)
    try:
        result = shell.run("check", "--fix", "rules.json")
    finally:
        os.chmod(shell.directory, 0o700)
    assert 2 == result.code
    assert "ruler: rules.json: Permission denied" in result.errors


def test_colour_is_for_terminals_alone(shell: Shell) -> None:
    """A pipe gets none."""
    shell.write("rules.json", ODD)
    assert "\x1b" not in shell.run("check", "rules.json").errors


def test_severity_place_and_caret_have_colours() -> None:
    """Whatever is coloured, the text is the same."""
    [error] = check('{"r": {"a": 1}}')
    [warning] = check('{"r": {"a": [{"wildcard": "x*"}]}}')

    def marked(style: str, text: str) -> str:
        return f"<{style}>{text}</>"

    assert error.text(marked).splitlines()[0] == (
        "<place><rules>:1:13:</> r: $.a: <bad>found the number 1, expected an array</>"
    )
    assert "<bad>                ^</>" in error.text(marked)
    assert warning.text(marked).startswith("<place><rules>:1:27:</> <warning>warning</>: r: $.a[0].wildcard: ")
    assert str(warning) == re.sub("<(place|warning|label|bad)>|</>", "", warning.text(marked))
