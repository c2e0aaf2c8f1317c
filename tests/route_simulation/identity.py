"""What a delivery is: which event, judged by which version, and whether it is one that is wanted.

In: what a target is sent. Out: the item that it is; Violation when it is none that there should be. A dead letter must
hold the bytes as they came, and be of something that has failed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ruler.route import Delivery

from .books import Item, Judged
from .families import POISON, Version, Wanted
from .schedule import PUT

if TYPE_CHECKING:
    from .ledger import Ledger

_number_in = re.compile(rb'"n\\?":(\d+)|event (\d+) is not').search


class Identity:
    """Tells what deliveries are."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def item_of(self, target: str, delivery: Delivery) -> Item:
        if delivery.target != target:
            self.ledger.fail(f"{target} is sent a delivery for {delivery.target}")
        if delivery.data.startswith(b'{"reason"'):
            return self._letter_item(target, delivery)
        return self._delivery_item(target, delivery)

    def _delivery_item(self, target: str, delivery: Delivery) -> Item:
        number = self.number_of(delivery.event.original)
        judged = self._judged(number)
        version = self._judge(judged, delivery.version)
        wanted = self._wanted(version, judged, target, delivery.rules)
        if wanted is None or wanted.data_of is None:
            self.ledger.fail(
                f"event {number} is delivered to {target} for {delivery.rules}; {version.name} says otherwise"
            )
        elif wanted.data_of(number) != delivery.data:
            self.ledger.fail(f"event {number} is delivered to {target} as {delivery.data!r}")
        if delivery.key != judged.sent.key:
            self.ledger.fail(f"event {number} is delivered with the key {delivery.key!r}, and has {judged.sent.key!r}")
        item = Item(number, target, delivery.rules)
        self._check_id(item, delivery)
        return item

    def number_of(self, data: bytes) -> int:
        """The number of the event that is in these bytes."""
        found = _number_in(data)
        if found is None:
            self.ledger.fail(f"{data!r} is no event that was sent")
            raise AssertionError
        return int(found[1] or found[2])

    def _judged(self, number: int) -> Judged:
        judged = self.ledger.life.judged.get(number)
        if judged is None:
            self.ledger.fail(f"event {number} is delivered, and was not given in this life")
            raise AssertionError
        return judged

    def _judge(self, judged: Judged, name: str) -> Version:
        """The version of this name, which must be the one that has judged the event, or may have."""
        if judged.version is None:
            judged.version = next(
                (each for each in self.ledger.life.versions[judged.given_at :] if each.name == name), None
            )
            if judged.version is None:
                self.ledger.fail(f"event {judged.sent.number} is judged by {name}, which was not in force")
                raise AssertionError
            if judged.sent.source != PUT and any(time < judged.time for time in self.ledger.life.stuck.values()):
                self.ledger.fail(
                    f"event {judged.sent.number} is read while nobody takes a dead letter: {self.ledger.life.stuck}"
                )
            if not self.ledger.is_settled(judged):
                judged.is_open = True
                self.ledger.life.open_count += 1
                self.ledger.life.open_bytes += judged.size
        elif judged.version.name != name:
            self.ledger.fail(f"event {judged.sent.number} is judged by {name}, and by {judged.version.name} before")
        return judged.version

    def _wanted(self, version: Version, judged: Judged, target: str, rules: tuple[str, ...]) -> Wanted | None:
        for wanted in version.wanted[judged.sent.kind]:
            if wanted.target == target and wanted.rules == rules:
                return wanted
        return None

    def _letter_item(self, target: str, delivery: Delivery) -> Item:
        """The item of a dead letter, which must be of something that has failed, and must hold the untouched bytes."""
        letter: dict[str, Any] = json.loads(delivery.data)
        number = self.number_of(delivery.data)
        judged = self._judged(number)
        version = self._judge(judged, letter["version"])
        self._check_bytes(delivery, letter)
        if judged.sent.kind in POISON:
            return Item(number, target, (), "poison")
        rules, of = tuple(letter["rules"]), str(letter["target"])
        wanted = self._wanted(version, judged, of, rules)
        if wanted is None:
            self.ledger.fail(f"a dead letter of event {number} is for {of} and {rules}; {version.name} says otherwise")
            raise AssertionError
        item = Item(number, target, rules, of)
        self.ledger.counts["sends of dead letters"] += 1
        if wanted.data_of is not None and item not in self.ledger.life.progress:
            self._check_failed(Item(number, of, rules), letter)
        self._check_others(item)
        return item

    def _check_others(self, item: Item) -> None:
        """A dead letter goes on to another target when one has not taken it, not before."""
        for other in self.ledger.letters_of(item):
            if other != item and not self.ledger.has_failed(other, self.ledger.life.progress[other]):
                self.ledger.fail(f"{item} is sent, and {other} is {self.ledger.life.progress[other].state}")

    def _check_bytes(self, delivery: Delivery, letter: dict[str, Any]) -> None:
        number = self.number_of(delivery.data)
        judged = self._judged(number)
        original = judged.sent.data
        if judged.sent.kind in POISON and letter.get("text") != original.decode():
            self.ledger.fail(f"the dead letter of event {number} holds {letter.get('text')!r}")
        position = {"source": judged.sent.source, "offset": judged.offset} if judged.sent.source != PUT else None
        if letter["position"] != position:
            self.ledger.fail(f"the dead letter of event {number} says it stands at {letter['position']}")
        if not letter["reason"]:
            self.ledger.fail(f"the dead letter of event {number} tells no reason")
        if judged.sent.kind not in POISON and b'"event":' + original not in delivery.data:
            self.ledger.fail(f"the dead letter of event {number} does not hold its bytes: {delivery.data!r}")

    def _check_failed(self, item: Item, letter: dict[str, Any]) -> None:
        """A dead letter is of something refused, or of something whose attempts or time are used up."""
        progress = self.ledger.life.progress.get(item)
        if progress is None:
            self.ledger.fail(f"{item} is a dead letter and was never sent")
            raise AssertionError
        if self.ledger.has_failed(item, progress):
            progress.state = "refused"
            self.ledger.given_up.add(item)
            if letter["attempts"] != progress.attempts:
                self.ledger.fail(
                    f"the dead letter of {item} says {letter['attempts']} attempts, made were {progress.attempts}"
                )
            return
        self.ledger.fail(f"{item} is a dead letter, and it is {progress.state} after {progress.attempts} attempts")

    def _check_id(self, item: Item, delivery: Delivery) -> None:
        found = self.ledger.ids.setdefault((item, delivery.version), delivery.id)
        if found != delivery.id:
            self.ledger.fail(f"{item} has the id {delivery.id}, and had {found}")
