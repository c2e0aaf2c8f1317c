"""Rule errors: every code occurs, and what the texts propose works. That they are as recorded: test_texts.py."""

from __future__ import annotations

import json
import re

import pytest
from scripts_of import ROOT, load_script

from ruler.errors import ERROR_CODES, RuleError, json_path
from ruler.patterns.compiler import compile_rule

script = load_script("regenerate_error_texts")

FILES = sorted((ROOT / "tests" / "errors").glob("*.txt"))
CASES = [line for path in FILES for line in path.read_text("utf-8").splitlines() if script.is_rule_case(line)]
# Codes that only an event can have; their cases are with the events.
EVENT_CODES = {"not-object", "too-many-array-combinations"}
# Codes that only a dialect has; test_texts.py asks for a case of each.
DIALECT_CODES = {"dialect-operator", "dialect-name", "dialect-limit"}


def test_every_case_has_an_error_and_every_code_a_case():
    """The registry of codes is exactly what occurs."""
    codes = [[error.code for error in script.errors_of(script.rule_of(line))] for line in CASES]
    assert all(codes)
    assert {code for each in codes for code in each} == set(ERROR_CODES) - EVENT_CODES - DIALECT_CODES


@pytest.mark.parametrize("line", [line for line in CASES if line.startswith("rule: ")])
def test_compile_rule_raises_the_first_error_in_text_order(line):
    """Errors are in text order, and the API raises the first of them."""
    rule = script.rule_of(line)
    errors = script.errors_of(rule)
    places = [(error.line, error.column) for error in errors]
    assert places == sorted(places)
    if errors[0].code in ("too-many-paths", "too-many-sub-rules"):
        return  # the cases are written for limits smaller than the default
    with pytest.raises(RuleError) as raised:
        compile_rule(rule)
    assert str(raised.value) == str(errors[0])


@pytest.mark.parametrize("line", CASES)
def test_error_text_follows_the_house_style(line):
    """Three lines, no word of blame, printable whatever the rule held."""
    for error in script.errors_of(script.rule_of(line)):
        lines = str(error).splitlines()
        assert [text[:10] for text in lines[1:]] == [
            "  why:   " + error.why[:1],
            "  write: " + error.write[:1],
        ]
        assert not re.search(r"\b(invalid|illegal|bad)\b", str(error), re.IGNORECASE)
        str(error).encode("utf-8")


def replaced(value, location, new):
    """Return the rule ``value`` with ``new`` at ``location``."""
    if not location:
        return new
    first, *rest = location
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = replaced(value[first], rest, new)
    return copy


def spliced(rule, location, values):
    """Return ``rule`` with one value, or several side by side, at ``location``."""
    if len(values) == 1:
        return replaced(rule, location, values[0])
    assert isinstance(location[-1], int)
    around = rule
    for step in location[:-1]:
        around = around[step]
    index = location[-1]
    return replaced(rule, location[:-1], [*around[:index], *values, *around[index + 1 :]])


def leading_values(text):
    """Return (the JSON values with which ``text`` begins, commas between them; the offset after them)."""
    values, end, start = [], 0, 0
    while True:
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            return values, end
        values.append(value)
        if text[end : end + 2] != ", ":
            return values, end
        start = end + 2


def members_text(text):
    """Return the text of the members ``"a": [1], "b": [2]`` with which ``text`` begins."""
    end, start = 0, 0
    while True:
        _, colon = json.JSONDecoder().raw_decode(text, start)
        assert text[colon] == ":"
        end = json.JSONDecoder().raw_decode(text, colon + 1 + (text[colon + 1] == " "))[1]
        start = end + 2
        if text[end : start + 1] != ', "':
            return text[:end]


def proposals():
    """Yield (rule, location, values) for the JSON in each "write": what it begins with, and every object and array."""
    for line in CASES:
        rule = script.rule_of(line)
        errors = script.errors_of(rule)
        if len(errors) != 1 or not line.startswith("rule: ") or "too-many" in errors[0].code:
            continue
        error = errors[0]
        try:
            value = json.loads(rule)
        except ValueError:
            continue
        values, end = leading_values(error.write)
        if re.match(r": ?[\[{]", error.write[end:]):
            text = members_text(error.write)
            yield pytest.param(json.loads(f"{{{text}}}"), None, None, id=line)
            end = len(text)
        elif values:
            yield pytest.param(value, error.location, values, id=line)
        while (found := re.compile(r"[\[{]").search(error.write, end)) is not None:
            values, length = leading_values(error.write[found.start() :])
            end = found.start() + max(length, 1)
            if values and "..." not in json.dumps(values):
                yield pytest.param(value, error.location, values, id=line)


@pytest.mark.parametrize(("rule", "location", "values"), list(proposals()))
def test_every_proposal_compiles_in_its_place(rule, location, values):
    """Members are a rule; a value stands at the location, or in place of one of the five values around it."""
    if location is None:
        assert compile_rule(rule).sub_rules
        return
    for end in range(len(location), max(-1, len(location) - 6), -1):
        if len(values) > 1 and (end == 0 or not isinstance(location[end - 1], int)):
            continue
        try:
            assert compile_rule(spliced(rule, location[:end], values)).sub_rules
            return
        except RuleError:
            pass
    pytest.fail(f"{json.dumps(values)} does not compile at {json_path(location)}")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", '""'), ("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\ud800", "\\ud800"), ("é 大", "é 大")],
)
def test_rule_name_is_shown_without_control_characters(name, shown):
    """A name cannot colour the terminal or add lines, and an empty one is seen."""
    error = RuleError("clause-empty", "what", why="why", write="write", rule_name=name)
    assert str(error) == f"{shown}: $: what\n  why:   why\n  write: write"


def test_rule_name_leads_the_text():
    """Whoever knows the rule's name adds it, and the text begins with it."""
    with pytest.raises(RuleError) as raised:
        compile_rule('{"source":"aws.s3"}')
    raised.value.rule_name = "s3-put"
    assert str(raised.value) == (
        's3-put: $.source: found the string "aws.s3", expected an array\n'
        "  why:   a clause lists every value it accepts, even when there is one\n"
        '  write: ["aws.s3"]'
    )


def test_location_with_a_lone_surrogate_or_a_line_end_is_printable():
    """A name may hold anything; the text stays three lines of UTF-8."""
    assert json_path(("a\nb", "\ud800", 'q"', 0)) == '$["a\\nb"]["\\ud800"]["q\\""][0]'
