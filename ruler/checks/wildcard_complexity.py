"""Warns of clauses whose wildcards the AWS service may refuse as too complex.

Event Ruler's published measure (MachineComplexityEvaluator) is the most beginnings of a clause's wildcards that one
value can match at once, where a beginning ends at any character or * of a wildcard. "zz" matches three of "*z*":
"*", "*z" and "*z*". AWS publishes no limit. One reported clause with three wildcards "*:stack/NAME/*" was taken,
which is 9, and the same with a fourth was refused, 12; so we warn above 10, with a value as evidence.

Idea: a quick bound first, nearly always enough. Above it a search for such a value, best first, over sets of
beginnings as bits of one integer. Always: at most SEARCH_STEPS steps a clause and TOTAL_STEPS a rule;
a clause whose search ends without a value is not warned of. Wildcards are counted in characters, not in bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from ruler.checks.rule import CheckedRule, json_text, shown_text
from ruler.findings import Finding
from ruler.patterns.located import LocatedClause
from ruler.patterns.model import AnythingBut, Wildcard

MOST_BEGINNINGS = 10  # that one value may match at once without a warning
SEARCH_STEPS = 2000
TOTAL_STEPS = 20_000
LONGEST_WILDCARDS = 2000  # characters of all wildcards of a clause that are looked at

_STAR = None
_Token = str | None


def complexity_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield a warning for each clause with wildcards that one value matches too many beginnings of."""
    steps_left = TOTAL_STEPS
    for clause in rule.clauses:
        wildcards = _wildcards(clause)
        if sum(map(bound, wildcards)) <= MOST_BEGINNINGS or steps_left <= 0:
            continue
        value, number, steps = hardest_value(wildcards, min(SEARCH_STEPS, steps_left))
        steps_left -= steps
        if number > MOST_BEGINNINGS:
            yield rule.warning(
                "wildcard-too-complex",
                clause.node,
                f"the wildcards of this clause may be refused by AWS as too complex: the value "
                f"{json_text(shown_text(value))} matches {number} of their beginnings at once",
                why="the service limits how many beginnings of wildcards one value can match; the limit is not "
                f"published, and here more than {MOST_BEGINNINGS} are taken for many",
                hint="prefix or suffix where they will do, fewer * in each wildcard, or several rules",
            )


def _wildcards(clause: LocatedClause) -> list[Wildcard]:
    """The wildcards of a clause, each once, until they are too long together."""
    found: dict[Wildcard, None] = {}
    length = 0
    for alternative in clause.alternatives:
        pattern = alternative.pattern
        excluded = sorted(pattern.excluded, key=repr) if isinstance(pattern, AnythingBut) else [pattern]
        for each in excluded:
            if isinstance(each, Wildcard) and each not in found:
                length += sum(map(len, each.pieces)) + len(each.pieces)
                if length > LONGEST_WILDCARDS:
                    return list(found)
                found[each] = None
    return list(found)


def bound(wildcard: Wildcard) -> int:
    """Return a number that the beginnings of ``wildcard`` which one value matches at once never exceed."""
    return sum(1 + _overlap(piece) for piece in wildcard.pieces[1:])


def _overlap(piece: str) -> int:
    """Return how many beginnings of ``piece`` one text can end with, at most: 3 for "aaa", 1 for "abc"."""
    border = [0] * (len(piece) + 1)  # of each beginning: its longest proper one that it also ends with
    depth = [0] * (len(piece) + 1)
    length = 0
    for end in range(1, len(piece) + 1):
        if end > 1:
            while length and piece[length] != piece[end - 1]:
                length = border[length]
            length += piece[length] == piece[end - 1]
        border[end] = length
        depth[end] = depth[length] + 1
    return max(depth)


def hardest_value(wildcards: list[Wildcard], most_steps: int) -> tuple[str, int, int]:
    """Return a value, how many beginnings it matches, and the steps taken: the first above the limit, or the best."""
    tokens: list[_Token] = []
    starts = 0  # bits; bit i: the first i tokens, from the beginning of their wildcard, are matched
    stars = 0
    after: dict[str, int] = {}  # character -> bits of the places before it
    for wildcard in wildcards:
        starts |= 1 << len(tokens)
        for token in _tokens(wildcard):
            place = 1 << len(tokens)
            if token is _STAR:
                stars |= place
            else:
                after[token] = after.get(token, 0) | place
            tokens.append(token)
        tokens.append("")  # the place after the last token of this wildcard
    characters = sorted(after)
    ties = count()
    first = starts | (starts & stars) << 1
    best, best_count = "", 0
    seen = {first}
    waiting = [(0, next(ties), first, "")]
    steps = 0
    while waiting and steps < most_steps and best_count <= MOST_BEGINNINGS:
        _, _, places, value = heappop(waiting)
        for character in characters:
            steps += 1
            # A character leads past its token; a star that is matched stays so, and one that follows is too.
            moved = (places & after[character]) << 1 | (places & stars << 1)
            moved |= (moved & stars) << 1
            if moved and moved not in seen:
                seen.add(moved)
                number = moved.bit_count()
                if number > best_count:
                    best, best_count = value + character, number
                heappush(waiting, (-number, next(ties), moved, value + character))
    return best, best_count, steps


def _tokens(wildcard: Wildcard) -> Iterator[_Token]:
    for index, piece in enumerate(wildcard.pieces):
        if index:
            yield _STAR
        yield from piece
