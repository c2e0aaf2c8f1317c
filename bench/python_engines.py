"""The engines that are called from Python, each behind the same few methods. ``bench/worker.py`` asks them.

In: a name of `ENGINES`. Out: an `Adapter`, which takes rules, answers events and counts matches. Imports of a library
stand in its adapter, so that one of them is enough: the libraries of others live in a virtual environment in which
``ruler`` is not installed, and the other way round.

Each is asked the way that costs least among those its authors publish. Events lie in memory as the library takes them,
except where it wants them decoded: then ``orjson.loads``, the fastest there is, decodes an event once for all rules,
on the clock, since whoever has a line of JSON has to do that too.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Any

CHURN_EVENTS = 100  # matched at a time beside changes: as many as the native engine takes at once from a list

Test = Callable[[Any], bool]
"""Whether one rule matches an event, in the form in which the library takes events."""


class CannotError(Exception):
    """The engine has no such ability; the text says why."""


class RefusedError(Exception):
    """The engine does not take a rule; the text is the rule's name and the engine's own words."""


class Adapter(ABC):
    """An engine and its rules. Methods that a class leaves out raise CannotError with ``cannot_change`` and so on."""

    name: str
    version: str
    takes_text = False  # events as str, not as bytes
    cannot_change = "it has no set of rules that one could be removed from"
    cannot_share = "nothing is promised about threads"

    @abstractmethod
    def add(self, rules: Mapping[str, str]) -> None:
        """Add every rule, by name, or none: RefusedError."""

    @abstractmethod
    def answers(self, events: Sequence[Any]) -> Iterator[Sequence[str]]:
        """The names for each event."""

    @abstractmethod
    def count(self, events: Sequence[Any]) -> int:
        """How many names in all; answers are dropped. This is what the clock runs around."""

    def add_each(self, rules: Mapping[str, str]) -> None:
        """As ``add``, one call each."""
        raise CannotError(self.cannot_change)

    def remove(self, names: Iterable[str]) -> None:
        """Remove each of the rules, one call each."""
        raise CannotError(self.cannot_change)

    def count_in_threads(self, events: Sequence[Any], threads: int) -> int:
        """As ``count``, the events shared among threads."""
        raise CannotError(self.cannot_share)

    def churn(self, rules: Mapping[str, str], events: Sequence[Any]) -> tuple[int, float, int]:
        """Add and remove rules, one call each, while a thread matches: (changes, their seconds, events matched)."""
        raise CannotError(self.cannot_change)

    def held_bytes(self) -> int | None:
        """What the rules take, as the engine itself counts; None when it does not."""
        return None


class Ruler(Adapter):
    """Ours, in batches: a loop over ``rules_for_events``."""

    name = "ruler"

    def __init__(self, engine: str, validate: str) -> None:
        from ruler import Matcher, RuleError
        from ruler.version import VERSION  # not of what is installed: the worker runs what lies beside it

        self.version = VERSION
        self._error = RuleError
        self._matcher: Matcher[str] = Matcher(engine=engine, validate=validate)

    def add(self, rules: Mapping[str, str]) -> None:
        try:
            self._matcher.add_rules(rules)
        except self._error as error:
            raise RefusedError(str(error)) from error  # begins with the rule's name
        self._finish()

    def add_each(self, rules: Mapping[str, str]) -> None:
        try:
            for name, text in rules.items():
                self._matcher.add_rule(name, text)
        except self._error as error:
            raise RefusedError(str(error)) from error
        self._finish()

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._matcher.remove_rule(name)
        self._finish()

    def _finish(self) -> None:
        self._matcher.matches_any(b"{}")  # what is built late is built now

    def answers(self, events: Sequence[Any]) -> Iterator[Sequence[str]]:
        return self._matcher.rules_for_events(events)

    def count(self, events: Sequence[Any]) -> int:
        # Counting takes 11 of 256 ns with five exact rules, validate="used"; sum(map(len, ...)) was no faster.
        # 2026-11-21, by hand.
        matches = 0
        for names in self._matcher.rules_for_events(events):
            matches += len(names)
        return matches

    def count_in_threads(self, events: Sequence[Any], threads: int) -> int:
        if self._matcher.engine != "native":
            return _count_shares(self.count, events, threads)
        matches = 0
        for names in self._matcher.rules_for_events(events, threads=threads):
            matches += len(names)
        return matches

    def churn(self, rules: Mapping[str, str], events: Sequence[Any]) -> tuple[int, float, int]:
        with _Beside(self.count, events) as beside:
            before, start = beside.matched, perf_counter()
            changes = self._add_and_remove(rules)
            seconds, matched = perf_counter() - start, beside.matched - before
        return changes, seconds, matched

    def _add_and_remove(self, rules: Mapping[str, str]) -> int:
        self.add_each(rules)
        self.remove(rules)
        return 2 * len(rules)

    def held_bytes(self) -> int | None:
        return self._matcher.stats().memory_bytes


class RulerSingle(Ruler):
    """Ours, one call an event."""

    def answers(self, events: Sequence[Any]) -> Iterator[Sequence[str]]:
        return map(self._matcher.rules_for_event, events)

    def count(self, events: Sequence[Any]) -> int:
        rules_for_event = self._matcher.rules_for_event
        matches = 0
        for event in events:
            matches += len(rules_for_event(event))
        return matches

    def count_in_threads(self, events: Sequence[Any], threads: int) -> int:
        return _count_shares(self.count, events, threads)


class Decoding(Adapter):
    """The yardstick: ``orjson.loads``, which takes any rule and finds none."""

    name = "orjson"
    cannot_change = "it holds no rules"

    def __init__(self) -> None:
        import orjson

        self.version = orjson.__version__
        self._decode = orjson.loads

    def add(self, rules: Mapping[str, str]) -> None:
        """Nothing: rules have no place here."""

    def answers(self, events: Sequence[Any]) -> Iterator[Sequence[str]]:
        for event in events:
            self._decode(event)
            yield ()

    def count(self, events: Sequence[Any]) -> int:
        decode = self._decode
        for event in events:
            decode(event)
        return 0

    def count_in_threads(self, events: Sequence[Any], threads: int) -> int:
        return _count_shares(self.count, events, threads)


class OneRuleAtATime(Adapter):
    """A library that tells whether one rule matches one event. The list of rules is ours, and is gone through.

    ``decodes``: whether it takes an event decoded.
    """

    decodes = True

    def __init__(self) -> None:
        self.version = importlib.metadata.version(self.name)
        self._tests: list[tuple[str, Test]] = []
        self._decode: Callable[[Any], Any] | None = None
        if self.decodes:
            import orjson

            self._decode = orjson.loads

    @abstractmethod
    def test(self, text: str) -> Test:
        """What tells whether the rule matches. Raises whatever the library does for a rule that it does not take."""

    def add(self, rules: Mapping[str, str]) -> None:
        tests = []
        for name, text in rules.items():
            try:
                tests.append((name, self.test(text)))
            except Exception as error:
                raise RefusedError(f"{name}: {_words(error)}") from error
        self._tests += tests

    def answers(self, events: Sequence[Any]) -> Iterator[Sequence[str]]:
        for line in events:
            event = line if self._decode is None else self._decode(line)
            yield [name for name, test in self._tests if test(event)]

    def count(self, events: Sequence[Any]) -> int:
        decode, tests = self._decode, [test for _, test in self._tests]
        matches = 0
        for line in events:
            event = line if decode is None else decode(line)
            for test in tests:
                if test(event):
                    matches += 1
        return matches


class Moto(OneRuleAtATime):
    """The rules of Moto's simulated EventBridge."""

    name = "moto"

    def __init__(self) -> None:
        super().__init__()
        self._load = importlib.import_module("moto.events.models").EventPattern.load

    def test(self, text: str) -> Test:
        test: Test = self._load(text).matches_event
        return test


