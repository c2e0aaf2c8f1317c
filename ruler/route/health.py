"""Serves health and metrics of a process over HTTP: whether it is alive, whether it is ready, what it counts.

    GET /healthz   200 {"status": "alive", "version": "2026-11-22", ...}
    GET /readyz    200 {"status": "ready"}, or
                   503 {"status": "not ready", "reasons": [{"code": "brake", "target": "ops", "text": "..."}]}
    GET /metrics   200, what Prometheus reads

In: functions that tell the facts, the reasons against being ready, and the metrics; they are called at each request.
Out: a server on the running loop. It needs the extra ``ruler-events[route]``, and is imported by who serves only.
Always: nothing here holds up routing, and nothing that is served holds a part of an event. It answers on 127.0.0.1
unless it is told otherwise: there is no password.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from ruler.errors import RulerError, in_parts
from ruler.route.documents.config_members import ServeSettings
from ruler.route.readiness import Reason

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # the text format of Prometheus
SHUTDOWN_SECONDS = 1.0  # for a request that is being answered when the server closes


class ServeError(RulerError, OSError):
    """Health and metrics cannot be served where they should be. ``str()`` says what, why and what to write."""

    def __init__(self, what: str, why: str, write: str) -> None:
        super().__init__(what, why, write)
        self.what, self.why, self.write = what, why, write

    def __str__(self) -> str:
        return in_parts(self.what, why=self.why, write=self.write)


class HealthServer:
    """Answers on one address from ``start`` to ``close``."""

    def __init__(
        self,
        settings: ServeSettings,
        *,
        facts: Callable[[], Mapping[str, object]],
        reasons: Callable[[], Sequence[Reason]],
        metrics: Callable[[], bytes],
    ) -> None:
        self._settings = settings
        self._facts = facts
        self._reasons = reasons
        self._metrics = metrics
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Begin to answer; return the address, ``http://127.0.0.1:9090``. ServeError when the port cannot be had."""
        application = web.Application()
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._scrape)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._settings.host, self._settings.port).start()
        except OSError as error:
            await runner.cleanup()
            raise _serve_error(self._settings, error) from None
        self._runner = runner
        host, port = runner.addresses[0][:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def close(self) -> None:
        """Answer no more. Closing twice does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _alive(self, request: web.Request) -> web.Response:
        return _json({"status": "alive", **self._facts()})

    async def _ready(self, request: web.Request) -> web.Response:
        reasons = self._reasons()
        if not reasons:
            return _json({"status": "ready"})
        return _json({"status": "not ready", "reasons": [each.record() for each in reasons]}, status=503)

    async def _scrape(self, request: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": METRICS_TYPE})


def _json(record: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(record) + "\n", status=status, content_type="application/json")


def _serve_error(settings: ServeSettings, error: OSError) -> ServeError:
    """The error for a port that cannot be had, in words for who chose it."""
    what = f"health and metrics cannot be served on {settings.host}, port {settings.port}"
    if error.errno == errno.EADDRINUSE:
        return ServeError(what, "another process uses this port", "another port, or 0 for a free one")
    if error.errno == errno.EACCES:
        return ServeError(what, "only privileged processes may have this port", "a port from 1024 on")
    if error.errno == errno.EADDRNOTAVAIL:
        return ServeError(what, "no network interface of this machine has this address", 'host = "127.0.0.1"')
    return ServeError(what, error.strerror or str(error), 'host = "127.0.0.1", and a port that is free')
