"""The python engine: a machine, the rules that are in it, and changes while other threads match.

In: events, and rules under rule ids. Out: the names of the rules that match. It is the definition:
every other engine (ruler/engine.py) answers what this one answers.

A change makes ``_version`` odd, edits the machine in place, and makes it even again. A match notes the version, reads
without a lock, and if the version has moved meanwhile, whatever it read, or whatever it ran into, is thrown away and
it matches again under the lock. So matching takes no lock unless a change is under way at that very moment.
The thread that edits has the lock already, so nothing of a user's may run in it meanwhile: the garbage collector is
stopped (collector.py), and what an edit drops is kept until it is over.
Always: a change is seen whole or not at all, and one that fails half-way, on an interrupt say, leaves all as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orjson import loads

from ruler.machine.build import Machine
from ruler.machine.check import check
from ruler.machine.collector import COLLECTOR
from ruler.machine.decode import Event, decode
from ruler.machine.describe import counts, state_rows
from ruler.machine.select_lines import LineSelection, select_lines
from ruler.machine.stats import Counts, StateRow
from ruler.patterns.model import SubRule

_Edit = tuple[int, Any, bool, str | None, Sequence[SubRule]]
"""(rule id, name, clear, text, sub-rules): a change of one rule.

With ``clear`` the texts and sub-rules of the id are forgotten first. Then, when ``text`` is None, the rule is gone and
its id free; else the text and the sub-rules are added to what the id has. The name is kept from the first edit that
gives the id a rule, and not looked at afterwards.
"""


@dataclass(slots=True)
class _Rule:
    """What is kept under one rule id."""

    name: Any
    texts: list[str]  # as given, one for each time that the name was added
    sub_rules: dict[SubRule, None]


@dataclass(slots=True)
class _Before:
    """What an edit is undone with: the rule, if there was one, and how much it held."""

    rule_id: int
    rule: _Rule | None
    texts: list[str]
    text_count: int
    sub_rules: dict[SubRule, None]
    sub_rule_count: int


class PythonDraft:
    """Rules that were read, and are not yet in force: their texts and sub-rules."""

    def __init__(self) -> None:
        self.rules: list[tuple[str, Sequence[SubRule]]] = []

    def append(self, text: str, sub_rules: Sequence[SubRule]) -> None:
        self.rules.append((text, sub_rules))


class PythonEngine:
    """The engine in Python; ruler/engine.py says what each method owes."""

    name = "python"

    def __init__(self) -> None:
        self.changes = 0
        self._machine = Machine()
        self._rules: dict[int, _Rule] = {}
        self._names: dict[int, Any] = {}  # once more, because matching asks for nothing else
        self._next_id = 0
        self._version = 0  # odd while a change is under way
        self._lock = threading.RLock()  # held by changes; no code of a name runs under it

    # -- matching ------------------------------------------------------------------------------------------

    def rules_for_event(self, event: Event) -> list[Any]:
        try:
            # Asked here before ``decode``, which would do the same: the call saved is 2% of a small event.
            decoded = loads(event)  # type: ignore[arg-type]  # a mapping is refused, and read by decode
        except ValueError:
            decoded = None
        if decoded.__class__ is not dict:
            decoded = decode(event)
        version = self._version
        if not version & 1:
            try:
                rule_ids = self._machine.match(decoded)
                answer = list(map(self._names.__getitem__, rule_ids)) if rule_ids else []
            except Exception:
                if version == self._version:
                    raise
            else:
                if version == self._version:
                    return answer
        with self._lock:
            return [self._names[rule_id] for rule_id in self._machine.match(decoded)]

    def matches_any(self, event: Event) -> bool:
        decoded = decode(event)
        version = self._version
        if not version & 1:
            try:
                answer = bool(self._machine.match(decoded, first_only=True))
            except Exception:
                if version == self._version:
                    raise
            else:
                if version == self._version:
                    return answer
        with self._lock:
            return bool(self._machine.match(decoded, first_only=True))

    def rules_for_events(self, events: Iterable[Event], threads: int) -> Iterator[list[Any]]:
        return map(self.rules_for_event, events)

    def select_lines(self, data: bytes | memoryview, invert: bool, at_most: int) -> LineSelection:
        return select_lines(self.matches_any, data, invert, at_most)

    # -- changing the rules --------------------------------------------------------------------------------

    def reserve(self) -> int:
        rule_id = self._next_id
        self._next_id += 1
        return rule_id

    def release(self, rule_id: int) -> None:
        """Do nothing: ids ascend and none is used twice, so there are always more."""

    def draft(self) -> PythonDraft:
        return PythonDraft()

    def add(self, rule_ids: Sequence[int], names: Sequence[Any], draft: PythonDraft) -> None:
        rows = zip(rule_ids, names, draft.rules, strict=True)
        self._change((rule_id, name, False, text, sub_rules) for rule_id, name, (text, sub_rules) in rows)

    def replace(self, rule_id: int, draft: PythonDraft) -> None:
        [(text, sub_rules)] = draft.rules
        self._change([(rule_id, None, True, text, sub_rules)])

    def remove(self, rule_id: int) -> None:
        self._change([(rule_id, None, True, None, ())])

    def give_back(self) -> None:
        """Do nothing: Python's allocator gives back what it can by itself."""

    def _change(self, edits: Iterable[_Edit]) -> None:
        """Make all of ``edits``, one after the other, or none."""
        undone_with: list[_Before] = []  # holds the names that go, whose finalizers may run once it is over
        token = object()
        with self._lock:
            try:
                try:
                    COLLECTOR.stop(token)
                    self._version |= 1
                    for edit in edits:
                        undone_with.append(self._before(edit[0]))
                        self._apply(edit)
                    self.changes += 1  # the last step: from here on the change has taken effect
                except BaseException:
                    for before in reversed(undone_with):
                        self._restore(before)
                    self._machine = self._rebuilt()
                    raise
                finally:
                    self._version = (self._version | 1) + 1
                    COLLECTOR.resume(token)
            finally:
                COLLECTOR.resume(token)  # once more: an interrupt may have come in the two lines above

    def _apply(self, edit: _Edit) -> None:
        rule_id, name, clear, text, sub_rules = edit
        rule = self._rules.get(rule_id)
        if rule is None:
            rule = self._rules[rule_id] = _Rule(name, [], {})
            self._names[rule_id] = name
        wanted = dict.fromkeys(sub_rules)
        for sub_rule in wanted:
            self._machine.add(sub_rule, rule_id)
        if clear:
            for sub_rule in rule.sub_rules:
                if sub_rule not in wanted:
                    self._machine.remove(sub_rule, rule_id)
            rule.texts, rule.sub_rules = [], {}
        if text is None:
            del self._rules[rule_id]
            del self._names[rule_id]
        else:
            rule.texts.append(text)
            rule.sub_rules.update(wanted)

    def _before(self, rule_id: int) -> _Before:
        rule = self._rules.get(rule_id)
        if rule is None:
            return _Before(rule_id, None, [], 0, {}, 0)
        return _Before(rule_id, rule, rule.texts, len(rule.texts), rule.sub_rules, len(rule.sub_rules))

    def _restore(self, before: _Before) -> None:
        rule = before.rule
        if rule is None:
            self._rules.pop(before.rule_id, None)
            self._names.pop(before.rule_id, None)
            return
        self._rules[before.rule_id] = rule
        self._names[before.rule_id] = rule.name
        rule.texts, rule.sub_rules = before.texts, before.sub_rules
        del rule.texts[before.text_count :]
        while len(rule.sub_rules) > before.sub_rule_count:
            rule.sub_rules.popitem()

    def _rebuilt(self) -> Machine:
        machine = Machine()
        for rule_id, rule in self._rules.items():
            for sub_rule in rule.sub_rules:
                machine.add(sub_rule, rule_id)
        return machine

    # -- what is there -------------------------------------------------------------------------------------

    def name_of(self, rule_id: int) -> Any:
        return self._names[rule_id]

    def place_of(self, rule_id: int) -> int:
        return rule_id

    def texts(self, rule_id: int) -> tuple[str, ...]:
        return tuple(self._rules[rule_id].texts)

    def stats(self) -> Counts:
        return counts(self._machine, len(self._rules))

    def states(self) -> list[StateRow]:
        return state_rows(self._machine)

    def check(self) -> None:
        check(self._machine)
