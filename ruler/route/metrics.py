"""What a router counts, as Prometheus reads it.

In: the status of a router. Out: text of metrics, made at each request from the counters as they are then:

    ruler_events_total 1250
    ruler_deliveries_total{outcome="delivered",target="ops"} 1248
    ruler_target_lag_seconds{target="ops"} 0.2

Always: labels are ``target`` and ``outcome`` and nothing else, so the number of series is bounded by the targets that
the rules have named so far, whatever the events hold. Counters of a target that is removed stay, its gauges do not.
The registry is our own: what else the program counts stays its own affair. It needs the extra ``ruler-events[route]``,
and is imported by who serves metrics only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ruler.route.runtime.status import PAUSED, PROBING, REMOVED, STUCK, RouterStatus, TargetStatus

# Metrics of each target: name, what it says, and the counters of its status by outcome.
ENDINGS = {"delivered": "delivered", "dead_lettered": "dead_letters", "undeliverable": "undeliverable"}
FAILURES = {"retried": "retried", "rejected": "rejected", "expired": "expired", "held": "held"}
JUDGEMENTS = {"matched": "matched", "unmatched": "unmatched", "poison": "poison"}


class RouterCollector(Collector):
    """Reads the status of a router at each scrape."""

    def __init__(self, status: Callable[[], RouterStatus], clock: Callable[[], float]) -> None:
        self._status = status
        self._clock = clock  # that of the router's loop

    def describe(self) -> Iterable[Metric]:
        """Nothing: a registry would ask for metrics before there is a router."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, with the values of this moment."""
        status = self._status()
        yield from _events(status)
        yield from _rule_set(status)
        targets = sorted(status.targets.items())
        yield _by_target("deliveries", "Deliveries that have ended, by how they ended.", targets, ENDINGS)
        yield _by_target("failed_attempts", "Attempts that no target took, by what followed.", targets, FAILURES)
        targets = [each for each in targets if each[1].state != REMOVED]  # what there is now; counters stay
        yield _lags(targets, self._clock())
        for name, says, value in _GAUGES:
            family = GaugeMetricFamily(f"ruler_target_{name}", says, labels=["target"])
            for target, each in targets:
                family.add_metric([target], value(each))
            yield family


def registry_of(status: Callable[[], RouterStatus], clock: Callable[[], float] = time.monotonic) -> CollectorRegistry:
    """Return a registry of its own that holds the metrics of one router; ``clock`` is that of its loop."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RouterCollector(status, clock))
    return registry


def metrics_text(registry: CollectorRegistry) -> bytes:
    """Return what the registry holds in the text format of Prometheus."""
    return generate_latest(registry)


_GAUGES: tuple[tuple[str, str, Callable[[TargetStatus], float]], ...] = (
    ("open_deliveries", "Deliveries given to the target and not answered.", lambda target: target.lag),
    ("queued_deliveries", "Deliveries of these that are not sent yet.", lambda target: target.queued),
    ("braked", "1 while the brake holds deliveries back.", lambda target: target.state in (PAUSED, PROBING)),
    (
        "stuck",
        "1 while the last target of dead letters refuses one, so that sources wait.",
        lambda target: target.state == STUCK,
    ),
)


def _lags(targets: list[tuple[str, TargetStatus]], now: float) -> GaugeMetricFamily:
    says = "Age of the oldest delivery that is not answered."
    family = GaugeMetricFamily("ruler_target_lag_seconds", says, labels=["target"])
    for target, status in targets:
        oldest = status.oldest_at  # read once: the router's loop may change it
        family.add_metric([target], 0.0 if oldest is None else max(0.0, now - oldest))
    return family


def _events(status: RouterStatus) -> Iterator[Metric]:
    yield CounterMetricFamily("ruler_events", "Events that came in.", value=status.events)
    judged = CounterMetricFamily("ruler_events_judged", "Events by what the rules said.", labels=["outcome"])
    for outcome, name in JUDGEMENTS.items():
        judged.add_metric([outcome], getattr(status, name))
    yield judged
    yield CounterMetricFamily(
        "ruler_events_settled", "Events of which every delivery is answered.", value=status.settled
    )
    yield CounterMetricFamily("ruler_events_shed", "Events refused because there was no room.", value=status.shed)
    yield GaugeMetricFamily("ruler_in_flight_events", "Events that came in and are not done.", status.in_flight_events)
    yield GaugeMetricFamily("ruler_in_flight_bytes", "Bytes held for events in flight.", status.in_flight_bytes)
    yield GaugeMetricFamily("ruler_sources", "Sources that are read.", status.sources)
    yield GaugeMetricFamily("ruler_sources_paused", "Sources of these that wait for room.", status.sources_waiting)


def _rule_set(status: RouterStatus) -> Iterator[Metric]:
    changes = CounterMetricFamily(
        "ruler_rule_set_changes", "New rule sets, by what became of them.", labels=["outcome"]
    )
    changes.add_metric(["taken"], status.changes)
    changes.add_metric(["refused"], status.failed_changes)
    yield changes
    shadow = sum(list(status.shadow.values()))
    yield CounterMetricFamily(
        "ruler_shadow_matches", "Matches of rules in shadow, which deliver nothing.", value=shadow
    )


def _by_target(
    name: str, says: str, targets: list[tuple[str, TargetStatus]], outcomes: dict[str, str]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"ruler_{name}", says, labels=["target", "outcome"])
    for target, status in targets:
        for outcome, attribute in outcomes.items():
            family.add_metric([target, outcome], getattr(status, attribute))
    return family
