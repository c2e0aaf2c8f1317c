"""Kinds of rules for what goes beyond Event Ruler, all on one path, for the scenarios ``extension-*``.

As with the ``growth-`` kinds of `bench/rules.py`, the same `HITS` rules match at each size and the others never do: a
figure is the cost of the index, for the matches do not grow. The path is one that has another value in nearly each
event, so that nothing is gained by remembering values. The rules that never match are as awkward as they can be:

- of ``all-of`` and ``$and`` one part accepts real values, and another one, which begins as they do, none,
- regular expressions begin as a real value does; those without a literal ask for classes of two characters each,
- what negates (``none-of``, and every anything-but) excludes all values there are, and one thing of its own: every
  event blocks every such rule, as in ``growth-anything-but``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.generators import processes
from bench.generators import vocabulary as words
from bench.generators.draw import Draw
from bench.rule_parts import HITS, Rule, in_properties

_LOTS = ("0001004", "0004016", "0010003", "0019011", "0033008", "0051002", "0068009", "0077013", "0095004", "0105006")
_LAST = tuple("0123456789abcd")
"""What numbers of lots end with, but for case: they begin with 0, and have seven digits and at most one letter."""


def _lot(alternative: Any) -> Rule:
    return in_properties(BLKLOT=[alternative])


def _command(*alternatives: Any) -> Rule:
    return {"detail": {"commandLine": list(alternatives)}}


def _has(text: str) -> dict[str, Any]:
    return {"wildcard": f"*{text}*"}


def _two_words(index: int) -> tuple[str, str]:
    """Words of the rules that match, the same as in ``growth-two-words-long``."""
    return processes.WORDS[40 * index], processes.WORDS[40 * index + 25]


def _all_of(draw: Draw) -> Iterator[Rule]:
    """Many command lines have a filler's first word, and its third part; the second begins as one that occurs."""
    for index in range(HITS):
        first, second = _two_words(index)
        yield _command({"all-of": [_has(first), _has(second), {"anything-but": {"suffix": ".log"}}]})
    while True:
        own = f"{draw.pick(processes.WORDS)}{draw.word(3)}"
        ending = {"anything-but": {"suffix": f".{draw.word(3)}"}}
        yield _command({"all-of": [_has(draw.pick(processes.WORDS)), [_has(own), own], ending]})


def _and(draw: Draw) -> Iterator[Rule]:
    """Each lot of a block satisfies the first clause of a filler, and none the second."""
    for lot in _LOTS:
        yield {"$and": [_lot({"prefix": lot[:4]}), _lot({"suffix": lot[4:]})]}
    while True:
        block, end = f"{draw.below(700):04}", f"{draw.below(10)}{draw.word(2)}"
        yield {"$and": [_lot({"prefix": block}), _lot({"suffix": end})]}


def _none_of(draw: Draw) -> Iterator[Rule]:
    """Numbers of lots begin with 0."""
    for index, lot in enumerate(_LOTS):
        yield in_properties(BLKLOT=[{"none-of": [{"prefix": "1"}, lot]}], FROM_ST=[_house(index)])
    while True:
        yield _lot({"none-of": [{"prefix": "0"}, f"{draw.below(10_000):04}{draw.word(3)}"]})


def _house(index: int) -> str:
    """A house number that some lots have: what lets a rule that excludes nothing match a few events only."""
    return str(2000 + 2 * index)


def _regexp(draw: Draw) -> Iterator[Rule]:
    """A number has one letter at most, and it comes last."""
    yield from (_lot({"regexp": f"[0-9]*{lot[2:]}[A-Z]?"}) for lot in _LOTS)
    while True:
        if draw.chance(0.5):
            yield _lot({"regexp": f"[0-9]*{draw.word(3)}.*"})
        else:
            yield _lot({"regexp": f"{draw.below(700):04}[0-9]*({draw.word(2)}|{draw.word(4)})"})


