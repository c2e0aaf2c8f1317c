"""URIs of targets and sources: which scheme means what, the errors in their settings, and plug-ins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ruler.route import RuleSetError, TargetSettings, rule_set_of_mapping
from ruler.route.options import Options, SetupError, kind_of, shown_uri
from ruler.route.schemes import Scheme, known_schemes, path_of, source_of, target_of
from ruler.route.sources import LinesSource, StdinSource
from ruler.route.targets import HttpTarget, LinesTarget, MemoryTarget, StdoutTarget

OURS = {"file", "http", "https", "memory", "stdin", "stdout"}


def settings(uri: str, **options: Any) -> TargetSettings:
    return TargetSettings("ops", uri=uri, options=options)


def error_of(uri: str, **options: Any) -> str:
    """What is said about a target with these settings."""
    with pytest.raises(SetupError) as caught:
        target_of(settings(uri, **options))
    return str(caught.value)


# ----- ours


def test_each_scheme_means_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemes are the same in small and large letters."""
    monkeypatch.chdir(tmp_path)
    uris = {
        "file:out.jsonl": LinesTarget,
        f"FILE://{tmp_path}/out.jsonl": LinesTarget,
        "stdout:": StdoutTarget,
        "stdout:-": StdoutTarget,
        "memory:": MemoryTarget,
        "http://ops.example/hook": HttpTarget,
        "HTTPS://ops.example/hook": HttpTarget,
    }
    assert {uri: type(target_of(settings(uri))) for uri in uris} == uris
    assert known_schemes() >= OURS


def test_options_reach_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so does the time-out of the settings."""
    monkeypatch.setenv("OPS_TOKEN", "Bearer topsecret")
    target = target_of(
        TargetSettings(
            "ops",
            uri="https://ops.example",
            timeout=4.0,
            options={"headers": {"Authorization": {"env": "OPS_TOKEN"}, "X-Team": "ops"}, "content_type": "text/plain"},
        )
    )
    assert isinstance(target, HttpTarget)
    assert target.timeout == 4.0
    assert target._headers["Authorization"] == "Bearer topsecret"
    assert (target._headers["X-Team"], target._headers["Content-Type"]) == ("ops", "text/plain")
    lines = target_of(settings(f"file:{tmp_path}/out.jsonl", sync=True))
    assert isinstance(lines, LinesTarget) and lines._file.sync


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:dead.jsonl", "dead.jsonl"),
        ("file:logs/100%25.jsonl", "logs/100%.jsonl"),
        ("file:/var/dead.jsonl", "/var/dead.jsonl"),
        ("file:///var/dead%20letters.jsonl", "/var/dead letters.jsonl"),
        ("file://localhost/var/x", "/var/x"),
        ("file:caf%FF", "caf\udcff"),
    ],
)
def test_a_file_uri_is_a_path(uri: str, path: str) -> None:
    """Relative or whole, percent-encoded as URIs are."""
    assert path_of(uri) == path


@pytest.mark.parametrize("uri", ["file:", "file://", "file:///", "file:logs/", "file:a%00b"])
def test_a_file_uri_names_a_file(uri: str) -> None:
    """Not nothing, and not a directory."""
    assert "the URI names no file" in error_of(uri)


def test_a_file_on_another_machine_is_an_error() -> None:
    """A third slash is easily forgotten."""
    assert error_of("file://var/dead.jsonl") == (
        '$.targets.ops.uri: the URI names the machine "var"\n'
        "  why:   files are on this machine\n"
        '  write: "file:/var/..." for a whole path'
    )


def test_an_unknown_scheme_is_told_with_a_near_word() -> None:
    """By the document's reader at its place, and by who makes targets without a document."""
    assert error_of("htps://ops.example").startswith(
        '$.targets.ops.uri: nothing has the scheme "htps"; did you mean "http'
    )
    assert "there is no URI" in error_of("")
    assert "the URI has no scheme" in error_of("dead.jsonl")
    with pytest.raises(RuleSetError, match='no target has the scheme "fille"; did you mean "file"'):
        rule_set_of_mapping({"targets": {"ops": {"uri": "fille:x"}}}, schemes=known_schemes())
    assert rule_set_of_mapping({"targets": {"ops": {"uri": "stdout:"}}}, schemes=known_schemes()).targets


def test_a_scheme_of_sources_is_no_target() -> None:
    """And the other way round."""
    assert '"stdin" is the scheme of a source, and no target has it' in error_of("stdin:")
    with pytest.raises(SetupError, match='"stdout" is the scheme of a target, and no source has it') as caught:
        source_of("stdout:", {})
    assert caught.value.problems[0].location == ("source", "uri")


