"""What of an event a target gets: values by pointer and by path, and filled templates, as EventBridge fills them."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from ruler.route.inputs import slices
from ruler.route.inputs.input_path import path_steps
from ruler.route.inputs.input_transformer import (
    LARGEST_OUTPUT,
    LONGEST_TEMPLATE,
    Facts,
    Template,
    TemplateError,
    template_of,
)
from ruler.route.inputs.select import pointer_steps
from ruler.route.inputs.slices import EACH, Paths, Step, index_step, name_step, value_at

# The example event of the user guide of EventBridge, "Input transformation".
EC2 = json.dumps(
    {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": "2015-11-11T21:29:54Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
        "detail": {"instance-id": "i-0123456789", "state": "RUNNING"},
    }
).encode()
EC2_PATHS = {"timestamp": "$.time", "instance": "$.detail.instance-id", "state": "$.detail.state", "detail": "$.detail"}
FACTS = Facts("example", "arn:aws:events:us-east-2:123456789012:rule/example", 1447277394.5)


def template(text: str, paths: dict[str, str] | None = None) -> Template:
    return template_of(text, {name: path_steps(path) for name, path in (paths or EC2_PATHS).items()})


def filled(text: str, data: bytes = EC2, paths: dict[str, str] | None = None) -> str:
    return template(text, paths).fill(data, FACTS).decode()


# ----- values in a text


def steps_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every path into a decoded value, with what it leads to."""
    found = [(path, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        found += steps_of(each, (*path, step))
    return found


def steps(path: tuple[str | int, ...]) -> tuple[Step, ...]:
    return tuple(name_step(step) if isinstance(step, str) else index_step(step) for step in path)


def loaded(text: bytes) -> Any:
    return orjson.loads(text)


@given(strategies.events)
def test_a_slice_is_the_value_that_a_decoder_finds_at_the_path(text: str) -> None:
    """Whatever the spelling: escapes, white space, equal names (the last counts), numbers of any form."""
    data = text.encode()
    for path, value in steps_of(loaded(data)):
        found = value_at(data, steps(path))
        assert found is not None
        assert value == loaded(found)
        assert found in data  # as it is spelled
        assert value_at(data, (*steps(path), name_step("no such name"))) is None
        assert value_at(data, (*steps(path), index_step(1000))) is None


def test_a_name_may_be_written_with_escapes() -> None:
    """It is the same name, also where it stands again in another spelling: the last counts."""
    data = b'{"\\u0061": {"b\\/c": 1}, "q\\"": 2, "d": 3, "\\u0064": 4}'
    assert value_at(data, (name_step("a"), name_step("b/c"))) == b"1"
    assert value_at(data, (name_step('q"'),)) == b"2"
    assert value_at(data, (name_step("d"),)) == b"4"
    paths = Paths({"d": (name_step("d"),), "x": (name_step("a"), name_step("b/c")), "all": (EACH,)})
    assert paths.values(data) == {"d": b"4", "x": b"1", "all": b'[{"b\\/c": 1},2,4]'}


@given(strategies.events)
def test_paths_followed_together_lead_where_each_does_alone(text: str) -> None:
    """Whatever begins alike, goes on behind another, or leads to nothing."""
    data = text.encode()
    paths = {str(path): steps(path) for path, _ in steps_of(loaded(data))}
    paths |= {f"{name} and on": (*each, name_step("a")) for name, each in paths.items()}
    assert Paths(paths).values(data) == {name: value_at(data, each) for name, each in paths.items()}


@pytest.mark.parametrize("depth", [1, slices.NESTED - 1, slices.NESTED, slices.NESTED + 1, 1000])
def test_values_are_found_behind_and_below_deep_nesting(depth: int) -> None:
    """What the regular expression does not know any more is passed bracket by bracket."""
    deep = '[{"]": "}\\""},' * depth + "7" + "]" * depth
    data = f'{{"deep" : {deep} , "behind": 5}}'.encode()
    assert value_at(data, (name_step("behind"),)) == b"5"
    assert value_at(data, (name_step("deep"),)) == deep.encode()
    assert value_at(data, (name_step("deep"), *[index_step(1)] * depth)) == b"7"
    assert value_at(data, (name_step("deep"), *[index_step(1)] * (depth + 1))) is None
    assert value_at(f"[{deep},{deep} ,3]".encode(), (index_step(2),)) == b"3"


def test_a_wildcard_gives_the_array_of_all_values() -> None:
    """Of elements and of members; what is not there is left out, and of equal names the last counts."""
    data = b'{"a": [{"b": 1.0}, {"c": 2}, {"b": {"x": [3]}}, 4], "n": {"p": 1, "q": 2, "p": 3}, "e": [], "f": {}}'
    assert value_at(data, path_steps("$.a[*].b")) == b'[1.0,{"x": [3]}]'
    assert value_at(data, path_steps("$.n.*")) == b"[2,3]"
    assert value_at(data, path_steps("$.e[*]")) == b"[]"
    assert value_at(data, path_steps("$.f.*")) == b"[]"
    assert value_at(data, path_steps("$.a[0].b[*]")) == b"[]"
    assert value_at(data, path_steps("$.a[2].b.x[0]")) == b"3"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", EC2),
        ("$.detail.state", b'"RUNNING"'),
        ("$.detail-type", b'"EC2 Instance State-change Notification"'),
        ("$.resources[0]", b'"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"'),
        ("$.detail.nothing", None),
        ("$.resources.state", None),
        ("$.detail[0]", None),
    ],
)
def test_an_input_path_leads_to_a_value_or_to_nothing(path: str, expected: bytes | None) -> None:
    """Names step into objects alone, indexes into arrays alone."""
    assert value_at(EC2, path_steps(path)) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("detail", "begins with $"),
        ("$.", "character 2: expected a dot and a name"),
        ("$..a", "character 2"),
        ("$.a b", "character 4"),
        ("$['a']", "character 2: brackets hold an index"),
        ("$.a[-1]", "character 4"),
        ("$.a[01]", "character 4"),
        ("$.a[?(@.b)]", "character 4"),
        ("$." + "a" * 255, "at most 256 characters"),
    ],
)
def test_a_path_that_eventbridge_does_not_know_is_refused(path: str, reason: str) -> None:
    """At the character from which on it is not known."""
    with pytest.raises(ValueError) as refused:
        path_steps(path)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", b'{"a/b": {"m~n": [1, {"0": 2}]}, "": 3}'),
        ("/a~1b/m~0n/0", b"1"),
        ("/a~1b/m~0n/1/0", b"2"),
        ("/a~1b/m~0n/01", None),
        ("/a~1b/m~0n/-", None),
        ("/", b"3"),
    ],
)
def test_a_pointer_is_read_as_rfc_6901_says(pointer: str, expected: bytes | None) -> None:
    """A token is a name in an object and an index in an array."""
    assert value_at(b'{"a/b": {"m~n": [1, {"0": 2}]}, "": 3}', pointer_steps(pointer)) == expected


