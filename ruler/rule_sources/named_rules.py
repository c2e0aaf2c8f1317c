"""Named rules: what every reader of rules gives, whatever the rules stood in.

In: a document and the place of a rule in it. Out: a NamedRule, which knows its name and where it stands in the source;
RuleSets of them; the errors of rules that cannot be added to a matcher.

Always: line and column are of the source that the user wrote. Where a rule stands in a string, the pointer leads to
the string, and the location goes on inside the rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ruler.errors import Location, RuleError
from ruler.findings import Finding, Source, in_text_order, json_pointer
from ruler.patterns.compiler import DEFAULT_LIMITS, Limits, compile_node
from ruler.patterns.reader import Document, Node
from ruler.rule_sources.placed import StringDocument

MOST_FINDINGS = 1000  # errors, and as many warnings, told of one rule; the compiler stops there too
LONGEST_PLACES = 1_000_000  # characters of the places of one rule's errors, and as many of its warnings
RULE_FILE = ""  # the form of an object of rules by name, and of a list of named rules


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule of a file or of an argument, not compiled yet."""

    name: str
    node: Node
    document: Document
    source: Source
    label: str = ""  # what messages call a rule that has no name: "[0]"
    place: Location = ()  # of the rule in its document, or of the string it stands in: ("s3-put",), or (0, "rule")
    dialect: str = ""  # of the service that the rule is written for, where the source says so: "sns-body"

    @property
    def text(self) -> str:
        """The rule as the user wrote it; of YAML, the JSON that it means."""
        return text_of(self.document, self.node)

    def pointer(self, location: Location) -> str:
        """The JSON Pointer of ``location`` in this rule, or of the string that holds the rule."""
        return json_pointer(self.place if isinstance(self.document, StringDocument) else (*self.place, *location))

    def errors(self, limits: Limits = DEFAULT_LIMITS) -> list[Finding]:
        """Every error of this rule, within the limits of what is told of one; none when it compiles."""
        _, errors = compile_node(self.document, self.node, limits=limits)
        found = within_limits(map(self.finding, errors))
        if len(found) == len(errors) >= MOST_FINDINGS:  # where the compiler stops
            found.append(_left_out(found))
        return found

    def finding(self, error: RuleError) -> Finding:
        """The finding that ``error`` is; it stands where the rule begins when the error has no place."""
        line, column = error.line, error.column
        if (line is None or column is None) and not self.document.is_from_mapping:
            line, column = self.document.line_and_column(self.node.start)
        return Finding(
            self.source,
            error.code,
            error.what,
            error.why,
            error.write,
            line,
            column,
            rule=self.label or self.name,
            location=error.location,
            pointer=self.pointer(error.location),
        )


def within_limits(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings about one rule, as many as are told, and at their end one that says so when others are not.

    They are made one by one, so that those which are left out cost nothing: a name may have megabytes, and stands in
    the place of every finding below it.
    """
    found: list[Finding] = []
    length = 0
    for finding in findings:
        if len(found) == MOST_FINDINGS or length > LONGEST_PLACES:
            return [*found, _left_out(found)]
        length += len(finding.pointer or "")
        found.append(finding)
    return found


def _left_out(found: list[Finding]) -> Finding:
    """The finding that stands where the last of ``found`` in the text does, and says that they are not all."""
    last = in_text_order(found)[-1]
    kind = last.severity if len(found) == 1 else f"{last.severity}s"
    return replace(
        last,
        code="findings-left-out",
        message=f"{len(found)} {kind} of this rule are told; any others are left out",
        why=f"of one rule at most {MOST_FINDINGS} errors and {MOST_FINDINGS} warnings are told, and fewer where their "
        "places are very long",
        hint="the rule without these; checking it again tells the others",
        fix=None,
    )


@dataclass(slots=True)
class RuleSet:
    """What a file or an argument held: rules in order, and the findings that are not of one rule."""

    rules: list[NamedRule] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    source: Source | None = None  # None when nothing could be read
    form: str = RULE_FILE  # what the text was taken for: "a CloudFormation template"
    is_one_rule: bool = False  # whether the whole file is one rule, as in a directory


class TakesRules(Protocol):
    """A Matcher of names that are strings, or what else is made of such rules."""

    def add_rule(self, name: str, rule: str, /) -> None:
        """Add a rule; RuleError when it cannot be added."""


def add_rules(matcher: TakesRules, rules: Iterable[NamedRule]) -> list[Finding]:
    """Add the rules to ``matcher``; return every error of those that cannot be added.

    A rule is read again, for all its errors, only when adding it fails.
    """
    findings: list[Finding] = []
    for rule in rules:
        try:
            matcher.add_rule(rule.name, rule.text)
        except RuleError as error:
            findings += rule.errors() or [_finding_at_rule(rule, error)]
    return findings


def text_of(document: Document, node: Node) -> str:
    return document.text[node.start : node.end]


def _finding_at_rule(rule: NamedRule, error: RuleError) -> Finding:
    """Return the finding of a rule that compiles and cannot be added: its dialect refuses it, or its limits do."""
    error.line = error.column = None  # they count in the rule's own text, not in the file
    if not rule.document.is_from_mapping:
        error.line, error.column = rule.document.line_and_column(_node_at(rule.node, error.location).start)
    return rule.finding(error)


def _node_at(node: Node, location: Location) -> Node:
    """Return the node that ``location`` leads to; the one that it leaves off at, where it goes on in no node."""
    for step in location:
        if node.kind == "array" and isinstance(step, int):
            node = node.value[step]
        else:
            members = [value for name, _, value in node.value if name == step] if node.kind == "object" else []
            if not members:
                break
            node = members[-1]  # of one name the last counts
    return node
