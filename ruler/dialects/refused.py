"""Says in words what a dialect refuses of a rule, and compiles rules in a dialect.

In: a Refusal, or a rule and the name of a dialect. Out: Words with a code; RuleError for a rule that is refused.

    {"key": [{"wildcard": "img/*"}]}  in eventbridge-pipes  ->
        $.key[0]: {"wildcard": "img/*"} is refused in the dialect eventbridge-pipes
          why:   Amazon EventBridge Pipes refuses the form {"wildcard": "x*y"} ("Comparison operators ...", read ...)
          write: {"prefix": "img/"}

Always: a rule is refused for what a page refuses, never for what no page settles. What is proposed is accepted by the
dialect (equivalents.py), or it is said that there is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ruler.dialects.equivalents import Equivalent, equivalent
from ruler.dialects.judge import LIMIT, NAME, OPERATOR, Refusal, refusals
from ruler.dialects.load import dialect
from ruler.dialects.model import LIMITS, OPERATORS, Dialect, LimitCell, OperatorCell, RefusedNames, Verdict
from ruler.dialects.names import DEFAULT_DIALECT
from ruler.errors import RuleError
from ruler.patterns.compiler import DEFAULT_LIMITS, CompiledRule, Limits, document_of
from ruler.patterns.located import LocatedRule, locate_node
from ruler.patterns.reader import Document, Node
from ruler.patterns.rewrites import quoted

REFUSED_CODES = {OPERATOR: "dialect-operator", NAME: "dialect-name", LIMIT: "dialect-limit"}
UNKNOWN_CODES = {OPERATOR: "dialect-operator-unknown", LIMIT: "dialect-limit-unknown"}

# What to write where a limit is passed.
_LESS = {
    "pattern-size": "a shorter rule, or several rules, each with some of the alternatives",
    "paths": "fewer paths",
    "paths-with-or": "fewer paths",
    "or-combinations": 'fewer branches of "$or", or several rules, each with some of them',
    "values": "fewer values in one clause",
    "value-combinations": "fewer values, or several rules, each with some of them",
    "value-combinations-by-level": "fewer values, or several rules, each with some of them",
    "nesting": "fewer names inside each other",
    "number-low": "a bound that the service compares",
    "number-high": "a bound that the service compares",
    "number-decimals": "a number with fewer digits after the point",
    "number-digits": "a number with fewer digits",
    "wildcards-in-pattern": "fewer asterisks in one wildcard",
    "wildcard-complexity": "fewer wildcards, or fewer asterisks in them",
    "cidr-bits-ipv4": "a larger block",
    "cidr-bits-ipv6": "a larger block",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one refusal."""

    code: str
    what: str
    why: str
    write: str
    equivalent: Equivalent | None  # what ``write`` proposes, when it is more than advice


def compile_in(
    rule: str | bytes | bytearray | memoryview | Mapping[str, object], name: str, *, limits: Limits
) -> CompiledRule:
    """Return ``rule`` compiled as by ``compile_rule``; RuleError also for the first thing that the dialect refuses.

    A rule that is no rule of any dialect gets the error of the language without extensions, whose advice fits here.
    """
    located = locate_in(rule, name, limits=limits)
    return CompiledRule(located.document.text, tuple(each.sub_rule for each in located.sub_rules))


def locate_in(
    rule: str | bytes | bytearray | memoryview | Mapping[str, object], name: str, *, limits: Limits = DEFAULT_LIMITS
) -> LocatedRule:
    """Return ``rule`` with places as ``locate_rule`` does; RuleError as ``compile_in``."""
    document = document_of(rule)
    if name == DEFAULT_DIALECT:
        return locate_node(document, document.root, limits=limits)
    try:
        located = locate_node(document, document.root, limits=limits)
    except RuleError:
        locate_node(document, document.root, limits=replace(limits, extensions=False))
        raise
    the_dialect = dialect(name)
    for refusal in refusals(located, the_dialect):
        if refusal.verdict is Verdict.REFUSED:
            raise error_of(refusal, located, the_dialect)
    return located


def refused_errors(document: Document, node: Node, name: str) -> list[RuleError]:
    """Return all that the dialect of this name refuses of the rule ``node``, which compiles, in text order."""
    if name == DEFAULT_DIALECT:
        return []
    located = locate_node(document, node)
    the_dialect = dialect(name)
    refused = [each for each in refusals(located, the_dialect) if each.verdict is Verdict.REFUSED]
    return [error_of(each, located, the_dialect) for each in refused]


