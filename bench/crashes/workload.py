"""A file of events with keys, and who must get each of them.

In: a number of lines and a seed. Out: the same lines each time, each with its oracle, which knows nothing of rules:
what a line is decides who gets it, and its text is made of that.

    order    hook and archive        note    archive        ping    nobody, or the hook when its total is above 900
    refused  an order that the hook refuses for good: a dead letter of the hook, and the archive has it
    poison   half a line, which is no event: a dead letter of nobody in particular

Always: every line holds its number as ``"n":17``, so that what was made of a line can be told from any part of it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOOK, ARCHIVE, DEAD = "hook", "archive", "dead"
KEYS = 400  # so that many deliveries can go at once, and each key has many
REFUSED_SHARE = 0.002
POISON_SHARE = 0.001
MOST_PADDING = 300

find_number = re.compile(rb'"n":(\d+)').search

RULES = """
[rules.orders]
pattern = { kind = ["order"] }
targets = ["hook", "archive"]

[rules.notes]
pattern = { kind = ["note"] }
targets = ["archive"]

[rules.large]
pattern = { total = [{ numeric = [">", 900] }] }
targets = ["hook"]
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and who must get it."""

    number: int
    offset: int  # of its first byte in the file
    key: str
    data: bytes
    targets: tuple[str, ...]  # those that take it
    letters: tuple[str, ...] = ()  # dead letters: of which target, "" for poison


def number_of(data: bytes) -> int | None:
    """The number of the line that ``data`` were made of; None where they hold none."""
    found = find_number(data)
    return None if found is None else int(found[1])


def workload(count: int, seed: int) -> Iterator[Line]:
    """Yield ``count`` lines."""
    draw = random.Random(seed)
    offset = 0
    for number in range(count):
        line = _line(number, offset, draw)
        yield line
        offset += len(line.data) + 1


def write_lines(path: Path, lines: Sequence[Line]) -> None:
    """Write the lines to a file."""
    path.write_bytes(b"".join(line.data + b"\n" for line in lines))


def _line(number: int, offset: int, draw: random.Random) -> Line:
    kind = draw.choices(("order", "note", "ping"), (60, 25, 15))[0]
    total = draw.randrange(100_000) / 100
    key = f"k{draw.randrange(KEYS)}"
    event = {"n": number, "key": key, "kind": kind, "total": total, "padding": "x" * draw.randrange(MOST_PADDING)}
    chance = draw.random()
    targets = {"order": (HOOK, ARCHIVE), "note": (ARCHIVE,), "ping": ()}[kind]
    if total > 900 and HOOK not in targets:
        targets = (HOOK, *targets)
    if chance < POISON_SHARE:
        return Line(number, offset, key, _text(event)[: -draw.randrange(1, 5)], (), ("",))
    if HOOK in targets and chance < POISON_SHARE + REFUSED_SHARE:
        others = tuple(target for target in targets if target != HOOK)
        return Line(number, offset, key, _text({**event, "refuse": True}), others, (HOOK,))
    return Line(number, offset, key, _text(event), targets)


def _text(event: dict[str, object]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