def test_each_scheme_means_a_source(tmp_path: Path) -> None:
    """Their options are as strict as those of targets."""
    source = source_of("file:orders%20new.jsonl", {"position_file": "here", "follow": False, "on_loss": "begin"})
    assert isinstance(source, LinesSource)
    assert (source.path, source.follow, source.on_loss) == ("orders new.jsonl", False, "begin")
    assert isinstance(source_of("file:orders.jsonl", {}), LinesSource)
    assert isinstance(source_of("stdin:", {}), StdinSource)
    with pytest.raises(SetupError) as caught:
        source_of("file:orders.jsonl", {"folow": True, "on_loss": "weep"})
    assert [str(each).splitlines()[0] for each in caught.value.problems] == [
        '$.source.options.folow: "folow" is not an option of a file source; did you mean "follow"?',
        '$.source.options.on_loss: found another string, expected "stop" or "begin"',
    ]


def test_an_unknown_option_is_an_error_that_says_what_can_be_written(tmp_path: Path) -> None:
    """With the near word, at its place in the document."""
    assert error_of(f"file:{tmp_path}/x", snyc=True) == (
        '$.targets.ops.options.snyc: "snyc" is not an option of a file target; did you mean "sync"?\n'
        "  why:   the options of a file target are sync\n"
        '  write: "sync"'
    )
    assert '"sync" is not an option of a stdout target' in error_of("stdout:", sync=True)
    assert "a memory target has no options" in error_of("memory:", most=5)
    assert not (tmp_path / "x").exists()


def test_every_problem_of_a_target_is_told_and_no_value() -> None:
    """Options may hold secrets, and so may addresses."""
    text = error_of(
        "https://me:topsecret@ops.example:0/topsecret",
        headers={"Authorization": ["topsecret"], "X-Key": {"env": "RULER_NOT_SET"}, "X y": "topsecret"},
        content_type=5,
        tiemout="topsecret",
    )
    lines = [line for line in text.splitlines() if line.startswith("$")]
    assert lines == [
        '$.targets.ops.options.tiemout: "tiemout" is not an option of an HTTP target',
        "$.targets.ops.options.headers.Authorization: found an array, which is no value of a header",
        '$.targets.ops.options.headers["X-Key"].env: there is no variable "RULER_NOT_SET" in the environment',
        "$.targets.ops.options.content_type: found a number, expected a string that is not empty",
        "$.targets.ops.uri: no server has port 0",
    ]
    assert "topsecret" not in text
    assert "RULER_NOT_SET=... before the command, or export it" in text
    assert '$.targets.ops.options.headers["X y"]: "X y" cannot be' in error_of("http://x", headers={"X y": "1"})
    assert "found null, expected an object" in error_of("http://x", headers=None)


def test_options_are_read_strictly() -> None:
    """What is wrong is told once, and read as if it were not there."""
    options = Options({"sync": "yes", "form": ""}, "a thing", ("sync", "form", "name"))
    assert options.boolean("sync") is False
    assert options.text("form", default="x", why="w", write="f") == "x"
    assert options.text("name", default="y", why="w", write="n") == "y"
    with pytest.raises(SetupError) as caught:
        options.finish()
    assert [each.what for each in caught.value.problems] == [
        "found a string, expected true or false",
        "found an empty string, expected a string that is not empty",
    ]
    assert [kind_of(value) for value in (True, 1.5, [], {})] == ["a boolean", "a number", "an array", "an object"]


def test_http_without_aiohttp_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else works without it."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    text = error_of("https://ops.example")
    assert "$.targets.ops.uri: targets of http and https need aiohttp, which is not installed" in text
    assert 'write: pip install "ruler-events[route]"' in text
    assert isinstance(target_of(settings("memory:")), MemoryTarget)


def test_nothing_is_imported_before_it_is_used() -> None:
    """A program that routes into functions pays for no HTTP client."""
    code = "import sys, ruler.route.schemes, ruler.route.targets; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://me:topsecret@ops.example:8443/topsecret?x=topsecret", "https://ops.example:8443"),
        ("https://ops.example?x=topsecret", "https://ops.example"),
        ("queue://me:topsecret@broker/topic?password=topsecret", "queue://broker/topic"),
        ("queue:me:topsecret@broker/topic", "queue:broker/topic"),
        ("file:dead@home.jsonl", "file:dead@home.jsonl"),
        ("stdout:", "stdout:"),
    ],
)
def test_a_uri_is_shown_without_what_may_be_secret(uri: str, shown: str) -> None:
    """For logs, metrics and status."""
    assert shown_uri(uri) == shown


