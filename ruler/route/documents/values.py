"""Reads the values of a rule set's document: strings, counts, rates, durations, booleans, lists of names.

In: a node, and what may stand there. Out: the value; None, and reported, when it may not.

    "300s" -> 300.0    "1.5h" -> 5400.0    300 -> reported: write "300s"

Always: a value that is reported is read as if it were not there, so that one mistake is one finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ruler.findings import Finding, Source
from ruler.patterns.reader import Document, Node
from ruler.rule_sources.members import Members, MembersReader, Steps
from ruler.rule_sources.placed import GeneratedDocument

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION_MEANING = "a duration is a number and a unit: ms, s, m, h or d"
_parse_duration = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)").fullmatch
_MEMBER_IN_JSON = re.compile(r'"([A-Za-z0-9_-]+)": ')

# What else members of a document may have been called -> what to write. In small letters, with - between words.
OTHER_WORDS = {
    "event-pattern": "pattern",
    "eventpattern": "pattern",
    "rule": "pattern",
    "target": "targets",
    "inputpath": "input_path",
    "inputtransformer": "input_transformer",
    "inputpathsmap": "paths",
    "input-paths-map": "paths",
    "input-paths": "paths",
    "inputtemplate": "template",
    "input-template": "template",
    "pointer": "select",
    "dlq": "dead_letter",
    "dead-letters": "dead_letter",
    "deadletterconfig": "dead_letter",
    "url": "uri",
    "address": "uri",
    "ordering": "order",
    "retries": "retry",
    "retrypolicy": "retry",
    "max-attempts": "attempts",
    "maximum-retry-attempts": "attempts",
    "maximum-event-age": "max_age",
    "parallel": "concurrency",
    "parallelism": "concurrency",
    "batch-size": "batch",
    "matches": "match",
    "does-not-match": "no_match",
    "comment": "description",
    "dead-letter": "dead_letter",
    "max-age": "max_age",
    "first-delay": "first_delay",
    "max-delay": "max_delay",
    "input-path": "input_path",
    "input-transformer": "input_transformer",
    "no-match": "no_match",
}


def seconds_of(text: str) -> float | None:
    """Return the seconds that a duration means; None when the text is none.

    >>> seconds_of("300s"), seconds_of("250ms"), seconds_of("soon")
    (300.0, 0.25, None)
    """
    found = _parse_duration(text)
    return None if found is None else round(float(found[1]) * UNITS[found[2]], 6)


class ValuesReader(MembersReader):
    """A document, and the values in it. ``report`` takes the place of what is wrong, and why."""

    code_prefix = "route"
    other_words = OTHER_WORDS

    def __init__(self, source: Source, document: Document) -> None:
        super().__init__(source, document)
        self.findings_elsewhere: list[Finding] = []  # of rules, whose reader makes its own

    def report(self, code: str, start: int, steps: Steps, what: str, *, why: str, write: str) -> None:
        """Take notice of what is wrong at ``start``. What to write is TOML where the document is."""
        if isinstance(self.document, GeneratedDocument):
            write = _MEMBER_IN_JSON.sub(r"\1 = ", write)
        super().report(code, start, steps, what, why=why, write=write)

    def expected(self, node: Node, steps: Steps, what: str, *, why: str, write: str) -> None:
        """Report that ``what`` was expected where ``node`` stands."""
        self.report(
            "route-value", node.start, steps, f"found {self.describe(node)}, expected {what}", why=why, write=write
        )

    def string(self, members: Members, name: str, steps: Steps, *, why: str, write: str, longest: int = 1024) -> str:
        """The string under ``name``; "" when there is none."""
        node = members.get(name)
        if node is None:
            return ""
        if node.kind == "string" and 0 < len(node.value) <= longest:
            return str(node.value)
        what = "a string that is not empty"
        if node.kind == "string" and node.value:
            what = f"a string of at most {longest:,} characters"
        self.expected(node, (*steps, name), what, why=why, write=write)
        return ""

    def boolean(self, members: Members, name: str, steps: Steps, *, why: str) -> bool:
        """The boolean under ``name``; False when there is none."""
        node = members.get(name)
        if node is not None and node.kind not in ("true", "false"):
            word = "false" if node.kind == "string" and str(node.value).lower() == "false" else "true"
            self.expected(node, (*steps, name), "true or false", why=why, write=f'"{name}": {word}')
        return node is not None and node.kind == "true"

    def word(self, members: Members, name: str, steps: Steps, words: tuple[str, ...], *, why: str) -> str:
        """One of ``words``; the first of them when there is none."""
        node = members.get(name)
        if node is None or (node.kind == "string" and node.value in words):
            return words[0] if node is None else str(node.value)
        near = self.near(node.value, words) if node.kind == "string" else ""
        listed = " or ".join(f'"{word}"' for word in words)
        self.expected(node, (*steps, name), listed, why=why, write=f'"{name}": "{near or words[-1]}"')
        return words[0]

    def count(self, members: Members, name: str, steps: Steps, most: int, *, why: str) -> int | None:
        """A whole number from 1 to ``most``."""
        node = members.get(name)
        if node is None:
            return None
        if node.kind == "number" and isinstance(node.value, int) and 1 <= node.value <= most:
            return int(node.value)
        self.expected(node, (*steps, name), f"a whole number from 1 to {most:,}", why=why, write=f'"{name}": 1')
        return None

    def rate(self, members: Members, name: str, steps: Steps, most: float, *, why: str) -> float | None:
        """A number above 0."""
        node = members.get(name)
        if node is None:
            return None
        if node.kind == "number" and 0 < node.value <= most:
            return float(node.value)
        what = f"a number above 0, at most {most:,.0f}"
        self.expected(node, (*steps, name), what, why=why, write=f'"{name}": 100')
        return None

    def duration(self, members: Members, name: str, steps: Steps, most: str, *, why: str) -> float | None:
        """The seconds of a duration above 0, at most ``most``."""
        node = members.get(name)
        if node is None:
            return None
        seconds = seconds_of(node.value) if node.kind == "string" else None
        if seconds is not None and 0 < seconds <= (seconds_of(most) or 0):
            return seconds
        what = "a duration" if seconds is None else f"a duration above 0, at most {most}"
        write = f'"{name}": "{self.text(node)}s"' if node.kind == "number" else f'"{name}": "30s"'
        self.expected(node, (*steps, name), what, why=f"{why}; {DURATION_MEANING}", write=write)
        return None

    def names(self, members: Members, name: str, steps: Steps, *, thing: str, why: str) -> dict[str, tuple[int, Node]]:
        """The strings of the list under ``name``, each once, with their indexes and nodes."""
        node = members.get(name)
        if node is None:
            return {}
        steps = (*steps, name)
        if node.kind != "array":
            shown = self.text(node) if node.kind == "string" else f'"{thing}"'
            self.expected(node, steps, f"a list of {thing}s", why=why, write=f'"{name}": [{shown}]')
            return {}
        found: dict[str, tuple[int, Node]] = {}
        for index, each in enumerate(node.value):
            if each.kind != "string" or not each.value:
                self.expected(each, (*steps, index), f"a {thing}", why=why, write=f'"{name}": ["..."]')
            elif each.value in found:
                what = f"{self.text(each)} stands twice"
                self.report("route-twice", each.start, (*steps, index), what, why="once is enough", write="it once")
            else:
                found[each.value] = (index, each)
        return found

    def objects(
        self, members: Members, name: str, steps: Steps, read: Callable[[str, int, Node, Steps], None], form: str
    ) -> None:
        """Call ``read(name, where the name stands, node, steps)`` for each object of an object of objects by name."""
        node = members.get(name)
        if node is None:
            return
        steps = (*steps, name)
        if node.kind != "object":
            why = f'"{name}" holds one object for each name'
            self.expected(node, steps, "an object", why=why, write=form)
            return
        for each, (start, value) in self.once(node, steps).items():
            if value.kind == "object":
                read(each, start, value, (*steps, each))
            else:
                why = f'"{name}" holds one object for each name'
                self.expected(value, (*steps, each), "an object", why=why, write=form)
