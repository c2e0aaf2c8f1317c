"""What happens in one simulation, decided by a seed before it begins, and the dice that are thrown while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from random import Random

from .families import DOCUMENTS, KINDS, Family, family

KEYS: tuple[tuple[bytes | None, ...], ...] = (
    (None,),
    (b"k1",),
    (None, b"k1"),
    (b"k1", b"k2"),
    (None, b"k1", b"k2", b"k3"),
)
PUT = "put"
SOURCES = (
    ("one",),
    ("one",),
    ("one", "two"),
    (PUT,),
    ("one", PUT),
    ("many/1", "many/2", "many/3"),
    ("many/1", "many/2", PUT),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as its producer sends it. A put has no offset: it is counted when it is made."""

    number: int
    kind: str
    key: bytes | None
    source: str  # the stream; PUT where a producer puts it
    data: bytes


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happens: after so many seconds, or after so many steps of the loop, or of effects.

    An effect is what outlives a crash: a target takes or answers, a position is recorded, a receipt is handed out.
    """

    count: float
    unit: str

    def __str__(self) -> str:
        return f"{self.count:g} {self.unit}"


SECONDS = "seconds"
STEPS = "steps"
EFFECTS = "effects"


@dataclass(frozen=True, slots=True)
class End:
    """How a life ends that does not end by itself."""

    how: str  # "crash", "stop", "stop at once", "stop twice", "give up": someone gives up a run
    at: Moment


@dataclass
class Schedule:
    """Everything that a seed decides."""

    seed: int
    family: Family
    events: tuple[Sent, ...]
    max_events: int
    max_bytes: int
    batch_events: int
    batch_bytes: int
    drain_seconds: float
    ends: tuple[End, ...]  # one for each life but the last
    changes: tuple[tuple[Moment, int], ...]  # (when, since the change before, which version)
    first_version: int
    fault_share: float  # of sends that fail in some way
    fault_count: int  # until all goes well
    stall_share: float  # of the faults
    latency: float  # the longest that a send takes when it goes well
    pauses: float  # the longest between two batches of a source
    records_at_once: bool  # whether a source records each position that is done, or only when it is closed
    source_faults: int  # how often a source breaks
    sheds: bool  # whether puts ask to be shed
    uses_rule_source: bool  # whether changes come by a RuleSource
    impatience: float  # the share of puts whose producer gives up waiting
    put_pause: float  # the longest between two puts; 0 for all at once
    dice: Random = field(repr=False)  # for what is decided while it runs
    router_seed: int = 0

    @cached_property
    def streams(self) -> dict[str, list[Sent]]:
        """The events of each stream, in their order. PUT is not one of them."""
        found: dict[str, list[Sent]] = {}
        for sent in self.events:
            if sent.source != PUT:
                found.setdefault(sent.source, []).append(sent)
        return found

    @property
    def by_source(self) -> dict[str, dict[str, list[Sent]]]:
        """The streams of each source: what stands before the slash in their names."""
        found: dict[str, dict[str, list[Sent]]] = {}
        for stream, events in self.streams.items():
            found.setdefault(stream.partition("/")[0], {})[stream] = events
        return found

    def __str__(self) -> str:
        shown = [f"{each.name}: {getattr(self, each.name)}" for each in fields(self) if each.name not in HIDDEN]
        return f"family: {self.family.name}\n" + "\n".join(shown)


HIDDEN = {"family", "events", "dice"}


def schedule_of(seed: int, engine: str = "python") -> Schedule:
    """The schedule of a seed."""
    dice = Random(seed)
    chosen = family(dice.choice(list(DOCUMENTS)), engine)
    count = dice.choice((1, 2, 3, 5, 8, 12, 20, 30, 45))
    events = _events(dice, chosen, count)
    has_changes = dice.random() < 0.4
    return Schedule(
        seed,
        chosen,
        events,
        max_events=dice.choice((1, 2, 5, 10, 100)),
        max_bytes=dice.choice((1, 150, 1000, 100_000)),
        batch_events=dice.choice((1, 2, 4, 16, 64)),
        batch_bytes=dice.choice((1, 300, 100_000)),
        drain_seconds=dice.choice((0.0, 0.5, 5.0, 1000.0)),
        ends=tuple(_end(dice, count) for _ in range(dice.choice((0, 0, 1, 1, 2, 4)))),
        changes=_changes(dice, len(chosen.versions)) if has_changes else (),
        first_version=dice.choice([at for at, version in enumerate(chosen.versions) if version.can_be_used]),
        fault_share=dice.choice((0.0, 0.1, 0.3, 0.8)),
        fault_count=dice.choice((0, 1, 3, 10, 40)),
        stall_share=dice.choice((0.0, 0.1, 0.5)),
        latency=dice.choice((0.0, 0.01, 0.3)),
        pauses=dice.choice((0.0, 0.01, 1.0)),
        records_at_once=dice.random() < 0.7,
        source_faults=dice.choice((0, 0, 0, 1)),
        sheds=dice.random() < 0.3,
        uses_rule_source=has_changes and dice.random() < 0.3,
        impatience=dice.choice((0.0, 0.0, 0.2)),
        put_pause=dice.choice((0.0, 0.0, 0.1)),
        dice=dice,
        router_seed=dice.randrange(2**32),
    )


def _events(dice: Random, chosen: Family, count: int) -> tuple[Sent, ...]:
    """Events of one or two sources, and puts."""
    sources = dice.choice(SOURCES)
    kinds = chosen.kinds if dice.random() < 0.5 else ("a", "b")
    keys = dice.choice(KEYS)
    events = []
    for number in range(1, count + 1):
        kind = dice.choice(kinds)
        data = KINDS[kind].format(n=number).encode()
        events.append(Sent(number, kind, dice.choice(keys), dice.choice(sources), data))
    return tuple(events)


def _end(dice: Random, count: int) -> End:
    how = dice.choice(("crash", "crash", "crash", "crash", "stop", "stop at once", "stop twice", "give up"))
    if how == "crash":
        steps = Moment(dice.randrange(20 + 25 * count), STEPS)
        return End(how, steps if dice.random() < 0.6 else _effects(dice, 4 * count))
    return End(how, _moment(dice, 4 * count))


def _moment(dice: Random, most_effects: int) -> Moment:
    if dice.random() < 0.5:
        return _effects(dice, most_effects)
    return Moment(dice.choice((0.0, 0.01, 0.3, 1.0, 3.0)) * dice.random(), SECONDS)


def _effects(dice: Random, most: int) -> Moment:
    return Moment(dice.randint(1, 2 + most), EFFECTS)


def _changes(dice: Random, version_count: int) -> tuple[tuple[Moment, int], ...]:
    return tuple((_moment(dice, 20), dice.randrange(version_count)) for _ in range(dice.choice((1, 2, 5))))
