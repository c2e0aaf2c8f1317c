"""Deliveries for tests of targets, made without a rule set."""

from __future__ import annotations

from ruler.route import Delivery, Event, Position, Route


def delivery(
    data: bytes = b"{}",
    *,
    key: bytes | None = None,
    offset: int = 0,
    target: str = "ops",
    rules: tuple[str, ...] = ("rule",),
    version: str = "v1",
    attempt: int = 1,
) -> Delivery:
    event = Event(data, key=key, position=Position("events.jsonl", offset))
    return Delivery(event, Route(target, rules, "digest", version), data, attempt)


def deliveries(*data: bytes) -> list[Delivery]:
    return [delivery(each, offset=offset) for offset, each in enumerate(data)]
