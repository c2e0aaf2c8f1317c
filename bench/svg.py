"""Pieces of an SVG: text, lines, boxes, the signs of the engines, the legend, the page around them.

In: places in pixels, and words. Out: SVG as text, a line an element. Nothing here knows what is measured. Every number
is written with one decimal, so the same plot is the same bytes wherever it is drawn.

An engine has a colour, a marker and a dash, so that no colour stands alone; ours are thicker. The page has a light
background of its own, on which it reads on a dark page, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 1000  # pixels, about what a page of documentation has
MARGIN = 24
GAP = 22
LETTER, WIDE_LETTER = 0.56, 0.66  # mean width of a letter, and of a bold one, in font sizes
FONT = "-apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
PAPER, INK, FAINT, GRID, PANEL = "#fbfbf9", "#1f2328", "#5b636c", "#e1e3e0", "#ffffff"


@dataclass(frozen=True, slots=True)
class Style:
    """How an engine is drawn."""

    colour: str
    marker: str
    dash: str = ""
    is_ours: bool = False

    @property
    def width(self) -> float:
        """Our lines are thicker."""
        return 2.4 if self.is_ours else 1.7


# Okabe and Ito's colours, which are told apart with any colour vision, and darker ones of their hues for what is left;
# their yellow would be too pale on white.
STYLES = {
    "native": Style("#0072b2", "circle", is_ours=True),
    "native single": Style("#0072b2", "ring", "2 2", is_ours=True),
    "native used": Style("#3fa0dd", "diamond", "7 3", is_ours=True),
    "native used single": Style("#3fa0dd", "hollow diamond", "2 2", is_ours=True),
    "python": Style("#009e73", "square", is_ours=True),
    "python single": Style("#009e73", "hollow square", "2 2", is_ours=True),
    "event-ruler": Style("#d55e00", "triangle"),
    "quamina": Style("#7a1f5c", "flag", "5 2"),
    "quamina-rs": Style("#c8609c", "down", "5 2"),
    "py-event-ruler": Style("#e69f00", "hollow triangle", "2 2"),
    "moto": Style("#8a6d1d", "cross", "4 2 1 2"),
    "localstack": Style("#6b6b6b", "plus", "1 2"),
    "orjson": Style("#1f2328", "none", "8 4"),
}
OTHERS = (
    Style("#444444", "hollow square"),
    Style("#777777", "ring", "3 2"),
    Style("#999999", "hollow triangle", "5 2"),
)

NAMES = {"orjson": "decoding alone (orjson)"}
"""What stands in a legend, where it is not the engine's own name."""


def coordinate(value: float) -> str:
    """A coordinate: tenths of a pixel, so that it is short and the same on every machine."""
    return f"{round(value, 1) + 0:.1f}".removesuffix(".0")


def path(steps: Iterable[str], colour: str, width: float = 1, dash: str = "") -> str:
    """Lines of one colour as one element, which keeps the file small."""
    more = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{"".join(steps)}" fill="none" stroke="{colour}" stroke-width="{width:g}"{more}/>\n'


def text(
    x: float, y: float, words: str, size: float = 11, anchor: str = "start", colour: str = INK, more: str = ""
) -> str:
    """Words at a place; `more` are further attributes."""
    place = f'x="{coordinate(x)}" y="{coordinate(y)}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}{' ' + more if more else ''}>{escape(words)}</text>\n"


def across(x1: float, y: float, x2: float) -> str:
    """A level step of a path."""
    return f"M{coordinate(x1)} {coordinate(y)}H{coordinate(x2)}"


def down(x: float, y1: float, y2: float) -> str:
    """An upright step of a path."""
    return f"M{coordinate(x)} {coordinate(y1)}V{coordinate(y2)}"


def box(x: float, y: float, width: float, height: float, colour: str, more: str = "") -> str:
    """A filled rectangle."""
    place = f'x="{coordinate(x)}" y="{coordinate(y)}" width="{coordinate(width)}" height="{coordinate(height)}"'
    return f'<rect {place} fill="{colour}"{" " + more if more else ""}/>\n'


