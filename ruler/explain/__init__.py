"""Says why a rule matches an event or does not; nothing here runs unless it is asked for.

results.py      what an explanation holds: typed objects, a JSON form, a text form
explainer.py    explains rules for one event, nearest misses first      details.py    how rules matched
verdicts.py     which clauses are to blame          choice.py     which values made a sub-rule match
accepting.py    which pattern accepts which value   reasons.py    why a pattern does not accept a value
nearness.py     how near sub-rules are to matching
element_tree.py elements of arrays that have values for several clauses
missing.py      why a path has no value             duplicates.py names that stand twice in the event
clause_texts.py one clause explained                text_form.py  explanations for a terminal
shown.py        values and places on one line
proposals.py    what to change so that a rule matches; clause_changes.py, event_changes.py, rule_changes.py and
                accepted_values.py find it, moved_clauses.py writes a clause for another path,
                rewriting.py says what to write
event_view.py   the values an event has at some paths, each with its place and its array elements
judge.py        asks the python engine about a few sub-rules and one event
"""

from ruler.explain.results import (
    AlternativeExplanation,
    ChosenValue,
    ClauseExplanation,
    EventExplanation,
    MatchDetail,
    Reason,
    RuleExplanation,
    SubRuleExplanation,
)

__all__ = [
    "AlternativeExplanation",
    "ChosenValue",
    "ClauseExplanation",
    "EventExplanation",
    "MatchDetail",
    "Reason",
    "RuleExplanation",
    "SubRuleExplanation",
]
