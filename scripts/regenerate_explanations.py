"""Rewrites the recorded explanations in tests/explanations/*.txt.

    python scripts/regenerate_explanations.py            write them; git shows what changed
    python scripts/regenerate_explanations.py --check    exit 1 when a text is not what is recorded

A case is a line that begins with ``rule: `` and one that begins with ``event: ``, both JSON texts; or one line that
begins with ``python: ``, an expression for a rule and an event. Behind it stand the codes of its reasons and the text
form, without proposals. To add a case, write its first lines and run this.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruler import Matcher
from ruler.explain.explainer import AskedRule, Explainer
from ruler.explain.results import RuleExplanation
from ruler.patterns.compiler import DEFAULT_LIMITS
from scripts.recorded_texts import ROOT, file_text_of, note, write_or_check

EXPLANATIONS = ROOT / "tests" / "explanations"
NOTE = note(Path(__file__).name, 'the line below, and each line that begins with "rule: ", "event: " or "python: "')


def is_case(line: str) -> bool:
    return line.startswith(("rule: ", "python: "))


def cases_of(recorded: str) -> list[list[str]]:
    """The lines written by hand of each case."""
    cases: list[list[str]] = []
    for line in recorded.splitlines():
        if is_case(line):
            cases.append([line])
        elif line.startswith("event: "):
            cases[-1].append(line)
    return cases


def explanation_of(case: list[str]) -> RuleExplanation:
    """The explanation of one case; the rule is called "example"."""
    return _explanation_of(*case)


@cache  # the tests ask several times
def _explanation_of(rule_line: str, event_line: str = "") -> RuleExplanation:
    rule: Any
    event: Any
    if rule_line.startswith("python: "):
        rule, event = eval(rule_line.removeprefix("python: "))
    else:
        rule, event = rule_line.removeprefix("rule: "), event_line.removeprefix("event: ")
    matcher = Matcher({"example": rule}, engine="python")
    asked = AskedRule("example", matcher.rules["example"], matcher.matches_any(event))
    return Explainer(event, DEFAULT_LIMITS).explain(asked, with_proposals=False)


def codes_of(explained: RuleExplanation) -> list[str]:
    """The codes of its reasons, each once, in order."""
    return list(dict.fromkeys(reason.code for each in explained.sub_rules for reason in each.reasons))


def case_text(case: list[str]) -> str:
    """Return the whole record of one case."""
    explained = explanation_of(case)
    return "\n".join([*case, f"[{', '.join(codes_of(explained))}]", str(explained)]) + "\n"


def file_text(recorded: str) -> str:
    """Return what a file should hold, given what it holds: its heading and its cases stay."""
    return file_text_of(recorded, NOTE, is_case, map(case_text, cases_of(recorded)))


if __name__ == "__main__":
    raise SystemExit(
        write_or_check(sorted(EXPLANATIONS.glob("*.txt")), file_text, "Rewrite the recorded explanations.")
    )
