"""Match JSON events against many rules at once, with the semantics of AWS Event Ruler and EventBridge.

>>> from ruler import Matcher
>>> matcher = Matcher()
>>> matcher.add_rule("big-order", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 1000]}]}})
>>> matcher.rules_for_event(b'{"source": "shop", "detail": {"total": 1500}}')
['big-order']
"""

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

__all__ = [
    "EngineError",
    "EventError",
    "LineSelection",
    "MachineError",
    "Matcher",
    "RuleError",
    "RulerError",
    "Stats",
    "UnknownRuleError",
    "__version__",
    "matches",
]
