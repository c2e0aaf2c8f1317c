"""``ruler run`` as a process: real files, real signals, a real HTTP server on loopback."""

from __future__ import annotations

import json
import os
import pty
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cli_runner import TIMEOUT_SECONDS, Result, Shell, end

for _module in ("aiohttp", "prometheus_client", "watchfiles"):
    pytest.importorskip(_module, reason="ruler run needs the extra ruler-events[route]")

ONE_FILE = """\
dead_letter = "dead"

[source]
uri = "file:in.jsonl"

[targets.all]
uri = "file:all.jsonl"

[targets.big]
uri = "file:big.jsonl"

[targets.dead]
uri = "file:dead.jsonl"

[rules.any]
pattern.n = [{ exists = true }]
targets = ["all"]

[rules.big]
pattern.n = [{ numeric = [">", 5] }]
targets = ["big"]
"""
TO_SERVER = """\
[source]
uri = "file:in.jsonl"

[targets.hook]
uri = "http://127.0.0.1:{port}/hook"
concurrency = 1

[rules.any]
pattern.n = [{{ exists = true }}]
targets = ["hook"]
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def events(count: int, first: int = 0) -> str:
    """Lines of events that count up."""
    return "".join(f'{{"n": {number}}}\n' for number in range(first, first + count))


def numbers_in(shell: Shell, name: str) -> list[int]:
    """The numbers of the events in a file of lines."""
    return [json.loads(line)["n"] for line in (shell.directory / name).read_text().splitlines()]


class Running:
    """A ``ruler run`` that goes on: what it has said so far."""

    def __init__(self, shell: Shell, *arguments: str, stderr: int = subprocess.PIPE) -> None:
        self.process = shell.start("run", *arguments, stderr=stderr)
        self.said = ""

    def wait_for(self, text: str, descriptor: int | None = None) -> None:
        """Wait until the text was said, on standard error unless another descriptor is named."""
        if descriptor is None:
            assert self.process.stderr is not None
            descriptor = self.process.stderr.fileno()
        while text not in self.said:
            ready, _, _ = select.select([descriptor], [], [], TIMEOUT_SECONDS)
            assert ready, f"{text!r} was not said, but {self.said!r}"
            piece = os.read(descriptor, 65536).decode()
            assert piece, f"it ended without {text!r}, after {self.said!r}"
            self.said += piece

    def stop(self, number: int = signal.SIGTERM) -> Result:
        """Send a signal, and return how it ended."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> Result:
        output, errors = self.process.communicate(timeout=TIMEOUT_SECONDS)
        return Result(self.process.returncode, output or b"", self.said + (errors or b"").decode())


@contextmanager
def running(shell: Shell, *arguments: str, stderr: int = subprocess.PIPE) -> Iterator[Running]:
    """Start ``ruler run``; whatever happens, it does not outlive the test."""
    one = Running(shell, *arguments, stderr=stderr)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


class Hook:
    """An HTTP server that takes deliveries, one when it is let, and remembers their numbers."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.asked: queue.Queue[int] = queue.Queue()  # numbers of requests that wait for leave
        self.leave = threading.Semaphore(0)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                number = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["n"]
                hook.asked.put(number)
                hook.leave.acquire()
                hook.taken.append(number)
                try:
                    self.send_response(204)
                    self.end_headers()
                except OSError:
                    self.close_connection = True  # who asked has gone

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def let(self, count: int) -> None:
        self.leave.release(count)

    def close(self) -> None:
        self.let(100_000)
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.close()


# ----- to the end of a file


def test_once_routes_a_file_to_its_end(shell: Shell) -> None:
    """Each target has what its rules match, in order; the summary accounts for every event; exit 0."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10) + '{"m": 1}\n')
    done = shell.run("run", "--once", "config.toml")
    assert (0, b"") == (done.code, done.output)
    assert list(range(10)) == numbers_in(shell, "all.jsonl")
    assert [6, 7, 8, 9] == numbers_in(shell, "big.jsonl")
    assert done.errors.splitlines()[1:] == [
        "ruler run: the source has ended; 11 events came in, all of them are done",
        "  events  10 matched, 1 unmatched, 0 no events",
        "  all     10 delivered",
        "  big     4 delivered",
        "  dead    0 delivered",
    ]


