"""Reads a test file: JSON -> rules and tests, or every error in it with its place.

    {"rules": "rules.json",
     "tests": [{"name": "a big order", "event": {"total": 1500}, "matches": ["big-order"]}]}

"rules" is the path of a rule file, a list of paths, or an object of rules by name; paths are relative to the directory
of the test file. "dialect", which may be left out, is the one that the rules are held to. The event of a test is
"event", an object; "event-file", a path; or "event-text", a string that holds the text. What is expected is "matches"
and "does-not-match", or "matches-exactly", each a list of names of rules; or "error", the code of an error.

Always: an event reaches the matcher as it is written, so the spelling of numbers and duplicate names are kept. What is
not understood is an error: a test that tests less than its author thinks is worse than none.
"""

from __future__ import annotations

import os
from itertools import islice

from ruler.dialects.names import DEFAULT_DIALECT, DIALECTS, nearest_dialect
from ruler.errors import RuleError
from ruler.findings import Finding, Source, finding_of_text, in_text_order
from ruler.matcher import Matcher
from ruler.patterns.reader import Document, Node, read_document, shortened
from ruler.rule_sources import STANDARD_INPUT, NamedRule, add_rules, read_rule_file, text_of
from ruler.rule_sources.members import Members, MembersReader, Steps, in_quotes
from ruler.testing.model import RuleTest, RuleTestFile

TEST_FORM = '{"name": "a big order", "event": {"total": 1500}, "matches": ["big-order"]}'
FILE_FORM = f'{{"rules": "rules.json", "tests": [{TEST_FORM}]}}'
FILE_MEANING = 'a test file is an object with "rules" and "tests"'
RULES_FORM = '"rules": "rules.json", "rules": ["a.json", "b.json"] or "rules": {"big-order": {...}}'
RULES_MEANING = "the rules are a path, a list of paths, or an object of rules by name"
PATH_MEANING = "a path is relative to the directory of the test file"
EVENT_MEANING = 'the event of a test is "event", an object; "event-file", a path; or "event-text", its text in a string'
EXPECTED_MEANING = 'a test says what it expects: "matches", "does-not-match", "matches-exactly" or "error"'

FILE_MEMBERS = ("rules", "dialect", "tests")
EVENT_MEMBERS = ("event", "event-file", "event-text")
RULE_MEMBERS = ("matches", "does-not-match", "matches-exactly")
TEST_MEMBERS = ("name", *EVENT_MEMBERS, *RULE_MEMBERS, "error")
EVENT_ERRORS = (
    "lone-surrogate",
    "not-json",
    "not-object",
    "not-utf8",
    "number-too-large",
    "too-deep",
    "too-many-array-combinations",
)
# What else a member may have been called -> what to write. In small letters, with - between words.
OTHER_WORDS = {
    "rule": "rules",
    "patterns": "rules",
    "cases": "tests",
    "title": "name",
    "description": "name",
    "input": "event",
    "file": "event-file",
    "text": "event-text",
    "match": "matches",
    "should-match": "matches",
    "must-match": "matches",
    "no-match": "does-not-match",
    "not-matches": "does-not-match",
    "should-not-match": "does-not-match",
    "must-not-match": "does-not-match",
    "exactly": "matches-exactly",
    "errors": "error",
}
_MOST_NAMES_LOOKED_AT = 1000  # for one that is near: likeness is slow to find


def read_tests(path: str, dialect: str | None = None) -> RuleTestFile:
    """Return what the test file ``path`` holds. Never raises for that: errors are its findings.

    ``-`` is standard input; paths in it are relative to the current directory. ``dialect`` is what the rules are held
    to, whatever the file says; ValueError when it is none.
    """
    name = "<stdin>" if path == "-" else path
    try:
        content = _content_of(STANDARD_INPUT if path == "-" else path)
    except OSError as error:
        source = Source(name, "")
        return RuleTestFile(source, findings=[Finding(source, "file-unreadable", error.strerror or str(error))])
    return read_test_text(Source(name, content.decode(errors="replace")), content, dialect)


