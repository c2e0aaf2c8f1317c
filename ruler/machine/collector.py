"""Stops the garbage collector of the process while machines are edited, and while many rules are read.

It may run a finalizer at any allocation, in the thread that edits: one that matches would see half a change. And it
looks again and again at all that has been read so far, where nothing is garbage.
In: a token for each change under way. Out: nothing; the collector runs again when the last of them has ended.
Always: it is turned on only where it was on; an interrupt between any two lines is made good by one more ``resume``.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Collector:
    """The collector of this process, of which there is one: so there is one of these, for all matchers."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # held for a moment, never while something is edited
        self._stopped_by: set[object] = set()
        self._was_enabled = False

    def stop(self, token: object) -> None:
        """Stop the collector until ``resume(token)``."""
        with self._lock:
            if not self._stopped_by:
                self._was_enabled = gc.isenabled()
            self._stopped_by.add(token)
            gc.disable()

    def resume(self, token: object) -> None:
        """End what ``stop(token)`` began. To ask again does nothing more, but what an interrupt left undone."""
        with self._lock:
            self._stopped_by.discard(token)
            if not self._stopped_by and self._was_enabled:
                gc.enable()
                self._was_enabled = False

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the collector for a block, or as a decorator for a function, in any thread."""
        token = object()
        try:
            self.stop(token)
            yield
        finally:
            self.resume(token)

    def begin_anew(self) -> None:
        """Forget the changes of threads that a fork has left behind."""
        self._lock = threading.RLock()
        self._stopped_by.clear()
        if self._was_enabled:
            gc.enable()
            self._was_enabled = False


COLLECTOR = Collector()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=COLLECTOR.begin_anew)
