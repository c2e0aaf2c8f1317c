"""When to stop sending, instead of making dead letters of everything.

In: how many deliveries ended well and badly, and when. Out: how many may be sent now.

    share 0.5, window 60, least 20, pause 30
    10 end well and 11 badly within a minute -> paused for 30 seconds -> one delivery is the probe
    the probe is taken -> closed, and counted from nothing;  it is not -> paused again

Always: what is remembered does not grow with the number of deliveries (the window is counted in slots, so it is between
``window`` and a twelfth more); a brake that is paused or probing lets nothing else through.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

SLOTS = 12  # parts of the window: an old part leaves the window as a whole
CLOSED = "closed"
PAUSED = "paused"
PROBE = "probe"
TINY = 1e-6  # seconds: a timer for the end of a pause may fire this much early


class BrakeLimits(Protocol):
    """What the settings of a brake say (rule_set.py)."""

    @property
    def share(self) -> float:
        """How much of what ends may end badly."""

    @property
    def window(self) -> float:
        """Within how many seconds that is counted."""

    @property
    def least(self) -> int:
        """From how many deliveries on."""

    @property
    def pause(self) -> float:
        """How many seconds nothing is sent."""


class Brake:
    """The brake of one target; with no settings it never holds."""

    __slots__ = ("_slots", "settings", "state", "until")

    def __init__(self, settings: BrakeLimits | None) -> None:
        self.settings = settings
        self.state = CLOSED
        self.until = 0.0  # when a pause ends
        self._slots: deque[list[int]] = deque()  # [number of the slot, ended well, ended badly]

    def room(self, most: int, now: float) -> int:
        """Return how many of ``most`` deliveries may be sent now: all, one as the probe, or none."""
        if self.state == CLOSED:
            return most
        return 1 if self.state == PAUSED and now >= self.until - TINY else 0

    def begin_probe(self) -> None:
        """What is sent next is the probe."""
        self.state = PROBE

    def end_probe(self, is_taken: bool, now: float) -> None:
        """Close when the probe was taken, or pause again."""
        if self.state != PROBE:
            return  # a change of settings has closed it meanwhile
        if is_taken:
            self._close()
        else:
            self._pause(now)

    def ended(self, well: int, badly: int, now: float) -> None:
        """Count deliveries that ended, and pause when too many ended badly."""
        settings = self.settings
        if settings is None:
            return
        number = int(now / settings.window * SLOTS)
        slots = self._slots
        if not slots or slots[-1][0] != number:
            slots.append([number, 0, 0])
            while slots[0][0] < number - SLOTS:
                slots.popleft()
        slots[-1][1] += well
        slots[-1][2] += badly
        if badly and self.state == CLOSED and self._is_too_much():
            self._pause(now)

    def change(self, settings: BrakeLimits | None) -> None:
        """Go on with other settings. Without any, nothing holds any more."""
        if settings is None or (self.settings is not None and settings.window != self.settings.window):
            self._slots.clear()  # they are counted in parts of the window
        self.settings = settings
        if settings is None:
            self.state = CLOSED

    def _is_too_much(self) -> bool:
        assert self.settings is not None
        badly = sum(slot[2] for slot in self._slots)
        all_ended = badly + sum(slot[1] for slot in self._slots)
        return all_ended >= self.settings.least and badly > self.settings.share * all_ended

    def _pause(self, now: float) -> None:
        assert self.settings is not None
        self.state = PAUSED
        self.until = now + self.settings.pause

    def _close(self) -> None:
        self.state = CLOSED
        self._slots.clear()