def read_test_text(source: Source, content: bytes, dialect: str | None = None) -> RuleTestFile:
    """Return the tests of a file that holds ``content``; ``source.name`` is its path, ``dialect`` as in read_tests."""
    try:
        document = read_document(content)
    except RuleError as error:
        return RuleTestFile(source, findings=[_finding_of_text(source, error)])
    return _FileReader(source, document, dialect).read()


def _content_of(path: str | int) -> bytes:
    with open(path, "rb", closefd=path != STANDARD_INPUT) as file:
        return file.read()


def _finding_of_text(source: Source, error: RuleError) -> Finding:
    """The finding for a file that is not one JSON value. The reader expects a rule; here it is a file of tests."""
    if error.code == "empty-text":
        error.what, error.why, error.write = "the file is empty", FILE_MEANING, FILE_FORM
    elif error.code == "text-after-rule":
        error.what = error.what.replace("the end of the rule", "the end of the tests")
        error.why = "a test file is one JSON object with nothing but white space after it"
        error.write = "all tests in one list"
    elif error.code == "too-deep":
        error.write = 'the event in a file of its own, named by "event-file"'
    elif error.code == "number-too-large":
        error.write = 'a smaller number; or "event-text", when the test is about a number that is too large'
    error.why = error.why.replace("a rule is one JSON object", "a test file is one JSON object")
    error.why = error.why.replace("a rule is JSON", "a test file is JSON")
    error.write = error.write.replace("the rule without", "the text without")
    error.write = error.write.replace("the rest of the rule", "the rest of the file")
    return finding_of_text(source, error)


