"""How much a router holds at one time, and how long it takes to stop."""

from __future__ import annotations

from dataclasses import dataclass

CLOSE_SECONDS = 10.0  # for one target, or source, to let go of what is open


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a router.

    An event is in flight from its admission until its position is done: all its deliveries, and those of all events
    before it in its source, are answered. So at most ``max_events`` are repeated after a crash. Its bytes are let go
    when its own deliveries are answered.
    """

    max_events: int = 10_000
    max_bytes: int = 64 * 1024 * 1024  # of events, and of what was shaped from them
    batch_events: int = 256  # asked of a source, and planned, at a time
    batch_bytes: int = 4 * 1024 * 1024
    drain_seconds: float = 30.0  # how long a graceful stop waits for deliveries

    def __post_init__(self) -> None:
        for name in ("max_events", "max_bytes", "batch_events", "batch_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 1")
        if not self.drain_seconds >= 0:
            raise ValueError(f"drain_seconds is {self.drain_seconds}, expected 0 or more")
