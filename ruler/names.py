"""The rule id of each name, in the order of answers.

In: names, and an engine that gives and takes rule ids. Out: rule ids.
To look a name up is to run its code, hash and comparison, which may raise, and may answer otherwise when asked again:
so each method looks a name up once. Where that raises, a method has done nothing, or says what undoes it; what undoes
runs no such code where it can be helped.
Always, between changes: the names are those of the engine, in its order (``Matcher._check``).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from ruler.engine import Engine
from ruler.errors import UnknownRuleError

Name = TypeVar("Name", bound=Hashable)

NO_RULE = -1  # ids are from 0
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
        count = len(self.ids)
        new_id = self._engine.reserve()
        try:
            rule_id = self.ids.setdefault(name, new_id)
        except BaseException:
            if len(self.ids) == count:  # else it is among those that are forgotten
                self._engine.release(new_id)
            raise
        if rule_id != new_id:
            self._engine.release(new_id)
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

    def remove(self, name: Name, removed: list[int]) -> None:
        """Remove ``name``, and write its rule id to ``removed``; UnknownRuleError when there is none.

        Undone by ``put_back``, whose turn it is when there are fewer names than before. The id is written in the same
        step, so no interrupt comes between: ``map`` and ``extend`` run without the interpreter.
        """
        self._shrink()
        removed.extend(map(self.ids.pop, (name,), (NO_RULE,)))
        if removed == [NO_RULE]:
            raise UnknownRuleError(name)

    def put_back(self, rule_id: int) -> None:
        """Give the name of a rule that is still in the engine its place again.

        Where the code of names raises or finds two of them equal that were not, the order may suffer, but none is lost.
        """
        self.ids.setdefault(self._engine.name_of(rule_id), rule_id)  # behind the others
        place_of = self._engine.place_of
        in_order = dict(sorted(self.ids.items(), key=lambda item: place_of(item[1])))
        if len(in_order) == len(self.ids):
            self.ids = in_order

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
