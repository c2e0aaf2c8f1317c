"""Counts what each rule, branch and alternative matched in many events, and shows the events that no rule matched.

counts.py   Coverage: rules and events in, a Report out
report.py   what a Report is made of, and its JSON form
shapes.py   the shape of an event, and how many events had which
"""

from ruler.coverage.counts import Coverage
from ruler.coverage.report import AlternativeCount, BranchCount, Report, RuleCount, Shape

__all__ = ["AlternativeCount", "BranchCount", "Coverage", "Report", "RuleCount", "Shape"]
