"""Warns of addresses that are compared as strings where a block was meant, and of host bits in blocks.

    ["10.0.0.0/8"]                               address-not-cidr: the string, not the addresses in the block
    [{"cidr": "10.1.0.0/16"}, "192.168.0.0"]     address-not-cidr: a network address beside blocks
    [{"cidr": "10.1.2.3/8"}]                     cidr-host-bits: only "10." counts

Not warned of: a host's address beside blocks, which is how one address is listed; a block as a string where events
carry blocks: on a path with such a name ("cidrIp", "ipRanges", "routes"), as all addresses ("0.0.0.0/0"), or where the
rule says so with ``exactly``.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.rule import CheckedRule, json_text, replacement
from ruler.findings import Finding
from ruler.patterns.addresses import parse_address
from ruler.patterns.cidr import block_of
from ruler.patterns.model import Cidr
from ruler.patterns.reader import Node

# Parts of names under which events have blocks: cidrIp, ipRanges.items, destinationCidrBlock, routes.destination.
NAMES_OF_BLOCKS = ("cidr", "range", "route", "subnet", "block")


def address_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield the warnings about addresses."""
    for clause in rule.clauses:
        nodes = list(rule.pattern_nodes(clause))
        has_blocks = any(map(_blocks_of, nodes))
        path = clause.path.lower()
        holds_blocks = any(name in path for name in NAMES_OF_BLOCKS)
        for node in nodes:
            for argument in _blocks_of(node):
                yield from _host_bits(rule, argument)
            if node.kind == "string":
                if not holds_blocks and _is_part(block_of(node.value)):
                    yield _block_as_string(rule, node)
                elif has_blocks and (block := _block_of_network(node.value)) is not None:
                    yield _network_as_string(rule, node, block)


def _blocks_of(node: Node) -> list[Node]:
    """Return the arguments of cidr in one pattern, also inside anything-but."""
    if node.kind != "object":
        return []
    keyword, _, argument = node.value[0]
    if keyword == "anything-but" and argument.kind == "object":
        keyword, _, argument = argument.value[0]
    if keyword != "cidr":
        return []
    return list(argument.value) if argument.kind == "array" else [argument]


def _host_bits(rule: CheckedRule, argument: Node) -> Iterator[Finding]:
    network = _without_host_bits(argument.value)
    if network is None or block_of(network) != block_of(argument.value):
        return
    text = json_text(network)
    yield rule.warning(
        "cidr-host-bits",
        argument,
        f"{rule.shown(argument)} has bits set behind its mask, which are ignored",
        why=f"a block is all addresses that share its first bits; this one is {network}",
        hint=f"{text} for the block, or the address alone, as a string, for one address",
        fix=replacement(argument, text, keeps_meaning=True),
    )


def _without_host_bits(text: str) -> str | None:
    """Return the block ``text`` with the first of its addresses; None when it is written so."""
    from ipaddress import ip_interface  # 6 ms, only for rules with cidr

    try:
        interface = ip_interface(text)
    except ValueError:
        return None
    return None if interface.ip == interface.network.network_address else str(interface.network)


def _is_part(block: Cidr | None) -> bool:
    """Whether ``block`` holds some addresses, and not all there are, which is said of routes and not of hosts."""
    return block is not None and block.bits > 0


def _block_as_string(rule: CheckedRule, node: Node) -> Finding:
    block = node.value
    text = f'{{"cidr": {json_text(block)}}}'
    return rule.warning(
        "address-not-cidr",
        node,
        f"{json_text(block)} is a block of addresses, and is compared as a string",
        why="a plain string accepts only itself; the addresses inside a block are accepted by cidr",
        hint=f'{text} for the addresses; {{"exactly": {json_text(block)}}} when events carry the block itself',
        fix=replacement(node, text, keeps_meaning=False),
    )


def _network_as_string(rule: CheckedRule, node: Node, block: str) -> Finding:
    text = f'{{"cidr": {json_text(block)}}}'
    return rule.warning(
        "address-not-cidr",
        node,
        f"{json_text(node.value)} is the address of a network, and stands beside cidr blocks as a string",
        why="a plain string accepts only itself, and no host has the first address of a network",
        hint=f"{text}, or the block that is meant",
        fix=replacement(node, text, keeps_meaning=False),
    )


def _block_of_network(text: str) -> str | None:
    """Return "10.1.0.0/16" for "10.1.0.0", "2001:db8::/32" for "2001:db8::"; None for any other address."""
    address = parse_address(text)
    if address is None or address[1] == 0:
        return None
    if ":" not in text:
        parts = text.split(".")
        while parts[-1] == "0":
            parts.pop()
        return f"{text}/{8 * len(parts)}" if len(parts) < 4 else None
    if not text.endswith("::"):
        return None
    return f"{text}/{16 * len(text[:-2].split(':'))}"
