"""Rules in YAML: what they mean in JSON, where their parts stand, and what nobody can know."""

from __future__ import annotations

import builtins
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runner import Shell
from hypothesis import given
from hypothesis import strategies as st
from test_rule_sources import assert_each_finding_has_a_place

import ruler
from ruler.findings import Source
from ruler.rule_sources import RuleSet, rules_of_text

has_yaml = pytest.mark.skipif(importlib.util.find_spec("yaml") is None, reason="the extra yaml is not installed")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def rules_in(text: str, name: str = "rules.yaml") -> RuleSet:
    return rules_of_text(Source(name, text), text.encode())


def errors_in(text: str, name: str = "rules.yaml") -> list[str]:
    """Each finding as "line:column: message"."""
    found = rules_in(text, name)
    findings = [*found.findings, *(error for rule in found.rules for error in rule.errors())]
    return [f"{each.line}:{each.column}: {each.message}" for each in findings]


TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Shop: {Type: String}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub "${AWS::StackName}-x", FifoTopic: yes}}
  # é comes before what is counted: 😀
  Orders:
    Type: AWS::Events::Rule
    Properties:
      Targets: [{Arn: !GetAtt Queue.Arn, Id: !If [IsProd, a, !Ref "AWS::NoValue"]}]
      EventPattern:
        source: [shop, "bank"]
        detail:
          state: open
  Text:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: |
        {
          "source": ["shop"],
          "detail": {"state": "open"}
        }
  Queue:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FilterCriteria:
        Filters:
          - Pattern: '{"body": {"it''s": "é", "n": 1}}'
          - Pattern: "{\\"body\\": {\\"size\\":
              \\"\\u00e9\\"}}"
          - Pattern: >-
              {"body":
                {"size": 5}}
  Found:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source:
          - !Ref Shop
          - Fn::Sub: "${Shop}"
"""


@has_yaml
def test_a_template_in_yaml_is_read_with_its_places() -> None:
    """Flow and block, in every style of scalars; short tags outside of patterns are no matter."""
    assert [
        "39:13: found !Ref Shop, which cannot be resolved here",
        '40:13: found {"Fn::Sub": "${Shop}"}, which cannot be resolved here',
        '14:18: found the string "open", expected an array',
        '21:31: found the string "open", expected an array',
        '28:42: found the string "é", expected an array',
        "28:52: found the number 1, expected an array",
        '30:15: found the string "é", expected an array',
        "33:26: found the number 5, expected an array",
    ] == errors_in(TEMPLATE, "template.yaml")


@has_yaml
def test_the_template_is_recognised_by_its_text() -> None:
    """So CloudFormation's own suffix will do; a file called .json is JSON."""
    assert "a CloudFormation template" == rules_in(TEMPLATE, "stack.template").form
    assert "a CloudFormation template" == rules_in(TEMPLATE, "<stdin>").form
    assert ["not-json"] == [finding.code for finding in rules_in(TEMPLATE, "stack.json").findings]


@has_yaml
def test_rule_files_may_be_yaml() -> None:
    """By name, and as a list; pointers lead through the YAML."""
    found = rules_in("r:\n  a: [1]\n's t':\n  b: [{prefix: x}]\n")
    assert [("r", '{"a": [1]}'), ("s t", '{"b": [{"prefix": "x"}]}')] == [
        (rule.name, rule.text) for rule in found.rules
    ]
    found = rules_in("- name: r\n  rule: {a: [1]}\n- {name: s, pattern: {a: 2}}\n")
    assert ["r", "s"] == [rule.name for rule in found.rules]
    [error] = found.rules[1].errors()
    assert ("/1/pattern/a", 3, 26) == (error.pointer, error.line, error.column)


@has_yaml
def test_the_whole_finding_shows_the_yaml() -> None:
    expected = """\
rules.yaml:2:6: r: $.a: found the string "x", expected an array
    a: x
       ^
  why:   a clause lists every value it accepts, even when there is one
  write: ["x"]"""
    [rule] = rules_in("r:\n  a: x\n").rules
    assert [expected] == [str(error) for error in rule.errors()]


@has_yaml
@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("5", 5),
        ("+5", 5),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("5.", 5),
        ("1.5e+3", 1500.0),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("!!int '5'", 5),
        ("!!bool true", True),
        ("! 5", "5"),
        ("2026-01-01", "2026-01-01"),
        ("y", "y"),
        ("a b", "a b"),
        ('"\\x41\\t"', "A\t"),
        ("&x b", "b"),
        ("[&x b, *x]", ["b", "b"]),
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
    ],
)
def test_a_scalar_means_what_every_version_of_yaml_says(word: str, value: object) -> None:
    [rule] = rules_in(f"r:\n  a:\n  - {word}\n").rules
    assert {"a": [value]} == json.loads(rule.text)