@pytest.mark.parametrize("pointer", ["a", "a/b", "/a~", "/a~2", "/" + "a" * 1024])
def test_what_is_no_pointer_is_refused(pointer: str) -> None:
    """Without a slash before it, with a ~ that escapes nothing, or too long."""
    with pytest.raises(ValueError):
        pointer_steps(pointer)


# ----- templates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        ('"instance \\"<instance>\\" is in <state>"', '"instance \\"i-0123456789\\" is in RUNNING"'),
        (
            '{\n  "instance" : <instance>,\n  "state": <state>\n}',
            '{"instance":"i-0123456789","state":"RUNNING"}',
        ),
        (
            '{\n "instance" : <instance>,\n "state": "<state>",\n'
            ' "instanceStatus": "instance \\"<instance>\\" is in <state>"\n}',
            '{"instance":"i-0123456789","state":"RUNNING",'
            '"instanceStatus":"instance \\"i-0123456789\\" is in RUNNING"}',
        ),
        (
            '{"instance" : <instance>, "state": [ 9, <state>, true ], "Transformed" : "Yes"}',
            '{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}',
        ),
        ('"<aws.events.rule-name> triggered"', '"example triggered"'),
        (
            '{"ruleArn" : <aws.events.rule-arn>, "ruleName" : <aws.events.rule-name>}',
            '{"ruleArn":"arn:aws:events:us-east-2:123456789012:rule/example","ruleName":"example"}',
        ),
        ('{"detail": <detail>}', '{"detail":{"instance-id":"i-0123456789","state":"RUNNING"}}'),
        ('"Detail is <detail>"', '"Detail is {instance-id:i-0123456789,state:RUNNING}"'),
        ('"{[/Check with special starting characters <state>"', '"{[/Check with special starting characters RUNNING"'),
    ],
)
def test_a_template_is_filled_as_the_user_guide_shows(text: str, expected: str) -> None:
    """The examples of the user guide, "Input transformation", with the output that they have there, minified."""
    assert filled(text) == expected


def test_a_path_that_leads_to_nothing_is_an_empty_string_or_nothing() -> None:
    """As recorded from the service: an unquoted name becomes "", one in a string disappears."""
    paths = {"command": "$.detail.notinmessage", "time": "$.time"}
    assert filled('{"time": <time>, "command": <command>}', paths=paths) == (
        '{"time":"2015-11-11T21:29:54Z","command":""}'
    )
    assert filled('"info extracted from detail <command>"', paths=paths) == '"info extracted from detail "'


