"""Counts what each rule, branch and alternative matched and decided, with one answer of one machine for each event.

In: rules by name, then events. Out: a Report.

Every part that is counted is a rule of one machine: each sub-rule, and each sub-rule once more for every alternative
of a clause that has several, with that clause restricted to this alternative. Parts form groups: the sub-rules of one
rule name, and the alternatives of one clause in one sub-rule. An answer of the machine is the list of parts that match.

    {"a": [1, 2], "b": [3]}  ->  0: a in (1, 2), b = 3 (group of the rule);  1: a = 1, b = 3 and 2: a = 2, b = 3 (group)
    {"a": 2, "b": 3}         ->  parts 0 and 2 match; each is alone in its group there, so it decided

Always: a sub-rule matches exactly when one of the group of each clause does, since the value that is chosen for the
clause is accepted by some alternative, or it has none and one is "exists": false. So without an alternative a sub-rule
matches when another of its group does: a part decided an event when it matched alone in its group.
Cost: equal answers are counted together, so an event costs its matching and one look-up. A copy of a sub-rule costs its
clauses: 0.3 kB for each with the native engine and 2.5 kB with the python one, at most (2026-11-21, peak memory of
ten sorts of rules). Copies share the steps that one event's arrays may take, so an event near that limit can be refused
here alone. Copies stop at MOST_COPIED_CLAUSES: sub-rules beyond are counted without their alternatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ruler.coverage.report import AlternativeCount, BranchCount, Report, RuleCount
from ruler.coverage.shapes import MOST_SHAPES, Shapes
from ruler.dialects.names import DEFAULT_DIALECT, known_dialect
from ruler.engine import choose_engine
from ruler.errors import EventError, RuleError, text_of
from ruler.machine.decode import Event, EventText, decode
from ruler.matcher import RuleText
from ruler.patterns.located import Alternative, LocatedClause, LocatedRule, LocatedSubRule, locate_rule
from ruler.patterns.model import Clause, SubRule

Name = TypeVar("Name")

MOST_COPIED_CLAUSES = 300_000  # of all restricted sub-rules together: 90 MB native, 750 MB python
MOST_TALLIES = 10_000  # distinct answers that are kept before their parts are counted
MOST_TALLIED_PARTS = 1_000_000  # parts in all of these answers
LONGEST_TEXT = 100  # characters of an alternative that the report repeats


class Coverage(Generic[Name]):
    """Counts what rules match in events.

    >>> coverage = Coverage({"new": {"state": ["open", "held"]}, "old": {"state": ["closed"]}})
    >>> coverage.count_all(['{"state": "open"}', '{"state": "open"}', '{"state": 7}'])
    >>> report = coverage.report()
    >>> [(each.text, each.matched) for each in report.rules[0].branches[0].alternatives], report.unused_rules
    ([('"open"', 2), ('"held"', 0)], ('old',))
    >>> report.shapes[0].fields, report.shapes[0].first
    (('state: number',), 'event 3')

    Rules are added as to a Matcher of that ``dialect``, before the events. ``most_shapes`` says how many shapes of
    events that no rule matched are told apart; with 0 such events are only counted. Not for several threads at a time.
    """

    def __init__(
        self,
        rules: Mapping[Name, RuleText] | None = None,
        *,
        engine: str = "auto",
        most_shapes: int = MOST_SHAPES,
        most_copied_clauses: int = MOST_COPIED_CLAUSES,
        dialect: str = DEFAULT_DIALECT,
    ) -> None:
        self._dialect = known_dialect(dialect)
        self._engine = choose_engine(engine)
        self._copies_left = most_copied_clauses
        self._rules: dict[Name, _Rule] = {}
        self._groups: list[int] = []  # of each part
        self._tallies: dict[tuple[int, ...], int] = {}  # answer -> events
        self._tallied_parts = 0
        self._matched: list[int] = []  # of each part
        self._decided: list[int] = []
        self._group_matched: list[int] = []
        self._event_count = 0
        self._shapes = Shapes(most_shapes)
        for name, rule in (rules or {}).items():
            self.add_rule(name, rule)

    # -- rules -----------------------------------------------------------------------------------------------

    def _located(self, rule: RuleText) -> LocatedRule:
        if self._dialect == DEFAULT_DIALECT:
            return locate_rule(rule)
        from ruler.dialects.refused import locate_in  # reads the data of the dialect

        return locate_in(rule, self._dialect)

    def add_rule(self, name: Name, rule: RuleText) -> None:
        """Add a rule. Under a name that is there already the two are alternatives, as in a Matcher. RuleError."""
        if self._event_count:
            raise RuntimeError("rules are added before the first event is counted")
        hash(name)
        try:
            located = self._located(rule)
        except RuleError as error:
            error.rule_name = text_of(name)
            raise
        found = self._rules.get(name)
        if found is None:
            found = self._rules[name] = _Rule(self._new_group(), [])
        found.text_count += 1
        copies: list[SubRule] = []  # one for each new part
        # Sub-rules share their clauses, so each is made once: hashing one costs its patterns.
        distinct = dict.fromkeys(clause for each in located.sub_rules for clause in each.clauses)
        clauses = {clause: clause.clause for clause in distinct}
        for sub_rule in located.sub_rules:
            found.branches.append(self._new_branch(found, located, sub_rule, clauses, copies))
        self._add_parts(copies)

    def _new_branch(
        self,
        rule: _Rule,
        located: LocatedRule,
        sub_rule: LocatedSubRule,
        clauses: dict[LocatedClause, Clause],
        copies: list[SubRule],
    ) -> _Branch:
        """Number the parts of a sub-rule, and append what the machine needs for each to ``copies``."""
        whole = SubRule(frozenset(clauses[clause] for clause in sub_rule.clauses))
        part = self._new_part(rule.group, whole, copies)
        cost = len(sub_rule.clauses) * sum(
            len(clause.alternatives) for clause in sub_rule.clauses if len(clause.alternatives) > 1
        )
        is_affordable = cost <= self._copies_left
        alternatives: list[_Alternative] = []
        if is_affordable:
            self._copies_left -= cost
            for clause in sub_rule.clauses:
                others = whole.clauses - {clauses[clause]}
                alternatives += self._new_alternatives(located, clause, part, others, copies)
        return _Branch(part, rule.text_count, sub_rule.branches, alternatives, is_affordable)

    def _new_alternatives(
        self,
        located: LocatedRule,
        clause: LocatedClause,
        branch: int,
        others: frozenset[Clause],
        copies: list[SubRule],
    ) -> Iterator[_Alternative]:
        if len(clause.alternatives) == 1:
            yield _Alternative(branch, clause.path, clause.alternatives[0], located, is_alone=True)
            return
        group = self._new_group()
        for each in clause.alternatives:
            restricted = SubRule(others | {Clause(clause.path, frozenset({each.pattern}))})
            part = self._new_part(group, restricted, copies)
            yield _Alternative(part, clause.path, each, located, is_alone=False)

    def _new_group(self) -> int:
        self._group_matched.append(0)
        return len(self._group_matched) - 1

    def _new_part(self, group: int, sub_rule: SubRule, copies: list[SubRule]) -> int:
        copies.append(sub_rule)
        self._groups.append(group)
        self._matched.append(0)
        self._decided.append(0)
        return len(self._groups) - 1

    def _add_parts(self, sub_rules: list[SubRule]) -> None:
        """Add the sub-rules of the newest parts to the machine, each under the number of its part."""
        draft = self._engine.draft()
        for sub_rule in sub_rules:
            draft.append("", (sub_rule,))
        first = len(self._groups) - len(sub_rules)
        numbers = range(first, len(self._groups))
        self._engine.add([self._engine.reserve() for _ in numbers], list(numbers), draft)

    # -- events ----------------------------------------------------------------------------------------------

    def count(self, event: Event, place: str = "") -> bool:
        """Count one event; return whether any rule matched it. EventError, and nothing counted, when it is none.

        ``place`` is what the report calls it where it is the first of its shape: "events.jsonl:17".
        """
        answer = self._engine.rules_for_event(event)
        self._take(answer, event, place)
        return bool(answer)

    def count_all(self, events: Iterable[Event]) -> None:
        """Count each of ``events``. EventError at the first that is none; those before it are counted."""
        if isinstance(events, EventText | Mapping):
            raise TypeError(f"found {type(events).__name__}, expected several events; one event: count")
        for event in events:
            self.count(event)

    def count_each(self, events: Sequence[Event], place: Callable[[int], str]) -> Iterator[EventError | None]:
        """Count each of ``events`` and yield None, or its error and count nothing. Matches many at a time.

        ``place`` gives the place of an event from its index.
        """
        answers = self._engine.rules_for_events(events, 1)
        for index, event in enumerate(events):
            try:
                answer = next(answers)
            except EventError as error:
                yield error
                continue
            self._take(answer, event, "" if answer else place(index))
            yield None

    def _take(self, answer: list[int], event: Event, place: str) -> None:
        self._event_count += 1
        if not answer:
            if self._shapes.most:
                self._shapes.add(decode(event), place or f"event {self._event_count}")
            else:
                self._shapes.events += 1
            return
        parts = tuple(answer)
        count = self._tallies.get(parts, 0)
        self._tallies[parts] = count + 1
        if not count:
            self._tallied_parts += len(parts)
            if len(self._tallies) > MOST_TALLIES or self._tallied_parts > MOST_TALLIED_PARTS:
                self._settle()

    def _settle(self) -> None:
        """Count the parts of all answers that are kept, and keep none."""
        for parts, events in self._tallies.items():
            alone: dict[int, int] = {}  # group -> the part that matched there, -1 for several
            for part in parts:
                self._matched[part] += events
                group = self._groups[part]
                alone[group] = -1 if group in alone else part
            for group, part in alone.items():
                self._group_matched[group] += events
                if part >= 0:
                    self._decided[part] += events
        self._tallies.clear()
        self._tallied_parts = 0

    # -- what was counted ------------------------------------------------------------------------------------

    def report(self) -> Report[Name]:
        """Return what was counted so far; more events may be counted afterwards."""
        self._settle()
        return Report(
            events=self._event_count,
            rules=tuple(
                RuleCount(name, self._group_matched[rule.group], tuple(map(self._branch_count, rule.branches)))
                for name, rule in self._rules.items()
            ),
            unmatched=self._shapes.events,
            shapes=self._shapes.counted(),
            events_of_other_shapes=self._shapes.events_of_others if self._shapes.most else self._shapes.events,
        )

    def _branch_count(self, branch: _Branch) -> BranchCount:
        return BranchCount(
            branch.text_number,
            branch.locations,
            self._matched[branch.part],
            self._decided[branch.part],
            tuple(self._alternative_count(each) for each in branch.alternatives),
            branch.is_counted,
        )

    def _alternative_count(self, each: _Alternative) -> AlternativeCount:
        matched = self._matched[each.part]
        return AlternativeCount(
            _shortened(each.rule.text(each.alternative.node)),
            each.path,
            each.alternative.location,
            matched,
            matched if each.is_alone else self._decided[each.part],
            each.is_alone,
        )


@dataclass(slots=True)
class _Rule:
    group: int
    branches: list[_Branch]
    text_count: int = 0


@dataclass(slots=True)
class _Branch:
    part: int
    text_number: int
    locations: tuple[Any, ...]
    alternatives: list[_Alternative]
    is_counted: bool


@dataclass(slots=True)
class _Alternative:
    part: int  # that of the branch when it is alone in its clause
    path: str
    alternative: Alternative
    rule: LocatedRule
    is_alone: bool


def _shortened(text: str) -> str:
    """Return the text on one line, cut when it is long."""
    line = " ".join(part.strip() for part in text.splitlines()) if "\n" in text else text
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}..."
