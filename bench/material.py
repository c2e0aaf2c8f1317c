"""Writes the events and rules of a variant to files, for workers to read.

Equal arguments give the same file, so variants on the same events share one. The files live as long as the `Material`,
a context manager.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import event_lines
from bench.rules import rule_set


@dataclass(frozen=True, slots=True)
class Events:
    """A file of JSON lines."""

    file: Path
    count: int
    mean_bytes: float
    elements: int  # array elements per event; 0 where the generator has none


@dataclass(frozen=True, slots=True)
class Rules:
    """A file with a line ``["name","rule text"]`` for each rule."""

    file: Path
    count: int


class Material:
    """What has been written so far."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="ruler-bench-")
        self._events: dict[str, Events] = {}
        self._rules: dict[str, Rules] = {}

    def __enter__(self) -> Material:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    def path(self, name: str) -> Path:
        """A place for a file of the caller's own."""
        return Path(self._directory.name) / name

    def events(self, arguments: Mapping[str, Any]) -> Events:
        """The events of `Variant.event_arguments`."""
        key = json.dumps(arguments, sort_keys=True)
        if key not in self._events:
            lines = event_lines(**arguments)
            file = self.path(f"events-{len(self._events)}.jsonl")
            with file.open("wb") as stream:
                stream.writelines(line + b"\n" for line in lines)
            mean = sum(map(len, lines)) / len(lines)
            self._events[key] = Events(file, len(lines), mean, int(arguments.get("elements", 0)))
        return self._events[key]

    def rules(self, wanted: Mapping[str, Any]) -> Rules:
        """The rules of a scenario's ``rules`` table."""
        key = json.dumps(wanted, sort_keys=True)
        if key not in self._rules:
            rules = rule_set(wanted)
            file = self.path(f"rules-{len(self._rules)}.jsonl")
            with file.open("w", encoding="utf-8") as stream:
                stream.writelines(json.dumps(rule) + "\n" for rule in rules.items())
            self._rules[key] = Rules(file, len(rules))
        return self._rules[key]
