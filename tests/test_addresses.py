"""Addresses: what is one, and that reading never fails on what is not."""

from __future__ import annotations

import ipaddress

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler import matches
from ruler.patterns.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0", (4, 0)),
        ("10.1.2.3", (4, 0x0A010203)),
        ("255.255.255.255", (4, 2**32 - 1)),
        ("::", (6, 0)),
        ("::1", (6, 1)),
        ("2001:DB8:0:0:0:0:0:1", (6, 0x20010DB8 << 96 | 1)),
        ("1:2:3:4:5:6:7::", (6, 0x00010002000300040005000600070000)),
        ("::1.2.3.4", (6, 0x01020304)),
        ("64:ff9b::1.2.3.4", (6, 0x64FF9B << 96 | 0x01020304)),
        ("::ffff:10.1.2.3", (4, 0x0A010203)),
        ("::FFFF:a01:203", (4, 0x0A010203)),
        ("0:0:0:0:0:ffff:10.1.2.3", (4, 0x0A010203)),
        ("::fffe:10.1.2.3", (6, 0xFFFE0A010203)),
    ],
)
def test_address_is_read(text, address):
    """IPv4-mapped addresses are version 4, in either spelling."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ".",
            ":",
            ":::",
            "1",
            "101",
            "10.1.2",
            "10.1.2.3.4",
            "10.1.2.",
            ".1.2.3",
            "1..2.3",
            "010.1.2.3",
        ),
        *(
            "10.1.2.03",
            "10.1.2.00",
            "10.1.2.256",
            "10.1.2.1000",
            "10.1.2.-1",
            "+1.2.3.4",
            "1.2.3.4 ",
            " 1.2.3.4",
        ),
        *(
            "1.2.3.4\n",
            "1.2.3.4\0",
            "\x001.2.3.4",
            "0x1.2.3.4",
            "1.2.3.4/8",
            "١.2.3.4",
            "1.2.3.٤",
            "１.2.3.4",
        ),
        *(
            "fe80::1%eth0",
            "fe80::1%",
            "[::1]",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "::12345",
            "::00001",
        ),
        *("1:2:3:4:5:6:7:8::", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", "::1.2.3", "::01.2.3.4", "::1.2.3.4:5"),
        *(
            "1.2.3.4::",
            "::g",
            "::1\0",
            "::1 ",
            "1:2:3:4:5:6:7:1.2.3.4",
            "a" * 10**6,
            "1." * 10**6,
            ":" * 10**6,
        ),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_no_address_is_none(text):
    """Strict, and never an exception: NUL characters, other digits and megabytes included."""
    assert parse_address(text) is None


def by_ipaddress(text):
    """Return what the standard library's own parser says; it takes zones, which are no addresses here."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return (4, int(mapped)) if mapped is not None else (address.version, int(address))


groups = st.sampled_from(["", "0", "1", "ffff", "FFFF", "00a", "12345", "g", "10.1.2.3", "10.1.2", "01", "256"])


@given(st.lists(groups, max_size=9).map(":".join) | st.lists(groups, max_size=5).map(".".join))
def test_agrees_with_ipaddress_on_texts_like_addresses(text):
    """Two independent parsers: the platform's inet_pton and the standard library's ipaddress."""
    assert parse_address(text) == by_ipaddress(text)


@given(st.text())
def test_any_text_is_read_without_an_exception(text):
    """Event values can be anything."""
    assert parse_address(text) == by_ipaddress(text)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1))
def test_reads_what_ipaddress_writes(v4, v6):
    """Every address in its usual spelling."""
    assert parse_address(str(ipaddress.IPv4Address(v4))) == (4, v4)
    assert parse_address(str(ipaddress.IPv6Address(v6))) == by_ipaddress(str(ipaddress.IPv6Address(v6)))


@given(st.one_of(st.ip_addresses().map(str), st.text("0123456789abcdefF:./% ", max_size=20)))
def test_netaddr_reads_the_same_addresses(text):
    """An independent reader agrees on what is an address, and on its number."""
    try:
        expected = netaddr.IPAddress(text, flags=netaddr.INET_PTON)
    except (netaddr.AddrFormatError, ValueError):
        expected = None
    if expected is not None and expected.is_ipv4_mapped():
        expected = expected.ipv4()
    actual = parse_address(text)
    assert (None if expected is None else (expected.version, int(expected))) == actual


@given(st.ip_addresses(), st.integers(0, 128), st.ip_addresses())
def test_netaddr_finds_the_same_addresses_in_a_block(address, bits, other):
    """A block holds the addresses that netaddr's network of the same text holds."""
    bits = min(bits, address.max_prefixlen)
    if address.version == 6 and address.ipv4_mapped is not None:
        return  # netaddr keeps mapped addresses in version 6
    network = netaddr.IPNetwork(f"{address}/{bits}")
    rule = {"a": [{"cidr": f"{address}/{bits}"}]}
    for candidate in (other, address):
        expected = candidate.version == address.version and str(candidate) in network
        if candidate.version == 4 or candidate.ipv4_mapped is None:
            assert expected == matches(rule, {"a": str(candidate)})
