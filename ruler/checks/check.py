"""Checks rules: every error, then warnings of likely mistakes.

In: a mapping of names to rules, the text of a rule file, or rule sets that were read already. Out: Findings, errors
before warnings, each in text order; never an exception for what the rules hold.

>>> for finding in check('{"s3-put": {"source": ["aws.s3"], "key": [{"wildcard": "img/*"}]}}'):
...     print(finding.code, finding.line, finding.column, finding.hint)
wildcard-is-prefix 1 56 {"prefix": "img/"} in place of the whole object

Always: a rule with errors gets no warnings, as nobody knows yet what it means. Of one rule as many are told as
rule_files.py allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ruler.checks.error_fixes import with_fixes
from ruler.checks.object_paths import ObjectPaths
from ruler.checks.registry import warnings_of
from ruler.checks.rule import CheckedRule
from ruler.errors import RuleError, text_of
from ruler.findings import DECODED, Finding, Source, in_text_order
from ruler.patterns.compiler import document_of
from ruler.patterns.located import locate_node
from ruler.patterns.reader import Document, Node
from ruler.rule_files import NamedRule, RuleSet, rule_of_pattern, rules_of_text, within_limits


def check(rules: Mapping[object, object] | str | bytes | bytearray | memoryview) -> list[Finding]:
    """Return every error of ``rules``, then every warning, each in text order; an empty list when all is well.

    ``rules`` is a mapping of names to rules, as Matcher takes it, or the text of a rule file; the path of
    a file is not read. Findings of decoded rules have no line, no column, no file and no fix.
    """
    if isinstance(rules, Mapping):
        return check_rule_sets([_rules_of_mapping(rules)])[0]
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
    return check_rule_sets([rules_of_text(source, content)])[0]


def check_rule_sets(rule_sets: Iterable[RuleSet]) -> list[list[Finding]]:
    """Return the findings of each rule set; some warnings compare the rules of all of them."""
    checked = [_CheckedSet(rule_set) for rule_set in rule_sets]
    paths = ObjectPaths(rule for each in checked for rule in each.rules)
    return [each.findings(paths) for each in checked]


@dataclass(slots=True)
class _CheckedSet:
    """A rule set with its rules that compile, and the errors of the others."""

    rule_set: RuleSet
    rules: list[CheckedRule] = field(init=False)
    errors: list[Finding] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = []
        self.errors = []
        for named in self.rule_set.rules:
            document = named.document
            try:
                self.rules.append(CheckedRule(named, locate_node(document, named.node)))
            except RuleError as error:
                self.errors += with_fixes(named, named.errors() or [named.finding(error)])

    def findings(self, paths: ObjectPaths) -> list[Finding]:
        warnings: list[Finding] = []
        for rule in self.rules:
            found = in_text_order(within_limits(_all_warnings(rule, paths)))
            if rule.named.document.is_from_mapping:  # the text, and its lines, are ours
                found = [replace(each, line=None, column=None, fix=None) for each in found]
            warnings += found
        return [*_ordered([*self.rule_set.findings, *self.errors]), *_ordered(warnings)]


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