def test_a_second_run_goes_on_where_the_first_ended(shell: Shell) -> None:
    """The position is recorded, so nothing is delivered twice."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    assert 0 == shell.run("run", "--once", "config.toml").code
    with (shell.directory / "in.jsonl").open("a") as file:
        file.write(events(5, first=10))
    done = shell.run("run", "--once", "config.toml")
    assert "5 events came in, all of them are done" in done.errors
    assert list(range(15)) == numbers_in(shell, "all.jsonl")


def test_dead_letters_show_in_the_exit_code_of_once(shell: Shell) -> None:
    """What is no event goes to the dead letters; all is accounted for, and a script is told by exit code 1."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(2) + "nope\n")
    done = shell.run("run", "--once", "config.toml")
    assert 1 == done.code
    assert "events  2 matched, 0 unmatched, 1 no events" in done.errors
    letter = json.loads((shell.directory / "dead.jsonl").read_text())
    assert ("not-json", "nope") == (letter["code"], letter["text"])


def test_standard_input_is_the_source_where_there_is_none(shell: Shell) -> None:
    """From a pipe to standard output, as a filter would."""
    shell.write("config.toml", '[targets.out]\nuri = "stdout:"\n[rules.one]\npattern.n = [1]\ntargets = ["out"]\n')
    done = shell.run("run", "config.toml", given=events(3).encode())
    assert (0, b'{"n": 1}\n') == (done.code, done.output)


def test_each_part_of_the_targets_gets_all_its_events(shell: Shell) -> None:
    """Parts have positions of their own: what one has done is not done for another, and is for itself."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    for _ in range(2):
        for part in ("a*", "b*"):
            assert 0 == shell.run("run", "--once", "--targets", part, "config.toml").code
    assert list(range(10)) == numbers_in(shell, "all.jsonl")
    assert [6, 7, 8, 9] == numbers_in(shell, "big.jsonl")
    assert (shell.directory / "in.jsonl.position.a%2A").exists()


def test_a_part_of_the_targets_may_be_run(shell: Shell) -> None:
    """--targets leaves the others alone, and a glob that fits none is told."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    assert 0 == shell.run("run", "--once", "--targets", "b*", "config.toml").code
    assert [6, 7, 8, 9] == numbers_in(shell, "big.jsonl")
    assert not (shell.directory / "all.jsonl").exists()
    done = shell.run("run", "--once", "--targets", "x*", "config.toml")
    assert (2, "ruler: config.toml: --targets: no target is called x*; there are all, big, dead\n") == (
        done.code,
        done.errors,
    )


