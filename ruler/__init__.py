"""Match JSON events against many rules at once, with the semantics of AWS Event Ruler and EventBridge.

>>> from ruler import Matcher
>>> matcher = Matcher()
>>> matcher.add_rule("big-order", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 1000]}]}})
>>> matcher.rules_for_event(b'{"source": "shop", "detail": {"total": 1500}}')
['big-order']
"""

from typing import TYPE_CHECKING

from ruler.errors import (
    EngineError,
    EventError,
    MachineError,
    RuleError,
    RulerError,
    UnknownRuleError,
)
from ruler.machine.select_lines import LineSelection
from ruler.machine.stats import Stats
from ruler.matcher import Matcher, matches
from ruler.version import VERSION as __version__

if TYPE_CHECKING:
    from ruler.checks.check import check
    from ruler.coverage import Coverage
    from ruler.explain.results import EventExplanation, MatchDetail, RuleExplanation
    from ruler.findings import Finding

__all__ = [
    "Coverage",
    "EngineError",
    "EventError",
    "EventExplanation",
    "Finding",
    "LineSelection",
    "MachineError",
    "MatchDetail",
    "Matcher",
    "RuleError",
    "RuleExplanation",
    "RulerError",
    "Stats",
    "UnknownRuleError",
    "__version__",
    "check",
    "matches",
]

# Public names that matching does not need -> the module that has them; loaded when asked for.
_LATER = {
    "Coverage": "ruler.coverage",
    "EventExplanation": "ruler.explain.results",
    "Finding": "ruler.findings",
    "MatchDetail": "ruler.explain.results",
    "RuleExplanation": "ruler.explain.results",
    "check": "ruler.checks.check",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
