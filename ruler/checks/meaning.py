"""Warns of what a rule means: clauses that accept everything or nothing, alternatives and branches that add nothing.

In: a rule that compiles. Out: findings, severity "warning".

    ["x", {"anything-but": "x"}]            accepts-everything
    [{"numeric": [">", 1, "<", 1.0000000000000002]}]   accepts-nothing
    [{"prefix": "ab"}, {"prefix": "a"}]     redundant-alternative
    {"$or": [{"a": [1]}, {"a": [1], "b": [2]}]}        dead-branch

Always: each warning is true (value_sets.py, dead_branches.py), and one rule costs a bounded number of steps. A fix
deletes what adds nothing, which keeps the meaning. Of anything-buts beside each other one is written that rejects what
each of them rejects: the one thing that can have been meant, and another meaning, so it says so.
Nothing is said of a redundant alternative inside a clause that accepts everything, or inside a dead branch: the larger
finding comes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.branch_warnings import BranchWarnings
from ruler.checks.budget import Budget
from ruler.checks.edits import deletions
from ruler.checks.number_sets import is_empty_range
from ruler.checks.rule import CheckedRule
from ruler.checks.value_sets import EVERY_VALUE, ValueSet
from ruler.findings import Edit, Finding, Fix
from ruler.patterns.acceptance import may_hold_without_value
from ruler.patterns.clauses import ClauseReader
from ruler.patterns.located import Alternative, LocatedClause
from ruler.patterns.model import Absent, AnythingBut, Exact, NumericRange, Pattern
from ruler.patterns.reader import Node

ABSENT = Absent()
ANY_ALTERNATIVE = "a value is accepted when any alternative of the list accepts it"
MOST_COMPARED = 50  # alternatives of one clause that are compared pair by pair
LONGEST_WRITTEN = 200  # characters of a hint that repeats what is excluded


def meaning_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield the warnings about what ``rule`` means."""
    budget = Budget()
    dead: list[Node] = []
    findings: list[Finding] = []
    expanded: list[tuple[str, Node]] = []
    if any(sub_rule.branches for sub_rule in rule.located.sub_rules):
        branches = BranchWarnings(rule, Budget())
        findings = list(branches.findings())
        dead = branches.dead
        expanded = [(clause.path, node) for each in branches.expansion.sub_rules for clause, node in each]
    clauses = {clause.node.start: clause for sub_rule in rule.located.sub_rules for clause in sub_rule.clauses}
    for path, node in expanded:
        if node.start not in clauses:  # of a sub-rule that says the same as an earlier one
            clauses[node.start] = _located_clause(rule, path, node)
    for start, clause in sorted(clauses.items()):
        is_dead = any(branch.start < start < branch.end for branch in dead)
        yield from _ClauseWarnings(rule, clause, budget).findings(is_dead=is_dead)
    yield from findings


def _located_clause(rule: CheckedRule, path: str, node: Node) -> LocatedClause:
    location = rule.location(node)
    reader = ClauseReader(rule.located.document, _unexpected)
    found = []
    for index, element in enumerate(node.value):
        pattern = reader.alternative(element, node)
        assert pattern is not None  # the rule compiles
        found.append(Alternative(pattern, element, (*location, index)))
    return LocatedClause(path, tuple(found), node, location)


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")


