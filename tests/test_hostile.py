"""Events, rules and names made to hurt: each gets its answer or its error, soon and in bounded memory.

Each case runs in a process of its own with a limit on memory and a time-out far above what it takes; afterwards the
same matcher still answers an ordinary event.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from ruler import EventError, Matcher

ROOT = Path(__file__).parent.parent
MEMORY_BYTES = 1_500_000_000
TIMEOUT_SECONDS = 60
# Of processor time, in a child: many times what a case takes, far below what a quadratic one would.
SOON_SECONDS = 10

PRELUDE = f"""
import json, resource, time
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))
from ruler import EventError, Matcher, RuleError
TWO_FIELDS = {{"a": {{"x": [1], "y": [2]}}}}
ORDINARY = {{"ordinary": ["yes"]}}

def ask(rules, event, soon={SOON_SECONDS}, times=1):
    matcher = Matcher({{"ordinary": ORDINARY, **rules}})
    matcher.rules_for_event('{{"ordinary":"no"}}')
    for attempt in range(times):  # several, for wildcards to be compiled
        started = time.process_time()
        try:
            answer = matcher.rules_for_event(event)
        except EventError as error:
            answer = error.code
        assert time.process_time() - started < soon
        assert matcher.rules_for_event('{{"ordinary":"yes","a":[]}}')[0] == "ordinary"
    return answer

def nested(path, text):
    for name in reversed(path.split(".")):
        text = '{{"%s":%s}}' % (name, text)
    return text
