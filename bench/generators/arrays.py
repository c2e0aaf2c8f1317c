"""Events that are arrays, to measure what an element costs.

``shape``: ``objects`` is one array of objects; ``scalars`` one array of strings; ``siblings`` two arrays of objects, of
which the second never holds what rules ask for; ``nested`` arrays three deep, as long at each level, so ``elements``
is a cube. ``placement`` says where what rules ask for (``{"sku": "wanted", "state": "ready"}``, or ``"wanted"``)
stands: in ``every`` element, only in the ``last``, or in ``none``. In the other elements the two fields hold other
values, in turns one of the two right ones, so that array consistency has something to refuse. An element
has about 50 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.generators.draw import Draw

PLACEMENTS = ("every", "last", "none")
SHAPES = ("objects", "scalars", "siblings", "nested")


def arrays(
    count: int, seed: int = 1, *, elements: int = 10, placement: str = "last", shape: str = "objects"
) -> Iterator[bytes]:
    """``count`` events with ``elements`` array elements each, one line each, without line ends."""
    if placement not in PLACEMENTS:
        raise ValueError(f"placement is {placement!r}, expected one of {', '.join(PLACEMENTS)}")
    if shape not in SHAPES:
        raise ValueError(f"shape is {shape!r}, expected one of {', '.join(SHAPES)}")
    draw = Draw(seed)
    for number in range(count):
        wanted = [placement == "every" or (placement == "last" and index == elements - 1) for index in range(elements)]
        yield f'{{"order":{number},{_items(draw, shape, wanted)}}}'.encode()


def _items(draw: Draw, shape: str, wanted: list[bool]) -> str:
    if shape == "scalars":
        return f'"items":[{",".join(_scalar(draw, is_wanted) for is_wanted in wanted)}]'
    parts = [_element(draw, index, is_wanted) for index, is_wanted in enumerate(wanted)]
    if shape == "nested":
        return _nested(parts)
    items = f'"items":[{",".join(parts)}]'
    if shape == "siblings":
        others = [_element(draw, index, False).replace("ready", "lost") for index in range(len(wanted))]
        items += f',"returns":[{",".join(others)}]'
    return items


def _element(draw: Draw, index: int, is_wanted: bool) -> str:
    sku, state = (
        ("wanted", "ready") if is_wanted else (("wanted", "held"), ("other", "ready"), ("other", "held"))[index % 3]
    )
    return f'{{"sku":"{sku}","state":"{state}","lot":{draw.below(100000)}}}'


def _scalar(draw: Draw, is_wanted: bool) -> str:
    return '"wanted"' if is_wanted else f'"other {draw.below(100000)}"'


def _nested(parts: list[str]) -> str:
    """``items`` of ``boxes`` of ``things``, as many at each level."""
    side = round(len(parts) ** (1 / 3))
    if side**3 != len(parts):
        raise ValueError(f"elements is {len(parts)}, expected a cube for nested arrays")
    boxes = [f'{{"things":[{",".join(parts[at : at + side])}]}}' for at in range(0, len(parts), side)]
    items = [f'{{"boxes":[{",".join(boxes[at : at + side])}]}}' for at in range(0, len(boxes), side)]
    return f'"items":[{",".join(items)}]'
