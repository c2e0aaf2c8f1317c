"""A synthetic stand-in for the city-lots GeoJSON lines that event matchers are measured on.

Out: one feature a line, about 830 bytes on average, most of it numbers that few rules look at::

    {"type":"Feature","properties":{"MAPBLKLOT":"0001001",...},"geometry":{"type":"Polygon","coordinates":[[[-122.4...

The idea: blocks of two rows of lots. Neighbours share the corners between them, digit for digit, as
surveyed lots do, so a coordinate occurs in a few lines, not in one. Some lots are condominiums: several
BLKLOT on one MAPBLKLOT with the same outline. All coordinates are integers of 1e-15 degrees until they are
written, so no rounding of floats decides a digit.

Two variants serve measurements the original cannot: ``numbers`` writes BLOCK_NUM, LOT_NUM, FROM_ST and
TO_ST as JSON numbers (the original has strings only, and numeric patterns accept numbers only); ``points``
writes each coordinate as ``{"x":lon,"y":lat,"z":0.0}``, so that rules over two fields of one array element
have a subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.generators.draw import Draw
from bench.generators.streets import STREETS

DEFAULT_SEED = 1
DEFAULT_COUNT = 213_068
"""As many lines as the original has."""

_DEGREE = 10**15
_WEST, _SOUTH = 122_513 * 10**12, 37_708 * 10**12
_WIDTH, _HEIGHT = 150 * 10**12, 115 * 10**12
_LOT_WIDTH, _LOT_DEPTH = 90 * 10**9, 280 * 10**9  # about 8 metres by 31
_JITTER = 4 * 10**9

# (probability, least, most) of corners beyond the four of a rectangle; the mean sets the 830 bytes.
_EXTRA_CORNERS = ((0.605, 0, 0), (0.18, 1, 5), (0.17, 8, 38), (0.045, 40, 154))


@dataclass(frozen=True, slots=True)
class Style:
    """How one variant writes what varies."""

    numbers: bool
    points: bool

    def corner(self, draw: Draw, longitude: int, latitude: int) -> str:
        """A coordinate as JSON, with 12 to 15 decimals as surveyed data has."""
        west = _decimal(longitude, draw.bits(2))
        north = _decimal(latitude, draw.bits(2))
        return f'{{"x":-{west},"y":{north},"z":0.0}}' if self.points else f"[-{west},{north},0.0]"

    def value(self, text: str | None) -> str:
        """A property that the ``numbers`` variant writes as a number: ``"017A"`` becomes ``17``."""
        if text is None:
            return "null"
        return str(int(text.rstrip("ABCDT") or 0)) if self.numbers else f'"{text}"'


def citylots(
    count: int = DEFAULT_COUNT, seed: int = DEFAULT_SEED, *, numbers: bool = False, points: bool = False
) -> Iterator[bytes]:
    """The first ``count`` lots of the city that ``seed`` stands for, one line each, without line ends."""
    style = Style(numbers, points)
    draw = Draw(seed)
    left, block_number = count, 0
    while left > 0:
        block_number += 1
        for line in _block(draw, style, block_number):
            yield line.encode("ascii")
            left -= 1
            if left == 0:
                return


def _block(draw: Draw, style: Style, number: int) -> Iterator[str]:
    block = f"{number:04d}" + ("T" if draw.chance(0.01) else "")
    west = _WEST - draw.below(_WIDTH)
    south = _SOUTH + draw.below(_HEIGHT)
    lot_number = 1
    for row in range(2):
        latitude = south + row * 2 * _LOT_DEPTH
        for line in _row(draw, style, block, lot_number, west, latitude):
            lot_number += 1
            yield line


def _row(draw: Draw, style: Style, block: str, first_lot: int, west: int, south: int) -> Iterator[str]:
    """The lots of one side of one street, west to east, sharing corners."""
    street = draw.pick_skewed(STREETS)
    house = draw.between(1, 40) * 100 + draw.below(2)
    front, back = _edge(draw, style, west, south)
    for index in range(draw.between(6, 20)):
        west -= _LOT_WIDTH + draw.below(_JITTER)
        next_front, next_back = _edge(draw, style, west, south)
        extra = _extra_corners(draw, style, west, south)
        ring = ",".join((front, next_front, next_back, *extra, back, front))
        yield from _lots_on(draw, style, block, first_lot + index, street, house, _geometry(draw, ring))
        house += 2 * draw.between(1, 4)
        front, back = next_front, next_back


def _edge(draw: Draw, style: Style, west: int, south: int) -> tuple[str, str]:
    """The front and the back corner between two neighbours."""
    front = style.corner(draw, west, south + draw.below(_JITTER))
    back = style.corner(draw, west + draw.below(_JITTER), south + _LOT_DEPTH + draw.below(_JITTER))
    return front, back


def _extra_corners(draw: Draw, style: Style, west: int, south: int) -> list[str]:
    """Corners along the back of the lot, none for most."""
    fraction = draw.fraction()
    count = 0
    for probability, least, most in _EXTRA_CORNERS:
        fraction -= probability
        if fraction < 0:
            count = draw.between(least, most)
            break
    step = _LOT_WIDTH // (count + 1)
    back = south + _LOT_DEPTH
    return [
        style.corner(draw, west + step * (index + 1) + draw.below(step), back + draw.below(_JITTER))
        for index in range(count)
    ]


def _geometry(draw: Draw, ring: str) -> str:
    if draw.chance(0.006):
        return f'{{"type":"MultiPolygon","coordinates":[[[{ring}]]]}}'
    return f'{{"type":"Polygon","coordinates":[[{ring}]]}}'


def _lots_on(
    draw: Draw,
    style: Style,
    block: str,
    lot_number: int,
    street: tuple[str, str | None],
    house: int,
    geometry: str,
) -> Iterator[str]:
    """The lots that share one outline: one, or the flats of a condominium."""
    lot = f"{lot_number:03d}" + (draw.pick("ABCD") if draw.chance(0.05) else "")
    flats = draw.between(2, 9) if draw.chance(0.035) else 1
    for flat in range(flats):
        own_lot = lot if flat == 0 else f"{lot_number + 60 * flat:03d}"
        properties = _properties(draw, style, block, lot, own_lot, street, house)
        yield f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'


def _properties(
    draw: Draw, style: Style, block: str, lot: str, own_lot: str, street: tuple[str, str | None], house: int
) -> str:
    # One lot in a hundred lies on no street, three in a hundred have no house.
    low: str | None = str(house)
    high: str | None = str(house + 2 * draw.below(3))
    parity = "O" if house % 2 else "E"
    if draw.chance(0.03):
        low = high = None
    name, street_type = (None, None) if draw.chance(0.01) else street
    return (
        f'{{"MAPBLKLOT":"{block}{lot}","BLKLOT":"{block}{own_lot}",'
        f'"BLOCK_NUM":{style.value(block)},"LOT_NUM":{style.value(own_lot)},'
        f'"FROM_ST":{style.value(low)},"TO_ST":{style.value(high)},'
        f'"STREET":{_text(name)},"ST_TYPE":{_text(street_type)},"ODD_EVEN":"{parity}"}}'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def _decimal(units: int, cut: int) -> str:
    """Units of 1e-15 as a decimal with ``15 - cut`` digits after the point, none of them a closing zero."""
    digits = f"{units % _DEGREE:015d}"
    return f"{units // _DEGREE}.{digits[: 15 - cut].rstrip('0')}"
