"""Reads the conformance cases (tests/conformance/README.md says what a case is)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONFORMANCE = Path(__file__).parent / "conformance"
FILES = ("cases.jsonl", "semantics_examples.jsonl", "more_cases.jsonl", "language.jsonl")


@dataclass(frozen=True)
class Case:
    """One case: rule texts, an event text, and the answer."""

    id: str
    group: str
    rules: dict[str, str]
    event: str
    matches: list[str]
    rule_errors: list[str]
    event_error: bool
    dialect: str = "ruler"
    codes: dict[str, str] = field(default_factory=dict)  # of refused rules, where the case states them


def load(file_name: str) -> list[Case]:
    """Every case of one file, in its order."""
    lines = (CONFORMANCE / file_name).read_text(encoding="utf-8").splitlines()
    return [case_of(json.loads(line)) for line in lines]


def case_of(record: dict[str, Any]) -> Case:
    plain = {name: record[name] for name in ("id", "group", "rules", "event")}
    return Case(**plain, **record["expect"], dialect=record.get("dialect", "ruler"), codes=record.get("codes", {}))


def all_cases() -> list[Case]:
    """Every case of every file that is not in a directory."""
    return [case for file_name in FILES for case in load(file_name)]


def extension_subjects() -> list[str]:
    """What the cases of the extensions are about, one file each."""
    return sorted(path.stem for path in (CONFORMANCE / "extensions").glob("*.jsonl"))


def extension_cases(subject: str) -> list[Case]:
    """Every case of the extensions about one subject."""
    return load(f"extensions/{subject}.jsonl")


def rule_name(name: str) -> str:
    """The name to add a case's rule under: ``r#1`` and ``r#2`` both add to ``r``."""
    return name.partition("#")[0]


class RepeatedName(Exception):
    """Two equal names in one object: a decoded form would lose one."""


def decoded(text: str, *, names_must_differ: bool = False) -> Any:
    """The decoded form of JSON text; RepeatedName where that would lose a member and must not."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if names_must_differ and len(found) < len(pairs):
            raise RepeatedName
        return found

    with room_for_recursion():
        return json.loads(text, object_pairs_hook=members)


@contextmanager
def room_for_recursion() -> Iterator[None]:
    """For json.loads of 1024 levels; put back afterwards, so that the library meets the usual limit."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 20_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
