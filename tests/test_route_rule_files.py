"""Rules in files that change while they are used: a good version is given, a bad one is told and changes nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from source_tools import run

from ruler.route import RuleSet, RuleSetError
from ruler.route import rule_files as rule_files_module
from ruler.route.options import SetupError
from ruler.route.router import Router
from ruler.route.rule_files import RuleFiles
from ruler.route.targets.memory import MemoryTarget


def text(total: int = 1, *, version: str = "", example: str = "") -> str:
    """A document with one rule, which matches one total."""
    rule: dict[str, object] = {"pattern": {"total": [total]}, "targets": ["ops"]}
    if example:
        rule["examples"] = {"match": [example]}
    document: dict[str, object] = {"targets": {"ops": {"uri": "memory:"}}, "rules": {"big": rule}}
    return json.dumps(document | ({"version": version} if version else {}))


def replace(path: Path, content: str) -> None:
    """What most editors and deployments do: write beside it, and rename."""
    beside = path.with_name(path.name + "~")
    beside.write_text(content)
    beside.replace(path)


def total_of(rule_set: RuleSet) -> int:
    [value] = json.loads(rule_set.rules["big"].text)["total"]
    return int(value)


class Changes:
    """What a RuleFiles gives and tells."""

    def __init__(self, path: Path) -> None:
        self.told: list[RuleSetError] = []
        self._has_told = asyncio.Event()
        self.files = RuleFiles(path, on_error=self._tell)
        self.first = self.files.current()
        self.given: AsyncIterator[RuleSet] = self.files.changes()

    def _tell(self, error: RuleSetError) -> None:
        self.told.append(error)
        self._has_told.set()

    async def error(self) -> RuleSetError:
        """The next error; nothing is given meanwhile."""
        coming = asyncio.ensure_future(anext(self.given))
        telling = asyncio.ensure_future(self._has_told.wait())
        await asyncio.wait([coming, telling], return_when=asyncio.FIRST_COMPLETED)
        assert not coming.done()
        self._has_told.clear()
        coming.cancel()
        await asyncio.wait([coming])
        self.given = self.files.changes()
        return self.told[-1]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often: what is changed before the watching has begun is found by looking."""
    monkeypatch.setattr(rule_files_module, "LOOK_MILLISECONDS", 50)
    monkeypatch.setattr(rule_files_module, "SETTLE_SECONDS", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "routes.json"
    path.write_text(text(1))
    return path


def test_a_file_that_is_written_or_replaced_is_given(path: Path) -> None:
    """Written in place, renamed over, and removed and made again."""

    async def main() -> None:
        changes = Changes(path)
        assert 1 == total_of(changes.first)
        path.write_text(text(2))
        assert 2 == total_of(await anext(changes.given))
        replace(path, text(3))
        assert 3 == total_of(await anext(changes.given))
        path.unlink()
        path.write_text(text(4))
        assert 4 == total_of(await anext(changes.given))
        assert changes.told == []

    run(main)


def test_a_bad_version_is_told_with_all_its_errors_and_changes_nothing(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The next good one is given."""

    async def main() -> None:
        changes = Changes(path)
        replace(path, text(2).replace('"ops"]', '"opps", "dlq"]'))
        error = await changes.error()
        assert len(error.findings) == 2
        assert caplog.messages == [f"the rules in {path} have errors; those of before go on\n{error}"]
        assert 1 == total_of(changes.files.current())
        replace(path, text(3))
        assert 3 == total_of(await anext(changes.given))
        assert len(changes.told) == 1

    run(main)


def test_a_file_that_is_gone_is_told_and_taken_when_it_returns(path: Path) -> None:
    """The rules of before go on meanwhile."""

    async def main() -> None:
        changes = Changes(path)
        path.unlink()
        error = await changes.error()
        assert error.findings[0].code == "file-unreadable"
        path.write_text(text(2))
        assert 2 == total_of(await anext(changes.given))

    run(main)


def test_a_file_that_is_written_in_two_steps_is_read_when_it_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a document is no error when the rest comes soon."""
    monkeypatch.setattr(rule_files_module, "SETTLE_SECONDS", 3600.0)
    slept = asyncio.Event()
    sleep = asyncio.sleep

    async def settle(seconds: float) -> None:
        if seconds == 3600.0:
            slept.set()
            path.write_text(text(2))
        await sleep(0)

    async def main() -> None:
        changes = Changes(path)
        monkeypatch.setattr(rule_files_module.asyncio, "sleep", settle)
        path.write_text(text(2)[:20])
        assert 2 == total_of(await anext(changes.given))
        assert slept.is_set()
        assert changes.told == []

    run(main)


def test_a_version_alone_is_a_change_and_spelling_alone_is_none(path: Path) -> None:
    """What means the same under the same version is not given again."""

    async def main() -> None:
        changes = Changes(path)
        replace(path, json.dumps(json.loads(text(1)), indent=4))
        replace(path.with_name("other.json"), "{}")
        coming = asyncio.ensure_future(anext(changes.given))
        before = changes.files._looks
        while changes.files._looks == before:
            await asyncio.sleep(0.01)
        assert not coming.done()
        replace(path, text(1, version="two"))
        assert (await coming).version == "two"

    run(main)


def test_the_files_of_a_directory_and_of_examples_count(tmp_path: Path) -> None:
    """A part that comes or goes, and an event that an example names."""
    routes, events = tmp_path / "routes", tmp_path / "events"
    routes.mkdir()
    events.mkdir()
    (events / "big.json").write_text('{"total": 1}')
    (routes / "shop.json").write_text(text(1, example="../events/big.json"))

    async def main() -> None:
        changes = Changes(routes)
        replace(routes / "users.toml", '[rules.new]\npattern.user = [1]\ntargets = ["ops"]\n')
        assert ["big", "new"] == list((await anext(changes.given)).rules)
        (routes / "users.toml").unlink()
        assert ["big"] == list((await anext(changes.given)).rules)
        replace(events / "big.json", '{"total": 2}')
        assert (await changes.error()).findings[0].code == "route-example"
        replace(events / "big.json", '{"total": 1, "again": 1}')
        replace(routes / "shop.json", text(1, example="../events/big.json", version="two"))
        assert "two" == (await anext(changes.given)).version

    run(main)


def test_files_are_read_once_for_each_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a document names an example twice, or once less than before."""
    (path.parent / "big.json").write_text('{"total": 1}')
    twice = json.loads(text(1, example="big.json", version="twice"))
    other = {"pattern": {"total": [1]}, "targets": ["ops"], "examples": {"match": ["big.json"]}}
    twice["rules"]["other"] = other
    reads: list[int] = []

    async def main() -> None:
        changes = Changes(path)
        read = changes.files.read

        def counted() -> RuleSet:
            reads.append(1)
            return read()

        monkeypatch.setattr(changes.files, "read", counted)
        for content in (json.dumps(twice), text(1, example="big.json", version="once"), text(1, version="none")):
            replace(path, content)
            await anext(changes.given)
        coming = asyncio.ensure_future(anext(changes.given))
        (path.parent / "beside.json").write_text("{")
        before = len(reads)
        for _ in range(30):
            await asyncio.sleep(0.01)  # several looks, at nothing that changed
        assert (before, False) == (len(reads), coming.done())

    run(main)


def test_the_first_version_must_have_no_errors(tmp_path: Path) -> None:
    """There is nothing to go on with."""
    with pytest.raises(RuleSetError):
        RuleFiles(tmp_path / "none.json").current()


def test_a_router_uses_what_the_files_hold(path: Path) -> None:
    """Two events, before and after a change, each judged by the rules of its time."""

    async def main() -> None:
        target = MemoryTarget()
        async with Router(RuleFiles(path, provided=["ops"]), {"ops": target}) as router:
            first = router.status.version
            assert 1 == (await router.put(b'{"total": 1}')).delivered
            replace(path, text(2))
            while router.status.version == first:
                await asyncio.sleep(0.01)
            assert 0 == (await router.put(b'{"total": 1}')).delivered
            assert 1 == (await router.put(b'{"total": 2}')).delivered

    run(main)


def test_without_watchfiles_the_error_names_the_extra(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And importing the module needs none of it."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.setattr(rule_files_module, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r"ruler-events\[route\]"):
        RuleFiles(path)
