"""The worker for engines that are called from Python: it speaks the protocol, whatever goes wrong.

Each test starts the worker as the measurements do, as a script in a process of its own. The libraries of others are
tested where they are installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import require_native

from ruler import Matcher
from ruler.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "bench" / "worker.py"

RULES = {
    "lot": '{"properties": {"LOT": ["12"]}}',
    "Straße": '{"properties": {"STREET": ["É"]}}',
    "any lot": '{"properties": {"LOT": [{"exists": true}]}}',
}
EVENTS = [
    '{"properties": {"LOT": "12", "STREET": "É"}}',
    '{"properties": {"LOT": "13", "STREET": "E"}}',
    '{"properties": {}}',
    '{"properties": {"LOT": "12", "NUMBERS": [1, 2.5, [3]]}}',
]
NAMES = [["lot", "Straße", "any lot"], ["any lot"], [], ["lot", "any lot"]]

OURS = ("native", "native single", "native used", "native used single", "python", "python single")
PEERS = {"moto": "moto", "localstack": "localstack", "py-event-ruler": "event_ruler"}  # engine -> what it imports


class Process:
    """A worker that was started, and how to ask it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
        )

    def send(self, line: bytes) -> dict[str, Any]:
        """The reply to a line."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        stdin.write(line + b"\n")
        stdin.flush()
        reply = stdout.readline()
        assert reply.endswith(b"\n"), self._process.communicate()[1].decode()
        found: dict[str, Any] = json.loads(reply)
        return found

    def ask(self, do: str, **more: object) -> dict[str, Any]:
        """The reply to a request."""
        return self.send(json.dumps({"do": do, **more}).encode())

    def end(self) -> tuple[int, bytes, str]:
        """End its input: (exit code, what was left on standard output, standard error)."""
        output, errors = self._process.communicate(timeout=20)
        return self._process.returncode, output, errors.decode()

    def stop(self) -> None:
        """Make sure that it is gone."""
        self._process.kill()
        self._process.communicate()


Start = Callable[..., Process]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts workers: ``start("python")``, or another script with ``command=``; ends them."""
    monkeypatch.delenv("RULER_ENGINE", raising=False)

    started: list[Process] = []

    def start(engine: str, command: Sequence[str] = (str(WORKER),), **environment: str) -> Process:
        if engine.startswith("native"):
            require_native()
        if engine in PEERS and importlib.util.find_spec(PEERS[engine]) is None:
            pytest.skip(f"{engine} is not installed")
        started.append(Process([*command, engine], {**os.environ, **environment}))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def events_file(tmp_path: Path) -> str:
    return written(tmp_path / "events.jsonl", EVENTS)


@pytest.fixture
def rules_file(tmp_path: Path) -> str:
    return rules_written(tmp_path / "rules.jsonl", RULES)


def written(file: Path, lines: Sequence[str]) -> str:
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return str(file)


def rules_written(file: Path, rules: Mapping[str, str]) -> str:
    return written(file, [json.dumps(list(rule)) for rule in rules.items()])