"""


def run(script: str) -> None:
    """Run a script in a process with limits; fail with what it says."""
    code = PRELUDE + textwrap.dedent(script)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],  # -P: ruler as installed, with its extension, not the source beside this
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


CASES: dict[str, str] = {
    "all-of and none-of nested as deep as they may, over a long array": """
        deep = '"v"'
        for level in range(30):
            deep = '{"all-of":[["k%d",%s],{"anything-but":"z%d"}]}' % (level, deep, level)
        rules = {str(i): '{"a":[%s]}' % deep.replace('"v"', '"v%d"' % i) for i in range(50)}
        rules["none"] = '{"a":[{"none-of":[%s]}]}' % deep.replace('"v"', '"w"')
        event = json.dumps({"a": ["v%d" % (i % 60) for i in range(20_000)]})
        assert set(ask(rules, event)) == set(rules)
    """,
    "a thousand none-ofs of one common value over an array of objects": """
        rules = {str(i): {"a": {"x": [1], "y": [{"none-of": ["bad", "w%d" % i]}]}} for i in range(1000)}
        event = {"a": [{"x": 1, "y": "bad"}, {"x": 2, "y": "ok"}] * 1000}
        assert ask(rules, json.dumps(event)) == []
    """,
    "a thousand all-ofs with one common part over a long array": """
        rules = {str(i): {"a": [{"all-of": [{"wildcard": "*n*"}, {"wildcard": "*-%d-" % i}]}]} for i in range(1000)}
        assert ask(rules, json.dumps({"a": ["n%d" % i for i in range(20_000)]}), times=3) == []
    """,
    "clauses of one path that hold with or without a value, over many arrays": """
        both = {"$and": [{"a": [each, {"none-of": [each + "'"]}]} for each in "xyz"]}
        event = {"a": [["x", "x'"], ["y", "y'"], ["z", "z'"]] * 5000}
        assert ask({"r": both}, json.dumps(event)) == "too-many-array-combinations"
        few = {"a": [["x", "x'"], ["y", "y'"], ["z", "z'"]] * 20}
        assert ask({"r": both}, json.dumps(few)) == []
    """,
    "5 MB of brackets": """
        for text in ("[" * 5_000_000, '{"a":' * 1_000_000, '{"a":' + "[" * 5_000_000 + "]" * 5_000_000 + "}"):
            assert ask({"r": TWO_FIELDS}, text) == "too-deep"
    """,
    "5 MB of names": """
        text = "{" + ",".join(f'"n{i}":{{"a":[[],{{}}]}}' for i in range(200_000)) + ',"a":1}'
        assert ask({"r": {"a": [1]}}, text) == ["r"]
    """,
    "1 MB of small objects in one array": """
        text = '{"a":[' + ",".join(['{"x":1,"y":3}', '{"x":0,"y":2}'] * 40_000) + "]}"
        assert ask({"r": TWO_FIELDS}, text) == []
    """,
    "arrays nested 1000 deep": """
        text = '{"a":' + '[{"x":1},' * 1000 + '{"y":2}' + "]" * 1000 + "}"
        assert ask({"r": TWO_FIELDS}, text) == []
        text = '{"a":' + '[{"x":1},' * 1000 + '{"x":1,"y":2}' + "]" * 1000 + "}"
        assert ask({"r": TWO_FIELDS}, text) == ["r"]
    """,
    "256 clauses on paths 1000 names deep": """
        deep = ".".join(["n"] * 1000)
        rules = {"r": {f"{deep}.x{i}": [1] for i in range(255)} | {f"{deep}.y": [{"exists": False}]}}
        members = ",".join(f'"x{i}":1' for i in range(255))
        assert ask(rules, nested(deep, "{" + members + "}")) == ["r"]
        assert ask(rules, nested(deep, "{" + members + ',"y":0}')) == []
        assert ask(rules, nested(deep, "[" + ",".join(["{" + members + ',"y":0}'] * 20) + "]")) == []
    """,
    "a rule of 1024 sub-rules with 256 paths": """
        ors = ",".join('"$or":[{"o%d":[1]},{"o%d":[2]}]' % (i, i) for i in range(10))
        text = "{" + ors + "," + ",".join(f'"p{i}":[1]' for i in range(246)) + "}"
        event = {f"p{i}": 1 for i in range(246)} | {f"o{i}": 2 for i in range(10)}
        assert ask({"r": text}, json.dumps(event)) == ["r"]
        matcher = Matcher({"r": text})
        matcher.remove_rule("r")
        assert matcher.describe() == "start"
    """,
    "a rule path of 50,000 names": """
        deep = "a" + ".a" * 50_000
        rules = {"r": {deep + ".b": [2], deep + ".c": [3]}}
        assert ask(rules, json.dumps({deep: {"b": 2, "c": 3}})) == ["r"]
        assert ask(rules, json.dumps({deep: [{"b": 2}, {"c": 3}]})) == []
    """,
    "5 MB of dots in a name": """
        assert ask({"r": {"x": [1]}, "s": {"a.b.c": [1]}}, '{"' + "." * 5_000_000 + '":1,"x":1}') == ["r"]
    """,
    "5 MB of digits": """
        digits = "9" * 5_000_000
        assert ask({"r": {"a": [1]}}, '{"a":' + digits + "}") == "number-too-large"
        assert ask({"r": {"a": [1]}}, '{"b":1e' + digits + "}") == "number-too-large"
        assert ask({"r": {"a": [1]}}, '{"a":0.' + digits + "}") == ["r"]
        assert ask({"r": {"a": [0]}}, '{"a":1e-' + digits + "}") == ["r"]
    """,
    "nested prefixes": """
        rules = {i: {"a": [{"prefix": "a" * i}]} for i in range(1, 1001)}
        assert len(ask(rules, '{"a":"' + "a" * 100_000 + '"}')) == 1000
        assert len(ask(rules, '{"a":"' + "a" * 100 + '"}')) == 100
    """,
    "wildcards that almost match": """
        rules = {i: {"a": [{"wildcard": "a*" * (i % 300 + 1) + f"b{i}"}]} for i in range(2000)}
        assert ask(rules, '{"a":"' + "a" * 100_000 + 'b7"}', times=3) == [7]
        rules = {i: {"a": [{"wildcard": "*" + "a*" * (i % 300 + 1) + f"b{i}-*"}]} for i in range(2000)}
        assert ask(rules, '{"a":"' + "a" * 100_000 + 'b7-"}', times=3) == [7]
    """,
    "a wildcard of many pieces": """
        rules = {"r": {"a": [{"wildcard": "*" + "ab*" * 5000}]}, "s": {"a": [{"wildcard": "*" + "ab*" * 5000 + "c"}]}}
        assert ask(rules, '{"a":"' + "ab" * 2_500_000 + '"}', times=3) == ["r"]
    """,
    "wildcards whose pieces begin one another": """
        rules = {i: {"a": [{"wildcard": "*" + "a" * i + "*b"}]} for i in range(1, 501)}
        assert ask(rules, '{"a":"' + "a" * 100_000 + '"}', soon=1, times=3) == []
    """,
    "one path spelled twice over long arrays": """
        rules = {"r": {"a": {"b": {"x": [1]}, "c": [2], "b.y": [3]}}}
        event = {"a": [{"b": {"x": 1}, "c": 1}, {"c": 2}] * 2000, "a.b": [{"x": 1, "y": 4}, {"x": 2, "y": 3}] * 2000}
        assert ask(rules, json.dumps(event)) in ([], "too-many-array-combinations")
    """,
    "one path spelled twice over deep arrays": """
        rules = {"r": {"a": {"b": {"x": [1]}, "c": [2], "b.y": [3]}}}
        one = '[{"x":0},' * 100 + "[" + '{"b":{"x":1},"c":1},{"c":2},' * 1000 + "0]" + "]" * 100
        two = '[{"x":0},' * 100 + "[" + '{"x":1,"y":4},{"x":2,"y":3},' * 1000 + "0]" + "]" * 100
        assert ask(rules, '{"a":' + one + ',"a.b":' + two + "}", soon=3) in ([], "too-many-array-combinations")
    """,
    "fields at each of 1000 levels of arrays": """
        rules = {"r": {"a": [0], "a.x": [1], "a.y": [2]}}
        text = '{"a":' + ("[0," + '{"x":1,"y":3},' * 10) * 1000 + '{"x":0,"y":2}' + "]" * 1000 + "}"
        assert ask(rules, text, soon=1) == []
    """,
    "absent beside a field in 8,000 elements": """
        rules = {"r": {"a": {"x": [1], "y": [{"exists": False}]}}}
        assert ask(rules, json.dumps({"a": [{"x": 1, "y": 2}] * 8_000}), soon=0.5) == []
    """,
    "250 deep paths apart, and an absent one": """
        rest = ".".join(["n"] * 1000)
        rules = {"r": {f"t{i}.{rest}": [1] for i in range(250)} | {"a.x": [1], "a.y": [{"exists": False}]}}
        text = ",".join(nested(f"t{i}.{rest}", "1")[1:-1] for i in range(250))
        assert ask(rules, "{" + text + ',"a":[{"x":1,"y":2},{"x":1}]}', soon=3) == ["r"]
    """,
    "many different values of a path with prefixes": """
        import tracemalloc
        matcher = Matcher({i: {"a": [{"prefix": f"{i}-"}, {"suffix": f"-{i}"}]} for i in range(100)})
        for i in range(1000):
            matcher.rules_for_event('{"a":"%d-%d"}' % (i, i))
        tracemalloc.start()
        for i in range(50_000):
            matcher.rules_for_event('{"a":"%d-%d"}' % (i % 100, i))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    """,
    "values remembered where many clauses share a pattern": """
        import tracemalloc
        rules = {i: {"a": [{"prefix": "v"}, {"suffix": f"-{i}-"}], "b": [i]} for i in range(5000)}
        matcher = Matcher(rules | {"s": {"a": [{"suffix": "z"}]}})
        tracemalloc.start()
        for i in range(512):
            assert matcher.rules_for_event({"a": f"v{i}z", "b": 5}) == [5, "s"]
        assert tracemalloc.get_traced_memory()[0] < 10_000_000
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_hostile_input_is_answered_soon_and_in_bounded_memory(engine: str, name: str) -> None:
    """The answer or an EventError; then the matcher goes on as before."""
    run(CASES[name])


