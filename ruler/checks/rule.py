"""One rule under check: where its parts stand, and how a warning about one of them is made.

In: a NamedRule that compiles. Out: its clauses, each once, in text order; Findings with line, column, JSONPath,
JSON Pointer and, where there is one, a fix.

Always: lines and columns are found in logarithmic time, so a file with many warnings costs no more than its text.
Where a rule came as a mapping, check.py takes lines and fixes away: the text they are about is not the user's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ruler.errors import Location, RuleError
from ruler.findings import WARNING, Edit, Finding, Fix
from ruler.patterns.clauses import ClauseReader
from ruler.patterns.compiler import compile_rule, location_of
from ruler.patterns.located import Alternative, LocatedClause, LocatedRule, LocatedSubRule
from ruler.patterns.model import Pattern
from ruler.patterns.reader import Node
from ruler.rule_sources import NamedRule

LONGEST_SHOWN = 120  # characters of a description or hint that repeat what a fix writes


@dataclass(frozen=True)
class CheckedRule:
    """A rule that compiles, with what every check needs to know of it."""

    named: NamedRule
    located: LocatedRule

    @cached_property
    def clauses(self) -> list[LocatedClause]:
        """Each clause that has an effect in some sub-rule, once, in text order."""
        found = {clause.node.start: clause for sub_rule in self.located.sub_rules for clause in sub_rule.clauses}
        return [found[start] for start in sorted(found)]

    @cached_property
    def _sub_rules(self) -> dict[int, list[LocatedSubRule]]:
        found: dict[int, list[LocatedSubRule]] = {}
        for sub_rule in self.located.sub_rules:
            for clause in sub_rule.clauses:
                found.setdefault(clause.node.start, []).append(sub_rule)
        return found

    def sub_rules_of(self, clause: LocatedClause) -> list[LocatedSubRule]:
        """Return the sub-rules that have ``clause``, one of ``clauses``, in order."""
        return self._sub_rules[clause.node.start]

    @cached_property
    def alternatives(self) -> list[tuple[LocatedClause, Alternative]]:
        """Each alternative of ``clauses``."""
        return [(clause, alternative) for clause in self.clauses for alternative in clause.alternatives]

    def pattern_nodes(self, clause: LocatedClause) -> Iterator[Node]:
        """Yield each alternative of ``clause``, and behind it what all-of and none-of list in it, in text order."""
        waiting = [alternative.node for alternative in reversed(clause.alternatives)]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed([each for listed in listed_in(node) for each in listed])

    def pattern(self, node: Node) -> Pattern:
        """Return the pattern of ``node``, one of ``pattern_nodes``."""
        pattern = self._reader.alternative(node, node)
        assert pattern is not None  # the rule compiles
        return pattern

    @cached_property
    def _reader(self) -> ClauseReader:
        return ClauseReader(self.located.document, _unexpected, extensions=True)

    def text(self, node: Node) -> str:
        """Return the text of ``node`` as the user wrote it."""
        return self.located.text(node)

    def shown(self, node: Node) -> str:
        """Return the text of ``node`` on one line, cut when it is long."""
        return self.located.document.source(node)

    def location(self, node: Node) -> Location:
        return location_of(self.named.node, node)

    def line(self, offset: int) -> int | None:
        """The line of ``offset``; None when the rule was no text."""
        return None if self.located.document.is_from_mapping else self.named.document.lines.place(offset)[0]

    def warning(
        self, code: str, node: Node, message: str, *, why: str, hint: str = "", fix: Fix | None = None, at: int = -1
    ) -> Finding:
        """Return the warning ``code`` about ``node``; ``at`` is the offset to show, that of ``node`` unless given."""
        location = self.location(node)
        line, column = self.named.document.lines.place(node.start if at < 0 else at)
        return Finding(
            self.named.source,
            code,
            message,
            why,
            hint,
            line,
            column,
            rule=self.named.label or self.named.name,
            location=location,
            pointer=self.named.pointer(location),
            severity=WARNING,
            fix=fix,
        )


def listed_in(node: Node) -> list[list[Node]]:
    """Return what an alternative lists when it is all-of or none-of: the elements, a list in all-of as its members.

    For all-of each element is one part; for none-of there is one list of all.
    """
    if node.kind != "object" or node.value[0][0] not in ("all-of", "none-of"):
        return []
    keyword, _, argument = node.value[0]
    if keyword == "none-of":
        return [argument.value]
    return [part.value if part.kind == "array" else [part] for part in argument.value]


def replacement(node: Node, text: str, *, keeps_meaning: bool) -> Fix:
    """Return the fix that writes ``text`` in place of ``node``."""
    return Fix(f"write {shown_text(text)}", (Edit(node.start, node.end, text),), keeps_meaning)


def shown_text(text: str) -> str:
    """Return ``text`` for a message: whole when it is short."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 20]}...{text[-15:]}"


def json_text(value: object) -> str:
    """Return ``value`` as JSON, as a person would write it."""
    return json.dumps(value, ensure_ascii=False)


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")


def clause_compiles(alternatives: str) -> bool:
    """Return whether the text ``alternatives`` is right inside the array of a clause."""
    try:
        compile_rule(f'{{"a": [{alternatives}]}}')
    except RuleError:
        return False
    return True
