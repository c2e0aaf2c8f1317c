"""Tells what the service of a dialect refuses of a rule, and what no public page settles; with fixes where there are.

In: a CheckedRule and the name of a dialect. Out: findings: errors for what is refused, warnings for what nobody knows.

    {"key": [{"wildcard": "img/*"}]}  in eventbridge-pipes  ->  dialect-operator, and {"prefix": "img/"} as its fix
    {"key": [{"exactly": "x"}]}       in eventbridge        ->  dialect-operator-unknown, and "x" as its fix

Always: each is told with the page that says so and the day it was read. What is refused is told wherever it stands;
what is unknown, and a limit, once for each rule. A limit that no page states is told by nobody here: the summary of
``ruler check`` names those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ruler.checks.rule import CheckedRule, shown_text
from ruler.dialects.judge import LIMIT, Refusal, refusals, unsettled_limits
from ruler.dialects.load import dialect
from ruler.dialects.model import LIMITS, Dialect, Verdict
from ruler.dialects.names import DEFAULT_DIALECT
from ruler.dialects.refused import Words, words_of
from ruler.findings import ERROR, Edit, Finding, Fix
from ruler.patterns.located import LocatedRule


def dialect_of(rule_dialect: str, asked: str | None) -> str:
    """Return the dialect that a rule is held to: the one asked for, else that of its source, else our own."""
    return asked or rule_dialect or DEFAULT_DIALECT


def dialect_findings(rule: CheckedRule, name: str) -> Iterator[Finding]:
    """Yield what the dialect ``name`` refuses of ``rule``, and what is unknown, in text order."""
    if name == DEFAULT_DIALECT:  # the compiler has refused what there is to refuse
        return
    the_dialect = dialect(name)
    found = refusals(rule.located, the_dialect)
    unknown: dict[str, list[Refusal]] = {}
    told: set[str] = set()
    for refusal in found:
        if refusal.verdict is Verdict.UNKNOWN:
            unknown.setdefault(refusal.name, []).append(refusal)
    for refusal in found:
        is_unknown = refusal.verdict is Verdict.UNKNOWN
        if refusal.name in told:
            continue
        if is_unknown or refusal.kind == LIMIT:
            told.add(refusal.name)
        yield _finding(rule, the_dialect, refusal, unknown[refusal.name] if is_unknown else [refusal])


def _finding(rule: CheckedRule, the_dialect: Dialect, refusal: Refusal, alike: list[Refusal]) -> Finding:
    """Return the finding about ``refusal``, the first of those ``alike`` in one rule."""
    words = words_of(refusal, rule.located, the_dialect)
    more = len(alike) - 1
    message = words.what
    if more:
        message += f", and {more} more of its kind in this rule"
    found = rule.warning(
        words.code, refusal.node, message, why=words.why, hint=words.write, fix=_fix(rule, the_dialect, alike, words)
    )
    location = refusal.location
    severity = ERROR if refusal.verdict is Verdict.REFUSED else found.severity
    return replace(found, severity=severity, location=location, pointer=rule.named.pointer(location))


def _fix(rule: CheckedRule, the_dialect: Dialect, alike: list[Refusal], first: Words) -> Fix | None:
    """Return one fix for all of ``alike`` that have an equivalent, None when the first of them has none."""
    if first.equivalent is None:
        return None
    found = [first.equivalent]
    for refusal in alike[1:]:
        words = words_of(refusal, rule.located, the_dialect)
        if words.equivalent is not None and words.equivalent.start >= found[-1].end:
            found.append(words.equivalent)
    edits = tuple(Edit(each.start, each.end, each.text) for each in found)
    more = f", and {len(edits) - 1} more" if len(edits) > 1 else ""
    description = f"write {shown_text(found[0].text)}{more}"
    return Fix(description, edits, all(each.keeps_meaning for each in found))


def limits_unstated(rules: Iterable[LocatedRule], name: str) -> list[str]:
    """Return what the limits of the dialect ``name`` count that matter to ``rules`` and that no public page states."""
    the_dialect = dialect(name)
    found = {limit for rule in rules for limit in unsettled_limits(rule, the_dialect)}
    return [row.meaning for limit, row in LIMITS.items() if limit in found]