# ----- names


class Hostile:
    """A name whose methods raise once told to."""

    def __init__(self, raises: set[str]) -> None:
        self.raises = raises

    def _do(self, what: str) -> None:
        if what in self.raises:
            raise RuntimeError(what)

    def __hash__(self) -> int:
        self._do("hash")
        return 1

    def __eq__(self, other: object) -> bool:
        self._do("eq")
        if isinstance(other, Hostile):
            other._do("eq")
        return self is other

    def __str__(self) -> str:
        self._do("str")
        return "hostile"

    def __repr__(self) -> str:
        self._do("repr")
        return "<hostile>"


@pytest.mark.parametrize("method", ["hash", "eq"])
def test_a_name_that_raises_leaves_no_trace(engine: str, method: str) -> None:
    """Adding fails with the name's own error, and the matcher is what it was."""
    good = Hostile(set())
    matcher: Matcher[Any] = Matcher({good: {"a": [1]}}, engine=engine)
    drawing = matcher.describe()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=method):
            matcher.add_rules({"new": {"b": [1]}} | {"other": {"c": [1]}})
            matcher.add_rule(Hostile({method}), {"d": [1]})
        for name in [name for name in matcher if isinstance(name, str)]:
            matcher.remove_rule(name)
        matcher._check()
        assert drawing == matcher.describe()
    assert matcher.rules_for_event('{"a":1,"d":1}') == [good]


