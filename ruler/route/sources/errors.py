"""What goes wrong with a source of events, in four parts: where, what, why, and what to write or do.

>>> print(SourceError("source-missing", "orders.jsonl", "there is no such file", why="it is read", write="its path"))
orders.jsonl: there is no such file
  why:   it is read
  write: its path
"""

from __future__ import annotations

from ruler.errors import RulerError, in_parts


class SourceError(RulerError):
    """A source that cannot give its events, or not all of them. ``code`` is for programs:

    source-options, source-missing, source-unreadable, source-lost (events that nobody can read any more),
    position-file, position-locked.
    """

    def __init__(self, code: str, where: str, what: str, *, why: str, write: str) -> None:
        super().__init__(code, where, what)
        self.code = code
        self.where = where  # the file
        self.what = what
        self.why = why
        self.write = write

    def __str__(self) -> str:
        return in_parts(self.what, where=self.where, why=self.why, write=self.write)
