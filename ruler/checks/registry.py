"""The table of warnings: code, one sentence, and what its fix does. Documents, ``--deny`` and tests read it.

Always: a code never changes its meaning; docs/checks.md has a section of that name for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ruler.checks.addresses import address_findings
from ruler.checks.meaning import meaning_findings
from ruler.checks.names import name_findings
from ruler.checks.pattern_types import pattern_type_findings
from ruler.checks.regexps import regexp_findings
from ruler.checks.rule import CheckedRule
from ruler.checks.wildcard_complexity import complexity_findings
from ruler.checks.wildcards import wildcard_findings
from ruler.findings import Finding

NO_FIX, KEEPS_MEANING, CHANGES_MEANING = "no", "keeps the meaning", "changes the meaning"
EITHER = "keeps or changes the meaning"  # each fix says which


@dataclass(frozen=True, slots=True)
class WarningKind:
    """One warning there is."""

    code: str
    summary: str  # one sentence
    fix: str  # NO_FIX, KEEPS_MEANING, CHANGES_MEANING or EITHER; a fix is attached only where it is certain


WARNINGS: dict[str, WarningKind] = {
    kind.code: kind
    for kind in (
        WarningKind("accepts-everything", "A clause accepts every value there is.", EITHER),
        WarningKind("accepts-nothing", "A clause accepts no value, so its sub-rule never matches.", KEEPS_MEANING),
        WarningKind("redundant-alternative", "An alternative accepts only what another one accepts.", KEEPS_MEANING),
        WarningKind(
            "redundant-part", "A part of all-of asks for nothing that the others do not ask for.", KEEPS_MEANING
        ),
        WarningKind("dead-branch", "A branch of $or adds nothing to the others.", KEEPS_MEANING),
        WarningKind("duplicate-name", "A clause is hidden by a later one with the same name.", KEEPS_MEANING),
        WarningKind("dotted-path-clash", "A clause is hidden by a later one of the same path.", KEEPS_MEANING),
        WarningKind("branch-overridden", "A clause and one in a branch of $or name the same path.", KEEPS_MEANING),
        WarningKind("address-not-cidr", "An address block stands where only strings are compared.", CHANGES_MEANING),
        WarningKind("cidr-host-bits", "A cidr block has bits set that are ignored.", KEEPS_MEANING),
        WarningKind("pattern-type-as-name", "A pattern type is read as the name of a field.", CHANGES_MEANING),
        WarningKind("exists-on-object", "A clause tests a path that clauses elsewhere use as an object.", NO_FIX),
        WarningKind("wildcard-is-prefix", "A wildcard is only a prefix.", KEEPS_MEANING),
        WarningKind("wildcard-is-suffix", "A wildcard is only a suffix.", KEEPS_MEANING),
        WarningKind("wildcard-is-exact", "A wildcard has no asterisk.", KEEPS_MEANING),
        WarningKind("dialect-operator-unknown", "No public page says whether the service takes a form.", EITHER),
        WarningKind("dialect-limit-unknown", "No public page says whether the service takes so much.", NO_FIX),
        WarningKind("wildcard-too-complex", "AWS may refuse the wildcards of a clause as too complex.", NO_FIX),
        WarningKind("regexp-anchor", "A regular expression has ^ or $, which anchor nothing here.", CHANGES_MEANING),
    )
}


# Codes of findings about files and about checking itself (ERROR_CODES has those of rules), and what each says.
FILE_CODES: dict[str, str] = {
    "file-unreadable": "The file cannot be read.",
    "file-unwritable": "The file cannot be written by --fix.",
    "file-not-rules": "The file is JSON, but neither an object of rules by name nor a list of named rules.",
    "file-without-rules": "The form of the file is known, but no rule stands in it.",
    "file-needs-yaml": "The file is YAML, and the extra that reads it is not installed.",
    "file-not-yaml": "The file was taken for YAML and cannot be read as such.",
    "rule-unresolved": "A pattern in a template holds an intrinsic function, whose value nobody knows yet.",
    "rule-yaml-unclear": "A word of a rule in YAML means different things in different versions of YAML.",
    "rule-scope-unknown": "The scope of a filter policy is neither MessageAttributes nor MessageBody.",
    "rule-name-twice": "Two rules of an object have one name, so one of them would be lost.",
    "entry-not-object": "An element of a list of rules is not an object.",
    "entry-unnamed": "An element of a list of rules has neither a name nor a rule.",
    "entry-member-unknown": "A named rule has a member other than name, rule and pattern.",
    "entry-member-twice": "A named rule has a member twice.",
    "entry-name": "A named rule has no name, or one that is not a string.",
    "entry-rule": "A named rule has no rule, or one that is not an object.",
    "entry-rule-twice": 'A named rule has both "rule" and "pattern".',
    "findings-left-out": "A rule has more errors or warnings than are told.",
}


def warnings_of(rule: CheckedRule) -> Iterator[Finding]:
    """Yield the warnings of one rule, in no order; those that compare rules are in object_paths.py."""
    kinds: tuple[Callable[[CheckedRule], Iterator[Finding]], ...] = (
        name_findings,
        address_findings,
        pattern_type_findings,
        wildcard_findings,
        complexity_findings,
        regexp_findings,
        meaning_findings,
    )
    for findings in kinds:
        yield from findings(rule)
