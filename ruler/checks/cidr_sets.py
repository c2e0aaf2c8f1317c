"""Says which blocks of addresses lie inside others, by arithmetic.

An address has many spellings and not each string of dots and digits is one, so blocks are compared as ranges of
integers. ``10.0.0.0/9`` and ``10.128.0.0/9`` together hold ``10.0.0.0/8``.
"""

from __future__ import annotations

from collections.abc import Iterable

from ruler.patterns.model import Cidr


def is_block_covered(block: Cidr, others: Iterable[Cidr]) -> bool:
    """Return whether every address of ``block`` lies in one of ``others``."""
    next_address, end = _range(block)
    for first, after in sorted(_range(other) for other in others if other.version == block.version):
        if first > next_address:
            break
        next_address = max(next_address, after)
    return next_address >= end


def do_blocks_meet(one: Cidr, other: Cidr) -> bool:
    """Return whether some address lies in both."""
    (first, end), (other_first, other_end) = _range(one), _range(other)
    return one.version == other.version and first < other_end and other_first < end


def _range(block: Cidr) -> tuple[int, int]:
    """The first address, and the one after the last."""
    return block.network, block.network + (1 << ((32 if block.version == 4 else 128) - block.bits))