def _regexp_classes(draw: Draw) -> Iterator[Rule]:
    """The same without a literal: half of one length, half of any."""
    yield from (_lot({"regexp": f"{_classes(lot, draw)}[A-Z]?"}) for lot in _LOTS)
    while True:
        begin = _classes(f"{draw.below(700):04}", draw)
        middle = "[0-9]*" if draw.chance(0.5) else _classes(f"{draw.below(100):02}", draw)
        yield _lot({"regexp": f"{begin}{middle}{_classes(draw.word(2), draw)}"})


def _classes(text: str, draw: Draw) -> str:
    """A class of two for each character: itself, and another digit or another letter."""
    return "".join(f"[{each}{draw.pick(_others(each))}]" for each in text)


def _others(character: str) -> str:
    alphabet = "0123456789" if character.isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return alphabet.replace(character, "")


def _wildcard_ignore_case(draw: Draw) -> Iterator[Rule]:
    for index in range(HITS):
        first, second = _two_words(index)
        yield _command({"wildcard": {"equals-ignore-case": f"*{first.title()}*{second.upper()}*"}})
    while True:
        word, own = draw.pick(processes.WORDS), f"{draw.pick(processes.WORDS)}{draw.word(6)}"
        yield _command({"wildcard": {"equals-ignore-case": f"*{word.title()}*{own}*"}})


def _anything_but(keyword: str, *common: str, shape: str = "{}") -> Callable[[Draw], Iterator[Rule]]:
    """anything-but of ``keyword`` in any case, which excludes every lot by ``common``."""

    def excluding(*texts: str) -> Any:
        return {"anything-but": {keyword: {"equals-ignore-case": [shape.format(text) for text in texts]}}}

    def rules(draw: Draw) -> Iterator[Rule]:
        for index, lot in enumerate(_LOTS):
            yield in_properties(BLKLOT=[excluding(*common[: len(common) // 3], f"x{lot}")], FROM_ST=[_house(index)])
        while True:
            yield _lot(excluding(*common, f"{draw.below(10_000):04}{draw.word(4).title()}"))

    return rules


def _anything_but_cidr(draw: Draw) -> Iterator[Rule]:
    """Excludes every address in three blocks, and one block of its own in which no address lies."""
    for index in range(HITS):
        excluded: dict[str, Any] = {"anything-but": {"cidr": ["0.0.0.0/1", "::/0"]}}
        yield {"detail": {"sourceIPAddress": [excluded], "userIdentity": {"userName": [words.USERS[index]]}}}
    while True:
        own = f"100.{draw.between(64, 127)}.{draw.below(256)}.{16 * draw.below(16)}/28"
        yield {"detail": {"sourceIPAddress": [{"anything-but": {"cidr": ["0.0.0.0/1", "128.0.0.0/1", "::/0", own]}}]}}


def _anything_but_numeric(draw: Draw) -> Iterator[Rule]:
    """Excludes all numbers of blocks, between 1 and 10,000, from one side, from the other, or from both."""
    for index in range(HITS):
        excluded: dict[str, Any] = {"anything-but": {"numeric": ["<=", 0]}}
        yield in_properties(BLOCK_NUM=[excluded], FROM_ST=[int(_house(index))])
    while True:
        low, high = draw.between(1, 99_999) / 100_000, 10_000 + draw.between(1, 99_999) / 10
        excluded = {"numeric": draw.pick(([">", low], ["<=", high], [">=", low, "<", high]))}
        yield in_properties(BLOCK_NUM=[{"anything-but": excluded}])


EXTENSION_KINDS: Mapping[str, Callable[[Draw], Iterator[Rule]]] = {
    "extension-all-of": _all_of,
    "extension-none-of": _none_of,
    "extension-and": _and,
    "extension-regexp": _regexp,
    "extension-regexp-classes": _regexp_classes,
    "extension-wildcard-ignore-case": _wildcard_ignore_case,
    "extension-anything-but-prefix": _anything_but("prefix", "0"),
    "extension-anything-but-suffix": _anything_but("suffix", *_LAST),
    "extension-anything-but-wildcard": _anything_but("wildcard", "0", shape="*{}*"),
    "extension-anything-but-cidr": _anything_but_cidr,
    "extension-anything-but-numeric": _anything_but_numeric,
}
"""Kind -> endless rules drawn from a seed, as `bench.rules.KINDS` has them."""
