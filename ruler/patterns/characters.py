"""Sets of characters, as classes of regular expressions write them: ranges and general categories.

In: members such as (97, 122) and "pLu", and whether all but these are meant. Out: Characters (model.py), the same for
every spelling of one set.

    (97, 102), (100, 122)  ->  Characters("az")        "pNd"  ->  the decimal digits of all scripts

Categories are those of one version of Unicode, pinned in category_table.py: Pythons differ in theirs.
"""

from __future__ import annotations

from functools import cache, lru_cache

from ruler.patterns.model import Characters

Ranges = list[tuple[int, int]]  # first and last code points, in any order, perhaps overlapping
Member = tuple[int, int] | str  # a range, or a category such as "pLu", "PN" when all others are meant

_LARGEST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)  # in no value


def characters_of(members: list[Member], *, is_negated: bool = False) -> Characters:
    """Return the characters that are members, or with ``is_negated`` that are none."""
    explicit = tuple(member for member in members if not isinstance(member, str))
    return _characters(explicit, frozenset(each for each in members if isinstance(each, str)), is_negated)


def united(sets: list[Characters]) -> Characters:
    """Return the characters of all ``sets``."""
    ends = [end for each in sets for end in map(ord, each.ranges)]
    return Characters(_tidy(list(zip(ends[::2], ends[1::2], strict=True))))


def _tidy(ranges: Ranges) -> str:
    """Return ``ranges`` as Characters has them: ascending and apart, without surrogates."""
    ends: list[int] = []
    for first, last in sorted(ranges):
        if ends and first <= ends[-1] + 1:
            if last > ends[-1]:
                ends[-1] = last
        else:
            ends += (first, last)
    pairs: Ranges = list(zip(ends[::2], ends[1::2], strict=True))
    low, high = _SURROGATES
    if any(first <= high and last >= low for first, last in pairs):
        apart = [part for first, last in pairs for part in ((first, min(last, low - 1)), (max(first, high + 1), last))]
        ends = [end for part in apart if part[0] <= part[1] for end in part]
    return "".join(map(chr, ends))


def _all_but(ranges: Ranges) -> Ranges:
    ends = list(map(ord, _tidy(ranges)))
    between = zip([-1, *ends[1::2]], [*ends[::2], _LARGEST + 1], strict=True)
    return [(before + 1, after - 1) for before, after in between if before + 1 < after]


@cache
def _category_ranges() -> dict[str, Ranges]:
    from ruler.patterns.category_table import RUNS  # for few rules only

    found: dict[str, Ranges] = {}
    first = 0
    for run in RUNS.split():
        last = first + int(run[:-2]) - 1
        found.setdefault(run[-2:], []).append((first, last))
        first = last + 1
    return found


@cache  # of some 80 names
def _ranges_of_category(name: str, *, is_negated: bool) -> Ranges:
    ranges = [each for category, of_it in _category_ranges().items() if category.startswith(name) for each in of_it]
    return _all_but(ranges) if is_negated else ranges


@lru_cache(maxsize=1024)
def _characters(explicit: tuple[tuple[int, int], ...], categories: frozenset[str], is_negated: bool) -> Characters:
    """Return the characters of a class; ``categories`` are such as "pLu" and "PN". Kept, as those are large."""
    ranges = list(explicit)
    for category in sorted(categories):
        ranges += _ranges_of_category(category[1:], is_negated=category[0] == "P")
    return Characters(_tidy(_all_but(ranges) if is_negated else ranges))
