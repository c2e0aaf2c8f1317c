"""Reads one document of a rule set: its rules, and its targets.

In: a document. Out: entries, which remember where their parts stand, so that what is only seen with all of them
together (a target that nobody describes, a name that comes twice) can be told at its place; assemble.py does.

    {"rules": {"big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]}}, "targets": {...}}
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from ruler.dialects.names import DIALECTS, nearest_dialect
from ruler.findings import Finding, Source
from ruler.patterns.reader import Document, Node
from ruler.route.documents.input_members import InputReader
from ruler.route.documents.target_members import TargetReader
from ruler.route.rule_set import Rule, TargetSettings
from ruler.rule_sources.members import Members, Steps
from ruler.rule_sources.named_rules import NamedRule
from ruler.rule_sources.placed import GeneratedDocument
from ruler.rule_sources.rule_reader import RuleReader

DOCUMENT_MEMBERS = ("version", "dialect", "dead_letter", "targets", "rules")
RULE_MEMBERS = ("pattern", "targets", "input", "tags", "shadow", "examples", "arn", "description")
EXAMPLE_MEMBERS = ("match", "no_match")
DOCUMENT_MEANING = "a rule set is an object with rules and targets by name"
DOCUMENT_FORM = '{"rules": {"big": {"pattern": {"source": ["shop"]}, "targets": ["ops"]}}, "targets": {"ops": {...}}}'
RULE_FORM = '{"pattern": {"source": ["shop"]}, "targets": ["ops"]}'
EXAMPLES_FORM = '{"match": ["running.json"], "no_match": [{"state": "stopped"}]}'
LONGEST_NAME = 1024  # characters of the name of a rule
LONGEST_VERSION = 128
LONGEST_TEXT = 100_000  # of a description


@dataclass(frozen=True, slots=True)
class Example:
    """An event, or the path of a file that holds one, and whether the rule must match it."""

    node: Node
    steps: Steps
    must_match: bool


@dataclass(slots=True)
class RuleEntry:
    """A rule of a document; ``named`` is its pattern, None when that could not be read."""

    rule: Rule
    start: int
    steps: Steps
    targets: dict[str, tuple[int, Node]]  # by name: which in the list, and where
    examples: list[Example]
    named: NamedRule | None


@dataclass(slots=True)
class TargetEntry:
    """A target of a document; ``dead_letter`` is where it names that of another."""

    settings: TargetSettings
    start: int
    steps: Steps
    dead_letter: Node | None


@dataclass(slots=True)
class Part:
    """What one document holds."""

    reader: RuleSetReader
    rules: list[RuleEntry] = field(default_factory=list)
    targets: list[TargetEntry] = field(default_factory=list)
    version: str = ""
    dialect: str = ""  # that the rules are held to; "" where the document names none
    dead_letter: str = ""
    members: Members = field(default_factory=dict)  # at the top of the document


class RuleSetReader(InputReader, TargetReader):
    """Reads one document; errors do not end the reading, so all of them are found."""

    def __init__(self, source: Source, document: Document, directory: str) -> None:
        super().__init__(source, document)
        self.directory = directory  # what the paths of examples begin at
        known = replace(document, doubts=()) if isinstance(document, GeneratedDocument) else document
        self.patterns = RuleReader(source, known)

    def read(self, also: Collection[str] = ()) -> Part:
        """Return what the document holds. Members called ``also`` are for others, and are let be."""
        part = Part(self)
        root = self.document.root
        self._report_doubts()
        if root.kind != "object":
            self.expected(root, (), "an object", why=DOCUMENT_MEANING, write=DOCUMENT_FORM)
            return part
        known = tuple(dict.fromkeys((*DOCUMENT_MEMBERS, *also)))
        thing = "a config" if "rules" in also else "a rule set"
        part.members = members = self.members(root, (), known, thing, DOCUMENT_FORM)
        why = "the version is what people call this rule set; without one it is the beginning of the digest"
        part.version = self.string(
            members, "version", (), why=why, write='"version": "2026-11-22"', longest=LONGEST_VERSION
        )
        part.dialect = self._dialect(members)
        part.dead_letter = self.string(
            members,
            "dead_letter",
            (),
            why="it names the target that takes the dead letters of others, and events that are none",
            write='"dead_letter": "dlq"',
        )
        self.objects(
            members, "targets", (), lambda *given: part.targets.append(self._target_entry(*given)), '{"ops": {...}}'
        )
        if "rules" in members and members["rules"].kind == "string" and "rules" in also:
            return part  # they stand elsewhere
        self.objects(
            members, "rules", (), lambda *given: part.rules.append(self._rule_entry(*given)), f'{{"big": {RULE_FORM}}}'
        )
        return part

    @property
    def all_findings(self) -> list[Finding]:
        """What was found in this document, in its rules too."""
        found = [*self.findings, *self.patterns.found.findings, *self.findings_elsewhere]
        if self.document.is_from_mapping:  # lines would be those of a text that nobody has seen
            found = [replace(each, line=None, column=None) for each in found]
        return found

    def _dialect(self, members: Members) -> str:
        node = members.get("dialect")
        if node is None or (node.kind == "string" and node.value in DIALECTS):
            return "" if node is None else str(node.value)
        near = nearest_dialect(node.value) if node.kind == "string" else None
        why = f"the rules are held to a dialect; those are {', '.join(DIALECTS)}"
        write = f'"dialect": "{near or "eventbridge"}"'
        self.expected(node, ("dialect",), "the name of a dialect", why=why, write=write)
        return ""

    def _report_doubts(self) -> None:
        if isinstance(self.document, GeneratedDocument):
            for doubt in self.document.doubts:
                self.report(doubt.code, doubt.offset, (), doubt.what, why=doubt.why, write=doubt.write)

    def _target_entry(self, name: str, start: int, node: Node, steps: Steps) -> TargetEntry:
        settings = self.target(name, start, node, steps)
        dead_letter = next((value for member, _, value in node.value if member == "dead_letter"), None)
        return TargetEntry(settings, start, steps, dead_letter)

    def _rule_entry(self, name: str, start: int, node: Node, steps: Steps) -> RuleEntry:
        if not name or len(name) > LONGEST_NAME:
            what = "a rule without a name" if not name else f"the name of a rule has {len(name):,} characters"
            why = f"deliveries list the names of their rules, which have 1 to {LONGEST_NAME:,} characters"
            self.report("route-name", start, steps, what, why=why, write='"big", for example')
        members = self.members(node, steps, RULE_MEMBERS, "a rule", RULE_FORM)
        is_shadow = self.boolean(members, "shadow", steps, why="a rule in shadow is counted and delivers nothing")
        arn = self.string(
            members, "arn", steps, why="the ARN is what <aws.events.rule-arn> stands for", write='"arn": "arn:aws:..."'
        )
        tags = self.names(members, "tags", steps, thing="tag", why="tags are words by which rules are found")
        rule = Rule(
            name,
            text="",
            canonical=b"",
            input=self.input(members, steps, arn),
            tags=tuple(sorted(tags)),
            is_shadow=is_shadow,
            arn=arn,
            description=self.string(
                members,
                "description",
                steps,
                why="the description is for people",
                write='"description": "..."',
                longest=LONGEST_TEXT,
            ),
        )
        targets = self._targets_of(members, node, steps, is_shadow)
        named = self._pattern(name, members, node, steps)
        return RuleEntry(rule, start, steps, targets, self._examples(members, steps), named)

    def _targets_of(self, members: Members, node: Node, steps: Steps, is_shadow: bool) -> dict[str, tuple[int, Node]]:
        why = "a rule says which targets get the events that it matches"
        targets = self.names(members, "targets", steps, thing="target", why=why)
        is_empty = "targets" not in members or (members["targets"].kind == "array" and not members["targets"].value)
        if is_empty and not is_shadow:
            what = "this rule leads to no target"
            write = '"targets": ["ops"], or "shadow": true for a rule that is only counted'
            self.report("route-rule", node.start, steps, what, why=why, write=write)
        return targets

    def _pattern(self, name: str, members: Members, node: Node, steps: Steps) -> NamedRule | None:
        pattern = members.get("pattern")
        if pattern is None:
            why = "the pattern says which events a rule matches"
            self.report("route-rule", node.start, steps, 'this rule has no "pattern"', why=why, write=RULE_FORM)
            return None
        count = len(self.patterns.found.rules)
        self.patterns.add_pattern(name, pattern, dialect="")
        added = self.patterns.found.rules[count:]
        return added[0] if added else None

    def _examples(self, members: Members, steps: Steps) -> list[Example]:
        node = members.get("examples")
        if node is None:
            return []
        steps = (*steps, "examples")
        why = "examples are events that a rule must match, and events that it must not"
        if node.kind != "object":
            self.expected(node, steps, "an object", why=why, write=f'"examples": {EXAMPLES_FORM}')
            return []
        found: list[Example] = []
        for word, value in self.members(node, steps, EXAMPLE_MEMBERS, "examples", EXAMPLES_FORM).items():
            if value.kind != "array":
                write = f'"{word}": [{self.text(value)}]' if value.kind == "string" else EXAMPLES_FORM
                self.expected(value, (*steps, word), "a list of events", why=why, write=write)
                continue
            for index, each in enumerate(value.value):
                at = (*steps, word, index)
                if each.kind == "object" or (each.kind == "string" and each.value):
                    found.append(Example(each, at, word == "match"))
                else:
                    self.expected(each, at, "an event, or the path of a file that holds one", why=why, write="{...}")
        return found
