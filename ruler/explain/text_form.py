"""Explanations as text for a terminal.

    big-order: does not match
      ✓ source        ["shop"]
          "shop" at /source
      ✗ detail.total  [{"numeric": [">=", 1000]}]
          997 at /detail/total
            997 is below the bound 1000 by 3
      to match, change the event: set /detail/total to 1000

Always: what came from rules and events is printed without control characters, and no line is much longer than what it
tells of a value, a pattern and a place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ruler.errors import json_path, text_of
from ruler.explain.event_view import Leaf
from ruler.explain.reasons import RANKS
from ruler.explain.results import (
    AlternativeExplanation,
    ClauseExplanation,
    EventExplanation,
    MatchDetail,
    RuleExplanation,
    SubRuleExplanation,
)
from ruler.explain.shown import cut, pointer_of, shown, visible
from ruler.findings import EMPTY_NAME
from ruler.paint import Paint

WIDEST_PATH = 40  # columns of the paths that others are aligned with
SHOWN_REASONS = 3  # of one value, the most telling
SHOWN_CLAUSES = 30  # of one sub-rule; those that fail come before others when there are more
LONGEST_PROPOSAL = 200

Lines = Iterator[str]


def text_of_rule(rule: RuleExplanation, paint: Paint | None = None) -> str:
    """Return the text form of the explanation of one rule."""
    return "\n".join(_Writer(paint).rule(rule))


def text_of_event(event: EventExplanation, paint: Paint | None = None) -> str:
    """Return the text form of the explanation of an event: a line for all, and its rules."""
    return "\n".join(_Writer(paint).event(event))


def text_of_detail(detail: MatchDetail, paint: Paint | None = None) -> str:
    """Return the text form of a match."""
    return "\n".join(_Writer(paint).detail(detail))


class _Writer:
    def __init__(self, paint: Paint | None) -> None:
        self._paint = paint

    def paint(self, style: str, text: str) -> str:
        """Return ``text`` fit for a terminal, in a style."""
        text = visible(text)
        return text if self._paint is None else self._paint(style, text)

    def verdict(self, matched: bool, words: str = "") -> str:
        return self.paint("good" if matched else "bad", words or ("matches" if matched else "does not match"))

    def mark(self, matched: bool) -> str:
        return self.paint("good", "✓") if matched else self.paint("bad", "✗")

    # -- an event and its rules

    def event(self, event: EventExplanation) -> Lines:
        rules = "1 rule" if event.rule_count == 1 else f"{event.rule_count} rules"
        yield self.verdict(event.matched, f"{event.matched_count} of {rules} matched")
        for rule in event.rules:
            yield ""
            yield from self.rule(rule)
        left = event.rule_count - len(event.rules)
        if left:
            yield ""
            yield self.paint("label", f"{_count(left, 'more rule')} not shown")

    def rule(self, rule: RuleExplanation) -> Lines:
        yield f"{self.paint('place', _name(rule.name))}: {self.verdict(rule.matched)}"
        for index, sub_rule in enumerate(rule.sub_rules):
            yield from self.sub_rule(sub_rule, index, rule)
        left = rule.sub_rule_count - len(rule.sub_rules)
        if left:
            yield self.paint("label", f"  {_count(left, 'more sub-rule')} not shown")
        for proposal in rule.proposals:
            words = "to match, change the event:" if proposal.changes == "event" else "to match, change the rule:"
            yield f"  {self.paint('label', words)} {visible(cut(proposal.text, LONGEST_PROPOSAL))}"

    # -- sub-rules and clauses

    def sub_rule(self, sub_rule: SubRuleExplanation, index: int, rule: RuleExplanation) -> Lines:
        where = []
        if rule.has_several_texts:
            where.append(f"text {sub_rule.text_index + 1} of this name")
        if sub_rule.branches:
            where.append(f"branch {', '.join(json_path(branch) for branch in sub_rule.branches)}")
        if where:
            label = self.paint("label", f"{'; '.join(where)}:")
            yield f"  {label} {self.verdict(sub_rule.matched)}"
        elif rule.sub_rule_count > 1:
            yield f"  {self.paint('label', f'sub-rule {index + 1}:')} {self.verdict(sub_rule.matched)}"
        clauses = list(sub_rule.clauses)
        if len(clauses) > SHOWN_CLAUSES:
            clauses.sort(key=lambda clause: clause.accepted)
        widest = max((len(_path(clause)) for clause in clauses[:SHOWN_CLAUSES]), default=0)
        for clause in clauses[:SHOWN_CLAUSES]:
            yield from self.clause(clause, min(widest, WIDEST_PATH))
        if len(clauses) > SHOWN_CLAUSES:
            yield self.paint("label", f"  {_count(len(clauses) - SHOWN_CLAUSES, 'more path')} not shown")
        if sub_rule.apart is not None:
            yield f"  {self.mark(False)} {visible(sub_rule.apart.text)}"

    def clause(self, clause: ClauseExplanation, width: int) -> Lines:
        yield f"  {self.mark(clause.accepted)} {visible(_path(clause)):{width}}  {visible(cut(clause.text))}"
        if clause.accepted:
            yield from self.accepted(clause)
        else:
            for leaf in clause.values:
                yield from self.refused(clause, leaf)
            if clause.value_count > len(clause.values):
                yield f"      and {_count(clause.value_count - len(clause.values), 'more value')}"
        for note in clause.notes:
            yield f"      {visible(note.text)}"

    def accepted(self, clause: ClauseExplanation) -> Lines:
        chosen = None if clause.chosen is None else clause.chosen.leaf
        holding = [alternative for alternative in clause.alternatives if alternative.holds_by_absence]
        leaf = chosen or next((found for each in clause.alternatives for found in each.accepted[:1]), None)
        if leaf is None and not holding:
            yield "      a value is accepted that was not looked at"
            return
        if leaf is None or (holding and chosen is None):
            yield f"      {_told_absence(clause, holding[0])}"
            return
        several = [each.text for each in clause.alternatives if leaf in each.accepted]
        by = f", accepted by {cut(several[0])}" if clause.alternative_count > 1 and several else ""
        yield f"      {visible(shown(leaf.value))} at {visible(pointer_of(leaf))}{visible(by)}"

    def refused(self, clause: ClauseExplanation, leaf: Leaf) -> Lines:
        found = [
            (RANKS[reason.code], index, reason, alternative.text)
            for index, alternative in enumerate(clause.alternatives)
            for reason in alternative.reasons
            if reason.leaf is leaf
        ]
        found.sort(key=lambda each: each[:2])
        place = f"at {pointer_of(leaf)}"
        if len(found) == 1 and clause.alternative_count == 1:
            yield f"      {visible(place)}: {visible(found[0][2].text)}"
            return
        yield f"      {visible(shown(leaf.value))} {visible(place)}"
        for _, _, reason, _ in found[:SHOWN_REASONS]:
            yield f"        {visible(reason.text)}"
        left = clause.alternative_count - len(found[:SHOWN_REASONS])
        if left > 0:
            yield f"        and {_count(left, 'more pattern')}, none of them nearer"

    # -- matches

    def detail(self, detail: MatchDetail) -> Lines:
        where = [f"text {detail.text_index + 1} of this name"] if detail.text_index else []
        where += [f"branch {', '.join(json_path(branch) for branch in detail.branches)}"] if detail.branches else []
        label = self.paint("label", f" ({'; '.join(where)})") if where else ""
        yield f"{self.paint('place', _name(detail.name))}: {self.verdict(True)}{label}"
        width = min(WIDEST_PATH, max((len(cut(value.path)) for value in detail.values), default=0))
        for value in detail.values:
            by = " and ".join(cut(text) for text, _ in value.accepted_by[:SHOWN_REASONS])
            if value.leaf is not None:
                what = f"{shown(value.leaf.value)} at {pointer_of(value.leaf)}, accepted by {by}"
            else:
                what = f"no value, accepted by {by}" if value.is_absent else f"no value that is excluded by {by}"
            path = visible(cut(value.path) or EMPTY_NAME)
            yield f"  {path:{width}}  {visible(what)}"


def _told_absence(clause: ClauseExplanation, by: AlternativeExplanation) -> str:
    """Return how a clause holds without a value."""
    if not clause.value_count or (clause.chosen is not None and clause.chosen.is_absent):
        return "has no value there" if clause.value_count else "has no value"
    if by.keyword == "none-of" and by.offending_count:
        return f"no value there is excluded by {cut(by.text)}"
    if by.keyword == "none-of":
        one = "its value is" if clause.value_count == 1 else f"of its {clause.value_count} values none is"
        return f"{one} {'not ' if clause.value_count == 1 else ''}excluded by {cut(by.text)}"
    return "has no value there"


def _path(clause: ClauseExplanation) -> str:
    return cut(clause.path) or EMPTY_NAME


def _name(name: Hashable) -> str:
    return cut(text_of(name)) or EMPTY_NAME


def _count(count: int, word: str) -> str:
    """Return "1 more rule", "2 more rules"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
