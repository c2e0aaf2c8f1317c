"""How the readers of clauses say what is wrong: they report it and go on, so that every error is found."""

from __future__ import annotations

from typing import Protocol

from ruler.patterns.reader import Node


class Report(Protocol):
    """Takes one error: at ``node``, or at the offset ``at`` when that is not where ``node`` begins."""

    def __call__(self, code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None: ...
