r"""Reads the string of ``wildcard`` into a pattern.

In: a string in which ``*`` is any run of characters, ``\*`` an asterisk and ``\\`` a backslash. Out: the
plainest pattern that means the same.

    "a*b" -> Wildcard(("a", "b"))    "a*" -> Prefix("a")    "a" -> Exact("a")

Always: a method that reports returns None. Source: section 6 of the semantics.
"""

from __future__ import annotations

import re

from ruler.patterns.model import Exact, Excludable, Prefix, Suffix, Wildcard
from ruler.patterns.reader import Document, Node
from ruler.patterns.report import Report
from ruler.patterns.rewrites import quoted, short_quoted

_wildcard_tokens = re.compile(r"\\[*\\]|[^*\\]+|.", re.DOTALL).finditer


class WildcardReader:
    """Reads the wildcards of one document."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report

    def pattern(self, text: str, node: Node) -> Excludable | None:
        """Return the pattern of the wildcard ``text``: the plainest one that means the same."""
        pieces = plain_pieces(text) or self.pieces(text, node)
        if pieces is None:
            return None
        return pattern_of_pieces(pieces)

    def pieces(self, text: str, node: Node) -> list[str] | None:
        """Return the texts between the stars of the wildcard ``text``, escapes taken away."""
        pieces: list[list[str]] = [[]]
        previous = ""
        for token in _wildcard_tokens(text):
            if token[0] == "\\":
                self.report_backslash(text, token.start(), node)
                return None
            if token[0] == "*":
                if previous == "*":
                    self.report_two_stars(text, token.start(), node)
                    return None
                pieces.append([])
            else:
                pieces[-1].append(token[0][1:] if token[0][0] == "\\" else token[0])
            previous = token[0]
        return ["".join(piece) for piece in pieces]

    def report_two_stars(self, text: str, second: int, node: Node) -> None:
        before, after = text[: second - 1], _with_single_stars(text[second + 1 :].lstrip("*"))
        self.report(
            "wildcard-two-stars",
            node,
            f"{self.document.source(node)} has two * in a row, characters {second} and {second + 1}",
            why="one * already stands for any run of characters, none included",
            write=f"{short_quoted(before + '*' + after)}, "
            f"or {short_quoted(before + chr(92) + '**' + after)} when the first * is a real asterisk",
        )

    def report_backslash(self, text: str, position: int, node: Node) -> None:
        before, after = text[:position], _with_double_backslashes(text[position + 1 :])
        where = f"before {quoted(after[0])}" if after else "at the end"
        without = f", or {short_quoted(before + after)} without it" if after else ""
        self.report(
            "wildcard-escape",
            node,
            f"{self.document.source(node)} has a backslash {where}, character {position + 1}",
            why=r"in a wildcard a backslash stands only before * or \, and makes it a plain character",
            write=f"{short_quoted(before + chr(92) * 2 + after)} for a real backslash{without}",
        )


def plain_pieces(text: str) -> list[str] | None:
    """Return the texts between the stars of the wildcard ``text``; None when it holds escapes, or two * in a row."""
    return text.split("*") if "\\" not in text and "**" not in text else None


def pattern_of_pieces(pieces: list[str]) -> Excludable:
    """Return the plainest pattern for the texts between the stars of a wildcard."""
    if len(pieces) == 1:
        return Exact(pieces[0])
    if len(pieces) == 2 and not pieces[1]:
        return Prefix(pieces[0])
    if len(pieces) == 2 and not pieces[0]:
        return Suffix(pieces[1])
    return Wildcard(tuple(pieces))


def _with_single_stars(wildcard: str) -> str:
    return re.sub(r"(\\.)|\*+", lambda token: token[1] or "*", wildcard)


def _with_double_backslashes(wildcard: str) -> str:
    return "".join("\\\\" if token[0] == "\\" else token[0] for token in _wildcard_tokens(wildcard))
