"""A coverage report as text for people: a table of rules and their parts, then what never matched and what no rule did.

In: a Report. Out: lines. The numbers stand in two columns on the left, so that names and patterns of any width may
follow them; a part that never matched has the word "never" in place of a number.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.coverage import BranchCount, Report, RuleCount, Shape
from ruler.errors import json_path
from ruler.findings import EMPTY_NAME, printable
from ruler.paint import Paint
from ruler.words import counted

SHOWN_SHAPES = 10
MOST_FIELD_LINES = 6  # of a shape
WIDTH = 100  # characters of such a line, unless a field is longer


def lines_of(report: Report[str], paint: Paint, *, only_unused: bool) -> Iterator[str]:
    """Yield the lines of ``report``, or only what never matched."""
    rule_count = len(report.rules)
    shown = report.unused() if only_unused else report
    yield f"{counted(report.events, 'event')}, {counted(rule_count, 'rule')}"
    if shown.rules:
        yield ""
        yield paint("label", "matched  decided")
    for rule in shown.rules:
        yield from _rule_lines(rule, paint)
    yield ""
    yield from _unused_lines(report, paint)
    yield ""
    if only_unused:
        yield f"events that no rule matched: {report.unmatched:,} of {report.events:,}"
    else:
        yield from _unmatched_lines(report, paint)


def _rule_lines(rule: RuleCount[str], paint: Paint) -> Iterator[str]:
    yield _row(rule.matched, None, paint("place", printable(rule.name) or EMPTY_NAME), paint)
    text_count = max((branch.text_number for branch in rule.branches), default=1)
    for branch in rule.branches if rule.matched else ():
        has_own_line = bool(branch.locations) or text_count > 1 or not branch.alternatives_are_counted
        if has_own_line:
            yield _row(branch.matched, branch.decided, f"  {_branch_label(branch, text_count)}", paint)
        indent = "    " if has_own_line else "  "
        for each in branch.alternatives if branch.matched else ():
            if not each.is_alone:
                place = printable(json_path(each.location))
                yield _row(each.matched, each.decided, f"{indent}{place}: {printable(each.text)}", paint)


def _branch_label(branch: BranchCount, text_count: int) -> str:
    label = printable(branch.label)
    if text_count > 1:
        label = f"rule {branch.text_number} under this name: {label}"
    if not branch.alternatives_are_counted:
        label += " (with too many alternatives to count each)"
    return label


def _row(matched: int, decided: int | None, text: str, paint: Paint) -> str:
    first = f"{matched:>7}" if matched else paint("warning", f"{'never':>7}")
    second = "" if decided is None or not matched else f"{decided}"
    return f"{first}  {second:>7}  {text}"


def _unused_lines(report: Report[str], paint: Paint) -> Iterator[str]:
    names = report.unused_rules
    yield f"rules that never matched: {len(names):,} of {len(report.rules):,}"
    for name in names:
        yield f"  {paint('warning', printable(name) or EMPTY_NAME)}"


def _unmatched_lines(report: Report[str], paint: Paint) -> Iterator[str]:
    by_shape = ", by shape" if report.shapes else ""
    yield f"events that no rule matched: {report.unmatched:,} of {report.events:,}{by_shape}"
    shared = set.intersection(*(set(shape.fields) for shape in report.shapes)) if len(report.shapes) > 1 else set()
    if shared:
        yield "  all shapes have"
        yield from _field_lines(sorted(shared), 0)
    for shape in report.shapes[:SHOWN_SHAPES]:
        yield from _shape_lines(shape, shared, paint)
    hidden = report.shapes[SHOWN_SHAPES:]
    if hidden:
        events = sum(shape.events for shape in hidden)
        yield f"  {events:,} of {counted(len(hidden), 'more shape')}, which --format json shows"
    if report.events_of_other_shapes:
        yield f"  {report.events_of_other_shapes:,} of other shapes: only {len(report.shapes):,} are told apart"


def _shape_lines(shape: Shape, shared: set[str], paint: Paint) -> Iterator[str]:
    own = [field for field in shape.fields if field not in shared]
    yield f"  {shape.events:,}, the first at {paint('place', printable(shape.first))}, {_with(own, shared)}"
    if own:
        yield from _field_lines(own, shape.more_fields)


def _with(own: list[str], shared: set[str]) -> str:
    if own:
        return "and also" if shared else "with"
    return "and no others" if shared else "with no fields"


def _field_lines(fields: list[str], more: int) -> Iterator[str]:
    """Yield lines of fields with commas between, MOST_FIELD_LINES at most, and how many are left out."""
    lines: list[str] = []
    shown = 0
    for field in fields:
        text = printable(field)
        if lines and len(lines[-1]) + len(text) + 2 <= WIDTH:
            lines[-1] += f", {text}"
        elif len(lines) < MOST_FIELD_LINES:
            lines.append(f"      {text}")
        else:
            break
        shown += 1
    hidden = len(fields) - shown + more
    if hidden:
        lines[-1] += f" and {hidden:,} more"
    yield from lines
