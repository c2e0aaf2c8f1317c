"""Remembers which of a state's many edges are followed, by what the values of the path did.

In: the edges of one state over one path, and an outcome. Out: the states to go on to, as ``follow`` finds them.

    1,000 rules with  anything-but ["n", "n17"],  anything-but ["n", "n18"] ...     the value "n" blocks them all

That none of them is followed is found by going through a thousand: once, and not for each event whose value is "n".
Values that differ share the answer when they hit and block the same, as those of ``prefix "n"`` do. An outcome is
told by the collections in it, which are a pattern's own or kept by the value matcher: by which they are, so an answer
holds on to them.

Always: an answer is a function of the outcome and of the edges. Every change of a path's clauses or edges puts a new
memory in the place of the old one once it is made; who judges takes the memory first, so whatever a thread finds out
while a change is under way goes into one that is dropped. What is remembered is bounded, by ``_MOST_WEIGHT`` a path; an
answer that lists a large part of the edges is not kept, for listing them again costs no more than using it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from ruler.machine.clause import ClauseNode, Outcome, PatternNode
from ruler.machine.unions import weight

if TYPE_CHECKING:
    from ruler.machine.name_state import Edges, NameState
    from ruler.machine.value_matcher import ValueMatcher

# So few edges are not worth remembering which of them are followed.
MANY_EDGES = 64

_MOST_WEIGHT = 16_384  # of all answers of a path, in items of their lists: some hundred KB
_HEAVIEST = 4096  # of one answer
_WEIGHT_OF_ANY = 16

_Follow = Callable[["ValueMatcher", "Edges", Outcome, "list[NameState]"], None]
_Key = tuple["Edges", _Follow, int, int]  # the identities of hits and blocked
_Answer = tuple["list[NameState]", Collection["ClauseNode"], Collection["PatternNode"]]  # these are kept alive so


class Followed:
    """The answers of one path."""

    __slots__ = ("answers", "weight")

    def __init__(self) -> None:
        self.answers: dict[_Key, _Answer] = {}
        self.weight = 0

    def keep(self, key: _Key, answer: _Answer) -> None:
        """Remember ``answer``, and forget the others when that is too much."""
        added = _WEIGHT_OF_ANY + len(answer[0]) + weight(answer[1]) + weight(answer[2])
        if added > _HEAVIEST:
            return
        if self.weight + added > _MOST_WEIGHT:
            self.answers.clear()
            self.weight = 0
        self.weight += added
        self.answers[key] = answer

    def still_hold(self, matcher: ValueMatcher) -> Iterator[bool]:
        """Yield, for each answer, whether it would be found again."""
        for (edges, follow, _, _), (states, hits, blocked) in list(self.answers.items()):
            again: list[NameState] = []
            follow(matcher, edges, (hits, blocked, None), again)
            yield set(again) == set(states)


def follow_many(matcher: ValueMatcher, edges: Edges, outcome: Outcome, todo: list[NameState], follow: _Follow) -> None:
    """Append to ``todo`` what ``follow`` does; remembered where the outcome is told by its hits and what it blocks."""
    if outcome[2] is not None or len(outcome) != 3:
        follow(matcher, edges, outcome, todo)
        return
    followed = matcher.followed
    hits, blocked = outcome[0], outcome[1]
    key = (edges, follow, id(hits), id(blocked))
    known = followed.answers.get(key)
    if known is not None:
        todo.extend(known[0])
        return
    start = len(todo)
    follow(matcher, edges, outcome, todo)
    if 4 * (len(todo) - start) < edges.count:
        followed.keep(key, (todo[start:], hits, blocked))
