"""The workers of the peers: built once, absent with a reason, and speaking the protocol of the benchmark.

Nothing is downloaded here. The tools are stand-ins on a PATH of their own; the real peers are asked only where
`python -m bench.peers.build` has built them before.
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.peers import build

ROOT = Path(__file__).resolve().parent.parent

COMPILED = ("event-ruler", "quamina", "quamina-rs")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory as the PATH, and another one to build in."""
    directory = tmp_path / "tools"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(build, "BUILD", tmp_path / "built")
    return directory


def put_tool(directory: Path, name: str, lines: str) -> Path:
    """A tool that notes each call in a file of its own, and then does as the lines of shell say."""
    tool = directory / name
    calls = directory / f"{name}.calls"
    tool.write_text(f'#!/bin/sh\necho "$@" >> "{calls}"\n{lines}\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    return calls


def builds(calls: Path) -> int:
    """How often the tool was called to build."""
    return sum(line.startswith("build ") for line in calls.read_text().splitlines())


CARGO = """
case "$1" in
  --version) echo "cargo 1.0.0";;
  build) for last; do :; done; /bin/mkdir -p "$last/release"; echo "#!/bin/sh" > "$last/release/harness";;
esac
"""


@pytest.mark.parametrize(("engine", "tool"), [("event-ruler", "mvn"), ("quamina", "go"), ("quamina-rs", "cargo")])
def test_missing_tool_is_the_reason(tools: Path, engine: str, tool: str) -> None:
    """Where the build tool is not installed, the peer is absent and the reason names the tool."""
    assert build.Built(None, f"{tool} is not on the PATH") == build.command(engine)


def test_failing_tool_speaks_in_its_own_words(tools: Path) -> None:
    """Of what a tool prints, the line that tells why is the reason: without colours, addresses and paths."""
    put_tool(
        tools,
        "go",
        """
case "$1" in
  version) echo "go version go1.26.0 linux/amd64";;
  *) echo "go: finding module for package example.org/peer/v2" >&2
     echo "\tpeer/v2: reading https://proxy.example.org/peer/v2/@v/list: 403 Forbidden" >&2
     exit 1;;
esac
""",
    )
    assert build.Built(None, "go: peer/v2: reading … 403 Forbidden") == build.command("quamina")


def test_tool_that_fails_without_a_word_is_named(tools: Path) -> None:
    """A tool that prints nothing still leaves a reason: its exit code."""
    put_tool(tools, "cargo", "exit 7")
    assert build.Built(None, "cargo: exit code 7, and no word why") == build.command("quamina-rs")


def test_tool_that_never_ends_is_given_up(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that does not answer holds up a run only for so long."""
    monkeypatch.setattr(build, "LIMIT_SECONDS", 0.1)
    put_tool(tools, "go", "exec /bin/sleep 5")
    assert build.Built(None, "go version took more than 0.1 seconds") == build.command("quamina")


def test_place_that_cannot_be_written_is_a_reason(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only tools fail: a build directory that cannot be made is an absent peer too, not a traceback."""
    put_tool(tools, "cargo", CARGO)
    (tools / "file").touch()
    monkeypatch.setattr(build, "BUILD", tools / "file" / "built")
    absent = build.command("quamina-rs").absent
    assert absent is not None and "Not a directory" in absent


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        (
            "[INFO] Scanning\n\x1b[1;31m[ERROR]\x1b[m Failed to execute goal on project x: Could not resolve a:b:1: "
            "Could not transfer from central (https://repo.example.org/maven2): status: 403 -> [Help 1]\n[ERROR]\n"
            "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.\n"
            "[ERROR] [Help 1] http://cwiki.example.org/DependencyResolutionException\n",
            "Failed to execute goal on project x: Could not resolve a:b:1: "
            "Could not transfer from central (…): status: 403",
        ),
        (
            "error: no matching package named `quamina` found\nlocation searched: crates.io index\n",
            "no matching package named `quamina` found",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement moto==9 (from versions: none)\n"
            "ERROR: No matching distribution found for moto==9\n\n[notice] To update, run: pip install --upgrade pip\n",
            "No matching distribution found for moto==9",
        ),
        ("first\nlast\n", "last"),
        ("error: " + "x" * 1000, "x" * 299 + "…"),
        ("cannot open /home/somebody/.cargo/registry: denied", "cannot open …: denied"),
    ],
)
def test_reason_is_the_telling_line(printed: str, reason: str) -> None:
    """The last line with a word of failure is the reason, or the last of all; advice is passed over."""
    assert reason == build._reason(printed)