# ----- plug-ins


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that distributions can be put into."""
    directory = tmp_path / "site"
    directory.mkdir()
    monkeypatch.syspath_prepend(str(directory))
    return directory


def install(site: Path, distribution: str, scheme: str, module: str, code: str) -> None:
    """What installing a distribution leaves, as far as it matters here."""
    (site / f"{module}.py").write_text(code)
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ruler.schemes]\n{scheme} = {module}:SCHEME\n")


QUEUE = """
from ruler.route import OK
from ruler.route.options import Options
from ruler.route.schemes import Scheme

class QueueTarget:
    def __init__(self, uri, topic):
        self.uri, self.topic = uri, topic
    async def send(self, deliveries):
        return [OK] * len(deliveries)
    async def close(self):
        pass

def target(settings):
    options = Options(settings.options, "a queue target", ("topic",))
    topic = options.text("topic", default="all", why="deliveries go to a topic", write='"topic": "orders"')
    options.finish()
    return QueueTarget(settings.uri, topic)

SCHEME = Scheme(target=target)
"""


def test_a_plug_in_brings_a_scheme(site: Path) -> None:
    """It is known without being loaded, makes targets, and its errors have places in the document."""
    install(site, "ruler-queue", "queue", "ruler_queue_a", QUEUE)
    assert "queue" in known_schemes()
    assert "ruler_queue_a" not in sys.modules
    target: Any = target_of(settings("queue://broker", topic="orders"))
    assert (type(target).__name__, target.uri, target.topic) == ("QueueTarget", "queue://broker", "orders")
    assert '$.targets.ops.options.topik: "topik" is not an option of a queue target' in error_of("queue:x", topik="a")
    with pytest.raises(SetupError, match='"queue" is the scheme of a target, and no source has it'):
        source_of("queue://broker", {})


def test_a_scheme_that_two_distributions_bring_is_an_error_naming_both(site: Path) -> None:
    """Only for who uses it; ours cannot be taken over either."""
    install(site, "ruler-queue", "queue", "ruler_queue_b", QUEUE)
    install(site, "other-queue", "queue", "ruler_queue_c", QUEUE)
    install(site, "better-http", "http", "ruler_queue_d", QUEUE)
    text = error_of("queue://broker")
    assert 'two distributions bring the scheme "queue": ' in text
    assert "ruler-queue" in text.splitlines()[0] and "other-queue" in text.splitlines()[0]
    assert 'two distributions bring the scheme "http": ruler-events and better-http' in error_of("http://ops.example")
    assert isinstance(target_of(settings("memory:")), MemoryTarget)
    assert not {"ruler_queue_b", "ruler_queue_c", "ruler_queue_d"} & set(sys.modules)


def test_a_plug_in_that_cannot_be_loaded_is_named_with_its_scheme(site: Path) -> None:
    """Whatever its module raises; other schemes work."""
    install(site, "ruler-broken", "broken", "ruler_broken", "raise OSError('no \\x1b library')")
    install(site, "ruler-empty", "empty", "ruler_empty", "")
    assert error_of("broken:x") == (
        '$.targets.ops.uri: the plug-in ruler-broken, which brings the scheme "broken", cannot be loaded: '
        "OSError: no \\u001b library\n"
        "  why:   its entry point is ruler_broken:SCHEME, and that raised an error\n"
        "  write: a version of ruler-broken that works here"
    )
    assert 'ruler-empty, which brings the scheme "empty", cannot be loaded: AttributeError' in error_of("empty:x")
    assert isinstance(target_of(settings("memory:")), MemoryTarget)


def test_a_plug_in_that_gives_something_else_is_told_what_to_give(site: Path) -> None:
    """The class of a target alone, for example."""
    install(site, "ruler-wrong", "wrong", "ruler_wrong", "class SCHEME: pass")
    assert error_of("wrong:x") == (
        '$.targets.ops.uri: the plug-in ruler-wrong, which brings the scheme "wrong", gives a type\n'
        "  why:   what the entry point of a plug-in names is a Scheme of ruler.route.schemes\n"
        "  write: SCHEME = Scheme(target=...) in ruler-wrong, where ruler_wrong:SCHEME is"
    )


def test_a_plug_in_may_bring_a_source(site: Path) -> None:
    """Its maker gets the URI and the options."""
    code = "from ruler.route.schemes import Scheme\nSCHEME = Scheme(source=lambda uri, options: (uri, options))\n"
    install(site, "ruler-topic", "topic", "ruler_topic", code)
    found: Any = source_of("topic:orders", {"group": "a"})
    assert found == ("topic:orders", {"group": "a"})
    assert '"topic" is the scheme of a source, and no target has it' in error_of("topic:orders")
    assert Scheme().target is None