class _ClauseWarnings:
    """The warnings about one clause."""

    def __init__(self, rule: CheckedRule, clause: LocatedClause, budget: Budget) -> None:
        self.rule = rule
        self.clause = clause
        self.budget = budget
        self.alternatives = clause.alternatives
        self.patterns: dict[Pattern, Alternative] = {}  # distinct, each with its first alternative
        for alternative in clause.alternatives:
            self.patterns.setdefault(alternative.pattern, alternative)

    def findings(self, *, is_dead: bool) -> Iterator[Finding]:
        """Yield them; of a clause in a dead branch only what makes it so."""
        empty = {index for index, each in enumerate(self.alternatives) if is_empty_range(each.pattern)}
        if len(empty) == len(self.alternatives):
            yield from (self.empty(self.alternatives[index], None) for index in sorted(empty))
        elif is_dead or len(self.alternatives) == 1:
            return
        elif self.accepts_everything():
            yield self.everything()
        else:
            covers = self.redundant(empty)
            edits = deletions([each.node for each in self.alternatives], empty | covers.keys())
            for index, edit in edits.items():
                alternative = self.alternatives[index]
                fix = Fix(f"delete {self.text(alternative)}", (edit,), keeps_meaning=True)
                if index in empty:
                    yield self.empty(alternative, fix)
                else:
                    yield self.adds_nothing(alternative, covers[index], fix)

    # Everything.

    def accepts_everything(self) -> bool:
        if len(self.patterns) == 1:
            return len(self.alternatives) > 1 and EVERY_VALUE in self.patterns
        return ValueSet(self.patterns, self.budget).covers(EVERY_VALUE)

    def everything(self) -> Finding:
        has_absent = may_hold_without_value(self.patterns)
        fix = None
        why = f"{ANY_ALTERNATIVE}, and what one of these rejects another accepts"
        if EVERY_VALUE in self.patterns:
            why = f'{ANY_ALTERNATIVE}, and {{"exists": true}} accepts every value'
        merged = self.merged()
        if has_absent:
            message = f"{self.source()} accepts every event, with or without the field"
            hint = '[{"exists": true}] when the field must have a value; no clause when it does not matter'
        else:
            message = f"{self.source()} accepts every value"
            hint = '[{"exists": true}] when any value will do; else leave out the alternative that accepts too much'
            if EVERY_VALUE in self.patterns:
                hint = '[{"exists": true}] when any value will do; else the list without {"exists": true}'
                fix = self.replacing('[{"exists": true}]', keeps_meaning=True)
        if merged:
            short = merged if len(merged) <= LONGEST_WRITTEN else "one anything-but with the values of all of them"
            hint = f"{short} to reject each of them"
            if not has_absent:
                hint += '; [{"exists": true}] when any value will do'
            fix = self.replacing(merged, keeps_meaning=False)
        return self.rule.warning("accepts-everything", self.clause.node, message, why=why, hint=hint, fix=fix)

    def replacing(self, text: str, *, keeps_meaning: bool) -> Fix:
        node = self.clause.node
        short = text if len(text) <= LONGEST_WRITTEN else "one anything-but"
        return Fix(f"write {short}", (Edit(node.start, node.end, text),), keeps_meaning)

    def merged(self) -> str:
        """The clause with one anything-but in place of all; "" when there is none of that form."""
        arguments = [
            alternative.node.value[0][2]
            for pattern, alternative in self.patterns.items()
            if isinstance(pattern, AnythingBut)
        ]
        is_alike = len(arguments) + (ABSENT in self.patterns) == len(self.patterns)
        keywords = {node.value[0][0] if node.kind == "object" else "" for node in arguments}
        if not is_alike or len(arguments) < 2 or len(keywords) > 1:
            return ""
        [keyword] = keywords
        inner = [node.value[0][2] if keyword else node for node in arguments]
        values = [value for node in inner for value in (node.value if node.kind == "array" else [node])]
        if len({value.kind for value in values}) > 1:
            return ""
        texts = {value.value: self.rule.text(value) for value in reversed(values)}
        listed = f"[{', '.join(reversed(texts.values()))}]"
        argument = f'{{"{keyword}": {listed}}}' if keyword else listed
        absent = ', {"exists": false}' if ABSENT in self.patterns else ""
        return f'[{{"anything-but": {argument}}}{absent}]'

    # Nothing.

    def empty(self, alternative: Alternative, fix: Fix | None) -> Finding:
        assert isinstance(alternative.pattern, NumericRange)
        argument = alternative.node.value[0][2].value
        low, high = self.rule.shown(argument[1]), self.rule.shown(argument[-1])
        if len(argument) == 4:
            message = f"no number lies between {low} and {high}"
            why = "and none of them is between these two"
            hint = f'{{"numeric": [">=", {low}, "<=", {high}]}} to accept the bounds themselves'
        else:
            is_low = alternative.pattern.low is not None
            message = f"no number is {'above' if is_low else 'below'} {low}"
            why = f"and this is the {'greatest' if is_low else 'least'} of them"
            hint = f"{low} to accept the number itself"
        why = f"an event has integers of 64 bits and double-precision numbers, {why}"
        return self.rule.warning("accepts-nothing", alternative.node, message, why=why, hint=hint, fix=fix)

    # Redundant.

    def redundant(self, empty: set[int]) -> dict[int, Alternative | None]:
        """The alternatives that others cover: index -> the one that does, None for several together."""
        found: dict[int, Alternative | None] = {}
        indexes: dict[Pattern, int] = {}
        for index, alternative in enumerate(self.alternatives):
            if index not in empty and indexes.setdefault(alternative.pattern, index) != index:
                found[index] = self.patterns[alternative.pattern]
        kept = ValueSet(indexes, self.budget)
        covered = [*self.covered_by_one(kept), *self.covered_by_all(kept)]
        for pattern in covered:
            found[indexes[pattern]] = self.coverer(pattern, kept)
        return found

    def covered_by_one(self, kept: ValueSet) -> Iterator[Pattern]:
        """Take from ``kept`` the patterns that a single other covers, so that the narrower one is reported."""
        if len(kept.others) > MOST_COMPARED:
            return
        for pattern in reversed(list(kept.patterns if len(kept.values) <= MOST_COMPARED else kept.others)):
            kept.discard(pattern)
            if self.coverer(pattern, kept) is None:
                kept.add(pattern)
            else:
                yield pattern

    def covered_by_all(self, kept: ValueSet) -> Iterator[Pattern]:
        """Take from ``kept`` the patterns that all others together cover, the later first."""
        for alternative in reversed(self.alternatives):
            pattern = alternative.pattern
            if pattern in kept.patterns:
                kept.discard(pattern)
                if kept.covers(pattern):
                    yield pattern
                else:
                    kept.add(pattern)

    def coverer(self, pattern: Pattern, kept: ValueSet) -> Alternative | None:
        """The first alternative of ``kept`` that alone accepts all that ``pattern`` does."""
        few = kept.others if len(kept.values) > MOST_COMPARED or isinstance(pattern, Exact) else kept.patterns
        found = [self.patterns[each] for each in few if ValueSet([each], self.budget).covers(pattern)]
        return min(found, key=lambda each: each.node.start, default=None)

    def adds_nothing(self, alternative: Alternative, by: Alternative | None, fix: Fix) -> Finding:
        text = self.text(alternative)
        if by is not None and by.pattern == alternative.pattern:
            shown = self.text(by)
            message = f"{text} stands twice in this list" if shown == text else f"{text} says the same as {shown}"
        elif by is not None:
            message = f"{text} adds nothing: {self.text(by)} accepts all that it accepts"
        else:
            message = f"{text} adds nothing: the other alternatives together accept all that it accepts"
        return self.rule.warning(
            "redundant-alternative",
            alternative.node,
            message,
            why=ANY_ALTERNATIVE,
            hint=f"the list without {'the second one' if message.endswith('twice in this list') else text}",
            fix=fix,
        )

    # Words.

    def text(self, alternative: Alternative) -> str:
        return self.rule.shown(alternative.node)

    def source(self) -> str:
        return self.rule.shown(self.clause.node)
