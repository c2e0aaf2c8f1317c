"""Reads what the targets and the dead letters hold after a run.

In: the ledger of the hook (sink.py), the file of the archive, the file of dead letters. Out: one Took for each event
that was taken, in the order of taking, with the byte of the ledger at which it stands: so it can be told what was
taken before a moment whose size of the ledger is known.

    taken 17 k3 5c41... 1    ->  Took(number=17, at=0, id="5c41...", attempt=1)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.crashes.sink import LATE, REFUSED, TAKEN
from bench.crashes.workload import number_of
from ruler.route.dead_letters import LetterError, letter_of


@dataclass(frozen=True, slots=True)
class Took:
    """One event that a target has taken."""

    number: int
    at: int  # where it begins in the ledger, in bytes
    id: str = ""  # of the delivery, where the ledger has it
    attempt: int = 0  # as the router counts them, where the ledger has it
    is_late: bool = False  # taken, and the answer came when nobody waited for it any more
    letter_of: str = ""  # of a dead letter: the target that did not take the event
    code: str = ""  # of a dead letter: why
    data: bytes = b""  # of a dead letter: the event as it came


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one target has taken, and how many lines of its ledger nobody can read."""

    took: list[Took]
    unreadable: int = 0
    others: int = 0  # requests that were answered with a failure


def read_hook(path: Path) -> Ledger:
    """The ledger of the sink."""
    took, unreadable, others = [], 0, 0
    for at, line in _lines(path):
        parts = line.decode().split(" ")
        if len(parts) != 5 or not parts[1].isdigit() or not parts[4].isdigit():
            unreadable += 1
        elif parts[0] in (TAKEN, LATE):
            took.append(Took(int(parts[1]), at, parts[3], int(parts[4]), is_late=parts[0] == LATE))
        else:
            others += parts[0] != REFUSED
    return Ledger(took, unreadable, others)


def read_archive(path: Path) -> Ledger:
    """The file that the archive is: one event a line."""
    took, unreadable = [], 0
    for at, line in _lines(path):
        number = number_of(line)
        if number is None or not line.endswith(b"}"):
            unreadable += 1
        else:
            took.append(Took(number, at))
    return Ledger(took, unreadable)


def read_letters(path: Path) -> Ledger:
    """The file of dead letters."""
    took, unreadable = [], 0
    for at, line in _lines(path):
        try:
            letter = letter_of(line)
        except LetterError:
            unreadable += 1
            continue
        number = number_of(letter.data)
        known = -1 if number is None else number
        took.append(Took(known, at, letter.id, letter_of=letter.target, code=letter.code, data=letter.data))
    return Ledger(took, unreadable)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line with the byte at which it begins; a last one without a line end too."""
    at = 0
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        if line:
            yield at, line
        at += len(line) + 1
