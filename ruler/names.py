"""The rule id of each name, in the order of answers.

In: names, and an engine that gives and takes rule ids. Out: rule ids.
To look a name up is to run its code, hash and comparison, which may raise. A method then has done nothing, or says what
undoes it; what undoes runs no such code where it can be helped.
Always, between changes: the names are those of the engine, in its order (``Matcher._check``).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from ruler.engine import Engine
from ruler.errors import UnknownRuleError

Name = TypeVar("Name", bound=Hashable)

WORTH_REBUILDING = 64  # names; so few take no more than the objects around them


class Names(Generic[Name]):
    """One matcher's names. Called by one thread at a time, under the lock of the matcher."""

    __slots__ = ("_engine", "_most", "ids")

    def __init__(self, engine: Engine) -> None:
        self.ids: dict[Name, int] = {}
        self._engine = engine
        self._most = 0  # names that there were since the dict was built, or fewer

    def known(self, name: Name) -> int:
        """Return the rule id of ``name``; UnknownRuleError when there is none."""
        rule_id = self.ids.get(name)
        if rule_id is None:
            raise UnknownRuleError(name)
        return rule_id

    def id_of(self, name: Name) -> int:
        """Return the rule id of ``name``, a new one when the name is new. Undone by ``forget_after``."""
        rule_id = self.ids.get(name)
        if rule_id is None:
            rule_id = self.ids[name] = self._engine.reserve()
        return rule_id

    def forget_after(self, count: int, forgotten: list[Name]) -> None:
        """Undo the naming of rules that did not come: new names are the last, and popitem runs no code of theirs.

        They go to ``forgotten``, since dropping them may run code.
        """
        self._most = max(self._most, len(self.ids))
        while len(self.ids) > count:
            name, rule_id = self.ids.popitem()
            forgotten.append(name)
            self._engine.release(rule_id)

    def remove(self, name: Name) -> None:
        """Remove ``name``, which is there. Undone by ``put_back``."""
        self._shrink()
        del self.ids[name]

    def put_back(self, rule_id: int) -> None:
        """Give the name of a rule that is still in the engine its place again."""
        place_of = self._engine.place_of
        place = place_of(rule_id)
        behind: list[tuple[Name, int]] = []
        while self.ids and place_of(next(reversed(self.ids.values()))) > place:
            behind.append(self.ids.popitem())
        self.ids[self._engine.name_of(rule_id)] = rule_id
        self.ids.update(reversed(behind))

    def free_when_empty(self) -> None:
        """Give up the memory that names had. Runs no code of theirs."""
        if not self.ids:
            self.ids.clear()  # CPython keeps the table of a dict from which all was deleted, and frees it here
            self._most = 0

    def _shrink(self) -> None:
        """Build the dict anew when three of four names have gone: CPython never makes one smaller by itself.

        May run code of names whose hashes are equal. Where that finds two of them equal that were not, all stays.
        """
        count = len(self.ids)
        self._most = max(self._most, count)
        if self._most > WORTH_REBUILDING and count <= self._most // 4:
            ids = dict(self.ids)
            if len(ids) == count:
                self.ids = ids
            self._most = count