def test_a_summary_for_programs_is_one_line_of_json(shell: Shell) -> None:
    """With --log-format json all of standard error is objects, one on each line."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    done = shell.run("run", "--once", "--log-format", "json", "config.toml")
    first, last = map(json.loads, done.errors.splitlines())
    assert ("routing begins", "file:in.jsonl") == (first["text"], first["source"])
    assert ("routing has ended", "the end of the source", 10, 10, 0) == tuple(
        last[name] for name in ("text", "ending", "events", "matched", "not_done")
    )
    assert {"delivered": 4, "dead_letters": 0, "retried": 0, "undeliverable": 0, "open": 0} == last["targets"]["big"]


# ----- signals


def test_a_graceful_stop_delivers_what_was_begun_and_the_next_run_the_rest(shell: Shell, hook: Hook) -> None:
    """SIGTERM in the midst of it: in two runs every event is delivered once, in order."""
    shell.write("config.toml", TO_SERVER.format(port=hook.port))
    shell.write("in.jsonl", events(40))
    with running(shell, "config.toml") as one:
        hook.let(10)
        while hook.asked.get(timeout=TIMEOUT_SECONDS) < 10:
            pass
        one.process.send_signal(signal.SIGTERM)
        one.wait_for("SIGTERM: stopping; another signal stops at once")
        hook.let(100_000)
        done = one.end()
    assert 0 == done.code
    assert "stopped by SIGTERM" in done.errors
    assert "all of them are done" in done.errors
    assert 0 == shell.run("run", "--once", "config.toml").code
    assert list(range(40)) == hook.taken


def test_a_second_signal_stops_at_once_and_loses_nothing(shell: Shell, hook: Hook) -> None:
    """A target that never answers does not hold up the second signal; the next run delivers what was open."""
    shell.write("config.toml", TO_SERVER.format(port=hook.port))
    shell.write("in.jsonl", events(5))
    with running(shell, "config.toml") as one:
        assert 0 == hook.asked.get(timeout=TIMEOUT_SECONDS)
        one.process.send_signal(signal.SIGINT)
        one.wait_for("SIGINT: stopping; another signal stops at once")
        done = one.stop(signal.SIGTERM)
    assert 130 == done.code
    assert "stopped by SIGINT; 5 events came in, 5 of them not done: the next start reads on" in done.errors
    assert "  hook    0 delivered, 5 not answered" in done.errors
    hook.let(100_000)
    assert 0 == shell.run("run", "--once", "config.toml").code
    assert [0, *range(5)] == sorted(hook.taken)  # the first was asked twice: at least once


def test_once_that_is_stopped_before_the_end_says_so(shell: Shell, hook: Hook) -> None:
    """A script that waits for the end of the file learns that it was not reached."""
    shell.write("config.toml", TO_SERVER.format(port=hook.port))
    shell.write("in.jsonl", events(5))
    with running(shell, "--once", "config.toml") as one:
        hook.asked.get(timeout=TIMEOUT_SECONDS)
        one.process.send_signal(signal.SIGTERM)
        one.wait_for("SIGTERM: stopping")
        hook.let(100_000)
        assert 143 == one.end().code


# ----- rules that change


def test_changed_rules_take_effect_and_bad_ones_do_not(shell: Shell) -> None:
    """A bad change is told with its errors and the rules of before go on; a valid one counts from then on."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", "")
    path = shell.directory / "in.jsonl"
    with running(shell, "config.toml") as one:
        one.wait_for("routing begins")
        shell.write("new.toml", ONE_FILE.replace('">", 5', '">", "5"'))
        os.replace(shell.directory / "new.toml", shell.directory / "config.toml")
        one.wait_for("write: 5")
        assert (
            "error: the rules in config.toml have errors; those of before go on (path=config.toml, errors=1)\n"
            in one.said
        )
        assert 'config.toml:20:32: big: $.n[0].numeric[1]: found the string "5", expected a number' in one.said
        path.write_text(events(10))
        shell.write("new.toml", ONE_FILE.replace('">", 5', '">", 7') + '[targets.more]\nuri = "file:more.jsonl"\n')
        while numbers_in(shell, "big.jsonl") != [6, 7, 8, 9]:
            assert one.process.poll() is None
        os.replace(shell.directory / "new.toml", shell.directory / "config.toml")
        one.wait_for("the rules have changed")
        with path.open("a") as file:
            file.write(events(10))
        while numbers_in(shell, "big.jsonl") != [6, 7, 8, 9, 8, 9]:
            assert one.process.poll() is None
        done = one.stop()
    assert 0 == done.code


