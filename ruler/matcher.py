"""The matcher: rules under names, and the events they match.

It reads rule text, knows the rule id of each name, and hands both on to an engine (ruler/engine.py), which holds
names, texts and the compiled rules by rule id, and matches.

Threads. Any number of threads may match while others change the rules. A change (``add_rules`` and ``replace_rule``
included) is seen whole or not at all: every answer is that of the rules before it or of the rules after it. Changes
wait for each other. Code that runs in the midst of a change in the same thread, such as the comparison of a name or a
finalizer, may match but not change: that is a RuntimeError.

How a change is whole: what can fail for the user's reasons, reading text and hashing or comparing names, comes before
the engine's part, which is whole by itself. Whatever is raised, an interrupt say, ``Engine.changes`` tells whether the
engine has changed, and the names are made to agree with it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, final, overload

from ruler.dialects.names import DEFAULT_DIALECT, known_dialect
from ruler.engine import Draft, Engine, choose_engine
from ruler.errors import MachineError, RuleError, text_of
from ruler.machine.decode import Event, EventText
from ruler.machine.select_lines import LineSelection
from ruler.machine.stats import StateRow, Stats
from ruler.names import Names
from ruler.patterns.compiler import CompiledRule, Limits, compile_rule

if TYPE_CHECKING:  # what explains is loaded when it is asked for
    from ruler.explain.results import EventExplanation, MatchDetail, RuleExplanation

Name = TypeVar("Name", bound=Hashable)
Seen = TypeVar("Seen")

RuleText = str | bytes | bytearray | memoryview | Mapping[str, Any]


@final
class _NoName:
    """Stands for a name that was not given: None may be one."""

    def __repr__(self) -> str:
        return "<all rules>"


_ALL_RULES: Final = _NoName()


class Matcher(Generic[Name]):
    """Finds the names of all rules that an event matches.

    >>> matcher = Matcher({"big-order": {"detail": {"total": [{"numeric": [">", 1000]}]}}})
    >>> matcher.rules_for_event('{"detail": {"total": 1500}}')
    ['big-order']

    ``rules`` are added as by ``add_rules``. A rule is JSON text (str or bytes) or a mapping; a name is any hashable
    value. ``engine`` is "auto", "python" or "native" (ruler/engine.py). ``validate="used"`` lets the native engine stop
    reading an event as soon as everything that rules ask about is settled: for events of producers that are trusted to
    write JSON without duplicate names. ``max_paths`` and ``max_sub_rules`` bound what one rule may grow into; a
    rule beyond them is refused.

    ``dialect`` is one of ruler, event-ruler, eventbridge, eventbridge-pipes, lambda, sns-attributes and sns-body
    (docs/dialects.md): a rule that a public page says this service refuses is a RuleError; what no page settles is
    accepted, and ``ruler.check`` tells of it. Which events a rule matches is the same in every dialect, also where the
    service is known to do otherwise, with the spelling of numbers say.
    """

    def __init__(
        self,
        rules: Mapping[Name, RuleText] | None = None,
        *,
        engine: str = "auto",
        validate: str = "full",
        max_paths: int = 256,
        max_sub_rules: int = 1024,
        dialect: str = DEFAULT_DIALECT,
    ) -> None:
        self._requested_engine = engine
        self._validate = validate
        self._dialect = known_dialect(dialect)
        self._limits = Limits(
            max_paths=_limit("max_paths", max_paths), max_sub_rules=_limit("max_sub_rules", max_sub_rules)
        )
        self._engine = choose_engine(engine, validate)
        self._names: Names[Name] = Names(self._engine)
        self._lock = threading.RLock()  # held by changes, and by whoever looks at the rules
        self._changing_from = -1  # the engine's ``changes`` before the change under way: one, until that has moved
        if rules is not None:
            self.add_rules(rules)

    # -- matching ------------------------------------------------------------------------------------------

    def rules_for_event(self, event: Event) -> list[Name]:
        """Return the names of the rules that ``event`` matches, in the order in which they were first added.

        ``event`` is JSON text (str, bytes, bytearray, memoryview) or an already decoded mapping, which means what its
        JSON text would. EventError when it is neither, with the offset or the place of what is wrong.
        Cost: reading the event, plus what matches; it hardly depends on the number of rules.
        """
        return self._engine.rules_for_event(event)

    def matches_any(self, event: Event) -> bool:
        """Return whether ``event`` matches any rule. Stops at the first; otherwise as ``rules_for_event``."""
        return self._engine.matches_any(event)

    def rules_for_events(self, events: Iterable[Event], *, threads: int = 1) -> Iterator[list[Name]]:
        """Yield what ``rules_for_event`` returns for each of ``events``.

        An EventError comes when its event is reached; asking again goes on with the event after it.
        The native engine matches a list or a tuple some hundred events at a time, with several threads some thousand
        for each; other iterables are read one by one as asked for, or that far ahead with several threads. The python
        engine always takes one event when one answer is asked for, and uses one thread.
        """
        if isinstance(events, EventText | Mapping):
            raise TypeError(f"found {type(events).__name__}, expected several events; one event: rules_for_event")
        return self._engine.rules_for_events(events, min(_limit("threads", threads), sys.maxsize))

    def select_lines(
        self, data: bytes | bytearray | memoryview, *, invert: bool = False, at_most: int | None = None
    ) -> LineSelection:
        r"""Return the lines of ``data`` that match any rule, or with ``invert`` those that match none.

        ``data`` is bytes with one event a line, ``\n`` between; the last line may lack it. Blank lines are skipped.
        Stops after ``at_most`` selected lines, and after the first line that is no event: ``refused`` is its EventError
        then, and ``data[consumed:]`` what comes behind it.

        >>> matcher = Matcher({"one": {"n": [1]}})
        >>> matcher.select_lines(b'{"n": 1}\n{"n": 2}\n{"n": [0, 1]}')
        LineSelection(output=b'{"n": 1}\n{"n": [0, 1]}\n', selected=2, lines=3, consumed=31, refused=None)
        """
        most = sys.maxsize if at_most is None else min(_limit("at_most", at_most), sys.maxsize)
        return LineSelection(*self._engine.select_lines(_contiguous(data), bool(invert), most))

    # -- why -----------------------------------------------------------------------------------------------

    def match_details(self, event: Event) -> list[MatchDetail]:
        """Return how ``event`` matches: for each sub-rule that does, the branches, values, places and patterns.

        In the order of ``rules_for_event``; a rule that matches through two branches has two. EventError as there.
        Cost: some ten microseconds for each clause of the rules that match; the first time ten times that.
        """
        from ruler.explain.details import match_details
        from ruler.explain.explainer import AskedRule
        from ruler.machine.decode import decode

        found, texts = self._look_at_match(event, lambda found: found)
        rules = (AskedRule(name, texts[name], True) for name in found)
        return match_details(decode(event), rules, self._limits)

    @overload
    def explain(self, event: Event, *, limit: int | None = None) -> EventExplanation: ...
    @overload
    def explain(self, event: Event, name: Name) -> RuleExplanation: ...
    def explain(
        self, event: Event, name: Name | _NoName = _ALL_RULES, *, limit: int | None = None
    ) -> RuleExplanation | EventExplanation:
        """Return why ``event`` matches the rule ``name``, or does not; without a name, for all rules.

        All rules: those that do not match come first, the nearest misses before others, then those that match;
        ``limit`` is how many are explained. ``str`` of the answer is for people, ``as_dict()`` for programs.
        EventError as ``rules_for_event``; UnknownRuleError when nothing was added under ``name``.
        Cost: some milliseconds a rule that is explained, some fifty microseconds for each other.
        """
        from ruler.explain.explainer import AskedRule, Explainer

        most = None if limit is None else _limit("limit", limit)
        names = None if isinstance(name, _NoName) else [name]
        found, texts = self._look_at_match(event, lambda _: self._names.ids if names is None else names)
        explainer = Explainer(event, self._limits)
        matched = set(found)
        rules = [AskedRule(each, its_texts, each in matched) for each, its_texts in texts.items()]
        return explainer.explain(rules[0]) if names is not None else explainer.explain_all(rules, most)

    def _look_at_match(
        self, event: Event, names_of: Callable[[list[Name]], Iterable[Name]]
    ) -> tuple[list[Name], dict[Name, tuple[str, ...]]]:
        """Return the names that ``event`` matches, and the texts of the names that ``names_of`` makes of them."""

        def look() -> tuple[list[Name], dict[Name, tuple[str, ...]]]:
            found = self._engine.rules_for_event(event)
            return found, {name: self._engine.texts(self._names.known(name)) for name in names_of(found)}

        return _look(self._engine, self._lock, look)

    # -- changing the rules --------------------------------------------------------------------------------

    def add_rule(self, name: Name, rule: RuleText) -> None:
        """Add a rule. Under a name that is there already the two are alternatives: either may match.

        RuleError, and no change, when the rule cannot be added.
        Cost: reading the text and some microseconds a clause, whatever is there already.
        """
        draft = self._engine.draft()
        self._compile(name, rule, draft)
        self._add([name], draft)

    def add_rules(self, rules: Mapping[Name, RuleText]) -> None:
        """Add every rule of a mapping from name to rule, or none: RuleError names the first that cannot be."""
        if not isinstance(rules, Mapping):
            raise TypeError(f"found {type(rules).__name__}, expected a mapping of names to rules; one rule: add_rule")
        self._add_all(rules.items())

    def remove_rule(self, name: Name) -> None:
        """Remove all that was added under ``name``. UnknownRuleError, and no change, when nothing was."""
        with self._lock:
            self._refuse_a_change_inside_a_change()
            name_count, changes = len(self._names.ids), self._engine.changes
            removed: list[int] = []
            try:
                self._changing_from = changes
                self._names.remove(name, removed)  # first: it runs code of the names, and that may raise
                self._engine.remove(removed[0])
            except BaseException:
                try:
                    if len(self._names.ids) < name_count and self._engine.changes == changes:
                        self._names.put_back(removed[0])
                finally:
                    self._changing_from = -1
                raise
            self._names.free_when_empty()
        self._engine.give_back()

    def replace_rule(self, name: Name, rule: RuleText) -> None:
        """Put ``rule`` in place of all that was added under ``name``, at its place in the order of answers.

        At no moment are both or neither in force. RuleError or UnknownRuleError, and no change, on refusal.
        """
        draft = self._engine.draft()
        self._compile(name, rule, draft)
        with self._lock:
            self._refuse_a_change_inside_a_change()
            try:
                self._changing_from = self._engine.changes
                self._engine.replace(self._names.known(name), draft)
            except BaseException:
                self._changing_from = -1
                raise

    def _compile(self, name: Name, rule: RuleText, draft: Draft) -> None:
        """Write a rule into ``draft``: at once, since sub-rules of Python are many objects."""
        hash(name)  # a name that cannot be one is refused before anything else
        try:
            compiled = self._compiled(rule)
        except RuleError as error:
            error.rule_name = text_of(name)
            raise
        draft.append(compiled.text, compiled.sub_rules)

    def _compiled(self, rule: RuleText) -> CompiledRule:
        if self._dialect == DEFAULT_DIALECT:
            return compile_rule(rule, limits=self._limits)
        from ruler.dialects.refused import compile_in  # reads the data of the dialect

        return compile_in(rule, self._dialect, limits=self._limits)

    def _add_all(self, rules: Iterable[tuple[Name, RuleText]]) -> None:
        draft = self._engine.draft()
        names: list[Name] = []
        for name, rule in rules:
            self._compile(name, rule, draft)
            names.append(name)
        self._add(names, draft)
        del draft, names
        self._engine.give_back()

    def _add(self, names: list[Name], draft: Draft) -> None:
        with self._lock:
            self._refuse_a_change_inside_a_change()
            name_count, changes = len(self._names.ids), self._engine.changes
            forgotten: list[Name] = []  # dropped at the very end, since that may run code of theirs
            try:
                self._changing_from = changes
                self._engine.add([self._names.id_of(name) for name in names], names, draft)
            except BaseException:
                try:
                    if changes == self._engine.changes:
                        self._names.forget_after(name_count, forgotten)
                finally:
                    self._changing_from = -1
                raise

    def _refuse_a_change_inside_a_change(self) -> None:
        """RuntimeError when this thread has begun a change that has not taken effect.

        ``_changing_from`` is cleared only where a change failed. After one that took effect, ``changes`` has moved on.
        """
        if self._changing_from == self._engine.changes:
            raise RuntimeError(
                "the rules cannot be changed in the midst of a change; "
                "the code of a rule name, or of an object that is finalized, tried to"
            )

    # -- what is there -------------------------------------------------------------------------------------

    @property
    def engine(self) -> str:
        """The engine in use: "python" or "native"."""
        return self._engine.name

    @property
    def dialect(self) -> str:
        """The dialect that rules are held to: "ruler" unless another was asked for."""
        return self._dialect

    @property
    def rules(self) -> Mapping[Name, tuple[str, ...]]:
        """A read-only view: name -> the texts that were added under it, in order. A mapping shows as its JSON text."""
        return _RulesView(self._names, self._engine, self._lock)

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
        return Stats(*_look(self._engine, self._lock, self._engine.stats))

    def describe(self) -> str:
        """Return the machine drawn as text, one line a state. The same rules give the same drawing."""
        from ruler.machine.describe import describe  # with it come all modules of the Python engine

        engine = self._engine

        def rows_and_names() -> tuple[list[StateRow], dict[int, Name]]:
            rows = engine.states()
            return rows, {rule_id: engine.name_of(rule_id) for row in rows for rule_id in row[2]}

        rows, names = _look(engine, self._lock, rows_and_names)
        return describe(rows, names.__getitem__)  # behind the lock: it runs code of the names

    def _check(self) -> None:
        """Raise MachineError when an invariant is broken. Slow: for tests."""
        with self._lock:
            engine = self._engine
            engine.check()
            try:
                disagree = any(engine.name_of(rule_id) is not name for name, rule_id in self._names.ids.items())
            except KeyError:  # a name of no rule
                disagree = True
            if disagree:
                raise MachineError("names and rule ids disagree")
            places = [engine.place_of(rule_id) for rule_id in self._names.ids.values()]
            if places != sorted(set(places)) or len(places) != engine.stats()[0]:
                raise MachineError("names are not those of the engine, in its order")

    # -- copies: rules travel, the machine is rebuilt --------------------------------------------------------

    def copy(self) -> Matcher[Name]:
        """Return an independent matcher with the same rules under the same names, in the same order."""
        other: Matcher[Name] = Matcher.__new__(type(self))
        other.__setstate__(self.__getstate__())
        return other

    __copy__ = copy

    def __getstate__(self) -> dict[str, Any]:
        return {
            "rules": _look(self._engine, self._lock, lambda: _names_and_texts(self._names, self._engine)),
            "engine": self._requested_engine,
            "validate": self._validate,
            "max_paths": self._limits.max_paths,
            "max_sub_rules": self._limits.max_sub_rules,
            "dialect": self._dialect,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        rules: list[tuple[Name, tuple[str, ...]]] = state.pop("rules")
        Matcher.__init__(self, **state)
        self._add_all((name, text) for name, texts in rules for text in texts)


def _names_and_texts(names: Names[Name], engine: Engine) -> list[tuple[Name, tuple[str, ...]]]:
    return [(name, engine.texts(rule_id)) for name, rule_id in names.ids.items()]


def _look(engine: Engine, lock: threading.RLock, look: Callable[[], Seen]) -> Seen:
    """Return ``look()`` as of one moment: made anew where a finalizer that ran in its midst has changed the rules."""
    while True:
        with lock:
            changes = engine.changes
            try:
                seen = look()
            except Exception:
                if changes == engine.changes:
                    raise
            else:
                if changes == engine.changes:
                    return seen


class _RulesView(Mapping[Name, tuple[str, ...]]):
    """The names and texts of a matcher, never in the middle of a change."""

    __slots__ = ("_engine", "_lock", "_names")

    def __init__(self, names: Names[Name], engine: Engine, lock: threading.RLock) -> None:
        self._names = names
        self._engine = engine
        self._lock = lock

    def __getitem__(self, name: Name) -> tuple[str, ...]:
        with self._lock:
            return self._engine.texts(self._names.ids[name])

    def __len__(self) -> int:
        with self._lock:
            return len(self._names.ids)

    def __contains__(self, name: object) -> bool:
        with self._lock:
            return name in self._names.ids

    def __iter__(self) -> Iterator[Name]:
        with self._lock:
            return iter(list(self._names.ids))

    def items(self) -> ItemsView[Name, tuple[str, ...]]:
        """Return the names and texts there are now; a removal meanwhile does not disturb going through them."""
        return dict(_look(self._engine, self._lock, lambda: _names_and_texts(self._names, self._engine))).items()

    def values(self) -> ValuesView[tuple[str, ...]]:
        """Return the texts there are now."""
        return dict(self.items()).values()

    def __repr__(self) -> str:
        return repr(dict(self.items()))


def matches(rule: RuleText, event: Event, *, dialect: str = DEFAULT_DIALECT) -> bool:
    """Return whether one rule, of ``dialect``, matches one event.

    Compiles the rule each time: for many events use a Matcher.

    >>> matches({"state": [{"prefix": "run"}]}, {"state": "running"})
    True
    """
    return Matcher({"rule": rule}, dialect=dialect).matches_any(event)


def _limit(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, expected an int")
    if value < 1:
        raise ValueError(f"{name} is {value}, expected 1 or more")
    return value


def _contiguous(data: bytes | bytearray | memoryview) -> bytes | memoryview:
    """Return ``data`` as bytes one after the other, without a copy where it is so already."""
    if isinstance(data, bytes):
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"found {type(data).__name__}, expected bytes with one event a line") from None
    return view.cast("B") if view.c_contiguous else view.tobytes()
