"""Whether a router is ready to take events, and why not.

In: its status. Out: reasons; none when it is ready. A router that is not ready loses nothing: its sources wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from ruler.route.runtime.status import PAUSED, PROBING, STUCK, RouterStatus

_STATES = {
    "new": ("starting", "the router has not begun"),
    "stopping": ("stopped", "the router stops"),
    "stopped": ("stopped", "the router has stopped"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a router is not ready. ``code`` is for programs: starting, stopped, brake, dead-letters."""

    code: str
    text: str
    target: str = ""

    def record(self) -> dict[str, str]:
        """Return the reason as JSON has it."""
        record = {"code": self.code, "text": self.text}
        return record | {"target": self.target} if self.target else record


def reasons_of(status: RouterStatus) -> list[Reason]:
    """Return every reason against being ready."""
    reasons = [Reason(*_STATES[status.state])] if status.state in _STATES else []
    for name, target in sorted(status.targets.items()):
        if target.state == STUCK:
            text = "its dead letters are taken by nobody, so sources wait"
            reasons.append(Reason("dead-letters", text, name))
        elif target.state in (PAUSED, PROBING):
            text = "too large a share of its deliveries failed, so the brake is on"
            reasons.append(Reason("brake", text, name))
    return reasons
