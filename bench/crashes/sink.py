"""An HTTP target that is a process of its own: it fails, stalls, may be killed, and keeps a ledger.

    python -m bench.crashes.sink LEDGER [--port 8080] [--seed 1] [--fail 0.05] [--stall 0.01]    prints its port

Each request is a line of the ledger, written before the answer:

    taken    17 k3 5c41... 1      number of the event, its key, id of the delivery, attempt; answered with 200
    late     18 k3 0b12... 1      taken, and the answer comes when the caller has given up
    lost     19 k9 77aa... 1      not taken, and the answer comes when the caller has given up
    failed   20 k9 0c0c... 2      503, or 429 with Retry-After
    refused  21 k4 d3ad... 1      400: the event asks to be refused

Always: what it took is in the ledger before the caller can know, also when both are killed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bench.crashes.workload import number_of

HOST = "127.0.0.1"
LIMITED_SHARE = 0.2  # of failures: 429 with Retry-After
TAKEN, LATE, LOST, FAILED, REFUSED = "taken", "late", "lost", "failed", "refused"


@dataclass(frozen=True, slots=True)
class Manners:
    """How often it fails and stalls."""

    fail: float = 0.05
    stall: float = 0.01
    stall_seconds: float = 1.0  # longer than the caller waits


class Sink:
    """Answers requests. ``write`` appends one line to the ledger, at once."""

    def __init__(self, manners: Manners, draw: random.Random, write: Callable[[bytes], object]) -> None:
        self.manners = manners
        self.draw = draw
        self.write = write

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Decide, write it down, then answer."""
        body = await request.read()
        chance, manners = self.draw.random(), self.manners
        if chance < manners.stall:
            outcome = LATE if chance < manners.stall / 2 else LOST
        elif chance < manners.stall + manners.fail:
            outcome = FAILED
        else:
            outcome = REFUSED if b'"refuse":true' in body else TAKEN
        if outcome == LATE and b'"refuse":true' in body:
            outcome = LOST
        self._note(outcome, request, body)
        if outcome in (LATE, LOST):
            await asyncio.sleep(manners.stall_seconds)
        return self._response(outcome)

    def _note(self, outcome: str, request: web.BaseRequest, body: bytes) -> None:
        key = body.partition(b'"key":"')[2].partition(b'"')[0].decode() or "-"
        delivery_id = request.headers.get("Ruler-Delivery-Id", "-")
        attempt = request.headers.get("Ruler-Attempt", "-")
        self.write(f"{outcome} {number_of(body)} {key} {delivery_id} {attempt}\n".encode())

    def _response(self, outcome: str) -> web.Response:
        if outcome == FAILED:
            if self.draw.random() < LIMITED_SHARE:
                return web.Response(status=429, headers={"Retry-After": "0"})
            return web.Response(status=503)
        return web.Response(status=400 if outcome == REFUSED else 200)


async def serve(sink: Sink, port: int) -> None:
    """Answer until the process is told to end."""
    server = web.Server(sink.answer, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, HOST, port, reuse_address=True)
    print(listening.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    listening.close()


def main() -> None:
    default = Manners()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fail", type=float, default=default.fail)
    parser.add_argument("--stall", type=float, default=default.stall)
    parser.add_argument("--stall-seconds", type=float, default=default.stall_seconds)
    options = parser.parse_args()
    ledger = os.open(options.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    manners = Manners(options.fail, options.stall, options.stall_seconds)
    sink = Sink(manners, random.Random(options.seed), lambda line: os.write(ledger, line))
    asyncio.run(serve(sink, options.port))


if __name__ == "__main__":
    main()
