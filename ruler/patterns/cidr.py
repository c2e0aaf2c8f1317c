"""Reads the string of ``cidr`` into a block of addresses.

In: an address, a slash, and the number of fixed bits. Out: Cidr, its host bits zero.

    "10.5.6.7/8" -> Cidr(4, 0x0A000000, 8)    "::ffff:10.0.0.0/104" -> the same

Always: a method that reports returns None. Source: section 8 of the semantics.
"""

from __future__ import annotations

import re

from ruler.patterns.addresses import parse_address
from ruler.patterns.model import Cidr
from ruler.patterns.reader import Document, Node
from ruler.patterns.report import Report
from ruler.patterns.rewrites import short_quoted

_ADDRESS_RULE = "IPv4 is four decimal parts without leading zeros, IPv6 is eight hexadecimal groups without a zone"
_has_bits = re.compile(r"[0-9]+\Z").match


class CidrReader:
    """Reads the blocks of one document."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report

    def pattern(self, text: str, argument: Node) -> Cidr | None:
        """Return the block that ``text``, the value of ``argument``, is."""
        block = block_of(text)
        if block is not None:
            return block
        self.report_wrong(text, argument)
        return None

    def report_wrong(self, text: str, argument: Node) -> None:
        """Report why ``text`` is no block."""
        address_text, slash, bits_text = text.partition("/")
        address = parse_address(address_text)
        if (blocks := _several_blocks(text)) is not None:
            self.report_several(blocks, argument)
        elif address is None:
            self.report_address(address_text, slash + bits_text, argument)
        elif not slash:
            self.report_no_mask(address_text, address[0], argument)
        else:
            self.report_mask(address_text, bits_text, _width(address_text), argument)

    def report_several(self, blocks: list[str], node: Node) -> None:
        self.report(
            "cidr-mask",
            node,
            f"{self.document.source(node)} is several blocks in one string",
            why='"cidr" takes one block; several stand side by side in the array around it',
            write=f"{', '.join(map(_alternative, blocks))} in place of the object",
        )

    def report_no_mask(self, address_text: str, version: int, node: Node) -> None:
        source = self.document.source(node)
        network = f'"{address_text}/24" for 256 addresses' if version == 4 else f'"{address_text}/64" for a subnet'
        self.report(
            "cidr-no-mask",
            node,
            f"{source} has no mask",
            why="a CIDR block is an address, a slash, and how many leading bits are fixed",
            write=f"{network}; for this one, drop cidr and list {source}",
        )

    def report_mask(self, address_text: str, bits_text: str, width: int, node: Node) -> None:
        bits = _bits_of_netmask(bits_text) if width == 32 else None
        if bits is not None:
            write = f'"{address_text}/{bits}"'
        elif re.fullmatch(r"[+ ]*[0-9]{1,3} *", bits_text) and int(bits_text.strip("+ ")) <= width:
            write = f'"{address_text}/{int(bits_text.strip("+ "))}"'
        else:
            write = f'"{address_text}/{width * 3 // 4}" for a block, "{address_text}/{width}" for this address'
        self.report(
            "cidr-mask",
            node,
            f"the mask {short_quoted(bits_text)} is not a number of bits from 0 to {width}",
            why=f"the mask says how many of the {width} bits of the address are fixed",
            write=write,
        )

    def report_address(self, address_text: str, rest: str, node: Node) -> None:
        self.report(
            "cidr-address",
            node,
            f"{short_quoted(address_text)} is not an IP address",
            why=_ADDRESS_RULE,
            write=_nearest_address(address_text, rest),
        )


def block_of(text: str) -> Cidr | None:
    """Return the block that ``text`` is, None when it is none."""
    address_text, _, bits_text = text.partition("/")
    address = parse_address(address_text)
    if address is None or not _has_bits(bits_text) or len(bits_text.lstrip("0")) > 3:
        return None
    width, bits = _width(address_text), int(bits_text.lstrip("0") or "0")  # int() refuses 4301 digits, zeros too
    return _block(address, width, bits) if bits <= width else None


def _width(address_text: str) -> int:
    """Return how many bits an address written so has."""
    return 128 if ":" in address_text else 32


def _several_blocks(text: str) -> list[str] | None:
    """Return the parts of "10.0.0.0/8, 11.0.0.0/8", None when ``text`` is not such a list."""
    if len(text) > 200 or not re.search(r"[,; ]", text):
        return None
    blocks = re.split(r"[,; ]+", text.strip(",; "))
    return blocks if len(blocks) > 1 and all(map(_is_block, blocks)) else None


def _is_block(text: str) -> bool:
    address, slash, bits = text.partition("/")
    width = _width(address)
    return parse_address(address) is not None and (
        not slash or (re.fullmatch(r"[0-9]{1,3}", bits) is not None and int(bits) <= width)
    )


def _alternative(block: str) -> str:
    return f'{{"cidr": "{block}"}}' if "/" in block else f'"{block}"'


def _block(address: tuple[int, int], width: int, bits: int) -> Cidr:
    version, number = address
    # An IPv4-mapped block is written with the bits of version 6. Only when all of it is mapped, from 96
    # bits on, is it a block of version 4; ::ffff:0:0/95 is one of version 6, in which no event's address
    # that counts as version 4 lies.
    if version == 4 and width == 128:
        if bits >= 96:
            bits -= 96
        else:
            version, number = 6, number | 0xFFFF << 32
    host_bits = (32 if version == 4 else 128) - bits
    return Cidr(version, number >> host_bits << host_bits, bits)


def _bits_of_netmask(text: str) -> int | None:
    """Return 8 for "255.0.0.0"; None for what is no netmask."""
    address = parse_address(text)
    if address is None or address[0] != 4:
        return None
    ones = f"{address[1]:032b}".rstrip("0")
    return len(ones) if "0" not in ones else None


def _nearest_address(address_text: str, rest: str) -> str:
    """Return the block that was probably meant, or the two forms there are."""
    candidates: list[tuple[str, str]] = []
    if len(address_text) <= 60:
        parts = address_text.strip(" ").split("%")[0].split(".")
        if 0 < len(parts) <= 4 and all(re.fullmatch("[0-9]{1,5}", part) for part in parts):
            plain = ".".join(str(int(part)) for part in parts)
            candidates.append((plain, " if the parts are decimal"))
            candidates.append((plain + ".0" * (4 - len(parts)), ""))
        candidates.append((address_text.strip(" ").split("%")[0], ""))
    bits = rest if re.fullmatch("/[0-9]{1,2}", rest) and int(rest[1:]) <= 32 else "/24"
    for candidate, condition in candidates:
        parsed = parse_address(candidate)
        if parsed is not None:
            mask = bits if ":" not in candidate else (rest if re.fullmatch("/[0-9]{1,2}", rest) else "/64")
            return f'"{candidate}{mask}"{condition}'
    return 'a block such as "10.0.0.0/8" or "2001:db8::/32"'