def test_the_event_stands_for_itself_with_and_without_its_detail() -> None:
    """aws.events.event.json is the event as it is; aws.events.event has no detail, and calls detail-type detailType."""
    event = b' {"id": "1", "detail-type": "t", "detail": {"a": [1.50]}, "n": 1E2} '
    found = filled('{"original": <aws.events.event>, "json": <aws.events.event.json>}', event)
    assert found == (
        '{"original":{"id":"1","detailType":"t","n":1E2},'
        '"json":{"id":"1","detail-type":"t","detail":{"a":[1.50]},"n":1E2}}'
    )


def test_the_time_of_ingestion_is_when_the_event_was_received() -> None:
    """In UTC and whole seconds, with quotes as a value and without in a string."""
    assert filled('["at <aws.events.event.ingestion-time>", <aws.events.event.ingestion-time>]') == (
        '["at 2015-11-11T21:29:54Z","2015-11-11T21:29:54Z"]'
    )


def test_text_of_several_lines_has_a_string_on_each() -> None:
    """Lines stay lines, with their quotes; blank ones are left out."""
    assert filled('"instance <instance>"\r\n\n  "is <state>"\n') == '"instance i-0123456789"\n"is RUNNING"'


def test_a_value_cannot_break_out_of_its_string() -> None:
    """The one rule that is not that of EventBridge: what an event holds stays escaped."""
    event = json.dumps({"a": 'x", "admin": true, "b": "\\\n', "o": {'k"': ['"', "\\"]}}).encode()
    found = filled('{"text": "<a>", "object": "<o>", "value": <a>}', event, {"a": "$.a", "o": "$.o"})
    assert json.loads(found) == {
        "text": 'x", "admin": true, "b": "\\\n',
        "object": "{k:[,\\]}",
        "value": 'x", "admin": true, "b": "\\\n',
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(alphabet='ab"\\<>\n é😀', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", 'q"', "b c"]), inner, max_size=3),
    max_leaves=6,
)


@given(json_values, st.sampled_from([None, 1]), st.booleans())
def test_a_filled_json_template_is_json_with_the_values_in_place(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    """Whatever the values are, and however the event spells them."""
    data = json.dumps({"v": value}, indent=indent, ensure_ascii=ascii_only).encode()
    found = json.loads(filled('{"is": [<v>, 1], "in": "<<v>>", "not": "<w>"}', data, {"v": "$.v", "w": "$.w"}))
    assert found["is"] == [value, 1]
    assert found["not"] == ""
    if isinstance(value, str):
        assert found["in"] == f"<{value}>"
    elif not isinstance(value, dict | list):
        assert found["in"] == f"<{json.dumps(value)}>"
    else:
        assert '"' not in found["in"]


@pytest.mark.parametrize(
    ("text", "what", "offset"),
    [
        ("", "a template of 0 characters", 0),
        ("{" + " " * LONGEST_TEMPLATE + "}", "a template of 8,194 characters", 0),
        ('{"a": <nothing>}', "<nothing> is not defined", 6),
        ('"a <nothing>"', "<nothing> is not defined", 3),
        ('{"<state>": 1}', 'found "<state>" as the name of a member', 1),
        ("{<state>: 1}", "the template is not JSON", 1),
        ('{"a": <state>', "the template is not JSON", 13),
        ('{"a": <state>}}', "the template is not JSON", 14),
        ('{"a": 1<state>}', "the template is not JSON", 6),
        ("<state> is the state", "the template is not JSON", 8),
        ("state: <state>", "the template is not JSON", 0),
        ('"one"\n"two" three', "this line of the template is not one string", 6),
        ('"<aws.events.event.json>"', "found <aws.events.event.json> inside a string", 1),
        ('{"a": "<aws.events.event>"}', "found <aws.events.event> inside a string", 7),
    ],
)
def test_what_is_wrong_in_a_template_is_told_at_its_character(text: str, what: str, offset: int) -> None:
    """A template is refused when it is read, and not when an event comes."""
    with pytest.raises(TemplateError) as refused:
        template(text)
    assert what in str(refused.value)
    assert refused.value.offset == offset
    assert refused.value.why and refused.value.write


def test_a_short_template_cannot_make_megabytes_of_a_large_event() -> None:
    """Each name may be used a thousand times; what comes of it has a limit."""
    made = template("[" + ",".join(["<detail>"] * 500) + "]")
    assert len(made.fill(b'{"detail": [%s]}' % (b"1," * 1000 + b"1"), FACTS)) > 500_000
    with pytest.raises(ValueError, match="larger than 16,777,216 bytes"):
        made.fill(b'{"detail": "%s"}' % (b"x" * (LARGEST_OUTPUT // 499)), FACTS)
