"""What a rule file may look like, and what is said when it looks otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runner import Shell

FILE_FORM = '{"my-rule": {"source": ["aws.s3"]}}'
ENTRY_FORM = '{"name": "my-rule", "rule": {"source": ["aws.s3"]}}'
FILE_MEANING = "a rule file is an object that maps names to rules, or a list of named rules"
RULE_MEANING = "a rule is an object that maps fields to the values they accept"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def errors_of(shell: Shell, text: str) -> str:
    """What check says about a rule file; filter must say the same."""
    shell.write("rules.json", text)
    result = shell.run("check", "rules.json")
    filtered = shell.run("-r", "rules.json", given=b'{"a": 1}')
    assert (2, b"", result.errors) == (filtered.code, filtered.output, filtered.errors)
    assert result.code == 2
    return result.errors


def test_both_forms_mean_the_same(shell: Shell) -> None:
    """An object by name, and a list of named rules in which pattern means rule."""
    events = b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'
    shell.write("object.json", ' {"one": {"a": [1]}, "two": {"a": [{"numeric": ["=", 2.0]}]}}\n')
    shell.write(
        "list.json",
        '[{"name": "one", "rule": {"a": [1]}}, {"pattern": {"a": [{"numeric": ["=", 2.0]}]}, "name": "two"}]',
    )
    for name in ("object.json", "list.json"):
        assert shell.run("-r", name, "-o", "names", given=events).output == b"one\ntwo\n"


def test_rules_with_one_name_are_alternatives(shell: Shell) -> None:
    """In a list, and across files; the name is said once."""
    shell.write("list.json", '[{"name": "r", "rule": {"a": [1]}}, {"name": "r", "rule": {"a": [2]}}]')
    shell.write("object.json", '{"r": {"b": [1]}}')
    events = b'{"a": 1, "b": 1}\n{"a": 2}\n{"b": 1}\n{"a": 3}\n'
    result = shell.run("-r", "list.json", "-r", "object.json", "-o", "names", given=events)
    assert result.output == b"r\nr\nr\n"


def test_duplicate_names_inside_a_rule_keep_their_meaning(shell: Shell) -> None:
    """The last leaf wins, as everywhere; only names of rules must differ."""
    shell.write("rules.json", '{"r": {"a": [1], "a": [2]}}')
    assert shell.run("-r", "rules.json", given=b'{"a": 1}\n{"a": 2}\n').output == b'{"a": 2}\n'


@pytest.mark.parametrize("text", ['"x"', "5", "null", "true"])
def test_a_file_that_holds_something_else(shell: Shell, text: str) -> None:
    found = {'"x"': 'the string "x"', "5": "the number 5"}.get(text, text)
    expected = f"""\
rules.json:1:1: found {found}, expected an object of rules by name
    {text}
    ^
  why:   {FILE_MEANING}
  write: {FILE_FORM}
"""
    assert expected == errors_of(shell, text)


def test_an_empty_file(shell: Shell) -> None:
    expected = f"""\
rules.json:1:1: the file is empty
  why:   {FILE_MEANING}
  write: {FILE_FORM}, or {{}} for no rules
"""
    assert expected == errors_of(shell, "")


def test_json_that_is_broken(shell: Shell) -> None:
    expected = """\
rules.json:2:16: a comma before the closing ]
    "r": {"a": [1,]}
                 ^
  why:   in JSON a comma stands only between two things
  write: ] without the comma before it
"""
    assert expected == errors_of(shell, '{\n  "r": {"a": [1,]}\n}')


def test_text_after_the_rules(shell: Shell) -> None:
    """Two objects on one line are neither a rule file nor JSON lines."""
    expected = """\
rules.json:1:19: {"s": {"b": [1]}} after the end of the rules
    {"r": {"a": [1]}} {"s": {"b": [1]}}
                      ^
  why:   a rule file is one JSON value with nothing but white space after it
  write: all rules in one object or in one list
"""
    found = errors_of(shell, '{"r": {"a": [1]}} {"s": {"b": [1]}}')
    assert expected.splitlines()[1:] == found.splitlines()[1:]
    assert found.startswith("rules.json:1:19: ")
    assert found.splitlines()[0].endswith(" after the end of the rules")


def test_a_file_that_is_one_rule(shell: Shell) -> None:
    """The most likely slip: the rule itself in place of a file of rules."""
    expected = """\
