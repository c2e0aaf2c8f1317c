"""The router under test, as the simulation makes it."""

from __future__ import annotations

from typing import Any

from ruler.route.router import Limits, Overloaded, Router, Stopped, Undeliverable

from .schedule import Schedule


class RealKit:
    """Makes routers of a class, which a broken variant may replace."""

    overloaded = Overloaded
    stopped = Stopped
    undeliverable = Undeliverable

    def __init__(self, router_class: type[Router] = Router) -> None:
        self.router_class = router_class

    def router(self, rules: Any, schedule: Schedule, **arguments: Any) -> Router:
        limits = Limits(
            max_events=schedule.max_events,
            max_bytes=schedule.max_bytes,
            batch_events=schedule.batch_events,
            batch_bytes=schedule.batch_bytes,
            drain_seconds=schedule.drain_seconds,
        )
        return self.router_class(rules, limits=limits, **arguments)
