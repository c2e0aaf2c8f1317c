"""When to try again: waits that double, at random from nothing to the whole of each, so that callers spread out.

    first_delay 0.2, max_delay 30:  after attempt 1 up to 0.2 s, 2 up to 0.4 s, 3 up to 0.8 s, ... then up to 30 s

A target that says "not before" is heeded, whatever the longest wait is.
Source: "Exponential Backoff And Jitter", AWS Architecture Blog (full jitter).
"""

from __future__ import annotations

import math
from random import Random

from ruler.route.dead_letters import AGE, ATTEMPTS
from ruler.route.rule_set import RetrySettings

LONGEST_WAIT = 86_400.0  # seconds: a target that asks for more would never be tried again
MOST_DOUBLINGS = 64  # from then on only max_delay counts, and no float overflows


def delay_after(attempt: int, retry: RetrySettings, random: Random, after: float | None = None) -> float:
    """Return the seconds to wait after attempt ``attempt``, at least ``after`` where the target asks for that.

    >>> delay_after(3, RetrySettings(first_delay=1.0), Random(1), after=60.0)
    60.0
    """
    longest = min(retry.max_delay, retry.first_delay * 2.0 ** min(attempt - 1, MOST_DOUBLINGS))
    return max(random.random() * longest, asked_wait(after))


def asked_wait(after: float | None) -> float:
    """Return the seconds that a target asks to wait, a day at most; 0 when it asks for none, or for what is no time."""
    return min(after, LONGEST_WAIT) if after is not None and after > 0 and math.isfinite(after) else 0.0


def used_up(attempt: int, age: float, retry: RetrySettings) -> tuple[str, str]:
    """Return why there is no other try, as a code and as text; "" when there is. ``age``: how old it would be then."""
    if attempt >= retry.attempts:
        return ATTEMPTS, f"not taken in {attempt} {'attempt' if attempt == 1 else 'attempts'}"
    if age > retry.max_age:
        return AGE, f"not taken within {retry.max_age:g} s"
    return "", ""
