"""docs/language.md: every operator is there, every answer is that of a conformance case, and the page is fresh."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cases import all_cases, extension_cases, extension_subjects
from scripts_of import load_script

from ruler.dialects.forms import operator_of
from ruler.dialects.model import OPERATORS
from ruler.dialects.names import DIALECTS
from ruler.patterns.reader import Node, read_document

script = load_script("regenerate_language")
PAGE = script.PAGE.read_text("utf-8")
CASES = {
    case.id: case
    for case in [*all_cases(), *(case for subject in extension_subjects() for case in extension_cases(subject))]
}
FORMS: list[dict[str, Any]] = [form for section in script.data() for form in section["form"]]
NUMBER_FORMS = {"300", "300.0", "3e2"}
OF_NUMBERS = {  # the forms that accept or exclude numbers, whose tables show how numbers may be spelt
    "exact-number",
    "numeric-equal",
    "numeric-bound",
    "numeric-range",
    "anything-but-number",
    "anything-but-numeric",
    "all-of",
    "none-of",
}

form_of_page = pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["name"]))


def kind_of(event: str, path: str) -> str:
    """What an event has at ``path``: "missing", "array", "empty array", or the kind of its one value."""
    value = json.loads(event).get(path, "missing") if event != "{}" else "missing"
    if event == "{}":
        return "missing"
    if isinstance(value, list):
        return "array" if value else "empty array"
    names = {dict: "object", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def test_the_page_is_what_the_data_say() -> None:
    """After a change of the data or of a case, run scripts/regenerate_language.py and read the diff."""
    assert script.page_text(script.read_cases(script.all_records())) == PAGE


def test_every_operator_has_its_place() -> None:
    """Each form of ruler/dialects once, also in the contents, under a heading that is there once."""
    assert sorted(OPERATORS) == sorted(form["name"] for form in FORMS)
    headings = [line.lstrip("# ") for line in PAGE.splitlines() if line.startswith("#")]
    anchors = [script.anchor(heading) for heading in headings]
    linked = re.findall(r"\]\(#([\w-]+)\)", PAGE)
    assert [anchor for anchor in linked if anchors.count(anchor) != 1] == []
    assert len(linked) >= len(OPERATORS)


@form_of_page
def test_the_rule_of_a_table_uses_the_operator_it_is_about(form: dict[str, Any]) -> None:
    """As the dialects call it."""
    name = form["name"]
    for table in form["table"]:
        root = read_document(table["rule"]).root
        if name in ("or", "and"):
            assert f"${name}" in [member for member, _, _ in root.value]
            continue
        found = {operator_of(element) for element in elements_of(root)}
        assert name in (found if name != "nested-path" else {"nested-path"} if nested(root) else set())


def elements_of(node: Node) -> list[Node]:
    """The elements of every clause of a rule."""
    if node.kind == "array":
        return list(node.value)
    return [element for _, _, value in node.value for element in elements_of(value)]


def nested(root: Node) -> bool:
    return any(value.kind == "object" for _, _, value in root.value)


@form_of_page
def test_every_kind_of_value_is_tried(form: dict[str, Any]) -> None:
    """A value of each type, none at all, an array with and without values, an object; numbers in their spellings."""
    rows = [
        (table, event, shown) for table in form["table"] if "path" in table for shown, event, _ in script.rows_of(table)
    ]
    if rows:
        kinds = {kind_of(event, table["path"]) for table, event, _ in rows}
        assert kinds == {"missing", "array", "empty array", "object", "string", "boolean", "number", "null"}
    if form["name"] in OF_NUMBERS:
        shown_values = {shown.strip("`") for _, _, shown in rows}
        assert shown_values >= NUMBER_FORMS
        assert any(shown.startswith('"') and shown[1:-1].isdigit() for shown in shown_values)  # a string of digits


@form_of_page
def test_operators_say_both_yes_and_no(form: dict[str, Any]) -> None:
    """Each table has an event that matches and one that does not."""
    cases = script.read_cases(script.all_records())
    for table in form["table"]:
        answers = {cases.answer(table["rule"], event).is_match for _, event, _ in script.rows_of(table)}
        assert answers == {True, False}


def test_every_answer_names_a_case_that_gives_it() -> None:
    """The case is there, and says what the row says; test_conformance.py runs it on both engines."""
    rows = re.findall(r"^\| .* \| (yes|no) \| .* \| `(l-[\w-]+|[\w-]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 500
    assert [(word, name) for word, name in rows if bool(CASES[name].matches) != (word == "yes")] == []
    refused = re.findall(r"^\| `.*` \| `([a-z-]+)` \| `([\w-]+-refused-\d+|[\w-]+)` \|$", PAGE, re.MULTILINE)
    assert len(refused) >= 50
    assert [(code, name) for code, name in refused if CASES[name].codes != {"r": code}] == []


def test_every_dialect_has_a_row_in_every_section() -> None:
    """Which links to what is known of it."""
    sections = len(script.data())
    for name in DIALECTS:
        assert PAGE.count(f"| [`{name}`](dialects.md#{name}) |") == sections
        assert f"## `{name}`" in (script.PAGE.parent / "dialects.md").read_text("utf-8")


def test_a_row_without_a_case_is_no_row() -> None:
    """The page never guesses: the row, the code of an error, and two cases that disagree are told."""
    record = {"id": "x", "rules": {"r": '{"a":[1]}'}, "event": '{"a":1}', "expect": expectation(["r"])}
    cases = script.read_cases([record])
    assert cases.answer('{"a": [1]}', '{ "a": 1 }') == script.Answer("x", True)
    with pytest.raises(script.Unsettled, match=re.escape('whether {"a":[1]} matches {"a":2}')):
        cases.answer('{"a":[1]}', '{"a":2}')
    with pytest.raises(script.Unsettled, match="is refused with clause-empty"):
        cases.refusal('{"a":[]}', "clause-empty")
    with pytest.raises(script.Unsettled, match="the cases x and y disagree"):
        script.read_cases([record, {**record, "id": "y", "expect": expectation([])}])


def expectation(matches: list[str]) -> dict[str, Any]:
    return {"matches": matches, "rule_errors": [], "event_error": False}


def test_text_keeps_the_white_space_of_its_strings() -> None:
    """Only what stands between is squeezed or spaced."""
    assert script.squeezed('{ "a b" : [ "c:, \\" d" ] }') == '{"a b":["c:, \\" d"]}'
    assert script.spaced('{"a:b":["c,d",1]}') == '{"a:b": ["c,d", 1]}'
