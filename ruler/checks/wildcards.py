r"""Warns of wildcards that are only a prefix, a suffix or a plain string, and writes those.

    {"wildcard": "img/*"}  ->  {"prefix": "img/"}        {"wildcard": "a\\*b"}  ->  "a*b"

Also inside anything-but, where all wildcards of a list must be of one kind, inside all-of and none-of, and where case
does not count. ``*`` alone stays: it says well what it means. Always: what the fix writes is the pattern that the
wildcard already compiles to.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.checks.rule import CheckedRule, json_text, replacement, shown_text
from ruler.findings import Finding
from ruler.patterns.model import Exact, Prefix, Suffix
from ruler.patterns.reader import Document, Node
from ruler.patterns.wildcards import WildcardReader

_WHY = {
    "wildcard-is-prefix": "a wildcard with one *, at its end, is a prefix; it costs less and says what is meant",
    "wildcard-is-suffix": "a wildcard with one *, at its beginning, is a suffix; it costs less and says what is meant",
    "wildcard-is-exact": "without * a wildcard accepts one string alone; perhaps a * is missing",
}
_KEYWORDS = {"wildcard-is-prefix": "prefix", "wildcard-is-suffix": "suffix"}


def wildcard_findings(rule: CheckedRule) -> Iterator[Finding]:
    """Yield a warning for each wildcard that something simpler says as well."""
    for clause in rule.clauses:
        for node in rule.pattern_nodes(clause):
            if node.kind != "object":
                continue
            keyword, _, argument = node.value[0]
            if keyword == "wildcard":
                yield from _simpler(rule, node, argument, is_excluded=False)
            elif keyword == "anything-but" and argument.kind == "object" and argument.value[0][0] == "wildcard":
                yield from _simpler(rule, argument, argument.value[0][2], is_excluded=True)


def _simpler(rule: CheckedRule, whole: Node, argument: Node, *, is_excluded: bool) -> Iterator[Finding]:
    """Warn of the wildcards in ``argument``; ``whole`` is the object that names them, and is replaced."""
    ignores_case = argument.kind == "object"  # {"equals-ignore-case": ...}
    if ignores_case:
        argument = argument.value[0][2]
    nodes = argument.value if argument.kind == "array" else [argument]
    found = [_plain_form(rule.located.document, node) for node in nodes]
    codes = {code for code, _ in found}
    code = codes.pop() if len(codes) == 1 else ""
    if not code:
        return
    texts = [text for _, text in found]
    written = json_text(texts if argument.kind == "array" else texts[0])
    if ignores_case:
        written = f'{{"equals-ignore-case": {written}}}'
    if code in _KEYWORDS:
        written = f'{{"{_KEYWORDS[code]}": {written}}}'
    is_list = argument.kind == "array"
    if code == "wildcard-is-exact":
        escaped = " but escaped ones" if any("*" in text for text in texts) else ""
        kind = f"{'have' if is_list else 'has'} no *{escaped}"
    else:
        kind = f"are each only a {_KEYWORDS[code]}" if is_list else f"is only a {_KEYWORDS[code]}"
    yield rule.warning(
        code,
        argument,
        f"the {'wildcards' if is_list else 'wildcard'} {rule.shown(argument)} {kind}",
        why=_WHY[code],
        hint=f"{shown_text(written)} in place of the {'inner' if is_excluded else 'whole'} object",
        fix=replacement(whole, written, keeps_meaning=True),
    )


def _plain_form(document: Document, node: Node) -> tuple[str, str]:
    """Return (code, the string of the simpler pattern) for one wildcard; ("", "") when it is none of them."""
    match WildcardReader(document, _unexpected).pattern(node.value, node):
        case Exact(str(text)):
            return "wildcard-is-exact", text
        case Prefix(text) if text:
            return "wildcard-is-prefix", text
        case Suffix(text):
            return "wildcard-is-suffix", text
    return "", ""


def _unexpected(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise AssertionError(f"an error in a rule that compiles: {code}")
