"""What is routed, and the two protocols at the edges: sources of events, and targets of deliveries.

    Source -> Event -> plan -> Delivery -> Target -> Ok, Retry or Reject

Events and deliveries are named tuples: they cannot change, and making one costs a third of a frozen dataclass, which
counts where every event makes one.

Always: the id of a delivery is the same each time it is made from the same event, rules, target and input, whatever
the process; it takes part in nothing but telling deliveries apart.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import NamedTuple, Protocol

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
ID_BYTES = 16  # enough that no two deliveries ever share an id by chance


class Position(NamedTuple):
    """Where an event stands in its source. Offsets of one source ascend in the order of its events."""

    source: str  # which stream, such as "orders.jsonl" or "topic/3"
    offset: int

    def __str__(self) -> str:
        return f"{self.source}:{self.offset}"


class Event(NamedTuple):
    """One event on its way: the JSON that rules judge, and what is known about it."""

    data: bytes
    key: bytes | None = None  # deliveries with one key may be kept in order; None has no order
    headers: Mapping[str, str] = NO_HEADERS
    position: Position | None = None
    timestamp: float = 0.0  # when it was received, in seconds since 1970
    id: str = ""  # as the producer tells it apart; "" where it does not
    received: bytes | None = None  # the bytes as they came, where ``data`` was made from them

    @property
    def identity(self) -> bytes:
        """What tells this event from others: its position, else its id, else its bytes."""
        if self.position is not None:
            return b"position\0%d\0%s" % (self.position.offset, self.position.source.encode("utf-8", "surrogateescape"))
        if self.id:
            return b"id\0" + self.id.encode("utf-8", "surrogatepass")
        return b"data\0" + blake2b(self.original, digest_size=ID_BYTES).digest()

    @property
    def original(self) -> bytes:
        """The bytes as they came: what a dead letter holds."""
        return self.data if self.received is None else self.received


@dataclass(frozen=True)
class Route:
    """What deliveries for the same reason share: the target, the rules that matched, and the rule set that decided."""

    target: str
    rules: tuple[str, ...]  # in the order of their names
    digest: str = ""  # of the rules of the rule set
    version: str = ""
    input: str = ""  # which input shaped the event, "" for the whole event
    delivery_id: str = ""  # of its one delivery, where that was made before: a dead letter that is replayed

    @cached_property
    def id_prefix(self) -> bytes:
        """The part of ids that all deliveries of the route share."""
        parts = (self.digest, self.target, self.input)
        return b"".join(b"%d\0%s" % (len(part), part) for part in map(_utf8, parts))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Delivery(NamedTuple):
    """What one target gets of one event. One for each event, target and input; it lists all rules that asked for it."""

    event: Event
    route: Route
    data: bytes  # what the target gets
    attempt: int = 1
    problem: str = ""  # why there is nothing to send; such a delivery goes to the dead letters

    @property
    def target(self) -> str:
        return self.route.target

    @property
    def rules(self) -> tuple[str, ...]:
        return self.route.rules

    @property
    def version(self) -> str:
        return self.route.version

    @property
    def key(self) -> bytes | None:
        return self.event.key

    @property
    def id(self) -> str:
        """32 hexadecimal digits, the same whenever the delivery is made again. Costs about a microsecond."""
        route = self.route
        if route.delivery_id:
            return route.delivery_id
        return blake2b(route.id_prefix + self.event.identity, digest_size=ID_BYTES).hexdigest()


@dataclass(frozen=True, slots=True)
class Ok:
    """The target has taken the delivery."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The target has not taken the delivery and may do so later, not before ``after`` seconds when that is given."""

    after: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The target will never take the delivery."""

    reason: str


Outcome = Ok | Retry | Reject
OK = Ok()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event that was put: returned when every target has answered."""

    version: str  # of the rule set that judged it
    delivered: int  # deliveries that their targets have taken
    dead_letters: int = 0  # deliveries that the dead letters have taken


class Target(Protocol):
    """Where deliveries go."""

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Return the outcome of each delivery, in their order. An exception counts as Retry for all of them."""

    async def close(self) -> None:
        """Finish what is begun and let go of what is open."""


class Source(Protocol):
    """Where events come from."""

    def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield events, some at a time, in the order of their positions."""

    def done(self, position: Position) -> None:
        """Take notice that this event, and all before it in its source, need never be given again."""

    async def pause(self) -> None:
        """Give no more events for now."""

    async def resume(self) -> None:
        """Give events again."""

    async def close(self) -> None:
        """Record the positions that are done and let go of what is open."""
