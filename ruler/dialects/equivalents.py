"""Finds what a dialect accepts in place of what it refuses, or of what nobody knows that it accepts.

In: a Refusal, its rule and the dialect. Out: an Equivalent, or None where there is none.

    {"wildcard": "img/*"}   in eventbridge-pipes  ->  {"prefix": "img/"}
    {"none-of": ["a"]}      in eventbridge        ->  {"anything-but": "a"}, {"exists": false}; not the same for arrays
    {"$and": [{"a": [1]}, {"b": [2]}]}            ->  "a": [1], "b": [2] in place of the whole "$and"

Always: a page says of every operator in an equivalent that the dialect accepts it. Without a caution the rule keeps
its meaning: an element is a spelling of the same pattern (spelling.py), and a rule without "$and" was compiled and has
the same sub-rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from ruler.dialects.forms import operator_of
from ruler.dialects.judge import LIMIT, OPERATOR, Refusal
from ruler.dialects.model import Dialect, Verdict
from ruler.dialects.spelling import spellings
from ruler.errors import Location, RuleError
from ruler.patterns.clauses import ClauseReader
from ruler.patterns.compiler import compile_rule
from ruler.patterns.located import LocatedRule
from ruler.patterns.model import Cidr
from ruler.patterns.reader import Node, read_document

LONGEST_TEXT = 4000  # characters of an equivalent; and of a rule whose "$and" is taken apart
LONGEST_SHOWN = 200  # characters of one that is repeated in a message


@dataclass(frozen=True, slots=True)
class Equivalent:
    """What may stand in place of ``start`` to ``end`` of the rule's document."""

    start: int
    end: int
    text: str
    words: str  # for a message: 'write' and the caution
    caution: str = ""  # what is not kept; "" when the rule means the same

    @property
    def keeps_meaning(self) -> bool:
        """Whether the rule matches the same events as before."""
        return not self.caution


def equivalent(refusal: Refusal, rule: LocatedRule, the_dialect: Dialect) -> Equivalent | None:
    """Return what ``the_dialect`` accepts in place of what ``refusal`` is about, None when nothing is found."""
    if refusal.kind == OPERATOR and refusal.name == "and":
        return _without_and(refusal, rule)
    if refusal.kind == OPERATOR and refusal.name not in ("or", "nested-path"):
        return _spelt(refusal.node, rule, the_dialect)
    if refusal.kind == LIMIT and refusal.name.startswith("cidr-bits"):
        return _spelt(refusal.node, rule, the_dialect)
    return None


def _spelt(node: Node, rule: LocatedRule, the_dialect: Dialect) -> Equivalent | None:
    pattern = ClauseReader(rule.document, _unexpected).alternative(node, node)
    if pattern is None:
        return None
    own = rule.text(node)
    for spelling in spellings(pattern):
        text = ", ".join(spelling.texts)
        if len(text) > LONGEST_TEXT or text == own or (isinstance(pattern, Cidr) and not spelling.caution):
            continue
        elements = read_document(f"[{text}]").root.value
        if all(the_dialect.operators[operator_of(each)].verdict is Verdict.ALLOWED for each in elements):
            count = len(spelling.texts)
            shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
            words = shown if count == 1 else f"{shown}, as parts of the array around it"
            if spelling.caution:
                words += f"; {spelling.caution}"
            return Equivalent(node.start, node.end, text, words, spelling.caution)
    return None


def _without_and(refusal: Refusal, rule: LocatedRule) -> Equivalent | None:
    """Return the members of the branches in place of a "$and", where that means the same."""
    branches = refusal.node.value
    if rule.node.end - rule.node.start > LONGEST_TEXT or not all(branch.value for branch in branches):
        return None
    start = _start_of_member(rule.node, refusal.location, refusal.node)
    texts = [rule.text(branch).strip()[1:-1].strip() for branch in branches]
    text = ", ".join(texts)
    before, after = rule.document.text[rule.node.start : start], rule.document.text[refusal.node.end : rule.node.end]
    whole = f"{before}{text}{after}"
    try:
        sub_rules = compile_rule(whole).sub_rules
    except RuleError:
        return None
    if set(sub_rules) != {each.sub_rule for each in rule.sub_rules}:
        return None
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
    return Equivalent(start, refusal.node.end, text, f'{shown} in place of the whole "$and"')


def _start_of_member(root: Node, location: Location, node: Node) -> int:
    """Return where the name of the member begins whose value is ``node``."""
    waiting = [root]
    while waiting:
        current = waiting.pop()
        for name, name_start, value in current.value if current.kind == "object" else ():
            if value is node:
                return int(name_start)
            if name in location and value.start <= node.start < value.end:
                waiting.append(value)
        if current.kind == "array":
            waiting += [each for each in current.value if each.start <= node.start < each.end]
    raise AssertionError("the array stands in no object of the rule")


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")
