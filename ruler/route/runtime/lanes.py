"""Which deliveries may be sent next.

In: entries, in the order in which they come; and which of those taken are answered. Out: entries to send.

    order "key", keys a a b:   take -> a1 b1    (a2 waits in the lane of a)
    a1 is answered:            take -> a2
    b1 is to be tried again:   nothing of b is taken until it is back

FreeLanes are for order "none": whatever is there may go. KeyLanes are for order "key": of each key one entry is ready,
in a send or waiting for another try, and the others stand behind it. A target that takes a batch one after the other
(``in_order``) may get several of one key in one send, in their order.

Always: an entry is handed out once for each time it is offered or resumed; with KeyLanes, first sends of one key are in
the order of their offers, and none is out while an earlier one of its key is. Key None has no order.
Cost: a few operations on a dict and a deque for each entry, whatever the number of keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from ruler.route.runtime.flight import Entry


class FreeLanes:
    """Order "none"."""

    __slots__ = ("ready",)

    order = "none"

    def __init__(self) -> None:
        self.ready: deque[Entry] = deque()

    def offer(self, entry: Entry) -> None:
        """Put an entry behind all others."""
        self.ready.append(entry)

    def offer_all(self, entries: Iterable[Entry]) -> None:
        """Put entries behind all others, in their order."""
        self.ready.extend(entries)

    def take(self, most: int, in_order: bool = False) -> list[Entry]:
        """Return up to ``most`` entries to send."""
        ready = self.ready
        if most >= len(ready):
            taken = list(ready)
            ready.clear()
            return taken
        popleft = ready.popleft
        return [popleft() for _ in range(most)]

    def release(self, entries: Iterable[Entry]) -> None:
        """These are answered."""

    def resume(self, entry: Entry, *, is_last: bool = False) -> None:
        """This one, which was taken, may be taken again: first of all, or last."""
        if is_last:
            self.ready.append(entry)
        else:
            self.ready.appendleft(entry)

    def all_entries(self) -> list[Entry]:
        """Everything that has not been taken."""
        return list(self.ready)


class KeyLanes:
    """Order "key"."""

    __slots__ = ("_behind", "ready")

    order = "key"

    def __init__(self) -> None:
        self.ready: deque[Entry] = deque()
        # The keys of which an entry is ready or taken -> the entries behind it; None where there never were any.
        self._behind: dict[bytes, deque[Entry] | None] = {}

    def offer(self, entry: Entry) -> None:
        """Put an entry behind all others of its key."""
        key = entry[2].event.key
        if key is None:
            self.ready.append(entry)
        elif key not in self._behind:
            self._behind[key] = None
            self.ready.append(entry)
        else:
            behind = self._behind[key]
            if behind is None:
                self._behind[key] = deque((entry,))
            else:
                behind.append(entry)

    def offer_all(self, entries: Iterable[Entry]) -> None:
        """Put each of the entries behind all others of its key, in their order."""
        for entry in entries:
            self.offer(entry)

    def take(self, most: int, in_order: bool = False) -> list[Entry]:
        """Return up to ``most`` entries to send: one of each key, or several in a row where ``in_order``."""
        ready = self.ready
        taken: list[Entry] = []
        while ready and len(taken) < most:
            entry = ready.popleft()
            taken.append(entry)
            if in_order:
                key = entry[2].event.key
                behind = None if key is None else self._behind[key]
                while behind and len(taken) < most:
                    taken.append(behind.popleft())
        return taken

    def release(self, entries: Iterable[Entry]) -> None:
        """These are answered: the next of each of their keys may go. One entry of each key is enough."""
        behind_of = self._behind
        for entry in entries:
            key = entry[2].event.key
            if key is None:
                continue
            behind = behind_of[key]
            if behind:
                self.ready.append(behind.popleft())
            else:
                del behind_of[key]

    def resume(self, entry: Entry, *, is_last: bool = False) -> None:
        """This one, which was taken, may be taken again: before other keys, or after them. Its key waited for it."""
        if is_last:
            self.ready.append(entry)
        else:
            self.ready.appendleft(entry)

    def give_back(self, key: bytes, entries: Sequence[Entry]) -> None:
        """These, taken in a row behind one of their key, have not been tried: they stand first in their lane again."""
        behind = self._behind[key]
        if behind is None:
            self._behind[key] = deque(entries)
        else:
            behind.extendleft(reversed(entries))

    def all_entries(self) -> list[Entry]:
        """Everything that has not been taken, those of one key in their order."""
        return [*self.ready, *(entry for behind in self._behind.values() if behind for entry in behind)]


Lanes = FreeLanes | KeyLanes


def lanes_for(order: str) -> Lanes:
    """Return empty lanes for an order of the settings of a target."""
    return KeyLanes() if order == "key" else FreeLanes()
