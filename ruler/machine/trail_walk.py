"""One event's trip through the name states, when array trails matter. The twin of ``walk``.

A position is a name state and an array trail: the element that the values chosen so far lie in. Because a
sub-rule's clauses are judged group by group (name_state.py), the elements that later clauses can clash with lie
on one line, so one Element is the whole trail. Before each edge the trail is cut to what the next path shares
with the last: elements of arrays below that can never matter again. Equal positions are visited once, so
sibling arrays of N and M elements cost N + M.

    {"a": [{"x": 1, "y": 2}, {"x": 1, "y": 3}]}    start ─a.x=1─▶ (●, ⟨a⟩0), (●, ⟨a⟩1)
                                                   at (●, ⟨a⟩1) the values of a.y are those in ⟨a⟩1: only 3

``none-of``, and ``exists: false`` with it, is judged by the values whose paths sort before it, not by those that this
walk judged before it. It holds where its guard accepts no value of the path; it fails where the guard accepts one
outside all arrays; the trail tells where it comes last in its sub-rule, here and by its path. Otherwise the position
goes on as *unsure*, and once it reaches the end its sub-rule is walked again alone, in the order of paths. When a path
is spelled twice in the event (flatten.py) trails are not on one line; then trails are ignored here and each sub-rule
that could match is judged by consistency.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from ruler.machine.clause import ClauseNode
from ruler.machine.consistency import sub_rule_holds
from ruler.machine.flatten import Fields, cut
from ruler.machine.name_state import Edges, NameState
from ruler.machine.trail_views import Around, Group, Offenders, Trail, TrailViews
from ruler.machine.value_matcher import ValueMatcher
from ruler.machine.walk import follow_any, follow_ranged

K = TypeVar("K")
# By what stands against the guards, and whether the trail tells of it: see _follow_guarded.
GuardedStates = dict[tuple[tuple[Offenders, ...], bool], list[NameState]]


def walk_with_trails(start: NameState, fields: Fields, spelled_twice: bool, first_only: bool) -> list[NameState]:
    """Return the final states whose sub-rules match, in no promised order; with ``first_only`` at most one."""
    return _TrailWalk(start, TrailViews(fields), spelled_twice).run(first_only)


class _TrailWalk:
    """The walk and its scratch.

    ``in_path_order`` promises that the clauses judged before another are those whose paths sort before its own:
    then ``none-of`` is judged for good when it is met.
    """

    def __init__(self, start: NameState, views: TrailViews, spelled_twice: bool, in_path_order: bool = False) -> None:
        self._views = views
        self._spelled_twice = spelled_twice
        self._in_path_order = in_path_order
        self._todo: list[tuple[NameState, Trail, bool]] = []
        self._met: set[tuple[NameState, Trail, bool]] = set()
        self._judged: set[tuple[Edges, Trail, bool]] = set()  # what was followed from where
        self._following: dict[tuple[Edges, bool], dict[int, int]] = {}  # see _not_yet
        self._around: dict[tuple[Edges, Around], frozenset[NameState]] = {}  # answers of _satisfied_around
        self._kept_from: set[tuple[Edges, Trail, bool]] = set()  # what _follow_guarded has gone through from where
        self._last: dict[NameState, bool] = {}  # answers of _is_last
        self._left: dict[Edges, GuardedStates] = {}  # the edges that it still has to go through
        self._ends: set[NameState] = set()  # the answer
        self._failed: set[NameState] = set()  # whose sub-rules were judged apart and do not match
        self._go_to(start, None, unsure=spelled_twice)

    def run(self, first_only: bool) -> list[NameState]:
        """Return the final states whose sub-rules match."""
        while self._todo:
            state, trail, unsure = self._todo.pop()
            if state.rule_ids and state not in self._ends and self._ends_at(state, unsure):
                self._ends.add(state)
                if first_only:
                    break
            for matcher in _common(state.edges, self._views.fields):
                self._follow(matcher, state.edges[matcher], trail, unsure)
            for matcher, edges in state.absent.items():
                self._follow_absent(matcher, edges, trail, unsure)
        return list(self._ends)

    def _go_to(self, state: NameState, trail: Trail, unsure: bool) -> None:
        if state.is_leaf:
            trail = None  # no clause comes after it to clash with
        position = (state, trail, unsure)
        if position not in self._met:
            self._met.add(position)
            self._todo.append(position)

    def _ends_at(self, state: NameState, unsure: bool) -> bool:
        """Return whether the sub-rule that ends at ``state`` matches, now that a position has reached it."""
        if unsure and (state in self._failed or not self._holds(state)):
            self._failed.add(state)
            return False
        return True

    def _holds(self, state: NameState) -> bool:
        """Judge the sub-rule that ends at ``state`` as a whole."""
        chain = None if self._spelled_twice else state.in_path_order()
        if chain is None:
            return sub_rule_holds(state.clauses(), self._views)
        return bool(_TrailWalk(chain, self._views, spelled_twice=False, in_path_order=True).run(first_only=True))

    def _anchor(self, trail: Trail, depth: int) -> Trail:
        # With a path spelled twice any value will do here: what is found is judged again as a whole.
        return None if self._spelled_twice else cut(trail, depth)

    def _follow(self, matcher: ValueMatcher, edges: Edges, trail: Trail, unsure: bool) -> None:
        """Go to each state behind an edge of one path that a value consistent with ``trail`` satisfies."""
        anchor = self._anchor(trail, edges.shared_depth)
        if (edges, anchor, unsure) in self._judged:
            return
        self._judged.add((edges, anchor, unsure))
        cut_fields = self._views.cut_fields(matcher, edges.shared_depth)
        if anchor is None:
            self._go_inside(matcher, edges, cut_fields.everything, unsure)
            return
        if (edges, None, unsure) not in self._judged:
            for index in self._not_yet(edges, unsure, cut_fields.inside(anchor)):
                self._go_inside(matcher, edges, cut_fields.at[cut_fields.elements[index]], unsure)
        for state in self._satisfied_around(matcher, edges, cut_fields.around(anchor)):
            self._go_to(state, anchor, unsure)

    def _go_inside(self, matcher: ValueMatcher, edges: Edges, group: Group, unsure: bool) -> None:
        """Go on from values inside the element the match stands in: their own trails hold all of its trail."""
        for state, trails in _satisfied(matcher, edges, group):
            if state.is_leaf or self._spelled_twice:
                self._go_to(state, None, unsure)
            else:
                for own in trails:
                    self._go_to(state, own, unsure)

    def _not_yet(self, edges: Edges, unsure: bool, indexes: range) -> Iterator[int]:
        """Yield those of ``indexes`` that these edges were not followed from yet.

        Where arrays are nested, an element's values are also values of every element around it; this way each
        is gone through once, not once a level. ``following`` leads from an index that is done to the next that may
        not be, over ever longer stretches (union-find).
        """
        following = self._following.setdefault((edges, unsure), {})
        index = indexes.start
        while index < indexes.stop:
            after = following.get(index, index)
            if after == index:
                following[index] = index + 1
                yield index
            else:
                following[index] = following.get(after, after)
            index = following[index]

    def _satisfied_around(self, matcher: ValueMatcher, edges: Edges, around: Around | None) -> frozenset[NameState]:
        """Return the states behind edges that some value around an element satisfies. Shared by what is around."""
        climbed: list[Around] = []
        while around is not None and (edges, around) not in self._around:
            climbed.append(around)
            around = around.outer
        states = self._around[(edges, around)] if around is not None else frozenset()
        for link in reversed(climbed):
            more = {state for state, _ in _satisfied(matcher, edges, link.group)}
            if not more <= states:
                states = states | more
            self._around[(edges, link)] = states
        return states

    def _follow_absent(self, matcher: ValueMatcher, edges: Edges, trail: Trail, unsure: bool) -> None:
        """Go on where a clause holds without a value for all that is consistent with the trail, or may do so."""
        anchor = self._anchor(trail, edges.shared_depth)
        if matcher in self._views.fields:
            if edges.rare is not None:
                self._follow_guarded(matcher, edges, anchor, unsure)
                return
            if self._in_path_order:
                if self._views.cut_fields(matcher, edges.shared_depth).has_consistent_with(anchor):
                    return
            elif self._views.has_value_outside_arrays(matcher):
                return
            else:
                unsure = True
        for state in edges.absent.values():
            self._go_to(state, anchor, unsure)

    def _follow_guarded(self, matcher: ValueMatcher, edges: Edges, anchor: Trail, unsure: bool) -> None:
        """Go on where some guard of a clause accepts none of the values, or may do so by those to be looked at."""
        if (edges, anchor, unsure) in self._kept_from:
            return
        self._kept_from.add((edges, anchor, unsure))
        if edges not in self._left:
            self._left[edges] = self._by_offenders(matcher, edges)
        left = self._left[edges]
        for (offenders, is_last), states in list(left.items()):
            is_unsure = unsure
            if all(offenders):
                if not is_last or (unsure and not self._in_path_order):
                    is_unsure = True
                elif all(each.is_any_consistent_with(anchor, edges.shared_depth) for each in offenders):
                    continue
            for state in states:
                self._go_to(state, anchor, is_unsure)
            # Once is enough where no clause follows, whether the sub-rule matches or is judged as a whole.
            left[offenders, is_last] = [state for state in states if not state.is_leaf]
            if not left[offenders, is_last]:
                del left[offenders, is_last]

    def _by_offenders(self, matcher: ValueMatcher, edges: Edges) -> GuardedStates:
        """Return the states behind edges that may hold without a value: those that the same values stand against."""
        found: GuardedStates = {}
        for clause, state in edges.absent.items():
            offenders = tuple([self._views.offenders(matcher, guard) for guard in clause.guards])
            if not all(each.are_outside_arrays for each in offenders):
                is_last = all(offenders) and (self._in_path_order or self._is_last(state))
                found.setdefault((offenders, is_last), []).append(state)
        return found

    def _is_last(self, state: NameState) -> bool:
        """Return whether the clause on the edge to ``state`` comes last in its sub-rule, as here so by its path.

        Then what a none-of looks at is told by the trail. For most sub-rules with a none-of it is so.
        """
        known = self._last.get(state)
        if known is None:
            known = state.is_leaf and state.in_path_order() is not None and _sorts_last(state.clauses())
            self._last[state] = known
        return known


def _sorts_last(clauses: list[ClauseNode]) -> bool:
    *others, last = clauses
    path = last.clause.path
    return all(each.clause.path < path or (each.clause.path == path and not each.accepts_values()) for each in others)


def _satisfied(matcher: ValueMatcher, edges: Edges, group: Group) -> Iterator[tuple[NameState, Collection[Trail]]]:
    """Return the states behind edges that some value of ``group`` satisfies, each with trails of such values."""
    if edges.closed:
        for clause, trails in group.trails_of(edges.closed):
            yield edges.closed[clause], trails
    if edges.ranged or edges.takes_any:
        for outcome, trail in group.fields:
            reached: list[NameState] = []
            if edges.ranged:
                follow_ranged(matcher, edges.ranged, outcome, reached)
            if edges.takes_any:
                follow_any(matcher, edges, outcome, reached)
            for state in reached:
                yield state, (trail,)


def _common(one: Mapping[K, object], other: Mapping[K, object]) -> list[K]:
    """Return the keys of both, going through the smaller."""
    if len(one) > len(other):
        one, other = other, one
    return [key for key in one if key in other]
