"""The oracle earns its trust here: every conformance case gets its answer. It is small and independent."""

from __future__ import annotations

import ast
from pathlib import Path

import oracle
import pytest
from cases import Case, all_cases, extension_cases, extension_subjects, rule_name

SOURCE = Path(oracle.__file__).read_text(encoding="utf-8")
CASES = all_cases() + [case for subject in extension_subjects() for case in extension_cases(subject)]


@pytest.mark.parametrize("case", [case for case in CASES if not case.event_error], ids=lambda case: case.id)
def test_oracle_gives_the_answer_of_the_case(case: Case) -> None:
    """Every case with a valid event, its valid rules only: the oracle reads no others."""
    found = {
        rule_name(name)
        for name, rule in case.rules.items()
        if name not in case.rule_errors and oracle.matches(rule, case.event)
    }
    assert case.matches == sorted(found)


def test_oracle_stays_under_250_lines() -> None:
    """Small enough to be checked by reading it."""
    assert len(SOURCE.splitlines()) < 250


def test_oracle_imports_nothing_of_the_library() -> None:
    """Only the standard library, so that a shared mistake cannot hide."""
    imported = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported == {"functools", "ipaddress", "json", "operator", "re", "sys", "typing", "unicodedata"}


def test_oracle_multiplies_branches_in_text_order() -> None:
    """Two ``$or`` make four sub-rules; a later leaf on the same path wins."""
    rule = '{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"a":[2]},{"c":[1]}]}'
    assert oracle.sub_rules(rule) == [
        [("a", [2])],
        [("a", [2]), ("b", [1])],
        [("a", [1]), ("c", [1])],
        [("b", [1]), ("c", [1])],
    ]


def test_oracle_adds_the_clauses_of_and_beside_those_outside() -> None:
    """A branch of ``$and`` neither overrides the leaf of its path nor is overridden; within it the later leaf wins."""
    rule = '{"a":[1],"$and":[{"a":[2],"a":[3]},{"$or":[{"a":[4]},{"b":[5]}]}],"a":[6]}'
    assert oracle.sub_rules(rule) == [
        [("a", [6]), ("a", [3]), ("a", [4])],
        [("a", [6]), ("a", [3]), ("b", [5])],
    ]


def test_oracle_ties_only_objects_and_arrays_to_an_element() -> None:
    """A scalar directly inside an array has no trail of that array."""
    found = oracle.fields('{"a":[1,{"b":2},[3]]}')
    assert [(path, value, len(trail)) for path, value, trail in found] == [
        ("a", 1, 0),
        ("a.b", 2, 1),
        ("a", 3, 1),
    ]
