"""Kinds of rules for what goes beyond Event Ruler, all on one path, for the scenarios ``extension-*``.

As with the ``growth-`` kinds of `bench/rules.py`, the same `HITS` rules match at each size and the others never do: a
figure is the cost of the index, for the matches do not grow. The others are as awkward as they can be without matching:

- of ``all-of`` and ``$and`` every rule has parts that accept real values, and only together they never do,
- regular expressions begin as a real value does; those without a literal ask for classes of two letters each,
- what negates (``none-of``, and every anything-but) excludes all values there are, and one thing of its own: every
  event blocks every such rule, as in ``growth-anything-but``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.generators import vocabulary as words
from bench.generators.draw import Draw
from bench.rule_parts import HITS, NAMES, Rule, absent_word, growing, in_properties, never

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _street(*alternatives: Any) -> Rule:
    return in_properties(STREET=list(alternatives))


def _ends_of_none(draw: Draw) -> tuple[str, str]:
    """How one street name begins and another one ends, which no name does together."""
    while True:
        first, last = draw.pick(NAMES)[:3], draw.pick(NAMES)[-3:]
        if not any(name.startswith(first) and name.endswith(last) for name in NAMES):
            return first, last


def _all_of(name: str) -> Rule:
    return _street({"all-of": [{"prefix": name[:3]}, {"suffix": name[-3:]}, {"anything-but": "ST"}]})


def _never_all_of(draw: Draw) -> Rule:
    """Parts that real names have, never together; or parts that all have, and a word that none has."""
    if draw.chance(0.5):
        first, last = _ends_of_none(draw)
        return _street({"all-of": [{"prefix": first}, {"suffix": last}, {"anything-but": [draw.word(6)]}]})
    own = {"wildcard": f"*{absent_word(draw)}*"}
    return _street({"all-of": [{"anything-but": {"suffix": draw.word(4)}}, [{"prefix": ""}, "NULL"], own]})


def _and(name: str) -> Rule:
    return {"$and": [_street({"prefix": name[:3]}), _street({"suffix": name[-3:]})]}


def _never_and(draw: Draw) -> Rule:
    """As `_never_all_of`, but each branch may choose its own value."""
    first, last = _ends_of_none(draw)
    return {"$and": [_street({"prefix": first}, never(draw)), _street({"suffix": last})]}


def _none_of(name: str) -> Rule:
    return in_properties(ODD_EVEN=[{"none-of": ["O", name]}], STREET=[name])


def _never_none_of(draw: Draw) -> Rule:
    return in_properties(ODD_EVEN=[{"none-of": ["O", {"prefix": "E"}, draw.word(6)]}])


def _regexp(name: str) -> Rule:
    return _street({"regexp": f".*{name[1:5]}[A-Z ]*"})


def _never_regexp(draw: Draw) -> Rule:
    """Half with a word that no name has, half with the beginning of a real one and two letters that none has."""
    if draw.chance(0.5):
        return _street({"regexp": f"[A-Z0-9 ]*{absent_word(draw)}.*"})
    return _street({"regexp": f"{draw.pick(NAMES)[:4]}[A-Z ]*({draw.word(6)}|{draw.word(6)})"})


def _classes(text: str, draw: Draw | None = None) -> str:
    """A class of two for each character: itself and another one, a letter that is drawn or always the same."""
    others = (_LETTERS.replace(each, "") for each in text)
    return "".join(
        f"[{each}{draw.pick(letters) if draw else letters[ord(each) % len(letters)]}]"
        for each, letters in zip(text, others, strict=True)
    )


def _regexp_of_classes(name: str) -> Rule:
    return _street({"regexp": _classes(name)})


def _never_regexp_of_classes(draw: Draw) -> Rule:
    """Begins as a real name does, one class a character; so long, or with any end of two capitals and two digits."""
    while True:
        begin = _classes(draw.pick(NAMES)[: draw.between(3, 6)], draw)
        text = begin + (
            _classes(draw.word(draw.between(1, 4)), draw) if draw.chance(0.5) else "[A-Z ]*[A-Z]{2}[0-9]{2}"
        )
        if not any(re.fullmatch(text, name) for name in NAMES):
            return _street({"regexp": text})


def _wildcard_ignore_case(name: str) -> Rule:
    return _street({"wildcard": {"equals-ignore-case": f"*{name[1:6].title()}*"}})


def _never_wildcard_ignore_case(draw: Draw) -> Rule:
    return _street({"wildcard": {"equals-ignore-case": f"*{absent_word(draw).title()}*"}})


def _anything_but(keyword: str, shape: Callable[[str], str] = str) -> Callable[[Draw], Iterator[Rule]]:
    """anything-but of a prefix, a suffix or a wildcard in any case: every lot lies on a side, O or E."""

    def excluding(*texts: str) -> Any:
        return {"anything-but": {keyword: {"equals-ignore-case": [shape(text) for text in texts]}}}

    def hit(name: str) -> Rule:
        return in_properties(ODD_EVEN=[excluding("o", name)], STREET=[name])

    return growing(hit, lambda draw: in_properties(ODD_EVEN=[excluding("o", "e", draw.word(6).title())]))


def _anything_but_cidr(draw: Draw) -> Iterator[Rule]:
    """Excludes every address in three blocks, and one block of its own in which no address lies."""
    for index in range(HITS):
        excluded: dict[str, Any] = {"anything-but": {"cidr": ["0.0.0.0/1", "::/0"]}}
        yield {"detail": {"sourceIPAddress": [excluded], "userIdentity": {"userName": [words.USERS[index]]}}}
    while True:
        own = f"100.{draw.between(64, 127)}.{draw.below(256)}.{16 * draw.below(16)}/28"
        yield {"detail": {"sourceIPAddress": [{"anything-but": {"cidr": ["0.0.0.0/1", "128.0.0.0/1", "::/0", own]}}]}}


def _anything_but_numeric(name: str) -> Rule:
    return in_properties(BLOCK_NUM=[{"anything-but": {"numeric": ["<=", 0]}}], STREET=[name])


def _never_anything_but_numeric(draw: Draw) -> Rule:
    """Excludes all numbers of blocks, which lie between 1 and 10,000, from one side, from the other, or from both."""
    low, high = draw.between(1, 99_999) / 100_000, 10_000 + draw.between(1, 99_999) / 10
    ranges = ([">", low], ["<=", high], [">=", low, "<", high])
    return in_properties(BLOCK_NUM=[{"anything-but": {"numeric": draw.pick(ranges)}}])


EXTENSION_KINDS: Mapping[str, Callable[[Draw], Iterator[Rule]]] = {
    "extension-all-of": growing(_all_of, _never_all_of),
    "extension-none-of": growing(_none_of, _never_none_of),
    "extension-and": growing(_and, _never_and),
    "extension-regexp": growing(_regexp, _never_regexp),
    "extension-regexp-classes": growing(_regexp_of_classes, _never_regexp_of_classes),
    "extension-wildcard-ignore-case": growing(_wildcard_ignore_case, _never_wildcard_ignore_case),
    "extension-anything-but-prefix": _anything_but("prefix"),
    "extension-anything-but-suffix": _anything_but("suffix"),
    "extension-anything-but-wildcard": _anything_but("wildcard", lambda text: f"*{text}*"),
    "extension-anything-but-cidr": _anything_but_cidr,
    "extension-anything-but-numeric": growing(_anything_but_numeric, _never_anything_but_numeric),
}
"""Kind -> endless rules drawn from a seed, as `bench.rules.KINDS` has them."""