@has_yaml
@pytest.mark.parametrize(
    "word", ["yes", "No", "ON", "off", "010", "012345678901", "0x1F", "0o17", "1_000", "1:30", "1e3", ".inf", ".NaN"]
)
def test_a_word_that_versions_read_differently_is_an_error(word: str) -> None:
    """In a rule; the account 012345678901 is a number to some. Outside of rules it is no matter."""
    text = f"r:\n  a:\n  - {word}\n"
    [finding] = rules_in(text).findings
    assert ("rule-yaml-unclear", 3, 5, ("a", 0)) == (finding.code, finding.line, finding.column, finding.location)
    assert f"found {word} without quotes" == finding.message
    assert f'"{word}" for the string, or the value as JSON has it' == finding.hint
    assert [] == errors_in(f"r:\n  a:\n  - '{word}'\n")


@has_yaml
@pytest.mark.parametrize(("value", "column"), [("!!binary aGk=", 14), ("!!int x", 11), ("!!set {a}", 5)])
def test_a_tag_that_json_has_no_value_for_is_an_error(value: str, column: int) -> None:
    found = rules_in(f"r:\n  a:\n  - {value}\n").findings
    assert ("rule-yaml-unclear", 3, column) == (found[0].code, found[0].line, found[0].column)


@has_yaml
def test_line_ends_and_byte_order_marks_count_as_in_the_file() -> None:
    """Lines end with \\n; a byte order mark is a character."""
    assert ['3:6: found the string "x", expected an array'] == errors_in("r:\r\n  # \r\n  a: x\r\n  b: [1]\r\n")
    assert ['1:9: found the string "x", expected an array'] == errors_in("\ufeffr: {a: x}\n")
    lines = [
        "Resources:",
        " A:",
        "  Type: AWS::Events::Rule",
        "  Properties:",
        "   EventPattern: |",
        "    {",
        '     "b": 1}',
    ]
    assert ["7:11: found the number 1, expected an array"] == errors_in("\r\n".join(lines))


@has_yaml
def test_a_merge_key_in_a_rule_is_an_error() -> None:
    assert ["3:3: found the merge key <<"] == errors_in("x: &x {a: [1]}\nr:\n  <<: *x\n  b: [1]\n")


@has_yaml
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1\n", "2:1: the text is not YAML: expected ',' or ']', but got the end of the text"),
        ("a: 1\n---\nb: 1\n", "2:1: a second document begins here, expected one"),
        ("? [a]\n: 1\n", "1:3: found a name that is a list, a mapping or an alias"),
        ("a: *b\n", "1:4: found *b, and nothing before it is called &b"),
        ("a: &b [*b]\n", "1:8: found *b, and nothing before it is called &b"),
        ("a: \x07\n", "1:4: the text is not YAML: the character U+0007 may not stand in YAML"),
        ('r: {a: ["\\ud800"]}\n', "1:10: \\ud800 is half of a surrogate pair, without the other half"),
        ("r: {a: [" + "9" * 400 + "]}\n", None),
        ("a: b\n c: d\n", "2:3: the text is not YAML: mapping values are not allowed here"),
        ("a: [1]\nb\n", "3:1: the text is not YAML: could not find expected ':'"),
        ("a: 1\n  - b\n", None),
        ("- a\nb: c\n", "2:1: the text is not YAML: expected the end of this indentation, but found a name"),
        ("a: 'b' c\n", "1:8: the text is not YAML: expected the end of this indentation, but found a value"),
        ("a: '", "1:5: the text is not YAML: found unexpected end of the text"),
        ("a: @b", "1:4: the text is not YAML: found character '@' that cannot begin a value"),
        ("", "1:1: the file is empty"),
        ("---\n", "2:1: found null, expected an object of rules by name"),
    ],
)
def test_text_that_is_no_yaml(text: str, expected: str | None) -> None:
    found = errors_in(text)
    assert len(found) == 1
    if expected is not None:
        assert [expected] == found


@has_yaml
def test_yaml_is_bounded() -> None:
    """Depth, and what aliases repeat."""
    assert [f"1:{3 + 1024}: nesting deeper than 1024 objects and arrays"] == errors_in("r: " + "[" * 100_000)
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
    )
    [error] = errors_in(bomb)
    assert error.endswith(": aliases repeat more than 1000000 characters")


@has_yaml
def test_fixes_in_yaml_are_refused_with_words(shell: Shell) -> None:
    """The file stays as it is, the findings are told."""
    text = "r:\n  a: x\n  b: [{wildcard: y*}]\ns:\n  b: [{wildcard: z*}]\n"
    shell.write("rules.yaml", text)
    result = shell.run("check", "--fix", "rules.yaml")
    first = result.errors.splitlines()[0]
    assert "rules.yaml: nothing is fixed, because the rules stand in YAML; write by hand what is advised" == first
    assert (2, text) == (result.code, (shell.directory / "rules.yaml").read_text())
    assert "rules.yaml:5:18: warning: s: $.b[0].wildcard" in result.errors
    assert "fix:" not in result.errors


