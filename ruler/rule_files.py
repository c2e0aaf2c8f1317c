"""Reads rule files: text -> named rules that know where they stand, and every error on the way.

A file is one JSON document of either form:

    {"s3-put": {"source": ["aws.s3"]}, "big": {"size": [{"numeric": [">", 9]}]}}
    [{"name": "s3-put", "rule": {"source": ["aws.s3"]}}, {"name": "big", "pattern": {...}}]

In the list "pattern" is another word for "rule", and a name may come again: its rules are
alternatives. In the object it may not: JSON readers keep one of two such members, so one rule would
silently be lost. A file with errors still gives the rules that it has, so all errors can be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ruler.errors import Location, RuleError
from ruler.findings import Finding, Source, finding_of_text, in_text_order, json_pointer
from ruler.patterns.compiler import compile_node, location_at, location_of
from ruler.patterns.reader import Document, Node, read_document

STANDARD_INPUT = 0

ENTRY_FORM = '{"name": "my-rule", "rule": {"source": ["aws.s3"]}}'
FILE_MEANING = "a rule file is an object that maps names to rules, or a list of named rules"
RULE_FORM = '{"source": ["aws.s3"]}'
FILE_FORM = '{"my-rule": {"source": ["aws.s3"]}}'
ENTRY_MEMBERS = ("name", "rule", "pattern")
RULE_MEANING = "a rule is an object that maps fields to the values they accept"
STRING_MEANING = "a rule is an object; this string holds the text of one"
ENVELOPE_OBJECT = "detail"  # the field that holds an object in every event of EventBridge
MOST_FINDINGS = 1000  # errors, and as many warnings, told of one rule; the compiler stops there too
LONGEST_PLACES = 1_000_000  # characters of the places of one rule's errors, and as many of its warnings
LONGEST_ADVICE = 120  # characters of the user's text that advice repeats


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule of a file or of an argument, not compiled yet."""

    name: str
    node: Node
    document: Document
    source: Source
    label: str = ""  # what messages call a rule that has no name: "[0]"
    place: Location = ()  # of the rule in its document: ("s3-put",), or (0, "rule")

    @property
    def text(self) -> str:
        """The rule as the user wrote it."""
        return text_of(self.document, self.node)

    def errors(self) -> list[Finding]:
        """Every error of this rule, within the limits of what is told of one; none when it compiles."""
        _, errors = compile_node(self.document, self.node)
        found = within_limits(map(self.finding, errors))
        if len(found) == len(errors) >= MOST_FINDINGS:  # where the compiler stops
            found.append(_left_out(found))
        return found

    def finding(self, error: RuleError) -> Finding:
        """The finding that ``error`` is; it stands where the rule begins when the error has no place."""
        line, column = error.line, error.column
        if (line is None or column is None) and not self.document.is_from_mapping:
            line, column = self.document.line_and_column(self.node.start)
        return Finding(
            self.source,
            error.code,
            error.what,
            error.why,
            error.write,
            line,
            column,
            rule=self.label or self.name,
            location=error.location,
            pointer=json_pointer((*self.place, *error.location)),
        )


