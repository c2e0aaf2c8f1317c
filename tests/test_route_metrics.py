"""Metrics: every counter of a router, under its name, with the labels target and outcome and no other."""

from __future__ import annotations

import pytest

pytest.importorskip("prometheus_client", reason="metrics need the extra ruler-events[route]")

from prometheus_client.parser import text_string_to_metric_families

from ruler.route.metrics import metrics_text, registry_of
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.status import PAUSED, REMOVED, STUCK, RouterStatus, TargetStatus


def busy_status() -> RouterStatus:
    """A router in the midst of it, with a number of its own for each counter."""
    status = RouterStatus(Budget(1000, 100_000))
    status.budget.events, status.budget.bytes = 21, 2100
    status.events, status.matched, status.unmatched, status.poison = 100, 60, 30, 10
    status.settled, status.budget.shed, status.changes, status.failed_changes = 79, 5, 2, 1
    status.sources, status.sources_waiting = 2, 1
    status.shadow["new"] += 4
    status.targets["ops"] = TargetStatus(
        PAUSED, 50, 7, 3, 2, 1, 5, 0, lag=9, oldest_at=40.5, sending=4, waiting=2, last_problem="it said {secret}"
    )
    status.targets["dlq"] = TargetStatus(STUCK, delivered=5)
    return status


def samples_of(status: RouterStatus) -> dict[tuple[str, ...], float]:
    """(name, each label=value) -> value, as a reader of the text format finds them."""
    text = metrics_text(registry_of(lambda: status, lambda: 42.0)).decode()
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_counter_is_told() -> None:
    """The whole list, so that a change of a name is a change of this test."""
    assert samples_of(busy_status()) == {
        ("ruler_events_total",): 100,
        ("ruler_events_judged_total", "outcome=matched"): 60,
        ("ruler_events_judged_total", "outcome=unmatched"): 30,
        ("ruler_events_judged_total", "outcome=poison"): 10,
        ("ruler_events_settled_total",): 79,
        ("ruler_events_shed_total",): 5,
        ("ruler_in_flight_events",): 21,
        ("ruler_in_flight_bytes",): 2100,
        ("ruler_sources",): 2,
        ("ruler_sources_paused",): 1,
        ("ruler_rule_set_changes_total", "outcome=taken"): 2,
        ("ruler_rule_set_changes_total", "outcome=refused"): 1,
        ("ruler_shadow_matches_total",): 4,
        ("ruler_deliveries_total", "outcome=delivered", "target=ops"): 50,
        ("ruler_deliveries_total", "outcome=dead_lettered", "target=ops"): 5,
        ("ruler_deliveries_total", "outcome=undeliverable", "target=ops"): 0,
        ("ruler_deliveries_total", "outcome=delivered", "target=dlq"): 5,
        ("ruler_deliveries_total", "outcome=dead_lettered", "target=dlq"): 0,
        ("ruler_deliveries_total", "outcome=undeliverable", "target=dlq"): 0,
        ("ruler_failed_attempts_total", "outcome=retried", "target=ops"): 7,
        ("ruler_failed_attempts_total", "outcome=rejected", "target=ops"): 3,
        ("ruler_failed_attempts_total", "outcome=expired", "target=ops"): 2,
        ("ruler_failed_attempts_total", "outcome=held", "target=ops"): 1,
        ("ruler_failed_attempts_total", "outcome=retried", "target=dlq"): 0,
        ("ruler_failed_attempts_total", "outcome=rejected", "target=dlq"): 0,
        ("ruler_failed_attempts_total", "outcome=expired", "target=dlq"): 0,
        ("ruler_failed_attempts_total", "outcome=held", "target=dlq"): 0,
        ("ruler_target_lag_seconds", "target=ops"): 1.5,
        ("ruler_target_lag_seconds", "target=dlq"): 0,
        ("ruler_target_open_deliveries", "target=ops"): 9,
        ("ruler_target_queued_deliveries", "target=ops"): 3,
        ("ruler_target_braked", "target=ops"): 1,
        ("ruler_target_stuck", "target=ops"): 0,
        ("ruler_target_open_deliveries", "target=dlq"): 0,
        ("ruler_target_queued_deliveries", "target=dlq"): 0,
        ("ruler_target_braked", "target=dlq"): 0,
        ("ruler_target_stuck", "target=dlq"): 1,
    }


def test_labels_are_target_and_outcome_only() -> None:
    """No rule, no version and no text of a target becomes a label: the number of series has a bound."""
    labels = {part.partition("=")[0] for sample in samples_of(busy_status()) for part in sample[1:]}
    assert {"target", "outcome"} == labels


def test_a_scrape_shows_the_counters_of_its_moment() -> None:
    """Nothing is kept between two scrapes."""
    status = busy_status()
    registry = registry_of(lambda: status)
    assert b"ruler_events_total 100.0\n" in metrics_text(registry)
    status.events += 1
    assert b"ruler_events_total 101.0\n" in metrics_text(registry)


def test_a_target_that_is_removed_keeps_its_counters_and_has_no_gauges() -> None:
    """A counter never vanishes; what there is now of it is nothing."""
    status = busy_status()
    before = samples_of(status)
    status.targets["ops"].state = REMOVED
    gone = set(before) - set(samples_of(status))
    assert {name for name, *labels in gone} == {
        "ruler_target_lag_seconds",
        "ruler_target_open_deliveries",
        "ruler_target_queued_deliveries",
        "ruler_target_braked",
        "ruler_target_stuck",
    }
    assert all("target=ops" in labels for _, *labels in gone)
