"""What the answer to a POST means for the delivery.

| answer                              | outcome                                                         |
|-------------------------------------|-----------------------------------------------------------------|
| 2xx                                 | Ok, as soon as its head is there                                |
| 408, 425, 429, 5xx, 600 and more    | Retry, after what Retry-After says                              |
| 3xx                                 | Reject: redirects are not followed                              |
| any other                           | Reject                                                          |

In: the status, headers, and the beginning of the body. Out: an Outcome; its reason is printable and short.
Always: linear, bounded, and for any text a server may send. Sources: RFC 9110, sections 10.2.3 (Retry-After) and 15
(a status above 599 is treated as 5xx).
"""

from __future__ import annotations

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ruler.findings import printable
from ruler.route.model import OK, Outcome, Reject, Retry

RETRIED = frozenset((408, 425, 429))
LONGEST_AFTER = 3600.0  # seconds: a server cannot put a delivery off for longer
LONGEST_PHRASE = 60  # characters of "Service Unavailable"
LONGEST_BODY = 200  # characters of the body in a reason
LONGEST_DATE = 64
_is_seconds = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10})?").fullmatch
_any_space = re.compile(r"\s+")


def outcome_of(
    status: int,
    *,
    server: str,
    phrase: str = "",
    retry_after: str = "",
    location: str = "",
    body: bytes = b"",
    now: float | None = None,
) -> Outcome:
    """What an answer means. ``now`` is the time in seconds since 1970 that a date in Retry-After is compared to.

    >>> outcome_of(503, server="https://ops.example", phrase="Service Unavailable", retry_after="20")
    Retry(after=20.0, reason='https://ops.example answered 503 Service Unavailable')
    """
    if 200 <= status < 300:
        return OK
    reason = f"{server} answered {status} {_short(phrase, LONGEST_PHRASE)}".rstrip()
    if 300 <= status < 400:
        to = _origin_of(location)
        return Reject(f"{reason}{f', and names {to}' if to else ''}; redirects are not followed")
    text = _short(body[: 4 * LONGEST_BODY].decode("utf-8", "replace"), LONGEST_BODY)
    reason = f"{reason}: {text}" if text else reason
    if status in RETRIED or status >= 500:
        return Retry(seconds_after(retry_after, time.time() if now is None else now), reason)
    return Reject(reason)


def seconds_after(text: str, now: float) -> float | None:
    """The seconds that Retry-After asks for, at most an hour: a number, or a date; None for anything else.

    >>> seconds_after("120", 0.0), seconds_after("Thu, 01 Jan 1970 00:01:00 GMT", 12.0), seconds_after("later", 0.0)
    (120.0, 48.0, None)
    """
    text = text[: LONGEST_DATE + 1].strip()
    if _is_seconds(text):
        return min(float(text), LONGEST_AFTER)
    if not text or len(text) > LONGEST_DATE:
        return None
    try:
        date = parsedate_to_datetime(text)
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):  # not a date; the delay is chosen as without it
        return None
    return min(max(seconds, 0.0), LONGEST_AFTER)


def _short(text: str, longest: int) -> str:
    """``text`` on one line, printable, and not longer than ``longest``, or a little more for escapes."""
    text = _any_space.sub(" ", text[: 4 * longest]).strip()
    return printable(text if len(text) <= longest else text[:longest] + "...")


def _origin_of(location: str) -> str:
    """The scheme and the host of an address, without what may be secret."""
    try:
        parts = urlsplit(location[:2000])
    except ValueError:
        return ""
    place = parts.netloc.rpartition("@")[2]
    return _short(f"{parts.scheme}://{place}", 300) if place and parts.scheme else ""
