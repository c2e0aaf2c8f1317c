"""Reads the members of the objects in a document, strictly: what is unknown or stands twice is reported.

In: an object's node and the names it may have. Out: its members by name. A name that was likely meant as a known one is
reported, and then taken for that one, so that one mistake is one finding.
Always: linear in the text, whatever it is; only guessing what a name was meant as is slow, and has a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ruler.findings import Finding, Source, json_pointer
from ruler.patterns.reader import Document, Node
from ruler.words import MOST_COMPARED, near_word, pairs_compared

_NEAR = 0.6  # how like a known word another must be to be taken for it
# Likeness is slow to find, so a file full of unknown names gets no advice beyond these, nor beyond MOST_COMPARED pairs
# of characters in all.
MOST_GUESSES = 50
MOST_FINDINGS = 1000  # kept for one document: hostile text can hold one in every four characters

Members = dict[str, Node]
Steps = tuple[str | int, ...]


class MembersReader:
    """A document and the findings in it; errors do not end the reading, so all of them are found.

    A subclass says how its codes begin, and what else members may have been called (in small letters, with - between
    words) -> what to write.
    """

    code_prefix = "document"
    other_words: Mapping[str, str] = MappingProxyType({})

    def __init__(self, source: Source, document: Document) -> None:
        self.source = source
        self.document = document
        self.findings: list[Finding] = []
        self.guess_count = 0
        self.compared_count = 0  # pairs of characters

    def members(self, node: Node, steps: Steps, known: tuple[str, ...], thing: str, form: str) -> Members:
        """The members of an object that are known, by name. Reports the others, and takes each for what was meant."""
        members: Members = {}
        meant_members: Members = {}
        for name, (start, value) in self.once(node, steps).items():
            if name in known:
                members[name] = value
                continue
            word = name.lower().replace("_", "-").replace(" ", "-")
            meant = self.other_words.get(word, word)
            near = meant if meant in known else self.near(word, known)
            if near:
                meant_members.setdefault(near, value)
            self.report(
                f"{self.code_prefix}-member-unknown",
                start,
                (*steps, name),
                f"{self.quoted(start)} is not a member of {thing}" + (f'; did you mean "{near}"?' if near else ""),
                why=f"the members of {thing} are {', '.join(known)}",
                write=f'"{near}"' if near else form,
            )
        return meant_members | members

    def once(self, node: Node, steps: Steps) -> dict[str, tuple[int, Node]]:
        """The members of an object, name -> where the name stands, and the value. Reports a name that comes again."""
        members: dict[str, tuple[int, Node]] = {}
        for name, start, value in node.value:
            if name in members:
                line, _ = self.document.line_and_column(members[name][0])
                self.report(
                    f"{self.code_prefix}-member-twice",
                    start,
                    (*steps, name),
                    f"the name {self.quoted(start)} is already used on line {line}",
                    why="an object keeps one of two members with the same name; the other would be lost",
                    write="it once",
                )
            else:
                members[name] = (start, value)
        return members

    def near(self, word: str, known: Iterable[str]) -> str:
        """The known word that ``word`` may have been meant as; "" for none, and once the guesses are used up."""
        if self.guess_count == MOST_GUESSES:
            return ""
        known = list(known)
        pair_count = pairs_compared(word, known)
        if self.compared_count + pair_count > MOST_COMPARED:
            return ""
        self.guess_count += 1
        self.compared_count += pair_count
        return near_word(word, known, _NEAR) or ""

    # -- texts ---------------------------------------------------------------------------------------------

    def report(self, code: str, start: int, steps: Steps, what: str, *, why: str, write: str) -> None:
        """Take notice of what is wrong at ``start``; after a thousand errors only that there are more."""
        if len(self.findings) > MOST_FINDINGS:
            return
        if len(self.findings) == MOST_FINDINGS:
            code, what = "too-many-errors", f"more than {MOST_FINDINGS} errors; the rest is left out"
            why, write = "so many errors have few causes", "what the errors before this one say, and try again"
        pointer = json_pointer(steps)
        if self.document.is_from_mapping:  # it has no lines, so the path says where
            name = self.source.name
            finding = Finding(self.source, code, what, why, write, rule=name, location=steps, pointer=pointer)
        else:
            line, column = self.document.line_and_column(start)
            finding = Finding(self.source, code, what, why, write, line, column, pointer=pointer)
        self.findings.append(finding)

    def describe(self, node: Node) -> str:
        """``the string "x"``, ``an array``, ``the number 5``, ``null``."""
        if node.kind in ("object", "array"):
            return f"an {node.kind}"
        return f"the {node.kind} {self.text(node)}" if node.kind in ("string", "number") else node.kind

    def text(self, node: Node) -> str:
        return self.document.source(node)

    def quoted(self, start: int) -> str:
        """The string that begins at ``start``, a name, as the user wrote it."""
        end = start + 1
        while self.document.text[end] != '"':
            end += 2 if self.document.text[end] == "\\" else 1
        return self.document.source(Node("string", None, start, end + 1))


def in_quotes(name: str) -> str:
    return f'"{name}"'