class LocalStack(OneRuleAtATime):
    """The rules of LocalStack's simulated EventBridge."""

    name = "localstack-core"

    def __init__(self) -> None:
        super().__init__()
        module = importlib.import_module("localstack.services.events.event_rule_engine")
        self._compile = module.EventPatternCompiler().compile_event_pattern
        self._evaluate = module.EventRuleEngine().evaluate_pattern_on_event

    def test(self, text: str) -> Test:
        return partial(self._evaluate, self._compile(text))


class PyEventRuler(OneRuleAtATime):
    """Quamina 1 in Go, compiled for Python. Each call is given texts, and reads the rule anew."""

    name = "event-ruler"
    takes_text = True
    decodes = False

    def __init__(self) -> None:
        super().__init__()
        self._test: Callable[..., bool] = importlib.import_module("event_ruler").test_event_pattern

    def test(self, text: str) -> Test:
        self._test("{}", text)  # otherwise a rule is first read with the first event
        return partial(self._test, pattern=text)

    def count_in_threads(self, events: Sequence[Any], threads: int) -> int:
        return _count_shares(self.count, events, threads)  # a call shares nothing with another, nor does it hold a lock


ENGINES: Mapping[str, Callable[[], Adapter]] = {
    "native": partial(Ruler, "native", "full"),
    "native single": partial(RulerSingle, "native", "full"),
    "native used": partial(Ruler, "native", "used"),
    "native used single": partial(RulerSingle, "native", "used"),
    "python": partial(Ruler, "python", "full"),
    "python single": partial(RulerSingle, "python", "full"),
    "orjson": Decoding,
    "moto": Moto,
    "localstack": LocalStack,
    "py-event-ruler": PyEventRuler,
}
"""Name -> what makes an adapter without rules; whatever importing the library raises."""


class _Beside:
    """Matches events in a thread of its own for as long as the ``with`` block runs, which begins after the first."""

    def __init__(self, count: Callable[[Sequence[Any]], int], events: Sequence[Any]) -> None:
        self._count = count
        self._parts = [events[first : first + CHURN_EVENTS] for first in range(0, len(events), CHURN_EVENTS)]
        self._started, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._match)
        self._error: Exception | None = None
        self.matched = 0  # events

    def __enter__(self) -> _Beside:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _match(self) -> None:
        try:
            while not self._stopping.is_set():
                for part in self._parts:
                    if self._stopping.is_set():
                        break
                    self._count(part)
                    self.matched += len(part)
                    self._started.set()
        except Exception as error:
            self._error = error
        finally:
            self._started.set()


def _count_shares(count: Callable[[Sequence[Any]], int], events: Sequence[Any], threads: int) -> int:
    """``count`` of all events, each thread with its share of them."""
    ends = [len(events) * number // threads for number in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda first, end: count(events[first:end]), ends, ends[1:]))


def _words(error: Exception) -> str:
    """What an exception says, without what is only there for HTTP; its type where that says more."""
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else f"{type(error).__name__}: {error}"
