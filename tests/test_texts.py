"""Every recorded text, read as text: as it is said today, with a place, in our words and without internals.

tests/errors holds errors, tests/warnings and tests/explanations, where they are, what check and explain say.
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
from scripts_of import ROOT, load_script

from ruler.errors import ERROR_CODES

script = load_script("regenerate_error_texts")

ERRORS = sorted((ROOT / "tests" / "errors").glob("*.txt"))
OTHERS = sorted(path for name in ("warnings", "explanations") for path in (ROOT / "tests" / name).rglob("*.txt"))
CASES = [line for path in ERRORS for line in path.read_text("utf-8").splitlines() if script.is_case(line)]

# The first line of a message about rules, an event, a file or arguments.
PLACE = re.compile(
    r"""(?:\S*:[0-9]+:[0-9]+:\ )?(?:\S+:\ )?\$\S*:\     # a JSONPath, in a file or not
    |\S+:[0-9]+:[0-9]+:\                                # a line and a column
    |event,\ (?:offset\ [0-9]+|\$\S*):\                 # in an event
    |ruler(?:\ [a-z-]+)?:\                              # a file, or what the user typed
    """,
    re.VERBOSE,
)
BLAME = re.compile(r"\b(invalid|illegal|bad|wrong|forbidden)\b|!(?!=)", re.IGNORECASE)
CONTRACTION = re.compile(r"\b(\w+n't|it's|that's|you're|can't|let's)\b", re.IGNORECASE)
INTERNALS = re.compile(r"\bruler(_cli)?\.[a-z_]+|\b(orjson|argparse|Traceback|AST)\b|object at 0x|<class|\bnode\b")
PUBLIC = {"Matcher"}  # may be named where a limit is to be raised


# An extra is needed to say these; tests/test_rule_sources_yaml.py has their texts.
OF_YAML = {"file-needs-yaml", "file-not-yaml", "rule-yaml-unclear"}


@functools.cache
def class_names() -> set[str]:
    """The classes of the library and of the command line that no word of a text could be."""
    names = set()
    for directory in ("ruler", "cli"):
        for path in (ROOT / directory).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            names |= {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return {name for name in names if re.match(r"_|.*[a-z][A-Z]", name)} - PUBLIC


@functools.cache
def messages_of(line: str) -> list[str]:
    """What one case says, message by message, without the case and the codes."""
    _, *lines = script.case_text(line).rstrip("\n").split("\n")
    if script.kind_of(line) in script.ARGUMENT_KINDS:
        return ["\n".join(lines)]
    messages: list[list[str]] = []
    for text in lines:
        if re.fullmatch(r"\[[a-z0-9-]+(, line [0-9]+, column [0-9]+)?\]", text):
            messages.append([])
        else:
            messages[-1].append(text)
    return ["\n".join(each) for each in messages]


def words_of_ours(message: str) -> str:
    """The message without the lines and the quotes of the user's own text."""
    lines = [line for line in message.splitlines() if not line.startswith("    ")]
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', "\n".join(lines))


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_recorded_text_is_what_is_said(path: Path) -> None:
    """After a change of texts, run scripts/regenerate_error_texts.py and read the diff."""
    assert script.file_text(path.read_text("utf-8")) == path.read_text("utf-8")


def test_every_case_says_something_and_every_code_occurs() -> None:
    """Those of rules and events, and those that only a file of rules has."""
    assert [line for line in CASES if not any(messages_of(line))] == []
    found = {code for line in CASES for code in script.codes_of(line)}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "ruler" / "rule_sources").glob("*.py"))
    of_files = set(re.findall(r'"((?:file|entry|rule)-[a-z-]+)",', source))
    assert {"file-not-rules", "rule-name-twice", "entry-name", "file-unreadable"} <= of_files
    assert found == set(ERROR_CODES) | (of_files - OF_YAML)


def has_advice(line: str, first: str) -> bool:
    """Whether a message is about the text of a rule, and so says why and what to write."""
    is_finding = script.kind_of(line) in script.FINDING_KINDS
    return script.is_rule_case(line) or (is_finding and re.match(r"\S+:[0-9]+:[0-9]+: ", first) is not None)


@pytest.mark.parametrize("line", CASES)
def test_every_error_says_where_why_and_what_to_write(line: str) -> None:
    """An event has no rule of the language to explain, and a file that cannot be read nothing to write."""
    for message in messages_of(line):
        assert PLACE.match(message), message
        lines = message.splitlines()
        if script.kind_of(line) in script.ARGUMENT_KINDS:
            assert re.fullmatch(r"Try 'ruler( [a-z-]+)? --help'\.", lines[-1]), message
        elif has_advice(line, lines[0]):
            assert re.match(r"  why:   \S", lines[-2]), message
            assert re.match(r"  write: \S", lines[-1]), message


@pytest.mark.parametrize("line", CASES)
def test_every_error_is_in_our_words(line: str) -> None:
    """No blame, no contractions, no names of what is inside the library."""
    hidden = class_names()
    for message in messages_of(line):
        words = words_of_ours(message)
        assert not BLAME.search(words), message
        assert not CONTRACTION.search(words), message
        assert not INTERNALS.search(words), message
        assert hidden.isdisjoint(re.findall(r"\w+", words)), message


@pytest.mark.parametrize("path", [*ERRORS, *OTHERS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recorded_files_are_plain_text(path: Path) -> None:
    """No trailing white space, no tabs and control characters, one line end at the end."""
    text = path.read_text("utf-8")
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text) is None
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_other_recorded_texts_have_a_place_and_our_words() -> None:
    """Warnings and explanations name a place, and are worded as errors are."""
    for path in OTHERS:
        text = path.read_text("utf-8")
        words = words_of_ours(text)
        assert re.search(r"\$|:[0-9]+:[0-9]+|offset [0-9]+|/", text), path
        assert not re.search(r"\b(invalid|illegal)\b", words, re.IGNORECASE), path
        assert not INTERNALS.search(words), path
        assert class_names().isdisjoint(re.findall(r"\w+", words)), path


@pytest.mark.parametrize(
    "text",
    ["an invalid rule", "this isn't a rule", "ruler.patterns.reader says", "a RuleError", "write it!"],
)
def test_words_that_are_not_ours_are_found(text: str) -> None:
    """The checks above can fail."""
    found = BLAME.search(text) or CONTRACTION.search(text) or INTERNALS.search(text)
    assert found or not class_names().isdisjoint(re.findall(r"\w+", text))
    assert PLACE.match(text) is None
