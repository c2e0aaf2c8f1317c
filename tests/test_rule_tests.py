"""Test files of rules: what is read, how tests go, and every error text as it is recorded."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts_of import load_script

from ruler import Matcher
from ruler.findings import Source
from ruler.rule_sources import members
from ruler.testing import read, run
from ruler.testing.model import RuleTest, RuleTestFile
from ruler.testing.read import read_test_text, read_tests
from ruler.testing.run import outcome_of
from ruler.testing.search import find_tests
from ruler.testing.text import FileResult, outcome_text, summary

script = load_script("regenerate_test_file_texts")

BIG = {"big": {"total": [{"numeric": [">", 1000]}]}, "small": {"total": [{"numeric": ["<", 10]}]}}


def file_of(*tests: dict[str, object], rules: object = None) -> RuleTestFile:
    """A test file that holds ``tests``, named t1, t2 and so on."""
    named = [{"name": f"t{number}", **test} for number, test in enumerate(tests, 1)]
    content = json.dumps({"rules": BIG if rules is None else rules, "tests": named}).encode()
    return read_test_text(Source("ruler-test.json", content.decode()), content)


def messages(**test: object) -> list[str]:
    """Why the one test of a file fails."""
    file = file_of(test)
    assert file.findings == []
    [only] = file.tests
    return [failure.message for failure in outcome_of(only, file.matcher).failures]


# -- reading -----------------------------------------------------------------------------------------------------


def test_recorded_texts_are_what_is_found() -> None:
    """After a change of texts, run scripts/regenerate_test_file_texts.py and read the diff."""
    recorded = script.TEXTS.read_text("utf-8")
    assert recorded == script.file_text(recorded)


CASES = [line for line in script.TEXTS.read_text("utf-8").splitlines() if script.is_case(line)]


@pytest.mark.parametrize("line", CASES)
def test_every_recorded_case_is_an_error_with_its_place(line: str) -> None:
    """What, where, why and what to write, without a word of blame, printable whatever the file held."""
    findings = script.findings_of(line)
    assert findings
    for finding in findings:
        text = str(finding)
        assert None not in (finding.line, finding.column)
        assert finding.why and finding.hint
        assert "invalid" not in text.lower() and "illegal" not in text.lower()
        assert all(character.isprintable() for character in text.replace("\n", "").replace("\ufffd", ""))


def test_a_test_file_is_read_with_places() -> None:
    """Members end up where they belong, and a test knows its line and column."""
    content = (
        b'{"rules": {"r": {"a": [1]}, "s": {"a": [2]}},\n "tests": [\n'
        b'  {"name": "one", "event": {"a": 1}, "matches": ["r"], "does-not-match": ["s"]},\n'
        b'  {"name": "two", "event-text": "{}", "matches-exactly": []},'
        b' {"name": "x", "event-text": "", "error": "not-json"}\n'
        b"]}"
    )
    file = read_test_text(Source("f", content.decode()), content)
    assert file.findings == []
    assert [(test.name, test.event, test.matches, test.does_not_match, test.matches_exactly, test.error)
            for test in file.tests] == [
        ("one", '{"a": 1}', ("r",), ("s",), None, None),
        ("two", "{}", (), (), (), None),
        ("x", "", (), (), None, "not-json"),
    ]  # fmt: skip
    assert [(test.index, test.line, test.column) for test in file.tests] == [(0, 3, 3), (1, 4, 3), (2, 4, 63)]


def test_rules_come_from_files_beside_the_test_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are relative to the test file, wherever it is read from; several files add up."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "a.json").write_text('{"a": {"x": [1]}, "both": {"x": [2]}}')
    (inner / "b.json").write_text('[{"name": "both", "rule": {"x": [3]}}]')
    (inner / "event.json").write_bytes(b'{"x": 3}\n')
    tests = [
        {"name": "of b", "event-file": "event.json", "matches-exactly": ["both"]},
        {"name": "of a", "event": {"x": [2, 1]}, "matches-exactly": ["a", "both"]},
    ]
    (inner / "ruler-test.json").write_text(json.dumps({"rules": ["../a.json", "b.json"], "tests": tests}))
    for directory, path in ((tmp_path, "inner/ruler-test.json"), (inner, "ruler-test.json")):
        monkeypatch.chdir(directory)
        file = read_tests(path)
        assert file.findings == []
        assert [outcome_of(test, file.matcher).passed for test in file.tests] == [True, True]
    assert file.tests[0].event == b'{"x": 3}\n'


def test_errors_in_rule_files_are_shown_with_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the rule file, file after file, in text order; names of rules are then no matter."""
    monkeypatch.chdir(tmp_path)
    Path("z.json").write_text('{"r": {"a": 1},\n "s": 5}')
    Path("a.json").write_text("[")
    Path("ruler-test.json").write_text(
        '{"rules": ["z.json", "a.json"], "tests": [{"name": "t", "event": {}, "matches": ["s"]}]}'
    )
    found = [(each.source.name, each.line, each.code) for each in read_tests("ruler-test.json").findings]
    assert found == [("z.json", 1, "clause-not-array"), ("z.json", 2, "rule-not-object"), ("a.json", 1, "unterminated")]


