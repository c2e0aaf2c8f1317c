"""Two matchers with the same rules, one for each engine, asked the same things.

What comes out of a call is an *outcome*: a value, or all that a program or a person can see of an error. Outcomes of
the two engines must be equal; ``Twins.ask`` says so and returns the one outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ruler import EventError, Matcher

Outcome = tuple[Any, ...]
AskedMatcher = Callable[[Matcher[Any]], Any]


def outcome_of(call: Callable[[], Any]) -> Outcome:
    """("value", what was returned) or ("error", its type and what it says)."""
    try:
        return ("value", call())
    except Exception as error:
        return error_outcome(error)


def error_outcome(error: BaseException) -> Outcome:
    """What can be seen of an error: its text always, and of an EventError where."""
    where = (error.code, error.offset, error.location) if isinstance(error, EventError) else ()
    return ("error", type(error), *where, str(error))


class Twins:
    """One matcher for each engine."""

    def __init__(self, rules: Mapping[Any, Any] | Iterable[Any] = (), **options: Any) -> None:
        self.python: Matcher[Any] = Matcher(engine="python", **options)
        self.native: Matcher[Any] = Matcher(engine="native", **options)
        named = rules if isinstance(rules, Mapping) else {f"r{index}": rule for index, rule in enumerate(rules)}
        for name, rule in named.items():
            self.ask(lambda matcher, name=name, rule=rule: matcher.add_rule(name, rule))

    def ask(self, call: AskedMatcher) -> Outcome:
        """Return the outcome of ``call`` for both; AssertionError when they differ."""
        expected = outcome_of(lambda: call(self.python))
        actual = outcome_of(lambda: call(self.native))
        assert expected == actual
        return expected

    def match(self, event: Any) -> Outcome:
        """Return what both find for one event, having asked in both ways."""
        found = self.ask(lambda matcher: matcher.rules_for_event(event))
        any_found = self.ask(lambda matcher: matcher.matches_any(event))
        assert (found[0], bool(found[1])) == any_found if found[0] == "value" else found == any_found
        return found

    def compare(self) -> None:
        """AssertionError when the two do not hold the same, or one is broken."""
        self.python._check()
        self.native._check()
        for look in (Matcher.stats, Matcher.describe, list, len, lambda matcher: list(matcher.rules.items())):
            self.ask(look)


def drained(answers: Callable[[], Iterable[Any]], most: int) -> list[Outcome]:
    """The outcomes of ``answers()``, errors in their turns, at most so many."""
    found: list[Outcome] = []
    try:
        iterator = iter(answers())
    except Exception as error:
        return [error_outcome(error)]
    for _ in range(most):
        try:
            found.append(("value", next(iterator)))
        except StopIteration:
            break
        except Exception as error:
            found.append(error_outcome(error))
    return found


def without_refusal(selection: Any) -> tuple[Any, ...]:
    """A LineSelection as a tuple that compares: of its error what can be seen."""
    refused = selection.refused
    return (*selection[:-1], refused and error_outcome(refused))
