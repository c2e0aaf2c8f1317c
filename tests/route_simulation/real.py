"""The router under test, as the simulation makes it."""

from __future__ import annotations

import asyncio
from typing import Any

from ruler.route import Receipt
from ruler.route.router import Limits, Overloaded, Router, RouterError, Stopped, Undeliverable

from .schedule import Schedule, Sent


class RealKit:
    """Makes routers, and reads their status."""

    overloaded = Overloaded
    stopped = Stopped
    undeliverable = Undeliverable
    unusable = RouterError

    def router(self, rules: Any, targets: Any, schedule: Schedule, **arguments: Any) -> Router:
        limits = Limits(
            max_events=schedule.max_events,
            max_bytes=schedule.max_bytes,
            batch_events=schedule.batch_events,
            batch_bytes=schedule.batch_bytes,
            drain_seconds=schedule.drain_seconds,
        )
        return Router(rules, targets, limits=limits, **arguments)

    async def put_nowait(self, router: Router, sent: Sent) -> Receipt:
        return await asyncio.wrap_future(router.put_nowait(sent.data, key=sent.key, id=str(sent.number)))

    def busy(self, router: Router) -> str:
        count, most = router.status.in_flight_events, router.limits.max_events
        return f"{count} events are in flight, more than {most}" if count > most else ""

    def left(self, router: Router, taken: int | None) -> str:
        status = router.status
        found = {
            "events in flight": status.in_flight_events,
            "bytes in flight": status.in_flight_bytes,
            "events not settled": status.events - status.settled,
            "sources": status.sources,
            "sources that wait": status.sources_waiting,
            "deliveries not answered": status.lag,
            "deliveries in a send": sum(each.sending for each in status.targets.values()),
            "deliveries that wait": sum(each.waiting for each in status.targets.values()),
            "deliveries taken": sum(each.delivered for each in status.targets.values()) - taken
            if taken is not None
            else 0,
            "events neither matched nor unmatched nor poison": status.events
            - status.matched
            - status.unmatched
            - status.poison,
        }
        return ", ".join(f"{count} {what}" for what, count in found.items() if count)
