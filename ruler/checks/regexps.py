r"""Warns of regular expressions that begin with ``^`` or end with ``$``, which are ordinary characters here.

    {"regexp": "^[a-z]+$"}  ->  regexp-anchor: accepts "^abc$", and not "abc"

In RFC 9485 the whole string must match, so there are no anchors. A fix leaves out a pair of them: what is accepted
changes, to what was meant, so it is no safe one. Of one alone nobody knows whether the whole value was meant or its
beginning. ``\^`` and ``[$]`` say that the characters themselves are meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.rule import CheckedRule, json_text, replacement, shown_text
from ruler.findings import Finding
from ruler.patterns.iregexp import IRegexpError, read_regexp
from ruler.patterns.reader import Node
from ruler.patterns.rewrites import without_anchors


def regexp_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield a warning for each regexp with what are anchors elsewhere."""
    for clause in rule.clauses:
        for node in rule.pattern_nodes(clause):
            if node.kind == "object" and node.value[0][0] == "regexp":
                argument = node.value[0][2]
                if without_anchors(argument.value) != argument.value:
                    yield _finding(rule, argument)


def _finding(rule: CheckedRule, argument: Node) -> Finding:
    text = argument.value
    whole = without_anchors(text)
    begins, ends = text.startswith("^"), text.removeprefix("^").endswith("$")
    is_plain = _is_right(whole) and "|" not in whole  # of alternatives an anchor may be meant for one alone
    if not is_plain:
        hint = "the regular expression without them"
    elif (begins and ends) or (whole.endswith(".*") if begins else whole.startswith(".*")):
        hint = shown_text(json_text(whole))
    else:
        part = f"{whole}.*" if begins else f".*{whole}"
        what = "begin so" if begins else "end so"
        hint = f"{shown_text(json_text(whole))}, or {shown_text(json_text(part))} for the values that only {what}"
    real = " and ".join(each for each, is_there in ((r'"\\^"', begins), ('"[$]"', ends)) if is_there)
    signs = "^ and $" if begins and ends else "^" if begins else "$"
    does = "begins with ^ and ends with $" if begins and ends else "begins with ^" if begins else "ends with $"
    are = "ordinary characters" if begins and ends else "an ordinary character"
    return rule.warning(
        "regexp-anchor",
        argument,
        f"{rule.shown(argument)} {does}, here {are}: a value must have {'them' if begins and ends else 'it'}",
        why="a regular expression is held to the whole value (RFC 9485), so nothing anchors it",
        hint=f"{hint}; {real} when {signs} {'stand' if begins and ends else 'stands'} in the values",
        fix=replacement(argument, json_text(whole), keeps_meaning=False) if is_plain and begins and ends else None,
    )


def _is_right(text: str) -> bool:
    try:
        read_regexp(text)
    except IRegexpError:
        return False
    return True