def _polygon(points: Iterable[tuple[float, float]], fill: str, stroke: str) -> str:
    corners = " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)
    return f'<polygon points="{corners}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>\n'


def marker(style: Style, x: float, y: float, size: float = 3.6) -> str:
    """The sign of an engine, around a point."""
    shape = style.marker.removeprefix("hollow ")
    colour = style.colour
    fill = PANEL if style.marker.startswith("hollow") or shape == "ring" else colour
    if shape in ("circle", "ring"):
        centre = f'cx="{coordinate(x)}" cy="{coordinate(y)}" r="{size:g}"'
        return f'<circle {centre} fill="{fill}" stroke="{colour}" stroke-width="1.4"/>\n'
    if shape in ("cross", "plus"):
        ends = ((size, size), (size, -size)) if shape == "cross" else ((size * 1.2, 0), (0, size * 1.2))
        steps = (
            f"M{coordinate(x - dx)} {coordinate(y - dy)}L{coordinate(x + dx)} {coordinate(y + dy)}" for dx, dy in ends
        )
        return path(steps, colour, 1.8)
    wide = size * 1.2
    corners = {
        "square": [(-size, -size), (size, -size), (size, size), (-size, size)],
        "diamond": [(0, -wide), (wide, 0), (0, wide), (-wide, 0)],
        "triangle": [(0, -wide), (wide, size), (-wide, size)],
        "down": [(0, wide), (wide, -size), (-wide, -size)],
        "flag": [(-size, -wide), (wide, 0), (-size, wide)],
    }.get(shape)
    return _polygon(((x + dx, y + dy) for dx, dy in corners), fill, colour) if corners else ""


def page(height: float, title: str, about: str, body: str) -> str:
    """The whole file: background, title, what it is about, and what is drawn below."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {coordinate(height)}" width="{WIDTH}" '
        f'height="{coordinate(height)}" role="img" font-family="{escape(FONT)}">\n'
        "<!-- DO NOT EDIT - generated by python -m bench page -->\n"
        f"<title>{escape(title)}</title>\n<desc>{escape(about)}</desc>\n"
    )
    frame = f'rx="8" stroke="{GRID}"'
    heading = text(MARGIN, 34, title, 18, more='font-weight="600"') + text(MARGIN, 54, about, 12, colour=FAINT)
    paper = box(0.5, 0.5, WIDTH - 1, height - 1, PAPER, frame)
    return f"{head}{paper}{heading}{body}</svg>\n"


def style_of(engine: str, engines: Sequence[str]) -> Style:
    """The style of an engine; one that is not known gets the next grey."""
    unknown = [name for name in engines if name not in STYLES]
    return STYLES[engine] if engine in STYLES else OTHERS[unknown.index(engine) % len(OTHERS)]


def legend(engines: Sequence[str], top: float) -> tuple[str, float]:
    """Line, marker and name of each engine, in as many lines as it takes; and where it ends."""
    parts, x, y = [], float(MARGIN), top
    for engine in engines:
        style, name = style_of(engine, engines), NAMES.get(engine, engine)
        width = 44 + len(name) * 12 * LETTER + 18
        if x + width > WIDTH - MARGIN + 18:
            x, y = float(MARGIN), y + 20
        parts.append(path([across(x, y, x + 34)], style.colour, style.width, style.dash))
        parts.append(marker(style, x + 17, y))
        parts.append(text(x + 41, y + 4, name, 12, more='font-weight="600"' if style.is_ours else ""))
        x += width
    return "".join(parts), y + 12


def notes(lines: Sequence[str], top: float) -> str:
    """Lines of small print."""
    return "".join(text(MARGIN, top + 15 * index, line, 11, colour=FAINT) for index, line in enumerate(lines))


def wrapped(words: str, width: float, size: float) -> list[str]:
    """Words in lines of about so many pixels; letters are taken to be of mean width."""
    lines = [""]
    for word in words.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) * size * LETTER > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    return [line for line in lines if line]
