"""IP addresses as (version, integer), read the same way from rules and from events.

In: any string. Out: ``(4, n)`` or ``(6, n)``, or None when the string is no address as
section 8 of the semantics has it: IPv4 as four decimal parts without leading zeros, IPv6 as RFC 4291 text
without a zone.

    "10.1.2.3" -> (4, 0x0A010203)    "::ffff:10.1.2.3" -> (4, 0x0A010203)    "010.1.2.3" -> None

The work is done by ``socket.inet_pton``, which is exactly that strict. netaddr was tried and left: it calls
the same function at ten times the cost, and its networks accept more than a block may be
(``10/8``, ``10.0.0.0/255.0.0.0``).
"""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_pton

# Turns away nearly every string that is no address before inet_pton must raise, and with them zones,
# non-ASCII digits and the NUL characters that inet_pton itself does not take. 45 is the longest address.
_may_be_address = re.compile(r"[0-9A-Fa-f:.]{2,45}").fullmatch
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96


def parse_address(text: str) -> tuple[int, int] | None:
    """Return the IP version and number of the address ``text``, or None; IPv4-mapped IPv6 is version 4.

    >>> parse_address("0.0.1.0"), parse_address("::1"), parse_address("::ffff:0:100"), parse_address("1.2.3")
    ((4, 256), (6, 1), (4, 256), None)
    """
    if _may_be_address(text) is None:
        return None
    try:
        if ":" not in text:
            return 4, int.from_bytes(inet_pton(AF_INET, text), "big")
        packed = inet_pton(AF_INET6, text)
    except OSError:
        return None
    if packed.startswith(_MAPPED_PREFIX):
        return 4, int.from_bytes(packed[12:], "big")
    return 6, int.from_bytes(packed, "big")
