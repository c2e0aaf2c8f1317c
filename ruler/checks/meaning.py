"""Warns of what a rule means: clauses that accept everything or nothing, alternatives and branches that add nothing.

In: a rule that compiles. Out: findings, severity "warning".

    ["x", {"anything-but": "x"}]            accepts-everything
    [{"numeric": [">", 1, "<", 1.0000000000000002]}]   accepts-nothing
    [{"prefix": "ab"}, {"prefix": "a"}]     redundant-alternative
    [{"all-of": [{"prefix": "a"}, {"prefix": "ab"}]}]  redundant-part
    {"$or": [{"a": [1]}, {"a": [1], "b": [2]}]}        dead-branch

Always: each warning is true (value_sets.py, dead_branches.py, listed.py), and one rule costs a bounded number of steps.
A fix deletes what adds nothing, which keeps the meaning. Of anything-buts beside each other one is written that rejects
what each of them rejects: the one thing that can have been meant, and another meaning, so it says so.
Nothing is said of a redundant alternative inside a clause that accepts everything, or inside a dead branch: the larger
finding comes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.branch_warnings import BranchWarnings
from ruler.checks.budget import Budget
from ruler.checks.edits import deletions
from ruler.checks.listed import in_order, listed_findings
from ruler.checks.redundant import Redundancy
from ruler.checks.rule import CheckedRule, listed_in
from ruler.checks.value_sets import EVERY_VALUE, ValueSet, accepts_no_value
from ruler.findings import Edit, Finding, Fix
from ruler.patterns.acceptance import may_hold_without_value
from ruler.patterns.located import Alternative, LocatedClause
from ruler.patterns.model import Absent, AnythingBut, NoneOf, NumericRange, Pattern
from ruler.patterns.reader import Node

ABSENT = Absent()
ANY_ALTERNATIVE = "a value is accepted when any alternative of the list accepts it"
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
    found = [Alternative(rule.pattern(each), each, (*location, index)) for index, each in enumerate(node.value)]
    return LocatedClause(path, tuple(found), node, location)


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
        empty = {index for index, each in enumerate(self.alternatives) if accepts_no_value([each.pattern], self.budget)}
        if len(empty) == len(self.alternatives):
            yield from (self.empty(self.alternatives[index], None) for index in sorted(empty))
        elif is_dead:
            return
        elif self.accepts_everything():
            yield self.everything()
        else:
            covers = Redundancy(self.alternatives, self.budget, frozenset(empty)).found()
            edits = deletions([each.node for each in self.alternatives], empty | covers.keys())
            for index, alternative in enumerate(self.alternatives):
                if index not in edits:
                    yield from listed_findings(self.rule, alternative.node, self.budget)
                    continue
                fix = Fix(f"delete {self.text(alternative)}", (edits[index],), keeps_meaning=True)
                if index in empty:
                    yield self.empty(alternative, fix)
                else:
                    yield self.adds_nothing(alternative, covers[index], fix)

    # Everything.

    def accepts_everything(self) -> bool:
        values = ValueSet(self.patterns, self.budget)
        if any(isinstance(each, NoneOf) and all(map(values.covers, in_order(each.excluded))) for each in self.patterns):
            return True  # what none-of excludes is accepted, and where it is not there none-of holds
        if len(self.patterns) == 1:
            return len(self.alternatives) > 1 and EVERY_VALUE in self.patterns
        return values.covers(EVERY_VALUE)

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
            if isinstance(pattern, AnythingBut) and alternative.node.value[0][0] == "anything-but"
        ]
        is_alike = len(arguments) + (ABSENT in self.patterns) == len(self.patterns)
        keywords = {node.value[0][0] if node.kind == "object" else "" for node in arguments}
        if not is_alike or len(arguments) < 2 or len(keywords) > 1:
            return ""
        [keyword] = keywords
        inner = [node.value[0][2] if keyword else node for node in arguments]
        values = [value for node in inner for value in (node.value if node.kind == "array" else [node])]
        if len({value.kind for value in values}) > 1 or values[0].kind == "object":
            return ""
        texts = {value.value: self.rule.text(value) for value in reversed(values)}
        listed = f"[{', '.join(reversed(texts.values()))}]"
        argument = f'{{"{keyword}": {listed}}}' if keyword else listed
        absent = ', {"exists": false}' if ABSENT in self.patterns else ""
        return f'[{{"anything-but": {argument}}}{absent}]'

    # Nothing.

    def empty(self, alternative: Alternative, fix: Fix | None) -> Finding:
        keyword, _, argument_node = alternative.node.value[0]
        if keyword != "numeric" or not isinstance(alternative.pattern, NumericRange):
            return self.empty_otherwise(alternative, keyword, fix)
        argument = argument_node.value
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

    def empty_otherwise(self, alternative: Alternative, keyword: str, fix: Fix | None) -> Finding:
        if keyword == "all-of":
            message = f"no value is accepted by every part of {self.text(alternative)}"
            why = "all-of asks one value to be accepted by each of its parts, and what one part accepts another rejects"
            hint = "the parts as alternatives of the clause, when any of them is enough"
            parts = listed_in(alternative.node)
            if len(parts) == 1:
                message = f"no value is accepted by {self.text(alternative)}"
                why, hint = "what its one part lists accepts no value", "a part that accepts some values"
            elif all(len(listed) == 1 for listed in parts):
                hint += '; each in a branch of "$and", when each is to be accepted by some value of an array'
        else:
            message = f"no string matches {self.text(alternative)}"
            why = "each way through the regular expression needs a character of a class in which there is none"
            hint = "a class with characters, such as [a-z]"
        return self.rule.warning("accepts-nothing", alternative.node, message, why=why, hint=hint, fix=fix)

    # Redundant.

    def adds_nothing(self, alternative: Alternative, by: Alternative | None, fix: Fix) -> Finding:
        text = self.text(alternative)
        if by is not None and by.pattern == alternative.pattern:
            shown = self.text(by)
            message = f"{text} stands twice in this list" if shown == text else f"{text} says the same as {shown}"
        elif by is not None and may_hold_without_value([alternative.pattern]):
            message = f"{text} adds nothing: {self.text(by)} holds wherever it holds"
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
