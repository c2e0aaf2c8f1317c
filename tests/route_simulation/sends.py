"""What every send must keep to: its size, how many there are at one time, the rate, and the lanes of keys.

Where settings have changed within a life, the most generous of them count, since a change may take effect later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ruler.route import Delivery, TargetSettings

from .books import NEARLY, Bucket, Item, Lane

if TYPE_CHECKING:
    from .ledger import Ledger


class SendRules:
    """Checks sends."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def check(self, target: str, deliveries: Sequence[Delivery], items: list[Item]) -> None:
        life, count = self.ledger.life, len(items)
        if not items:
            self.ledger.fail(f"{target} is sent nothing at all")
        settings = [version.targets[target] for version in life.versions if target in version.targets]
        if not settings:
            self.ledger.fail(f"{target} is sent deliveries and is in no version of this life")
        most = max(each.batch for each in settings)
        most = min(most, (self.ledger.family.max_batch or {}).get(target, most))
        if count > most:
            self.ledger.fail(f"{target} is sent {count} deliveries at once, more than {most}")
        if life.running[target] >= max(each.concurrency for each in settings):
            self.ledger.fail(f"{target} is sent more at one time than its concurrency")
        if all(each.rate is not None for each in settings):
            self._take_tokens(target, settings, count)
        if all(each.order == "key" for each in settings):
            self._check_lanes(target, deliveries, items)

    def _take_tokens(self, target: str, settings: Sequence[TargetSettings], count: int) -> None:
        burst = float(max(each.burst or 0 for each in settings))
        rate = float(max(each.rate or 0.0 for each in settings))
        now = self.ledger.now()
        bucket = self.ledger.life.buckets.setdefault(target, Bucket(burst, now))
        bucket.level = min(burst, bucket.level + (now - bucket.at) * rate) - count
        bucket.at = now
        if bucket.level < -NEARLY:
            self.ledger.fail(
                f"{target} is sent more than its rate of {rate} a second lets through, {-bucket.level:.3f} too many"
            )

    def _check_lanes(self, target: str, deliveries: Sequence[Delivery], items: list[Item]) -> None:
        """One of a key at a time, in the order of the source, and none before the one before it has ended."""
        here: set[bytes] = set()
        for delivery, item in zip(deliveries, items, strict=True):
            if delivery.key is None or item.letter_of:
                continue
            other = self.ledger.life.busy_lanes.get((target, delivery.key))
            if other is not None:
                self.ledger.fail(f"{item} is sent while {other} of the same key is on its way")
            if delivery.key in here and target not in self.ledger.family.in_order:
                self.ledger.fail(f"{target} is sent two of the key {delivery.key!r} at once")
            here.add(delivery.key)
            self._check_turn(item, (target, delivery.key, self.ledger.life.judged[item.number].sent.source), items)

    def _check_turn(self, item: Item, name: tuple[str, bytes, str], together: list[Item]) -> None:
        """The item's turn in its lane: what came before it has ended, or goes just before it."""
        life = self.ledger.life
        lane = life.lanes.setdefault(name, Lane())
        offset = life.judged[item.number].offset
        if item not in life.progress:
            if offset < lane.begun_to:
                self.ledger.fail(f"{item} is sent for the first time after a later one of its key")
            lane.begun_to = offset
        ended = {each for each in lane.begun if self.ledger.has_ended(each)}
        self.ledger.given_up.update(each for each in ended if not self.ledger.is_ok(each))
        lane.begun = [each for each in lane.begun if each not in ended]
        for before in lane.begun:
            if life.judged[before.number].offset < offset and before not in together[: together.index(item)]:
                self.ledger.fail(f"{item} is sent while {before} of the same key waits for its retry")
        if item not in lane.begun:
            lane.begun.append(item)