def test_built_peer_is_used_again_until_its_sources_change(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool builds once for the same sources, again after a change of them, and then without files that went."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "main.rs").write_text("fn main() {}")
    (sources / "old.rs").write_text("")
    recipe = build.Recipe(sources, (("cargo", "--version"),), build._quamina_rs)
    monkeypatch.setattr(build, "RECIPES", {"quamina-rs": recipe})
    calls = put_tool(tools, "cargo", CARGO)

    first = build.command("quamina-rs")
    assert first.absent is None and first.command is not None and Path(first.command[0]).exists()
    assert first == build.command("quamina-rs")
    assert 1 == builds(calls)

    (sources / "main.rs").write_text("fn main() { }")
    (sources / "old.rs").unlink()
    assert first == build.command("quamina-rs")
    assert 2 == builds(calls)
    assert ["main.rs"] == [path.name for path in (build.BUILD / "quamina-rs" / "source").iterdir()]

    Path(first.command[0]).unlink()
    assert first == build.command("quamina-rs")
    assert 3 == builds(calls)


def test_failed_build_is_tried_again(tools: Path) -> None:
    """A peer that could not be built is not taken for built, nor given up for good."""
    put_tool(tools, "cargo", "[ $1 = --version ] || { echo 'error: no network' >&2; exit 101; }")
    assert build.Built(None, "cargo: no network") == build.command("quamina-rs")
    put_tool(tools, "cargo", CARGO)
    assert build.command("quamina-rs").absent is None


def test_new_tool_builds_again(tools: Path) -> None:
    """A new version of a tool may build something faster, so the stamp holds versions too."""
    put_tool(tools, "cargo", CARGO)
    build.command("quamina-rs")
    calls = put_tool(tools, "cargo", CARGO.replace("1.0.0", "1.0.1"))
    build.command("quamina-rs")
    assert 2 == builds(calls)


def test_ours_run_in_this_python() -> None:
    """What is installed here is what is measured."""
    assert build.Built((sys.executable, str(build.WORKER), "native used"), None) == build.command("native used")


class Worker:
    """A peer's worker and what it is asked. Its log goes with the test's."""

    def __init__(self, command: tuple[str, ...], directory: Path) -> None:
        self.directory = directory
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        assert isinstance(reply, dict)
        return reply

    def file(self, name: str, lines: list[Any]) -> str:
        path = self.directory / name
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
        return str(path)

    def answers(self, first: int, end: int) -> list[set[str]]:
        path = self.directory / "answers.jsonl"
        reply = self.ask("answers", first=first, end=end, file=str(path))
        answers = [json.loads(line) for line in path.read_text().splitlines()]
        assert {"matches": sum(map(len, answers))} == reply
        return [set(names) for names in answers]

    def end(self) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=5)


@pytest.fixture(params=COMPILED)
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Worker]:
    stamp = build.BUILD / request.param / "stamp.json"
    if not stamp.exists():
        pytest.skip(f"{request.param} is not built here; python -m bench.peers.build builds it")
    worker = Worker(tuple(json.loads(stamp.read_text())["command"]), tmp_path)
    yield worker
    assert worker.end() == 0


def test_built_peer_speaks_the_protocol(worker: Worker) -> None:
    """Each request has its reply, in one session, as a run of the benchmark asks them."""
    hello = worker.ask("hello")
    assert {"name", "version", "runtime"} == set(hello)
    assert hello["version"][0].isdigit()

    events = [{"a": "x", "b": "y"}, {"a": "ü"}, {"a": "z"}] * 100
    assert {"events": 300} == worker.ask("events", file=worker.file("events.jsonl", events))
    rules = worker.file("rules.jsonl", [["one ü", '{"a": ["x", "ü"]}'], ["two", '{"b": [{"prefix": "y"}]}']])
    assert 2 == worker.ask("add", file=rules)["rules"]
    assert [{"one ü", "two"}, {"one ü"}, set()] == worker.answers(0, 3)

    matched = worker.ask("match", first=3, end=9)
    assert 6 == matched["matches"] and matched["seconds"] > 0
    for count in (1, 2):
        shared = worker.ask("threads", count=count)
        assert 300 == shared["matches"] and shared["seconds"] > 0
    assert worker.ask("memory")["bytes"] > 1000

    changes = worker.ask("churn", file=worker.file("more.jsonl", [[f"n{n}", f'{{"a": ["{n}"]}}'] for n in range(20)]))
    if "cannot" in changes:  # a peer whose matching must stop for a change says so in words
        assert {"cannot"} == changes.keys() and " " in changes["cannot"]
    else:
        assert {"changes", "seconds", "matched"} <= changes.keys()
        assert 40 == changes["changes"] and changes["seconds"] > 0
    assert [{"one ü", "two"}, {"one ü"}, set()] == worker.answers(0, 3)

    assert 2 == worker.ask("remove", file=rules)["rules"]
    assert [set(), set(), set()] == worker.answers(0, 3)


def test_built_peer_goes_on_after_what_it_cannot_do(worker: Worker) -> None:
    """A rule it refuses, an event it cannot read, a request that does not exist: each has its reply."""
    refused = worker.ask("add", file=worker.file("rules.jsonl", [["odd", '{"a": "x"}']]))
    assert {"refused"} == set(refused) and refused["refused"].startswith("odd: ")
    assert {"cannot"} == set(worker.ask("dance"))
    assert {"error"} == set(worker.ask("events", file="no such file"))

    assert 1 == worker.ask("add", file=worker.file("rules.jsonl", [["good", '{"a": ["x"]}']]))["rules"]
    worker.ask("events", file=worker.file("events.jsonl", ['{"a": "x"}', '{"b": ', '{"a": "y"}']))
    error = worker.ask("match", first=0, end=3)
    assert {"error"} == set(error) and "event 1" in error["error"]
    assert [{"good"}] == worker.answers(0, 1)