class _FileReader(MembersReader):
    """Reads one test file; errors do not end the reading, so all of them are found."""

    code_prefix = "test"
    other_words = OTHER_WORDS

    def __init__(self, source: Source, document: Document, dialect: str | None) -> None:
        super().__init__(source, document)
        self.dialect = dialect  # asked for; None for that of the file
        self.found = RuleTestFile(source)
        self.findings_elsewhere: list[Finding] = []  # in rule files
        self.rule_names: dict[str, None] = {}  # in order
        self.has_all_rules = True  # whether "rules" could be read, so that an unknown name is a mistake

    def read(self) -> RuleTestFile:
        root = self.document.root
        if root.kind != "object":
            what = f"found {self.describe(root)}, expected an object"
            self.report("test-file-form", root.start, (), what, why=FILE_MEANING, write=FILE_FORM)
            self.found.findings = self.findings
            return self.found
        members = self.members(root, (), FILE_MEMBERS, "a test file", FILE_FORM)
        self.found.matcher = Matcher(dialect=self._dialect(members.get("dialect")))
        if "rules" in members:
            self._read_rules(members["rules"])
        else:
            self._report_missing(root, "rules", RULES_MEANING, RULES_FORM)
        if "tests" in members:
            self._read_tests(members["tests"])
        else:
            self._report_missing(root, "tests", 'a test file holds its tests in a list, "tests"', FILE_FORM)
        self.found.findings = in_text_order(self.findings) + self.findings_elsewhere
        return self.found

    def _report_missing(self, root: Node, name: str, why: str, write: str) -> None:
        self.report("test-file-form", root.start, (), f'the file has no "{name}"', why=why, write=write)

    def _dialect(self, node: Node | None) -> str:
        """The dialect of the rules: the one asked for, else that of the file, else our own. Reports what is none."""
        name = DEFAULT_DIALECT
        if node is not None and node.kind == "string" and node.value in DIALECTS:
            name = str(node.value)
        elif node is not None:
            near = nearest_dialect(node.value) if node.kind == "string" else None
            what = f"found {self.describe(node)} as the dialect" + (
                f"; did you mean {in_quotes(near)}?" if near else ""
            )
            why = f"dialects are {', '.join(DIALECTS)}"
            self.report("test-dialect", node.start, ("dialect",), what, why=why, write=in_quotes(near or "eventbridge"))
        return self.dialect or name

    # -- rules ---------------------------------------------------------------------------------------------

    def _read_rules(self, node: Node) -> None:
        rules: list[NamedRule] = []
        steps: Steps = ("rules",)
        if node.kind == "string":
            rules = self._rules_of_file(node, steps)
        elif node.kind == "object":
            rules = self._rules_of_object(node)
        elif node.kind == "array" and node.value:
            for index, path in enumerate(node.value):
                if path.kind == "string":
                    rules += self._rules_of_file(path, (*steps, index))
                else:
                    self._report_rules(path, (*steps, index), "a path")
        else:
            self._report_rules(node, steps, "a path, a list of paths, or an object of rules by name")
        self.rule_names = dict.fromkeys(rule.name for rule in rules)
        for finding in add_rules(self.found.matcher, rules):
            (self.findings if finding.source is self.source else self.findings_elsewhere).append(finding)
        files = {finding.source.name: index for index, finding in reversed(list(enumerate(self.findings_elsewhere)))}
        self.findings_elsewhere.sort(key=lambda each: (files[each.source.name], each.line or 0, each.column or 0))

    def _report_rules(self, node: Node, steps: Steps, expected: str) -> None:
        self.has_all_rules = False
        described = "an empty list" if node.kind == "array" and not node.value else self.describe(node)
        what = f"found {described} as the rules, expected {expected}"
        self.report("test-rules", node.start, steps, what, why=RULES_MEANING, write=RULES_FORM)

    def _rules_of_file(self, node: Node, steps: Steps) -> list[NamedRule]:
        path = self._path_of(node, steps)
        if path is None:
            self.has_all_rules = False
            return []
        found = read_rule_file(path)
        for finding in found.findings:
            self.has_all_rules = False
            if finding.code == "file-unreadable":
                self._report_unreadable(node, steps, finding.message)
            else:
                self.findings_elsewhere.append(finding)
        return found.rules

    def _rules_of_object(self, node: Node) -> list[NamedRule]:
        rules: list[NamedRule] = []
        for name, (name_start, value) in self.once(node, ("rules",)).items():
            if value.kind == "object":
                rules.append(NamedRule(name, value, self.document, self.source, place=("rules", name)))
                continue
            self.has_all_rules = False
            self.report(
                "rule-not-object",
                value.start,
                ("rules", name),
                f"found {self.describe(value)} as rule {self.quoted(name_start)}, expected an object",
                why="a rule is an object that maps fields to the values they accept",
                write=f'{self.quoted(name_start)}: {{"source": ["aws.s3"]}}',
            )
        return rules

    def _path_of(self, node: Node, steps: Steps) -> str | None:
        """The path that a string means, as seen from where we are; None, and reported, when it can mean none."""
        if not node.value or "\0" in node.value:
            what = f"found {self.describe(node)}, expected a path"
            self.report("test-path", node.start, steps, what, why=PATH_MEANING, write='"rules.json", for example')
            return None
        path = os.path.join(os.path.dirname(self.source.name), node.value)
        return os.path.join(os.curdir, path) if path == "-" else path  # "-" alone would be standard input

    def _report_unreadable(self, node: Node, steps: Steps, reason: str) -> None:
        what = f"{self.text(node)} cannot be read: {reason}"
        write = "the path of a file that is there, seen from the test file"
        self.report("file-unreadable", node.start, steps, what, why=PATH_MEANING, write=write)

    # -- tests ---------------------------------------------------------------------------------------------

    def _read_tests(self, node: Node) -> None:
        if node.kind != "array" or not node.value:
            described = "an empty list" if node.kind == "array" else self.describe(node)
            what = f"found {described} as the tests, expected a list with at least one test"
            why = "a file without a test would pass whatever the rules are"
            self.report("tests-form", node.start, ("tests",), what, why=why, write=f'"tests": [{TEST_FORM}]')
            return
        first_lines: dict[str, int] = {}
        for index, test in enumerate(node.value):
            found = self._test(test, index)
            if found is None:
                continue
            if found.name in first_lines:
                self.report(
                    "test-name-twice",
                    test.start,
                    ("tests", index),
                    f'the name "{shortened(found.name)}" is already used on line {first_lines[found.name]}',
                    why="the name says which test failed, so no two tests of a file have the same",
                    write="another name",
                )
            first_lines.setdefault(found.name, found.line)
            self.found.tests.append(found)

    def _test(self, node: Node, index: int) -> RuleTest | None:
        """The test that ``node`` is; None, and reported, when it is none."""
        steps: Steps = ("tests", index)
        if node.kind != "object":
            what = f"found {self.describe(node)}, expected a test"
            self.report("test-form", node.start, steps, what, why="a test is an object", write=TEST_FORM)
            return None
        before = len(self.findings)
        members = self.members(node, steps, TEST_MEMBERS, "a test", TEST_FORM)
        name = self._name(node, steps, members)
        event = self._event(node, steps, members)
        expected = {word: self._rules_expected(word, steps, members) for word in RULE_MEMBERS if word in members}
        error = self._error_expected(steps, members)
        self._check_expectations(node, steps, members, expected)
        if len(self.findings) > before:
            return None
        line, column = self.document.line_and_column(node.start)
        return RuleTest(
            name,
            event,
            expected.get("matches", ()),
            expected.get("does-not-match", ()),
            expected.get("matches-exactly"),
            error,
            self.source,
            index,
            line,
            column,
        )

    def _name(self, node: Node, steps: Steps, members: Members) -> str:
        name = members.get("name")
        if name is not None and name.kind == "string" and name.value:
            return str(name.value)
        why = "the name says which test failed"
        if name is None:
            self.report("test-name", node.start, steps, 'this test has no "name"', why=why, write=TEST_FORM)
        else:
            what = f"found {self.describe(name)} as the name, expected a string that is not empty"
            self.report("test-name", name.start, (*steps, "name"), what, why=why, write='"name": "a big order"')
        return ""

    def _event(self, node: Node, steps: Steps, members: Members) -> str | bytes:
        given = [word for word in EVENT_MEMBERS if word in members]
        if len(given) != 1:
            what = f"{_quoted_list(given)} in one test" if given else "this test has no event"
            start = members[given[1]].start if given else node.start
            write = (
                "one of them; another event needs a test of its own"
                if given
                else f'"event": {{...}}, as in {TEST_FORM}'
            )
            self.report("test-event", start, steps, what, why=EVENT_MEANING, write=write)
            return ""
        word = given[0]
        value = members[word]
        steps = (*steps, word)
        wanted = "object" if word == "event" else "string"
        if value.kind != wanted:
            what = f"found {self.describe(value)} as {word}, expected {'an' if wanted == 'object' else 'a'} {wanted}"
            write = (
                '"event-text": "...", when the test is about text that is no event'
                if word == "event"
                else ('"event": {...}, when the event stands here')
            )
            self.report("test-event", value.start, steps, what, why=EVENT_MEANING, write=write)
        elif word == "event":
            return text_of(self.document, value)
        elif word == "event-text":
            return str(value.value)
        else:
            return self._event_of_file(value, steps)
        return ""

    def _event_of_file(self, node: Node, steps: Steps) -> bytes:
        path = self._path_of(node, steps)
        if path is not None:
            try:
                return _content_of(path)
            except OSError as error:
                self._report_unreadable(node, steps, error.strerror or str(error))
        return b""

    def _rules_expected(self, word: str, steps: Steps, members: Members) -> tuple[str, ...]:
        """The names of rules under ``word``, each once and known."""
        node = members[word]
        steps = (*steps, word)
        if node.kind != "array":
            what = f"found {self.describe(node)} as {word}, expected a list of names of rules"
            name = self.text(node) if node.kind == "string" else '"big-order"'
            write = f'"{word}": [{name}]'
            self.report("test-expected", node.start, steps, what, why="any number of rules may be named", write=write)
            return ()
        if not node.value and word != "matches-exactly":
            what = f'an empty list under "{word}" expects nothing'
            write = '"matches-exactly": [] when no rule may match'
            self.report("test-expected", node.start, steps, what, why=EXPECTED_MEANING, write=write)
        names: dict[str, None] = {}
        for index, each in enumerate(node.value):
            if each.kind != "string":
                what = f"found {self.describe(each)}, expected the name of a rule"
                why = "rules are told apart by their names, which are strings"
                self.report("test-expected", each.start, (*steps, index), what, why=why, write='"big-order"')
            elif each.value in names:
                what = f'{self.text(each)} stands twice under "{word}"'
                self.report("test-expected", each.start, (*steps, index), what, why="once is enough", write="it once")
            elif each.value not in self.rule_names and self.has_all_rules:
                self._report_unknown_rule(each, (*steps, index))
            else:
                names[each.value] = None
        return tuple(names)

    def _report_unknown_rule(self, node: Node, steps: Steps) -> None:
        near = self.near(node.value, islice(self.rule_names, _MOST_NAMES_LOOKED_AT))
        names = list(islice(self.rule_names, 6))
        shown = ", ".join(in_quotes(shortened(name)) for name in names[:5]) + (", ..." if len(names) > 5 else "")
        self.report(
            "test-rule-unknown",
            node.start,
            steps,
            f"no rule is named {self.text(node)}" + (f"; did you mean {in_quotes(near)}?" if near else ""),
            why=f"the rules of this file are {shown}" if names else "the rules of this file are none",
            write=in_quotes(near) if near else "the name of a rule that is there, or add the rule",
        )

    def _error_expected(self, steps: Steps, members: Members) -> str | None:
        node = members.get("error")
        if node is None:
            return None
        if node.kind == "string" and node.value in EVENT_ERRORS:
            return str(node.value)
        near = self.near(node.value, EVENT_ERRORS) if node.kind == "string" else ""
        advice = f"; did you mean {in_quotes(near)}?" if near else ""
        self.report(
            "test-error-unknown",
            node.start,
            (*steps, "error"),
            f"found {self.describe(node)} as the error, expected the code of one{advice}",
            why=f"events are refused with {', '.join(EVENT_ERRORS)}",
            write=f'"error": "{near or "not-json"}"',
        )
        return None

    def _check_expectations(
        self, node: Node, steps: Steps, members: Members, expected: dict[str, tuple[str, ...]]
    ) -> None:
        """Report a test that expects nothing, or what can never be."""
        given = [word for word in (*RULE_MEMBERS, "error") if word in members]
        if not given:
            what, why = "this test expects nothing", EXPECTED_MEANING
            self.report("test-expected", node.start, steps, what, why=why, write='"matches": ["big-order"]')
        elif len(given) > 1 and ("error" in given or "matches-exactly" in given):
            alone = "error" if "error" in given else "matches-exactly"
            why = (
                "an event that is refused matches no rule"
                if alone == "error"
                else '"matches-exactly" names all the rules that match, so no other may'
            )
            start = members[alone].start
            what = f"{_quoted_list(given)} in one test"
            self.report("test-expected", start, steps, what, why=why, write=f'"{alone}" alone')
        else:
            not_matching = set(expected.get("does-not-match", ()))
            for name in expected.get("matches", ()):
                if name in not_matching:
                    what = f'{in_quotes(shortened(name))} stands under "matches" and under "does-not-match"'
                    why = "a rule matches an event or does not"
                    start = members["does-not-match"].start
                    self.report("test-expected", start, steps, what, why=why, write="it under one of them")


def _quoted_list(words: list[str]) -> str:
    return " and ".join(in_quotes(word) for word in words)