def within_limits(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings about one rule, as many as are told, and at their end one that says so when others are not.

    They are made one by one, so that those which are left out cost nothing: a name may have megabytes, and stands in
    the place of every finding below it.
    """
    found: list[Finding] = []
    length = 0
    for finding in findings:
        if len(found) == MOST_FINDINGS or length > LONGEST_PLACES:
            return [*found, _left_out(found)]
        length += len(finding.pointer or "")
        found.append(finding)
    return found


def _left_out(found: list[Finding]) -> Finding:
    """The finding that stands where the last of ``found`` in the text does, and says that they are not all."""
    last = in_text_order(found)[-1]
    kind = last.severity if len(found) == 1 else f"{last.severity}s"
    return replace(
        last,
        code="findings-left-out",
        message=f"{len(found)} {kind} of this rule are told; any others are left out",
        why=f"of one rule at most {MOST_FINDINGS} errors and {MOST_FINDINGS} warnings are told, and fewer where their "
        "places are very long",
        hint="the rule without these; checking it again tells the others",
        fix=None,
    )


@dataclass(slots=True)
class RuleSet:
    """What a file or an argument held: rules in order, and the findings that are not of one rule."""

    rules: list[NamedRule] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    source: Source | None = None  # None when nothing could be read


def read_rule_file(path: str) -> RuleSet:
    """Return the rules of the file ``path``; ``-`` is standard input. Never raises for what it holds."""
    name = "<stdin>" if path == "-" else path
    try:
        with open(STANDARD_INPUT if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
            content = file.readall()
    except OSError as error:
        return RuleSet(findings=[Finding(Source(name, ""), "file-unreadable", error.strerror or str(error))])
    return rules_of_text(Source(name, content.decode(errors="replace")), content)


def rules_of_text(source: Source, content: bytes) -> RuleSet:
    """Return the rules of a rule file that holds ``content``."""
    try:
        document = read_document(content)
    except RuleError as error:
        return RuleSet(findings=[_finding_of_text(source, error)], source=source)
    return _FileReader(source, document).read()


def rule_of_pattern(name: str, content: bytes) -> RuleSet:
    """Return the rule called ``name`` whose text is ``content``, an argument of the command line."""
    source = Source(name, content.decode(errors="replace"))
    try:
        document = read_document(content)
    except RuleError as error:
        return RuleSet(findings=[finding_of_text(source, error)], source=source)
    root = document.root
    text = _rule_in_string(root)
    if text:
        line, column = document.line_and_column(root.start)
        what = f"found the string {document.source(root)}, expected an object"
        finding = Finding(source, "rule-not-object", what, STRING_MEANING, _shortened(text), line, column, pointer="")
        return RuleSet(findings=[finding], source=source)
    return RuleSet(rules=[NamedRule(name, root, document, source)], source=source)


class TakesRules(Protocol):
    """A Matcher of names that are strings, or what else is made of such rules."""

    def add_rule(self, name: str, rule: str, /) -> None:
        """Add a rule; RuleError when it cannot be added."""


def add_rules(matcher: TakesRules, rules: Iterable[NamedRule]) -> list[Finding]:
    """Add the rules to ``matcher``; return every error of those that cannot be added.

    A rule is read again, for all its errors, only when adding it fails.
    """
    findings: list[Finding] = []
    for rule in rules:
        try:
            matcher.add_rule(rule.name, rule.text)
        except RuleError as error:
            findings += rule.errors() or [_finding_at_rule(rule, error)]
    return findings


def text_of(document: Document, node: Node) -> str:
    return document.text[node.start : node.end]


def _finding_at_rule(rule: NamedRule, error: RuleError) -> Finding:
    error.line = error.column = None  # they count in the rule's own text, not in the file
    return rule.finding(error)


def _finding_of_text(source: Source, error: RuleError) -> Finding:
    """The finding for a file that is not one JSON value. The reader expects a rule; here it is a file."""
    if error.code == "empty-text":
        error.what, error.why, error.write = (
            "the file is empty",
            FILE_MEANING,
            f"{FILE_FORM}, or {{}} for no rules",
        )
    elif error.code == "text-after-rule":
        error.what = error.what.replace("the end of the rule", "the end of the rules")
        error.why = "a rule file is one JSON value with nothing but white space after it"
        error.write = "all rules in one object or in one list"
        first = _first_value(source.text, error)
        if first is not None and _is_named_rule(first.root):
            error.why = "named rules stand in one list, with commas between them"
            error.write = f"[{_advised(first, first.root)}, ...]"
    return finding_of_text(source, error)


def _first_value(text: str, error: RuleError) -> Document | None:
    """The document that ends where ``error`` found more text; None when there is none."""
    if error.line is None or error.column is None:
        return None
    lines = text.split("\n")[: error.line]
    lines[-1] = lines[-1][: error.column - 1]
    try:
        return read_document("\n".join(lines))
    except RuleError:
        return None


class _FileReader:
    """Walks the top of one rule file; the rules inside are left to the compiler."""

    def __init__(self, source: Source, document: Document) -> None:
        self.source = source
        self.document = document
        self.found = RuleSet(source=source)

    def read(self) -> RuleSet:
        root = self.document.root
        if root.kind == "object" and _is_named_rule(root):
            self._report_named_rule(root)
        elif root.kind == "object" and any(_is_list_of_named_rules(node) for _, _, node in root.value):
            self._report_wrapped_list(root)
        elif root.kind == "object" and _looks_like_one_rule(root):
            self._report_one_rule(root)
        elif root.kind == "object":
            self._read_object(root)
        elif root.kind == "array":
            self._read_list(root)
        else:
            text = _rule_in_string(root)
            self._report(
                "file-not-rules",
                root.start,
                f"found {self._describe(root)}, expected an object of rules by name",
                why=STRING_MEANING if text else FILE_MEANING,
                write=f'{{"my-rule": {_shortened(text)}}}' if text else FILE_FORM,
            )
        return self.found

    def _read_object(self, root: Node) -> None:
        first_starts: dict[str, int] = {}
        for name, name_start, node in root.value:
            if name in first_starts:
                line, _ = self.document.line_and_column(first_starts[name])
                self._report(
                    "rule-name-twice",
                    name_start,
                    f"the name {self._quoted(name_start)} is already used on line {line}",
                    why="an object keeps one of two members with the same name; the other rule would be lost",
                    write='another name, or a list, [{"name": ..., "rule": ...}, ...], '
                    "where rules with one name are alternatives",
                )
            first_starts.setdefault(name, name_start)
            if node.kind == "object":
                self._add(name, node, (name,))
            else:
                text = _rule_in_string(node)
                self._report(
                    "rule-not-object",
                    node.start,
                    f"found {self._describe(node)} as rule {self._quoted(name_start)}, expected an object",
                    why=STRING_MEANING if text else RULE_MEANING,
                    write=f"{self._quoted(name_start)}: {_shortened(text) if text else RULE_FORM}",
                )

    def _read_list(self, root: Node) -> None:
        for index, entry in enumerate(root.value):
            self._read_entry(entry, index)

    def _read_entry(self, entry: Node, index: int) -> None:
        if entry.kind != "object":
            self._report(
                "entry-not-object",
                entry.start,
                f"found {self._describe(entry)}, expected an object with a name and a rule",
                why="a list of rules holds one object for each rule",
                write=ENTRY_FORM,
            )
            return
        members = self._entry_members(entry)
        if members is None:
            return
        name = self._entry_name(entry, members.get("name"))
        rule = self._entry_rule(entry, members)
        if rule is not None:
            place = location_of(self.document.root, rule)
            self._add(name or "", rule, place, label=f"[{index}]" if name is None else "")

    def _entry_members(self, entry: Node) -> dict[str, Node] | None:
        """The members of an entry by name; None when it is no entry at all. Reports what it cannot have."""
        if entry.value and not any(name in ENTRY_MEMBERS for name, _, _ in entry.value):
            self._report(
                "entry-unnamed",
                entry.start,
                'found an object without "name" and "rule"',
                why="in a list of rules each rule stands beside its name",
                write=self._named(entry),
            )
            return None
        members: dict[str, Node] = {}
        for name, name_start, node in entry.value:
            if name not in ENTRY_MEMBERS:
                self._report(
                    "entry-member-unknown",
                    name_start,
                    f"{self._quoted(name_start)} is not a member of a named rule",
                    why='a named rule has "name" and "rule" ("pattern" means the same), nothing else',
                    write=ENTRY_FORM,
                )
            elif name in members:
                self._report(
                    "entry-member-twice",
                    name_start,
                    f'"{name}" stands twice in one named rule',
                    why="an object keeps one of two members with the same name; the other would be lost",
                    write="two named rules, one after the other",
                )
            members.setdefault(name, node)
        return members

    def _named(self, entry: Node) -> str:
        """An object without names as an entry: what it maps to an object is taken for a name and its rule."""
        is_file_form = all(node.kind == "object" and name != ENVELOPE_OBJECT for name, _, node in entry.value)
        if not is_file_form:
            return f'{{"name": "my-rule", "rule": {self._advised(entry)}}}'
        entries = [
            f'{{"name": {self._quoted(name_start)}, "rule": {self._advised(node)}}}'
            for _, name_start, node in entry.value
        ]
        text = ", ".join(entries)
        return text if len(text) <= 2 * LONGEST_ADVICE else f"{entries[0]}, ..."

    def _entry_name(self, entry: Node, node: Node | None) -> str | None:
        """The name of an entry; None, and reported, when it has none."""
        if node is None:
            what, start = 'this rule has no "name"', entry.start
        elif node.kind == "string":
            return str(node.value)
        else:
            what, start = f"found {self._describe(node)} as the name, expected a string", node.start
        self._report("entry-name", start, what, why="answers are names: they say which rules matched", write=ENTRY_FORM)
        return None

    def _entry_rule(self, entry: Node, members: dict[str, Node]) -> Node | None:
        rule, pattern = members.get("rule"), members.get("pattern")
        if rule is not None and pattern is not None:
            self._report(
                "entry-rule-twice",
                max(rule.start, pattern.start),
                'found both "rule" and "pattern" in one named rule',
                why="both words mean the same, so only one of them can be the rule",
                write='one of them; for "either may match", two named rules with the same name',
            )
            return None
        node = rule or pattern
        text = _rule_in_string(node)
        if node is None:
            what, start = 'this named rule has neither "rule" nor "pattern"', entry.start
        elif node.kind == "object":
            return node
        else:
            what, start = f"found {self._describe(node)} as the rule, expected an object", node.start
        self._report(
            "entry-rule",
            start,
            what,
            why=STRING_MEANING if text else RULE_MEANING,
            write=f'"rule": {_shortened(text)}' if text else ENTRY_FORM,
        )
        return None

    def _report_named_rule(self, root: Node) -> None:
        self._report(
            "file-not-rules",
            root.start,
            "this is one named rule, expected a list of them",
            why=FILE_MEANING,
            write=f"[{self._advised(root)}]",
        )
        self._read_entry(root, 0)

    def _report_wrapped_list(self, root: Node) -> None:
        """Report a list of named rules inside an object, and read its rules; other members are no matter."""
        for _, name_start, node in root.value:
            if _is_list_of_named_rules(node):
                self._report(
                    "file-not-rules",
                    node.start,
                    f"found a list of named rules under the name {self._quoted(name_start)}, expected it by itself",
                    why=FILE_MEANING,
                    write=self._advised(node),
                )
                self._read_list(node)

    def _report_one_rule(self, root: Node) -> None:
        self._report(
            "file-not-rules",
            root.start,
            "this looks like one rule, expected an object of rules by name",
            why="a rule file maps names to rules; here names lead to arrays, as inside a rule",
            write=f'{{"my-rule": {self._advised(root)}}}',
        )

    def _add(self, name: str, node: Node, place: Location, label: str = "") -> None:
        self.found.rules.append(NamedRule(name, node, self.document, self.source, label, place))

    def _report(self, code: str, start: int, what: str, *, why: str, write: str) -> None:
        line, column = self.document.line_and_column(start)
        pointer = json_pointer(location_at(self.document.root, start))
        self.found.findings.append(Finding(self.source, code, what, why, write, line, column, pointer=pointer))

    def _describe(self, node: Node) -> str:
        """``the string "x"``, ``an array``, ``the number 5``, ``null``."""
        if node.kind in ("object", "array"):
            return f"an {node.kind}"
        if node.kind in ("string", "number"):
            return f"the {node.kind} {self.document.source(node)}"
        return node.kind

    def _advised(self, node: Node) -> str:
        return _advised(self.document, node)

    def _quoted(self, name_start: int) -> str:
        """A member's name as the user wrote it, quotes included."""
        text = self.document.text
        end = name_start + 1
        while text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        return text[name_start : end + 1]


def _advised(document: Document, node: Node) -> str:
    """An object or array as the user wrote it, for advice to repeat; ``{...}`` when it is long."""
    return _shortened(text_of(document, node))


def _shortened(text: str) -> str:
    """The text of an object or array on one line; only its brackets when it is long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_ADVICE else f"{text[0]}...{text[-1]}"


def _rule_in_string(node: Node | None) -> str:
    """The text of the object that a string holds, as where EventBridge stores patterns; "" when it holds none."""
    if node is None or node.kind != "string":
        return ""
    try:
        root = read_document(node.value).root
    except RuleError:
        return ""
    return str(node.value) if root.kind == "object" and root.value else ""


def _is_named_rule(root: Node) -> bool:
    """Whether a value is an entry of a list: an object with a string as its name, and a rule."""
    if root.kind != "object":
        return False
    kinds = {name: node.kind for name, _, node in root.value}
    return kinds.get("name") == "string" and ("rule" in kinds or "pattern" in kinds)


def _is_list_of_named_rules(node: Node) -> bool:
    return node.kind == "array" and bool(node.value) and all(_is_named_rule(entry) for entry in node.value)


def _looks_like_one_rule(root: Node) -> bool:
    """Whether the members look like clauses: an array among them, and no object that could be a rule.

    Arrays can never be rules, and a file with a single mistake among its rules is better told so. An object
    under the name ``detail`` says nothing: it stands inside most rules.
    """
    kinds = [node.kind for _, _, node in root.value]
    could_hold_rules = any(name != ENVELOPE_OBJECT and _could_be_rule(node) for name, _, node in root.value)
    return "array" in kinds and not could_hold_rules and kinds.count("array") >= kinds.count("object")


def _could_be_rule(node: Node) -> bool:
    return node.kind == "object" and any(inner.kind in ("object", "array") for _, _, inner in node.value)
