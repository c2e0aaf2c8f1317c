"""How fast deliveries may go: so many a second, and so many at once after a pause.

In: the time, and how many should go. Out: how many may. ``TokenBucket(rate=10, burst=5)``: 5 at once, then one each
0.1 seconds; a second without any fills it again.

Always: in any stretch of s seconds at most burst + rate * s tokens are spent. A change of rate or burst keeps what is
in the bucket, and never adds to it.
"""

from __future__ import annotations

# Time is a float: a token that is missing this little is there. Without it a timer set for the moment at which a
# token is full could fire at the same moment for ever.
TINY = 1e-6


class TokenBucket:
    """A bucket that fills at ``rate`` tokens a second and holds ``burst``."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = float(burst)
        self._at = now

    def available(self, now: float) -> int:
        """Return how many tokens there are."""
        self._fill(now)
        return int(self._tokens + TINY)

    def spend(self, count: int) -> None:
        """Take tokens that are available."""
        self._tokens -= count

    def ready_at(self, now: float) -> float:
        """Return when there will be a token."""
        self._fill(now)
        return now + max(0.0, 1.0 - self._tokens) / self.rate

    def change(self, rate: float, burst: int, now: float) -> None:
        """Go on with another rate or burst. What is in the bucket stays, as far as it fits."""
        self._fill(now)
        self.rate = rate
        self.burst = burst
        self._tokens = min(self._tokens, float(burst))

    def _fill(self, now: float) -> None:
        if now > self._at:
            self._tokens = min(float(self.burst), self._tokens + (now - self._at) * self.rate)
            self._at = now
