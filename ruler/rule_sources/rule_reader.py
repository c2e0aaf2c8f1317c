"""What readers of rules share: they add rules to a RuleSet, and report with a place what is not as it should be.

In: the source and the document made of it. Out: NamedRules and findings in ``found``. A pattern of AWS is an object, or
a string that holds the text of one:

    {"source": ["shop"]}  or  "{\\"source\\": [\\"shop\\"]}"  ->  the same rule

Always: a rule that holds what cannot be known here, such as ``!Ref Bucket``, is reported and not added.
"""

from __future__ import annotations

from bisect import bisect_left

from ruler.errors import Location, RuleError
from ruler.findings import Finding, Source, json_pointer
from ruler.patterns.compiler import location_at, location_of
from ruler.patterns.reader import Document, Node, read_document
from ruler.rule_sources.named_rules import RULE_FILE, NamedRule, RuleSet, text_of
from ruler.rule_sources.placed import Doubt, GeneratedDocument, string_document

RULE_FORM = '{"source": ["aws.s3"]}'
RULE_MEANING = "a rule is an object that maps fields to the values they accept"
STRING_MEANING = "a rule is an object; this string holds the text of one"
LONGEST_ADVICE = 120  # characters of the user's text that advice repeats
MOST_UNRESOLVED = 100  # told of one rule, which then has no other errors told

UNRESOLVED_WHY = "an intrinsic function has a value only when the template is deployed"
UNRESOLVED_WRITE = 'the value itself; the pattern of a deployed rule is what "aws events describe-rule" prints'


class RuleReader:
    """Reads the rules of one document into ``found``. A subclass knows the form that it has."""

    form = RULE_FILE
    has_functions = False  # whether {"Ref": ...} and {"Fn::...": ...} are functions of CloudFormation

    def __init__(self, source: Source, document: Document) -> None:
        self.source = source
        self.document = document
        self.found = RuleSet(source=source, form=self.form)

    def add(self, name: str, node: Node, place: Location, label: str = "", dialect: str = "") -> None:
        """Add the rule ``node``, an object, unless it holds what cannot be known here."""
        unknown = self._unknown_in(node)
        for each in unknown:
            line, column = self.document.lines.place(each.offset)
            location = location_at(node, each.offset)
            self.found.findings.append(
                Finding(
                    self.source,
                    each.code,
                    each.what,
                    each.why,
                    each.write,
                    line,
                    column,
                    rule=label or name,
                    location=location,
                    pointer=json_pointer((*place, *location)),
                )
            )
        rule = NamedRule(name, node, self.document, self.source, label, place, dialect)
        if len(unknown) == MOST_UNRESOLVED:
            return  # there may be more that are not known
        if unknown:
            self._report_other_errors(rule, [location_at(node, each.offset) for each in unknown])
        else:
            self.found.rules.append(rule)

    def _report_other_errors(self, rule: NamedRule, unknown: list[Location]) -> None:
        """Report the errors of a rule that is not added, but for those where something stands in for the unknown."""
        stand_ins = set(unknown)
        depths = {len(location) for location in stand_ins}
        for finding in rule.errors():
            location = finding.location or ()
            if not any(location[:depth] in stand_ins for depth in depths):
                self.found.findings.append(finding)

    def add_pattern(self, name: str, node: Node, *, dialect: str, label: str = "") -> None:
        """Add the rule ``node``, an object or a string that holds one; reports anything else."""
        place = location_of(self.document.root, node)
        if node.kind == "object" or self._unknown_in(node):
            self.add(name, node, place, label, dialect)
        elif node.kind == "string":
            self._add_string(name, node, place, label, dialect)
        else:
            self.report(
                "rule-not-object",
                node.start,
                f"found {self.describe(node)} as the pattern of {label or name}, expected an object",
                why="a pattern is an object, or a string that holds the text of one",
                write=RULE_FORM,
            )

    def _add_string(self, name: str, node: Node, place: Location, label: str, dialect: str) -> None:
        try:
            document = string_document(self.document, node)
        except RuleError as error:
            finding = Finding(
                self.source,
                error.code,
                error.what,
                error.why,
                error.write,
                error.line,
                error.column,
                rule=label or name,
                location=error.location,
                pointer=json_pointer(place),
            )
            self.found.findings.append(finding)
        else:
            self.found.rules.append(NamedRule(name, document.root, document, self.source, label, place, dialect))

    def _unknown_in(self, node: Node) -> list[Doubt]:
        """What stands in the rule ``node`` and cannot be known: doubts of the document, and functions of a template."""
        found: list[Doubt] = []
        if isinstance(self.document, GeneratedDocument):
            doubts = self.document.doubts
            first = bisect_left(doubts, node.start, key=lambda doubt: doubt.offset)
            end = bisect_left(doubts, node.end, key=lambda doubt: doubt.offset)
            found += doubts[first : min(end, first + MOST_UNRESOLVED)]
        if self.has_functions:
            known = {doubt.offset for doubt in found}  # short tags
            for function in functions_in(node)[:MOST_UNRESOLVED]:
                if function.start not in known:
                    what = f"found {self.advised(function)}, which cannot be resolved here"
                    found.append(Doubt(function.start, "rule-unresolved", what, UNRESOLVED_WHY, UNRESOLVED_WRITE))
        return sorted(found, key=lambda doubt: doubt.offset)[:MOST_UNRESOLVED]

    def report(self, code: str, start: int, what: str, *, why: str, write: str) -> None:
        """Report what stands at the offset ``start``, of no rule in particular."""
        line, column = self.document.lines.place(start)
        pointer = json_pointer(location_at(self.document.root, start))
        self.found.findings.append(Finding(self.source, code, what, why, write, line, column, pointer=pointer))

    def report_name_twice(self, name_start: int, first_start: int, write: str) -> None:
        """Report a name that stands at ``name_start``, and at ``first_start`` already."""
        line, _ = self.document.line_and_column(first_start)
        self.report(
            "rule-name-twice",
            name_start,
            f"the name {self.quoted(name_start)} is already used on line {line}",
            why="an object keeps one of two members with the same name; the other rule would be lost",
            write=write,
        )

    def describe(self, node: Node) -> str:
        """``the string "x"``, ``an array``, ``the number 5``, ``null``."""
        if node.kind in ("object", "array"):
            return f"an {node.kind}"
        if node.kind in ("string", "number"):
            return f"the {node.kind} {self.document.source(node)}"
        return node.kind

    def advised(self, node: Node) -> str:
        return advised(self.document, node)

    def quoted(self, name_start: int) -> str:
        """A member's name as the user wrote it, quotes included."""
        text = self.document.text
        end = name_start + 1
        while text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        return text[name_start : end + 1]


