"""Events that are one array of objects, to measure what an element costs.

``placement`` says where the pair that rules ask for (``{"sku": "wanted", "state": "ready"}``) stands: in
``every`` element, only in the ``last``, or in ``none``. In the other elements the two fields hold other
values, in turns one of the two right ones, so that array consistency has something to refuse. An element
has about 50 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.generators.draw import Draw

PLACEMENTS = ("every", "last", "none")


def arrays(count: int, seed: int = 1, *, elements: int = 10, placement: str = "last") -> Iterator[bytes]:
    """``count`` events with ``elements`` array elements each, one line each, without line ends."""
    if placement not in PLACEMENTS:
        raise ValueError(f"placement is {placement!r}, expected one of {', '.join(PLACEMENTS)}")
    draw = Draw(seed)
    for number in range(count):
        parts = [
            _element(draw, index, placement == "every" or (placement == "last" and index == elements - 1))
            for index in range(elements)
        ]
        yield f'{{"order":{number},"items":[{",".join(parts)}]}}'.encode()


def _element(draw: Draw, index: int, is_wanted: bool) -> str:
    sku, state = (
        ("wanted", "ready") if is_wanted else (("wanted", "held"), ("other", "ready"), ("other", "held"))[index % 3]
    )
    return f'{{"sku":"{sku}","state":"{state}","lot":{draw.below(100000)}}}'