@has_yaml
def test_fixes_in_a_yaml_file_that_is_json_are_written(shell: Shell) -> None:
    shell.write("rules.yaml", '{"r": {"a": "x"}}')
    assert shell.run("check", "--fix", "rules.yaml").code == 0
    assert '{"r": {"a": ["x"]}}' == (shell.directory / "rules.yaml").read_text()


@has_yaml
@given(st.text(alphabet="ab'\"\\{}:,[] \n\té😀", min_size=1, max_size=20), st.sampled_from(["'", '"', "|", ">"]))
def test_each_character_of_a_scalar_is_found_where_it_is_written(value: str, style: str) -> None:
    """What is no white space and no escape stands exactly where its offset says."""
    import yaml

    text = yaml.dump({"a": value}, default_style=style, allow_unicode=True, width=8)
    from ruler.rule_sources.yaml_text import yaml_document

    document = yaml_document(text)
    node = document.root.value[0][2]
    assert value == node.value
    origins = document.places.origins
    for offset in range(node.start + 1, node.end - 1):
        character = document.text[offset]
        if character in "ab{}:,[]é😀" and document.text[offset - 1] != "\\":
            assert text[origins[offset]] in (character, "\\")
    assert list(origins) == sorted(origins)


@has_yaml
@given(st.text(alphabet="ar:- \n[]{}&*!?|>'\"%@,#~\\\t0", max_size=40))
def test_no_text_of_yaml_raises(text: str) -> None:
    rules_of_text(Source("r.yaml", text), text.encode())


def test_without_the_extra_yaml_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON in a file called .yaml is read all the same."""
    real = builtins.__import__

    def refuse(name: str, *arguments: object, **named: object) -> object:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, "yaml", raising=False)
    [finding] = rules_in("r:\n  a: [1]\n").findings
    expected = """\
rules.yaml:1:1: this is YAML, which cannot be read here
    r:
    ^
  why:   YAML is read with the help of another package, which is an extra
  write: pip install 'ruler-events[yaml]', or JSON in this file"""
    assert expected == str(finding)
    assert ["r"] == [rule.name for rule in rules_in('{"r": {"a": [1]}}').rules]


def test_importing_ruler_loads_no_yaml() -> None:
    """Nor does reading JSON: the extra is loaded for YAML alone."""
    code = "import sys, ruler; ruler.check('{\"r\": {\"a\": [1]}}'); print('yaml' in sys.modules)"
    assert "False\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ruler.check('{"r": {"a": [1]}}') == []


@has_yaml
def test_the_page_shows_what_check_says_of_yaml() -> None:
    """docs/sources.md cannot run this where the extra is missing."""
    root = Path(__file__).parent.parent
    page = (root / "docs" / "sources.md").read_text("utf-8")
    name = "examples/sources/template.yaml"
    text = (root / name).read_text("utf-8")
    found = rules_in(text, name)
    findings = [*found.findings, *(error for rule in found.rules for error in rule.errors())]
    assert page.split("```text\n")[1].split("```")[0].splitlines() == "\n".join(map(str, findings)).splitlines()
    assert page.split("```yaml\n")[1].split("```")[0] in text


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(alphabet="ab:-#é😀'\"\\{}[]&*!|> \n\t%@", max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='ab: é-?!"', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@has_yaml
@given(
    json_values, st.sampled_from([None, True, False]), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(4, 40)
)
def test_yaml_means_the_json_that_other_readers_see(
    value: object, flow: bool | None, style: str | None, width: int
) -> None:
    """Whatever the layout; and each value is found where it is written."""
    import yaml

    from ruler.rule_sources.yaml_text import yaml_document

    text = yaml.safe_dump(value, default_flow_style=flow, default_style=style, width=width, allow_unicode=True)
    document = yaml_document(text)
    assert yaml.safe_load(text) == json.loads(document.text)
    assert len(document.text) + 1 == len(document.places.origins)
    assert 0 <= min(document.places.origins) <= max(document.places.origins) <= len(text)


@has_yaml
@given(st.integers(0, len(TEMPLATE)), st.integers(0, 30), st.text(alphabet="[]{}:-'\"|& \n*!a", max_size=3))
def test_a_damaged_template_is_read_or_refused(start: int, length: int, put: str) -> None:
    """Nothing raises, and each finding has a place in the text."""
    assert_each_finding_has_a_place(TEMPLATE[:start] + put + TEMPLATE[start + length :])
