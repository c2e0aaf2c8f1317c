"""Events that carry a batch of entries, of any size: what a producer sends that collects before it sends.

Out: one event a line, with the envelope of the bus. A third each are counts of a warehouse's stock, lines of orders and
lines of a log. What describes the batch stands before the entries, what sums it up behind them, so an engine that stops
reading early can do so for some rules and not for others. An event has at most the wanted size, and lacks at most one
entry (400 bytes) of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bench.generators import vocabulary as words
from bench.generators.draw import Draw
from bench.generators.eventbridge import FIRST_TIME, Event, envelope, time_text

WAREHOUSES = ("AMS-1", "BER-2", "LIS-1", "OSA-3", "SEA-1", "SEA-2", "SAO-1", "UTR-4")
STATES = ("ready", "held", "damaged", "missing", "returned", "expired")
OUTCOMES = ("complete", "partial", "rejected", "repeated")
LEVELS = ("debug", "info", "info", "info", "warning", "error")
SERVICES = tuple(f"{team}-{part}" for team in words.TEAMS for part in ("api", "worker", "cron"))
_SKU_LETTERS = "ABCDEFGH"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def batches(count: int, seed: int = 1, *, kilobytes: int = 14) -> Iterator[bytes]:
    """``count`` events of about ``kilobytes`` times 1,000 bytes, one line each, without line ends."""
    draw = Draw(seed)
    seconds = 0
    for _ in range(count):
        seconds += draw.between(1, 9)
        yield _event(draw, FIRST_TIME + timedelta(seconds=seconds), 1000 * kilobytes)


def sku(draw: Draw) -> str:
    """A stock number, whose first three letters are a family of goods."""
    return f"{''.join(draw.pick(_SKU_LETTERS) for _ in range(3))}-{draw.between(1000, 9999)}"


def _event(draw: Draw, time: datetime, size: int) -> bytes:
    kind, entry = draw.pick(_KINDS)
    event = envelope(draw, time)
    entries: list[str] = []
    event |= {
        "source": f"shop.{kind}",
        "detail-type": "Batch Closed",
        "detail": {
            "batch": draw.hexadecimal(16),
            "warehouse": draw.pick(WAREHOUSES),
            "priority": draw.between(1, 9),
            "entries": entries,
            "summary": {
                "status": draw.pick(OUTCOMES),
                "accepted": draw.below(1000),
                "checked-by": draw.pick(words.USERS),
                "closed": time_text(time),
            },
        },
    }
    left = size - len(_encode(event).encode())
    while True:
        text = _encode(entry(draw, time, len(entries)))
        left -= len(text.encode()) + bool(entries)  # and the comma before it
        if left < 0:
            break
        entries.append(text)
    event["detail"]["entries"] = "ENTRIES"
    return _encode(event).replace('"ENTRIES"', f"[{','.join(entries)}]").encode()


def _count(draw: Draw, time: datetime, index: int) -> Event:
    return {
        "line": index + 1,
        "sku": sku(draw),
        "state": draw.pick_skewed(STATES),
        "quantity": draw.below(1000),
        "location": {"aisle": draw.between(1, 60), "shelf": draw.word(2)},
        "lots": [
            {"lot": draw.hexadecimal(10), "expires": time_text(time + timedelta(days=draw.between(-30, 700)))[:10]}
            for _ in range(draw.between(1, 3))
        ],
    }


def _order_line(draw: Draw, time: datetime, index: int) -> Event:
    return {
        "line": index + 1,
        "order": f"o-{draw.between(100000, 999999)}",
        "sku": sku(draw),
        "name": draw.pick(words.PRODUCTS),
        "state": draw.pick_skewed(STATES),
        "quantity": draw.between(1, 20),
        "cents": 49 * draw.between(2, 400),
        "customer": {"id": draw.between(1, 20000), "country": draw.pick(words.COUNTRIES)},
        "due": time_text(time + timedelta(hours=draw.between(1, 200))),
    }


def _log_line(draw: Draw, time: datetime, index: int) -> Event:
    return {
        "at": time_text(time - timedelta(seconds=draw.below(600))),
        "level": draw.pick(LEVELS),
        "service": draw.pick(SERVICES),
        "request": draw.hexadecimal(16),
        "milliseconds": draw.below(100000) / 100,
        "text": f"step {index} in {draw.pick(words.CITIES)}: {draw.pick(words.COUPONS)} for {words.object_key(draw)}",
        "caller": {"address": words.address(draw), "agent": draw.pick(words.USER_AGENTS)},
    }


_KINDS: tuple[tuple[str, Callable[[Draw, datetime, int], Event]], ...] = (
    ("inventory", _count),
    ("orders", _order_line),
    ("logs", _log_line),
)