def test_a_name_that_begins_to_raise_does_not_stop_matching(engine: str) -> None:
    """To match, no method of a name is called."""
    name = Hostile(set())
    matcher: Matcher[Any] = Matcher({name: {"a": [1]}, "b": {"a": [1]}}, engine=engine)
    name.raises |= {"hash", "eq", "str", "repr"}
    found = matcher.rules_for_event('{"a":1}')
    assert found[0] is name
    assert matcher.matches_any('{"a":1}')


def test_an_error_about_a_name_that_cannot_be_shown(engine: str) -> None:
    """The error of the rule is told all the same."""
    matcher: Matcher[Any] = Matcher(engine=engine)
    with pytest.raises(ValueError, match="expected an array") as caught:
        matcher.add_rule(Hostile({"str", "repr"}), {"a": "x"})
    assert "cannot be shown" in str(caught.value)


# ----- damaged events

SETTINGS = settings(max_examples=max(100, settings().max_examples // 2))
FUZZED = {
    "r": {"a": {"x": [1, {"prefix": "a"}], "b": [{"wildcard": "*a*b"}]}, "b": [{"exists": False}, "x"]},
    "s": {"a": {"b": [{"numeric": [">", 0]}, {"cidr": "10.0.0.0/8"}], "x": [{"anything-but": 1}]}},
}


@functools.cache
def fuzzed(engine: str) -> Matcher[str]:
    """A matcher that many examples may ask, since matching changes nothing."""
    return Matcher(FUZZED, engine=engine)


def answer_or_error(engine: str, event: Any) -> None:
    """Anything but an EventError is a fault."""
    try:
        found = fuzzed(engine).rules_for_event(event)
    except EventError as error:
        assert str(error)
        assert error.offset is None or 0 <= error.offset <= len(event)
    else:
        assert set(found) <= {"r", "s"}
        assert fuzzed(engine).matches_any(event) is bool(found)
    assert fuzzed(engine).rules_for_event('{"a":{"x":2,"b":1}}') == ["s"]


@SETTINGS
@given(event=st.binary(max_size=60))
def test_random_bytes_are_an_event_error(engine: str, event: bytes) -> None:
    """Whatever the bytes."""
    answer_or_error(engine, event)
    answer_or_error(engine, b"{" + event + b"}")


@SETTINGS
@given(event=st.text(alphabet=st.characters(), max_size=40))
def test_random_text_is_an_event_error(engine: str, event: str) -> None:
    """Whatever the characters, lone surrogates too."""
    answer_or_error(engine, event)
    answer_or_error(engine, '{"a":"' + event + '"}')


@given(event=strategies.events, data=st.data())
def test_a_mutated_event_is_an_event_or_an_error(engine: str, event: str, data: st.DataObject) -> None:
    """Bytes changed, taken out, doubled, and the end cut off."""
    damaged = bytearray(event.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged)))
        other = data.draw(st.integers(place, min(place + 8, len(damaged))))
        piece = data.draw(st.sampled_from([b"", b"\xff", b"\x00", b'"', b"\\", b"{", b"]", b",", b"9e999", b"\\ud800"]))
        damaged[place:other] = damaged[place:other] * 2 if data.draw(st.booleans()) else piece
    answer_or_error(engine, bytes(damaged))
    answer_or_error(engine, memoryview(damaged))
    answer_or_error(engine, bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


@pytest.mark.parametrize("event", [None, 1, [], (), object(), {1: 2}, {"a": {1}}, {"a": float("nan")}, {"a": 10**400}])
def test_what_is_no_event_is_an_event_error(engine: str, event: Any) -> None:
    """Values of other types, and decoded events with what JSON does not have."""
    with pytest.raises(EventError):
        fuzzed(engine).rules_for_event(event)


def test_a_decoded_event_that_holds_itself_is_too_deep(engine: str) -> None:
    """It has no end, and so no JSON text."""
    event: dict[str, Any] = {"b": [1]}
    event["a"] = [event, event]
    with pytest.raises(EventError) as caught:
        fuzzed(engine).rules_for_event(event)
    assert caught.value.code == "too-deep"
    assert fuzzed(engine).rules_for_event(json.dumps({"a": {"x": 2, "b": 1}})) == ["s"]
