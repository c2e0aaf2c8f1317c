"""Puts the parts of a rule set together: one document, or those of a directory.

In: what each document holds. Out: a RuleSet, or every error: of the documents by themselves, and of all together:

    a name that stands in two files; a target that a rule or a dead letter names and nobody describes; dead letters that
    go in circles; patterns that do not compile, or that the dialect refuses; examples that do not go as they should
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from ruler.dialects.names import DEFAULT_DIALECT
from ruler.errors import RuleError
from ruler.findings import Finding, in_text_order
from ruler.matcher import Matcher
from ruler.patterns.reader import Node, shortened
from ruler.route.documents.examples import run_examples
from ruler.route.documents.pattern_text import canonical_pattern
from ruler.route.documents.rule_members import Part, RuleEntry, RuleSetReader, TargetEntry
from ruler.route.documents.target_members import dead_letter_cycle
from ruler.route.rule_set import Rule, RuleSet, TargetSettings
from ruler.rule_sources.members import Steps, in_quotes
from ruler.rule_sources.named_rules import NamedRule, within_limits

MOST_NAMES_SHOWN = 5
MOST_NAMES_COMPARED = 1000


class Assembly:
    """The parts of one rule set on their way to it."""

    def __init__(
        self, parts: Sequence[Part], provided: Collection[str], engine: str, *, runs_examples: bool = True
    ) -> None:
        self.parts = parts
        self.provided = provided
        self.engine = engine
        self.runs_examples = runs_examples
        self.targets: dict[str, TargetSettings] = {name: TargetSettings(name) for name in provided}
        self.target_names: list[str] = []  # in their order
        self.rules: dict[str, Rule] = {}
        self.dead_letter = ""
        self.version = ""
        self.dialect = ""

    def assembled(self) -> tuple[RuleSet | None, list[Finding]]:
        """The rule set, or all findings."""
        self._collect_targets()
        self._collect_top()
        self._check_dead_letters()
        entries = self._collect_rules()
        matcher = self._compile(entries)
        for reader, entry in entries:
            if self.runs_examples and entry.named is not None and entry.rule.name in matcher:
                run_examples(reader, entry, matcher)
        findings = [each for part in self.parts for each in in_text_order(part.reader.all_findings)]
        if findings:
            return None, findings
        rules = self.rules.values()
        targets = self.targets.values()
        version, dead_letter = self.version, self.dead_letter
        return RuleSet(rules, targets, version=version, dead_letter=dead_letter, matcher=matcher), []

    # -- targets -------------------------------------------------------------------------------------------

    def _collect_targets(self) -> None:
        first: dict[str, RuleSetReader] = {}
        for part in self.parts:
            for entry in part.targets:
                name = entry.settings.name
                if name in first:
                    _report_twice(part.reader, entry, "target", first[name])
                else:
                    first[name] = part.reader
                    self.targets[name] = entry.settings
        self.target_names = sorted(self.targets)

    def _collect_top(self) -> None:
        """The version, the dialect and the target of dead letters, which one of the documents may name."""
        for word in ("version", "dialect", "dead_letter"):
            given = [part for part in self.parts if getattr(part, word)]
            if given:
                setattr(self, word, getattr(given[0], word))
            for part in given[1:]:
                what = f'"{word}" stands in {given[0].reader.source.name} already'
                why = "all files of a directory are one rule set"
                node = part.members[word]
                part.reader.report("route-twice", node.start, (word,), what, why=why, write="it in one file")
        for part in self.parts:
            if part.dead_letter and part.dead_letter not in self.targets:
                self._report_unknown(part.reader, part.members["dead_letter"], ("dead_letter",))

    def _check_dead_letters(self) -> None:
        for part in self.parts:
            for entry in part.targets:
                name = entry.settings.dead_letter
                if name and name not in self.targets and entry.dead_letter is not None:
                    self._report_unknown(part.reader, entry.dead_letter, (*entry.steps, "dead_letter"))
        if self.dead_letter in self.targets:
            self._give_the_others_the_common_one()
        ways = {name: each.dead_letter for name, each in self.targets.items()}
        told: set[str] = set()
        for part in self.parts:
            for entry in part.targets:
                cycle = [] if entry.settings.name in told else dead_letter_cycle(ways, entry.settings.name)
                told.update(cycle)
                if cycle:
                    _report_cycle(part.reader, entry, cycle)

    def _give_the_others_the_common_one(self) -> None:
        """Name the common target of dead letters where a target names none; not where they would come back to it."""
        on_its_way: set[str] = set()
        name = self.dead_letter
        while name in self.targets and name not in on_its_way:
            on_its_way.add(name)
            name = self.targets[name].dead_letter
        for name, settings in self.targets.items():
            if not settings.dead_letter and name not in on_its_way:
                self.targets[name] = replace(settings, dead_letter=self.dead_letter)

    def _report_unknown(self, reader: RuleSetReader, node: Node, steps: Steps) -> None:
        names = self.target_names
        near = reader.near(node.value, islice(names, MOST_NAMES_COMPARED))
        shown = ", ".join(in_quotes(shortened(name)) for name in names[:MOST_NAMES_SHOWN])
        shown += ", ..." if len(names) > MOST_NAMES_SHOWN else ""
        reader.report(
            "route-target-unknown",
            node.start,
            steps,
            f"no target is called {reader.text(node)}" + (f"; did you mean {in_quotes(near)}?" if near else ""),
            why=f"the targets of this rule set are {shown or 'none'}",
            write=in_quotes(near) if near else f'{reader.text(node)}: {{"uri": "https://..."}} under "targets"',
        )

    # -- rules ---------------------------------------------------------------------------------------------

    def _collect_rules(self) -> list[tuple[RuleSetReader, RuleEntry]]:
        entries: dict[str, tuple[RuleSetReader, RuleEntry]] = {}
        for part in self.parts:
            for entry in part.rules:
                name = entry.rule.name
                for target, (index, node) in entry.targets.items():
                    if target not in self.targets:
                        self._report_unknown(part.reader, node, (*entry.steps, "targets", index))
                if name in entries:
                    _report_twice(part.reader, entry, "rule", entries[name][0])
                else:
                    entries[name] = (part.reader, entry)
        return [entries[name] for name in sorted(entries)]

    def _compile(self, entries: list[tuple[RuleSetReader, RuleEntry]]) -> Matcher[str]:
        """The matcher of all rules that compile; the errors of the others are reported."""
        compiled = [(reader, entry) for reader, entry in entries if entry.named is not None]
        dialect = self.dialect or DEFAULT_DIALECT
        texts = {entry.rule.name: _named(entry).text for _, entry in compiled}
        try:
            matcher: Matcher[str] = Matcher(texts, engine=self.engine, dialect=dialect)
        except RuleError:
            matcher = Matcher(engine=self.engine, dialect=dialect)
            compiled = [each for each in compiled if self._add(matcher, *each)]
        for _, entry in compiled:
            named = _named(entry)
            self.rules[entry.rule.name] = replace(
                entry.rule,
                text=texts[entry.rule.name],
                canonical=canonical_pattern(named.document, named.node),
                targets=tuple(sorted(entry.targets)),
            )
        return matcher

    def _add(self, matcher: Matcher[str], reader: RuleSetReader, entry: RuleEntry) -> bool:
        named = _named(entry)
        try:
            matcher.add_rule(entry.rule.name, named.text)
        except RuleError as error:
            error.line = error.column = None  # they count in the text of the rule
            reader.findings_elsewhere += named.errors() or _refused(named, matcher.dialect) or [named.finding(error)]
            return False
        return True


def _refused(rule: NamedRule, dialect: str) -> list[Finding]:
    """All that the dialect refuses of a rule, which compiles."""
    from ruler.dialects.refused import refused_errors  # reads the data of the dialects

    return within_limits(map(rule.finding, refused_errors(rule.document, rule.node, dialect)))


def _named(entry: RuleEntry) -> NamedRule:
    assert entry.named is not None
    return entry.named


def _report_twice(reader: RuleSetReader, entry: RuleEntry | TargetEntry, thing: str, first: RuleSetReader) -> None:
    reader.report(
        "route-twice",
        entry.start,
        entry.steps,
        f"the {thing} {reader.quoted(entry.start)} stands in {first.source.name} already",
        why=f"all files of a directory are one rule set, and no two {thing}s of it have one name",
        write="another name",
    )


def _report_cycle(reader: RuleSetReader, entry: TargetEntry, cycle: list[str]) -> None:
    start = entry.start if entry.dead_letter is None else entry.dead_letter.start
    reader.report(
        "route-dead-letter-cycle",
        start,
        (*entry.steps, "dead_letter"),
        f"dead letters go in a circle: {' -> '.join(map(in_quotes, cycle))}",
        why="a delivery that no target takes would go round for ever",
        write="a last target without a dead_letter of its own",
    )
