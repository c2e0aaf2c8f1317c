"""Reads rule files: text -> named rules that know where they stand, and every error on the way.

A file is one JSON document of either form:

    {"s3-put": {"source": ["aws.s3"]}, "big": {"size": [{"numeric": [">", 9]}]}}
    [{"name": "s3-put", "rule": {"source": ["aws.s3"]}}, {"name": "big", "pattern": {...}}]

In the list "pattern" is another word for "rule", and a name may come again: its rules are
alternatives. In the object it may not: JSON readers keep one of two such members, so one rule would
silently be lost. A file with errors still gives the rules that it has, so all errors can be told.
"""

from __future__ import annotations

from ruler.patterns.compiler import location_of
from ruler.patterns.reader import Node
from ruler.rule_sources.named_rules import RuleSet
from ruler.rule_sources.rule_reader import (
    LONGEST_ADVICE,
    RULE_FORM,
    RULE_MEANING,
    STRING_MEANING,
    RuleReader,
    rule_in_string,
    shortened,
)

ENTRY_FORM = '{"name": "my-rule", "rule": {"source": ["aws.s3"]}}'
FILE_MEANING = "a rule file is an object that maps names to rules, or a list of named rules"
FILE_FORM = '{"my-rule": {"source": ["aws.s3"]}}'
ENTRY_MEMBERS = ("name", "rule", "pattern")
ENVELOPE_OBJECT = "detail"  # the field that holds an object in every event of EventBridge


class RuleFileReader(RuleReader):
    """Walks the top of one rule file; the rules inside are left to the compiler."""

    def read(self) -> RuleSet:
        root = self.document.root
        if root.kind == "object" and is_named_rule(root):
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
            text = rule_in_string(root)
            self.report(
                "file-not-rules",
                root.start,
                f"found {self.describe(root)}, expected an object of rules by name",
                why=STRING_MEANING if text else FILE_MEANING,
                write=f'{{"my-rule": {shortened(text)}}}' if text else FILE_FORM,
            )
        return self.found

    def _read_object(self, root: Node) -> None:
        first_starts: dict[str, int] = {}
        for name, name_start, node in root.value:
            if name in first_starts:
                self.report_name_twice(
                    name_start,
                    first_starts[name],
                    'another name, or a list, [{"name": ..., "rule": ...}, ...], '
                    "where rules with one name are alternatives",
                )
            first_starts.setdefault(name, name_start)
            if node.kind == "object":
                self.add(name, node, (name,))
            else:
                text = rule_in_string(node)
                self.report(
                    "rule-not-object",
                    node.start,
                    f"found {self.describe(node)} as rule {self.quoted(name_start)}, expected an object",
                    why=STRING_MEANING if text else RULE_MEANING,
                    write=f"{self.quoted(name_start)}: {shortened(text) if text else RULE_FORM}",
                )

    def _read_list(self, root: Node) -> None:
        for index, entry in enumerate(root.value):
            self.read_entry(entry, index)

    def read_entry(self, entry: Node, index: int) -> None:
        if entry.kind != "object":
            self.report(
                "entry-not-object",
                entry.start,
                f"found {self.describe(entry)}, expected an object with a name and a rule",
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
            self.add(name or "", rule, place, label=f"[{index}]" if name is None else "")

    def _entry_members(self, entry: Node) -> dict[str, Node] | None:
        """The members of an entry by name; None when it is no entry at all. Reports what it cannot have."""
        if entry.value and not any(name in ENTRY_MEMBERS for name, _, _ in entry.value):
            self.report(
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
                self.report(
                    "entry-member-unknown",
                    name_start,
                    f"{self.quoted(name_start)} is not a member of a named rule",
                    why='a named rule has "name" and "rule" ("pattern" means the same), nothing else',
                    write=ENTRY_FORM,
                )
            elif name in members:
                self.report(
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
            return f'{{"name": "my-rule", "rule": {self.advised(entry)}}}'
        entries = [
            f'{{"name": {self.quoted(name_start)}, "rule": {self.advised(node)}}}'
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
            what, start = f"found {self.describe(node)} as the name, expected a string", node.start
        self.report("entry-name", start, what, why="answers are names: they say which rules matched", write=ENTRY_FORM)
        return None

    def _entry_rule(self, entry: Node, members: dict[str, Node]) -> Node | None:
        rule, pattern = members.get("rule"), members.get("pattern")
        if rule is not None and pattern is not None:
            self.report(
                "entry-rule-twice",
                max(rule.start, pattern.start),
                'found both "rule" and "pattern" in one named rule',
                why="both words mean the same, so only one of them can be the rule",
                write='one of them; for "either may match", two named rules with the same name',
            )
            return None
        node = rule or pattern
        text = rule_in_string(node)
        if node is None:
            what, start = 'this named rule has neither "rule" nor "pattern"', entry.start
        elif node.kind == "object":
            return node
        else:
            what, start = f"found {self.describe(node)} as the rule, expected an object", node.start
        self.report(
            "entry-rule",
            start,
            what,
            why=STRING_MEANING if text else RULE_MEANING,
            write=f'"rule": {shortened(text)}' if text else ENTRY_FORM,
        )
        return None

    def _report_named_rule(self, root: Node) -> None:
        self.report(
            "file-not-rules",
            root.start,
            "this is one named rule, expected a list of them",
            why=FILE_MEANING,
            write=f"[{self.advised(root)}]",
        )
        self.read_entry(root, 0)

    def _report_wrapped_list(self, root: Node) -> None:
        """Report a list of named rules inside an object, and read its rules; other members are no matter."""
        for _, name_start, node in root.value:
            if _is_list_of_named_rules(node):
                self.report(
                    "file-not-rules",
                    node.start,
                    f"found a list of named rules under the name {self.quoted(name_start)}, expected it by itself",
                    why=FILE_MEANING,
                    write=self.advised(node),
                )
                self._read_list(node)

    def _report_one_rule(self, root: Node) -> None:
        self.report(
            "file-not-rules",
            root.start,
            "this looks like one rule, expected an object of rules by name",
            why="a rule file maps names to rules; here names lead to arrays, as inside a rule",
            write=f'{{"my-rule": {self.advised(root)}}}',
        )


def is_named_rule(root: Node) -> bool:
    """Whether a value is an entry of a list: an object with a string as its name, and a rule."""
    if root.kind != "object":
        return False
    kinds = {name: node.kind for name, _, node in root.value}
    return kinds.get("name") == "string" and ("rule" in kinds or "pattern" in kinds)


def _is_list_of_named_rules(node: Node) -> bool:
    return node.kind == "array" and bool(node.value) and all(is_named_rule(entry) for entry in node.value)


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
