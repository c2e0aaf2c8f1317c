"""The errors of a router.

RouterError (RulerError)
├── Overloaded      there is no room for the event, and it should not wait
├── Stopped         the router has stopped, or gave the event up when it stopped
└── Undeliverable   a target refused a delivery for good, and there is no target for dead letters
"""

from __future__ import annotations

from ruler.errors import RulerError, in_parts


class RouterError(RulerError):
    """A router that cannot do what it is asked: what, where, why, and what to write."""

    def __init__(self, what: str, *, where: str = "", why: str = "", write: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.write = write

    def __str__(self) -> str:
        return in_parts(self.what, where=self.where, why=self.why, write=self.write)


class Overloaded(RouterError):
    """As much is in flight as may be, and the caller would not wait."""


class Stopped(RouterError):
    """The router takes no more events, or gave this one up when it stopped."""


class Undeliverable(RouterError):
    """A delivery was refused for good, or an event was none, and no dead-letter target takes it."""


def stopped() -> Stopped:
    """The error of a put that comes too late, or is given up."""
    return Stopped("the router has stopped", why="it takes no more events, and gives up what is not settled in time")
