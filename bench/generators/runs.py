"""Events with one long text of which nearly every letter is an ``a``: the worst there is for wildcards ``a*a*a*b``.

Wherever such a wildcard looks, its next piece fits, so an engine that follows every way in which the pieces may lie has
many of them under way at once. A text begins with ``a`` and ends with two letters of `ENDINGS`, none of them an ``a``;
one in `GAP` of the letters between is another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.generators.draw import Draw

ENDINGS = "bcdefghk"
GAP = 24


def runs(count: int, seed: int = 1, *, letters: int = 200) -> Iterator[bytes]:
    """``count`` events with a text of ``letters`` letters, one line each, without line ends."""
    draw = Draw(seed)
    for number in range(count):
        middle = "".join(draw.pick(ENDINGS) if draw.below(GAP) == 0 else "a" for _ in range(letters - 3))
        ending = f"{draw.pick(ENDINGS)}{draw.pick(ENDINGS)}"
        yield f'{{"source":"runs","number":{number},"detail":{{"text":"a{middle}{ending}"}}}}'.encode()
