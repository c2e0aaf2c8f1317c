"""Where rules may stand besides rule files: templates, what AWS prints, strings, JSON lines and directories."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cli_runner import Shell
from hypothesis import given
from hypothesis import strategies as st

import ruler
from ruler.findings import Edit, Fix, Source
from ruler.patterns.reader import read_document
from ruler.rule_sources import RuleSet, fix_in_source, read_rule_file, read_rule_files, rules_of_text
from ruler.rule_sources.placed import StringDocument, string_document

SHOP = {"source": ["shop"]}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def rules_in(text: str | object, name: str = "rules.json") -> RuleSet:
    """What a file with this text, or this value as JSON, holds."""
    content = text if isinstance(text, str) else json.dumps(text)
    return rules_of_text(Source(name, content), content.encode())


def names_of(found: RuleSet) -> list[str]:
    assert found.findings == []
    return [rule.name for rule in found.rules]


def template(**resources: tuple[str, object]) -> dict[str, object]:
    return {"Resources": {name: {"Type": kind, "Properties": value} for name, (kind, value) in resources.items()}}


# ----- forms, their names and dialects


def test_each_pattern_of_a_template_is_a_rule() -> None:
    """Called as its resource is, or as the function and the event are; written for the service of the resource."""
    filters = {"Filters": [{"Pattern": json.dumps(SHOP)}, {"Pattern": '{"source": ["bank"]}'}]}
    events = {
        "Bus": {"Type": "EventBridgeRule", "Properties": {"Pattern": SHOP}},
        "Old": {"Type": "CloudWatchEvent", "Properties": {"Pattern": SHOP}},
        "Topic": {"Type": "SNS", "Properties": {"FilterPolicy": SHOP, "FilterPolicyScope": "MessageBody"}},
        "Queue": {"Type": "SQS", "Properties": {"FilterCriteria": filters}},
        "Api": {"Type": "HttpApi", "Properties": {"Path": "/"}},
        "Timer": {"Type": "Schedule"},
    }
    found = rules_in(
        template(
            Orders=("AWS::Events::Rule", {"EventPattern": SHOP}),
            Text=("AWS::Events::Rule", {"EventPattern": json.dumps(SHOP)}),
            Timer=("AWS::Events::Rule", {"ScheduleExpression": "rate(1 day)"}),
            Kept=("AWS::Events::Archive", {"EventPattern": SHOP}),
            Pipe=("AWS::Pipes::Pipe", {"SourceParameters": {"FilterCriteria": filters}}),
            Map=("AWS::Lambda::EventSourceMapping", {"FilterCriteria": filters}),
            Sub=("AWS::SNS::Subscription", {"FilterPolicy": SHOP}),
            Api=("AWS::Serverless::Function", {"Events": events}),
            Steps=("AWS::Serverless::StateMachine", {"Events": {"Bus": events["Bus"]}}),
            Bucket=("AWS::S3::Bucket", {}),
        )
    )
    assert found.form == "a SAM template"
    assert found.findings == []
    assert [
        ("Orders", "eventbridge"),
        ("Text", "eventbridge"),
        ("Kept", "eventbridge"),
        ("Pipe", "eventbridge-pipes"),
        ("Pipe", "eventbridge-pipes"),
        ("Map", "lambda"),
        ("Map", "lambda"),
        ("Sub", "sns-attributes"),
        ("Api.Bus", "eventbridge"),
        ("Api.Old", "eventbridge"),
        ("Api.Topic", "sns-body"),
        ("Api.Queue", "lambda"),
        ("Api.Queue", "lambda"),
        ("Steps.Bus", "eventbridge"),
    ] == [(rule.name, rule.dialect) for rule in found.rules]


def test_a_template_without_serverless_resources_is_one_of_cloudformation() -> None:
    assert rules_in(template(A=("AWS::Events::Rule", {"EventPattern": SHOP}))).form == "a CloudFormation template"


@pytest.mark.parametrize(
    ("value", "form", "names"),
    [
        ({"Rules": []}, "rules as list-rules prints them", []),
        (
            {
                "Rules": [
                    {"Name": "a", "EventPattern": '{"x": [1]}'},
                    {"Name": "t", "ScheduleExpression": "rate(1 day)"},
                ]
            },
            "rules as list-rules prints them",
            ["a"],
        ),
        ([{"Name": "a", "EventPattern": '{"x": [1]}'}], "rules as list-rules prints them", ["a"]),
        ({"Name": "a", "Arn": "b", "EventPattern": '{"x": [1]}'}, "a rule as describe-rule prints it", ["a"]),
        ({"FilterPolicy": '{"x": [1]}'}, "a filter policy of SNS", ["rules"]),
        ({"FilterPolicy": {"x": [1]}, "FilterPolicyScope": "MessageBody"}, "a filter policy of SNS", ["rules"]),
        (
            {"Attributes": {"FilterPolicy": '{"x": [1]}', "SubscriptionArn": "arn"}},
            "a filter policy of SNS",
            ["arn"],
        ),
        ({"Filters": [{"Pattern": '{"x": [1]}'}, {"Pattern": '{"y": [1]}'}]}, "filter criteria", ["rules", "rules"]),
        ({"UUID": "u", "FilterCriteria": {"Filters": [{"Pattern": '{"x": [1]}'}]}}, "filter criteria", ["u"]),
        (
            {"EventSourceMappings": [{"UUID": "u", "FilterCriteria": {"Filters": [{"Pattern": '{"x": [1]}'}]}}, {}]},
            "event source mappings of Lambda",
            ["u"],
        ),
        (
            {"Name": "p", "SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": '{"x": [1]}'}]}}},
            "a pipe of EventBridge",
            ["p"],
        ),
    ],
)
def test_what_services_print_is_recognised(value: object, form: str, names: list[str]) -> None:
    found = rules_in(value)
    assert form == found.form
    assert names == names_of(found)


@pytest.mark.parametrize(
    "value",
    [
        {"Resources": {"x": {"Type": ["a"]}}},
        {"Rules": {"Name": ["a"]}},
        {"Name": {"a": [1]}, "EventPattern": {"b": [1]}},
        {"FilterPolicy": {"a": [1]}},
        {"Attributes": {"FilterPolicy": ["a"]}},
        {"FilterCriteria": {"Filters": ["a"]}},
        {"EventSourceMappings": {"a": [1]}},
        {"SourceParameters": {"FilterCriteria": {"Filters": [1]}}},
    ],
)
def test_rules_by_name_stay_rules_by_name(value: dict[str, object]) -> None:
    """Whatever they are called: a name alone makes no other form."""
    found = rules_in(value)
    assert found.form == ""
    assert list(value) == names_of(found)
    assert [error for rule in found.rules for error in rule.errors()] == []


def test_the_filters_of_one_criteria_are_alternatives(shell: Shell) -> None:
    shell.write("queue.json", '{"Filters": [{"Pattern": "{\\"a\\": [1]}"}, {"Pattern": "{\\"a\\": [2]}"}]}')
    result = shell.run("-r", "queue.json", "-o", "names", given=b'{"a": 1}\n{"a": 2}\n{"a": 3}\n')
    assert result.output == b"queue\nqueue\n"


def test_every_command_reads_every_form(shell: Shell) -> None:
    """filter, check, explain, coverage, and the rules of a test file."""
    shell.write("t.json", json.dumps(template(Orders=("AWS::Events::Rule", {"EventPattern": json.dumps(SHOP)}))))
    shell.write(
        "tests.json",
        '{"rules": "t.json", "tests": [{"name": "n", "event": {"source": "shop"}, "matches": ["Orders"]}]}',
    )
    event = b'{"source": "shop"}\n'
    assert b"Orders\n" == shell.run("-r", "t.json", "-o", "names", given=event).output
    assert b"Orders" in shell.run("explain", "-r", "t.json", "--format", "json", given=event).output
    assert b"Orders" in shell.run("coverage", "-r", "t.json", "--format", "json", given=event).output
    assert 0 == shell.run("test", "tests.json").code
    checked = shell.run("check", "t.json")
    assert b"t.json: read as a CloudFormation template, 1 rule\n1 rule in 1 file: no errors\n" == checked.output
    assert ruler.check((shell.directory / "t.json").read_bytes()) == []


# ----- places


def test_places_in_a_string_are_those_of_the_file() -> None:
    """Through every escape; the pointer leads to the string, the path goes on inside the rule."""
    inner = '{"é\\u00e9😀": [1],\n "b\\\\c": "x"}'
    escaped = json.dumps(inner).replace("[1]", "\\u005b1]")
    text = '{\n  "Rules": [{"Name": "r",\n    "EventPattern": ' + escaped + "}]}"
    [finding] = ruler.check(text)
    line = text.split("\n")[2]
    assert (3, line.index('\\"x') + 1) == (finding.line, finding.column)
    assert "/Rules/0/EventPattern" == finding.pointer
    assert finding.location == ("b\\c",)


@given(st.text(), st.data())
def test_each_character_of_a_string_is_found_where_it_is_written(value: str, data: st.DataObject) -> None:
    """However it is written: as itself, or as one of its escapes."""
    inner = json.dumps({"a": "".join(each for each in value if not "\ud800" <= each <= "\udfff")}, ensure_ascii=False)
    written = [
        data.draw(st.sampled_from(sorted({json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1]})))
        for each in inner
    ]
    text = '["é", "' + "".join(written) + '"]'
    outer = read_document(text)
    offset = len('["é", "')
    expected = []
    for each in written:
        expected.append(offset)
        offset += len(each)
    document = string_document(outer, outer.root.value[1])
    assert inner == document.text
    assert [*expected, offset] == list(document.places.origins)


def test_an_edit_in_a_string_is_an_edit_of_the_file() -> None:
    text = '{"p": "{\\"a\\": \\"x\\\\\\"y\\"}"}'
    outer = read_document(text)
    document = string_document(outer, outer.root.value[0][2])
    assert isinstance(document, StringDocument)
    value = document.root.value[0][2]
    inner = document.text[value.start : value.end]
    fix = fix_in_source(document, Fix("write", (Edit(value.start, value.end, f"[{inner}]"),), False))
    assert fix is not None
    [edit] = fix.edits
    fixed = text[: edit.start] + edit.text + text[edit.end :]
    assert {"a": ['x"y']} == json.loads(json.loads(fixed)["p"])


# ----- fixes


def test_fixes_inside_strings_are_written_as_strings(shell: Shell) -> None:
    """And nothing else changes."""
    text = (
        '{"Rules": [ {"Name": "r", "EventPattern": "{\\"a\\": \\"x\\", \\"b\\": [{\\"wildcard\\": \\"y*\\"}]}" } ]}\n'
    )
    shell.write("rules.json", text)
    result = shell.run("check", "--fix", "rules.json")
    assert (0, b"rules.json: read as rules as list-rules prints them, 1 rule\n1 rule in 1 file: no errors\n") == (
        result.code,
        result.output,
    )
    expected = text.replace('\\"x\\"', '[\\"x\\"]').replace('\\"wildcard\\": \\"y*\\"', '\\"prefix\\": \\"y\\"')
    assert expected == (shell.directory / "rules.json").read_text()


def test_fixes_on_json_lines_are_written_in_their_lines(shell: Shell) -> None:
    shell.write("rules.jsonl", '{"a": {"x": [1]}}\n\n{"name": "b", "rule": {"x": "é"}}\n')
    assert shell.run("check", "--fix", "rules.jsonl").code == 0
    expected = '{"a": {"x": [1]}}\n\n{"name": "b", "rule": {"x": ["é"]}}\n'
    assert expected == (shell.directory / "rules.jsonl").read_text("utf-8")


def test_fixes_in_a_directory_are_written_into_its_files(shell: Shell) -> None:
    (shell.directory / "rules").mkdir()
    shell.write("rules/a.json", '{"x": 1}\n')
    shell.write("rules/b.json", '{"x": [2]}\n')
    result = shell.run("check", "--fix", "rules")
    assert (0, b"2 rules in 2 files: no errors\n") == (result.code, result.output)
    assert '{"x": [1]}\n' == (shell.directory / "rules/a.json").read_text()


# ----- JSON lines


def test_json_lines_are_named_rules_or_rules_by_name(shell: Shell) -> None:
    """Under any name of the file when there are several lines; rules with one name are alternatives."""
    text = '{"name": "a", "rule": {"x": [1]}}\r\n\n{"b": {"x": [2]}, "a": {"x": [3]}}\n'
    text += '  {"pattern": {"x": [4]}, "name": "c"}'
    for name in ("rules.json", "rules.jsonl", "rules.ndjson"):
        shell.write(name, text)
        result = shell.run("-r", name, "-o", "names", given=b'{"x": 1}\n{"x": 2}\n{"x": 3}\n{"x": 4}\n')
        assert b"a\nb\na\nc\n" == result.output


def test_one_line_is_json_lines_where_the_file_is_called_so() -> None:
    """Elsewhere it is a named rule without its list, as before."""
    line = '{"name": "a", "rule": {"x": [1]}}\n'
    assert ["a"] == names_of(rules_in(line, "rules.jsonl"))
    assert ["file-not-rules"] == [finding.code for finding in rules_in(line, "rules.json").findings]


def test_json_lines_that_are_no_utf8_are_said_to_be() -> None:
    content = b'{"a": {"x": ["\xff"]}}\n{"b": {"x": [1]}}\n'
    found = rules_of_text(Source("rules.jsonl", content.decode(errors="replace")), content)
    assert ["not-utf8"] == [finding.code for finding in found.findings]


# ----- directories


def test_each_file_of_a_directory_is_one_rule(tmp_path: Path) -> None:
    """Called as the file is; other files, hidden ones and directories inside are passed over."""
    for name, text in (
        ("b.json", '{"x": [1]}'),
        ("a.b.json", '{"detail": {"x": [2]}}'),
        ("README.md", "#"),
        (".c.json", ""),
    ):
        (tmp_path / name).write_text(text)
    (tmp_path / "d.json").mkdir()
    os.mkfifo(tmp_path / "e.json")
    found = read_rule_file(str(tmp_path))
    assert ["a.b", "b"] == names_of(found)
    assert ["a.b.json", "b.json"] == [Path(rule.source.name).name for rule in found.rules]
    assert 2 == len(read_rule_files(str(tmp_path)))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"name": "r", "rule": {"x": [1]}}]', "found an array, expected one rule"),
        ('{"name": "r", "rule": {"x": [1]}}', "found a named rule, expected one rule"),
        ('{"Filters": [{"Pattern": "{}"}]}', "found filter criteria, expected one rule"),
        ('{"a": {"x": [1]}}\n{"b": {"x": [1]}}', "found { after the end of the rule"),
    ],
)
def test_a_file_of_a_directory_that_is_not_one_rule(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.json").write_text(text)
    [finding] = read_rule_file(str(tmp_path)).findings
    assert what == finding.message
    assert finding.hint


def test_two_files_of_a_directory_with_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": [1]}')
    (tmp_path / "a.yaml").write_text('{"x": [1]}')
    [finding] = read_rule_file(str(tmp_path)).findings
    assert f"ruler: {tmp_path / 'a.yaml'}: the name a is already used by a.json" == str(finding)


def test_a_directory_without_rules_is_an_error(shell: Shell) -> None:
    (shell.directory / "empty").mkdir()
    for arguments in (["check", "empty"], ["-r", "empty"]):
        result = shell.run(*arguments)
        assert 2 == result.code
        assert (
            "ruler: empty: the directory holds no file of a rule: none ends in .json, .yaml or .yml\n" == result.errors
        )


def test_the_rules_of_a_test_file_may_be_a_directory(shell: Shell) -> None:
    (shell.directory / "rules").mkdir()
    shell.write("rules/shop.json", json.dumps(SHOP))
    test = {"name": "n", "event": {"source": "shop"}, "matches-exactly": ["shop"]}
    shell.write("tests.json", json.dumps({"rules": "rules", "tests": [test]}))
    assert 0 == shell.run("test", "tests.json").code
    shell.write("rules/shop.json", '{"source": "shop"}')
    result = shell.run("test", "tests.json")
    assert 2 == result.code
    assert 'rules/shop.json:1:12: shop: $.source: found the string "shop", expected an array' in result.errors


# ----- hostile text


def test_a_deep_template_is_refused_or_read_without_recursion() -> None:
    depth = 1000
    pattern = '{"a": ' * depth + "[1]" + "}" * depth
    text = json.dumps(template(A=("AWS::Events::Rule", {"EventPattern": pattern})))
    assert ["A"] == names_of(rules_in(text))
    deep = text.replace(json.dumps(pattern), pattern)
    assert ["A"] == names_of(rules_in(deep))
    deeper = text.replace(json.dumps(pattern), '{"a": ' * 1024 + "[1]" + "}" * 1024)
    assert ["too-deep"] == [finding.code for finding in rules_in(deeper).findings]


def test_a_function_is_one_by_its_shape() -> None:
    """A field called Ref lists its values in an array; outside a template there are no functions at all."""
    refs = template(A=("AWS::Events::Rule", {"EventPattern": {"detail": {"Ref": ["x"]}}}))
    assert ["A"] == names_of(rules_in(refs))
    assert ["A"] == names_of(rules_in({"A": {"detail": {"Fn::Sub": ["x"]}}}))


def test_many_unresolved_functions_are_told_up_to_a_limit() -> None:
    values = [{"Ref": "x"}] * 1000
    found = rules_in(template(A=("AWS::Events::Rule", {"EventPattern": {"a": values}})))
    assert ["rule-unresolved"] * 100 == [finding.code for finding in found.findings]


@given(st.binary(max_size=60), st.sampled_from(["r.json", "r.jsonl", "r.yaml", "<stdin>"]))
def test_no_text_of_any_form_raises(content: bytes, name: str) -> None:
    """Whatever a file holds, it has rules or findings, or is empty of rules."""
    found = rules_of_text(Source(name, content.decode(errors="replace")), content)
    assert found.source is not None


def test_other_errors_of_a_rule_with_a_function_are_told_as_well() -> None:
    """But for those where the function stands."""
    pattern = {"source": [{"Ref": "x"}], "a": {"Fn::Sub": "x"}, "b": "y"}
    found = rules_in(template(A=("AWS::Events::Rule", {"EventPattern": pattern})))
    assert [] == found.rules
    assert [
        ("rule-unresolved", ("source", 0)),
        ("rule-unresolved", ("a",)),
        ("clause-not-array", ("b",)),
    ] == [(finding.code, finding.location) for finding in found.findings]


def test_a_name_that_stands_twice_in_a_template_is_an_error() -> None:
    """One of two resources would be lost."""
    one = '"A": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"a": [1]}}}'
    [finding] = rules_in(f'{{"Resources": {{{one},\n{one}}}}}').findings
    assert ("rule-name-twice", 2, 1, "/Resources/A") == (finding.code, finding.line, finding.column, finding.pointer)


DAMAGED = json.dumps(
    template(
        A=("AWS::Events::Rule", {"EventPattern": json.dumps({"a": "é\n", "b": [{"wildcard": "x*"}]})}),
        B=("AWS::Lambda::EventSourceMapping", {"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"Ref": 1}]}'}]}}),
        C=("AWS::SNS::Subscription", {"FilterPolicy": {"a": [{"Ref": "x"}]}, "FilterPolicyScope": "MessageBody"}),
    ),
    indent=1,
)


def assert_each_finding_has_a_place(text: str) -> None:
    """Fail when a finding of these rules stands outside their text."""
    lines = text.split("\n")
    for finding in ruler.check(text):
        assert finding.line is not None and finding.column is not None
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1


@given(st.integers(0, len(DAMAGED)), st.integers(0, 30), st.text(alphabet='[]{}:,"\\un0a \n', max_size=3))
def test_a_damaged_template_is_read_or_refused(start: int, length: int, put: str) -> None:
    """Nothing raises, and each finding has a place in the text."""
    assert_each_finding_has_a_place(DAMAGED[:start] + put + DAMAGED[start + length :])
