"""Counters and states of a router, for metrics, health and the status line.

Plain ints that only grow, except where they say how much there is now. Those of targets that are gone stay too: who
reads counters from outside takes one that vanishes, or goes back, for a restart. Written by the router's loop alone;
any thread may read them at any time, each by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ruler.route.runtime.budget import Budget

OPEN = "open"  # deliveries are sent
PAUSED = "paused"  # the brake holds: too much of what ended was refused
PROBING = "probing"  # the brake lets one delivery try
STUCK = "stuck"  # the last dead-letter target does not take a dead letter; sources wait
DRAINING = "draining"  # the rules no longer name this target; what is left for it is sent
REMOVED = "removed"  # nor is anything left for it; its counters stay, and go on where it comes back


@dataclass(slots=True)
class TargetStatus:
    """What became of the deliveries to one target."""

    state: str = OPEN
    delivered: int = 0  # taken by the target, dead letters of others included
    retried: int = 0  # not taken, tried again
    rejected: int = 0  # refused for good by the target, or nothing to send
    expired: int = 0  # attempts or age used up
    held: int = 0  # would have become dead letters, had the brake not held them
    dead_letters: int = 0  # deliveries to this target that went on to the dead letters
    undeliverable: int = 0  # deliveries to this target that nobody took
    lag: int = 0  # now: given to this target and not answered
    oldest_at: float | None = None  # now: when the oldest of these came, on the clock of the loop
    sending: int = 0  # now: of these, in a send
    waiting: int = 0  # now: of these, until they are tried again
    last_problem: str = ""  # why the last delivery that was not taken was not

    @property
    def queued(self) -> int:
        """Now: given to this target and not sent yet."""
        return max(0, self.lag - self.sending - self.waiting)


@dataclass(slots=True)
class RouterStatus:
    """What a router has done and is doing."""

    budget: Budget
    state: str = "new"  # then "running", "stopping", "stopped"
    version: str = ""  # of the rule set that judges events now
    digest: str = ""
    events: int = 0  # admitted
    matched: int = 0
    unmatched: int = 0
    poison: int = 0  # events that are none
    settled: int = 0  # all their deliveries answered
    undeliverable: int = 0  # events of which a delivery was taken by nobody
    changes: int = 0  # of the rule set
    failed_changes: int = 0  # rule sets that could not be used
    sources: int = 0  # now: being read
    sources_waiting: int = 0  # now: of these, paused
    shadow: Counter[str] = field(default_factory=Counter)  # rules in shadow: events they match
    targets: dict[str, TargetStatus] = field(default_factory=dict)

    @property
    def shed(self) -> int:
        """Events refused because there was no room for them."""
        return self.budget.shed

    @property
    def in_flight_events(self) -> int:
        """Now: admitted, and their positions not done."""
        return self.budget.events

    @property
    def in_flight_bytes(self) -> int:
        """Now: of events and what was shaped from them."""
        return self.budget.bytes

    @property
    def lag(self) -> int:
        """Now: deliveries that are not answered."""
        return sum(each.lag for each in list(self.targets.values()))

    @property
    def is_stuck(self) -> bool:
        """Whether the last dead-letter target refuses a dead letter, so that sources wait."""
        return any(each.state == STUCK for each in list(self.targets.values()))
