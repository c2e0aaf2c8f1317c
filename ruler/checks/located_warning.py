"""A warning about one node of a rule, with every way to name its place."""

from __future__ import annotations

from ruler.errors import Location
from ruler.findings import WARNING, Finding, Fix
from ruler.patterns.reader import Node
from ruler.rule_sources import NamedRule


def warning_at(
    rule: NamedRule,
    node: Node,
    location: Location,
    code: str,
    message: str,
    *,
    why: str,
    hint: str,
    fix: Fix | None = None,
) -> Finding:
    """Return the warning ``code`` about ``node``, which stands at ``location`` of ``rule``."""
    line, column = None, None
    if not rule.document.is_from_mapping:
        line, column = rule.document.line_and_column(node.start)
    return Finding(
        rule.source,
        code,
        message,
        why,
        hint,
        line,
        column,
        rule=rule.label or rule.name,
        location=location,
        pointer=rule.pointer(location),
        severity=WARNING,
        fix=None if rule.document.is_from_mapping else fix,  # the user has no text to edit
    )