def test_the_event_reaches_the_matcher_as_written(engine: str) -> None:
    """The spelling of numbers and duplicate names are kept, as no JSON reader between would."""
    content = (
        b'{"rules": {"r": {"a": [9007199254740993]}},'
        b' "tests": [{"name": "t", "event": {"a": 1, "a":  9007199254740993}, "matches": ["r"]}]}'
    )
    file = read_test_text(Source("f", content.decode()), content)
    [test] = file.tests
    assert test.event == '{"a": 1, "a":  9007199254740993}'
    assert outcome_of(test, file.matcher).passed


def test_a_file_full_of_errors_is_told_up_to_a_limit() -> None:
    """A thousand errors, and that there are more; guesses end after fifty."""
    file = file_of(*({"event": {}, "matches": [f"bigg{number}"]} for number in range(3000)))
    assert len(file.findings) == members.MOST_FINDINGS + 1
    assert str(file.findings[-1]).splitlines()[0].endswith(": more than 1000 errors; the rest is left out")
    assert sum("did you mean" in finding.message for finding in file.findings) == members.MOST_GUESSES


def test_very_long_names_are_told_shortened_and_without_guesses() -> None:
    """Likeness of long names takes minutes to find, and nobody reads them."""
    rules = {"r" * 3000 + str(number): {"a": [number]} for number in range(1000)}
    test = {"name": "t", "event": {}, "matches": ["r" * 3000 + "x"]}
    content = json.dumps({"rules": rules, "tests": [test]}).encode()
    [finding] = read_test_text(Source("f", content.decode()), content).findings
    assert finding.code == "test-rule-unknown"
    assert "did you mean" not in finding.message
    assert max(map(len, str(finding).splitlines())) < 500


