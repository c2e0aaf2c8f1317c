"""The engines that are measured side by side: ours, the peers, and decoding alone as the yardstick.

Out: the table `ENGINES`, by the name that scenario files and results use. What stands here is what no run can find
out: what an engine leaves undone. Its version and what runs it, each run asks the engine itself
(``bench/worker_process.py``); how a peer is built, ``bench/peers/build.py`` knows.
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE, USED = "whole event", "up to the last field that rules use"
RULE_BY_RULE = "one rule after the other; decoded by orjson, once an event"


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, called in one way."""

    title: str
    events: str  # the form in which it is given an event
    validates: str  # how much of the event's JSON it checks
    arrays: str  # whether the values of a match must come from the same elements of an array
    is_ours: bool = False
    is_peer: bool = False
    warm_up_seconds: float = 0.2  # matching before the clock counts; after it a JIT compiler has nothing left to do
    note: str = ""


def _ours(title: str, validates: str, note: str = "") -> Engine:
    return Engine(title, "bytes", validates, "consistent", is_ours=True, note=note)


ENGINES: dict[str, Engine] = {
    "native": _ours("ruler, native", WHOLE, "in batches"),
    "native single": _ours("ruler, native, one call an event", WHOLE),
    "native used": _ours("ruler, native, validate=used", USED, "in batches"),
    "native used single": _ours("ruler, native, validate=used, one call an event", USED),
    "python": _ours("ruler, Python", WHOLE, "in batches"),
    "python single": _ours("ruler, Python, one call an event", WHOLE),
    "event-ruler": Engine(
        "Event Ruler",
        "str",
        WHOLE,
        "consistent",
        is_peer=True,
        warm_up_seconds=3,
        note="what follows the event is not read; bad UTF-8 is gone before",
    ),
    "quamina": Engine("Quamina", "bytes", USED, "consistent", is_peer=True),
    "quamina-rs": Engine("quamina-rs", "bytes", USED, "consistent", is_peer=True, note="UTF-8 is not checked"),
    "py-event-ruler": Engine(
        "py-event-ruler", "str", USED, "consistent", is_peer=True, note="one rule a call, read anew in each"
    ),
    "moto": Engine("moto", "bytes", WHOLE, "no objects in arrays", is_peer=True, note=RULE_BY_RULE),
    "localstack": Engine("LocalStack", "bytes", WHOLE, "not consistent", is_peer=True, note=RULE_BY_RULE),
    "orjson": Engine("orjson.loads", "bytes", WHOLE, "", note="decodes only: the yardstick"),
}
"""Name -> engine. What the peers leave undone is theirs to change: see the date of the result."""

YARDSTICK = "orjson"
DEFAULT_ENGINES = ("native", "native used", "python", "event-ruler", "quamina", "quamina-rs")
"""Those a scenario names none in place of. The Python peers test rule by rule, so few scenarios can afford them."""
WHOLE_PEERS = tuple(name for name, engine in ENGINES.items() if engine.is_peer and engine.validates == WHOLE)
OURS = tuple(name for name, engine in ENGINES.items() if engine.is_ours)
PEERS = tuple(name for name, engine in ENGINES.items() if engine.is_peer)
