"""What ``ruler run`` says of a router: one line on a terminal while it runs, and a summary when it has ended.

    125,000 events, 31,000 a second, 124,700 delivered, 12 tried again, 3 dead letters, 256 in flight, ops lags by 42

    ruler run: the source has ended; 1,250 events came in, all of them are done
      events  1,000 matched, 240 unmatched, 10 no events
      dead    20 delivered
      ops     990 delivered, 20 to dead letters, 25 tried again

In: the status of a router. Out: text, or a record for programs. Always: the events that came in are those that matched,
those that did not and those that are none; what is not done is named, so that nothing can be missing unseen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from ruler.findings import printable
from ruler.route.runtime.status import OPEN, RouterStatus, TargetStatus
from ruler.words import counted
from ruler_cli.progress import ERASE

END = "the end of the source"  # endings; the others are names of signals
ERROR = "an error"
MOST_NAMED = 3  # targets in the line
NARROWEST = 20  # columns


class StatusLine:
    """The line on the terminal. ``show`` writes it over the last one."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float], width: Callable[[], int]) -> None:
        self._write = write
        self._clock = clock
        self._width = width
        self._at, self._events = clock(), 0  # of the last line
        self._is_shown = False

    def show(self, status: RouterStatus) -> None:
        """Write the line as things stand now."""
        now = self._clock()
        rate = (status.events - self._events) / max(now - self._at, 0.001)
        self._at, self._events = now, status.events
        self._is_shown = True
        self._write(ERASE + status_text(status, rate)[: max(self._width() - 1, NARROWEST)])

    def erase(self) -> None:
        """Take the line away: before other messages, and at the end."""
        if self._is_shown:
            self._is_shown = False
            self._write(ERASE)


def status_text(status: RouterStatus, rate: float) -> str:
    """Return the line; ``rate`` is in events a second."""
    targets = list(status.targets.items())
    delivered, retried, dead = (
        sum(getattr(each, name) for _, each in targets) for name in ("delivered", "retried", "dead_letters")
    )
    parts = [
        f"{counted(status.events, 'event')}, {rate:,.0f} a second",
        f"{delivered:,} delivered",
        f"{retried:,} tried again",
        counted(dead + status.poison, "dead letter"),
        f"{status.in_flight_events:,} in flight",
    ]
    lagging = sorted((each for each in targets if each[1].lag), key=lambda each: -each[1].lag)
    parts += [f"{name} lags by {each.lag:,}{_state(each)}" for name, each in lagging[:MOST_NAMED]]
    return printable(", ".join(parts))


def _state(target: TargetStatus) -> str:
    return "" if target.state == OPEN else f" ({target.state})"


def terminal_line(clock: Callable[[], float]) -> StatusLine | None:
    """Return the line for standard error; None where that is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None
    return StatusLine(_write, clock, _terminal_width)


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass  # the terminal is gone; what is routed is not


def _terminal_width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


# ----- the end


def summary_record(status: RouterStatus, ending: str) -> dict[str, object]:
    """Return the summary for programs; ``ending`` says why it ended."""
    return {
        "ending": ending,
        "version": status.version,
        "events": status.events,
        "matched": status.matched,
        "unmatched": status.unmatched,
        "poison": status.poison,
        "not_done": not_done(status),
        "targets": {
            name: {
                "delivered": each.delivered,
                "dead_letters": each.dead_letters,
                "retried": each.retried,
                "undeliverable": each.undeliverable,
                "open": each.lag,
            }
            for name, each in sorted(status.targets.items())
        },
    }


def summary_text(status: RouterStatus, ending: str, *, is_durable: bool) -> str:
    """Return the summary for people. ``is_durable``: the source can give again what is not done."""
    how = "the source has ended" if ending == END else f"stopped by {ending}"
    lines = [f"ruler run: {how}; {_done_text(status, is_durable)}"]
    rows = [("events", _events_text(status))]
    rows += [(printable(name), _target_text(each)) for name, each in sorted(status.targets.items())]
    width = max(len(name) for name, _ in rows)
    return "\n".join([*lines, *(f"  {name:{width}}  {text}" for name, text in rows)])


def not_done(status: RouterStatus) -> int:
    """Return how many of the events that came in are not answered, or have a delivery that nobody took."""
    return min(status.events, status.events - status.settled + status.undeliverable)


def _done_text(status: RouterStatus, is_durable: bool) -> str:
    came = f"{counted(status.events, 'event')} came in"
    left = not_done(status)
    if not status.events:
        return "no event came in"
    if not left:
        return f"{came}, all of them are done" if status.events > 1 else f"{came} and is done"
    again = "the next start reads on from the first of them" if is_durable else "the source cannot give them again"
    return f"{came}, {left:,} of them not done: {again}"


def _events_text(status: RouterStatus) -> str:
    shadow = sum(status.shadow.values())
    parts = [f"{status.matched:,} matched", f"{status.unmatched:,} unmatched", f"{status.poison:,} no events"]
    parts += [f"{shadow:,} matched by rules in shadow"] if shadow else []
    return ", ".join(parts)


def _target_text(target: TargetStatus) -> str:
    parts = [f"{target.delivered:,} delivered"]
    for count, words in (
        (target.dead_letters, "to dead letters"),
        (target.undeliverable, "taken by nobody"),
        (target.retried, "tried again"),
        (target.lag, "not answered"),
    ):
        parts += [f"{count:,} {words}"] if count else []
    return ", ".join(parts) + (f" ({printable(target.last_problem)})" if target.last_problem else "")