def error_of(refusal: Refusal, rule: LocatedRule, the_dialect: Dialect) -> RuleError:
    """Return the error that ``refusal`` is."""
    words = words_of(refusal, rule, the_dialect)
    line, column = None, None
    if not rule.document.is_from_mapping:
        line, column = rule.document.line_and_column(refusal.node.start)
    return RuleError(
        words.code, words.what, why=words.why, write=words.write, location=refusal.location, line=line, column=column
    )


def words_of(refusal: Refusal, rule: LocatedRule, the_dialect: Dialect) -> Words:
    """Return what is said of ``refusal``, a refused or an unknown part of ``rule``."""
    found = equivalent(refusal, rule, the_dialect)
    is_refused = refusal.verdict is Verdict.REFUSED
    codes = REFUSED_CODES if is_refused else UNKNOWN_CODES
    if isinstance(refusal.cell, OperatorCell):
        what, why = _of_operator(refusal, rule, the_dialect, refusal.cell)
        write = f"nothing that means the same is known in the dialect {the_dialect.name}"
    elif isinstance(refusal.cell, LimitCell):
        what, why = _of_limit(refusal, the_dialect, refusal.cell)
        write = _LESS[refusal.name]
    else:
        what, why = _of_name(refusal, the_dialect, refusal.cell)
        write = "paths into the payload of the record, such as body, data or dynamodb"
    if not is_refused:
        write = f"nothing else: only {service_of(the_dialect)} can say whether it takes the rule"
    return Words(codes[refusal.kind], what, why, found.words if found is not None else write, found)


def service_of(the_dialect: Dialect) -> str:
    """Return the short name of the service: "Amazon SNS"."""
    return the_dialect.service.partition(",")[0]


def _of_operator(refusal: Refusal, rule: LocatedRule, the_dialect: Dialect, cell: OperatorCell) -> tuple[str, str]:
    row = OPERATORS[refusal.name]
    shown = rule.document.source(refusal.node)
    if refusal.name in ("and", "or"):
        shown = quoted(f"${refusal.name}")
    elif refusal.name == "nested-path":
        shown = "a path of several names"
    form = row.example.removeprefix("[").removesuffix("]") if row.example.startswith("[") else row.example
    service = service_of(the_dialect)
    if refusal.verdict is Verdict.UNKNOWN:
        what = f"no public page says whether {service} takes {shown}"
        return what, f"of the form {form}: {cell.note}{_source(cell)}"
    what = f"{shown} is refused in the dialect {the_dialect.name}"
    if row.is_extension:
        keyword = quoted(f"${row.name}" if row.name == "and" else row.name)
        named = keyword if row.name in ("and", "all-of", "none-of", "regexp") else form
        return what, f"{named} is an extension of this library; {service} refuses it{_source(cell)}"
    return what, f"{service} refuses the form {form}{_source(cell)}"


def _of_limit(refusal: Refusal, the_dialect: Dialect, cell: LimitCell) -> tuple[str, str]:
    assert refusal.found is not None
    assert refusal.limit is not None
    unit = f" {cell.unit}" if cell.unit and not LIMITS[refusal.name].unit else ""
    bound = "at least" if refusal.name == "number-low" else "at most"
    service = service_of(the_dialect)
    meaning = LIMITS[refusal.name].meaning
    what = f"{meaning}: {_number(refusal.found)}{unit}, and {the_dialect.name} takes {bound} {_number(refusal.limit)}"
    if refusal.verdict is Verdict.UNKNOWN:
        note = cell.note or "the page can be read in two ways, and this lies between them"
        return what, f"no public page says whether {service} takes this: {note}{_source(cell)}"
    adjustable = ", unless it has been raised" if cell.is_adjustable else ""
    return what, f"{service} takes {bound} {_number(refusal.limit)}{unit}{adjustable}{_source(cell)}"


def _of_name(refusal: Refusal, the_dialect: Dialect, cell: RefusedNames) -> tuple[str, str]:
    what = f"no path begins with {quoted(refusal.name)} in the dialect {the_dialect.name}"
    return what, f"{service_of(the_dialect)} adds this field when it polls, and does not test it{_source(cell)}"


def _source(cell: OperatorCell | LimitCell | RefusedNames) -> str:
    return f' ("{cell.source.title}", read {cell.source.read})' if cell.source is not None else ""


def _number(number: float) -> str:
    return f"{number:,}" if abs(number) < 1e15 else repr(number)
