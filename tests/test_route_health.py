"""Health over real HTTP on loopback: alive, ready or the reasons why not, and ports that cannot be had."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable

import pytest

pytest.importorskip("aiohttp", reason="health needs the extra ruler-events[route]")

import aiohttp

from ruler.route.documents.config_members import ServeSettings
from ruler.route.health import HealthServer, ServeError
from ruler.route.readiness import Reason, reasons_of
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.status import DRAINING, OPEN, PAUSED, PROBING, STUCK, RouterStatus, TargetStatus


def server_of(reasons: list[Reason], port: int = 0, host: str = "127.0.0.1") -> HealthServer:
    """A server that tells what the list holds at each request."""
    return HealthServer(
        ServeSettings(port, host),
        facts=lambda: {"version": "7"},
        reasons=lambda: reasons,
        metrics=lambda: b"ruler_up 1\n",
    )


def with_server(server: HealthServer, ask: Callable[[aiohttp.ClientSession, str], Awaitable[None]]) -> None:
    """Run ``ask`` with a client and the address of the server."""

    async def main() -> None:
        address = await server.start()
        try:
            async with aiohttp.ClientSession() as session:
                await ask(session, address)
        finally:
            await server.close()
            await server.close()

    asyncio.run(main())


def test_a_process_is_alive_and_tells_its_version() -> None:
    """/healthz answers 200 with the facts, ready or not."""

    async def ask(session: aiohttp.ClientSession, address: str) -> None:
        async with session.get(f"{address}/healthz") as answer:
            assert 200 == answer.status
            assert {"status": "alive", "version": "7"} == await answer.json()

    with_server(server_of([Reason("starting", "it begins")]), ask)


def test_readiness_follows_the_reasons_at_each_request() -> None:
    """/readyz is 503 with every reason while there is one, and 200 as soon as there is none."""
    reasons = [Reason("brake", "too much of ops fails", "ops"), Reason("starting", "it begins")]

    async def ask(session: aiohttp.ClientSession, address: str) -> None:
        async with session.get(f"{address}/readyz") as answer:
            assert 503 == answer.status
            assert {
                "status": "not ready",
                "reasons": [
                    {"code": "brake", "text": "too much of ops fails", "target": "ops"},
                    {"code": "starting", "text": "it begins"},
                ],
            } == json.loads(await answer.text())
        reasons.clear()
        async with session.get(f"{address}/readyz") as answer:
            assert (200, {"status": "ready"}) == (answer.status, await answer.json())

    with_server(server_of(reasons), ask)


def test_metrics_come_as_prometheus_text() -> None:
    """/metrics answers what the function gives, with the type that Prometheus asks for; other paths are unknown."""

    async def ask(session: aiohttp.ClientSession, address: str) -> None:
        async with session.get(f"{address}/metrics") as answer:
            assert b"ruler_up 1\n" == await answer.read()
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        async with session.get(f"{address}/") as answer:
            assert 404 == answer.status

    with_server(server_of([]), ask)


def test_a_port_in_use_is_told() -> None:
    """The error says what, why and what to write."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError) as raised:
            asyncio.run(server_of([], port).start())
    assert str(raised.value) == (
        f"health and metrics cannot be served on 127.0.0.1, port {port}\n"
        "  why:   another process uses this port\n"
        "  write: another port, or 0 for a free one"
    )


def test_an_address_of_another_machine_is_told() -> None:
    """An address that no interface has is no traceback."""
    with pytest.raises(ServeError, match="no network interface of this machine has this address"):
        asyncio.run(server_of([], host="192.0.2.1").start())


def test_a_router_is_ready_while_it_runs_and_nothing_holds_it() -> None:
    """Starting, stopping, a brake and dead letters that nobody takes are reasons; draining is none."""
    status = RouterStatus(Budget(10, 10))
    assert [("starting", "")] == [(each.code, each.target) for each in reasons_of(status)]
    status.state = "running"
    status.targets = {name: TargetStatus(name) for name in (OPEN, DRAINING)}
    assert [] == reasons_of(status)
    status.targets |= {name: TargetStatus(name) for name in (PROBING, STUCK, PAUSED)}
    assert [("brake", PAUSED), ("brake", PROBING), ("dead-letters", STUCK)] == [
        (each.code, each.target) for each in reasons_of(status)
    ]
    status.state = "stopping"
    assert "stopped" == reasons_of(status)[0].code
