"""Finds all stored regular expressions that accept a value.

In: regexps (model.Regexp) and what is stored for each; values. Out: what is stored for those that accept one.

Three sieves, each for what the one before lets through:

    needs        a literal that every accepted string contains is looked for with all others in one pass over the value
                 (literals.py); those without stand ready at once. Then the length    regexp_needs.py
    groups       those that need one literal, or none, run together, some thousand positions at a time, by an
                 automaton that is built while it is used                                regexp_groups.py

As for wildcards, the whole is compiled anew rather than changed: additions wait as *fresh* ones that run alone, until
that has cost more than compiling would. Cost of a search: the length of the value, times the groups that run.
"""

from __future__ import annotations

import threading
from typing import Any, Generic, NamedTuple, TypeVar

from ruler.machine.literals import automaton_of, best_literal, occurring
from ruler.machine.regexp_groups import MOST_POSITIONS, Automaton, Budget, Positions, positions_of
from ruler.machine.regexp_needs import Needs, needs_of
from ruler.patterns.model import Regexp, RegexpStep

T = TypeVar("T")

Program = tuple[RegexpStep, ...]


class _Entry(Generic[T]):
    """One stored regexp. A program that comes back after it was removed is a new one."""

    __slots__ = ("alone", "is_stored", "needs", "positions", "stored")

    def __init__(self, stored: T) -> None:
        self.stored = stored
        self.is_stored = True
        # What is worked out from the program when it is first needed.
        self.needs: Needs | None = None
        self.positions: Positions | None = None
        self.alone: _Group[T] | None = None


class _Group(Generic[T]):
    """Regexps that run together, within the lengths that some of them accept."""

    __slots__ = ("_automaton", "_budget", "_entries", "_longest", "_shortest")

    def __init__(self, entries: list[_Entry[T]], budget: Budget) -> None:
        self._entries = entries
        self._budget = budget
        self._automaton: Automaton[_Entry[T]] | None = None  # made when a value first comes as far
        needs = [entry.needs for entry in entries if entry.needs is not None]
        self._shortest = min(each.shortest for each in needs)
        longest = [each.longest for each in needs if each.longest is not None]
        self._longest = max(longest) if len(longest) == len(needs) else None

    def find(self, value: str, found: list[T]) -> None:
        if len(value) < self._shortest or (self._longest is not None and len(value) > self._longest):
            return
        automaton = self._automaton
        if automaton is None:
            members = [(entry, entry.positions) for entry in self._entries if entry.positions is not None]
            automaton = self._automaton = Automaton(members, self._budget)
        found.extend([entry.stored for entry in automaton.accepting(value) if entry.is_stored])


class _Compiled(NamedTuple, Generic[T]):
    """What a search reads, replaced as a whole so that a search never mixes two states."""

    automaton: Any  # finds a literal -> index of what looks for it; None when no literal is looked for
    by_literal: list[list[_Group[T]]]
    always: list[_Group[T]]  # of those that need no literal
    size: int  # regexps in all groups, removed ones included
    fresh: dict[Program, _Entry[T]]  # stored, not compiled yet


class RegexpIndex(Generic[T]):
    """A mapping from regexps to values that is searched by the strings they accept."""

    __slots__ = ("_budget", "_compiled", "_debt", "_entries", "_lock")

    def __init__(self) -> None:
        self._entries: dict[Program, _Entry[T]] = {}
        self._budget = Budget()
        self._compiled: _Compiled[T] = _Compiled(None, [], [], 0, {})
        self._debt = 0  # fresh ones that ran alone since compiling last
        self._lock = threading.Lock()  # held by changes and by compiling, which a search may start

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, pattern: Regexp, stored: T) -> None:
        """Store under ``pattern``, which must not be stored yet."""
        with self._lock:
            entry = self._entries[pattern.program] = _Entry(stored)
            self._compiled.fresh[pattern.program] = entry

    def remove(self, pattern: Regexp) -> None:
        """Forget ``pattern``, which must be stored; it may stay in its group a while, unanswered."""
        with self._lock:
            entry = self._entries.pop(pattern.program)
            entry.is_stored = False
            self._compiled.fresh.pop(pattern.program, None)
            if self._compiled.size > 2 * len(self._entries) + 8:
                self._compile()

    def find(self, value: str, found: list[T]) -> None:
        """Append to ``found`` what is stored for each regexp that accepts ``value``."""
        if self._compiled.fresh:
            self._compile_if_worthwhile()
        automaton, by_literal, always, _, fresh = self._compiled
        for group in always:
            group.find(value, found)
        if automaton is not None:
            for index in occurring(automaton, value, len(by_literal)):
                for group in by_literal[index]:
                    group.find(value, found)
        if fresh:
            for program, entry in list(fresh.items()):
                self._alone(program, entry).find(value, found)
            self._debt += len(fresh)

    def _compile_if_worthwhile(self) -> None:
        # One thread compiles; another that comes meanwhile runs the fresh ones alone, rather than wait.
        count = len(self._entries)
        is_worthwhile = self._debt > count or 2 * len(self._compiled.fresh) > count
        if is_worthwhile and self._lock.acquire(blocking=False):
            try:
                self._compile()
            finally:
                self._lock.release()

    def _alone(self, program: Program, entry: _Entry[T]) -> _Group[T]:
        if entry.alone is None:
            _work_out(program, entry)
            entry.alone = _Group([entry], self._budget)
        return entry.alone

    def _compile(self) -> None:
        """Group all stored regexps; the lock is held."""
        by_literal: dict[str, list[_Entry[T]]] = {}  # the literal looked for -> who looks for it
        always: list[_Entry[T]] = []
        for program, entry in self._entries.items():
            literals = _work_out(program, entry).literals
            if literals:
                by_literal.setdefault(best_literal(literals, by_literal), []).append(entry)
            else:
                always.append(entry)
            entry.alone = None
        self._budget = Budget()  # what the groups until now remember goes with them
        groups = [self._groups(entries) for entries in by_literal.values()]
        size = len(self._entries)
        self._compiled = _Compiled(automaton_of(by_literal), groups, self._groups(always), size, {})
        self._debt = 0

    def _groups(self, entries: list[_Entry[T]]) -> list[_Group[T]]:
        """Return ``entries`` in groups of like lengths, so that a value passes most of those by."""
        groups: list[list[_Entry[T]]] = []
        room = 0
        for entry in sorted(entries, key=_lengths):
            assert entry.positions is not None
            room -= entry.positions.position_count
            if room < 0:
                groups.append([])
                room = MOST_POSITIONS - entry.positions.position_count
            groups[-1].append(entry)
        return [_Group(group, self._budget) for group in groups]


def _work_out(program: Program, entry: _Entry[Any]) -> Needs:
    """Return what the regexp of ``entry`` needs, worked out once with its positions."""
    needs = entry.needs
    if needs is None:
        entry.positions = positions_of(program)
        needs = entry.needs = needs_of(program)
    return needs


def _lengths(entry: _Entry[Any]) -> tuple[int, float]:
    assert entry.needs is not None
    return entry.needs.shortest, float("inf") if entry.needs.longest is None else entry.needs.longest
