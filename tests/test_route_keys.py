"""The keys of events: which bytes they are, whatever the event looks like."""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from ruler.errors import EventError
from ruler.machine.decode import decode
from ruler.route import Event, rule_set_of_mapping
from ruler.route.inputs.select import pointer_steps
from ruler.route.inputs.slices import EACH, Step, index_step, name_step, value_at
from ruler.route.keys import KeyFinder
from ruler.route.plan import plan


def key_at(data: bytes, pointer: str = "/k") -> bytes | None:
    return KeyFinder(pointer_steps(pointer)).key_of(data)


def plain_key(data: bytes, steps: Sequence[Step]) -> bytes | None:
    """The key, as it is defined: found in the text of what is an event, a string without its quotes."""
    try:
        decode(data)
    except EventError:
        return None
    value = value_at(data, steps)
    if value is None or value == b"null":
        return None
    return str(orjson.loads(value)).encode() if value[:1] == b'"' else value


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b'{"k": "anna"}', b"anna"),
        (b'{"k": "a\\u00e9\\n\\ud83d\\ude00"}', "aé\n\U0001f600".encode()),
        (b'{"\\u006b": 7}', b"7"),
        (b'{"k": 12}', b"12"),
        (b'{"k": 0}', b"0"),
        (b'{"k": -0}', b"-0"),
        (b'{"k": -5}', b"-5"),
        (b'{"k": 1.50}', b"1.50"),
        (b'{"k": 1e2 }', b"1e2"),
        (b'{"k": 123456789012345678901234567890}', b"123456789012345678901234567890"),
        (b'{"k": 18446744073709551615}', b"18446744073709551615"),
        (b'{"k": -9223372036854775808}', b"-9223372036854775808"),
        (b'{"k": 1e400}', None),
        (b'{"k": true, "k": false}', b"false"),
        (b'{"k": "first", "x": {"k": 1}, "k": "last"}', b"last"),
        (b'{"k": "first", "k": null}', None),
        (b'{"k": {"b":1 , "b": 2}}', b'{"b":1 , "b": 2}'),
        (b'{"k": [1, 2]}', b"[1, 2]"),
        (b'{"k": ""}', b""),
        (b'{"k": null}', None),
        (b'{"x": "k"}', None),
        (b"{}", None),
    ],
)
def test_a_key_is_the_value_at_a_pointer(data: bytes, key: bytes | None) -> None:
    """A string without its quotes, other values as they are spelled; null is no key; the last name counts."""
    assert key_at(data) == key == plain_key(data, pointer_steps("/k"))


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[", b'["k"]', b'"k"', b'{"k": 1', b'{"k": "\xff"}', b'{"k": "\\ud800"}', b'{"k": 1} {}'),
        b'\xef\xbb\xbf{"k": 1}',
        *(b'{"k": 1, "d": ' + b"[" * depth + b"]" * depth + b"}" for depth in (1024, 100_000)),
    ],
)
def test_data_that_are_no_event_have_no_key(data: bytes) -> None:
    """Whatever stands where the key would be: bad UTF-8, half a surrogate pair, too deep, more behind it."""
    assert key_at(data) is None
    assert plain_key(data, pointer_steps("/k")) is None


def test_a_pointer_leads_through_objects_and_arrays() -> None:
    """A number is an index in an array and a name in an object; other kinds of steps are followed too."""
    data = b'{"a": [{"b": "x"}, {"b": "y"}], "0": "zero", "a/b": "slash"}'
    pointers = ("/a/1/b", "/a/2/b", "/a/b", "/0", "/a~1b", "/a/01/b", "/a/1/b/c")
    assert [key_at(data, pointer) for pointer in pointers] == [b"y", None, None, b"zero", b"slash", None, None]
    steps = (name_step("a"), index_step(0), name_step("b"))
    assert KeyFinder(steps).key_of(data) == b"x"
    assert KeyFinder((index_step(0),)).key_of(data) is KeyFinder((name_step("a"), name_step("0"))).key_of(data) is None
    assert KeyFinder((name_step("a"), EACH, name_step("b"))).key_of(data) == b'["x","y"]'


def test_the_deepest_event_has_a_key() -> None:
    """Any event that can be judged."""
    data = b'{"d": ' + b"[" * 1023 + b"]" * 1023 + b', "k": "x"}'
    assert key_at(data) == b"x"
    assert key_at(data, "/d" + "/0" * 100) == b"[" * 923 + b"]" * 923


@given(strategies.events, st.lists(st.sampled_from([*"abc", "0", "1", "detail", "é"]), min_size=1, max_size=3))
def test_a_key_is_what_the_text_has_at_its_path(event: str, names: list[str]) -> None:
    """Finding it in the decoded event, and in the text, is the same."""
    data = event.encode("utf-8", "surrogatepass")
    steps = pointer_steps("/" + "/".join(names))
    assert KeyFinder(steps).key_of(data) == plain_key(data, steps)


def test_events_that_rules_match_get_their_keys() -> None:
    """At the pointer; one that the source gave stays, in any form."""
    rules = {"r": {"pattern": {"user": [{"exists": True}]}, "targets": ["ops"]}}
    rule_set = rule_set_of_mapping({"targets": {"ops": {"uri": "file:x"}}, "rules": rules})
    entry = json.dumps({"Source": "s", "DetailType": "t", "Detail": json.dumps({"user": "anna"})}).encode()
    given_events = [Event(b'{"user": "anna"}', id="1", timestamp=5.0), Event(b'{"user": 5}', key=b"given"), Event(b"[")]
    found = plan(given_events, rule_set, key_steps=pointer_steps("/user"))
    assert [each.event for each in found.deliveries] == [given_events[0]._replace(key=b"anna"), given_events[1]]
    rules["r"]["pattern"] = {"detail": {"user": [{"exists": True}]}}
    rule_set = rule_set_of_mapping({"targets": {"ops": {"uri": "file:x"}}, "rules": rules})
    found = plan([Event(entry)], rule_set, form="auto", key_steps=pointer_steps("/detail/user"))
    assert [(each.key, each.event.original) for each in found.deliveries] == [(b"anna", entry)]
