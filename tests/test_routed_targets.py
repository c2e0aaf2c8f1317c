"""Targets behind a router: what they answer becomes deliveries, retries and dead letters."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ruler.route import Delivery, Reject, RuleSet, rule_set_of_mapping
from ruler.route.router import Router
from ruler.route.runtime.problems import RouterError, Undeliverable
from ruler.route.schemes import known_schemes
from ruler.route.targets import StdoutTarget


def rule_set(targets: dict[str, Any], **more: Any) -> RuleSet:
    """Every event goes to ``ops``."""
    rules = {"all": {"pattern": {"n": [{"exists": True}]}, "targets": ["ops"]}}
    provided = [] if "uri" in targets.get("ops", {}) else ["ops"]
    return rule_set_of_mapping(
        {"targets": targets, "rules": rules, **more}, provided=provided, schemes=known_schemes(), engine="python"
    )


def test_a_function_and_a_file_of_dead_letters(tmp_path: Path) -> None:
    """What the function rejects is in the file, with its reason, as soon as the receipt is there."""

    def page(delivery: Delivery) -> Reject | None:
        return Reject("nobody is on call") if b"7" in delivery.data else None

    rules = rule_set({"ops": {}, "dead": {"uri": f"file:{tmp_path}/dead.jsonl"}}, dead_letter="dead")

    async def routed() -> tuple[Any, Any]:
        async with Router(rules, {"ops": page}) as router:
            return await router.put(b'{"n":6}'), await router.put(b'{"n":7}')

    taken, refused = asyncio.run(routed())
    assert (taken.delivered, taken.dead_letters) == (1, 0)
    assert (refused.delivered, refused.dead_letters) == (0, 1)
    [letter] = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_bytes().splitlines()]
    assert (letter["event"], letter["target"], letter["reason"]) == ({"n": 7}, "ops", "nobody is on call")


def test_a_changed_option_opens_the_file_anew(tmp_path: Path) -> None:
    """Both targets are there for a while, with one file."""
    uri = f"file:{tmp_path}/out.jsonl"

    async def routed() -> None:
        async with Router(rule_set({"ops": {"uri": uri}})) as router:
            await asyncio.gather(*(router.put(b'{"n":%d}' % number) for number in range(20)))
            router.change(rule_set({"ops": {"uri": uri, "options": {"sync": True}}}))
            await asyncio.gather(*(router.put(b'{"n":%d}' % number) for number in range(20, 40)))

    asyncio.run(routed())
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert sorted(json.loads(line)["n"] for line in lines) == list(range(40))


def test_a_target_that_cannot_be_made_leaves_the_old_rules_in_place(tmp_path: Path) -> None:
    """The error says what is wrong at its place, and nothing that may be secret."""

    async def routed() -> str:
        async with Router(rule_set({"ops": {"uri": f"file:{tmp_path}/out.jsonl"}})) as router:
            with pytest.raises(RouterError) as caught:
                router.change(rule_set({"ops": {"uri": "https://me:topsecret@ops.example:0/topsecret"}}))
            await router.put(b'{"n":1}')
            return str(caught.value)

    text = asyncio.run(routed())
    assert "$.targets.ops.uri: no server has port 0" in text
    assert "topsecret" not in text
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"n":1}\n'


def test_a_standard_output_that_nobody_reads_ends_a_put_with_the_reason() -> None:
    """Without dead letters there is nowhere else to go."""
    reader, writer = os.pipe()
    os.close(reader)

    async def routed() -> None:
        async with Router(rule_set({"ops": {}}), {"ops": StdoutTarget(writer)}) as router:
            await router.put(b'{"n":1}')

    try:
        with pytest.raises(Undeliverable, match="standard output is closed: what read it has ended"):
            asyncio.run(routed())
    finally:
        os.close(writer)


def test_an_http_target_is_tried_again_when_the_server_asks_for_it() -> None:
    """The receiver sees one id, and which attempt it is."""
    web = pytest.importorskip("aiohttp.web", reason="targets of HTTP come with the extra ruler-events[route]")
    seen: list[tuple[str, str, bytes]] = []

    async def answer(request: Any) -> Any:
        headers = request.headers
        seen.append((headers["Ruler-Delivery-Id"], headers["Ruler-Attempt"], await request.read()))
        return web.Response(status=503 if len(seen) == 1 else 200, headers={"Retry-After": "0"})

    async def routed() -> Any:
        application = web.Application()
        application.router.add_post("/hook", answer)
        runner = web.AppRunner(application, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        settings = {"uri": f"http://127.0.0.1:{runner.addresses[0][1]}/hook", "retry": {"first_delay": "1ms"}}
        try:
            async with Router(rule_set({"ops": settings})) as router:
                return await router.put(b'{"n":1}')
        finally:
            await runner.cleanup()

    receipt = asyncio.run(routed())
    assert receipt.delivered == 1
    assert [(attempt, data) for _, attempt, data in seen] == [("1", b'{"n":1}'), ("2", b'{"n":1}')]
    assert len({id_ for id_, _, _ in seen}) == 1