def members_of(node: Node | None) -> dict[str, Node]:
    """The members of an object by name; none of anything else."""
    return {name: value for name, _, value in node.value} if node is not None and node.kind == "object" else {}


def string_of(node: Node | None) -> str:
    """The value of a string; "" of anything else."""
    return str(node.value) if node is not None and node.kind == "string" else ""


def functions_in(rule: Node) -> list[Node]:
    """The intrinsic functions of CloudFormation in ``rule``, in text order: {"Ref": "x"} and {"Fn::...": ...}."""
    found = []
    waiting = [rule]
    while waiting:
        node = waiting.pop()
        if is_function(node):
            found.append(node)
        elif node.kind == "object":
            waiting += [value for _, _, value in reversed(node.value)]
        elif node.kind == "array":
            waiting += reversed(node.value)
    return found


def is_function(node: Node) -> bool:
    """Whether ``node`` is an intrinsic function; a field called Ref has an array, so it is none."""
    if node.kind != "object" or len(node.value) != 1:
        return False
    name, _, argument = node.value[0]
    return str(name).startswith("Fn::") or bool(name == "Ref" and argument.kind == "string")


def advised(document: Document, node: Node) -> str:
    """An object or array as the user wrote it, for advice to repeat; ``{...}`` when it is long."""
    return shortened(text_of(document, node))


def shortened(text: str) -> str:
    """The text of an object or array on one line; only its brackets when it is long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_ADVICE else f"{text[0]}...{text[-1]}"


def rule_in_string(node: Node | None) -> str:
    """The text of the object that a string holds, as where EventBridge stores patterns; "" when it holds none."""
    if node is None or node.kind != "string":
        return ""
    try:
        root = read_document(node.value).root
    except RuleError:
        return ""
    return str(node.value) if root.kind == "object" and root.value else ""