@given(st.text() | st.binary() | strategies.events)
@settings(max_examples=100)
def test_reading_never_raises(content: str | bytes) -> None:
    """Whatever a file holds, it is tests or findings."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    file = read_test_text(Source("f", data.decode(errors="replace")), data)
    assert file.findings
    assert all(str(finding) for finding in file.findings)


# -- running -----------------------------------------------------------------------------------------------------


def test_what_a_rule_should_do_and_does_not(engine: str) -> None:
    """A line for each rule that answers otherwise."""
    assert messages(event={"total": 1500}, matches=["big"]) == []
    assert messages(event={"total": 1500}, **{"does-not-match": ["small"]}) == []
    assert messages(event={"total": 1500}, **{"matches-exactly": ["big"]}) == []
    assert messages(event={"total": 15}, **{"matches-exactly": []}) == []
    assert messages(event={"total": 15}, matches=["big"]) == ['"big" should match, and does not']
    assert messages(event={"total": 1}, **{"does-not-match": ["small"]}) == ['"small" should not match, and does']
    assert messages(event={"total": 1}, **{"matches-exactly": ["big"]}) == [
        '"big" should match, and does not',
        '"small" should not match, and does',
    ]


def test_events_that_are_refused(engine: str) -> None:
    """As expected, otherwise than expected, unexpected, and expected in vain."""
    text = {"event-text": '{"a": '}
    assert messages(**text, error="not-json") == []
    assert messages(**{"event-text": "[]"}, error="not-object") == []
    assert messages(**text, matches=["big"]) == [
        'the event is refused with "not-json", character 7: unexpected end of data'
    ]
    assert messages(**text, error="not-object") == [
        'the event should be refused with "not-object", and is with "not-json", character 7: unexpected end of data'
    ]
    assert messages(event={}, error="not-json") == ['the event should be refused with "not-json", and can be read']


def test_every_error_of_an_event_can_be_expected() -> None:
    """The codes that a test may name are those that reading an event can end with."""
    texts = {
        "lone-surrogate": r'{"a": "\ud800"}',
        "not-json": "{",
        "not-object": "1",
        "number-too-large": '{"a": 1e999}',
        "too-deep": "[" * 1100 + "]" * 1100,
    }
    assert set(read.EVENT_ERRORS) == {*texts, "not-utf8", "too-many-array-combinations"}
    for code, text in texts.items():
        assert messages(**{"event-text": text}, error=code) == []


class Explaining(Matcher[str]):
    """A matcher that explains, and counts how often it is asked."""

    asked = 0

    def explain(self, event: object, name: str) -> Explained:
        type(self).asked += 1
        return Explained(name)


class Explained:
    def __init__(self, name: str) -> None:
        self.name = name

    def text(self, paint: run.Paint) -> str:
        return f"{self.name}: why\n\n  because"

    def as_dict(self) -> dict[str, object]:
        return {"name": self.name}


def test_only_failures_are_explained_and_no_more_than_ten() -> None:
    """The text of a failure is the explanation of the rule, indented under what went wrong."""
    matcher = Explaining({f"r{number:02}": {"a": [1]} for number in range(12)})
    passing = RuleTest("t", '{"a": 1}', matches=("r00",))
    assert outcome_of(passing, matcher).passed
    assert Explaining.asked == 0
    one = outcome_of(RuleTest("t", '{"a": 2}', matches=("r00",), source=Source("f", ""), line=2, column=3), matcher)
    assert outcome_text(one) == 'f:2:3: failed: t\n  "r00" should match, and does not\n    r00: why\n\n      because'
    assert one.record()["failures"][0]["explanation"] == {"name": "r00"}
    many = outcome_of(RuleTest("t", '{"a": 1}', matches_exactly=()), matcher)
    assert [failure.explanation is None for failure in many.failures] == [False] * 10 + [True] * 2
    assert Explaining.asked == 11


def test_colours_are_words_until_they_reach_a_terminal() -> None:
    """The place, and whether the test passed; nothing else of a line is coloured."""
    matcher: Matcher[str] = Matcher({"r": {"a": [1]}})

    def marked(style: str, text: str) -> str:
        return f"<{style} {text}>"

    test = RuleTest("t", '{"a": 1}', matches=("r",), source=Source("f", ""))
    assert outcome_text(outcome_of(test, matcher), marked) == "<place f:1:1:> <good passed>: t"
    test = RuleTest("t", '{"a": ', matches=("r",), source=Source("f", ""))
    assert outcome_text(outcome_of(test, matcher), marked).startswith("<place f:1:1:> <bad failed>: t\n  the event is")


@given(st.lists(strategies.rules, max_size=4), strategies.events)
@settings(max_examples=50)
def test_a_test_that_expects_what_the_matcher_says_passes(rules: list[str], event: str) -> None:
    """And one that expects anything else of one rule fails with that rule."""
    matcher: Matcher[str] = Matcher({f"r{number}": rule for number, rule in enumerate(rules)})
    matching = tuple(matcher.rules_for_event(event))
    assert outcome_of(RuleTest("t", event, matches_exactly=matching), matcher).passed
    for name in matcher.rules:
        assert outcome_of(RuleTest("t", event, matches=(name,)), matcher).passed == (name in matching)
        assert outcome_of(RuleTest("t", event, does_not_match=(name,)), matcher).passed == (name not in matching)


def test_summaries() -> None:
    """One and many, failures and files that were not tested."""
    file = file_of({"event": {"total": 1}, "matches": ["big"]}, {"event": {"total": 1}, "matches": ["small"]})
    outcomes = [outcome_of(test, file.matcher) for test in file.tests]
    bad = file_of({})
    assert summary([FileResult(file, outcomes[1:])]) == "1 test in 1 file: all passed"
    assert summary([FileResult(file, outcomes)]) == "2 tests in 1 file: 1 failed"
    assert summary([FileResult(file, outcomes), FileResult(bad)]) == (
        "2 tests in 2 files: 1 failed, 1 file with errors, not tested"
    )
    assert summary([FileResult(bad), FileResult(bad)]) == "0 tests in 2 files: 2 files with errors, not tested"


# -- finding -----------------------------------------------------------------------------------------------------


def test_directories_are_searched_for_the_names_of_test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorted, each file once, none that is hidden; a file that is named is taken whatever its name."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "b/x.ruler-test.json",
        "a.ruler-test.json",
        "b/a/ruler-test.json",
        ".git/ruler-test.json",
        "node_modules/ruler-test.json",
        "other.json",
        "my-ruler-test.json",
        "ruler-test.jsonl",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    found = ["a.ruler-test.json", "b/x.ruler-test.json", "b/a/ruler-test.json"]
    assert list(find_tests(["."])) == found
    assert list(find_tests(["b", "a.ruler-test.json", "./b/a/ruler-test.json"])) == [*found[1:], found[0]]
    assert list(find_tests(["other.json", "missing.json"])) == ["other.json", "missing.json"]


def test_a_directory_that_cannot_be_read_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tests would silently not run otherwise; what can be read is found."""
    monkeypatch.chdir(tmp_path)
    Path("closed").mkdir()
    Path("ruler-test.json").write_text("{}")
    scan = os.scandir

    def scan_open_ones(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_open_ones)
    assert [str(found) for found in find_tests(["."])] == ["ruler-test.json", "ruler: ./closed: Permission denied"]