def answers_in(file: Path) -> list[list[str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", [*OURS, *PEERS])
def test_a_worker_answers_as_the_library_does(
    name: str, start: Start, events_file: str, rules_file: str, tmp_path: Path
) -> None:
    """From hello to the end of its input, in any order of names; what ``match`` counts is what ``answers`` writes."""
    process, out = start(name), tmp_path / "answers.jsonl"
    hello = process.ask("hello")
    assert {"name", "version", "runtime"} == hello.keys()
    assert f"{platform.python_implementation()} {platform.python_version()}" == hello["runtime"]
    if name in OURS:
        assert ("ruler", VERSION) == (hello["name"], hello["version"])
    assert {"events": 4} == process.ask("events", file=events_file)
    added = process.ask("add", file=rules_file)
    assert added["rules"] == 3 and added["seconds"] > 0
    assert {"matches": 6} == process.ask("answers", first=0, end=4, file=str(out))
    assert [sorted(each) for each in NAMES] == [sorted(each) for each in answers_in(out)]
    assert list(Matcher(RULES).rules_for_events(EVENTS)) == NAMES
    assert {"matches": 3} == process.ask("answers", first=1, end=4, file=str(out))
    assert [sorted(each) for each in NAMES[1:]] == [sorted(each) for each in answers_in(out)]
    matched = process.ask("match", first=1, end=4)
    assert matched["matches"] == 3 and matched["seconds"] > 0
    assert (0, b"") == process.end()[:2]


@pytest.mark.parametrize("name", ["native", "native single", "python"])
def test_rules_come_and_go(name: str, start: Start, events_file: str, rules_file: str, tmp_path: Path) -> None:
    """Removed rules are forgotten; changes beside matching leave what was there; threads share one matcher."""
    process = start(name)
    process.ask("events", file=events_file)
    assert {"rules": 3} == process.ask("rules", file=rules_file)
    process.ask("add", file=rules_file)
    more = rules_written(tmp_path / "more.jsonl", {f"more-{number}": RULES["lot"] for number in range(5_000)})
    churned = process.ask("churn", file=more)
    assert churned["changes"] == 10_000 and churned["seconds"] > 0 and churned["matched"] > 0
    shared = process.ask("threads", count=3)
    assert shared["matches"] == 6 and shared["seconds"] > 0
    held = process.ask("memory")
    assert held["bytes"] > 1_000_000
    assert ("held" in held) == name.startswith("native")
    removed = process.ask("remove", file=rules_file)
    assert removed["rules"] == 3 and removed["seconds"] > 0
    assert 0 == process.ask("match", first=0, end=4)["matches"]
    assert "UnknownRuleError" in process.ask("remove", file=rules_file)["error"]
    assert process.ask("add", file=rules_file)["rules"] == 3
    assert 6 == process.ask("match", first=0, end=4)["matches"]


def test_python_counts_its_memory_when_asked(start: Start, rules_file: str) -> None:
    """With PYTHONTRACEMALLOC, for figures that do not depend on what the system had left over."""
    process = start("python", PYTHONTRACEMALLOC="1")
    before = process.ask("memory")["traced"]
    process.ask("add", file=rules_file)
    assert before < process.ask("memory")["traced"]


@pytest.mark.parametrize("name", ["native", "python"])
def test_a_rule_that_is_not_taken_is_refused_in_the_engine_s_words(name: str, start: Start, tmp_path: Path) -> None:
    """The reply names the rule; nothing was added, and the worker goes on."""
    process = start(name)
    events = written(tmp_path / "events.jsonl", EVENTS)
    process.ask("events", file=events)
    bad = rules_written(tmp_path / "bad.jsonl", {"lot": RULES["lot"], "bad": '{"a": 1}'})
    for request in ("add", "churn"):
        refused = process.ask(request, file=bad)
        assert {"refused"} == refused.keys()
        assert refused["refused"].startswith("bad: $.a: found the number 1, expected an array")
        matches = {"add": 0, "churn": 2}[request]  # one call each adds what comes before
        assert matches == process.ask("match", first=0, end=4)["matches"]


@pytest.mark.parametrize("name", ["native", "python", "python single", "orjson"])
def test_an_event_that_is_none_is_an_error(name: str, start: Start, rules_file: str, tmp_path: Path) -> None:
    """``answers`` says which; the events beside it can be matched."""
    process, out = start(name), tmp_path / "answers.jsonl"
    process.ask("events", file=written(tmp_path / "events.jsonl", [EVENTS[0], "{", EVENTS[1]]))
    process.ask("add", file=rules_file)
    assert process.ask("answers", first=0, end=3, file=str(out))["error"].startswith("event 1: ")
    assert {"error"} == process.ask("match", first=0, end=3).keys()
    assert {"error"} == process.ask("threads", count=2).keys()
    assert "seconds" in process.ask("match", first=2, end=3)
    if name != "orjson":
        assert {"error"} == process.ask("churn", file=rules_file).keys()


def test_the_yardstick_takes_rules_and_finds_none(
    start: Start, events_file: str, rules_file: str, tmp_path: Path
) -> None:
    """It decodes; what it has no way to do it says."""
    process, out = start("orjson"), tmp_path / "answers.jsonl"
    assert "orjson" == process.ask("hello")["name"]
    process.ask("events", file=events_file)
    assert 3 == process.ask("add", file=rules_file)["rules"]
    assert {"matches": 0} == process.ask("answers", first=0, end=4, file=str(out))
    assert [[], [], [], []] == answers_in(out)
    for request in ({"do": "match", "first": 0, "end": 4}, {"do": "threads", "count": 2}):
        assert 0 == process.ask(**request)["matches"]
    for do in ("remove", "churn"):
        assert {"cannot": "it holds no rules"} == process.ask(do, file=rules_file)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "not JSON"),
        (b'{"do": "match"', "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", 'found [], expected an object with "do" out of hello, events'),
        (b'{"do": ["match"]}', 'expected an object with "do" out of'),
        (b'{"do": "dance"}', 'expected an object with "do" out of'),
        (b'{"do": "events"}', 'events: expected "file", a path'),
        (b'{"do": "events", "file": "no/such/file"}', "No such file"),
        (b'{"do": "match", "first": 0}', 'match: "end" is null, expected 0 to 4'),
        (b'{"do": "match", "first": 0, "end": 5}', 'match: "end" is 5, expected 0 to 4'),
        (b'{"do": "match", "first": 3, "end": 2}', 'match: "first" is 3, expected 0 to 2'),
        (b'{"do": "threads", "count": 0}', 'threads: "count" is 0, expected 1 to '),
    ],
)
def test_a_request_that_is_none_gets_an_error(shared: Process, line: bytes, words: str) -> None:
    """And the next one its answer."""
    reply = shared.send(line)
    assert {"error"} == reply.keys()
    assert words in reply["error"]
    assert 6 == shared.ask("match", first=0, end=4)["matches"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One worker for many requests: they must not leave anything behind."""

    directory = tmp_path_factory.mktemp("shared")
    process = Process([str(WORKER), "python"], os.environ)
    process.ask("events", file=written(directory / "events.jsonl", EVENTS))
    process.ask("add", file=rules_written(directory / "rules.jsonl", RULES))
    yield process
    process.stop()


def test_files_of_rules_are_read_with_care(start: Start, tmp_path: Path) -> None:
    """Two rules of one name would be counted as two and be one."""
    process = start("python")
    twice = written(tmp_path / "twice.jsonl", ['["r", "{}"]', '["r", "{}"]'])
    assert 'holds two rules "r"' in process.ask("add", file=twice)["error"]
    broken = written(tmp_path / "broken.jsonl", ['["r"]'])
    assert "ValueError" in process.ask("add", file=broken)["error"]
    assert "no events" in process.ask("churn", file=rules_written(tmp_path / "rules.jsonl", RULES))["error"]


LOUD = """\
import os, sys
from bench import python_engines, worker

class Loud(python_engines.Decoding):
    def count(self, events):
        print("printed")
        os.write(1, b"written\\n")
        os.system("echo by a process of its own")
        return super().count(events)

python_engines.ENGINES["loud"] = Loud
sys.exit(worker.main())
"""


def test_what_a_library_prints_is_no_reply(start: Start, events_file: str) -> None:
    """In Python, below it, or from another process: all goes to standard error."""
    process = start("loud", ("-c", LOUD), PYTHONPATH=str(ROOT))
    process.ask("events", file=events_file)
    assert {"seconds", "matches"} == process.ask("match", first=0, end=4).keys()
    code, output, errors = process.end()
    assert (0, b"") == (code, output)
    assert ["by a process of its own", "printed", "written"] == sorted(errors.split("\n"))[1:]


def test_an_engine_that_is_not_installed_says_so(start: Start, tmp_path: Path) -> None:
    """Each reply is the reason: whoever asks learns it with the first, and the input may be written before."""
    (tmp_path / "orjson.py").write_text("raise ImportError('no orjson here')", encoding="utf-8")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from bench.worker import main; sys.exit(main())"
    process = start("orjson", ("-c", program), PYTHONPATH=str(ROOT))
    reason = {"error": "orjson cannot be loaded: ImportError: no orjson here"}
    assert [reason, reason] == [process.ask("hello"), process.ask("memory")]
    assert 0 == process.end()[0]


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    """On standard error, as for any command."""
    done = subprocess.run([sys.executable, str(WORKER), "nothing"], capture_output=True, check=False)
    assert (2, b"") == (done.returncode, done.stdout)
    assert b"'nothing'" in done.stderr and b"py-event-ruler" in done.stderr
