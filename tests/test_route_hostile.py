"""Lines that are made to break something: what is no event ends in the dead letters, byte for byte; the rest goes on.

Through ``ruler run --once``, so through the reader of lines, the plan, the router, a file target and the dead letters.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_loop import run_virtual

from ruler import EventError, Matcher
from ruler.route import Event, Position, rule_set_of_mapping
from ruler.route.dead_letters import letter_of
from ruler.route.router import Router
from ruler.route.sources.line_cutter import LONGEST_LINE
from ruler.route.targets import MemoryTarget

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="positions are locked as POSIX does it")

CONFIG = """
dead_letter = "dead"
[source]
uri = "file:events.jsonl"
key = "/key"
[targets.all]
uri = "file:all.jsonl"
order = "key"
[targets.dead]
uri = "file:dead.jsonl"
[rules.every]
pattern = { "$or" = [{ kind = [{ exists = true }] }, { kind = [{ exists = false }] }] }
targets = ["all"]
"""
DEEP = 100_000
GOOD = {
    "an object of nothing": b"{}",
    "names that come twice": b'{"kind": 1, "kind": {"kind": [null]}}',
    "a name of nothing": b'{"": {"": [""]}}',
    "NUL as an escape": b'{"kind": "\\u0000", "\\u0000": 1}',
    "the largest and smallest floats": b'{"kind": [1.7976931348623157e308, 5e-324, -0.0, 1e-999]}',
    "a number of many digits": b'{"kind": 0.' + b"3" * 100_000 + b"}",
    "white space around": b" \t{ \t}\t ",
    "characters beyond the first plane": '{"kind": "\U0001f600\u2028\u2029\x7f\ufffe"}'.encode(),
    "half a megabyte": b'{"kind": "%s"}' % (b"x" * 500_000),
    "a hundred thousand elements": b'{"kind": [%s]}' % b",".join([b"1"] * 100_000),
    "keys of all kinds": b'{"key": {"a": [1, "x", null]}}',
    "a long key": b'{"key": "%s"}' % (b"k" * 100_000),
    "a key that is NUL": b'{"key": "\\u0000"}',
    "a member too much": b'{"kind": "a"}',
}
POISON = {
    "bytes that are no UTF-8": b'{"kind": "\xff\xfe"}',
    "an overlong slash": b'{"kind": "\xc0\xaf"}',
    "half of a surrogate pair in UTF-8": b'{"kind": "\xed\xa0\x80"}',
    "NUL": b"\0",
    "NUL in an object": b'{"kind": \0 1}',
    "NULs where a disk was full": b"\0" * 10_000,
    "every byte but the line end": bytes(range(10)) + bytes(range(11, 256)),
    "nested deep": b'{"kind": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "nested deep in objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "nested and never closed": b'{"kind": ' + b"[" * DEEP,
    "a number beyond all": b'{"kind": 1e999}',
    "a number of digits only": b'{"kind": ' + b"9" * 100_000 + b"}",
    "not a number": b'{"kind": NaN}',
    "a string": b'"kind"',
    "an array of events": b'[{"kind": 1}]',
    "null": b"null",
    "two events": b'{"kind": 1}{"kind": 2}',
    "half an event": b'{"kind": ',
    "a mark of the byte order": b"\xef\xbb\xbf{}",
    "a carriage return": b"{\r}\r{}",
    "markup": b"<html><script>alert(1)</script></html>",
    "two megabytes": b'{"kind": "%s"}' % (b"x" * 2_000_000),
}
TOO_LONG = b'{"kind": "%s"}' % (b"x" * 10_000_000)


@dataclass(frozen=True, slots=True)
class Routed:
    """What a run has left."""

    lines: list[bytes]
    letters: list[bytes]  # the events in the dead letters
    codes: list[str]
    exit_code: int


def run_once(directory: Path, content: bytes) -> Routed:
    """Route the lines of a file by the process."""
    (directory / "config.toml").write_text(CONFIG, encoding="utf-8")
    (directory / "events.jsonl").write_bytes(content)
    command = [sys.executable, "-P", "-m", "ruler", "run", "--once", "config.toml"]
    ended = subprocess.run(command, cwd=directory, capture_output=True, timeout=120)
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    dead = directory / "dead.jsonl"
    letters = [letter_of(line) for line in dead.read_bytes().split(b"\n") if line] if dead.exists() else []
    everything = directory / "all.jsonl"
    lines = everything.read_bytes().split(b"\n")[:-1] if everything.exists() else []
    position = json.loads((directory / "events.jsonl.position").read_bytes())
    assert len(content) == position["files"][-1]["offset"]
    return Routed(lines, [letter.data for letter in letters], [letter.code for letter in letters], ended.returncode)


def test_hostile_lines_end_in_dead_letters_and_the_rest_is_routed(tmp_path: Path) -> None:
    """Good and bad in turn: all good ones arrive, the bad ones as they were, and the file is done to its end."""
    lines = [*POISON.values(), TOO_LONG]
    mixed = [each for place, line in enumerate(lines) for each in (b'{"n": %d}' % place, line)] + list(GOOD.values())
    routed = run_once(tmp_path, b"".join(line + b"\n" for line in mixed))
    assert sorted([b'{"n": %d}' % place for place in range(len(lines))] + list(GOOD.values())) == sorted(routed.lines)
    assert sorted([*POISON.values(), TOO_LONG[:LONGEST_LINE]]) == sorted(routed.letters)
    assert {"not-json", "not-object", "not-utf8", "number-too-large", "too-deep", "too-large"} == set(routed.codes)
    assert 1 == routed.exit_code


def test_a_last_line_without_an_end_is_routed_too(tmp_path: Path) -> None:
    """Whether it is an event or not."""
    assert [b'{"a": 1}', b'{"b": 2}'] == run_once(tmp_path, b'{"a": 1}\r\n\r\n{"b": 2}').lines
    other = tmp_path / "other"
    other.mkdir()
    assert [b'{"b": '] == run_once(other, b'{"a": 1}\n{"b": ').letters


def is_event(data: bytes) -> bool:
    try:
        Matcher().rules_for_event(data)
    except EventError:
        return False
    return True


class Given:
    """A source of one batch."""

    def __init__(self, lines: list[bytes]) -> None:
        self.events = [Event(line, position=Position("given", place)) for place, line in enumerate(lines)]
        self.done_count = 0

    async def batches(self, *, max_events: int, max_bytes: int):  # type: ignore[no-untyped-def]
        yield self.events

    def done(self, position: Position) -> None:
        self.done_count = position.offset + 1

    async def pause(self) -> None:
        pass

    async def resume(self) -> None:
        pass

    async def close(self) -> None:
        pass


pieces = st.sampled_from([b'{"kind":', *[bytes([byte]) for byte in b'{}[]",:\0\xff'], b"1e9", b"\\u", b"d800"])
near_json = st.lists(pieces, max_size=12).map(b"".join)
damaged = st.builds(
    lambda line, at, put: line[: at % (len(line) + 1)] + put + line[at % (len(line) + 1) :],
    st.sampled_from([line for line in GOOD.values() if len(line) < 200]),
    st.integers(0, 200),
    st.binary(max_size=3),
)
hostile = st.binary(max_size=60) | near_json | damaged


@settings(max_examples=settings().max_examples // 2)
@given(lines=st.lists(hostile, max_size=8), form=st.sampled_from(["bare", "bare", "eventbridge", "cloudevents"]))
def test_whatever_comes_is_delivered_or_a_dead_letter(lines: list[bytes], form: str) -> None:
    """Any bytes at all, in any form of events: each is one or the other, never both, and its position is done."""
    every = {"$or": [{"kind": [{"exists": True}]}, {"kind": [{"exists": False}]}]}
    document = {"targets": {"all": {}, "dead": {}}, "dead_letter": "dead"}
    rule_set = rule_set_of_mapping(
        {**document, "rules": {"every": {"pattern": every, "targets": ["all"]}}}, provided=["all", "dead"]
    )
    target, dead, source = MemoryTarget(), MemoryTarget(), Given(lines)

    async def scenario() -> None:
        async with Router(rule_set, {"all": target, "dead": dead}, form=form, key="/kind") as router:
            await router.run(source)

    run_virtual(scenario())
    letters = [letter_of(line).data for line in dead.data]
    delivered = [delivery.event.original for delivery in target.deliveries]
    assert sorted(lines) == sorted(letters + delivered)
    assert len(lines) == source.done_count
    if form == "bare":
        assert sorted(line for line in lines if is_event(line)) == sorted(delivered)
