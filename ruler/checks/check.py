"""Checks rules: every error, then warnings of likely mistakes.

In: a mapping of names to rules, the text of a rule file, or rule sets that were read already. Out: Findings, errors
before warnings, each in text order; never an exception for what the rules hold.

>>> for finding in check('{"s3-put": {"source": ["aws.s3"], "key": [{"wildcard": "img/*"}]}}'):
...     print(finding.code, finding.line, finding.column, finding.hint)
wildcard-is-prefix 1 56 {"prefix": "img/"} in place of the whole object

Always: a rule with errors gets no warnings, as nobody knows yet what it means. Of one rule as many are told as
named_rules.py allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ruler.checks.dialect_findings import dialect_findings, dialect_of, limits_unstated
from ruler.checks.error_fixes import with_fixes
from ruler.checks.object_paths import ObjectPaths
from ruler.checks.registry import warnings_of
from ruler.checks.rule import CheckedRule
from ruler.dialects.names import DEFAULT_DIALECT, known_dialect
from ruler.errors import RuleError, text_of
from ruler.findings import DECODED, ERROR, Finding, Source, in_text_order
from ruler.patterns.compiler import Limits, document_of
from ruler.patterns.located import locate_node
from ruler.patterns.reader import Document, Node
from ruler.rule_sources import NamedRule, RuleSet, fix_in_source, rule_of_pattern, rules_of_text, within_limits


def check(
    rules: Mapping[object, object] | str | bytes | bytearray | memoryview, *, dialect: str | None = None
) -> list[Finding]:
    """Return every error of ``rules``, then every warning, each in text order; an empty list when all is well.

    ``rules`` is a mapping of names to rules, as Matcher takes it, or the text of a rule file or of any other form
    in which files hold rules; the path of a file is not read. Findings of decoded rules have no line, no column, no
    file and no fix.

    ``dialect`` is the service that the rules are for (docs/dialects.md); without it that is what the text tells, such
    as "sns-body" for a filter policy of Amazon SNS whose scope is the body, else "ruler".
    """
    if dialect is not None:
        known_dialect(dialect)
    if isinstance(rules, Mapping):
        return check_rule_sets([_rules_of_mapping(rules)], dialect)[0]
    if isinstance(rules, str):
        if _looks_like_path(rules):
            return [_path_finding(rules)]
        content = rules.encode("utf-8", "surrogatepass")
    elif isinstance(rules, (bytes, bytearray, memoryview)):
        content = bytes(rules)
    else:
        found = type(rules).__name__
        raise TypeError(f"rules are a mapping of names to rules, or the text of a rule file; found {found}")
    source = Source(DECODED, content.decode(errors="replace"))
    return check_rule_sets([rules_of_text(source, content)], dialect)[0]


def check_rule_sets(rule_sets: Iterable[RuleSet], dialect: str | None = None) -> list[list[Finding]]:
    """Return the findings of each rule set; some warnings compare the rules of all of them.

    ``dialect`` is the one that every rule is held to; None for that of its source.
    """
    checked = [_CheckedSet(rule_set, dialect) for rule_set in rule_sets]
    paths = ObjectPaths(rule for each in checked for rule in each.rules)
    return [each.findings(paths) for each in checked]


def unstated_limits(rule_sets: Iterable[RuleSet], dialect: str) -> list[str]:
    """Return what the limits of ``dialect`` count that matter to rules of the sets, and that no public page states."""
    rules = []
    for named in (named for rule_set in rule_sets for named in rule_set.rules):
        with suppress(RuleError):  # a rule with errors has nothing to count
            rules.append(locate_node(named.document, named.node))
    return limits_unstated(rules, dialect)


@dataclass(slots=True)
class _CheckedSet:
    """A rule set with its rules that compile, and the errors of the others."""

    rule_set: RuleSet
    dialect: str | None  # None for that of each rule's source
    rules: list[CheckedRule] = field(init=False)
    errors: list[Finding] = field(init=False)
    unknown: dict[int, list[Finding]] = field(init=False)  # warnings of dialects, by the id of the CheckedRule
    refused: set[int] = field(init=False)  # by a dialect: ids as above

    def __post_init__(self) -> None:
        self.rules = []
        self.errors = []
        self.unknown = {}
        self.refused = set()
        for named in self.rule_set.rules:
            document = named.document
            name = dialect_of(named.dialect, self.dialect)
            try:
                rule = CheckedRule(named, locate_node(document, named.node))
            except RuleError as error:
                limits = Limits(extensions=name == DEFAULT_DIALECT)  # so that no advice names what is refused
                errors = with_fixes(named, named.errors(limits) or named.errors() or [named.finding(error)])
                self.errors += [_with_fix_in_source(document, each) for each in errors]
            else:
                self.take(rule, name)

    def take(self, rule: CheckedRule, name: str) -> None:
        """Take a rule that compiles, with what the dialect ``name`` says of it."""
        self.rules.append(rule)
        found = within_limits(dialect_findings(rule, name))
        refused = [each for each in found if each.severity == ERROR]
        self.errors += [_as_given(rule, each) for each in refused]
        self.unknown[id(rule)] = [each for each in found if each.severity != ERROR]
        if refused:
            self.refused.add(id(rule))

    def findings(self, paths: ObjectPaths) -> list[Finding]:
        warnings: list[Finding] = []
        for rule in self.rules:
            found = [] if id(rule) in self.refused else within_limits(_all_warnings(rule, paths))
            warnings += [_as_given(rule, each) for each in in_text_order([*self.unknown[id(rule)], *found])]
        return [*_ordered([*self.rule_set.findings, *self.errors]), *_ordered(warnings)]


def _as_given(rule: CheckedRule, finding: Finding) -> Finding:
    """Return ``finding`` with lines and a fix of the source; without them where there is no text."""
    if rule.named.document.is_from_mapping:  # the text, and its lines, are ours
        return replace(finding, line=None, column=None, fix=None)
    return _with_fix_in_source(rule.named.document, finding)


def _with_fix_in_source(document: Document, finding: Finding) -> Finding:
    """Return ``finding`` with a fix that edits the source, in which the text of ``document`` may stand in a string."""
    fix = finding.fix and fix_in_source(document, finding.fix)
    return finding if fix is finding.fix else replace(finding, fix=fix)


def _all_warnings(rule: CheckedRule, paths: ObjectPaths) -> Iterable[Finding]:
    yield from warnings_of(rule)
    yield from paths.findings(rule)


def _ordered(findings: list[Finding]) -> list[Finding]:
    """Return the findings of a text in its order; those of decoded rules stay in the order of the rules."""
    sources = {id(finding.source): None for finding in findings}
    return in_text_order(findings) if len(sources) == 1 else findings


def _rules_of_mapping(rules: Mapping[object, object]) -> RuleSet:
    found = RuleSet()
    decoded = Source(DECODED, "")
    for name, rule in rules.items():
        shown = name if isinstance(name, str) else text_of(name)
        if isinstance(rule, (str, bytes, bytearray, memoryview)):
            content = rule.encode("utf-8", "surrogatepass") if isinstance(rule, str) else bytes(rule)
            each = rule_of_pattern(shown, content)
            found.rules += each.rules
            found.findings += each.findings
            continue
        try:
            document = document_of(rule)
        except RuleError as error:
            if isinstance(rule, (list, tuple)):
                error.write = 'check({"my-rule": {"source": ["shop"]}}), with each rule under its name'
            nothing = Document("{}", Node("object", [], 0, 2), is_from_mapping=True)
            found.findings.append(NamedRule(shown, nothing.root, nothing, decoded, place=(shown,)).finding(error))
        else:
            found.rules.append(NamedRule(shown, document.root, document, decoded, place=(shown,)))
    return found


def _looks_like_path(text: str) -> bool:
    """Return whether a text is no JSON, and looks like the path of a file."""
    is_line = 0 < len(text) <= 1000 and "\n" not in text and text[:1] not in '{["'
    return is_line and (text.endswith(".json") or os.sep in text)


def _path_finding(text: str) -> Finding:
    return Finding(
        Source(DECODED, text),
        "not-json",
        f"found {text!r}, expected the text of a rule file",
        "check takes rules or their text; it opens no file",
        f"check(Path({text!r}).read_bytes())",
        1,
        1,
    )
