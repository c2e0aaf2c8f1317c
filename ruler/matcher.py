"""The matcher: rules under names, compiled into one machine, and the events they match.

Threads. Any number of threads may match while others change the rules; no lock is taken to match unless a change
is under way at that very moment. A change (``add_rules`` and ``replace_rule`` included) is seen whole or not at all:
every answer is that of the rules before it or of the rules after it. Changes wait for each other.

How: a change makes ``_version`` odd, edits the machine in place, and makes it even again. A match notes the
version, reads without a lock, and if the version has moved meanwhile, whatever it read, or whatever it ran
into, is thrown away and it matches again under the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orjson import loads

from ruler.engine import choose_engine
from ruler.errors import RuleError, UnknownRuleError, text_of
from ruler.machine.build import Machine
from ruler.machine.check import check
from ruler.machine.decode import Event, EventText, decode
from ruler.machine.describe import Stats, describe, stats
from ruler.patterns.compiler import CompiledRule, Limits, compile_rule
from ruler.patterns.model import SubRule

Name = TypeVar("Name", bound=Hashable)

RuleText = str | bytes | bytearray | memoryview | Mapping[str, Any]


@dataclass(slots=True)
class _Rule:
    """What is kept of one name."""

    rule_id: int  # ascending in the order in which names were first added
    texts: list[str]  # as given, one for each time that the name was added
    sub_rules: dict[SubRule, None]


class Matcher(Generic[Name]):
    """Finds the names of all rules that an event matches.

    >>> matcher = Matcher({"big-order": {"detail": {"total": [{"numeric": [">", 1000]}]}}})
    >>> matcher.rules_for_event('{"detail": {"total": 1500}}')
    ['big-order']

    ``rules`` are added as by ``add_rules``. A rule is JSON text (str or bytes) or a mapping; a name is any hashable
    value. ``engine`` is "auto", "python" or "native" (ruler/engine.py). ``max_paths`` and ``max_sub_rules`` bound what
    one rule may grow into; a rule beyond them is refused.
    """

    def __init__(
        self,
        rules: Mapping[Name, RuleText] | None = None,
        *,
        engine: str = "auto",
        max_paths: int = 256,
        max_sub_rules: int = 1024,
    ) -> None:
        self._requested_engine = engine
        self._limits = Limits(
            max_paths=_limit("max_paths", max_paths), max_sub_rules=_limit("max_sub_rules", max_sub_rules)
        )
        self._machine: Machine = choose_engine(engine)()
        self._rules: dict[Name, _Rule] = {}
        self._names: dict[int, Name] = {}  # rule id -> name
        self._next_id = 0
        self._version = 0  # odd while a change is under way
        self._lock = threading.RLock()  # held by changes
        if rules is not None:
            self.add_rules(rules)

    # -- matching ------------------------------------------------------------------------------------------

    def rules_for_event(self, event: Event) -> list[Name]:
        """Return the names of the rules that ``event`` matches, in the order in which they were first added.

        ``event`` is JSON text (str, bytes, bytearray, memoryview) or an already decoded mapping, which means what its
        JSON text would. EventError when it is neither, with the offset or the place of what is wrong.
        Cost: reading the event, plus what matches; it hardly depends on the number of rules.
        """
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
        """Return whether ``event`` matches any rule. Stops at the first; otherwise as ``rules_for_event``."""
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

    def rules_for_events(self, events: Iterable[Event]) -> Iterator[list[Name]]:
        """Yield what ``rules_for_event`` returns for each of ``events``, reading them one by one as asked for.

        An EventError comes when its event is reached; asking again goes on with the event after it.
        """
        if isinstance(events, EventText | Mapping):
            raise TypeError(f"found {type(events).__name__}, expected several events; one event: rules_for_event")
        return map(self.rules_for_event, events)

    # -- changing the rules --------------------------------------------------------------------------------

    def add_rule(self, name: Name, rule: RuleText) -> None:
        """Add a rule. Under a name that is there already the two are alternatives: either may match.

        RuleError, and no change, when the rule cannot be added.
        Cost: reading the text and some microseconds a clause, whatever is there already.
        """
        self._add([(name, self._compile(name, rule))])

    def add_rules(self, rules: Mapping[Name, RuleText]) -> None:
        """Add every rule of a mapping from name to rule, or none: RuleError names the first that cannot be."""
        if not isinstance(rules, Mapping):
            raise TypeError(f"found {type(rules).__name__}, expected a mapping of names to rules; one rule: add_rule")
        self._add([(name, self._compile(name, rule)) for name, rule in rules.items()])

    def remove_rule(self, name: Name) -> None:
        """Remove all that was added under ``name``. UnknownRuleError, and no change, when nothing was."""
        with self._lock:
            rule = self._known(name)

            def act() -> None:
                self._edit(removed=rule.sub_rules, added=(), rule_id=rule.rule_id)
                del self._rules[name]  # the last step that can fail, since it may run code of the names
                del self._names[rule.rule_id]

            self._change(act, undo=lambda: None)

    def replace_rule(self, name: Name, rule: RuleText) -> None:
        """Put ``rule`` in place of all that was added under ``name``, at its place in the order of answers.

        At no moment are both or neither in force. RuleError or UnknownRuleError, and no change, on refusal.
        """
        compiled = self._compile(name, rule)
        wanted = dict.fromkeys(compiled.sub_rules)
        with self._lock:
            known = self._known(name)
            before = known.texts, known.sub_rules

            def act() -> None:
                removed = [sub_rule for sub_rule in known.sub_rules if sub_rule not in wanted]
                self._edit(removed=removed, added=wanted, rule_id=known.rule_id)
                known.texts, known.sub_rules = [compiled.text], wanted

            def undo() -> None:
                known.texts, known.sub_rules = before

            self._change(act, undo)

    def _compile(self, name: Name, rule: RuleText) -> CompiledRule:
        hash(name)  # a name that cannot be one is refused before anything else
        try:
            return compile_rule(rule, limits=self._limits)
        except RuleError as error:
            error.rule_name = text_of(name)
            raise

    def _known(self, name: Name) -> _Rule:
        rule = self._rules.get(name)
        if rule is None:
            raise UnknownRuleError(name)
        return rule

    def _add(self, compiled: list[tuple[Name, CompiledRule]]) -> None:
        with self._lock:
            name_count = len(self._rules)
            lengths: list[tuple[_Rule, int, int]] = []  # of what is kept of names that were there before

            def act() -> None:
                rules = [self._rule_of(name) for name, _ in compiled]  # may run code of the names, so it comes first
                for rule, (_, one) in zip(rules, compiled, strict=True):
                    lengths.append((rule, len(rule.texts), len(rule.sub_rules)))
                    self._edit(removed=(), added=one.sub_rules, rule_id=rule.rule_id)
                    rule.sub_rules.update(dict.fromkeys(one.sub_rules))
                    rule.texts.append(one.text)

            def undo() -> None:
                for rule, text_count, sub_rule_count in reversed(lengths):
                    del rule.texts[text_count:]
                    while len(rule.sub_rules) > sub_rule_count:
                        rule.sub_rules.popitem()
                while len(self._rules) > name_count:  # new names are the last ones, and popitem runs no code of theirs
                    _, rule = self._rules.popitem()
                    self._names.pop(rule.rule_id, None)

            self._change(act, undo)

    def _rule_of(self, name: Name) -> _Rule:
        """Return what is kept of ``name``, made when it is new."""
        rule = self._rules.get(name)
        if rule is None:
            rule = _Rule(self._next_id, [], {})
            self._next_id += 1
            self._names[rule.rule_id] = name
            self._rules[name] = rule
        return rule

    def _change(self, act: Callable[[], None], undo: Callable[[], None]) -> None:
        """Change rules and machine out of the sight of other threads; when ``act`` fails all is as it was before.

        Also on an interrupt, or with no memory left, half-way through: ``undo`` puts the rules back, and the machine is
        built again from them. The lock is held.
        """
        try:
            self._version |= 1
            act()
        except BaseException:
            undo()
            self._machine = self._rebuilt()
            self._names = {rule.rule_id: name for name, rule in self._rules.items()}
            raise
        finally:
            self._version = (self._version | 1) + 1

    def _edit(self, removed: Iterable[SubRule], added: Iterable[SubRule], rule_id: int) -> None:
        for sub_rule in added:
            self._machine.add(sub_rule, rule_id)
        for sub_rule in removed:
            self._machine.remove(sub_rule, rule_id)

    def _rebuilt(self) -> Machine:
        machine = type(self._machine)()
        for rule in self._rules.values():
            for sub_rule in rule.sub_rules:
                machine.add(sub_rule, rule.rule_id)
        return machine

    # -- what is there -------------------------------------------------------------------------------------

    @property
    def engine(self) -> str:
        """The engine in use: "python"."""
        return self._machine.engine

    @property
    def rules(self) -> Mapping[Name, tuple[str, ...]]:
        """A read-only view: name -> the texts that were added under it, in order. A mapping shows as its JSON text."""
        return _RulesView(self._rules, self._lock)

    def __len__(self) -> int:
        return len(self.rules)

    def __contains__(self, name: object) -> bool:
        return name in self.rules

    def __iter__(self) -> Iterator[Name]:
        """Iterate over the names there are now, in the order in which they were first added."""
        return iter(self.rules)

    def __repr__(self) -> str:
        return f"<Matcher: {len(self)} rules, {self.engine} engine>"

    def stats(self) -> Stats:
        """Return counts of what the matcher holds. Cost: one pass over all of it."""
        with self._lock:
            return stats(self._machine, len(self._rules))

    def describe(self) -> str:
        """Return the machine drawn as text, one line a state. The same rules give the same drawing."""
        with self._lock:
            return describe(self._machine, self._names.__getitem__)

    def _check(self) -> None:
        """Raise MachineError when an invariant is broken. Slow: for tests."""
        with self._lock:
            check(self._machine)

    # -- copies: rules travel, the machine is rebuilt --------------------------------------------------------

    def copy(self) -> Matcher[Name]:
        """Return an independent matcher with the same rules under the same names, in the same order."""
        other: Matcher[Name] = Matcher.__new__(type(self))
        other.__setstate__(self.__getstate__())
        return other

    __copy__ = copy

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {
                "rules": [(name, tuple(rule.texts)) for name, rule in self._rules.items()],
                "engine": self._requested_engine,
                "max_paths": self._limits.max_paths,
                "max_sub_rules": self._limits.max_sub_rules,
            }

    def __setstate__(self, state: dict[str, Any]) -> None:
        rules: list[tuple[Name, tuple[str, ...]]] = state.pop("rules")
        Matcher.__init__(self, **state)
        self._add([(name, self._compile(name, text)) for name, texts in rules for text in texts])


class _RulesView(Mapping[Name, tuple[str, ...]]):
    """The names and texts of a matcher, never in the middle of a change."""

    __slots__ = ("_lock", "_rules")

    def __init__(self, rules: dict[Name, _Rule], lock: threading.RLock) -> None:
        self._rules = rules
        self._lock = lock

    def __getitem__(self, name: Name) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._rules[name].texts)

    def __len__(self) -> int:
        with self._lock:
            return len(self._rules)

    def __contains__(self, name: object) -> bool:
        with self._lock:
            return name in self._rules

    def __iter__(self) -> Iterator[Name]:
        with self._lock:
            return iter(list(self._rules))

    def items(self) -> ItemsView[Name, tuple[str, ...]]:
        """Return the names and texts there are now; a removal meanwhile does not disturb going through them."""
        with self._lock:
            return {name: tuple(rule.texts) for name, rule in self._rules.items()}.items()

    def values(self) -> ValuesView[tuple[str, ...]]:
        """Return the texts there are now."""
        return dict(self.items()).values()

    def __repr__(self) -> str:
        return repr(dict(self.items()))


def matches(rule: RuleText, event: Event) -> bool:
    """Return whether one rule matches one event. Compiles the rule each time: for many events use a Matcher.

    >>> matches({"state": [{"prefix": "run"}]}, {"state": "running"})
    True
    """
    return Matcher({"rule": rule}).matches_any(event)


def _limit(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, expected an int")
    if value < 1:
        raise ValueError(f"{name} is {value}, expected 1 or more")
    return value