rules.json:1:1: this looks like one rule, expected an object of rules by name
    { "source": ["aws.s3"],
    ^
  why:   a rule file maps names to rules; here names lead to arrays, as inside a rule
  write: {"my-rule": { "source": ["aws.s3"], "detail": {"a": [1]} }}
"""
    assert expected == errors_of(shell, '{ "source": ["aws.s3"],\n  "detail": {"a": [1]} }')


def test_one_bad_member_beside_good_rules(shell: Shell) -> None:
    """Is told alone: an array does not make one rule of a file that has rules."""
    expected = f"""\
rules.json:1:29: found an array as rule "bad", expected an object
    {{"good": {{"a": [1]}}, "bad": [1], "worse": ["x"]}}
                                ^
  why:   {RULE_MEANING}
  write: "bad": {{"source": ["aws.s3"]}}
rules.json:1:43: found an array as rule "worse", expected an object
    {{"good": {{"a": [1]}}, "bad": [1], "worse": ["x"]}}
                                              ^
  why:   {RULE_MEANING}
  write: "worse": {{"source": ["aws.s3"]}}
"""
    assert expected == errors_of(shell, '{"good": {"a": [1]}, "bad": [1], "worse": ["x"]}')


def test_a_list_of_named_rules_inside_an_object(shell: Shell) -> None:
    """The list is told once, and the errors of its rules as well."""
    text = '{"version": 1, "rules": [{"name": "r", "rule": {"a": [1]}}, {"name": "s", "rule": {"a": 1}}]}'
    expected = f"""\
rules.json:1:25: found a list of named rules under the name "rules", expected it by itself
    ...
    {" " * 24}^
  why:   {FILE_MEANING}
  write: [{{"name": "r", "rule": {{"a": [1]}}}}, {{"name": "s", "rule": {{"a": 1}}}}]
rules.json:1:89: s: $.a: found the number 1, expected an array
"""
    found = errors_of(shell, text).splitlines()
    wanted = expected.splitlines()
    assert [wanted[0], *wanted[2:]] == [found[0], *found[2:6]]
    assert len(found) == 10


def test_a_named_rule_without_its_list(shell: Shell) -> None:
    expected = f"""\
rules.json:1:1: this is one named rule, expected a list of them
    {{"name": "r", "rule": {{"a": [1]}}}}
    ^
  why:   {FILE_MEANING}
  write: [{{"name": "r", "rule": {{"a": [1]}}}}]
"""
    assert expected == errors_of(shell, '{"name": "r", "rule": {"a": [1]}}')


def test_rules_may_be_called_name_and_rule(shell: Shell) -> None:
    """Only a name that is a string makes a named rule."""
    shell.write("rules.json", '{"name": {"a": [1]}, "rule": {"b": [1]}}')
    assert shell.run("check", "rules.json").output == b"2 rules in 1 file: no errors\n"


def test_named_rules_one_after_another(shell: Shell) -> None:
    text = '{"name": "r",\n "rule": {"a": [1]}}\n{"name": "s", "rule": {"a": [2]}}\n'
    lines = errors_of(shell, text).splitlines()
    assert lines[0].startswith("rules.json:3:1: ")
    assert lines[0].endswith(" after the end of the rules")
    assert lines[1:] == [
        '    {"name": "s", "rule": {"a": [2]}}',
        "    ^",
        "  why:   named rules stand in one list, with commas between them",
        '  write: [{"name": "r", "rule": {"a": [1]}}, ...]',
    ]


STRING_MEANING = "a rule is an object; this string holds the text of one"


@pytest.mark.parametrize(
    ("text", "column", "what", "write"),
    [
        ('"{\\"a\\": [1]}"', 1, "expected an object of rules by name", '{"my-rule": {"a": [1]}}'),
        ('{"r": "{\\"a\\": [1]}"}', 7, 'as rule "r", expected an object', '"r": {"a": [1]}'),
        (
            '[{"name": "r", "pattern": "{\\"a\\": [1]}"}]',
            27,
            "as the rule, expected an object",
            '"rule": {"a": [1]}',
        ),
    ],
)
def test_a_rule_inside_a_string(shell: Shell, text: str, column: int, what: str, write: str) -> None:
    """As EventBridge keeps patterns: advice takes the quotes away."""
    comma = "," if what.startswith("expected") else ""
    expected = f"""\
rules.json:1:{column}: found the string "{{\\"a\\": [1]}}"{comma} {what}
    {text}
    {" " * (column - 1)}^
  why:   {STRING_MEANING}
  write: {write}
"""
    assert expected == errors_of(shell, text)


def test_a_rule_without_a_name_is_shown_by_its_place(shell: Shell) -> None:
    """And an empty name as such."""
    text = '[{"name": "", "rule": {"a": 1}},\n {"rule": {"a": 1}}]'
    first = [line for line in errors_of(shell, text).splitlines() if line[0] != " "]
    assert first == [
        'rules.json:1:29: "": $.a: found the number 1, expected an array',
        'rules.json:2:2: this rule has no "name"',
        "rules.json:2:17: [1]: $.a: found the number 1, expected an array",
    ]


def test_a_long_file_that_is_one_rule(shell: Shell) -> None:
    """Advice does not repeat pages."""
    text = '{"source": [' + ", ".join(f'"{n}"' for n in range(500)) + "]}"
    assert '  write: {"my-rule": {...}}\n' in errors_of(shell, text)


def test_a_rule_that_is_no_object(shell: Shell) -> None:
    """Among others that are, it is told for itself, and the others' errors as well."""
    expected = f"""\
rules.json:2:10: found an array as rule "b\\"q", expected an object
    "b\\"q": [1], "c": null, "d": {{"x": 1}}}}
            ^
  why:   {RULE_MEANING}
  write: "b\\"q": {{"source": ["aws.s3"]}}
rules.json:2:20: found null as rule "c", expected an object
    "b\\"q": [1], "c": null, "d": {{"x": 1}}}}
                      ^
  why:   {RULE_MEANING}
  write: "c": {{"source": ["aws.s3"]}}
rules.json:2:37: d: $.x: found the number 1, expected an array
    "b\\"q": [1], "c": null, "d": {{"x": 1}}}}
                                       ^
  why:   a clause lists every value it accepts, even when there is one
  write: [1]
"""
    assert expected == errors_of(shell, '{"a": {"x": [1]},\n "b\\"q": [1], "c": null, "d": {"x": 1}}')


def test_one_name_twice_in_an_object(shell: Shell) -> None:
    """Also when it is spelled differently."""
    alternatives = "where rules with one name are alternatives"
    expected = f"""\
rules.json:2:1: the name "\\u0072" is already used on line 1
    "\\u0072": {{"a": [2]}}}}
    ^
  why:   an object keeps one of two members with the same name; the other rule would be lost
  write: another name, or a list, [{{"name": ..., "rule": ...}}, ...], {alternatives}
"""
    assert expected == errors_of(shell, '{"r": {"a": [1]},\n"\\u0072": {"a": [2]}}')


@pytest.mark.parametrize(
    ("entry", "column", "what", "why", "write"),
    [
        (
            "5",
            2,
            "found the number 5, expected an object with a name and a rule",
            "a list of rules holds one object for each rule",
            ENTRY_FORM,
        ),
        (
            '{"source": ["aws.s3"]}',
            2,
            'found an object without "name" and "rule"',
            "in a list of rules each rule stands beside its name",
            '{"name": "my-rule", "rule": {"source": ["aws.s3"]}}',
        ),
        (
            '{"r": {"a": [1]}}',
            2,
            'found an object without "name" and "rule"',
            "in a list of rules each rule stands beside its name",
            '{"name": "r", "rule": {"a": [1]}}',
        ),
        (
            '{"r": {"a": [1]}, "s": {"a": [2]}}',
            2,
            'found an object without "name" and "rule"',
            "in a list of rules each rule stands beside its name",
            '{"name": "r", "rule": {"a": [1]}}, {"name": "s", "rule": {"a": [2]}}',
        ),
        (
            '{"detail": {"a": [1]}}',
            2,
            'found an object without "name" and "rule"',
            "in a list of rules each rule stands beside its name",
            '{"name": "my-rule", "rule": {"detail": {"a": [1]}}}',
        ),
        (
            '{"rule": {"a": [1]}}',
            2,
            'this rule has no "name"',
            "answers are names: they say which rules matched",
            ENTRY_FORM,
        ),
        (
            "{}",
            2,
            'this rule has no "name"',
            "answers are names: they say which rules matched",
            ENTRY_FORM,
        ),
        (
            '{"name": 5, "rule": {"a": [1]}}',
            11,
            "found the number 5 as the name, expected a string",
            "answers are names: they say which rules matched",
            ENTRY_FORM,
        ),
        (
            '{"name": "r"}',
            2,
            'this named rule has neither "rule" nor "pattern"',
            RULE_MEANING,
            ENTRY_FORM,
        ),
        (
            '{"name": "r", "rule": "{}"}',
            24,
            'found the string "{}" as the rule, expected an object',
            RULE_MEANING,
            ENTRY_FORM,
        ),
        (
            '{"name": "r", "rule": {"a": [1]}, "pattern": {"a": [1]}}',
            47,
            'found both "rule" and "pattern" in one named rule',
            "both words mean the same, so only one of them can be the rule",
            'one of them; for "either may match", two named rules with the same name',
        ),
        (
            '{"name": "r", "nmae": "s", "rule": {"a": [1]}}',
            16,
            '"nmae" is not a member of a named rule',
            'a named rule has "name" and "rule" ("pattern" means the same), nothing else',
            ENTRY_FORM,
        ),
        (
            '{"name": "r", "name": "s", "rule": {"a": [1]}}',
            16,
            '"name" stands twice in one named rule',
            "an object keeps one of two members with the same name; the other would be lost",
            "two named rules, one after the other",
        ),
    ],
)
def test_an_entry_of_a_list_that_is_no_named_rule(
    shell: Shell, entry: str, column: int, what: str, why: str, write: str
) -> None:
    expected = f"""\
rules.json:1:{column}: {what}
    [{entry}]
    {" " * (column - 1)}^
  why:   {why}
  write: {write}
"""
    found = errors_of(shell, f"[{entry}]")
    assert expected == found[: len(expected)]
    if entry != "{}":
        assert expected == found


def test_an_error_inside_a_list_names_rule_and_place(shell: Shell) -> None:
    text = '[{"name": "q", "rule": {"a": [1]}},\n {"name": "r", "pattern": {"a": [{"foo": 1}]}}]'
    assert errors_of(shell, text).startswith('rules.json:2:35: r: $.a[0].foo: "foo" is not a pattern type\n')