def test_sighup_reads_the_rules_again(shell: Shell) -> None:
    """Asked, it reads them also where nothing has changed, and says so."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", "")
    with running(shell, "config.toml") as one:
        one.wait_for("routing begins")
        one.process.send_signal(signal.SIGHUP)
        one.wait_for("the rules mean what they meant")
        assert 0 == one.stop().code


# ----- health and metrics


def ask(address: str, path: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    try:
        with urllib.request.urlopen(address + path, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_rules_that_change_as_it_starts_get_targets_of_their_own(shell: Shell) -> None:
    """A target is made before the rules are read to be watched: where its settings differ then, another one is."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(1))
    changed = ONE_FILE.replace("all.jsonl", "new.jsonl")
    code = (
        "import sys, ruler_cli.run_process as process\n"
        "from ruler_cli.main import run\n"
        "make_all = process.make_all\n"
        "def made_and_changed(plan):\n"
        "    made = make_all(plan)\n"
        f"    open('config.toml', 'w').write({changed!r})\n"
        "    return made\n"
        "process.make_all = made_and_changed\n"
        "sys.exit(run(['run', 'config.toml']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=shell.directory, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + TIMEOUT_SECONDS
            while not any((shell.directory / name).stat().st_size for name in existing(shell)):
                assert time.monotonic() < until
                time.sleep(0.01)
        finally:
            process.terminate()
    assert numbers_in(shell, "new.jsonl") == [0]


def existing(shell: Shell) -> list[str]:
    """Those of the files for all events that are there."""
    return [name for name in ("all.jsonl", "new.jsonl") if (shell.directory / name).exists()]


def test_health_and_metrics_are_served_while_it_runs(shell: Shell) -> None:
    """On the port that --serve names; the address of a free one is told."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    with running(shell, "--serve", "0", "--log-format", "json", "config.toml") as one:
        one.wait_for("\n")
        address = json.loads(one.said.splitlines()[0])["serve"]
        while 'ruler_deliveries_total{outcome="delivered",target="big"} 4.0' not in (
            said := ask(address, "/metrics")[1]
        ):
            assert one.process.poll() is None
        assert "ruler_events_total 10.0\n" in said
        assert (200, {"status": "ready"}) == (lambda code, text: (code, json.loads(text)))(*ask(address, "/readyz"))
        code, text = ask(address, "/healthz")
        facts = json.loads(text)
        assert (200, "alive", "running", "as read") == (code, facts["status"], facts["state"], facts["rules"])
        assert {"all": "open", "big": "open", "dead": "open"} == facts["targets"]
        assert 0 == one.stop().code


def test_it_is_not_ready_while_it_stops(shell: Shell, hook: Hook) -> None:
    """/readyz is 503 with the reason from the signal on, so that nobody waits for it."""
    shell.write("config.toml", TO_SERVER.format(port=hook.port))
    shell.write("in.jsonl", events(1))
    with running(shell, "--serve", "0", "--log-format", "json", "config.toml") as one:
        one.wait_for("\n")
        address = json.loads(one.said.splitlines()[0])["serve"]
        hook.asked.get(timeout=TIMEOUT_SECONDS)
        one.process.send_signal(signal.SIGTERM)
        one.wait_for("stopping")
        code, text = ask(address, "/readyz")
        assert (503, "stopped") == (code, json.loads(text)["reasons"][0]["code"])
        hook.let(1)
        assert 0 == one.end().code


# ----- a terminal


def test_a_terminal_shows_how_far_it_has_come(shell: Shell) -> None:
    """One line, written over and over, and taken away before the summary."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    main, secondary = pty.openpty()
    try:
        with running(shell, "config.toml", stderr=secondary) as one:
            os.close(secondary)
            one.wait_for("10 events, ", main)
            one.wait_for("14 delivered, 0 tried again, 0 dead letters, 0 in flight", main)
            one.process.send_signal(signal.SIGINT)
            one.wait_for("  dead    0 delivered", main)
            assert 0 == one.process.wait(TIMEOUT_SECONDS)
    finally:
        os.close(main)
    assert "\r\x1b[K10 events, " in one.said
    assert "a second" not in one.said.rpartition("\r\x1b[K")[2]


# ----- what cannot run


def errors_of(shell: Shell, *arguments: str) -> str:
    """What is said by a run that must end with exit code 2 and without a traceback."""
    done = shell.run("run", *arguments)
    assert 2 == done.code, done.errors
    assert "Traceback" not in done.errors
    return done.errors


def test_a_port_in_use_is_told_before_anything_is_read(shell: Shell) -> None:
    """What, why, and what to write; no position is recorded."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = errors_of(shell, "--once", "--serve", str(port), "config.toml")
    assert said == (
        f"ruler run: health and metrics cannot be served on 127.0.0.1, port {port}\n"
        "  why:   another process uses this port\n"
        "  write: another port, or 0 for a free one\n"
    )
    assert not (shell.directory / "in.jsonl.position").exists()


def test_a_source_that_is_not_there_is_told(shell: Shell) -> None:
    """With --once there is nothing to wait for."""
    shell.write("config.toml", ONE_FILE)
    said = errors_of(shell, "--once", "config.toml")
    assert "ruler run: in.jsonl: there is no such file\n" in said
    assert "stopped by an error; no event came in" in said


def test_a_source_that_was_cut_short_is_told(shell: Shell) -> None:
    """Events that nobody can read any more are never passed over in silence."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    assert 0 == shell.run("run", "--once", "config.toml").code
    shell.write("in.jsonl", events(1))
    said = errors_of(shell, "--once", "config.toml")
    assert "ruler run: in.jsonl: " in said
    assert "why:   the file was cut short or written anew" in said
    assert 'on_loss = "begin"' in said


def test_targets_and_sources_that_cannot_be_made_are_told_at_their_place(shell: Shell) -> None:
    """All of them, in one go, with line and column."""
    config = ONE_FILE.replace("file:all.jsonl", "file:none/all.jsonl").replace('in.jsonl"', 'in.jsonl"\nposition = 5')
    shell.write("config.toml", config)
    assert "config.toml:5:12: found the number 5" in errors_of(shell, "--check", "config.toml")
    config = ONE_FILE.replace("file:all.jsonl", "file:none/all.jsonl").replace(
        'in.jsonl"', 'in.jsonl"\noptions = {x = 1}'
    )
    shell.write("config.toml", config)
    for arguments in (["--check"], ["--once"], []):
        said = errors_of(shell, *arguments, "config.toml")
        assert 'config.toml:5:16: "x" is not an option of a file source' in said
        assert "config.toml:8:7: cannot open none/all.jsonl: there is no directory none" in said


def test_a_target_that_writes_into_the_source_is_told(shell: Shell) -> None:
    """By whatever path: the file would never come to an end."""
    shell.write("config.toml", ONE_FILE.replace("file:big.jsonl", f"file:{shell.directory}/in.jsonl"))
    shell.write("in.jsonl", events(1))
    said = errors_of(shell, "--once", "config.toml")
    assert f"config.toml:10:7: {shell.directory}/in.jsonl is the file that events are read from\n" in said
    assert events(1) == (shell.directory / "in.jsonl").read_text()


def test_options_of_a_source_are_called_as_they_are_written(shell: Shell) -> None:
    """The member is position; what it is called inside is nobody's affair."""
    shell.write("config.toml", '[source]\nuri = "stdin:"\nposition = "x"\n')
    assert errors_of(shell, "config.toml").splitlines()[0] == (
        'config.toml:3:12: "position" is not an option of a stdin source'
    )


def test_a_delivery_that_nobody_takes_ends_the_run(shell: Shell) -> None:
    """Without dead letters what is no event cannot be passed over: what, where, why, write, and exit 2."""
    shell.write("config.toml", ONE_FILE.replace('dead_letter = "dead"\n', ""))
    shell.write("in.jsonl", events(2) + "nope\n" + events(2))
    said = errors_of(shell, "--once", "config.toml")
    assert "in.jsonl:18" in said
    assert "  write: " in said
    assert "dead_letter" in said
    assert "of them not done: the next start reads on from the first of them" in said


PLUG_IN = """\
import sys
from ruler.route import schemes

class Source:
    async def batches(self, *, max_events, max_bytes):
        raise LookupError("the topic is gone")
        yield
    def done(self, position): pass
    async def pause(self): pass
    async def resume(self): pass
    async def close(self): pass

def target(settings):
    raise TypeError("no such thing")

schemes.BUILT_IN = {**schemes.BUILT_IN, "topic": schemes.Scheme(target, lambda uri, options: Source())}
from ruler_cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_a_plug_in_that_fails_is_told_without_a_traceback(shell: Shell) -> None:
    """A source that raises what it likes, and a target that cannot be made: what, where, why, exit 2."""
    shell.write("plugged.py", PLUG_IN)
    shell.write("config.toml", ONE_FILE.replace("file:in.jsonl", "topic:orders"))

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "plugged.py", "run", *arguments]
        done = subprocess.run(command, cwd=shell.directory, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    code, said = run("--once", "config.toml")
    assert 2 == code
    assert "ruler run: topic:orders: LookupError: the topic is gone\n  why:   the source raised this" in said
    assert "stopped by an error; no event came in" in said
    shell.write("config.toml", ONE_FILE.replace("file:all.jsonl", "topic:all"))
    code, said = run("--check", "config.toml")
    assert (2, 'config.toml:7:7: what makes "topic:" failed: TypeError: no such thing') == (code, said.splitlines()[0])


def test_a_missing_extra_is_named(shell: Shell) -> None:
    """Without the modules of the extra: which ones, and what to install."""
    shell.write("config.toml", ONE_FILE)
    code = (
        "import sys\nfor name in ('aiohttp', 'watchfiles'): sys.modules[name] = None\n"
        "from ruler_cli.main import run\nsys.exit(run(['run', '--serve', '0', 'config.toml']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shell.directory, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr == (
        "ruler run: aiohttp and watchfiles is needed and not installed\n"
        "  why:   matching does without it, so it comes with an extra\n"
        '  write: pip install "ruler-events[route]"\n'
    )


def test_check_says_what_would_run_and_routes_nothing(shell: Shell) -> None:
    """The source, the rules, and each target with the number of rules that lead to it."""
    shell.write("config.toml", ONE_FILE)
    shell.write("in.jsonl", events(10))
    done = shell.run("run", "--check", "--serve", "9090", "config.toml")
    assert (0, "") == (done.code, done.errors)
    assert done.output.decode().splitlines()[::5] == [
        "source   file:in.jsonl, form bare",
        "serve    127.0.0.1, port 9090",
    ]
    assert b"target   big   file:big.jsonl, 1 rule, dead letters to dead\n" in done.output
    assert sorted(path.name for path in shell.directory.iterdir()) == ["config.toml", "in.jsonl"]


def test_check_tells_what_a_start_would_and_makes_no_file(shell: Shell) -> None:
    """A directory that is not there; the other targets are not made either."""
    shell.write("config.toml", ONE_FILE.replace("file:all.jsonl", "file:none/all.jsonl"))
    assert "config.toml:7:7: cannot open none/all.jsonl: there is no directory none" in errors_of(
        shell, "--check", "config.toml"
    )
    assert [path.name for path in shell.directory.iterdir()] == ["config.toml"]


TO_OUTPUT = """\
dead_letter = "dead"

[source]
uri = "file:in.jsonl"

[targets.out]
uri = "stdout:"

[targets.all]
uri = "file:all.jsonl"

[targets.dead]
uri = "file:dead.jsonl"

[rules.any]
pattern.n = [{ exists = true }]
targets = ["out", "all"]
"""


def test_a_reader_that_ends_ends_the_run_quietly_and_nothing_is_lost(shell: Shell) -> None:
    """Exit 141 as of other commands; no dead letter; what was not taken comes with the next run."""
    shell.write("config.toml", TO_OUTPUT)
    shell.write("in.jsonl", events(20_000))
    ends_of_pipe = os.pipe()
    with open(ends_of_pipe[1], "wb", buffering=0) as writer:
        process = shell.start("run", "--once", "--log-format", "json", "config.toml", stdout=writer)
    with open(ends_of_pipe[0], "rb", buffering=0) as reader:
        seen = reader.read(1)
    result = end(process)
    assert (141, b"{") == (result.code, seen)
    assert ["routing begins"] == [json.loads(line)["text"] for line in result.errors.splitlines()]
    assert (shell.directory / "dead.jsonl").read_bytes() == b""
    rest = shell.run("run", "--once", "config.toml")
    assert rest.code == 0
    assert {json.loads(line)["n"] for line in rest.output.splitlines()} > set(range(15_000, 20_000))
    assert set(range(20_000)) == set(numbers_in(shell, "all.jsonl"))


def test_a_process_without_standard_output_is_told_so_at_the_start(shell: Shell) -> None:
    """Its number would soon be that of another file, which deliveries must not be written into."""
    shell.write("config.toml", TO_OUTPUT)
    shell.write("in.jsonl", events(5))
    command = f"{sys.executable} -m ruler run --once config.toml >&-"
    done = subprocess.run(command, shell=True, cwd=shell.directory, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"config.toml:7:7: standard output is closed\n" in done.stderr
    assert events(5) == (shell.directory / "in.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "ruler run: no config: give one FILE that says where events come from and go to"),
        (["a.toml", "b.toml"], 'ruler run: one config at a time: found "b.toml" after "a.toml"'),
        (["--serve", "x", "a.toml"], 'ruler run: --serve: found "x", expected a whole number from 0 to 65535'),
        (["none.toml"], "ruler: none.toml: No such file or directory"),
    ],
)
def test_arguments_that_make_no_sense_are_told(shell: Shell, arguments: list[str], said: str) -> None:
    """As every command does."""
    assert said == errors_of(shell, *arguments).splitlines()[0]


def test_help_says_every_option_and_the_exit_codes(shell: Shell) -> None:
    """Help is written by hand, so compare it with what is parsed."""
    from ruler_cli.run import run_parser

    text = shell.run("run", "--help").output.decode()
    assert [] == [option for each in run_parser()._actions for option in each.option_strings if option not in text]
    assert "exit codes: 0 " in text
    assert max(map(len, text.splitlines())) <= 80


def test_errors_of_the_config_come_as_json_where_asked(shell: Shell) -> None:
    """--format json: one object for each error."""
    shell.write("config.toml", "[limits]\ndrain = 30\nmax_bytes = true\n")
    records = [json.loads(line) for line in errors_of(shell, "--format", "json", "config.toml").splitlines()]
    assert [(2, "/limits/drain"), (3, "/limits/max_bytes")] == [(each["line"], each["pointer"]) for each in records]
