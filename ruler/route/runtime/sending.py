"""One send: what a target answers, whatever it does.

In: a target, deliveries, a time-out. Out: one outcome for each delivery: Retry for all of them, with the reason, when
the target raises, takes too long, or answers something else.
Always: only a cancellation of the send itself gets out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ruler.errors import text_of
from ruler.findings import printable
from ruler.route.model import Delivery, Ok, Outcome, Reject, Retry, Target

LONGEST_REASON = 500  # characters: reasons may come from afar, and go into dead letters


async def outcomes_of(target: Target, deliveries: list[Delivery], timeout: float) -> Sequence[Outcome]:
    """Send, and return the outcome of each delivery."""
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            outcomes = await target.send(deliveries)
    except TimeoutError as error:
        reason = f"no answer within {timeout:g} s" if limit.expired() else _reason_of(error)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # the router stops
        reason = _reason_of(error)  # something within the target was cancelled, not this send
    except Exception as error:  # whatever a target raises means the same: not taken, and may be tried again
        reason = _reason_of(error)
    else:
        reason = _complaint(outcomes, len(deliveries))
        if not reason:
            return outcomes
    return [Retry(reason=shortened(reason))] * len(deliveries)


def shortened(reason: object) -> str:
    """Return the reason of an outcome as text of limited length, in which nothing is hidden and no line ends."""
    text = text_of(reason)
    return printable(text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 3] + "...")


def _reason_of(error: BaseException) -> str:
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _complaint(outcomes: object, count: int) -> str:
    """What is wrong with what a target returned; "" when nothing is."""
    if type(outcomes) is not list and not isinstance(outcomes, Sequence):
        return f"the target returned {type(outcomes).__name__}, expected a sequence of {count} outcomes"
    if len(outcomes) != count:
        return f"the target returned {len(outcomes)} outcomes for {count} deliveries, expected one for each"
    for outcome in outcomes:
        if type(outcome) is Ok:
            continue
        if not isinstance(outcome, Ok | Retry | Reject):
            return f"the target returned {type(outcome).__name__} as an outcome, expected Ok, Retry or Reject"
        if isinstance(outcome, Retry) and not isinstance(outcome.after, float | int | None):
            return f"the target returned Retry after {type(outcome.after).__name__}, expected seconds as a number"
    return ""
