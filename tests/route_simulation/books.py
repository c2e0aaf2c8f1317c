"""What the ledger knows: of items, of events, of lanes and buckets, in one life of a router and in all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from .families import Version
from .schedule import Sent

NEARLY = 1e-6  # seconds and deliveries are floating-point numbers


class Violation(AssertionError):
    """The router has done what it must not do."""


class Item(NamedTuple):
    """One thing that one target is to have."""

    number: int  # of the event
    target: str
    rules: tuple[str, ...]
    letter_of: str = ""  # where it is a dead letter: the target that it was for first, or "poison"


@dataclass(slots=True)
class Progress:
    """What became of an item in one life."""

    state: str = "waiting"  # "sending", "waiting" (for a retry), "ok", "refused"
    attempts: int = 0
    first_at: float = 0.0
    not_before: float = 0.0
    taken_in_attempt: bool = False


@dataclass(slots=True)
class Judged:
    """What is known in one life about one event."""

    sent: Sent
    offset: int
    size: int
    given_at: int  # how many versions there had been
    time: float  # when it was given
    version: Version | None = None  # the one that judged it, once it is seen
    is_open: bool = False  # begun and not settled


@dataclass(slots=True)
class Bucket:
    """The rate as a target may count it."""

    level: float
    at: float


@dataclass(slots=True)
class Lane:
    """What one target has got of one key and source."""

    begun_to: int = -1  # the last offset sent for the first time
    begun: list[Item] = field(default_factory=list)  # sent, and not all of them ended


@dataclass(slots=True)
class Life:
    """What is known within one life."""

    number: int
    versions: list[Version]  # in the order they came into force
    judged: dict[int, Judged] = field(default_factory=dict)
    progress: dict[Item, Progress] = field(default_factory=dict)
    lanes: dict[tuple[str, bytes, str], Lane] = field(default_factory=dict)  # by target, key and source
    busy_lanes: dict[tuple[str, bytes], Item] = field(default_factory=dict)
    running: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # sends
    buckets: dict[str, Bucket] = field(default_factory=dict)
    settled_to: dict[str, int] = field(default_factory=dict)  # the last position of each source that was done
    given: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # numbers by source
    passed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # of these, how many are done
    answers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # deliveries, by target
    stuck: dict[Item, float] = field(default_factory=dict)  # dead letters that the last target has refused, and when
    has_late_answers: bool = False  # after the router has broken off
    abandoned: set[str] = field(default_factory=set)  # streams that nobody can record any more
    taken: int = 0  # deliveries that targets have answered with Ok
    open_count: int = 0
    open_bytes: int = 0
